"""Sites to begin a search of a service problem with."""

from __future__ import annotations

import numpy as np

from planner.siting.serving import BySite, ServiceProblem

_MOST = 500  # greedy rounds


def likely(problem: ServiceProblem, kept: np.ndarray, most: int, far: float) -> np.ndarray:
    """Return new sites, those first that would be opened greedily for what they serve cheaply.

    Each is valued by how much nearer it is than those before it.

    Parameters
    ----------
    problem
        What was asked.
    kept
        Which of its pairs count.
    most
        How many new sites.
    far
        What it costs not to be served.
    """
    near = np.full(len(problem.size), far)
    by_site = BySite.of(problem, kept)
    order: list[int] = []
    needed = problem.least_sites()
    left = ~problem.already
    for _ in range(min(most, _MOST)):
        saved = np.maximum(near[by_site.rows] - by_site.cost, 0.0)
        sums = np.concatenate([[0.0], np.cumsum(saved)])
        gain = sums[by_site.starts[1:]] - sums[by_site.starts[:-1]] - problem.opening
        gain[~left] = -np.inf
        j = int(np.argmax(gain))
        if not left[j] or (gain[j] <= 0 and len(order) >= needed):
            break
        order.append(j)
        left[j] = False
        a, b = by_site.starts[j], by_site.starts[j + 1]
        near[by_site.rows[a:b]] = np.minimum(near[by_site.rows[a:b]], by_site.cost[a:b])
    return np.array(order, np.int64)


def mended(problem: ServiceProblem, opened: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return open sites that keep the rules, as a mask; those given if none are found.

    Parameters
    ----------
    problem
        What was asked.
    opened
        Sites to be taken first, a mask.
    wanted
        Sites to be taken next, in this order.
    """
    given = np.flatnonzero(opened & ~problem.already)
    order = np.concatenate([given, wanted, np.flatnonzero(~problem.already)])
    _, first = np.unique(order, return_index=True)
    new = problem.choice.admitted(problem.usable[order[np.sort(first)]])
    return opened if new is None else problem.already | np.isin(problem.usable, new)
