// The layers of the map, from the ground up: each has a pane, so that what must be seen lies above
// what it stands on, whatever the order of switching.
"use strict";
(function (S) {
  var PANES = { ground: 210, areas: 220, isochrones: 225, roads: 230, outlines: 240,
    own: 250, marks: 300, visits: 410,
    people: 420, organisations: 430, candidates: 590, halls: 600, lacking: 605, projects: 610,
    posts: 612, stops: 615, names: 620, pins: 640 };

  // Those that answer to the pointer, from the top.
  S.answering = ["inspections", "posts", "projects", "lacking", "halls", "candidates",
    "organisations", "unserved", "served", "communities"];
  S.kinds = { unserved: "settlements", served: "settlements", lacking: "halls" };

  // How each layer is made of the data there are.
  var MAKERS = {
    boundary: function () {
      return areas([].concat(S.data.boundary), function () { return "#dbe6ea"; },
        { pane: "ground", color: "#4d5a6b", weight: 1.6, dash: [7, 4],
          hollow: Boolean(S.data.base_map) });
    },
    communities: function () {
      return areas(column("communities"), function (index) { return S.colours[index]; },
        { pane: "areas", color: "#ffffff", weight: 0.9, opacity: opacityOfAreas() });
    },
    towns: function () {
      var outlines = areas(column("towns"), function () { return "#3d4654"; },
        { pane: "outlines", color: "#3d4654", weight: 1.7, opacity: 0.75, hollow: true });
      return L.layerGroup([
        outlines,
        new S.Names(ranked(S.data.towns), function (town) { return S.town(town.code); },
          outlines.flat, { pane: "names" })
      ]);
    },
    isochrones: function () { return S.isochroneSheet(S.data.isochrones, "isochrones"); },
    roads: roads, outreach: outreach, inspections: inspections,
    unserved: function () { return settlements("unserved"); },
    served: function () { return settlements("served"); },
    organisations: function () {
      return new S.Spots(S.data.organisations, function () {
        return S.dotSprite(S.dots.organisations, 3.5);
      }, { pane: "organisations" });
    },
    halls: function () {
      return symbols(ranked(S.data.halls, tierOf), function (hall) { return hall.form; }, "halls");
    },
    lacking: function () {
      return symbols(S.data.halls, function (hall) {
        return S.shortcomings(hall) > 0 ? "lacking" : null;
      }, "lacking");
    },
    candidates: function () {
      return symbols(S.data.candidates, function () { return "candidate"; }, "candidates");
    },
    posts: function () { return symbols(S.data.posts, function () { return "post"; }, "posts"); },
    projects: function () {
      return symbols(S.data.projects, function () { return "project"; }, "projects");
    },
    recommendations: pins
  };

  // Make layers again of data that came later.
  S.remake = function (names) {
    ["served", "unserved"].concat(names).forEach(function (name) {
      if (!MAKERS[name]) { return; }
      var shown = S.map.hasLayer(S.layers[name]);
      S.layers[name].remove();
      S.layers[name] = MAKERS[name]();
      if (shown) { S.layers[name].addTo(S.map); }
    });
    // What was just painted need not be painted again.
    fresh = true;
    S.refresh();
    fresh = false;
  };

  S.makeLayers = function (map) {
    Object.keys(PANES).forEach(function (name) {
      map.createPane(name).style.zIndex = PANES[name];
      map.getPane(name).style.pointerEvents = "none";
    });
    map.getPane("pins").style.pointerEvents = "auto";
    S.layers = {};
    if (S.data.base_map) { S.layers.base = S.baseMap().addTo(map); }
    Object.keys(MAKERS).forEach(function (name) { S.layers[name] = MAKERS[name](); });
    colour();
    S.shownAtFirst = ["boundary", "communities", "towns", "roads", "unserved", "halls",
      "recommendations"];
    S.shownAtFirst.forEach(function (name) { S.layers[name].addTo(map); });
    S.marks = new S.Areas(S.layers.communities.flat, function (index) {
      return S.marked[index] || S.hovered === index ? S.mark : null;
    }, { pane: "marks", color: S.mark, weight: 2.6, hollow: true }).addTo(map);
    // They are painted as they are added; from now on, when what is shown changes.
    S.followers.push(repaint);
  };

  S.colours = [];
  function colour() {
    S.colours = S.data.communities.map(function (place) { return S.colourOf(S.value(place)); });
  }

  // Under isochrones the communities are pale.
  function opacityOfAreas() {
    var under = S.layers.isochrones && S.map.hasLayer(S.layers.isochrones);
    return under ? 0.4 : S.data.base_map ? 0.62 : 0.86;
  }

  var fresh = false;
  function repaint() {
    if (fresh) { return; }
    colour();
    S.layers.communities.options.opacity = opacityOfAreas();
    Object.keys(S.layers).forEach(function (name) {
      var layer = S.layers[name];
      (layer.redraw ? [layer] : layer.getLayers()).forEach(function (one) {
        if (one instanceof S.Sheet) { one.redraw(); }
      });
    });
  }

  // Outline communities (rows): those chosen stay, the one hovered changes.
  S.marked = {};
  S.choose = function (rows) {
    S.marked = {};
    rows.forEach(function (row) { S.marked[row] = true; });
    S.marks.redraw();
  };
  S.hover = function (row) {
    if (S.hovered !== row) {
      S.hovered = row;
      S.marks.redraw();
    }
  };

  function column(name) { return S.data[name].map(function (row) { return row.shape; }); }

  function areas(shapes, colourOf, style) {
    return new S.Areas(S.flat(shapes.map(function (parts) {
      return [].concat.apply([], parts);
    })), colourOf, style);
  }

  function tierOf(hall) { return { municipal: 2e9, town: 1e9 }[hall.tier] || 0; }

  // The largest first for names; for symbols the most important last, on top.
  function ranked(rows, rankOf) {
    var order = rows.slice();
    if (rankOf) { return order.sort(function (a, b) { return rankOf(a) - rankOf(b); }); }
    return order.sort(function (a, b) { return b.residents - a.residents; });
  }

  function symbols(rows, nameOf, pane) {
    return new S.Spots(rows, function (row, scale) {
      var name = nameOf(row);
      return name === null ? null : S.symbolSprite(name, scale);
    }, { pane: pane });
  }

  function roads() {
    var weights = [], lines = [];
    Object.keys(S.data.roads).forEach(function (weight) {
      S.data.roads[weight].forEach(function (line) {
        lines.push([line]);
        weights.push(weight);
      });
    });
    return new S.Lines(S.flat(lines), function (index) {
      return { color: S.roads[weights[index]], weight: 0.45 * weights[index] };
    }, { pane: "roads", opacity: 0.8 });
  }

  S.servedNow = function (place) {
    return place.served_from_rank !== null && place.served_from_rank <= S.step;
  };

  function settlements(name) {
    var wanted = name === "served";
    return new S.Spots(S.data.settlements, function (place, scale) {
      if (place.residents === 0 || S.servedNow(place) !== wanted) { return null; }
      return S.dotSprite(S.dots[name], S.radius(place.residents, scale));
    }, { pane: "people" });
  }

  // From the base hall to the community visited, wider for more days; in the field chosen.
  function outreach() {
    var visits = S.data.outreach.filter(function (visit) {
      return visit.base >= 0 && visit.community >= 0;
    });
    var flat = S.flat(visits.map(function (visit) {
      var from = S.data.halls[visit.base], to = middleOf(visit.community);
      return [[from.x, from.y, to[0] - from.x, to[1] - from.y]];
    }));
    var sheet = new S.Lines(flat, function (index) {
      return S.shownVisit(visits[index]) ?
        { color: S.visits, weight: 0.5 + visits[index].days / 6 } : null;
    }, { pane: "visits", opacity: 0.6 });
    sheet.visits = visits;
    return sheet;
  }
  // While a hall or a community is explained, only its own visits are drawn.
  S.shownVisit = function (visit) {
    var about = S.about, rows = { halls: visit.base, communities: visit.community };
    return (S.field === "all" || visit.field === S.field) &&
      (!about || !(about.kind in rows) || rows[about.kind] === about.row.index);
  };

  // The middle of a community's box, in 1e-5 degrees.
  function middleOf(row) {
    var line = S.data.communities[row].shape[0][0], x = 0, y = 0;
    var box = [1e9, 1e9, -1e9, -1e9];
    for (var i = 0; i < line.length; i += 2) {
      x += line[i];
      y += line[i + 1];
      box = [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)];
    }
    return [Math.round((box[0] + box[2]) / 2), Math.round((box[1] + box[3]) / 2)];
  }

  // Stops of the day chosen, numbered and joined in order; of all days without numbers.
  function inspections() {
    var stops = S.data.inspections, days = {};
    stops.forEach(function (stop) { (days[stop.day] = days[stop.day] || []).push(stop); });
    S.days = Object.keys(days).map(Number);
    var order = S.days.map(function (day) {
      return days[day].sort(function (a, b) { return a.stop - b.stop; });
    });
    var lines = new S.Lines(S.flat(order.map(function (route) {
      var x = 0, y = 0;
      return [[].concat.apply([], route.map(function (stop) {
        var step = [stop.x - x, stop.y - y];
        x = stop.x;
        y = stop.y;
        return step;
      }))];
    })), function (index) {
      return S.days[index] === S.day ? { color: S.dots.inspections, weight: 2 } : null;
    }, { pane: "stops", opacity: 0.8 });
    var spots = new S.Spots(stops, function (stop) {
      if (S.day === 0) { return S.dotSprite(S.dots.inspections, 4); }
      return stop.day === S.day ? S.dotSprite(S.dots.inspections, 9, String(stop.stop)) : null;
    }, { pane: "stops" });
    return L.layerGroup([lines, spots]);
  }

  function pins() {
    var group = L.featureGroup(S.data.recommendations.map(function (site) {
      var marker = L.marker(S.place(site), {
        pane: "pins", icon: S.pin(site.rank), alt: site.rank + " · " + site.name,
        riseOnHover: true
      });
      marker.site = site;
      marker.bindTooltip(function () {
        return S.element("span", {}, [site.rank + " · " + site.name]);
      }, { direction: "top", offset: [0, -34] });
      marker.bindPopup(function () { return S.popups.recommendations(site); }, S.popupStyle());
      return S.explainedBy(marker, { kind: "recommendations", row: site });
    }));
    S.pins = group.getLayers();
    // Sites that the step shown does not build yet are pale.
    S.follow(function () {
      S.pins.forEach(function (pin) { pin.setOpacity(S.built(pin.site) ? 1 : 0.45); });
    });
    return group;
  }
  S.built = function (site) { return S.step === 0 || site.rank <= S.step; };
})(Sanshe);
