"""The City: what is on the ground, as an immutable bundle of layers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any
from weakref import WeakValueDictionary

import geopandas as gpd
import pandas as pd
import shapely

from geodata.errors import DataError, without_secrets
from geodata.files import read_tables, write_tables
from geodata.layers import LAYERS, ROAD_LAYERS
from geodata.quality import inspect_tables
from geodata.roads import RoadNetwork

_EMBEDDED = files("geodata") / "cities"
_DATABASE = re.compile(r"\s*postg\w*(\+\w+)?:", re.IGNORECASE)


@dataclass(frozen=True, repr=False, eq=False)
class City:
    """What is on the ground in one city: its layers, roads and where each comes from.

    Make one with ``open_city`` or ``City.from_tables``, which check the layers. Each layer is an
    attribute (``city.halls``) and comes as a frame of its own: changing it does not change the
    city.

    Attributes
    ----------
    code
        Administrative code, such as ``"320585"``.
    name, name_en
        Name in Chinese and in English.
    sources
        Where each layer comes from: layer -> its provenance as the data say it.
    roads
        The road network, or None.
    """

    code: str
    name: str
    name_en: str
    sources: Mapping[str, Any]
    roads: RoadNetwork | None
    _layers: Mapping[str, pd.DataFrame] = field(repr=False)

    @classmethod
    def from_tables(
        cls, tables: Mapping[str, pd.DataFrame], sources: Mapping[str, Any] | None = None
    ) -> City:
        """Return the city that checked tables make.

        Parameters
        ----------
        tables
            Layer by name, with the columns that ``geodata.layers`` states; the road network as
            ``road_nodes`` and ``road_edges``.
        sources
            Provenance by layer.

        Raises
        ------
        DataError
            If anything is wrong with a layer; the text names layer, row and remedy.
        """
        sound, findings = inspect_tables(tables)
        errors = [finding for finding in findings if finding.severity == "error"]
        if errors:
            raise DataError.from_findings(errors)
        return cls.from_inspected(sound, sources)

    @classmethod
    def from_inspected(
        cls,
        sound: Mapping[str, pd.DataFrame],
        sources: Mapping[str, object] | None = None,
        roads: RoadNetwork | None = None,
    ) -> City:
        """Make a city of layers that ``quality.inspect_tables`` returned without an error.

        Parameters
        ----------
        sound
            Layer by name, as ``inspect_tables`` returned them.
        sources
            Provenance by layer.
        roads
            The road network, if it is not among the layers.
        """
        place = sound["boundary"].iloc[0]
        if set(ROAD_LAYERS) <= set(sound):
            roads = RoadNetwork.from_tables(sound["road_nodes"], sound["road_edges"])
        return cls(
            code=place["code"],
            name=place["name"],
            name_en=place["name"] if pd.isna(place["name_en"]) else place["name_en"],
            sources=MappingProxyType(dict(sources or {})),
            roads=roads,
            _layers=MappingProxyType(
                {name: frame for name, frame in sound.items() if name not in ROAD_LAYERS}
            ),
        )

    @property
    def boundary(self) -> gpd.GeoDataFrame:
        """The city's boundary: one row."""
        return self._layer("boundary")

    @property
    def towns(self) -> gpd.GeoDataFrame:
        """Towns and districts (polygons)."""
        return self._layer("towns")

    @property
    def communities(self) -> gpd.GeoDataFrame:
        """Urban and rural communities (polygons)."""
        return self._layer("communities")

    @property
    def settlements(self) -> gpd.GeoDataFrame:
        """Where residents live: the demand (points)."""
        return self._layer("settlements")

    @property
    def halls(self) -> gpd.GeoDataFrame:
        """Service halls, stations and platforms of all tiers (points)."""
        return self._layer("halls")

    @property
    def workers(self) -> pd.DataFrame:
        """Posts of social workers by base hall and field."""
        return self._layer("workers")

    @property
    def organisations(self) -> gpd.GeoDataFrame:
        """Social organisations (points)."""
        return self._layer("organisations")

    @property
    def projects(self) -> pd.DataFrame:
        """Projects that the government buys from organisations."""
        return self._layer("projects")

    @property
    def candidates(self) -> gpd.GeoDataFrame:
        """Sites where a hall or station could be built (points)."""
        return self._layer("candidates")

    def _layer(self, name: str) -> pd.DataFrame:
        if name in self._layers:
            return self._layers[name].copy(deep=False)
        layer = LAYERS[name]
        empty = pd.DataFrame(columns=list(layer.schema.columns))
        return empty if layer.geometry is None else _without_rows(empty, self.boundary.crs)

    def layers(self) -> dict[str, pd.DataFrame]:
        """Return the layers that the city has, by name, without the roads."""
        return {name: self._layer(name) for name in self._layers}

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all layers that the city has, by name, roads included as two tables."""
        tables = self.layers()
        if self.roads is not None:
            tables |= dict(zip(ROAD_LAYERS, self.roads.to_tables(), strict=True))
        return tables

    def save(self, target: str | Path, *, viewers: str | None = None) -> None:
        """Write the city to a GeoPackage (``.gpkg``), a folder of GeoParquet, or PostGIS.

        What was there is replaced as a whole, or left as it was if anything goes wrong, also if
        this process is killed. Of two processes that save to one place at once, one gets an error.

        Parameters
        ----------
        target
            A path, or the URL of a database with the schema to keep the city in, such as
            ``"postgresql://user@host/planning?schema=taicang"``.
        viewers
            Role of the database that may read the city, beside those that may already.

        Raises
        ------
        DataError
            If it cannot be written there.
        """
        metadata = {
            "code": self.code,
            "name": self.name,
            "name_en": self.name_en,
            "sources": dict(self.sources),
        }
        if is_database(target):
            from geodata.postgis import write_city

            write_city(self.tables(), metadata, str(target), viewers=viewers)
        elif viewers is not None:
            raise DataError("viewers_of_file", without_secrets(str(target)))
        elif "://" in str(target):
            raise DataError("postgis_bad_url", without_secrets(str(target)))
        else:
            write_tables(self.tables(), metadata, Path(target))

    def __repr__(self) -> str:
        """Return name and size."""
        counts = ", ".join(f"{len(frame)} {name}" for name, frame in self._layers.items())
        return f"City({self.name} {self.code}: {counts})"

    def _repr_html_(self) -> str:
        """Return name, a small picture of towns and halls, and the layers, as notebooks show it."""
        picture = shapely.GeometryCollection([*self.towns.boundary, *self.halls.geometry])
        rows = [len(frame) for frame in self._layers.values()]
        real = [_shown_source(self.sources.get(name)) for name in self._layers]
        table = pd.DataFrame({"layer": list(self._layers), "rows": rows, "real columns": real})
        title = escape(f"{self.name} {self.name_en} ({self.code})")
        return (
            f"<h4>{title}</h4><div style='display:flex;gap:2em;align-items:start'>"
            f"{picture._repr_svg_()}{table.to_html(index=False, border=0)}</div>"
        )


def _shown_source(source: Any) -> str:
    """Return which columns of a layer are real, as its provenance says."""
    real = source.get("real") if isinstance(source, Mapping) else None
    return ", ".join(map(str, real)) if isinstance(real, list) else str(real or "")


def _without_rows(frame: pd.DataFrame, crs: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs=crs), crs=crs)


def embedded_cities() -> list[str]:
    """Return the names of the cities that come with the package."""
    return sorted(
        entry.name for entry in _EMBEDDED.iterdir() if (entry / "data" / "city.json").is_file()
    )


def is_database(name_or_path: str | Path) -> bool:
    """Return whether this is meant as the URL of a database rather than as a path."""
    return _DATABASE.match(str(name_or_path)) is not None


def short_name(name_or_path: str | Path) -> str:
    """Return what to call the output for a city: the end of its path, or its schema."""
    if is_database(name_or_path):
        from geodata.postgis import Address

        return Address.parse(str(name_or_path)).schema
    return Path(name_or_path).stem


def shown_name(name_or_path: str | Path) -> str:
    """Return a city's name, path or URL as it may be shown: without a password."""
    if is_database(name_or_path):
        from geodata.postgis import Address

        return Address.parse(str(name_or_path)).shown
    return without_secrets(str(name_or_path))


def locate_city(name_or_path: str | Path) -> Path:
    """Return where a city's files are: those of an embedded city by name, else the path.

    Raises
    ------
    DataError
        If there is neither an embedded city of this name nor anything at this path.
    """
    if str(name_or_path) in embedded_cities():
        return Path(str(_EMBEDDED / str(name_or_path) / "data"))
    path = Path(name_or_path)
    if "\0" in str(path) or not path.exists():
        known = ", ".join(embedded_cities())
        raise DataError("no_such_city", name=without_secrets(str(name_or_path)), known=known)
    return path


def stored_tables(name_or_path: str | Path) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return a city's layers as they are stored, not checked yet, and its metadata.

    Raises
    ------
    DataError
        If there is no such city, or it cannot be read.
    """
    if is_database(name_or_path):
        from geodata.postgis import read_city

        return read_city(str(name_or_path))
    return read_tables(locate_city(name_or_path))


_IN_USE: WeakValueDictionary[str, City] = WeakValueDictionary()
"""Embedded cities that are in use: they do not change, so each is read and checked once."""


def open_city(name_or_path: str | Path) -> City:
    """Open a city: an embedded one by name, a GeoPackage, a folder of GeoParquet, or PostGIS.

    Parameters
    ----------
    name_or_path
        Such as ``"taicang"``, ``"my-city.gpkg"``, ``"my-city/"`` or
        ``"postgresql://user@host/planning?schema=taicang"``.

    Raises
    ------
    DataError
        If there is no such city, it cannot be read, or anything is wrong with a layer.

    Examples
    --------
    >>> open_city("taicang").name
    '太仓市'
    """
    name = str(name_or_path)
    known = _IN_USE.get(name)
    if known is None:
        tables, metadata = stored_tables(name_or_path)
        known = City.from_tables(tables, metadata.get("sources"))
        if name in embedded_cities():
            _IN_USE[name] = known
    return known
