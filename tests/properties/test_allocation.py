"""Allocations keep what must be kept, and equal an independent solver."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from planner import allocation
from tests.examples import examples


@st.composite
def cases(draw, *, whole_numbers=True, largest=6):
    """Draw minutes (infinite where out of reach), demand and capacity."""
    demands, supplies = draw(st.integers(1, largest)), draw(st.integers(1, 4))
    minute = st.sampled_from([0.0, 1.0, 2.5, 4.0, 7.0, np.inf])
    minutes = np.array(
        draw(st.lists(minute, min_size=demands * supplies, max_size=demands * supplies))
    )
    amount = st.integers(0, 9) if whole_numbers else st.sampled_from([0.0, 0.5, 1.25, 3.333])
    demand = draw(st.lists(amount, min_size=demands, max_size=demands))
    capacity = draw(st.lists(amount, min_size=supplies, max_size=supplies))
    return minutes.reshape(demands, supplies), np.array(demand, float), np.array(capacity, float)


def check(answer, minutes, demand):
    """Assert what holds for every allocation."""
    flows = answer.flows.toarray()
    assert (flows >= 0).all()
    assert (flows[np.isinf(minutes)] == 0).all()
    served = answer.served
    assert np.allclose(served["served"] + served["unserved"], demand, atol=2e-3)
    assert np.allclose(flows.sum(axis=0), answer.loads["load"])
    assert (served["reason"].notna() == (answer.unserved > 0)).all()
    nowhere = np.isinf(minutes).all(axis=1) & (demand > 0)
    assert (served["reason"][nowhere] == "out_of_reach").all()
    assert (answer.loads["slack"] * answer.loads["overload"] == 0).all()


def by_linear_program(minutes, demand, capacity, unserved_cost):
    """Return the least cost of a transport problem in which units may stay unserved."""
    n, m = minutes.shape
    cost = np.concatenate(
        [np.where(np.isinf(minutes), 1e6, minutes).ravel(), np.full(n, unserved_cost)]
    )
    everyone, loads = np.zeros((n, n * m + n)), np.zeros((m, n * m + n))
    for i, j in product(range(n), range(m)):
        everyone[i, i * m + j] = loads[j, i * m + j] = 1
    everyone[np.arange(n), n * m + np.arange(n)] = 1
    return linprog(cost, A_ub=loads, b_ub=capacity, A_eq=everyone, b_eq=demand).fun


@settings(max_examples=examples(300), deadline=None)
@given(case=cases())
def test_system_optimal_serves_most_in_the_fewest_minutes(case):
    minutes, demand, capacity = case
    answer = allocation.system_optimal(minutes, demand, capacity)
    check(answer, minutes, demand)
    assert answer.status == "optimal"
    assert (answer.loads["load"] <= capacity).all()
    flows = answer.flows.toarray()
    assert (flows == np.rint(flows)).all()
    mine = answer.objective + 1000 * answer.unserved.sum()
    assert mine == pytest.approx(by_linear_program(minutes, demand, capacity, 1000.0), abs=1e-4)
    spent = (flows * np.where(np.isinf(minutes), 0, minutes)).sum()
    assert answer.objective == pytest.approx(spent, abs=1e-6)


@settings(max_examples=examples(100), deadline=None)
@given(case=cases(whole_numbers=False))
def test_fractions_of_people_are_served_too(case):
    minutes, demand, capacity = case
    answer = allocation.system_optimal(minutes, demand, capacity)
    check(answer, minutes, demand)
    assert (answer.loads["load"] <= capacity + 1e-9).all()
    mine = answer.objective + 1000 * answer.unserved.sum()
    assert mine == pytest.approx(by_linear_program(minutes, demand, capacity, 1000.0), abs=6.0)


@settings(max_examples=examples(200), deadline=None)
@given(case=cases(largest=5))
def test_whole_is_the_best_of_all_ways_to_send_each_to_one_place(case):
    minutes, demand, capacity = case
    answer = allocation.whole(minutes, demand, capacity, unserved_minutes=50.0)
    check(answer, minutes, demand)
    assert (answer.loads["load"] <= capacity + 1e-9).all()
    assert ((answer.flows.toarray() > 0).sum(axis=1) <= 1).all()
    best = np.inf
    for places in product(range(-1, minutes.shape[1]), repeat=len(demand)):
        load = np.zeros(len(capacity))
        cost = 0.0
        for i, j in enumerate(places):
            if j < 0:
                cost += 50.0 * demand[i]
            elif np.isinf(minutes[i, j]) and demand[i] > 0:
                cost = np.inf
            elif demand[i] > 0:
                cost += minutes[i, j] * demand[i]
                load[j] += demand[i]
        if (load <= capacity).all():
            best = min(best, cost)
    assert answer.objective == pytest.approx(best, abs=1e-6)
    assert answer.bound <= best + 1e-6
    assert answer.status == "optimal"


@settings(max_examples=examples(100), deadline=None)
@given(case=cases())
def test_nearest_and_choice_serve_all_who_reach_anything(case):
    minutes, demand, capacity = case
    for answer in (
        allocation.nearest(minutes, demand, capacity),
        allocation.choice(minutes, demand, capacity, attractiveness=capacity + 1),
    ):
        check(answer, minutes, demand)
        reached = np.isfinite(minutes).any(axis=1)
        assert np.allclose(answer.served["served"][reached], demand[reached])
        assert (answer.unserved[reached] == 0).all()
    spent = np.where(np.isfinite(minutes).any(axis=1), minutes.min(axis=1), 0) @ demand
    assert allocation.nearest(minutes, demand).objective == pytest.approx(spent)


@settings(max_examples=examples(50), deadline=None)
@given(case=cases(), seed=st.integers(0, 99))
def test_the_order_of_rows_and_ids_does_not_matter(case, seed):
    minutes, demand, capacity = case
    table = pd.DataFrame(minutes)
    rng = np.random.default_rng(seed)
    turned = table.iloc[rng.permutation(len(demand)), rng.permutation(len(capacity))]
    amounts = pd.Series(demand), pd.Series(capacity)
    one = allocation.system_optimal(table, *amounts)
    other = allocation.system_optimal(turned, *amounts)
    assert one.unserved.sum() == other.unserved.sum()
    assert one.objective == pytest.approx(other.objective, abs=1e-6)
