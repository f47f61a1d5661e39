// How things look: one place for colours, sizes and symbols, used by the map and by its legend.
"use strict";
(function (S) {
  // Share served, from the least: a sequential scale whose lightness alone tells the order.
  S.classes = [
    { from: 0, to: 0.25, colour: "#b2182b" },
    { from: 0.25, to: 0.5, colour: "#ef7f55" },
    { from: 0.5, to: 0.75, colour: "#fbc98a" },
    { from: 0.75, to: 0.95, colour: "#d5e8c8" },
    { from: 0.95, to: 1, colour: "#8fc7a0" }
  ];
  S.colourOf = function (share) {
    if (share === null) { return "#e9e9e6"; }
    for (var i = S.classes.length - 1; i > 0; i -= 1) {
      if (share >= S.classes[i].from) { return S.classes[i].colour; }
    }
    return S.classes[0].colour;
  };

  S.roads = { 1: "#b9b4aa", 2: "#a59c8c", 3: "#94876f", 4: "#7d6c4f", 5: "#6b5a3d" };
  S.unserved = { color: "#ffffff", weight: 1, fillColor: "#7a0019", fillOpacity: 0.85 };
  S.served = { color: "#ffffff", weight: 0.8, fillColor: "#2c7a4b", fillOpacity: 0.75 };
  S.organisation = { color: "#ffffff", weight: 0.6, fillColor: "#6a4c93", fillOpacity: 0.8 };

  // Radius in pixels whose area is in proportion to residents.
  S.radius = function (residents, scale) {
    return Math.max(1.5, 0.18 * scale * Math.sqrt(residents));
  };

  // Symbols grow with the map, so that a whole city on a small screen is not all symbols.
  S.scale = function (zoom) { return Math.min(1.5, Math.max(0.45, Math.pow(1.5, zoom - 10.7))); };

  var drawings = {
    centre: '<path d="M12 1.5l3 6.8 7.4.7-5.6 4.9 1.7 7.2L12 17.3l-6.5 3.8 1.7-7.2L1.6 9l7.4-.7z" ' +
      'fill="#0b3d91" stroke="#fff" stroke-width="1.5"/>',
    platform: '<rect x="4.5" y="4.5" width="15" height="15" fill="#1d6fb8" stroke="#fff" ' +
      'stroke-width="2"/>',
    hall: '<circle cx="12" cy="12" r="8.5" fill="#1f8fb5" stroke="#fff" stroke-width="3"/>',
    station: '<circle cx="12" cy="12" r="7" fill="#fff" stroke="#1f8fb5" stroke-width="4.5"/>',
    candidate: '<path d="M12 3l9 9-9 9-9-9z" fill="#fff" stroke="#5b5b66" stroke-width="3"/>',
    pin: '<path d="M12 23.4C6.5 16.6 3.4 13 3.4 9.1a8.6 8.6 0 0 1 17.2 0c0 3.9-3.1 7.5-8.6 14.3z" ' +
      'fill="#d1006c" stroke="#fff" stroke-width="1.4"/>'
  };
  var sizes = { centre: 26, platform: 19, hall: 13, station: 13, candidate: 13, pin: 38 };

  S.symbol = function (name, size) {
    var pixels = size || sizes[name];
    return '<svg viewBox="0 0 24 24" width="' + pixels + '" height="' + pixels +
      '" aria-hidden="true">' + drawings[name] + "</svg>";
  };

  S.icon = function (name) {
    return L.divIcon({
      className: "symbol symbol-" + name, html: S.symbol(name),
      iconSize: [sizes[name], sizes[name]]
    });
  };

  S.pin = function (rank) {
    return L.divIcon({
      className: "symbol symbol-pin",
      html: S.symbol("pin") + "<b>" + Number(rank) + "</b>",
      iconSize: [sizes.pin, sizes.pin], iconAnchor: [sizes.pin / 2, sizes.pin - 1],
      popupAnchor: [0, 6 - sizes.pin]
    });
  };
})(Sanshe);
