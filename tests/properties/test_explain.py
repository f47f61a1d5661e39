"""What explain_infeasible proposes is enough, and a little less is not."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from planner import siting


@st.composite
def requests(draw):
    """Draw a model with arguments that often cannot be met."""
    demands, sites = draw(st.integers(1, 4)), draw(st.integers(1, 4))

    def numbers(low, high, size):
        return np.array(draw(st.lists(st.integers(low, high), min_size=size, max_size=size)), float)

    cost = numbers(1, 9, demands * sites).reshape(demands, sites)
    model = draw(
        st.sampled_from(
            ["set_cover", "partial_cover", "max_coverage", "capacitated_p_median", "p_dispersion"]
        )
    )
    rules = {}
    if sites >= 2:
        pair = tuple(draw(st.permutations(range(sites)))[:2])
        quota = siting.Quota(list(pair), draw(st.integers(0, 2)), 2, "the pair")
        rules = {
            "quotas": [quota] if draw(st.booleans()) else [],
            "apart": [pair] if draw(st.booleans()) else [],
            "together": [pair[::-1]] if draw(st.booleans()) else [],
        }
    options = {
        "site_costs": numbers(1, 5, sites),
        "fixed": draw(st.sampled_from([[], [0]])),
        "forbidden": draw(st.sampled_from([[], [sites - 1] if sites > 1 else []])),
        "rules": siting.Rules(**rules),
    }
    if model in ("set_cover", "partial_cover", "max_coverage"):
        options["radius"] = draw(st.integers(0, 9))
    if model == "partial_cover":
        options |= {
            "share": draw(st.sampled_from([0.3, 0.8, 1.0])),
            "weights": numbers(1, 4, demands),
        }
    if model in ("max_coverage", "capacitated_p_median"):
        options |= {"p": draw(st.integers(0, 3)), "budget": draw(st.none() | st.integers(0, 9))}
    if model == "capacitated_p_median":
        cost[numbers(0, 4, demands * sites).reshape(demands, sites) == 0] = np.inf
        options |= {
            "demand": numbers(1, 4, demands),
            "capacity": numbers(0, 7, sites),
            "split": draw(st.booleans()),
        }
    if model == "p_dispersion":
        points = numbers(0, 9, sites)
        cost = np.abs(points[:, None] - points)
        options["p"] = draw(st.integers(0, 5))
    return getattr(siting, model), cost, options


def works(model, cost, options):
    return model(cost, **options).status != "infeasible"


@settings(max_examples=40, deadline=None)
@given(request=requests())
def test_each_change_is_enough_and_less_is_not(request):
    model, cost, options = request
    told = siting.explain_infeasible(model, cost, **options)
    assert told.feasible == works(model, cost, options)
    if told.feasible:
        assert told.remedies == ()
        return
    assert told.reason
    for remedy in told.remedies:
        assert remedy.proven
        assert works(model, cost, options | remedy.options), told.text
        less = options | less_of(remedy, options, cost)
        assert not works(model, cost, less), (remedy.text, less)


def less_of(remedy, options, cost):
    if remedy.kind == "p":
        toward = int(np.sign(remedy.given - remedy.needed))
        return {"p": int(remedy.needed) + toward}
    if remedy.kind == "budget":
        return {"budget": remedy.needed - 0.5}
    if remedy.kind == "radius":
        return {"radius": remedy.needed - 0.5}
    if remedy.kind == "share":
        return {"share": min(remedy.needed + 1e-6, 1.0)} if remedy.needed < 1 else {"share": 1.0}
    if remedy.kind == "capacity":
        # The least sum, however it is spread: take a little from where it was added.
        less = remedy.options["capacity"].copy()
        less.loc[remedy.where.index[0]] -= 0.5
        return {"capacity": less}
    assert remedy.kind == "rules"
    return {"rules": one_step_back(remedy.options["rules"], options["rules"])}


def one_step_back(changed, asked):
    """Return the changed rules with one of what gave way restored."""
    for number, (new, old) in enumerate(zip(changed.quotas, asked.quotas, strict=True)):
        quotas = list(changed.quotas)
        if new.at_least < old.at_least:
            quotas[number] = replace(new, at_least=new.at_least + 1)
            return replace(changed, quotas=quotas)
        if new.at_most > old.at_most:
            quotas[number] = replace(new, at_most=new.at_most - 1)
            return replace(changed, quotas=quotas)
    if len(changed.apart) < len(asked.apart):
        return replace(changed, apart=asked.apart)
    return replace(changed, together=asked.together)


@settings(max_examples=40, deadline=None)
@given(
    size=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    capacity=st.lists(st.integers(0, 6), min_size=1, max_size=3),
)
def test_the_missing_capacity_is_the_least_of_all_ways_to_add_it(size, capacity):
    sites = len(capacity)
    cost = np.ones((len(size), sites))
    options = {"p": sites, "demand": size, "split": False}
    told = siting.explain_infeasible(
        siting.capacitated_p_median, cost, capacity=capacity, **options
    )
    assume(not told.feasible)
    best = np.inf
    for places in np.ndindex(*[sites] * len(size)):
        load = np.bincount(places, size, minlength=sites)
        best = min(best, np.maximum(load - capacity, 0).sum())
    remedy = next(one for one in told.remedies if one.kind == "capacity")
    assert remedy.needed - remedy.given == pytest.approx(best)


def test_combinations_of_sites_do_not_matter_to_a_budget_that_is_enough():
    costs = np.array([4.0, 3.0, 2.5])
    cost = np.array([[1, 1, 9], [9, 1, 1], [1, 9, 1.0]])
    told = siting.explain_infeasible(
        siting.capacitated_p_median, cost, demand=[1, 1, 1], capacity=1.5, budget=6,
        site_costs=costs,
    )  # fmt: skip
    best = min(
        costs[list(new)].sum() for size in (2, 3) for new in combinations(range(3), size)
        if 1.5 * size >= 3 and size == 3
    )  # fmt: skip
    (remedy,) = [one for one in told.remedies if one.kind == "budget"]
    assert remedy.needed == best
