"""The search, bound and fixing of budgets and phases, against the plain program and by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack

from planner import siting
from planner.siting import schedules
from planner.siting.problem import CoverProblem
from planner.siting.schedules import Schedules
from planner.siting.watch import Watch


def drawn(seed, *, demands, sites, years, carry=True, numbered=False):
    rng = np.random.default_rng(seed)
    near = rng.random((demands, sites)) < 3 / sites + 0.1
    costs = rng.integers(1, 9, sites).astype(float)
    problem = CoverProblem.checked(near, watch=Watch(60), site_costs=costs)
    cover, _ = problem.open_rows()
    means = [rng.integers(2, 12, years).astype(float)]
    prices = [cover.costs]
    if numbered:
        prices.append(np.ones(len(cover.sites)))
        means.append(rng.integers(0, 3, years).astype(float))
    weights = rng.random((cover.shape[0], years)) * 9
    return Schedules(cover, weights, np.array(prices), np.array(means), carry)


@pytest.mark.parametrize("carry", [True, False])
@pytest.mark.parametrize("numbered", [True, False])
def test_what_the_search_finds_keeps_the_limits_and_is_no_worse_than_its_start(carry, numbered):
    for seed in range(4):
        one = drawn(seed, demands=60, sites=25, years=3, carry=carry, numbered=numbered)
        search = schedules._Search(one, Watch(60), 0.0, seed, lambda value, bound: None)
        search.improve([one.nothing], 0)
        first = search.best.opened
        search.improve([first, one.nothing], 200)
        assert all(one.keeps(opened) for opened in search.found)
        kept = one.value(search.found[1])
        assert search.best.value >= kept >= one.value(first) > 0


@pytest.mark.slow
def test_no_better_schedule_opens_a_site_when_its_reduced_cost_rules_it_out():
    telling = 0
    for seed in range(20):
        years = 1 + seed % 2
        one = drawn(seed, demands=30, sites=10 - 4 * (years - 1), years=years, carry=seed % 4 < 2)
        search = schedules._Search(one, Watch(60), 0.0, 0, lambda value, bound: None)
        search.improve([one.nothing], 0)
        price, _ = search.relax(one.program())
        early = search.ruled_out(price)
        sites = len(one.cover.sites)
        every = map(np.array, product(range(years + 1), repeat=sites))
        better = [
            opened
            for opened in every
            if one.keeps(opened) and one.value(opened) > search.best.value + 1e-6
        ]
        assert all(one.value(opened) <= search.best.bound + 1e-6 for opened in better)
        for opened in better:
            inside = np.flatnonzero(opened < years)
            assert not early[opened[inside], inside].any()
        telling += bool(better) and early.any()
    assert telling > 3


@pytest.mark.parametrize("easy", [True, False])
@pytest.mark.parametrize("p", [None, 6])
def test_a_budget_buys_as_much_as_the_plain_program_says(easy, p, monkeypatch):
    if not easy:  # with the further search and the merging that large problems get
        monkeypatch.setattr(schedules, "_EASY", 0)
    rng = np.random.default_rng(3)
    near = rng.random((90, 30)) < 0.08
    weights, costs = rng.integers(1, 90, 90) * 1.0, rng.integers(5, 30, 30) * 1.0
    given = {"weights": weights, "site_costs": costs, "fixed": [3], "forbidden": [4, 5]}
    found = siting.max_coverage(near, p, budget=90, **given)
    lower, upper = np.zeros(120), np.ones(120)
    lower[3], upper[[4, 5]] = 1, 0
    paid = np.where(np.arange(30) == 3, 0, costs)
    limits = np.array([paid, np.arange(30) != 3]) @ np.eye(30, 120)
    plain = milp(
        np.concatenate([np.zeros(30), -weights]),
        integrality=np.repeat([1, 0], [30, 90]),
        bounds=Bounds(lower, upper),
        constraints=[
            LinearConstraint(csr_array(hstack([-near.astype(float), eye_array(90)])), ub=0),
            LinearConstraint(limits, ub=[90, 29 if p is None else p]),
        ],
    )
    assert found.status == "optimal"
    assert found.objective == pytest.approx(-plain.fun)
    new = np.setdiff1d(found.sites, [3])
    assert costs[new].sum() <= 90
    again = siting.max_coverage(near, p, budget=90, **given)
    assert again.sites.tolist() == found.sites.tolist()


@pytest.mark.slow
def test_phases_that_are_not_easy_are_proven_too(monkeypatch):
    rng = np.random.default_rng(5)
    near, costs = rng.random((60, 18)) < 0.12, rng.integers(2, 9, 18) * 1.0
    given = {"budgets": [9, 8, 7], "site_costs": costs, "delays": True}
    easy = siting.phased_coverage(near, **given)
    monkeypatch.setattr(schedules, "_EASY", 0)
    hard = siting.phased_coverage(near, **given)
    assert easy.status == hard.status == "optimal"
    assert hard.objective == easy.objective >= easy.greedy_objective
    assert hard.delay_losses == pytest.approx(easy.delay_losses)


def test_no_time_at_all_gives_a_schedule_within_the_limits_and_an_honest_bound():
    rng = np.random.default_rng(6)
    near, costs = rng.random((60, 18)) < 0.12, rng.integers(2, 9, 18) * 1.0
    given = {"budgets": [9, 8, 7], "site_costs": costs}
    best = siting.phased_coverage(near, **given)
    hasty = siting.phased_coverage(near, **given, time_limit_s=0)
    assert hasty.status == "feasible"
    assert hasty.greedy_objective <= hasty.objective <= best.objective <= hasty.bound
    assert (np.cumsum(hasty.spent) <= np.cumsum([9, 8, 7])).all()
