"""Rational agents: conservation, equilibrium, ties, whole residents, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from planner import accessibility as acc
from planner.accessibility import agents
from planner.errors import MeasureError


def instance(zones=300, halls=20, seed=0):
    rng = np.random.default_rng(seed)
    minutes = rng.uniform(1, 60, (zones, halls))
    minutes[rng.random((zones, halls)) < 0.6] = np.nan
    minutes[:, 0] = rng.uniform(1, 60, zones)
    return minutes, rng.integers(1, 40, halls), rng.integers(1, 3000, zones)


def test_every_resident_uses_a_place():
    minutes, supply, demand = instance()
    for method in ("published", "equilibrium"):
        found = acc.rational_access(minutes, supply, demand, method=method)
        assert found.load.sum() == pytest.approx(demand.sum(), rel=1e-12)
        assert (found.load >= 0).all()


def test_at_equilibrium_no_move_pays_and_costs_are_least_for_each():
    minutes, supply, demand = instance()
    found = acc.rational_access(minutes, supply, demand, method="equilibrium", tolerance=1e-9)
    assert found.converged
    assert found.largest_gap < 1e-8
    rho = demand.sum() / supply.sum()
    least = np.nanmin(minutes / 60 + found.load.to_numpy() / (rho * supply), axis=1)
    np.testing.assert_allclose(found.cost, least, rtol=1e-7)


def test_the_published_schedule_says_how_far_from_equilibrium_it_stopped():
    minutes, supply, demand = instance()
    found = acc.rational_access(minutes, supply, demand)
    assert found.cycles == 150
    assert not found.converged
    assert found.moved > 0
    assert found.largest_gap > 0.01


def test_two_equal_halls_share_residents_until_the_detour_does_not_pay():
    # 300 and 100 residents at their own halls, half of τ apart: congestion may differ by ½.
    found = acc.rational_access([[0, 30.0], [30.0, 0]], [1, 1], [300, 100], tau_minutes=60)
    assert found.load.tolist() == [250, 150]
    assert found.cost.tolist() == [1.25, 0.75]
    assert found.converged


def test_the_answer_does_not_depend_on_threads(monkeypatch):
    minutes, supply, demand = instance()
    one = acc.rational_access(minutes, supply, demand)
    monkeypatch.setattr(agents, "_PAIRS_PER_THREAD", 200)
    monkeypatch.setattr(agents.os, "cpu_count", lambda: 7)
    several = acc.rational_access(minutes, supply, demand)
    assert several.cost.equals(one.cost)
    assert several.load.equals(one.load)


def test_who_lives_nowhere_and_places_without_supply():
    minutes, supply, demand = instance()
    demand[3], supply[5] = 0, 0
    demand[4] = 7
    minutes[4, :] = np.nan
    found = acc.rational_access(minutes, supply, demand)
    assert np.isnan(found.cost[4])  # reaches nothing
    assert found.load[5] == 0
    rho = demand.sum() / supply.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        costs = minutes[3] / 60 + found.load.to_numpy() / (rho * supply)
    # What a resident would bear who came to live there, within the last cycle's moves.
    assert found.cost[3] == pytest.approx(np.nanmin(costs), rel=0.2)
    without = np.delete(np.arange(300), 3)
    again = acc.raam(minutes[without], supply, demand[without], rho=rho)
    np.testing.assert_array_equal(again.to_numpy(), found.cost.to_numpy()[without])


def test_fractions_of_residents_stay_where_they_are():
    found = acc.rational_access([[0, 30.0], [30.0, 0]], [1, 1], [300.5, 99.5])
    assert found.load.sum() == 400
    assert found.load[0] % 1 == 0.5


def test_equal_costs_go_to_the_place_that_stands_first():
    found = acc.rational_access(csr_array([[5.0, 5.0]]), [1, 1], [1])
    assert found.load.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"demand": [0, 0]}, "demand is 0 everywhere"),
        ({"supply": [0, 0]}, "supply is 0 everywhere"),
        ({"tau_minutes": 0}, "tau_minutes is 0"),
        ({"rho": -1}, "rho is -1"),
        ({"cycles": 0}, "cycles is 0"),
        ({"tolerance": 0}, "tolerance is 0"),
        ({"method": "best"}, "method is 'best'"),
    ],
)
def test_what_cannot_be_is_named(change, problem):
    given = {"supply": [1, 1], "demand": [3, 1]} | change
    with pytest.raises(MeasureError, match=problem):
        acc.raam([[0, 30.0], [30.0, 0]], **given)
