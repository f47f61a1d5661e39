"""The model of what is not public about Taicang: where people live, roads, halls and services.

Every step draws from a generator of its own, seeded by the city's code and the step's number, so
that a change of one step leaves the others as they are.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

SEED = 320585
METRIC_EPSG = 4549
"""CGCS2000 / 3-degree Gauss-Kruger CM 120E: metres in Taicang."""


class Step(IntEnum):
    """Steps of the model, in order."""

    COMMUNITIES = 1
    PEOPLE = 2
    SETTLEMENTS = 3
    HALLS = 4
    CANDIDATES = 5
    STREETS = 6
    WORKERS = 7
    ORGANISATIONS = 8
    PROJECTS = 9
    REGISTRATION = 10
    PROPOSALS = 11
    BODIES = 12


def lots(step: Step) -> np.random.Generator:
    """Return the generator of a step."""
    return np.random.default_rng([SEED, int(step)])


def whole_shares(total: int, weights: np.ndarray) -> np.ndarray:
    """Split a whole number in proportion to weights, by largest remainders.

    Parameters
    ----------
    total
        What to split.
    weights
        Not negative, not all 0.

    Returns
    -------
    ndarray
        Whole numbers that sum to ``total``.
    """
    exact = total * weights / weights.sum()
    shares = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - shares), kind="stable")
    shares[order[: total - shares.sum()]] += 1
    return shares
