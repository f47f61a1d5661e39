"""Phases of the small city, by hand: 4 far settlements of 800, each reached by one site."""

from __future__ import annotations

import pytest

import planner
from planner.errors import PlanError

pytestmark = pytest.mark.slow


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


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "no_years"),
        ({"budgets_yuan": [-1.0]}, "bad_budget"),
        ({"new_halls": [1.5]}, "bad_new_halls"),
        ({"budgets_yuan": [1e6], "new_halls": [1, 1]}, "different_years"),
    ],
)
def test_years_that_make_no_sense_are_refused(small_city, standard, asked, code):
    with pytest.raises(PlanError) as refused:
        planner.phases(small_city, standard, **asked)
    assert refused.value.code == code
