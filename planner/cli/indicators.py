"""``sanshe indicators``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from planner.cli.app import CityArgument, CsvOption, JsonOption, LanguageOption, app
from planner.cli.printing import output, print_frame, progress
from planner.messages import text


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
    from planner.indicators.readable import readable
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
    print_frame(readable(table), dict.fromkeys([*columns, "source"], ""))
    output.print(text("cli.indicators", **counts))
    if plan is not None:
        output.print(text("cli.indicators_after", **counts))
