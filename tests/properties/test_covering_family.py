"""Rules, capacity, backup and gradual covering equal brute force over all subsets."""

from __future__ import annotations

from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array

from planner import siting


@st.composite
def problems(draw, demands=6, sites=5, values=None):
    """Draw a matrix, weights (some 0), costs, fixed and forbidden sites, rules."""
    n, m = draw(st.integers(1, demands)), draw(st.integers(1, sites))
    matrix = np.array(
        draw(st.lists(st.booleans() if values is None else values, min_size=n * m, max_size=n * m))
    ).reshape(n, m)
    weights = np.array(draw(st.lists(st.integers(0, 6), min_size=n, max_size=n)), float)
    costs = np.array(draw(st.lists(st.integers(0, 5), min_size=m, max_size=m)), float)
    roles = draw(st.lists(st.sampled_from("----fx"), min_size=m, max_size=m))
    fixed = [j for j, role in enumerate(roles) if role == "f"]
    forbidden = [j for j, role in enumerate(roles) if role == "x"]
    pairs = st.lists(st.sampled_from([*combinations(range(max(m, 2)), 2)]), max_size=2)
    apart = draw(pairs) if m > 1 and draw(st.booleans()) else []
    together = draw(pairs) if m > 1 and draw(st.booleans()) else []
    quotas = []
    if draw(st.booleans()):
        group = draw(st.sets(st.integers(0, m - 1), min_size=1))
        least = draw(st.integers(0, 2))
        most = draw(st.none() | st.integers(least, 3))
        quotas = [siting.Quota(sorted(group), least, most)]
    rules = siting.Rules(quotas=quotas, apart=apart, together=together)
    return matrix, weights, costs, fixed, forbidden, rules


def allowed(problem, p=None, budget=None):
    """Yield every set of open sites that keeps the rules, with the new ones' cost."""
    matrix, _, costs, fixed, forbidden, rules = problem
    free = [j for j in range(matrix.shape[1]) if j not in (*fixed, *forbidden)]
    for size in range(len(free) + 1):
        for new in combinations(free, size):
            sites = {*fixed, *new}
            cost = costs[list(new)].sum()
            counts = [len(sites & set(q.sites)) for q in rules.quotas]
            if (
                (p is None or size <= p)
                and (budget is None or cost <= budget)
                and not any({a, b} <= sites for a, b in rules.apart)
                and all((a in sites) == (b in sites) for a, b in rules.together)
                and all(
                    q.at_least <= c and (q.at_most is None or c <= q.at_most)
                    for q, c in zip(rules.quotas, counts, strict=True)
                )
            ):
                yield sorted(sites), cost


def options(problem):
    _, weights, costs, fixed, forbidden, rules = problem
    return {
        "weights": weights,
        "site_costs": costs,
        "fixed": fixed,
        "forbidden": forbidden,
        "rules": rules,
    }


def check(result, best, problem):
    """Compare with the best value that brute force found, None for no answer at all."""
    if best is None:
        assert result.status == "infeasible"
        assert result.message
        return
    assert result.status == "optimal"
    assert result.objective == pytest.approx(best, abs=1e-7)
    assert result.bound == result.objective
    assert result.sites.tolist() in [sites for sites, _ in allowed(problem)]


@settings(max_examples=30, deadline=None)
@given(problem=problems(), p=st.integers(0, 4), budget=st.none() | st.integers(0, 9))
def test_max_coverage_keeps_every_rule(problem, p, budget):
    matrix, weights, *_ = problem
    worth = [weights[matrix[:, s].any(axis=1)].sum() for s, _ in allowed(problem, p, budget)]
    result = siting.max_coverage(matrix, p, budget=budget, **options(problem))
    check(result, max(worth, default=None), problem)


@settings(max_examples=30, deadline=None)
@given(problem=problems())
def test_set_cover_keeps_every_rule(problem):
    matrix = problem[0]
    costs = [cost for s, cost in allowed(problem) if matrix[:, s].any(axis=1).all()]
    check(siting.set_cover(matrix, **options(problem)), min(costs, default=None), problem)


@settings(max_examples=40, deadline=None)
@given(problem=problems(), share=st.sampled_from([0.0, 0.4, 0.8, 1.0]))
def test_partial_cover_keeps_every_rule(problem, share):
    matrix, weights, *_ = problem
    costs = [
        cost
        for s, cost in allowed(problem)
        if weights[matrix[:, s].any(axis=1)].sum() >= share * weights.sum() - 1e-9
    ]
    result = siting.partial_cover(matrix, share, **options(problem))
    check(result, min(costs, default=None), problem)


@settings(max_examples=30, deadline=None)
@given(
    problem=problems(),
    p=st.integers(0, 4),
    first=st.none() | st.sampled_from([0.0, 0.25, 0.5, 0.8, 1.0]),
)
def test_backup_coverage_is_the_best_of_all_subsets(problem, p, first):
    matrix, weights, *_ = problem
    worth = []
    for sites, _ in allowed(problem, p):
        times = matrix[:, sites].sum(axis=1)
        twice = weights[times >= 2].sum()
        if first is None and (times >= 1).all():
            worth.append(twice)
        elif first is not None:
            worth.append(first * weights[times >= 1].sum() + (1 - first) * twice)
    result = siting.backup_coverage(matrix, p, first_weight=first, **options(problem))
    check(result, max(worth, default=None), problem)


@settings(max_examples=30, deadline=None)
@given(
    problem=problems(values=st.sampled_from([0.0, 0.0, 0.3, 0.5, 1.0])),
    p=st.integers(0, 4),
    ruled=st.booleans(),
    sparse=st.booleans(),
)
def test_gradual_coverage_is_the_best_of_all_subsets(problem, p, ruled, sparse):
    matrix, weights, *_ = problem
    if not ruled:
        problem = (*problem[:5], siting.Rules())
    worth = [
        weights @ (matrix[:, s].max(axis=1) if s else np.zeros(len(weights)))
        for s, _ in allowed(problem, p)
    ]
    result = siting.gradual_coverage(csr_array(matrix) if sparse else matrix, p, **options(problem))
    check(result, max(worth, default=None), problem)
    if result.status == "optimal":
        shares = result.demand["share"].to_numpy()
        assert weights @ shares == pytest.approx(result.objective)
        for demand, site in enumerate(result.assignment):
            assert shares[demand] == (0 if site == -1 else matrix[demand, site])


def split_weight(matrix, weights, capacity, sites, least):
    """Return the most weight that sites can serve when demand may be split, None if too little."""
    pairs = [(i, j) for i in range(len(weights)) for j in sites if matrix[i, j]]
    rows, limits = [], []
    for i in range(len(weights)):
        rows.append([float(pair[0] == i) for pair in pairs])
        limits.append(weights[i])
    for j in sites:
        rows.append([float(pair[1] == j) for pair in pairs])
        limits.append(capacity[j])
        rows.append([-float(pair[1] == j) for pair in pairs])
        limits.append(-least[j])
    if not pairs:
        return 0.0 if all(least[j] == 0 for j in sites) else None
    found = linprog(-np.ones(len(pairs)), A_ub=rows, b_ub=limits)
    return -found.fun if found.status == 0 else None


def whole_weight(matrix, weights, capacity, sites, least):
    best = None
    places = [[j for j in sites if matrix[i, j]] + [None] for i in range(len(weights))]
    for places_taken in product(*places):
        load = np.zeros(len(capacity))
        for i, j in enumerate(places_taken):
            if j is not None:
                load[j] += weights[i]
        if (load <= capacity + 1e-9).all() and all(load[j] >= least[j] - 1e-9 for j in sites):
            served = load.sum()
            best = served if best is None else max(best, served)
    return best


@settings(max_examples=30, deadline=None)
@given(
    problem=problems(demands=4, sites=4),
    p=st.integers(0, 3),
    capacity=st.lists(st.integers(0, 9), min_size=4, max_size=4),
    split=st.booleans(),
    use=st.sampled_from([0, 0, 3]),
)
def test_max_coverage_with_capacity_is_the_best_of_all_subsets(problem, p, capacity, split, use):
    matrix, weights, costs, fixed, _, rules = problem
    room = np.array(capacity[: len(costs)], float)
    least = np.where(np.isin(np.arange(len(costs)), fixed), 0.0, use)
    rules = siting.Rules(rules.quotas, rules.apart, rules.together, minimum_use=use)
    serve = split_weight if split else whole_weight
    worth = [serve(matrix, weights, room, s, least) for s, _ in allowed(problem, p)]
    result = siting.max_coverage(
        matrix, p, capacity=room, split=split, **(options(problem) | {"rules": rules})
    )
    check(result, max((w for w in worth if w is not None), default=None), problem)
    if result.status == "optimal":
        load = result.shares.T @ weights
        assert (load <= room + 1e-6).all()
        assert (load[result.sites] >= least[result.sites] - 1e-6).all()
        assert set(result.shares.indices) <= set(result.sites)
        assert load.sum() == pytest.approx(result.objective, abs=1e-6)
        assert result.facilities["load"].sum() == pytest.approx(result.objective, abs=1e-6)
        if not split:
            assert set(np.round(result.shares.data, 9)) <= {1.0}


@settings(max_examples=30, deadline=None)
@given(
    problem=problems(demands=4, sites=4),
    capacity=st.lists(st.integers(0, 12), min_size=4, max_size=4),
    split=st.booleans(),
)
def test_set_cover_with_capacity_is_the_cheapest_of_all_subsets(problem, capacity, split):
    matrix, weights, costs, *_ = problem
    room = np.array(capacity[: len(costs)], float)
    serve = split_weight if split else whole_weight
    none = np.zeros(len(costs))
    enough = [
        cost
        for s, cost in allowed(problem)
        if matrix[:, s].any(axis=1).all()
        and (serve(matrix, weights, room, s, none) or 0.0) >= weights.sum() - 1e-7
    ]
    result = siting.set_cover(matrix, capacity=room, split=split, **options(problem))
    check(result, min(enough, default=None), problem)
    if result.status == "optimal":
        assert (result.shares.T @ weights <= room + 1e-6).all()
        assert np.allclose(result.demand["share"], 1)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(2, 40), m=st.integers(2, 12), p=st.integers(1, 4), seed=st.integers(0, 10**6))
def test_bounds_are_never_on_the_wrong_side(n, m, p, seed):
    rng = np.random.default_rng(seed)
    reach = rng.random((n, m)) < 0.3
    weights = rng.random(n)
    best = max(
        weights[reach[:, list(s)].any(axis=1)].sum() for s in combinations(range(m), min(p, m))
    )
    told = []
    options = {"weights": weights, "gap": 0.05, "seed": seed}
    result = siting.max_coverage(reach, p, progress=told.append, **options)
    assert result.objective <= best * (1 + 1e-9)
    assert result.bound >= best * (1 - 1e-9)
    assert result.status == "optimal" or 0 < result.gap <= 0.05
    assert all(step.bound >= best * (1 - 1e-9) >= step.objective * (1 - 2e-9) for step in told)
    assert all(a.objective <= b.objective + 1e-9 for a, b in pairwise(told))


@settings(max_examples=30, deadline=None)
@given(problem=problems(), share=st.sampled_from([0.0, 0.3, 0.5, 0.8, 1.0]))
def test_partial_cover_of_equal_costs_takes_the_fewest_sites(problem, share):
    matrix, weights, _, fixed, forbidden, _ = problem
    plain = (*problem[:5], siting.Rules())
    needed = share * weights.sum() - 1e-9
    numbers = [
        len(s) - len(fixed)
        for s, _ in allowed(plain)
        if weights[matrix[:, s].any(axis=1)].sum() >= needed
    ]
    options = {"weights": weights, "fixed": fixed, "forbidden": forbidden}
    check(siting.partial_cover(matrix, share, **options), min(numbers, default=None), plain)
