"""Capacitated p-median and facility location equal brute force, with every option."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import coo_array

from planner import siting
from planner.errors import OutOfTimeError
from planner.siting.serving import ServiceProblem
from planner.siting.serving_solver import solve_service
from planner.siting.watch import Watch
from planner.solver import solve

FAR = np.inf


@st.composite
def cases(draw):
    """Draw costs (some pairs absent), demand, capacities, roles of sites, costs and rules."""
    demands, sites = draw(st.integers(1, 5)), draw(st.integers(1, 4))

    def numbers(low, high, size):
        return np.array(draw(st.lists(st.integers(low, high), min_size=size, max_size=size)), float)

    cost = numbers(0, 9, demands * sites).reshape(demands, sites)
    cost[numbers(0, 6, demands * sites).reshape(demands, sites) == 0] = FAR
    if draw(st.booleans()):
        cost = cost * 0.37
    roles = draw(st.lists(st.sampled_from("----fx"), min_size=sites, max_size=sites))
    case = {
        "cost": cost,
        "demand": numbers(0, 4, demands),
        "weights": numbers(0, 3, demands),
        "capacity": numbers(1, 12, sites),
        "site_costs": numbers(0, 9, sites),
        "fixed": [j for j, role in enumerate(roles) if role == "f"],
        "forbidden": [j for j, role in enumerate(roles) if role == "x"],
        "p": draw(st.none() | st.integers(0, 3)),
        "budget": draw(st.none() | st.integers(0, 20)),
    }
    rules = {}
    if sites >= 2 and draw(st.booleans()):
        one, other = draw(st.permutations(range(sites)))[:2]
        kind = draw(st.sampled_from(["apart", "together", "quota", "minimum"]))
        if kind == "quota":
            least = draw(st.integers(0, 1))
            rules = {"quotas": [siting.Quota([one, other], least, draw(st.integers(least, 2)))]}
        elif kind == "minimum":
            rules = {"minimum_use": draw(st.integers(1, 4))}
        else:
            rules = {kind: [(one, other)]}
    case["rules"] = siting.Rules(**rules)
    return case


def allowed(case):
    """Yield the sets of open sites that the options allow."""
    cost, rules = case["cost"], case["rules"]
    free = [j for j in range(cost.shape[1]) if j not in (*case["fixed"], *case["forbidden"])]
    for size in range(len(free) + 1):
        for new in combinations(free, size):
            if case["p"] is not None and size > case["p"]:
                continue
            if case["budget"] is not None and case["site_costs"][list(new)].sum() > case["budget"]:
                continue
            opened = {*case["fixed"], *new}
            counts = [(q, len(opened & set(q.sites))) for q in rules.quotas]
            if any(not q.at_least <= count <= q.at_most for q, count in counts):
                continue
            if any({a, b} <= opened for a, b in rules.apart):
                continue
            if any((a in opened) != (b in opened) for a, b in rules.together):
                continue
            yield sorted(opened), list(new)


def best_whole(case, opened, new, weights, size, capacity):
    """Return the least cost over every assignment of whole demand."""
    best, cost = FAR, case["cost"]
    for places in product(opened, repeat=len(cost)):
        load = np.bincount(np.array(places, int), size, minlength=cost.shape[1])
        if (load > capacity).any() or (load[new] < case["rules"].minimum_use).any():
            continue
        served = cost[np.arange(len(cost)), list(places)]
        if np.isfinite(served).all():
            best = min(best, float((weights * served).sum()))
    return best


def best_split(case, opened, new, weights, size, capacity):
    """Return the least cost of a transport problem."""
    cost = case["cost"][:, opened]
    n, k = cost.shape
    if k == 0:
        return FAR
    value = (np.where(np.isfinite(cost), cost, 0) * weights[:, None]).ravel()
    each = np.kron(np.eye(n), np.ones(k))
    load = np.tile(np.eye(k), n) * np.repeat(size, k)
    below = [j in new for j in opened]
    found = linprog(
        value,
        A_ub=np.vstack([load, -load]),
        b_ub=np.concatenate([capacity[opened], -np.where(below, case["rules"].minimum_use, 0)]),
        A_eq=each,
        b_eq=np.ones(n),
        bounds=[(0, 1 if np.isfinite(c) else 0) for c in cost.ravel()],
    )
    return found.fun if found.status == 0 else FAR


def check(case, result, best, *, size, capacity):
    if best == FAR:
        assert result.status == "infeasible", result
        assert result.message
        return
    assert result.status == "optimal", result
    assert result.objective == pytest.approx(best, abs=1e-6)
    assert result.bound == result.objective
    opened = set(result.sites.tolist())
    assert set(case["fixed"]) <= opened
    assert not set(case["forbidden"]) & opened
    load = result.facilities["load"].reindex(range(case["cost"].shape[1]), fill_value=0.0)
    assert (load <= capacity + 1e-6).all()
    assert load.sum() == pytest.approx(size.sum())
    for site in opened - set(case["fixed"]):
        assert load[site] >= np.max(case["rules"].minimum_use) - 1e-6


@pytest.mark.parametrize("split", [False, True])
@settings(max_examples=40, deadline=None)
@given(case=cases(), sparse=st.booleans())
def test_capacitated_p_median_is_the_best_of_all_subsets(split, case, sparse):
    serve = best_split if split else best_whole
    if case["p"] is None and case["budget"] is None:
        case["p"] = 2
    size, capacity = case["demand"], case["capacity"]
    values = [
        serve(case, opened, new, case["weights"], size, capacity) for opened, new in allowed(case)
    ]
    matrix = case["cost"]
    if sparse:
        near = np.isfinite(matrix)
        matrix = coo_array((matrix[near], np.nonzero(near)), shape=matrix.shape)
    options = {name: value for name, value in case.items() if name != "cost"}
    result = siting.capacitated_p_median(matrix, **options, split=split)
    check(case, result, min(values, default=FAR), size=size, capacity=capacity)


@pytest.mark.parametrize("form", ["uncapacitated", "split", "whole"])
@settings(max_examples=40, deadline=None)
@given(case=cases())
def test_facility_location_is_the_best_of_all_subsets(form, case):
    size = case["demand"]
    capacity = np.full(case["cost"].shape[1], FAR) if form == "uncapacitated" else case["capacity"]
    serve = best_split if form == "split" else best_whole
    values = [
        serve(case, opened, new, case["weights"], size, capacity) + case["site_costs"][new].sum()
        for opened, new in allowed(case)
    ]
    options = {name: value for name, value in case.items() if name not in ("cost", "capacity")}
    if form != "uncapacitated":
        options["capacity"] = capacity
    result = siting.facility_location(case["cost"], **options, split=form == "split")
    check(case, result, min(values, default=FAR), size=size, capacity=capacity)


@settings(max_examples=30, deadline=None)
@given(case=cases())
def test_a_search_cut_short_never_claims_too_much(case):
    options = {name: value for name, value in case.items() if name != "cost"}
    options["p"] = 2
    exact = siting.capacitated_p_median(case["cost"], **options)
    try:
        short = siting.capacitated_p_median(case["cost"], **options, time_limit_s=0.0)
    except OutOfTimeError:
        return
    if exact.status == "infeasible" or short.status == "infeasible":
        return
    assert short.bound <= exact.objective * (1 + 1e-9) <= short.objective * (1 + 1e-9) + 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_what_is_ruled_out_does_not_cost_the_best_answer(seed):
    draw = np.random.default_rng(seed)
    points, places = draw.integers(0, 60, (22, 2)), draw.integers(0, 60, (9, 2))
    cost = np.floor(np.hypot(*(points[:, None] - places).transpose(2, 0, 1)))
    size, weights = draw.integers(1, 9, 22).astype(float), draw.integers(1, 4, 22).astype(float)
    options = {"weights": weights, "demand": size, "split": False, "opening": True}
    for capacity, opening in ((np.floor(size.sum() / 2.6), 0.0), (size.sum() / 3.3, 40.5)):
        problem = ServiceProblem.checked(
            cost, capacity=capacity, site_costs=opening, p=4, **options
        )
        plain = solve(problem.program(), time_limit_s=60)
        result = solve_service(problem, "any", Watch(60), 0.0, 0)
        assert result.status == "optimal"
        assert result.objective == pytest.approx(plain.objective)
