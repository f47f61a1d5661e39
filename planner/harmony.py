"""Harmonious communities: which meet the checklist, what the others miss, the cheapest remedy."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.layers import SEPARATOR
from planner import coverage
from planner.errors import PlanError
from planner.platforms import bodies_missing

if TYPE_CHECKING:
    from geodata.city import City
    from planner.standard import Standard
    from planner.standard_tables import Harmony

_HAIR = 1e-9
"""Relative: 0.85 of 20 is 17 communities, not 18."""


@dataclass(frozen=True)
class _Place:
    """What criteria are measured on."""

    city: City
    standard: Standard

    @cached_property
    def communities(self) -> gpd.GeoDataFrame:
        return self.city.communities.set_index("code")

    @cached_property
    def halls(self) -> pd.DataFrame:
        halls = coverage.halls_against_standard(self.city, self.standard)
        return halls[halls["tier"] == "community"]

    def per_10000(self, there: pd.Series, at_least: float) -> pd.Series:
        residents = self.communities["residents"].astype(float)
        return np.ceil(at_least * residents / 1e4 - _HAIR) - there

    def of_layer(self, column: str) -> pd.Series:
        if column in self.communities:
            return self.communities[column]
        return pd.Series(np.nan, self.communities.index)


def _bodies(place: _Place, _at_least: float) -> pd.Series:
    bodies = place.of_layer("bodies")
    return _counted(bodies.map(bodies_missing)).where(bodies.notna())


def _functions(place: _Place, _at_least: float) -> pd.Series:
    functions = place.communities["kind"].map(
        lambda kind: place.standard.functions_of("community", kind)
    )
    halls, home = place.halls, place.halls["community_code"]
    spare = functions.map(lambda one: len(one.required) - one.minimum)
    short = _counted(halls["functions_missing"]) - home.map(spare)
    best = short.groupby(home).min().reindex(functions.index)
    return best.fillna(functions.map(lambda one: one.minimum)).astype(float)


def _form(place: _Place, _at_least: float) -> pd.Series:
    station = place.halls.groupby("community_code")["form_gap"].all()
    return place.communities.index.to_series().map(station).ne(False).astype(float)


def _floor_area(place: _Place, at_least: float) -> pd.Series:
    halls = place.halls
    area = halls.groupby("community_code")["floor_area_m2"].sum(min_count=1).astype(float)
    households = place.communities["households"].astype(float)
    there = area.reindex(households.index)
    known = there.notna() | ~households.index.isin(halls["community_code"])
    return (at_least * households / 100 - there.fillna(0.0)).where(known)


def _community_workers(place: _Place, at_least: float) -> pd.Series:
    return place.per_10000(place.of_layer("community_workers").astype(float), at_least)


def _organisations(place: _Place, at_least: float) -> pd.Series:
    codes = place.communities.index
    points = place.city.organisations[["geometry"]]
    if points.empty:
        return place.per_10000(pd.Series(0.0, codes), at_least)
    areas = place.communities[["geometry"]].rename_axis("code").reset_index()
    within = gpd.sjoin(points.to_crs(areas.crs), areas, predicate="within")
    within = within[~within.index.duplicated()]
    there = within["code"].value_counts().reindex(codes, fill_value=0).astype(float)
    return place.per_10000(there, at_least)


def _reach(place: _Place, at_least: float) -> pd.Series:
    settlements = place.city.settlements.set_index("settlement_id")
    halls = coverage.open_halls(place.city, "community")
    residents = settlements["residents"].astype(float)
    served = pd.Series(False, residents.index)
    if len(halls):
        reached = coverage.access(place.city, place.standard, "community", halls)
        served = coverage.service(reached)["served"]
    home = settlements["community_code"]
    total = residents.groupby(home).sum()
    share = residents.where(served, 0.0).groupby(home).sum() / total.where(total > 0)
    return at_least - share.reindex(place.communities.index)


_MISSING: dict[str, Callable[[_Place, float], pd.Series]] = {
    "bodies": _bodies,
    "functions": _functions,
    "form": _form,
    "floor_area": _floor_area,
    "community_workers": _community_workers,
    "organisations": _organisations,
    "reach": _reach,
}


def missing_units(city: City, standard: Standard) -> pd.DataFrame:
    """Return how far each community is from each criterion, in the criterion's unit.

    Returns
    -------
    DataFrame
        Community code × the criteria that the standard asks for: 0 where it is met, else the units
        that are missing (bodies, functions, upgrades, m², workers, organisations, share of
        residents); missing where the layers do not say. Where a community has several open halls
        their floor counts together, and the best of them in form and in functions.

    Raises
    ------
    PlanError
        If the standard has no ``[harmony]``.
    """
    criteria = _rules(standard).criteria
    place = _Place(city, standard)
    return pd.DataFrame(
        {
            name: measure(place, criterion.at_least).clip(lower=0)
            for name, measure in _MISSING.items()
            if (criterion := getattr(criteria, name)) is not None
        },
        index=place.communities.index,
    ).rename_axis("community_code")


def checklist(city: City, standard: Standard, units: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return which communities meet the checklist, and which criteria the others miss.

    Parameters
    ----------
    city, standard
        What there is, and what there should be.
    units
        ``missing_units``, where they are known already.

    Returns
    -------
    DataFrame
        A row per community: community_code, community_name, town_code, town_name, kind,
        criteria_met (count), missed and unknown (ids joined by ``;``), meets, harmonious and
        feature (as recorded in the layer).

    Raises
    ------
    PlanError
        If the standard has no ``[harmony]``.

    Examples
    --------
    >>> import geodata
    >>> from planner import Standard
    >>> table = checklist(geodata.open_city("taicang"), Standard.load("taicang-2013"))
    >>> len(table), int(table["feature"].sum())
    (160, 20)
    """
    rules = _rules(standard)
    units = missing_units(city, standard) if units is None else units
    communities = city.communities.set_index("code").loc[units.index]
    met = (units == 0).sum(axis=1)
    return pd.DataFrame(
        {
            "community_code": units.index,
            "community_name": communities["name"],
            "town_code": communities["town_code"],
            "town_name": communities["town_code"].map(city.towns.set_index("code")["name"]),
            "kind": communities["kind"],
            "criteria_met": met,
            "missed": _named(units > 0),
            "unknown": _named(units.isna()),
            "meets": met >= _minimum(rules, units),
            "harmonious": communities["harmonious"],
            "feature": communities["feature"],
        }
    ).reset_index(drop=True)


def cheapest_lift(
    city: City, standard: Standard, units: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cheapest actions that lift every town to its target share, and what they reach.

    A community is lifted by remedying as many of its missed criteria as it needs, the cheapest
    first; a town by lifting as many communities of each kind as it needs, the cheapest first.
    Communities share no remedy, so that no other choice costs less (exchange argument).

    Parameters
    ----------
    city, standard
        What there is; criteria, costs and target shares.
    units
        ``missing_units``, where they are known already.

    Returns
    -------
    actions
        A row per community that is lifted: town_code, town_name, community_code, community_name,
        kind, actions (criteria to remedy, ids joined by ``;``), cost_yuan; cheapest first.
    towns
        A row per town and kind: town_code, town_name, kind, communities, meeting, needed (to
        reach the target share), lifted, cost_yuan, share_before, share_after, target_share,
        reached (whether the actions suffice).

    Raises
    ------
    PlanError
        If the standard has no ``[harmony]``.
    """
    rules = _rules(standard)
    units = missing_units(city, standard) if units is None else units
    table = checklist(city, standard, units)
    remedies = _remedies(rules, units)
    table = table.assign(
        actions=remedies["actions"].to_numpy(), cost_yuan=remedies["cost_yuan"].to_numpy()
    )
    lifts, rows = [], []
    for (town, kind), mine in table.groupby(["town_code", "kind"]):
        target = rules.target_share.urban if kind == "urban" else rules.target_share.rural
        needed = math.ceil(target * len(mine) * (1 - _HAIR))
        meeting = int(mine["meets"].sum())
        can = mine[~mine["meets"] & mine["cost_yuan"].notna()]
        chosen = can.sort_values(["cost_yuan", "community_code"]).head(max(needed - meeting, 0))
        lifts.append(chosen)
        rows.append(
            {
                "town_code": town,
                "town_name": mine["town_name"].iloc[0],
                "kind": kind,
                "communities": len(mine),
                "meeting": meeting,
                "needed": needed,
                "lifted": len(chosen),
                "cost_yuan": float(chosen["cost_yuan"].sum()),
                "share_before": meeting / len(mine),
                "share_after": (meeting + len(chosen)) / len(mine),
                "target_share": target,
                "reached": meeting + len(chosen) >= needed,
            }
        )
    columns = [
        "town_code", "town_name", "community_code", "community_name", "kind", "actions",
        "cost_yuan",
    ]  # fmt: skip
    actions = pd.concat(lifts)[columns].sort_values(["cost_yuan", "community_code"])
    return actions.reset_index(drop=True), pd.DataFrame(rows)


def _remedies(rules: Harmony, units: pd.DataFrame) -> pd.DataFrame:
    """Return the cheapest actions by which each community meets the minimum; NaN where none do."""
    prices = {
        name: criterion.yuan_per_unit
        for name in units
        if (criterion := getattr(rules.criteria, name)).yuan_per_unit is not None
    }
    minimum = _minimum(rules, units)
    found = []
    for _, row in units.iterrows():
        lacking = minimum - int((row == 0).sum())
        costs = sorted((row[name] * price, name) for name, price in prices.items() if row[name] > 0)
        chosen = costs[: max(lacking, 0)]
        enough = len(chosen) >= lacking
        found.append(
            {
                "actions": SEPARATOR.join(name for _, name in chosen) if enough else "",
                "cost_yuan": float(sum(cost for cost, _ in chosen)) if enough else np.nan,
            }
        )
    return pd.DataFrame(found, index=units.index, columns=["actions", "cost_yuan"])


def _minimum(rules: Harmony, units: pd.DataFrame) -> int:
    asked = len(units.columns)
    return asked if rules.minimum is None else min(rules.minimum, asked)


def _counted(ids: pd.Series) -> pd.Series:
    """Return how many ids each text joins."""
    return ids.map(lambda one: one.count(SEPARATOR) + 1 if one else 0).astype(float)


def _named(flags: pd.DataFrame) -> list[str]:
    return [
        SEPARATOR.join(name for name, flag in zip(flags, row, strict=True) if flag)
        for row in flags.to_numpy()
    ]


def _rules(standard: Standard) -> Harmony:
    if standard.harmony is None:
        raise PlanError("standard_lacks", name=standard.id, table="harmony")
    return standard.harmony
