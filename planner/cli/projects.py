"""``sanshe projects``."""

from __future__ import annotations

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
from planner.cli.printing import output, print_frame, progress
from planner.messages import text

if TYPE_CHECKING:
    import pandas as pd

    from planner.projects import ProjectChoice


@app.command(
    epilog="Example / 示例：  sanshe projects taicang --budget purchase=3000000 --next purchase"
)
def projects(
    city: CityArgument,
    lang: LanguageOption,
    budget: Annotated[
        list[str] | None,
        typer.Option(
            help="What a funder can spend, FUNDER=YUAN; may be repeated. The standard's budgets if "
            "left out. 资金来源及预算（元）"
        ),
    ] = None,
    per_organisation: Annotated[
        int | None, typer.Option(help="Most projects of one organisation. 每个组织最多项目数")
    ] = None,
    per_town: Annotated[
        int | None, typer.Option(help="Fewest projects in each town. 每个镇（区）最少项目数")
    ] = None,
    next_of: Annotated[
        str | None,
        typer.Option(
            "--next", help="What the next 100,000 yuan of this funder would buy. 追加资金的效果"
        ),
    ] = None,
    steps: Annotated[
        int, typer.Option(min=1, max=50, help="With --next: how many times. 追加次数")
    ] = 5,
    by_field: Annotated[
        bool, typer.Option("--by-field", help="Clients met by field. 按领域统计")
    ] = False,
    time_limit: Annotated[float, typer.Option(help="Seconds for the model. 求解时限（秒）")] = 60.0,
    standard: StandardOption = "taicang-2013",
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Choose the projects that meet the most unmet need under the funders' budgets.

    在各方预算内选择最能满足服务需求的项目。
    """
    from geodata.city import open_city
    from planner.projects import budget_curve, choose_projects
    from planner.projects import of_city as model
    from planner.standard import Standard

    with progress() as say:
        say("open")
        profile, opened = Standard.load(standard), open_city(city)
        say("projects")
        arguments = model.arguments_of(opened, profile, budgets=_budgets(budget))
        arguments["time_limit_s"] = time_limit
        if per_organisation is not None:
            arguments["per_organisation"] = per_organisation
        if per_town is not None:
            arguments["per_town"] = per_town
        if next_of is not None:
            _check_funder(next_of, arguments["budgets"])
            more = [100_000.0 * step for step in range(steps + 1)]
            curve = budget_curve(**arguments, funder=next_of, more_yuan=more)
        else:
            found = choose_projects(**arguments)
            now = model.running(opened, profile)
    if next_of is not None:
        print_frame(_rounded(curve), _CURVE, as_json=as_json, as_csv=as_csv)
        return
    if by_field:
        table = model.by_field(found, arguments["need"])
        print_frame(table, _BY_FIELD, as_json=as_json, as_csv=as_csv)
    else:
        print_frame(model.published(found, opened), _COLUMNS, as_json=as_json, as_csv=as_csv)
    if not (as_json or as_csv):
        _say(found, now)


_COLUMNS = {
    "project_id": "",
    "name": "",
    "organisation_name": "",
    "town_name": "",
    "field": "",
    "paid_by": "",
    "cost_yuan": ",.0f",
    "communities": ",d",
    "clients_met": ",d",
}
_BY_FIELD = {"field": "", "clients_unmet": ",d", "clients_met": ",d", "share": ".1%"}
_CURVE = {
    "budget_yuan": ",.0f",
    "projects": ",d",
    "spent_yuan": ",.0f",
    "clients_met": ",.0f",
    "gained": ",.0f",
    "gap": ".2%",
    "projects_added": "",
    "projects_dropped": "",
}


def _budgets(given: list[str] | None) -> dict[str, float] | None:
    from planner.errors import PlanError

    if not given:
        return None
    budgets = {}
    for entry in given:
        funder, _, yuan = entry.partition("=")
        try:
            budgets[funder] = float(yuan)
        except ValueError as error:
            raise PlanError("bad_budget_of", value=entry) from error
    return budgets


def _check_funder(funder: str, budgets: dict[str, float]) -> None:
    from planner.errors import PlanError

    if funder not in budgets:
        raise PlanError("unknown_funder", funder=funder, known=", ".join(budgets))


def _rounded(curve: pd.DataFrame) -> pd.DataFrame:
    """Return the curve in clients as they may be shown: a step would tell who is in it."""
    from geodata.disclosure import in_fives

    met = in_fives(curve["need_met"])
    return (
        curve.assign(need_met=met, gained=met.diff(), bound=in_fives(curve["bound"]))
        .rename(columns={"need_met": "clients_met"})
        .reset_index()
    )


def _say(found: ProjectChoice, now: ProjectChoice) -> None:
    import pandas as pd

    from geodata.disclosure import in_fives

    # With the table, exact sums would tell the counts that it withholds.
    met, need, before = in_fives(pd.Series([found.need_met, found.need, now.need_met]))
    values = {
        "met": met,
        "need": need,
        "spent": found.spent.sum(),
        "budget": found.budgets.sum(),
        "now": before,
        "gap": found.gap,
    }
    output.print(text("cli.projects", **values))
    output.print(text("cli.projects_now", **values))
    proof = "proven" if found.gap == 0 else "unproven"
    output.print(text(f"cli.projects_{proof}", **values))
