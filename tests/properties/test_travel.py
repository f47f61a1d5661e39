"""Travel times equal an independent router (networkx) on random roads."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from geodata import RoadNetwork
from geodata.roads import snap
from planner import isochrones, k_nearest, route, travel_times
from planner.travel import hierarchy
from tests.examples import examples

METRIC = 4549
EAST, NORTH = 520_000.0, 3_485_000.0
METRES_PER_MINUTE = {"walk": 80.0, "car": 22 * 1000 / 60}


@st.composite
def roads(draw):
    """Draw roads between lattice points: one-way, parallel, loops, zero length, islands."""
    side = draw(st.integers(2, 5))
    places = [(x * 100.0, y * 100.0) for x in range(side) for y in range(side)]
    node = st.integers(0, len(places) - 1)
    edge = st.tuples(node, node, st.booleans(), st.sampled_from([0.0, 50.0, 100.0, 130.0, 400.0]))
    edges = draw(st.lists(edge, min_size=1, max_size=24))
    return places, edges


def network_of(places, edges) -> RoadNetwork:
    points = [Point(EAST + x, NORTH + y) for x, y in places]
    lines = []
    for number, (a, b, _, _) in enumerate(edges):
        # Each road bows out on its own side, so that no two lie on each other.
        (xa, ya), (xb, yb) = places[a], places[b]
        bow = 3.0 * (number + 1)
        middle = (EAST + (xa + xb) / 2 + bow, NORTH + (ya + yb) / 2 + 2 * bow)
        lines.append(LineString([points[a].coords[0], middle, points[b].coords[0]]))
    nodes = gpd.GeoDataFrame({"node_id": range(len(places))}, geometry=points, crs=METRIC)
    table = gpd.GeoDataFrame(
        {
            "edge_id": range(len(edges)),
            "from_node": [a for a, _, _, _ in edges],
            "to_node": [b for _, b, _, _ in edges],
            "road_class": "residential",
            "length_m": [length for _, _, _, length in edges],
            "oneway": [oneway for _, _, oneway, _ in edges],
            "max_speed_kmh": np.nan,
            "source": "modelled",
        },
        geometry=lines,
        crs=METRIC,
    )
    return RoadNetwork.from_tables(nodes.to_crs(4326), table.to_crs(4326))


def by_networkx(places, edges, mode) -> np.ndarray:
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(len(places)))
    for a, b, oneway, length in edges:
        graph.add_edge(a, b, minutes=length / METRES_PER_MINUTE[mode])
        if mode == "walk" or not oneway:
            graph.add_edge(b, a, minutes=length / METRES_PER_MINUTE[mode])
    expected = np.full((len(places), len(places)), np.inf)
    for a, lengths in nx.all_pairs_dijkstra_path_length(graph, weight="minutes"):
        for b, minutes in lengths.items():
            expected[a, b] = minutes
    return expected


def dense(times) -> np.ndarray:
    found = np.full(times.minutes.shape, np.inf)
    rows = np.repeat(np.arange(found.shape[0]), np.diff(times.minutes.indptr))
    found[rows, times.minutes.indices] = times.minutes.data
    return found


def on_roads(places, edges) -> list[int]:
    """Return the places at which a road begins or ends: they snap onto it at no distance."""
    return sorted({end for a, b, _, _ in edges for end in (a, b)})


def points_at(places, at) -> gpd.GeoSeries:
    shapes = [Point(EAST + places[i][0], NORTH + places[i][1]) for i in at]
    return gpd.GeoSeries(shapes, index=[f"P{i}" for i in at], crs=METRIC).to_crs(4326)


@settings(max_examples=examples(1500), deadline=None)
@given(
    drawn=roads(),
    mode=st.sampled_from(["walk", "car"]),
    limit=st.sampled_from([None, 1.25, 2.5, 5.0]),
    method=st.sampled_from([None, "search", "hierarchy"]),
)
def test_minutes_between_nodes_equal_networkx(drawn, mode, limit, method):
    places, edges = drawn
    network = network_of(places, edges)
    at = on_roads(places, edges)
    points = points_at(places, at)
    times = travel_times(network, points, points, mode=mode, limit_minutes=limit, method=method)
    # Where several roads meet a point snaps onto one of them, at its very end, which costs nothing.
    expected = by_networkx(places, edges, mode)[np.ix_(at, at)]
    if limit is not None:
        expected[expected > limit + 1e-6] = np.inf
    assert np.allclose(dense(times), expected, rtol=1e-5, atol=1e-4)


@settings(max_examples=examples(100), deadline=None)
@given(drawn=roads(), few=st.integers(1, 3))
def test_it_does_not_matter_from_which_side_the_search_starts(drawn, few):
    places, edges = drawn
    network = network_of(places, edges)
    at = on_roads(places, edges)
    many, some = points_at(places, at), points_at(places, at[:few])
    from_few = dense(travel_times(network, some, many, mode="car", limit_minutes=None))
    everything = dense(travel_times(network, many, many, mode="car", limit_minutes=None))
    to_few = dense(travel_times(network, many, some, mode="car", limit_minutes=None))
    assert np.allclose(from_few, everything[: len(some)], rtol=1e-5, atol=1e-4)
    assert np.allclose(to_few, everything[:, : len(some)], rtol=1e-5, atol=1e-4)


@settings(max_examples=examples(100), deadline=None)
@given(drawn=roads())
def test_walking_is_symmetric_and_keeps_the_triangle_inequality(drawn):
    places, edges = drawn
    network = network_of(places, edges)
    points = points_at(places, on_roads(places, edges))
    minutes = dense(travel_times(network, points, points, mode="walk", limit_minutes=None))
    assert np.allclose(minutes, minutes.T, atol=1e-4)
    through = (minutes[:, :, None] + minutes[None, :, :]).min(axis=1)
    assert (minutes <= through + 1e-3).all()


@settings(max_examples=examples(50), deadline=None)
@given(drawn=roads(), limits=st.tuples(st.floats(0, 10), st.floats(0, 10)))
def test_a_longer_limit_only_adds_pairs(drawn, limits):
    places, edges = drawn
    network = network_of(places, edges)
    points = points_at(places, on_roads(places, edges))
    low, high = (
        dense(travel_times(network, points, points, mode="walk", limit_minutes=limit))
        for limit in sorted(limits)
    )
    kept = np.isfinite(low)
    assert (low[kept] == high[kept]).all()
    assert np.isfinite(high).sum() >= kept.sum()


@pytest.mark.parametrize("mode", ["walk", "car"])
@settings(max_examples=examples(200), deadline=None)
@given(
    drawn=roads(),
    ends=st.lists(st.tuples(st.integers(0, 99), st.floats(0.02, 0.98)), min_size=2, max_size=6),
)
def test_points_in_the_middle_of_roads_equal_networkx_on_split_roads(mode, drawn, ends):
    """Splitting every road at its points gives a graph in which networkx finds the same minutes."""
    places, edges = drawn
    network = network_of(places, edges)
    ends = [(which % len(edges), fraction) for which, fraction in ends]
    shapes = [
        network.metric_lines[which].interpolate(fraction, normalized=True)
        for which, fraction in ends
    ]
    points = gpd.GeoSeries(shapes, crs=network.metric).to_crs(4326)
    snapped = snap(network, points, mode)
    stop_of = [(edge, round(f, 9)) for edge, f in zip(snapped.edge, snapped.fraction, strict=True)]
    graph = nx.MultiDiGraph()
    for number, (a, b, oneway, length) in enumerate(edges):
        stops = sorted({stop for stop in stop_of if stop[0] == number}, key=lambda stop: stop[1])
        chain = [(0.0, a), *((stop[1], stop) for stop in stops), (1.0, b)]
        for (f, u), (g, v) in pairwise(chain):
            minutes = (g - f) * length / METRES_PER_MINUTE[mode]
            graph.add_edge(u, v, minutes=minutes)
            if mode == "walk" or not oneway:
                graph.add_edge(v, u, minutes=minutes)
    off_road = snapped.metres / METRES_PER_MINUTE["walk"]
    expected = np.full((len(ends), len(ends)), np.inf)
    for i, start in enumerate(stop_of):
        found = nx.single_source_dijkstra_path_length(graph, start, weight="minutes")
        for j, end in enumerate(stop_of):
            if end in found:
                expected[i, j] = found[end] + off_road[i] + off_road[j]
    times = travel_times(network, points, points, mode=mode, limit_minutes=None)
    assert np.allclose(dense(times), expected, rtol=1e-5, atol=1e-4)
    swept = travel_times(network, points, points, mode=mode, limit_minutes=None, method="hierarchy")
    assert (dense(swept) == dense(times)).all()
    ways = route(network, points, points[::-1], mode=mode)
    there = expected[np.arange(len(ends)), np.arange(len(ends))[::-1]]
    assert np.allclose(ways["minutes"].fillna(np.inf), there, rtol=1e-5, atol=1e-4)


@settings(max_examples=examples(100), deadline=None)
@given(drawn=roads(), k=st.integers(1, 4), limit=st.sampled_from([None, 1.25, 3.0]))
def test_the_k_nearest_are_the_least_of_all(drawn, k, limit):
    places, edges = drawn
    network = network_of(places, edges)
    points = points_at(places, on_roads(places, edges))
    everything = dense(travel_times(network, points, points, mode="car", limit_minutes=limit))
    some = dense(k_nearest(network, points, points, k, mode="car", limit_minutes=limit))
    chosen = np.isfinite(some)
    assert (some[chosen] == everything[chosen]).all()
    # By value: minutes that differ by less than a bit may stand in either order.
    assert (np.sort(some, axis=1)[:, :k] == np.sort(everything, axis=1)[:, :k]).all()


@pytest.mark.parametrize("mode", ["walk", "car"])
@settings(max_examples=examples(30), deadline=None)
@given(seed=st.integers(0, 10_000), limit=st.sampled_from([None, 3.0]))
def test_a_hierarchy_of_several_cells_and_rounds_gives_the_same_minutes(mode, seed, limit):
    rng = np.random.default_rng(seed)
    places = [(x * 100.0, y * 100.0) for x in range(14) for y in range(14)]
    near = [(i, i + 1) for i in range(len(places) - 1)] + [(i, i + 14) for i in range(182)]
    edges = [
        (a, b, bool(rng.random() < 0.3), float(rng.choice([0.0, 50.0, 100.0, 130.0])))
        for a, b in near
        if rng.random() < 0.8
    ]
    network = network_of(places, edges)
    points = points_at(places, on_roads(places, edges)[:: rng.integers(1, 9)])
    whole, hierarchy._CELL = hierarchy._CELL, 16
    try:
        swept = travel_times(
            network, points, points, mode=mode, limit_minutes=limit, method="hierarchy"
        )
    finally:
        hierarchy._CELL = whole
    searched = travel_times(
        network, points, points, mode=mode, limit_minutes=limit, method="search"
    )
    assert (dense(swept) == dense(searched)).all()


@settings(max_examples=examples(30), deadline=None)
@given(drawn=roads())
def test_a_hierarchy_without_room_for_shortcuts_gives_the_same_minutes(drawn):
    places, edges = drawn
    network = network_of(places, edges)
    points = points_at(places, on_roads(places, edges))
    room, hierarchy._ROOM_PER_CELL = hierarchy._ROOM_PER_CELL, -(10**6)
    try:
        swept = travel_times(
            network, points, points, mode="car", limit_minutes=None, method="hierarchy"
        )
    finally:
        hierarchy._ROOM_PER_CELL = room
    searched = travel_times(network, points, points, mode="car", limit_minutes=None)
    assert (dense(swept) == dense(searched)).all()


@settings(max_examples=examples(60), deadline=None)
@given(drawn=roads())
def test_a_route_is_a_chain_of_roads_as_long_as_it_says(drawn):
    places, edges = drawn
    network = network_of(places, edges)
    at = on_roads(places, edges)
    points = points_at(places, at)
    starts, ends = points.repeat(len(points)), points.iloc[np.tile(np.arange(len(at)), len(at))]
    ways = route(network, starts, ends, mode="walk")
    expected = by_networkx(places, edges, "walk")[np.ix_(at, at)].ravel()
    minutes = ways["minutes"].fillna(np.inf).to_numpy()
    assert np.allclose(minutes, expected, rtol=1e-5, atol=1e-4)
    found = np.isfinite(minutes)
    along = ways["length_metres"][found] / METRES_PER_MINUTE["walk"]
    off = ways["off_road_metres"][found] / METRES_PER_MINUTE["walk"]
    assert np.allclose(along + off, minutes[found], atol=1e-4)
    assert ways.geometry[~found].isna().all()
    lines = ways.geometry[found].to_crs(network.metric)
    for line, start, end in zip(lines, starts[found], ends[found], strict=True):
        first, last = Point(line.coords[0]), Point(line.coords[-1])
        here, there = gpd.GeoSeries([start, end], crs=4326).to_crs(network.metric)
        assert first.distance(here) < 0.01
        assert last.distance(there) < 0.01


@settings(max_examples=examples(40), deadline=None)
@given(drawn=roads(), limit=st.sampled_from([0.0, 0.8, 2.0]), towards=st.booleans())
def test_an_isochrone_holds_what_is_within_reach_and_grows_with_the_minutes(drawn, limit, towards):
    places, edges = drawn
    network = network_of(places, edges)
    at = on_roads(places, edges)
    points = points_at(places, at)
    limits = [limit, limit + 1]
    areas = isochrones(network, points[:1], limits, mode="car", towards=towards, buffer_metres=5)
    near, far = areas.geometry.to_crs(network.metric)
    assert far.buffer(0.01).covers(near)
    ends = (points, points[:1]) if towards else (points[:1], points)
    minutes = dense(travel_times(network, *ends, mode="car", limit_minutes=None)).ravel()
    inside = points.to_crs(network.metric).within(near.buffer(0.01)).to_numpy()
    assert inside[minutes <= limit].all()
