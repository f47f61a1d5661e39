// The evidence behind each thing on the map, as a heading and tables.
"use strict";
(function (S) {
  // Parts: rows, and between them {heading: text}.
  function card(title, parts, source) {
    var lines = parts.filter(function (part) { return part !== null; });
    lines = lines.filter(function (part, i) {
      // A heading with nothing under it is left out.
      return !part.heading || (i + 1 < lines.length && !lines[i + 1].heading);
    }).map(function (part) {
      return part.heading ? S.element("tr", {}, [
        S.element("th", { colspan: "2", scope: "colgroup", class: "part" }, [part.heading])
      ]) : S.element("tr", {}, [
        S.element("th", { scope: "row" }, [S.word("row." + part[0])]),
        S.element("td", { "data-row": part[0] }, [part[1]])
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

  function heading(key) { return { heading: S.word("part." + key) }; }

  // A row, unless there is nothing to say.
  function row(key, value, format) {
    if (value === null || value === undefined || value === "") { return null; }
    return [key, format ? format(value) : String(value)];
  }

  function short(key, value, format) { return value > 0 ? row(key, value, format) : null; }

  function coded(prefix) { return function (id) { return S.word(prefix + "." + id); }; }

  function area(value) { return S.word("square_metres", { count: S.number(value) }); }

  function fte(value) { return S.word("fte", { count: S.number(value, 2, 0) }); }

  function yuan(value) { return S.word("yuan", { count: S.number(value) }); }

  function functions(ids) {
    return S.list(S.listed(ids).map(function (id) {
      return id in S.data.functions ? S.inLanguage(S.data.functions[id]) : id;
    }));
  }

  function codes(prefix) {
    return function (ids) { return S.list(S.listed(ids).map(coded(prefix))); };
  }

  function change(before, after, format) {
    return S.word("from_to", { before: format(before), after: format(after) });
  }

  S.fieldName = function (field) {
    return S.hasWord("field." + field) ? S.word("field." + field) : field;
  };

  function uniqueNames(rows, nameOf) {
    var seen = {};
    return rows.map(nameOf).filter(function (name) {
      if (!name || seen[name]) { return false; }
      seen[name] = true;
      return true;
    });
  }

  function nameOfCommunity(index) { return S.data.communities[index].community_name; }
  function nameOfHall(hall) { return hall.name || hall.hall_id; }

  function shortages(place) {
    var lines = S.data.fields.filter(function (field) {
      return place["fte_short_" + field.id] > 0 || place["fte_short_after_" + field.id] > 0;
    }).map(function (field) {
      return S.fieldName(field.id) + (field.estimated ? S.bracket("estimated") : "") + " " +
        change(place["fte_short_" + field.id], place["fte_short_after_" + field.id],
          function (value) { return S.number(value, 2); });
    });
    return row("fte_short_fields", lines.join(S.word("semicolon")));
  }

  function visits(place) {
    return S.list(S.by("outreach", "community", place.index).map(function (visit) {
      return S.word("visit", {
        hall: visit.base >= 0 ? nameOfHall(S.data.halls[visit.base]) : visit.worker,
        field: S.fieldName(visit.field), days: visit.days
      });
    }));
  }

  function hallsUsed(place) {
    var used = S.by("settlements", "community", place.index).filter(function (one) {
      return one.hall >= 0;
    });
    return S.list(uniqueNames(used, function (one) { return nameOfHall(S.data.halls[one.hall]); }));
  }

  function changesOfPlan(place) {
    var sites = S.data.recommendations.filter(function (site) {
      return S.listed(site.communities_served).indexOf(place.community_code) >= 0;
    });
    return S.list(sites.map(function (site) { return site.rank + " · " + site.name; }));
  }

  S.popups = {
    recommendations: function (site) {
      var farthest = site.minutes_before === null ? S.word("none") : S.minutes(site.minutes_before);
      return card(site.rank + " · " + site.name, [
        row("form", site.form, coded("form")),
        row("town", S.town(site.town_code)),
        row("community", site.community_name),
        row("residents_gained", site.residents_gained, S.people),
        row("elderly_gained", site.elderly_gained, S.people),
        row("minutes", site.minutes_after === null ? null : S.word("from_to", {
          before: farthest, after: S.minutes(site.minutes_after)
        })),
        row("communities_served", S.list(S.listed(site.communities_served_names))),
        row("residents_within_reach", site.residents_within_reach, S.people),
        row("isochrone", S.isochroneText({ kind: "recommendations", row: site })),
        row("cost", site.cost_yuan, S.money),
        row("yuan_per_resident", site.yuan_per_resident, yuan)
      ], site.source);
    },

    communities: function (place) {
      return card(place.community_name, [
        row("code", place.community_code),
        row("kind", place.kind, coded("kind")),
        row("town", S.town(place.town_code)),
        row("residents", place.residents, S.people),
        heading("coverage"),
        place.share_served_before === null ? null : row("share_served", change(
          place.share_served_before, place.share_served_after, S.percent)),
        row("residents_unserved", change(
          place.residents_unserved, place.residents_unserved_after, S.people)),
        row("change", S.data.other ? S.changeText(S.change(place)) : null),
        place.mean_minutes_before === null ? null : row("mean_minutes", change(
          place.mean_minutes_before, place.mean_minutes_after, S.minutes)),
        row("halls_used", hallsUsed(place)),
        row("new_sites", changesOfPlan(place)),
        heading("platforms"),
        row("hall", place.form === null ? S.word("none") : S.word("form." + place.form)),
        place.form_gap && place.form !== null ? row("form_gap", S.word("yes")) : null,
        row("completeness", place.completeness),
        row("functions_missing", functions(place.functions_missing)),
        row("bodies_missing", place.bodies_missing, codes("body")),
        row("floor_area", place.floor_area_m2, area),
        short("floor_area_gap", place.floor_area_gap_m2, area),
        row("visits", place.visits_per_day, S.number),
        short("capacity_gap", place.capacity_gap_visits_per_day, S.number),
        heading("workers"),
        place.fte_short === null ? null : row("fte_short", change(
          place.fte_short, place.fte_short_after, fte)),
        shortages(place),
        row("outreach", visits(place)),
        row("projects", S.list(S.by("projects", "served", place.index).map(function (project) {
          return project.name;
        }))),
        heading("organisations"),
        place.no_organisation_within_reach ?
          row("organisations", S.word("class.organisations_none")) :
          row("organisations", place.organisations, S.number),
        row("per_10000", place.organisations_per_10000, function (value) {
          return S.number(value, 1);
        }),
        heading("harmony"),
        place.harmony_meets === null ? null :
          row("harmony", S.word(place.harmony_meets ? "yes" : "no")),
        row("harmony_missed", place.harmony_missed, codes("criterion")),
        row("remedies", place.remedies, codes("criterion")),
        row("remedies_yuan", place.remedies_yuan, S.money)
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
        place.hall >= 0 ? row("nearest_hall", nameOfHall(S.data.halls[place.hall])) : null,
        row("limit", place.limit_minutes, S.minutes),
        row("mode", place.mode, coded("mode")),
        place.served_from_rank > 0 ? row("served_from", place.served_from_rank) : null
      ], place.source);
    },

    halls: function (hall) {
      var posts = S.by("workers", "base_hall_id", hall.hall_id).map(function (post) {
        return S.fieldName(post.field) + " " + post.posts;
      });
      var recruited = S.by("posts", "hall_id", hall.hall_id).map(function (post) {
        return S.fieldName(post.field) + " +" + post.posts;
      });
      var visited = S.by("outreach", "base", hall.index);
      var depend = uniqueNames(S.by("settlements", "hall", hall.index), function (place) {
        return place.community >= 0 ? nameOfCommunity(place.community) : "";
      });
      return card(nameOfHall(hall), [
        row("form", hall.form, coded("form")),
        row("town", hall.town_code, S.town),
        row("opened", hall.opened_year),
        heading("depend"),
        row("isochrone", S.isochroneText({ kind: "halls", row: hall })),
        row("residents_nearest", hall.residents_nearest || null, S.people),
        row("communities_nearest", S.list(depend)),
        row("visits", hall.visits_per_day, S.number),
        row("visits_capacity", hall.visits_per_day_capacity, S.number),
        short("capacity_gap", hall.capacity_gap_visits_per_day, S.number),
        row("windows", hall.windows),
        row("windows_needed", hall.windows_needed),
        heading("platforms"),
        row("upgrade", hall.upgrade, coded("form")),
        row("completeness", hall.completeness),
        row("functions", functions(hall.functions)),
        row("functions_missing", functions(hall.functions_missing)),
        row("bodies_missing", hall.bodies_missing, codes("body")),
        row("floor_area", hall.floor_area_m2, area),
        short("floor_area_gap", hall.floor_area_gap_m2, area),
        row("per_100_households", hall.m2_per_100_households, area),
        row("rooms", S.list(S.listed(hall.rooms))),
        row("departments", S.list(S.listed(hall.departments))),
        row("hosted", S.list(S.listed(hall.hosted_organisations))),
        heading("workers"),
        row("workers", S.list(posts)),
        row("new_posts", S.list(recruited)),
        row("visits_from", S.list(uniqueNames(visited, function (visit) {
          return visit.community >= 0 ? nameOfCommunity(visit.community) : "";
        })))
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
      return card(organisation.name || "", [
        row("category", organisation.category),
        row("registration", organisation.registration, coded("registration")),
        row("members", organisation.members, S.people)
      ], organisation.source);
    },

    posts: function (post) {
      return card(post.hall_name, [
        row("field", S.fieldName(post.field)),
        row("new_posts", post.posts),
        row("community", post.community_name),
        row("town", S.town(post.town_code)),
        row("communities_count", post.communities),
        row("fte_met", post.fte_met, fte),
        row("persons_met", post.persons_met, S.people),
        row("yuan_per_year", post.yuan_per_year, S.money)
      ]);
    },

    projects: function (project) {
      return card(project.name || project.project_id, [
        row("organisation", project.organisation_name),
        row("field", S.fieldName(project.field)),
        row("town", S.town(project.town_code)),
        row("running", S.word(project.running ? "yes" : "no")),
        row("communities_served", S.list(project.served.map(nameOfCommunity))),
        row("fte_met", project.fte_met, fte),
        row("persons_met", project.persons_met, S.people),
        row("yuan_per_year", project.yuan_per_year, S.money)
      ]);
    },

    inspections: function (stop) {
      return card(stop.name || stop.organisation_id, [
        row("day", stop.day), row("stop", stop.stop),
        row("town", S.town(stop.town_code)),
        row("arrive", stop.arrive_minutes, S.minutes)
      ]);
    }
  };
})(Sanshe);
