"""What travel times refuse, and what they say of themselves."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point

from geodata import DataError
from planner import isochrones, k_nearest, route, travel_times
from planner.travel.kernel import NEVER, ascending, keep_nearest
from tests.small_city import METRIC, area, place


def points(*at: tuple[float, float]) -> gpd.GeoSeries:
    names = [f"P{i}" for i in range(len(at))]
    return gpd.GeoSeries([place(*xy) for xy in at], index=names, crs=4326)


NEAR = points((0.5, 0.5), (2.0, 0.5))

REFUSED = {
    "an origin 50 km from any road": (
        lambda roads: travel_times(
            roads, points((0.5, 0.5), (50, 50)), NEAR, mode="walk", limit_minutes=15
        ),
        ("origins, row 2 (P1)", "m from the nearest road", "larger snap distance"),
    ),
    "a destination that is not finite": (
        lambda roads: travel_times(
            roads,
            NEAR,
            gpd.GeoSeries([Point(121, 31), Point(np.nan, 31)], crs=4326),
            mode="walk",
            limit_minutes=15,
        ),
        ("destinations, row 2", "not a finite number"),
    ),
    "points without a coordinate system": (
        lambda roads: travel_times(
            roads, gpd.GeoSeries([Point(121, 31)]), NEAR, mode="walk", limit_minutes=15
        ),
        ("origins", "does not say its coordinate reference system"),
    ),
    "an unknown mode": (
        lambda roads: travel_times(roads, NEAR, NEAR, mode="rocket", limit_minutes=15),
        ("no mode of travel 'rocket'", "walk"),
    ),
    "a negative limit": (
        lambda roads: travel_times(roads, NEAR, NEAR, mode="walk", limit_minutes=-1),
        ("the limit is -1", "0 or more"),
    ),
    "a limit that is not a number": (
        lambda roads: travel_times(roads, NEAR, NEAR, mode="walk", limit_minutes=float("nan")),
        ("the limit is nan",),
    ),
    "no nearest place": (
        lambda roads: k_nearest(roads, NEAR, NEAR, 0, mode="walk"),
        ("number of nearest places is 0", "1 or more"),
    ),
    "more origins than destinations of routes": (
        lambda roads: route(roads, NEAR, NEAR[:1], mode="walk"),
        ("there are 2 origins and 1 destinations",),
    ),
    "a negative isochrone": (
        lambda roads: isochrones(roads, NEAR, [5, -1], mode="walk"),
        ("the limit is -1",),
    ),
    "an isochrone without width": (
        lambda roads: isochrones(roads, NEAR, 5, mode="walk", buffer_metres=0),
        ("the buffer is 0 metres", "positive"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_worked_with_is_named_with_its_row_and_a_remedy(small_city, name):
    call, says = REFUSED[name]
    with pytest.raises(DataError) as raised:
        call(small_city.roads)
    for words in says:
        assert words in str(raised.value)


def test_walking_along_streets_takes_the_length_of_the_blocks(small_city):
    times = travel_times(small_city.roads, NEAR, NEAR, mode="walk", limit_minutes=None)
    assert times.minutes.toarray() == pytest.approx(
        np.array([[0, 1500 / 80], [1500 / 80, 0]]), abs=1e-4
    )


def test_exactly_at_the_limit_counts_and_stays_within_it(small_city):
    limit = 1500 / 80
    times = travel_times(small_city.roads, NEAR, NEAR, mode="walk", limit_minutes=limit)
    assert times.minutes.nnz == 4
    assert times.reach(limit).nnz == 4


def test_they_say_from_which_side_and_how_they_were_found(small_city):
    roads, one = small_city.roads, NEAR[:1]
    options = {"mode": "walk", "limit_minutes": None}
    assert travel_times(roads, one, NEAR, **options).searched == "search from origins"
    assert travel_times(roads, NEAR, one, **options).searched == "search from destinations"
    swept = travel_times(roads, NEAR, NEAR, method="hierarchy", **options)
    assert swept.searched == "hierarchy from origins"


def test_progress_is_told_until_all_is_done(small_city):
    told = []
    travel_times(
        small_city.roads,
        NEAR,
        NEAR,
        mode="walk",
        limit_minutes=None,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (2, 2)


def test_without_roads_the_nearest_are_found_by_great_circle():
    halls = points((0, 0), (1, 0), (5, 5))
    times = k_nearest(None, NEAR, halls, 2, mode="walk")
    assert times.approximate
    assert "approximate" in repr(times)
    everything = travel_times(None, NEAR, halls, mode="walk", limit_minutes=None)
    assert times.minutes.nnz == 4
    expected = np.sort(everything.minutes.toarray(), axis=1)[:, :2]
    found = np.sort(times.minutes.data.reshape(2, 2), axis=1)
    assert (found == expected.astype(np.float32)).all()


def test_a_place_within_a_walk_is_inside_the_isochrone_and_one_beyond_is_not(small_city):
    ground = isochrones(small_city.roads, NEAR[:1], 15, mode="walk").to_crs(METRIC)
    inside, outside = points((1.5, 0.5), (2.0, 0.5)).to_crs(METRIC)
    assert ground.geometry[0].covers(inside)
    assert not ground.geometry[0].covers(outside)
    assert ground["area_km2"][0] == pytest.approx(ground.geometry[0].area / 1e6, rel=1e-6)


def test_an_isochrone_shorter_than_the_walk_to_the_road_is_empty(small_city):
    away = points((0.75, 0.75))
    ground = isochrones(small_city.roads, away, [1, 10], mode="walk")
    assert ground.geometry.isna().tolist() == [True, False]


def test_without_roads_an_isochrone_is_a_circle_and_travel_times_agree():
    ground = isochrones(None, NEAR, [5, 15], mode="walk").to_crs(METRIC)
    radius = 15 * 80 / 1.3
    assert ground["area_km2"][1] == pytest.approx(3.14 * radius**2 / 1e6, rel=0.01)
    edge = points((0.5 + 0.99 * radius / 1000, 0.5), (0.5 + 1.01 * radius / 1000, 0.5))
    assert edge.to_crs(METRIC).within(ground.geometry[1]).tolist() == [True, False]
    times = travel_times(None, edge, NEAR[:1], mode="walk", limit_minutes=15)
    assert (times.minutes.toarray().ravel() > 0).tolist() == [True, False]


def test_there_is_no_route_to_an_island(small_tables):
    from geodata import City

    edges = small_tables["road_edges"]
    inside = edges.within(area(-0.1, -0.1, 3.2, 6.1)) | edges.within(area(3.2, -0.1, 6.1, 6.1))
    small_tables["road_edges"] = edges[inside]
    roads = City.from_tables(small_tables).roads
    ways = route(roads, NEAR, points((1.0, 0.5), (5.5, 0.5)), mode="walk")
    assert ways["minutes"].isna().tolist() == [False, True]
    assert ways.geometry[1] is None


@pytest.mark.parametrize("count", [0, 1, 30, 49, 5000])
@pytest.mark.parametrize("bound", [5001, 3_000_000])
def test_columns_are_sorted_whatever_their_number(count, bound):
    columns = np.random.default_rng(count).choice(bound, count, replace=False).astype(np.int32)
    expected = np.sort(columns)
    ascending(columns, count, np.empty(count, np.int32), np.empty(2048, np.int64), bound)
    assert (columns == expected).all()


def test_of_equally_near_places_the_first_is_kept():
    best = np.full(4, NEVER)
    nearest, size = np.empty(2, np.int32), 0
    for column, ticks in [(3, 5), (1, 5), (2, 5), (3, 4)]:
        best[column] = ticks
        size = keep_nearest(nearest, size, best, column)
    assert nearest.tolist() == [3, 1]


def test_asking_what_is_within_reach_changes_nothing(small_city):
    times = travel_times(small_city.roads, NEAR, NEAR, mode="walk", limit_minutes=None)
    before = times.to_frame()
    assert times.reach(1).nnz == 2
    assert times.to_frame().equals(before)


def test_only_pairs_within_other_minutes_for_each_demand(small_city):
    times = travel_times(small_city.roads, NEAR, NEAR, mode="walk", limit_minutes=None)
    minutes = pd.Series({"P1": 60.0, "P0": 1.0})
    assert np.diff(times.within(minutes).minutes.indptr).tolist() == [1, 2]
