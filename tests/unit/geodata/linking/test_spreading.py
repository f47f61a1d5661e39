"""Population brought from sources to targets: analytic cases and the embedded city."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point, box

from geodata import DataError
from geodata.linking import spread


def km(*corners):
    east, north = 520.0, 3485.0
    west, south, right, top = corners
    return box(*(1000 * v for v in (west + east, south + north, right + east, top + north)))


def layer(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4549)


TOWN = layer([km(0, 0, 4, 2)], code=["T"], residents=[1000])
HALVES = layer([km(0, 0, 1, 2), km(1, 0, 4, 2)], code=["A", "B"])


def test_area_decides_where_nothing_else_is_known():
    assert spread(TOWN, HALVES, ["residents"]).table["residents"].tolist() == [250, 750]


def test_degrees_and_metres_give_the_same():
    degrees = [frame.to_crs(4490) for frame in (TOWN, HALVES)]
    assert spread(*degrees, ["residents"]).table["residents"].tolist() == [250, 750]


def test_areas_are_true_far_from_the_middle():
    # In degrees the northern half of a band from 0° to 60° would count as much as the southern.
    band = gpd.GeoDataFrame({"code": ["T"], "n": [1000]}, geometry=[box(0, 0, 1, 60)], crs=4326)
    halves = gpd.GeoDataFrame(
        {"code": ["S", "N"]}, geometry=[box(0, 0, 1, 30), box(0, 30, 1, 60)], crs=4326
    )
    # sin 30° / sin 60° on the sphere; straight edges and the ellipsoid make the difference.
    south = spread(band, halves, ["n"]).table["n"][0]
    assert south == pytest.approx(1000 * np.sin(np.pi / 6) / np.sin(np.pi / 3), abs=10)


def test_the_binary_method_leaves_the_lake_empty():
    land = layer([km(0, 0, 1, 2), km(3, 0, 4, 2)], weight=[1.0, 1.0])
    found = spread(TOWN, HALVES, ["residents"], method="classes", by=land)
    assert found.table["residents"].tolist() == [500, 500]


def test_classes_weigh_by_density_and_area():
    # A: 2 km² of density 30; B: 2 km² of 30 and 4 km² of 10: 60 to 100 (Mennis 2003, eq. 3).
    land = layer([km(0, 0, 2, 2), km(2, 0, 4, 2)], weight=[30.0, 10.0])
    found = spread(TOWN, HALVES, ["residents"], method="classes", by=land)
    assert found.table["residents"].tolist() == [375, 625]


def test_points_weigh_by_what_stands_there():
    houses = gpd.GeoDataFrame(
        {"weight": [3.0, 1.0, 1.0]},
        geometry=[Point(520_500, 3_486_000), Point(522_000, 3_486_000), Point(523_000, 3_486_000)],
        crs=4549,
    )
    found = spread(TOWN, HALVES, ["residents"], method="points", by=houses)
    assert found.table["residents"].tolist() == [600, 400]


def test_a_point_on_a_common_border_counts_once():
    house = gpd.GeoDataFrame({"weight": [1.0]}, geometry=[Point(521_000, 3_486_000)], crs=4549)
    found = spread(TOWN, HALVES, ["residents"], method="points", by=house)
    assert found.table["residents"].tolist() == [1000, 0]


def test_a_town_without_buildings_is_shared_by_area_and_told():
    nothing = gpd.GeoDataFrame({"weight": [1.0]}, geometry=[Point(600_000, 3_486_000)], crs=4549)
    found = spread(TOWN, HALVES, ["residents"], method="points", by=nothing)
    assert found.table["residents"].tolist() == [250, 750]
    assert [f.code for f in found.findings] == ["spread_without_weight"]


def test_a_grid_that_reaches_over_the_border_leaves_its_part_outside():
    cells = layer([km(0, 0, 2, 2), km(3, 0, 5, 2), km(8, 8, 9, 9)], code=[1, 2, 3], n=[10, 10, 5])
    left = spread(cells, HALVES, ["n"], beyond="leave")
    assert left.table["n"].tolist() == [5, 10]
    assert left.outside.values.tolist() == [["2", pytest.approx(0.5), 5], ["3", 1.0, 5]]
    assert [f.code for f in left.findings] == ["spread_beyond", "spread_outside"]

    kept = spread(cells, HALVES, ["n"], beyond="keep")
    assert kept.table["n"].tolist() == [5, 15]
    assert kept.outside["n"].tolist() == [5]
    assert [f.code for f in kept.findings] == ["spread_beyond_kept", "spread_outside"]


def test_middles_of_cells_go_whole_to_where_they_lie():
    middles = gpd.GeoDataFrame(
        {"code": [1, 2, 3], "n": [1.4, 2.4, 0.7]},
        geometry=[Point(520_500, 3_486_000), Point(522_500, 3_486_000), Point(0, 0)],
        crs=4549,
    )
    found = spread(middles, HALVES, ["n"])
    assert found.table["n"].tolist() == [1, 2]
    assert found.outside["n"].tolist() == [1]  # 4.5 rounds to 4, by largest remainder


def test_points_are_not_weighed():
    middles = TOWN.set_geometry(TOWN.centroid)
    with pytest.raises(DataError, match="each goes whole"):
        spread(middles, HALVES, ["residents"], method="classes", by=TOWN.assign(weight=1.0))


def test_targets_over_one_another_are_told():
    doubled = layer([km(0, 0, 3, 2), km(1, 0, 4, 2)], code=["A", "B"])
    found = spread(TOWN, doubled, ["residents"])
    assert [f.code for f in found.findings] == ["spread_overlap"]
    assert found.table["residents"].sum() == 1000


def test_settlements_bring_the_towns_of_the_embedded_city_to_its_communities(taicang):
    found = spread(
        taicang.towns,
        taicang.communities,
        ["residents"],
        method="points",
        by=taicang.settlements,
        weight="residents",
    )
    assert found.table["residents"].tolist() == taicang.communities["residents"].tolist()
    assert not found.findings


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda s, t: (s.assign(residents=-1), t), "residents is -1; give a finite number"),
        (lambda s, t: (s.assign(residents=None), t), "residents is empty"),
        (lambda s, t: (s.set_crs(None, allow_override=True), t), "coordinate reference system"),
        (lambda s, t: (s.drop(columns="residents"), t), "column residents is missing"),
        (lambda s, t: (s.iloc[:0], t), "no rows"),
        (lambda s, t: (s, t.assign(code="A")), "code A stands in an earlier row"),
        (lambda s, t: (s, t.set_geometry(t.centroid)), "geometry is a Point"),
        (lambda s, t: (s.set_crs(4326, allow_override=True), t), "not degrees"),
    ],
)
def test_what_cannot_be_spread_is_refused(spoil, says):
    with pytest.raises(DataError, match=says):
        spread(*spoil(TOWN, HALVES), ["residents"])


def test_a_method_needs_its_layer():
    with pytest.raises(DataError, match="classes and points need a layer"):
        spread(TOWN, HALVES, ["residents"], method="points")
    with pytest.raises(DataError, match="areal takes none"):
        spread(TOWN, HALVES, ["residents"], by=TOWN)
