"""Outreach, recruitment and circuits do what they say."""

from __future__ import annotations

import numpy as np
import pytest

from planner import Standard
from planner.errors import ArgumentError, InfeasibleError, PlanError
from planner.staffing import (
    circuits,
    circuits_of_city,
    outreach,
    outreach_of_city,
    posts_for_target,
    published_outreach,
    published_recruitment,
    recruit,
    recruitment,
)
from planner.staffing.circuits import travel_minutes


@pytest.fixture(scope="module")
def standard():
    return Standard.load("taicang-2013")


@pytest.fixture(scope="module")
def answer(small_city, standard):
    return outreach_of_city(small_city, standard, time_limit_s=5)


def test_the_worst_served_community_comes_first():
    plan = outreach([[0.0], [0.0]], [30], [30], [10, 50], hours_per_community=2)
    assert plan.communities["share"].tolist() == pytest.approx([0.5, 0.5], abs=1e-5)
    assert plan.status == "optimal"


def test_travel_counts_as_work():
    plan = outreach([[60.0]], hours=[16], days=[5], need=[100])
    assert plan.hours == pytest.approx(12)  # two days of 8 hours, 2 of them on the way
    assert plan.workers["travel_hours"].tolist() == [4.0]


def test_what_is_met_already_counts_in_the_share():
    plan = outreach([[0.0], [0.0]], hours=[20], days=[30], need=[40, 40], met=[20, 0])
    assert plan.least_share == pytest.approx(0.5, abs=1e-5)
    assert plan.communities["hours"].tolist() == pytest.approx([0, 20], abs=1e-4)


@pytest.mark.slow
def test_a_plan_beyond_the_program_states_its_gap():
    rng = np.random.default_rng(5)
    minutes = np.where((near := rng.uniform(0, 80, (60, 12))) < 45, near, np.inf)
    need = rng.uniform(20, 60, 60)
    plan = outreach(minutes, np.full(12, 200.0), np.full(12, 60), need)
    used = plan.workers["hours"] + plan.workers["travel_hours"]
    assert (used <= 200 + 1e-6).all()
    assert (plan.visits.groupby("community").size() <= 2).all()
    assert 0 < plan.least_share <= plan.least_share_bound < 1
    assert plan.gap < 0.03


def test_what_is_published_of_outreach_and_recruitment_withholds_few_clients(
    small_city, standard, answer
):
    for by in ("town", "field"):
        shown = published_outreach(answer, standard, by).set_index("field")
        drug = shown.loc[["drug_control"]]
        clients = answer.fte.xs("drug_control", level="field")["need_fte"].sum() * 30
        assert 0 < clients < 5 or not drug["withheld"].any()
        assert (
            drug.loc[drug["withheld"], ["need_fte", "outreach_fte", "share"]].isna().all(axis=None)
        )
        assert not shown.loc["youth":"youth", "withheld"].any()
    fields = ["drug_control", "youth"]
    new = recruit(small_city, standard, posts=1, fields=fields)
    table = published_recruitment(new, standard).set_index("field")
    assert table.loc["youth", "need_fte"] > 0
    assert not table.loc["youth", "withheld"]


def test_nobody_within_reach_gives_an_empty_plan():
    plan = outreach([[np.inf]], hours=[20], days=[5], need=[10])
    assert plan.visits.empty
    assert not plan.communities["reached"].any()
    assert plan.status == "optimal"
    assert plan.calendar().empty


def test_a_community_sees_few_workers():
    plan = outreach(np.zeros((1, 3)), [10] * 3, [5] * 3, [40], workers_per_community=2)
    assert len(plan.visits) == 2
    assert plan.hours == pytest.approx(20)


def test_the_calendar_holds_every_visiting_day_once():
    plan = outreach(np.full((3, 2), 15.0), [60, 60], [20, 20], [30, 30, 30])
    days = plan.calendar()
    assert len(days) == plan.visits["days"].sum()
    assert not days.duplicated(["worker", "day"]).any()
    assert days["day"].between(1, 20).all()
    assert (days["hours"] + days["travel_hours"]).max() <= 8 + 1e-6


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"met": [50]}, "met"),
        ({"hours_per_day": 0}, "hours_per_day"),
        ({"workers_per_community": 0}, "workers_per_community"),
        ({"hours": [-1]}, "hours"),
    ],
)
def test_wrong_arguments_are_named(change, problem):
    given = {"hours": [10], "days": [5], "need": [10]} | change
    with pytest.raises(ArgumentError, match=problem):
        outreach([[5.0]], **given)


def test_urban_workers_of_the_small_city_serve_its_villages(small_city, answer):
    visited = {code for plan in answer.plans.values() for code in plan.visits["community"]}
    kinds = small_city.communities.set_index("code")["kind"]
    assert visited
    assert (kinds.loc[list(visited)] == "rural").all()
    assert set(answer.plans) == {"youth", "women", "drug_control"}
    youth = answer.plans["youth"].workers
    assert youth["hours_available"].tolist() == [240.0, 240.0]  # half of 40 hours in 12 weeks
    met = answer.fte.xs("youth", level="field")["outreach_fte"].sum()
    assert met == pytest.approx(answer.plans["youth"].hours / answer.hours_per_fte)


@pytest.mark.slow
def test_outreach_of_the_embedded_city_states_its_gap(taicang, standard):
    found = outreach_of_city(taicang, standard)
    assert set(found.plans) == set(standard.workers)
    assert all(plan.gap < 0.01 for plan in found.plans.values())
    assert (found.fte["share"].dropna() <= 1 + 1e-9).all()


def test_new_posts_go_where_they_meet_most():
    found = recruitment([[0.0, np.inf], [np.inf, 0.0]], [30, 50], 1, hours_per_post=100)
    assert found.posts.to_dict() == {1: 1}
    assert (found.hours, found.status) == (pytest.approx(50), "optimal")


def test_a_target_takes_the_fewest_posts_or_says_that_it_cannot_be_met():
    found = posts_for_target([[0.0], [30.0]], [80, 70], [80, 70], 1.0, hours_per_post=80)
    assert found.count == found.count_bound == 2
    with pytest.raises(InfeasibleError, match=r"at most 53\.3%"):
        posts_for_target([[0.0], [np.inf]], [80, 70], [80, 70], 1.0, hours_per_post=80)


def test_recruiting_in_the_small_city_lifts_the_share(small_city, standard, answer):
    found = recruit(small_city, standard, posts=1, fields=["social_relief"])
    assert found.fields["share_after"].item() > found.fields["share_before"].item() == 0
    assert found.places["posts"].sum() == 1
    met = answer.fte["share"] * answer.fte["need_fte"]
    later = recruit(small_city, standard, target_share=0.9, fields=["youth"], met_fte=met)
    assert later.fields["share_after"].item() >= 0.9 - 1e-6
    with pytest.raises(PlanError, match="either posts or target_share"):
        recruit(small_city, standard)


def test_rounds_save_travel_and_fit_in_a_day():
    minutes = np.array([[0, 40, 40, 40], [40, 0, 5, 60], [40, 5, 0, 60], [40, 60, 60, 0.0]])
    routes = circuits(minutes, np.array([2.0, 2.0, 3.0]))
    assert sorted(map(sorted, routes)) == [[1, 2], [3]]
    assert travel_minutes(minutes, routes) == 165


def test_rounds_of_the_small_city_make_every_visit(small_city, standard, answer):
    rounds = circuits_of_city(small_city, standard, answer)
    made = rounds.groupby(["worker", "community"])["times"].sum()
    for plan in answer.plans.values():
        wanted = plan.visits.set_index(["worker", "community"])["days"]
        assert (made.loc[wanted.index] == wanted).all()
    about = rounds.groupby(["worker", "route"])
    day = about["hours"].sum() + about["travel_hours"].first()
    assert day.max() <= 8 + 0.01
    assert (rounds["travel_hours"] <= rounds["out_and_back_hours"] + 1e-9).all()


def test_a_visit_longer_than_a_day_is_refused():
    with pytest.raises(ArgumentError, match="place 1 takes 9"):
        circuits(np.array([[0, 60], [60, 0.0]]), np.array([7.0]))
