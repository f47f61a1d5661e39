"""Works of the small city, by hand.

Both rural halls (2,000 residents each) are stations (upgrade: 600,000 yuan) and lack one function
of eight (80,000); H3 is 200 m² short of 900 (800,000), H2 900 m² short of 1,300.
"""

from __future__ import annotations

import pytest

import planner
from planner.errors import PlanError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def standard():
    return planner.Standard.load("taicang-2013")


def test_the_cheapest_gaps_are_closed_first(small_city, standard):
    found = planner.works(small_city, standard, 1.36e6)
    assert sorted(found.actions["action"]) == ["add_function"] * 2 + ["upgrade"] * 2
    assert found.actions["persons"].sum() == pytest.approx(2 * 2000 + 2 * 250)
    assert found.actions["cost_yuan"].sum() == 1.36e6
    assert found.answer.status == "optimal"
    gaps = found.gaps.set_index("gap")
    assert gaps["persons"].tolist() == pytest.approx([3200, 4000, 500, 2000 * (2 / 9 + 9 / 13)])
    assert gaps["share"].tolist() == [0, 1, 1, 0]


def test_a_new_hall_closes_the_floor_area_of_its_community_which_is_not_paid_twice(
    small_city, standard
):
    weights = {"form": 0.0, "functions": 0.0}
    found = planner.works(small_city, standard, 4.5e6, weights=weights)
    assert set(found.actions["id"]) == {"C2", "C3"}
    assert found.actions["persons"].sum() == pytest.approx(1600 + 2000 * 2 / 9)


@pytest.mark.parametrize("asked", [{"budget_yuan": -1}, {"budget_yuan": 1, "weights": {"sun": 1}}])
def test_budgets_and_weights_that_make_no_sense_are_refused(small_city, standard, asked):
    with pytest.raises(PlanError) as refused:
        planner.works(small_city, standard, **asked)
    assert refused.value.code == "bad_works"
