"""Capacitated p-median: each site serves no more than it can hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planner.siting.choice import Rules
from planner.siting.inputs import Amount
from planner.siting.request import remembered
from planner.siting.result import SitingResult
from planner.siting.serving import ServiceProblem
from planner.siting.watch import Progress, Watch


@remembered
def capacitated_p_median(
    cost: Any,
    p: int | None = None,
    *,
    demand: Amount | None = None,
    capacity: Amount,
    split: bool = False,
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
    """Serve all demand from p new sites of limited capacity at the least cost.

    minimise Σᵢⱼ wᵢ cᵢⱼ zᵢⱼ subject to Σⱼ zᵢⱼ = 1, Σᵢ dᵢ zᵢⱼ ≤ qⱼ xⱼ, Σⱼ xⱼ ≤ p, x binary, z binary
    or, where demand may be split, 0 ≤ z ≤ 1.

    Parameters
    ----------
    cost
        Demand × sites: minutes, metres or money (matrix, ``TravelTimes``, long table, ``Points``).
        A pair that is absent or infinite cannot be.
    p
        How many new sites at the most.
    demand
        What each demand takes of a site's capacity, such as visits per day; the weights if left
        out.
    capacity
        What each site can hold; one number if all are alike.
    split
        Whether one demand may be served by several sites.
    weights
        What each demand's cost counts in the objective, such as residents; 1 if left out. It does
        not touch capacity unless ``demand`` is left out. (In the instances of Osman and
        Christofides, and so here by default, the cost of a demand is its distance alone.)
    site_costs, budget
        Cost of each site and what the new ones may cost together; with or instead of ``p``.
    fixed, forbidden
        Ids of sites that are open already, and of those that must not be used.
    rules
        Quotas per group, pairs apart and together, minimum use (in the unit of ``demand``).
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
        Its objective is the weighted cost; ``shares`` says who serves what where demand is split,
        ``facilities`` the load and use of each site.

    Raises
    ------
    SitingError
        If an argument cannot be worked with, or neither ``p`` nor ``budget`` is given.

    References
    ----------
    Osman and Christofides (1994), "Capacitated clustering problems by hybrid simulated annealing
    and tabu search", International Transactions in Operational Research 1. Ceselli and Righini
    (2005), "A branch-and-price algorithm for the capacitated p-median problem", Networks 45.

    Examples
    --------
    >>> cost = [[0, 3], [1, 2], [2, 1]]
    >>> capacitated_p_median(cost, 2, demand=[4, 3, 3], capacity=6).assignment
    array([0, 1, 1])
    """
    from planner.siting.serving_solver import solve_service

    watch = Watch(time_limit_s, progress)
    problem = ServiceProblem.checked(
        cost,
        weights=weights,
        demand=demand,
        capacity=capacity,
        split=split,
        opening=False,
        site_costs=site_costs,
        budget=budget,
        p=p,
        limited=True,
        fixed=fixed,
        forbidden=forbidden,
        rules=rules,
    )
    return solve_service(problem, "CPMP", watch, gap, seed)
