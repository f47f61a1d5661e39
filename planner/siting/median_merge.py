"""Rows of the lists that are the same, made one: whoever lives together is served together."""

from __future__ import annotations

import numpy as np
from numba import njit

_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ / golden ratio (Knuth's multiplicative hashing)


def merged_rows(
    indptr: np.ndarray,
    sites: np.ndarray,
    costs: np.ndarray,
    more: np.ndarray,
    weights: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the distinct rows, in the order in which each stands first.

    Parameters
    ----------
    indptr, sites, costs
        Compressed rows of sites and costs.
    more
        What else two rows must have in common, shape (rows, k).
    weights
        Weight of each row.

    Returns
    -------
    indptr, sites, costs
        The distinct rows.
    first
        Where each stood first.
    weights
        The sum of the weights of each.
    """
    count = len(weights)
    more = np.ascontiguousarray(more, float)
    order = np.argsort(_hashes(indptr, sites, costs, more), kind="stable")
    same = _same(indptr, sites, costs, more, order)
    first = np.flatnonzero(same == np.arange(count))
    if len(first) == count:
        return indptr, sites, costs, first, weights
    lengths = np.diff(indptr)[first]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    entries = np.repeat(indptr[first] - starts[:-1], lengths) + np.arange(starts[-1])
    total = np.bincount(same, weights, minlength=count)[first]
    return starts, sites[entries], costs[entries], first, total


@njit(nogil=True, cache=True)
def _hashes(
    indptr: np.ndarray, sites: np.ndarray, costs: np.ndarray, more: np.ndarray
) -> np.ndarray:
    bits, other = costs.view(np.uint64), more.view(np.uint64)
    found = np.empty(len(indptr) - 1, np.uint64)
    for i in range(len(found)):
        value = np.uint64(indptr[i + 1] - indptr[i])
        for k in range(indptr[i], indptr[i + 1]):
            value = (value ^ np.uint64(sites[k]) ^ bits[k]) * _ODD
            value ^= value >> np.uint64(29)
        for k in range(more.shape[1]):
            value = (value ^ other[i, k]) * _ODD
            value ^= value >> np.uint64(29)
        found[i] = value
    return found


@njit(nogil=True, cache=True)
def _same(
    indptr: np.ndarray,
    sites: np.ndarray,
    costs: np.ndarray,
    more: np.ndarray,
    order: np.ndarray,
) -> np.ndarray:
    """Return for each row the first that is the same; ``order`` has those together.

    Rows between two that are the same (of one hash by chance) only leave the two apart.
    """
    same = np.arange(len(order))
    for x in range(1, len(order)):
        i, j = same[order[x - 1]], order[x]
        equal = indptr[i + 1] - indptr[i] == indptr[j + 1] - indptr[j]
        k, shift = indptr[i], indptr[j] - indptr[i]
        while equal and k < indptr[i + 1]:
            equal = sites[k] == sites[k + shift] and costs[k] == costs[k + shift]
            k += 1
        k = 0
        while equal and k < more.shape[1]:
            equal = more[i, k] == more[j, k]
            k += 1
        if equal:
            same[j] = i
    return same
