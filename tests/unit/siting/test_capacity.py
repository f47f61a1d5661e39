"""Capacity, competition, dispersion: what they refuse, and what they say."""

from __future__ import annotations

import os
import signal
import threading

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from planner import siting
from planner.errors import SitingError

COST = np.array([[1.0, 5.0], [2.0, 4.0], [6.0, 1.0]])

REFUSED = {
    "neither number nor budget": (
        lambda: siting.capacitated_p_median(COST, capacity=3),
        "neither p nor budget",
    ),
    "a negative cost": (
        lambda: siting.capacitated_p_median(-COST, 1, capacity=3),
        "cost[0, 0] is -1.0",
    ),
    "capacities of another length": (
        lambda: siting.capacitated_p_median(COST, 1, capacity=[1, 2, 3]),
        "capacity has shape (3,); give a vector of length 2",
    ),
    "a distance that is not symmetric": (
        lambda: siting.p_dispersion([[0, 1], [2, 0]], 1),
        "distance[0, 1] is negative, missing or not the same both ways",
    ),
    "a distance that is not square": (lambda: siting.p_dispersion(COST, 1), "sites × sites"),
    "a sparse distance": (lambda: siting.p_dispersion(csr_array(np.eye(2)), 1), "sparse"),
    "a distance of nothing under a power": (
        lambda: siting.market_share([[0.0]], 1),
        "distance[0, 0] is 0.0; raise it to a least distance above 0",
    ),
    "competitors of other demand": (
        lambda: siting.market_share(COST, 1, competitors=[[1.0]]),
        "competitors has other demand",
    ),
    "an unknown decay": (lambda: siting.market_share(COST, 1, decay="linear"), "decay is 'linear'"),
    "a curve of both": (
        lambda: siting.curve(siting.max_coverage, COST, p=[1], budgets=[1]),
        "give either p or budgets",
    ),
    "a curve of a model without number": (
        lambda: siting.curve(siting.set_cover, COST, p=[1]),
        "set_cover takes no p",
    ),
    "alternatives to nothing": (
        lambda: siting.alternatives(siting.set_cover([[0, 0]])),
        "the result is infeasible",
    ),
    "an argument that the model does not have": (
        lambda: siting.explain_infeasible(siting.set_cover, COST, p=2),
        "set_cover: got an unexpected keyword argument 'p'",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_worked_with_is_refused_with_the_remedy(case):
    call, text = REFUSED[case]
    with pytest.raises(SitingError) as refused:
        call()
    assert text in str(refused.value)


def test_weights_count_in_the_objective_and_demand_in_the_capacity():
    result = siting.capacitated_p_median(
        COST, 2, weights=[10, 1, 1], demand=[1, 2, 2], capacity=3, split=False
    )
    assert result.objective == 10 * 1 + 2 + 1
    assert result.facilities["load"].tolist() == [3, 2]
    assert result.facilities["use"].tolist() == [1, pytest.approx(2 / 3)]


def test_a_demand_that_is_too_big_for_every_site_is_named():
    ids = pd.Index(["north", "south", "east"])
    table = pd.DataFrame(COST, index=ids, columns=["A", "B"])
    result = siting.capacitated_p_median(table, 2, demand=[1, 9, 1], capacity=4)
    assert result.status == "infeasible"
    assert "demand south takes 9 of capacity" in result.message
    assert np.isnan(result.objective)


def test_split_demand_is_shared_and_the_shares_say_by_whom():
    result = siting.capacitated_p_median(COST, 2, demand=[2, 2, 2], capacity=3, split=True)
    shares = result.shares.toarray()
    assert shares.sum(axis=1) == pytest.approx(np.ones(3))
    assert (np.array([2, 2, 2]) @ shares).tolist() == pytest.approx([3, 3])
    assert result.facilities["demands"].tolist() == [2, 2]


def test_the_demand_and_site_ids_of_a_long_table_come_back():
    rows = [(30, "b", 4.0), (30, "a", 1.0), (10, "b", 2.0), (20, "a", 3.0)]
    table = pd.DataFrame(rows, columns=["from_id", "to_id", "travel_time"])
    weights = pd.Series({10: 1.0, 20: 2.0, 30: 3.0})
    result = siting.capacitated_p_median(table, 2, weights=weights, capacity=10)
    assert result.demand.index.tolist() == [10, 20, 30]
    assert result.demand["site"].tolist() == ["b", "a", "a"]
    assert result.demand["weight"].tolist() == [1, 2, 3]
    assert result.demand["cost"].tolist() == [2, 3, 1]
    assert result.facilities.index.tolist() == ["a", "b"]
    assert result.facilities["load"].tolist() == [5, 1]


def test_number_ids_in_no_order_stay_with_their_rows():
    table = pd.DataFrame(COST, index=[7, 3, 5], columns=[20, 10])
    result = siting.facility_location(table, pd.Series({10: 1.0, 20: 2.0}))
    assert result.assignment.tolist() == [20, 20, 10]
    assert result.demand["site"].to_dict() == {7: 20, 3: 20, 5: 10}
    assert result.facilities.index.tolist() == [20, 10]
    opened = siting.facility_location(table, 100, fixed=[10])
    assert opened.sites.tolist() == [10]
    assert opened.objective == 10


def test_an_explanation_names_the_group_where_capacity_lacks():
    cost = np.array([[1, np.inf], [1, np.inf], [np.inf, 1]])
    told = siting.explain_infeasible(
        siting.capacitated_p_median, cost, 2, demand=[4, 3, 1], capacity=[5, 5],
        rules=siting.Rules(quotas=[siting.Quota([0], name="the north")]),
    )  # fmt: skip
    assert told.feasible is False
    assert "demand 0, 1 takes 7, but all sites that reach it hold 5: short by 2" in told.reason
    (remedy,) = told.remedies
    assert remedy.text == "2 more capacity: 2 at site 0 (in the north)"
    assert remedy.where.to_dict() == {0: 2.0}


def test_an_explanation_says_how_many_more_sites_are_needed():
    told = siting.explain_infeasible(
        siting.capacitated_p_median, np.ones((4, 4)), 1, demand=[3, 3, 3, 3], capacity=6
    )
    assert "- at least 1 more new sites: p = 2 (now 1)" in told.text


def test_no_time_is_an_honest_answer():
    points = np.random.default_rng(0).random((60, 2))
    cost = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
    result = siting.capacitated_p_median(cost, 6, demand=np.ones(60), capacity=11, time_limit_s=0)
    assert result.status == "feasible"
    assert result.bound < result.objective
    assert "before optimality was proven" in result.message


def test_ctrl_c_ends_a_search_with_what_was_found():
    def stop(_):
        raise KeyboardInterrupt

    points = np.random.default_rng(0).random((60, 2))
    cost = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
    result = siting.capacitated_p_median(cost, 6, demand=np.ones(60), capacity=11, progress=stop)
    assert result.status == "feasible"
    assert len(result.sites) == 6


def test_the_same_seed_gives_the_same_answer_and_what_is_told_only_improves():
    told = []
    draw = np.random.default_rng(1)
    cost, demand = draw.integers(1, 50, (40, 12)).astype(float), draw.integers(1, 9, 40)
    options = {"demand": demand, "capacity": 70}
    one = siting.capacitated_p_median(cost, 4, **options, progress=told.append)
    other = siting.capacitated_p_median(cost, 4, **options)
    assert one.status == "optimal"
    assert one.assigned.tolist() == other.assigned.tolist()
    objectives, bounds = [t.objective for t in told], [t.bound for t in told]
    assert objectives == sorted(objectives, reverse=True)
    assert bounds == sorted(bounds)
    assert all(t.bound <= one.objective for t in told)


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.05, 0.2, 0.5, 1.0])
def test_ctrl_c_in_the_midst_of_compiled_code_returns_the_best(after_s):
    draw = np.random.default_rng(0)
    points, demand = draw.random((80, 2)) * 100, draw.integers(1, 21, 80).astype(float)
    cost = np.floor(np.hypot(*(points[:, None] - points).transpose(2, 0, 1)))
    options = {"demand": demand, "capacity": demand.sum() / 7.4}
    siting.capacitated_p_median(cost, 8, **options, time_limit_s=0.1)  # compiled before
    timer = threading.Timer(after_s, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    result = siting.capacitated_p_median(cost, 8, **options)
    timer.cancel()
    assert result.seconds < after_s + 5
    assert result.status == "feasible"
    assert result.bound < result.objective
