"""``sanshe tiers``: halls of all tiers, built or raised together."""

from __future__ import annotations

from enum import StrEnum
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
from planner.cli.decide import SeedOption, TimeLimitOption
from planner.cli.printing import output, print_frame, progress
from planner.messages import text


class Goal(StrEnum):
    """What halls of each tier are sited for."""

    TRAVEL = "travel"
    REACH = "reach"
    EVERY_TIER = "every_tier"


class Origin(StrEnum):
    """Where visits to the upper tiers start from."""

    HOME = "home"
    FACILITY = "facility"


@app.command(
    epilog="Example / 示例：  sanshe tiers taicang --new-halls 5 --new-platforms 2 "
    "--refer-from facility"
)
def tiers(
    city: CityArgument,
    lang: LanguageOption,
    new_halls: Annotated[
        int | None, typer.Option(help="Community halls and stations. 新建社区厅（站）数量上限")
    ] = None,
    new_platforms: Annotated[
        int | None, typer.Option(help="Town platforms, built or raised. 新增镇级平台数量上限")
    ] = None,
    new_centres: Annotated[
        int, typer.Option(help="Municipal centres, built or raised. 新增市级中心数量上限")
    ] = 0,
    budget_yuan: Annotated[
        float | None, typer.Option(help="What they may cost together, in yuan. 总预算上限（元）")
    ] = None,
    goal: Annotated[
        Goal,
        typer.Option(
            help="travel: least minutes; reach: most visits within the standard's minutes; "
            "every_tier: most residents within reach of all tiers. 目标"
        ),
    ] = Goal.TRAVEL,
    refer_from: Annotated[
        Origin,
        typer.Option(help="Where visits to the upper tiers start from, for travel. 转介出发点"),
    ] = Origin.HOME,
    forbid: Annotated[
        list[str] | None,
        typer.Option(help="Site or hall that stays as it is; may be repeated. 不得变动的地点"),
    ] = None,
    travel: Annotated[
        bool, typer.Option("--travel", help="A row per tier in place of a row per site. 按层级汇总")
    ] = False,
    time_limit: TimeLimitOption = 60.0,
    seed: SeedOption = 0,
    standard: StandardOption = "taicang-2013",
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Site halls of all tiers together: build or raise, visits referred upwards in view.

    统筹市、镇、社区三级设施：新建或升级何处，并计入逐级转介的出行。
    """
    from geodata.city import open_city
    from planner.decisions import tiers as sited
    from planner.standard import Standard

    with progress() as say:
        say("open")
        found = sited(
            open_city(city),
            Standard.load(standard),
            new_halls=new_halls,
            new_platforms=new_platforms,
            new_centres=new_centres,
            budget_yuan=budget_yuan,
            goal=goal.value,
            refer_from=refer_from.value,
            forbidden_sites=tuple(forbid or ()),
            time_limit_s=time_limit,
            seed=seed,
            progress=say,
        )
    if as_json or as_csv:
        table = found.travel if travel else found.sites
        print_frame(table, {}, as_json=as_json, as_csv=as_csv)
        return
    values: dict[str, Any] = {
        "count": len(found.sites),
        "cost": found.sites["cost_yuan"].sum(),
        "value": found.answer.objective,
        "before": found.travel["visit_minutes"].sum(),
        "status": text(f"decision.{found.answer.status}"),
        "gap": found.answer.gap,
    }
    output.print(text(f"cli.tiers.{goal.value}", **values))
    for table, columns in ((found.travel, _TRAVEL), (found.sites, _TIER_SITES)):
        if travel and table is found.sites:
            continue
        said = {"tier": table["tier"].map(lambda tier: text(f"column.{tier}"))}
        if "action" in table:
            said["action"] = table["action"].map(lambda name: text(f"action.{name}"))
        print_frame(table.assign(**said), columns)


_TRAVEL = {
    "tier": "",
    "visits_per_day": ",.0f",
    "places": "d",
    "places_after": "d",
    "minutes_before": ".1f",
    "minutes_after": ".1f",
    "visit_minutes": ",.0f",
    "visit_minutes_after": ",.0f",
    "share": ".1%",
    "share_after": ".1%",
}
_TIER_SITES = {
    "tier": "",
    "action": "",
    "id": "",
    "name": "",
    "community_name": "",
    "town_name": "",
    "cost_yuan": ",.0f",
}
