"""Roads: highways that cross borders, ways between settlements, and the streets within them.

Highways lie on a jittered lattice over the whole region, each node and edge hashed from its whole
numbers; an edge belongs to the county of its first node. All else ends within a county.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay, cKDTree

from benchmarks.region.design import Design, hashed
from benchmarks.region.land import county_land
from geodata.cities.taicang.model import whole_shares

_LINES = np.array(
    ["tertiary", "primary", "tertiary", "secondary", "tertiary", "tertiary", "trunk", "tertiary",
     "tertiary", "secondary", "tertiary", "primary", "tertiary", "tertiary", "motorway",
     "tertiary", "secondary", "tertiary", "tertiary", "primary", "tertiary", "tertiary",
     "tertiary", "tertiary"]
)  # fmt: skip
"""Class of the lines of the lattice: it recurs; by length as ``figures.HIGHWAYS_KM``."""
_TERTIARY_KEPT = 0.62
_VILLAGE_ROADS, _TRACKS = 0.10, 0.20
"""Shares of the ways between neighbouring settlements, beyond those needed: up to which lot."""
_ADJOINING_METRES = 700.0
"""Settlements nearer than this, with nobody between them, are joined by a street."""
_STREET_METRES = {True: 90.0, False: 55.0}
_DEGREE = 2.6
_LEAST_STREET_NODES = 2
_BEND = 0.12
_LOCAL_IDS = 1_000_000_000
"""Ids of the lattice are below this; those of a county's own nodes and edges follow its number."""
_STATED_SPEED = {"motorway": (1.0, 120.0), "trunk": (0.6, 80.0), "primary": (0.3, 70.0)}
_STATED_ELSEWHERE, _SPEED_ELSEWHERE = 0.05, 40.0
_URBAN_ONEWAY = 0.3


@dataclass
class _Pieces:
    """Nodes (id, metres) and edges (id, positions of ends, class, one-way, bent by) of a part."""

    ids: np.ndarray
    at: np.ndarray
    edge_ids: np.ndarray
    tails: np.ndarray
    heads: np.ndarray
    road_class: np.ndarray
    oneway: np.ndarray
    bend: np.ndarray


@cache
def _lines_of(count: int) -> np.ndarray:
    return np.resize(_LINES, count)


def lay_roads(
    design: Design, number: int, land: shapely.Polygon, settlements: pd.DataFrame, urban: np.ndarray
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return nodes and edges of a county's roads.

    Beside its own nodes there are those beyond the border at which its edges end.

    Parameters
    ----------
    design, number
        The county.
    land
        Its land in metres.
    settlements
        With x, y, residents, in metres.
    urban
        Whether each settlement is of an urban community.
    """
    lattice, mine = _highways(design, number, land)
    rng = design.lots(12, number)
    wanted = int(design.register["road_nodes"].iloc[number]) - int(mine.sum())
    streets, doors = _streets(settlements, urban, wanted, rng)
    between = _ways(lattice, mine, streets, doors, rng)
    shift = len(lattice.ids)
    own = _LOCAL_IDS * (number + 1)
    local_edges = len(streets.tails) + len(between.tails)
    edge_ids = np.concatenate([lattice.edge_ids, own + np.arange(local_edges)])
    ids = np.concatenate([lattice.ids, own + np.arange(len(streets.at))])
    at = np.vstack([lattice.at, streets.at])
    tails = np.concatenate([lattice.tails, streets.tails + shift, between.tails])
    heads = np.concatenate([lattice.heads, streets.heads + shift, between.heads])
    parts = (lattice, streets, between)
    road_class = np.concatenate([part.road_class for part in parts])
    oneway = np.concatenate([part.oneway for part in parts])
    bend = np.concatenate([part.bend for part in parts])
    return _tables(design, ids, at, edge_ids, tails, heads, road_class, oneway, bend)


def _highways(design: Design, number: int, land: shapely.Polygon) -> tuple[_Pieces, np.ndarray]:
    """Return the lattice of a county, and which of its nodes are the county's own."""
    per = design.lines_per_county
    row, column = design.place(number)
    wide, high = (design.columns + 2) * per, (design.rows + 2) * per
    # Lines are numbered over the region and a county's width beyond it, where borders bulge.
    i, j = np.meshgrid(
        np.arange(column * per, (column + 3) * per), np.arange(row * per, (row + 3) * per)
    )
    at = _lattice_at(design, i.ravel(), j.ravel())
    shapely.prepare(land)
    own = shapely.contains_xy(land, at)
    inside = own.copy()
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            other = design.number(row + dr, column + dc)
            if other is not None and other != number:
                neighbour = county_land(design, other)
                shapely.prepare(neighbour)
                inside |= shapely.contains_xy(neighbour, at)
    node = np.arange(i.size).reshape(i.shape)
    tails, heads, classes, edge_ids = [], [], [], []
    for upright in (False, True):
        tail = node[:-1, :] if upright else node[:, :-1]
        head = node[1:, :] if upright else node[:, 1:]
        shape = tail.shape
        line = (i if upright else j)[: shape[0], : shape[1]]
        kind = _lines_of(wide if upright else high)[line]
        ends = i[: shape[0], : shape[1]], j[: shape[0], : shape[1]]
        lot = hashed(design.seed, 23 + upright, *ends)
        kept = (kind != "tertiary") | (lot < _TERTIARY_KEPT)
        kept &= own[tail] & inside[head]
        tails.append(tail[kept])
        heads.append(head[kept])
        classes.append(kind[kept])
        edge_ids.append(2 * (ends[1] * wide + ends[0])[kept] + upright + 1)
    tail, head = np.concatenate(tails), np.concatenate(heads)
    used = np.flatnonzero(own | np.isin(node, head).ravel())
    ids = (j.ravel() * wide + i.ravel())[used] + 1
    road_class = np.concatenate(classes)
    # Bends follow from the edge, so that they do not depend on what else a county holds.
    numbers = np.concatenate(edge_ids)
    bend = _BEND * 2 * (hashed(design.seed, 25, numbers) - 0.5)
    pieces = _Pieces(
        ids, at[used], numbers, np.searchsorted(used, tail),
        np.searchsorted(used, head), road_class, np.zeros(len(tail), bool), bend,
    )  # fmt: skip
    return pieces, own[used]


def _lattice_at(design: Design, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    per = design.lines_per_county
    jitter = [0.2 + 0.6 * hashed(design.seed, stream, i, j) for stream in (21, 22)]
    return design.plane((i + jitter[0]) / per - 1, (j + jitter[1]) / per - 1)


def _streets(
    settlements: pd.DataFrame, urban: np.ndarray, wanted: int, rng: np.random.Generator
) -> tuple[_Pieces, np.ndarray]:
    """Return the streets within settlements, and of each settlement the node in its middle.

    A settlement's streets are a turned piece of a jittered grid. Each crossing is joined to the
    one on its left or the one above, by lot, which makes a tree; others are joined besides.
    """
    least = _LEAST_STREET_NODES * len(settlements)
    weights = np.sqrt(settlements["residents"].to_numpy(float) + 30.0)
    count = _LEAST_STREET_NODES + whole_shares(max(wanted - least, 0), weights)
    side = np.ceil(np.sqrt(count)).astype(int)
    first = np.cumsum(count) - count
    home = np.repeat(np.arange(len(count)), count)
    rank = np.arange(len(home)) - first[home]
    down, right = np.divmod(rank, side[home])
    grid = np.stack([right, down], axis=1) - (side[home] - 1)[:, None] / 2
    grid = grid + rng.uniform(-0.3, 0.3, grid.shape)
    turn = rng.uniform(0, np.pi / 2, len(count))[home]
    cos, sin = np.cos(turn), np.sin(turn)
    block = np.where(urban, _STREET_METRES[True], _STREET_METRES[False])[home]
    turned = np.stack([cos * grid[:, 0] - sin * grid[:, 1], sin * grid[:, 0] + cos * grid[:, 1]], 1)
    at = settlements[["x", "y"]].to_numpy()[home] + block[:, None] * turned
    node = np.arange(len(home))
    leftwards = np.where((right > 0) & (down > 0), rng.random(len(node)) < 0.5, right > 0)
    tree = rank > 0
    other = (right > 0) & (down > 0)
    share = (_DEGREE / 2 - 1.0) * len(node) / max(int(other.sum()), 1)
    extra = other & (rng.random(len(node)) < share)
    before = np.where(leftwards, node - 1, node - side[home])
    across = np.where(leftwards, node - side[home], node - 1)
    tails = np.concatenate([before[tree], across[extra]])
    heads = np.concatenate([node[tree], node[extra]])
    is_extra = np.arange(len(tails)) >= tree.sum()
    town = urban[home[heads]]
    lot = rng.random(len(tails))
    usual = np.where(town, "residential", np.where(lot < 0.6, "residential", "service"))
    lesser = np.where(town, np.where(lot < 0.7, "service", "footway"), "path")
    road_class = np.where(is_extra & (lot > 0.5), lesser, usual)
    oneway = is_extra & town & (road_class == "residential")
    oneway &= rng.random(len(tails)) < 2 * _URBAN_ONEWAY
    doors = first + (side // 2) * side + side // 2
    doors = np.minimum(doors, first + count - 1)
    none = np.empty(0, np.int64)
    pieces = _Pieces(none, at, none, tails, heads, road_class, oneway, np.zeros(len(tails)))
    return pieces, doors


def _ways(
    lattice: _Pieces,
    mine: np.ndarray,
    streets: _Pieces,
    doors: np.ndarray,
    rng: np.random.Generator,
) -> _Pieces:
    """Return village roads, which join all on foot at the least length, and tracks besides."""
    own = np.flatnonzero(mine)
    at = np.vstack([lattice.at[own], streets.at[doors]])
    position = np.concatenate([own, len(lattice.ids) + doors])
    triangles = Delaunay(at).simplices
    sides = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    pairs = np.unique(np.sort(sides, axis=1), axis=0)
    # Above zero and unequal, so that the least tree is one and the same everywhere.
    metres = np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T) + 1.0
    walkable = (lattice.road_class != "motorway") & mine[lattice.heads]
    joined = (
        np.searchsorted(own, lattice.tails[walkable]),
        np.searchsorted(own, lattice.heads[walkable]),
    )
    there = np.stack([np.minimum(*joined), np.maximum(*joined)], axis=1)
    key = pairs @ np.array([len(at), 1])
    new = ~np.isin(key, there @ np.array([len(at), 1]))
    links = np.vstack([there, pairs[new]])
    weight = np.concatenate([np.full(len(there), 1e-3), metres[new]])
    tree = minimum_spanning_tree(coo_array((weight, tuple(links.T)), shape=(len(at),) * 2)).tocoo()
    needed = np.isin(key, np.minimum(*tree.coords) * len(at) + np.maximum(*tree.coords)) & new
    middle = (at[pairs[:, 0]] + at[pairs[:, 1]]) / 2
    nearest, _ = cKDTree(at).query(middle)
    # Of neighbours only those with nobody between them (Gabriel and Sokal 1969).
    gabriel = nearest >= (metres - 1.0) / 2 * (1 - 1e-9)
    lot = rng.random(len(pairs))
    street = ~needed & (metres < _ADJOINING_METRES)
    chosen = needed | (gabriel & new & (street | (lot < _TRACKS)))
    village = needed | (lot < _VILLAGE_ROADS)
    road_class = np.where(street, "residential", np.where(village, "unclassified", "track"))
    none = np.empty(0, np.int64)
    return _Pieces(
        none, none, none, position[pairs[chosen, 0]], position[pairs[chosen, 1]],
        road_class[chosen], np.zeros(int(chosen.sum()), bool),
        rng.uniform(-_BEND, _BEND, int(chosen.sum())),
    )  # fmt: skip


def _tables(
    design: Design,
    ids: np.ndarray,
    at: np.ndarray,
    edge_ids: np.ndarray,
    tails: np.ndarray,
    heads: np.ndarray,
    road_class: np.ndarray,
    oneway: np.ndarray,
    bend: np.ndarray,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    degrees = design.degrees(at)
    nodes = gpd.GeoDataFrame({"node_id": ids}, geometry=shapely.points(degrees), crs=4326)
    along = at[heads] - at[tails]
    aside = bend[:, None] * np.stack([-along[:, 1], along[:, 0]], axis=1)
    middle = design.degrees((at[heads] + at[tails]) / 2 + aside)
    bent = bend != 0
    coordinates = np.stack([degrees[tails], middle, degrees[heads]], axis=1)
    lines = np.empty(len(tails), object)
    lines[bent] = shapely.linestrings(coordinates[bent])
    lines[~bent] = shapely.linestrings(coordinates[~bent][:, ::2])
    geod, (start, end) = Geod(ellps="WGS84"), (degrees[tails], degrees[heads])
    metres = np.empty(len(tails))
    metres[~bent] = geod.inv(*start[~bent].T, *end[~bent].T)[2]
    metres[bent] = geod.inv(*start[bent].T, *middle[bent].T)[2]
    metres[bent] += geod.inv(*middle[bent].T, *end[bent].T)[2]
    edges = gpd.GeoDataFrame(
        {
            "edge_id": edge_ids,
            "from_node": ids[tails],
            "to_node": ids[heads],
            "road_class": road_class,
            "length_m": np.round(metres, 2),
            "oneway": oneway,
            "max_speed_kmh": _stated_speeds(design, edge_ids, road_class),
            "name": pd.Series([None] * len(tails), dtype="str"),
            "source": "modelled",
        },
        geometry=lines,
        crs=4326,
    )
    return nodes, edges


def _stated_speeds(design: Design, edge_ids: np.ndarray, road_class: np.ndarray) -> np.ndarray:
    """Return maximum speeds in km/h, which are missing mostly."""
    share = np.full(len(edge_ids), _STATED_ELSEWHERE)
    speed = np.full(len(edge_ids), _SPEED_ELSEWHERE)
    for name, (stated, kmh) in _STATED_SPEED.items():
        share[road_class == name], speed[road_class == name] = stated, kmh
    return np.where(hashed(design.seed, 26, edge_ids) < share, speed, np.nan)
