"""Tiers of the small city, by hand.

Nobody in it reaches a hall by platform: both platforms and the centre lack functions of the tier
below. Visits a day: 96 to community halls, 12 to platforms, 2 to the centre.
"""

from __future__ import annotations

import pytest

import planner
from geodata import City
from planner.errors import InfeasibleError, PlanError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def standard():
    return planner.Standard.load("taicang-2013")


def test_a_new_platform_is_a_community_hall_too(small_city, standard):
    found = planner.tiers(small_city, standard, new_platforms=1)
    assert found.answer.status == "optimal"
    travel = found.travel.set_index("tier")
    assert travel["visits_per_day"].tolist() == pytest.approx([96, 12, 2])
    assert travel["places"].tolist() == [4, 2, 1]
    assert travel["places_after"].tolist() == [5, 3, 1]
    # Half the residents of a community live 500 m from their hall, the rest 3 km (4 km/h, 30 min).
    assert travel.at["community", "minutes_before"] == pytest.approx(18.75)
    assert travel["visit_minutes_after"].sum() == pytest.approx(found.answer.objective)
    (site,) = found.sites.itertuples()
    area = small_city.candidates.set_index("site_id").at[site.id, "floor_area_m2"]
    price = small_city.candidates.set_index("site_id").at[site.id, "cost_yuan"]
    assert site.action == "new_platform"
    assert site.cost_yuan == price + 4000 * (2500 - area)


def test_a_hall_is_raised_where_sites_are_forbidden_and_stations_are_not(small_city, standard):
    closed = ["C1", "C2", "C3", "C5"]
    found = planner.tiers(small_city, standard, new_platforms=4, forbidden_sites=closed)
    assert set(found.sites["id"]) <= {"H1", "H3"}
    assert set(found.sites["action"]) <= {"raise_platform"}


def test_visits_go_on_from_the_facility_where_that_is_asked(small_city, standard):
    home = planner.tiers(small_city, standard, new_halls=2).travel.set_index("tier")
    asked = {"new_halls": 2, "refer_from": "facility"}
    found = planner.tiers(small_city, standard, **asked).travel.set_index("tier")
    assert (
        found.at["community", "visit_minutes_after"] == home.at["community", "visit_minutes_after"]
    )
    assert found.at["town", "minutes_before"] == pytest.approx(5.4)
    assert home.at["town", "minutes_before"] == pytest.approx(6.6)


@pytest.mark.parametrize(("goal", "best"), [("reach", 0.8 * 96 + 12 + 2), ("every_tier", 6400)])
def test_reach_counts_visits_or_residents(small_city, standard, goal, best):
    found = planner.tiers(small_city, standard, new_halls=2, goal=goal)
    assert found.answer.objective == pytest.approx(best)
    assert found.travel["share_after"].tolist() == pytest.approx([0.8, 1, 1])


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "no_tiers"),
        ({"new_halls": -1}, "bad_new_halls"),
        ({"budget_yuan": float("nan")}, "bad_budget"),
        ({"new_halls": 1, "goal": "joy"}, "bad_tiers"),
        ({"new_halls": 1, "refer_from": "moon"}, "bad_tiers"),
        ({"new_halls": 1, "forbidden_sites": ["C9"]}, "unknown_site"),
    ],
)
def test_requests_that_make_no_sense_are_refused(small_city, standard, asked, code):
    with pytest.raises(PlanError) as refused:
        planner.tiers(small_city, standard, **asked)
    assert refused.value.code == code


def test_a_standard_without_visits_to_the_upper_tiers_is_refused(small_city, standard):
    visits = standard.visits.model_copy(update={"town_per_1000_residents_per_day": None})
    with pytest.raises(PlanError, match="town_per_1000_residents_per_day"):
        planner.tiers(small_city, standard.model_copy(update={"visits": visits}), new_halls=1)


def test_a_city_without_a_centre_says_at_which_tier_nobody_is_served(small_tables, standard):
    small_tables["halls"] = small_tables["halls"].query("tier != 'municipal'")
    with pytest.raises(InfeasibleError, match="tier 3 reaches demand S0"):
        planner.tiers(City.from_tables(small_tables), standard, new_halls=1)
