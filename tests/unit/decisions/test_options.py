"""Alternatives and reasons in the small city: C1, C2 and C3 serve 800 more residents each."""

from __future__ import annotations

import numpy as np
import pytest

import planner
from geodata.language import use_language
from planner.decisions import Question, substitutes
from planner.errors import PlanError

pytestmark = pytest.mark.slow


@pytest.fixture
def asked(small_city):
    standard = planner.Standard.load("taicang-2013")

    def ask(**request):
        return Question(small_city, standard, planner.PlanRequest(**request))

    return ask


def test_sets_that_serve_as_many_come_first_and_then_the_worse(asked):
    found = planner.alternatives(asked(new_halls=2), within=0.2, count=10)
    pairs = {frozenset(sites.split(";")) for sites in found["site_ids"].head(3)}
    assert pairs == {frozenset(p) for p in (("C1", "C2"), ("C1", "C3"), ("C2", "C3"))}
    assert found["loss"].head(3).tolist() == [0, 0, 0]
    assert (found["loss"].iloc[3:] == 800).all()
    assert found["proven"].all()
    assert found.attrs["complete"]


def test_sets_that_must_differ_by_two_sites_share_none_of_two(asked):
    found = planner.alternatives(asked(new_halls=2), within=0.2, count=10, differ_by=2)
    one, other = (set(sites.split(";")) for sites in found["site_ids"].head(2))
    assert not one & other
    assert found["loss"].tolist() == [0, 800]
    assert found["proven"].all()
    assert found.attrs["complete"]


def test_the_alternatives_of_a_plan_begin_with_its_own_sites(small_plan):
    found = planner.alternatives(small_plan, count=1)
    assert set(found["site_ids"][0].split(";")) == set(small_plan.recommendations["site_id"])


def test_substitutes_stand_in_one_for_one_under_the_same_budget(asked):
    table = substitutes(asked(budget_yuan=4.5e6)).set_index("site_id")
    assert set(table.index) == {"C2", "C3"}
    # In place of C2 nothing fits into 1.5 million but C5, which serves nobody new.
    assert table.at["C2", "substitute_loss"] == 800
    assert table.at["C2", "loss_if_unavailable"] == 800
    # With C3 gone, C2 leaves 3 million: not enough for C1.
    assert table.at["C3", "substitute_loss"] == 800


def test_substitutes_of_the_cheapest_plan_lose_yuan(asked):
    table = substitutes(asked(target_share=0.8)).set_index("site_id")
    assert set(table.index) == {"C2", "C3"}
    assert table.attrs["unit"] == "yuan"
    assert table["substitute_id"].tolist() == ["C1", "C1"]
    assert table["substitute_loss"].tolist() == [2.5e6, 1e6]


@pytest.mark.parametrize(
    ("site", "request_", "state"),
    [
        ("C2", {"budget_yuan": 2e6}, "recommended"),
        ("C1", {"budget_yuan": 2e6}, "dear"),
        ("C5", {"budget_yuan": 2e6}, "nobody"),
        ("C3", {"new_halls": 3, "forbidden_sites": ("C3",)}, "forbidden"),
        ("C4", {"new_halls": 1}, "unavailable"),
        ("C1", {"target_share": 0.7}, "worse"),
        ("C3", {"budget_yuan": 4e6, "forbidden_sites": ("C2",)}, "equal"),
    ],
)
def test_a_reason_says_why_a_site_is_or_is_not_chosen(asked, site, request_, state):
    if state == "equal":  # of two sites that serve as many, the one that was not chosen
        (chosen,) = planner.alternatives(asked(**request_), count=1)["site_ids"]
        site = {"C1": "C3", "C3": "C1"}[chosen]
    reason = planner.explain(asked(**request_), site)
    assert reason.state == state
    assert reason.name in reason.sentence
    with use_language("zh"):
        assert planner.explain(asked(**request_), site).sentence != reason.sentence


def test_the_numbers_of_a_reason_are_those_of_the_city(asked):
    numbers = planner.explain(asked(budget_yuan=2e6), "C2").numbers
    assert numbers["unserved_within_reach"] == numbers["gained"] == 800
    assert numbers["loss_if_unavailable"] == 800
    worse = planner.explain(asked(target_share=0.7), "C1").numbers
    assert worse["loss"] == 2.5e6
    assert worse["out"] == "C2"


def test_a_site_that_no_plan_can_hold_loses_without_end(asked):
    numbers = planner.explain(asked(target_share=0.9), "C1").numbers
    assert np.isinf(numbers["loss_if_unavailable"])


def test_a_site_that_does_not_exist_is_refused(asked):
    with pytest.raises(PlanError, match="no site C99"):
        planner.explain(asked(new_halls=1), "C99")
