"""``sanshe phases`` and ``front``: what when, what for what."""

from __future__ import annotations

from pathlib import Path
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
from planner.cli.printing import output, print_frame, progress
from planner.messages import text

ForbidOption = Annotated[
    list[str] | None,
    typer.Option(help="Candidate site that must not be used; may be repeated. 排除的候选地点"),
]
TimeLimitOption = Annotated[float, typer.Option(help="Seconds for the model. 求解时限（秒）")]
SeedOption = Annotated[int, typer.Option(help="Seed of everything that draws lots. 随机种子")]


@app.command(epilog="Example / 示例：  sanshe phases taicang --budget 6000000 --budget 6000000")
def phases(
    city: CityArgument,
    lang: LanguageOption,
    budget: Annotated[
        list[float] | None,
        typer.Option(help="A year's budget in yuan; once for each year. 各年度预算（元）"),
    ] = None,
    new_halls: Annotated[
        list[int] | None,
        typer.Option(help="Halls to build in a year; once for each year. 各年度新建数量"),
    ] = None,
    growth: Annotated[
        list[str] | None,
        typer.Option(
            help="Change of residents a year, GROUP=RATE: all, urban, rural or a town's code; may "
            "be repeated. 年人口增长率"
        ),
    ] = None,
    population: Annotated[
        Path | None,
        typer.Option(
            help="CSV in place of growth: code of the community, a column for each year. 人口预测表"
        ),
    ] = None,
    carry: Annotated[
        bool, typer.Option(help="What is left over may be used later. 结余是否结转")
    ] = True,
    forbid: ForbidOption = None,
    years: Annotated[
        bool, typer.Option("--years", help="A row per year in place of a row per site. 按年度汇总")
    ] = False,
    time_limit: TimeLimitOption = 60.0,
    seed: SeedOption = 0,
    standard: StandardOption = "taicang-2013",
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Plan several years ahead: what to build in which year, and what a year's delay costs.

    编制多年度建设计划：各年度建什么，推迟一年的代价。
    """
    from geodata.city import open_city
    from planner.decisions import phases as phased
    from planner.standard import Standard

    with progress() as say:
        say("open")
        found = phased(
            open_city(city),
            Standard.load(standard),
            budgets_yuan=budget,
            new_halls=new_halls,
            growth=weights_of(growth, "rural=-0.01"),
            population=population,
            forbidden_sites=tuple(forbid or ()),
            carry=carry,
            time_limit_s=time_limit,
            seed=seed,
            progress=say,
        )
    if as_json or as_csv:
        table = found.years if years else found.sites
        print_frame(table, {}, as_json=as_json, as_csv=as_csv)
        return
    answer = found.answer
    values: dict[str, Any] = {
        "years": len(answer.built),
        "value": answer.objective,
        "status": text(f"decision.{answer.status}"),
        "gap": answer.gap,
        "greedy": answer.greedy_objective,
    }
    output.print(text("cli.phases", **values))
    print_frame(found.years, _YEARS)
    if not years:
        print_frame(found.sites, _SITES)


_YEARS = {
    "year": "d",
    "residents": ",d",
    "new_halls": "d",
    "spent_yuan": ",.0f",
    "residents_served": ",d",
    "share": ".1%",
    "greedy_residents_served": ",d",
    "delay_loss": ",d",
}
_SITES = {
    "year": "d",
    "order": "d",
    "site_id": "",
    "name": "",
    "town_name": "",
    "residents_gained": ",d",
    "cost_yuan": ",.0f",
}


MostHallsOption = Annotated[
    int | None, typer.Option(help="How many to build at the most. 新建数量上限")
]
MostYuanOption = Annotated[
    float | None, typer.Option(help="What they may cost together, in yuan. 总预算上限（元）")
]
EveryTownOption = Annotated[
    float | None,
    typer.Option(help="Share to be served in every town, 0 to 1. 每个镇（区）最低覆盖率"),
]
RuralOption = Annotated[
    bool,
    typer.Option(
        "--rural-at-least-urban", help="Rural share no lower than urban. 农村覆盖率不低于城镇"
    ),
]


@app.command(
    epilog="Example / 示例：  sanshe front taicang --objectives covered,gap --new-halls 10"
)
def front(
    city: CityArgument,
    lang: LanguageOption,
    objectives: Annotated[
        str,
        typer.Option(
            help="Two of covered, cost, number, gap (urban–rural), and of minutes to the nearest "
            "hall farthest, person_minutes, insufficiency, gini. 两个目标"
        ),
    ] = "covered,cost",
    points: Annotated[
        int, typer.Option(help="How many points to look for; 0 for all. 点数（0 为全部）")
    ] = 12,
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
    """Show what two objectives cost each other: the Pareto front, each point proven.

    展示两个目标之间的取舍：帕累托前沿，各点均经证明。
    """
    from geodata.city import open_city
    from planner.decisions import front as found_front
    from planner.decisions.fronts import COLUMNS
    from planner.standard import Standard

    names = tuple(name.strip() for name in objectives.split(","))
    with progress() as say:
        say("open")
        table = found_front(
            open_city(city),
            Standard.load(standard),
            names,  # type: ignore[arg-type]  # refused where it is not two
            points=points or None,
            new_halls=new_halls,
            budget_yuan=budget_yuan,
            every_town_share=every_town,
            rural_at_least_urban=rural_at_least_urban,
            forbidden_sites=tuple(forbid or ()),
            time_limit_s=time_limit,
            seed=seed,
            progress=say,
        )
    shown = {COLUMNS[name]: FRONT[COLUMNS[name]] for name in names} | FRONT
    shown = {name: form for name, form in shown.items() if name in table} | {"knee": ""}
    if not (as_json or as_csv):
        table["knee"] = table["knee"].map({True: "◆", False: ""})
    print_frame(table, shown, as_json=as_json, as_csv=as_csv)
    if not (as_json or as_csv):
        ended = "front_complete" if table.attrs["complete"] else "front_some"
        output.print(text(f"cli.{ended}", reason=table.attrs["message"]))


FRONT = {
    "residents_served": ",d",
    "share": ".1%",
    "new_halls": "d",
    "cost_yuan": ",.0f",
    "gap_share": ".2%",
    "farthest_minutes": ".1f",
    "person_minutes": ",.0f",
    "person_minutes_over": ",.0f",
    "gini": ".4f",
}


def weights_of(given: list[str] | None, known: str) -> dict[str, float]:
    """Return the number of each NAME=NUMBER that an option was given.

    Raises
    ------
    PlanError
        If one is not of that form; the text shows a known one.
    """
    from planner.errors import PlanError

    numbers = {}
    for entry in given or []:
        name, _, value = entry.partition("=")
        try:
            numbers[name] = float(value)
        except ValueError as error:
            raise PlanError("bad_weight", value=entry, known=known) from error
    return numbers
