"""The rational agent access model (RAAM): travel and congestion that residents bear.

Residents of a demand may use several places. They weigh the travel to a place, tᵢⱼ / τ, against its
congestion, loadⱼ / (ρ Sⱼ), and move from the dearest place they use to the cheapest they reach,
until no move pays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from planner.accessibility.agents import Agents
from planner.accessibility.inputs import Amounts, Pairs
from planner.errors import MeasureError

Method = Literal["published", "equilibrium"]


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
        Whether no move was left: published, no whole resident may move any more; equilibrium, no
        demand met a gap above the tolerance.
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
    tolerance: float = 1e-3,
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
    >>> raam([[0, 30.0], [30.0, 0]], [1, 1], [300, 100], tau_minutes=60).round(3).tolist()
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
    tolerance: float = 1e-3,
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
    >>> found = rational_access([[0, 30.0], [30.0, 0]], [1, 1], [300, 100])
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
    agents = Agents.of(pairs, ratio * offered, residents, tau_minutes)
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
