// How things look: one place for colours, sizes and symbols, used by the map and by its legend.
"use strict";
(function (S) {
  S.roads = { 1: "#b9b4aa", 2: "#a59c8c", 3: "#94876f", 4: "#7d6c4f", 5: "#6b5a3d" };
  S.dots = {
    unserved: "#7a0019", served: "#2f6d9c", organisations: "#6a4c93", inspections: "#3b5b28"
  };
  S.visits = "#8a4b08";
  S.mark = "#111827";
  S.otherMark = "#d1006c";

  // Radius in pixels whose area is in proportion to residents.
  S.radius = function (residents, scale) {
    return Math.max(1, 0.18 * scale * Math.sqrt(residents));
  };

  // Symbols grow with the map, so that a whole city on a small screen is not all symbols.
  S.scale = function (zoom) { return Math.min(1.5, Math.max(0.2, Math.pow(1.5, zoom - 10.7))); };

  // Paths on a square of 24 by 24, drawn on the map's canvases and as SVG in the legend.
  var drawings = {
    centre: { size: 26, fill: "#0b3d91", stroke: "#fff", width: 1.5,
      path: "M12 1.5l3 6.8 7.4.7-5.6 4.9 1.7 7.2L12 17.3l-6.5 3.8 1.7-7.2L1.6 9l7.4-.7z" },
    platform: { size: 19, fill: "#1d6fb8", stroke: "#fff", width: 2, path: "M4.5 4.5h15v15h-15z" },
    hall: { size: 13, fill: "#14708f", stroke: "#fff", width: 3,
      path: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17z" },
    station: { size: 13, fill: "#fff", stroke: "#14708f", width: 4.5,
      path: "M12 5a7 7 0 1 1 0 14 7 7 0 0 1 0-14z" },
    candidate: { size: 13, fill: "#fff", stroke: "#5b5b66", width: 3, path: "M12 3l9 9-9 9-9-9z" },
    lacking: { size: 18, fill: "#ffd34d", stroke: "#5a3b00", width: 2,
      path: "M12 3l10 18H2zM12 9v6M12 17.6v.9" },
    post: { size: 22, fill: "#e07b00", stroke: "#fff", width: 2.2,
      path: "M3 3h18v18H3zM12 7v10M7 12h10" },
    project: { size: 20, fill: "#00836b", stroke: "#fff", width: 2.2,
      path: "M7 3h10l5 9-5 9H7l-5-9z" },
    pin: { size: 38, fill: "#d1006c", stroke: "#fff", width: 1.4,
      path: "M12 23.4C6.5 16.6 3.4 13 3.4 9.1a8.6 8.6 0 0 1 17.2 0c0 3.9-3.1 7.5-8.6 14.3z" }
  };

  S.symbol = function (name, size, colour) {
    var drawing = drawings[name], pixels = size || drawing.size;
    return '<svg viewBox="0 0 24 24" width="' + pixels + '" height="' + pixels +
      '" aria-hidden="true"><path d="' + drawing.path + '" fill="' + (colour || drawing.fill) + '" stroke="' +
      drawing.stroke + '" stroke-width="' + drawing.width + '"/></svg>';
  };

  S.pin = function (rank, colour) {
    var size = drawings.pin.size;
    return L.divIcon({
      className: "symbol symbol-pin",
      html: S.symbol("pin", size, colour) + "<b>" + Number(rank) + "</b>",
      iconSize: [size, size], iconAnchor: [size / 2, size - 1], popupAnchor: [0, 6 - size]
    });
  };

  // Sprites: small canvases, painted once for each look and size.
  var sprites = {};
  function sprite(key, size, radius, colour, draw) {
    if (!sprites[key]) {
      var canvas = document.createElement("canvas"), grain = 2;
      canvas.width = canvas.height = Math.ceil(grain * size);
      var context = canvas.getContext("2d");
      context.scale(grain, grain);
      draw(context);
      sprites[key] = { canvas: canvas, size: canvas.width / grain, radius: radius, colour: colour };
    }
    return sprites[key];
  }

  S.symbolSprite = function (name, scale) {
    var drawing = drawings[name], size = Math.round(2 * drawing.size * scale) / 2;
    return sprite(name + size, size + 2, size / 2, drawing.fill === "#fff" ? drawing.stroke :
      drawing.fill, function (context) {
      context.translate(1, 1);
      context.scale(size / 24, size / 24);
      var path = new Path2D(drawing.path);
      context.fillStyle = drawing.fill;
      context.strokeStyle = drawing.stroke;
      context.lineWidth = drawing.width;
      context.fill(path);
      context.stroke(path);
    });
  };

  S.dotSprite = function (colour, radius, label) {
    var rounded = Math.round(2 * radius) / 2;
    return sprite([colour, rounded, label || ""].join(), 2 * rounded + 3, rounded,
      colour, function (context) {
        var middle = rounded + 1.5;
        context.beginPath();
        context.arc(middle, middle, rounded, 0, 2 * Math.PI);
        context.globalAlpha = 0.88;
        context.fillStyle = colour;
        context.fill();
        context.strokeStyle = "#fff";
        context.lineWidth = 0.9;
        context.stroke();
        if (label) {
          context.globalAlpha = 1;
          context.fillStyle = "#fff";
          context.font = "600 " + 1.1 * rounded + "px sans-serif";
          context.textAlign = "center";
          context.textBaseline = "middle";
          context.fillText(label, middle, middle + 0.5);
        }
      });
  };
})(Sanshe);
