"""The last step: who of a county is served once the region's sites are built."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.atomic import replace_files
from planner.distributed.measure import STAGE as MEASURED
from planner.distributed.prepare import STAGE as PREPARED
from planner.distributed.prepare import read_kept
from planner.distributed.store import Store, key_of, read_result, write_result

FOLDER = "counties"
RECORD = "county.json"


def settle(
    county: str,
    prepared: str,
    measured: str,
    sites: Sequence[str],
    without: Sequence[str],
    folder: str,
) -> dict[str, Any]:
    """Write a county's tables, with the region's new sites that lie in or around it.

    Parameters
    ----------
    county
        Code of the county.
    prepared, measured
        Keys of what was kept of it and of its measures.
    sites
        Ids of all new sites of the county and of those around it.
    without
        Codes of counties around it that could not be read: halls there are not counted.
    folder
        Of the results; the tables come into ``counties/CODE``.

    Returns
    -------
    dict
        residents, served_before and served_after (persons), and the key of all this.
    """
    store = Store(Path(folder))
    place = store.place(MEASURED, county, measured)
    target = store.folder / FOLDER / county
    key = key_of(measured=measured, sites=sorted(sites), without=sorted(without))
    known = read_result(target / RECORD)
    if known is not None and known["key"] == key:
        return known
    settlements, gains = _served(place, sites)
    communities = _communities(store.place(PREPARED, county, prepared), settlements)
    halls = gpd.read_parquet(place / "halls.parquet")
    new = gpd.read_parquet(place / "sites.parquet")
    residents = settlements["residents"]
    told = {
        "county": county,
        "key": key,
        "without": sorted(without),
        "residents": int(residents.sum()),
        "served_before": int(residents[settlements["served_before"]].sum()),
        "served_after": int(residents[settlements["served_after"]].sum()),
    }
    tables = {
        "settlements": settlements,
        "communities": communities,
        "halls": halls,
        "new_sites": new[new["site_id"].isin(sites)],
        "gains": gains,
    }
    writers = {
        f"{name}.parquet": partial(table.to_parquet, index=False, compression="zstd")
        for name, table in tables.items()
    }
    replace_files(target, {**writers, RECORD: lambda path: write_result(path, told)})
    return told


def _served(place: Path, sites: Sequence[str]) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the settlements after the new sites, and who is newly served by which of them."""
    settlements = gpd.read_parquet(place / "settlements.parquet")
    minutes = pd.read_parquet(place / "minutes.parquet")
    minutes = minutes[minutes["site_id"].isin(sites)]
    people = settlements.set_index("settlement_id")
    nearest = minutes.groupby("settlement_id")["minutes"].min().reindex(people.index)
    before = people["minutes_before"]
    after = np.fmin(before.to_numpy(float), nearest.to_numpy(float))
    served = people["served_before"].to_numpy() | (after <= people["limit_minutes"].to_numpy())
    settled = settlements.assign(minutes_after=after, served_after=served)
    waiting = people[~people["served_before"] & (people["residents"] > 0)]
    columns = ["residents", "age_60_plus", "limit_minutes", "minutes_before"]
    gains = minutes.merge(waiting[columns], left_on="settlement_id", right_index=True)
    gains = gains.reset_index(drop=True)
    gains = gains[gains["minutes"] <= gains["limit_minutes"]].drop(columns="limit_minutes")
    return settled, gains.sort_values(["site_id", "settlement_id"])


def _communities(place: Path, settlements: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the communities with residents and residents not served, today and after."""
    communities = read_kept(place, "communities")[["code", "name", "town_code", "kind", "geometry"]]
    towns = read_kept(place, "towns").set_index("code")["name"]
    residents = settlements["residents"]
    counted = pd.DataFrame(
        {
            "residents": residents,
            "residents_unserved": residents.where(~settlements["served_before"], 0),
            "residents_unserved_after": residents.where(~settlements["served_after"], 0),
        }
    )
    sums = counted.groupby(settlements["community_code"]).sum()
    sums = sums.reindex(communities["code"]).fillna(0).astype("int64")
    columns = {name: sums[name].to_numpy() for name in sums}
    return communities.assign(town_name=communities["town_code"].map(towns), **columns)
