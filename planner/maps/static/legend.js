// What the colours and symbols mean: those that are shown now.
"use strict";
(function (S) {
  function line(sample, text) {
    return S.element("li", {}, [sample, S.element("span", {}, [text])]);
  }

  function swatch(colour) {
    var box = S.element("i", { class: "swatch" }, []);
    box.style.background = colour;
    return box;
  }

  function symbol(name) {
    var box = S.element("i", { class: "sample" }, []);
    box.innerHTML = S.symbol(name, name === "pin" ? 20 : 16);
    return box;
  }

  function dot(colour) {
    var box = S.element("i", { class: "dot" }, []);
    box.style.background = colour;
    return box;
  }

  function stroke(colour) {
    var box = S.element("i", { class: "stroke" }, []);
    box.style.background = colour;
    return box;
  }

  function classes() {
    var theme = S.themes[S.theme];
    var lines = S.classes().map(function (one) {
      var text = one.text ? one.text : one.word ? S.word(one.word) : one.below === undefined ?
        S.word("class.from", { from: theme.unit(one.from) }) :
        theme.unit(one.from) + "–" + theme.unit(one.below);
      return line(swatch(one.colour), text);
    });
    var unknown = S.data.communities.some(function (place) {
      var value = S.value(place);
      return value === null || value === undefined;
    });
    if (unknown) { lines.push(line(swatch(S.colourOf(null)), S.word(theme.unknown))); }
    return lines;
  }

  // Ground by minutes: in numbers where all communities have the same minutes.
  function isochrones() {
    if (!S.showsIsochrones()) { return []; }
    var minutes = {};
    S.data.isochrones.forEach(function (row) {
      (minutes[row.share] = minutes[row.share] || {})[row.minutes] = true;
    });
    var half = Object.keys(minutes[0.5] || {}), all = Object.keys(minutes[1] || {});
    var same = half.length === 1 && all.length === 1;
    var texts = same ? ["0–" + S.minutes(Number(half[0])), half[0] + "–" + S.minutes(Number(all[0]))] :
      [S.word("class.isochrone_half"), S.word("class.isochrone_all")];
    return [
      S.element("h3", {}, [S.word("switch.isochrones") + " · " + when()]),
      S.element("ul", { class: "isochrones" }, [
        line(swatch(S.reached[0.5]), texts[0]), line(swatch(S.reached[1]), texts[1]),
        S.step > 0 ? line(stroke(S.ofSites), S.word("class.isochrone_sites")) : null
      ]),
      S.element("p", {}, [S.word("explain.isochrones", { rules: S.rules() })]),
      S.data.isochrones_of_halls ? null : S.element("p", {}, [S.word("isochrones_of_sites")])
    ];
  }

  function symbols(map) {
    function on(name) { return map.hasLayer(S.layers[name]); }
    var shown = S.data.halls.reduce(function (forms, hall) {
      forms[hall.form] = true;
      return forms;
    }, {});
    function hall(form, word) {
      return on("halls") && shown[form] ? line(symbol(form), S.word(word)) : null;
    }
    return [
      on("recommendations") ? line(symbol("pin"), S.word("switch.recommendations")) : null,
      on("unserved") ? line(dot(S.dots.unserved),
        S.word("switch.unserved") + S.bracket("size_residents")) : null,
      on("served") ? line(dot(S.dots.served),
        S.word("switch.served") + S.bracket("size_residents")) : null,
      hall("centre", "tier.municipal"), hall("platform", "tier.town"),
      hall("hall", "form.hall"), hall("station", "form.station"),
      on("lacking") ? line(symbol("lacking"), S.word("switch.lacking")) : null,
      on("candidates") ? line(symbol("candidate"), S.word("switch.candidates")) : null,
      on("posts") ? line(symbol("post"), S.word("switch.posts")) : null,
      on("outreach") ? line(stroke(S.visits),
        S.word("switch.outreach") + S.bracket("width_days")) : null,
      on("organisations") ? line(dot(S.dots.organisations), S.word("switch.organisations")) : null,
      on("projects") ? line(symbol("project"), S.word("switch.projects")) : null,
      on("inspections") ? line(dot(S.dots.inspections), S.word("switch.inspections")) : null
    ].filter(function (one) { return one !== null; });
  }

  S.makeLegend = function (box, map) {
    var open = window.innerWidth > 700;
    S.follow(S.showLegend = function () {
      var coloured = map.hasLayer(S.layers.communities), under = map.hasLayer(S.layers.isochrones);
      var note = S.theme === "workers" ? S.data.fields.some(function (field) {
        return field.estimated && (S.field === "all" || S.field === field.id);
      }) : false;
      var details = S.element("details", {}, [
        S.element("summary", {}, [S.word("legend")]),
        coloured ? S.element("h3", {}, [title()]) : null,
        coloured ? S.element("ul", { class: under ? "classes pale" : "classes" }, classes()) : null,
        coloured ? S.element("p", {}, [S.word("explain." + S.theme)]) : null,
        coloured && note ? S.element("p", { class: "estimated" }, [S.word("estimated_note")]) : null
      ].concat(isochrones(), [S.element("ul", { class: "symbols" }, symbols(map))]));
      details.open = open;
      details.addEventListener("toggle", function () { open = details.open; });
      S.replaceChildren(box, [details]);
    });
  };

  function title() {
    var what = S.word("coloured." + S.theme);
    if (S.theme === "workers" && S.field !== "all") { what += " · " + S.fieldName(S.field); }
    var changes = S.theme === "coverage" || S.theme === "workers";
    return what + (changes ? " · " + when() : "");
  }

  function when() {
    return S.word(S.after ? "after" : S.step > 0 ? "step" : "now", { count: S.step });
  }
})(Sanshe);
