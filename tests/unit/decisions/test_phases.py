"""Phases of the small city, by hand: 4 far settlements of 800, each reached by one site."""

from __future__ import annotations

import pandas as pd
import pytest

import planner
from planner.errors import PlanError

pytestmark = pytest.mark.slow


def table(code, residents):
    return pd.DataFrame({"code": [code], "2026": [residents]})


@pytest.fixture(scope="module")
def standard():
    return planner.Standard.load("taicang-2013")


def test_the_cheapest_sites_come_first_and_a_delay_costs_their_residents(small_city, standard):
    found = planner.phases(small_city, standard, budgets_yuan=[3e6, 3e6])
    assert found.answer.status == "optimal"
    assert found.sites["residents_gained"].tolist() == [800, 800]
    assert found.years["residents_served"].tolist() == [5600, 6400]
    # A year late, nothing can be bought in the first year, everything in the second.
    assert found.years["delay_loss"].tolist() == [800, 800]


def test_residents_of_each_year_decide_what_comes_first(small_city, standard):
    # Each site gains 800 of today's residents; the east doubles every year.
    found = planner.phases(small_city, standard, new_halls=[1, 1], growth={"320585101": 1.0})
    assert found.years["residents"].tolist() == [4000 + 8000, 4000 + 16000]
    assert found.sites["town_name"].tolist()[0] == "东镇"
    assert found.sites["residents_gained"].tolist()[0] == 1600
    assert found.years["share"].iloc[0] == pytest.approx((2400 + 2 * 2400 + 1600) / 12000)


def test_a_projection_replaces_today_and_what_is_not_in_it_stays(small_city, standard, tmp_path):
    file = tmp_path / "projection.csv"
    file.write_text("code,2026,2027\n320585100001,3000,4000\n")
    found = planner.phases(small_city, standard, new_halls=[1, 1], population=file)
    assert found.years["residents"].tolist() == [9000, 10000]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "no_years"),
        ({"budgets_yuan": [-1.0]}, "bad_budget"),
        ({"new_halls": [1.5]}, "bad_new_halls"),
        ({"budgets_yuan": [1e6], "new_halls": [1, 1]}, "different_years"),
        ({"new_halls": [1], "growth": {"all": -1.0}}, "bad_growth"),
        ({"new_halls": [1], "growth": {"moon": 0.1}}, "unknown_group"),
        ({"new_halls": [1], "population": "nowhere.csv"}, "bad_population"),
        ({"new_halls": [1], "population": table("1", 3)}, "bad_population"),
        ({"new_halls": [1], "population": table("320585100001", -3)}, "bad_population"),
        ({"new_halls": [1, 1], "population": table("320585100001", 3)}, "bad_population"),
    ],
)
def test_years_that_make_no_sense_are_refused(small_city, standard, asked, code):
    with pytest.raises(PlanError) as refused:
        planner.phases(small_city, standard, **asked)
    assert refused.value.code == code
