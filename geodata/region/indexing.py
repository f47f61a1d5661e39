"""The list of a region made from the counties that lie in its folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.city import City, stored_tables
from geodata.errors import DataError
from geodata.findings import Finding
from geodata.layers import LAYERS, ROAD_LAYERS
from geodata.region.joining import ROAD_FACTS, refuse_gaps
from geodata.region.ledger import Clash, Ledger, hashes
from geodata.region.region import Region, open_named, open_region
from geodata.region.stored import FOLDER, check_note, write_region

_KEYED = tuple(name for name, layer in LAYERS.items() if layer.key and name not in ROAD_LAYERS)
_LAYERS = (*_KEYED, *ROAD_LAYERS)
_ROAD_NODES, _ROAD_EDGES = (_LAYERS.index(name) for name in ROAD_LAYERS)
_TOLD = 20
"""How many clashes are looked up by name."""


def index_region(
    folder: str | Path,
    *,
    code: str,
    name: str,
    name_en: str,
    sources: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Region:
    """Return the region of the counties in a folder, having written the list of them.

    Each county is opened and checked by itself, and what must hold between counties is checked
    too: no key stands for two things, and what several hold of the roads is the same in all.
    Memory is that of one county, whatever their number; the keys wait on disk.

    Parameters
    ----------
    folder
        The region's; the counties are the folders in ``folder/counties``.
    code, name, name_en
        What to call the region.
    sources
        Where the list of counties comes from.
    progress
        Told how many counties of how many are done.

    Raises
    ------
    DataError
        If there are no counties, anything is wrong with one or between two, or the list cannot be
        written; what was there is then as before.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from geodata import open_city
    >>> with TemporaryDirectory() as folder:
    ...     open_city("taicang").save(Path(folder) / "counties" / "320585")
    ...     region = index_region(folder, code="320500", name="苏州市", name_en="Suzhou")
    ...     region.open_county("320585").name
    '太仓市'
    """
    folder = Path(folder)
    note = {"code": code, "name": name, "name_en": name_en, "sources": dict(sources or {})}
    check_note(note, str(folder))
    places = _places(folder)
    rows: list[gpd.GeoDataFrame] = []
    columns: dict[str, dict[str, pd.Index]] = {}
    with Ledger() as ledger:
        for place in places:
            city = open_named(str(place), place.name)
            rows.append(_row(city, f"{FOLDER}/{place.name}"))
            _refuse_second(rows)
            _note_keys(ledger, len(rows) - 1, city)
            for layer, frame in city.layers().items():
                columns.setdefault(layer, {})[city.code] = frame.columns
            if progress is not None:
                progress(len(rows), len(places))
        for layer, held in columns.items():
            refuse_gaps(LAYERS[layer], held)
        clashes, shares = ledger.settle(len(rows))
    table = pd.concat(rows, ignore_index=True)
    found = (_finding(clash, table, folder) for clash in clashes)
    findings = list(islice((one for one in found if one is not None), _TOLD))
    if findings:
        raise DataError.from_findings(findings)
    table["road_nodes"] = shares.get(_ROAD_NODES, 0)
    write_region(folder, note, table.sort_values("code", ignore_index=True).to_crs(4326))
    return open_region(folder)


def _places(folder: Path) -> list[Path]:
    """Return the folders of the counties, in order of their names."""
    home = folder / FOLDER
    found = home.iterdir() if "\0" not in str(folder) and home.is_dir() else []
    places = sorted(at for at in found if at.is_dir() and not at.name.startswith("."))
    if not places:
        raise DataError("no_counties", str(home))
    return places


def _row(city: City, folder: str) -> gpd.GeoDataFrame:
    boundary = city.boundary
    return gpd.GeoDataFrame(
        {
            "code": [city.code],
            "name": [city.name],
            "name_en": [city.name_en],
            "folder": [folder],
            "communities": [len(city.communities)],
            "residents": [int(city.settlements["residents"].sum())],
            "candidates": [len(city.candidates)],
            "road_nodes": [0],
        },
        geometry=[boundary.geometry.iloc[0]],
        crs=boundary.crs,
    )


def _refuse_second(rows: list[gpd.GeoDataFrame]) -> None:
    """Refuse a county with the code of an earlier one, or in another coordinate system."""
    first, new = rows[0], rows[-1]
    code = new["code"].iloc[0]
    for earlier in rows[:-1]:
        if earlier["code"].iloc[0] == code:
            one, other = earlier["folder"].iloc[0], new["folder"].iloc[0]
            raise DataError("county_twice", code, one=one, other=other)
    if new.crs != first.crs:
        raise DataError(
            "counties_in_two_systems",
            one=first["code"].iloc[0],
            one_epsg=first.crs.to_epsg(),
            other=code,
            other_epsg=new.crs.to_epsg(),
        )


def _note_keys(ledger: Ledger, county: int, city: City) -> None:
    """Enter every key of a county, with what must be the same where another county has it."""
    for number, layer in enumerate(_KEYED):
        frame = city.layers().get(layer)
        if frame is not None:
            keys = hashes(frame[LAYERS[layer].key or ""])
            # Nothing else may have the key: the county itself is what must be the same.
            ledger.enter(county, number, keys, np.full(len(keys), county, np.uint64))
    if city.roads is None:
        return
    roads, shape = city.roads, city.boundary.geometry.iloc[0]
    shapely.prepare(shape)
    places = pd.DataFrame({"lon": roads.lon, "lat": roads.lat})
    inside = shapely.contains_xy(shape, roads.lon, roads.lat)
    ledger.enter(county, _ROAD_NODES, hashes(pd.Series(roads.node_ids)), hashes(places), inside)
    courses = pd.DataFrame(
        {
            "from_node": roads.node_ids[roads.tails],
            "to_node": roads.node_ids[roads.heads],
            "line": shapely.to_wkb(roads.lines),
            **{name: getattr(roads, name) for name in ROAD_FACTS},
        }
    )
    ledger.enter(county, _ROAD_EDGES, hashes(pd.Series(roads.edge_ids)), hashes(courses))


def _finding(clash: Clash, table: pd.DataFrame, folder: Path) -> Finding | None:
    """Return what is wrong in two counties; None where two keys only looked the same."""
    layer = _LAYERS[clash.layer]
    column = LAYERS[layer].key or ""
    found = []
    for county in (clash.one, clash.other):
        stored, _ = stored_tables(folder / table["folder"].iloc[county])
        keys = stored[layer][column].astype(LAYERS[layer].schema.columns[column].dtype.type)
        found.append(keys[hashes(keys) == clash.key].iloc[0])
    if found[0] != found[1]:
        return None
    one, other = table["code"].iloc[[clash.one, clash.other]]
    values = {"column": column, "value": found[0], "one": one, "other": other}
    return Finding("key_in_two_counties", layer, values=values)
