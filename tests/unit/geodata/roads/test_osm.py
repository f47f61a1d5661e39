"""Roads from OpenStreetMap files: topology, lengths, barriers, ferries, bounds, bad files."""

from __future__ import annotations

import bz2

import networkx as nx
import numpy as np
import osmium
import pytest
from pyproj import Geod

from geodata import DataError
from geodata.cities import porto_alegre
from geodata.roads import read_osm
from tests.unit.geodata.roads.osm_files import write_osm

STREET = {"highway": "residential"}
STEP_METRES = Geod(ellps="WGS84").inv(121.0, 31.0, 121.001, 31.0)[2]


@pytest.fixture
def made(tmp_path):
    """Write a file and read it."""

    def read(ways, *, bounds=None, **options):
        return read_osm(write_osm(tmp_path / "made.osm", ways, **options), bounds=bounds)

    return read


def ends(network) -> list[tuple[int, int]]:
    tails, heads = network.node_ids[network.tails], network.node_ids[network.heads]
    return list(zip(tails.tolist(), heads.tolist(), strict=True))


def reaches(network, mode: str, start: int, end: int) -> bool:
    graph = network.to_networkx(mode)
    return start in graph and end in graph and nx.has_path(graph, start, end)


def test_a_way_stays_one_edge_with_its_whole_line(made):
    network = made({7: ([0, 1, 2, 3], STREET | {"name": "长安街", "surface": "asphalt"})})
    assert ends(network) == [(0, 3)]
    assert network.length_metres == pytest.approx([3 * STEP_METRES], rel=1e-6)
    assert len(network.lines[0].coords) == 4
    row = network.attributes.iloc[0]
    assert (row["name"], row["surface"], row["osm_way"], row["source"]) == (
        "长安街",
        "asphalt",
        7,
        "real",
    )
    assert network.edge_ids.tolist() == [1]


def test_ways_are_cut_where_they_share_a_node(made):
    network = made({1: ([0, 1, 2, 3], STREET), 2: ([1, 11], STREET), 3: ([3, 12], STREET)})
    assert ends(network) == [(0, 1), (1, 3), (1, 11), (3, 12)]


def test_a_bridge_meets_what_it_crosses_nowhere(made):
    places = {1: (121.0, 31.0), 2: (121.002, 31.0), 3: (121.001, 30.999), 4: (121.001, 31.001)}
    bridge = STREET | {"bridge": "yes", "layer": "1"}
    network = made({1: ([1, 2], STREET), 2: ([3, 4], bridge)}, places=places)
    assert ends(network) == [(1, 2), (3, 4)]


def test_a_way_that_meets_itself_is_cut_there(made):
    places = {4: (121.002, 31.001)}
    assert ends(made({1: ([1, 2, 3, 4, 2], STREET)}, places=places)) == [(1, 2), (2, 2)]


def test_a_closed_way_is_a_loop(made):
    network = made({1: ([1, 2, 3, 1], STREET)}, places={3: (121.001, 31.001)})
    assert ends(network) == [(1, 1)]


def test_a_node_listed_twice_in_a_row_cuts_nothing(made):
    assert ends(made({1: ([0, 1, 1, 2], STREET)})) == [(0, 2)]


def test_nodes_that_the_file_lacks_interrupt_a_way(made):
    assert ends(made({1: ([0, 1, 2, 3, 4], STREET)}, without=[2])) == [(0, 1), (3, 4)]


def test_nodes_at_one_place_are_one_node(made):
    same = {1: (121.001, 31.0), 2: (121.001, 31.0)}
    ways = {1: ([0, 1], STREET), 2: ([1, 2], STREET), 3: ([2, 3], STREET)}
    network = made(ways, places=same)
    assert ends(network) == [(0, 1), (1, 3)]
    assert (network.length_metres > 0).all()


def test_a_way_against_its_nodes_is_drawn_in_its_direction(made):
    network = made({1: ([0, 1, 2], STREET | {"oneway": "-1"})})
    assert ends(network) == [(2, 0)]
    assert network.oneway.tolist() == [True]
    assert network.lines[0].coords[0][0] > network.lines[0].coords[-1][0]


def test_the_order_of_ways_in_the_file_does_not_matter(made):
    ways = {5: ([0, 1, 2], STREET), 3: ([1, 11], STREET | {"name": "B"})}
    one, other = made(ways), made(dict(reversed(ways.items())))
    assert one.to_geodataframe().equals(other.to_geodataframe())
    assert one.attributes["osm_way"].tolist() == [3, 5, 5]


def test_a_bollard_stops_cars_and_lets_others_through(made):
    ways = {1: ([0, 1, 2], STREET)}
    network = made(ways, node_tags={1: {"barrier": "bollard"}})
    assert reaches(network, "walk", 0, 2)
    assert reaches(network, "bicycle", 2, 0)
    assert not reaches(network, "car", 0, 2)
    assert reaches(network, "car", 0, 1)
    assert network.length_metres.sum() == pytest.approx(2 * STEP_METRES, rel=1e-9)


def test_a_barrier_where_streets_meet_stops_every_turn(made):
    ways = {1: ([0, 1, 2], STREET), 2: ([11, 1, 12], STREET)}
    places = {11: (121.001, 31.001), 12: (121.001, 30.999)}
    network = made(ways, places=places, node_tags={1: {"barrier": "gate", "access": "private"}})
    assert network.attributes["foot"].eq("no").sum() == 3
    for mode in ("walk", "bicycle", "car"):
        reached = [reaches(network, mode, a, b) for a in (0, 2, 11, 12) for b in (0, 2, 11, 12)]
        assert sum(reached) == 4, "each end reaches itself alone"


def test_an_open_gate_changes_nothing(made):
    assert ends(made({1: ([0, 1, 2], STREET)}, node_tags={1: {"barrier": "gate"}})) == [(0, 2)]


def test_a_ferry_takes_its_duration_shared_by_its_parts(made):
    ferry = {"route": "ferry", "duration": "00:30", "motor_vehicle": "no"}
    network = made({1: ([0, 2, 3], ferry), 2: ([2, 12], STREET)})
    assert network.road_class.tolist() == ["ferry", "ferry", "residential"]
    minutes = network.attributes["duration_minutes"].to_numpy()
    assert minutes[:2] == pytest.approx([20.0, 10.0], rel=1e-6)
    assert np.isnan(minutes[2])
    walk, car = network.graph("walk"), network.graph("car")
    assert walk.forward[:2] == pytest.approx([30.0, 20.0], rel=1e-6)
    assert np.isinf(car.forward[:2]).all()


def test_bounds_keep_whole_edges_that_touch_them(made):
    ways = {1: ([0, 1, 2], STREET), 2: ([2, 3, 4], STREET), 3: ([4, 5], STREET)}
    network = made(ways, bounds=(121.0005, 30.9, 121.0015, 31.1))
    assert ends(network) == [(0, 2)]
    assert network.node_ids.tolist() == [0, 2]


def test_ways_may_stand_before_their_nodes_and_nodes_in_any_order(tmp_path):
    path = write_osm(tmp_path / "a.osm", {1: ([0, 1, 2], STREET), 2: ([1, 11], STREET)})
    first, *body, last = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([first, *reversed(body), last]), "utf-8")
    assert ends(read_osm(path)) == [(0, 1), (1, 2), (1, 11)]


def test_what_is_drawn_and_not_yet_uploaded_is_read(made):
    places = {-1: (121.0, 31.0), -2: (121.001, 31.0), -7: (121.002, 31.0)}
    tags = {-2: {"barrier": "bollard"}}
    network = made({-5: ([-1, -2, -7], STREET)}, places=places, node_tags=tags)
    assert sorted(network.node_ids) == [-8, -7, -2, -1]
    assert reaches(network, "walk", -1, -7)
    assert not reaches(network, "car", -1, -7)


def test_a_compressed_file_is_read(made, tmp_path):
    path = write_osm(tmp_path / "a.osm", {1: ([0, 1], STREET)})
    packed = tmp_path / "a.osm.bz2"
    packed.write_bytes(bz2.compress(path.read_bytes()))
    assert ends(read_osm(packed)) == [(0, 1)]


# Files that cannot be worked with.


def refused(path, **options) -> str:
    with pytest.raises(DataError) as raised:
        read_osm(path, **options)
    assert len(raised.value.findings) == 1
    message = str(raised.value)
    assert path.name in message
    assert "\n" not in message
    return message


def test_a_file_that_is_not_there(tmp_path):
    assert "there is no such file" in refused(tmp_path / "none.osm.pbf")


@pytest.mark.parametrize("share", [0.5, 0.999])
def test_an_extract_that_was_cut_short(tmp_path, share):
    whole = porto_alegre.OSM_FILE.read_bytes()
    short = tmp_path / "short.osm.pbf"
    short.write_bytes(whole[: int(share * len(whole))])
    assert "unexpected EOF" in refused(short)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pbf", b"hello, world " * 99),
        ("a.pbf", b""),
        ("a.osm", b"<html><body>404</body></html>"),
        ("a.osm", b'<osm version="0.6"><node id="1" lat="1" lon="2"/>'),
        ("roads.shp", b"\x00\x00'\n"),
        ("a.osm.bz2", b"not bz2"),
    ],
)
def test_a_file_that_is_not_openstreetmap_data(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    assert "cannot be read as OpenStreetMap data" in refused(path)


def test_a_file_without_roads(tmp_path):
    path = write_osm(tmp_path / "a.osm", {1: ([0, 1], {"building": "yes"})})
    assert "there is no road in it" in refused(path)


def test_roads_without_the_positions_of_their_nodes(tmp_path):
    path = write_osm(tmp_path / "a.osm", {1: ([0, 1], STREET)}, without=[0, 1])
    assert "there is no road in it" in refused(path)


def test_no_roads_in_the_extent(tmp_path):
    path = write_osm(tmp_path / "a.osm", {1: ([0, 1], STREET)})
    assert "no road within 10, 50, 11, 51" in refused(path, bounds=(10, 50, 11, 51))


@pytest.mark.parametrize(
    "bounds", [(11, 50, 10, 51), (10, 50, 11, 151), (10, float("nan"), 11, 51)]
)
def test_bounds_that_are_none(tmp_path, bounds):
    path = write_osm(tmp_path / "a.osm", {1: ([0, 1], STREET)})
    assert "the bounds are" in refused(path, bounds=bounds)


# A real city.


@pytest.fixture(scope="module")
def real():
    return porto_alegre.roads()


def test_real_streets_are_as_long_as_a_plain_reading_finds(real):
    place, metres, ways = {}, {}, {}
    for thing in osmium.FileProcessor(str(porto_alegre.OSM_FILE)):
        if thing.is_node():
            place[thing.id] = (thing.location.lon, thing.location.lat)
        elif thing.is_way() and thing.tags.get("highway") in ("secondary", "residential"):
            points = [place[node.ref] for node in thing.nodes if node.ref in place]
            metres[thing.id] = Geod(ellps="WGS84").line_length(*zip(*points, strict=True))
            ways[thing.id] = thing.tags.get("highway")
    found = real.to_geodataframe().groupby("osm_way")["length_m"].sum()
    shared = found.index.intersection(list(metres))
    assert len(shared) > 0.97 * len(metres)
    expected = np.array([metres[way] for way in shared])
    assert found[shared].to_numpy() == pytest.approx(expected, rel=1e-9)
    closed = set(metres) - set(shared)
    tags = {
        w.id: dict(w.tags) for w in osmium.FileProcessor(str(porto_alegre.OSM_FILE), osmium.osm.WAY)
    }
    assert all({"access", "area", "foot"} & set(tags[way]) for way in closed)


def test_real_streets_are_sound(real):
    assert len(set(real.node_ids)) == len(real.node_ids)
    assert (real.length_metres > 0).all()
    firsts = np.array([line.coords[0] for line in real.lines])
    assert (firsts == np.column_stack([real.lon, real.lat])[real.tails]).all()
    lasts = np.array([line.coords[-1] for line in real.lines])
    assert (lasts == np.column_stack([real.lon, real.lat])[real.heads]).all()
    metric = np.array([line.length for line in real.metric_lines])
    assert np.abs(metric / real.length_metres - 1).max() < 1e-3


def test_real_streets_hang_together(real):
    walk = real.islands("walk")
    assert walk["nodes"].iloc[0] > 0.97 * walk["nodes"].sum()
    assert walk["name"].iloc[0] == "Avenida Ipiranga"
