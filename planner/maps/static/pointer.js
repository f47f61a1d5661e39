// What the pointer meets on the canvases: a name beside it, and an explanation where it clicks.
"use strict";
(function (S) {
  S.about = null;
  S.popupStyle = function () {
    var size = S.map.getSize(), narrow = size.x < 500;
    return {
      maxWidth: Math.min(340, size.x - 60), minWidth: 250,
      maxHeight: Math.min(420, Math.round(0.6 * size.y)),
      autoPanPaddingTopLeft: [narrow ? 8 : 58, 24],
      autoPanPaddingBottomRight: S.besides().add([narrow ? 8 : 24, 24])
    };
  };

  var names = {
    communities: function (place) {
      var value = S.value(place);
      return place.community_name +
        (value === null || value === undefined ? "" : " " + S.themes[S.theme].format(value));
    },
    settlements: function (place) { return (place.name || "") + " " + S.people(place.residents); },
    halls: function (hall) { return hall.name || hall.hall_id; },
    candidates: function (site) { return site.name || site.site_id; },
    organisations: function (one) { return one.name || ""; },
    posts: function (post) { return post.hall_name + " +" + post.posts; },
    projects: function (project) { return project.name || project.project_id; },
    inspections: function (stop) { return stop.day + "–" + stop.stop + " " + (stop.name || ""); }
  };

  // What is at a place: {kind, row}, or null.
  S.at = function (map, latlng) {
    var place = S.worldOf(latlng);
    for (var i = 0; i < S.answering.length; i += 1) {
      var name = S.answering[i], layer = S.layers[name];
      if (!map.hasLayer(layer)) { continue; }
      var sheet = layer.hit ? layer : layer.getLayers()[1];
      var index = sheet.hit(place);
      if (index >= 0) {
        return { kind: S.kinds[name] || name, row: (sheet.rows || S.data[name])[index] };
      }
    }
    return null;
  };

  // Explain a thing at a place; the communities that it is about are outlined.
  S.explain = function (kind, row, latlng) {
    var about = { communities: [row.index], projects: row.served }[kind] ||
      (row.community >= 0 ? [row.community] : []);
    var subject = { kind: kind, row: row };
    var popup = L.popup(S.popupStyle()).setLatLng(S.aboveIsochrone(subject, latlng))
      .setContent(S.popups[kind](row));
    popup.on("remove", function () { leave(subject); });
    S.map.closePopup();
    choose(subject, about);
    popup.openOn(S.map);
  };

  function choose(subject, communities) {
    S.about = subject;
    S.choose(communities);
    S.layers.outreach.redraw();
    S.showOwnIsochrone();
  }
  function leave(subject) { if (S.about === subject) { choose(null, []); } }

  // A marker whose own popup explains a thing.
  S.explainedBy = function (marker, subject) {
    marker.openPopup = function () {
      var at = S.aboveIsochrone(subject, marker.getLatLng());
      return L.Marker.prototype.openPopup.call(marker, at);
    };
    return marker.on("popupopen", function () { choose(subject, []); })
      .on("popupclose", function () { leave(subject); });
  };

  // Go to a thing, and explain it; the keyboard goes there too, and comes back by Escape.
  S.goTo = function (kind, row) {
    var from = document.activeElement;
    var map = S.map, at = kind === "communities" ? S.middle(row) : S.place(row);
    var zoom = Math.max(map.getZoom(), 13);
    // The place a little below the middle leaves room for what is said of it.
    var point = map.project(at, zoom).subtract([-S.besides().x / 2, map.getSize().y / 5]);
    map.setView(map.unproject(point, zoom), zoom, { animate: false });
    S.explain(kind, row, at);
    map.getPane("popupPane").querySelector(".leaflet-popup-content").focus();
    back = from && from.isConnected && from !== document.body ? from : null;
  };

  var back = null;
  S.makePointer = function (map) {
    map.on("popupopen", function (event) {
      event.popup.getElement().querySelector(".leaflet-popup-content").tabIndex = 0;
    });
    document.addEventListener("keydown", function (event) {
      if (event.key !== "Escape" || !document.querySelector(".leaflet-popup")) { return; }
      map.closePopup();
      if (back && back.isConnected) { back.focus(); }
      back = null;
    });
    var tip = L.tooltip({ direction: "top", offset: [0, -6] });
    map.on("click", function (event) {
      var found = S.at(map, event.latlng);
      if (found) { S.explain(found.kind, found.row, event.latlng); }
    });
    map.on("mousemove", function (event) {
      var found = S.at(map, event.latlng);
      S.hover(found && found.kind === "communities" ? found.row.index : -1);
      map.getContainer().classList.toggle("over", found !== null);
      if (!found) {
        tip.remove();
        return;
      }
      tip.setLatLng(event.latlng);
      tip.setContent(S.element("span", {}, [names[found.kind](found.row)]));
      if (!map.hasLayer(tip)) { tip.addTo(map); }
      S.pointed(found);
    });
    map.on("mouseout movestart", function () {
      tip.remove();
      S.hover(-1);
    });
  };
  S.pointed = function () {};
})(Sanshe);
