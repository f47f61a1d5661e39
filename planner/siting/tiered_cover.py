"""Covering at every tier by facilities whose functions are nested: where to build or raise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, vstack

from planner.errors import SitingError
from planner.siting.inputs import Amount, amounts
from planner.siting.request import checked_search
from planner.siting.result import CLOSE_ENOUGH, TIME_UP, Status
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
    ids, sites = matrices[0].demand_ids, matrices[0].site_ids
    choice = TierChoice.checked(
        sites,
        tiers,
        p=p,
        site_costs=site_costs,
        budget=budget,
        fixed=fixed,
        highest=highest,
        forbidden=forbidden,
    )
    weight = amounts("weights", weights, ids)
    counted = _counted(tier_weights, tiers, every_tier)
    model = _Model(choice, reaches, weight, counted, every_tier, ids)
    return model.answer(watch, gap, seed)


class _Model:
    """Which demand counts where which sites offer which tier."""

    def __init__(
        self,
        choice: TierChoice,
        reaches: list[csr_array],
        weights: np.ndarray,
        counted: np.ndarray,
        every_tier: bool,
        demand_ids: pd.Index,
    ) -> None:
        self.choice, self.reaches, self.demand_ids = choice, reaches, demand_ids
        self.flows, self.every_tier = weights[:, None] * counted, every_tier

    def covered(self, levels: np.ndarray) -> np.ndarray:
        """Return which demand is covered at which tier, shape (demands, K)."""
        each = [
            (reach @ (levels >= k).astype(float)) > 0
            for k, reach in enumerate(self.reaches, start=1)
        ]
        return np.stack(each, axis=1)

    def value(self, levels: np.ndarray) -> float:
        """Return the weight that counts."""
        covered = self.covered(levels)
        if self.every_tier:
            return float(self.flows[covered.all(axis=1), 0].sum())
        return float((self.flows * covered).sum())

    def answer(self, watch: Watch, gap: float, seed: int) -> TieredResult:
        program, settled, units = self._program()
        start = self._greedy()
        taken = self.choice.taken(start)
        known = np.concatenate([taken, self._met(units, taken)]).astype(float)
        found = watch.solve(
            program,
            gap=gap,
            seed=seed,
            start=known,
            tell=lambda value, bound: watch.tell(settled - value, settled - bound),
        )
        assert found.x is not None  # the start is a solution
        levels = self.choice.levels(found.x[: len(taken)] > 0.5)
        value = self.value(levels)
        bound = min(settled - found.bound, settled - float(program.cost.sum()))
        exact = found.status == "optimal" and gap == 0
        proven = exact or bound - value <= _SAME * abs(value)
        return self._result(levels, value if proven else max(bound, value), proven, gap, watch)

    def _result(
        self, levels: np.ndarray, bound: float, proven: bool, gap: float, watch: Watch
    ) -> TieredResult:
        value = self.value(levels)
        status: Status = "optimal" if proven else "feasible"
        close = relative_gap(value, bound) <= gap
        watch.tell(value, bound)
        return TieredResult(
            model=_MODEL,
            status=status,
            levels=levels,
            now=self.choice.now,
            assigned=self._assigned(levels),
            legs=None,
            covered=self.covered(levels),
            flows=self.flows,
            objective=value,
            bound=bound,
            spent=float(self.choice.spent(levels).sum()),
            seconds=watch.seconds,
            message="" if proven else CLOSE_ENOUGH if close else TIME_UP,
            demand_ids=self.demand_ids,
            site_ids=self.choice.site_ids,
        )

    def _assigned(self, levels: np.ndarray) -> np.ndarray:
        """Return the first site that covers each demand at each tier, -1 where none does."""
        assigned = np.full(self.flows.shape, -1)
        for k, reach in enumerate(self.reaches):
            rows = np.repeat(np.arange(reach.shape[0]), np.diff(reach.indptr))
            there = levels[reach.indices] > k
            first, at = np.unique(rows[there], return_index=True)
            assigned[first, k] = reach.indices[there][at]
        return assigned

    def _greedy(self) -> np.ndarray:
        """Return tiers taken one by one, most weight first, as far as the limits let them."""
        choice, levels = self.choice, self.choice.now.copy()
        while True:
            gains = self._gains(levels)
            best, at = 0.0, (-1, 0)
            for site, tier in zip(*np.nonzero(gains > 0), strict=True):
                if gains[site, tier] > best:
                    trial = levels.copy()
                    trial[site] = tier + 1
                    if choice.keeps(trial):
                        best, at = gains[site, tier], (int(site), int(tier) + 1)
            if at[0] < 0:
                return levels
            levels[at[0]] = at[1]

    def _gains(self, levels: np.ndarray) -> np.ndarray:
        """Return the weight that raising each site to each tier covers, tier by tier."""
        covered, gains = self.covered(levels), np.zeros(self.choice.costs.shape)
        for k, reach in enumerate(self.reaches):
            one = (self.flows[:, k] * ~covered[:, k]) @ csr_array(reach, dtype=float)
            gains[:, k:] += np.where(levels <= k, one, 0.0)[:, None]
        return gains

    def _program(self) -> tuple[Program, float, csr_array]:
        """Return the program over steps, then distinct units; the weight that counts anyway.

        A unit is a demand at a tier, or a demand that all tiers must cover; its rows are the tiers
        that do not cover it today. ``units`` is (unit, tier) rows × steps.
        """
        count, tiers = len(self.choice.steps[0]), self.choice.tiers
        now = self.covered(self.choice.now)
        wide = [self._steps_of(k) for k in range(1, tiers + 1)]
        if self.every_tier:
            weight, open_rows = self.flows[:, 0], ~now
            settled = float(weight[~open_rows.any(axis=1)].sum())
            units = [
                (float(weight[i]), tuple(wide[k][i] for k in np.flatnonzero(open_rows[i])))
                for i in np.flatnonzero(open_rows.any(axis=1) & (weight > 0))
            ]
        else:
            settled = float((self.flows * now).sum())
            units = [
                (float(self.flows[i, k]), (wide[k][i],))
                for k in range(tiers)
                for i in np.flatnonzero(~now[:, k] & (self.flows[:, k] > 0))
            ]
        merged: dict[tuple[tuple[int, ...], ...], float] = {}
        for weight_of, needs in units:
            if all(needs):
                merged[needs] = merged.get(needs, 0.0) + weight_of
        rows = [(unit, need) for unit, needs in enumerate(merged) for need in needs]
        lengths = [len(need) for _, need in rows]
        steps = np.array([step for _, need in rows for step in need], np.int64)
        covers = _ones(np.repeat(np.arange(len(rows)), lengths), steps, (len(rows), count))
        own = np.array([unit for unit, _ in rows], np.int64)
        size = count + len(merged)
        link = _ones(np.arange(len(rows)), count + own, (len(rows), size)) - _wide(covers, size)
        limits, upper = self.choice.rows()
        program = Program(
            cost=np.concatenate([np.zeros(count), -np.array(list(merged.values()))]),
            rows=csr_array(vstack([link, _wide(limits, size)])),
            row_lower=np.full(len(rows) + len(upper), -np.inf),
            row_upper=np.concatenate([np.zeros(len(rows)), upper]),
            lower=np.zeros(size),
            upper=np.ones(size),
            integral=np.arange(size) < count,
        )
        self._owner = own
        return program, settled, covers

    def _steps_of(self, tier: int) -> list[tuple[int, ...]]:
        """Return for each demand the steps that would cover it at a tier."""
        reach, of = self.reaches[tier - 1], self.choice.step_of[:, tier]
        return [
            tuple(step for step in of[reach.indices[a:b]].tolist() if step >= 0)
            for a, b in zip(reach.indptr[:-1], reach.indptr[1:], strict=True)
        ]

    def _met(self, units: csr_array, taken: np.ndarray) -> np.ndarray:
        met = np.ones(self._owner.max(initial=-1) + 1, bool)
        np.logical_and.at(met, self._owner, (units @ taken.astype(float)) > 0)
        return met


def _tiers_of(reach: Any) -> int:
    if isinstance(reach, np.ndarray):
        return len(reach) if reach.ndim == 3 else 1
    listed = isinstance(reach, (list, tuple)) and np.ndim(reach[0] if reach else 0) != 1
    return len(reach) if listed else 1


def _radii(radius: Sequence[float] | float | None, tiers: int) -> list[float | None]:
    given = [radius] * tiers if radius is None or np.ndim(radius) == 0 else list(radius)  # type: ignore[arg-type]
    if len(given) != tiers:
        raise SitingError(f"radius holds {len(given)} numbers; give one for each of {tiers} tiers")
    for far in given:
        if far is not None and not far >= 0:  # type: ignore[operator]
            raise SitingError(f"radius is {far}; give minutes or metres, 0 or more")
    return given  # type: ignore[return-value]


def _counted(given: Sequence[float] | None, tiers: int, every_tier: bool) -> np.ndarray:
    if given is None:
        return np.ones(tiers)
    if every_tier:
        raise SitingError("tier_weights make no sense with every_tier; leave them out")
    return amounts("tier_weights", given, pd.RangeIndex(1, tiers + 1))


def _ones(row: np.ndarray, column: np.ndarray, shape: tuple[int, int]) -> csr_array:
    return coo_array((np.ones(len(row)), (row, column)), shape=shape).tocsr()


def _wide(matrix: csr_array, columns: int) -> csr_array:
    return csr_array((matrix.data, matrix.indices, matrix.indptr), (matrix.shape[0], columns))
