"""Tables without geometry: CSV in the encoding that is stated, and workbooks (XLSX)."""

from __future__ import annotations

import codecs
import csv
import itertools
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from geodata.errors import DataError
from geodata.importing.models import Source

MAX_ROWS = 3_000_000
MAX_COLUMNS = 2_000
MAX_CELLS = 20_000_000
_MAX_FIELD = 10_000_000
_EXCEL_ERRORS = ("#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#N/A")


def tidy_name(name: object) -> str:
    """Return the name of a column without line breaks, double spaces and full-width forms."""
    return " ".join(unicodedata.normalize("NFKC", str(name)).split())


def read_csv(path: Path, source: Source, where: str) -> pd.DataFrame:
    """Return a CSV file as texts; empty cells are missing.

    Raises
    ------
    DataError
        If it is not in the encoding, a row has another number of values than the header, a quote
        is not closed, or the table is bigger than the limits.
    """
    encoding = _codec(source.encoding or "utf-8-sig", where)
    csv.field_size_limit(_MAX_FIELD)
    try:
        with path.open(encoding=encoding, newline="") as file:
            rows = csv.reader(file, delimiter=source.delimiter, strict=True)
            return table_of(rows, source, path, where, ragged=True)
    except UnicodeError as error:
        stated = source.encoding or "UTF-8"
        raise DataError("import.wrong_encoding", where, value=path.name, stated=stated) from error
    except (csv.Error, OSError) as error:
        reason = str(error)
        raise DataError("import.unreadable", where, value=path.name, reason=reason) from error


def _codec(encoding: str, where: str) -> str:
    """Return the codec of an encoding of text; UTF-8 also takes a byte order mark."""
    try:
        found = codecs.lookup(encoding)
        if not found._is_text_encoding:
            raise LookupError
    except (LookupError, ValueError) as error:
        raise DataError("import.unknown_encoding", where, value=encoding) from error
    return "utf-8-sig" if found.name == "utf-8" else found.name


def read_sheet(path: Path, source: Source, where: str) -> pd.DataFrame:
    """Return a sheet of a workbook: numbers, texts, truth values and dates as Excel stores them.

    A cell with a formula gives the value that was stored with it.

    Raises
    ------
    DataError
        If there is no such sheet, several and none is named, a formula has no stored value, a cell
        shows an error of Excel, or the sheet is bigger than the limits.
    """
    try:
        workbook = open_workbook(path, data_only=True)
        try:
            name = _sheet_name(workbook.sheetnames, source, path, where)
            rows = workbook[name].iter_rows(values_only=True)
            frame = table_of(rows, source, path, where, ragged=False)
        finally:
            workbook.close()
        if _has_formulas(path):
            _check_formulas(path, name, frame, source, where)
    except DataError:
        raise
    # openpyxl lets through whatever its parsers and our archives raise.
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError("import.unreadable", where, value=path.name, reason=reason) from error
    return frame


def open_workbook(path: Path, *, data_only: bool) -> Any:
    """Return a workbook for reading row by row: stored values, or formulas."""
    import warnings

    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that we do not look at
        return openpyxl.load_workbook(path, read_only=True, data_only=data_only, keep_links=False)


def sheet_names(path: Path) -> list[str]:
    """Return the names of a workbook's sheets that hold cells."""
    workbook = open_workbook(path, data_only=True)
    try:
        return [sheet.title for sheet in workbook.worksheets]
    finally:
        workbook.close()


def _sheet_name(names: list[str], source: Source, path: Path, where: str) -> str:
    if source.sheet is not None:
        if source.sheet not in names:
            known = ", ".join(names)
            raise DataError("import.no_sheet", where, value=source.sheet, known=known)
        return source.sheet
    if len(names) != 1:
        raise DataError("import.which_sheet", where, value=path.name, known=", ".join(names))
    return names[0]


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if member.startswith("xl/worksheets/"):
                with archive.open(member) as file:
                    rest = b""
                    while chunk := file.read(1 << 20):
                        if b"<f>" in rest + chunk or b"<f " in rest + chunk:
                            return True
                        rest = chunk[-3:]
    return False


def _check_formulas(path: Path, name: str, frame: pd.DataFrame, source: Source, where: str) -> None:
    """Refuse formulas without a stored value: another program than Excel wrote the file."""
    workbook = open_workbook(path, data_only=False)
    try:
        rows = workbook[name].iter_rows(values_only=True)
        written = table_of(rows, source, path, where, ragged=False)
    finally:
        workbook.close()
    for column in frame.columns:
        formulas = written[column].map(lambda v: isinstance(v, str) and v.startswith("="))
        empty = formulas & frame[column].isna()
        if empty.any():
            row = int(empty.to_numpy().argmax()) + 1
            raise DataError("import.formula_without_value", where, row, column=str(column))


def table_of(
    rows: Iterable[Iterable[Any]], source: Source, path: Path, where: str, *, ragged: bool
) -> pd.DataFrame:
    """Return rows as a table; those that are empty from first to last cell are left out."""
    numbered = iter(rows)
    for _ in range(source.skip_rows):
        next(numbered, None)
    heads = [list(next(numbered, [])) for _ in range(source.header_rows)]
    names = _column_names(heads)
    if not any(names):
        raise DataError("import.empty_table", where, value=path.name)
    if len(names) > MAX_COLUMNS:
        raise DataError("import.too_big", where, value=path.name, limit=f"{MAX_COLUMNS:,} columns")
    kept = list(_rows(numbered, len(names), path, where, ragged=ragged))
    if not kept:
        raise DataError("import.empty_table", where, value=path.name)
    frame = pd.DataFrame(kept, columns=pd.Index(names, dtype=object), dtype=object)
    return frame.loc[:, [bool(name) for name in names]]


def _rows(
    rows: Iterator[Iterable[Any]], width: int, path: Path, where: str, *, ragged: bool
) -> Iterator[list[Any]]:
    most = min(MAX_ROWS, MAX_CELLS // max(width, 1))
    seen = 0
    for row in rows:
        cells = [None if cell == "" else cell for cell in itertools.islice(row, MAX_COLUMNS + 1)]
        if all(cell is None for cell in cells):
            continue
        seen += 1
        if seen > most:
            raise DataError("import.too_big", where, value=path.name, limit=f"{most:,} rows")
        more = [cell for cell in cells[width:] if cell is not None]
        if more or (ragged and len(cells) < width):
            raise DataError(
                "import.ragged_row", where, seen, value=path.name, found=len(cells), width=width
            )
        yield [*cells[:width], *[None] * (width - len(cells))]


def _column_names(heads: list[list[Any]]) -> list[str]:
    """Return a name for each column: of several rows, what stands above it, joined by ``/``.

    A merged cell holds its text in the first of its columns only: in all rows but the last, a text
    goes for the columns to its right up to the next one.
    """
    width = max((len(row) for row in heads), default=0)
    above: list[list[str]] = [[] for _ in range(width)]
    for level, row in enumerate(heads):
        last = ""
        for column in range(width):
            cell = row[column] if column < len(row) else None
            said = tidy_name(cell) if cell is not None else ""
            inherited = level + 1 < len(heads) and not said and _in_group(heads, level, column)
            last = said or (last if inherited else "")
            if last and (not above[column] or above[column][-1] != last):
                above[column].append(last)
    names = ["/".join(parts) for parts in above]
    while names and not names[-1]:
        names.pop()
    return names


def _in_group(heads: list[list[Any]], level: int, column: int) -> bool:
    """Return whether a lower row names the column: it then belongs to the group on its left."""
    return any(
        column < len(row) and row[column] is not None and str(row[column]).strip()
        for row in heads[level + 1 :]
    )


def excel_error(value: object) -> bool:
    """Return whether a cell shows an error of Excel, such as ``#REF!``."""
    return isinstance(value, str) and value in _EXCEL_ERRORS
