"""Tiered models against every tier of every site there is."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from itertools import product
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from planner import siting
from planner.siting import tiered
from planner.siting.tiered_kernels import choose
from planner.siting.tiered_problem import TieredProblem
from planner.siting.watch import Watch
from tests.examples import examples

pytestmark = pytest.mark.slow
seeds = st.integers(0, 2**32 - 1)


def drawn(seed, *, tiers=None):
    """Draw limits, prices and tiers of today; ties, zeros and nobody among them."""
    rng = np.random.default_rng(seed)
    demands, sites = rng.integers(1, 7), rng.integers(1, 6)
    tiers = int(rng.integers(1, 4)) if tiers is None else tiers
    limits = {"p": rng.integers(0, 3, tiers).tolist()}
    if rng.random() < 0.5:
        limits["budget"] = float(rng.integers(0, 12))
    elif rng.random() < 0.4:
        limits["budget"] = rng.integers(0, 8, tiers).astype(float).tolist()
    if "budget" in limits and rng.random() < 0.3:
        limits["p"] = None
    return {
        "rng": rng,
        "shape": (demands, sites, tiers),
        "options": {
            **limits,
            "weights": rng.integers(0, 5, demands).astype(float),
            "site_costs": rng.integers(0, 6, (sites, tiers)).astype(float),
            "fixed": {
                j: int(rng.integers(0, tiers + 1)) for j in range(sites) if rng.random() < 0.3
            },
            "highest": rng.integers(0, tiers + 1, sites) if rng.random() < 0.4 else None,
            "forbidden": [j for j in range(sites) if rng.random() < 0.1],
        },
    }


def every_choice(case):
    """Yield the tier of every site, in every way that keeps the limits."""
    _, sites, tiers = case["shape"]
    options = case["options"]
    now = np.array([options["fixed"].get(j, 0) for j in range(sites)])
    top = np.full(sites, tiers) if options["highest"] is None else options["highest"]
    top = np.where(np.isin(np.arange(sites), options["forbidden"]), now, np.maximum(top, now))
    for chosen in product(*(range(now[j], top[j] + 1) for j in range(sites))):
        levels = np.array(chosen)
        raised = [(levels > now) & (levels == k) for k in range(1, tiers + 1)]
        price = [options["site_costs"][who, k].sum() for k, who in enumerate(raised)]
        limits = [np.inf] * tiers if options["p"] is None else options["p"]
        if any(who.sum() > limit for who, limit in zip(raised, limits, strict=True)):
            continue
        budget = options.get("budget", np.inf)
        if np.any(np.array(price if np.ndim(budget) else sum(price)) > np.array(budget) + 1e-9):
            continue
        yield levels


def travel(rng, rows, columns):
    table = rng.integers(0, 12, (rows, columns)).astype(float)
    if rng.random() < 0.3:
        table[rng.random(table.shape) < 0.25] = np.inf
    return table


def cost_of(levels, costs, links, referral, weights):
    """Return the weighted travel, counted anew."""
    tiers = len(referral) + 1
    last = next((k for k, share in enumerate(referral) if not share), tiers - 1)
    if links is None:
        share = np.concatenate([[1.0], np.cumprod(referral)])
        each = [
            share[k] * costs[k][:, levels > k].min(axis=1, initial=np.inf) for k in range(last + 1)
        ]
        return float(weights @ sum(each)) if all(np.isfinite(e).all() for e in each) else np.inf
    onward = np.zeros(len(levels))
    for k in range(last - 1, -1, -1):
        there = levels > k + 1
        onward = referral[k] * (links[k] + onward)[:, there].min(axis=1, initial=np.inf)
    total = (costs[0] + onward)[:, levels > 0].min(axis=1, initial=np.inf)
    return float(weights @ total) if np.isfinite(total).all() else np.inf


@contextmanager
def at_length():
    """Have the bound, and what it rules out, at work on small cases too."""
    with mock.patch.object(tiered, "_EASY_PATHS", -1), mock.patch.object(tiered, "_STEPS", 40):
        yield


@given(seeds, st.booleans(), st.booleans())
@settings(max_examples=examples(200), deadline=None)
def test_tiered_medians_are_those_of_brute_force(seed, from_home, easy):
    case = drawn(seed)
    demands, sites, tiers = case["shape"]
    rng, options = case["rng"], case["options"]
    costs = [travel(rng, demands, sites) for _ in range(tiers if from_home else 1)]
    links = None if from_home else [travel(rng, sites, sites) for _ in range(tiers - 1)]
    referral = rng.choice([0, 0.125, 0.5, 1.0], tiers - 1)
    weights = options["weights"]
    best = min(
        (cost_of(levels, costs, links, referral, weights) for levels in every_choice(case)),
        default=np.inf,
    )
    with nullcontext() if easy else at_length():
        found = siting.tiered_median(costs, referral=referral, links=links, **options)
    if np.isinf(best):
        assert found.status == "infeasible"
        assert found.message
        return
    assert found.status == "optimal"
    assert found.objective == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    assert cost_of(found.levels, costs, links, referral, weights) == pytest.approx(best)
    assert any((found.levels == levels).all() for levels in every_choice(case))
    assert found.travel["cost"].sum() == pytest.approx(best)


@given(seeds, st.booleans(), st.sampled_from([0.0, 0.05, 0.5]))
@settings(max_examples=examples(100), deadline=None)
def test_no_answer_beats_the_bound(seed, from_home, gap):
    case = drawn(seed)
    demands, sites, tiers = case["shape"]
    rng, options = case["rng"], case["options"]
    costs = [travel(rng, demands, sites) for _ in range(tiers if from_home else 1)]
    links = None if from_home else [travel(rng, sites, sites) for _ in range(tiers - 1)]
    referral = rng.choice([0.125, 1.0], tiers - 1)
    every = list(every_choice(case))
    values = [cost_of(levels, costs, links, referral, options["weights"]) for levels in every]
    best = min(values, default=np.inf)
    asked = {"referral": referral, "links": links, **options}
    problem = TieredProblem.checked(costs, **asked)
    for levels, value in zip(every, values, strict=True):
        if np.isfinite(value) and value:
            bound, _, left = tiered.bounded(problem, levels, Watch(60), gap)
            assert bound <= best + 1e-6
            # What is ruled out is no better than the answer that it was ruled out by.
            for other, cost in zip(every, values, strict=True):
                assert cost >= value - 1e-9 or (other <= left.choice.highest).all()
            break
    with at_length():
        found = siting.tiered_median(costs, gap=gap, **asked)
    if np.isfinite(best):
        assert found.bound - 1e-6 <= best <= found.objective + 1e-6
        assert found.gap <= gap + 1e-9
    reach = [rng.random((demands, sites)) < 0.35 for _ in range(tiers)]
    wide = siting.tiered_coverage(reach, gap=gap, **options)
    most = max(covered(levels, reach, options["weights"]).sum() for levels in every)
    assert wide.objective - 1e-6 <= most <= wide.bound + 1e-6


def covered(levels, reach, weights):
    """Return the weight that each tier covers, counted anew."""
    tiers = range(len(reach))
    return np.array([weights @ reach[k][:, levels > k].any(axis=1) for k in tiers])


@given(seeds, st.booleans())
@settings(max_examples=examples(10), deadline=None)
def test_order_and_units_do_not_matter(seed, from_home):
    rng = np.random.default_rng(seed)
    home = [rng.integers(1, 30, (12, 8)).astype(float) for _ in range(2 if from_home else 1)]
    links = None if from_home else [rng.integers(1, 30, (8, 8)).astype(float)]
    weights, prices = rng.integers(0, 9, 12).astype(float), rng.integers(1, 6, (8, 2))
    asked = {"p": [2, 1], "referral": 0.3, "budget": 12}
    one = siting.tiered_median(home, links=links, weights=weights, site_costs=prices, **asked)
    again = siting.tiered_median(home, links=links, weights=weights, site_costs=prices, **asked)
    assert (again.levels == one.levels).all()
    assert again.objective == one.objective
    rows, columns = rng.permutation(12), rng.permutation(8)
    other = siting.tiered_median(
        [60 * table[np.ix_(rows, columns)] for table in home],
        links=None if from_home else [60 * table[np.ix_(columns, columns)] for table in links],
        weights=10 * weights[rows],
        site_costs=1000 * prices[columns],
        **(asked | {"budget": 12_000}),
    )
    assert other.objective == pytest.approx(600 * one.objective)
    reach = [table <= 8 for table in (home * 2)[:2]]
    wide = siting.tiered_coverage(reach, weights=weights, site_costs=prices, p=[2, 1], budget=12)
    turned = siting.tiered_coverage(
        [table[np.ix_(rows, columns)] for table in reach],
        weights=10 * weights[rows], site_costs=prices[columns], p=[2, 1], budget=12,
    )  # fmt: skip
    assert turned.objective == pytest.approx(10 * wide.objective)


@pytest.mark.parametrize("easy", [True, False])
def test_a_larger_case_is_that_of_a_plain_program(easy):
    rng = np.random.default_rng(7)
    demand, site = rng.random((30, 2)), rng.random((10, 2))
    home = np.hypot(*(demand[:, None] - site).transpose(2, 0, 1))
    between = np.hypot(*(site[:, None] - site).transpose(2, 0, 1))
    weights = rng.integers(1, 9, 30).astype(float)
    with nullcontext() if easy else at_length():
        found = siting.tiered_median(
            [home], [3, 2], referral=0.4, links=[between], weights=weights, fixed={0: 1}
        )
    # x of each path (demand, site, site referred to), then y of each site and tier.
    paths, count = 30 * 10 * 10, 20
    at = np.arange(paths).reshape(30, 10, 10)
    path_cost = weights[:, None, None] * (home[:, :, None] + 0.4 * between)
    rows, upper = [], []
    for i, j in product(range(30), range(10)):
        for ends, y in ((at[i, j], j), (at[i, :, j], 10 + j)):
            row = np.zeros(paths + count)
            row[ends], row[paths + y] = 1, -1
            rows.append(row)
            upper.append(0)
    once = np.zeros((30, paths + count))
    for i in range(30):
        once[i, at[i].ravel()] = 1
    low, high = paths + np.arange(10), paths + 10 + np.arange(10)
    for plus, minus, limit in ((high, [], 2), (low[1:], high[1:], 3)):
        row = np.zeros(paths + count)
        row[plus], row[minus] = 1, -1
        rows.append(row)
        upper.append(limit)
    for j in range(10):
        row = np.zeros(paths + count)
        row[high[j]], row[low[j]] = 1, -1
        rows.append(row)
        upper.append(0)
    least = np.zeros(paths + count)
    least[low[0]] = 1
    plain = milp(
        np.concatenate([path_cost.ravel(), np.zeros(count)]),
        integrality=np.arange(paths + count) >= paths,
        bounds=Bounds(least, 1),
        constraints=[
            LinearConstraint(csr_array(np.array(rows)), -np.inf, upper),
            LinearConstraint(csr_array(once), 1, 1),
        ],
    )
    assert found.status == "optimal"
    assert found.objective == pytest.approx(plain.fun)


@given(seeds, st.booleans())
@settings(max_examples=examples(100), deadline=None)
def test_tiered_coverage_is_that_of_brute_force(seed, every_tier):
    case = drawn(seed)
    demands, sites, tiers = case["shape"]
    rng, options = case["rng"], case["options"]
    reach = [rng.random((demands, sites)) < 0.35 for _ in range(tiers)]
    counted = None if every_tier else rng.integers(0, 3, tiers).astype(float)

    def worth(levels):
        if every_tier:
            each = [reach[k][:, levels > k].any(axis=1) for k in range(tiers)]
            return float(options["weights"] @ np.all(each, axis=0))
        return float(covered(levels, reach, options["weights"]) @ counted)

    best = max(worth(levels) for levels in every_choice(case))
    found = siting.tiered_coverage(reach, every_tier=every_tier, tier_weights=counted, **options)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(best)
    assert worth(found.levels) == pytest.approx(best)
    assert any((found.levels == levels).all() for levels in every_choice(case))


@given(seeds)
@settings(max_examples=examples(40), deadline=None)
def test_one_tier_and_no_referral_are_the_models_of_one_tier(seed):
    rng = np.random.default_rng(seed)
    cost, weights = travel(rng, 8, 6), rng.integers(0, 5, 8).astype(float)
    other = travel(rng, 8, 6)
    asked = {"weights": weights, "site_costs": rng.integers(1, 5, 6), "budget": 7.0}
    plain = siting.p_median(cost, 3, fixed=[0], **asked)
    for found in (
        siting.tiered_median(cost, 3, fixed={0: 1}, **asked),
        siting.tiered_median([cost, other], [3, 0], referral=0.0, fixed={0: 1}, **asked),
    ):
        assert (found.status == "infeasible") == (plain.status == "infeasible")
        assert found.objective == pytest.approx(plain.objective, nan_ok=True)
    wide = siting.max_coverage(cost, 2, radius=4, fixed=[0], weights=weights)
    found = siting.tiered_coverage(cost, 2, radius=4, fixed={0: 1}, weights=weights)
    assert found.objective == pytest.approx(wide.objective)


@given(seeds, st.booleans())
@settings(max_examples=examples(40), deadline=None)
def test_a_site_raised_before_never_costs_travel(seed, from_home):
    rng = np.random.default_rng(seed)
    home = [rng.integers(0, 12, (8, 6)).astype(float) for _ in range(2)]
    links = None if from_home else [rng.integers(0, 12, (6, 6)).astype(float)]
    asked = {"referral": 0.5, "links": links, "weights": rng.integers(0, 5, 8)}
    costs = home if from_home else home[:1]
    before = siting.tiered_median(costs, [1, 1], fixed={0: 1, 1: 2}, **asked)
    after = siting.tiered_median(costs, [1, 1], fixed={0: 2, 1: 2}, **asked)
    assert after.objective <= before.objective + 1e-9


@given(seeds)
@settings(max_examples=examples(300), deadline=None)
def test_sites_and_tiers_are_matched_at_the_least_sum(seed):
    rng = np.random.default_rng(seed)
    sites, tiers = rng.integers(1, 5), rng.integers(1, 4)
    values = rng.integers(-12, 6, (sites, tiers)).astype(float)
    values[rng.random(values.shape) < 0.15] = np.inf
    most = rng.integers(0, 3, tiers)
    priced = np.concatenate([np.zeros((sites, 1)), values], axis=1)

    def total(raised):
        counts = np.bincount(raised, minlength=tiers + 1)[1:]
        return priced[np.arange(sites), raised].sum() if (counts <= most).all() else np.inf

    ways = product(range(tiers + 1), repeat=int(sites))
    assert total(choose(values, most)) == min(total(np.array(raised)) for raised in ways)
