"""The second step: who of a county is served today, how well, and what its sites could change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from planner.accessibility import two_step_fca
from planner.allocation import nearest
from planner.coverage.access import Access, access, open_halls, service
from planner.distributed.around import Neighbourhood
from planner.distributed.margin import SEEN, Box
from planner.distributed.prepare import STAGE as PREPARED
from planner.distributed.prepare import in_cents
from planner.distributed.store import Store, key_of
from planner.of_city.accessibility import PER_RESIDENTS
from planner.standard import Standard

STAGE = "measured"
_OF_SETTLEMENTS = ["settlement_id", "community_code", "residents", "age_60_plus", "geometry"]
_OF_HALLS = [
    "hall_id", "name", "form", "community_code", "floor_area_m2", "visits_per_day_capacity",
    "geometry",
]  # fmt: skip


def measured_key(
    county: str, around: Sequence[tuple[str, str]], box: Box, standard: Mapping[str, Any]
) -> str:
    """Return the key of a county's measures: all that they depend on.

    Parameters
    ----------
    county
        Code of the county.
    around
        Code and key of the county itself and of those in its margin, sorted by code.
    box
        The county's box with its margin.
    standard
        As ``Standard.model_dump`` gives it.
    """
    return key_of(county=county, around=[list(pair) for pair in around], box=box, standard=standard)


def measure(
    county: str,
    around: Sequence[tuple[str, str]],
    box: Box,
    standard: Mapping[str, Any],
    folder: str,
) -> dict[str, Any]:
    """Measure coverage, accessibility and load of a county, and the reach of its sites.

    Parameters
    ----------
    county, around, box, standard
        As ``measured_key`` takes them.
    folder
        Of the results.

    Returns
    -------
    dict
        key; residents, served (persons); sites that would serve anyone new and what all of them
        would gain together, own residents and those of neighbours (persons).
    """
    store = Store(Path(folder))
    key = measured_key(county, around, box, standard)

    def make(place: Path) -> dict[str, Any]:
        places = [(code, store.place(PREPARED, code, known)) for code, known in around]
        return _measure(
            Neighbourhood(county, places, box), Standard.model_validate(standard), place
        )

    return {"county": county, "key": key, **store.result(STAGE, county, key, make)}


def _measure(neighbourhood: Neighbourhood, standard: Standard, place: Path) -> dict[str, Any]:
    city = neighbourhood.read()
    people = city.settlements.set_index("settlement_id", drop=False)
    halls = open_halls(city, "community")
    sites = city.candidates.set_index("site_id", drop=False)
    own = people["county"] == neighbourhood.county
    own_sites = (sites["county"] == neighbourhood.county).to_numpy()
    to_halls = access(city, standard, "community", halls, look_beyond=SEEN)
    to_sites = access(city, standard, "community", sites, look_beyond=SEEN)
    served = service(to_halls)
    table = people[_OF_SETTLEMENTS].assign(
        mode=served["mode"],
        limit_minutes=served["limit_minutes"],
        nearest_hall_id=served["supply_id"],
        minutes_before=served["minutes"],
        served_before=served["served"],
        m2_per_1000=_accessibility(to_halls, halls, people["residents"]),
    )
    _write(table[own], place / "settlements.parquet")
    loads = _loads(to_halls, halls, people["residents"], standard)
    _write(loads[(halls["county"] == neighbourhood.county)], place / "halls.parquet")
    waiting = (~served["served"] & (people["residents"] > 0)).to_numpy()
    reach, border = _reach(to_sites, people, sites, waiting, neighbourhood.county)
    reach.to_parquet(place / "reach.parquet", index=False, compression="zstd")
    border.to_parquet(place / "border.parquet", index=False, compression="zstd")
    _minutes(to_sites, own).to_parquet(place / "minutes.parquet", index=False, compression="zstd")
    useful = sites[own_sites & sites.index.isin(reach["site_id"])]
    _write(useful.drop(columns="county"), place / "sites.parquet")
    own_people = people["residents"][own]
    return {
        "residents": int(own_people.sum()),
        "served": int(own_people[served["served"][own]].sum()),
        "useful_sites": len(useful),
        "gain_of_all": int(reach.drop_duplicates("settlement_id")["residents"].sum()),
        "cost_of_all_cents": int(in_cents(useful["cost_yuan"]).sum()),
        "on_border": len(border),
        "approximate": city.roads is None,
    }


def _accessibility(to_halls: Access, halls: pd.DataFrame, residents: pd.Series) -> pd.Series:
    """Return floor area within reach per 1,000 residents (2SFCA)."""
    near = to_halls.travel.within(to_halls.minutes_allowed)
    area = halls["floor_area_m2"].astype(float).fillna(0.0)
    return two_step_fca(near, area, residents.astype(float), per=PER_RESIDENTS)


def _loads(
    to_halls: Access, halls: gpd.GeoDataFrame, residents: pd.Series, standard: Standard
) -> gpd.GeoDataFrame:
    """Return the halls with the visits a day of those to whom each is the nearest in time."""
    visits = residents.astype(float) * standard.visits.per_1000_residents_per_day / 1000
    near = to_halls.travel.within(to_halls.minutes_allowed)
    load = nearest(near, visits).loads["load"]
    return halls[_OF_HALLS].assign(visits_per_day=load.to_numpy())


def _reach(
    to_sites: Access,
    people: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    waiting: np.ndarray,
    county: str,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return whom the county's sites could newly serve, and what of it lies on the border.

    Returns
    -------
    reach
        A row per settlement that waits and site of the county within reach: settlement_id,
        residents, site_id, component. Sites that reach the same settlement are of one component, so
        that components have nothing to do with each other.
    border
        A row per component and settlement that lies in another county or is reached from there:
        component, settlement_id; sites, cost_cents (of the whole component).
    """
    within = to_sites.reach().tocoo()
    rows, columns = within.coords
    rows, columns = rows[waiting[rows]], columns[waiting[rows]]
    foreign_site = (sites["county"] != county).to_numpy()
    shared = (people["county"] != county).to_numpy(copy=True)
    shared[rows[foreign_site[columns]]] = True
    rows, columns = rows[~foreign_site[columns]], columns[~foreign_site[columns]]
    component = _components(rows, columns, len(sites))
    price = in_cents(sites["cost_yuan"])
    used = np.unique(columns)
    count = np.bincount(component[used], minlength=len(sites))
    cost = np.bincount(component[used], price[used], minlength=len(sites)).astype(np.int64)
    reach = pd.DataFrame(
        {
            "settlement_id": to_sites.travel.demand_ids[rows],
            "residents": people["residents"].to_numpy(np.int64)[rows],
            "site_id": to_sites.travel.supply_ids[columns],
            "component": component[columns],
        }
    )
    border = reach.loc[shared[rows], ["component", "settlement_id"]].drop_duplicates()
    sizes = {"sites": count, "cost_cents": cost}
    return reach, border.assign(**{n: size[border["component"]] for n, size in sizes.items()})


def _components(rows: np.ndarray, columns: np.ndarray, sites: int) -> np.ndarray:
    """Return the component of each site: those that share a row have the same."""
    height = int(rows.max(initial=-1)) + 1
    links = coo_array((np.ones(len(rows)), (columns, sites + rows)), shape=(sites + height,) * 2)
    _, component = connected_components(links, directed=False)
    return np.asarray(component[:sites], np.int64)


def _minutes(to_sites: Access, own: pd.Series) -> pd.DataFrame:
    """Return the minutes from the county's own settlements to all sites that are seen."""
    times = to_sites.travel.select_demand(own.index[own])
    frame = times.to_frame()
    return frame.rename(
        columns={"from_id": "settlement_id", "to_id": "site_id", "travel_time": "minutes"}
    )


def _write(frame: gpd.GeoDataFrame, file: Path) -> None:
    frame.to_parquet(file, index=False, compression="zstd")
