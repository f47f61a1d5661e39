"""Fronts and fair plans of the small city, by hand: each site but C5 serves 800 more."""

from __future__ import annotations

import pytest

import planner
from planner.errors import InfeasibleError, PlanError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def standard():
    return planner.Standard.load("taicang-2013")


def test_the_front_of_residents_and_cost_takes_the_cheapest_sites(small_city, standard):
    found = planner.front(small_city, standard, points=None)
    assert found["residents_served"].tolist() == [4800, 5600, 6400, 7200]
    assert found["cost_yuan"].tolist() == [0, 1.5e6, 4.5e6, 8.5e6]
    assert found["site_ids"].tolist() == ["", "C2", "C2;C3", "C1;C2;C3"]
    assert found["proven"].all()
    assert found.attrs["complete"]


def test_a_least_share_of_every_town_moves_a_site_to_the_other_town(small_city, standard):
    # Of 4,000 residents in each town 2,400 are served; the cheapest site is in the west.
    plan = planner.make_plan(small_city, standard, every_town_share=0.75)
    assert set(plan.recommendations["site_id"]) == {"C2", "C3"}
    assert plan.siting.objective == 4.5e6
    served = plan.coverage.query("by == 'town' and tier == 'community'")
    assert served["share_after"].tolist() == [0.8, 0.8]


def test_rural_at_least_urban_is_kept(small_city, standard):
    plan = planner.make_plan(small_city, standard, new_halls=2, rural_at_least_urban=True)
    shares = plan.coverage.query("by == 'kind' and tier == 'community'").set_index("group")
    assert shares.at["rural", "share_after"] >= shares.at["urban", "share_after"]


def test_a_share_that_cannot_be_reached_names_the_town(small_city, standard):
    with pytest.raises(InfeasibleError, match=r"东镇: at most 80\.0000%"):
        planner.make_plan(small_city, standard, every_town_share=0.9)


def test_unknown_objectives_are_refused(small_city, standard):
    with pytest.raises(PlanError, match="covered, cost, number, gap, farthest"):
        planner.front(small_city, standard, ("covered", "beauty"))
