"""Covering models: LSCP, MCLP and PSCLP, solved to proven optimality.

A demand is covered when at least one open site reaches it (``reach[demand, site]``); exactly at
the radius counts as reached. Sites in ``fixed`` are open already: they cover, cost nothing and do
not count towards ``p``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from planner.errors import SitingError
from planner.siting import capacitated_cover, cover_program, lscp
from planner.siting.choice import Rules
from planner.siting.inputs import Amount, some
from planner.siting.presolve_kernels import COVERED
from planner.siting.problem import CoverProblem
from planner.siting.request import remembered
from planner.siting.result import SitingResult
from planner.siting.watch import Progress, Watch


@remembered
def set_cover(
    reach: Any,
    *,
    weights: Amount | None = None,
    capacity: Amount | None = None,
    split: bool = True,
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
    """Cover every demand at the least cost (location set covering problem, LSCP).

    minimise Σⱼ cⱼ xⱼ subject to Σⱼ aᵢⱼ xⱼ ≥ 1 for every demand i, x binary. With ``capacity``
    demand is assigned: Σⱼ aᵢⱼ zᵢⱼ = 1, Σᵢ wᵢ zᵢⱼ ≤ Cⱼ xⱼ, zᵢⱼ ≤ xⱼ, z binary where demand is whole.

    Parameters
    ----------
    reach
        Demand × sites, sparse or dense bool; or minutes (matrix, ``TravelTimes``, long table), or
        ``Points`` in metres, with a radius.
    weights
        Weight of each demand, such as residents; 1 if left out. Counts where there is ``capacity``.
    capacity
        Weight that each site can serve; None for no limit.
    split
        Whether a demand may be shared out among several sites; with ``capacity``.
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
    Operations Research 19. Current and Storbeck (1988), "Capacitated covering models",
    Environment and Planning B 15.

    Examples
    --------
    >>> set_cover([[1, 1, 0], [0, 1, 0], [0, 0, 1]]).sites
    array([1, 2])
    """
    watch = Watch(time_limit_s, progress)
    problem = CoverProblem.checked(
        reach,
        radius,
        watch=watch,
        weights=weights,
        assigns=capacity is not None,
        site_costs=site_costs,
        fixed=fixed,
        forbidden=forbidden,
        rules=rules,
    )
    alone = problem.out_of_reach()
    if len(alone):
        message = f"no site that may be used reaches demand {some(problem.demand_ids[alone])}"
        return problem.infeasible("LSCP", message)
    if capacity is not None:
        return capacitated_cover.set_cover(problem, capacity, split=split, gap=gap, seed=seed)
    cover, _ = problem.open_rows()
    if problem.choice.only_number:
        new, bound = lscp.cheapest(cover, watch, gap=gap, seed=seed, tell=watch.tell)
        return problem.result("LSCP", new, bound)
    return cover_program.set_cover(problem, cover, gap=gap, seed=seed)


@remembered
def max_coverage(
    reach: Any,
    p: int | None = None,
    *,
    weights: Amount | None = None,
    capacity: Amount | None = None,
    split: bool = True,
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
    """Cover the most weight with p new sites or a budget (maximal covering location, MCLP).

    maximise Σᵢ wᵢ yᵢ subject to yᵢ ≤ Σⱼ aᵢⱼ xⱼ, Σⱼ xⱼ ≤ p, Σⱼ cⱼ xⱼ ≤ budget, x binary. With
    ``capacity`` demand is assigned: yᵢ = Σⱼ aᵢⱼ zᵢⱼ, Σᵢ wᵢ zᵢⱼ ≤ Cⱼ xⱼ, zᵢⱼ ≤ xⱼ, z binary where
    demand is whole.

    Parameters
    ----------
    reach
        Demand × sites, sparse or dense bool; or minutes (matrix, ``TravelTimes``, long table), or
        ``Points`` in metres, with a radius.
    p
        How many new sites at the most.
    weights
        Weight of each demand, such as residents; 1 if left out.
    capacity
        Weight that each site can serve; None for no limit.
    split
        Whether a demand may be shared out among several sites; with ``capacity``.
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
    Science Association 32. Pirkul and Schilling (1991), "The maximal covering location problem with
    capacities on total workload", Management Science 37.

    Examples
    --------
    >>> max_coverage([[1, 0], [1, 0], [0, 1]], p=1, weights=[1, 1, 5]).sites
    array([1])
    """
    watch = Watch(time_limit_s, progress)
    problem = CoverProblem.checked(
        reach,
        radius,
        watch=watch,
        weights=weights,
        assigns=capacity is not None,
        site_costs=site_costs,
        fixed=fixed,
        forbidden=forbidden,
        p=p,
        limited=True,
        budget=budget,
        rules=rules,
    )
    if capacity is not None:
        return capacitated_cover.max_coverage(problem, capacity, split=split, gap=gap, seed=seed)
    return cover_program.max_coverage(problem, gap=gap, seed=seed)


def coverage_curve(
    reach: Any,
    steps: Sequence[int],
    *,
    radius: float | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    **options: Any,
) -> Iterator[SitingResult]:
    """Yield what ``max_coverage`` answers for ascending numbers of new sites, reusing the work.

    What is given is read and made small once, and each search begins with the sites and the shares
    of the bound that the last one ended with. For ``curve``.

    Parameters
    ----------
    reach, radius, time_limit_s, gap, seed, progress
        See ``max_coverage``; the time limit is that of each number.
    steps
        The numbers, ascending.
    **options
        Further arguments of ``max_coverage`` but capacity, budget and rules.
    """
    first = Watch(time_limit_s, progress)
    wrong = next((p for p in steps if p < 0 or p != int(p)), 0)  # to be refused
    problem = CoverProblem.checked(reach, radius, watch=first, p=wrong, limited=True, **options)

    def watches() -> Iterator[tuple[int, Watch]]:
        for number, p in enumerate(steps):
            yield int(p), Watch(time_limit_s, progress) if number else first

    yield from cover_program.coverage_curve(problem, watches(), gap=gap, seed=seed)


@remembered
def partial_cover(
    reach: Any,
    share: float,
    *,
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
    """Cover a share of the weight at the least cost (partial set covering problem, PSCLP).

    minimise Σⱼ cⱼ xⱼ subject to yᵢ ≤ Σⱼ aᵢⱼ xⱼ, Σᵢ wᵢ yᵢ ≥ share · Σᵢ wᵢ, x binary.

    Parameters
    ----------
    reach
        Demand × sites, sparse or dense bool; or minutes (matrix, ``TravelTimes``, long table), or
        ``Points`` in metres, with a radius.
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
    if share is None or not 0 <= share <= 1:
        raise SitingError(f"share is {share}; give a number from 0 to 1")
    problem = CoverProblem.checked(
        reach,
        radius,
        watch=watch,
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
        who = some(problem.demand_ids[alone])
        message = f"at most {best:.4%} can be covered; no site reaches demand {who}"
        return problem.infeasible("PSCLP", message)
    cover, group = problem.open_rows()
    settled = problem.weights[group == COVERED].sum()
    needed = share * total * (1 - 1e-12) - settled
    return cover_program.partial_cover(problem, cover, needed, gap=gap, seed=seed)
