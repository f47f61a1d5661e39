"""``sanshe works``: build, upgrade, share, visit, close or merge under a budget."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planner.cli.app import (
    CityArgument,
    CsvOption,
    JsonOption,
    LanguageOption,
    StandardOption,
    app,
)
from planner.cli.decide import ForbidOption, SeedOption, TimeLimitOption, weights_of
from planner.cli.printing import output, print_frame, progress
from planner.messages import text

if TYPE_CHECKING:
    import pandas as pd


class Table(StrEnum):
    """What can be shown of works."""

    ACTIONS = "actions"
    GAPS = "gaps"
    LOSERS = "losers"
    TEAMS = "teams"


@app.command(
    epilog="Examples / 示例：  sanshe works taicang --budget-yuan 9000000 --weight form=0.5 ; "
    "sanshe works taicang --yearly-budget-yuan 2000000 --allow-closing --show losers"
)
def works(
    city: CityArgument,
    lang: LanguageOption,
    budget_yuan: Annotated[
        float | None,
        typer.Option(help="What all actions may cost once, in yuan. 一次性总预算（元）"),
    ] = None,
    yearly_budget_yuan: Annotated[
        float | None,
        typer.Option(
            help="What they may cost more every year, in yuan; alone, what is spent once is spread "
            "over a hall's life and comes out of it too. 每年新增支出上限（元）"
        ),
    ] = None,
    allow_closing: Annotated[
        bool,
        typer.Option(
            "--allow-closing",
            help="Halls may be closed or merged where the total gains. 允许关停或合并",
        ),
    ] = False,
    show: Annotated[
        Table | None, typer.Option(help="One table in place of all. 输出哪张表")
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option(
            help="What a person counts in a gap, GAP=NUMBER: reach, form, functions, floor_area; "
            "may be repeated. 缺口权重"
        ),
    ] = None,
    forbid: ForbidOption = None,
    time_limit: TimeLimitOption = 60.0,
    seed: SeedOption = 0,
    standard: StandardOption = "taicang-2013",
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Build, upgrade, extend, share a hall, send a team, close or merge: under one budget.

    新建、升级、扩建、共用、流动服务、关停或合并：在同一预算内选择。
    """
    from geodata.city import open_city
    from planner.decisions import works as chosen
    from planner.standard import Standard

    with progress() as say:
        say("open")
        found = chosen(
            open_city(city),
            Standard.load(standard),
            budget_yuan,
            yearly_budget_yuan=yearly_budget_yuan,
            allow_closing=allow_closing,
            weights=weights_of(weight, "form=0.5"),
            forbidden_sites=tuple(forbid or ()),
            time_limit_s=time_limit,
            seed=seed,
            progress=say,
        )
    if as_json or as_csv:
        table = getattr(found, show or Table.ACTIONS)
        print_frame(table, {}, as_json=as_json, as_csv=as_csv)
        return
    values: dict[str, Any] = {
        "actions": len(found.actions),
        "cost": found.actions["cost_yuan"].sum(),
        "running": _sum(found.actions["running_yuan_per_year"]),
        "closed": found.gaps["closed"].sum(),
        "open": found.gaps["persons"].sum(),
        "lost": found.gaps["lost"].sum(),
        "status": text(f"decision.{found.answer.status}"),
        "gap": found.answer.gap,
    }
    output.print(text("cli.works", **values))
    for part in (Table.GAPS, Table.ACTIONS, Table.LOSERS, Table.TEAMS):
        frame: pd.DataFrame = getattr(found, part)
        if show is part or (show is None and len(frame)):
            output.print(text(f"cli.works_{part.value}"))
            print_frame(_worded(frame), _COLUMNS[part])


def _sum(amounts: pd.Series) -> str:
    """Return a sum in words; a dash where the standard does not say all of it."""
    return "–" if amounts.isna().any() else f"{amounts.sum():,.0f}"


def _worded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with actions, gaps and functions in the language in use."""
    from geodata.functions import function_name, known_functions

    if "gap" in frame:
        frame = frame.assign(gap_kind=frame["gap"].map(lambda name: text(f"gap_kind.{name}")))
    if "action" in frame:
        what = [
            function_name(it)
            if it in known_functions()
            else text("works_days", days=it.removesuffix(" d"))
            if action == "mobile"
            else it
            for action, it in zip(frame["action"], frame["what"], strict=True)
        ]
        frame = frame.assign(
            what=what, action=frame["action"].map(lambda name: text(f"action.{name}"))
        )
    return frame


_COLUMNS = {
    Table.GAPS: {
        "gap_kind": "",
        "places": ",d",
        "persons": ",.0f",
        "closed": ",.0f",
        "share": ".1%",
        "lost": ",.0f",
    },
    Table.ACTIONS: {
        "action": "",
        "name": "",
        "town_name": "",
        "what": "",
        "cost_yuan": ",.0f",
        "running_yuan_per_year": ",.0f",
        "yuan_per_year": ",.0f",
        "persons": ",.0f",
        "yuan_per_person": ",.1f",
    },
    Table.LOSERS: {"gap_kind": "", "community_name": "", "town_name": "", "persons": ",.0f"},
    Table.TEAMS: {
        "name": "",
        "teams": "d",
        "days": ",d",
        "days_possible": ",d",
        "yuan_per_year": ",.0f",
    },
}
