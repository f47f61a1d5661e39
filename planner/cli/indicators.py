"""``sanshe indicators``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planner.cli.app import CityArgument, CsvOption, JsonOption, LanguageOption, app
from planner.cli.printing import output, print_frame, progress
from planner.messages import catalogue, text

if TYPE_CHECKING:
    import pandas as pd


class IndicatorsBy(StrEnum):
    """How indicators are broken down."""

    TOWN = "town"
    TIER = "tier"
    KIND = "kind"
    FIELD = "field"


@app.command(epilog="Example / 示例：  sanshe indicators taicang --by town --csv")
def indicators(
    city: CityArgument,
    lang: LanguageOption,
    by: Annotated[
        IndicatorsBy | None,
        typer.Option(help="By town, or only those by tier, kind or field. 分组方式"),
    ] = None,
    only_missed: Annotated[
        bool, typer.Option("--missed", help="Only targets that are missed. 仅未达标")
    ] = False,
    new_halls: Annotated[
        int | None,
        typer.Option(help="Also after a plan with so many new halls. 规划新建数量，显示实施后指标"),
    ] = None,
    standard: Annotated[
        list[str] | None,
        typer.Option(
            "--standard",
            help="Whose targets; may be repeated. All that come with the planner if left out. "
            "服务标准",
        ),
    ] = None,
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Hold every figure of the report and of the national plan against its target.

    逐项计算报告和国家规划的指标，并与目标对照。
    """
    from geodata.city import open_city
    from planner.indicators import indicator_table
    from planner.indicators.table import summary
    from planner.plan import make_plan
    from planner.standard import Standard

    with progress() as say:
        say("open")
        profiles = [Standard.load(name) for name in standard or ("taicang-2013", "national-14fyp")]
        opened = open_city(city)
        plan = None
        if new_halls is not None:
            plan = make_plan(opened, profiles[0], new_halls=new_halls, progress=say)
        say("indicators")
        table = indicator_table(opened, profiles, by_town=by is IndicatorsBy.TOWN, plan=plan)
    if by is not None and by is not IndicatorsBy.TOWN:
        table = table[(table["dimension"] == by.value) & (table["group"] != "")]
    counts = summary(table)
    if only_missed:
        table = table[table["met"].eq(False)]
    if as_csv or as_json:
        print_frame(table, {}, as_json=as_json, as_csv=as_csv)
        return
    columns = ["town_name"] if by is IndicatorsBy.TOWN else []
    columns += ["name", "group", "value", "target", "met"]
    if plan is not None:
        columns += ["value_after", "met_after"]
    print_frame(_readable(table), dict.fromkeys([*columns, "source"], ""))
    output.print(text("cli.indicators", **counts))
    if plan is not None:
        output.print(text("cli.indicators_after", **counts))


def _readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with numbers in their unit and words for yes and no."""
    units = table["unit"]
    labels = [
        _label(dimension, group)
        for dimension, group in zip(table["dimension"], table["group"], strict=True)
    ]
    return table.assign(
        group=labels,
        **{
            name: [_number(value, unit) for value, unit in zip(table[name], units, strict=True)]
            for name in ("value", "target", "value_after")
        },
        **{name: table[name].map(_yes_or_no) for name in ("met", "met_after")},
    )


def _label(dimension: str, group: str) -> str:
    """Return a group's name where the catalogue has one, else its id."""
    named = {"town_kind": "kind"}.get(dimension, dimension)
    if group not in catalogue.entries["map"].get(named, {}):
        return group
    return text(f"map.{named}.{group}")


def _number(value: float, unit: str) -> str | None:
    if value != value:
        return None
    if unit == "share":
        return f"{value:.1%}"
    shown = f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"
    return shown if unit == "count" else f"{shown} {text(f'unit.{unit}')}"


def _yes_or_no(met: Any) -> str | None:
    if met is None or met != met:
        return None
    return text("cli.yes") if met else text("cli.no")
