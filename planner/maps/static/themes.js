// What communities can be coloured by: the question, its classes and the value of a community.
// Classes also differ for people who do not see all colours.
"use strict";
(function (S) {
  var LACK = ["#edf3f5", "#fee391", "#fe9929", "#cc4c02", "#662506"];
  var NONE = "#d8d8d4";

  // Share of residents served, at the step of the build order that is shown.
  S.share = function (place) {
    if (place.share_served_before === null) { return null; }
    if (place.unserved_by_step === null) { return place.share_served_before; }
    return 1 - S.unserved(place) / place.residents;
  };
  S.unserved = function (place) {
    return place.unserved_by_step === null ?
      place.residents_unserved : place.unserved_by_step[S.step];
  };

  // FTE of workers short in the field chosen, today or with the plan.
  S.short = function (place) {
    var when = S.after ? "_after" : "";
    var value = place["fte_short" + when + (S.field === "all" ? "" : "_" + S.field)];
    return value === undefined ? null : value;
  };

  function lacking(breaks, key) {
    return [{ below: breaks[0], word: "class." + key + "_none" }].concat(
      breaks.slice(1).map(function (top, i) { return { from: breaks[i], below: top }; }),
      [{ from: breaks[breaks.length - 1] }]
    ).map(function (one, i) { return L.extend(one, { colour: LACK[i] }); });
  }

  function shortcomings(hall) {
    return ["functions_missing", "bodies_missing"].filter(function (name) {
      return hall[name];
    }).length + ["floor_area_gap_m2", "capacity_gap_visits_per_day"].filter(function (name) {
      return hall[name] > 0;
    }).length + (hall.upgrade ? 1 : 0);
  }
  S.shortcomings = shortcomings;

  S.themes = {
    coverage: {
      value: S.share, format: function (share) { return S.percent(share); }, unknown: "no_residents",
      unit: function (value) { return S.number(100 * value) + "%"; },
      classes: [
        { below: 0.25, from: 0, colour: "#b2182b" }, { from: 0.25, below: 0.5, colour: "#ef8a62" },
        { from: 0.5, below: 0.75, colour: "#fddbc7" },
        { from: 0.75, below: 0.95, colour: "#d1e5f0" }, { from: 0.95, below: 1, colour: "#92c5de" }
      ]
    },
    platforms: {
      value: function (place) {
        return place.own === undefined ? 5 : shortcomings(S.data.halls[place.own]);
      },
      format: function (count) { return S.word("shortcomings", { count: count }); },
      unit: function (value) { return S.number(value); },
      classes: [
        { below: 1, word: "class.platforms_none", colour: LACK[0] },
        { from: 1, below: 2, word: "class.one", colour: LACK[1] },
        { from: 2, below: 3, word: "class.two", colour: LACK[2] },
        { from: 3, below: 5, word: "class.three", colour: LACK[3] },
        { from: 5, word: "class.five", colour: LACK[4] }
      ]
    },
    floor_area: {
      value: function (place) { return place.floor_area_gap_m2; }, unknown: "no_hall",
      format: function (value) { return S.word("square_metres", { count: S.number(value) }); },
      unit: function (value) { return S.number(value); }, classes: lacking([1, 200, 400, 800], "area")
    },
    workers: {
      value: S.short, unknown: "unknown",
      format: function (value) { return S.word("fte", { count: S.number(value, 2) }); },
      unit: function (value) { return S.number(value, 2, 0); },
      classes: function () {
        return S.field === "all" ? lacking([0.01, 0.5, 1, 2], "workers") :
          lacking([0.01, 0.1, 0.25, 0.5], "workers");
      }
    },
    organisations: {
      value: function (place) {
        return place.no_organisation_within_reach ? -1 : place.organisations_per_10000;
      },
      unknown: "unknown", unit: function (value) { return S.number(value); },
      format: function (value) {
        return value < 0 ? S.word("class.organisations_none") :
          S.word("per_10000", { count: S.number(value, 1) });
      },
      classes: [
        { below: 0, word: "class.organisations_none", colour: "#b2182b" },
        { from: 0, below: 5, colour: "#f2f0f7" }, { from: 5, below: 10, colour: "#cbc9e2" },
        { from: 10, below: 20, colour: "#9e9ac8" }, { from: 20, colour: "#6a51a3" }
      ]
    },
    harmony: {
      value: function (place) {
        if (place.harmony_meets === null) { return null; }
        var missed = S.listed(place.harmony_missed).length;
        return place.harmony_meets ? (missed === 0 ? 0 : 1) : 1 + missed;
      },
      unknown: "unknown", unit: function (value) { return S.number(value - 1); },
      format: function (value) {
        return value < 2 ? S.word("class.harmony_meets") :
          S.word("criteria_missed", { count: value - 1 });
      },
      classes: [
        { below: 1, word: "class.harmony_all", colour: "#6baed6" },
        { from: 1, below: 2, word: "class.harmony_meets", colour: "#c6dbef" },
        { from: 2, below: 4, word: "class.harmony_two", colour: "#fdae6b" },
        { from: 4, below: 5, word: "class.harmony_three", colour: "#d94801" },
        { from: 5, word: "class.harmony_four", colour: "#7f2704" }
      ]
    }
  };

  S.classes = function () {
    var classes = S.themes[S.theme].classes;
    return typeof classes === "function" ? classes() : classes;
  };

  S.value = function (place) { return S.themes[S.theme].value(place); };

  S.colourOf = function (value) {
    if (value === null || value === undefined) { return NONE; }
    var classes = S.classes();
    for (var i = classes.length - 1; i > 0; i -= 1) {
      if (value >= classes[i].from) { return classes[i].colour; }
    }
    return classes[0].colour;
  };
})(Sanshe);
