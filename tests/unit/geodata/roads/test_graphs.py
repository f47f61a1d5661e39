"""Roads from graphs that others made, and graphs that others can work with."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from pyproj import Geod
from shapely import LineString

from geodata import DataError
from geodata.roads import from_networkx

METRES = Geod(ellps="WGS84").inv(121.0, 31.0, 121.001, 31.0)[2]


def graph_of(kind: type = nx.MultiDiGraph, nodes: tuple = (1, 2, 3), crs: object = "epsg:4326"):
    """Return a graph with nodes a hundred metres apart, as OSMnx makes them."""
    graph = kind(crs=crs) if crs else kind()
    for i, node in enumerate(nodes):
        graph.add_node(node, x=121.0 + 0.001 * i, y=31.0)
    return graph


def two_way(graph, a, b, **data) -> None:
    graph.add_edge(a, b, **data | {"oneway": False, "reversed": False})
    graph.add_edge(b, a, **data | {"oneway": False, "reversed": True})


def described(network) -> list[tuple]:
    names = network.node_ids.tolist()
    ends = zip(network.tails.tolist(), network.heads.tolist(), strict=True)
    return [(names[a], names[b], bool(o)) for (a, b), o in zip(ends, network.oneway, strict=True)]


def test_the_two_directions_of_a_road_become_one_edge():
    graph = graph_of()
    two_way(graph, 1, 2, osmid=5, length=100.0, highway="primary")
    graph.add_edge(2, 3, osmid=6, length=120.0, highway="service", oneway=True, reversed=False)
    network = from_networkx(graph)
    assert described(network) == [(1, 2, False), (2, 3, True)]
    assert network.length_metres.tolist() == [100.0, 120.0]
    assert network.attributes["osm_way"].tolist() == [5, 6]


def test_parallel_roads_stay_apart():
    graph = graph_of()
    two_way(graph, 1, 2, osmid=5, length=100.0)
    two_way(graph, 1, 2, osmid=7, length=140.0)
    graph.add_edge(1, 2, osmid=8, length=100.0, oneway=True, reversed=False)
    graph.add_edge(2, 1, osmid=9, length=100.0, oneway=True, reversed=False)
    assert described(from_networkx(graph)) == [
        (1, 2, False),
        (1, 2, False),
        (1, 2, True),
        (2, 1, True),
    ]


def test_a_loop_in_both_directions_is_one_edge():
    graph = graph_of()
    loop = LineString([(121.0, 31.0), (121.0, 31.001), (121.001, 31.001), (121.0, 31.0)])
    two_way(graph, 1, 1, osmid=5, length=300.0, geometry=loop)
    assert described(from_networkx(graph)) == [(1, 1, False)]


def test_arcs_without_ids_are_paired_by_length():
    graph = graph_of(nx.DiGraph)
    graph.add_edge(1, 2, length=100.0)
    graph.add_edge(2, 1, length=100.0)
    graph.add_edge(2, 3, length=100.0)
    graph.add_edge(3, 2, length=150.0)
    assert described(from_networkx(graph)) == [(1, 2, False), (2, 3, True), (3, 2, True)]


def test_of_several_values_of_a_simplified_arc_one_counts():
    graph = graph_of()
    lists = {"osmid": [5, 6], "highway": ["tertiary", "residential"], "maxspeed": ["60", "30 mph"]}
    two_way(graph, 1, 2, length=100.0, name=["人民路", "新街"], **lists)
    graph.add_edge(2, 3, osmid=7, length=9.0, maxspeed=50, oneway=[True, True], highway=np.nan)
    network = from_networkx(graph, road_class="service")
    assert network.road_class.tolist() == ["tertiary", "service"]
    assert network.max_speed_kmh == pytest.approx([48.28032, 50.0])
    assert network.attributes["name"].fillna("").tolist() == ["人民路", ""]
    assert network.oneway.tolist() == [False, True]


def test_what_is_not_stated_is_measured_and_drawn_straight():
    graph = graph_of(nx.Graph, nodes=("A", "B", (3, 4)))
    graph.add_edge("A", "B")
    graph.add_edge("B", (3, 4), geometry=LineString([(121.002, 31.0), (121.001, 31.0)]))
    network = from_networkx(graph)
    assert network.length_metres == pytest.approx([METRES, METRES], rel=1e-6)
    assert described(network) == [(0, 1, False), (1, 2, False)]
    assert network.lines[1].coords[0] == (121.001, 31.0), "a line is turned from tail to head"
    assert network.max_speed_kmh.tolist() == pytest.approx([np.nan] * 2, nan_ok=True)


def test_a_projected_graph_comes_back_to_degrees():
    graph = nx.MultiDiGraph(crs="EPSG:4549")
    graph.add_node(1, x=520_000.0, y=3_485_000.0)
    graph.add_node(2, x=520_300.0, y=3_485_000.0)
    graph.add_edge(1, 2)
    network = from_networkx(graph)
    assert network.crs.to_epsg() == 4326
    assert network.lon[0] == pytest.approx(120.2105, abs=1e-4)
    assert network.length_metres == pytest.approx([300.0], rel=1e-3)


def test_the_graph_of_a_mode_holds_what_the_mode_may_use():
    graph = graph_of()
    two_way(graph, 1, 2, osmid=5, length=80.0, highway="footway")
    graph.add_edge(2, 3, osmid=6, length=160.0, highway="residential", oneway=True, maxspeed="30")
    network = from_networkx(graph)
    walk = network.to_networkx("walk")
    assert sorted(walk.edges(keys=False)) == [(1, 2), (2, 1), (2, 3), (3, 2)]
    assert nx.shortest_path_length(walk, 3, 1, weight="minutes") == pytest.approx(3.0)
    car = network.to_networkx("car")
    assert list(car.nodes(data="street_count")) == [(2, 1), (3, 1)]
    ((_, _, arc),) = car.edges(data=True)
    assert (arc["highway"], arc["maxspeed"], arc["osmid"]) == ("residential", "30", 6)
    assert (arc["oneway"], arc["reversed"], arc["length"]) == (True, False, 160.0)
    assert arc["geometry"].coords[0] == (121.001, 31.0)
    assert car.graph["crs"] == "EPSG:4326"


def refused(graph) -> str:
    with pytest.raises(DataError) as raised:
        from_networkx(graph)
    return str(raised.value)


def test_a_graph_that_cannot_be_used_is_refused_in_one_sentence():
    graph = graph_of()
    assert "graph: the layer has no rows" in refused(graph)
    graph.add_edge(1, 2, length=-3.0)
    assert "graph, row 1 (1–2): the length is -3.0; give metres" in refused(graph)
    graph.add_edge(2, 4)
    assert "graph, row 4 (4): the node has no x and y; give every node" in refused(graph)
    graph.nodes[4].update(x="east", y=31)
    assert "row 4 (4): the node has no x and y" in refused(graph)
    graph.nodes[4].update(x=float("inf"), y=31)
    assert "row 4 (4): a coordinate is not a finite number" in refused(graph)
    plain = graph_of(crs=None)
    plain.add_edge(1, 2)
    assert "does not say its coordinate reference system" in refused(plain)
    assert from_networkx(plain, crs=4326).crs.to_epsg() == 4326
