"""The Region: many counties, each a complete city, of which only the list is in memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geodata.city import City, is_database, open_city, shown_name, stored_tables
from geodata.errors import DataError, without_secrets
from geodata.files import files_of_city
from geodata.fingerprint import folder_fingerprint, tables_fingerprint
from geodata.layers import LAYERS
from geodata.region.near import counties_within
from geodata.region.stored import (
    FOLDER,
    check_counties,
    check_places,
    holds_region,
    read_region,
    write_region,
)

_Stored = tuple[dict[str, Any], gpd.GeoDataFrame, dict[str, str]]
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
        """Return what ``open_city`` opens a county by: its folder, or its URL with its password.

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

    def save(
        self,
        target: str | Path,
        *,
        viewers: str | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> None:
        """Write the region to a folder, or to PostGIS; one county after the other is in memory.

        Each county is replaced as a whole, or left as it was if anything goes wrong; the list
        comes last. In PostGIS the schema of a county is that of the region with ``_`` and the
        county's code behind it. Counties that the region does not have are left alone.

        Parameters
        ----------
        target
            A folder, or the URL of a database with the schema to keep the list in, such as
            ``"postgresql://user@host/planning?schema=my_province"``.
        viewers
            Role of the database that may read the region, beside those that may already.
        progress
            Told how many counties of how many are written.

        Raises
        ------
        DataError
            If a county cannot be opened, or it cannot be written there.
        """
        if not is_database(target) and (viewers is not None or "://" in str(target)):
            code = "postgis_bad_url" if viewers is None else "viewers_of_file"
            raise DataError(code, without_secrets(str(target)))
        places = _new_places(target, list(self._counties.index))
        for done, (code, (_, place)) in enumerate(places.items(), start=1):
            self.open_county(code).save(place, viewers=viewers)
            if progress is not None:
                progress(done, len(places))
        names = [name for name, _ in places.values()]
        table = self._counties.reset_index()
        note = {name: getattr(self, name) for name in ("code", "name", "name_en")}
        note["sources"] = dict(self.sources)
        if is_database(target):
            from geodata.postgis import write_region as write_schema

            write_schema(table.assign(schema=names), note, str(target), viewers=viewers)
        else:
            write_region(Path(target), note, table.assign(folder=names))

    def lacking(self) -> dict[str, tuple[str, ...]]:
        """Return by county the layers that it has no file or table of, also optional ones.

        No county is opened; one that is not there at all lacks every layer.

        Raises
        ------
        DataError
            If the database cannot be reached.
        """
        there = _layers_there(self._places)
        return {
            code: tuple(name for name in LAYERS if name not in there[code]) for code in self._places
        }

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


def _new_places(target: str | Path, codes: list[str]) -> dict[str, tuple[str, str]]:
    """Return by county the name of its folder or schema at a place, and its path or URL."""
    if not is_database(target):
        names = {code: f"{FOLDER}/{code}" for code in codes}
        return {code: (name, str(Path(target) / name)) for code, name in names.items()}
    from geodata.postgis import Address

    address = Address.parse(str(target))
    names = {code: f"{address.schema}_{code}" for code in codes}
    return {code: (name, address.beside(name)) for code, name in names.items()}


def _layers_there(places: Mapping[str, str]) -> dict[str, set[str]]:
    """Return by county the names of the files or tables that there are."""
    if any(map(is_database, places.values())):
        from geodata.postgis import tables_by_schema

        return tables_by_schema(places)
    folders = {code: Path(place) for code, place in places.items()}
    return {
        code: {Path(name).stem for name in files_of_city(folder)} if folder.is_dir() else set()
        for code, folder in folders.items()
    }


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

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from geodata import index_region, open_city
    >>> with TemporaryDirectory() as folder:
    ...     open_city("taicang").save(Path(folder) / "counties" / "320585")
    ...     _ = index_region(folder, code="320500", name="苏州市", name_en="Suzhou")
    ...     region = open_region(folder)
    >>> region.neighbours("320585", 10_000)
    ()
    >>> int(region.counties["communities"]["320585"])
    160
    """
    note, table, places = (_in_database if is_database(source) else _in_folder)(source, complete)
    table = table.sort_values("code", kind="stable").set_index("code")
    return Region(
        code=note["code"],
        name=note["name"],
        name_en=note["name_en"],
        sources=dict(note.get("sources", {})),
        _counties=table.drop(columns="folder"),
        _places=places,
    )


def _in_folder(source: str | Path, complete: bool) -> _Stored:
    folder = Path(source)
    note, table = read_region(folder)
    if complete:
        check_places(table, lambda name: (folder / name).is_dir())
    return note, table, {row.code: str(folder / row.folder) for row in table.itertuples()}


def _in_database(source: str | Path, complete: bool) -> _Stored:
    from geodata.postgis import Address
    from geodata.postgis import read_region as read_schema

    address = Address.parse(str(source))
    note, stored, cities = read_schema(str(source))
    table = check_counties(stored.rename(columns={"schema": "folder"}))
    if complete:
        check_places(table, set(cities).__contains__, "no_county_schema")
    return note, table, {row.code: address.beside(row.folder) for row in table.itertuples()}


def is_region(source: str | Path) -> bool:
    """Return whether a region, not one city, is there: a folder with ``region.json``, or a schema.

    Raises
    ------
    DataError
        If the database cannot be reached.
    """
    if is_database(source):
        from geodata.postgis import holds_region as schema_holds_region

        return schema_holds_region(str(source))
    return holds_region(Path(source))
