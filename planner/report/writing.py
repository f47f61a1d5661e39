"""Make the report of a plan, or of a comparison, with its pictures, and write it."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from geodata.language import use_language
from planner.errors import PlanError
from planner.figures import chinese_font
from planner.maps.pictures import comparison_figure, figure
from planner.report.comparison import comparison_of
from planner.report.contents import Letterhead, report_of
from planner.report.parts import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from planner.decisions import Comparison
    from planner.plan import Plan

_DOTS_PER_INCH = 200
_SHOWN = ("coverage", "unserved", "floor_area", "after")
"""Pictures of a plan that its report shows."""


def make_report(plan: Plan, language: str = "zh", letterhead: Letterhead | None = None) -> Report:
    """Return the report of a plan for the joint meeting.

    Parameters
    ----------
    plan
        The plan.
    language
        ``"zh"`` or ``"en"``.
    letterhead
        Headline, document number, issuer and date; lines to write them on if left out.

    Examples
    --------
    >>> write_report(make_report(plan, "en"), Path("report.docx"))
    """
    with use_language(language):
        return report_of(plan, {kind: _png(figure(plan, kind)) for kind in _SHOWN}, letterhead)


def make_comparison(
    found: Comparison,
    plans: Sequence[Plan],
    language: str = "zh",
    letterhead: Letterhead | None = None,
) -> Report:
    """Return what differs between plans as a report; ``write_report`` writes it.

    Parameters
    ----------
    found
        What ``planner.compare`` found, in the same language.
    plans
        The plans that were compared, in the same order.
    language, letterhead
        As ``make_report`` takes them.

    Examples
    --------
    >>> report = make_comparison(planner.compare(few, more), [few, more], "en")
    >>> write_report(report, Path("compare.docx"))
    """
    with use_language(language):
        pictures = {name: _png(comparison_figure(found, plans, name)) for name in found.names[1:]}
        return comparison_of(found, plans, pictures, letterhead)


def write_report(report: Report, path: Path) -> None:
    """Write a report.

    Parameters
    ----------
    report
        From ``make_report``.
    path
        A name that ends in ``.docx`` (editable) or ``.pdf``.

    Raises
    ------
    PlanError
        If the name ends otherwise, or a Chinese PDF is asked for where no Chinese font is
        installed; the Word document needs none.
    """
    kind = path.suffix.lower()
    if kind == ".docx":
        from planner.report.word import write_word

        write_word(report, path)
    elif kind == ".pdf":
        from planner.report.printed import write_pdf

        if not can_print(report.language):
            raise PlanError("no_chinese_font", name=path.name)
        write_pdf(report, path)
    else:
        raise PlanError("no_such_report", name=path.name)


def can_print(language: str) -> bool:
    """Return whether a PDF can be set in a language with the fonts that are installed."""
    return language != "zh" or chinese_font() is not None


def _png(drawn: Figure) -> bytes:
    file = BytesIO()
    drawn.savefig(file, dpi=_DOTS_PER_INCH, metadata={"Software": None})
    return file.getvalue()
