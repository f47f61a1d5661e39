"""Write the report of a plan: its pictures first, then the documents that hold them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from geodata.language import use_language
from planner.errors import PlanError
from planner.figures import chinese_font
from planner.maps.pictures import PICTURES, figure
from planner.report.contents import Letterhead, report_of
from planner.report.words import text

if TYPE_CHECKING:
    from planner.plan import Plan

_DOTS_PER_INCH = 200


def write_report(
    plan: Plan,
    files: Iterable[Path],
    *,
    language: str = "zh",
    letterhead: Letterhead | None = None,
) -> list[Path]:
    """Write the report of a plan for the joint meeting.

    Parameters
    ----------
    plan
        The plan.
    files
        What to write: names that end in ``.docx`` (editable) or ``.pdf``.
    language
        ``"zh"`` or ``"en"``.
    letterhead
        Headline, document number, issuer and date; lines to write them on if left out.

    Returns
    -------
    list of Path
        What was written. A Chinese PDF is left out, with a warning, where no Chinese font is
        installed; the Word document has no need of one.

    Raises
    ------
    PlanError
        If a name ends otherwise.

    Examples
    --------
    >>> write_report(plan, [Path("report.docx"), Path("report.pdf")], language="en")
    """
    wanted = list(files)
    for path in wanted:
        if path.suffix.lower() not in (".docx", ".pdf"):
            raise PlanError("no_such_report", name=path.name)
    written = []
    with TemporaryDirectory() as folder, use_language(language):
        pictures = {}
        for kind in PICTURES:
            pictures[kind] = Path(folder, f"{kind}.png")
            figure(plan, kind).savefig(
                pictures[kind], dpi=_DOTS_PER_INCH, metadata={"Software": None}
            )
        report = report_of(plan, pictures, letterhead)
        for path in wanted:
            if path.suffix.lower() == ".docx":
                from planner.report.word import write_word

                write_word(report, path)
            elif language == "zh" and chinese_font() is None:
                warnings.warn(text("warning.no_font"), stacklevel=2)
                continue
            else:
                from planner.report.printed import write_pdf

                write_pdf(report, path)
            written.append(path)
    return written
