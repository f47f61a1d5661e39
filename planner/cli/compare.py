"""``sanshe compare``: plans side by side."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geodata.language import current_language
from planner.cli.app import CsvOption, JsonOption, LanguageOption, app
from planner.cli.outputs import PlanArgument, say_written
from planner.cli.printing import messages, output, print_frame, progress
from planner.errors import PlanError
from planner.messages import text

if TYPE_CHECKING:
    import pandas as pd

    from planner.decisions import Comparison
    from planner.plan import Plan
    from planner.progress import Progress

_REPORTS = (".docx", ".pdf", ".xlsx")
_PAGES = (".html",)


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
    "sanshe compare plan-a plan-b plan-c --map compare.html --report compare.docx --report "
    "compare.xlsx"
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
        typer.Option("--map", help="Page to write: the plans on a map, .html. 输出比较地图"),
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

    With --map and --report, on a map and in a document too. The plans are made again from their
    records. 比较两到三个规划：主要数字、地点、指标，以及各社区的得失；可输出地图和报告。
    """
    from planner.decisions import compare as compared

    files = list(report or [])
    _check_suffixes(files, _REPORTS)
    _check_suffixes([] if map_ is None else [map_], _PAGES)
    folders = [plan_a, plan_b, *([] if plan_c is None else [plan_c])]
    with progress() as say:
        say("open")
        plans = _opened(folders, city or [], say)
        found = compared(*plans)
        writers = _writers(found, plans, map_, files)
        if writers:
            say("write")
        for file, write in writers:
            write(file)
    for note in found.notes():
        messages.print(note, markup=False, style="bold yellow")
    if as_json or as_csv:
        print_frame(getattr(found, show or "figures"), {}, as_json=as_json, as_csv=as_csv)
        return
    for name, folder in zip(found.names, folders, strict=True):
        output.print(f"{name}: {folder}", markup=False)
    for part in Part:
        if show in (None, part):
            output.print(text(f"cli.compare_{part.value}", **_counts(found)))
            print_frame(_shown(found, part), _columns(part, found.names))
    for file, _ in writers:
        say_written(file)


def _check_suffixes(files: list[Path], known: tuple[str, ...]) -> None:
    for file in files:
        if file.suffix.lower() not in known:
            raise PlanError("compare_files", name=file.name, known=", ".join(known))


def _opened(folders: list[Path], cities: list[str], say: Progress) -> list[Plan]:
    """Return the plans; those of the same data share one city, which is opened once."""
    from geodata.city import open_city
    from planner.again import open_plan, read_record

    if len(cities) not in (0, 1, len(folders)):
        raise PlanError("compare_city_count", given=len(cities), plans=len(folders))
    for folder in folders:
        read_record(folder)
    opened = {where: open_city(where) for where in dict.fromkeys(cities)}
    places = cities if len(cities) == len(folders) else cities * len(folders)
    if places:
        pairs = zip(folders, places, strict=True)
        return [open_plan(folder, opened[where], progress=say) for folder, where in pairs]
    first = open_plan(folders[0], progress=say)
    same = [
        first.city if read_record(folder)["city"]["code"] == first.city.code else None
        for folder in folders[1:]
    ]
    rest = zip(folders[1:], same, strict=True)
    return [first, *(open_plan(folder, one, progress=say) for folder, one in rest)]


def _writers(
    found: Comparison, plans: list[Plan], page: Path | None, reports: list[Path]
) -> list[tuple[Path, Callable[[Path], object]]]:
    """Return what writes each file that is asked for."""
    from geodata.atomic import replace_file

    writers: list[tuple[Path, Callable[[Path], object]]] = []
    if page is not None:
        from planner.maps import compare_map

        made = compare_map(*plans[:2], current_language(), third=(*plans, None)[2])
        writers.append((page, lambda path: replace_file(path, made.save)))
    if reports:
        from planner.report import make_comparison, write_comparison_workbook, write_report

        said = make_comparison(found, plans, current_language())
        for file in reports:
            whole = file.suffix.lower() == ".xlsx"
            writers.append((
                file,
                (lambda path: replace_file(path, lambda at: write_comparison_workbook(found, at)))
                if whole
                else (lambda path: replace_file(path, lambda at: write_report(said, at))),
            ))  # fmt: skip
    return writers


def _counts(found: Comparison) -> dict[str, Any]:
    return {"winners": len(found.winners), "losers": len(found.losers)}


def _shown(found: Comparison, part: Part) -> pd.DataFrame:
    """Return a table for reading: each figure in its own format, marks for sites."""
    from planner.decisions.headlines import printed

    table: pd.DataFrame = getattr(found, part.value).copy()
    if part is Part.SITES:
        for name in found.names:
            table[name] = table[name].map({True: "●", False: ""})
    if part is Part.PLANS:
        table["status"] = [text(f"map.status.{status}") for status in table["status"]]
    if part is Part.FIELDS:
        table["field"] = [text(f"map.field.{field}") for field in table["field"]]
    if part is Part.FIGURES:
        for name in ("now", *found.names, *_differences(found.names)):
            sign = "+" if name.endswith("-A") else ""
            pairs = zip(table["figure"], table[name], strict=True)
            table[name] = [printed(figure, value, sign) for figure, value in pairs]
    return table.rename(columns={"now": "now_served"})


def _differences(names: list[str]) -> list[str]:
    return [f"{name}-A" for name in names[1:]]


def _columns(part: Part, names: list[str]) -> dict[str, str]:
    more = _differences(names)
    now = ["now_served", *names]
    match part:
        case Part.PLANS:
            return {
                "plan": "",
                "asked": "",
                "model": "",
                "status": "",
                "gap": ".2%",
                "standard": "",
            }
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
            head = {"name": "", "group": "", "unit": ""}
            return head | dict.fromkeys(now, ",.4g") | dict.fromkeys(more, "+,.4g")
