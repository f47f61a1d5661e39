"""``sanshe access``."""

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
    Tier,
    app,
)
from planner.cli.printing import output, print_frame, progress
from planner.messages import text

if TYPE_CHECKING:
    import pandas as pd

    from geodata.city import City


class Measure(StrEnum):
    """Measures of accessibility."""

    NEAREST = "nearest"
    CUMULATIVE = "cumulative"
    GRAVITY = "gravity"
    TWO_STEP = "2sfca"
    ENHANCED = "e2sfca"
    MODIFIED = "m2sfca"
    THREE_STEP = "3sfca"
    BALANCED = "bfca"
    SPATIAL = "spatial"
    RATIONAL = "raam"


class Supply(StrEnum):
    """What halls supply."""

    HALLS = "halls"
    AREA = "floor_area_m2"
    WINDOWS = "windows"
    VISITS = "visits_per_day_capacity"
    FTE = "fte"


class AccessBy(StrEnum):
    """How accessibility is broken down."""

    TIER = "tier"
    KIND = "kind"
    TOWN = "town"
    SETTLEMENT = "settlement"


@app.command(
    epilog="Example / 示例：  sanshe access taicang --measure e2sfca --supply fte --by town"
)
def access(
    city: CityArgument,
    lang: LanguageOption,
    measure: Annotated[
        Measure,
        typer.Option(
            help="nearest (minutes), cumulative, gravity, floating catchments (per 1,000 "
            "residents), raam (cost). 可达性指标"
        ),
    ] = Measure.TWO_STEP,
    supply: Annotated[Supply, typer.Option(help="What halls supply. 供给")] = Supply.AREA,
    tier: Annotated[Tier, typer.Option(help="Halls of which tier. 设施层级")] = Tier.COMMUNITY,
    by: Annotated[AccessBy, typer.Option(help="Mean of residents by group. 分组方式")] = (
        AccessBy.TOWN
    ),
    minutes: Annotated[
        float | None, typer.Option(help="In place of the standard's minutes. 时间上限（分钟）")
    ] = None,
    mode: Annotated[
        str | None, typer.Option(help="In place of the standard's mode of travel. 出行方式")
    ] = None,
    standard: StandardOption = "taicang-2013",
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure supply against demand with competition, and how unequal it is.

    计算考虑竞争的服务可达性及其公平程度。
    """
    from geodata.city import open_city
    from planner.of_city.accessibility import UNITS, access_of_city
    from planner.standard import Standard

    with progress() as say:
        say("open")
        profile, opened = Standard.load(standard), open_city(city)
        say("access")
        found = access_of_city(
            opened,
            profile,
            measure.value,
            supply=supply.value,
            tier=tier.value,
            minutes=minutes,
            mode=mode,
        )
    table = _by_group(opened, found, by.value)
    unit = UNITS[measure.value]
    columns = {
        "group_name": "",
        "residents": ",d",
        "access": ",.3f" if unit == "cost" else ",.1f",
        "without": ",d",
    }
    print_frame(table, columns, as_json=as_json, as_csv=as_csv)
    if not (as_json or as_csv):
        gini, ratio = _spread(opened, found)
        output.print(text(f"cli.access.{unit}", supply=text(f"supply.{supply.value}")))
        output.print(text("cli.access.spread", gini=gini, ratio=ratio))
        if opened.roads is None:
            output.print(text("cli.approximate"))


def _by_group(city: City, found: pd.Series, by: str) -> pd.DataFrame:
    """Return the residents' mean by group, and the residents for whom nothing is known."""
    from planner.coverage import people

    everyone = people(city)
    group = {"town": everyone["town_code"], "kind": everyone["kind"]}.get(by)
    names = city.towns.set_index("code")["name"].to_dict()
    if by == "settlement":
        group = everyone.index.to_series()
        names = city.settlements.set_index("settlement_id")["name"].dropna().to_dict()
    if group is None:
        group = everyone["kind"].map(lambda _kind: city.code)
        names = {city.code: city.name}
    residents = everyone["residents"]
    known = residents.where(found.notna(), 0)
    sums = (known * found.fillna(0.0)).groupby(group).sum()
    table = residents.groupby(group).sum().rename("residents").to_frame()
    counted = known.groupby(group).sum()
    table["access"] = (sums / counted).where(counted > 0)
    table["without"] = residents.where(found.isna() | (found == 0), 0).groupby(group).sum()
    table = table.rename_axis("group").reset_index()
    table.insert(1, "group_name", table["group"].map(names).fillna(table["group"]))
    return table


def _spread(city: City, found: pd.Series) -> tuple[float, float]:
    """Return Gini index and urban–rural ratio over the residents for whom it is known."""
    from planner.coverage import people
    from planner.equity import gini, urban_rural_ratio

    everyone = people(city)
    known = found.dropna()
    residents = everyone["residents"].loc[known.index]
    urban = (everyone["kind"] == "urban").loc[known.index]
    if not (known * residents)[~urban].sum() > 0 or not residents[urban].sum() > 0:
        return float("nan"), float("nan")
    return gini(known, residents), urban_rural_ratio(known, residents, urban)
