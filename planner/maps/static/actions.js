// Halls, posts and projects in one ranking: the need that each meets, and its yuan a year.
"use strict";
(function (S) {
  var SYMBOLS = { hall: "pin", post: "post", project: "project" };
  var LAYERS = { hall: "recommendations", post: "posts", project: "projects" };

  S.actionList = function () {
    if (S.data.actions.length === 0) { return null; }
    return S.element("details", { class: "actions" }, [
      S.element("summary", {}, [S.word("actions", { count: S.data.actions.length })]),
      S.element("p", {}, [S.word("actions_note")]),
      S.element("ol", { class: "sites" }, S.data.actions.map(line))
    ]);
  };

  function line(action) {
    var sample = S.element("i", { class: "sample" }, []);
    sample.innerHTML = S.symbol(SYMBOLS[action.kind], 18);
    var said = [S.word("action." + action.action)];
    if (action.field) { said.push(S.fieldName(action.field)); }
    if (action.kind === "post") { said.push("+" + action.count); }
    said.push(S.town(action.town_code));
    var button = S.element("button", { type: "button" }, [
      S.element("b", { class: "plain" }, [String(action.rank)]), sample,
      S.element("span", { class: "where" }, [
        S.element("span", { class: "site-name" }, [action.name || action.id]),
        S.element("small", {}, [said.join(" · ")])
      ]),
      S.element("span", { class: "worth" }, [
        S.element("em", {}, [S.word("need_met", { count: S.number(action.persons_met) })]),
        S.element("small", {}, [S.word("a_year", { cost: S.money(action.yuan_per_year) })])
      ])
    ]);
    button.addEventListener("click", function () { go(action); });
    return S.element("li", { "data-kind": action.kind }, [button]);
  }

  function go(action) {
    var rows = { hall: S.data.recommendations, post: S.data.posts, project: S.data.projects };
    var key = { hall: "site_id", post: "hall_id", project: "project_id" }[action.kind];
    var at = rows[action.kind].findIndex(function (row) {
      return row[key] === action.id && (action.kind !== "post" || row.field === action.field);
    });
    if (at < 0) { return; }
    S.show(LAYERS[action.kind]);
    if (action.kind === "hall") { S.showSite(at); return; }
    S.goTo(LAYERS[action.kind], rows[action.kind][at]);
  }
})(Sanshe);
