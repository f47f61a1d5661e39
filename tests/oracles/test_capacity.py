"""Capacitated models against the published optima of OR-Library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from planner import siting

HERE = Path(__file__).parent
OPTIMA = {"pmedcap01": 713, "pmedcap02": 740, "pmedcap03": 751, "pmedcap04": 651, "pmedcap05": 664}
CAP41 = 1_040_444.375


def check_pmedcap(path: Path, optimum: int) -> None:
    numbers = np.array(path.read_text().split(), float)
    assert numbers[1] == optimum
    n, p, capacity = int(numbers[2]), int(numbers[3]), numbers[4]
    rows = numbers[5 : 5 + 4 * n].reshape(n, 4)
    apart = rows[:, None, 1:3] - rows[None, :, 1:3]
    distance = np.floor(np.hypot(apart[..., 0], apart[..., 1]))
    result = siting.capacitated_p_median(distance, p, demand=rows[:, 3], capacity=capacity)
    assert (result.status, result.objective, result.bound) == ("optimal", optimum, optimum)
    assert len(result.sites) == p
    assert (result.facilities["load"] <= capacity).all()
    assert distance[np.arange(n), result.assignment].sum() == optimum


def test_capacitated_p_median_meets_the_published_optimum():
    check_pmedcap(HERE / "pmedcap01.txt", OPTIMA["pmedcap01"])


@pytest.mark.parametrize("name", sorted(set(OPTIMA) - {"pmedcap01"}))
def test_capacitated_p_median_meets_the_other_published_optima(name, shared_data):
    check_pmedcap(shared_data / "orlib" / f"{name}.txt", OPTIMA[name])


def test_capacitated_facility_location_meets_the_published_optimum():
    numbers = np.array((HERE / "cap41.txt").read_text().split(), float)
    sites, customers = int(numbers[0]), int(numbers[1])
    warehouses = numbers[2 : 2 + 2 * sites].reshape(sites, 2)
    rows = numbers[2 + 2 * sites :].reshape(customers, sites + 1)
    result = siting.facility_location(
        rows[:, 1:], warehouses[:, 1], demand=rows[:, 0], capacity=warehouses[:, 0]
    )
    assert result.status == "optimal"
    assert result.objective == pytest.approx(CAP41, abs=1e-6)
    assert result.shares.sum(axis=1) == pytest.approx(np.ones(customers))
