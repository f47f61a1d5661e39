"""Coverage of a city in tables: who is served, by tier, town and kind of community."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from planner.coverage.people import people
from planner.standard_tables import Tier

if TYPE_CHECKING:
    from geodata.city import City


def coverage_table(
    city: City, services: dict[Tier, pd.DataFrame], who: str = "residents"
) -> pd.DataFrame:
    """Return residents, residents served and their share, by tier, for city, towns and kinds.

    Parameters
    ----------
    city
        The city.
    services
        ``service`` by tier.
    who
        Whom to count: one of ``PEOPLE``. The columns are named after them.

    Returns
    -------
    DataFrame
        tier; by (city, kind or town); group, its code or kind; group_name; residents and
        residents_served (persons); share (0 to 1); approximate: whether minutes are, for lack of
        roads.
    """
    everyone = people(city)
    groups = {
        "city": pd.Series(city.code, index=everyone.index),
        "kind": everyone["kind"],
        "town": everyone["town_code"],
    }
    names = city.towns.set_index("code")["name"].to_dict() | {city.code: city.name}
    count, reached = everyone[who], f"{who}_served"
    rows = []
    for tier, served in services.items():
        counts = pd.DataFrame({who: count, reached: count.where(served["served"], 0)})
        for by, group in groups.items():
            summed = counts.groupby(group.rename("group")).sum().reset_index()
            rows.append(summed.assign(tier=tier, by=by))
    table = pd.concat(rows, ignore_index=True)
    table["group_name"] = table["group"].map(names).fillna(table["group"])
    table["share"] = (table[reached] / table[who]).where(table[who] > 0)
    columns = ["tier", "by", "group", "group_name", who, reached, "share"]
    return table[columns].assign(approximate=city.roads is None)
