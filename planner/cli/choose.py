"""``sanshe choose``: sites by several objectives, in order of importance or weighed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from planner.cli.app import (
    CityArgument,
    CsvOption,
    JsonOption,
    LanguageOption,
    StandardOption,
    app,
)
from planner.cli.decide import (
    FRONT,
    EveryTownOption,
    ForbidOption,
    MostHallsOption,
    MostYuanOption,
    RuralOption,
    SeedOption,
    TimeLimitOption,
    weights_of,
)
from planner.cli.printing import output, print_frame, progress
from planner.messages import text


@app.command(
    epilog="Example / 示例：  sanshe choose taicang --objectives covered,gini,cost --new-halls 10"
)
def choose(
    city: CityArgument,
    lang: LanguageOption,
    objectives: Annotated[
        str,
        typer.Option(
            help="The most important first: covered, cost, number, gap (urban–rural), and of "
            "minutes to the nearest hall farthest, person_minutes, insufficiency, gini. "
            "目标（按重要性）"
        ),
    ] = "covered,person_minutes,cost",
    weight: Annotated[
        list[str] | None,
        typer.Option(
            help="In place of an order: what a unit of an objective counts, OBJECTIVE=NUMBER; may "
            "be repeated. 目标权重"
        ),
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(help="Share that each may fall short for those after it. 允许让步比例"),
    ] = 0.0,
    new_halls: MostHallsOption = None,
    budget_yuan: MostYuanOption = None,
    every_town: EveryTownOption = None,
    rural_at_least_urban: RuralOption = False,
    forbid: ForbidOption = None,
    time_limit: TimeLimitOption = 60.0,
    seed: SeedOption = 0,
    standard: StandardOption = "taicang-2013",
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Choose sites by several objectives, in order of importance or weighed, each stage proven.

    按多个目标选址：依重要性逐级优化或加权求和，各步均经证明。
    """
    from geodata.city import open_city
    from planner.decisions import choose as chosen
    from planner.standard import Standard

    weights = weights_of(weight, "covered=500")
    names = [name.strip() for name in objectives.split(",")]
    with progress() as say:
        say("open")
        found = chosen(
            open_city(city),
            Standard.load(standard),
            weights or names,
            tolerance=tolerance,
            new_halls=new_halls,
            budget_yuan=budget_yuan,
            every_town_share=every_town,
            rural_at_least_urban=rural_at_least_urban,
            forbidden_sites=tuple(forbid or ()),
            time_limit_s=time_limit,
            seed=seed,
            progress=say,
        )
    if as_json or as_csv:
        print_frame(found.sites, {}, as_json=as_json, as_csv=as_csv)
        return
    values: dict[str, Any] = {
        "sites": len(found.sites),
        "cost": found.sites["cost_yuan"].sum(),
        "method": text(f"choice.{found.answer.method}"),
        "status": text(f"decision.{found.answer.status}"),
        "gap": found.answer.stages["gap"].max(),
    }
    output.print(text("cli.choose", **values))
    print_frame(*_told(found.objectives))
    print_frame(found.sites, _SITES)


def _told(table: Any) -> tuple[Any, dict[str, str]]:
    """Return the objectives as people read them, each value in its own format, and the columns."""
    from planner.decisions.fronts import COLUMNS

    told = table.rename(columns={"value": "with_sites"})
    for column in ("today", "with_sites", "best"):
        if column in told:
            told[column] = [
                format(value, FRONT[COLUMNS[name]].replace("d", ".0f"))
                for name, value in zip(told["objective"], told[column], strict=True)
            ]
    told["objective"] = [text(f"objective.{name}") for name in table["objective"]]
    last = {"weight": "g"} if "weight" in told else {"best": "", "gap": ".2%"}
    return told, {"objective": "", "today": "", "with_sites": "", **last}


_SITES = {
    "order": "d",
    "site_id": "",
    "name": "",
    "town_name": "",
    "residents_gained": ",d",
    "cost_yuan": ",.0f",
}
