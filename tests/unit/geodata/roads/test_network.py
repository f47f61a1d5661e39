"""Networks kept in files, their islands, and modes of one's own."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

import geodata
from geodata import DataError
from geodata.cities import porto_alegre
from geodata.quality import findings_frame, inspect_tables
from geodata.roads import load_modes, mode_named, open_roads, read_osm, snap
from tests.unit.geodata.roads.osm_files import write_osm

STREET = {"highway": "residential"}


@pytest.fixture(scope="module")
def centre():
    """The very centre of a real city."""
    return read_osm(porto_alegre.OSM_FILE, bounds=(-51.235, -30.04, -51.215, -30.02))


# Files.


@pytest.mark.parametrize("name", ["roads.gpkg", "roads"])
def test_roads_are_as_they_were_after_saving(centre, tmp_path, name):
    centre.save(tmp_path / name)
    again = open_roads(tmp_path / name)
    pd.testing.assert_frame_equal(again.attributes, centre.attributes)
    assert again.to_geodataframe().geometry.equals(centre.to_geodataframe().geometry)
    for mode in ("walk", "bicycle", "e_bike", "car"):
        one, other = centre.graph(mode), again.graph(mode)
        assert np.array_equal(one.ticks, other.ticks)
        assert np.array_equal(one.indices, other.indices)


@pytest.mark.parametrize("name", ["city.gpkg", "city"])
def test_a_city_keeps_what_its_roads_say(small_tables, tmp_path, name):
    edges = small_tables["road_edges"]
    stated = {
        "foot": "both",
        "bicycle": "backward",
        "motorcar": "no",
        "surface": "gravel",
        "name": "人民路",
        "osm_way": 123,
        "duration_minutes": 7.5,
    }
    for column, value in stated.items():
        edges[column] = pd.Series([value] + [None] * (len(edges) - 1))
    geodata.City.from_tables(small_tables).save(tmp_path / name)
    city = geodata.open_city(tmp_path / name)
    assert city.roads.attributes[list(stated)].iloc[0].to_dict() == stated
    assert city.roads.attributes[list(stated)].iloc[1:].isna().all(axis=None)
    graph = city.roads.graph("bicycle")
    assert graph.backward[0] == pytest.approx(7.5)
    assert np.isinf(graph.forward[0])
    assert np.isinf(city.roads.graph("car").forward[0])


def test_roads_without_these_columns_are_still_roads(small_city):
    assert "foot" not in small_city.roads.attributes


def test_a_word_that_is_no_direction_is_one_finding(small_tables):
    edges = small_tables["road_edges"]
    edges["motorcar"] = ["both", "sometimes"] + [None] * (len(edges) - 2)
    (finding,) = inspect_tables(small_tables)[1]
    assert finding.sentence() == (
        "road_edges, row 2 (1): motorcar is 'sometimes'; use one of: both, forward, backward, no"
    )
    assert "sometimes" in finding.sentence("zh")


def test_files_that_hold_no_roads_are_refused(centre, small_tables, tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        open_roads(tmp_path / "none.gpkg")
    small_tables["halls"].to_file(tmp_path / "halls.gpkg", layer="halls")
    with pytest.raises(DataError, match="road_nodes: the layer is missing"):
        open_roads(tmp_path / "halls.gpkg")
    centre.save(tmp_path / "roads")
    table = pd.read_parquet(tmp_path / "roads" / "road_nodes.parquet").iloc[1:]
    table.to_parquet(tmp_path / "roads" / "road_nodes.parquet")
    with pytest.raises(DataError, match="no geometry"):
        open_roads(tmp_path / "roads")


# Islands.


@pytest.fixture
def with_islands(tmp_path):
    """A mainland of four nodes, a street that leads away from it, and a lane apart."""
    ways = {
        1: ([0, 1], STREET | {"name": "Short"}),
        2: ([1, 2, 3], STREET | {"name": "Long"}),
        3: ([1, 11], STREET | {"name": "Exit", "oneway": "yes"}),
        4: ([20, 21], {"highway": "footway", "name": "Lane"}),
        5: ([2, 12], {"highway": "footway"}),
    }
    places = {11: (121.001, 31.001), 12: (121.002, 31.001)}
    return read_osm(write_osm(tmp_path / "islands.osm", ways, places=places))


def test_islands_on_foot_are_what_is_not_connected(with_islands):
    table = with_islands.islands("walk")
    assert table["nodes"].tolist() == [6, 2]
    assert table["name"].tolist() == ["Long", "Lane"]
    assert table["km"].to_numpy() == pytest.approx([0.095 * 3 + 0.111 * 2, 0.095], abs=2e-3)
    assert table["lon"].iloc[1] == pytest.approx(121.02, abs=2e-3)


def test_by_car_a_street_without_return_leads_to_an_island(with_islands):
    table = with_islands.islands("car")
    assert table["nodes"].tolist() == [4, 1]
    assert table["name"].tolist() == ["Long", "Exit"]
    assert table["km"].iloc[1] == 0
    assert table.loc[1, ["lon", "lat"]].tolist() == [121.001, 31.001]


def test_an_island_without_a_name_has_none(with_islands, tmp_path):
    ways = {1: ([0, 1, 2], STREET), 2: ([5, 6], STREET)}
    table = read_osm(write_osm(tmp_path / "a.osm", ways)).islands("walk")
    assert table["nodes"].tolist() == [2, 2]
    assert table["name"].isna().all()


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ([0], "an island of 1 nodes (0.0 km) is not connected with the other roads"),
        ([0, 1], "an island of 2 nodes (0.5 km) at 河滨路 is not connected with the other roads"),
    ],
)
def test_a_city_is_told_of_islands_by_their_longest_road(small_tables, nodes, said):
    edges = small_tables["road_edges"].assign(name="河滨路")
    leads_away = edges["from_node"].isin(nodes) != edges["to_node"].isin(nodes)
    small_tables["road_edges"] = edges[~leads_away]
    findings = findings_frame(inspect_tables(small_tables)[1])
    assert findings["message"].tolist() == [said]
    assert findings[["key", "row"]].values.tolist() == [["0", 1]]


# Modes.


def test_a_mode_of_ones_own_stands_wherever_a_name_does(centre, tmp_path):
    path = tmp_path / "modes.toml"
    path.write_text(
        """
        [wheelchair]
        vehicle = "foot"
        default_kmh = 3
        forbidden = ["steps", "motorway"]
        obeys_oneway = false
        obeys_limits = false
        surface = { sand = 0.2, cobblestone = 0.5 }
        """
    )
    wheelchair = load_modes(path)["wheelchair"]
    graph = centre.graph(wheelchair)
    assert graph is centre.graph(load_modes(path)["wheelchair"])
    walk = centre.graph("walk")
    steps = centre.road_class == "steps"
    assert np.isinf(graph.forward[steps & centre.attributes["foot"].isna()]).all()
    plain = (centre.road_class == "residential") & (centre.attributes["surface"] == "asphalt")
    assert graph.forward[plain] == pytest.approx(walk.forward[plain] * 4.8 / 3)
    points = porto_alegre.points_of_interest().iloc[:1]
    assert np.isfinite(snap(centre, points, wheelchair).metres).all()
    assert len(centre.islands(wheelchair)) >= 1
    assert mode_named(wheelchair) is wheelchair


def test_a_changed_copy_of_a_mode_is_another_mode(centre, tmp_path):
    words = (files("geodata.roads") / "modes.toml").read_text("utf-8")
    path = tmp_path / "modes.toml"
    path.write_text(words.replace("residential = 22.0", "residential = 11.0"), "utf-8")
    slow, usual = load_modes(path)["car"], mode_named("car")
    assert slow != usual
    streets = centre.road_class == "residential"
    ahead = np.isfinite(centre.graph(usual).forward) & streets
    assert (centre.graph(slow).forward[ahead] > centre.graph(usual).forward[ahead]).all()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("[a]\nvehicle = 'foot'", "a.default_kmh: Field required"),
        ("[a]\nvehicle = 'horse'\ndefault_kmh = 5", "a.vehicle: Input should be 'foot'"),
        ("[a]\ndefault_kmh = 0", "a.default_kmh: Input should be greater than 0"),
        ("[a]\ndefault_kmh = nan", "a.default_kmh: Input should be a finite number"),
        ("[a.kmh]\nprimary = -5", "a.kmh.primary: Input should be greater than 0"),
        ("[a]\nspeed = 5", "a.speed: Extra inputs are not permitted"),
        ("[a]\nobeys_oneway = 'yes'", "a.obeys_oneway: Input should be a valid boolean"),
        ("a = 5", "a: Input should be"),
        ("[a", "modes.toml: the modes of travel cannot be used"),
    ],
)
def test_a_wrong_key_of_a_mode_is_named(tmp_path, words, says):
    path = tmp_path / "modes.toml"
    path.write_text(words)
    with pytest.raises(DataError) as raised:
        load_modes(path)
    assert says in str(raised.value)
    with pytest.raises(DataError, match="no such file"):
        load_modes(tmp_path / "none.toml")


def test_porto_alegre_comes_with_its_cells_and_places():
    assert geodata.embedded_cities() == ["porto_alegre", "taicang"]
    assert len(porto_alegre.cells()) == 1227
    assert len(porto_alegre.points_of_interest()) == 15


def test_a_city_takes_roads_read_from_an_extract(small_tables, tmp_path):
    lon, lat = small_tables["road_nodes"].geometry.iloc[0].coords[0]
    places = {-n: (lon + n * 1e-3, lat) for n in (1, 2, 3)}
    ways = {-9: ([-1, -2, -3], STREET | {"bicycle": "no"})}
    path = write_osm(
        tmp_path / "a.osm", ways, places=places, node_tags={-2: {"barrier": "bollard"}}
    )
    tables = dict(zip(("road_nodes", "road_edges"), read_osm(path).to_tables(), strict=True))
    city = geodata.City.from_tables(small_tables | tables)
    city.save(tmp_path / "city.gpkg")
    roads = geodata.open_city(tmp_path / "city.gpkg").roads
    assert roads.attributes["bicycle"].tolist() == ["no"] * 3
    assert roads.attributes["motorcar"].fillna("").tolist() == ["", "", "no"]
