"""The plan of the small city, checked by hand.

A walker at 4.8 km/h needs 15 minutes for 1.2 km. Each hall stands at (1, 1) of its community's
3 km square; one settlement is 500 m south of it (served), the other at (2.5, 2.5), 3 km away along
the streets (not served). C1 and C3 stand on the far settlements of the two southern communities,
C2 on that of the north-western; C4, on the north-eastern, is not available; C5 serves nobody new.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import planner
from geodata import City
from planner.errors import InfeasibleError, PlanError
from tests.small_city import small_city_tables


@pytest.fixture(scope="module")
def standard():
    return planner.Standard.load("taicang-2013")


@pytest.fixture(scope="module")
def plan(small_plan):
    return small_plan


def test_the_near_settlements_are_served_and_the_far_are_not(plan):
    assert plan.settlements["served_before"].tolist() == [True, False] * 4
    assert plan.summary["served_before"] == 4800
    assert plan.summary["share_before"] == 0.6


def test_ages_that_are_not_known_are_not_counted_as_none():
    tables = small_city_tables()
    tables["settlements"].loc[1, "age_60_plus"] = None
    city = City.from_tables(tables)
    plan = planner.make_plan(city, planner.Standard.load("taicang-2013"), new_halls=3)
    gained = plan.recommendations.set_index("community_code")["elderly_gained"]
    home = tables["settlements"].loc[1, "community_code"]
    assert gained.isna().tolist() == [code == home for code in gained.index]


def test_minutes_are_those_of_the_streets(plan):
    minutes = plan.settlements["minutes_before"].to_numpy()
    assert minutes[0] == pytest.approx(500 / 80, rel=1e-3)
    assert minutes[1] == pytest.approx(3000 / 80, rel=1e-3)


def test_two_halls_serve_two_far_settlements(plan):
    assert len(plan.recommendations) == 2
    assert plan.recommendations["residents_gained"].tolist() == [800, 800]
    assert plan.recommendations["elderly_gained"].tolist() == [150, 150]
    assert plan.recommendations["rank"].tolist() == [1, 2]
    assert set(plan.recommendations["site_id"]) <= {"C1", "C2", "C3"}
    assert plan.recommendations["minutes_after"].max() < 1
    assert plan.summary["served_after"] == 6400
    assert plan.summary["status"] == "optimal"
    assert plan.summary["gap"] == 0
    assert plan.siting.objective == 6400


def test_gains_add_up_to_the_difference(plan):
    gained = plan.recommendations["residents_gained"].sum()
    assert gained == plan.summary["served_after"] - plan.summary["served_before"]


def test_a_site_that_would_serve_nobody_new_is_not_recommended(small_city, standard):
    plan = planner.make_plan(small_city, standard, new_halls=4)
    assert sorted(plan.recommendations["site_id"]) == ["C1", "C2", "C3"]


def test_a_budget_buys_the_cheapest_gains(small_city, standard):
    plan = planner.make_plan(small_city, standard, budget_yuan=5e6)
    assert sorted(plan.recommendations["site_id"]) == ["C2", "C3"]
    assert plan.summary["cost_yuan"] == 4.5e6


def test_a_target_is_reached_at_the_least_cost(small_city, standard):
    plan = planner.make_plan(small_city, standard, target_share=0.7)
    assert plan.recommendations["site_id"].tolist() == ["C2"]
    assert plan.summary["share_after"] == 0.7


def test_a_forbidden_site_is_not_used(small_city, standard):
    plan = planner.make_plan(small_city, standard, target_share=0.7, forbidden_sites=("C2",))
    assert plan.recommendations["site_id"].tolist() == ["C3"]


def test_a_closed_hall_serves_nobody(small_tables, standard):
    small_tables["halls"].loc[3, "status"] = "closed"
    plan = planner.make_plan(City.from_tables(small_tables), standard, new_halls=1)
    assert not plan.settlements["served_before"].iloc[0]
    assert plan.summary["share_institutional"] == 0.75
    gaps = plan.gaps.set_index("community_code")
    assert gaps.at["320585100001", "without_hall"]
    assert pd.isna(gaps.at["320585100001", "hall_id"])


def test_a_city_without_an_open_hall_is_refused(small_tables, standard):
    small_tables["halls"]["status"] = "closed"
    with pytest.raises(PlanError, match="no hall of the community tier is open"):
        planner.make_plan(City.from_tables(small_tables), standard)


def test_a_city_without_candidates_is_refused(small_tables, standard):
    small_tables["candidates"]["available"] = False
    with pytest.raises(PlanError, match="no site is available"):
        planner.make_plan(City.from_tables(small_tables), standard)


def test_what_stands_in_the_way_of_a_target_is_named(small_city, standard):
    with pytest.raises(InfeasibleError, match=r"90\.0% of residents are served.*东北村"):
        planner.make_plan(small_city, standard, target_share=0.95)


def test_gaps_name_what_each_community_lacks(plan):
    gaps = plan.gaps.set_index("hall_id")
    assert gaps.at["H1", "functions_missing"] == ""
    assert gaps.at["H2", "functions_missing"] == "village_accounts"
    assert gaps["form_gap"].to_dict() == {"H1": False, "H2": True, "H3": False, "H4": True}
    assert gaps.at["H1", "floor_area_gap_m2"] == 0
    assert gaps.at["H2", "floor_area_gap_m2"] == 900
    assert gaps.at["H3", "floor_area_gap_m2"] == 200
    assert np.isnan(gaps.at["H4", "floor_area_gap_m2"])
    assert gaps.at["H2", "capacity_gap_visits_per_day"] == pytest.approx(2000 * 12 / 1000 - 10)
    assert gaps["residents_unserved"].tolist() == [800] * 4


def test_coverage_adds_up_over_towns_and_kinds(plan):
    for _, tier in plan.coverage.groupby("tier"):
        sums = tier.groupby("by")[["residents", "residents_served", "residents_served_after"]].sum()
        assert (sums == sums.iloc[0]).all(axis=None)
    assert set(plan.coverage["tier"]) == {"municipal", "town", "community"}


def test_platforms_short_of_their_functions_are_incomplete(plan):
    halls = plan.halls.set_index("hall_id")
    assert halls.at["M1", "complete"]
    assert not halls.at["T1", "complete"]
    assert halls.at["T1", "functions_missing"] == "culture_sports"
    assert halls.at["H1", "functions_extra"] == 1


def test_a_settlement_on_an_island_of_roads_is_reported_not_dropped(small_tables, standard):
    edges, nodes = small_tables["road_edges"], small_tables["road_nodes"]
    corner = nodes["node_id"].iloc[-1]
    cut = (edges["from_node"] == corner) | (edges["to_node"] == corner)
    small_tables["road_edges"] = edges[~cut]
    far = small_tables["settlements"].copy()
    far.loc[7, "geometry"] = nodes.geometry.iloc[-1]
    small_tables["settlements"] = far
    plan = planner.make_plan(City.from_tables(small_tables), standard, new_halls=1)
    assert len(plan.settlements) == 8
    assert plan.summary["residents"] == 8000


def test_a_city_without_roads_is_marked_approximate(small_tables, standard):
    del small_tables["road_nodes"], small_tables["road_edges"]
    plan = planner.make_plan(City.from_tables(small_tables), standard, new_halls=1)
    assert plan.summary["approximate"]


def test_a_plan_tells_accessibility_and_allocation_of_its_city(plan):
    nearest = plan.accessibility("nearest")
    before = plan.settlements.set_index("settlement_id")["minutes_before"]
    assert nearest.loc[before.index].to_numpy() == pytest.approx(before.to_numpy(), nan_ok=True)
    assert plan.allocation("nearest").demand.sum() > 0


def test_a_notebook_shows_city_plan_and_answer_with_names_as_text(small_city, small_plan):
    hostile = small_plan.recommendations.assign(name="<script>alert(1)</script>")
    shown = dataclasses.replace(small_plan, recommendations=hostile)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "<svg" in shown
    assert "settlements" in small_city._repr_html_()
    assert small_plan.siting.summary().split(":")[0] in small_plan.siting._repr_html_()
