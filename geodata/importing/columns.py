"""The columns of one layer, from the file's names, words and units to the planner's."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pandas as pd

from geodata.errors import DataError
from geodata.findings import Finding
from geodata.importing import numbers
from geodata.importing.escaping import unquoted
from geodata.importing.models import LayerMapping
from geodata.importing.numbers import NotUnderstoodError
from geodata.importing.tables import excel_error, tidy_name
from geodata.importing.units import UNITS, factor, unit_kind
from geodata.layers import SEPARATOR, Layer

MOST_FINDINGS = 100
_SHOWN_CHARACTERS = 60


@dataclass
class Columns:
    """What becomes of a file's columns.

    Attributes
    ----------
    frame
        The planner's columns, without geometry.
    findings
        What was not understood, row by row, and what was left empty or out.
    """

    frame: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)


def find_column(frame: pd.DataFrame, name: str, where: str) -> str:
    """Return the column of a file that a mapping names, exactly or but for blanks and width.

    Raises
    ------
    DataError
        If there is none, or several have that name.
    """
    names = [str(column) for column in frame.columns]
    matches = [column for column in names if column == name]
    if not matches:
        matches = [column for column in names if tidy_name(column) == tidy_name(name)]
    if len(matches) > 1:
        raise DataError("import.column_twice", where, column=name)
    if not matches:
        near = difflib.get_close_matches(name, names, n=3) or names[:12]
        raise DataError("import.no_column", where, column=name, known=", ".join(near))
    return matches[0]


def without_left_out(
    frame: pd.DataFrame, leave_out: Mapping[str, Sequence[str]], file: str, where: str
) -> pd.DataFrame:
    """Return the rows that the mapping does not leave out, such as totals."""
    for name, words in leave_out.items():
        column = find_column(frame, name, where)
        unwanted = {numbers.plain(word) for word in words}
        said = frame[column].map(lambda cell: numbers.plain(str(cell)))
        frame = frame[~said.isin(unwanted)]
    if len(frame) == 0:
        raise DataError("import.empty_table", where, value=file)
    return frame.reset_index(drop=True)


def planner_columns(
    frame: pd.DataFrame,
    mapping: LayerMapping,
    layer: Layer,
    where: str,
    linked: Mapping[str, pd.Series] | None = None,
) -> Columns:
    """Return the planner's columns of a layer.

    Parameters
    ----------
    frame
        The file's table.
    mapping
        What its columns mean.
    layer
        The layer it becomes.
    where
        Layer and file, for messages.
    linked
        Columns that links have filled.

    Raises
    ------
    DataError
        If a column of the file is missing, or a unit does not fit its column.
    """
    made = Columns(pd.DataFrame(index=range(len(frame))))
    series: dict[str, pd.Series] = dict(linked or {})
    for target, name in {**mapping.columns, **mapping.extra_columns}.items():
        cells = frame[find_column(frame, name, where)].reset_index(drop=True)
        series[target] = _column(cells, target, name, mapping, layer, made, where)
    for target, value in mapping.constants.items():
        series[target] = pd.Series([value] * len(frame), dtype=object)
    for target, prefix in mapping.numbered.items():
        series[target] = pd.Series([f"{prefix}{i}" for i in range(1, len(frame) + 1)], dtype=object)
    for target, first in mapping.first_digits.items():
        if first.of in series:
            digits = series[first.of].astype(object)
        else:
            cells = frame[find_column(frame, first.of, where)].reset_index(drop=True)
            digits = _column(cells, layer.key or target, first.of, mapping, layer, made, where)
        series[target] = digits.map(lambda c, n=first.count: c[:n] if isinstance(c, str) else c)
    later = [column for columns in mapping.joined().values() for column in columns]
    empty = [
        column
        for column, rule in layer.schema.columns.items()
        if column not in (*series, *later) and rule.nullable and rule.required
    ]
    for column in empty:
        series[column] = pd.Series([None] * len(frame), dtype=object)
    if empty and not mapping.exact:
        values = {"columns": ", ".join(empty)}
        made.findings.append(Finding("import.left_empty", where, values=values))
    made.frame = pd.DataFrame(series, index=range(len(frame)))
    return made


def _column(
    cells: pd.Series,
    target: str,
    name: str,
    mapping: LayerMapping,
    layer: Layer,
    made: Columns,
    where: str,
) -> pd.Series:
    kind = column_kind(layer, mapping, target)
    understand = _reader(kind, target, mapping, where)
    if mapping.exact and _as_stored(cells, kind):
        return _simplest(cells)
    nulls = {numbers.plain(word) for word in mapping.nulls}
    values: list[object] = []
    known: dict[object, object] = {}
    wrong = 0
    for row, cell in enumerate(cells.tolist(), 1):
        if numbers.is_missing(cell):
            values.append(None)
            continue
        native = numbers.native(cell)
        token = (type(native), native) if isinstance(native, str | int | float | bool) else None
        if token is not None and token in known:
            values.append(known[token])
            continue
        try:
            value = _cell(native, understand, nulls, exact=mapping.exact)
            if token is not None:
                known[token] = value
        except NotUnderstoodError as error:
            wrong += 1
            value = None
            if wrong <= MOST_FINDINGS:
                made.findings.append(_not_understood(error, where, row, name, native, target))
        values.append(value)
    if wrong > MOST_FINDINGS:
        count = wrong - MOST_FINDINGS
        made.findings.append(
            Finding("import.more_cells", where, values={"column": name, "count": count})
        )
    if not mapping.exact:
        return pd.Series(values, dtype=object)
    return _simplest(pd.Series(values, dtype=_DTYPES[kind]))


def _simplest(cells: pd.Series) -> pd.Series:
    """Return whole numbers and truth values without missing ones in their plain type."""
    if cells.isna().any():
        return cells
    if pd.api.types.is_bool_dtype(cells.dtype):
        return cells.astype(bool)
    return cells.astype("int64") if pd.api.types.is_integer_dtype(cells.dtype) else cells


_DTYPES = {"text": "str", "integer": "Int64", "number": "float64", "flag": "boolean"}


def _as_stored(cells: pd.Series, kind: str) -> bool:
    """Return whether a typed column is already of the kind that is wanted."""
    types = pd.api.types
    if kind == "flag":
        return bool(types.is_bool_dtype(cells.dtype))
    if kind == "integer":
        return bool(types.is_integer_dtype(cells.dtype))
    return bool(kind == "number" and types.is_float_dtype(cells.dtype))


def _cell(
    cell: object, understand: Callable[[object], object], nulls: set[str], *, exact: bool
) -> object:
    if excel_error(cell) and not exact:
        raise NotUnderstoodError("import.excel_error")
    if isinstance(cell, str) and not exact and (not cell.strip() or numbers.plain(cell) in nulls):
        return None
    return understand(cell)


def _not_understood(
    error: NotUnderstoodError, where: str, row: int, name: str, cell: object, target: str
) -> Finding:
    said = repr(cell)
    if len(said) > _SHOWN_CHARACTERS:
        said = said[: _SHOWN_CHARACTERS - 3] + "..."
    known = ", ".join(unit for unit in UNITS[unit_kind(target)] if unit)
    values = {"column": name, "value": said, "known": known}
    return Finding(error.code, where, row, values=values)


def column_kind(layer: Layer, mapping: LayerMapping, target: str) -> str:
    """Return what a column holds: text, code, integer, number or flag."""
    rule = layer.schema.columns.get(target)
    if rule is None:
        return mapping.types.get(target, "text")
    said = str(rule.dtype).lower()
    if "int" in said:
        return "integer"
    if "float" in said:
        return "number"
    if "bool" in said:
        return "flag"
    is_code = target == layer.key or target.endswith(("_code", "_codes", "_id"))
    return "code" if is_code and not mapping.exact else "text"


def _reader(kind: str, target: str, mapping: LayerMapping, where: str) -> Callable[[Any], Any]:
    times = Fraction(1)
    if target in mapping.units:
        unit = mapping.units[target]
        found = factor(target, numbers.plain(unit)) or factor(target, unit)
        if found is None or kind not in ("integer", "number"):
            known = ", ".join(name for name in UNITS[unit_kind(target)] if name)
            raise DataError("import.unknown_unit", where, column=target, value=unit, known=known)
        times = found
    if mapping.exact:
        return _exact_reader(kind, quoted_text=mapping.quoted_text)
    read: dict[str, Callable[[Any], Any]] = {
        "text": numbers.words,
        "code": numbers.code,
        "integer": lambda cell: numbers.whole(cell, target, times),
        "number": lambda cell: float(numbers.number(cell, target, times)),
        "flag": numbers.flag,
    }
    return _translated(read[kind], target, mapping)


def _translated(
    read: Callable[[Any], Any], target: str, mapping: LayerMapping
) -> Callable[[Any], Any]:
    """Return a reader that first looks whether the mapping says what a word means."""
    meanings = {numbers.plain(word): v for word, v in mapping.values.get(target, {}).items()}
    separator = mapping.separators.get(target)

    def one(cell: Any) -> Any:
        word = numbers.plain(numbers.words(cell)) if not isinstance(cell, bool) else str(cell)
        return meanings[word] if word in meanings else read(cell)

    def several(cell: Any) -> Any:
        if not isinstance(cell, str):
            return one(cell)
        parts = [part for part in cell.split(separator) if part.strip()]
        return SEPARATOR.join(str(one(part)) for part in parts)

    if separator is not None:
        return several
    return one if meanings else read


def _exact_reader(kind: str, *, quoted_text: bool) -> Callable[[Any], Any]:
    def text(cell: Any) -> str:
        if not isinstance(cell, str):
            raise NotUnderstoodError("import.not_a_text")
        return unquoted(cell) if quoted_text else cell

    def integer(cell: Any) -> int:
        try:
            value = int(cell)
        except (ValueError, OverflowError, TypeError) as error:
            raise NotUnderstoodError("import.not_a_number") from error
        if value != cell and str(value) != str(cell):
            raise NotUnderstoodError("import.not_whole")
        if abs(value) >= 2**63:
            raise NotUnderstoodError("import.not_finite")
        return value

    def real(cell: Any) -> float:
        try:
            return float(cell)
        except (ValueError, OverflowError, TypeError) as error:
            raise NotUnderstoodError("import.not_a_number") from error

    def truth(cell: Any) -> bool:
        if isinstance(cell, bool):
            return cell
        if str(cell) in ("true", "false", "1", "0", "1.0", "0.0"):
            return str(cell) in ("true", "1", "1.0")
        raise NotUnderstoodError("import.not_a_flag")

    return {"integer": integer, "number": real, "flag": truth}.get(kind, text)
