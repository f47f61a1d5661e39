"""Nearest: everyone goes to the nearest place, however full it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.allocation.inputs import Problem
from planner.allocation.result import Allocation
from planner.siting.inputs import ArrayLike


def nearest(travel: Any, demand: ArrayLike, capacity: ArrayLike | None = None) -> Allocation:
    """Return the allocation in which everyone goes to the nearest supply within the limit.

    Capacity changes nothing about who goes where; it says which places are overloaded.

    Parameters
    ----------
    travel
        ``TravelTimes``, ``within_borders(...)``, sparse minutes or a long table.
    demand
        Units of each demand, such as residents, by id or in their order.
    capacity
        What each supply can take, in the same units; None for no limit.

    Raises
    ------
    SitingError
        If an argument cannot be worked with; see ``Problem.read``.

    Examples
    --------
    >>> import numpy as np
    >>> answer = nearest(np.array([[5.0, 9.0], [np.inf, 4.0]]), [10, 20], capacity=[15, 15])
    >>> answer.loads["overload"].tolist()
    [0.0, 5.0]
    """
    problem = Problem.read(travel, demand, capacity)
    cost = problem.minutes.data + problem.penalty
    order = np.lexsort((problem.minutes.indices, cost, problem.rows))
    first = order[np.unique(problem.rows[order], return_index=True)[1]]
    units = np.zeros(problem.minutes.nnz)
    units[first] = problem.demand.to_numpy()[problem.rows[first]]
    served = np.diff(problem.minutes.indptr) > 0
    unserved = problem.demand.where(~served, 0.0)
    spent = float(units @ cost)
    return Allocation(
        method="nearest",
        flows=problem.flows(units),
        minutes=problem.minutes.data,
        demand=problem.demand,
        capacity=problem.capacity,
        unserved=unserved,
        reason=problem.reasons(unserved.to_numpy()),
        objective=spent,
        bound=spent,
    )
