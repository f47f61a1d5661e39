"""``sanshe scenarios``: where to build when nobody knows what comes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.app import (
    CityArgument,
    CsvOption,
    JsonOption,
    LanguageOption,
    StandardOption,
    app,
)
from planner.cli.decide import ForbidOption, SeedOption, TimeLimitOption
from planner.cli.options import BudgetOption, NewHallsOption
from planner.cli.outputs import refuse_other_pictures, write_picture
from planner.cli.printing import output, print_frame, progress
from planner.messages import text, word_for

if TYPE_CHECKING:
    from planner.decisions import Scenario


class Part(StrEnum):
    """What can be shown of scenarios."""

    CRITERIA = "criteria"
    SCENARIOS = "scenarios"
    SITES = "sites"
    TORNADO = "tornado"
    CLOSURES = "closures"


@app.command(epilog="Example / 示例：  sanshe scenarios taicang --new-halls 10 --show sites")
def scenarios(
    city: CityArgument,
    lang: LanguageOption,
    file: Annotated[
        Path | None,
        typer.Option(
            "--scenarios", help="TOML file of scenarios; the planner's if left out. 情景文件"
        ),
    ] = None,
    show: Annotated[
        Part | None, typer.Option(help="One table in place of all but closures. 输出哪张表")
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(help="Draw the tornado to this file (.png, .svg, .pdf). 敏感性图输出文件"),
    ] = None,
    close: Annotated[
        list[str] | None,
        typer.Option(help="What if this open hall closes? May be repeated. 假设关闭的服务设施"),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(help="What if this site is not to be had? May be repeated. 假设不可用的地点"),
    ] = None,
    new_halls: NewHallsOption = None,
    budget_yuan: BudgetOption = None,
    forbid: ForbidOption = None,
    time_limit: TimeLimitOption = 60.0,
    seed: SeedOption = 0,
    standard: StandardOption = "taicang-2013",
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find sites that stay good whatever comes: population, travel, standard, closures.

    在人口、出行、标准与关停等不确定情景下选择稳健的地点。
    """
    from geodata.city import open_city
    from planner.decisions import closures
    from planner.decisions import scenarios as futures
    from planner.standard import Standard

    if figure is not None:
        refuse_other_pictures(figure)
    with progress() as say:
        say("open")
        opened, profile = open_city(city), Standard.load(standard)
        if show is Part.CLOSURES:
            tables = {Part.CLOSURES: closures(opened, profile, say)}
        else:
            found = futures(
                opened,
                profile,
                _futures(file, close or [], without or []),
                new_halls=new_halls,
                budget_yuan=budget_yuan,
                forbidden_sites=tuple(forbid or ()),
                time_limit_s=time_limit,
                seed=seed,
                progress=say,
            )
            tables = {part: getattr(found, part) for part in list(Part)[:-1]}
            if figure is not None:
                from planner.figures import tornado

                base = float(found.scenarios["share_first"].iloc[0])
                write_picture(tornado(found.tornado, base), figure)
    if as_json or as_csv:
        print_frame(tables[show or Part.SITES], {}, as_json=as_json, as_csv=as_csv)
        return
    for part, table in tables.items():
        if show in (None, part):
            output.print(text(f"cli.scenarios_{part.value}"))
            shown = table
            if part is Part.CRITERIA:
                names = table["criterion"].map(lambda name: text(f"criterion.{name}"))
                shown = table.assign(
                    criterion=names, status=table["status"].map(lambda s: text(f"decision.{s}"))
                )
            if part is Part.TORNADO:
                parameters = table["parameter"].map(lambda name: word_for("parameter", name))
                shown = table.assign(parameter=parameters)
            marks = {
                name: shown[name].map({True: "●", False: ""}) for name in _MARKED if name in shown
            }
            print_frame(shown.assign(**marks), _COLUMNS[part])
            if part is Part.SITES and not table.attrs["proven"]:
                output.print(text("cli.stays_unproven"))


def _futures(
    file: Path | None, closed: list[str], unavailable: list[str]
) -> Path | list[Scenario] | None:
    """Return the file's scenarios; with a what-if, it beside them, or beside today alone."""
    from planner.decisions import Scenario, read_scenarios

    if not closed and not unavailable:
        return file
    asked = Scenario(id="what_if", closed_halls=tuple(closed), unavailable_sites=tuple(unavailable))
    return [*(read_scenarios(file) if file else [Scenario(id="today")]), asked]


_MARKED = ("first", "expected", "worst", "regret")
_COLUMNS = {
    Part.CRITERIA: {
        "criterion": "",
        "expected_share": ".2%",
        "worst_share": ".2%",
        "largest_regret": ".2%",
        "new_halls": "d",
        "cost_yuan": ",.0f",
        "status": "",
    },
    Part.SCENARIOS: {
        "name": "",
        "residents": ",d",
        "share_today": ".1%",
        "share_first": ".1%",
        "share_expected": ".1%",
        "share_worst": ".1%",
        "share_regret": ".1%",
        "best_share": ".1%",
    },
    Part.SITES: {
        "site_id": "",
        "name": "",
        "town_name": "",
        "stays": ".0%",
        "first": "",
        "expected": "",
        "worst": "",
        "regret": "",
    },
    Part.TORNADO: {
        "parameter": "",
        "low_share": ".1%",
        "high_share": ".1%",
        "swing": ".1%",
        "sites_changed": "d",
    },
    Part.CLOSURES: {
        "hall_id": "",
        "name": "",
        "sole_residents": ",d",
        "best_site_id": "",
        "residents_kept": ",d",
    },
}
