// The communities as a table tied to the map: sort, filter, point, go there.
"use strict";
(function (S) {
  var PAGE = 100;
  var columns = [
    { key: "community_name", text: true }, { key: "town", text: true, of: function (place) {
      return S.town(place.town_code);
    } },
    { key: "residents" }, { key: "residents_unserved", of: function (place) {
      return S.unserved(place);
    } },
    { key: "share_served", of: function (place) { return S.share(place); },
      show: function (value) { return S.percent(value); } },
    { key: "mean_minutes", of: function (place) {
      return S.after ? place.mean_minutes_after : place.mean_minutes_before;
    }, show: function (value) { return S.number(value, 1); } },
    { key: "floor_area_gap", of: function (place) { return place.floor_area_gap_m2; } },
    { key: "fte_short", of: function (place) {
      return S.after ? place.fte_short_after : place.fte_short;
    }, show: function (value) { return S.number(value, 2); } },
    { key: "completeness", text: true }, { key: "organisations" },
    { key: "harmony_missed", of: function (place) {
      return S.listed(place.harmony_missed).length;
    } }
  ];
  var state = { key: "residents_unserved", down: true, asked: "", town: "", shown: PAGE };

  function valueOf(place, column) { return column.of ? column.of(place) : place[column.key]; }

  S.tableRows = function () {
    var by = columns.find(function (column) { return column.key === state.key; });
    var rows = S.data.communities.filter(function (place) {
      return (!state.town || place.town_code === state.town) && (!state.asked ||
        S.answers(state.asked, place.community_name, place.community_code, place.pinyin));
    });
    var sign = state.down ? -1 : 1, language = S.language === "zh" ? "zh-CN" : "en";
    var order = new Intl.Collator(language);
    return rows.sort(function (a, b) {
      var left = valueOf(a, by), right = valueOf(b, by);
      // What is not known comes last, whichever way.
      if (left === null || right === null) {
        return (left === null) - (right === null) || a.index - b.index;
      }
      var less = by.text ? order.compare(left, right) : left - right;
      return sign * less || a.index - b.index;
    });
  };

  S.makeTable = function (box, button, map) {
    var body = S.element("tbody", {}, []), head = S.element("tr", {}, []);
    var filter = S.element("input", { type: "search", id: "filter", autocomplete: "off" }, []);
    var town = S.element("select", { id: "filter-town" }, []);
    var count = S.element("span", { id: "count", role: "status" }, []);
    var more = S.element("button", { type: "button", id: "more" }, []);
    var scroll = S.element("div", { class: "scroll", tabindex: "0", role: "region" }, [
      S.element("table", {}, [S.element("thead", {}, [head]), body]), more
    ]);
    S.replaceChildren(box, [S.element("div", { class: "tools" }, [filter, town, count]), scroll]);
    box.hidden = true;
    if (S.data.other) {
      columns.splice(4, 0, { key: "change", of: S.change, show: function (value) {
        return (value > 0 ? "+" : "") + S.number(value);
      } });
    }

    button.addEventListener("click", function () {
      box.hidden = !box.hidden;
      show();
      map.invalidateSize();
    });
    filter.addEventListener("input", function () {
      state.asked = filter.value.trim().toLowerCase();
      state.shown = PAGE;
      show();
    });
    town.addEventListener("change", function () {
      state.town = town.value;
      state.shown = PAGE;
      show();
    });
    more.addEventListener("click", function () {
      state.shown += PAGE;
      show();
    });
    body.addEventListener("mouseover", function (event) {
      var line = event.target.closest("tr");
      if (line) { S.hover(Number(line.dataset.row)); }
    });
    body.addEventListener("mouseleave", function () { S.hover(-1); });
    body.addEventListener("focusin", function (event) {
      S.hover(Number(event.target.closest("tr").dataset.row));
    });
    body.addEventListener("click", function (event) {
      var line = event.target.closest("tr");
      if (line) { S.goTo("communities", S.data.communities[line.dataset.row]); }
    });
    S.pointed = function (found) {
      var before = body.querySelector(".pointed");
      if (before) { before.classList.remove("pointed"); }
      var line = found.kind === "communities" &&
        body.querySelector('[data-row="' + found.row.index + '"]');
      if (line) { line.classList.add("pointed"); }
    };
    S.follow(show);

    function show() {
      button.textContent = S.word(box.hidden ? "table_show" : "table_hide");
      button.setAttribute("aria-expanded", String(!box.hidden));
      if (box.hidden) { return; }
      filter.placeholder = S.word("filter");
      filter.setAttribute("aria-label", S.word("filter"));
      scroll.setAttribute("aria-label", S.word("table"));
      town.setAttribute("aria-label", S.word("row.town"));
      S.replaceChildren(town, [option("", S.word("all_towns"))].concat(
        S.data.towns.map(function (one) { return option(one.code, S.town(one.code)); })));
      S.replaceChildren(head, columns.map(header));
      var rows = S.tableRows();
      S.replaceChildren(body, rows.slice(0, state.shown).map(line));
      count.textContent = S.word("communities_count", { count: S.number(rows.length) });
      more.textContent = S.word("more_rows", { count: S.number(rows.length - state.shown) });
      more.hidden = rows.length <= state.shown;
    }

    function option(value, text) {
      var made = S.element("option", { value: value }, [text]);
      made.selected = value === state.town;
      return made;
    }

    function header(column) {
      var sorted = column.key === state.key;
      var press = S.element("button", { type: "button" }, [
        S.word("row." + column.key) + (sorted ? (state.down ? " ↓" : " ↑") : "")
      ]);
      press.addEventListener("click", function () {
        state.down = sorted ? !state.down : !column.text;
        state.key = column.key;
        show();
        head.querySelector('[data-key="' + column.key + '"] button').focus();
      });
      return S.element("th", {
        scope: "col", "data-key": column.key,
        "aria-sort": sorted ? (state.down ? "descending" : "ascending") : "none"
      }, [press]);
    }

    function line(place) {
      return S.element("tr", { "data-row": place.index }, columns.map(function (column, i) {
        var value = valueOf(place, column);
        var text = value === null || value === undefined ? "–" :
          column.show ? column.show(value) : column.text ? String(value) : S.number(value);
        return i === 0 ?
          S.element("th", { scope: "row" }, [S.element("button", { type: "button" }, [text])]) :
          S.element("td", column.text ? { class: "text" } : {}, [text]);
      }));
    }
  };
})(Sanshe);
