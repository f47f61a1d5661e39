"""Coverage measures against counts by hand, on the small city and on bare travel times."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from planner import coverage
from planner.coverage import covered, curve, dependence, people, redundancy
from planner.errors import PlanError, SitingError
from planner.travel import TravelTimes

NEVER = np.inf


def times(minutes: list[list[float]]) -> TravelTimes:
    """Return travel times from a dense table; infinite = beyond the limit."""
    table = np.array(minutes)
    near = np.isfinite(table)
    indptr = np.concatenate([[0], np.cumsum(near.sum(axis=1))])
    return TravelTimes(
        minutes=csr_array(
            (table[near].astype(np.float32), np.nonzero(near)[1], indptr), shape=table.shape
        ),
        demand_ids=pd.Index([f"D{i}" for i in range(table.shape[0])]),
        supply_ids=pd.Index([f"H{j}" for j in range(table.shape[1])]),
        mode="walk",
        limit_minutes=60,
        approximate=False,
        demand_snap_metres=np.zeros(table.shape[0]),
        supply_snap_metres=np.zeros(table.shape[1]),
    )


THREE = times([[5, 20], [0, NEVER], [NEVER, NEVER]])
WEIGHT = pd.Series({"D2": 30, "D1": 20, "D0": 10})


def test_within_the_minutes_includes_exactly_at_them_and_zero_minutes():
    table = covered(THREE, WEIGHT, 5)
    assert table.loc["all"].tolist() == [60, 30, 0.5]


def test_groups_and_minutes_are_aligned_by_id():
    groups = pd.Series({"D1": "a", "D2": "b", "D0": "b"})
    table = covered(THREE, WEIGHT, pd.Series({"D2": 9, "D1": 9, "D0": 4}), groups)
    assert table["covered"].to_dict() == {"a": 20, "b": 0}


def test_a_curve_rises_to_what_can_be_reached_at_all():
    shares = curve(THREE, WEIGHT, [30, 0, 5])["all"]
    assert shares.to_dict() == pytest.approx({0: 20 / 60, 5: 30 / 60, 30: 30 / 60})


def test_redundancy_counts_the_places_within_reach():
    assert redundancy(THREE).tolist() == [2, 1, 0]
    assert redundancy(THREE, 10).tolist() == [1, 1, 0]


def test_who_depends_on_a_hall_that_closes():
    table = dependence(THREE, WEIGHT, 30)
    assert table["within_reach"].tolist() == [30, 10]
    assert table["nearest"].tolist() == [30, 0]
    assert table["sole"].tolist() == [20, 0]
    assert table["minutes_more"].tolist() == pytest.approx([15, np.nan], nan_ok=True)


@settings(max_examples=100, deadline=None)
@given(
    cells=st.lists(st.sampled_from([0.0, 3.0, 8.0, 20.0, NEVER]), min_size=12, max_size=12),
    weights=st.lists(st.integers(0, 9), min_size=4, max_size=4),
    limit=st.sampled_from([0, 5, 10, 30]),
)
def test_dependence_is_what_closing_each_hall_in_turn_loses(cells, weights, limit):
    table = np.array(cells).reshape(4, 3)
    travel = times(table.tolist())
    found = dependence(travel, weights, limit)
    for j in range(3):
        others = np.delete(table, j, axis=1)
        lost = (table <= limit).any(axis=1) & ~(others <= limit).any(axis=1)
        assert found["sole"].iloc[j] == (lost * weights).sum()


def test_weights_that_lack_an_id_are_refused():
    with pytest.raises(SitingError, match="nothing for D2"):
        covered(THREE, WEIGHT.drop("D2"), 5)


def test_no_demand_and_no_supply_give_empty_answers():
    assert covered(times([[NEVER]]), [0], 5)["share"].isna().all()
    none = THREE.select([])
    assert redundancy(none).tolist() == [0, 0, 0]
    assert dependence(none, WEIGHT, 5).empty


def test_people_of_a_community_are_spread_over_its_settlements(small_city):
    everyone = people(small_city)
    spread = everyone.groupby("community_code")["age_0_14"].sum()
    assert spread.tolist() == pytest.approx([200] * 4)
    assert everyone["age_0_14"].iloc[0] == pytest.approx(200 * 1200 / 2000)
    assert everyone["clients_youth"].sum() == pytest.approx(24)


def test_only_halls_that_offer_a_function_count(small_city):
    offering = coverage.open_halls(small_city, "community", "party_service")
    assert len(offering) == 4
    assert coverage.open_halls(small_city, "community", "library").empty
    with pytest.raises(PlanError, match="no function 'dancing'"):
        coverage.open_halls(small_city, "community", "dancing")
