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
from scipy.sparse import block_diag, csr_array, eye_array, hstack, kron, vstack

from planner.errors import SitingError
from planner.siting import presolve_kernels as kernels
from planner.siting.choice import as_number
from planner.siting.inputs import Amount, amounts
from planner.siting.presolve import Cover
from planner.siting.problem import CoverProblem
from planner.siting.request import checked_search
from planner.siting.result import TIME_UP, Status
from planner.siting.watch import Progress, Watch, relative_gap
from planner.solver import Program

_SAME = 1e-11


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
        The same where each year is decided by itself, to proven optimality of that year.
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
    return _Schedules.of(problem, yearly, p is not None, means, carry).answer(
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


def _skipped(plan: np.ndarray, year: int) -> np.ndarray:
    """Return a schedule where what is built in a year is built in the next."""
    late = plan.copy()
    late[year] = plan[year - 1] if year else False
    return late


@dataclass(frozen=True, eq=False)
class _Schedules:
    """The schedules that may be chosen, over the free sites and the distinct rows.

    ``prices`` and ``means`` have a row per limit (number, money); ``weights`` is rows × years.
    """

    problem: CoverProblem
    cover: Cover
    weights: np.ndarray
    settled: np.ndarray
    prices: np.ndarray
    means: np.ndarray
    carry: bool

    @classmethod
    def of(
        cls,
        problem: CoverProblem,
        yearly: np.ndarray,
        numbered: bool,
        means: np.ndarray,
        carry: bool,
    ) -> _Schedules:
        cover, group = _without_dominated(*problem.open_rows(), priced=len(means) > numbered)
        left = group >= 0
        rows = [np.bincount(group[left], year[left], minlength=cover.shape[0]) for year in yearly.T]
        ones = np.ones(len(cover.sites))
        both = [*([ones] if numbered else []), *([cover.costs] if len(means) > numbered else [])]
        settled = yearly[group == kernels.COVERED].sum(axis=0)
        return cls(problem, cover, np.array(rows).T, settled, np.array(both), means, carry)

    @property
    def years(self) -> int:
        return self.means.shape[1]

    def answer(self, *, gap: float, seed: int, delays: bool) -> PhasedResult:
        watch = self.problem.watch
        greedy = self.greedy(seed)
        best, bound, proven = self.best(greedy, gap=gap, seed=seed)
        value = self.value(best)
        losses = flags = None
        if delays:
            late = [
                self._late(year).best(_skipped(best, year), gap=gap, seed=seed)
                for year in range(self.years)
            ]
            losses = np.array([value - self.value(plan) for plan, _, _ in late])
            flags = np.array([proven and sure for _, _, sure in late])
        opened = np.diff(best, axis=0, prepend=False)
        return PhasedResult(
            status="optimal" if proven else "feasible",
            built=self._ids(best),
            covered=self.covered(best),
            objective=value,
            bound=value if proven else max(bound, value),
            greedy_built=self._ids(greedy),
            greedy_covered=self.covered(greedy),
            greedy_objective=self.value(greedy),
            spent=opened @ self.cover.costs,
            seconds=watch.seconds,
            message="" if proven else TIME_UP,
            delay_losses=losses,
            delay_proven=flags,
        )

    def covered(self, plan: np.ndarray) -> np.ndarray:
        """Return the weight covered in each year of a schedule (years × free sites, bool)."""
        reached = (self.cover.matrix() @ plan.T.astype(float)) > 0
        return self.settled + (self.weights * reached).sum(axis=0)

    def value(self, plan: np.ndarray) -> float:
        return float(self.covered(plan).sum())

    def greedy(self, seed: int) -> np.ndarray:
        """Return the schedule that decides each year by itself."""
        plan = np.zeros((self.years, len(self.cover.sites)), bool)
        opened = plan[0].copy()
        for year in range(self.years):
            program = self._program(slice(year, year + 1), opened)
            known = np.concatenate([opened, (self.cover.matrix() @ opened.astype(float)) > 0])
            found = self.problem.watch.solve(program, seed=seed, start=known.astype(float))
            assert found.x is not None  # the start is a solution
            opened = found.x[: len(opened)] > 0.5
            plan[year] = opened
        return plan

    def best(self, plan: np.ndarray, *, gap: float, seed: int) -> tuple[np.ndarray, float, bool]:
        """Return the best schedule, a bound, and whether it is proven; from one to begin with."""
        reached = (self.cover.matrix() @ plan.T.astype(float)) > 0
        known = np.concatenate([plan.ravel(), reached.T.ravel()]).astype(float)
        watch, settled = self.problem.watch, float(self.settled.sum())
        program = self._program(slice(0, self.years), np.zeros(plan.shape[1], bool))
        found = watch.solve(
            program,
            gap=gap,
            seed=seed,
            start=known,
            tell=lambda value, bound: watch.tell(settled - value, settled - bound),
        )
        assert found.x is not None  # the start is a solution
        best = found.x[: plan.size].reshape(plan.shape) > 0.5
        bound = min(settled - found.bound, float(self.settled.sum() + self.weights.sum()))
        value = self.value(best)
        exact = found.status == "optimal" and gap == 0
        return best, bound, exact or abs(bound - value) <= _SAME * abs(value)

    def _late(self, year: int) -> _Schedules:
        """Return the same where the means of a year come a year late."""
        means = self.means.copy()
        if year + 1 < self.years:
            means[:, year + 1] += means[:, year]
        means[:, year] = 0
        return replace(self, means=means)

    def _ids(self, plan: np.ndarray) -> tuple[np.ndarray, ...]:
        ids, opened = self.problem.choice.site_ids, np.diff(plan, axis=0, prepend=False)
        return tuple(np.asarray(ids[self.cover.sites[year]]) for year in opened)

    def _program(self, some: slice, opened: np.ndarray) -> Program:
        """Return the program of some years after which sites are open already.

        Variables: x of each year, then y of each year.
        """
        demands, sites = self.cover.shape
        count = len(range(*some.indices(self.years)))
        size, rows = count * sites, count * demands
        reached = block_diag([-self.cover.matrix()] * count)
        step = eye_array(count) - eye_array(count, k=-1)
        # Of prices: sums up to each year where what is left is carried over, else each year's own.
        sums = eye_array(count) if self.carry else step
        nested = [kron(step, eye_array(sites)), *(kron(sums, [price]) for price in self.prices)]
        limit = np.cumsum(self.means, axis=1)[:, some] if self.carry else self.means[:, some].copy()
        if not self.carry:
            limit[:, 0] += self.prices @ opened
        held = np.concatenate([opened, np.zeros(size - sites)])
        return Program(
            cost=np.concatenate([np.zeros(size), -self.weights[:, some].T.ravel()]),
            rows=csr_array(
                vstack(
                    [
                        hstack([reached, eye_array(rows)]),
                        *(hstack([part, csr_array((part.shape[0], rows))]) for part in nested),
                    ]
                )
            ),
            row_lower=np.concatenate([np.full(rows, -np.inf), held, np.full(limit.size, -np.inf)]),
            row_upper=np.concatenate(
                [np.zeros(rows), np.full(size, np.inf), limit.ravel() * (1 + 1e-12)]
            ),
            lower=np.zeros(size + rows),
            upper=np.ones(size + rows),
            integral=np.arange(size + rows) < size,
        )
