"""Minutes on real streets equal those of a second, independent router."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from geodata.cities import porto_alegre
from planner import travel_times
from tests.oracles.independent_router import IndependentRouter

MODES = Path(str(files("geodata.roads") / "modes.toml"))
MODE_NAMES = ("walk", "bicycle", "e_bike", "car")


@pytest.fixture(scope="module")
def roads():
    return porto_alegre.roads()


def random_points(count: int, seed: int) -> gpd.GeoSeries:
    """Return points around inhabited cells."""
    rng = np.random.default_rng(seed)
    cells = porto_alegre.cells()
    some = cells[cells["population"] > 0].sample(count, random_state=seed).geometry
    lon, lat = some.x + rng.uniform(-2e-3, 2e-3, count), some.y + rng.uniform(-2e-3, 2e-3, count)
    return gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326)


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODE_NAMES)
def test_minutes_of_a_thousand_random_pairs_equal_an_independent_router(roads, mode):
    origins, destinations = random_points(32, 1), random_points(32, 2)
    times = travel_times(
        roads, origins, destinations, mode=mode, limit_minutes=None, max_snap_metres=5_000
    )
    found = np.full(times.minutes.shape, np.inf)
    rows = np.repeat(np.arange(len(origins)), np.diff(times.minutes.indptr))
    found[rows, times.minutes.indices] = times.minutes.data
    router = IndependentRouter(porto_alegre.OSM_FILE, MODES, mode, roads.metric.to_epsg())
    lon_lat = [list(zip(p.x, p.y, strict=True)) for p in (origins, destinations)]
    expected = router.minutes(*lon_lat)
    assert (np.isfinite(found) == np.isfinite(expected)).all()
    there = np.isfinite(expected)
    assert there.sum() > 900
    # The engine gives float32, whose step at 100 minutes is 8e-6.
    assert np.abs(found[there] - expected[there]).max() < 1e-4
