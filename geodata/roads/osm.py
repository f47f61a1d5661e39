"""Roads from OpenStreetMap files.

Topology is by shared nodes alone, as in OpenStreetMap itself: a bridge over a street meets it
nowhere. Ways are cut where they share a node with another way (or with themselves), at barriers
that stop somebody, and where the file holds no position of a node. Between cuts a way stays one
edge with its whole line. Lengths are geodesic (WGS 84).
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pandas as pd
import shapely
from pyproj import CRS

from geodata.errors import DataError
from geodata.roads.barriers import close_barriers
from geodata.roads.network import RoadNetwork
from geodata.roads.pieces import Pieces, without_zero_length
from geodata.roads.tags import TAG_KEYS, VEHICLES, Road, Vehicle, barred, road_of

_PER_DEGREE, _NOWHERE = 1e7, 2**31 - 1
_UNREADABLE = (
    RuntimeError,
    OSError,
    ValueError,
    osmium.InvalidLocationError,
)
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Ways:
    """Roads as the file has them: the nodes of way i are ``refs[starts[i]:starts[i + 1]]``.

    ``lon`` is NaN where the file does not hold the node; ``bars`` says whom the barrier on a node
    stops.
    """

    ids: np.ndarray
    roads: list[Road]
    names: list[str]
    refs: np.ndarray
    starts: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    bars: Mapping[int, frozenset[Vehicle]]


def read_osm(path: str | Path, *, bounds: Bounds | None = None) -> RoadNetwork:
    """Return the roads and ferries of an OpenStreetMap file.

    Highway class, access by vehicle, one-way streets with their exceptions for people on foot and
    on bicycles, speed limits, surface, ferries with their duration, barriers and the names are
    read; ``geodata.roads.tags`` says how. The network's attributes are source, name, osm_way, foot,
    bicycle, motorcar, surface and duration_minutes; edges are numbered in the order of way ids.

    Parameters
    ----------
    path
        An extract: ``.osm.pbf``, ``.pbf``, ``.osm``, ``.osm.bz2`` or ``.osm.gz``.
    bounds
        West, south, east, north in degrees: only edges with a node of their way in it are kept, as
        a whole. Everything if left out.

    Returns
    -------
    RoadNetwork
        In EPSG:4326; node ids are those of OpenStreetMap (negative behind a barrier).

    Raises
    ------
    DataError
        If the file cannot be read, is cut short, is not OpenStreetMap data, or holds no road, or
        none within the bounds.

    References
    ----------
    OpenStreetMap Wiki, "Key:access", "Key:oneway", "Key:maxspeed", "Tag:route=ferry",
    "OSM tags for routing".

    Examples
    --------
    >>> from geodata.cities import porto_alegre
    >>> read_osm(porto_alegre.OSM_FILE, bounds=(-51.23, -30.035, -51.22, -30.025))
    RoadNetwork(593 nodes, 811 edges, 35 km)
    """
    path = Path(path)
    if bounds is not None:
        _check(bounds, path)
    ways = _sorted(_read(path))
    pieces, node_ids = _cut(ways)
    if bounds is not None and pieces.count:
        pieces = pieces.kept(_touches(pieces, bounds))
        if not pieces.count:
            raise DataError("no_roads_in_bounds", str(path), bounds=_shown(bounds))
    pieces = without_zero_length(close_barriers(pieces, node_ids, ways.bars))
    if not pieces.count:
        raise DataError("no_roads_in_file", str(path))
    return _network(pieces, node_ids, ways)


def _shown(bounds: Bounds) -> str:
    return ", ".join(f"{degrees:g}" for degrees in bounds)


def _check(bounds: Bounds, path: Path) -> None:
    west, south, east, north = bounds
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise DataError("bad_bounds", str(path), bounds=_shown(bounds))


def _read(path: Path) -> _Ways:
    """Return the roads of a file; positions are kept outside Python, 16 bytes a node."""
    if not path.is_file():
        raise DataError("no_such_file", str(path))
    positions = osmium.NodeLocationsForWays(osmium.index.create_map("sparse_mem_array"))
    positions.ignore_errors()
    try:
        bars = _read_barriers(path, positions)
        return _read_ways(path, positions, bars)
    except _UNREADABLE as error:
        reason = str(error).replace(str(path), path.name).strip() or type(error).__name__
        raise DataError("unreadable_osm", str(path), reason=reason.rstrip(".")) from error


def _read_barriers(path: Path, positions: Any) -> dict[int, frozenset[Vehicle]]:
    """Return whom the barrier on a node stops, by id; leaves all nodes in ``positions``."""
    nodes = osmium.FileProcessor(str(path), osmium.osm.NODE).with_filter(positions)
    bars = {}
    for node in nodes.with_filter(osmium.filter.KeyFilter("barrier")):
        stopped = barred({tag.k: tag.v for tag in node.tags})
        if stopped:
            bars[node.id] = stopped
    return bars


def _read_ways(path: Path, positions: Any, bars: Mapping[int, frozenset[Vehicle]]) -> _Ways:
    @cache
    def understood(tags: tuple[tuple[str, str], ...]) -> Road | None:
        return road_of(dict(tags))

    ids, counts = array("q"), array("q")
    refs, xs, ys = array("q"), array("i"), array("i")
    roads: list[Road] = []
    names: list[str] = []
    tagged = osmium.filter.KeyFilter("highway", "route")
    ways: Any = osmium.FileProcessor(str(path), osmium.osm.WAY).with_filter(tagged)
    for way in ways.with_filter(positions):
        # The name is not among TAG_KEYS: ways with the same tags are understood once.
        road = understood(tuple((tag.k, tag.v) for tag in way.tags if tag.k in TAG_KEYS))
        if road is None:
            continue
        nodes = list(way.nodes)
        if road.flipped:
            nodes.reverse()
        ids.append(way.id)
        roads.append(road)
        names.append(way.tags.get("name", ""))
        counts.append(len(nodes))
        refs.extend([node.ref for node in nodes])
        xs.extend([node.x for node in nodes])
        ys.extend([node.y for node in nodes])
    starts = np.concatenate([[0], np.cumsum(np.array(counts, np.int64))]).astype(np.int64)
    lon, lat = np.array(xs, float) / _PER_DEGREE, np.array(ys, float) / _PER_DEGREE
    lon[np.array(xs) == _NOWHERE] = np.nan
    _place_drafts(path, np.array(refs, np.int64), lon, lat)
    numbers = np.array(ids, np.int64), np.array(refs, np.int64)
    return _Ways(numbers[0], roads, names, numbers[1], starts, lon, lat, bars)


def _place_drafts(path: Path, refs: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> None:
    """Put in the positions of nodes with negative ids, which the index does not hold.

    An editor gives them to what is drawn and not yet uploaded.
    """
    drafts = np.flatnonzero(refs < 0)
    if not len(drafts):
        return
    nodes: Any = osmium.FileProcessor(str(path), osmium.osm.NODE)
    places = {
        node.id: (node.location.lon, node.location.lat)
        for node in nodes
        if node.id < 0 and node.location.valid()
    }
    for i in drafts.tolist():
        lon[i], lat[i] = places.get(int(refs[i]), (np.nan, np.nan))


def _sorted(ways: _Ways) -> _Ways:
    """Return the ways by id, the first of those that stand in the file several times."""
    ids, order = np.unique(ways.ids, return_index=True)
    if len(ids) == len(ways.ids) and (order[:-1] < order[1:]).all():
        return ways
    counts = np.diff(ways.starts)[order]
    starts = np.concatenate([[0], np.cumsum(counts)])
    take = np.arange(starts[-1]) + np.repeat(ways.starts[order] - starts[:-1], counts)
    said = [ways.roads[i] for i in order], [ways.names[i] for i in order]
    places = ways.refs[take], starts, ways.lon[take], ways.lat[take]
    return _Ways(ids, *said, *places, ways.bars)


def _cut(ways: _Ways) -> tuple[Pieces, np.ndarray]:
    """Return the ways cut into edges, and the ids of the nodes in order."""
    known = np.isfinite(ways.lon)
    node_ids, first_use, at = np.unique(ways.refs[known], return_index=True, return_inverse=True)
    lon, lat = ways.lon[known][first_use], ways.lat[known][first_use]
    way_of = np.repeat(np.arange(len(ways.roads)), np.diff(ways.starts))[known]
    place = np.flatnonzero(known)
    joined = np.zeros(len(at), bool)
    joined[1:] = (way_of[1:] == way_of[:-1]) & (place[1:] == place[:-1] + 1)
    # A node listed twice in a row is no crossing of a way with itself.
    again = joined & np.concatenate([[False], at[1:] == at[:-1]])
    at, way_of, joined = at[~again], way_of[~again], joined[~again]
    uses = np.bincount(at, minlength=len(node_ids))
    cut = uses > 1
    cut |= np.isin(node_ids, np.fromiter(ways.bars, np.int64, len(ways.bars)))
    begins = ~joined
    ends = np.concatenate([begins[1:], [True]])[: len(at)]
    stop = begins | ends | cut[at]
    first = np.flatnonzero(stop & ~ends)
    last = np.flatnonzero(stop & ~begins)
    counts = last - first + 1
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    take = np.arange(starts[-1]) + np.repeat(first - starts[:-1], counts)
    pieces = Pieces(
        way=way_of[first],
        tails=at[first],
        heads=at[last],
        lon=lon[at[take]],
        lat=lat[at[take]],
        starts=starts,
        closed={vehicle: np.zeros(len(first), bool) for vehicle in VEHICLES},
        node_lon=lon,
        node_lat=lat,
    )
    return pieces, node_ids


def _touches(pieces: Pieces, bounds: Bounds) -> np.ndarray:
    west, south, east, north = bounds
    inside = (west <= pieces.lon) & (pieces.lon <= east)
    inside &= (south <= pieces.lat) & (pieces.lat <= north)
    return np.logical_or.reduceat(inside, pieces.starts[:-1])


def _network(pieces: Pieces, node_ids: np.ndarray, ways: _Ways) -> RoadNetwork:
    used, ends = np.unique(np.concatenate([pieces.tails, pieces.heads]), return_inverse=True)
    behind_barriers = len(pieces.node_lon) - len(node_ids)
    lowest = min(0, int(node_ids[0]))
    ids = np.concatenate([node_ids, lowest - 1 - np.arange(behind_barriers)])
    metres = pieces.length_metres()
    table = pd.DataFrame(
        {
            field: [getattr(road, field) for road in ways.roads]
            for field in Road.__dataclass_fields__
        }
    ).iloc[pieces.way]
    attributes = pd.DataFrame(
        {"source": "real", "name": _text(pd.Series(ways.names).iloc[pieces.way])}
    )
    attributes["osm_way"] = ways.ids[pieces.way]
    for vehicle in VEHICLES:
        stated = np.where(pieces.closed[vehicle], "no", table[vehicle].to_numpy(object))
        attributes[vehicle] = _text(pd.Series(stated))
    attributes["surface"] = _text(table["surface"])
    whole = np.bincount(pieces.way, weights=metres, minlength=len(ways.roads))[pieces.way]
    share = np.divide(metres, whole, out=np.zeros(len(metres)), where=whole > 0)
    attributes["duration_minutes"] = table["duration_minutes"].to_numpy() * share
    points = np.column_stack([pieces.lon, pieces.lat])
    line_of = np.repeat(np.arange(pieces.count), np.diff(pieces.starts))
    return RoadNetwork(
        node_ids=ids[used],
        lon=pieces.node_lon[used],
        lat=pieces.node_lat[used],
        edge_ids=np.arange(1, pieces.count + 1),
        tails=ends[: pieces.count].astype(np.int32),
        heads=ends[pieces.count :].astype(np.int32),
        length_metres=metres,
        road_class=table["road_class"].to_numpy(object),
        oneway=table["oneway"].to_numpy(bool),
        max_speed_kmh=table["max_speed_kmh"].to_numpy(float),
        lines=np.asarray(shapely.linestrings(points, indices=line_of)),
        attributes=attributes,
        crs=CRS.from_epsg(4326),
    )


def _text(values: pd.Series) -> pd.Series:
    """Return texts, missing where empty, numbered from 0."""
    texts = values.reset_index(drop=True).astype("str")
    return texts.mask(texts == "")
