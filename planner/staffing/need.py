"""Need and supply of social workers, by community and field, in full-time equivalents (FTE)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from geodata.layers import FIELDS, SENSITIVE_CLIENTS
from planner.errors import PlanError

if TYPE_CHECKING:
    from geodata.city import City
    from planner.standard import Standard

By = Literal["city", "town", "kind", "field", "community"]
AMOUNTS = ("need_fte", "supply_fte", "shortage_fte", "surplus_fte")
RESIDENTS_PER_RATE = 10_000


def needs(city: City, standard: Standard) -> pd.DataFrame:
    """Return need, supply, shortage and surplus of every community and field, in FTE.

    need = max(residents · per_10000_residents / 10,000, clients / clients_per_fte), of whichever
    the standard states; supply = FTE of the posts based at the community's open halls;
    shortage − surplus = need − supply, one of them 0. What is short in one community is not made
    up by what another has over: that takes outreach. Posts at municipal and town platforms have no
    community; they stand in rows of their own, without need.

    Parameters
    ----------
    city
        The city; ``communities``, ``halls`` and ``workers`` are read.
    standard
        Its tables ``workers.FIELD``.

    Returns
    -------
    DataFrame
        community_code (missing for posts of platforms), community_name, town_code, kind, field,
        posts, need_fte, supply_fte, shortage_fte, surplus_fte; missing need where the number of
        clients is not known and nothing else is stated.

    Raises
    ------
    PlanError
        If the standard has no table ``workers``.

    Notes
    -----
    Need by clients gives away their number: tables for the public go through
    ``planner.staffing.published``.

    Examples
    --------
    >>> import geodata, planner
    >>> table = needs(geodata.open_city("taicang"), planner.Standard.load("taicang-2013"))
    >>> bool(table["shortage_fte"].sum() > 0)
    True
    """
    if not standard.workers:
        raise PlanError("standard_without", name=standard.id, table="workers")
    fields: list[str] = [field for field in FIELDS if field in standard.workers]
    communities = city.communities.set_index("code")
    residents = communities["residents"].astype(float)
    parts = [
        pd.DataFrame(
            {"field": field, "need_fte": _need(communities, residents, standard, field)}
        ).reset_index(names="community_code")
        for field in fields
    ]
    supply = _supply(city, fields)
    table = pd.concat(parts, ignore_index=True).merge(
        supply.dropna(subset="community_code").drop(columns="town_code"),
        how="left",
        on=["community_code", "field"],
    )
    home = table["community_code"]
    table["town_code"] = home.map(communities["town_code"])
    table["kind"] = home.map(communities["kind"])
    table["community_name"] = home.map(communities["name"])
    platforms = supply[supply["community_code"].isna()].assign(need_fte=0.0)
    if len(platforms):
        table = pd.concat([table, platforms], ignore_index=True)
    table["posts"] = table["posts"].fillna(0).astype(int)
    table["supply_fte"] = table["supply_fte"].fillna(0.0)
    balance = table["need_fte"] - table["supply_fte"]
    table["shortage_fte"] = balance.clip(lower=0)
    table["surplus_fte"] = (-balance).clip(lower=0)
    columns = ["community_code", "community_name", "town_code", "kind", "field", "posts", *AMOUNTS]
    return table[columns]


def roll_up(table: pd.DataFrame, by: By) -> pd.DataFrame:
    """Return sums of ``needs`` by city, town, kind, field or community.

    Shortages and surpluses are summed, not set off against each other.

    Returns
    -------
    DataFrame
        by the group: posts and the amounts in FTE, and met, the share of the need that is met
        where it arises (missing where there is none).

    Examples
    --------
    >>> import geodata, planner
    >>> table = needs(geodata.open_city("taicang"), planner.Standard.load("taicang-2013"))
    >>> bool((roll_up(table, "town")["met"] < 1).any())
    True
    """
    key = {"town": "town_code", "community": "community_code"}.get(by, by)
    group = pd.Series("city", table.index) if by == "city" else table[key]
    summed = table.groupby(group.rename("group"))[["posts", *AMOUNTS]].sum()
    met = (summed["need_fte"] - summed["shortage_fte"]) / summed["need_fte"]
    return summed.assign(met=met.where(summed["need_fte"] > 0))


def sensitive_fields(standard: Standard) -> list[str]:
    """Return the fields whose need gives away the number of sensitive clients."""
    return [
        field
        for field, rule in standard.workers.items()
        if f"clients_{field}" in SENSITIVE_CLIENTS and rule.clients_per_fte is not None
    ]


def _need(
    communities: pd.DataFrame, residents: pd.Series, standard: Standard, field: str
) -> pd.Series:
    """Return the FTE that each community needs."""
    rule = standard.workers[field]  # type: ignore[index]  # a field of the standard's own
    stated = []
    if rule.per_10000_residents is not None:
        stated.append(residents * rule.per_10000_residents / RESIDENTS_PER_RATE)
    if rule.clients_per_fte is not None:
        clients = communities[f"clients_{field}"].astype("Float64").to_numpy(float, na_value=np.nan)
        stated.append(pd.Series(clients, communities.index) / rule.clients_per_fte)
    return pd.concat(stated, axis=1).max(axis=1)


def _supply(city: City, fields: list[str]) -> pd.DataFrame:
    """Return posts and FTE by community (or town, for platforms) and field."""
    halls = city.halls[city.halls["status"] == "open"].set_index("hall_id")
    workers = city.workers[
        city.workers["base_hall_id"].isin(halls.index) & city.workers["field"].isin(fields)
    ]
    base = workers["base_hall_id"]
    at = workers.assign(
        community_code=base.map(halls["community_code"]), town_code=base.map(halls["town_code"])
    )
    at["town_code"] = at["town_code"].fillna(at["community_code"].str[:9])
    grouped = at.groupby(["community_code", "town_code", "field"], dropna=False)
    return grouped[["posts", "fte"]].sum().reset_index().rename(columns={"fte": "supply_fte"})
