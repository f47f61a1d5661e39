"""Covering with a least share of every group: no town below 80 %, rural at least as urban."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from planner.errors import SitingError
from planner.siting.choice import Rules, as_number
from planner.siting.cover_model import CoverModel, Limit, Linear
from planner.siting.inputs import Amount, positions
from planner.siting.problem import CoverProblem
from planner.siting.request import remembered
from planner.siting.result import SitingResult
from planner.siting.watch import Progress, Watch


@dataclass(frozen=True)
class Share:
    """A least covered share of a group of demand.

    Attributes
    ----------
    demand
        Ids of the group's demand, such as that of a town.
    at_least
        Share of the group's weight that must be covered, 0 to 1.
    at_least_as
        Ids of another group, whose covered share this group's must not fall below.
    name
        What to call the group when it stands in the way.
    """

    demand: Sequence[Any] | np.ndarray
    at_least: float = 0.0
    at_least_as: Sequence[Any] | np.ndarray | None = None
    name: str = ""


@remembered
def fair_coverage(
    reach: Any,
    p: int | None = None,
    *,
    shares: Sequence[Share] = (),
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
    """Cover the most weight with p new sites or a budget and a least share of each group.

    The MCLP with Σ_{i ∈ G} wᵢ yᵢ ≥ s · Σ_{i ∈ G} wᵢ for every group G with a least share s, and
    Σ_{i ∈ G} wᵢ yᵢ / W_G ≥ Σ_{i ∈ H} wᵢ yᵢ / W_H where G must be covered at least as H is; there
    yᵢ ≥ xⱼ for every j that reaches i, so that nobody within reach counts as left out.

    Parameters
    ----------
    shares
        What must be covered of which group. A group without weight asks for nothing.
    reach, p, weights, site_costs, budget, fixed, forbidden, rules, radius
        See ``max_coverage``.
    time_limit_s, gap, seed, progress
        See ``max_coverage``.

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
    Science Association 32 (mandatory closeness constraints). Marsh and Schilling (1994), "Equity
    measurement in facility location analysis", European Journal of Operational Research 74.

    Examples
    --------
    >>> reach = [[1, 0], [1, 0], [0, 1]]
    >>> fair_coverage(reach, p=1, shares=[Share([2], at_least=0.5)]).sites
    array([1])
    """
    watch = Watch(time_limit_s, progress)
    problem = CoverProblem.checked(
        reach, radius, watch=watch, weights=weights, site_costs=site_costs, fixed=fixed,
        forbidden=forbidden, p=p, limited=True, budget=budget, rules=rules,
    )  # fmt: skip
    model = CoverModel.of(problem)
    goal = model.covered(problem.weights) * -1.0
    return _answer("fair MCLP", model, goal, shares, gap=gap, seed=seed)


@remembered
def fair_cover(
    reach: Any,
    *,
    shares: Sequence[Share] = (),
    weights: Amount | None = None,
    site_costs: Amount | None = None,
    fixed: Sequence[Any] | np.ndarray = (),
    forbidden: Sequence[Any] | np.ndarray = (),
    rules: Rules | None = None,
    radius: float | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> SitingResult:
    """Cover a least share of each group at the least cost.

    The PSCLP of Daskin and Owen (1999) with a share for each group in place of one for all; see
    ``fair_coverage`` for the constraints. A share of the whole is that of a group of all demand.

    Parameters
    ----------
    shares
        What must be covered of which group.
    reach, weights, site_costs, fixed, forbidden, rules, radius
        See ``partial_cover``.
    time_limit_s, gap, seed, progress
        See ``partial_cover``.

    Returns
    -------
    SitingResult
        Its objective is the cost of the new sites.

    Raises
    ------
    SitingError
        If an argument cannot be worked with.

    Examples
    --------
    >>> reach = [[1, 0], [1, 0], [0, 1]]
    >>> fair_cover(reach, shares=[Share([0, 1], 0.5), Share([2], 0.5)]).objective
    2.0
    """
    watch = Watch(time_limit_s, progress)
    problem = CoverProblem.checked(
        reach, radius, watch=watch, weights=weights, site_costs=site_costs, fixed=fixed,
        forbidden=forbidden, rules=rules,
    )  # fmt: skip
    model = CoverModel.of(problem)
    return _answer("fair PSCLP", model, model.cost(), shares, gap=gap, seed=seed)


def share_limits(model: CoverModel, shares: Sequence[Share]) -> list[Limit]:
    """Return the limits that least shares of groups make.

    Raises
    ------
    SitingError
        If a share is none, or a group names demand that is not there.
    """
    limits = []
    for number, share in enumerate(shares):
        name = share.name or f"share {number}"
        if not 0 <= as_number(share.at_least) <= 1:
            raise SitingError(f"{name} is {share.at_least!r}; give a number from 0 to 1")
        own = covered_share(model, name, share.demand)
        if own is None:
            continue
        if share.at_least > 0:
            limits.append(Limit(own, lower=share.at_least, name=name))
        other = None
        if share.at_least_as is not None:
            other = covered_share(model, name, share.at_least_as)
        if other is not None:
            limits.append(Limit(own - other, lower=0.0, name=name))
    return limits


def covered_share(model: CoverModel, name: str, demand: Any) -> Linear | None:
    """Return the covered share of a group of demand (ids); None where it has no weight."""
    problem = model.problem
    inside = np.zeros(len(problem.weights), bool)
    inside[positions(problem.demand_ids, name, demand)] = True
    weights = np.where(inside, problem.weights, 0.0)
    total = weights.sum()
    return model.covered(weights) * (1 / total) if total > 0 else None


def _answer(
    name: str, model: CoverModel, goal: Linear, shares: Sequence[Share], *, gap: float, seed: int
) -> SitingResult:
    limits, problem = share_limits(model, shares), model.problem
    found = model.least(goal, limits, gap=gap, seed=seed)
    if found is None:
        return problem.infeasible(name, _why(model, limits))
    sign = -1.0 if goal.rows.any() or goal.constant else 1.0
    value = goal.constant + float(goal.coefficients @ model.point(found.new))
    return problem.result(name, found.new, sign * found.bound, objective=sign * value)


def _why(model: CoverModel, limits: Sequence[Limit]) -> str:
    """Return which share cannot be reached even with all sites, or that they do not go together."""
    every = model.problem.free
    for limit in limits:
        best = model.value(limit.of, every)
        if not limit.shirks and best < limit.lower - 1e-9:
            return (
                f"{limit.name}: at most {best:.4%} can be covered, {limit.lower:.4%} is asked for"
            )
    names = ", ".join(limit.name for limit in limits[:5])
    return f"no set of sites keeps the shares ({names}), number, budget and rules together"
