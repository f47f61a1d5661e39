"""Whole: each demand wholly at one place, within the capacities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from scipy.sparse import csr_array, vstack

from planner.allocation.inputs import Problem
from planner.allocation.optimal import cheapest_flows
from planner.allocation.result import Allocation
from planner.errors import SitingError
from planner.siting.inputs import ArrayLike
from planner.siting.watch import Progress, Watch
from planner.solver import Program, solve

_NOBODY = -1


def whole(
    travel: Any,
    demand: ArrayLike,
    capacity: ArrayLike,
    *,
    unserved_minutes: float | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Allocation:
    """Return the allocation in which each demand is wholly at one supply, within the capacities.

    Minimise Σᵢⱼ dᵢ tᵢⱼ xᵢⱼ + u Σᵢ dᵢ (1 − Σⱼ xᵢⱼ) subject to Σᵢ dᵢ xᵢⱼ ≤ bⱼ, x binary (generalised
    assignment problem). The transport problem gives a bound and prices; rounding and exchanges
    give an answer; pairs whose price rules them out are dropped, and the rest is solved.

    Parameters
    ----------
    travel
        ``TravelTimes``, ``within_borders(...)``, sparse minutes or a long table.
    demand
        Units of each demand, such as residents, by id or in their order.
    capacity
        What each supply can take, in the same units.
    unserved_minutes
        u: what each unit that is not served counts as; ten times the longest minutes if left out.
    time_limit_s
        Seconds after which the best answer so far is returned with its gap.
    gap
        Relative gap at which an answer is good enough.
    seed
        Seed of the solver's choices.
    progress
        Told objective and bound whenever they improve.

    Returns
    -------
    Allocation
        Its objective counts unserved units at ``unserved_minutes``, and so does its bound.

    Raises
    ------
    SitingError
        If an argument cannot be worked with.

    References
    ----------
    Ross and Soland (1975), "A branch and bound algorithm for the generalized assignment problem",
    Mathematical Programming 8.

    Examples
    --------
    >>> import numpy as np
    >>> answer = whole(np.array([[5.0, 9.0], [4.0, 20.0]]), [10, 6], capacity=[10, 10])
    >>> answer.served["supply_id"].tolist()
    [1, 0]
    """
    watch = Watch(time_limit_s, progress)
    problem = Problem.read(travel, demand, capacity)
    minutes = problem.minutes.data.astype(float) + problem.penalty
    left_out = 10 * max(float(minutes.max(initial=0.0)), 1.0)
    if unserved_minutes is not None:
        left_out = float(unserved_minutes)
        if not left_out >= minutes.max(initial=0.0):
            raise SitingError(
                f"unserved_minutes is {left_out}; give at least the longest minutes of a pair"
            )
    relaxed = cheapest_flows(problem, unserved_minutes=left_out)
    chosen = _rounded(problem, minutes, left_out, relaxed.units)
    best = _value(problem, minutes, left_out, chosen)
    watch.tell(best, relaxed.bound)
    bound = relaxed.bound
    if best - bound > gap * best + _slack(best):
        chosen, bound = _finished(
            problem, minutes, left_out, relaxed.rent, chosen, bound, watch, gap, seed
        )
        best = _value(problem, minutes, left_out, chosen)
        watch.tell(best, bound)
    units = np.zeros(problem.minutes.nnz)
    taken = chosen[chosen != _NOBODY]
    units[taken] = problem.demand.to_numpy()[problem.rows[taken]]
    unserved = problem.demand.where(chosen == _NOBODY, 0.0)
    return Allocation(
        method="whole",
        flows=problem.flows(units),
        minutes=problem.minutes.data,
        demand=problem.demand,
        capacity=problem.capacity,
        unserved=unserved,
        reason=problem.reasons(unserved.to_numpy()),
        objective=best,
        bound=best if best - bound <= _slack(best) else bound,
    )


def _slack(value: float) -> float:
    """Return what rounding may make of a sum."""
    return 1e-9 * max(abs(value), 1.0)


def _value(problem: Problem, minutes: np.ndarray, left_out: float, chosen: np.ndarray) -> float:
    """Return the unit-minutes when each demand takes a pair, or none."""
    each = np.where(
        chosen == _NOBODY, left_out, minutes[np.maximum(chosen, 0)] if len(minutes) else 0
    )
    return float(problem.demand.to_numpy() @ each)


def _rounded(
    problem: Problem, minutes: np.ndarray, left_out: float, units: np.ndarray
) -> np.ndarray:
    """Return a pair for each demand, or none: flows made whole, then improved by exchanges."""
    indptr, columns = problem.minutes.indptr.astype(np.int64), problem.minutes.indices
    demand, capacity = problem.demand.to_numpy(), problem.capacity.to_numpy()
    # Those who are mostly at one place first, the larger before the smaller.
    share = np.zeros(len(demand))
    np.maximum.at(share, problem.rows, units)
    order = np.lexsort((-demand, -(share >= demand * (1 - 1e-9)).astype(int)))
    return _fill_and_exchange(indptr, columns, minutes, units, demand, capacity, order, left_out)


@njit(nogil=True, cache=True)
def _move(
    demand: int,
    new: int,
    columns: np.ndarray,
    chosen: np.ndarray,
    guests: np.ndarray,
    at: np.ndarray,
) -> None:
    """Let a demand take another pair; keep the list of guests of each supply."""
    old = chosen[demand]
    if old >= 0:
        before, after = at[demand, 0], at[demand, 1]
        if before >= 0:
            at[before, 1] = after
        else:
            guests[columns[old]] = after
        if after >= 0:
            at[after, 0] = before
    chosen[demand] = new
    first = guests[columns[new]]
    at[demand, 0], at[demand, 1] = -1, first
    if first >= 0:
        at[first, 0] = demand
    guests[columns[new]] = demand


@njit(nogil=True, cache=True)
def _fill_and_exchange(
    indptr: np.ndarray,
    columns: np.ndarray,
    minutes: np.ndarray,
    units: np.ndarray,
    demand: np.ndarray,
    capacity: np.ndarray,
    order: np.ndarray,
    left_out: float,
) -> np.ndarray:
    """Give each demand the place with room where most of it flows, or else the nearest with room.

    Then move single demands, or let somebody move on to make room, while that saves unit-minutes.
    """
    count = len(demand)
    chosen, room = np.full(count, -1, np.int64), capacity.copy()
    guests, at = np.full(len(capacity), -1, np.int64), np.full((count, 2), -1, np.int64)
    for i in order:
        best = -1
        for k in range(indptr[i], indptr[i + 1]):
            fits = demand[i] <= room[columns[k]] + 1e-9
            if fits and (best < 0 or (units[k], -minutes[k]) > (units[best], -minutes[best])):
                best = k
        if best >= 0:
            _move(i, best, columns, chosen, guests, at)
            room[columns[best]] -= demand[i]
    improved = True
    while improved:
        improved = False
        for i in range(count):
            for k in range(indptr[i], indptr[i + 1]):
                now = minutes[chosen[i]] if chosen[i] >= 0 else left_out
                if k == chosen[i] or demand[i] * (now - minutes[k]) <= 1e-9:
                    continue
                here, saved, out, to = columns[k], 1e-9, -1, -1
                other = guests[here] if demand[i] > room[here] + 1e-9 else -1
                while other >= 0:
                    if demand[other] >= demand[i] - room[here] - 1e-9:
                        for e in range(indptr[other], indptr[other + 1]):
                            free = room[columns[e]]
                            if chosen[i] >= 0 and columns[e] == columns[chosen[i]]:
                                free += demand[i]
                            if columns[e] == here or demand[other] > free + 1e-9:
                                continue
                            worth = demand[i] * (now - minutes[k])
                            worth -= demand[other] * (minutes[e] - minutes[chosen[other]])
                            if worth > saved:
                                saved, out, to = worth, other, e
                    other = at[other, 1]
                if out < 0 and demand[i] > room[here] + 1e-9:
                    continue
                if out >= 0:
                    room[here] += demand[out]
                    room[columns[to]] -= demand[out]
                    _move(out, to, columns, chosen, guests, at)
                if chosen[i] >= 0:
                    room[columns[chosen[i]]] += demand[i]
                room[here] -= demand[i]
                _move(i, k, columns, chosen, guests, at)
                improved = True
    return chosen


def _finished(
    problem: Problem,
    minutes: np.ndarray,
    left_out: float,
    rent: np.ndarray,
    chosen: np.ndarray,
    bound: float,
    watch: Watch,
    gap: float,
    seed: int,
) -> tuple[np.ndarray, float]:
    """Return the best pairs and a bound, by a search over the pairs that prices do not rule out."""
    demand, rows, columns = problem.demand.to_numpy(), problem.rows, problem.minutes.indices
    charged = minutes + rent[columns]
    least = np.full(len(demand), left_out)
    np.minimum.at(least, rows, charged)
    spare = _value(problem, minutes, left_out, chosen) - bound
    near = np.flatnonzero(demand[rows] * (charged - least[rows]) <= spare * (1 + 1e-9) + 1e-9)
    maybe_not = np.flatnonzero(demand * (left_out - least) <= spare * (1 + 1e-9) + 1e-9)
    pairs, n, m = len(near), len(demand), len(problem.capacity)
    who, where = rows[near], columns[near]
    everyone = csr_array(
        (
            np.ones(pairs + len(maybe_not)),
            (np.concatenate([who, maybe_not]), np.arange(pairs + len(maybe_not))),
        ),
        shape=(n, pairs + len(maybe_not)),
    )
    loads = csr_array((demand[who], (where, np.arange(pairs))), shape=(m, pairs + len(maybe_not)))
    cost = np.concatenate([demand[who] * minutes[near], demand[maybe_not] * left_out])
    found = solve(
        Program(
            cost=cost,
            rows=csr_array(vstack([everyone, loads])),
            row_lower=np.concatenate([np.ones(n), np.full(m, -np.inf)]),
            row_upper=np.concatenate([np.ones(n), problem.capacity.to_numpy()]),
            lower=np.zeros(len(cost)),
            upper=np.ones(len(cost)),
            integral=np.ones(len(cost), bool),
        ),
        time_limit_s=watch.left,
        gap=gap,
        seed=seed,
    )
    best = _value(problem, minutes, left_out, chosen)
    if found.x is not None and found.objective < best - _slack(best):
        chosen = np.full(n, _NOBODY)
        taken = np.flatnonzero(found.x[:pairs] > 0.5)
        chosen[who[taken]] = near[taken]
        best = _value(problem, minutes, left_out, chosen)
    # Pairs that were ruled out lead to nothing better than what was known.
    return chosen, min(max(bound, found.bound), best)
