"""Covering at every tier by facilities whose functions are nested: where to build or raise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack, vstack

from planner.errors import SitingError
from planner.siting import presolve_kernels as kernels
from planner.siting.inputs import Amount, amounts
from planner.siting.presolve import merged
from planner.siting.request import checked_search
from planner.siting.result import CLOSE_ENOUGH, NOWHERE, TIME_UP, Status
from planner.siting.tiered_choice import TierChoice
from planner.siting.tiered_problem import read_tiers
from planner.siting.tiered_result import TieredResult
from planner.siting.watch import Progress, Watch, relative_gap
from planner.solver import Program

_MODEL = "tiered MCLP"
_SAME = 1e-9


def tiered_coverage(
    reach: Any,
    p: Sequence[int | None] | int | None = None,
    *,
    every_tier: bool = False,
    tier_weights: Sequence[float] | None = None,
    weights: Amount | None = None,
    radius: Sequence[float] | float | None = None,
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
    """Cover the most weight within each tier's reach, facilities nested (hierarchical MCLP).

    maximise Σₖ vₖ Σᵢ wᵢ zᵢₖ subject to zᵢₖ ≤ Σⱼ aᵢⱼₖ y_{jk}, y_{j,k+1} ≤ y_{jk}, at most pₖ sites
    raised to exactly tier k, y binary; with ``every_tier`` a demand counts once, and only where
    all tiers cover it.

    Parameters
    ----------
    reach
        Demand × sites for each tier, the lowest first: sparse or dense bool; or minutes (matrices,
        ``TravelTimes``, long tables) with a radius for each tier.
    every_tier
        Whether a demand counts only where it is covered at every tier.
    tier_weights
        What being covered at each tier counts; 1 if left out. Not with ``every_tier``.
    radius
        For each tier, or one for all: sites up to here cover.
    p, weights, site_costs, budget, fixed, highest, forbidden, time_limit_s, gap, seed, progress
        See ``tiered_median``.

    Raises
    ------
    SitingError
        If an argument cannot be worked with; the text says which, and the remedy.

    References
    ----------
    Moore and ReVelle (1982), "The hierarchical service location problem", Management Science 28.
    Church and ReVelle (1974), "The maximal covering location problem", Papers of the Regional
    Science Association 32.

    Examples
    --------
    A platform covers 10 km, a hall 4 km; the hall at 20 is raised, a new one stands at 0:

    >>> places = np.array([0.0, 5, 20, 28])
    >>> km = abs(places[:, None] - places)
    >>> found = tiered_coverage([km, km], [1, 1], radius=[4, 10], weights=[3, 2, 4, 1])
    >>> [sites.tolist() for sites in found.sites], found.objective
    ([[0], [2]], 12.0)
    """
    checked_search({"time_limit_s": time_limit_s, "gap": gap, "seed": seed})
    watch = Watch(time_limit_s, progress)
    tiers = _tiers_of(reach)
    matrices = read_tiers("reach", reach, tiers)
    reaches = [one.reach(far) for one, far in zip(matrices, _radii(radius, tiers), strict=True)]
    choice = TierChoice.checked(
        matrices[0].site_ids,
        tiers,
        p=p,
        site_costs=site_costs,
        budget=budget,
        fixed=fixed,
        highest=highest,
        forbidden=forbidden,
    )
    ids = matrices[0].demand_ids
    counted = _counted(tier_weights, tiers, every_tier)
    flows = amounts("weights", weights, ids)[:, None] * counted
    return _Coverage.of(choice, reaches, flows, every_tier, ids).answer(watch, gap, seed)


@dataclass(frozen=True, eq=False)
class _Coverage:
    """Which demand counts where which sites offer which tier.

    Rows are tier after tier all demands, items tier after tier all sites.
    """

    choice: TierChoice
    ptr: np.ndarray
    items: np.ndarray
    flows: np.ndarray
    every_tier: bool
    demand_ids: pd.Index

    @classmethod
    def of(
        cls,
        choice: TierChoice,
        reaches: list[csr_array],
        flows: np.ndarray,
        every_tier: bool,
        demand_ids: pd.Index,
    ) -> _Coverage:
        sites = len(choice.now)
        counts = np.concatenate([np.diff(reach.indptr) for reach in reaches])
        items = np.concatenate([reach.indices + k * sites for k, reach in enumerate(reaches)])
        ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(choice, ptr, items.astype(np.int32), flows, every_tier, demand_ids)

    def assigned(self, levels: np.ndarray) -> np.ndarray:
        """Return the first site that covers each demand at each tier, -1 where none does."""
        offered = (levels[:, None] >= np.arange(1, self.choice.tiers + 1)).T.ravel()
        first = kernels.first_cover(self.ptr, self.items, offered).reshape(self.choice.tiers, -1).T
        return np.where(first >= 0, first % max(len(levels), 1), NOWHERE)

    def value(self, assigned: np.ndarray) -> float:
        """Return the weight that counts."""
        covered = assigned != NOWHERE
        if self.every_tier:
            return float(self.flows[covered.all(axis=1), 0].sum())
        return float((self.flows * covered).sum())

    def answer(self, watch: Watch, gap: float, seed: int) -> TieredResult:
        program, steps, start = self.program(self.choice.taken(self.greedy()))
        settled = self.value(self.assigned(self.choice.now))
        found = watch.solve(
            program,
            gap=gap,
            seed=seed,
            start=start,
            tell=lambda value, bound: watch.tell(settled - value, settled - bound),
        )
        assert found.x is not None  # the start is a solution
        taken = np.zeros(len(steps), bool)
        taken[steps] = found.x[: len(steps)] > 0.5
        levels = self.choice.levels(taken)
        assigned = self.assigned(levels)
        value = self.value(assigned)
        bound = settled + min(-found.bound, -float(program.cost.sum()))
        proven = (found.status == "optimal" and gap == 0) or bound - value <= _SAME * abs(value)
        bound = value if proven else max(bound, value)
        status: Status = "optimal" if proven else "feasible"
        close = relative_gap(value, bound) <= gap
        watch.tell(value, bound)
        return TieredResult(
            model=_MODEL,
            status=status,
            levels=levels,
            now=self.choice.now,
            assigned=assigned,
            legs=None,
            flows=self.flows,
            objective=value,
            bound=bound,
            spent=float(self.choice.spent(levels).sum()),
            seconds=watch.seconds,
            message="" if proven else CLOSE_ENOUGH if close else TIME_UP,
            demand_ids=self.demand_ids,
            site_ids=self.choice.site_ids,
        )

    def greedy(self) -> np.ndarray:
        """Return tiers raised one by one, most weight first, as far as the limits let them."""
        choice, levels = self.choice, self.choice.now.copy()
        tiers = np.arange(1, choice.tiers + 1)
        shape = len(self.ptr) - 1, choice.costs.size
        reach = csr_array((np.ones(len(self.items)), self.items, self.ptr), shape=shape)
        while True:
            left = np.where(self.assigned(levels) == NOWHERE, self.flows, 0.0).T.ravel()
            gains = np.cumsum((reach.T @ left).reshape(choice.tiers, -1), axis=0).T
            gains[levels[:, None] >= tiers] = 0.0
            for at in np.argsort(-gains, axis=None, kind="stable").tolist():
                site, tier = divmod(at, choice.tiers)
                if not gains[site, tier] > 0:
                    return levels
                trial = levels.copy()
                trial[site] = tier + 1
                if choice.keeps(trial):
                    levels = trial
                    break
            else:
                return levels

    def program(self, taken: np.ndarray) -> tuple[Program, np.ndarray, np.ndarray]:
        """Return the program over steps, then what may come to count.

        Also which step each is, and the solution that some steps make.

        What counts is a distinct row, or the distinct rows of one demand together.
        """
        choice, sites = self.choice, len(self.choice.now)
        step = choice.step_of[:, 1:].T.ravel()
        role = np.where(step >= 0, kernels.FREE, kernels.FORBIDDEN).astype(np.int8)
        role[(choice.now[:, None] > np.arange(choice.tiers)).T.ravel()] = kernels.FIXED
        every = np.arange(sites * choice.tiers)
        weights = self.flows.T.ravel()
        cover, group = merged(self.ptr, self.items, weights, role, every, np.zeros(len(role)))
        needs, worth = np.arange(cover.shape[0])[:, None], cover.weights
        if self.every_tier:
            each = group.reshape(choice.tiers, -1).T
            may = (each != kernels.UNREACHED).all(axis=1) & (each >= 0).any(axis=1)
            needs, which = np.unique(each[may], axis=0, return_inverse=True)
            worth = np.bincount(which.ravel(), self.flows[may, 0], minlength=len(needs))
        unit, place = np.nonzero((needs >= 0) & (worth > 0)[:, None])
        link = csr_array(
            (np.ones(len(unit)), (np.arange(len(unit)), unit)), shape=(len(unit), len(needs))
        )
        steps = step[cover.sites]
        limits, upper = choice.rows()
        size = len(steps) + len(needs)
        rows = [
            hstack([-cover.matrix()[needs[unit, place]], link]),
            hstack([limits[:, steps], csr_array((len(upper), len(needs)))]),
        ]
        program = Program(
            cost=np.concatenate([np.zeros(len(steps)), -worth]),
            rows=csr_array(vstack(rows)),
            row_lower=np.full(len(unit) + len(upper), -np.inf),
            row_upper=np.concatenate([np.zeros(len(unit)), upper]),
            lower=np.zeros(size),
            upper=np.ones(size),
            integral=np.arange(size) < len(steps),
        )
        inside = taken[steps].astype(float)
        reached = np.append(cover.matrix() @ inside > 0, True)  # -1 stands for what is there
        return program, steps, np.concatenate([inside, reached[needs].all(axis=1)])


def _tiers_of(reach: Any) -> int:
    if isinstance(reach, np.ndarray):
        return len(reach) if reach.ndim == 3 else 1
    listed = isinstance(reach, (list, tuple)) and np.ndim(reach[0] if reach else 0) != 1
    return len(reach) if listed else 1


def _radii(radius: Sequence[float] | float | None, tiers: int) -> list[float | None]:
    one = radius is None or np.ndim(radius) == 0
    given: list[Any] = [radius] * tiers if one else np.ravel(np.asarray(radius, object)).tolist()
    if len(given) != tiers:
        raise SitingError(f"radius holds {len(given)} numbers; give one for each of {tiers} tiers")
    for far in given:
        if far is not None and not far >= 0:
            raise SitingError(f"radius is {far}; give minutes or metres, 0 or more")
    return given


def _counted(given: Sequence[float] | None, tiers: int, every_tier: bool) -> np.ndarray:
    if given is None:
        return np.ones(tiers)
    if every_tier:
        raise SitingError("tier_weights make no sense with every_tier; leave them out")
    return amounts("tier_weights", given, pd.RangeIndex(1, tiers + 1))
