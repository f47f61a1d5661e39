"""``sanshe phases``: what to build in which year."""

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
