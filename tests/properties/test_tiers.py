"""Tiered models against every tier of every site there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import siting
from planner.siting.tiered_kernels import choose
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


@given(seeds, st.booleans())
@settings(max_examples=examples(150), deadline=None)
def test_tiered_medians_are_those_of_brute_force(seed, from_home):
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


@given(seeds, st.booleans())
@settings(max_examples=examples(100), deadline=None)
def test_tiered_coverage_is_that_of_brute_force(seed, every_tier):
    case = drawn(seed)
    demands, sites, tiers = case["shape"]
    rng, options = case["rng"], case["options"]
    reach = [rng.random((demands, sites)) < 0.35 for _ in range(tiers)]
    counted = None if every_tier else rng.integers(0, 3, tiers).astype(float)

    def worth(levels):
        covered = np.stack([reach[k][:, levels > k].any(axis=1) for k in range(tiers)], axis=1)
        if every_tier:
            return float(options["weights"] @ covered.all(axis=1))
        return float(options["weights"] @ covered @ counted)

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
