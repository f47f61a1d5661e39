"""The bulletin (工作通讯): the answer of a plan on one printed page."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from geodata.language import use_language
from planner.report.parts import Paragraph, Part, Picture, Report, Table
from planner.report.printed import write_pdf
from planner.report.words import text

_TEMPLATE = "bulletin.typ"
_MOST_ROWS = 8
_SHOWN = ("after", "recommendations", "ranking")


def write_bulletin(report: Report, path: Path) -> None:
    """Write the answer of a report as a PDF of one page."""
    write_pdf(bulletin_of(report), path, files("planner.publish") / _TEMPLATE)


def bulletin_of(report: Report) -> Report:
    """Return what of a report goes on one page: its answer, a map of it, and what to do first."""
    with use_language(report.language):
        headline, closing = text("bulletin.headline"), Paragraph(text("bulletin.more"))
    answer = [part for part in report.parts if isinstance(part, Paragraph) and part.strong]
    shown = [
        _short(part)
        for part in report.parts
        if isinstance(part, Table | Picture) and part.kind in _SHOWN
    ]
    parts: list[Part] = [*answer, *shown, closing]
    return replace(report, headline=headline, parts=tuple(parts))


def _short(part: Table | Picture) -> Table | Picture:
    """Return a part without its number in the report, and a table with its first rows only."""
    caption = part.caption.split(". ", 1)[-1].split("　", 1)[-1]
    if isinstance(part, Table):
        return replace(part, caption=caption, rows=part.rows[:_MOST_ROWS])
    return replace(part, caption=caption)
