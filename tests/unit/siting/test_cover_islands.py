"""Maximal covering on islands: equal to brute force, and worth the split."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import block_diag, csr_array

from planner import siting
from planner.siting import mclp
from planner.siting.mclp_islands import Islands, given_out
from planner.siting.presolve import Cover
from planner.siting.watch import Watch
from tests.examples import examples


def cover_of(reach: np.ndarray, weights: np.ndarray) -> Cover:
    rows = csr_array(reach.astype(bool))
    sites = reach.shape[1]
    ptr, items = rows.indptr.astype(np.int64), rows.indices.astype(np.int32)
    return Cover(ptr, items, weights, np.arange(sites), np.ones(sites))


def most(reach: np.ndarray, weights: np.ndarray, p: int) -> float:
    sets = combinations(range(reach.shape[1]), min(p, reach.shape[1]))
    return max(float(weights[reach[:, list(sites)].any(axis=1)].sum()) for sites in sets)


@st.composite
def archipelagos(draw):
    """Draw two to four islands of one to four sites, whole or fractional weights."""
    islands = []
    for _ in range(draw(st.integers(2, 4))):
        n, m = draw(st.integers(1, 6)), draw(st.integers(1, 4))
        cells = draw(st.lists(st.booleans(), min_size=n * m, max_size=n * m))
        island = np.array(cells).reshape(n, m)
        islands.append(island)
    reach = block_diag(islands).toarray() > 0
    kept = reach[reach.any(axis=1)]
    weights = st.integers(1, 9).map(float) if draw(st.booleans()) else st.floats(0.1, 9)
    drawn = draw(st.lists(weights, min_size=len(kept), max_size=len(kept)))
    return kept, np.array(drawn, float)


@pytest.mark.slow
@settings(max_examples=examples(40), deadline=None)
@given(case=archipelagos(), p=st.integers(1, 7), shares=st.integers(0, 5))
def test_what_the_islands_promise_and_keep_is_the_best_of_all_subsets(case, p, shares):
    reach, weights = case
    if not len(weights):
        return
    cover = cover_of(reach, weights)
    whole = bool((weights == np.round(weights)).all())
    share = weights * np.random.default_rng(shares).random(len(weights))
    islands = Islands(cover, p, share, whole=whole)
    if not islands.pays:
        return
    best = most(reach, weights, p)
    assert islands.value <= best * (1 + 1e-12)
    assert islands.bound >= best * (1 - 1e-12)

    def solve(part, k, watch):
        found = mclp.choose(part, k, watch)
        assert found.proven
        return found.value, found.value, found.inside

    islands.run(solve, Watch(60), lambda: None, lambda: False)
    assert islands.value == pytest.approx(best, rel=1e-12)
    assert islands.bound == pytest.approx(best, rel=1e-9)
    assert len(islands.inside) <= p
    covered = reach[:, islands.inside].any(axis=1)
    assert weights[covered].sum() == pytest.approx(best, rel=1e-12)


def test_sites_are_given_out_as_trying_every_number_does():
    draw = np.random.default_rng(0)
    for _ in range(20):
        most_of, p = draw.integers(0, 4, 4), int(draw.integers(0, 9))
        worth = np.maximum.accumulate(draw.integers(0, 9, (4, p + 1)), axis=1).astype(float)
        value, numbers = given_out(worth, most_of, p)
        tried = [
            sum(worth[c, k] for c, k in enumerate(numbers))
            for numbers in product(*(range(min(m, p) + 1) for m in most_of))
            if sum(numbers) <= p
        ]
        assert value == max(tried) == sum(worth[c, k] for c, k in enumerate(numbers))
        assert numbers.sum() <= p
        assert (numbers <= most_of).all()


def towns(count: int, sites: int, demands: int, seed: int) -> csr_array:
    draw = np.random.default_rng(seed)
    blocks = []
    for _ in range(count):
        places, points = draw.random((sites, 2)), draw.random((demands, 2))
        blocks.append(np.hypot(*(points[:, None] - places[None]).T).T < 0.25)
    return csr_array(block_diag(blocks, format="csr").astype(bool))


@pytest.mark.slow
def test_towns_far_apart_are_proven_together():
    reach = towns(6, 30, 80, seed=1)
    found = siting.max_coverage(reach, 24, time_limit_s=30)
    assert found.status == "optimal"
    again = siting.max_coverage(reach, 24, time_limit_s=30)
    assert (found.sites == again.sites).all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_a_search_that_splits_meets_the_whole_model(seed):
    reach = towns(3, 8, 25, seed)
    p = 3 + seed % 5
    whole = siting.max_coverage(reach, p)
    ruled = siting.Rules(quotas=[siting.Quota([0], at_most=1)])  # the same sets, by HiGHS
    assert whole.status == "optimal"
    assert whole.objective == siting.max_coverage(reach, p, rules=ruled).objective


@pytest.mark.slow
def test_time_up_on_islands_leaves_an_honest_gap():
    reach = towns(4, 200, 3_000, seed=2)
    found = siting.max_coverage(reach, 40, time_limit_s=1)
    longer = siting.max_coverage(reach, 40, time_limit_s=8)
    assert found.objective <= longer.bound
    assert longer.objective <= found.bound
