"""A first look at files: their tables, encodings, headers and a sample of rows."""

from __future__ import annotations

import csv
import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geodata.errors import DataError
from geodata.importing.models import Source
from geodata.importing.paths import kind_of
from geodata.importing.tables import open_workbook, read_csv, sheet_names, table_of
from geodata.importing.vectors import layer_names, read_vectors

_LOOK_BYTES = 4_000_000
_LOOK_ROWS = 5_000
_HEAD_ROWS = 20
_DELIMITERS = (",", "\t", ";", "|")


@dataclass(frozen=True)
class Sample:
    """A table as it was looked at.

    Attributes
    ----------
    path, kind
        The file and its format.
    source
        How it was read: what the mapping has to say.
    frame
        Its rows, at most some thousands; None for OpenStreetMap.
    notes
        What was found out on the way: keys of the catalogue and their values.
    """

    path: Path
    kind: str
    source: Source
    frame: pd.DataFrame | None
    notes: list[tuple[str, dict[str, object]]] = field(default_factory=list)


def look_at(path: Path) -> list[Sample]:
    """Return a sample of each table in a file.

    Raises
    ------
    DataError
        If the file cannot be read.
    """
    where = path.name
    if not path.is_file():
        raise DataError("no_such_file", str(path))
    kind = kind_of(path, where)
    source = Source(file=path.name)
    if kind == "csv":
        return [_look_at_csv(path, source, where)]
    if kind == "xlsx":
        try:
            names = sheet_names(path)
        except Exception as error:
            raise DataError(
                "import.unreadable", where, value=path.name, reason=_said(error)
            ) from error
        samples = [_look_at_sheet(path, replace_source(source, sheet=n), where) for n in names]
        return [sample for sample in samples if sample is not None]
    if kind == "osm":
        return [Sample(path, kind, source, None)]
    if kind in ("geopackage", "kml"):
        try:
            names = layer_names(path)
        except Exception as error:
            raise DataError(
                "import.unreadable", where, value=path.name, reason=_said(error)
            ) from error
        many = len(names) > 1
        sources = [replace_source(source, table=n) if many else source for n in names]
        return [Sample(path, kind, s, read_vectors(path, kind, s, where)) for s in sources]
    if kind == "shapefile":
        return [_look_at_shapefile(path, source, where)]
    return [Sample(path, kind, source, read_vectors(path, kind, source, where))]


def _said(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def replace_source(source: Source, **changes: Any) -> Source:
    """Return a source with some statements changed."""
    return source.model_copy(update=changes)


def guess_encoding(data: bytes) -> tuple[str, str]:
    """Return the encoding of a text and how sure that is: sure, likely or unsure.

    Examples
    --------
    >>> guess_encoding("名称,人口".encode("gb18030"))
    ('GB18030', 'likely')
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16", "sure"
    if _decodes(data, "utf-8") is not None:
        return "UTF-8", "sure"
    found = {}
    for encoding in ("gb18030", "big5"):
        text = _decodes(data, encoding)
        chinese = [c for c in text or "" if c > "\u2e80"]
        if chinese:
            found[encoding] = sum(_common(c) for c in chinese) / len(chinese)
    if found and max(found.values()) > 0.7:
        return max(found, key=lambda e: found[e]).upper(), "likely"
    return "GB18030", "unsure"


def _decodes(data: bytes, encoding: str) -> str | None:
    """Return the text, the end of which may be cut within a character."""
    for cut in range(4):
        try:
            return data[: len(data) - cut].decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(data) - 8 - cut:
                return None
    return None


def _common(character: str) -> bool:
    """Return whether a character is among the 3,755 commonest of GB 2312, or punctuation."""
    try:
        return b"\xa1" <= character.encode("gb2312")[:1] <= b"\xd7"
    except UnicodeEncodeError:
        return False


def _look_at_csv(path: Path, source: Source, where: str) -> Sample:
    with path.open("rb") as file:
        data = file.read(_LOOK_BYTES)
    encoding, sure = guess_encoding(data)
    notes: list[tuple[str, dict[str, object]]] = []
    if encoding != "UTF-8":
        stated = encoding if sure != "unsure" else f"? {encoding}"
        source = replace_source(source, encoding=stated)
        notes.append((f"encoding_{sure}", {"encoding": encoding}))
    codec = "utf-8-sig" if encoding == "UTF-8" else encoding
    lines = data.decode(codec, "replace").splitlines()[:_HEAD_ROWS]
    counts = {d: max((line.count(d) for line in lines), default=0) for d in _DELIMITERS}
    delimiter = max(counts, key=lambda d: counts[d])
    if delimiter != "," and counts[delimiter]:
        source = replace_source(source, delimiter=delimiter)
        notes.append(("delimiter", {"delimiter": repr(delimiter)}))
    try:
        rows = list(csv.reader(lines, delimiter=source.delimiter))
    except csv.Error:
        rows = []
    source, said = _header(source, [[c or None for c in row] for row in rows])
    readable = replace_source(source, encoding=encoding)
    return Sample(path, "csv", source, read_csv(path, readable, where), notes + said)


def _look_at_sheet(path: Path, source: Source, where: str) -> Sample | None:
    try:
        workbook = open_workbook(path, data_only=True)
        try:
            rows = workbook[source.sheet].iter_rows(values_only=True, max_row=_LOOK_ROWS)
            kept = [list(row) for row in rows]
        finally:
            workbook.close()
    except Exception as error:
        raise DataError("import.unreadable", where, value=path.name, reason=_said(error)) from error
    if not any(cell is not None for row in kept for cell in row):
        return None
    source, notes = _header(source, kept[:_HEAD_ROWS])
    try:
        frame = table_of(itertools.chain(kept), source, path, where, ragged=False)
    except DataError:
        return None
    return Sample(path, "xlsx", source, frame, notes)


def _header(
    source: Source, rows: list[list[Any]]
) -> tuple[Source, list[tuple[str, dict[str, object]]]]:
    """Return the source with the rows of its header, and what was found."""
    filled = [[cell for cell in row if cell is not None and str(cell).strip()] for row in rows]
    first = next((i for i, cells in enumerate(filled) if len(cells) >= 2), 0)
    notes: list[tuple[str, dict[str, object]]] = []
    if first:
        source = replace_source(source, skip_rows=first)
        notes.append(("skip_rows", {"count": first}))
    if first + 2 < len(rows) and _goes_on(rows, filled, first):
        source = replace_source(source, header_rows=2)
        notes.append(("header_rows", {"count": 2}))
    return source, notes


def _goes_on(rows: list[list[Any]], filled: list[list[Any]], first: int) -> bool:
    """Return whether a second row of the header names the parts of merged cells above it."""
    head, below = rows[first], rows[first + 1]
    gaps = [i for i, cell in enumerate(head) if cell is None]
    texts = all(isinstance(cell, str) and not _numeric(cell) for cell in filled[first + 1])
    named = any(i < len(below) and below[i] is not None for i in gaps)
    return bool(gaps and filled[first + 1] and texts and named)


def _numeric(cell: str) -> bool:
    return cell.strip().lstrip("+-").replace(".", "", 1).replace(",", "").isdigit()


def _look_at_shapefile(path: Path, source: Source, where: str) -> Sample:
    notes: list[tuple[str, dict[str, object]]] = []
    try:
        frame = read_vectors(path, "shapefile", source, where)
        return Sample(path, "shapefile", source, frame)
    except DataError as error:
        if error.findings[0].code != "import.shapefile_encoding":
            raise
    words = next(p for p in (path.with_suffix(".dbf"), path.with_suffix(".DBF")) if p.is_file())
    encoding, sure = guess_encoding(_words_of_dbf(words))
    stated = encoding if sure != "unsure" else f"? {encoding}"
    notes.append((f"encoding_{sure}", {"encoding": encoding}))
    frame = read_vectors(path, "shapefile", replace_source(source, encoding=encoding), where)
    return Sample(path, "shapefile", replace_source(source, encoding=stated), frame, notes)


def _words_of_dbf(path: Path) -> bytes:
    """Return what stands in a dBASE table, without its binary header."""
    with path.open("rb") as file:
        return file.read(_LOOK_BYTES)[32:].replace(b"\0", b" ")


def crs_of(sample: Sample) -> str | None:
    """Return the coordinate system that a file states, as EPSG code or name."""
    frame = sample.frame
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        return None
    code = frame.crs.to_epsg()
    return f"EPSG:{code}" if code else str(frame.crs.name)
