"""Accessibility of a city's settlements to its halls, by any of the measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import pandas as pd

from planner.accessibility.catchments import (
    balanced_fca,
    modified_two_step_fca,
    spatial_availability,
    three_step_fca,
    two_step_fca,
)
from planner.accessibility.impedance import DaiGaussian
from planner.accessibility.opportunities import (
    cost_to_kth_nearest,
    cumulative_opportunities,
    gravity,
)
from planner.accessibility.rational import raam
from planner.coverage.access import access, open_halls
from planner.errors import PlanError

if TYPE_CHECKING:
    from geodata.city import City
    from planner.standard import Standard
    from planner.standard_tables import Tier

Measure = Literal[
    "nearest", "cumulative", "gravity", "2sfca", "e2sfca", "m2sfca", "3sfca", "bfca", "spatial",
    "raam",
]  # fmt: skip
Supply = Literal["halls", "floor_area_m2", "windows", "visits_per_day_capacity", "fte"]
PER_RESIDENTS = 1000
UNITS: dict[Measure, str] = dict.fromkeys(get_args(Measure), "per_1000") | {
    "nearest": "minutes", "cumulative": "reached", "gravity": "reached", "raam": "cost",
}  # fmt: skip
"""What a measure counts: minutes, supply reached, supply per 1,000 residents, or a cost."""


def access_of_city(
    city: City,
    standard: Standard,
    measure: Measure = "2sfca",
    *,
    supply: Supply = "floor_area_m2",
    tier: Tier = "community",
    minutes: float | None = None,
    mode: str | None = None,
) -> pd.Series:
    """Return a measure of accessibility for every settlement of a city.

    Catchments are the standard's minutes of each kind of community. Weights fall with minutes as a
    Gaussian that ends there (Dai 2010) in ``gravity``, ``e2sfca``, ``m2sfca``, ``3sfca``, ``bfca``
    and ``spatial``; they are 1 in ``cumulative`` and ``2sfca``. ``nearest`` and ``raam`` look six
    times as far.

    Parameters
    ----------
    city, standard
        The city, and what its residents are entitled to.
    measure
        Which measure.
    supply
        What halls supply: themselves, floor area (m²), windows, visits a day, or the FTE of the
        social workers based there. Where it is not known it counts as 0.
    tier
        Halls of which tier.
    minutes, mode
        In place of the standard's.

    Returns
    -------
    Series
        By settlement id, in the units of ``UNITS``.

    Raises
    ------
    PlanError
        If the city has no open hall of the tier, or none supplies anything.

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> area = access_of_city(city, planner.Standard.load("taicang-2013"))
    >>> len(area) == len(city.settlements)
    True
    """
    halls = open_halls(city, tier)
    if halls.empty:
        raise PlanError("no_open_halls_of_tier", tier=tier)
    offered = _supply(city, halls, supply)
    if not offered.sum() > 0:
        raise PlanError("no_supply", supply=supply, tier=tier)
    reached = access(city, standard, tier, halls, mode=mode, minutes=minutes)
    residents = city.settlements.set_index("settlement_id")["residents"].astype(float)
    if measure == "nearest":
        return cost_to_kth_nearest(reached.travel)
    if measure == "raam":
        tau = float(reached.minutes_allowed.max())
        return raam(reached.travel, offered, residents, tau_minutes=tau)
    near = reached.travel.within(reached.minutes_allowed)
    limit = float(reached.minutes_allowed.max())
    decay = DaiGaussian(limit)
    if measure == "cumulative":
        return cumulative_opportunities(near, offered, limit)
    if measure == "gravity":
        return gravity(near, offered, decay)
    catchment: Any = {
        "2sfca": two_step_fca,
        "e2sfca": two_step_fca,
        "m2sfca": modified_two_step_fca,
        "3sfca": three_step_fca,
        "bfca": balanced_fca,
        "spatial": spatial_availability,
    }[measure]
    weight = None if measure == "2sfca" else decay
    found: pd.Series = catchment(near, offered, residents, weight, per=PER_RESIDENTS)
    return found


def _supply(city: City, halls: pd.DataFrame, supply: Supply) -> pd.Series:
    if supply == "halls":
        return pd.Series(1.0, halls.index)
    if supply == "fte":
        posts = city.workers.groupby("base_hall_id")["fte"].sum()
        return posts.reindex(halls.index).fillna(0.0).astype(float)
    return halls[supply].astype(float).fillna(0.0)
