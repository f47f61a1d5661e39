"""The three-society side of a plan, on the small city by hand and on Taicang in sum."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import planner
from geodata import City
from planner.errors import PlanError
from planner.staffing import place_posts, recruitment

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def standard():
    return planner.Standard.load("taicang-2013")


@pytest.fixture(scope="module")
def plan(small_city, standard):
    return planner.make_plan(small_city, standard, new_halls=2, new_posts=1)


def test_need_of_social_work_is_that_of_the_case_loads(plan):
    table = plan.staffing.set_index(["community_code", "field"])
    assert len(table) == 4 * 6
    assert table.at[("320585100200", "youth"), "need_fte"] == pytest.approx(6 / 80)
    assert table.at[("320585100001", "youth"), "supply_fte"] == 2
    assert table.at[("320585100001", "youth"), "shortage_fte"] == 0
    assert set(table[table["estimated"]].index.unique("field")) == {
        "drug_control",
        "community_correction",
    }


def check_that_need_is_met_once(plan):
    table = plan.staffing
    met = table[["outreach_fte", "posts_fte", "projects_fte"]].sum(axis=1)
    assert (met <= table["shortage_fte"] + 1e-6).all()
    left = (table["shortage_fte"] - met).clip(lower=0)
    assert table["shortage_after_fte"].to_numpy() == pytest.approx(left.to_numpy(), abs=1e-6)
    assert plan.posts["fte_met"].sum() == pytest.approx(table["posts_fte"].sum())
    assert plan.projects["fte_met"].sum() == pytest.approx(table["projects_fte"].sum())
    assert (plan.posts["fte_met"] <= plan.posts["posts"] + 1e-9).all()
    persons = plan.summary["residents"] / plan.summary["fte_needed"]
    expected = plan.summary["served_after"] - plan.summary["served_before"]
    expected += persons * (table["posts_fte"] + table["projects_fte"]).sum()
    assert plan.actions["persons_met"].sum() == pytest.approx(expected)
    assert plan.actions["persons_met_so_far"].iloc[-1] == pytest.approx(expected)


def test_no_need_is_met_twice(plan):
    check_that_need_is_met_once(plan)


def test_no_need_of_taicang_is_met_twice(taicang_plan):
    check_that_need_is_met_once(taicang_plan)
    assert taicang_plan.summary["new_posts"] == 10
    assert taicang_plan.summary["projects_yuan_per_year"] <= 3_000_000
    assert taicang_plan.summary["outreach_gap"] < 0.05
    assert set(taicang_plan.actions["kind"]) == {"hall", "post", "project"}
    assert (taicang_plan.outreach["status"].isin(["optimal", "feasible"])).all()


def test_actions_are_ranked_by_yuan_a_year_for_each_person(plan):
    actions = plan.actions
    assert actions["rank"].tolist() == list(range(1, len(actions) + 1))
    assert actions["yuan_per_person"].dropna().is_monotonic_increasing
    assert set(actions["kind"]) == {"hall", "post"}  # outreach meets what the project could
    hall = actions.set_index("id").loc["C2"]
    # 1.5 million yuan over 50 years; 400 m² at 120 yuan; 800 residents newly within reach.
    assert hall["yuan_per_year"] == pytest.approx(1_500_000 / 50 + 400 * 120)
    assert hall["persons_met"] == 800
    assert hall["yuan_per_person"] == pytest.approx(78_000 / 800)
    assert actions.loc[actions["kind"] == "post", "yuan_per_year"].tolist() == [100_000]


def test_weights_of_the_standard_change_the_ranking(small_city, standard, plan):
    weights = standard.actions.weights.model_copy(update={"hall": 100.0})
    actions = standard.actions.model_copy(update={"weights": weights})
    other = standard.model_copy(update={"actions": actions})
    again = planner.make_plan(small_city, other, new_halls=2, new_posts=1)
    assert again.actions["kind"].tolist()[:2] == ["hall", "hall"]
    assert plan.actions["kind"].tolist()[:2] != ["hall", "hall"]


def test_gaps_tell_what_is_lacking_of_the_three_societies(plan):
    gaps = plan.gaps.set_index("community_code")
    row = gaps.loc["320585100200"]
    assert row["fte_short_women"] == pytest.approx(6 / 80)
    fields = [
        column for column in gaps if column.startswith("fte_short_") and "after" not in column
    ]
    assert len(fields) == 6
    assert gaps[fields].sum(axis=1).to_numpy() == pytest.approx(gaps["fte_short"].to_numpy())
    assert (gaps["fte_short_after"] <= gaps["fte_short"] + 1e-9).all()
    assert row["completeness"] == "7/8+0"
    assert "functions" in row["harmony_missed"]
    assert gaps["organisations"].tolist() == [1, 0, 0, 1]
    assert gaps.at["320585100001", "organisations_per_10000"] == 5


def test_indicators_are_told_now_and_after_with_their_source(plan):
    posts = plan.indicators.query("indicator == 'posts' and group == ''").iloc[0]
    assert (posts["value"], posts["value_after"]) == (4, 5)
    assert "2013" in posts["source"]
    assert plan.summary["indicators_with_target"] == plan.indicators["target"].notna().sum()


def test_what_the_standard_or_the_city_has_not_is_left_empty(small_tables, standard):
    for layer in ("workers", "organisations", "projects"):
        del small_tables[layer]
    bare = standard.model_copy(
        update={"workers": {}, "outreach": None, "harmony": None, "projects": None, "actions": None}
    )
    city = City.from_tables(small_tables)
    nothing = planner.make_plan(city, bare, new_halls=1)
    for name in ("staffing", "outreach", "posts", "projects", "organisations", "inspections"):
        frame = getattr(nothing, name)
        assert frame.empty
        assert len(frame.columns) > 4
    assert nothing.actions.empty
    assert nothing.harmony.empty
    assert "fte_short" in nothing.gaps
    some = planner.make_plan(city, standard, new_halls=1)
    assert len(some.posts) > 0
    assert set(some.actions["kind"]) == {"hall", "post"}


def test_a_plan_of_another_standard_has_it_all(small_city):
    standard = planner.Standard.load("national-14fyp")
    other = planner.make_plan(small_city, standard, new_halls=1, new_posts=2)
    assert other.posts["posts"].sum() == 2
    assert other.actions["kind"].isin(["hall", "post", "project"]).all()


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"new_posts": -1}, "new posts is -1"), ({"projects_budget_yuan": -5}, "projects is -5")],
)
def test_numbers_out_of_range_are_refused(small_city, standard, asked, said):
    with pytest.raises(PlanError, match=said):
        planner.make_plan(small_city, standard, **asked)


def test_nothing_is_hired_or_bought_where_nothing_is_asked_for(small_city, standard):
    plan = planner.make_plan(small_city, standard, new_halls=1, new_posts=0, projects_budget_yuan=0)
    assert plan.posts.empty
    assert plan.projects.empty
    assert set(plan.actions["kind"]) == {"hall"}


def test_a_plan_is_frozen(plan):
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.actions = None


def test_posts_are_nearly_as_good_as_the_best_of_all_choices():
    draws = np.random.default_rng(5)
    for _ in range(8):
        travel = draws.uniform(0, 90, (4, 3))
        unmet = pd.DataFrame(draws.uniform(0, 0.8, (4, 2)), columns=["a", "b"])
        visits, bound = place_posts(travel, unmet, 2)
        found = visits["fte"].sum()
        best = max(
            sum(
                recruitment(travel, unmet[field], posts, hours_per_post=1.0).hours
                for field, posts in (("a", split), ("b", 2 - split))
            )
            for split in range(3)
        )
        assert found <= best + 1e-6 <= bound + 2e-6
        assert found >= (1 - 1 / np.e) * best
        given = visits.groupby(["community", "field"])["fte"].sum()
        assert all(fte <= unmet.loc[place] + 1e-9 for place, fte in given.items())
        work = visits["fte"] * 8 / (8 - travel[visits["community"], visits["base"]] / 30)
        assert (work.groupby(visits["post"]).sum() <= 1 + 1e-9).all()
