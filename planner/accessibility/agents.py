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
    assigned
        Residents who use each pair.
    first_used, next_used
        Chains of the pairs that each row has ever used.
    load, congestion
        Residents who use each place, and that over its supply.
    cheapest, dearest
        Pair of each row that costs least, and pair in use that costs most, when last looked at.
    """

    indptr: np.ndarray
    indices: np.ndarray
    travel: np.ndarray
    supply: np.ndarray
    demand: np.ndarray
    assigned: np.ndarray = field(init=False)
    first_used: np.ndarray = field(init=False)
    next_used: np.ndarray = field(init=False)
    load: np.ndarray = field(init=False)
    congestion: np.ndarray = field(init=False)
    cheapest: np.ndarray = field(init=False)
    dearest: np.ndarray = field(init=False)

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
        return cls(indptr, indices.astype(np.int32, copy=False), travel, supply, demand)

    def __post_init__(self) -> None:
        pairs, rows = len(self.indices), len(self.demand)
        self.assigned = np.zeros(pairs)
        self.next_used = np.full(pairs, kernel.UNUSED, np.int64)
        self.first_used, self.cheapest, self.dearest = (np.full(rows, -1) for _ in range(3))
        kernel.to_nearest(self.indptr, self.travel, self.demand, self.assigned, *self._chains)
        self.load = np.bincount(self.indices, self.assigned, len(self.supply))
        self._congest()

    @property
    def _chains(self) -> tuple[np.ndarray, np.ndarray]:
        return self.first_used, self.next_used

    @property
    def _ends(self) -> tuple[np.ndarray, np.ndarray]:
        return self.cheapest, self.dearest

    def publish(self, most: int) -> tuple[int, float, bool]:
        """Move whole residents of all demand at once, as the authors do.

        Returns
        -------
        tuple
            Cycles made, residents moved in the last, and whether none is left who would move.
        """
        movers = np.zeros(len(self.demand))
        for cycle in range(most):
            self._congest()
            self._look()
            step = max(_FIRST_STEP * 0.5 ** (cycle / _HALF_LIFE), _LEAST_STEP)
            state = (self.supply, self.demand, self.assigned, self.load)
            kernel.wishes(self.indices, self.travel, *state, *self._ends, step, movers)
            if not movers.any():
                return cycle, 0.0, True
            if cycle < _GENTLE:
                self._spare(movers)
            kernel.move(self.indices, self.assigned, *self._chains, self.load, *self._ends, movers)
        return most, float(movers.sum()), False

    def equilibrate(self, most: int, tolerance: float) -> tuple[int, float, bool]:
        """Move one demand after the other, in fractions, until no cost differs by a tolerance.

        Returns
        -------
        tuple
            Sweeps made, residents that the last one moved to other places, and whether costs came
            to rest.
        """
        pairs = (self.indptr, self.indices, self.travel, self.supply, self.assigned)
        done, number, moved = False, 0, 0.0
        while not done and number < most:
            number += 1
            before = self.load.copy()
            largest = kernel.sweep(*pairs, *self._chains, self.load, tolerance / 2, _TRIES)
            moved = float(np.maximum(self.load - before, 0).sum())
            done = bool(largest <= tolerance)
        self._congest()
        return number, moved, done

    def costs(self) -> np.ndarray:
        """Return the average cost of each demand, or of a resident who would come to live there.

        Congestion is that which the last cycle began with, as in the authors' program.
        """
        pairs = (self.indices, self.travel, self.assigned)
        total = kernel.costs_in_use(*pairs, *self._chains, self.congestion)
        self._look()
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
        self._look()
        active = np.flatnonzero(self.dearest >= 0)
        dear, cheap = (
            self.congestion[self.indices[ends[active]]] + self.travel[ends[active]]
            for ends in (self.dearest, self.cheapest)
        )
        return float((dear - cheap).max(initial=0.0))

    def _congest(self) -> None:
        """Work out what the loads do to the places."""
        used = self.supply > 0
        self.congestion = np.divide(self.load, self.supply, out=np.zeros(len(used)), where=used)

    def _look(self) -> None:
        """Find the cheapest and the dearest pair of each row.

        Each row is looked at alone, so that the answer does not depend on the threads.
        """
        chunks = max(1, min(os.cpu_count() or 1, len(self.indices) // _PAIRS_PER_THREAD))
        cuts = np.searchsorted(self.indptr, np.linspace(0, len(self.indices), chunks + 1))
        cuts[0], cuts[-1] = 0, len(self.demand)
        pairs = (self.indptr, self.indices, self.travel, self.assigned)

        def rows(start: int, stop: int) -> None:
            kernel.look(start, stop, *pairs, *self._chains, self.congestion, *self._ends)

        if chunks == 1:
            rows(0, len(self.demand))
            return
        with ThreadPoolExecutor(chunks) as pool:
            list(pool.map(rows, cuts[:-1].tolist(), cuts[1:].tolist()))

    def _spare(self, movers: np.ndarray) -> None:
        """Let fewer move, so that no place gains more than would congest it by 1."""
        rows = np.flatnonzero(movers)
        places = self.indices[self.cheapest[rows]]
        gained = np.bincount(places, movers[rows], len(self.supply))[places] / self.supply[places]
        movers[rows] = np.round(movers[rows] / np.maximum(gained, 1))
