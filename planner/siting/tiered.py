"""Tiers of facilities, each offering all that the tiers below it offer: where to build or raise.

Which facilities offer what: successively inclusive (nested) functions, as in Narula (1984),
"Hierarchical location-allocation problems: a classification scheme", European Journal of
Operational Research 15; Şahin and Süral (2007), "A review of hierarchical facility location
models", Computers & Operations Research 34.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from planner.errors import SitingError
from planner.siting.inputs import Amount
from planner.siting.request import checked_search
from planner.siting.result import CLOSE_ENOUGH, TIME_UP, Status
from planner.siting.tiered_bound import Ascent, Prices
from planner.siting.tiered_chains import ChainPrices
from planner.siting.tiered_problem import TieredProblem
from planner.siting.tiered_program import paths_of, program_of, start_of
from planner.siting.tiered_result import TieredResult
from planner.siting.tiered_search import TieredSearch
from planner.siting.watch import Progress, Watch, attended, relative_gap

_MODEL = "tiered p-median"
_STAGES, _STEPS = 12, 125
_EASY_PATHS, _MOST_PATHS = 50_000, 1_000_000
"""Paths up to which HiGHS is asked at once, and at all, to decide what the bound leaves open."""
_SAME = 1e-9


def tiered_median(
    cost: Any,
    p: Sequence[int | None] | int | None = None,
    *,
    referral: Sequence[float] | float = (),
    links: Any = None,
    weights: Amount | None = None,
    site_costs: Any = None,
    budget: float | Sequence[float] | None = None,
    fixed: Mapping[Any, int] | pd.Series | None = None,
    highest: Amount | None = None,
    forbidden: Sequence[Any] | np.ndarray = (),
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> TieredResult:
    """Serve demand at every tier at the least weighted travel, a share referred on (nested).

    Tiers are 1 (lowest) to K. A facility of a tier offers the functions of all tiers below it. All
    demand is served at tier 1; of what tier k serves, the share ``referral[k - 1]`` goes on to
    tier k + 1, from home or from the facility.

    minimise Σₖ Σᵢ wᵢₖ cᵢⱼₖ with wᵢ₁ = wᵢ, wᵢ,ₖ₊₁ = rₖ wᵢₖ, subject to: served at tier k only by
    sites that offer it (y of the step), y_{j,k+1} ≤ y_{jk}, at most pₖ sites raised to exactly
    tier k.

    Parameters
    ----------
    cost
        Demand × sites for each tier, the lowest first (matrices with infinite for a site that
        cannot serve, sparse ones with such pairs absent, ``TravelTimes``, long tables): from home
        to each tier. With ``links``: one, from home to tier 1.
    p
        How many sites may be raised to each tier, built or upgraded; None for any number.
    referral
        Share of each tier's demand that goes on to the next, K - 1 numbers from 0 to 1; none for a
        single tier.
    links
        Sites × sites for each step from a tier to the next (K - 1 of them), where whoever is
        referred travels on from the facility; left out, everybody travels from home. Which site of
        tier 1 serves a demand is then chosen with the way on in view.
    weights
        Weight of each demand, such as residents or visits; 1 if left out.
    site_costs
        What it costs to make of each site, as it is today, one of each tier: sites × K (upgrades
        of open sites, as they are named in ``fixed``, included), or a number or vector for all
        tiers alike; 1 if left out.
    budget
        What all of them may cost together, or one sum for each tier; with or instead of ``p``.
    fixed
        Tier of each site that is open today, by id. It keeps it, or is raised.
    highest
        Highest tier that each site may have; K if left out.
    forbidden
        Ids of sites that stay as they are.
    time_limit_s
        Seconds after which the best answer so far is returned with its gap.
    gap
        Relative gap at which an answer is good enough.
    seed
        Seed of the search.
    progress
        Told objective and bound whenever they improve.

    Raises
    ------
    SitingError
        If an argument cannot be worked with; the text says which, and the remedy.
    OutOfTimeError
        If the time was up before any answer was found.

    Notes
    -----
    A local search finds an answer, a Lagrangian dual bounds it (``tiered_bound``) and rules out
    steps and paths, HiGHS decides what is left in the path formulation (``tiered_program``). Where
    too much is left for it, the answer keeps the gap of the bound: nothing is cut off unproven.

    References
    ----------
    Narula (1984), "Hierarchical location-allocation problems: a classification scheme", European
    Journal of Operational Research 15. Şahin and Süral (2007), "A review of hierarchical facility
    location models", Computers & Operations Research 34. Teixeira and Antunes (2008), "A
    hierarchical location model for public facility planning", European Journal of Operational
    Research 185. Aardal, Chudak and Shmoys (1999), "A 3-approximation algorithm for the k-level
    uncapacitated facility location problem", Information Processing Letters 72.

    Examples
    --------
    Four places on a line 1 km apart; two community halls, one of them raised to a town platform:

    >>> places = np.arange(4.0)
    >>> apart = abs(places[:, None] - places)
    >>> found = tiered_median([apart, apart], [1, 1], referral=0.5, weights=[5, 1, 1, 6])
    >>> [sites.tolist() for sites in found.sites], found.objective
    ([[0], [3]], 11.0)
    >>> found.travel["cost"].tolist()
    [2.0, 9.0]
    """
    checked_search({"time_limit_s": time_limit_s, "gap": gap, "seed": seed})
    watch = Watch(time_limit_s, progress)
    problem = TieredProblem.checked(
        cost,
        referral=referral,
        links=links,
        weights=weights,
        p=p,
        site_costs=site_costs,
        budget=budget,
        fixed=fixed,
        highest=highest,
        forbidden=forbidden,
    )
    obstacle = problem.obstacle()
    if obstacle:
        return _infeasible(problem, obstacle, watch)
    search = TieredSearch(problem, watch)
    levels = attended(lambda: search.best(seed), watch)
    return _proven(problem, levels, watch, gap, seed)


def _proven(
    problem: TieredProblem, levels: np.ndarray, watch: Watch, gap: float, seed: int
) -> TieredResult:
    """Return the best answer, from one to begin with, and how good any could be."""
    value = problem.serve(levels).value
    if not value:
        return _result(problem, levels, 0.0, gap, watch)
    bound, spare, left = 0.0, None, problem
    paths = paths_of(problem, _EASY_PATHS)
    if paths is None and np.isfinite(value):
        bound, spare, left = attended(lambda: bounded(problem, levels, watch, gap), watch)
        watch.tell(value, bound)
        if relative_gap(value, bound) <= max(gap, _SAME):
            return _result(problem, levels, bound, gap, watch)
    if paths is None:
        paths = paths_of(left, _MOST_PATHS, spare)
    if paths is None and np.isfinite(value):
        return _result(problem, levels, bound, gap, watch)
    if paths is None:
        raise _none_found(problem, levels, watch)
    taken = left.choice.taken(levels)
    found = watch.solve(
        program_of(left, paths),
        gap=gap,
        seed=seed,
        start=start_of(paths, taken) if np.isfinite(value) else None,
        tell=lambda cost, least: watch.tell(cost + paths.offset, max(least + paths.offset, bound)),
    )
    if found.x is not None:
        other = left.choice.levels(found.x[: len(taken)] > 0.5)
        levels = other if problem.serve(other).value <= value else levels
        exact = found.status == "optimal" and gap == 0
        least = (found.objective if exact else found.bound) + paths.offset
        # Above the answer known nothing was looked at, so the bound reaches no farther than it.
        bound = max(bound, min(least, problem.serve(levels).value))
    elif np.isinf(value):
        if found.status == "unknown":
            raise watch.nothing_found()
        who = problem.left_out(levels)
        message = f"no choice within the limits serves all; the best attempt leaves out {who}"
        return _infeasible(problem, message, watch)
    elif found.status == "infeasible":
        bound = value  # no answer is better than the one known
    return _result(problem, levels, bound, gap, watch)


def bounded(
    problem: TieredProblem, levels: np.ndarray, watch: Watch, gap: float
) -> tuple[float, np.ndarray, TieredProblem]:
    """Return a bound, what a row may cost in a better answer, and what is left of the problem."""
    value, bound = problem.serve(levels).value, 0.0
    prices: Prices | ChainPrices | None = None
    ascent: Ascent | None = None
    for _ in range(_STAGES):
        prices = _priced(problem, levels, prices)
        before = (1.0, None) if ascent is None else (ascent.length, ascent.best_money)
        ascent = Ascent(problem.choice, prices, *before)
        ascent.climb(value, _STEPS, watch)
        bound = max(bound, ascent.bound)
        allowed, spare = ascent.allowed(value), prices.spare(ascent.best, value - ascent.bound)
        problem, prices.price = problem.narrowed(allowed, levels, spare), ascent.best
        if ascent.over(value) or watch.up or relative_gap(value, bound) <= gap:
            break
        if paths_of(problem, _EASY_PATHS, spare) is not None:
            break
    return bound, spare, problem


def _priced(
    problem: TieredProblem, levels: np.ndarray, before: Prices | ChainPrices | None
) -> Prices | ChainPrices:
    if problem.links is not None and problem.depth > 1:
        assert before is None or isinstance(before, ChainPrices)
        return ChainPrices(problem, levels, before)
    weights = problem.flows[:, : problem.depth].T.ravel().copy()
    price = None if before is None else before.price
    return Prices(problem.choice, problem.near, weights, levels, price)


def _result(
    problem: TieredProblem, levels: np.ndarray, bound: float, gap: float, watch: Watch
) -> TieredResult:
    service = problem.serve(levels)
    value = service.value
    proven = value - bound <= _SAME * abs(value)
    status: Status = "optimal" if proven else "feasible"
    close = relative_gap(value, bound) <= gap
    watch.tell(value, value if proven else bound)
    return TieredResult(
        model=_MODEL,
        status=status,
        levels=levels,
        now=problem.choice.now,
        assigned=service.assigned,
        legs=service.legs,
        flows=problem.flows,
        objective=value,
        bound=value if proven else bound,
        spent=float(problem.choice.spent(levels).sum()),
        seconds=watch.seconds,
        message="" if proven else CLOSE_ENOUGH if close else _unproven(watch),
        demand_ids=problem.demand_ids,
        site_ids=problem.choice.site_ids,
    )


def _none_found(problem: TieredProblem, levels: np.ndarray, watch: Watch) -> SitingError:
    if watch.up:
        return watch.nothing_found()
    return SitingError(
        f"no answer that serves all was found; the best attempt leaves out "
        f"{problem.left_out(levels)}; allow more sites, or leave that demand out"
    )


def _unproven(watch: Watch) -> str:
    if watch.up:
        return TIME_UP
    return "too much was left open for a proof; the bound says how good any answer could be"


def _infeasible(problem: TieredProblem, message: str, watch: Watch) -> TieredResult:
    none = np.full(problem.flows.shape, -1)
    return TieredResult(
        model=_MODEL,
        status="infeasible",
        levels=problem.choice.now,
        now=problem.choice.now,
        assigned=none,
        legs=np.full(none.shape, np.inf),
        flows=problem.flows,
        objective=np.nan,
        bound=np.nan,
        spent=0.0,
        seconds=watch.seconds,
        message=message,
        demand_ids=problem.demand_ids,
        site_ids=problem.choice.site_ids,
    )
