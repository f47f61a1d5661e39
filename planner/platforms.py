"""Platforms of the three tiers against the standard: functions, bodies, floor, capacity, form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.layers import BODIES, HOSTED, SEPARATOR
from planner import coverage
from planner.errors import PlanError

if TYPE_CHECKING:
    from geodata.city import City
    from planner.standard import Standard

_PER = 100.0  # households


def platforms(city: City, standard: Standard) -> gpd.GeoDataFrame:
    """Return every open hall with all that it lacks.

    Returns
    -------
    GeoDataFrame
        ``coverage.halls_against_standard`` and: kind (of its community), completeness (such as
        ``6+2``: six required functions and two extras; ``5/6+2`` where one is missing),
        bodies_missing (of its community, ids joined by ``;``; missing where the layer does not
        say), m2_per_100_households, visits_per_day (of the residents whose nearest hall of the tier
        it is), capacity_gap_visits_per_day, windows_needed (as its own windows work; missing where
        their capacity is not known), upgrade (``hall`` for a station that should be one).

    Examples
    --------
    >>> import geodata
    >>> from planner import Standard
    >>> table = platforms(geodata.open_city("taicang"), Standard.load("taicang-2013"))
    >>> table.query("tier == 'municipal'")["completeness"].item()
    '5+0'
    """
    halls = coverage.halls_against_standard(city, standard)
    communities = city.communities.set_index("code")
    home = halls["community_code"]
    halls["kind"] = home.map(communities["kind"])
    halls["completeness"] = [_completeness(hall, standard) for hall in halls.itertuples()]
    if "bodies" in communities:
        halls["bodies_missing"] = home.map(communities["bodies"].map(bodies_missing))
    else:
        halls["bodies_missing"] = pd.Series(None, index=halls.index, dtype=object)
    households = home.map(communities["households"].astype(float))
    area = halls["floor_area_m2"].astype(float)
    halls["m2_per_100_households"] = (_PER * area / households).where(households > 0)
    visits = halls["hall_id"].map(visits_per_day(city, standard))
    capacity = halls["visits_per_day_capacity"].astype(float)
    windows = halls["windows"].astype(float)
    per_window = (capacity / windows).where((windows > 0) & (capacity > 0))
    return halls.assign(
        visits_per_day=visits,
        capacity_gap_visits_per_day=(visits - capacity).clip(lower=0),
        # A hair less, so that 4.0000001 windows are not five.
        windows_needed=np.ceil(visits / per_window - 1e-9),
        upgrade=halls["form_gap"].map({True: "hall"}),
    )


def visits_per_day(city: City, standard: Standard) -> pd.Series:
    """Return the visits a day of the residents who have each open hall nearest, by hall id.

    Of the tiers whose rate the standard states.
    """
    residents = city.settlements.set_index("settlement_id")["residents"].astype(float)
    parts = []
    for tier, reached in coverage.access_by_tier(city, standard).items():
        rate = standard.visits.rate(tier)
        if rate is None:
            continue
        nearest = coverage.service(reached)["supply_id"]
        loads = residents.groupby(nearest).sum() * rate
        parts.append(loads.reindex(reached.travel.supply_ids, fill_value=0.0))
    return pd.concat(parts).rename("visits_per_day") if parts else pd.Series(dtype=float)


def floor_area_by_kind(city: City, standard: Standard) -> pd.DataFrame:
    """Return the floor area of community halls by kind of community, against the standard.

    Returns
    -------
    DataFrame
        By kind: halls (count), floor_area_mean_m2 (of those that are known) and its required_m2,
        m2_per_100_households (of all together) and its required, both met or not. What the
        standard does not state is missing.
    """
    halls = coverage.open_halls(city, "community")
    communities = city.communities.set_index("code")
    kinds = halls["community_code"].map(communities["kind"])
    rows: list[dict[str, Any]] = []
    for kind in sorted(communities["kind"].unique()):
        area = halls.loc[kinds == kind, "floor_area_m2"].astype(float)
        households = float(communities.loc[communities["kind"] == kind, "households"].sum())
        rule = standard.floor_area.of(kind)
        mean = float(area.mean())
        density = _PER * float(area.sum()) / households if households else np.nan
        rows.append(
            {
                "kind": kind,
                "halls": len(area),
                "floor_area_mean_m2": mean,
                "required_m2": rule.m2_per_hall,
                "met": _met(mean, rule.m2_per_hall),
                "m2_per_100_households": density,
                "required_m2_per_100_households": rule.m2_per_100_households,
                "met_per_100_households": _met(density, rule.m2_per_100_households),
            }
        )
    return pd.DataFrame(rows).astype(
        {"required_m2": float, "required_m2_per_100_households": float}
    )


def municipal_centre(city: City, standard: Standard) -> pd.DataFrame:
    """Return what the municipal centre houses: rooms, functions, departments, organisations.

    Returns
    -------
    DataFrame
        A row per thing: hall_id, what (functions, rooms, departments, hosted_organisations), name
        and present (False for a function that the standard asks for and the centre lacks).

    Raises
    ------
    PlanError
        If the city has no open municipal centre.
    """
    centres = coverage.open_halls(city, "municipal")
    if centres.empty:
        raise PlanError("no_open_halls_of_tier", tier="municipal")
    rows = []
    for hall_id, centre in centres.iterrows():
        for what in ("functions", *(column for column in HOSTED if column in centres)):
            named = centre[what]
            names = named.split(SEPARATOR) if isinstance(named, str) else []
            rows += [(hall_id, what, name, True) for name in names]
            if what == "functions":
                required = standard.functions_of("municipal").required
                rows += [(hall_id, what, name, False) for name in required if name not in names]
    return pd.DataFrame(rows, columns=["hall_id", "what", "name", "present"])


def _completeness(hall: Any, standard: Standard) -> str:
    kind = hall.kind if hall.tier == "community" else None
    required = len(standard.functions_of(hall.tier, kind).required)
    missing = len(hall.functions_missing.split(SEPARATOR)) if hall.functions_missing else 0
    share = f"{required - missing}/{required}" if missing else str(required)
    return f"{share}+{hall.functions_extra}"


def bodies_missing(bodies: Any) -> str:
    """Return the bodies that are not among those of a community, ids joined by ``;``."""
    there = set(bodies.split(SEPARATOR)) if isinstance(bodies, str) else set()
    return SEPARATOR.join(body for body in BODIES if body not in there)


def _met(value: float, required: float | None) -> bool | None:
    return None if required is None or value != value else value >= required
