"""``sanshe platforms``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.app import (
    CityArgument,
    CsvOption,
    JsonOption,
    LanguageOption,
    StandardOption,
    Tier,
    app,
)
from planner.cli.printing import output, print_frame, progress
from planner.messages import text

if TYPE_CHECKING:
    import pandas as pd


@app.command(epilog="Example / 示例：  sanshe platforms taicang --tier community --lacking")
def platforms(
    city: CityArgument,
    lang: LanguageOption,
    tier: Annotated[
        Tier | None, typer.Option(help="Only this tier; all if left out. 设施层级")
    ] = None,
    lacking: Annotated[
        bool, typer.Option("--lacking", help="Only those that lack something. 仅未达标设施")
    ] = False,
    centre: Annotated[
        bool, typer.Option("--centre", help="What the municipal centre houses. 市级中心")
    ] = False,
    areas: Annotated[
        bool, typer.Option("--areas", help="Floor area by kind of community. 各类社区面积")
    ] = False,
    standard: StandardOption = "taicang-2013",
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Hold halls and platforms against the standard: functions, bodies, floor, capacity, form.

    对照标准检查各级平台的功能、机构、面积、接待能力和形式。
    """
    from geodata.city import open_city
    from planner import platforms as model
    from planner.standard import Standard

    with progress() as say:
        say("open")
        profile, opened = Standard.load(standard), open_city(city)
        say("coverage")
        if centre:
            table, columns = model.municipal_centre(opened, profile), _CENTRE
        elif areas:
            table, columns = model.floor_area_by_kind(opened, profile), _AREAS
        else:
            table, columns = model.platforms(opened, profile).drop(columns="geometry"), _COLUMNS
    if as_csv or as_json:
        if not (centre or areas):
            table = _chosen(table, tier, lacking)
        print_frame(table, columns, as_json=as_json, as_csv=as_csv)
        return
    if centre:
        print_frame(_named_centre(table), columns)
    elif areas:
        print_frame(table, columns)
    else:
        shown = _chosen(table, tier, lacking)
        print_frame(_named(shown), columns)
        output.print(text("cli.platforms", lacking=int(_lacks(table).sum()), halls=len(table)))


_CENTRE = {"what": "", "name": "", "present": ""}
_AREAS = {
    "kind": "",
    "halls": ",d",
    "floor_area_mean_m2": ",.0f",
    "required_m2": ",.0f",
    "m2_per_100_households": ",.1f",
    "required_m2_per_100_households": ",.0f",
}
_COLUMNS = {
    "hall_id": "",
    "name": "",
    "completeness": "",
    "functions_missing": "",
    "bodies_missing": "",
    "floor_area_m2": ",.0f",
    "floor_area_gap_m2": ",.0f",
    "visits_per_day": ",.0f",
    "capacity_gap_visits_per_day": ",.0f",
    "upgrade": "",
}


def _lacks(table: pd.DataFrame) -> pd.Series:
    return (
        (table["functions_missing"] != "")
        | (table["bodies_missing"].fillna("") != "")
        | (table["floor_area_gap_m2"] > 0)
        | (table["capacity_gap_visits_per_day"] > 0)
        | table["form_gap"]
    )


def _chosen(table: pd.DataFrame, tier: Tier | None, lacking: bool) -> pd.DataFrame:
    if tier is not None:
        table = table[table["tier"] == tier.value]
    return table[_lacks(table)] if lacking else table


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with functions, bodies and forms by name."""
    from geodata.functions import function_name

    def listed(ids: object, name: str) -> str:
        each = [one for one in ids.split(";") if one] if isinstance(ids, str) else []
        said = [function_name(one) if name == "function" else text(f"{name}.{one}") for one in each]
        return text("map.list").join(said)

    return table.assign(
        functions_missing=[listed(ids, "function") for ids in table["functions_missing"]],
        bodies_missing=[listed(ids, "body") for ids in table["bodies_missing"]],
        upgrade=[listed(form, "map.form") for form in table["upgrade"]],
    )


def _named_centre(table: pd.DataFrame) -> pd.DataFrame:
    from geodata.functions import function_name

    return table.assign(
        name=[
            function_name(name) if what == "functions" else name
            for what, name in zip(table["what"], table["name"], strict=True)
        ],
        what=[text(f"centre.{what}") for what in table["what"]],
        present=[text("cli.yes") if there else text("cli.no") for there in table["present"]],
    )
