"""Datums and zones: published values, exact inverses, data whose datum is not as stated."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS, Geod, Transformer
from shapely import box

from geodata.crs import (
    bd09_to_gcj02,
    convert_datum,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    likely_datum,
    outside_area_of_use,
    shift_datum,
    wgs84_to_gcj02,
    zone_of_easting,
    zone_system,
)
from geodata.crs.zones import central_meridian_degrees
from geodata.language import use_language

# README of wandergis/coordtransform: its results for (116.404, 39.915).
PUBLISHED = [
    (wgs84_to_gcj02, (116.41024449916938, 39.91640428150164)),
    (gcj02_to_bd09, (116.41036949371029, 39.92133699351021)),
]


@pytest.mark.parametrize(("forward", "expected"), PUBLISHED)
def test_the_offsets_are_those_that_converters_agree_on(forward, expected):
    assert np.allclose(forward(116.404, 39.915), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("inverse", "published"),
    [
        (gcj02_to_wgs84, (116.39775550083061, 39.91359571849836)),
        (bd09_to_gcj02, (116.39762729119315, 39.90865673957631)),
    ],
)
def test_the_inverses_are_within_metres_of_the_one_step_ones_that_are_published(inverse, published):
    lon, lat = inverse(116.404, 39.915)
    _, _, metres = Geod(ellps="WGS84").inv(lon, lat, *published)
    assert metres < 5


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_there_and_back_is_within_a_hundredth_of_a_millimetre(datum):
    random = np.random.default_rng(3)
    lon, lat = random.uniform(73.7, 134.7, 5_000), random.uniform(4, 53.5, 5_000)
    there = convert_datum(lon, lat, "WGS 84", datum)
    _, _, offset = Geod(ellps="WGS84").inv(lon, lat, *there)
    assert offset.min() > 40
    assert offset.max() < 2_500
    back = convert_datum(*there, datum, "WGS 84")
    _, _, metres = Geod(ellps="WGS84").inv(lon, lat, *back)
    assert metres.max() < 1e-5


def test_places_outside_china_stay_where_they_are():
    lon, lat = np.array([-51.23, 139.7, 2.35, np.nan]), np.array([-30.03, 35.7, 48.85, 31.0])
    for datum in ("GCJ-02", "BD-09"):
        assert np.array_equal(convert_datum(lon, lat, "WGS 84", datum), (lon, lat), equal_nan=True)
        assert np.array_equal(convert_datum(lon, lat, datum, "WGS 84"), (lon, lat), equal_nan=True)


def test_the_rim_of_the_offsets_gives_finite_places():
    west, east = 72.004, 137.8347
    lon = np.array([west, west - 1e-9, west + 0.003, east, east + 1e-9, east - 0.001])
    for datum in ("GCJ-02", "BD-09"):
        back = convert_datum(lon, np.full(6, 30.0), datum, "WGS 84")
        assert np.isfinite(back).all()
        assert np.abs(back[0] - lon).max() < 0.03


def test_an_unknown_datum_is_refused():
    with pytest.raises(ValueError, match="use one of WGS 84, CGCS2000, GCJ-02, BD-09"):
        convert_datum(121.0, 31.0, "WGS84", "GCJ-02")


@pytest.mark.parametrize("prefix", [True, False])
@pytest.mark.parametrize(("width", "zones"), [(3, range(25, 46)), (6, range(13, 24))])
def test_every_zone_has_its_central_meridian_and_prefix(width, zones, prefix):
    for zone in zones:
        crs = zone_system(zone, width_degrees=width, prefix=prefix)
        meridian = central_meridian_degrees(zone, width)
        easting, _ = Transformer.from_crs(4490, crs, always_xy=True).transform(meridian, 35)
        assert easting == pytest.approx(zone * 1e6 * prefix + 500_000, abs=1e-3)
        assert f"{width}-degree" in crs.name or width == 6
        assert zone_of_easting(easting) == ((zone, width) if prefix else None)


def test_a_zone_that_is_not_in_china_is_refused():
    with pytest.raises(ValueError, match="no 3-degree zone 13"):
        zone_system(13)


def test_a_place_outside_the_zone_is_found():
    places = gpd.GeoSeries(gpd.points_from_xy([120.2, 121.9, 124.0], [31.5] * 3), crs=4490)
    crs = CRS.from_epsg(4528)
    assert outside_area_of_use(places, crs).tolist() == [False, False, True]


CASES = [
    ("halls", "GCJ-02", "WGS 84"),
    ("halls", "WGS 84", "WGS 84"),
    ("halls", "BD-09", "WGS 84"),
    ("halls", "WGS 84", "GCJ-02"),
    ("halls", "GCJ-02", "GCJ-02"),
    ("settlements", "WGS 84", "WGS 84"),
    ("settlements", "GCJ-02", "WGS 84"),
    ("organisations", "WGS 84", "WGS 84"),
    ("organisations", "BD-09", "GCJ-02"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("layer", "true", "stated"), CASES)
def test_the_true_datum_is_found_through_noise(taicang, layer, true, stated):
    random = np.random.default_rng(5)
    plane = getattr(taicang, layer).geometry.to_crs(4549)
    moved = np.column_stack([plane.x, plane.y]) + random.normal(0, 30, (len(plane), 2))
    places = gpd.GeoSeries(gpd.points_from_xy(*moved.T), crs=4549).to_crs(4326)
    shown = shift_datum(places, "WGS 84", true)
    evidence = likely_datum(shown, taicang.roads, stated=stated)
    assert evidence.likely == true
    assert evidence.table["median_metres"].idxmin() == true
    finding = evidence.finding("halls (halls.csv)")
    assert (finding is None) == (true == stated)
    if finding is not None:
        assert finding.severity == "warning"
        for language in ("en", "zh"):
            with use_language(language):
                assert true in finding.sentence()
                assert str(round(evidence.table.loc[true, "median_metres"])) in finding.sentence()


@pytest.mark.slow
def test_the_share_in_their_own_community_is_evidence_too(taicang):
    halls = taicang.halls[taicang.halls["community_code"].notna()]
    areas = taicang.communities.set_index("code").geometry.loc[halls["community_code"]]
    shown = shift_datum(halls.geometry, "WGS 84", "GCJ-02")
    evidence = likely_datum(shown, taicang.roads, areas)
    assert evidence.likely == "GCJ-02"
    assert evidence.finding("halls").code == "import.likely_datum_both"
    assert likely_datum(shown, areas=areas).finding("halls").code == "import.likely_datum_areas"
    assert likely_datum(halls.geometry, areas=areas).likely == "WGS 84"


def test_thin_evidence_says_nothing(taicang):
    few = shift_datum(taicang.halls.geometry.iloc[:19], "WGS 84", "GCJ-02")
    assert likely_datum(few, taicang.roads).likely is None
    assert likely_datum(few, taicang.roads).finding("halls") is None
    assert likely_datum(taicang.halls).likely is None
    abroad = gpd.GeoSeries(gpd.points_from_xy(np.linspace(2, 3, 50), [48.0] * 50), crs=4326)
    assert likely_datum(abroad, areas=gpd.GeoSeries([box(1, 47, 4, 49)], crs=4326)).likely is None


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_right_data_raise_no_false_alarm(taicang, seed):
    random = np.random.default_rng(seed)
    plane = taicang.settlements.geometry.to_crs(4549)
    xy = np.column_stack([plane.x, plane.y])
    for metres in (30, 200, 600):
        count = int(random.choice([20, 60, 200]))
        near = np.argsort(np.hypot(*(xy - xy[random.integers(len(xy))]).T))[:count]
        for rows in (near, random.choice(len(xy), count, replace=False)):
            moved = xy[rows] + random.normal(0, metres, (count, 2))
            places = gpd.GeoSeries(gpd.points_from_xy(*moved.T), crs=4549).to_crs(4326)
            assert likely_datum(places, taicang.roads).finding("x") is None
            assert likely_datum(places, areas=taicang.boundary).finding("x") is None
