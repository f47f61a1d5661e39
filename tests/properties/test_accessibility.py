"""Laws of accessibility: conservation, order, ids, scale, no worse with more supply."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from planner import accessibility as acc
from tests.examples import examples

IMPEDANCES = st.sampled_from(
    [
        None,
        20.0,
        acc.Step((10, 30), (1, 0.4)),
        acc.Linear(45),
        acc.Exponential(0.1),
        acc.Power(1.5),
        acc.Logistic(30, 10),
        acc.Gaussian(15),
        acc.DaiGaussian(40),
    ]
)
FCA = (
    acc.two_step_fca,
    acc.modified_two_step_fca,
    acc.three_step_fca,
    acc.balanced_fca,
    acc.spatial_availability,
)


@st.composite
def cases(draw):
    """Draw a table of minutes, supply and demand by id; some pairs out of reach, some 0 minutes."""
    zones, halls = draw(st.integers(1, 7)), draw(st.integers(1, 5))
    cell = st.one_of(st.just(np.nan), st.integers(0, 60).map(float))
    cells = draw(st.lists(cell, min_size=zones * halls, max_size=zones * halls))
    minutes = pd.DataFrame(np.reshape(cells, (zones, halls)))
    minutes.index = pd.Index([f"z{i}" for i in range(zones)])
    minutes.columns = pd.Index([f"h{j}" for j in range(halls)])
    amount = st.integers(0, 500).map(float)
    supply = draw(st.lists(amount, min_size=halls, max_size=halls))
    demand = draw(st.lists(amount, min_size=zones, max_size=zones))
    return minutes, pd.Series(supply, minutes.columns), pd.Series(demand, minutes.index)


def weights(minutes, impedance):
    """Return the weight of each pair, dense: what one unit of supply there gives by gravity."""
    units = {hall: pd.Series(0.0, minutes.columns) for hall in minutes.columns}
    for hall, unit in units.items():
        unit[hall] = 1.0
    return pd.DataFrame(
        {hall: acc.gravity(minutes, unit, impedance) for hall, unit in units.items()}
    )


def shared(minutes, supply, demand, impedance):
    """Return the supply in whose catchment somebody lives."""
    return supply[(weights(minutes, impedance).mul(demand, axis=0) > 0).any()].sum()


@settings(max_examples=examples(60), deadline=None)
@given(case=cases(), impedance=IMPEDANCES)
def test_what_residents_have_adds_up_to_the_supply_that_is_reached(case, impedance):
    minutes, supply, demand = case
    reached = pytest.approx(shared(minutes, supply, demand, impedance), rel=1e-9, abs=1e-9)
    assert demand @ acc.two_step_fca(minutes, supply, demand, impedance) == reached
    assert demand @ acc.three_step_fca(minutes, supply, demand, impedance) == reached
    assert acc.spatial_availability(minutes, supply, demand, impedance).sum() == reached
    lost = acc.modified_two_step_fca(minutes, supply, demand, impedance)
    two = acc.two_step_fca(minutes, supply, demand, impedance)
    assert (lost <= two * (1 + 1e-12)).all()


@settings(max_examples=examples(50), deadline=None)
@given(case=cases(), impedance=IMPEDANCES)
def test_balanced_fca_counts_each_resident_and_each_level_of_service_once(case, impedance):
    minutes, supply, demand = case
    weight = weights(minutes, impedance)
    leaving = weight.div(weight.sum(axis=1), axis=0).fillna(0).mul(demand, axis=0)
    served = demand[weight.sum(axis=1) > 0].sum()
    assert leaving.to_numpy().sum() == pytest.approx(served, rel=1e-9)
    users = leaving.sum()
    levels = (supply / users)[users > 0].sum()
    found = acc.balanced_fca(minutes, supply, demand, impedance)
    assert found.sum() == pytest.approx(levels, rel=1e-9, abs=1e-9)


@settings(max_examples=examples(30), deadline=None)
@given(case=cases(), impedance=IMPEDANCES, seed=st.integers(0, 99))
def test_neither_rows_nor_columns_nor_the_order_of_ids_matter(case, impedance, seed):
    minutes, supply, demand = case
    mixed = minutes.sample(frac=1, random_state=seed).sample(frac=1, axis=1, random_state=seed)
    for measure in FCA:
        here = measure(minutes, supply, demand, impedance)
        there = measure(mixed, supply.iloc[::-1], demand.iloc[::-1], impedance)
        assert list(there.index) == list(mixed.index)
        np.testing.assert_allclose(there[here.index], here, rtol=1e-9)
    here = acc.cumulative_opportunities(minutes, supply, (10, 30))
    there = acc.cumulative_opportunities(mixed, supply.iloc[::-1], (10, 30))
    np.testing.assert_allclose(there[here.index], here, rtol=1e-9)
    near = acc.cost_to_kth_nearest(minutes, 2)
    assert acc.cost_to_kth_nearest(mixed, 2)[near.index].equals(near)


@settings(max_examples=examples(60), deadline=None)
@given(case=cases(), impedance=IMPEDANCES)
def test_twice_the_supply_is_twice_the_access_and_twice_the_residents_half(case, impedance):
    minutes, supply, demand = case
    for measure in FCA[:-1]:
        once = measure(minutes, supply, demand, impedance)
        np.testing.assert_allclose(measure(minutes, 2 * supply, demand, impedance), 2 * once)
        np.testing.assert_allclose(measure(minutes, supply, 2 * demand, impedance), once / 2)


@settings(max_examples=examples(60), deadline=None)
@given(case=cases(), method=st.sampled_from(["published", "equilibrium"]))
def test_rational_residents_are_conserved_and_bear_no_less_than_the_cheapest_travel(case, method):
    minutes, supply, demand = case
    assume(supply.any() and demand.any())
    found = acc.rational_access(minutes, supply, demand, method=method)
    usable = minutes.loc[:, supply > 0].notna().any(axis=1)
    assert found.load.sum() == pytest.approx(demand[usable].sum(), rel=1e-9)
    assert (found.load[supply == 0] == 0).all()
    assert (found.cost.notna() == usable).all()
    nearest = minutes.loc[:, supply > 0].min(axis=1)[usable] / 60
    assert (found.cost[usable] >= nearest - 1e-9).all()
    if method == "equilibrium":
        assert found.converged


@settings(max_examples=examples(60), deadline=None)
@given(case=cases(), first=st.integers(0, 40), length=st.integers(0, 20))
def test_cumulative_opportunities_grow_with_the_cut_off(case, first, length):
    minutes, supply, _ = case
    low = acc.cumulative_opportunities(minutes, supply, first)
    high = acc.cumulative_opportunities(minutes, supply, first + length)
    for statistic in ("mean", "median"):
        middle = acc.cumulative_opportunities(
            minutes, supply, (first, first + length), statistic=statistic
        )
        assert (low <= middle + 1e-9).all()
        assert (middle <= high + 1e-9).all()
