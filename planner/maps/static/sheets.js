// Sheets of canvas on which areas, lines and spots are painted: tens of thousands of them stay
// smooth, where elements of their own would not. Places are kept as parts of the world's square
// (0 to 1 in the projection of web maps), worked out once.
"use strict";
(function (S) {
  var SCALE = 100000, EMPTY = 1e9;

  S.worldX = function (x) { return x / SCALE / 360 + 0.5; };
  S.worldY = function (y) {
    var sine = Math.sin(y / SCALE * Math.PI / 180);
    return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
  };
  S.worldOf = function (latlng) {
    return { x: S.worldX(latlng.lng * SCALE), y: S.worldY(latlng.lat * SCALE) };
  };

  // Things, each a list of lines of differences -> flat arrays, and a box around each thing.
  S.flat = function (things) {
    var points = 0, count = 0;
    things.forEach(function (lines) {
      count += lines.length;
      lines.forEach(function (line) { points += line.length / 2; });
    });
    var flat = {
      count: things.length, xs: new Float64Array(points), ys: new Float64Array(points),
      ends: new Int32Array(count), lasts: new Int32Array(things.length),
      boxes: new Float64Array(4 * things.length)
    };
    var at = 0, line = 0;
    things.forEach(function (lines, thing) {
      var box = [EMPTY, EMPTY, -EMPTY, -EMPTY];
      lines.forEach(function (differences) {
        var x = 0, y = 0;
        for (var i = 0; i < differences.length; i += 2) {
          x += differences[i];
          y += differences[i + 1];
          var wx = flat.xs[at] = S.worldX(x), wy = flat.ys[at] = S.worldY(y);
          at += 1;
          if (wx < box[0]) { box[0] = wx; }
          if (wy < box[1]) { box[1] = wy; }
          if (wx > box[2]) { box[2] = wx; }
          if (wy > box[3]) { box[3] = wy; }
        }
        flat.ends[line] = at;
        line += 1;
      });
      flat.lasts[thing] = line;
      flat.boxes.set(box, 4 * thing);
    });
    return flat;
  };

  // Leaflet's renderer places the canvas and moves it while the map moves; we paint.
  S.Sheet = L.Renderer.extend({
    options: { padding: 0.15 },
    _initContainer: function () {
      this._container = document.createElement("canvas");
      this._container.style.pointerEvents = "none";
      this._context = this._container.getContext("2d");
    },
    _destroyContainer: function () {
      this._container.remove();
      delete this._container;
      delete this._context;
    },
    _onZoomEnd: function () {},
    _update: function () {
      if (this._map._animatingZoom && this._bounds) { return; }
      L.Renderer.prototype._update.call(this);
      var bounds = this._bounds, size = bounds.getSize();
      // Sharp on paper and on fine screens; a large city is painted at the screen's own grain.
      var ratio = Math.max(window.devicePixelRatio || 1, S.small ? 2 : 1);
      L.DomUtil.setPosition(this._container, bounds.min);
      this._container.width = Math.round(ratio * size.x);
      this._container.height = Math.round(ratio * size.y);
      this._container.style.width = size.x + "px";
      this._container.style.height = size.y + "px";
      var context = this._context;
      context.setTransform(ratio, 0, 0, ratio, -bounds.min.x * ratio, -bounds.min.y * ratio);
      this.paint(context, this._view(bounds));
    },
    redraw: function () { if (this._map && this._container) { this._update(); } },
    _view: function (bounds) {
      var origin = this._map.getPixelOrigin(), k = 256 * Math.pow(2, this._map.getZoom());
      return {
        k: k, ox: origin.x, oy: origin.y, scale: S.scale(this._map.getZoom()),
        west: (bounds.min.x + origin.x) / k, east: (bounds.max.x + origin.x) / k,
        north: (bounds.min.y + origin.y) / k, south: (bounds.max.y + origin.y) / k
      };
    }
  });

  // All sheets on one canvas, for paper. Chromium prints a canvas as the strokes that painted it,
  // the first of which is an eraser that would wipe out whatever lies below.
  S.paintTogether = function (map) {
    var paper = document.createElement("canvas"), context = paper.getContext("2d");
    var size = map.getSize(), corner = map.containerPointToLayerPoint([0, 0]), grain = 2;
    paper.className = "paper";
    paper.width = grain * size.x;
    paper.height = grain * size.y;
    paper.style.width = size.x + "px";
    paper.style.height = size.y + "px";
    L.DomUtil.setPosition(paper, corner);
    context.setTransform(grain, 0, 0, grain, -grain * corner.x, -grain * corner.y);
    var sheets = [];
    map.eachLayer(function (layer) { if (layer instanceof S.Sheet) { sheets.push(layer); } });
    sheets.sort(function (a, b) { return heightOf(a) - heightOf(b); }).forEach(function (sheet) {
      context.save();
      keepTo(context, sheet.getPane().style.clip);
      sheet.paint(context, sheet._view(sheet._bounds));
      context.restore();
    });
    return paper;
  };
  function heightOf(sheet) { return Number(sheet.getPane().style.zIndex); }

  // What a pane shows of its sheets, where it does not show all: top, right, bottom, left.
  function keepTo(context, clip) {
    var edges = (clip.match(/-?\d+/g) || []).map(Number);
    if (edges.length !== 4) { return; }
    context.beginPath();
    context.rect(edges[3], edges[0], edges[1] - edges[3], edges[2] - edges[0]);
    context.clip();
  }

  S.seen = seen;
  function seen(boxes, thing, view) {
    var i = 4 * thing;
    return boxes[i] <= view.east && boxes[i + 2] >= view.west && boxes[i + 1] <= view.south &&
      boxes[i + 3] >= view.north;
  }

  S.trace = trace;
  // The lines of a thing; of points that fall on the same pixel, one is kept.
  function trace(context, flat, thing, view, closed) {
    var line = thing ? flat.lasts[thing - 1] : 0;
    for (; line < flat.lasts[thing]; line += 1) {
      var at = line ? flat.ends[line - 1] : 0, end = flat.ends[line];
      var x = flat.xs[at] * view.k - view.ox, y = flat.ys[at] * view.k - view.oy;
      context.moveTo(x, y);
      for (at += 1; at < end; at += 1) {
        var nx = flat.xs[at] * view.k - view.ox, ny = flat.ys[at] * view.k - view.oy;
        if (Math.abs(nx - x) + Math.abs(ny - y) >= 0.7 || at === end - 1) {
          context.lineTo(nx, ny);
          x = nx;
          y = ny;
        }
      }
      if (closed) { context.closePath(); }
    }
  }

  // Areas filled with colourOf(index) (none for null) and outlined.
  S.Areas = S.Sheet.extend({
    initialize: function (flat, colourOf, options) {
      L.Renderer.prototype.initialize.call(this, options);
      this.flat = flat;
      this.colourOf = colourOf;
    },
    paint: function (context, view) {
      var flat = this.flat, boxes = flat.boxes, style = this.options;
      context.globalAlpha = style.opacity || 1;
      context.strokeStyle = style.color;
      context.lineWidth = style.weight;
      context.lineJoin = "round";
      context.setLineDash(style.dash || []);
      for (var thing = 0; thing < flat.count; thing += 1) {
        var colour = this.colourOf(thing);
        if (colour === null || !seen(boxes, thing, view)) { continue; }
        if (context.fillStyle !== colour) { context.fillStyle = colour; }
        var i = 4 * thing, width = (boxes[i + 2] - boxes[i]) * view.k;
        if (width < 2) {
          context.fillRect(boxes[i] * view.k - view.ox, boxes[i + 1] * view.k - view.oy, 2, 2);
          continue;
        }
        context.beginPath();
        trace(context, flat, thing, view, true);
        if (!style.hollow) { context.fill("evenodd"); }
        if (width > 7 || style.hollow) { context.stroke(); }
      }
    },
    // The area at a place of the world's square, -1 for none.
    hit: function (place) {
      var flat = this.flat, boxes = flat.boxes;
      for (var thing = flat.count - 1; thing >= 0; thing -= 1) {
        var i = 4 * thing;
        if (place.x >= boxes[i] && place.x <= boxes[i + 2] && place.y >= boxes[i + 1] &&
          place.y <= boxes[i + 3] && inside(flat, thing, place)) { return thing; }
      }
      return -1;
    }
  });

  function inside(flat, thing, place) {
    var odd = false, line = thing ? flat.lasts[thing - 1] : 0;
    for (; line < flat.lasts[thing]; line += 1) {
      var start = line ? flat.ends[line - 1] : 0, end = flat.ends[line];
      for (var a = start, b = end - 1; a < end; b = a, a += 1) {
        if ((flat.ys[a] > place.y) !== (flat.ys[b] > place.y) && place.x < flat.xs[a] +
          (place.y - flat.ys[a]) * (flat.xs[b] - flat.xs[a]) / (flat.ys[b] - flat.ys[a])) {
          odd = !odd;
        }
      }
    }
    return odd;
  }

  // Lines, each drawn as styleOf(index) says: {color, weight}, null for not at all.
  S.Lines = S.Sheet.extend({
    initialize: function (flat, styleOf, options) {
      L.Renderer.prototype.initialize.call(this, options);
      this.flat = flat;
      this.styleOf = styleOf;
    },
    paint: function (context, view) {
      context.globalAlpha = this.options.opacity || 1;
      context.lineJoin = context.lineCap = "round";
      for (var thing = 0; thing < this.flat.count; thing += 1) {
        var style = this.styleOf(thing);
        if (style === null || !seen(this.flat.boxes, thing, view)) { continue; }
        context.strokeStyle = style.color;
        context.lineWidth = style.weight;
        context.beginPath();
        trace(context, this.flat, thing, view, false);
        context.stroke();
      }
    },
    // The nearest line within some pixels of a place of the world's square, -1 for none.
    hit: function (place) {
      var flat = this.flat, near = 6 / (256 * Math.pow(2, this._map.getZoom()));
      var found = -1, least = near * near;
      for (var thing = 0; thing < flat.count; thing += 1) {
        var i = 4 * thing, boxes = flat.boxes;
        if (place.x < boxes[i] - near || place.y < boxes[i + 1] - near ||
          place.x > boxes[i + 2] + near || place.y > boxes[i + 3] + near) { continue; }
        var away = awayFrom(flat, thing, place);
        if (away < least) {
          found = thing;
          least = away;
        }
      }
      return found;
    }
  });

  // The square of the distance of a place from the lines of a thing.
  function awayFrom(flat, thing, place) {
    var least = EMPTY, line = thing ? flat.lasts[thing - 1] : 0;
    for (; line < flat.lasts[thing]; line += 1) {
      for (var b = (line ? flat.ends[line - 1] : 0) + 1; b < flat.ends[line]; b += 1) {
        var x = flat.xs[b - 1], y = flat.ys[b - 1], dx = flat.xs[b] - x, dy = flat.ys[b] - y;
        var along = ((place.x - x) * dx + (place.y - y) * dy) / (dx * dx + dy * dy || 1);
        along = Math.min(Math.max(along, 0), 1);
        dx = x + along * dx - place.x;
        dy = y + along * dy - place.y;
        least = Math.min(least, dx * dx + dy * dy);
      }
    }
    return least;
  }

  // Spots at the places of rows; spriteOf(row, scale) gives the picture, null for none.
  S.Spots = S.Sheet.extend({
    initialize: function (rows, spriteOf, options) {
      L.Renderer.prototype.initialize.call(this, options);
      this.rows = rows;
      this.spriteOf = spriteOf;
      this.xs = Float64Array.from(rows, function (row) { return S.worldX(row.x); });
      this.ys = Float64Array.from(rows, function (row) { return S.worldY(row.y); });
      this.radii = new Float32Array(rows.length);
    },
    paint: function (context, view) {
      this.painted = 0;
      for (var i = 0; i < this.rows.length; i += 1) {
        var sprite = this.spriteOf(this.rows[i], view.scale);
        this.radii[i] = sprite ? sprite.radius : 0;
        var x = this.xs[i], y = this.ys[i];
        if (!sprite || x < view.west || x > view.east || y < view.north || y > view.south) {
          continue;
        }
        this.painted += 1;
        if (sprite.radius < 1.7) {
          context.fillStyle = sprite.colour;
          context.fillRect(x * view.k - view.ox - sprite.radius,
            y * view.k - view.oy - sprite.radius, 2 * sprite.radius, 2 * sprite.radius);
          continue;
        }
        context.drawImage(sprite.canvas, x * view.k - view.ox - sprite.size / 2,
          y * view.k - view.oy - sprite.size / 2, sprite.size, sprite.size);
      }
    },
    // The nearest spot that covers a place of the world's square, -1 for none.
    hit: function (place) {
      var k = 256 * Math.pow(2, this._map.getZoom()), found = -1, least = EMPTY;
      for (var i = 0; i < this.rows.length; i += 1) {
        var dx = k * (this.xs[i] - place.x), dy = k * (this.ys[i] - place.y);
        var reach = this.radii[i], away = dx * dx + dy * dy;
        if (reach > 0 && away <= (reach + 2) * (reach + 2) && away < least) {
          found = i;
          least = away;
        }
      }
      return found;
    }
  });

  // Names at places, the most important first; one that would cover another is left out.
  S.Names = S.Sheet.extend({
    initialize: function (rows, nameOf, flat, options) {
      L.Renderer.prototype.initialize.call(this, options);
      this.rows = rows;
      this.nameOf = nameOf;
      this.flat = flat;
    },
    paint: function (context, view) {
      var taken = [], boxes = this.flat.boxes;
      this.shown = [];
      context.font = "600 13px " + getComputedStyle(this._map.getContainer()).fontFamily;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineJoin = "round";
      this.rows.forEach(function (row) {
        var wx = S.worldX(row.x), wy = S.worldY(row.y);
        if (wx < view.west || wx > view.east || wy < view.north || wy > view.south) { return; }
        var lines = wrapped(context, this.nameOf(row));
        var x = wx * view.k - view.ox, y = wy * view.k - view.oy;
        var half = Math.max.apply(null, lines.map(function (line) {
          return context.measureText(line).width / 2;
        }));
        // No name over ground that is much narrower than the name.
        if ((boxes[4 * row.index + 2] - boxes[4 * row.index]) * view.k < 1.2 * half) { return; }
        var box = [x - half, y - 8 * lines.length, x + half, y + 8 * lines.length];
        if (taken.some(function (other) {
          return other[0] < box[2] && other[2] > box[0] && other[1] < box[3] && other[3] > box[1];
        })) { return; }
        taken.push(box);
        this.shown.push(lines.join(" "));
        lines.forEach(function (line, i) {
          var at = y + 16 * (i - (lines.length - 1) / 2);
          context.strokeStyle = "rgba(255, 255, 255, 0.9)";
          context.lineWidth = 3.5;
          context.strokeText(line, x, at);
          context.fillStyle = "#26303c";
          context.fillText(line, x, at);
        });
      }, this);
    }
  });

  function wrapped(context, name) {
    return name.split(" ").reduce(function (lines, word) {
      var longer = lines.length ? lines[lines.length - 1] + " " + word : word;
      if (lines.length && context.measureText(longer).width > 130) { return lines.concat([word]); }
      return lines.slice(0, -1).concat([longer]);
    }, []);
  }
})(Sanshe);
