"""Backup covering: demand within reach of a second site, for when the first is busy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from planner.errors import SitingError
from planner.siting import presolve_kernels as kernels
from planner.siting.choice import Rules
from planner.siting.cover_program import limited, minimise, why_infeasible
from planner.siting.inputs import Amount, some
from planner.siting.presolve import Cover, merged
from planner.siting.problem import CoverProblem
from planner.siting.request import remembered
from planner.siting.result import SitingResult
from planner.siting.watch import Progress, Watch
from planner.solver import Program


@remembered
def backup_coverage(
    reach: Any,
    p: int | None = None,
    *,
    first_weight: float | None = None,
    weights: Amount | None = None,
    site_costs: Amount | None = None,
    budget: float | None = None,
    fixed: Sequence[Any] | np.ndarray = (),
    forbidden: Sequence[Any] | np.ndarray = (),
    rules: Rules | None = None,
    radius: float | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> SitingResult:
    """Cover the most weight twice, with p new sites or a budget (backup covering, BACOP).

    BACOP1 (``first_weight`` left out): every demand is covered once, and the weight covered twice
    or more is largest: maximise Σᵢ wᵢ uᵢ subject to Σⱼ aᵢⱼ xⱼ - uᵢ ≥ 1, u ≤ 1.

    BACOP2: maximise θ Σᵢ wᵢ yᵢ + (1 - θ) Σᵢ wᵢ uᵢ subject to yᵢ + uᵢ ≤ Σⱼ aᵢⱼ xⱼ, uᵢ ≤ yᵢ ≤ 1,
    where θ is ``first_weight``.

    Parameters
    ----------
    reach
        Demand × sites, sparse or dense bool; or minutes (matrix, ``TravelTimes``, long table), or
        ``Points`` in metres, with a radius.
    p
        How many new sites at the most.
    first_weight
        What first coverage counts, 0 to 1, backup the rest; None to require it of every demand.
    weights
        Weight of each demand, such as residents; 1 if left out.
    site_costs, budget
        Cost of each site and what the new ones may cost together; with or instead of ``p``.
    fixed, forbidden
        Ids of sites that are open already, and of those that must not be used.
    rules
        Quotas per group, pairs apart and together.
    radius
        Where ``reach`` holds minutes or metres: sites up to here cover.
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
    SitingResult
        Its objective is the weight covered twice (BACOP1), or θ times the weight covered plus
        1 - θ times the weight covered twice.

    Raises
    ------
    SitingError
        If an argument cannot be worked with, or neither ``p`` nor ``budget`` is given.

    References
    ----------
    Hogan and ReVelle (1986), "Concepts and applications of backup coverage", Management Science 32.

    Examples
    --------
    >>> backup_coverage([[1, 1, 0], [0, 1, 1], [0, 0, 1]], p=2, weights=[1, 5, 1]).objective
    5.0
    """
    watch = Watch(time_limit_s, progress)
    if first_weight is not None and not 0 <= first_weight <= 1:
        raise SitingError(f"first_weight is {first_weight}; give a number from 0 to 1, or None")
    problem = CoverProblem.checked(
        reach,
        radius,
        watch=watch,
        weights=weights,
        site_costs=site_costs,
        fixed=fixed,
        forbidden=forbidden,
        p=p,
        limited=True,
        budget=budget,
        rules=rules,
    )
    model = "BACOP1" if first_weight is None else "BACOP2"
    alone = problem.out_of_reach()
    if first_weight is None and len(alone):
        message = f"no site that may be used reaches demand {some(problem.demand_ids[alone])}"
        return problem.infeasible(model, message)
    cover, already = _rows(problem)
    program = _program(cover, already, first_weight)

    def start(inside: np.ndarray) -> np.ndarray | None:
        times = cover.matrix() @ inside + already
        once, twice = times >= 1, times >= 2
        if first_weight is not None:
            return np.concatenate([inside, once, twice])
        asked = np.diff(cover.row_ptr) > 0
        return np.concatenate([inside, twice]) if once[asked].all() else None

    most = float(problem.weights.sum())
    found = minimise(
        limited(program, problem), problem, start, gap=gap, seed=seed, sign=-1.0, most=most
    )
    if found.x is None:
        limits = "p" if budget is None else "the budget" if p is None else "p and budget"
        message = f"{limits} and rules leave no set of sites that covers every demand"
        rule = why_infeasible(problem)
        return problem.infeasible(model, message if first_weight is None else rule)
    new = problem.free[found.x[: len(problem.free)] > 0.5]
    objective = _value(problem, new, first_weight)
    proven = found.status == "optimal" and gap == 0
    bound = objective if proven else max(min(-found.bound, most), objective)
    return problem.result(model, new, bound, objective=objective)


def _rows(problem: CoverProblem) -> tuple[Cover, np.ndarray]:
    """Return the distinct rows over the free sites, and how often fixed ones cover each (0 to 2).

    Demands that differ in that count are kept apart; those that no free site reaches have no site.
    """
    count = np.minimum(_times(problem, problem.fixed), 2)
    fixed_too = np.full(problem.reach.shape[1], kernels.FORBIDDEN, np.int8)
    fixed_too[problem.free] = kernels.FREE
    every = np.arange(problem.reach.shape[1])
    parts, levels = [], []
    for level in range(3):
        weights = np.where(count == level, problem.weights, 0.0)
        at = np.flatnonzero(count == level)
        some_rows = csr_array(problem.reach[at])
        cover, group = merged(
            some_rows.indptr.astype(np.int64),
            some_rows.indices.astype(np.int32),
            weights[at],
            fixed_too,
            every,
            problem.choice.costs,
        )
        lost = weights[at][group == kernels.UNREACHED].sum()
        parts += [(cover.matrix(), cover.weights), (csr_array((1, len(problem.free))), [lost])]
        levels.append(np.full(cover.shape[0] + 1, level))
    matrix = csr_array(vstack([part for part, _ in parts]))
    merged_cover = Cover(
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32),
        np.concatenate([mass for _, mass in parts]),
        problem.free,
        problem.choice.costs[problem.free],
    )
    return merged_cover, np.concatenate(levels).astype(float)


def _program(cover: Cover, already: np.ndarray, first_weight: float | None) -> Program:
    """Return the model over sites, then u (BACOP1), or y and u (BACOP2)."""
    demands, sites = cover.shape
    reach, one = cover.matrix(), eye_array(demands)
    if first_weight is None:
        return Program(
            cost=np.concatenate([np.zeros(sites), -cover.weights]),
            rows=csr_array(hstack([reach, -one])),
            # Rows that nobody stands in (no weight, no site) ask for nothing.
            row_lower=np.where(np.diff(cover.row_ptr) > 0, 1 - already, -np.inf),
            row_upper=np.full(demands, np.inf),
            lower=np.zeros(sites + demands),
            upper=np.concatenate(
                [np.ones(sites), np.where((np.diff(cover.row_ptr) > 0) | (already > 1), 1.0, 0.0)]
            ),
            integral=np.arange(sites + demands) < sites,
        )
    none = csr_array((demands, sites))
    first = np.arange(sites + 2 * demands)
    # Where backup counts more than first coverage, halves of both would count too much.
    whole = (first < sites) | ((first < sites + demands) & (first_weight < 0.5))
    return Program(
        cost=np.concatenate(
            [np.zeros(sites), -first_weight * cover.weights, -(1 - first_weight) * cover.weights]
        ),
        rows=csr_array(vstack([hstack([-reach, one, one]), hstack([none, -one, one])])),
        row_lower=np.full(2 * demands, -np.inf),
        row_upper=np.concatenate([already, np.zeros(demands)]),
        lower=np.zeros(sites + 2 * demands),
        upper=np.ones(sites + 2 * demands),
        integral=whole,
    )


def _value(problem: CoverProblem, new: np.ndarray, first_weight: float | None) -> float:
    times = _times(problem, np.union1d(problem.fixed, new))
    twice = float(problem.weights[times >= 2].sum())
    if first_weight is None:
        return twice
    return first_weight * float(problem.weights[times >= 1].sum()) + (1 - first_weight) * twice


def _times(problem: CoverProblem, sites: np.ndarray) -> np.ndarray:
    """Return how many of some sites reach each demand."""
    opened = np.zeros(problem.reach.shape[1], np.int32)
    opened[sites] = 1
    return csr_array(problem.reach, dtype=np.int32) @ opened
