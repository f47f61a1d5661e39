"""The Region: many counties, each a complete city, of which only the list is in memory."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geodata.city import City, is_database, open_city, shown_name, stored_tables
from geodata.errors import DataError
from geodata.fingerprint import folder_fingerprint, tables_fingerprint
from geodata.layers import LAYERS
from geodata.region.near import counties_within
from geodata.region.stored import check_folders, holds_region, read_region

_COUNTS = ("communities", "residents", "candidates", "road_nodes")


@dataclass(frozen=True, repr=False, eq=False)
class Region:
    """Many counties, each a complete city; only their list is in memory.

    Make one with ``open_region``. A road belongs to the county where it begins; where it ends
    beyond the border, that node is in the county's nodes too, under the same id.

    Attributes
    ----------
    code
        Administrative code, such as ``"320000"``.
    name, name_en
        Name in Chinese and in English.
    sources
        Where the list of counties comes from.
    """

    code: str
    name: str
    name_en: str
    sources: Mapping[str, Any]
    _counties: gpd.GeoDataFrame = field(repr=False)
    _places: Mapping[str, str] = field(repr=False)

    @property
    def counties(self) -> gpd.GeoDataFrame:
        """The counties by code, in order of the codes, as a frame of its own.

        Columns: name, name_en, communities, residents (persons), candidates, road_nodes (each
        node counted in one county alone), geometry (boundary, degrees).
        """
        return self._counties.copy(deep=False)

    def place_of(self, code: str) -> str:
        """Return what ``open_city`` opens a county by: its folder, or its URL.

        Raises
        ------
        DataError
            If the region has no such county.
        """
        if code not in self._places:
            raise DataError("no_such_county", self.code, name=code, count=len(self._places))
        return self._places[code]

    def open_county(self, code: str) -> City:
        """Return a county, its layers checked.

        Raises
        ------
        DataError
            If the region has no such county, it cannot be read, anything is wrong with a layer, or
            the layers are of another county.
        """
        return open_place(self.place_of(code), code)

    def neighbours(self, code: str, metres: float) -> tuple[str, ...]:
        """Return the other counties within some metres of a county, by code, in order.

        Parameters
        ----------
        code
            The county.
        metres
            Distance between boundaries on the ellipsoid. None that lies within it is missing; one
            that lies a little farther, by some hundredths, may be among them.

        Raises
        ------
        DataError
            If the region has no such county, or the distance is no number of 0 or more.
        """
        self.place_of(code)
        if not (math.isfinite(metres) and metres >= 0):
            raise DataError("bad_metres", self.code, value=metres)
        position = int(self._counties.index.get_loc(code))
        near = counties_within(self._shapes, self._tree, position, float(metres))
        return tuple(self._counties.index[near])

    def fingerprint(self, code: str) -> str:
        """Return the SHA-256 of a county: of its files' bytes, or of its layers in a database.

        Nothing in the county is trusted yet: also one that cannot be opened has a fingerprint.

        Raises
        ------
        DataError
            If the region has no such county, or it cannot be read.
        """
        return place_fingerprint(self.place_of(code))

    @cached_property
    def _shapes(self) -> np.ndarray:
        return np.asarray(self._counties.geometry.array)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._shapes)

    def _totals(self) -> dict[str, int]:
        return {name: int(self._counties[name].sum()) for name in _COUNTS}

    def __repr__(self) -> str:
        """Return name and size."""
        totals = ", ".join(f"{count} {name}" for name, count in self._totals().items())
        return f"Region({self.name} {self.code}: {len(self._counties)} counties, {totals})"

    def _repr_html_(self) -> str:
        """Return name, a small picture of the counties and the totals, as notebooks show it."""
        picture = shapely.GeometryCollection(list(shapely.boundary(self._shapes)))
        sizes = {"counties": len(self._counties)} | self._totals()
        rows = "".join(f"<tr><td>{name}</td><td>{size}</td></tr>" for name, size in sizes.items())
        title = escape(f"{self.name} {self.name_en} ({self.code})")
        return (
            f"<h4>{title}</h4><div style='display:flex;gap:2em;align-items:start'>"
            f"{picture._repr_svg_()}<table>{rows}</table></div>"
        )


def open_place(place: str, code: str) -> City:
    """Return the county at a place: see ``Region.place_of`` and ``Region.open_county``."""
    city = open_named(place, code)
    if city.code != code:
        raise DataError("county_of_other_code", shown_name(place), key=code, found=city.code)
    return city


def open_named(place: str, county: str) -> City:
    """Return the city at a place; what is wrong with a layer names the county too."""
    try:
        return open_city(place)
    except DataError as error:
        findings = [
            replace(found, layer=f"{county}/{found.layer}") if found.layer in LAYERS else found
            for found in error.findings
        ]
        raise DataError.from_findings(findings) from error


def place_fingerprint(place: str) -> str:
    """Return the SHA-256 of the county at a place: see ``Region.fingerprint``."""
    if is_database(place):
        return tables_fingerprint(*stored_tables(place))
    if not Path(place).is_dir():
        raise DataError("no_such_city", name=place, known="-")
    return folder_fingerprint(Path(place))


def open_region(source: str | Path, *, complete: bool = True) -> Region:
    """Open a region: a folder with ``region.json``, or a schema in PostGIS.

    Only the list of counties is read, so that a country opens in a moment.

    Parameters
    ----------
    source
        Such as ``"my-province/"`` or ``"postgresql://user@host/planning?schema=my_province"``.
    complete
        Whether every county must be where the list says; else one that is not there is an error
        only when it is opened.

    Raises
    ------
    DataError
        If there is no such region, it cannot be read, anything is wrong with the list of counties,
        or a county is not where the list says.
    """
    folder = Path(source)
    note, table = read_region(folder)
    if complete:
        check_folders(folder, table)
    table = table.sort_values("code", kind="stable").set_index("code")
    return Region(
        code=note["code"],
        name=note["name"],
        name_en=note["name_en"],
        sources=dict(note.get("sources", {})),
        _counties=table.drop(columns="folder"),
        _places={code: str(folder / name) for code, name in table["folder"].items()},
    )


def is_region(source: str | Path) -> bool:
    """Return whether a region, not one city, is at a path: a folder with ``region.json``."""
    return not is_database(source) and holds_region(Path(source))
