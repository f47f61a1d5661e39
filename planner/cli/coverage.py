"""``sanshe coverage``."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

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
    from planner.coverage import Access


class By(StrEnum):
    """How coverage is broken down."""

    CITY = "city"
    TIER = "tier"
    KIND = "kind"
    TOWN = "town"


class Who(StrEnum):
    """Whom to count."""

    RESIDENTS = "residents"
    HOUSEHOLDS = "households"
    AGE_0_14 = "age_0_14"
    AGE_60_PLUS = "age_60_plus"
    DRUG_CONTROL = "clients_drug_control"
    COMMUNITY_CORRECTION = "clients_community_correction"
    SOCIAL_RELIEF = "clients_social_relief"
    YOUTH = "clients_youth"
    WOMEN = "clients_women"


@app.command(epilog="Example / 示例：  sanshe coverage taicang --by town --who age_60_plus")
def coverage(
    city: CityArgument,
    lang: LanguageOption,
    by: Annotated[
        By | None, typer.Option(help="Only this breakdown; all if left out. 分组方式")
    ] = None,
    who: Annotated[Who, typer.Option(help="Whom to count. 统计对象")] = Who.RESIDENTS,
    tier: Annotated[
        Tier | None, typer.Option(help="Only halls of this tier; all if left out. 设施层级")
    ] = None,
    function: Annotated[
        str | None, typer.Option(help="Only halls that offer this function. 服务功能")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="In place of the standard's minutes. 时间上限（分钟）")
    ] = None,
    mode: Annotated[
        str | None, typer.Option(help="In place of the standard's mode of travel. 出行方式")
    ] = None,
    curve: Annotated[
        bool, typer.Option("--curve", help="Shares by minutes, 5 to 60. 按时间累计的覆盖率")
    ] = False,
    closing: Annotated[
        bool,
        typer.Option("--closing", help="Who loses what if each hall closes. 逐个关闭设施的影响"),
    ] = False,
    standard: StandardOption = "taicang-2013",
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Count the people who reach a hall of each tier within the standard's minutes.

    Counts of sensitive clients below 5 are not shown.

    统计在标准时间内可到达各层级服务设施的人数；敏感服务对象少于 5 人的不显示。
    """
    from geodata.city import open_city
    from planner.coverage import access_by_tier, coverage_table, service
    from planner.standard import Standard

    with progress() as say:
        say("open")
        profile, opened = Standard.load(standard), open_city(city)
        say("coverage")
        accesses = access_by_tier(opened, profile, function=function, mode=mode, minutes=minutes)
        if tier is not None:
            accesses = {name: reached for name, reached in accesses.items() if name == tier.value}
        if not accesses:
            from planner.errors import PlanError

            raise PlanError("no_open_halls_of_tier", tier=tier.value if tier else function or "-")
        if closing or curve:
            weights = _weights(opened, who.value)
            table = _closing(accesses, weights) if closing else _curve(accesses, weights)
        else:
            services = {name: service(reached) for name, reached in accesses.items()}
            table = coverage_table(opened, services, who.value)
            if by is not None:
                table = table[table["by"] == by.value.replace("tier", "city")]
            table = _published(table, who.value)
    columns = _columns(table, who.value)
    print_frame(table, columns, as_json=as_json, as_csv=as_csv)
    if opened.roads is None and not (as_json or as_csv):
        output.print(text("cli.approximate"))


def _weights(city: City, who: str) -> pd.Series:
    from geodata.layers import SENSITIVE_CLIENTS
    from planner.coverage import people
    from planner.errors import PlanError

    if who in SENSITIVE_CLIENTS:
        raise PlanError("sensitive_detail", who=who)
    return people(city)[who].fillna(0.0)


def _closing(accesses: Mapping[Any, Access], weights: pd.Series) -> pd.DataFrame:
    import pandas as pd

    from planner.coverage import dependence

    parts = [
        dependence(reached.travel, weights, reached.minutes_allowed)
        .rename_axis("hall_id")
        .reset_index()
        .assign(tier=name)
        for name, reached in accesses.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    table = table.sort_values(["sole", "nearest"], ascending=False, kind="stable")
    return table[["tier", "hall_id", "within_reach", "nearest", "sole", "minutes_more"]]


def _curve(accesses: Mapping[Any, Access], weights: pd.Series) -> pd.DataFrame:
    import pandas as pd

    from planner.coverage import curve

    at = [5, 10, 15, 20, 30, 45, 60]
    shares = {name: curve(reached.travel, weights, at)["all"] for name, reached in accesses.items()}
    return pd.DataFrame(shares).rename_axis("minutes").reset_index()


def _published(table: pd.DataFrame, who: str) -> pd.DataFrame:
    """Return the table as it may be shown: whole counts, small ones of sensitive clients hidden."""
    from geodata.disclosure import suppressed
    from geodata.layers import SENSITIVE_CLIENTS

    counts = [who, f"{who}_served"]
    if who not in SENSITIVE_CLIENTS:
        return table.assign(**{name: table[name].round().astype("Int64") for name in counts})
    shown = suppressed(table[counts].reset_index(drop=True), table["tier"] + table["by"])
    hidden = shown.map(lambda value: isinstance(value, str)).any(axis=1).to_numpy()
    return table.assign(
        **{name: shown[name].to_numpy() for name in counts},
        share=table["share"].where(~hidden),
    )


def _columns(table: pd.DataFrame, who: str) -> dict[str, str]:
    forms = {
        who: ",d",
        f"{who}_served": ",d",
        "share": ".1%",
        "minutes": ".0f",
        "within_reach": ",.0f",
        "nearest": ",.0f",
        "sole": ",.0f",
        "minutes_more": ".1f",
        "municipal": ".1%",
        "town": ".1%",
        "community": ".1%",
    }
    unread = {"group", "approximate"}
    return {name: forms.get(name, "") for name in table.columns if name not in unread}
