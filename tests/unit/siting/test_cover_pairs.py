"""Maximal covering bounded by pairs of sites: never too low, and close where all overlap."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_array

from planner import siting
from planner.siting.mclp_pairs import branch_pairs, pair_losses, pair_prices
from planner.siting.presolve import Cover


def drawn_cover(seed: int) -> Cover:
    draw = np.random.default_rng(seed)
    n, m = int(draw.integers(1, 40)), int(draw.integers(3, 8))
    rows = csr_array(draw.random((n, m)) < draw.choice([0.3, 0.6, 0.9]))
    weights = draw.random(n) if seed % 2 else draw.integers(0, 9, n).astype(float)
    ptr, items = rows.indptr.astype(np.int64), rows.indices.astype(np.int32)
    return Cover(ptr, items, weights, np.arange(m), np.ones(m))


@pytest.mark.slow
def test_no_sites_cover_more_than_their_prices_and_branching_finds_the_best():
    bounded = 0
    for seed in range(150):
        cover = drawn_cover(seed)
        reach = cover.matrix().toarray() > 0
        for p in range(1, cover.shape[1]):
            losses = pair_losses(cover, p)
            if losses is None:
                continue
            bounded += 1
            prices = pair_prices(cover, p, losses)
            best = 0.0
            for sites in map(list, combinations(range(cover.shape[1]), p)):
                worth = cover.weights[reach[:, sites].any(axis=1)].sum()
                assert worth <= prices[sites].sum() + 1e-9
                best = max(best, worth)
            margin = 1e-9 if seed % 2 else 1 - 1e-6
            ended, value, inside = branch_pairs(
                *cover.by_site(), cover.weights, losses, p, best / 2, margin, 10**9
            )
            assert ended
            assert value == pytest.approx(best, abs=1e-8)
            assert inside.sum() == (p if best > best / 2 else 0)
    assert bounded > 100


def test_sites_that_mostly_have_nothing_in_common_are_left_to_other_bounds():
    reach = csr_array(np.eye(8))
    ptr, items = reach.indptr.astype(np.int64), reach.indices.astype(np.int32)
    assert pair_losses(Cover(ptr, items, np.ones(8), np.arange(8), np.ones(8)), 3) is None


@pytest.mark.slow
def test_scattered_reach_is_proven():
    draw = np.random.default_rng(0)
    ends = np.sort(np.argsort(draw.random((200_000, 60)), axis=1)[:, :2], axis=1)
    indptr = np.arange(0, 400_001, 2)
    reach = csr_array((np.ones(400_000, bool), ends.ravel(), indptr), shape=(200_000, 60))
    found = siting.max_coverage(reach, 8, time_limit_s=20)
    assert found.status == "optimal"  # the linear relaxation alone leaves 4 %
