"""The maximal covering problem bounded and branched on by what pairs of sites cover in common.

Linear relaxations let sites share out what they both cover. Of p open sites each has p − 1 others
beside it, and what it covers in common with them is lost at least: strong where any two sites
overlap, nothing where most do not. After Gilmore (1962), "Optimal and suboptimal algorithms for the
quadratic assignment problem", Journal of SIAM 10.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.sparse import csr_array, diags_array

from planner.siting.mclp_kernels import argsort_descending
from planner.siting.presolve import Cover

_MOST_SITES = 3_000  # pairs of more do not pay for their memory
_MOST_STEPS = 100_000_000  # of multiplying rows by themselves


def pair_losses(cover: Cover, p: int) -> np.ndarray | None:
    """Return what each pair of sites loses if both are open, at the least; None if no help.

    p sites cover Σⱼ dⱼ − Σᵢ wᵢ (nᵢ − 1)⁺, nᵢ how many of them cover row i. As
    n − 1 ≥ n (n − 1) / m for 1 ≤ n ≤ m, that is at most Σⱼ dⱼ − Σ_{j<k} q_jk with
    q_jk = Σᵢ 2 wᵢ aᵢⱼ aᵢₖ / mᵢ, mᵢ the lesser of p and the sites of row i.

    Parameters
    ----------
    cover
        Rows and sites, more than p of them.
    p
        How many sites.

    Returns
    -------
    losses
        q, shape (sites, sites), 0 from a site to itself.
    """
    sizes = np.diff(cover.row_ptr)
    sites = cover.shape[1]
    if p < 2 or sites > _MOST_SITES or float((sizes.astype(float) ** 2).sum()) > _MOST_STEPS:
        return None
    matrix = cover.matrix()
    worth = 2.0 * cover.weights / np.clip(sizes, 2, p)
    common = csr_array(matrix.T @ diags_array(worth) @ matrix)
    if common.nnz < (sites - p + 1) * sites:  # most have p − 1 others with nothing in common
        return None
    losses = common.toarray()
    np.fill_diagonal(losses, 0.0)
    return losses


def pair_prices(cover: Cover, p: int, losses: np.ndarray) -> np.ndarray:
    """Return prices of sites, the p largest of which bound what p sites cover.

    The price is what a site covers less half of its p − 1 smallest losses, shape (sites,).
    """
    others = losses.copy()
    np.fill_diagonal(others, np.inf)
    lost = np.partition(others, p - 2, axis=1)[:, : p - 1].sum(axis=1)
    return np.asarray(cover.matrix().T @ cover.weights - lost / 2)


@njit(nogil=True, cache=True)
def _least(row: np.ndarray, sites: np.ndarray, but: int, count: int, kept: np.ndarray) -> float:
    """Return the sum of the smallest entries of a row over some sites, one of them left out."""
    size = 0
    for c in range(len(sites)):
        if c == but:
            continue
        value = row[sites[c]]
        if size < count:
            at = size
            size += 1
        elif count > 0 and value < kept[count - 1]:
            at = count - 1
        else:
            continue
        while at > 0 and kept[at - 1] > value:
            kept[at] = kept[at - 1]
            at -= 1
        kept[at] = value
    return kept[:size].sum()


@njit(nogil=True, cache=True)
def _covered(
    site_ptr: np.ndarray,
    site_rows: np.ndarray,
    weights: np.ndarray,
    sites: np.ndarray,
    seen: np.ndarray,
    stamp: int,
) -> float:
    """Return the weight that sites cover."""
    total = 0.0
    for j in sites:
        for k in range(site_ptr[j], site_ptr[j + 1]):
            if seen[site_rows[k]] != stamp:
                seen[site_rows[k]] = stamp
                total += weights[site_rows[k]]
    return total


@njit(nogil=True, cache=True)
def branch_pairs(
    site_ptr: np.ndarray,
    site_rows: np.ndarray,
    weights: np.ndarray,
    losses: np.ndarray,
    p: int,
    value: float,
    margin: float,
    budget: int,
) -> tuple[bool, float, np.ndarray]:
    """Return whether the search came to its end, and the best value and sites.

    The sites of a node are tried in the order of their prices, each with those before it closed;
    prices are those of ``pair_prices`` over the sites that are left.

    Parameters
    ----------
    losses
        As ``pair_losses`` returns them.
    value
        Weight that the best sites known cover; the sites returned are none unless they beat it.
    margin
        How much better sites must be to count: nearly 1 where all weights are whole.
    budget
        How many entries may be looked at.
    """
    sites = len(site_ptr) - 1
    inside = np.zeros(sites, np.bool_)
    seen = np.full(len(weights), -1, np.int64)
    stamp = 0
    left = np.empty((p, sites), np.int64)
    gain = np.empty((p, sites))  # what a site adds at the most, what it loses to others left out
    price = np.empty((p, sites))
    lengths = np.zeros(p, np.int64)
    at = np.zeros(p, np.int64)
    worth = np.zeros(p)
    path = np.zeros(p, np.int64)
    kept = np.empty(p)
    for j in range(sites):
        left[0, j] = j
        gain[0, j] = 0.0
        for k in range(site_ptr[j], site_ptr[j + 1]):
            gain[0, j] += weights[site_rows[k]]
    lengths[0] = sites
    depth = 0
    fresh = True
    while depth >= 0:
        others = p - depth - 1
        length = lengths[depth]
        if fresh:
            fresh = False
            at[depth] = 0
            budget -= length * (length if others > 0 else 1)
            if budget < 0:
                return False, value, inside
            here = left[depth, :length].copy()
            gains = gain[depth, :length].copy()
            worths = np.empty(length)
            for c in range(length):
                worths[c] = gains[c] - _least(losses[here[c]], here, c, others, kept) / 2
            order = argsort_descending(worths)
            for c in range(length):
                left[depth, c] = here[order[c]]
                gain[depth, c] = gains[order[c]]
                price[depth, c] = worths[order[c]]
        bound = worth[depth]
        c = at[depth]
        for r in range(c, min(c + others + 1, length)):
            bound += price[depth, r]
        if c + others >= length or bound < value + margin:
            depth -= 1
            continue
        at[depth] += 1
        path[depth] = left[depth, c]
        if others == 0:
            budget -= p * len(site_rows) // sites
            found = _covered(site_ptr, site_rows, weights, path, seen, stamp)
            stamp += 1
            if found > value:
                value = found
                inside[:] = False
                for r in range(p):
                    inside[path[r]] = True
            continue
        worth[depth + 1] = worth[depth] + gain[depth, c]
        for r in range(c + 1, length):
            left[depth + 1, r - c - 1] = left[depth, r]
            gain[depth + 1, r - c - 1] = gain[depth, r] - losses[path[depth], left[depth, r]]
        lengths[depth + 1] = length - c - 1
        depth += 1
        fresh = True
    return True, value, inside
