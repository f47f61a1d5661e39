"""Choice: people divide themselves over places by attractiveness and minutes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from planner.allocation.inputs import Problem
from planner.allocation.result import Allocation
from planner.errors import SitingError
from planner.siting.inputs import ArrayLike, amounts


def choice(
    travel: Any,
    demand: ArrayLike,
    capacity: ArrayLike | None = None,
    *,
    attractiveness: ArrayLike | None = None,
    impedance: Callable[[np.ndarray], np.ndarray] | float = 2.0,
    attractiveness_exponent: float = 1.0,
) -> Allocation:
    """Return the allocation in which people choose by attractiveness and minutes (Huff).

    pᵢⱼ = Aⱼ^α f(tᵢⱼ) / Σₖ Aₖ^α f(tᵢₖ) over the supply k within the limit. Capacity changes nothing
    about who goes where; it says which places are overloaded.

    Parameters
    ----------
    travel
        ``TravelTimes``, ``within_borders(...)``, sparse minutes or a long table. Penalties count.
    demand
        Units of each demand, by id or in their order.
    capacity
        What each supply can take; None for no limit.
    attractiveness
        Aⱼ, such as floor area, by id or in their order, not negative; 1 if left out.
    impedance
        f: weight of minutes, from an array to one of the same shape; or the exponent λ of
        f(t) = max(t, 1)^-λ, in which less than a minute counts as one.
    attractiveness_exponent
        α.

    Raises
    ------
    SitingError
        If an argument cannot be worked with, or a weight is negative or not finite.

    References
    ----------
    Huff (1964), "Defining and estimating a trading area", Journal of Marketing 28.

    Examples
    --------
    >>> import numpy as np
    >>> choice(np.array([[10.0, 20.0]]), [100], impedance=1.0).flows.toarray().round(1).tolist()
    [[66.7, 33.3]]
    """
    problem = Problem.read(travel, demand, capacity)
    pull = amounts("attractiveness", attractiveness, problem.capacity.index)
    minutes = problem.minutes.data.astype(float) + problem.penalty
    if callable(impedance):
        weight = np.asarray(impedance(minutes), float)
    else:
        weight = np.maximum(minutes, 1.0) ** -impedance
    if weight.shape != minutes.shape or not (np.isfinite(weight) & (weight >= 0)).all():
        raise SitingError("impedance gives a weight that is negative or not finite; mend it")
    weight = weight * pull[problem.minutes.indices] ** attractiveness_exponent
    total = np.bincount(problem.rows, weight, minlength=len(problem.demand))
    share = np.divide(weight, total[problem.rows], out=np.zeros(len(weight)), where=weight > 0)
    units = share * problem.demand.to_numpy()[problem.rows]
    unserved = problem.demand.where(total == 0, 0.0)
    spent = float(units @ minutes)
    return Allocation(
        method="choice",
        flows=problem.flows(units),
        minutes=problem.minutes.data,
        demand=problem.demand,
        capacity=problem.capacity,
        unserved=unserved,
        reason=problem.reasons(unserved.to_numpy()),
        objective=spent,
        bound=spent,
    )
