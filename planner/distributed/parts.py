"""Parts of a region that share no resident, so that what they gain adds up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from planner.distributed.frontier import Share, Unit
from planner.distributed.measure import STAGE as MEASURED
from planner.distributed.store import Store


@dataclass(frozen=True)
class Part:
    """A county without what falls to others, and with what falls to it.

    Attributes
    ----------
    county
        Code of the county that it is named by.
    shares
        What is in it, of this county and of others.
    ceiling
        What all its sites cost together, in the unit of the budget.
    most
        No more residents can be gained, in persons.
    """

    county: str
    shares: tuple[Share, ...]
    ceiling: int
    most: int


def parts_of(folder: Path, measured: Mapping[str, dict[str, Any]], unit: Unit) -> list[Part]:
    """Return the parts of a region, by county.

    Components of sites that reach the same residents across a border are one; it falls to the
    county of them whose code comes first.

    Parameters
    ----------
    folder
        Of the results.
    measured
        What ``measure`` returned, by county.
    unit
        What budgets count.
    """
    moved = _moved(_border(folder, measured))
    size = "sites" if unit == "sites" else "cost_cents"
    whole = "useful_sites" if unit == "sites" else "cost_of_all_cents"
    parts = []
    for code, county in measured.items():
        given, taken = moved[moved["county"] == code], moved[moved["owner"] == code]
        shares = [Share(code, county["key"], tuple(given["component"].tolist()), without=True)]
        shares += [
            Share(other, measured[other]["key"], tuple(some["component"].tolist()), without=False)
            for other, some in taken.groupby("county")
        ]
        ceiling = county[whole] - int(given[size].sum()) + int(taken[size].sum())
        most = sum(measured[share.county]["gain_of_all"] for share in shares)
        parts.append(Part(code, tuple(shares), ceiling, most))
    return parts


def _border(folder: Path, measured: Mapping[str, dict[str, Any]]) -> pd.DataFrame:
    """Return what counties reach across their borders, in one table; small beside the counties."""
    store = Store(folder)
    columns = ["component", "settlement_id", "sites", "cost_cents"]
    tables = [pd.DataFrame(columns=["county", *columns])]
    for code, county in measured.items():
        if county["on_border"]:
            place = store.place(MEASURED, code, county["key"])
            tables.append(pd.read_parquet(place / "border.parquet").assign(county=code))
    return pd.concat(tables, ignore_index=True)


def _moved(border: pd.DataFrame) -> pd.DataFrame:
    """Return components that fall to another county: owner, county, component, and their size."""
    components = border.drop(columns="settlement_id").drop_duplicates(["county", "component"])
    one = pd.MultiIndex.from_frame(components[["county", "component"]])
    rows = one.get_indexer(pd.MultiIndex.from_frame(border[["county", "component"]]))
    columns, names = pd.factorize(border["settlement_id"])
    size = len(one) + len(names)
    links = coo_array((np.ones(len(rows)), (rows, len(one) + columns)), shape=(size, size))
    _, group = connected_components(links, directed=False)
    found = components.assign(group=group[: len(one)])
    found["owner"] = found.groupby("group")["county"].transform("min")
    return found[found["owner"] != found["county"]]
