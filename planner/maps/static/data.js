// What the page shows: columns become rows, differences become places.
"use strict";
(function (S) {
  var SCALE = 100000, SMALL = 3000;

  S.use = function (data) {
    S.words = data.words;
    S.language = data.lang;
    ["towns", "communities", "settlements", "halls", "recommendations", "candidates",
      "organisations", "workers", "posts", "projects", "outreach", "inspections", "actions"
    ].forEach(function (name) { data[name] = rows(data[name]); });
    S.data = data;
    S.small = data.communities.length <= SMALL;
    S.last = data.steps.share_served.length - 1;
    // The row of each community's own hall, as the plan names it.
    var own = {};
    data.halls.forEach(function (hall, index) { own[hall.hall_id] = index; });
    data.communities.forEach(function (place) { place.own = own[place.hall_id]; });
    S.townOf = {};
    data.towns.forEach(function (town) { S.townOf[town.code] = town; });
  };

  // {a: [1, 2], b: [3, 4]} -> [{a: 1, b: 3, index: 0}, {a: 2, b: 4, index: 1}]
  function rows(columns) {
    var names = Object.keys(columns);
    if (names.length === 0) { return []; }
    return columns[names[0]].map(function (_, index) {
      var row = { index: index };
      for (var i = 0; i < names.length; i += 1) { row[names[i]] = columns[names[i]][index]; }
      return row;
    });
  }

  S.place = function (row) { return L.latLng(row.y / SCALE, row.x / SCALE); };

  // The name of a town, in the language in use if the data have it.
  S.town = function (code) {
    var town = S.townOf[code];
    if (!town) { return code; }
    return S.language === "en" && town.name_en ? town.name_en : town.name;
  };

  S.listed = function (joined) { return joined ? joined.split(";") : []; };

  // Things by the row of their community (or any other key), worked out when first asked for.
  var indices = {};
  S.by = function (name, key, value) {
    var id = name + " " + key;
    if (!indices[id]) {
      indices[id] = {};
      S.data[name].forEach(function (row) {
        [].concat(row[key]).forEach(function (one) {
          (indices[id][one] = indices[id][one] || []).push(row);
        });
      });
    }
    return indices[id][value] || [];
  };

  S.middle = function (place) {
    var box = S.layers.communities.flat.boxes, i = 4 * place.index;
    var x = (box[i] + box[i + 2]) / 2, y = (box[i + 1] + box[i + 3]) / 2;
    return S.map.unproject(L.point(256 * x, 256 * y), 0);
  };
})(Sanshe);
