"""``sanshe organisations``."""

from __future__ import annotations

from enum import StrEnum
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


class Show(StrEnum):
    """What to show of organisations."""

    CATEGORY = "category"
    REGISTRATION = "registration"
    REACH = "reach"
    INCUBATION = "incubation"
    ROUNDS = "rounds"
    STOPS = "stops"


@app.command(epilog="Example / 示例：  sanshe organisations taicang --show rounds")
def organisations(
    city: CityArgument,
    lang: LanguageOption,
    show: Annotated[
        Show,
        typer.Option(
            help="category, registration: density by town; reach: communities with none; "
            "incubation; rounds, stops: days of inspection at their door. 显示内容"
        ),
    ] = Show.CATEGORY,
    registration: Annotated[
        str, typer.Option(help="For rounds: which class of registration. 登记方式")
    ] = "annual_inspection",
    visit_minutes: Annotated[
        float, typer.Option(help="For rounds: time at each. 每家用时（分钟）")
    ] = 30.0,
    day_minutes: Annotated[
        float, typer.Option(help="For rounds: working time of a day. 每日工作时间（分钟）")
    ] = 420.0,
    standard: StandardOption = "taicang-2013",
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say how dense organisations are, who has none near, and how to inspect them at their door.

    统计社会组织密度、覆盖、孵化，并安排年检上门路线。
    """
    from geodata.city import open_city
    from planner import organisations as model
    from planner.standard import Standard

    said = ""
    with progress() as say:
        say("open")
        opened = open_city(city)
        say("organisations")
        if show is Show.REACH:
            table = model.within_reach(opened, Standard.load(standard))
            table = table.sort_values("residents_without", ascending=False, kind="stable")
            none = int(table["none_within_reach"].sum())
            without = int(table["residents_without"].sum())
            said = text("cli.organisations_reach", communities=none, residents=without)
        elif show is Show.INCUBATION:
            table = model.incubation(opened)
        elif show in (Show.ROUNDS, Show.STOPS):
            found = model.inspection_rounds(
                opened,
                registration=registration,
                visit_minutes=visit_minutes,
                day_minutes=day_minutes,
            )
            table = found.days if show is Show.ROUNDS else found.stops
            said = text(
                "cli.rounds",
                visits=len(found.stops),
                days=len(found.days),
                bound=found.rounds.bound,
                gap=found.rounds.gap,
            )
        else:
            table = model.density(opened, show.value)
    print_frame(table, _columns(table), as_json=as_json, as_csv=as_csv)
    if said and not (as_csv or as_json):
        output.print(said)


def _columns(table: pd.DataFrame) -> dict[str, str]:
    forms = {
        "town_name": "",
        "name": "",
        "community_name": "",
        "residents": ",d",
        "residents_without": ",d",
        "nearest_minutes": ".0f",
        "organisations": ",d",
        "per_10000": ".1f",
        "hosted": ",.0f",
        "filed_nearest": ",d",
        "mean_minutes": ".0f",
        "most_minutes": ".0f",
        "day": "d",
        "stop": "d",
        "arrive_minutes": ".0f",
        "visits": "d",
        "minutes": ".0f",
        "travel_minutes": ".0f",
        "towns": "d",
    }
    return {name: forms[name] for name in table.columns if name in forms}
