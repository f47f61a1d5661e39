"""Covering in phases: what to build in which year, so that most is covered over the whole horizon.

A site stays once it is built. Choosing each year what is best for that year alone (greedy, also
called myopic) can spend early money on sites that stand in the way of better sets later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from planner.errors import SitingError
from planner.siting import presolve_kernels as kernels
from planner.siting.choice import as_number
from planner.siting.inputs import Amount, amounts
from planner.siting.presolve import Cover
from planner.siting.problem import CoverProblem
from planner.siting.request import checked_search
from planner.siting.result import TIME_UP, Status
from planner.siting.schedules import Best, Schedules, choose
from planner.siting.watch import Progress, Watch, relative_gap

_GREEDY_SHARE = 0.25  # of the time, where it is not enough for proof


@dataclass(frozen=True, eq=False)
class PhasedResult:
    """What to build in which year.

    Attributes
    ----------
    status
        ``optimal`` (proven) or ``feasible`` (the best found in the time given).
    built
        Ids of the sites built in each year, in the order of the sites given.
    covered
        Weight covered in each year, by fixed sites and all built up to then, shape (years,).
    objective, bound
        Weight covered summed over the years, and what no schedule can beat.
    greedy_built, greedy_covered, greedy_objective
        The same where each year is decided by itself, to proven optimality of that year where a
        quarter of the time given is enough for it.
    delay_losses
        Of each year: how much less the best schedule covers where the year's means come a year
        late (those of the last year: not at all), shape (years,); None where not asked for.
    delay_proven
        Whether each of these losses is proven.
    spent
        Cost of what is built in each year (number of sites where no costs are given).
    seconds
        How long it took.
    message
        Why it is unproven; empty if optimal.
    """

    status: Status
    built: tuple[np.ndarray, ...]
    covered: np.ndarray
    objective: float
    bound: float
    greedy_built: tuple[np.ndarray, ...]
    greedy_covered: np.ndarray
    greedy_objective: float
    spent: np.ndarray
    seconds: float
    message: str = ""
    delay_losses: np.ndarray | None = field(default=None)
    delay_proven: np.ndarray | None = field(default=None)

    @property
    def gap(self) -> float:
        """How far the schedule may be from the best: |objective - bound| / |objective|."""
        return relative_gap(self.objective, self.bound)

    @property
    def table(self) -> pd.DataFrame:
        """A row per year: sites built, their cost, weight covered, the same of the greedy one."""
        frame = pd.DataFrame(
            {
                "year": np.arange(1, len(self.built) + 1),
                "built": [tuple(sites.tolist()) for sites in self.built],
                "spent": self.spent,
                "covered": self.covered,
                "greedy_built": [tuple(sites.tolist()) for sites in self.greedy_built],
                "greedy_covered": self.greedy_covered,
            }
        )
        if self.delay_losses is not None:
            frame["delay_loss"], frame["delay_proven"] = self.delay_losses, self.delay_proven
        return frame


def phased_coverage(
    reach: Any,
    *,
    p: Sequence[int] | None = None,
    budgets: Sequence[float] | None = None,
    weights: Amount | np.ndarray | None = None,
    site_costs: Amount | None = None,
    fixed: Sequence[Any] | np.ndarray = (),
    forbidden: Sequence[Any] | np.ndarray = (),
    radius: float | None = None,
    carry: bool = True,
    delays: bool = False,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> PhasedResult:
    """Cover the most weight summed over all years with yearly numbers or budgets (phased MCLP).

    maximise Σₜ Σᵢ wᵢₜ yᵢₜ subject to yᵢₜ ≤ Σⱼ aᵢⱼ xⱼₜ, xⱼₜ ≥ xⱼ,ₜ₋₁ and, with what is left carried
    over, Σⱼ cⱼ xⱼₜ ≤ b₁ + … + bₜ for every year t (else Σⱼ cⱼ (xⱼₜ - xⱼ,ₜ₋₁) ≤ bₜ), x binary.

    Parameters
    ----------
    reach
        Demand × sites, sparse or dense bool; or minutes (matrix, ``TravelTimes``, long table), or
        ``Points`` in metres, with a radius.
    p
        How many sites may be built in each year; with or instead of ``budgets``.
    budgets
        What may be spent in each year.
    weights
        Weight of each demand, such as residents, the same in all years; or demand × years; 1 if
        left out.
    site_costs
        Cost of each site; 1 if left out.
    fixed, forbidden
        Ids of sites that are open already, and of those that must not be used.
    radius
        Where ``reach`` holds minutes or metres: sites up to here cover.
    carry
        Whether what is left over in one year may be spent later.
    delays
        Whether to work out what a year's delay costs, one more program for each year.
    time_limit_s
        Seconds after which the best schedule so far is returned with its gap.
    gap
        Relative gap at which a schedule is good enough.
    seed
        Seed of the solver's choices.
    progress
        Told objective and bound whenever they improve.

    Raises
    ------
    SitingError
        If an argument cannot be worked with; the text says which, and the remedy.

    Notes
    -----
    The greedy schedule is the start of the search, so that no phased schedule covers less.

    References
    ----------
    Church and ReVelle (1974), "The maximal covering location problem", Papers of the Regional
    Science Association 32. Schilling (1980), "Dynamic location modeling for public-sector
    facilities: a multicriteria approach", Decision Sciences 11.

    Examples
    --------
    The site that covers most at once (2) stands in the way of the pair that covers all:

    >>> reach = [[1, 0, 0], [1, 0, 1], [0, 1, 1], [0, 1, 0]]
    >>> found = phased_coverage(reach, p=[1, 1], weights=[2, 3, 3, 2.5])
    >>> [sites.tolist() for sites in found.built], found.objective, found.greedy_objective
    ([[1], [0]], 16.0, 14.5)
    """
    checked_search({"time_limit_s": time_limit_s, "gap": gap, "seed": seed})
    watch = Watch(time_limit_s, progress)
    means = _means(p, budgets)
    years = means.shape[1]
    given: Any = weights
    yearly = np.asarray(given, float) if np.ndim(given) == 2 else None
    problem = CoverProblem.checked(
        reach,
        radius,
        watch=watch,
        weights=None if yearly is not None else weights,
        site_costs=site_costs,
        fixed=fixed,
        forbidden=forbidden,
    )
    if yearly is None:
        yearly = np.repeat(problem.weights[:, None], years, axis=1)
    if yearly.shape != (len(problem.weights), years):
        raise SitingError(
            f"weights has shape {yearly.shape}; give demand × years, {len(problem.weights)} × "
            f"{years}, or a vector for all years"
        )
    for year in range(years):
        amounts(f"weights of year {year + 1}", yearly[:, year], problem.demand_ids)
    return _Phases.of(problem, yearly, p is not None, means, carry).answer(
        gap=gap, seed=seed, delays=delays
    )


def _means(p: Sequence[int] | None, budgets: Sequence[float] | None) -> np.ndarray:
    """Return what may be built in each year: a row for numbers, a row for money.

    Raises
    ------
    SitingError
        If neither is given, they are not of one length, or one is not a number of 0 or more.
    """
    given = {"p": p, "budgets": budgets}
    rows = {name: list(values) for name, values in given.items() if values is not None}
    if not rows:
        raise SitingError("neither p nor budgets is given; say what may be built in each year")
    lengths = {len(values) for values in rows.values()}
    if len(lengths) > 1 or 0 in lengths:
        raise SitingError("p and budgets must name the same years, at least one")
    for name, values in rows.items():
        for year, value in enumerate(values, start=1):
            number = as_number(value)
            if not 0 <= number < np.inf or (name == "p" and number != int(number)):
                kind = "a whole number" if name == "p" else "a number"
                raise SitingError(f"{name} of year {year} is {value!r}; give {kind} of 0 or more")
    return np.array([[float(value) for value in values] for values in rows.values()])


def _without_dominated(
    cover: Cover, group: np.ndarray, *, priced: bool
) -> tuple[Cover, np.ndarray]:
    """Leave out sites that reach no more than another that costs no more, and merge rows anew.

    In any schedule the other can stand in for such a site: earlier if it is built already.
    """
    ptr, rows = cover.by_site()
    costs = cover.costs if priced else np.zeros(len(cover.costs))
    gone = kernels.dominated(ptr, rows, cover.row_ptr, cover.row_sites, costs, drop_larger=False)
    smaller, again = cover.without(gone, np.zeros(len(gone), bool))
    moved = group.copy()
    moved[group >= 0] = again[group[group >= 0]]
    return smaller, moved


def _skipped(opened: np.ndarray, year: int) -> np.ndarray:
    """Return a schedule where what opens in a year opens in the next."""
    return np.where(opened == year, year + 1, opened)


@dataclass(frozen=True, eq=False)
class _Phases:
    """A problem in years: what may be chosen, and what is covered whatever is chosen."""

    problem: CoverProblem
    schedules: Schedules
    settled: np.ndarray

    @classmethod
    def of(
        cls,
        problem: CoverProblem,
        yearly: np.ndarray,
        numbered: bool,
        means: np.ndarray,
        carry: bool,
    ) -> _Phases:
        cover, group = _without_dominated(*problem.open_rows(), priced=len(means) > numbered)
        left = group >= 0
        rows = [np.bincount(group[left], year[left], minlength=cover.shape[0]) for year in yearly.T]
        ones = np.ones(len(cover.sites))
        both = [*([ones] if numbered else []), *([cover.costs] if len(means) > numbered else [])]
        settled = yearly[group == kernels.COVERED].sum(axis=0)
        return cls(
            problem, Schedules(cover, np.array(rows).T, np.array(both), means, carry), settled
        )

    def answer(self, *, gap: float, seed: int, delays: bool) -> PhasedResult:
        one, watch = self.schedules, self.problem.watch
        years = one.years
        greedy = self.greedy(seed)
        best = self.best(one, greedy, gap=gap, seed=seed)
        losses = flags = None
        if delays:
            late = [
                self.best(self._late(year), _skipped(best.opened, year), gap=gap, seed=seed)
                for year in range(years)
            ]
            losses = np.array([best.value - other.value for other in late])
            flags = np.array([best.proven and other.proven for other in late])
        covered, settled = self.settled + one.covered(best.opened), float(self.settled.sum())
        spent = [one.cover.costs[best.opened == year].sum() for year in range(years)]
        greedy_covered = self.settled + one.covered(greedy)
        value = float(covered.sum())
        return PhasedResult(
            status="optimal" if best.proven else "feasible",
            built=self._ids(best.opened),
            covered=covered,
            objective=value,
            bound=value if best.proven else max(settled + best.bound, value),
            greedy_built=self._ids(greedy),
            greedy_covered=greedy_covered,
            greedy_objective=float(greedy_covered.sum()),
            spent=np.array(spent),
            seconds=watch.seconds,
            message="" if best.proven else TIME_UP,
            delay_losses=losses,
            delay_proven=flags,
        )

    def greedy(self, seed: int) -> np.ndarray:
        """Return the schedule that decides each year by itself."""
        watch = self.problem.watch
        limit = Watch(_GREEDY_SHARE * watch.left, parent=watch)
        opened = self.schedules.nothing
        for year in range(self.schedules.years):
            closed = np.flatnonzero(opened == self.schedules.years)
            step = self.schedules.next_year(year, opened < year)
            part = Watch(limit.left / (self.schedules.years - year), parent=limit)
            found = choose(step, part, seed=seed)
            opened[closed[found.opened == 0]] = year
        return opened

    def best(self, one: Schedules, known: np.ndarray, *, gap: float, seed: int) -> Best:
        """Return the best schedule, from one to begin with."""
        watch, settled = self.problem.watch, float(self.settled.sum())
        return choose(
            one,
            watch,
            known=[known],
            gap=gap,
            seed=seed,
            tell=lambda value, bound: watch.tell(settled + value, settled + bound),
        )

    def _late(self, year: int) -> Schedules:
        """Return the same where the means of a year come a year late."""
        means = self.schedules.means.copy()
        if year + 1 < self.schedules.years:
            means[:, year + 1] += means[:, year]
        means[:, year] = 0
        return replace(self.schedules, means=means)

    def _ids(self, opened: np.ndarray) -> tuple[np.ndarray, ...]:
        ids, sites = self.problem.choice.site_ids, self.schedules.cover.sites
        years = range(self.schedules.years)
        return tuple(np.asarray(ids[sites[opened == year]]) for year in years)
