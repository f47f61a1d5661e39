"""Coverage of a city in tables: who is served, by tier, town and kind of community."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from planner.coverage.access import settlement_kinds
from planner.standard import Tier

if TYPE_CHECKING:
    from geodata.city import City


def coverage_table(city: City, services: dict[Tier, pd.DataFrame]) -> pd.DataFrame:
    """Return residents, residents served and their share, by tier, for city, towns and kinds.

    Parameters
    ----------
    city
        The city.
    services
        ``service`` by tier.

    Returns
    -------
    DataFrame
        tier; by (city, kind or town); group, its code or kind; group_name; residents and
        residents_served (persons); share (0 to 1); approximate: whether minutes are, for lack of
        roads.
    """
    people = city.settlements.set_index("settlement_id")
    towns = people["community_code"].map(city.communities.set_index("code")["town_code"])
    groups = {
        "city": pd.Series(city.code, index=people.index),
        "kind": settlement_kinds(city),
        "town": towns,
    }
    names = city.towns.set_index("code")["name"].to_dict() | {city.code: city.name}
    rows = []
    for tier, served in services.items():
        residents = people["residents"]
        counts = pd.DataFrame(
            {"residents": residents, "residents_served": residents.where(served["served"], 0)}
        )
        for by, group in groups.items():
            summed = counts.groupby(group.rename("group")).sum().reset_index()
            rows.append(summed.assign(tier=tier, by=by))
    table = pd.concat(rows, ignore_index=True)
    table["group_name"] = table["group"].map(names).fillna(table["group"])
    table["share"] = (table["residents_served"] / table["residents"]).where(table["residents"] > 0)
    columns = ["tier", "by", "group", "group_name", "residents", "residents_served", "share"]
    return table[columns].assign(approximate=city.roads is None)
