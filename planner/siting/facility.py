"""Fixed-charge facility location: the sites with which opening and service cost least."""

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
def facility_location(
    cost: Any,
    site_costs: Amount,
    *,
    demand: Amount | None = None,
    capacity: Amount | None = None,
    split: bool = True,
    weights: Amount | None = None,
    p: int | None = None,
    budget: float | None = None,
    fixed: Sequence[Any] | np.ndarray = (),
    forbidden: Sequence[Any] | np.ndarray = (),
    rules: Rules | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> SitingResult:
    """Open sites so that opening them and serving all demand costs least (UFLP, CFLP).

    minimise Σⱼ fⱼ xⱼ + Σᵢⱼ wᵢ cᵢⱼ zᵢⱼ subject to Σⱼ zᵢⱼ = 1, zᵢⱼ ≤ xⱼ, Σᵢ dᵢ zᵢⱼ ≤ qⱼ xⱼ, x binary.

    Parameters
    ----------
    cost
        Demand × sites, in the unit of ``site_costs`` per unit of weight (matrix, ``TravelTimes``,
        long table, ``Points``). A pair that is absent or infinite cannot be. Where the costs are
        those of serving a demand whole, as in OR-Library, leave the weights out.
    site_costs
        Cost of opening each site; one number if all are alike.
    demand
        What each demand takes of a site's capacity; the weights if left out.
    capacity
        What each site can hold; one number if all are alike; no limit if left out.
    split
        Whether one demand may be served by several sites, where capacity is limited.
    weights
        What each demand's cost counts in the objective; 1 if left out.
    p, budget
        How many new sites at the most, and what they may cost together; no limit if left out.
    fixed, forbidden
        Ids of sites that are open already (they cost nothing), and of those that must not be used.
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
        Its objective is the cost of the new sites and of all service.

    Raises
    ------
    SitingError
        If an argument cannot be worked with.

    References
    ----------
    Erlenkotter (1978), "A dual-based procedure for uncapacitated facility location", Operations
    Research 26. Geoffrion and McBride (1978), "Lagrangean relaxation applied to capacitated
    facility location problems", AIIE Transactions 10.

    Examples
    --------
    >>> facility_location([[0, 4], [4, 0]], site_costs=3).sites
    array([0, 1])
    >>> facility_location([[0, 4], [4, 0]], site_costs=5).objective
    9.0
    """
    from planner.siting.serving_solver import solve_service

    watch = Watch(time_limit_s, progress)
    problem = ServiceProblem.checked(
        cost,
        weights=weights,
        demand=demand,
        capacity=capacity,
        split=split,
        opening=True,
        site_costs=site_costs,
        budget=budget,
        p=p,
        fixed=fixed,
        forbidden=forbidden,
        rules=rules,
    )
    model = "UFLP" if capacity is None else "CFLP"
    return solve_service(problem, model, watch, gap, seed)
