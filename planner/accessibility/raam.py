"""The rational agent access model (RAAM): travel and congestion that residents bear.

Residents of a demand may use several places. They weigh the travel to a place, tᵢⱼ / τ, against its
congestion, loadⱼ / (ρ Sⱼ), and move from the dearest place they use to the cheapest they reach,
until no move pays.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from planner.accessibility import kernel
from planner.accessibility.inputs import Amounts, Pairs
from planner.errors import MeasureError

Method = Literal["published", "equilibrium"]
_FIRST_STEP, _LEAST_STEP, _HALF_LIFE, _GENTLE = 0.2, 0.005, 50, 20
"""The authors' schedule: share of a demand that may move in a cycle, at first and at least, cycles
until it is halved, and how many first cycles spare a place from being overrun."""
_TRIES = 8
_PAIRS_PER_THREAD = 1 << 18


@dataclass(frozen=True, eq=False)
class RationalAccess:
    """What rational residents bear, and how near to an equilibrium they are.

    Attributes
    ----------
    cost
        By demand id: travel in units of τ and congestion together, on average over the residents;
        lower is better. Where nobody lives, what a resident would bear; NaN where nothing can be
        reached.
    load
        Residents that use each place, by supply id.
    cycles
        How many cycles (or sweeps) were made.
    moved
        Residents that moved in the last one.
    largest_gap
        The largest difference, over all demand, between the dearest place in use and the cheapest
        within reach, in units of cost: 0 at equilibrium.
    converged
        Whether no move was left: published, no whole resident wants to move; equilibrium, every
        gap is within the tolerance.
    """

    cost: pd.Series
    load: pd.Series
    cycles: int
    moved: float
    largest_gap: float
    converged: bool


def raam(
    travel: Any,
    supply: Amounts,
    demand: Amounts,
    *,
    tau_minutes: float = 60.0,
    rho: float | None = None,
    method: Method = "published",
    cycles: int | None = None,
    tolerance: float = 1e-6,
) -> pd.Series:
    """Return the travel and congestion that residents bear (rational agent access model).

    Cᵢ = Σⱼ nᵢⱼ (tᵢⱼ / τ + Σₖ nₖⱼ / (ρ Sⱼ)) / Pᵢ, where nᵢⱼ residents of i use j; see
    ``rational_access``, which tells how near to an equilibrium they came.

    Parameters
    ----------
    travel
        Minutes demand × supply: ``TravelTimes``, a sparse matrix or a long table.
    supply
        Supply Sⱼ of each place, by supply id; places with 0 are not used.
    demand
        Residents Pᵢ, by demand id.
    tau_minutes
        τ: minutes of travel that weigh as much as average congestion.
    rho
        ρ: residents per unit of supply at which congestion is 1; Σ P / Σ S if left out.
    method
        ``"published"`` moves whole residents as the authors do: all demand at once, at most a share
        of each that falls from 20 % to 0.5 % in a cycle. Small demand stays where it is once the
        share is less than a resident. ``"equilibrium"`` moves one demand after the other, in
        fractions, to a stated tolerance.
    cycles
        Stop after so many; 150 for published (as the authors do), 10,000 for equilibrium.
    tolerance
        Equilibrium: stop when no demand met a larger difference of cost.

    Returns
    -------
    Series
        Cost by demand id, no unit, lower is better. Where nobody lives, what a resident would bear;
        NaN where nothing can be reached.

    Raises
    ------
    MeasureError
        If ids have no amount, amounts or minutes are negative or missing, nobody lives anywhere,
        supply is 0 everywhere, or a parameter is out of range.

    References
    ----------
    Saxon and Snow (2020), "A rational agent model for the spatial accessibility of primary health
    care", Annals of the American Association of Geographers 110.

    Examples
    --------
    >>> minutes = csr_array([[0, 30.0], [30.0, 0]])
    >>> raam(minutes, [1, 1], [300, 100], tau_minutes=60).round(3).tolist()
    [1.25, 0.75]
    """
    return rational_access(
        travel,
        supply,
        demand,
        tau_minutes=tau_minutes,
        rho=rho,
        method=method,
        cycles=cycles,
        tolerance=tolerance,
    ).cost


def rational_access(
    travel: Any,
    supply: Amounts,
    demand: Amounts,
    *,
    tau_minutes: float = 60.0,
    rho: float | None = None,
    method: Method = "published",
    cycles: int | None = None,
    tolerance: float = 1e-6,
) -> RationalAccess:
    """Return what rational residents bear, which places they use, and whether costs came to rest.

    The answer depends on nothing but its inputs: ties go to the supply that stands first.

    Parameters
    ----------
    travel, supply, demand, tau_minutes, rho, method, cycles, tolerance
        See ``raam``.

    Returns
    -------
    RationalAccess
        Cost by demand, load by supply, and how near to an equilibrium they are.

    Raises
    ------
    MeasureError
        As ``raam``.

    References
    ----------
    Saxon and Snow (2020), as in ``raam``; Beckmann, McGuire and Winsten (1956), "Studies in the
    economics of transportation", for the function that is least at equilibrium.

    Examples
    --------
    >>> found = rational_access(csr_array([[0, 30.0], [30.0, 0]]), [1, 1], [300, 100])
    >>> found.load.tolist(), found.converged
    ([250.0, 150.0], True)
    """
    if method not in get_args(Method):
        raise MeasureError(f'method is {method!r}; give "published" or "equilibrium"')
    most = cycles if cycles is not None else 150 if method == "published" else 10_000
    for name, value in (("tau_minutes", tau_minutes), ("cycles", most), ("tolerance", tolerance)):
        if not 0 < value < np.inf:
            raise MeasureError(f"{name} is {value}; give a number above 0")
    pairs = Pairs.read(travel)
    offered, residents = pairs.supply(supply), pairs.demand(demand)
    if not residents.any():
        raise MeasureError("demand is 0 everywhere; give residents")
    if not offered.any():
        raise MeasureError("supply is 0 everywhere; give the supply of the places that are open")
    ratio = residents.sum() / offered.sum() if rho is None else rho
    if not 0 < ratio < np.inf:
        raise MeasureError(f"rho is {rho}; give residents per unit of supply, above 0")
    agents = _Agents.of(pairs, ratio * offered, residents, tau_minutes)
    if method == "published":
        made, moved, done = agents.publish(most)
    else:
        made, moved, done = agents.equilibrate(most, tolerance)
    return RationalAccess(
        cost=pairs.by_demand(agents.costs(), "raam"),
        load=pd.Series(agents.load, index=pairs.supply_ids, name="load"),
        cycles=made,
        moved=moved,
        largest_gap=agents.largest_gap(),
        converged=done,
    )


@dataclass(eq=False)
class _Agents:
    """Residents on their way: who uses which pair, and what that does to the places."""

    indptr: np.ndarray
    indices: np.ndarray
    travel: np.ndarray
    supply: np.ndarray
    demand: np.ndarray
    assigned: np.ndarray = field(init=False)
    load: np.ndarray = field(init=False)
    congestion: np.ndarray = field(init=False)
    cheapest: np.ndarray = field(init=False)
    dearest: np.ndarray = field(init=False)

    @classmethod
    def of(cls, pairs: Pairs, supply: np.ndarray, demand: np.ndarray, tau: float) -> _Agents:
        """Return residents who all use the nearest place; pairs without supply are left out."""
        minutes = pairs.minutes
        indptr, indices = minutes.indptr.astype(np.int64), minutes.indices
        data = minutes.data
        if not supply.all():
            offers = supply[indices] > 0
            indptr = np.concatenate([[0], np.cumsum(offers, dtype=np.int64)])[indptr]
            indices, data = indices[offers], data[offers]
        travel = np.divide(data, tau, dtype=float)
        return cls(indptr, indices.astype(np.int32, copy=False), travel, supply, demand)

    def __post_init__(self) -> None:
        rows = len(self.demand)
        self.assigned = np.zeros(len(self.indices))
        self.cheapest, self.dearest = np.full(rows, -1, np.int64), np.full(rows, -1, np.int64)
        kernel.nearest(self.indptr, self.travel, self.demand, self.assigned)
        self.load = np.bincount(self.indices, self.assigned, len(self.supply))
        self.congest()

    def congest(self) -> None:
        """Work out what the loads do to the places."""
        used = self.supply > 0
        self.congestion = np.divide(self.load, self.supply, out=np.zeros(len(used)), where=used)

    def look(self) -> np.ndarray:
        """Find where each demand would go and what it would leave; return the gaps of cost."""
        chunks = max(1, min(os.cpu_count() or 1, len(self.indices) // _PAIRS_PER_THREAD))
        cuts = np.searchsorted(self.indptr, np.linspace(0, len(self.indices), chunks + 1))
        cuts[0], cuts[-1] = 0, len(self.demand)
        arrays = (self.indptr, self.indices, self.travel, self.assigned, self.congestion)
        ends = (self.cheapest, self.dearest)
        if chunks == 1:
            kernel.extremes(0, len(self.demand), *arrays, *ends)
        else:
            with ThreadPoolExecutor(chunks) as pool:
                # Each row is looked at alone, so that the answer does not depend on the threads.
                list(pool.map(lambda a, b: kernel.extremes(a, b, *arrays, *ends), cuts, cuts[1:]))
        gaps = np.zeros(len(self.demand))
        active = np.flatnonzero(self.dearest >= 0)
        costs = [
            self.congestion[self.indices[pair]] + self.travel[pair]
            for pair in (self.dearest[active], self.cheapest[active])
        ]
        gaps[active] = costs[0] - costs[1]
        return gaps

    def publish(self, most: int) -> tuple[int, float, bool]:
        """Move as the authors do; return cycles made, residents moved in the last, and if done."""
        moved = 0.0
        for cycle in range(most):
            self.congest()
            movers = self.wishes(self.look(), cycle)
            if not movers.any():
                return cycle, 0.0, True
            if cycle < _GENTLE:
                movers = self.spared(movers)
            kernel.move(
                self.indices, self.assigned, self.load, self.cheapest, self.dearest, movers
            )
            moved = float(movers.sum())
        return most, moved, False

    def wishes(self, gaps: np.ndarray, cycle: int) -> np.ndarray:
        """Return how many whole residents of each demand would move."""
        movers = np.zeros(len(gaps))
        rows = np.flatnonzero(gaps > 0)
        there, here = (self.indices[ends[rows]] for ends in (self.cheapest, self.dearest))
        near, far = self.supply[there], self.supply[here]
        # So many make the two costs the same.
        level = near * far / (near + far) * gaps[rows]
        step = max(_FIRST_STEP * 0.5 ** (cycle / _HALF_LIFE), _LEAST_STEP)
        level = np.minimum(level, self.assigned[self.dearest[rows]])
        movers[rows] = np.trunc(np.minimum(level, step * self.demand[rows]))
        return movers

    def spared(self, movers: np.ndarray) -> np.ndarray:
        """Return fewer movers, so that no place gains more than would congest it by 1."""
        rows = np.flatnonzero(movers)
        places = self.indices[self.cheapest[rows]]
        gained = np.bincount(places, movers[rows], len(self.supply))[places] / self.supply[places]
        movers[rows] = np.round(movers[rows] / np.maximum(gained, 1))
        return movers

    def equilibrate(self, most: int, tolerance: float) -> tuple[int, float, bool]:
        """Move one demand after the other; return sweeps, residents moved in the last, if done."""
        arrays = (self.indptr, self.indices, self.travel, self.supply, self.assigned, self.load)
        for number in range(1, most + 1):
            before = self.load.copy()
            largest = kernel.sweep(*arrays, tolerance / 2, _TRIES)
            moved = float(np.maximum(self.load - before, 0).sum())
            if largest <= tolerance:
                break
        self.congest()
        return number, moved, bool(largest <= tolerance)

    def costs(self) -> np.ndarray:
        """Return the average cost of each demand.

        Congestion is that which the last cycle began with, as in the authors' program.
        """
        rows = np.repeat(np.arange(len(self.demand)), np.diff(self.indptr))
        each = self.assigned * (self.congestion[self.indices] + self.travel)
        total = np.bincount(rows, each, len(self.demand))
        self.look()
        found = np.full(len(self.demand), np.nan)
        reach = np.flatnonzero(self.cheapest >= 0)
        best = self.cheapest[reach]
        found[reach] = self.congestion[self.indices[best]] + self.travel[best]
        lived = (self.cheapest >= 0) & (self.demand > 0)
        found[lived] = total[lived] / self.demand[lived]
        return found

    def largest_gap(self) -> float:
        """Return the largest gap of cost as it is now."""
        self.congest()
        return float(self.look().max(initial=0.0))
