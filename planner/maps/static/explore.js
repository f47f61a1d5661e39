// A layer coloured by a column: what is under the pointer is told beside it, and in full by a click.
"use strict";
(function (S) {
  var SMALL = 3000, SHOWN = 6, RADIUS = 5;
  var data, sheets, marked = -1;

  S.start = function (name) {
    var head = JSON.parse(document.getElementById("sanshe-data").textContent);
    var page = document.documentElement;
    S.words = head.words;
    S.language = head.lang;
    var map = S.map = L.map(name, {
      minZoom: 2, maxZoom: 19, zoomSnap: 0.25, wheelPxPerZoomLevel: 90, zoomControl: false,
      attributionControl: false, fadeAnimation: false
    });
    map.fitBounds(head.bounds, { animate: false, padding: [20, 20], maxZoom: 16 });
    map.getContainer().setAttribute("aria-label", S.word("map"));
    L.control.zoom({ position: "topleft", zoomInTitle: S.word("zoom_in"),
      zoomOutTitle: S.word("zoom_out") }).addTo(map);
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
    (head.parts ? S.part(1, head.beside) : Promise.resolve({})).then(function (more) {
      data = L.extend(head, more);
      build(map);
      page.dataset.ready = page.dataset.complete = "yes";
    }).catch(function (error) {
      document.getElementById("legend").textContent = S.word("too_old");
      page.dataset.failed = String(error);
    });
    return map;
  };

  function colourOf(row) {
    return data.classes[row] < 0 ? data.unknown : data.colours[data.classes[row]];
  }

  function build(map) {
    S.small = data.classes.length <= SMALL;
    ["areas", "lines", "points", "marks"].forEach(function (name, at) {
      map.createPane(name).style.zIndex = 410 + 10 * at;
      map.getPane(name).style.pointerEvents = "none";
    });
    var rows = { areas: data.areas.row, lines: data.lines.row };
    var points = S.rows(data.points), marks = S.rows(data.marks);
    sheets = [
      new S.Spots(marks, function () { return S.dotSprite(S.otherMark, 8); }, { pane: "marks" }),
      new S.Spots(points, function (point) {
        return S.dotSprite(colourOf(point.row), point.row === marked ? RADIUS + 3 : RADIUS);
      }, { pane: "points" }),
      new S.Lines(S.flat(data.lines.line.map(function (line) { return [line]; })), function (at) {
        var row = rows.lines[at];
        return { color: colourOf(row), weight: row === marked ? 6 : 3 };
      }, { pane: "lines" }),
      new S.Areas(S.flat(data.areas.shape.map(function (parts) {
        return [].concat.apply([], parts);
      })), function (at) { return colourOf(rows.areas[at]); },
        { pane: "areas", color: "#5c6775", weight: 0.8, opacity: 0.86 }),
      new S.Areas(S.flat([]), function () { return S.mark; },
        { pane: "areas", color: S.mark, weight: 2.6, hollow: true })
    ];
    sheets.slice().reverse().forEach(function (sheet) { sheet.addTo(map); });
    legend();
    pointer(map, function (latlng) {
      var place = S.worldOf(latlng);
      for (var i = 0; i < 4; i += 1) {
        var at = sheets[i].hit(place);
        if (at >= 0) {
          return i === 0 ? { mark: marks[at] } :
            { row: i === 1 ? points[at].row : rows[i === 2 ? "lines" : "areas"][at] };
        }
      }
      return null;
    });
    print(map);
  }

  // Outline a row, -1 for none.
  function mark(row) {
    if (row === marked) { return; }
    marked = row;
    sheets[4].flat = S.flat(data.areas.row.reduce(function (found, one, at) {
      return one === row ? found.concat([[].concat.apply([], data.areas.shape[at])]) : found;
    }, []));
    sheets[4].redraw();
    if (data.points.row.length) { sheets[1].redraw(); }
    if (data.lines.row.length) { sheets[2].redraw(); }
  }

  function table(found, most) {
    if (found.mark) { return S.element("b", {}, [found.mark.name]); }
    var lines = data.fields.slice(0, most).map(function (field, at) {
      var value = data.values[at][found.row];
      return S.element("tr", {}, [S.element("th", { scope: "row" }, [field]),
        S.element("td", {}, [value === null ? S.word("no_value") : value])]);
    });
    return S.element("div", { class: "card" }, [
      S.element("table", {}, [S.element("tbody", {}, lines)])
    ]);
  }

  function pointer(map, at) {
    var tip = L.tooltip({ direction: "top", offset: [0, -6] });
    map.on("click", function (event) {
      var found = at(event.latlng);
      tip.remove();
      if (found) {
        L.popup({ maxWidth: Math.min(340, map.getSize().x - 60), maxHeight: Math.round(0.6 * map.getSize().y) })
          .setLatLng(event.latlng).setContent(table(found, data.fields.length)).openOn(map);
      }
    });
    map.on("mousemove", function (event) {
      var found = at(event.latlng);
      map.getContainer().classList.toggle("over", found !== null);
      mark(found && !found.mark ? found.row : -1);
      if (!found || (!found.mark && data.fields.length === 0)) {
        tip.remove();
        return;
      }
      tip.setLatLng(event.latlng).setContent(table(found, SHOWN));
      if (!map.hasLayer(tip)) { tip.addTo(map); }
    });
    map.on("mouseout movestart", function () {
      tip.remove();
      mark(-1);
    });
  }

  function legend() {
    function line(colour, text, shape) {
      var sample = S.element("i", { class: shape }, []);
      sample.style.background = colour;
      return S.element("li", {}, [sample, S.element("span", {}, [text])]);
    }
    var lines = data.legend.map(function (one) {
      return line(one.colour, one.label === null ? S.word("others") : one.label, "swatch");
    });
    if (data.legend.length && data.classes.indexOf(-1) >= 0) {
      lines.push(line(data.unknown, S.word("no_value"), "swatch"));
    }
    if (data.marks.x.length) { lines.push(line(S.otherMark, S.word("open_sites"), "dot")); }
    var box = document.getElementById("legend");
    box.hidden = lines.length === 0;
    S.replaceChildren(box, [S.element("details", { open: "" }, [
      S.element("summary", {}, [data.column === null ? S.word("legend") : data.column]),
      S.element("ul", { class: "classes" }, lines),
      data.quantiles ? S.element("p", {}, [S.word("quantiles")]) : null
    ])]);
  }

  // On paper one canvas holds all, as Chromium wipes out what lies below each.
  function print(map) {
    var paper = null;
    window.addEventListener("beforeprint", function () {
      document.documentElement.classList.add("on-paper");
      map.invalidateSize({ animate: false });
      map.fitBounds(data.bounds, { animate: false, padding: [20, 20] });
      map.getPane("marks").appendChild(paper = S.paintTogether(map));
    });
    window.addEventListener("afterprint", function () {
      document.documentElement.classList.remove("on-paper");
      paper.remove();
      map.invalidateSize({ animate: false });
      map.fitBounds(data.bounds, { animate: false, padding: [20, 20] });
    });
  }
})(Sanshe);
