"""p-median: the sites that serve the demand at the least weighted cost, with a proof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from planner.siting.choice import Rules
from planner.siting.inputs import Amount, Matrix
from planner.siting.median_exact import MedianSolver
from planner.siting.median_merge import merged_rows
from planner.siting.median_problem import MedianProblem
from planner.siting.median_successive import Successive
from planner.siting.on_demand import OnDemand
from planner.siting.request import remembered
from planner.siting.result import TIME_UP, SitingResult, Status
from planner.siting.serving import ServiceProblem
from planner.siting.serving_solver import solve_service
from planner.siting.watch import Progress, Watch, attended

_MODEL = "p-median"


@remembered
def p_median(
    cost: Any,
    p: int | None = None,
    *,
    weights: Amount | None = None,
    site_costs: Amount | None = None,
    budget: float | None = None,
    fixed: Sequence[Any] | np.ndarray = (),
    forbidden: Sequence[Any] | np.ndarray = (),
    rules: Rules | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> SitingResult:
    """Serve every demand at the least weighted cost with p new sites (p-median problem).

    minimise Σᵢ wᵢ minⱼ cᵢⱼ over the open sites j. One more site never costs more, so that exactly
    p new sites are opened where there are so many; with a budget or rules, at most p.

    Parameters
    ----------
    cost
        Demand × sites: a dense matrix (infinite = cannot serve), a sparse one (absent = cannot
        serve), ``TravelTimes``, a long table; or ``Points`` in metres or ``Costs`` of a function,
        for which no matrix is made.
    p
        How many new sites.
    weights
        Weight of each demand, such as residents; 1 if left out.
    site_costs, budget
        Cost of each site and what the new ones may cost together; with or instead of ``p``.
    fixed, forbidden
        Ids of sites that are open already, and of those that must not be used.
    rules
        Quotas per group, pairs apart and together, minimum use.
    time_limit_s
        Seconds after which the best answer so far is returned with its gap.
    gap
        Relative gap at which an answer is good enough.
    seed
        Seed of the search.
    progress
        Told objective and bound whenever they improve.

    Returns
    -------
    SitingResult
        Its objective is the weighted cost.

    Raises
    ------
    SitingError
        If an argument cannot be worked with, or neither ``p`` nor ``budget`` is given.

    Notes
    -----
    Identical demand is one row of the sum of the weights. A Lagrangian dual bounds the cost from
    below, a swap search with path relinking from above; reduced costs decide sites, and branch and
    bound settles the rest. With ``Costs`` the nearest sites of each demand are listed, and what a
    list leaves out counts as no farther than its last: an answer is called optimal only if that is
    proven all the same. With ``Points`` and few sites among very many
    demands, the bound is taken over centroids of neighbouring demands, and the lists of candidate
    sites are cut: then the answer has an honest gap, but may stay unproven.

    With a budget or rules the search and bound are those of ``facility_location``: the budget is
    relaxed at a price too, sites and pairs are ruled out, and HiGHS decides what is left under the
    rules.

    References
    ----------
    Hakimi (1964), "Optimum locations of switching centers and the absolute centers and medians of
    a graph", Operations Research 12. Beasley (1985), "A note on solving large p-median problems",
    European Journal of Operational Research 21.

    Examples
    --------
    >>> result = p_median([[0, 5, 9], [4, 0, 9], [9, 8, 0]], p=2)
    >>> result.sites, result.objective, result.status
    (array([0, 2]), 4.0, 'optimal')
    """
    watch = Watch(time_limit_s, progress)
    series = cost if isinstance(cost, Successive) else Successive(cost)
    problem = MedianProblem.checked(
        series.cost,
        weights=weights,
        site_costs=site_costs,
        budget=budget,
        p=p,
        limited=True,
        fixed=fixed,
        forbidden=forbidden,
        rules=rules,
    )
    usable = np.union1d(problem.choice.fixed, problem.choice.free)
    alone = np.flatnonzero(problem.serve(usable)[0] < 0)
    if len(alone):
        message = f"no site that may be used reaches {problem.named(alone)}"
        return problem.infeasible(_MODEL, message, watch.seconds)
    if not problem.choice.only_number:
        return _with_rules(problem, watch, gap, seed)
    return _plain(problem, series, watch, gap, seed)


def _plain(
    problem: MedianProblem, series: Successive, watch: Watch, gap: float, seed: int
) -> SitingResult:
    if not problem.p:
        assigned, costs = problem.serve(problem.choice.fixed)
        left = np.flatnonzero(assigned < 0)
        if len(left):
            message = f"no new site may be opened, and no fixed one serves {problem.named(left)}"
            return problem.infeasible(_MODEL, message, watch.seconds)
        objective = float(problem.weights @ costs)
        return _result(problem, problem.choice.fixed, assigned, costs, objective, True, watch)
    lists = series.lists or attended(problem.lists, watch)
    solver = MedianSolver(
        lists,
        problem.p,
        problem.cost_of,
        whole=problem.whole,
        watch=watch,
        gap=gap,
        seed=seed,
        start=series.sites,
        multipliers=series.multipliers,
    )
    attended(solver.run, watch)
    series.sites = solver.chosen
    if not problem.crowded:
        series.lists, series.multipliers = lists, solver.multipliers
    if solver.chosen is None:
        if not solver.proven:
            raise watch.nothing_found()
        return problem.infeasible(_MODEL, _unserved(problem, solver), watch.seconds)
    sites = np.union1d(problem.choice.fixed, problem.choice.free[solver.chosen])
    assigned, costs = problem.serve(sites)
    return _result(problem, sites, assigned, costs, solver.bound, solver.proven, watch)


def _with_rules(problem: MedianProblem, watch: Watch, gap: float, seed: int) -> SitingResult:
    given = problem.values
    values = given.dense() if isinstance(given, OnDemand) else given
    first, weights = np.arange(len(problem.weights)), problem.weights
    if not problem.choice.minimum_use.any():
        # Under a minimum use who lives together may have to be served apart.
        first, weights = _distinct(values, weights)
    matrix = Matrix(values[first], problem.demand_ids[first], problem.choice.site_ids)
    service = ServiceProblem.uncapacitated(matrix, weights, problem.choice)
    result = solve_service(service, _MODEL, watch, gap, seed)
    if len(first) == len(problem.weights):
        return result
    if result.status == "infeasible":
        return problem.infeasible(_MODEL, result.message, result.seconds)
    sites = result.site_positions
    proven = result.status == "optimal"
    return _result(problem, sites, *problem.serve(sites), result.bound, proven, watch)


def _distinct(values: np.ndarray | csr_array, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where each distinct row stands first, and the weights of all that are like it."""
    if isinstance(values, np.ndarray):
        nothing = np.zeros(len(weights) + 1, np.int64), np.empty(0, np.int32), np.empty(0)
        return merged_rows(*nothing, values, weights)[3:]
    rows = values.indptr.astype(np.int64), values.indices.astype(np.int32)
    return merged_rows(*rows, values.data.astype(float), np.empty((len(weights), 0)), weights)[3:]


def _result(
    problem: MedianProblem,
    sites: np.ndarray,
    assigned: np.ndarray,
    costs: np.ndarray,
    bound: float,
    proven: bool,
    watch: Watch,
) -> SitingResult:
    objective = float(problem.weights @ costs)
    status: Status = "optimal" if proven else "feasible"
    return SitingResult(
        model=_MODEL,
        status=status,
        site_positions=sites,
        assigned=assigned,
        objective=objective,
        bound=objective if proven else min(bound, objective),
        seconds=watch.seconds,
        message="" if proven else TIME_UP,
        weights=problem.weights,
        fixed=problem.choice.fixed,
        demand_ids=problem.demand_ids,
        site_ids=problem.choice.site_ids,
        costs=costs,
    )


def _unserved(problem: MedianProblem, solver: MedianSolver) -> str:
    """Return why no answer was found, with a demand that the best attempt leaves out."""
    sites = np.union1d(problem.choice.fixed, problem.choice.free[solver.attempt])
    left = np.flatnonzero(problem.serve(sites)[0] < 0)
    who = problem.named(left)
    return f"no {problem.p} new sites serve every demand; the best attempt leaves out {who}"
