"""Covering models: LSCP, MCLP and PSCLP, solved to proven optimality.

A demand is covered when at least one open site reaches it (``reach[demand, site]``); exactly at
the radius counts as reached. Sites in ``fixed`` are open already: they cover, cost nothing and do
not count towards ``p``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, eye_array, hstack, vstack

from planner.errors import SitingError
from planner.siting.choice import Rules
from planner.siting.inputs import ArrayLike
from planner.siting.problem import CoverProblem
from planner.siting.request import remembered
from planner.siting.result import SitingResult
from planner.siting.watch import Progress, Watch
from planner.solver import Program, Solution, solve

_SHOWN = 5


@remembered
def set_cover(
    reach: Any,
    *,
    site_costs: ArrayLike | None = None,
    fixed: Sequence[Any] | np.ndarray = (),
    forbidden: Sequence[Any] | np.ndarray = (),
    rules: Rules | None = None,
    radius: float | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> SitingResult:
    """Cover every demand at the least cost (location set covering problem, LSCP).

    minimise Σⱼ cⱼ xⱼ subject to Σⱼ aᵢⱼ xⱼ ≥ 1 for every demand i, x binary.

    Parameters
    ----------
    reach
        Demand × sites, sparse or dense bool; or minutes (matrix, ``TravelTimes``, long table).
    site_costs
        Cost of each site; 1 if left out, so that the number of sites is least.
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
    watch = Watch(time_limit_s, progress)
    problem = CoverProblem.checked(
        reach, radius, site_costs=site_costs, fixed=fixed, forbidden=forbidden, rules=rules
    )
    alone = problem.out_of_reach()
    if len(alone):
        message = f"no site that may be used reaches demand {_some(problem.demand_ids[alone])}"
        return _infeasible(problem, "LSCP", message, watch)
    rows, _ = problem.open_rows()
    count = len(problem.free)
    limits, least, most = problem.choice.limits()
    program = Program(
        cost=problem.choice.costs[problem.free],
        rows=csr_array(vstack([csr_array(rows, dtype=float), limits])),
        row_lower=np.concatenate([np.ones(rows.shape[0]), least]),
        row_upper=np.concatenate([np.full(rows.shape[0], np.inf), most]),
        lower=np.zeros(count),
        upper=np.ones(count),
        integral=np.ones(count, bool),
    )
    return _answer(problem, "LSCP", program, watch, gap, seed)


@remembered
def max_coverage(
    reach: Any,
    p: int | None = None,
    *,
    weights: ArrayLike | None = None,
    site_costs: ArrayLike | None = None,
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
    """Cover the most weight with p new sites or a budget (maximal covering location, MCLP).

    maximise Σᵢ wᵢ yᵢ subject to yᵢ ≤ Σⱼ aᵢⱼ xⱼ, Σⱼ xⱼ ≤ p, Σⱼ cⱼ xⱼ ≤ budget, x binary.

    Parameters
    ----------
    reach
        Demand × sites, sparse or dense bool; or minutes (matrix, ``TravelTimes``, long table).
    p
        How many new sites at the most.
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
    watch = Watch(time_limit_s, progress)
    if p is None and budget is None:
        raise SitingError("neither p nor budget is given; say how much may be built")
    problem = CoverProblem.checked(
        reach,
        radius,
        weights=weights,
        site_costs=site_costs,
        fixed=fixed,
        forbidden=forbidden,
        p=p,
        budget=budget,
        rules=rules,
    )
    rows, mass = problem.open_rows()
    sites, demands = len(problem.free), rows.shape[0]
    limits, least, most = _with_demand(problem, demands)
    cover = hstack([-csr_array(rows, dtype=float), eye_array(demands)])
    program = Program(
        cost=np.concatenate([np.zeros(sites), -mass]),
        rows=csr_array(vstack([cover, limits])),
        row_lower=np.concatenate([np.full(demands, -np.inf), least]),
        row_upper=np.concatenate([np.zeros(demands), most]),
        lower=np.zeros(sites + demands),
        upper=np.ones(sites + demands),
        integral=np.arange(sites + demands) < sites,
    )
    return _answer(problem, "MCLP", program, watch, gap, seed)


@remembered
def partial_cover(
    reach: Any,
    share: float,
    *,
    weights: ArrayLike | None = None,
    site_costs: ArrayLike | None = None,
    fixed: Sequence[Any] | np.ndarray = (),
    forbidden: Sequence[Any] | np.ndarray = (),
    rules: Rules | None = None,
    radius: float | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> SitingResult:
    """Cover a share of the weight at the least cost (partial set covering problem, PSCLP).

    minimise Σⱼ cⱼ xⱼ subject to yᵢ ≤ Σⱼ aᵢⱼ xⱼ, Σᵢ wᵢ yᵢ ≥ share · Σᵢ wᵢ, x binary.

    Parameters
    ----------
    reach
        Demand × sites, sparse or dense bool; or minutes (matrix, ``TravelTimes``, long table).
    share
        Share of the weight to be covered, 0 to 1, by fixed and new sites together.
    weights
        Weight of each demand, such as residents; 1 if left out.
    site_costs
        Cost of each site; 1 if left out.
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
    watch = Watch(time_limit_s, progress)
    if not 0 <= share <= 1:
        raise SitingError(f"share is {share}; give a number from 0 to 1")
    problem = CoverProblem.checked(
        reach,
        radius,
        weights=weights,
        site_costs=site_costs,
        fixed=fixed,
        forbidden=forbidden,
        rules=rules,
    )
    total = problem.weights.sum()
    alone = problem.out_of_reach()
    lost = problem.weights[alone].sum()
    if total - lost < share * total * (1 - 1e-12):
        best = 1 - lost / total
        who = _some(problem.demand_ids[alone])
        message = f"at most {best:.4%} can be covered; no site reaches demand {who}"
        return _infeasible(problem, "PSCLP", message, watch)
    rows, mass = problem.open_rows()
    needed = share * total * (1 - 1e-12) - (total - mass.sum())
    sites, demands = len(problem.free), rows.shape[0]
    cover = hstack([-csr_array(rows, dtype=float), eye_array(demands)])
    limits, least, most = _with_demand(problem, demands)
    enough = csr_array(np.concatenate([np.zeros(sites), mass])[None, :])
    program = Program(
        cost=np.concatenate([problem.choice.costs[problem.free], np.zeros(demands)]),
        rows=csr_array(vstack([cover, enough, limits])),
        row_lower=np.concatenate([np.full(demands, -np.inf), [max(needed, 0.0)], least]),
        row_upper=np.concatenate([np.zeros(demands), [np.inf], most]),
        lower=np.zeros(sites + demands),
        upper=np.ones(sites + demands),
        integral=np.arange(sites + demands) < sites,
    )
    return _answer(problem, "PSCLP", program, watch, gap, seed)


def _with_demand(problem: CoverProblem, demands: int) -> tuple[csr_array, np.ndarray, np.ndarray]:
    """Return the limits on the sites as rows over sites and demands."""
    limits, least, most = problem.choice.limits()
    return hstack([limits, csr_array((limits.shape[0], demands))], format="csr"), least, most


def _answer(
    problem: CoverProblem,
    model: str,
    program: Program,
    watch: Watch,
    gap: float,
    seed: int,
) -> SitingResult:
    found = solve(program, time_limit_s=watch.left, gap=gap, seed=seed)
    if found.status == "infeasible":
        return _infeasible(problem, model, "no set of sites keeps all rules", watch)
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
        site_positions=sites,
        assigned=problem.first_cover(sites),
        objective=objective,
        bound=objective if proven else bound,
        seconds=watch.seconds,
        message="" if proven else "the time given was up before optimality was proven",
        weights=problem.weights,
        fixed=problem.fixed,
        demand_ids=problem.demand_ids,
        site_ids=problem.choice.site_ids,
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
        return float(problem.choice.costs[chosen].sum()), found.bound
    objective = float(problem.weights[problem.covered_by(sites)].sum())
    settled = problem.weights.sum() + program.cost.sum()
    return objective, float(settled) - found.bound


def _infeasible(problem: CoverProblem, model: str, message: str, watch: Watch) -> SitingResult:
    return SitingResult(
        model=model,
        status="infeasible",
        site_positions=np.array([], dtype=np.int64),
        assigned=np.full(problem.reach.shape[0], -1),
        objective=np.nan,
        bound=np.nan,
        seconds=watch.seconds,
        message=message,
        weights=problem.weights,
        fixed=problem.fixed,
        demand_ids=problem.demand_ids,
        site_ids=problem.choice.site_ids,
    )


def _some(demand: pd.Index) -> str:
    """Return a few ids, and how many more there are."""
    named = ", ".join(str(name) for name in demand[:_SHOWN])
    more = len(demand) - _SHOWN
    return f"{named} and {more} more" if more > 0 else named
