"""``sanshe alternatives`` and ``explain``: what else could be built, and why here."""

from __future__ import annotations

import json
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
from planner.cli.decide import (
    EveryTownOption,
    ForbidOption,
    RuralOption,
    SeedOption,
    TimeLimitOption,
)
from planner.cli.printing import output, print_frame, progress
from planner.messages import text

if TYPE_CHECKING:
    from planner.decisions import Question

NewHallsOption = Annotated[
    int | None, typer.Option(help="How many to build at the most; 5 if no goal is given. 新建数量")
]
BudgetOption = Annotated[
    float | None, typer.Option(help="What they may cost together, in yuan. 总预算（元）")
]
TargetOption = Annotated[
    float | None,
    typer.Option(help="Share of residents to be served, 0 to 1, at least cost. 目标覆盖率"),
]


@app.command(epilog="Example / 示例：  sanshe alternatives taicang --new-halls 5 --within 0.002")
def alternatives(
    city: CityArgument,
    lang: LanguageOption,
    new_halls: NewHallsOption = None,
    budget_yuan: BudgetOption = None,
    target_share: TargetOption = None,
    every_town: EveryTownOption = None,
    rural_at_least_urban: RuralOption = False,
    forbid: ForbidOption = None,
    within: Annotated[
        float, typer.Option(help="Loss allowed, as a share of the best. 允许损失比例")
    ] = 0.01,
    count: Annotated[int, typer.Option(help="How many sets at the most. 方案数上限")] = 5,
    differ_by: Annotated[
        int, typer.Option(help="Sites that any two sets differ by at least. 方案间至少相差的地点数")
    ] = 1,
    substitutes: Annotated[
        bool,
        typer.Option("--substitutes", help="What stands in for each site instead. 各地点的替代"),
    ] = False,
    time_limit: TimeLimitOption = 60.0,
    seed: SeedOption = 0,
    standard: StandardOption = "taicang-2013",
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the best distinct sets of sites, or what stands in for each recommended site.

    列出最优及相近的选址方案，或各推荐地点的最佳替代。
    """
    from planner.decisions import alternatives as others
    from planner.decisions import substitutes as stand_ins

    goals = (new_halls, budget_yuan, target_share, every_town, rural_at_least_urban)
    with progress() as say:
        say("open")
        asked = question(city, standard, goals, forbid, time_limit, seed)
        if substitutes:
            table = stand_ins(asked, say)
        else:
            table = others(asked, within=within, count=count, differ_by=differ_by, progress=say)
    print_frame(table, _SUBSTITUTES if substitutes else _SETS, as_json=as_json, as_csv=as_csv)
    if not (as_json or as_csv or substitutes):
        ended = "complete" if table.attrs["complete"] else "some"
        if differ_by > 1:
            ended = "no_more_apart" if table.attrs["complete"] else "some_apart"
        told = {"within": within, "count": len(table), "differ_by": differ_by}
        output.print(text(f"cli.alternatives_{ended}", reason=table.attrs["reason"], **told))


@app.command(epilog="Example / 示例：  sanshe explain taicang C170 --new-halls 5 --lang zh")
def explain(
    city: CityArgument,
    site: Annotated[str, typer.Argument(metavar="SITE", help="Candidate site. 候选地点编号")],
    lang: LanguageOption,
    new_halls: NewHallsOption = None,
    budget_yuan: BudgetOption = None,
    target_share: TargetOption = None,
    every_town: EveryTownOption = None,
    rural_at_least_urban: RuralOption = False,
    forbid: ForbidOption = None,
    time_limit: TimeLimitOption = 60.0,
    seed: SeedOption = 0,
    standard: StandardOption = "taicang-2013",
    as_json: JsonOption = False,
) -> None:
    """Say why a site is recommended, or why it is not, in numbers and in a sentence.

    说明某地点为何推荐或不推荐。
    """
    from planner.decisions import explain as why

    goals = (new_halls, budget_yuan, target_share, every_town, rural_at_least_urban)
    with progress() as say:
        say("open")
        reason = why(question(city, standard, goals, forbid, time_limit, seed), site, say)
    if as_json:
        from planner.exports import without_nan

        tree = {"site_id": reason.site_id, "name": reason.name, "state": reason.state}
        tree |= reason.numbers | {"sentence": reason.sentence}
        typer.echo(json.dumps(without_nan(tree), ensure_ascii=False, indent=1))
        return
    output.print(reason.sentence, markup=False)


def question(
    city: str,
    standard: str,
    goals: tuple[Any, ...],
    forbid: list[str] | None,
    time_limit: float,
    seed: int,
) -> Question:
    """Return what a plan with these options would be asked."""
    from geodata.city import open_city
    from planner.decisions import Question
    from planner.request import PlanRequest
    from planner.standard import Standard

    new_halls, budget_yuan, target_share, every_town, rural = goals
    request = PlanRequest(
        new_halls=new_halls,
        budget_yuan=budget_yuan,
        target_share=target_share,
        forbidden_sites=tuple(forbid or ()),
        time_limit_s=time_limit,
        seed=seed,
        every_town_share=every_town,
        rural_at_least_urban=rural,
    )
    return Question(open_city(city), Standard.load(standard), request)


_SETS = {
    "rank": "d",
    "residents_served": ",d",
    "cost_yuan": ",.0f",
    "new_halls": "d",
    "loss": ",.0f",
    "out": "",
    "into": "",
}
_SUBSTITUTES = {
    "site_id": "",
    "name": "",
    "sole_residents": ",d",
    "substitute_id": "",
    "substitute_name": "",
    "substitute_loss": ",.0f",
    "loss_if_unavailable": ",.0f",
}
