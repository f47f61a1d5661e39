"""Fronts, orders and weighted sums of every objective against every set of sites there is."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import equity, siting
from planner.errors import SitingError
from tests.examples import examples
from tests.properties.test_decisions import (
    cases,
    common,
    front_by_hand,
    gap_of,
    price,
    reached,
    sets,
)

pytestmark = pytest.mark.slow
NAMES = (
    "covered", "cost", "number", "gap", "farthest", "person_minutes", "insufficiency", "gini",
)  # fmt: skip
PAIRS = list(combinations(NAMES, 2))
BEYOND, ENOUGH = 9.0, 4.0


@st.composite
def asked(draw):
    """Draw a case, its minutes and groups, and a limit on the price or the number."""
    case = draw(cases())
    rng, shape = case["rng"], case["reach"].shape
    case["minutes"] = np.where(rng.random(shape) < 0.9, rng.integers(0, 12, shape), np.inf)
    case["labels"] = np.arange(shape[0]) % 2
    case["weights"][:2] += 1
    limit = draw(st.sampled_from(["none", "p", "budget"]))
    case["p"] = draw(st.integers(0, 4)) if limit == "p" else None
    case["budget"] = draw(st.integers(0, 8)) if limit == "budget" else None
    case["share"] = draw(st.sampled_from([0.0, 0.0, 0.4]))
    return case


def two_groups(case):
    return len(case["weights"]) > 1


def measure(case, name, new):
    """Return the value of an objective, to be small, counted by hand."""
    weights = case["weights"]
    if name == "covered":
        return -weights[reached(case, new)].sum()
    if name == "cost":
        return price(case, new)
    if name == "number":
        return len(new)
    if name == "gap":
        return gap_of(case, new, case["labels"])
    near = case["minutes"][:, [*case["fixed"], *new]].min(axis=1, initial=np.inf)
    near = np.minimum(near, BEYOND)
    if name == "farthest":
        return near[weights > 0].max()
    if name == "person_minutes":
        return weights @ near
    if name == "insufficiency":
        return (
            equity.fgt(BEYOND - near, weights, BEYOND - ENOUGH, 1)
            * weights.sum()
            * (BEYOND - ENOUGH)
        )
    return equity.gini(near, weights) if (near * weights).any() else 0.0


def allowed(case):
    """Return every set of new sites that keeps number, budget and share."""
    some = case["weights"][: len(case["weights"]) // 2 + 1]

    def share(new):
        return some[reached(case, new)[: len(some)]].sum() / some.sum()

    return [
        new
        for new in sets(case)
        if (case["p"] is None or len(new) <= case["p"])
        and (case["budget"] is None or price(case, new) <= case["budget"])
        and share(new) >= case["share"] - 1e-9
    ]


def options(case):
    some = np.arange(len(case["weights"]) // 2 + 1)
    return {
        "weights": case["weights"], "p": case["p"], "budget": case["budget"],
        "groups": case["labels"], "minutes": case["minutes"], "beyond_minutes": BEYOND,
        "enough_minutes": ENOUGH, "shares": [siting.Share(some, case["share"])], **common(case),
    }  # fmt: skip


@pytest.mark.parametrize("names", PAIRS, ids="-".join)
@given(case=asked(), swapped=st.booleans())
@settings(max_examples=examples(10), deadline=None)
def test_the_front_of_any_two_is_what_no_set_of_sites_beats(names, case, swapped):
    if "gap" in names and not two_groups(case):
        return
    names = names[::-1] if swapped else names
    able = allowed(case)
    if not able:
        with pytest.raises(SitingError, match="no set of sites keeps"):
            siting.pareto(case["reach"], names, **options(case))
        return
    known = front_by_hand(
        case, lambda new: [measure(case, name, new) for name in names], lambda new: new in able
    )
    found = siting.pareto(case["reach"], names, **options(case))
    assert found.complete
    signs = np.array([-1 if name == "covered" else 1 for name in names])
    got = sorted(map(tuple, found.table[list(names)].to_numpy(float) * signs))
    assert np.array(got) == pytest.approx(np.array(sorted(known)), abs=1e-8)


@given(asked(), st.permutations(NAMES), st.integers(1, 4), st.sampled_from([0.0, 0.0, 0.2]))
@settings(max_examples=examples(80), deadline=None)
def test_in_order_of_importance_each_is_best_among_the_best_of_those_before(
    case, order, count, tolerance
):
    names = [name for name in order if name != "gap" or two_groups(case)][:count]
    left = allowed(case)
    if not left:
        return
    found = siting.lexicographic(case["reach"], names, tolerance=tolerance, **options(case))
    assert found.status == "optimal"
    for name, told in zip(names, found.stages["objective"], strict=True):
        best = min(measure(case, name, new) for new in left)
        assert told * (-1 if name == "covered" else 1) == pytest.approx(best, abs=1e-8)
        most = best + tolerance * abs(best) + 1e-8
        left = [new for new in left if measure(case, name, new) <= most]
    assert found.sites.tolist() in left


@given(asked(), st.permutations(NAMES), st.integers(1, 5))
@settings(max_examples=examples(80), deadline=None)
def test_a_weighted_sum_is_the_least_of_all_sets(case, order, count):
    names = [name for name in order if name != "gap" or two_groups(case)][:count]
    able = allowed(case)
    if not able:
        return
    weights = {name: float(case["rng"].integers(1, 9)) for name in names}

    def total(new):
        return sum(weight * measure(case, name, new) for name, weight in weights.items())

    found = siting.weighted(case["reach"], weights, **options(case))
    assert found.status == "optimal"
    assert found.stages["objective"].item() == pytest.approx(min(map(total, able)), abs=1e-7)
    assert found.sites.tolist() in able
    assert total(found.sites.tolist()) == pytest.approx(min(map(total, able)), abs=1e-7)


def test_many_minutes_are_summed_up_as_a_p_median_does(monkeypatch):
    rng = np.random.default_rng(3)
    minutes = rng.integers(1, 30, (40, 12)).astype(float)
    asked = {"p": 3, "fixed": [4], "forbidden": [7], "beyond_minutes": 12, "radius": 9}
    asked["weights"] = rng.integers(0, 9, 40)
    few = siting.lexicographic(minutes, ["person_minutes", "number"], **asked)
    monkeypatch.setattr("planner.siting.objectives._MANY_ENTRIES", 0)
    many = siting.lexicographic(minutes, ["person_minutes", "number"], **asked)
    assert many.status == few.status == "optimal"
    assert many.stages["objective"].tolist() == few.stages["objective"].tolist()


def test_a_limit_that_the_best_just_keeps_loses_no_set_of_sites():
    reach = np.array(
        [[1, 0, 1, 1, 0], [0, 0, 0, 0, 1], [1, 1, 0, 1, 1], [1, 0, 0, 1, 1], [1, 1, 1, 0, 1]]
    )
    minutes = [
        [9, 1, 5, 11, 3],
        [0, 5, 11, 0, 9],
        [7, 4, 8, 8, 4],
        [5, 4, 11, 8, 0],
        [10, 4, 1, np.inf, 5],
    ]
    front = siting.pareto(
        reach.astype(bool), ("insufficiency", "gap"), p=2, weights=[6.0, 7.0, 8.0, 1.0, 8.0],
        groups=[0, 1, 0, 1, 0], minutes=np.array(minutes, float), beyond_minutes=BEYOND,
        enough_minutes=ENOUGH, fixed=[2],
    )  # fmt: skip
    assert front.table[["insufficiency", "gap"]].to_numpy().tolist() == [[0.0, 0.0]]
