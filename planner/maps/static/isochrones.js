// Isochrones: from where halls are reached within the standard's minutes, and within half of them.
"use strict";
(function (S) {
  S.reached = { 1: "#5ab4ac", 0.5: "#01665e" };
  S.ofSites = "#d1006c";
  var OPACITY = 0.8, LIMITS = [1, 0.5];

  // All ground of one limit is filled at once, so that where two overlap is no darker.
  var Ground = S.Areas.extend({
    paint: function (context, view) {
      var flat = this.flat, rows = this.rows, shown = this.shown, strokeOf = this.strokeOf;
      context.lineJoin = "round";
      LIMITS.forEach(function (share) {
        context.globalAlpha = OPACITY;
        context.fillStyle = context.strokeStyle = S.reached[share];
        context.lineWidth = 1.2;
        context.beginPath();
        rows.forEach(function (row, thing) {
          if (row.share === share && shown(row) && S.seen(flat.boxes, thing, view)) {
            S.trace(context, flat, thing, view, true);
          }
        });
        context.fill("nonzero");
        // Seen from afar the ground along a road is narrower than a pixel.
        context.stroke();
      });
      context.globalAlpha = 1;
      rows.forEach(function (row, thing) {
        var stroke = shown(row) && S.seen(flat.boxes, thing, view) ? strokeOf(row) : null;
        if (!stroke) { return; }
        context.strokeStyle = stroke;
        context.lineWidth = row.share === 1 ? 1.5 : 1;
        context.beginPath();
        S.trace(context, flat, thing, view, true);
        context.stroke();
      });
    }
  });

  function ground(rows, shown, strokeOf, pane) {
    var sheet = new Ground(S.flat(rows.map(function (row) {
      return [].concat.apply([], row.shape);
    })), null, { pane: pane });
    return L.extend(sheet, { rows: rows, shown: shown, strokeOf: strokeOf });
  }

  // Those of today's halls and of the sites that the step shown has built (of another plan, all);
  // none beside the one that is explained.
  function counts(row) { return !own && (row.other || row.rank <= S.step); }

  function ofSite(row) { return row.rank > 0 && row.share === 1 ? S.ofSites : null; }

  S.isochroneSheet = function (rows, pane) { return ground(rows, counts, ofSite, pane); };

  S.isochronesOf = function (about) {
    return S.data.isochrones.filter(function (row) {
      if (!about) { return false; }
      return about.kind === "halls" ? row.hall === about.row.index :
        about.kind === "recommendations" && row.rank === about.row.rank;
    });
  };

  // The isochrone of what is explained, whether the layer is shown or not.
  var own = null;
  S.showOwnIsochrone = function () {
    var rows = S.isochronesOf(S.about);
    if (own) { own.remove(); }
    own = rows.length === 0 ? null : ground(rows, function () { return true; },
      function () { return S.mark; }, "own").addTo(S.map);
    S.map.eachLayer(function (layer) { if (layer instanceof Ground) { layer.redraw(); } });
    S.showLegend();
  };
  S.showsIsochrones = function () {
    return own !== null || S.map.hasLayer(S.layers.isochrones);
  };

  // Where what is said of a thing does not cover its isochrone, as long as both fit the screen.
  S.aboveIsochrone = function (about, latlng) {
    var rows = S.isochronesOf(about);
    if (rows.length === 0) { return latlng; }
    var map = S.map, zoom = map.getZoom(), at = map.project(latlng, zoom), top = at.y;
    S.flat(rows.map(function (row) { return [].concat.apply([], row.shape); })).boxes.forEach(
      function (edge, i) { if (i % 4 === 1) { top = Math.min(top, 256 * Math.pow(2, zoom) * edge); } }
    );
    return map.unproject([at.x, Math.max(top, at.y - map.getSize().y / 6)], zoom);
  };

  S.isochroneText = function (about) {
    var rows = S.isochronesOf(about);
    return rows.map(function (row) {
      return S.word("isochrone", {
        minutes: S.minutes(row.minutes), area: S.number(row.area_km2, 2),
        mode: S.word("mode." + row.mode)
      });
    }).join(S.word("semicolon"));
  };
})(Sanshe);
