"""Roads and graphs of networkx hold the same minutes, both ways and by every mode."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely import LineString, Point

from geodata import DataError, RoadNetwork
from geodata.cities import porto_alegre
from geodata.roads import TICKS_PER_MINUTE, from_networkx, read_osm
from tests.examples import examples

METRIC = 4549
EAST, NORTH = 520_000.0, 3_485_000.0
MODES = ("walk", "bicycle", "e_bike", "car")
WORDS = st.sampled_from([None, "both", "forward", "backward", "no"])


@st.composite
def networks(draw) -> RoadNetwork:
    """Draw roads of every kind: one-way, closed to some, parallel, loops, islands."""
    count = draw(st.integers(2, 8))
    node = st.integers(0, count - 1)
    edge = st.fixed_dictionaries(
        {
            "ends": st.tuples(node, node),
            "road_class": st.sampled_from(["residential", "primary", "footway", "steps", "ferry"]),
            "oneway": st.booleans(),
            "length_m": st.sampled_from([20.0, 120.0, 333.3]),
            "max_speed_kmh": st.sampled_from([np.nan, 10.0, 27.5]),
            "surface": st.sampled_from([None, "gravel", "asphalt"]),
            "duration_minutes": st.sampled_from([np.nan, np.nan, 4.5]),
            "foot": WORDS,
            "bicycle": WORDS,
            "motorcar": WORDS,
        }
    )
    edges = draw(st.lists(edge, min_size=1, max_size=20))
    points = [Point(EAST + 100 * i, NORTH + 37 * i * i) for i in range(count)]
    lines = []
    for number, drawn in enumerate(edges):
        a, b = (points[end] for end in drawn["ends"])
        bow = (EAST + 3 * number + 5, NORTH - 7 * number - 9)
        lines.append(LineString([a.coords[0], bow, b.coords[0]]))
    nodes = gpd.GeoDataFrame(
        {"node_id": [10 + 3 * i for i in range(count)]}, geometry=points, crs=METRIC
    )
    table = gpd.GeoDataFrame(
        [{key: value for key, value in drawn.items() if key != "ends"} for drawn in edges],
        geometry=lines,
        crs=METRIC,
    )
    table["edge_id"] = range(5, 5 + len(edges))
    for column, side in (("from_node", 0), ("to_node", 1)):
        table[column] = [10 + 3 * drawn["ends"][side] for drawn in edges]
    for column in ("surface", "foot", "bicycle", "motorcar"):
        table[column] = table[column].astype("str")
    table["source"] = "modelled"
    return RoadNetwork.from_tables(nodes.to_crs(4326), table.to_crs(4326))


def matrix(network: RoadNetwork, mode: str) -> dict[tuple[int, int], float] | None:
    """Return the minutes between all nodes by their ids; None where the mode has no road."""
    try:
        graph = network.graph(mode)
    except DataError:
        return None
    count = graph.node_count
    tails = np.repeat(np.arange(count), np.diff(graph.indptr))
    least = np.full((count, count), np.inf)
    np.minimum.at(least, (tails, graph.indices), graph.ticks / TICKS_PER_MINUTE)
    found = dijkstra(csr_array(np.where(np.isfinite(least), least, 0)))
    place, ids = network.place_in_graph, network.node_ids.tolist()
    return {
        (ids[i], ids[j]): float(found[place[i], place[j]])
        for i in range(count)
        for j in range(count)
        if i != j and np.isfinite(found[place[i], place[j]])
    }


def by_networkx(graph: nx.MultiDiGraph) -> dict[tuple[int, int], float]:
    lengths = nx.all_pairs_dijkstra_path_length(graph, weight="minutes")
    return {(a, b): m for a, found in lengths for b, m in found.items() if a != b}


@settings(max_examples=examples(60), deadline=None)
@given(network=networks(), mode=st.sampled_from(MODES))
def test_networkx_finds_the_same_minutes(network, mode):
    expected = matrix(network, mode)
    if expected is None:
        with pytest.raises(DataError, match="no road that the mode"):
            network.to_networkx(mode)
        return
    assert by_networkx(network.to_networkx(mode)) == pytest.approx(expected, abs=1e-6)


@settings(max_examples=examples(60), deadline=None)
@given(network=networks())
def test_a_round_trip_keeps_every_modes_minutes(network):
    again = from_networkx(network.to_networkx())
    assert sorted(again.edge_ids) == sorted(network.edge_ids)
    for mode in MODES:
        expected, found = matrix(network, mode), matrix(again, mode)
        assert (found is None) == (expected is None)
        if expected is not None:
            assert found == pytest.approx(expected, abs=1e-6)


@settings(max_examples=examples(60), deadline=None)
@given(network=networks(), mode=st.sampled_from(MODES))
def test_a_round_trip_of_one_modes_graph_keeps_its_minutes(network, mode):
    expected = matrix(network, mode)
    if expected is not None:
        again = from_networkx(network.to_networkx(mode))
        assert matrix(again, mode) == pytest.approx(expected, abs=1e-6)


def test_a_shortest_path_on_real_streets_is_ours():
    network = read_osm(porto_alegre.OSM_FILE, bounds=(-51.235, -30.04, -51.215, -30.02))
    for mode in MODES:
        graph = network.to_networkx(mode)
        ours = network.graph(mode)
        arcs = ours.ticks / TICKS_PER_MINUTE, ours.indices, ours.indptr
        links = csr_array(arcs, shape=(ours.node_count, ours.node_count))
        start = int(network.place_in_graph[100])
        found = dijkstra(links, indices=start)
        theirs = nx.single_source_dijkstra_path_length(
            graph, int(network.node_ids[100]), weight="minutes"
        )
        place = dict(zip(network.node_ids.tolist(), network.place_in_graph.tolist(), strict=True))
        assert len(theirs) == np.isfinite(found).sum()
        assert len(theirs) > 100
        for node, minutes in theirs.items():
            assert minutes == pytest.approx(found[place[node]], abs=1e-6)
