// The panel: the answer in numbers, the switch between today and the plan, the ranked sites, and
// what is real and what is modelled.
"use strict";
(function (S) {
  S.makePanel = function (panel) {
    var open = {};
    var searchBox = S.element("div", { class: "search", role: "search" }, []);
    S.makeSearch(searchBox);
    S.follow(function () {
      var at = panel.scrollTop, focused = document.activeElement && document.activeElement.id;
      S.replaceChildren(panel, [
        heading(), searchBox, figures(), whenSwitch(), slider(), S.comparison(), sentences(),
        S.element("h2", {}, [S.word("recommended")]), sites(),
        kept("actions", S.actionList()), modelled(), kept("notes", dataNotes())
      ]);
      panel.scrollTop = at;
      var again = focused && document.getElementById(focused);
      if (again && panel.contains(again)) { again.focus(); }
    });

    // What was folded out stays so.
    function kept(name, details) {
      if (details) {
        details.open = Boolean(open[name]);
        details.addEventListener("toggle", function () { open[name] = details.open; });
      }
      return details;
    }
  };

  function heading() {
    var button = S.element("button", { type: "button", id: "language" }, [S.word("language")]);
    button.addEventListener("click", function () {
      S.language = S.language === "zh" ? "en" : "zh";
      S.refresh();
    });
    var name = S.inLanguage(S.data.city.name);
    document.title = S.word("title", { city: name });
    return S.element("header", {}, [
      S.element("h1", {}, [S.word("heading", { city: name })]), button,
      S.element("p", { class: "standard" }, [
        S.word("standard", { name: S.inLanguage(S.data.standard.name) }),
        S.element("br", {}, []), S.rules()
      ])
    ]);
  }

  // The standard's minutes: kinds of community under the same rule are named together.
  S.rules = function () {
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
    }).join(S.word("semicolon"));
  };

  // Figures of the step shown. With all sites built they are those of the plan's summary.
  function figures() {
    var steps = S.data.steps, share = steps.share_served[S.step];
    var bar = S.element("div", { class: "bar" }, [
      part("bar-now", steps.share_served[0]), part("bar-gain", share - steps.share_served[0])
    ]);
    return S.element("div", { class: "figures" }, [
      S.element("p", { class: "big" }, [
        S.element("strong", { id: "unserved" }, [S.number(steps.residents_unserved[S.step])]),
        " " + S.word("unserved")
      ]),
      bar,
      S.element("p", {}, [
        S.element("strong", { id: "share" }, [S.percent(share)]), " " + S.word("served_share")
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
      // On the way from one to the other it is neither.
      var shown = S.after === choice[1] && (S.after || S.step === 0);
      var button = S.element("button", {
        type: "button", id: "show-" + choice[0], "aria-pressed": String(shown)
      }, [S.word(choice[0])]);
      button.addEventListener("click", function () {
        S.after = choice[1];
        S.step = S.after ? S.last : 0;
        S.refresh();
      });
      return button;
    });
    return S.element("div", { class: "when", role: "group", "aria-label": S.word("when") }, choices);
  }

  // Through the build order: 0 is today, the last step the whole plan.
  function slider() {
    if (S.last === 0) { return null; }
    var input = S.element("input", {
      type: "range", id: "step", min: "0", max: String(S.last), step: "1", value: String(S.step)
    }, []);
    var text = S.word("step_line", {
      count: S.step, all: S.last, cost: S.money(S.data.steps.cost_yuan[S.step])
    });
    input.addEventListener("input", function () {
      S.step = Number(input.value);
      S.after = S.step === S.last;
      S.refresh();
    });
    // A step has no press of its own: the slider is one control, told by its label and value.
    input.setAttribute("aria-valuetext", text);
    return S.element("p", { class: "slider" }, [
      S.element("label", { for: "step" }, [S.word("build_order")]), input,
      S.element("output", { for: "step", id: "step-line" }, [text])
    ]);
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

  function sites() {
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
      button.addEventListener("click", function () { S.showSite(index); });
      return S.element("li", S.built(site) ? {} : { class: "later" }, [button]);
    }));
  }

  S.showSite = function (index) {
    var map = S.map, pin = S.pins[index];
    S.show("recommendations");
    map.closePopup();
    map.once("moveend", function () { pin.openPopup(); });
    // The pin a little below the middle leaves room for its popup.
    var zoom = Math.max(map.getZoom(), 13);
    var point = map.project(pin.getLatLng(), zoom).subtract([-S.besides().x / 2, map.getSize().y / 5]);
    var target = map.unproject(point, zoom);
    if (map.getZoom() === zoom && map.distance(map.getCenter(), target) < 1) {
      map.fire("moveend");
    } else {
      map.setView(target, zoom, { animate: false });
    }
  };

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
      // A list of columns, or true where all is real.
      var columns = entry.real === true ? ["geometry"] : entry.real || [];
      var real = columns.map(function (column) {
        return S.hasWord("attribute." + column) ? S.word("attribute." + column) : column;
      });
      var kind = real.length === 0 ? "modelled" :
        (columns.indexOf("geometry") >= 0 ? "real" : "partly_real");
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
    if (S.data.roads_left_out) {
      notes.push(S.element("p", {}, [S.word("main_roads")]));
    }
    var summary = S.data.summary;
    var proof = S.element("p", { id: "proof" }, [S.word("proof", {
      model: summary.model, status: S.word("status." + summary.status),
      gap: S.number(100 * summary.gap, 2) + "%", objective: S.number(summary.objective),
      bound: S.number(summary.bound)
    })]);
    return S.element("details", { class: "notes" },
      [S.element("summary", {}, [S.word("data_notes")])].concat(notes, [standard, proof]));
  }
})(Sanshe);
