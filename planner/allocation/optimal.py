"""System-optimal: most are served within the capacities, in the fewest person-minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from planner.allocation.inputs import Problem
from planner.allocation.result import Allocation
from planner.allocation.transport import ENOUGH, transport
from planner.errors import SitingError
from planner.siting.inputs import ArrayLike

_LARGEST_COST = 1 << 34
_LARGEST_UNITS = 1 << 40


@dataclass(frozen=True, eq=False)
class Flows:
    """The answer of a transport problem, in the caller's units.

    Attributes
    ----------
    units
        Along each possible pair.
    unserved
        Of each demand.
    rent
        Minutes that one more unit of room at each supply would save.
    objective, bound
        Unit-minutes of what is served, and what no answer that serves as much can go below.
    """

    units: np.ndarray
    unserved: np.ndarray
    rent: np.ndarray
    objective: float
    bound: float


def system_optimal(travel: Any, demand: ArrayLike, capacity: ArrayLike) -> Allocation:
    """Return the allocation that serves most within the capacities, in the fewest person-minutes.

    First the most demand is served, then Σᵢⱼ tᵢⱼ xᵢⱼ is least (transport problem; a demand may be
    split). Solved exactly by a network simplex on whole numbers and proven by its dual prices.

    Parameters
    ----------
    travel
        ``TravelTimes``, ``within_borders(...)``, sparse minutes or a long table.
    demand
        Units of each demand, such as residents, by id or in their order. Whole numbers stay whole
        in the answer; others are counted to a thousandth.
    capacity
        What each supply can take, in the same units.

    Raises
    ------
    SitingError
        If an argument cannot be worked with; see ``Problem.read``.

    References
    ----------
    Dantzig (1951), "Application of the simplex method to a transportation problem"; Cunningham
    (1976), "A network simplex method", Mathematical Programming 11.

    Examples
    --------
    >>> import numpy as np
    >>> answer = system_optimal(np.array([[5.0, 9.0], [4.0, 20.0]]), [10, 10], capacity=[10, 10])
    >>> answer.flows.toarray().tolist()
    [[0.0, 10.0], [10.0, 0.0]]
    """
    problem = Problem.read(travel, demand, capacity)
    found = cheapest_flows(problem)
    unserved = problem.demand.copy()
    unserved[:] = found.unserved
    return Allocation(
        method="system optimal",
        flows=problem.flows(found.units),
        minutes=problem.minutes.data,
        demand=problem.demand,
        capacity=problem.capacity,
        unserved=unserved,
        reason=problem.reasons(found.unserved),
        objective=found.objective,
        bound=found.bound,
    )


def cheapest_flows(problem: Problem, unserved_minutes: float | None = None) -> Flows:
    """Return the flows that serve most, in the fewest unit-minutes.

    With ``unserved_minutes``, each unit that is not served counts as so many minutes in place of
    more than any way to serve it, and objective and bound count it too.

    Raises
    ------
    SitingError
        If amounts are too large to be counted exactly.
    """
    demand, capacity = problem.demand.to_numpy(), problem.capacity.to_numpy()
    scale = 1 if (demand == np.rint(demand)).all() else 1000
    if demand.sum() * scale > _LARGEST_UNITS:
        raise SitingError(f"demand is {demand.sum():g} in all; give it in larger units")
    units = np.rint(demand * scale).astype(np.int64)
    room = np.minimum(np.floor(capacity * scale * (1 + 1e-12)), units.sum()).astype(np.int64)
    minutes = problem.minutes.data.astype(float) + problem.penalty
    # A path that makes room for one more passes every supply at most once, there and back.
    longest = max(float(minutes.max(initial=0.0)), unserved_minutes or 0.0, 1e-9)
    tick = 2.0 ** np.ceil(np.log2(longest / _LARGEST_COST))
    costs = np.rint(minutes / tick).astype(np.int64)
    unserved_cost = (int(costs.max(initial=0)) + 1) * 2 * (len(room) + 1)
    if unserved_minutes is not None:
        unserved_cost = round(unserved_minutes / tick)
    if unserved_cost > int(ENOUGH) >> 8:
        raise SitingError(f"{len(room)} supplies are too many to be allocated exactly")
    indptr = problem.minutes.indptr.astype(np.int64)
    columns = problem.minutes.indices.astype(np.int32)
    flow, unserved, price, _ = transport(indptr, columns, costs, units, room, unserved_cost)
    objective = _exact_sum(flow, costs)
    # Where there is no room at all, any price is right.
    rent = np.where(room > 0, np.maximum(price[len(units) : -1], 0), unserved_cost)
    bound = _dual(problem, costs, units, room, rent, unserved_cost)
    if unserved_minutes is None:
        bound -= unserved_cost * int(unserved.sum())
    else:
        objective += unserved_cost * int(unserved.sum())
    counted = tick / scale
    return Flows(
        units=flow / scale,
        unserved=unserved / scale,
        rent=rent * tick,
        objective=objective * counted,
        bound=bound * counted,
    )


def _dual(
    problem: Problem,
    costs: np.ndarray,
    units: np.ndarray,
    room: np.ndarray,
    rent: np.ndarray,
    unserved_cost: int,
) -> int:
    """Return a lower bound from prices π ≥ 0 of the supplies: Σᵢ dᵢ min(cᵢⱼ + πⱼ, u) − Σⱼ bⱼ πⱼ."""
    least = np.full(len(units), unserved_cost, np.int64)
    np.minimum.at(least, problem.rows, costs + rent[problem.minutes.indices])
    return _exact_sum(least, units) - _exact_sum(rent, room)


def _exact_sum(one: np.ndarray, other: np.ndarray) -> int:
    """Return the sum of the products, which 64 bits might not hold."""
    return sum(map(int.__mul__, one.tolist(), other.tolist()))
