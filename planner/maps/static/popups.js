// The evidence behind each thing on the map, as a heading and a table.
"use strict";
(function (S) {
  function card(title, rows, source) {
    var lines = rows.filter(function (row) { return row !== null; }).map(function (row) {
      return S.element("tr", {}, [
        S.element("th", { scope: "row" }, [S.word("row." + row[0])]),
        S.element("td", {}, [row[1]])
      ]);
    });
    if (source) {
      lines.push(S.element("tr", { class: "source" }, [
        S.element("th", { scope: "row" }, [S.word("row.source")]),
        S.element("td", {}, [S.hasWord(source) ? S.word(source) : source])
      ]));
    }
    return S.element("div", { class: "card" }, [
      S.element("h3", {}, [title]), S.element("table", {}, [S.element("tbody", {}, lines)])
    ]);
  }

  // A row, unless there is nothing to say.
  function row(key, value, format) {
    if (value === null || value === undefined || value === "") { return null; }
    return [key, format ? format(value) : String(value)];
  }

  function coded(prefix) { return function (id) { return S.word(prefix + "." + id); }; }

  function area(value) { return S.word("square_metres", { count: S.number(value) }); }

  function functions(ids) {
    return S.list(S.listed(ids).map(function (id) {
      return id in S.data.functions ? S.inLanguage(S.data.functions[id]) : id;
    }));
  }

  function change(before, after, format) {
    return S.word("from_to", { before: format(before), after: format(after) });
  }

  function yuan(value) { return S.word("yuan", { count: S.number(value) }); }

  S.popups = {
    recommendations: function (site) {
      var farthest = site.minutes_before === null ? "–" : S.minutes(site.minutes_before);
      return card(site.rank + " · " + site.name, [
        row("form", site.action, coded("action")),
        row("community", site.community_name),
        row("town", S.town(site.town_code)),
        row("residents_gained", site.residents_gained, S.people),
        row("elderly_gained", site.elderly_gained, S.people),
        row("minutes", S.word("from_to", {
          before: farthest, after: S.minutes(site.minutes_after)
        })),
        row("communities_served", S.list(S.listed(site.communities_served_names))),
        row("residents_within_reach", site.residents_within_reach, S.people),
        row("cost", site.cost_yuan, S.money),
        row("yuan_per_resident", site.yuan_per_resident, yuan)
      ], site.source);
    },

    communities: function (place) {
      var short = place.floor_area_gap_m2 > 0 ? place.floor_area_gap_m2 : null;
      var over = place.capacity_gap_visits_per_day > 0 ? place.capacity_gap_visits_per_day : null;
      return card(place.community_name, [
        row("kind", place.kind, coded("kind")),
        row("town", S.town(place.town_code)),
        row("residents", place.residents, S.people),
        place.share_served_before === null ? null : row("share_served", change(
          place.share_served_before, place.share_served_after, S.percent)),
        row("residents_unserved", change(
          place.residents_unserved, place.residents_unserved_after, S.people)),
        place.mean_minutes_before === null ? null : row("mean_minutes", change(
          place.mean_minutes_before, place.mean_minutes_after, S.minutes)),
        row("hall", place.form === null ? S.word("none") : S.word("form." + place.form)),
        place.form_gap && place.form !== null ? row("form_gap", S.word("yes")) : null,
        row("functions_missing", functions(place.functions_missing)),
        row("floor_area_gap", short, area),
        row("capacity_gap", over, S.number)
      ], place.source);
    },

    settlements: function (place) {
      var home = S.data.communities[place.community];
      var nearest = place.minutes_before === null ?
        S.word("none") : change(place.minutes_before, place.minutes_after, S.minutes);
      return card(place.name || (home ? home.community_name : ""), [
        home ? row("community", home.community_name) : null,
        row("residents", place.residents, S.people),
        row("minutes_to_hall", nearest),
        row("limit", place.limit_minutes, S.minutes),
        row("mode", place.mode, coded("mode"))
      ], place.source);
    },

    halls: function (hall) {
      var short = hall.floor_area_required_m2 === null || hall.floor_area_m2 === null ?
        0 : hall.floor_area_required_m2 - hall.floor_area_m2;
      var posts = S.data.workers.filter(function (post) {
        return post.base_hall_id === hall.hall_id;
      }).map(function (post) { return S.word("field." + post.field) + " " + post.posts; });
      return card(hall.name || hall.hall_id, [
        row("form", hall.form, coded("form")),
        row("functions", functions(hall.functions)),
        row("functions_missing", functions(hall.functions_missing)),
        row("floor_area", hall.floor_area_m2, area),
        short > 0 ? row("floor_area_gap", short, area) : null,
        row("windows", hall.windows),
        row("visits_capacity", hall.visits_per_day_capacity, S.number),
        row("workers", S.list(posts)),
        row("opened", hall.opened_year)
      ], hall.source);
    },

    candidates: function (site) {
      return card(site.name || site.site_id, [
        row("form", site.form, coded("form")),
        row("floor_area", site.floor_area_m2, area),
        row("cost", site.cost_yuan, S.money)
      ], site.source);
    },

    organisations: function (organisation) {
      return card(organisation.name, [
        row("category", organisation.category),
        row("registration", organisation.registration, coded("registration")),
        row("members", organisation.members, S.people)
      ], organisation.source);
    }
  };
})(Sanshe);
