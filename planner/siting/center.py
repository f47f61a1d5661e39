"""p-center: the sites that keep the farthest demand as near as possible, with a proof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planner.siting.center_bisection import Bisection
from planner.siting.center_rows import CenterByRows, Found, weighted_already
from planner.siting.choice import Rules
from planner.siting.inputs import Amount
from planner.siting.median_problem import MedianProblem
from planner.siting.on_demand import OnDemand
from planner.siting.request import remembered
from planner.siting.result import TIME_UP, SitingResult
from planner.siting.watch import Progress, Watch, attended

_MODEL = "p-center"
_MOST_DENSE = 4_000_000


@remembered
def p_center(
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
    """Keep the greatest weighted cost of any demand least with p new sites (p-center problem).

    minimise maxᵢ wᵢ minⱼ cᵢⱼ over the open sites j; each demand is served by its nearest site.

    Parameters
    ----------
    cost
        Demand × sites: a dense matrix (infinite = cannot serve), a sparse one (absent = cannot
        serve), ``TravelTimes``, a long table; or ``Points`` in metres or ``Costs`` of a function,
        for which no matrix is made.
    p
        How many new sites at the most.
    weights
        Weight of each demand, which its cost is multiplied by; 1 if left out.
    site_costs, budget
        Cost of each site and what the new ones may cost together; with or instead of ``p``.
    fixed, forbidden
        Ids of sites that are open already, and of those that must not be used.
    rules
        Quotas per group, pairs apart and together.
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
        Its objective is the greatest weighted cost.

    Raises
    ------
    SitingError
        If an argument cannot be worked with, or neither ``p`` nor ``budget`` is given.

    Notes
    -----
    The optimum is one of the weighted costs. Bisection over them asks each time whether p sites
    cover all demand within that radius: greedily, by demands that no site covers two of, else
    exactly. With many ``Points`` or ``Costs`` it is asked of some demands, to which those are added
    that the answer serves worst, until there are none that it serves worse than these.

    References
    ----------
    Minieka (1970), "The m-center problem", SIAM Review 12. Daskin (2000), "A new approach to
    solving the vertex p-center problem to optimality", Communications of the Operations Research
    Society of Japan 45. Chen and Chen (2009), "New relaxation-based algorithms for the optimal
    solution of the continuous and discrete p-center problems", Computers & Operations Research 36.

    Examples
    --------
    >>> result = p_center([[0, 5, 9], [4, 0, 9], [9, 8, 0]], p=2)
    >>> result.sites, result.objective, result.status
    (array([0, 2]), 4.0, 'optimal')
    """
    watch = Watch(time_limit_s, progress)
    problem = MedianProblem.checked(
        cost,
        weights=weights,
        site_costs=site_costs,
        budget=budget,
        p=p,
        limited=True,
        fixed=fixed,
        forbidden=forbidden,
        rules=rules,
        assigns=False,
    )
    usable = np.union1d(problem.choice.fixed, problem.choice.free)
    alone = np.flatnonzero(problem.serve(usable)[0] < 0)
    if len(alone):
        message = f"no site that may be used reaches {problem.named(alone)}"
        return problem.infeasible(_MODEL, message, watch.seconds)
    found = attended(lambda: _found(problem, watch, gap, seed), watch)
    if found.chosen is None:
        if found.stopped:
            raise watch.nothing_found()
        return problem.infeasible(_MODEL, _why_not(problem, found.left_out), watch.seconds)
    return _result(problem, found, watch)


def _found(problem: MedianProblem, watch: Watch, gap: float, seed: int) -> Found:
    """Return what bisection finds, over all demand or, where no matrix is to be made, by rows."""
    if isinstance(problem.values, OnDemand) and np.prod(problem.values.shape) > _MOST_DENSE:
        return CenterByRows(problem, problem.values, watch, gap, seed).run()
    rows, columns, costs = problem.entries(problem.choice.free)
    already = weighted_already(problem)
    weighted = costs * problem.weights[rows]
    bisection = Bisection(problem.choice, rows, columns, weighted, already, watch, gap, seed)
    try:
        bisection.run()
    except KeyboardInterrupt:
        bisection.stopped = True
    return Found.of(bisection)


def _why_not(problem: MedianProblem, left_out: np.ndarray) -> str:
    """Return why no set of sites serves all demand."""
    if not problem.choice.only_number:
        return "no set of sites that keeps all rules serves every demand"
    return (
        f"no {problem.p} new sites serve every demand; "
        f"the best attempt leaves out {problem.named(left_out)}"
    )


def _result(problem: MedianProblem, found: Found, watch: Watch) -> SitingResult:
    assert found.chosen is not None
    sites = np.union1d(problem.choice.fixed, problem.choice.free[found.chosen])
    assigned, costs = problem.serve(sites)
    objective = float((problem.weights * costs).max(initial=0.0))
    return SitingResult(
        model=_MODEL,
        status="optimal" if found.proven else "feasible",
        site_positions=sites,
        assigned=assigned,
        objective=objective,
        bound=objective if found.proven else min(found.bound, objective),
        seconds=watch.seconds,
        message="" if found.proven else TIME_UP,
        weights=problem.weights,
        fixed=problem.choice.fixed,
        demand_ids=problem.demand_ids,
        site_ids=problem.choice.site_ids,
        costs=costs,
    )
