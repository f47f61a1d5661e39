"""The new sites of a region by rank: each by the residents that it adds to those before it."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.distributed.settle import FOLDER


def ranked(folder: Path, settled: Collection[str], names: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Return the new sites by rank, with what each adds; those that add nobody are left out.

    The next site is always the one that adds most (Nemhauser, Wolsey and Fisher 1978); of equals
    the one whose id comes first.

    Parameters
    ----------
    folder
        Of the results.
    settled
        Codes of the counties whose tables are there.
    names
        Name of each county by code.

    Returns
    -------
    GeoDataFrame
        rank; site_id, county_code, county_name, action, name, form, town_name, community_code,
        community_name; cost_yuan; residents_gained, elderly_gained (persons; missing where ages are
        not known); minutes_before, minutes_after (mean of those gained); yuan_per_resident;
        yuan_so_far, residents_so_far (of this site and those before it); source; points.
    """
    places = [folder / FOLDER / code for code in sorted(settled)]
    gains = pd.concat(
        [pd.read_parquet(place / "gains.parquet") for place in places], ignore_index=True
    )
    added = {site: gains.loc[some] for site, some in _greedy(gains)}
    told = pd.DataFrame(
        {
            "residents_gained": [some["residents"].sum() for some in added.values()],
            "elderly_gained": [
                some["age_60_plus"].sum(skipna=False, min_count=1) for some in added.values()
            ],
            "minutes_before": [_mean(some, "minutes_before") for some in added.values()],
            "minutes_after": [_mean(some, "minutes") for some in added.values()],
        },
        index=pd.Index(added, name="site_id", dtype="str"),
    ).astype({"residents_gained": "int64", "elderly_gained": "Int64"})
    sites = pd.concat(
        [
            _sites(place, code, names[code])
            for place, code in zip(places, sorted(settled), strict=True)
        ],
        ignore_index=True,
    )
    table = sites.set_index("site_id").loc[told.index].join(told).reset_index()
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    table["yuan_per_resident"] = table["cost_yuan"] / table["residents_gained"]
    table["yuan_so_far"] = table["cost_yuan"].cumsum()
    table["residents_so_far"] = table["residents_gained"].cumsum()
    return table[[*table.columns.drop(["source", "geometry"]), "source", "geometry"]]


def _greedy(gains: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    """Yield sites by what they add, each with the rows of those whom it adds.

    What a site adds only falls as others are built: it is worked out anew only when the site stands
    first (Minoux 1978, "Accelerated greedy algorithms").
    """
    settlement, _ = pd.factorize(gains["settlement_id"])
    residents = gains["residents"].to_numpy(np.int64)
    rows = {str(site): some for site, some in gains.groupby("site_id").indices.items()}
    served = np.zeros(settlement.max(initial=-1) + 1, bool)
    heap = [(-int(residents[some].sum()), site) for site, some in rows.items()]
    heapq.heapify(heap)
    while heap:
        _, site = heapq.heappop(heap)
        some = rows[site][~served[settlement[rows[site]]]]
        adds = -int(residents[some].sum())
        if heap and (adds, site) > heap[0]:
            heapq.heappush(heap, (adds, site))
        elif adds < 0:
            served[settlement[some]] = True
            yield site, some


def _mean(some: pd.DataFrame, minutes: str) -> float:
    """Return the mean over residents whose minutes are known; NaN if none are."""
    known = some[some[minutes].notna()]
    return float(np.average(known[minutes], weights=known["residents"])) if len(known) else np.nan


def _sites(place: Path, county: str, name: str) -> gpd.GeoDataFrame:
    """Return the new sites of a county with the names of where they lie."""
    sites = gpd.read_parquet(place / "new_sites.parquet")
    columns = ["code", "name", "town_name"]
    communities = pd.read_parquet(place / "communities.parquet", columns=columns).set_index("code")
    home = communities.loc[sites["community_code"]]
    community = home["name"].to_numpy()
    return gpd.GeoDataFrame(
        {
            "site_id": sites["site_id"],
            "county_code": county,
            "county_name": name,
            "action": "new_" + sites["form"].astype("str"),
            "name": sites["name"].where(sites["name"].notna(), community),
            "form": sites["form"],
            "town_name": home["town_name"].to_numpy(),
            "community_code": sites["community_code"],
            "community_name": community,
            "cost_yuan": sites["cost_yuan"].astype(float),
            "source": sites["source"],
        },
        geometry=sites.geometry,
    )
