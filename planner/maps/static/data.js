// What the page shows: columns become rows, differences become places.
"use strict";
(function (S) {
  var SCALE = 100000;

  S.read = function () {
    var data = JSON.parse(document.getElementById("sanshe-data").textContent);
    S.words = data.words;
    S.language = data.lang;
    ["towns", "communities", "settlements", "halls", "recommendations", "candidates",
      "organisations", "workers"].forEach(function (name) { data[name] = rows(data[name]); });
    S.data = data;
  };

  // {a: [1, 2], b: [3, 4]} -> [{a: 1, b: 3}, {a: 2, b: 4}]
  function rows(columns) {
    var names = Object.keys(columns);
    if (names.length === 0) { return []; }
    return columns[names[0]].map(function (_, index) {
      var row = {};
      names.forEach(function (name) { row[name] = columns[name][index]; });
      return row;
    });
  }

  S.place = function (row) { return [row.y / SCALE, row.x / SCALE]; };

  // [x0, y0, dx1, dy1, ...] -> [[lat, lon], ...]
  S.line = function (differences) {
    var x = 0, y = 0, places = [];
    for (var i = 0; i < differences.length; i += 2) {
      x += differences[i];
      y += differences[i + 1];
      places.push([y / SCALE, x / SCALE]);
    }
    return places;
  };

  S.shape = function (parts) {
    return parts.map(function (rings) { return rings.map(S.line); });
  };

  // The name of a town, in the language in use if the data have it.
  S.town = function (code) {
    var town = S.data.towns.find(function (one) { return one.code === code; });
    if (!town) { return code; }
    return S.language === "en" && town.name_en ? town.name_en : town.name;
  };

  S.listed = function (joined) { return joined ? joined.split(";") : []; };
})(Sanshe);
