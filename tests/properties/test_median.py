"""p-median and p-center equal brute force over all subsets, with every option."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array

from planner import siting
from planner.siting import center, center_rows
from tests.examples import examples


@st.composite
def cases(draw):
    """Draw costs (infinite: cannot serve), weights, site costs, fixed and forbidden sites."""
    demands, sites = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    absent = draw(st.booleans())
    values = [0, 1, 2, 3, 5, 8, 9.5] + [np.inf] * 3 * absent
    cells = st.lists(st.sampled_from(values), min_size=demands * sites, max_size=demands * sites)
    cost = np.array(draw(cells), float).reshape(demands, sites)
    weights = np.array(draw(st.lists(st.integers(0, 4), min_size=demands, max_size=demands)), float)
    prices = np.array(draw(st.lists(st.integers(1, 9), min_size=sites, max_size=sites)), float)
    roles = draw(st.lists(st.sampled_from("---fx"), min_size=sites, max_size=sites))
    fixed = [j for j, role in enumerate(roles) if role == "f"]
    forbidden = [j for j, role in enumerate(roles) if role == "x"]
    return cost, weights, prices, fixed, forbidden


@st.composite
def rules(draw, sites):
    """Draw a quota, a pair apart and a pair together."""
    group = draw(st.lists(st.integers(0, sites - 1), unique=True, max_size=sites))
    least = draw(st.integers(0, 2))
    quotas = [siting.Quota(group, least, least + draw(st.integers(0, 2)))]
    pairs = list(combinations(range(sites), 2))
    pair = st.lists(st.sampled_from(pairs), max_size=1) if pairs else st.just([])
    return siting.Rules(quotas=quotas, apart=draw(pair), together=draw(pair))


def allowed(case, p=None, budget=None, rule=None):
    """Yield every allowed set of open sites."""
    cost, _, prices, fixed, forbidden = case
    free = [j for j in range(cost.shape[1]) if j not in (*fixed, *forbidden)]
    for size in range(len(free) + 1):
        for new in combinations(free, size):
            sites = {*fixed, *new}
            fits = (p is None or size <= p) and (
                budget is None or prices[list(new)].sum() <= budget
            )
            if rule is not None:
                fits &= all(
                    q.at_least <= len(sites & set(q.sites)) <= q.at_most for q in rule.quotas
                )
                fits &= not any({a, b} <= sites for a, b in rule.apart)
                fits &= all((a in sites) == (b in sites) for a, b in rule.together)
            if fits:
                yield sorted(sites)


def costs_of(case, sites):
    """Return the weighted cost of each demand; None if one cannot be served."""
    cost, weights, *_ = case
    nearest = cost[:, sites].min(axis=1) if sites else np.full(len(cost), np.inf)
    return weights * nearest if np.isfinite(nearest).all() else None


def best(case, measure, **limits):
    found = [costs_of(case, sites) for sites in allowed(case, **limits)]
    return min((measure(costs) for costs in found if costs is not None), default=None)


def matrix(cost, sparse):
    """Return the costs, as a sparse matrix in which absent cannot serve."""
    if not sparse:
        return cost
    rows, columns = np.nonzero(np.isfinite(cost))
    return coo_array((cost[rows, columns], (rows, columns)), shape=cost.shape)


def check(case, result, expected, measure):
    cost, _, _, fixed, forbidden = case
    if expected is None:
        assert result.status == "infeasible"
        assert result.message
        return
    assert result.status == "optimal", result
    assert result.objective == pytest.approx(expected, abs=1e-9)
    assert result.objective == result.bound
    assert set(fixed) <= set(result.sites)
    assert not set(forbidden) & set(result.sites)
    assert set(result.assignment) <= set(result.sites)
    served = cost[np.arange(len(cost)), result.assigned]
    assert (served == result.costs).all()
    assert measure(case[1] * served) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("model", "measure"), [("p_median", np.sum), ("p_center", np.max)])
@settings(max_examples=40, deadline=None)
@given(case=cases(), p=st.integers(0, 4), sparse=st.booleans())
def test_a_number_gives_the_best_of_all_subsets(model, measure, case, p, sparse):
    cost, weights, _, fixed, forbidden = case
    result = getattr(siting, model)(
        matrix(cost, sparse), p, weights=weights, fixed=fixed, forbidden=forbidden
    )
    check(case, result, best(case, measure, p=p), measure)
    if result.status == "optimal":
        assert len(result.sites) <= p + len(fixed)


@pytest.mark.parametrize(("model", "measure"), [("p_median", np.sum), ("p_center", np.max)])
@settings(max_examples=40, deadline=None)
@given(case=cases(), p=st.none() | st.integers(0, 3), budget=st.integers(0, 25), data=st.data())
def test_budget_and_rules_give_the_best_of_all_subsets(model, measure, case, p, budget, data):
    cost, weights, prices, fixed, forbidden = case
    rule = data.draw(rules(cost.shape[1]))
    result = getattr(siting, model)(
        matrix(cost, data.draw(st.booleans())),
        p,
        weights=weights,
        site_costs=prices,
        budget=budget,
        fixed=fixed,
        forbidden=forbidden,
        rules=rule,
    )
    check(case, result, best(case, measure, p=p, budget=budget, rule=rule), measure)


@settings(max_examples=30, deadline=None)
@given(case=cases(), p=st.integers(0, 3), use=st.integers(1, 6))
def test_a_minimum_use_gives_the_best_of_all_assignments(case, p, use):
    cost, weights, _, fixed, forbidden = case
    cost, weights = cost[:4], weights[:4]
    expected = None
    for sites in allowed(case, p=p):
        for to in product(sites, repeat=len(cost)):
            served = cost[np.arange(len(cost)), list(to)]
            load = np.bincount(to, weights, minlength=cost.shape[1])
            enough = all(load[j] >= use for j in sites if j not in fixed)
            if np.isfinite(served).all() and enough:
                total = (weights * served).sum()
                expected = total if expected is None else min(expected, total)
    result = siting.p_median(
        cost,
        p,
        weights=weights,
        fixed=fixed,
        forbidden=forbidden,
        rules=siting.Rules(minimum_use=use),
    )
    if expected is None:
        assert result.status == "infeasible"
        return
    assert result.objective == pytest.approx(expected, abs=1e-9)
    new = result.facilities.loc[~result.facilities["fixed"], "load"]
    assert (new >= use).all()


@settings(max_examples=30, deadline=None)
@given(data=st.data(), p=st.integers(1, 4))
def test_points_give_what_their_matrix_gives(data, p):
    grid = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=15)
    demand, sites = np.array(data.draw(grid)), np.array(data.draw(grid))
    away = np.hypot(*(demand[:, None] - sites[None]).transpose(2, 0, 1))
    points = siting.Points(demand, sites)
    for model in (siting.p_median, siting.p_center):
        one, other = model(points, p), model(away, p)
        assert (one.status, other.status) == ("optimal", "optimal")
        assert one.objective == pytest.approx(other.objective)


@settings(max_examples=examples(40), deadline=None)
@given(case=cases(), p=st.integers(0, 4), budget=st.none() | st.integers(0, 15))
@pytest.mark.parametrize(("model", "measure"), [("p_median", np.sum), ("p_center", np.max)])
def test_a_function_gives_the_best_of_all_subsets(model, measure, case, p, budget):
    cost, weights, prices, fixed, forbidden = case
    given = siting.Costs(lambda i, sites: cost[i, sites], demand=len(cost), sites=cost.shape[1])
    result = getattr(siting, model)(
        given,
        p,
        weights=weights,
        site_costs=prices,
        budget=budget,
        fixed=fixed,
        forbidden=forbidden,
    )
    check(case, result, best(case, measure, p=p, budget=budget), measure)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(case=cases(), p=st.integers(0, 4), data=st.data())
def test_a_center_found_by_rows_is_the_best_of_all_subsets(case, p, data):
    cost, weights, prices, fixed, forbidden = case
    given = siting.Costs(lambda i, sites: cost[i, sites], demand=len(cost), sites=cost.shape[1])
    limits = {"p": p, "budget": data.draw(st.none() | st.integers(0, 15))}
    limits["rule"] = data.draw(st.none() | rules(cost.shape[1]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(center, "_MOST_DENSE", 0)
        patch.setattr(center_rows, "_FIRST_ROWS", data.draw(st.integers(1, 3)))
        patch.setattr(center_rows, "_QUICK_ROUNDS", data.draw(st.integers(0, 3)))
        result = siting.p_center(
            given,
            p,
            weights=weights,
            site_costs=prices,
            budget=limits["budget"],
            fixed=fixed,
            forbidden=forbidden,
            rules=limits["rule"],
        )
    check(case, result, best(case, np.max, **limits), np.max)


@settings(max_examples=examples(30), deadline=None)
@given(case=cases(), p=st.integers(0, 4), data=st.data())
def test_identical_demand_changes_nothing(case, p, data):
    cost, weights, prices, fixed, forbidden = case
    copies = data.draw(st.lists(st.integers(0, len(cost) - 1), min_size=1, max_size=12))
    twice = (cost[copies], weights[copies], prices, fixed, forbidden)
    budget = data.draw(st.none() | st.integers(0, 15))
    result = siting.p_median(
        matrix(twice[0], data.draw(st.booleans())),
        p,
        weights=twice[1],
        site_costs=prices,
        budget=budget,
        fixed=fixed,
        forbidden=forbidden,
    )
    check(twice, result, best(twice, np.sum, p=p, budget=budget), np.sum)


@settings(max_examples=examples(20), deadline=None)
@given(case=cases())
def test_a_curve_gives_the_best_of_all_subsets_for_each_number(case):
    cost, weights, _, fixed, forbidden = case
    options = {"weights": weights, "fixed": fixed, "forbidden": forbidden}
    curve = siting.curve(siting.p_median, cost, p=range(5), **options)
    for p, result in enumerate(curve.results):
        check(case, result, best(case, np.sum, p=p), np.sum)
