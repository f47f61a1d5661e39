"""Fronts and fair plans of the small city, by hand: each site but C5 serves 800 more."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import hstack

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


def minutes_with(city, standard, sites):
    """Return the minutes of each settlement to its nearest hall or new site, and its residents."""
    now = planner.decisions.situation(city, standard)
    columns = now.sites.index.get_indexer(list(sites))
    near = [now.to_halls.travel.minutes, now.to_sites.travel.minutes[:, columns]]
    stored = hstack(near, format="csr")
    return np.array([row.data.min() for row in stored]), now.residents


@pytest.mark.parametrize("objective", ["person_minutes", "insufficiency", "gini"])
def test_objectives_of_minutes_are_those_of_the_measures(small_city, standard, objective):
    found = planner.choose(small_city, standard, [objective, "cost"], new_halls=2)
    assert found.answer.status == "optimal"
    minutes, people = minutes_with(small_city, standard, found.sites["site_id"])
    known = {
        "person_minutes": people @ minutes,
        "insufficiency": planner.equity.fgt(90 - minutes, people, 75, 1) * people.sum() * 75,
        "gini": planner.equity.gini(minutes, people),
    }
    assert found.objectives["value"].iloc[0] == pytest.approx(known[objective])


def test_a_site_is_built_only_where_its_residents_are_worth_more(small_city, standard):
    # 800 residents each: C2 for 1.5 million, C3 for 3 million, C1 for 4 million.
    found = planner.choose(small_city, standard, {"covered": 4000, "cost": 1})
    assert set(found.sites["site_id"]) == {"C2", "C3"}
    assert found.objectives["value"].tolist() == [6400, 4.5e6]


@pytest.mark.parametrize(
    ("objectives", "tolerance", "code"),
    [
        (["beauty"], 0.0, "bad_preferences"),
        (["cost", "cost"], 0.0, "bad_preferences"),
        ({"covered": -1.0}, 0.0, "bad_preference_weights"),
        ({"covered": 0.0}, 0.0, "bad_preference_weights"),
        (["covered"], -0.1, "bad_tolerance"),
    ],
)
def test_preferences_that_make_no_sense_are_refused(
    small_city, standard, objectives, tolerance, code
):
    with pytest.raises(PlanError) as refused:
        planner.choose(small_city, standard, objectives, tolerance=tolerance)
    assert refused.value.code == code
