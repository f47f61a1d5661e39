"""``sanshe allocate``."""

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
    from planner.allocation import Allocation


class Method(StrEnum):
    """How residents are allocated."""

    NEAREST = "nearest"
    OPTIMAL = "optimal"
    WHOLE = "whole"
    CHOICE = "choice"


class Borders(StrEnum):
    """What borders between towns mean."""

    IGNORED = "ignored"
    PENALISED = "penalised"
    RESPECTED = "respected"


class AllocationBy(StrEnum):
    """How the allocation is broken down."""

    HALL = "hall"
    TOWN = "town"
    KIND = "kind"
    TIER = "tier"


@app.command(epilog="Example / 示例：  sanshe allocate taicang --method optimal --by town")
def allocate(
    city: CityArgument,
    lang: LanguageOption,
    method: Annotated[
        Method,
        typer.Option(
            help="nearest; optimal: most within capacity, least travel; whole: each settlement at "
            "one hall; choice: by size and distance. 分配方法"
        ),
    ] = Method.OPTIMAL,
    borders: Annotated[
        Borders, typer.Option(help="Whether halls of other towns may be used. 能否跨镇（区）")
    ] = Borders.IGNORED,
    penalty_minutes: Annotated[
        float, typer.Option(help="Minutes on top for crossing a border. 跨界附加时间（分钟）")
    ] = 10.0,
    in_time: Annotated[
        bool,
        typer.Option("--in-time", help="Only halls within the standard's minutes. 仅标准时间内"),
    ] = False,
    tier: Annotated[Tier, typer.Option(help="Halls of which tier. 设施层级")] = Tier.COMMUNITY,
    by: Annotated[
        AllocationBy, typer.Option(help="Halls and their loads, or served by group. 分组方式")
    ] = AllocationBy.HALL,
    standard: StandardOption = "taicang-2013",
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say who is served where when halls are full, in visits a day.

    在服务能力有限的情况下，统计居民由哪些设施服务（人次/日）。
    """
    from geodata.city import open_city
    from planner.of_city import allocate as allocate_city
    from planner.standard import Standard

    with progress() as say:
        say("open")
        profile, opened = Standard.load(standard), open_city(city)
        say("allocation")
        answer = allocate_city(
            opened,
            profile,
            method=method.value,
            tier=tier.value,
            borders=borders.value,
            penalty_minutes=penalty_minutes,
            in_time=in_time,
        )
    if by is AllocationBy.HALL:
        table = answer.loads.rename_axis("hall_id").reset_index()
        table = table.sort_values(["use", "load"], ascending=False, kind="stable")
    else:
        table = _by_group(opened, answer, by.value)
    forms = {"use": ".0%", "share": ".1%", "demands": ",d", "minutes": ".1f"}
    texts = {"hall_id", "group_name", "by"}
    columns = {
        name: "" if name in texts else forms.get(name, ",.1f")
        for name in table.columns
        if name != "group"
    }
    print_frame(table, columns, as_json=as_json, as_csv=as_csv)
    if not (as_json or as_csv):
        total, left = answer.demand.sum(), answer.unserved.sum()
        reasons = answer.unserved.groupby(answer.reason).sum()
        values = {reason: reasons.get(reason, 0.0) for reason in ("out_of_reach", "border", "full")}
        output.print(text("cli.allocated", served=total - left, total=total, left=left, **values))
        if opened.roads is None:
            output.print(text("cli.approximate"))


def _by_group(city: City, answer: Allocation, by: str) -> pd.DataFrame:
    from planner.coverage import people

    everyone = people(city)
    names = city.towns.set_index("code")["name"].to_dict()
    group = {"town": everyone["town_code"], "kind": everyone["kind"]}.get(by)
    if group is None:
        group = everyone["kind"].map(lambda _kind: city.code)
        names = {city.code: city.name}
    served = answer.served
    spent = (served["minutes"] * served["served"]).fillna(0.0)
    table = served[["demand", "served", "unserved"]].assign(spent=spent).groupby(group).sum()
    table["share"] = (table["served"] / table["demand"]).where(table["demand"] > 0)
    table["minutes"] = (table.pop("spent") / table["served"]).where(table["served"] > 0)
    table = table.rename_axis("group").reset_index()
    table.insert(1, "group_name", table["group"].map(names).fillna(table["group"]))
    return table
