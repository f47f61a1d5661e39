"""The bulletin (工作通讯): the answer of a plan on one printed page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.report import make_report
from planner.report.parts import Picture, Report, Table
from planner.report.printed import write_typeset

if TYPE_CHECKING:
    from planner.plan import Plan

_TEMPLATE = "bulletin.typ"
_MOST_ROWS = 8
_PICTURE, _TABLE = "after", "recommendations"


def write_bulletin(plan: Plan, language: str, path: Path) -> None:
    """Write the bulletin of a plan as a PDF of one page.

    Parameters
    ----------
    plan
        The plan.
    language
        ``"zh"`` or ``"en"``.
    path
        The file.
    """
    write_typeset(bulletin_of(make_report(plan, language)), "planner.publish", _TEMPLATE, path)


def bulletin_of(report: Report) -> Report:
    """Return what of a report goes on one page: its answer, where to build, and a map of it."""
    raise NotImplementedError
