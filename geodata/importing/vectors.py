"""Files with geometry: Shapefile, GeoJSON, GeoPackage, KML, GeoParquet, places of OpenStreetMap."""

from __future__ import annotations

import codecs
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from geodata.errors import DataError
from geodata.importing.models import LayerMapping, Source
from geodata.importing.paths import MAX_UNPACKED_BYTES
from geodata.importing.tables import MAX_COLUMNS, MAX_ROWS

_DRIVERS = {
    "shapefile": ("ESRI Shapefile",),
    "geojson": ("GeoJSON",),
    "geopackage": ("GPKG",),
    "kml": ("LIBKML", "KML"),
}
_WRONG = (
    DataSourceError,
    DataLayerError,
    pa.ArrowException,
    shapely.errors.GEOSException,
    OSError,
    ValueError,
    RuntimeError,
    KeyError,
    NameError,  # pyogrio meets one where a coordinate system is not text
)


def read_vectors(path: Path, kind: str, source: Source, where: str) -> pd.DataFrame:
    """Return a layer of a file; a GeoDataFrame where it has geometry.

    Raises
    ------
    DataError
        If the file cannot be read whole, or does not say which layer or encoding it is.
    """
    try:
        if kind == "parquet":
            return _read_parquet(path, where)
        return _read_ogr(path, kind, source, where)
    except UnicodeError as error:
        stated = source.encoding or "UTF-8"
        raise DataError("import.wrong_encoding", where, value=path.name, stated=stated) from error
    except _WRONG as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        reason = reason.replace(str(path.parent) + "/", "")
        raise DataError("import.unreadable", where, value=path.name, reason=reason) from error


def _read_parquet(path: Path, where: str) -> pd.DataFrame:
    stored = pq.ParquetFile(path)
    if stored.metadata.num_rows > MAX_ROWS or stored.metadata.num_columns > MAX_COLUMNS:
        raise DataError("import.too_big", where, value=path.name, limit=f"{MAX_ROWS:,} rows")
    unpacked = sum(
        stored.metadata.row_group(i).total_byte_size for i in range(stored.num_row_groups)
    )
    if unpacked > MAX_UNPACKED_BYTES:
        said = f"{unpacked / 1e6:,.0f} MB"
        raise DataError("import.unpacks_too_big", where, value=path.name, unpacked=said)
    spatial = b"geo" in (stored.schema_arrow.metadata or {})
    return gpd.read_parquet(path) if spatial else pd.read_parquet(path)


def layer_names(path: Path) -> list[str]:
    """Return the names of the layers of a file."""
    return [str(name) for name, _ in pyogrio.list_layers(path)]


def _read_ogr(path: Path, kind: str, source: Source, where: str) -> pd.DataFrame:
    if kind == "shapefile":
        _check_companions(path, where)
        _check_whole(path, where)
    names = layer_names(path)
    table = _table(names, source, path, where) if kind in ("geopackage", "kml") else names[0]
    options: dict[str, Any] = {}
    if kind == "shapefile":
        options["encoding"] = _shapefile_encoding(path, source, where)
    info = pyogrio.read_info(path, layer=table, **options)
    if info["driver"] not in _DRIVERS[kind]:
        raise DataError("import.not_what_it_says", where, value=path.name, kind=path.suffix)
    if info["features"] > MAX_ROWS or len(info["fields"]) > MAX_COLUMNS:
        raise DataError("import.too_big", where, value=path.name, limit=f"{MAX_ROWS:,} rows")
    if info["features"] == 0:
        raise DataError("import.empty_table", where, value=path.name)
    frame = pyogrio.read_dataframe(path, layer=table, on_invalid="raise", **options)
    if kind == "geojson" and len(frame) == 0:
        raise DataError("import.empty_table", where, value=path.name)
    return frame


def _table(names: list[str], source: Source, path: Path, where: str) -> str:
    if source.table is not None:
        if source.table not in names:
            known = ", ".join(names)
            raise DataError("import.no_table", where, value=source.table, known=known)
        return source.table
    if len(names) != 1:
        raise DataError("import.which_table", where, value=path.name, known=", ".join(names))
    return names[0]


def _companion(path: Path, suffix: str) -> Path | None:
    for name in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if name.is_file():
            return name
    return None


def _check_companions(path: Path, where: str) -> None:
    for suffix in (".dbf", ".shx"):
        if _companion(path, suffix) is None:
            raise DataError("import.companion_missing", where, value=path.with_suffix(suffix).name)


def _check_whole(path: Path, where: str) -> None:
    """Refuse a Shapefile that is shorter than its headers say (its last shapes would be lost)."""
    words = _companion(path, ".dbf")
    with path.open("rb") as file:
        (length,) = struct.unpack(">I", file.read(28)[24:].ljust(4, b"\xff"))
    system = _companion(path, ".prj")
    if system is not None:
        try:
            system.read_bytes().decode()
        except UnicodeDecodeError as error:
            raise DataError(
                "import.unreadable", where, value=system.name, reason="UTF-8"
            ) from error
    stated = {path: 2 * length}
    if words is not None:
        with words.open("rb") as file:
            rows, head, row = struct.unpack("<IHH", file.read(12)[4:].ljust(8, b"\xff"))
        stated[words] = head + rows * row
    for part, size in stated.items():
        if part.stat().st_size < size:
            reason = f"{part.stat().st_size:,d} of {size:,d} bytes"
            raise DataError("import.unreadable", where, value=part.name, reason=reason)


def _shapefile_encoding(path: Path, source: Source, where: str) -> str:
    """Return the encoding of a Shapefile's words: as stated, of its ``.cpg``, or plain ASCII."""
    stated = source.encoding
    note = _companion(path, ".cpg")
    if stated is None and note is not None:
        stated = note.read_bytes()[:100].decode("ascii", "replace").strip()
        stated = f"cp{stated}" if stated.isdigit() else stated
    if stated is None:
        words = _companion(path, ".dbf")
        if words is not None and not words.read_bytes()[32:].isascii():
            raise DataError("import.shapefile_encoding", where, value=path.name)
        return "UTF-8"
    try:
        name = codecs.lookup(stated.replace("ANSI ", "cp")).name
    except LookupError as error:
        raise DataError("import.unknown_encoding", where, value=stated) from error
    # GB18030 reads all that GBK does.
    return "gb18030" if name in ("gbk", "gb2312", "cp936") else name


def read_places(path: Path, mapping: LayerMapping, shape: str, where: str) -> gpd.GeoDataFrame:
    """Return the places of an OpenStreetMap file that have the tags which a mapping asks for.

    Parameters
    ----------
    path
        An extract.
    mapping
        Its ``tags`` say which places; columns are the tags that it names, and ``@id`` (``n``, ``w``
        or ``r`` and the number).
    shape
        ``"point"`` (areas give a point within) or ``"polygon"`` (areas alone).
    where
        The layer, for an error.
    """
    import osmium

    wanted = {key: _words(words) for key, words in mapping.tags.items()}
    keys = mapping.file_columns() | {*mapping.leave_out}
    rows: list[dict[str, object]] = []
    shapes: list[object] = []
    factory = osmium.geom.WKBFactory()
    try:
        objects: Any = osmium.FileProcessor(str(path)).with_areas(
            *[osmium.filter.KeyFilter(key) for key in list(wanted)[:1]]
        )
        for thing in objects.with_filter(osmium.filter.KeyFilter(*list(wanted)[:1])):
            kind = thing.type_str()
            if kind not in ("n", "a") or not _has(thing.tags, wanted):
                continue
            if kind == "n" and shape == "point" and thing.location.valid():
                shapes.append(shapely.Point(thing.location.lon, thing.location.lat))
                named = f"n{thing.id}"
            elif kind == "a":
                area = shapely.from_wkb(factory.create_multipolygon(thing))
                shapes.append(area.representative_point() if shape == "point" else area)
                named = f"{'w' if thing.from_way() else 'r'}{thing.orig_id()}"
            else:
                continue
            tags = {key: thing.tags.get(key) for key in keys if key != "@id"}
            rows.append({"@id": named, **tags})
            if len(rows) > MAX_ROWS:
                raise DataError("import.too_big", where, value=path.name, limit=f"{MAX_ROWS:,}")
    except (*_WRONG, osmium.InvalidLocationError) as error:
        reason = str(error).replace(str(path), path.name)
        raise DataError("import.unreadable", where, value=path.name, reason=reason) from error
    if not rows:
        said = json.dumps(mapping.tags, ensure_ascii=False)
        raise DataError("import.no_places", where, value=path.name, tags=said)
    frame = pd.DataFrame(rows, dtype=object)
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=4326)


def _words(words: str | list[str]) -> frozenset[str]:
    return frozenset([words] if isinstance(words, str) else words)


def _has(tags: Any, wanted: Mapping[str, frozenset[str]]) -> bool:
    """Return whether tags have one of the wanted values under every wanted key."""
    for key, words in wanted.items():
        value = tags.get(key)
        if value is None or ("*" not in words and value not in words):
            return False
    return True
