"""Training (培养、评价): how many of the social workers are certified, and how many should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.errors import PlanError

if TYPE_CHECKING:
    from geodata.city import City
    from planner.standard import Standard

_ROUNDING = 1e-9  # 0.7 of 10 posts is 7, not 7.000000000000001


def training(
    city: City, standard: Standard, by: tuple[str, ...] = ("town_code", "field")
) -> pd.DataFrame:
    """Return the share of posts that are certified, and the certifications that reach the target.

    certifications = ⌈Σ target · posts⌉ − certified of each group, at least 0.

    Parameters
    ----------
    city
        The city; posts at open halls are counted.
    standard
        Its ``certified_share`` of each field.
    by
        The groups: ``town_code``, ``field``, or both.

    Returns
    -------
    DataFrame
        A row per group: posts, certified (posts), share, target_share (weighted by posts where a
        group has several fields), certifications.

    Raises
    ------
    PlanError
        If the standard has no table ``workers``.

    Examples
    --------
    >>> import geodata, planner
    >>> table = training(geodata.open_city("taicang"), planner.Standard.load("taicang-2013"))
    >>> bool((table["certified"] + table["certifications"] <= table["posts"]).all())
    True
    """
    if not standard.workers:
        raise PlanError("standard_without", name=standard.id, table="workers")
    halls = city.halls[city.halls["status"] == "open"].set_index("hall_id")
    targets = {field: rule.certified_share for field, rule in standard.workers.items()}
    workers = city.workers[
        city.workers["base_hall_id"].isin(halls.index) & city.workers["field"].isin(list(targets))
    ]
    town = halls["town_code"].fillna(halls["community_code"].str[:9])
    frame = workers[["field", "posts", "certified"]].assign(
        town_code=workers["base_hall_id"].map(town),
        target=workers["posts"] * workers["field"].map(targets),
    )
    table = frame.groupby(list(by))[["posts", "certified", "target"]].sum().reset_index()
    posts = table["posts"].where(table["posts"] > 0)
    table["share"] = table["certified"] / posts
    table["target_share"] = table["target"] / posts
    wanted = np.ceil(table["target"] - _ROUNDING).astype(int)
    table["certifications"] = (wanted - table["certified"]).clip(lower=0).astype(int)
    return pd.DataFrame(table.drop(columns="target"))
