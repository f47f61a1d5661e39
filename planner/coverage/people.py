"""Whom coverage counts: the people of every settlement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geodata.layers import FIELDS

if TYPE_CHECKING:
    from geodata.city import City

OF_SETTLEMENTS = ("residents", "households", "age_60_plus")
OF_COMMUNITIES = ("age_0_14", *(f"clients_{field}" for field in FIELDS if field != "other"))
PEOPLE = (*OF_SETTLEMENTS, *OF_COMMUNITIES)


def people(city: City) -> pd.DataFrame:
    """Return the people of every settlement.

    What is known by community only (minors, clients by field) is spread over its settlements in
    proportion to their residents, so that the community's total is kept; unknown stays missing.

    Returns
    -------
    DataFrame
        By settlement id: community_code, town_code, kind, and a column for each of ``PEOPLE``
        (persons; households; clients, in fractions).

    Examples
    --------
    >>> import geodata
    >>> city = geodata.open_city("taicang")
    >>> int(people(city)["residents"].sum()) == int(city.settlements["residents"].sum())
    True
    """
    settlements = city.settlements.set_index("settlement_id")
    communities = city.communities.set_index("code")
    home = settlements["community_code"]
    frame = settlements[["community_code", *OF_SETTLEMENTS]].assign(
        town_code=home.map(communities["town_code"]), kind=home.map(communities["kind"])
    )
    residents = settlements["residents"].astype(float)
    together = residents.groupby(home).transform("sum")
    alike = 1 / home.groupby(home).transform("size")
    share = (residents / together).where(together > 0, alike)
    for column in OF_COMMUNITIES:
        frame[column] = share * home.map(communities[column].astype(float))
    return pd.DataFrame(frame)
