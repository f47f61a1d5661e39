"""``sanshe compare``: plans side by side."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geodata.language import current_language
from planner.cli.app import CsvOption, JsonOption, LanguageOption, app
from planner.cli.outputs import (
    DOCUMENTS,
    PlanArgument,
    refuse_other_files,
    refuse_other_pictures,
    say_written,
    write_documents,
    write_picture,
)
from planner.cli.printing import messages, output, print_frame, progress
from planner.errors import PlanError
from planner.messages import text

if TYPE_CHECKING:
    import pandas as pd

    from planner.decisions import Comparison
    from planner.plan import Plan
    from planner.progress import Progress


class Part(StrEnum):
    """What can be shown of a comparison."""

    PLANS = "plans"
    FIGURES = "figures"
    SITES = "sites"
    COMMUNITIES = "communities"
    TOWNS = "towns"
    FIELDS = "fields"
    INDICATORS = "indicators"


@app.command(
    epilog="Examples / 示例：  sanshe compare plan-a plan-b --show communities\n\n"
    "sanshe compare plan-a plan-b --map compare.html --report compare.docx --report compare.xlsx"
)
def compare(
    plan_a: PlanArgument,
    plan_b: PlanArgument,
    lang: LanguageOption,
    plan_c: Annotated[
        Path | None, typer.Argument(metavar="[PLAN_C]", help="A third plan. 第三个规划文件夹")
    ] = None,
    show: Annotated[Part | None, typer.Option(help="One table in place of all. 输出哪张表")] = None,
    map_: Annotated[
        Path | None,
        typer.Option("--map", help="Page to write: both plans on a map, .html. 输出比较地图"),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(help="Picture to write of who wins and loses: .png, .svg, .pdf. 输出得失图"),
    ] = None,
    report: Annotated[
        list[Path] | None,
        typer.Option(help="File to write: .docx, .pdf or .xlsx; may be repeated. 输出比较报告"),
    ] = None,
    city: Annotated[
        list[str] | None,
        typer.Option(
            help="Where their city is, if it does not come with the planner; once for all plans, "
            "or once for each in their order where their data differ. 城市数据位置"
        ),
    ] = None,
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare two or three plans: figures, sites, indicators, who wins and who loses.

    With --map, --figure and --report, on a map, in a picture and in documents too; a map and a
    picture hold two plans. The plans are made again from their records.

    比较两到三个规划：主要数字、地点、指标，以及各社区的得失；可输出地图、图片（两个规划）和报告。
    """
    from planner.decisions import compare as compared

    documents = list(report or [])
    refuse_other_files(documents, DOCUMENTS)
    refuse_other_files([] if map_ is None else [map_], (".html",))
    if figure is not None:
        refuse_other_pictures(figure)
    folders = [plan_a, plan_b, *([] if plan_c is None else [plan_c])]
    pages = [file for file in (map_, figure) if file is not None]
    if pages and len(folders) > 2:
        raise PlanError("compare_two", plans=len(folders))
    with progress() as say:
        say("open")
        plans = _opened(folders, city or [], say)
        found = compared(*plans)
        if pages or documents:
            say("write")
            _write(found, plans, map_, figure, documents)
    for note in found.notes():
        messages.print(note, markup=False, style="bold yellow")
    if as_json or as_csv:
        print_frame(getattr(found, show or "figures"), {}, as_json=as_json, as_csv=as_csv)
        return
    for name, folder in zip(found.names, folders, strict=True):
        output.print(f"{name}: {folder}", markup=False)
    for part in Part:
        if part is show or (show is None and len(getattr(found, part.value))):
            output.print(text(f"cli.compare_{part.value}", **_counts(found)))
            print_frame(_shown(found, part), _columns(part, found.names))
    for file in (*pages, *documents):
        say_written(file)


def _opened(folders: list[Path], cities: list[str], say: Progress) -> list[Plan]:
    """Return the plans; those of the same data share one city, which is opened once."""
    from geodata.city import open_city
    from planner.again import open_plan, read_record
    from planner.decisions.differences import NAMES

    if len(cities) not in (0, 1, len(folders)):
        raise PlanError("compare_city_count", given=len(cities), plans=len(folders))
    first, *others = (read_record(folder)["city"] for folder in folders)
    for name, other in zip(NAMES[1:], others, strict=False):
        if other["code"] != first["code"]:
            raise PlanError("compare_cities", one=first["name"], other=other["name"], plan=name)
    places = cities if len(cities) == len(folders) else cities * len(folders)
    opened = {where: open_city(where) for where in dict.fromkeys(places)}
    plans: list[Plan] = []
    for number, folder in enumerate(folders):
        same = plans[0].city if plans else None
        plans.append(open_plan(folder, opened[places[number]] if places else same, progress=say))
    return plans


def _write(
    found: Comparison,
    plans: list[Plan],
    page: Path | None,
    picture: Path | None,
    documents: list[Path],
) -> None:
    """Write what is asked for, each file whole or not at all."""
    from planner.maps import compare_map, comparison_figure
    from planner.report import make_comparison, write_comparison_workbook

    if page is not None:
        compare_map(plans[0], plans[1], current_language()).save(page)
    if picture is not None:
        write_picture(comparison_figure(found, plans), picture)
    if documents:
        said = make_comparison(found, plans, current_language())
        write_documents(documents, said, partial(write_comparison_workbook, found))


def _counts(found: Comparison) -> dict[str, Any]:
    return {"winners": len(found.winners), "losers": len(found.losers)}


def _shown(found: Comparison, part: Part) -> pd.DataFrame:
    """Return a table for reading: each figure in its own format, marks for sites."""
    from planner.decisions.headlines import printed
    from planner.indicators.readable import label, number

    table: pd.DataFrame = getattr(found, part.value).copy()
    if part is Part.SITES:
        for name in found.names:
            table[name] = table[name].map({True: "●", False: ""})
    if part is Part.PLANS:
        table["status"] = [text(f"map.status.{status}") for status in table["status"]]
    if part is Part.FIELDS:
        table["field"] = [text(f"map.field.{field}") for field in table["field"]]
    if part is Part.INDICATORS:
        table["group"] = list(map(label, table["dimension"], table["group"]))
    for name in ("now", *found.names, *_differences(found.names)):
        sign = "+" if name.endswith("-A") else ""
        if part is Part.FIGURES:
            pairs = zip(table["figure"], table[name], strict=True)
            table[name] = [printed(figure, value, sign) for figure, value in pairs]
        if part is Part.INDICATORS:
            values = zip(table[name], table["unit"], strict=True)
            table[name] = [number(value, unit, sign) for value, unit in values]
    return table.rename(columns={"now": "now_served"})


def _differences(names: list[str]) -> list[str]:
    return [f"{name}-A" for name in names[1:]]


def _columns(part: Part, names: list[str]) -> dict[str, str]:
    more = _differences(names)
    now = ["now_served", *names]
    match part:
        case Part.PLANS:
            head = dict.fromkeys(("plan", "asked", "model", "status"), "")
            return head | {"gap": ".2%", "standard": ""}
        case Part.FIGURES:
            return {"name": ""} | dict.fromkeys([*now, *more], "s")
        case Part.SITES:
            head = {"site_id": "", "name": "", "town_name": "", "cost_yuan": ",.0f"}
            return head | dict.fromkeys(names, "")
        case Part.COMMUNITIES:
            head = {"community_name": "", "town_name": "", "residents": ",d"}
            served = dict.fromkeys(now, ",d") | dict.fromkeys(more, "+,d")
            minutes = {f"minutes_{name}": ".1f" for name in names}
            return head | served | minutes | {f"fte_short_{name}": ".2f" for name in names}
        case Part.TOWNS:
            head = {"town_name": "", "residents": ",d"}
            counted = {"winners": "d", "losers": "d"}
            return head | dict.fromkeys(now, ",d") | dict.fromkeys(more, "+,d") | counted
        case Part.FIELDS:
            return {"field": ""} | dict.fromkeys(now, ",.1f") | dict.fromkeys(more, "+,.1f")
        case Part.INDICATORS:
            return {"name": "", "group": ""} | dict.fromkeys([*now, *more], "s")
