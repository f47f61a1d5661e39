// The panel: the answer in numbers, the switch between today and the plan, the ranked sites, and
// what is real and what is modelled.
"use strict";
(function (S) {
  S.makePanel = function (panel, map) {
    var notesOpen = false;
    S.follow(function () {
      var notes = dataNotes();
      notes.open = notesOpen;
      notes.addEventListener("toggle", function () { notesOpen = notes.open; });
      var at = panel.scrollTop;
      S.replaceChildren(panel, [
        heading(), figures(), whenSwitch(), sentences(),
        S.element("h2", {}, [S.word("recommended")]), sites(map), modelled(), notes
      ]);
      panel.scrollTop = at;
    });
  };

  function heading() {
    var button = S.element("button", { type: "button", id: "language" }, [S.word("language")]);
    button.addEventListener("click", function () {
      S.language = S.language === "zh" ? "en" : "zh";
      S.refresh();
      document.getElementById("language").focus();
    });
    var name = S.inLanguage(S.data.city.name);
    document.title = S.word("title", { city: name });
    return S.element("header", {}, [
      S.element("h1", {}, [S.word("heading", { city: name })]), button,
      S.element("p", { class: "standard" }, [
        S.word("standard", { name: S.inLanguage(S.data.standard.name) }),
        S.element("br", {}, []), rules()
      ])
    ]);
  }

  // The standard's minutes: kinds of community under the same rule are named together.
  function rules() {
    var present = {}, byRule = {};
    S.data.communities.forEach(function (place) { present[place.kind] = true; });
    Object.keys(S.data.standard.reach).forEach(function (kind) {
      if (!present[kind]) { return; }
      var rule = S.data.standard.reach[kind], key = rule.mode + " " + rule.minutes;
      byRule[key] = byRule[key] || { rule: rule, kinds: [] };
      byRule[key].kinds.push(S.word("kind." + kind));
    });
    return Object.keys(byRule).map(function (key) {
      return S.word("rule", {
        kind: S.list(byRule[key].kinds), minutes: byRule[key].rule.minutes,
        mode: S.word("mode." + byRule[key].rule.mode)
      });
    }).join(S.language === "zh" ? "；" : "; ");
  }

  function figures() {
    var summary = S.data.summary;
    var when = S.after ? "after" : "before";
    var bar = S.element("div", { class: "bar" }, [
      part("bar-now", summary.share_before),
      part("bar-gain", S.after ? summary.share_after - summary.share_before : 0)
    ]);
    return S.element("div", { class: "figures" }, [
      S.element("p", { class: "big" }, [
        S.element("strong", { id: "unserved" }, [S.number(summary["unserved_" + when])]),
        " " + S.word("unserved")
      ]),
      bar,
      S.element("p", {}, [
        S.element("strong", { id: "share" }, [S.percent(summary["share_" + when])]),
        " " + S.word("served_share")
      ])
    ]);
  }

  function part(name, share) {
    var made = S.element("span", { class: name }, []);
    made.style.width = 100 * share + "%";
    return made;
  }

  function whenSwitch() {
    var choices = [["now", false], ["after", true]].map(function (choice) {
      var button = S.element("button", {
        type: "button", id: "show-" + choice[0], "aria-pressed": String(S.after === choice[1])
      }, [S.word(choice[0])]);
      button.addEventListener("click", function () {
        S.after = choice[1];
        S.refresh();
        document.getElementById("show-" + choice[0]).focus();
      });
      return button;
    });
    return S.element("div", { class: "when", role: "group", "aria-label": S.word("when") }, choices);
  }

  function sentences() {
    var summary = S.data.summary;
    var lines = [
      S.word("on_paper", { share: S.number(100 * summary.share_institutional) + "%" }),
      S.word("plan_line", {
        count: summary.new_halls, cost: S.money(summary.cost_yuan),
        gained: S.number(summary.served_after - summary.served_before)
      }),
      summary.status === "optimal" ?
        S.word("proven") : S.word("unproven", { gap: S.percent(summary.gap) })
    ];
    if (summary.approximate) { lines.push(S.word("approximate")); }
    return S.element("div", { class: "sentences" }, lines.map(function (line) {
      return S.element("p", {}, [line]);
    }));
  }

  function sites(map) {
    if (S.data.recommendations.length === 0) {
      return S.element("p", {}, [S.word("no_recommendations")]);
    }
    return S.element("ol", { class: "sites" }, S.data.recommendations.map(function (site, index) {
      var button = S.element("button", { type: "button" }, [
        S.element("b", {}, [String(site.rank)]),
        S.element("span", { class: "where" }, [
          S.element("span", { class: "site-name" }, [site.name]),
          S.element("small", {}, [S.town(site.town_code) + " · " + S.word("action." + site.action) +
            " · " + S.money(site.cost_yuan)])
        ]),
        S.element("em", {}, [S.word("gained", { count: S.number(site.residents_gained) })])
      ]);
      button.addEventListener("click", function () { showSite(map, index); });
      return S.element("li", {}, [button]);
    }));
  }

  function showSite(map, index) {
    var pin = S.pins[index];
    if (!map.hasLayer(S.layers.recommendations)) { S.layers.recommendations.addTo(map); }
    map.closePopup();
    map.once("moveend", function () { pin.openPopup(); });
    // The pin a little below the middle leaves room for its popup.
    var zoom = Math.max(map.getZoom(), 13);
    var point = map.project(pin.getLatLng(), zoom).subtract([0, map.getSize().y / 5]);
    var target = map.unproject(point, zoom);
    if (map.getZoom() === zoom && map.distance(map.getCenter(), target) < 1) {
      map.fire("moveend");
    } else {
      map.setView(target, zoom, { animate: false });
    }
  }

  function modelled() {
    var layers = S.data.summary.modelled_layers.map(function (layer) {
      return S.word("layer." + layer);
    });
    return layers.length === 0 ? null : S.element("p", { class: "modelled" }, [
      S.word("modelled_layers", { layers: S.list(layers) })
    ]);
  }

  function dataNotes() {
    var notes = Object.keys(S.data.sources).map(function (layer) {
      var entry = S.data.sources[layer];
      var real = (entry.real || []).map(function (column) {
        return S.hasWord("attribute." + column) ? S.word("attribute." + column) : column;
      });
      var kind = real.length === 0 ? "modelled" :
        (entry.real.indexOf("geometry") >= 0 ? "real" : "partly_real");
      var source = typeof entry.source === "object" ? S.inLanguage(entry.source) : entry.source;
      return S.element("p", {}, [
        S.element("b", {}, [S.hasWord("layer." + layer) ? S.word("layer." + layer) : layer]),
        " ", S.element("mark", { class: kind }, [S.word(kind, { columns: S.list(real) })]),
        " ", S.element("span", {}, [source || ""])
      ]);
    });
    var standard = S.element("p", {}, [
      S.word("standard", { name: S.inLanguage(S.data.standard.name) }) + " – " +
        S.inLanguage(S.data.standard.source)
    ]);
    return S.element("details", { class: "notes" },
      [S.element("summary", {}, [S.word("data_notes")])].concat(notes, [standard]));
  }
})(Sanshe);
