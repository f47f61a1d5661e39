"""Covering models equal brute force over all subsets, on small random cases with every option."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from planner import siting
from tests.examples import examples


@st.composite
def cases(draw):
    """Draw reach, weights, costs, fixed and forbidden sites."""
    demands, sites = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    cells = st.lists(st.booleans(), min_size=demands * sites, max_size=demands * sites)
    reach = np.array(draw(cells)).reshape(demands, sites)
    weights = np.array(draw(st.lists(st.integers(0, 9), min_size=demands, max_size=demands)), float)
    costs = np.array(draw(st.lists(st.integers(1, 9), min_size=sites, max_size=sites)), float)
    roles = draw(st.lists(st.sampled_from("---fx"), min_size=sites, max_size=sites))
    fixed = [j for j, role in enumerate(roles) if role == "f"]
    forbidden = [j for j, role in enumerate(roles) if role == "x"]
    return reach, weights, costs, fixed, forbidden


def choices(case):
    """Yield every set of new sites with the demand covered and the cost."""
    reach, _, costs, fixed, forbidden = case
    free = [j for j in range(reach.shape[1]) if j not in (*fixed, *forbidden)]
    for size in range(len(free) + 1):
        for new in combinations(free, size):
            covered = reach[:, [*fixed, *new]].any(axis=1)
            yield new, covered, costs[list(new)].sum()


def check_sites(case, result):
    reach, _, _, fixed, forbidden = case
    assert set(fixed) <= set(result.sites)
    assert not set(forbidden) & set(result.sites)
    covered = reach[:, result.sites].any(axis=1)
    assert (result.demand["covered"].to_numpy() == covered).all()
    for demand, site in enumerate(result.assignment):
        assert site == -1 or (reach[demand, site] and site in result.sites)
    assert result.facilities["load"].sum() == result.demand["weight"][covered].sum()


@settings(max_examples=40, deadline=None)
@given(case=cases(), p=st.integers(0, 4), sparse=st.booleans())
def test_max_coverage_with_a_number_is_the_best_of_all_subsets(case, p, sparse):
    reach, weights, _, fixed, forbidden = case
    best = max(weights[covered].sum() for new, covered, _ in choices(case) if len(new) <= p)
    matrix = csr_array(reach) if sparse else reach
    result = siting.max_coverage(matrix, p, weights=weights, fixed=fixed, forbidden=forbidden)
    assert result.status == "optimal"
    assert result.objective == result.bound == best
    assert result.gap == 0
    assert len(result.sites) <= p + len(fixed)
    check_sites(case, result)


@settings(max_examples=30, deadline=None)
@given(case=cases(), budget=st.integers(0, 25), p=st.none() | st.integers(0, 3))
def test_max_coverage_with_a_budget_is_the_best_of_all_subsets(case, budget, p):
    reach, weights, costs, fixed, forbidden = case
    best = max(
        weights[covered].sum()
        for new, covered, cost in choices(case)
        if cost <= budget and (p is None or len(new) <= p)
    )
    result = siting.max_coverage(
        reach, p, weights=weights, site_costs=costs, budget=budget, fixed=fixed, forbidden=forbidden
    )
    assert result.objective == result.bound == best
    assert costs[np.setdiff1d(result.sites, fixed)].sum() <= budget
    check_sites(case, result)


@settings(max_examples=30, deadline=None)
@given(case=cases())
def test_set_cover_is_the_cheapest_of_all_subsets(case):
    reach, _, costs, fixed, forbidden = case
    costs_of_covers = [cost for _, covered, cost in choices(case) if covered.all()]
    result = siting.set_cover(reach, site_costs=costs, fixed=fixed, forbidden=forbidden)
    if not costs_of_covers:
        assert result.status == "infeasible"
        usable = np.setdiff1d(np.arange(reach.shape[1]), forbidden)
        alone = np.flatnonzero(~reach[:, usable].any(axis=1))
        assert f"demand {alone[0]}" in result.message
        assert len(result.sites) == 0
        return
    assert result.status == "optimal"
    assert result.objective == result.bound == min(costs_of_covers)
    check_sites(case, result)
    assert result.demand["covered"].all()


@settings(max_examples=30, deadline=None)
@given(case=cases(), share=st.sampled_from([0.0, 0.3, 0.5, 0.7, 0.9, 1.0]))
def test_partial_cover_is_the_cheapest_of_all_subsets(case, share):
    reach, weights, costs, fixed, forbidden = case
    needed = share * weights.sum()
    enough = [c for _, covered, c in choices(case) if weights[covered].sum() >= needed - 1e-9]
    result = siting.partial_cover(
        reach, share, weights=weights, site_costs=costs, fixed=fixed, forbidden=forbidden
    )
    if not enough:
        assert result.status == "infeasible"
        return
    assert result.objective == result.bound == min(enough)
    assert weights[result.demand["covered"]].sum() >= needed - 1e-9
    check_sites(case, result)


@settings(max_examples=40, deadline=None)
@given(case=cases(), p=st.integers(0, 3))
def test_the_order_of_demand_does_not_change_the_objective(case, p):
    reach, weights, _, fixed, forbidden = case
    options = {"fixed": fixed, "forbidden": forbidden}
    one = siting.max_coverage(reach, p, weights=weights, **options)
    turned = siting.max_coverage(reach[::-1], p, weights=weights[::-1], **options)
    assert one.objective == turned.objective


@pytest.mark.slow
@settings(max_examples=examples(30), deadline=None)
@given(case=cases(), steps=st.lists(st.integers(0, 4), min_size=1, max_size=4))
def test_a_coverage_curve_is_the_best_of_all_subsets_for_each_number(case, steps):
    reach, weights, _, fixed, forbidden = case
    options = {"weights": weights, "fixed": fixed, "forbidden": forbidden}
    found = siting.curve(siting.max_coverage, reach, p=steps, **options)
    for p, result in zip(steps, found.results, strict=True):
        best = max(weights[covered].sum() for new, covered, _ in choices(case) if len(new) <= p)
        assert result.status == "optimal"
        assert result.objective == result.bound == best
        assert result.request.arguments["p"] == p
        check_sites(case, result)
