"""``sanshe harmony``."""

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


@app.command(epilog="Example / 示例：  sanshe harmony taicang --actions")
def harmony(
    city: CityArgument,
    lang: LanguageOption,
    towns: Annotated[
        bool, typer.Option("--towns", help="Shares by town and kind, before and after. 按镇统计")
    ] = False,
    actions: Annotated[
        bool,
        typer.Option("--actions", help="The cheapest actions that reach the targets. 最省措施"),
    ] = False,
    missed: Annotated[
        bool, typer.Option("--missed", help="Only communities that miss the checklist. 仅未达标")
    ] = False,
    standard: StandardOption = "taicang-2013",
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say which communities meet the checklist, what the others miss, and the cheapest remedy.

    逐项检查和谐社区标准，列出未达标项和最省的达标措施。
    """
    from geodata.city import open_city
    from planner import harmony as model
    from planner.standard import Standard

    with progress() as say:
        say("open")
        profile, opened = Standard.load(standard), open_city(city)
        say("harmony")
        units = model.missing_units(opened, profile)
        table = model.checklist(opened, profile, units)
        lifted, by_town = model.cheapest_lift(opened, profile, units)
    plain = not (as_csv or as_json)
    if towns:
        print_frame(by_town, _TOWNS, as_json=as_json, as_csv=as_csv)
    elif actions:
        shown = _named(lifted, "actions") if plain else lifted
        print_frame(shown, _ACTIONS, as_json=as_json, as_csv=as_csv)
    else:
        shown = table[~table["meets"]] if missed else table
        shown = _named(shown, "missed") if plain else shown
        print_frame(shown, _CHECKLIST, as_json=as_json, as_csv=as_csv)
    if plain:
        _say(table, lifted, by_town)


_TOWNS = {
    "town_name": "",
    "kind": "",
    "communities": ",d",
    "meeting": ",d",
    "needed": ",d",
    "lifted": ",d",
    "cost_yuan": ",.0f",
    "share_after": ".1%",
}
_ACTIONS = {"town_name": "", "community_name": "", "actions": "", "cost_yuan": ",.0f"}
_CHECKLIST = {
    "town_name": "",
    "community_name": "",
    "criteria_met": ",d",
    "missed": "",
    "meets": "",
    "harmonious": "",
    "feature": "",
}


def _named(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the table with criteria by name and words for yes and no."""
    said = [
        text("map.list").join(text(f"criterion.{one}") for one in ids.split(";") if one)
        for ids in table[column]
    ]
    flags = [name for name in ("meets", "harmonious", "feature") if name in table]
    words = {True: text("cli.yes"), False: text("cli.no")}
    return table.assign(**{column: said}, **{name: table[name].map(words) for name in flags})


def _say(table: pd.DataFrame, lifted: pd.DataFrame, by_town: pd.DataFrame) -> None:
    output.print(
        text(
            "cli.harmony",
            met=int(table["meets"].sum()),
            communities=len(table),
            assessed=int(table["harmonious"].sum()),
            feature=int(table["feature"].sum()),
        )
    )
    cost = lifted["cost_yuan"].sum()
    output.print(text("cli.harmony_actions", cost=cost, lifted=len(lifted)))
    short = by_town.loc[~by_town["reached"], "town_name"].unique()
    if len(short):
        output.print(text("cli.harmony_short", towns=text("map.list").join(short)))
