"""Persons kept out of an import: their columns are dropped, rows about them counted or refused."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from geodata.errors import DataError
from geodata.findings import Finding
from geodata.importing import numbers
from geodata.importing.columns import MOST_FINDINGS, find_column
from geodata.importing.models import LayerMapping
from geodata.importing.numbers import NotUnderstoodError
from geodata.importing.tables import tidy_name
from geodata.layers import Layer
from geodata.personal import personal_columns, without_persons

PERSONS = "@persons"
"""What a mapping calls the number of persons that were counted."""


def keep_out_persons(
    frame: pd.DataFrame, mapping: LayerMapping, layer: Layer, where: str
) -> tuple[pd.DataFrame, LayerMapping, list[Finding]]:
    """Return a file's table that tells about nobody, its mapping, and what was left out.

    Parameters
    ----------
    frame
        The file's table.
    mapping
        With ``counts_by`` where each row is a person; a column about persons among its
        ``extra_columns`` is taken out of it.
    layer
        The layer it becomes: the rows of one with a key are places, organisations or projects.
    where
        Layer and file, for messages.

    Raises
    ------
    DataError
        If each row is about a person and the mapping does not say what to count by, or it makes a
        column of the planner from one about persons.
    """
    if mapping.counts_by is not None:
        counted, findings = _counted(frame, mapping.counts_by, mapping.add_up, where)
        return counted, mapping, findings
    places = layer.key is not None
    try:
        kept, findings = without_persons(frame, where, places=places)
    except DataError as error:  # here the remedy is a key of the mapping
        said = error.findings[0].values
        raise DataError("import.rows_of_persons", where, **said) from error
    told = {tidy_name(column) for column in frame.columns if column not in kept.columns}
    extra = {
        column: name
        for column, name in mapping.extra_columns.items()
        if tidy_name(name) not in told
    }
    dropped = set(mapping.extra_columns) - set(extra)
    changes: dict[str, object] = {"extra_columns": extra}
    for table in ("types", "units", "values", "separators"):
        given = getattr(mapping, table)
        changes[table] = {column: v for column, v in given.items() if column not in dropped}
    mapping = mapping.model_copy(update=changes)
    _refuse(told, mapping.file_columns(), where)
    return kept, mapping, findings


def refuse_persons(frame: pd.DataFrame, columns: Iterable[str], where: str) -> None:
    """Refuse columns about persons in a table of places.

    Raises
    ------
    DataError
        If one of the columns tells about persons.
    """
    _refuse({tidy_name(one.column) for one in personal_columns(frame, places=True)}, columns, where)


def _refuse(told: set[str], columns: Iterable[str], where: str) -> None:
    for name in sorted(columns):
        if tidy_name(name) in told:
            raise DataError("import.column_of_persons", where, column=name)


def _counted(
    frame: pd.DataFrame, counts_by: list[str], add_up: list[str], where: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return rows counted, with the sums of some columns; words are counted in their plain form."""
    columns = [find_column(frame, name, where) for name in counts_by]
    plain = frame.copy()
    for column in columns:
        plain[column] = frame[column].map(
            lambda cell: numbers.plain(cell) if isinstance(cell, str) else cell
        )
    counted, findings = without_persons(plain, where, counts_by=columns, count_column=PERSONS)
    told = {column.column for column in personal_columns(frame)}
    groups = [plain[column] for column in columns]
    for name in add_up:
        column = find_column(frame, name, where)
        if column in told:
            raise DataError("counted_by_persons", where, column=column)
        values = _numbers(frame[column], where)
        sums = values.groupby(groups, dropna=False, sort=True).sum()
        counted[column] = sums.to_numpy()
    values = {"count": len(frame), "groups": len(counted)}
    return counted, [*findings, Finding("import.persons_counted", where, values=values)]


def _numbers(cells: pd.Series, where: str) -> pd.Series:
    """Return what each cell adds: its number, 1 for yes, 0 for no.

    An empty cell among words adds nothing; among numbers it is an error.
    """
    values, findings, words = [], [], False
    for row, cell in enumerate(cells.tolist(), 1):
        value: float | None = None
        said = numbers.native(cell)
        if not numbers.is_missing(cell):
            try:
                value = float(numbers.number(said, "fte"))
            except NotUnderstoodError as error:
                words = True
                try:
                    value = float(numbers.flag(said))
                except NotUnderstoodError:
                    shown = {"column": str(cells.name), "value": repr(said)[:60], "known": "-"}
                    findings.append(Finding(error.code, where, row, values=shown))
        values.append(value)
    if not words:
        shown = {"column": str(cells.name), "value": "None", "known": "-"}
        findings += [
            Finding("import.not_a_number", where, row, values=shown)
            for row, value in enumerate(values, 1)
            if value is None
        ]
    if findings:
        raise DataError.from_findings(findings[:MOST_FINDINGS])
    return pd.Series([value or 0.0 for value in values], index=cells.index)
