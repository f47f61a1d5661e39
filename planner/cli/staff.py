"""``sanshe staff``."""

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

    from geodata.city import City
    from planner.staffing import CityOutreach, CityRecruitment
    from planner.standard import Standard


class StaffBy(StrEnum):
    """How need and supply are broken down."""

    TOWN = "town"
    COMMUNITY = "community"
    FIELD = "field"
    KIND = "kind"
    CITY = "city"


class WorkField(StrEnum):
    """Fields of social work."""

    DRUG_CONTROL = "drug_control"
    COMMUNITY_CORRECTION = "community_correction"
    SOCIAL_RELIEF = "social_relief"
    YOUTH = "youth"
    WOMEN = "women"
    OTHER = "other"


_FORMS = {
    "posts": ",d",
    "posts_bound": ",d",
    "certified": ",d",
    "certifications": ",d",
    "met": ".1%",
    "share": ".1%",
    "share_before": ".1%",
    "share_after": ".1%",
    "target_share": ".1%",
    "gap": ".2%",
}
_TEXTS = {"group_name", "field", "status", "placed_at"}


@app.command(epilog="Example / 示例：  sanshe staff taicang --by town --outreach")
def staff(
    city: CityArgument,
    lang: LanguageOption,
    by: Annotated[StaffBy, typer.Option(help="How to break it down. 分组方式")] = StaffBy.TOWN,
    field: Annotated[WorkField | None, typer.Option(help="Only this field. 服务领域")] = None,
    outreach: Annotated[
        bool,
        typer.Option("--outreach", help="Urban workers visit rural communities. 组织联建"),
    ] = False,
    circuits: Annotated[
        bool, typer.Option("--circuits", help="Join the visits to rounds. 巡回路线")
    ] = False,
    recruit: Annotated[
        int | None, typer.Option(min=0, help="So many new posts of each field. 各领域新增岗位数")
    ] = None,
    target: Annotated[
        float | None,
        typer.Option(help="New posts until this share of need is met. 目标需求满足率"),
    ] = None,
    training: Annotated[
        bool, typer.Option("--training", help="Certified posts against the target. 持证与培养")
    ] = False,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            help="Time limit for each field; none if left out. 每个领域的时间上限（秒），默认不限",
        ),
    ] = None,
    standard: StandardOption = "taicang-2013",
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say where social workers are lacking, by field, and what can be done.

    Need that would tell small numbers of sensitive clients is not shown.

    分领域说明哪里缺少社工以及可采取的措施；会暴露敏感服务对象人数的需求不予显示。
    """
    from geodata.city import open_city
    from planner.errors import PlanError
    from planner.standard import Standard

    if (recruit is not None) + (target is not None) + training > 1:
        raise PlanError("staff_one_question")
    with progress() as say:
        say("open")
        profile, opened = Standard.load(standard), open_city(city)
        say("staff")
        if training:
            table = _training(opened, profile, by.value)
        else:
            answer = None
            if outreach or circuits:
                from planner.staffing import outreach_of_city

                say("outreach")
                answer = outreach_of_city(opened, profile, time_limit_s=seconds)
            table = _needs(opened, profile, by.value, field, answer)
            if recruit is not None or target is not None:
                from planner.staffing import recruit as recruit_in_city

                say("recruit")
                new = recruit_in_city(
                    opened,
                    profile,
                    posts=recruit,
                    target_share=target,
                    fields=None if field is None else [field.value],
                    met_fte=None
                    if answer is None
                    else answer.fte["share"] * answer.fte["need_fte"],
                    time_limit_s=20.0 if seconds is None else seconds,
                )
                table = _recruited(new, profile)
    columns = {
        name: "" if name in _TEXTS else _FORMS.get(name, ",.1f")
        for name in table.columns
        if name not in ("group", "withheld", "town_code")
    }
    print_frame(table, columns, as_json=as_json, as_csv=as_csv)
    if not (as_json or as_csv or training):
        _say(opened, profile, table, answer, circuits=circuits)


def _needs(
    city: City,
    standard: Standard,
    by: str,
    field: WorkField | None,
    answer: CityOutreach | None,
) -> pd.DataFrame:
    from planner.staffing import needs, published

    table = needs(city, standard)
    if answer is not None:
        given = answer.fte["outreach_fte"].rename("outreach_fte").reset_index()
        table = table.merge(given, how="left", on=["community_code", "field"])
        table["outreach_fte"] = table["outreach_fte"].fillna(0.0)
    shown = published(table, city, standard, by, None if field is None else field.value)  # type: ignore[arg-type]
    names = _names(city, shown["group"])
    shown.insert(1, "group_name", names + shown["withheld"].map({True: " *", False: ""}))
    return shown


def _names(city: City, group: pd.Series) -> pd.Series:
    """Return what to call groups: towns and communities by name, fields in the language in use."""
    names = city.towns.set_index("code")["name"].to_dict() | {city.code: city.name}
    names |= city.communities.set_index("code")["name"].to_dict()
    names |= {field.value: text(f"map.field.{field.value}") for field in WorkField}
    return group.map(names).fillna(group)


def _training(city: City, standard: Standard, by: str) -> pd.DataFrame:
    from planner.staffing import training

    key = {"town": ("town_code",), "field": ("field",)}.get(by, ("town_code", "field"))
    table = training(city, standard, key)
    for name in key:
        table[name if name == "field" else "group_name"] = _names(city, table[name])
    first = [name for name in ("group_name", "field") if name in table]
    return table[[*first, *(name for name in table.columns if name not in first)]]


def _recruited(new: CityRecruitment, standard: Standard) -> pd.DataFrame:
    from planner.staffing import published_recruitment

    shown = published_recruitment(new, standard)
    at = new.places["hall_id"].astype(str) + " (" + new.places["posts"].astype(str) + ")"
    halls = at.groupby(new.places["field"]).agg(", ".join)
    return shown.assign(placed_at=shown["field"].map(halls).fillna("").mask(shown["withheld"], "*"))


def _withheld_fields(answer: CityOutreach | None, standard: Standard) -> set[str]:
    """Return the fields whose outreach in all the city would tell few clients."""
    from planner.staffing import published_outreach

    if answer is None:
        return set()
    table = published_outreach(answer, standard, "field")
    return set(table.loc[table["withheld"], "field"])


def _say(
    city: City,
    standard: Standard,
    table: pd.DataFrame,
    answer: CityOutreach | None,
    *,
    circuits: bool,
) -> None:
    """Print the sentences below the table."""
    if "shortage_fte" in table:
        sums = table[["need_fte", "supply_fte", "shortage_fte", "surplus_fte"]].sum()
        values = {name.removesuffix("_fte"): value for name, value in sums.items()}
        output.print(text("cli.staff.total", **values))
    if "withheld" in table and table["withheld"].any():
        output.print(text("cli.staff.withheld"))
    for name, plan in {} if answer is None else answer.plans.items():
        if name in _withheld_fields(answer, standard):
            continue
        proof = text("cli.staff.proven")
        if plan.status != "optimal":
            proof = text("cli.staff.gap", gap=plan.gap)
        output.print(
            text(
                "cli.staff.outreach",
                field=text(f"map.field.{name}"),
                hours=plan.hours,
                days=int(plan.visits["days"].sum()),
                least=plan.least_share,
                reached=int(plan.communities["reached"].sum()),
                proof=proof,
            )
        )
    if circuits and answer is not None:
        from planner.staffing import circuits_of_city

        rounds = circuits_of_city(city, standard, answer).drop_duplicates(["worker", "route"])
        times = rounds["times"]
        output.print(
            text(
                "cli.staff.circuits",
                travel=(rounds["travel_hours"] * times).sum(),
                out_and_back=(rounds["out_and_back_hours"] * times).sum(),
            )
        )
    if city.roads is None:
        output.print(text("cli.approximate"))
