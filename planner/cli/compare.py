"""``sanshe compare``: plans side by side."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planner.cli.app import CsvOption, JsonOption, LanguageOption, app
from planner.cli.outputs import CityOption, PlanArgument
from planner.cli.printing import output, print_frame, progress
from planner.messages import text

if TYPE_CHECKING:
    import pandas as pd

    from planner.decisions import Comparison


class Part(StrEnum):
    """What can be shown of a comparison."""

    FIGURES = "figures"
    SITES = "sites"
    COMMUNITIES = "communities"
    INDICATORS = "indicators"


@app.command(epilog="Example / 示例：  sanshe compare plan-a plan-b --show communities")
def compare(
    plan_a: PlanArgument,
    plan_b: PlanArgument,
    lang: LanguageOption,
    plan_c: Annotated[
        Path | None, typer.Argument(metavar="[PLAN_C]", help="A third plan. 第三个规划文件夹")
    ] = None,
    show: Annotated[Part | None, typer.Option(help="One table in place of all. 输出哪张表")] = None,
    city: CityOption = None,
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare two or three plans: figures, sites, indicators, who wins and who loses.

    比较两到三个规划：主要数字、地点、指标，以及各社区的得失。
    """
    from planner.again import open_plan
    from planner.decisions import compare as compared

    folders = [plan_a, plan_b, *([] if plan_c is None else [plan_c])]
    with progress() as say:
        say("open")
        plans = [open_plan(folder, city, progress=say) for folder in folders]
        found = compared(*plans)
    names = ["A", "B", "C"][: len(plans)]
    if as_json or as_csv:
        print_frame(getattr(found, show or "figures"), {}, as_json=as_json, as_csv=as_csv)
        return
    for name, folder in zip(names, folders, strict=True):
        output.print(f"{name}: {folder}", markup=False)
    for part in Part:
        if show in (None, part):
            output.print(text(f"cli.compare_{part.value}", **_counts(found)))
            print_frame(_shown(found, part, names), _columns(part, names))


def _counts(found: Comparison) -> dict[str, Any]:
    return {"winners": len(found.winners), "losers": len(found.losers)}


def _shown(found: Comparison, part: Part, names: list[str]) -> pd.DataFrame:
    """Return a table for reading: each figure in its own format, marks for sites."""
    table: pd.DataFrame = getattr(found, part.value).copy()
    if part is Part.SITES:
        for name in names:
            table[name] = table[name].map({True: "●", False: ""})
    if part is Part.FIGURES:
        numbers = [name for name in table if name in names or name.endswith("-A")]
        formats = [_FORMATS.get(figure, ",.0f") for figure in table["figure"]]
        for name in numbers:
            sign = "+" if name.endswith("-A") else ""
            table[name] = [
                format(value, sign + form) for value, form in zip(table[name], formats, strict=True)
            ]
    return table


_FORMATS = {
    "share_after": ".1%",
    "rural_share_after": ".1%",
    "urban_rural_gap_after": ".1%",
    "lowest_town_share_after": ".1%",
    "mean_minutes_after": ".1f",
    "fte_short_after": ",.1f",
}


def _columns(part: Part, names: list[str]) -> dict[str, str]:
    more = [f"{name}-A" for name in names[1:]]
    if part is Part.FIGURES:
        return dict.fromkeys(["name", *names, *more], "") | dict.fromkeys([*names, *more], "s")
    if part is Part.SITES:
        return {"site_id": "", "name": "", "town_name": "", "cost_yuan": ",.0f"} | dict.fromkeys(
            names, ""
        )
    if part is Part.COMMUNITIES:
        head = {"community_name": "", "town_name": "", "residents": ",d"}
        return head | dict.fromkeys(names, ",d") | dict.fromkeys(more, "+,d")
    head = {"name": "", "group": "", "unit": ""}
    return head | dict.fromkeys(names, ",.4g") | dict.fromkeys(more, "+,.4g")
