// What the page shows: columns become rows, differences become places.
"use strict";
(function (S) {
  var SCALE = 100000, SMALL = 3000, indices = {};

  var FRAMES = ["towns", "communities", "settlements", "halls", "recommendations", "candidates",
    "organisations", "workers", "posts", "projects", "outreach", "inspections", "actions",
    "isochrones"];

  S.data = { roads: {} };
  FRAMES.forEach(function (name) { S.data[name] = []; });

  // Take data in: all of them, or those of a part.
  S.use = function (data) {
    Object.keys(data).forEach(function (name) {
      S.data[name] = FRAMES.indexOf(name) >= 0 ? rows(data[name]) : data[name];
    });
    indices = {};
    if (!data.communities) { return; }
    S.small = S.data.communities.length <= SMALL;
    S.last = data.steps.share_served.length - 1;
    // The row of each community's own hall, as the plan names it.
    var own = {};
    S.data.halls.forEach(function (hall, index) { own[hall.hall_id] = index; });
    S.data.communities.forEach(function (place) { place.own = own[place.hall_id]; });
    S.townOf = {};
    S.data.towns.forEach(function (town) { S.townOf[town.code] = town; });
  };

  // Parts of a large page: base64 of gzipped JSON, in the page or handed over by a file beside it.
  var arrivals = {};
  S.arrived = function (number, packed) { arrivals[number](packed); };

  S.part = function (number, beside) {
    return new Promise(function (resolve, reject) {
      if (!beside) {
        var element = document.getElementById("sanshe-part-" + number);
        resolve(element.textContent);
        element.remove();
        return;
      }
      arrivals[number] = resolve;
      var script = document.createElement("script");
      script.src = beside + number + ".js";
      script.onerror = reject;
      document.body.appendChild(script);
    }).then(function (packed) {
      var letters = atob(packed), bytes = new Uint8Array(letters.length);
      for (var i = 0; i < letters.length; i += 1) { bytes[i] = letters.charCodeAt(i); }
      var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      return new Response(stream).json();
    });
  };

  S.rows = rows;
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
