"""The indicators: how each is computed from a view. Their names stand in ``messages.toml``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from geodata.layers import BODIES, SEPARATOR
from planner.indicators.view import View

Unit = Literal["count", "persons", "share", "m2", "m2_per_100_households", "km2", "yuan", "fte",
               "per_10000"]  # fmt: skip
Values = dict[str, float]
ALL = ""
"""The group of what is counted together."""
NEW_SINCE = 2012
"""The report of 2013 counts what was opened in this year or later as new."""
SERVICE_AREA = 30.0
"""Square metres per 100 households that a community's service area should have."""


@dataclass(frozen=True)
class Indicator:
    """One figure.

    Attributes
    ----------
    unit
        Of its values.
    dimension
        What its groups are (kind, tier, field, funder ...); empty where it has none.
    additive
        Whether the towns' values add up to the city's: a target for the city is then none for a
        town.
    compute
        Values by group; the group ``""`` is all together. A value that is not known is left out.
    """

    unit: Unit
    dimension: str
    additive: bool
    compute: Callable[[View], Values]


def _sums(values: pd.Series, groups: pd.Series) -> Values:
    if not len(values) or values.isna().all():
        return {}
    return {ALL: float(values.sum()), **values.groupby(groups).sum().astype(float).to_dict()}


def _means(values: pd.Series, groups: pd.Series) -> Values:
    known = values.dropna().astype(float)
    if not len(known):
        return {}
    return {ALL: float(known.mean()), **known.groupby(groups[known.index]).mean().to_dict()}


def _ratio(above: Values, below: Values, times: float = 1.0) -> Values:
    return {
        group: times * above.get(group, 0.0) / total for group, total in below.items() if total > 0
    }


def _people(column: str) -> Callable[[View], Values]:
    def compute(view: View) -> Values:
        return _sums(view.communities[column], view.communities["kind"])

    return compute


def _residents(view: View) -> Values:
    return _people("residents")(view)


def _of_communities(column: str) -> Callable[[View], Values]:
    def compute(view: View) -> Values:
        communities = view.communities
        if column not in communities:
            return {}
        return _means(communities[column].astype(float), communities["kind"])

    return compute


def _bodies(view: View) -> Values:
    communities = view.communities
    if "bodies" not in communities:
        return {}
    there = communities["bodies"].fillna("").str.split(SEPARATOR)
    return _means(there.map(set(BODIES).issubset).astype(float), communities["kind"])


def _community_coverage(view: View) -> Values:
    communities = view.communities
    has = communities["code"].isin(view.tier("community")["community_code"])
    return _means(has.astype(float), communities["kind"])


def _hall_coverage(view: View) -> Values:
    communities, halls = view.communities, view.tier("community")
    has = communities["code"].isin(halls.loc[halls["form"] == "hall", "community_code"])
    return _means(has.astype(float), communities["kind"])


def _town_coverage(view: View) -> Values:
    has = view.towns["code"].isin(view.tier("town")["town_code"])
    return _means(has.astype(float), view.towns["kind"])


def _complete(view: View) -> Values:
    halls = view.halls.sort_values("is_new", kind="stable")
    return _means(halls["complete"].astype(float), halls["tier"])


def _community_complete(view: View) -> Values:
    halls = view.tier("community")
    best = halls.groupby("community_code")["complete"].any()
    communities = view.communities
    has = communities["code"].map(best).eq(True)
    return _means(has.astype(float), communities["kind"])


def _floor_area(view: View) -> Values:
    halls = view.tier("community")
    return _means(halls["floor_area_m2"], halls["kind"])


def _town_floor_area(view: View) -> Values:
    halls = view.tier("town")
    groups = halls["town_code"].map(view.towns.set_index("code")["kind"])
    return _means(halls["floor_area_m2"], groups)


def _service_area(view: View) -> Values:
    halls = view.tier("community")
    area = _sums(halls["floor_area_m2"].astype(float), halls["kind"])
    return _ratio(area, _people("households")(view), 100.0) if area else {}


def _service_area_met(view: View) -> Values:
    communities, halls = view.communities, view.tier("community")
    area = communities["code"].map(halls.groupby("community_code")["floor_area_m2"].sum())
    needed = communities["households"].astype(float) * SERVICE_AREA / 100
    return _means((area.fillna(0.0) >= needed).astype(float), communities["kind"])


def _opened(view: View) -> Values:
    halls = view.tier("community")
    new = halls["is_new"].astype(bool) | (halls["opened_year"].astype(float) >= NEW_SINCE)
    counts = halls[new]["form"].value_counts()
    rural = halls[new & (halls["kind"] != "urban") & (halls["form"] == "station")]
    return {
        "hall": float(counts.get("hall", 0)),
        "station": float(counts.get("station", 0)),
        "rural_station": float(len(rural)),
    }


def _within_reach(view: View) -> Values:
    residents = view.settlements["residents"].astype(float)
    return {
        column.removeprefix("served_"): float(residents[view.settlements[column]].sum() / total)
        for column in view.settlements
        if column.startswith("served_") and (total := residents.sum()) > 0
    }


def _within_reach_by_kind(view: View) -> Values:
    if "served_community" not in view.settlements:
        return {}
    settlements = view.settlements
    residents = settlements["residents"].astype(float)
    served = residents.where(settlements["served_community"].astype(bool), 0.0)
    return _ratio(_sums(served, settlements["kind"]), _sums(residents, settlements["kind"]))


def _centre(column: str, *, count: bool) -> Callable[[View], Values]:
    def compute(view: View) -> Values:
        centre = view.tier("municipal")
        if column not in centre or centre[column].isna().all():
            return {}
        values = centre[column].dropna()
        if not count:
            return {ALL: float(values.sum())}
        return {ALL: float(len({one for names in values for one in names.split(SEPARATOR)}))}

    return compute


def _organisations(dimension: str) -> Callable[[View], Values]:
    def compute(view: View) -> Values:
        counts = view.organisations[dimension].value_counts().astype(float)
        return {ALL: float(len(view.organisations)), **counts.to_dict()}

    return compute


def _density(view: View) -> Values:
    return _ratio(_organisations("category")(view), {ALL: _residents(view).get(ALL, 0.0)}, 1e4)


def _projects(view: View) -> Values:
    counts = view.projects["funder"].value_counts().astype(float)
    return {ALL: float(len(view.projects)), **counts.to_dict()}


def _posts(column: str) -> Callable[[View], Values]:
    def compute(view: View) -> Values:
        return _sums(view.workers[column].astype(float), view.workers["field"])

    return compute


def _certified(view: View) -> Values:
    return _ratio(_posts("certified")(view), _posts("posts")(view))


def _worker_fields(view: View) -> Values:
    named = view.workers.loc[(view.workers["posts"] > 0), "field"]
    return {ALL: float(named[named != "other"].nunique())}


def _community_workers(view: View) -> Values:
    communities = view.communities
    if "community_workers" not in communities:
        return {}
    staff = communities["community_workers"].astype(float)
    return _ratio(_sums(staff, communities["kind"]), _residents(view), 1e4)


INDICATORS: dict[str, Indicator] = {
    "residents": Indicator("persons", "kind", True, _residents),
    "households": Indicator("count", "kind", True, _people("households")),
    "age_0_14": Indicator("persons", "kind", True, _people("age_0_14")),
    "age_60_plus": Indicator("persons", "kind", True, _people("age_60_plus")),
    "land_area": Indicator("km2", "kind", True, _people("area_km2")),
    "towns": Indicator(
        "count",
        "town_kind",
        True,
        lambda view: view.towns["kind"].value_counts().astype(float).to_dict(),
    ),
    "town_platform_coverage": Indicator("share", "town_kind", False, _town_coverage),
    "community_platform_coverage": Indicator("share", "kind", False, _community_coverage),
    "community_hall_coverage": Indicator("share", "kind", False, _hall_coverage),
    "complete": Indicator("share", "tier", False, _complete),
    "community_complete": Indicator("share", "kind", False, _community_complete),
    "bodies": Indicator("share", "kind", False, _bodies),
    "floor_area_mean": Indicator("m2", "kind", False, _floor_area),
    "town_floor_area_mean": Indicator("m2", "town_kind", False, _town_floor_area),
    "service_area": Indicator("m2_per_100_households", "kind", False, _service_area),
    "service_area_met": Indicator("share", "kind", False, _service_area_met),
    "opened": Indicator("count", "form", True, _opened),
    "within_reach": Indicator("share", "tier", False, _within_reach),
    "within_reach_of_community_hall": Indicator("share", "kind", False, _within_reach_by_kind),
    "centre_floor_area": Indicator("m2", "", True, _centre("floor_area_m2", count=False)),
    "centre_investment": Indicator("yuan", "", True, _centre("investment_yuan", count=False)),
    "centre_functions": Indicator("count", "", True, _centre("functions", count=True)),
    "centre_rooms": Indicator("count", "", True, _centre("rooms", count=True)),
    "centre_departments": Indicator("count", "", True, _centre("departments", count=True)),
    "centre_hosted": Indicator("count", "", True, _centre("hosted_organisations", count=True)),
    "harmonious": Indicator("share", "kind", False, _of_communities("harmonious")),
    "feature": Indicator("count", "kind", True, _people("feature")),
    "organisations": Indicator("count", "category", True, _organisations("category")),
    "registrations": Indicator("count", "registration", True, _organisations("registration")),
    "organisation_categories": Indicator(
        "count", "", True, lambda view: {ALL: float(view.organisations["category"].nunique())}
    ),
    "organisation_density": Indicator("per_10000", "", False, _density),
    "projects": Indicator("count", "funder", True, _projects),
    "project_funds": Indicator(
        "yuan", "funder", True, lambda view: _sums(view.projects["cost_yuan"], view.projects.funder)
    ),
    "posts": Indicator("count", "field", True, _posts("posts")),
    "fte": Indicator("fte", "field", True, _posts("fte")),
    "certified": Indicator("share", "field", False, _certified),
    "worker_fields": Indicator("count", "", True, _worker_fields),
    "community_workers": Indicator("per_10000", "kind", False, _community_workers),
}
"""Every indicator by id."""
