"""Allocation of a city's residents to its halls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from planner.allocation.borders import Bordered, within_borders
from planner.allocation.choice import choice
from planner.allocation.nearest import nearest
from planner.allocation.optimal import system_optimal
from planner.allocation.result import Allocation
from planner.allocation.whole import whole
from planner.coverage.access import access, open_halls
from planner.coverage.people import people
from planner.errors import PlanError

if TYPE_CHECKING:
    from geodata.city import City
    from planner.standard import Standard
    from planner.standard_tables import Tier
    from planner.travel import TravelTimes

Method = Literal["nearest", "optimal", "whole", "choice"]
Borders = Literal["ignored", "penalised", "respected"]


def allocate(
    city: City,
    standard: Standard,
    *,
    method: Method = "optimal",
    tier: Tier = "community",
    borders: Borders = "ignored",
    penalty_minutes: float = 10.0,
    in_time: bool = False,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> Allocation:
    """Return who is served where, in visits a day.

    A settlement makes as many visits a day as the standard gives for its residents; a hall can
    take its ``visits_per_day_capacity``, or any number where that is not known.

    Parameters
    ----------
    city, standard
        The city, and what its residents are entitled to.
    method
        ``nearest``; ``optimal``: most within the capacities, in the fewest person-minutes;
        ``whole``: each settlement wholly at one hall; ``choice``: by floor area and minutes (Huff).
    tier
        Of which halls.
    borders
        Whether residents may use halls of other towns: yes, at a penalty, or no.
    penalty_minutes
        The penalty, in minutes on top.
    in_time
        Only halls within the standard's minutes; else all within sight, six times as far.
    time_limit_s, seed
        For ``whole``.

    Returns
    -------
    Allocation
        Settlements × halls; demand and capacity in visits a day.

    Raises
    ------
    PlanError
        If the city has no open hall of the tier.

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> answer = allocate(city, planner.Standard.load("taicang-2013"))
    >>> answer.status
    'optimal'
    """
    halls = open_halls(city, tier)
    if halls.empty:
        raise PlanError("no_open_halls_of_tier", tier=tier)
    reached = access(city, standard, tier, halls)
    everyone = people(city)
    visits = everyone["residents"].astype(float) * standard.visits.per_1000_residents_per_day / 1000
    capacity = halls["visits_per_day_capacity"].astype(float).fillna(np.inf)
    times = reached.travel.within(reached.minutes_allowed) if in_time else reached.travel
    travel: TravelTimes | Bordered = times
    if borders != "ignored":
        towns = halls["town_code"].fillna(halls["community_code"].str[:9])
        penalty = penalty_minutes if borders == "penalised" else None
        travel = within_borders(times, everyone["town_code"], towns, penalty_minutes=penalty)
    if method == "nearest":
        return nearest(travel, visits, _finite(capacity, visits))
    if method == "optimal":
        return system_optimal(travel, visits, _finite(capacity, visits))
    if method == "whole":
        room = _finite(capacity, visits)
        return whole(travel, visits, room, time_limit_s=time_limit_s, seed=seed)
    return choice(travel, visits, _finite(capacity, visits), attractiveness=_area(halls))


def _finite(capacity: pd.Series, visits: pd.Series) -> pd.Series:
    """Return capacities with more than enough where none is known."""
    return capacity.replace(np.inf, float(np.ceil(visits.sum())) + 1)


def _area(halls: pd.DataFrame) -> pd.Series:
    """Return floor areas, the median of the others where one is not known."""
    area = halls["floor_area_m2"].astype(float)
    return area.fillna(area.median() if area.notna().any() else 1.0)
