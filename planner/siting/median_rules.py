"""p-median under further rules (budget, quotas, pairs, minimum use), by the compact model in HiGHS.

minimise Σᵢⱼ wᵢ cᵢⱼ zᵢⱼ subject to Σⱼ zᵢⱼ = 1, zᵢⱼ ≤ xⱼ, the rules on x, and
Σᵢ wᵢ zᵢⱼ ≥ uⱼ xⱼ where the minimum use of site j is uⱼ; x binary. With a minimum use, demand may be
sent to another than its nearest site, but whole: then z is binary too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack

from planner.siting.median_problem import MedianProblem
from planner.siting.watch import Watch
from planner.solver import Program, Solution


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Demand and free sites that may serve it better than the fixed ones do."""

    rows: np.ndarray
    columns: np.ndarray
    costs: np.ndarray
    already: np.ndarray
    served: np.ndarray


def _pairs(problem: MedianProblem) -> _Pairs:
    rows, columns, costs = problem.entries(problem.choice.free)
    assigned, already = problem.serve(problem.choice.fixed)
    keep = np.ones(len(rows), np.bool_)
    if not problem.choice.minimum_use.any():
        keep = costs < already[rows]
    return _Pairs(rows[keep], columns[keep], costs[keep], already, np.flatnonzero(assigned >= 0))


def solve_with_rules(
    problem: MedianProblem, watch: Watch, gap: float, seed: int
) -> tuple[Solution, np.ndarray, np.ndarray]:
    """Return the solver's answer, the chosen sites, and the site that serves each demand.

    Returns
    -------
    solution
        Of the compact model.
    sites
        Positions of all open sites, ascending.
    assigned
        Position of the site that serves each demand, -1 where no answer was found.
    """
    pairs, choice = _pairs(problem), problem.choice
    program = _program(problem, pairs)
    start = _start(problem, pairs)
    found = watch.solve(program, gap=gap, seed=seed, start=start, tell=watch.tell)
    assigned = np.full(len(problem.demand_ids), -1)
    if found.x is None:
        return found, choice.fixed, assigned
    free = len(choice.free)
    sites = np.union1d(choice.fixed, choice.free[found.x[:free] > 0.5])
    if not choice.minimum_use.any():
        return found, sites, problem.serve(sites)[0]
    assigned = problem.serve(choice.fixed)[0]
    taken = found.x[free : free + len(pairs.rows)] > 0.5
    assigned[pairs.rows[taken]] = choice.free[pairs.columns[taken]]
    return found, sites, assigned


def _start(problem: MedianProblem, pairs: _Pairs) -> np.ndarray | None:
    """Return values of the program for some sites that keep the rules; None if none is at hand.

    Sites that serve more of the weight nearby come first.
    """
    choice = problem.choice
    if choice.minimum_use.any():
        return None
    far = np.where(np.isfinite(pairs.already), pairs.already, 2 * pairs.costs.max(initial=0.0))
    saved = problem.weights[pairs.rows] * (far[pairs.rows] - pairs.costs) + 1e-9
    order = np.argsort(-np.bincount(pairs.columns, saved, len(choice.free)), kind="stable")
    new = choice.admitted(choice.free[order])
    if new is None:
        return None
    x = np.isin(choice.free, new)
    z = np.zeros(len(pairs.rows))
    able = np.flatnonzero(x[pairs.columns])
    rows, first = np.unique(pairs.rows[able], return_index=True)
    z[able[first]] = 1.0
    rest = ~np.isin(pairs.served, rows)
    if len(rows) + rest.sum() < len(problem.weights):
        return None
    return np.concatenate([x, z, rest]).astype(float)


def _program(problem: MedianProblem, pairs: _Pairs) -> Program:
    choice, weights = problem.choice, problem.weights
    free, count, spare = len(choice.free), len(pairs.rows), len(pairs.served)
    demands = len(weights)
    total = free + count + spare
    at = free + np.arange(count)
    once = _matrix(
        (np.concatenate([pairs.rows, pairs.served]), np.arange(free, total)), (demands, total)
    )
    each = np.arange(count)
    only_open = _matrix(
        (np.concatenate([each, each]), np.concatenate([at, pairs.columns])),
        (count, total),
        np.concatenate([np.ones(count), -np.ones(count)]),
    )
    limits, least, most = choice.limits()
    limits = csr_array((limits.data, limits.indices, limits.indptr), shape=(limits.shape[0], total))
    use = choice.minimum_use[choice.free]
    wanted = np.flatnonzero(use > 0)
    number = np.full(free, -1)
    number[wanted] = np.arange(len(wanted))
    some = np.isin(pairs.columns, wanted)
    enough = _matrix(
        (
            np.concatenate([number[pairs.columns[some]], np.arange(len(wanted))]),
            np.concatenate([at[some], wanted]),
        ),
        (len(wanted), total),
        np.concatenate([weights[pairs.rows[some]], -use[wanted] * (1 - 1e-12)]),
    )
    served = pairs.already[pairs.served]
    return Program(
        cost=np.concatenate(
            [np.zeros(free), weights[pairs.rows] * pairs.costs, weights[pairs.served] * served]
        ),
        rows=csr_array(vstack([once, only_open, limits, enough])),
        row_lower=np.concatenate(
            [np.ones(demands), np.full(count, -np.inf), least, np.zeros(len(wanted))]
        ),
        row_upper=np.concatenate(
            [np.ones(demands), np.zeros(count), most, np.full(len(wanted), np.inf)]
        ),
        lower=np.zeros(total),
        upper=np.ones(total),
        integral=(np.arange(total) < free) | bool(len(wanted)),
    )


def _matrix(
    places: tuple[np.ndarray, np.ndarray],
    shape: tuple[int, int],
    data: np.ndarray | None = None,
) -> csr_array:
    values = np.ones(len(places[0])) if data is None else data
    return csr_array(coo_array((values, places), shape=shape))
