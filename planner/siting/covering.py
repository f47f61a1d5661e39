"""Covering models: LSCP, MCLP and PSCLP, solved to proven optimality.

A demand is covered when at least one open site reaches it (``reach[demand, site]``); exactly at
the radius counts as reached. Sites in ``fixed`` are open already: they cover, cost nothing and do
not count towards ``p``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from planner.errors import SitingError
from planner.siting.problem import ArrayLike, CoverProblem
from planner.siting.result import SitingResult
from planner.solver import Program, Solution, solve

_SHOWN = 5


def set_cover(
    reach: object,
    *,
    site_costs: ArrayLike | None = None,
    fixed: Sequence[int] | np.ndarray = (),
    forbidden: Sequence[int] | np.ndarray = (),
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
) -> SitingResult:
    """Cover every demand at the least cost (location set covering problem, LSCP).

    minimise Σⱼ cⱼ xⱼ subject to Σⱼ aᵢⱼ xⱼ ≥ 1 for every demand i, x binary.

    Parameters
    ----------
    reach
        Demand × sites, sparse or dense bool.
    site_costs
        Cost of each site; 1 if left out, so that the number of sites is least.
    fixed, forbidden
        Positions of sites that are open already, and of those that must not be used.
    time_limit_s
        Seconds after which the best answer so far is returned with its gap.
    gap
        Relative gap at which an answer is good enough.
    seed
        Seed of the solver's choices.

    Returns
    -------
    SitingResult
        Its objective is the cost of the new sites.

    Raises
    ------
    SitingError
        If an argument cannot be worked with.

    References
    ----------
    Toregas, Swain, ReVelle and Bergman (1971), "The location of emergency service facilities",
    Operations Research 19.

    Examples
    --------
    >>> set_cover([[1, 1, 0], [0, 1, 0], [0, 0, 1]]).sites
    array([1, 2])
    """
    started = time.perf_counter()
    problem = CoverProblem.checked(
        reach, weights=None, site_costs=site_costs, fixed=fixed, forbidden=forbidden
    )
    alone = problem.out_of_reach()
    if len(alone):
        message = f"no site that may be used reaches demand {_some(alone)}"
        return _infeasible(problem, "LSCP", message, started)
    rows, _ = problem.open_rows()
    count = len(problem.free)
    program = Program(
        cost=problem.site_costs[problem.free],
        rows=csr_array(rows, dtype=float),
        row_lower=np.ones(rows.shape[0]),
        row_upper=np.full(rows.shape[0], np.inf),
        lower=np.zeros(count),
        upper=np.ones(count),
        integral=np.ones(count, bool),
    )
    return _answer(problem, "LSCP", program, started, time_limit_s, gap, seed)


def max_coverage(
    reach: object,
    p: int | None = None,
    *,
    weights: ArrayLike | None = None,
    site_costs: ArrayLike | None = None,
    budget: float | None = None,
    fixed: Sequence[int] | np.ndarray = (),
    forbidden: Sequence[int] | np.ndarray = (),
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
) -> SitingResult:
    """Cover the most weight with p new sites or a budget (maximal covering location, MCLP).

    maximise Σᵢ wᵢ yᵢ subject to yᵢ ≤ Σⱼ aᵢⱼ xⱼ, Σⱼ xⱼ ≤ p, Σⱼ cⱼ xⱼ ≤ budget, x binary.

    Parameters
    ----------
    reach
        Demand × sites, sparse or dense bool.
    p
        How many new sites at the most.
    weights
        Weight of each demand, such as residents; 1 if left out.
    site_costs, budget
        Cost of each site and what the new ones may cost together; with or instead of ``p``.
    fixed, forbidden
        Positions of sites that are open already, and of those that must not be used.
    time_limit_s
        Seconds after which the best answer so far is returned with its gap.
    gap
        Relative gap at which an answer is good enough.
    seed
        Seed of the solver's choices.

    Returns
    -------
    SitingResult
        Its objective is the weight covered, by fixed and new sites together.

    Raises
    ------
    SitingError
        If an argument cannot be worked with, or neither ``p`` nor ``budget`` is given.

    References
    ----------
    Church and ReVelle (1974), "The maximal covering location problem", Papers of the Regional
    Science Association 32.

    Examples
    --------
    >>> max_coverage([[1, 0], [1, 0], [0, 1]], p=1, weights=[1, 1, 5]).sites
    array([1])
    """
    started = time.perf_counter()
    problem = CoverProblem.checked(
        reach, weights=weights, site_costs=site_costs, fixed=fixed, forbidden=forbidden
    )
    if p is None and budget is None:
        raise SitingError("neither p nor budget is given; say how much may be built")
    if p is not None and (p < 0 or p != int(p)):
        raise SitingError(f"p is {p}; give a whole number of 0 or more")
    if budget is not None and not budget >= 0:
        raise SitingError(f"budget is {budget}; give a number of 0 or more")
    rows, mass = problem.open_rows()
    sites, demands = len(problem.free), rows.shape[0]
    limits = [(np.ones(sites), p), (problem.site_costs[problem.free], budget)]
    chosen = [(row, limit) for row, limit in limits if limit is not None]
    cover = hstack([-csr_array(rows, dtype=float), eye_array(demands)])
    caps = csr_array(np.hstack([[row for row, _ in chosen], np.zeros((len(chosen), demands))]))
    program = Program(
        cost=np.concatenate([np.zeros(sites), -mass]),
        rows=csr_array(vstack([cover, caps])),
        row_lower=np.full(demands + len(chosen), -np.inf),
        row_upper=np.concatenate([np.zeros(demands), [limit for _, limit in chosen]]),
        lower=np.zeros(sites + demands),
        upper=np.ones(sites + demands),
        integral=np.arange(sites + demands) < sites,
    )
    return _answer(problem, "MCLP", program, started, time_limit_s, gap, seed)


def partial_cover(
    reach: object,
    share: float,
    *,
    weights: ArrayLike | None = None,
    site_costs: ArrayLike | None = None,
    fixed: Sequence[int] | np.ndarray = (),
    forbidden: Sequence[int] | np.ndarray = (),
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
) -> SitingResult:
    """Cover a share of the weight at the least cost (partial set covering problem, PSCLP).

    minimise Σⱼ cⱼ xⱼ subject to yᵢ ≤ Σⱼ aᵢⱼ xⱼ, Σᵢ wᵢ yᵢ ≥ share · Σᵢ wᵢ, x binary.

    Parameters
    ----------
    reach
        Demand × sites, sparse or dense bool.
    share
        Share of the weight to be covered, 0 to 1, by fixed and new sites together.
    weights
        Weight of each demand, such as residents; 1 if left out.
    site_costs
        Cost of each site; 1 if left out.
    fixed, forbidden
        Positions of sites that are open already, and of those that must not be used.
    time_limit_s
        Seconds after which the best answer so far is returned with its gap.
    gap
        Relative gap at which an answer is good enough.
    seed
        Seed of the solver's choices.

    Returns
    -------
    SitingResult
        Its objective is the cost of the new sites.

    Raises
    ------
    SitingError
        If an argument cannot be worked with.

    References
    ----------
    Daskin and Owen (1999), "Two new location covering problems: the partial p-center problem and
    the partial set covering problem", Geographical Analysis 31.

    Examples
    --------
    >>> partial_cover([[1, 0], [1, 0], [0, 1]], share=0.6).sites
    array([0])
    """
    started = time.perf_counter()
    if not 0 <= share <= 1:
        raise SitingError(f"share is {share}; give a number from 0 to 1")
    problem = CoverProblem.checked(
        reach, weights=weights, site_costs=site_costs, fixed=fixed, forbidden=forbidden
    )
    total = problem.weights.sum()
    alone = problem.out_of_reach()
    lost = problem.weights[alone].sum()
    if total - lost < share * total * (1 - 1e-12):
        best = 1 - lost / total
        message = f"at most {best:.4%} can be covered; no site reaches demand {_some(alone)}"
        return _infeasible(problem, "PSCLP", message, started)
    rows, mass = problem.open_rows()
    needed = share * total * (1 - 1e-12) - (total - mass.sum())
    sites, demands = len(problem.free), rows.shape[0]
    cover = hstack([-csr_array(rows, dtype=float), eye_array(demands)])
    enough = csr_array(np.concatenate([np.zeros(sites), mass])[None, :])
    program = Program(
        cost=np.concatenate([problem.site_costs[problem.free], np.zeros(demands)]),
        rows=csr_array(vstack([cover, enough])),
        row_lower=np.concatenate([np.full(demands, -np.inf), [max(needed, 0.0)]]),
        row_upper=np.concatenate([np.zeros(demands), [np.inf]]),
        lower=np.zeros(sites + demands),
        upper=np.ones(sites + demands),
        integral=np.arange(sites + demands) < sites,
    )
    return _answer(problem, "PSCLP", program, started, time_limit_s, gap, seed)


def _answer(
    problem: CoverProblem,
    model: str,
    program: Program,
    started: float,
    time_limit_s: float,
    gap: float,
    seed: int,
) -> SitingResult:
    found = solve(program, time_limit_s=time_limit_s, gap=gap, seed=seed)
    if found.x is None:
        # Nothing found in time: no new site is always an MCLP answer, all sites a covering one.
        chosen = problem.free[:0] if model == "MCLP" else problem.free
    else:
        chosen = problem.free[found.x[: len(problem.free)] > 0.5]
    sites = np.union1d(problem.fixed, chosen)
    objective, bound = _value(problem, model, sites, chosen, program, found)
    proven = found.status == "optimal" and (gap == 0 or objective == bound)
    return SitingResult(
        model=model,
        status="optimal" if proven else "feasible",
        sites=sites,
        assignment=problem.first_cover(sites),
        objective=objective,
        bound=objective if proven else bound,
        seconds=time.perf_counter() - started,
        message="" if proven else "the time given was up before optimality was proven",
        weights=problem.weights,
        fixed=problem.fixed,
    )


def _value(
    problem: CoverProblem,
    model: str,
    sites: np.ndarray,
    chosen: np.ndarray,
    program: Program,
    found: Solution,
) -> tuple[float, float]:
    """Return objective and bound, counted anew from the sites rather than taken from the solver."""
    if model != "MCLP":
        return float(problem.site_costs[chosen].sum()), found.bound
    objective = float(problem.weights[problem.covered_by(sites)].sum())
    settled = problem.weights.sum() + program.cost.sum()
    return objective, float(settled) - found.bound


def _infeasible(problem: CoverProblem, model: str, message: str, started: float) -> SitingResult:
    return SitingResult(
        model=model,
        status="infeasible",
        sites=np.array([], dtype=np.int64),
        assignment=np.full(problem.reach.shape[0], -1),
        objective=np.nan,
        bound=np.nan,
        seconds=time.perf_counter() - started,
        message=message,
        weights=problem.weights,
        fixed=problem.fixed,
    )


def _some(demand: np.ndarray) -> str:
    """Return a few positions, and how many more there are."""
    named = ", ".join(str(position) for position in demand[:_SHOWN])
    more = len(demand) - _SHOWN
    return f"{named} and {more} more" if more > 0 else named
