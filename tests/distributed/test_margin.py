"""How far beyond its border a county is looked at: never too near."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString

from geodata import City, DataError
from geodata.roads import RoadNetwork
from planner import Standard, coverage
from planner.distributed.around import Neighbourhood
from planner.distributed.margin import SEEN, pace, reach_metres, widened
from planner.distributed.prepare import prepare
from planner.distributed.store import Store
from tests.regions import TOWNS, save_counties, split_city
from tests.small_city import place, small_city_tables


def network(*roads) -> RoadNetwork:
    """Return roads that are given as points by kilometres, with some columns each."""
    ends = [place(*points[where]) for points, _ in roads for where in (0, -1)]
    ids = list(range(len(ends)))
    nodes = gpd.GeoDataFrame({"node_id": ids}, geometry=ends, crs=4326)
    usual = {"oneway": False, "max_speed_kmh": np.nan, "road_class": "residential"}
    columns = [
        {"edge_id": n, "from_node": 2 * n, "to_node": 2 * n + 1, **usual, **told}
        for n, (_, told) in enumerate(roads)
    ]
    lines = [LineString([place(*point) for point in points]) for points, _ in roads]
    return RoadNetwork.from_tables(nodes, gpd.GeoDataFrame(columns, geometry=lines, crs=4326))


STREET = ([(0, 0), (1, 0)], {"length_m": 1000.0})


def test_a_winding_ferry_counts_by_its_line_for_it_is_boarded_on_the_way():
    ferry = {"road_class": "ferry", "length_m": 8000.0, "duration_minutes": 10.0}
    roads = network(STREET, ([(0, 0), (4, 0), (4, 0.1), (0, 0.1)], ferry))
    assert pace(roads, "walk").metres_per_minute == pytest.approx(8100 / 20, rel=2e-3)


def test_a_road_that_is_said_to_be_shorter_than_it_is_goes_faster():
    roads = network(STREET, ([(0, 1), (1, 1)], {"length_m": 250.0}))
    assert pace(roads, "walk").metres_per_minute == pytest.approx(320, rel=2e-3)


def test_roads_that_take_no_time_widen_the_margin_of_all():
    roads = network(STREET, ([(0, 1), (3, 1)], {"length_m": 0.0}))
    found = pace(roads, "walk")
    assert found.metres_at_once == pytest.approx(3000, rel=2e-3)
    assert reach_metres(10, [pace(None, "walk"), found]) >= SEEN * 10 * 80 + 2990


def test_a_point_finds_its_road_though_that_lies_outside_the_box(tmp_path):
    tables = small_city_tables()
    tables["projects"]["community_codes"] = None
    tables["halls"].loc[5, "geometry"] = place(4.88, 3.2)
    ends = tables["road_edges"].geometry.bounds
    gap = (ends["maxx"] > place(3.6, 0).x) & (ends["minx"] < place(5.4, 0).x)
    tables["road_edges"] = tables["road_edges"][~gap].reset_index(drop=True)
    counties = split_city(City.from_tables(tables), TOWNS)
    region, out = save_counties(tmp_path / "region", counties), tmp_path / "out"
    out.mkdir()
    kept = [(c, prepare(str(region / "counties" / c), c, ["walk"], str(out))) for c in TOWNS]
    places = [(code, Store(out).place("prepared", code, told["key"])) for code, told in kept]
    south_west, north_east = place(-1, -1), place(4.9, 7)
    box = (south_west.x, south_west.y, north_east.x, north_east.y)
    city = Neighbourhood("320511", places, box).read()
    halls = coverage.open_halls(city, "community")
    assert "H3" in halls.index
    found = coverage.access(city, Standard.load("health-walk-15"), "community", halls)
    assert found.travel.supply_snap_metres[halls.index.get_loc("H3")] == pytest.approx(
        620, rel=0.01
    )


def test_where_all_roads_are_far_away_minutes_are_not_guessed(tmp_path):
    tables = small_city_tables()
    tables["projects"]["community_codes"] = None
    county = split_city(City.from_tables(tables), TOWNS)[0]
    region, out = save_counties(tmp_path / "region", [county]), tmp_path / "out"
    out.mkdir()
    told = prepare(str(region / "counties" / "320511"), "320511", ["walk"], str(out))
    kept = Store(out).place("prepared", "320511", told["key"])
    nowhere = (0.0, 0.0, 1.0, 1.0)
    city = Neighbourhood("320511", [("320511", kept)], nowhere).read()
    with pytest.raises(DataError, match="road"):
        city.roads.graph("walk")


@pytest.mark.parametrize("latitude", [-53.0, 0.0, 31.0, 53.5, 70.0])
def test_a_box_is_widened_by_no_less_than_asked(latitude):
    from pyproj import Geod

    box = (120.0, latitude, 121.0, latitude + 1.0)
    west, south, east, north = widened(box, 25_000.0)
    earth = Geod(ellps="WGS84")
    for lat in (box[1], box[3]):
        assert earth.inv(west, lat, box[0], lat)[2] >= 25_000
        assert earth.inv(east, lat, box[2], lat)[2] >= 25_000
    assert earth.inv(120, south, 120, box[1])[2] >= 25_000
    assert earth.inv(120, north, 120, box[3])[2] >= 25_000
