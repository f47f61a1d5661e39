"""Whole numbers in proportion to weights, with the total of each group kept."""

from __future__ import annotations

import numpy as np


def largest_remainder(weights: np.ndarray, groups: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Return whole numbers in proportion to weights that add up to each group's total.

    Each gets its quota rounded down; what is left goes, one by one, to the largest remainders.
    Equal remainders go to the row that comes first.

    Parameters
    ----------
    weights
        (n,) weight of each row, 0 or more; a group with a total above 0 needs a weight above 0.
    groups
        (n,) position of each row's group in ``totals``.
    totals
        (g,) whole number to share out in each group, 0 or more.

    Returns
    -------
    ndarray of int64
        (n,) shares. No share is 1 or more away from its quota.

    Notes
    -----
    Hamilton's method: share_i = floor(q_i) or floor(q_i) + 1, with
    q_i = total × weight_i / Σ weight of the group.

    References
    ----------
    Balinski, M. L. & Young, H. P. (1982), Fair Representation, Yale University Press.

    Examples
    --------
    >>> largest_remainder(np.array([1.0, 1.0, 1.0]), np.zeros(3, int), np.array([100])).tolist()
    [34, 33, 33]
    """
    weights = np.asarray(weights, float)
    totals = np.asarray(totals, np.int64)
    # Scaled by the group's largest first: a sum of tiny weights must not vanish, of huge overflow.
    largest = np.zeros(len(totals))
    np.maximum.at(largest, groups, weights)
    scaled = np.divide(
        weights, largest[groups], out=np.zeros(len(weights)), where=largest[groups] > 0
    )
    sums = np.bincount(groups, scaled, len(totals))
    portions = np.divide(scaled, sums[groups], out=np.zeros(len(weights)), where=sums[groups] > 0)
    quotas = totals[groups] * portions
    # A quota that is whole but for rounding error counts as whole.
    near = np.rint(quotas)
    quotas = np.where(np.abs(quotas - near) <= 1e-9 * np.maximum(near, 1), near, quotas)
    shares = np.floor(quotas).astype(np.int64)
    missing = totals - np.bincount(groups, shares, len(totals)).astype(np.int64)
    missing[sums == 0] = 0
    remainders = np.where(scaled > 0, quotas - shares, -1.0)
    order = np.lexsort((np.arange(len(weights)), -remainders, groups))
    starts = np.searchsorted(groups[order], np.arange(len(totals)))
    place = np.arange(len(weights)) - starts[groups[order]]
    shares[order] += place < missing[groups[order]]
    return shares
