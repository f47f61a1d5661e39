"""A bound of the maximal covering problem from what pairs of sites cover in common.

Linear relaxations let sites share out what they both cover. Of p open sites each has p − 1 others
beside it, and what it covers in common with them is lost at least: strong where any two sites
overlap, nothing where most do not. After Gilmore (1962), "Optimal and suboptimal algorithms for the
quadratic assignment problem", Journal of SIAM 10.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, diags_array

from planner.siting.presolve import Cover

_MOST_SITES = 3_000  # pairs of more do not pay for their memory
_MOST_STEPS = 100_000_000  # of multiplying rows by themselves


def pair_prices(cover: Cover, p: int) -> np.ndarray | None:
    """Return prices of sites, the p largest of which bound what p sites cover; None if no help.

    p sites cover Σⱼ dⱼ − Σᵢ wᵢ (nᵢ − 1)⁺, nᵢ how many of them cover row i. As
    n − 1 ≥ n (n − 1) / m for 1 ≤ n ≤ m, that is at most Σⱼ dⱼ − Σ_{j<k} q_jk with
    q_jk = Σᵢ 2 wᵢ aᵢⱼ aᵢₖ / mᵢ, mᵢ the lesser of p and the sites of row i; and each site loses at
    least half of its p − 1 smallest q.

    Parameters
    ----------
    cover
        Rows and sites, more than p of them.
    p
        How many sites.

    Returns
    -------
    prices
        Shape (sites,).
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
    shared = common.toarray()
    np.fill_diagonal(shared, np.inf)
    lost = np.partition(shared, p - 2, axis=1)[:, : p - 1].sum(axis=1)
    return np.asarray(matrix.T @ cover.weights - lost / 2)
