"""Laws of equity indices: unit, order of rows, replication of residents, transfers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from planner import equity
from planner.errors import MeasureError
from tests.examples import examples

INDICES = {
    "gini": lambda a, p, _: equity.gini(a, p),
    "theil": lambda a, p, _: equity.theil(a, p).total,
    "concentration": lambda a, p, i: equity.concentration_index(a, p, i),
    "corrected": lambda a, p, i: equity.concentration_index(a, p, i, kind="corrected"),
    "palma": lambda a, p, i: equity.palma_ratio(a, p, i, zones="split"),
}


@st.composite
def samples(draw):
    """Draw access above 0 somewhere, population and income of some zones, by id."""
    count = draw(st.integers(1, 8))
    access = draw(st.lists(st.integers(0, 50), min_size=count, max_size=count))
    population = draw(st.lists(st.integers(0, 40), min_size=count, max_size=count))
    income = draw(st.lists(st.integers(1, 6), min_size=count, max_size=count))
    frame = pd.DataFrame(
        {"access": access, "population": population, "income": income}, dtype=float
    )
    frame.index = pd.Index([f"z{i}" for i in range(count)])
    assume((frame["access"] * frame["population"]).sum() > 0)
    return frame


def value(index, frame):
    """Return an index of a frame; None where the poorest and the richest have nothing."""
    try:
        return INDICES[index](frame["access"], frame["population"], frame["income"])
    except MeasureError:
        assert index == "palma"
        return None


def same(one, other):
    return one == other or one == pytest.approx(other, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("index", INDICES)
@settings(max_examples=examples(60), deadline=None)
@given(frame=samples(), unit=st.sampled_from([1e-3, 7.0, 1e6]), times=st.integers(2, 5))
def test_unit_order_replication_and_empty_zones_do_not_matter(index, frame, unit, times):
    found = value(index, frame)
    assert same(value(index, frame.assign(access=frame["access"] * unit)), found)
    assert same(value(index, frame.assign(population=frame["population"] * times)), found)
    assert same(value(index, frame.iloc[::-1]), found)
    doubled = pd.concat([frame, frame.rename(index=str.upper)])
    assert same(value(index, doubled), found)
    empty = pd.DataFrame({"access": [np.nan], "population": [0.0], "income": [np.nan]}, ["x"])
    assert same(value(index, pd.concat([frame, empty])), found)


@settings(max_examples=examples(100), deadline=None)
@given(frame=samples())
def test_gini_is_half_the_relative_mean_difference(frame):
    share = (frame["population"] / frame["population"].sum()).to_numpy()
    access = frame["access"].to_numpy()
    difference = share @ np.abs(access[:, None] - access) @ share
    want = difference / (2 * share @ access)
    assert equity.gini(frame["access"], frame["population"]) == pytest.approx(want, abs=1e-12)


@settings(max_examples=examples(100), deadline=None)
@given(frame=samples())
def test_theil_is_between_plus_within_and_the_parts_of_groups_add_up(frame):
    whole = equity.theil(frame["access"], frame["population"])
    found = equity.theil(frame["access"], frame["population"], frame["income"])
    assert found.total == pytest.approx(whole.total, abs=1e-12)
    assert found.between + found.within == pytest.approx(found.total, abs=1e-12)
    assert found.between >= -1e-12
    assert found.within >= -1e-12
    parts = found.by_group.sum()
    assert parts.tolist() == [pytest.approx(found.between), pytest.approx(found.within)]
    residents = frame["population"].sum()
    assert found.total <= np.log(residents) + 1e-12


@settings(max_examples=examples(100), deadline=None)
@given(frame=samples())
def test_ranked_by_access_itself_the_concentration_index_is_the_gini_index(frame):
    gini = equity.gini(frame["access"], frame["population"])
    ranked = equity.concentration_index(frame["access"], frame["population"], frame["access"])
    against = equity.concentration_index(frame["access"], frame["population"], -frame["access"])
    assert ranked == pytest.approx(gini, abs=1e-12)
    assert against == pytest.approx(-gini, abs=1e-12)


@settings(max_examples=examples(100), deadline=None)
@given(frame=samples(), threshold=st.integers(1, 60))
def test_insufficiency_falls_with_its_order_and_rises_with_the_threshold(frame, threshold):
    orders = [
        equity.fgt(frame["access"], frame["population"], threshold, order) for order in (0, 1, 2)
    ]
    assert 1 + 1e-12 >= orders[0] >= orders[1] - 1e-12 >= orders[2] - 2e-12 >= -3e-12
    more = equity.fgt(frame["access"], frame["population"], threshold + 1, 1)
    assert more >= orders[1] - 1e-12


@settings(max_examples=examples(60), deadline=None)
@given(frame=samples(), give=st.floats(0.01, 0.49))
def test_a_transfer_from_more_to_less_lowers_gini_and_theil(frame, give):
    lived = frame[frame["population"] > 0].sort_values("access")
    assume(lived["access"].iloc[-1] > lived["access"].iloc[0])
    after = frame["access"].copy()
    low, high = lived.index[0], lived.index[-1]
    people = frame["population"]
    amount = give * (after[high] - after[low]) * min(people[low], people[high])
    after[low] += amount / people[low]
    after[high] -= amount / people[high]
    assert equity.gini(after, people) < equity.gini(frame["access"], people)
    assert equity.theil(after, people).total < equity.theil(frame["access"], people).total
