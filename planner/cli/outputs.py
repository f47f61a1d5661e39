"""``sanshe map``, ``report``, ``figure`` and ``publish``: what a plan gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geodata.atomic import replace_file
from geodata.language import current_language
from planner.cli.app import LanguageOption, app
from planner.cli.printing import output, progress
from planner.messages import text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from planner.plan import Plan
    from planner.report import Report

PlanArgument = Annotated[
    Path, typer.Argument(metavar="PLAN", help="Folder that `sanshe plan` wrote. 规划文件夹")
]
CityOption = Annotated[
    str | None,
    typer.Option(help="Where its city is, if it does not come with the planner. 城市数据位置"),
]
_DOTS_PER_INCH = 200
DOCUMENTS = (".docx", ".pdf", ".xlsx")
"""How the names of documents may end."""


@app.command("map", epilog="Example / 示例：  sanshe map plan-taicang --out map.html")
def map_(
    plan: PlanArgument,
    lang: LanguageOption,
    out: Annotated[Path, typer.Option(help="The page to write. 输出网页")] = Path("map.html"),
    city: CityOption = None,
) -> None:
    """Write the map of a plan: one page that opens without internet.

    输出规划地图：单个网页，无需联网。
    """
    from planner.maps import plan_map

    plan_map(_opened(plan, city), current_language()).save(out)
    say_written(out)


@app.command(epilog="Example / 示例：  sanshe report plan-taicang --out report.docx --lang en")
def report(
    plan: PlanArgument,
    lang: LanguageOption,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="What to write: .docx, .pdf or .xlsx (all tables); may be repeated. 输出文件"
        ),
    ] = None,
    headline: Annotated[str, typer.Option(help="Headline. 刊头")] = "",
    number: Annotated[str, typer.Option(help="Document number. 文号")] = "",
    issuer: Annotated[str, typer.Option(help="Who issues it. 印发单位")] = "",
    date: Annotated[str, typer.Option(help="Date of issue. 印发日期")] = "",
    city: CityOption = None,
) -> None:
    """Write the report of a plan for the joint meeting.

    输出联席会议专报（Word、PDF）和全部表格（Excel）。
    """
    from planner.report import Letterhead, make_report, write_workbook

    files = out or [Path("report.docx"), Path("report.pdf")]
    refuse_other_files(files, DOCUMENTS)
    made = _opened(plan, city)
    said = make_report(made, current_language(), Letterhead(headline, number, issuer, date))
    write_documents(files, said, partial(write_workbook, made))
    for file in files:
        say_written(file)


@app.command(epilog="Example / 示例：  sanshe figure plan-taicang after --out after.png")
def figure(
    plan: PlanArgument,
    kind: Annotated[
        str, typer.Argument(help="coverage, after, unserved, floor_area or isochrones. 图件名称")
    ],
    lang: LanguageOption,
    out: Annotated[
        Path | None, typer.Option(help="Picture to write: .png, .svg or .pdf. 输出图片")
    ] = None,
    city: CityOption = None,
) -> None:
    """Write a picture of a plan for paper, with scale bar, north arrow and legend.

    输出规划图件，含比例尺、指北针和图例。
    """
    from planner.maps import figure as drawn

    file = out or Path(f"{kind}.png")
    refuse_other_pictures(file)
    write_picture(drawn(_opened(plan, city), kind), file)
    say_written(file)


def refuse_other_files(files: Sequence[Path], known: tuple[str, ...]) -> None:
    """Refuse files of a kind that is not written, before work on them begins.

    Raises
    ------
    PlanError
        If a name ends in none of ``known``.
    """
    from planner.errors import PlanError

    for file in files:
        if file.suffix.lower() not in known:
            raise PlanError("bad_file", name=file.name, known=", ".join(known))


def write_documents(
    files: Sequence[Path], said: Report, write_tables: Callable[[Path], object]
) -> None:
    """Write a report, or its tables as a workbook, to each file: whole or not at all."""
    from planner.report import write_report

    for file in files:
        tables = file.suffix.lower() == ".xlsx"
        replace_file(file, write_tables if tables else partial(write_report, said))


def refuse_other_pictures(file: Path) -> None:
    """Refuse a picture of a kind that is not written, before work on it begins.

    Raises
    ------
    PlanError
        If the name does not end in .png, .svg or .pdf.
    """
    refuse_other_files([file], (".png", ".svg", ".pdf"))


def write_picture(picture: Figure, file: Path) -> None:
    """Write a picture, whole or not at all."""
    replace_file(file, lambda path: picture.savefig(path, dpi=_DOTS_PER_INCH))


@app.command(epilog="Example / 示例：  sanshe publish plan-taicang --out site/")
def publish(
    plan: PlanArgument,
    lang: LanguageOption,
    out: Annotated[Path, typer.Option(help="Folder of the website. 网站文件夹")] = Path("site"),
    city: CityOption = None,
) -> None:
    """Write a website of a plan for the intranet, with map, tables, report and bulletin.

    输出供内网使用的静态网站，含地图、表格、专报和工作通讯。
    """
    from planner.publish import publish as published

    made = _opened(plan, city)
    with progress() as say:
        say("write")
        index = published(made, out, language=current_language())
    say_written(index)


def _opened(plan: Path, city: str | None) -> Plan:
    from planner.again import open_plan

    with progress() as say:
        say("open")
        return open_plan(plan, city, progress=say)


def say_written(file: Path) -> None:
    """Say that a file is written."""
    output.print(text("cli.written", path=file.resolve()))
