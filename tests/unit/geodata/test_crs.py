"""Metres come from the zone that the data lie in."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from pyproj import Geod
from shapely import Point

from geodata.crs import metric_crs

PLACES = {
    "Kashgar": (75.99, 39.47, 4534),
    "Chengdu": (104.07, 30.67, 4544),
    "Taicang": (121.11, 31.46, 4549),
    "Jiamusi": (130.36, 46.8, 4552),
    "Porto Alegre": (-51.23, -30.03, 32722),
}


@pytest.mark.parametrize("name", PLACES)
def test_the_zone_suits_the_place_and_measures_true_metres(name):
    lon, lat, expected = PLACES[name]
    points = gpd.GeoSeries([Point(lon, lat), Point(lon + 0.01, lat + 0.01)], crs=4326)
    crs = metric_crs(points)
    assert crs.to_epsg() == expected
    plane = points.to_crs(crs)
    _, _, metres = Geod(ellps="WGS84").inv(lon, lat, lon + 0.01, lat + 0.01)
    assert np.isclose(plane[0].distance(plane[1]), metres, rtol=1e-3)
