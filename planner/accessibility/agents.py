"""Residents who move between places until travel and congestion are the same (for ``rational``)."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from planner.accessibility import kernel
from planner.accessibility.inputs import Pairs

_FIRST_STEP, _LEAST_STEP, _HALF_LIFE = 0.2, 0.005, 50
"""The authors' schedule: share of a demand that may move in a cycle, at first and at least, and
cycles until it is halved."""
_GENTLE = 20
"""In so many first cycles no place may be overrun."""
_TRIES = 8
_PAIRS_PER_THREAD = 1 << 17


@dataclass(eq=False)
class Agents:
    """Who uses which pair, and what that does to the places.

    Attributes
    ----------
    indptr, indices, travel
        Pairs demand × supply in compressed sparse rows, with travel in units of τ.
    supply
        Residents at which the congestion of a place is 1; 0 for places without a pair.
    demand
        Residents of each row.
    used, users, count
        From ``indptr`` on, the pairs that each row uses and by how many residents; how many pairs.
    load, congestion
        Residents who use each place, and that over its supply.
    cheapest, dearest, movers, gaps
        Of each row, when last looked at: the pair that costs least, the pair in use that costs
        most, the residents who go from this to that, and the difference of cost.
    """

    indptr: np.ndarray
    indices: np.ndarray
    travel: np.ndarray
    supply: np.ndarray
    demand: np.ndarray
    used: np.ndarray = field(init=False)
    users: np.ndarray = field(init=False)
    count: np.ndarray = field(init=False)
    load: np.ndarray = field(init=False)
    congestion: np.ndarray = field(init=False)
    cheapest: np.ndarray = field(init=False)
    dearest: np.ndarray = field(init=False)
    movers: np.ndarray = field(init=False)
    gaps: np.ndarray = field(init=False)

    @classmethod
    def of(cls, pairs: Pairs, supply: np.ndarray, demand: np.ndarray, tau: float) -> Agents:
        """Return residents who all use the nearest place; pairs without supply are left out."""
        indptr, indices = pairs.minutes.indptr.astype(np.int64), pairs.minutes.indices
        minutes = pairs.minutes.data
        if not supply.all():
            offers = supply[indices] > 0
            indptr = np.concatenate([[0], np.cumsum(offers, dtype=np.int64)])[indptr]
            indices, minutes = indices[offers], minutes[offers]
        travel = np.divide(minutes, tau, dtype=float)
        # Unsigned, so that the compiled loops need not ask whether to count from the end.
        places = indices.astype(np.uint32)
        return cls(indptr, places, travel, supply, demand)

    def __post_init__(self) -> None:
        pairs, rows = len(self.indices), len(self.demand)
        self.used, self.users = np.zeros(pairs, np.int64), np.zeros(pairs)
        self.count, self.cheapest, self.dearest = (np.zeros(rows, np.int64) for _ in range(3))
        self.movers, self.gaps = np.zeros(rows), np.zeros(rows)
        kernel.to_nearest(self.indptr, self.travel, self.demand, *self._use)
        lived = np.flatnonzero(self.count)
        nearest = self.indices[self.used[self.indptr[lived]]]
        self.load = np.bincount(nearest, self.demand[lived], len(self.supply))
        self._congest()

    @property
    def _use(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.used, self.users, self.count

    @property
    def _moves(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.cheapest, self.dearest, self.movers

    def publish(self, most: int) -> tuple[int, float, bool]:
        """Move whole residents of all demand at once, as the authors do.

        Returns
        -------
        tuple
            Cycles made, residents moved in the last, and whether none is left who would move.
        """
        made, done = 0, False
        with ThreadPoolExecutor(self._chunks) as pool:
            while made < most:
                self._congest()
                self._look(max(_FIRST_STEP * 0.5 ** (made / _HALF_LIFE), _LEAST_STEP), pool)
                if not self.movers.any():
                    done = True
                    break
                if made < _GENTLE:
                    self._spare()
                kernel.move_loads(self.indices, *self._moves, self.load)
                made += 1
        moved = float(self.movers.sum())
        kernel.settle(self.indptr, *self._use, *self._moves)
        return made, moved, done

    def equilibrate(self, most: int, tolerance: float) -> tuple[int, float, bool]:
        """Move one demand after the other, in fractions, until no cost differs by a tolerance.

        Returns
        -------
        tuple
            Sweeps made, residents that the last one moved to other places, and whether costs came
            to rest.
        """
        pairs = (self.indptr, self.indices, self.travel, self.supply)
        done, number, moved = False, 0, 0.0
        while not done and number < most:
            number += 1
            before = self.load.copy()
            loads = (self.load, self.congestion)
            largest = kernel.sweep(*pairs, *self._use, *loads, tolerance / 2, _TRIES)
            moved = float(np.maximum(self.load - before, 0).sum())
            done = bool(largest <= tolerance)
        self._congest()
        return number, moved, done

    def costs(self) -> np.ndarray:
        """Return the average cost of each demand, or of a resident who would come to live there.

        Congestion is that which the last cycle began with, as in the authors' program.
        """
        pairs = (self.indptr, self.indices, self.travel)
        total = kernel.costs_in_use(*pairs, *self._use, self.congestion)
        self._look(0.0)
        found = np.full(len(self.demand), np.nan)
        reach = np.flatnonzero(self.cheapest >= 0)
        best = self.cheapest[reach]
        found[reach] = self.congestion[self.indices[best]] + self.travel[best]
        lived = (self.cheapest >= 0) & (self.demand > 0)
        found[lived] = total[lived] / self.demand[lived]
        return found

    def largest_gap(self) -> float:
        """Return the largest difference of cost between a pair in use and a cheaper one, now."""
        self._congest()
        self._look(0.0)
        return float(self.gaps.max(initial=0.0))

    def _congest(self) -> None:
        """Work out what the loads do to the places."""
        used = self.supply > 0
        self.congestion = np.divide(self.load, self.supply, out=np.zeros(len(used)), where=used)

    @property
    def _chunks(self) -> int:
        return max(1, min(os.cpu_count() or 1, len(self.indices) // _PAIRS_PER_THREAD))

    def _look(self, step: float, pool: ThreadPoolExecutor | None = None) -> None:
        """Find the cheapest and the dearest pair of each row, and who moves.

        Each row is looked at alone, so that the answer does not depend on the threads.
        """
        chunks = 1 if pool is None else self._chunks
        cuts = np.searchsorted(self.indptr, np.linspace(0, len(self.indices), chunks + 1))
        cuts[0], cuts[-1] = 0, len(self.demand)
        pairs = (self.indptr, self.indices, self.travel, self.supply, self.demand)
        loads = (self.load, self.congestion)

        def rows(start: int, stop: int) -> None:
            kernel.look(start, stop, *pairs, *self._use, *loads, step, *self._moves, self.gaps)

        if pool is None or chunks == 1:
            rows(0, len(self.demand))
        else:
            list(pool.map(rows, cuts[:-1].tolist(), cuts[1:].tolist()))

    def _spare(self) -> None:
        """Let fewer move, so that no place gains more than would congest it by 1."""
        rows = np.flatnonzero(self.movers)
        places = self.indices[self.cheapest[rows]]
        gained = np.bincount(places, self.movers[rows], len(self.supply))[places]
        share = np.maximum(gained / self.supply[places], 1)
        self.movers[rows] = np.round(self.movers[rows] / share)
