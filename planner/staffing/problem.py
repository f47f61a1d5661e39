"""Who could visit whom, and the linear programs of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from planner.errors import ArgumentError
from planner.siting.inputs import ArrayLike, Matrix, amounts
from planner.solver import Program

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Rules:
    """What holds for every visit; see ``outreach``."""

    hours_per_day: float
    visit_hours: float
    hours_per_community: float
    workers_per_community: int

    def __post_init__(self) -> None:
        """Check the figures."""
        for name in ("hours_per_day", "visit_hours"):
            if not getattr(self, name) > 0:
                raise ArgumentError(f"{name} is {getattr(self, name)}; give more than 0")
        if not self.hours_per_community >= 0:
            text = f"hours_per_community is {self.hours_per_community}; give 0 or more"
            raise ArgumentError(text)
        if self.workers_per_community < 1:
            text = f"workers_per_community is {self.workers_per_community}; give 1 or more"
            raise ArgumentError(text)


@dataclass(frozen=True, eq=False)
class OutreachProblem:
    """Communities, workers, and the links between them that can be.

    Attributes
    ----------
    community, worker
        Positions of each link's ends, shape (links,); by community, then worker.
    trip
        Hours there and back, shape (links,).
    need, met
        Hours needed and met already, by community.
    hours, days
        Hours and days that each worker can give.
    rules
        What holds for every visit.
    community_ids, worker_ids
        Ids.
    """

    community: np.ndarray
    worker: np.ndarray
    trip: np.ndarray
    need: np.ndarray
    met: np.ndarray
    hours: np.ndarray
    days: np.ndarray
    rules: Rules
    community_ids: pd.Index
    worker_ids: pd.Index

    @classmethod
    def read(
        cls,
        travel: Any,
        hours: ArrayLike,
        days: ArrayLike,
        need: ArrayLike,
        met: ArrayLike | None,
        rules: Rules,
    ) -> OutreachProblem:
        """Return the problem that a caller's arguments state.

        Raises
        ------
        SitingError, ArgumentError
            If an argument has the wrong length, lacks an id, or is negative; if more is met than
            is needed.
        """
        matrix = Matrix.read(travel, "travel")
        values = matrix.values
        if isinstance(values, np.ndarray):
            community, worker = np.nonzero(np.isfinite(values))
            minutes = values[community, worker].astype(float)
        else:
            community = np.repeat(np.arange(values.shape[0]), np.diff(values.indptr))
            worker, minutes = values.indices.astype(np.int64), values.data.astype(float)
        if not (np.isfinite(minutes) & (minutes >= 0)).all():
            raise ArgumentError("travel holds negative minutes; give 0 or more")
        needed = amounts("need", need, matrix.demand_ids)
        before = amounts("met", met, matrix.demand_ids, default=0.0)
        over = before > needed + _ROUNDING
        if over.any():
            at = matrix.demand_ids[int(np.flatnonzero(over)[0])]
            raise ArgumentError(f"met[{at}] is more than the need; give at most the need")
        whole = cls(
            community,
            worker,
            minutes / 30,
            needed,
            np.minimum(before, needed),
            amounts("hours", hours, matrix.site_ids),
            np.floor(amounts("days", days, matrix.site_ids) + _ROUNDING),
            rules,
            matrix.demand_ids,
            matrix.site_ids,
        )
        return whole.of(whole._possible())

    def of(self, links: np.ndarray) -> OutreachProblem:
        """Return the problem with some of the links: their positions, or a mask."""
        return OutreachProblem(
            self.community[links],
            self.worker[links],
            self.trip[links],
            self.need,
            self.met,
            self.hours,
            self.days,
            self.rules,
            self.community_ids,
            self.worker_ids,
        )

    @property
    def unmet(self) -> np.ndarray:
        """Hours that each community lacks."""
        return self.need - self.met

    @property
    def reached(self) -> np.ndarray:
        """Which communities lack something and can be visited."""
        return np.bincount(self.community, minlength=len(self.need)) > 0

    @property
    def day(self) -> np.ndarray:
        """Hours of service that a visiting day of each link can hold."""
        return self.rules.hours_per_day - self.trip

    @property
    def shortest(self) -> np.ndarray:
        """Least hours of a visit of each link: less where less is lacking."""
        return np.minimum(self.rules.visit_hours, self.unmet[self.community])

    @property
    def least(self) -> np.ndarray:
        """Least hours that a link gives if it is used at all."""
        amount = max(self.rules.hours_per_community, self.rules.visit_hours)
        return np.minimum(amount, self.unmet[self.community])

    @property
    def most_days(self) -> np.ndarray:
        """Most visiting days of each link: no more than the need takes at the shortest visits."""
        by_need = np.floor(self.unmet[self.community] / self.shortest + _ROUNDING)
        by_hours = np.floor(self.hours[self.worker] / (self.trip + self.shortest) + _ROUNDING)
        return np.minimum(np.minimum(by_need, by_hours), self.days[self.worker])

    @property
    def most(self) -> np.ndarray:
        """Most hours of each link."""
        room = np.minimum(self.hours / self.rules.hours_per_day, self.days)[self.worker]
        return np.minimum(self.unmet[self.community], self.day * room)

    def _possible(self) -> np.ndarray:
        """Return which links can be used: a visit fits in a day and the least in the hours."""
        lacking = self.unmet[self.community] > _ROUNDING
        fits = self.day + _ROUNDING >= np.where(lacking, self.shortest, 0)
        usable = np.maximum(self.day, _ROUNDING)
        trips = np.ceil(self.least / usable - _ROUNDING)
        cost = self.least + self.trip * trips
        enough = (cost <= self.hours[self.worker] + _ROUNDING) & (trips <= self.days[self.worker])
        return lacking & fits & enough

    def program(self, *, total: bool, least_share: float = 0.0) -> Program:
        """Return the mixed-integer program: most of the least share, or most hours in total.

        Variables: the least share z, then hours s, days d (whole) and use y (0 or 1) of each
        link. Rows: s ≤ day · d; s ≥ shortest · d; d ≤ most_days · y; s ≥ least · y;
        Σ s + trip · d ≤ hours and Σ d ≤ days of a worker; Σ y ≤ workers_per_community;
        Σ s ≤ unmet; Σ s − need · z ≥ −met where a community can be visited; and, to tighten its
        relaxation, Σ d ≥ ⌈(need · least_share − met) / longest day⌉.
        """
        n = len(self.trip)
        s, d, y = (1 + n * part + np.arange(n) for part in range(3))
        blocks = _Rows(1 + 3 * n)
        link = np.arange(n)
        blocks.add(n, (link, s, 1.0), (link, d, -self.day), upper=0.0)
        blocks.add(n, (link, s, 1.0), (link, d, -self.shortest), lower=0.0)
        blocks.add(n, (link, d, 1.0), (link, y, -self.most_days), upper=0.0)
        blocks.add(n, (link, s, 1.0), (link, y, -self.least), lower=0.0)
        workers, communities = len(self.hours), len(self.need)
        blocks.add(workers, (self.worker, s, 1.0), (self.worker, d, self.trip), upper=self.hours)
        blocks.add(workers, (self.worker, d, 1.0), upper=self.days)
        most = float(self.rules.workers_per_community)
        blocks.add(communities, (self.community, y, 1.0), upper=most)
        self._community_rows(blocks, s)
        blocks.add(communities, (self.community, d, 1.0), lower=self._fewest_days(least_share))
        upper = np.concatenate([[1.0], self.most, self.most_days, np.ones(n)])
        lower = np.zeros(1 + 3 * n)
        lower[0] = least_share
        cost = np.zeros(1 + 3 * n)
        cost[1 : 1 + n] = -1.0 if total else 0.0
        cost[0] = 0.0 if total else -1.0
        whole = np.concatenate([np.zeros(1 + n, bool), np.ones(2 * n, bool)])
        return blocks.program(cost, lower, upper, whole)

    def _fewest_days(self, least_share: float) -> np.ndarray:
        """Return the visiting days without which a community cannot have the least share."""
        longest = np.zeros(len(self.need))
        np.maximum.at(longest, self.community, self.day)
        wanted = np.where(self.reached, self.need * least_share - self.met, 0.0)
        days = np.divide(wanted, longest, out=np.zeros(len(wanted)), where=longest > 0)
        return np.maximum(np.ceil(days - 1e-6), 0.0)

    def relaxation(self, *, total: bool, least_share: float = 0.0) -> Program:
        """Return the linear relaxation with days and use written as hours: z and s alone.

        A link's s hours take at least s · hours_per_day / day of the worker's (days could be
        fractions) and s / most of the community's number of workers.

        Parameters
        ----------
        total, least_share
            As ``program`` takes them.
        """
        n = len(self.trip)
        s = 1 + np.arange(n)
        blocks = _Rows(1 + n)
        room = np.minimum(self.hours / self.rules.hours_per_day, self.days)
        blocks.add(len(self.hours), (self.worker, s, 1 / self.day), upper=room)
        most = float(self.rules.workers_per_community)
        blocks.add(len(self.need), (self.community, s, 1 / self.most), upper=most)
        self._community_rows(blocks, s)
        upper = np.concatenate([[1.0], self.most])
        lower = np.zeros(1 + n)
        lower[0] = least_share
        cost = np.concatenate([[0.0 if total else -1.0], np.full(n, -1.0 if total else 0.0)])
        return blocks.program(cost, lower, upper, np.zeros(1 + n, bool))

    def hours_for(self, days: np.ndarray, *, total: bool, least_share: float = 0.0) -> Program:
        """Return the linear program of z and s where each link's days are given (1 or more)."""
        n = len(self.trip)
        s = 1 + np.arange(n)
        blocks = _Rows(1 + n)
        travel = np.bincount(self.worker, self.trip * days, minlength=len(self.hours))
        blocks.add(len(self.hours), (self.worker, s, 1.0), upper=self.hours - travel)
        self._community_rows(blocks, s)
        lower = np.concatenate([[least_share], np.maximum(self.shortest * days, self.least)])
        upper = np.concatenate([[1.0], np.minimum(self.day * days, self.unmet[self.community])])
        cost = np.concatenate([[0.0 if total else -1.0], np.full(n, -1.0 if total else 0.0)])
        return blocks.program(cost, lower, upper, np.zeros(1 + n, bool))

    def _community_rows(self, blocks: _Rows, s: np.ndarray) -> None:
        """Add what a community lacks as the most, and the least share as the least."""
        everyone = len(self.need)
        blocks.add(everyone, (self.community, s, 1.0), upper=self.unmet)
        reached = np.flatnonzero(self.reached)
        row = np.full(everyone, -1)
        row[reached] = np.arange(len(reached))
        z = np.zeros(len(reached), np.int64)
        share = (np.arange(len(reached)), z, -self.need[reached])
        blocks.add(len(reached), (row[self.community], s, 1.0), share, lower=-self.met[reached])


class _Rows:
    """Rows of a linear program, put together block by block."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.count = 0
        self.parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.bounds: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, count: int, *terms: Any, lower: Any = -np.inf, upper: Any = np.inf) -> None:
        """Add rows: terms (row, column, coefficient) and bounds."""
        for row, column, coefficient in terms:
            values = np.broadcast_to(np.asarray(coefficient, float), len(row))
            self.parts.append((np.asarray(row) + self.count, column, values))
        self.bounds.append((np.broadcast_to(lower, count), np.broadcast_to(upper, count)))
        self.count += count

    def program(
        self, cost: np.ndarray, lower: np.ndarray, upper: np.ndarray, integral: np.ndarray
    ) -> Program:
        """Return the program of all rows."""
        row, column, value = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        rows = csr_array((value, (row, column)), shape=(self.count, self.columns))
        low, high = (np.concatenate(part) for part in zip(*self.bounds, strict=True))
        return Program(cost, rows, low.astype(float), high.astype(float), lower, upper, integral)
