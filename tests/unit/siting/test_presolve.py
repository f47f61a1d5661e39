"""Presolve of covering problems: smaller, and with the same answer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from planner.siting import presolve_kernels as kernels
from planner.siting.presolve import (
    Cover,
    merged,
    without_dominated,
    without_dominated_rows,
    without_dominated_sites,
)


def cover(reach, costs=None, weights=None) -> Cover:
    rows = csr_array(np.asarray(reach, bool))
    n, m = rows.shape
    return Cover(
        rows.indptr.astype(np.int64),
        rows.indices.astype(np.int32),
        np.ones(n) if weights is None else np.asarray(weights, float),
        np.arange(m),
        np.ones(m) if costs is None else np.asarray(costs, float),
    )


def test_demands_that_the_same_sites_reach_are_one_demand_of_their_weight():
    reach = [[1, 1, 0], [0, 1, 1], [1, 1, 0], [1, 1, 1]]
    given = cover(reach, weights=[1, 2, 4, 8])
    role = np.array([kernels.FREE, kernels.FREE, kernels.FORBIDDEN], np.int8)
    small, group = merged(
        given.row_ptr, given.row_sites, given.weights, role, given.sites, given.costs
    )
    assert small.matrix().toarray().tolist() == [[1, 1], [0, 1]]
    assert small.weights.tolist() == [13, 2]
    assert group.tolist() == [0, 1, 0, 0]


def test_demands_that_a_fixed_site_covers_are_settled_and_those_without_a_site_left_out():
    given = cover([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    role = np.array([kernels.FIXED, kernels.FREE, kernels.FORBIDDEN], np.int8)
    small, group = merged(
        given.row_ptr, given.row_sites, given.weights, role, given.sites, given.costs
    )
    assert group.tolist() == [kernels.COVERED, 0, kernels.UNREACHED]
    assert small.shape == (1, 1)


def test_rows_of_equal_hash_are_told_apart():
    ptr, items = np.array([0, 1, 2, 3]), np.array([0, 1, 0], np.int32)
    role, keys = np.full(2, kernels.FREE, np.int8), np.full(2, 7, np.uint64)
    group, first, entries = kernels.merged_rows(ptr, items, role, keys)
    assert group.tolist() == [0, 1, 0]
    assert (first.tolist(), entries) == ([0, 1], 2)


@pytest.mark.parametrize("rows", [10, 3000])
def test_merging_equals_a_dictionary_of_rows(rows):
    reach = np.random.default_rng(rows).random((rows, 11)) < 0.3
    small, group = merged(
        *(lambda c: (c.row_ptr, c.row_sites, c.weights))(cover(reach)),
        np.full(11, kernels.FREE, np.int8),
        np.arange(11),
        np.ones(11),
    )
    kinds: dict[bytes, int] = {}
    expected = [
        kinds.setdefault(row.tobytes(), len(kinds)) if row.any() else kernels.UNREACHED
        for row in reach
    ]
    assert group.tolist() == expected
    assert small.weights.sum() == reach.any(axis=1).sum()


def test_a_site_inside_a_cheaper_or_earlier_equal_one_is_left_out():
    reach = [[1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]]
    assert without_dominated_sites(cover(reach)).sites.tolist() == [1, 3]
    assert without_dominated_sites(cover(reach, costs=[1, 2, 2, 1])).sites.tolist() == [0, 1, 3]
    assert without_dominated_sites(cover(reach, costs=[3, 2, 1, 1])).sites.tolist() == [2, 3]


def test_a_demand_that_holds_another_is_left_out():
    reach = [[1, 1, 1], [1, 1, 0], [0, 1, 1]]
    assert without_dominated_rows(cover(reach)).matrix().toarray().tolist() == [
        [1, 1, 0],
        [0, 1, 1],
    ]


def test_dominance_equals_comparing_every_pair():
    for seed in range(60):
        draw = np.random.default_rng(seed)
        reach = draw.random((draw.integers(1, 25), draw.integers(1, 12))) < 0.4
        costs = draw.integers(1, 4, reach.shape[1]).astype(float)
        sets = [set(np.flatnonzero(column)) for column in reach.T]
        gone = {
            j
            for j, one in enumerate(sets)
            for k, other in enumerate(sets)
            if not one
            or (j != k and one <= other and (costs[k], one == other and k) < (costs[j], j))
            or (one < other and costs[k] <= costs[j])
        }
        kept = set(without_dominated_sites(cover(reach, costs)).sites.tolist())
        assert kept == set(range(reach.shape[1])) - gone


def test_islands_share_no_site_and_hold_every_row():
    reach = np.zeros((5, 6), bool)
    reach[[0, 1, 2, 3, 4], [0, 1, 1, 3, 4]] = True
    reach[3, 4] = True
    parts = cover(reach).islands()
    assert [(rows.tolist(), sites.tolist()) for rows, sites in parts] == [
        ([0], [0]),
        ([1, 2], [1]),
        ([3, 4], [3, 4]),
    ]


def test_a_set_cover_may_be_solved_by_presolve_alone():
    small = without_dominated(cover([[1, 1, 0], [0, 1, 0], [0, 1, 1]]))
    assert small.shape == (1, 1)
    assert small.sites.tolist() == [1]
