"""The website: the report as a page, the map, the tables, what to download, what changed."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment

from geodata.atomic import replace_files
from geodata.language import LANGUAGES, use_language
from planner.again import read_record
from planner.errors import PlanError
from planner.exports import MAP_FILE, RECORD_FILE, record, writers_of
from planner.maps.offline import left_over
from planner.publish.bulletin import write_bulletin
from planner.publish.changes import changes
from planner.report import can_print, make_report
from planner.report.parts import Picture, Report
from planner.report.words import text

if TYPE_CHECKING:
    from planner.plan import Plan

INDEX = "index.html"
BULLETIN = "bulletin.pdf"
_TEMPLATE = "site.html.jinja"


def publish(plan: Plan, folder: str | Path, *, language: str = "zh") -> Path:
    """Write a website of a plan.

    Parameters
    ----------
    plan
        The plan.
    folder
        Made if it is not there. The files of an earlier plan in it are replaced, all or none, and
        the page says what has changed since; other files stay.
    language
        Of the first page and of the downloads, ``"zh"`` or ``"en"``; the page is there in both.

    Returns
    -------
    Path
        The page to open: index.html. Beside it are the page in the other language, the map,
        everything that ``planner.export`` writes, and bulletin.pdf (not in Chinese where no
        Chinese font is installed).

    Raises
    ------
    DataError
        If the folder cannot be written to; it is then as before.

    Examples
    --------
    >>> publish(plan, "site")
    """
    folder = Path(folder)
    past = None
    with suppress(PlanError):
        past = read_record(folder)
    other = next(name for name in LANGUAGES if name != language)
    pages = {INDEX: language, f"index.{other}.html": other}
    reports = {spoken: make_report(plan, spoken) for spoken in pages.values()}
    writers: dict[str, Callable[[Path], object]] = {}
    if can_print(language):
        writers[BULLETIN] = partial(write_bulletin, reports[language])
    writers |= writers_of(plan, language)
    downloads = [name for name in writers if name != MAP_FILE and not name.endswith(".js")]
    for name, spoken in pages.items():
        there = next(page for page in pages if page != name)
        page = _page(plan, reports[spoken], there, downloads, past)
        writers[name] = partial(_write_text, page)
    # The record last: it tells the files of two plans from those of one.
    writers[RECORD_FILE] = writers.pop(RECORD_FILE)
    gone = ({BULLETIN} - writers.keys()) | left_over(folder / MAP_FILE, writers)
    replace_files(folder, writers, remove=gone)
    return folder / INDEX


def _page(
    plan: Plan, report: Report, other: str, downloads: list[str], past: dict[str, Any] | None
) -> str:
    template = (files("planner.publish") / _TEMPLATE).read_text("utf-8")
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    with use_language(report.language):
        return environment.from_string(template).render(
            report=report,
            say=text,
            map=MAP_FILE,
            other=other,
            downloads=downloads,
            changes=None if past is None else changes(past, record(plan)),
            is_a=lambda part, name: type(part).__name__ == name,
            data=_data,
        )


def _data(picture: Picture) -> str:
    """Return a picture as the page holds it: it asks for no file."""
    return "data:image/png;base64," + b64encode(picture.png).decode("ascii")


def _write_text(words: str, path: Path) -> None:
    path.write_text(words, "utf-8")
