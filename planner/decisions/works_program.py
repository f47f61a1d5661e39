"""Gradual covering of gaps by actions that depend on each other, under several budgets.

On arrays: which action closes which gap to what share, what each costs, which go together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from planner.siting import mclp_program
from planner.siting import presolve_kernels as kernels
from planner.siting.gradual import best_values, steps
from planner.siting.presolve import Cover, merged
from planner.siting.result import Status
from planner.siting.watch import Watch, relative_gap
from planner.solver import Program

_SAME = 1e-9  # relative, of the weight closed: what counts as no less


@dataclass(frozen=True, eq=False)
class WorksProblem:
    """What each action closes and costs, and which actions go together.

    Attributes
    ----------
    values
        Share of a gap (0 to 1) that an action closes, gaps × actions.
    weights
        Weight of each gap, shape (gaps,).
    least, most
        How often an action may be taken at least and at most, shape (actions,), whole numbers;
        taking it twice closes no more.
    costs, budgets
        What an action costs of each budget (less than 0 where it saves), shape (budgets, actions),
        and the budgets.
    rows, lower, upper
        What must hold besides: ``lower <= rows @ x <= upper``, shape (k, actions).
    effort
        What an action counts, 0 or more, where others close as much: the least is chosen.
    """

    values: csr_array
    weights: np.ndarray
    least: np.ndarray
    most: np.ndarray
    costs: np.ndarray
    budgets: np.ndarray
    rows: csr_array
    lower: np.ndarray
    upper: np.ndarray
    effort: np.ndarray

    def closed(self, taken: np.ndarray) -> np.ndarray:
        """Return the share of each gap that some actions close: that of the best of them."""
        return best_values(self.values, np.flatnonzero(taken))[0]


@dataclass(frozen=True, eq=False)
class WorksAnswer:
    """The actions taken, how much they close, and how much any could.

    Attributes
    ----------
    status
        ``optimal`` (proven) or ``feasible`` (the best found in the time given).
    taken
        How often each action is taken.
    objective
        Weight closed, gaps that are closed today included.
    bound
        No choice closes more.
    seconds
        How long it took.
    """

    status: Status
    taken: np.ndarray
    objective: float
    bound: float
    seconds: float

    @property
    def gap(self) -> float:
        """How far the answer may be from the best: |objective - bound| / |objective|."""
        return relative_gap(self.objective, self.bound)


def close_gaps(problem: WorksProblem, *, time_limit_s: float = 60.0, seed: int = 0) -> WorksAnswer:
    """Return the actions that close the most weight of gaps, the least effort of such, with proof.

    maximise Σᵢ wᵢ maxⱼ vᵢⱼ [xⱼ > 0] subject to C x ≤ b, l ≤ A x ≤ u, x whole. Each gap is split
    into the steps of its values as ``siting.gradual_coverage`` does, so that nothing is
    approximated; then the effort is minimised among the choices that close as much.

    Parameters
    ----------
    problem
        Actions, gaps, costs and rules.
    time_limit_s
        Seconds after which the best answer so far is returned with its gap.
    seed
        Seed of the solver's choices.

    Raises
    ------
    OutOfTimeError
        If the time was up before any answer was found.

    References
    ----------
    Church and Roberts (1983), "Generalized coverage models and public facility location", Papers
    of the Regional Science Association 53.

    Examples
    --------
    >>> halves = csr_array([[1.0, 0.5, 0.0], [0.0, 0.0, 1.0]])
    >>> nothing = csr_array((0, 3))
    >>> problem = WorksProblem(
    ...     values=halves, weights=np.array([10.0, 4.0]), least=np.zeros(3), most=np.ones(3),
    ...     costs=np.array([[5.0, 1.0, 2.0]]), budgets=np.array([3.0]), rows=nothing,
    ...     lower=np.zeros(0), upper=np.zeros(0), effort=np.ones(3),
    ... )
    >>> close_gaps(problem).taken
    array([0, 1, 1])
    """
    watch = Watch(time_limit_s)
    cover, settled = _cover(problem)
    program = _limited(mclp_program.program_of(cover), problem, cover.sites)
    best = watch.solve(program, seed=seed)
    if best.x is None:
        raise watch.nothing_found()
    taken, x = _taken(problem, cover.sites, best.x), best.x
    objective = _value(problem, taken)
    if not watch.up:
        least = _least_effort(program, problem, cover.sites, -best.objective)
        found = watch.solve(least, seed=seed, start=x)
        if found.x is not None:
            spare = _taken(problem, cover.sites, found.x)
            worth = _value(problem, spare)
            if worth >= objective - _SAME * max(objective, 1.0):
                taken, objective = spare, worth
    proven = best.status == "optimal"
    bound = objective if proven else max(objective, settled - best.bound)
    return WorksAnswer("optimal" if proven else "feasible", taken, objective, bound, watch.seconds)


def _value(problem: WorksProblem, taken: np.ndarray) -> float:
    return float(problem.weights @ problem.closed(taken))


def _taken(problem: WorksProblem, free: np.ndarray, x: np.ndarray) -> np.ndarray:
    taken = problem.least.astype(np.int64)
    taken[free] = np.round(x[: len(free)]).astype(np.int64)
    return taken


def _cover(problem: WorksProblem) -> tuple[Cover, float]:
    """Return the steps of the gaps over the free actions, and the weight closed in any case."""
    ptr, items, mass = steps(problem.values, problem.weights)
    role = np.full(len(problem.most), kernels.FREE, np.int8)
    role[problem.most == 0] = kernels.FORBIDDEN
    role[problem.least >= 1] = kernels.FIXED
    every = np.arange(len(role))
    cover, group = merged(ptr, items, mass, role, every, np.zeros(len(role)))
    rows = np.flatnonzero(cover.weights > 0)
    settled = float(mass[group == kernels.COVERED].sum())
    return cover.part(rows, np.arange(len(cover.sites))), settled


def _limited(program: Program, problem: WorksProblem, free: np.ndarray) -> Program:
    """Return a program over the free actions with budgets and rules, fixed actions counted in."""
    scale = np.maximum(problem.budgets, np.abs(problem.costs).max(axis=1, initial=1.0))
    rows = vstack([csr_array(problem.costs / scale[:, None]), problem.rows], format="csr")
    fixed = problem.least.astype(float)
    fixed[free] = 0.0
    already = rows @ fixed
    steps_wide = csr_array((rows.shape[0], len(program.cost) - len(free)))
    lower = np.concatenate([np.full(len(scale), -np.inf), problem.lower])
    upper = np.concatenate([problem.budgets / scale, problem.upper])
    ends = program.upper.copy()
    ends[: len(free)] = problem.most[free]
    return replace(
        program,
        rows=csr_array(vstack([program.rows, hstack([rows[:, free], steps_wide])])),
        row_lower=np.concatenate([program.row_lower, lower - already]),
        row_upper=np.concatenate([program.row_upper, upper - already]),
        upper=ends,
    )


def _least_effort(
    program: Program, problem: WorksProblem, free: np.ndarray, worth: float
) -> Program:
    """Return the program that minimises effort among choices that close as much."""
    effort = problem.effort[free]
    total = max(float(-program.cost.sum()), 1.0)
    cost = np.zeros(len(program.cost))
    cost[: len(free)] = effort / max(effort.max(initial=0.0), 1.0)
    return replace(
        program,
        cost=cost,
        rows=csr_array(vstack([program.rows, csr_array(-program.cost[None, :] / total)])),
        row_lower=np.append(program.row_lower, (worth - _SAME * max(worth, 1.0)) / total),
        row_upper=np.append(program.row_upper, np.inf),
    )
