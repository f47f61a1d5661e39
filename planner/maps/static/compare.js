// Two plans on one map: one at the left of a line that can be moved, the other at its right.
"use strict";
(function (S) {
  var COLOUR = "#00564d";
  // Residents of a community served more (from so many) with the other plan, and its colour.
  var CHANGES = [
    [-Infinity, "500+", "#b35806"], [-499, "100–499", "#f1a340"], [-99, "1–99", "#fee0b6"],
    [0, "", "#fcfcfa"], [1, "1–99", "#d8daeb"], [100, "100–499", "#998ec3"],
    [500, "500+", "#542788"]
  ];

  S.change = function (place) {
    var other = S.data.other.communities.residents_unserved_after;
    return place.residents_unserved_after - other[place.index];
  };
  S.changeText = function (change, count) {
    var key = change > 0 ? "more" : change < 0 ? "fewer" : "none";
    return S.word("change." + key, { count: count || S.number(Math.abs(change)) });
  };

  // Who wins and who loses: the same at both sides of the line.
  var theme = {
    value: S.change, format: S.changeText,
    classes: function () {
      return CHANGES.map(function (one) {
        return { from: one[0], text: S.changeText(one[0], one[1]), colour: one[2] };
      });
    }
  };

  S.makeCompare = function (map) {
    var other = S.data.other;
    if (!other) { return; }
    S.themes.change = theme;
    other.sites = S.rows(other.recommendations);
    [["areas-b", 222], ["isochrones-b", 226], ["people-b", 421], ["pins-b", 641]].forEach(function (pane) {
      map.createPane(pane[0]).style.zIndex = pane[1];
    });
    ["areas-b", "isochrones-b", "people-b"].forEach(function (pane) {
      map.getPane(pane).style.pointerEvents = "none";
    });
    // Where residents live whom the other plan does not serve: shown with those of this one.
    var waiting = null;
    function people() {
      if (waiting) { waiting.remove(); }
      if (!map.hasLayer(S.layers.unserved)) { return; }
      waiting = new S.Spots(S.data.settlements, function (place, scale) {
        return place.residents === 0 || other.settlements_served[place.index] ? null :
          S.dotSprite(S.dots.unserved, S.radius(place.residents, scale));
      }, { pane: "people-b" }).addTo(map);
    }
    // The ground from which the other plan's halls are reached, likewise.
    var reached = null;
    function isochrones() {
      if (reached) { reached.remove(); }
      if (!map.hasLayer(S.layers.isochrones)) { return; }
      var today = S.data.isochrones.filter(function (row) { return row.rank === 0; });
      reached = S.isochroneSheet(today.concat(S.rows(other.isochrones).map(function (row) {
        return L.extend(row, { other: true });
      })), "isochrones-b").addTo(map);
    }
    var values = other.communities;
    var sheet = new S.Areas(S.layers.communities.flat, function (index) {
      if (S.theme === "coverage") { return S.colourOf(values.share_served_after[index]); }
      if (S.theme === "workers" && S.field === "all") {
        return S.colourOf(values.fte_short_after[index]);
      }
      return S.colours[index];
    }, L.extend({}, S.layers.communities.options, { pane: "areas-b" })).addTo(map);
    var pins = other.sites.map(function (site) {
      return L.marker(S.place(site), {
        pane: "pins-b", icon: S.pin(site.rank, COLOUR), alt: site.rank + " · " + site.name
      }).bindPopup(function () { return S.popups.recommendations(site); }, S.popupStyle())
        .addTo(map);
    });
    var bar = document.getElementById("compare"), line = S.element("i", {}, []);
    var swipe = S.element("input", {
      type: "range", id: "swipe", min: "0", max: "100", value: "50"
    }, []);
    var left = S.element("b", {}, []), right = S.element("b", {}, []);
    bar.hidden = false;
    S.replaceChildren(bar, [left, swipe, right]);
    document.getElementById("ground").appendChild(line);
    line.id = "swipe-line";

    function cut() {
      var size = map.getSize(), at = size.x * swipe.value / 100;
      var north = map.containerPointToLayerPoint([0, 0]), middle = north.x + at;
      var south = north.y + size.y, east = north.x + size.x;
      clip(["areas", "isochrones", "people", "pins"], north.y, middle, south, north.x);
      clip(["areas-b", "isochrones-b", "people-b", "pins-b"], north.y, east, south, middle);
      line.style.left = at + "px";
    }
    function clip(panes, top, right, bottom, left) {
      panes.forEach(function (pane) {
        map.getPane(pane).style.clip = "rect(" + [top, right, bottom, left].map(function (edge) {
          return Math.round(edge) + "px";
        }).join(" ") + ")";
      });
    }
    swipe.addEventListener("input", cut);
    map.on("move zoomend moveend resize", cut);
    S.follow(function () {
      left.textContent = S.word("plan_left");
      right.textContent = S.word("plan_right");
      swipe.setAttribute("aria-label", S.word("swipe"));
      sheet.options.opacity = S.layers.communities.options.opacity;
      sheet.redraw();
      isochrones();
      people();
      cut();
    });
    S.otherPins = pins;
  };

  // The headline figures of both plans.
  S.comparison = function () {
    var other = S.data.other;
    if (!other) { return null; }
    var lines = [
      ["unserved", "unserved_after", S.number], ["row.share_served", "share_after", S.percent],
      ["row.new_halls", "new_halls", S.number], ["row.cost", "cost_yuan", S.money],
      ["row.fte_short", "fte_short_after", function (value) { return S.number(value, 1); }]
    ].filter(function (one) { return one[1] in other.summary; }).map(function (one) {
      return S.element("tr", { "data-figure": one[1] }, [
        S.element("th", { scope: "row" }, [S.word(one[0])]),
        S.element("td", {}, [one[2](S.data.summary[one[1]])]),
        S.element("td", {}, [one[2](other.summary[one[1]])])
      ]);
    });
    return S.element("table", { id: "both" }, [
      S.element("thead", {}, [S.element("tr", {}, [
        S.element("td", {}, []), S.element("th", { scope: "col" }, [S.word("plan_left")]),
        S.element("th", { scope: "col" }, [S.word("plan_right")])
      ])]), S.element("tbody", {}, lines)
    ]);
  };
})(Sanshe);
