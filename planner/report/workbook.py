"""All tables of a plan or a comparison in one spreadsheet: typed cells, frozen headers, filters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from planner.report.archive import without_times
from planner.tables import comparison_tables, tables_of

if TYPE_CHECKING:
    from planner.decisions import Comparison
    from planner.plan import Plan

_SHADE = PatternFill("solid", fgColor="E7EDF3")
_WIDEST, _NARROWEST = 40, 8


def write_workbook(plan: Plan, path: Path) -> None:
    """Write the tables of a plan, as they are published, to one XLSX file.

    A cell that begins with ``=`` is text, never a formula: nothing in a plan is one.

    Parameters
    ----------
    plan
        The plan.
    path
        The file.
    """
    _write(tables_of(plan), path)


def write_comparison_workbook(found: Comparison, path: Path) -> None:
    """Write the tables of a comparison to one XLSX file, as ``write_workbook`` those of a plan.

    Parameters
    ----------
    found
        From ``planner.compare``.
    path
        The file.
    """
    _write(comparison_tables(found), path)


def _write(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    book = Workbook(write_only=True)
    book.properties.creator = ""
    for name, frame in tables.items():
        _sheet(book, name, frame)
    book.save(path)
    without_times(path)


def _sheet(book: Any, name: str, frame: pd.DataFrame) -> None:
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    for number, column in enumerate(frame.columns, 1):
        longest = max((len(str(value)) for value in frame[column]), default=0)
        width = min(max(longest, len(str(column)), _NARROWEST) + 2, _WIDEST)
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(frame.columns))}{len(frame) + 1}"
    sheet.append([_heading(sheet, str(column)) for column in frame.columns])
    for row in frame.itertuples(index=False):
        sheet.append([_cell(sheet, value) for value in row])


def _heading(sheet: Any, words: str) -> WriteOnlyCell:
    cell = _cell(sheet, words)
    cell.font, cell.fill = Font(bold=True), _SHADE
    return cell


def _cell(sheet: Any, value: Any) -> Any:
    if value is None or value is pd.NA or value != value:
        return WriteOnlyCell(sheet, None)
    plain = value.item() if hasattr(value, "item") else value
    cell = WriteOnlyCell(sheet, plain)
    if isinstance(plain, str):
        cell.data_type = "s"
    return cell
