"""Phases, fronts, fair and robust covers against every set of sites there is."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import siting
from tests.examples import examples

pytestmark = pytest.mark.slow


@st.composite
def cases(draw, most_sites=5):
    """Draw reach, weights, prices, open and forbidden sites; ties, zeros, nobody among them."""
    demands, sites = draw(st.integers(1, 6)), draw(st.integers(1, most_sites))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    roles = rng.choice(list("-----fx"), sites)
    return {
        "rng": rng,
        "reach": rng.random((demands, sites)) < rng.choice([0.2, 0.4, 0.6]),
        "weights": rng.integers(0, 9, demands).astype(float),
        "costs": rng.integers(0, 6, sites).astype(float),
        "fixed": np.flatnonzero(roles == "f"),
        "forbidden": np.flatnonzero(roles == "x"),
    }


def sets(case):
    """Yield every set of open sites, the fixed ones in it and no forbidden one."""
    free = np.setdiff1d(np.arange(case["reach"].shape[1]), [*case["fixed"], *case["forbidden"]])
    for size in range(len(free) + 1):
        for new in combinations(free.tolist(), size):
            yield list(new)


def reached(case, new):
    return case["reach"][:, [*case["fixed"], *new]].any(axis=1)


def price(case, new):
    return float(case["costs"][new].sum())


def common(case):
    return {
        "site_costs": case["costs"],
        "fixed": case["fixed"],
        "forbidden": case["forbidden"],
    }


def schedules(case, years, p, budgets, carry):
    """Yield every nested sequence of sets that keeps the yearly means."""
    every = [frozenset(new) for new in sets(case)]
    for chain in product(every, repeat=years):
        if any(not chain[t - 1] <= chain[t] for t in range(1, years)):
            continue
        steps = [sorted(chain[t] - (chain[t - 1] if t else set())) for t in range(years)]
        used = np.array([[len(new) for new in steps], [price(case, new) for new in steps]])
        means = [p, budgets]
        for row, limit in zip(used, means, strict=True):
            if limit is None:
                continue
            over = np.cumsum(row) > np.cumsum(limit) if carry else row > np.array(limit)
            if over.any():
                break
        else:
            yield chain


def postponed(means, year):
    late = [*means, 0]
    late[year], late[year + 1] = 0, late[year] + late[year + 1]
    return late[:-1]


@given(cases(most_sites=4), st.integers(1, 3), st.booleans(), st.sampled_from("pbB"))
@settings(max_examples=examples(200), deadline=None)
def test_phased_coverage_is_the_best_of_all_schedules(case, years, carry, limits):
    rng = case["rng"]
    p = rng.integers(0, 3, years).tolist() if limits in "pB" else None
    budgets = rng.integers(0, 9, years).tolist() if limits in "bB" else None
    weights = rng.integers(0, 9, (len(case["weights"]), years)).astype(float)

    def value(chain):
        return sum(weights[reached(case, sorted(new)), t].sum() for t, new in enumerate(chain))

    def best(p, budgets):
        return max(value(chain) for chain in schedules(case, years, p, budgets, carry))

    found = siting.phased_coverage(
        case["reach"], p=p, budgets=budgets, weights=weights, carry=carry, delays=True,
        **common(case),
    )  # fmt: skip
    assert found.status == "optimal"
    assert found.objective == pytest.approx(best(p, budgets))
    assert found.objective >= found.greedy_objective
    built = [frozenset(np.concatenate(found.built[: t + 1]).tolist()) for t in range(years)]
    assert tuple(built) in set(schedules(case, years, p, budgets, carry))
    assert found.covered.sum() == pytest.approx(value(built))
    for year, loss in enumerate(found.delay_losses):
        late = [None if means is None else postponed(means, year) for means in (p, budgets)]
        assert loss == pytest.approx(found.objective - best(*late))
