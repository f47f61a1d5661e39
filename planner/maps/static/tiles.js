// A base map under the plan, where one was asked for. Its datum may show places elsewhere than
// the plan's does: then each picture is drawn where its middle belongs.
"use strict";
(function (S) {
  S.Tiles = L.TileLayer.extend({
    // How many pixels east and south the base map shows a place, at a level.
    _moved: function (place, zoom) {
      var by = shiftAt(S.data.base_map.shift, place);
      var there = L.latLng(place.lat + by.north, place.lng + by.east);
      return this._map.project(there, zoom).subtract(this._map.project(place, zoom));
    },
    _getTiledPixelBounds: function (centre) {
      var bounds = L.TileLayer.prototype._getTiledPixelBounds.call(this, centre);
      var by = this._moved(centre, this._tileZoom);
      return L.bounds(bounds.min.add(by), bounds.max.add(by));
    },
    _getTilePos: function (tile) {
      var at = L.TileLayer.prototype._getTilePos.call(this, tile), size = this.getTileSize();
      var middle = this._map.unproject(tile.scaleBy(size).add(size.divideBy(2)), tile.z);
      return at.subtract(this._moved(middle, tile.z));
    }
  });

  // Between the four nearest places of the grid; outside it, that of its edge.
  function shiftAt(grid, place) {
    if (!grid) { return { east: 0, north: 0 }; }
    var last = grid.side - 1, box = grid.bounds;
    var x = within(last * (place.lng - box[0]) / (box[2] - box[0]), last);
    var y = within(last * (place.lat - box[1]) / (box[3] - box[1]), last);
    var column = Math.min(Math.floor(x), last - 1), row = Math.min(Math.floor(y), last - 1);
    function between(values) {
      var at = row * grid.side + column, dx = x - column, dy = y - row;
      return (1 - dy) * ((1 - dx) * values[at] + dx * values[at + 1]) +
        dy * ((1 - dx) * values[at + grid.side] + dx * values[at + grid.side + 1]);
    }
    return { east: between(grid.east), north: between(grid.north) };
  }

  function within(value, most) { return Math.min(Math.max(value, 0), most); }

  S.baseMap = function () {
    var base = S.data.base_map;
    return L.layerGroup(base.urls.map(function (url) {
      return new S.Tiles(url, {
        subdomains: base.servers, maxNativeZoom: base.most_zoom, maxZoom: 19,
        attribution: base.attribution
      });
    }));
  };
})(Sanshe);
