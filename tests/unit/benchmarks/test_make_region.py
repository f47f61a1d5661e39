"""A synthetic region: counties that fit together, each made by itself."""

from __future__ import annotations

import json
from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from benchmarks.make_region import make_county, make_region
from benchmarks.region import figures
from benchmarks.region.design import Design, hashed
from geodata import join_cities, open_city
from geodata.quality import check

pytestmark = pytest.mark.slow

DESIGN = Design(counties=4, communities=48, road_nodes=6_000, seed=3)


@pytest.fixture(scope="module")
def region(tmp_path_factory):
    return make_region(
        tmp_path_factory.mktemp("regions") / "region",
        counties=DESIGN.counties,
        communities=DESIGN.communities,
        road_nodes=DESIGN.road_nodes,
        seed=DESIGN.seed,
    )


@pytest.fixture(scope="module")
def listed(region):
    return gpd.read_parquet(region / "counties.parquet")


@pytest.fixture(scope="module")
def cities(region, listed):
    return [open_city(region / folder) for folder in listed["folder"]]


def together(cities, layer):
    return pd.concat([city.tables()[layer] for city in cities], ignore_index=True)


def test_nothing_is_wrong_with_any_county(cities):
    for city in cities:
        assert check(city)["message"].tolist() == []


def test_nothing_is_wrong_with_all_counties_joined(cities):
    joined = join_cities(cities, code="920000", name="模拟省", name_en="Model Province")
    assert check(joined)["message"].tolist() == []
    assert len(joined.roads.node_ids) == DESIGN.road_nodes
    assert len(joined.communities) == DESIGN.communities
    assert joined.boundary.geometry.iloc[0].geom_type == "Polygon"


def test_the_list_says_what_the_counties_hold(listed, cities):
    for row, city in zip(listed.itertuples(), cities, strict=True):
        assert (row.code, row.name, row.name_en) == (city.code, city.name, city.name_en)
        assert row.folder == f"counties/{city.code}"
        assert row.communities == len(city.communities)
        assert row.residents == city.settlements["residents"].sum()
        assert row.candidates == len(city.candidates)
        own = city.roads.node_ids
        own = own[shapely.contains_xy(row.geometry, city.roads.lon, city.roads.lat)]
        assert row.road_nodes == pytest.approx(len(own), rel=0.02)  # streets may cross a border
        assert row.geometry.equals(city.boundary.geometry.iloc[0])
    assert listed["communities"].sum() == DESIGN.communities
    assert together(cities, "road_nodes")["node_id"].nunique() == DESIGN.road_nodes


def test_the_region_says_that_nothing_in_it_is_real(region):
    about = json.loads((region / "region.json").read_text("utf-8"))
    assert about["code"] == "920000"
    assert about["sources"]["counties"]["real"] == []


def test_borders_fit(listed):
    shapes = listed.geometry.to_numpy()
    whole = shapely.union_all(shapes)
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0
    assert whole.area == pytest.approx(shapely.area(shapes).sum(), rel=1e-12)
    assert shapely.length(shapely.intersection(shapes[0], shapes[1])) > 0


def test_towns_and_communities_fill_their_county(cities):
    for city in cities:
        whole = city.boundary.geometry.iloc[0]
        for layer in (city.towns, city.communities):
            parts = layer.geometry.to_numpy()
            assert shapely.area(parts).sum() == pytest.approx(whole.area, rel=1e-5)
            assert shapely.union_all(parts).symmetric_difference(whole).area < 1e-5 * whole.area
        for town in city.towns.itertuples():
            mine = city.communities.geometry[city.communities["town_code"] == town.code]
            assert mine.union_all().symmetric_difference(town.geometry).area < 1e-9


def test_codes_and_ids_are_unique_and_begin_with_the_county(cities):
    for layer, key, length in (
        ("towns", "code", 9),
        ("communities", "code", 12),
        ("settlements", "settlement_id", None),
        ("halls", "hall_id", None),
        ("candidates", "site_id", None),
        ("organisations", "organisation_id", None),
        ("projects", "project_id", None),
    ):
        assert together(cities, layer)[key].is_unique
        for city in cities:
            ids = city.tables()[layer][key].str
            assert ids.startswith(city.code).all()
            assert length is None or ids.len().eq(length).all()
    assert together(cities, "road_edges")["edge_id"].is_unique


def test_what_two_counties_know_of_a_node_is_the_same(cities):
    nodes = together(cities, "road_nodes")
    assert nodes.duplicated("node_id").any()
    places = nodes.geometry.to_wkb().groupby(nodes["node_id"]).nunique()
    assert places.eq(1).all()


def test_an_edge_belongs_to_the_county_of_its_first_node(cities):
    for city in cities:
        land, roads = city.boundary.geometry.iloc[0], city.roads
        outside = ~shapely.contains_xy(land, roads.lon, roads.lat) & (roads.node_ids < 1e9)
        assert outside.any()
        assert not outside[roads.tails].any()


def test_roads_cross_the_borders_on_foot(cities):
    nodes = together(cities, "road_nodes").drop_duplicates("node_id")
    edges = together(cities, "road_edges")
    edges = edges[edges["road_class"] != "motorway"]
    ids = pd.Index(nodes["node_id"])
    ends = ids.get_indexer(edges["from_node"]), ids.get_indexer(edges["to_node"])
    walk = coo_array((edges["length_m"], ends), shape=(len(ids),) * 2).tocsr()
    _, part = connected_components(walk, directed=False)
    assert np.bincount(part).max() > 0.99 * len(ids)
    start, end = (ids.get_indexer(city.roads.node_ids[[-1]])[0] for city in cities[:2])
    metres = dijkstra(walk, directed=False, indices=start)[end]
    apart = cities[0].boundary.union(cities[1].boundary).to_crs(cities[0].roads.metric)
    assert 0 < metres < 3 * apart.length.iloc[0]


def test_everything_lies_by_a_road_for_walking(cities):
    for city in cities:
        edges, tree = city.roads.usable_edges("walk")
        for layer in (city.settlements, city.halls, city.candidates):
            points = layer.geometry.to_crs(city.roads.metric).to_numpy()
            nearest = city.roads.metric_lines[edges[tree.nearest(points)]]
            assert shapely.distance(points, nearest).max() < 1_000


def test_roads_are_as_dense_and_as_mixed_as_stated(cities):
    edges = sum(len(city.roads.edge_ids) for city in cities)
    nodes = sum(len(city.roads.node_ids) for city in cities)
    assert 2.4 < 2 * edges / nodes < 2.9
    km: Counter[str] = Counter()
    for city in cities:
        roads = city.roads
        for road_class in np.unique(roads.road_class):
            km[road_class] += roads.length_metres[roads.road_class == road_class].sum() / 1_000
        assert roads.oneway.any()
        assert np.isnan(roads.max_speed_kmh).mean() > 0.8
        straight = shapely.length(roads.metric_lines)
        assert np.allclose(roads.length_metres, straight, rtol=2e-3, atol=0.05)
    highways = sum(km[c] for c in figures.HIGHWAYS_KM) / DESIGN.communities
    real = sum(figures.HIGHWAYS_KM.values()) / figures.NATION["communities"]
    assert highways == pytest.approx(real, rel=0.5)


def test_for_some_the_nearest_hall_is_across_the_border(cities):
    metric = cities[0].roads.metric
    halls = together(cities, "halls")
    halls = gpd.GeoDataFrame(halls[halls["tier"] == "community"], crs=4326).to_crs(metric)
    homes = gpd.GeoDataFrame(together(cities, "settlements"), crs=4326).to_crs(metric)
    _, nearest = cKDTree(shapely.get_coordinates(halls.geometry)).query(
        shapely.get_coordinates(homes.geometry)
    )
    county_of_hall = halls["community_code"].str[:6].to_numpy()[nearest]
    across = county_of_hall != homes["community_code"].str[:6].to_numpy()
    assert 0.005 < across.mean() < 0.3


def test_a_county_made_alone_has_the_same_bytes(region, listed, tmp_path):
    make_county(DESIGN, 2).save(tmp_path / "alone")
    stored = region / listed["folder"].iloc[2]
    names = sorted(path.name for path in stored.iterdir())
    assert names == sorted(path.name for path in (tmp_path / "alone").iterdir())
    for name in names:
        assert (stored / name).read_bytes() == (tmp_path / "alone" / name).read_bytes(), name


def test_the_list_can_be_had_alone_and_is_the_same(region, tmp_path):
    told = []
    make_region(
        tmp_path,
        counties=4,
        communities=48,
        road_nodes=6_000,
        seed=3,
        metadata_only=True,
        progress=lambda *done: told.append(done),
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["counties.parquet", "region.json"]
    for name in ("counties.parquet", "region.json"):
        assert (tmp_path / name).read_bytes() == (region / name).read_bytes()
    assert told == []


def test_another_seed_makes_another_region():
    assert not Design(4, 48, 6_000, seed=4).register.equals(DESIGN.register)


def test_a_country_is_as_the_bulletins_say():
    nation = figures.NATION
    country = Design(3_000, nation["communities"], 90_000_000)
    drawn = country.register
    assert drawn["code"].is_unique
    assert drawn["communities"].sum() == nation["communities"]
    assert drawn["road_nodes"].sum() == 90_000_000
    assert drawn["residents"].sum() == pytest.approx(nation["residents"], rel=0.1)
    share = drawn["urban_residents"].sum() / drawn["residents"].sum()
    assert share == pytest.approx(nation["urban_residents"] / nation["residents"], abs=0.04)
    assert drawn["towns"].sum() == pytest.approx(nation["towns"], rel=0.05)
    west, east = np.diff(country.x_lines)[[3, -3]]
    assert west > 2 * east
    wide, high = np.ptp(country.x_lines[1:-1]), np.ptp(country.y_lines[1:-1])
    assert wide * high / 1e6 == pytest.approx(nation["area_km2"], rel=0.25)


def test_hashed_numbers_are_uniform_and_independent_of_what_is_asked_together():
    i, j = np.meshgrid(np.arange(100), np.arange(100))
    drawn = hashed(5, 1, i, j)
    assert np.histogram(drawn, 10, (0, 1))[0] == pytest.approx(1_000, abs=150)
    assert abs(np.corrcoef(drawn[:-1].ravel(), drawn[1:].ravel())[0, 1]) < 0.03
    assert hashed(5, 1, 7, 9) == drawn[9, 7]


@pytest.mark.parametrize(
    ("sizes", "named"),
    [
        ({"counties": 0}, "counties is 0"),
        ({"communities": 5}, "at least 6 a county"),
        ({"road_nodes": 39}, "at least 40 a community"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_sizes_that_make_no_region_are_refused(sizes, named):
    with pytest.raises(ValueError, match=named):
        Design(**{"counties": 1, "communities": 12, "road_nodes": 1_500} | sizes)
