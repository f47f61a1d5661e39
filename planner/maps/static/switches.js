// What is shown, grouped by question: what communities are coloured by, and layers over it.
"use strict";
(function (S) {
  var GROUPS = [
    { name: "coverage", theme: "coverage", layers: ["unserved", "served", "isochrones"] },
    { name: "siting", theme: "change", layers: ["recommendations", "candidates"] },
    { name: "platforms", themes: ["platforms", "floor_area"], layers: ["halls", "lacking"] },
    { name: "workers", theme: "workers", choice: "field", layers: ["posts", "outreach"] },
    { name: "organisations", theme: "organisations", choice: "day",
      layers: ["organisations", "projects", "inspections"] },
    { name: "harmony", theme: "harmony", layers: [] },
    { name: "ground", layers: ["communities", "towns", "roads", "boundary", "base"] }
  ];

  S.makeSwitches = function (box, map) {
    var open = window.innerWidth > 1000;
    S.follow(function () {
      var details = S.element("details", {}, [
        S.element("summary", {}, [S.word("layers")])
      ].concat(GROUPS.map(function (group) { return fieldset(group, map); })));
      details.open = open;
      details.addEventListener("toggle", function () { open = details.open; });
      var at = box.scrollTop, focused = document.activeElement && document.activeElement.id;
      S.replaceChildren(box, [details]);
      box.scrollTop = at;
      if (focused && box.querySelector("#" + focused)) { document.getElementById(focused).focus(); }
    });
  };

  function fieldset(group, map) {
    var themes = group.themes || (group.theme ? [group.theme] : []);
    var lines = themes.filter(function (theme) { return S.themes[theme]; }).map(themeSwitch);
    if (group.choice === "field") { lines.push(fieldChoice()); }
    var layers = group.layers.filter(function (layer) { return S.layers[layer]; });
    lines = lines.concat(layers.map(function (layer) { return layerSwitch(layer, map); }));
    if (group.choice === "day" && S.days.length > 0) { lines.push(dayChoice(map)); }
    return S.element("fieldset", { "data-group": group.name },
      [S.element("legend", {}, [S.word("group." + group.name)])].concat(lines));
  }

  function labelled(input, text, name) {
    return S.element("label", name, [input, S.element("span", {}, [text])]);
  }

  function themeSwitch(theme) {
    var input = S.element("input", { type: "radio", name: "theme", id: "theme-" + theme }, []);
    input.checked = S.theme === theme;
    input.addEventListener("change", function () {
      S.theme = theme;
      S.refresh();
    });
    return labelled(input, S.word("theme." + theme), { "data-theme": theme });
  }

  function layerSwitch(layer, map) {
    var input = S.element("input", { type: "checkbox", id: "layer-" + layer }, []);
    input.checked = map.hasLayer(S.layers[layer]);
    input.addEventListener("change", function () {
      if (input.checked) { S.layers[layer].addTo(map); } else { S.layers[layer].remove(); }
      S.refresh();
    });
    return labelled(input, S.word("switch." + layer), { "data-layer": layer });
  }

  S.show = function (layer) {
    if (!S.map.hasLayer(S.layers[layer])) {
      S.layers[layer].addTo(S.map);
      S.refresh();
    }
  };

  function choice(id, label, options, chosen, choose) {
    var select = S.element("select", { id: id, "aria-label": label },
      options.map(function (option) {
        var made = S.element("option", { value: String(option[0]) }, [option[1]]);
        made.selected = option[0] === chosen;
        return made;
      }));
    select.addEventListener("change", function () {
      choose(select.value);
      S.refresh();
    });
    return select;
  }

  function fieldChoice() {
    var options = [["all", S.word("all_fields")]].concat(S.data.fields.map(function (field) {
      return [field.id, S.fieldName(field.id) + (field.estimated ? S.bracket("estimated") : "")];
    }));
    return choice("field", S.word("row.field"), options, S.field, function (value) {
      S.field = value;
      S.theme = "workers";
    });
  }

  function dayChoice(map) {
    var options = [[0, S.word("all_days", { count: S.days.length })]].concat(
      S.days.map(function (day) { return [day, S.word("day", { day: day })]; }));
    return choice("day", S.word("row.day"), options, S.day, function (value) {
      S.day = Number(value);
      if (!map.hasLayer(S.layers.inspections)) { S.layers.inspections.addTo(map); }
    });
  }
})(Sanshe);
