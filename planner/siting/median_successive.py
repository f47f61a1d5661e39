"""What one p-median problem hands on to the next, where only p grows: lists, sites, multipliers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from planner.siting.median_lists import Lists


@dataclass(eq=False)
class Successive:
    """Costs of p-median problems that differ in p alone, asked with ascending p.

    Each begins where the one before ended. That changes how long it takes, not what is proven.

    Attributes
    ----------
    cost
        What ``p_median`` takes.
    lists
        Those of the first p, which are the longest; None if there are none yet, or they do not hold
        for other p.
    sites
        The sites chosen last, by position among the free ones.
    multipliers
        Those of the best bound, shape (rows,).
    """

    cost: Any
    lists: Lists | None = None
    sites: np.ndarray | None = None
    multipliers: np.ndarray | None = None
