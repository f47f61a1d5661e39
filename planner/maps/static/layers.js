// The layers of the map, from the ground up. Layers of the same kind share a pane, so that what
// must be seen lies above what it stands on, whatever the order of switching.
"use strict";
(function (S) {
  var PANES = { ground: 210, areas: 220, roads: 230, outlines: 240, people: 420, halls: 600,
    candidates: 590, pins: 640 };

  S.makeLayers = function (map) {
    Object.keys(PANES).forEach(function (name) {
      map.createPane(name).style.zIndex = PANES[name];
    });
    map.getPane("ground").style.pointerEvents = "none";
    map.getPane("roads").style.pointerEvents = "none";
    map.getPane("outlines").style.pointerEvents = "none";
    S.circles = [];
    S.layers = {
      boundary: boundary(), communities: communities(), towns: towns(), roads: roads(),
      served: settlements(1), unserved: settlements(0), organisations: organisations(),
      halls: halls(), candidates: candidates(), recommendations: recommendations()
    };
    S.shownAtFirst = ["boundary", "communities", "towns", "roads", "unserved", "halls",
      "recommendations"];
    S.shownAtFirst.forEach(function (name) { S.layers[name].addTo(map); });
    map.on("zoomend", function () { scaleSymbols(map); });
    scaleSymbols(map);
  };

  function scaleSymbols(map) {
    var scale = S.scale(map.getZoom());
    map.getContainer().style.setProperty("--symbol-scale", scale);
    S.circles.forEach(function (circle) {
      circle.setRadius(S.radius(circle.row.residents, scale));
    });
  }

  // Popups are made when they open, in the language of that moment.
  function explained(layer, kind, row) {
    return layer.bindPopup(function () { return S.popups[kind](row); },
      { maxWidth: 320, minWidth: 230, autoPanPadding: [24, 24] });
  }

  function named(layer, name) {
    return layer.bindTooltip(function () { return S.element("span", {}, [name()]); },
      { sticky: true, direction: "top", offset: [0, -6] });
  }

  function boundary() {
    return L.polygon(S.shape([].concat.apply([], S.data.boundary)), {
      pane: "ground", interactive: false, renderer: L.svg({ pane: "ground" }),
      color: "#4d5a6b", weight: 1.6, dashArray: "7 4", fillColor: "#cfe0ea", fillOpacity: 1
    });
  }

  function communities() {
    var renderer = L.svg({ pane: "areas" });
    var group = L.featureGroup(S.data.communities.map(function (place) {
      var shape = L.polygon(S.shape(place.shape), {
        pane: "areas", renderer: renderer, color: "#ffffff", weight: 0.8, fillOpacity: 0.82
      });
      shape.row = place;
      named(shape, function () {
        var share = S.share(place);
        return place.community_name + (share === null ? "" : " " + S.percent(share));
      });
      return explained(shape, "communities", place);
    }));
    S.follow(function () {
      group.eachLayer(function (shape) {
        shape.setStyle({ fillColor: S.colourOf(S.share(shape.row)) });
      });
    });
    return group;
  }

  S.share = function (place) {
    return S.after ? place.share_served_after : place.share_served_before;
  };

  function towns() {
    var renderer = L.svg({ pane: "outlines" });
    return L.featureGroup(S.data.towns.reduce(function (parts, town) {
      var shape = L.polygon(S.shape(town.shape), {
        pane: "outlines", renderer: renderer, interactive: false, fill: false,
        color: "#3d4654", weight: 1.7, opacity: 0.75
      });
      var label = L.tooltip({ permanent: true, direction: "center", className: "town-name" })
        .setLatLng(S.place(town));
      S.follow(function () {
        label.setContent(S.element("span", {}, [S.town(town.code)]));
      });
      return parts.concat([shape, label]);
    }, []));
  }

  function roads() {
    var renderer = L.canvas({ pane: "roads" });
    return L.layerGroup(Object.keys(S.data.roads).map(function (weight) {
      return L.polyline(S.data.roads[weight].map(S.line), {
        pane: "roads", renderer: renderer, interactive: false, color: S.roads[weight],
        weight: 0.45 * weight, opacity: 0.8, smoothFactor: 0.5
      });
    }));
  }

  function settlements(served) {
    var renderer = L.svg({ pane: "people" });
    var group = L.featureGroup();
    var circles = S.data.settlements.map(function (place) {
      var circle = L.circleMarker(S.place(place), L.extend(
        { pane: "people", renderer: renderer }, served ? S.served : S.unserved));
      circle.row = place;
      named(circle, function () {
        return (place.name || "") + " " + S.people(place.residents);
      });
      return explained(circle, "settlements", place);
    });
    S.circles = S.circles.concat(circles);
    S.follow(function () {
      circles.forEach(function (circle) {
        var now = S.after ? circle.row.served_after : circle.row.served_before;
        if (now === served && circle.row.residents > 0) {
          group.addLayer(circle);
        } else {
          group.removeLayer(circle);
        }
      });
    });
    return group;
  }

  function organisations() {
    var renderer = L.canvas({ pane: "people" });
    return L.featureGroup(S.data.organisations.map(function (organisation) {
      var circle = L.circleMarker(S.place(organisation),
        L.extend({ pane: "people", renderer: renderer, radius: 3.5 }, S.organisation));
      return explained(circle, "organisations", organisation);
    }));
  }

  function markers(rows, kind, pane, iconOf, nameOf, raisedBy) {
    return L.featureGroup(rows.map(function (row) {
      var marker = L.marker(S.place(row), {
        pane: pane, icon: iconOf(row), alt: nameOf(row), riseOnHover: true,
        zIndexOffset: raisedBy ? raisedBy(row) : 0
      });
      return explained(named(marker, function () { return nameOf(row); }), kind, row);
    }));
  }

  function halls() {
    return markers(S.data.halls, "halls", "halls",
      function (hall) { return S.icon(hall.form); },
      function (hall) { return hall.name || hall.hall_id; },
      function (hall) { return { municipal: 4000, town: 2000 }[hall.tier] || 0; });
  }

  function candidates() {
    return markers(S.data.candidates, "candidates", "candidates",
      function () { return S.icon("candidate"); },
      function (site) { return site.name || site.site_id; });
  }

  function recommendations() {
    var group = markers(S.data.recommendations, "recommendations", "pins",
      function (site) { return S.pin(site.rank); },
      function (site) { return site.rank + " · " + site.name; });
    S.pins = group.getLayers();
    return group;
  }
})(Sanshe);
