"""What the report says of today: who is served, and what halls, workers and organisations lack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from geodata.functions import function_name
from geodata.language import current_language
from geodata.layers import SEPARATOR
from planner.messages import text as planner_text
from planner.report.parts import Heading, Paragraph, Part
from planner.report.words import (
    MOST_ROWS,
    counts,
    minutes,
    picture,
    shares,
    table,
    tenths,
    text,
    values,
)

if TYPE_CHECKING:
    from planner.plan import Plan


def today(plan: Plan, pictures: Mapping[str, bytes]) -> Iterator[Part]:
    """Yield who reaches a hall in time, on paper and by minutes."""
    figures = values(plan)
    yield Heading(text("situation.title"))
    yield Paragraph(text("situation.truths", **figures))
    rules = [
        planner_text(
            "map.rule",
            kind=planner_text(f"map.kind.{kind}"),
            minutes=f"{rule.minutes:g}",
            mode=planner_text(f"map.mode.{rule.mode}"),
        )
        for kind, rule in ((k, plan.standard.reach_of("community", k)) for k in ("urban", "rural"))
    ]
    yield Paragraph(text("situation.rules", rules=text("list.semicolon").join(rules), **figures))
    rows = plan.coverage[plan.coverage["tier"] == "community"]
    yield table(
        "table.coverage",
        {
            "group": [_group(row) for row in rows.itertuples()],
            "residents": counts(rows["residents"]),
            "served": counts(rows["residents_served"]),
            "share": shares(rows["share"]),
            "served_after": counts(rows["residents_served_after"]),
            "share_after": shares(rows["share_after"]),
        },
        wide={"group": 2.0},
    )
    yield from picture(pictures, "coverage", plan)


def gaps(plan: Plan, pictures: Mapping[str, bytes]) -> Iterator[Part]:
    """Yield which residents are out of reach and which halls are below the standard."""
    figures = values(plan)
    yield Heading(text("gaps.title"))
    yield Heading(text("gaps.reach_title"), 2)
    worst = plan.gaps[plan.gaps["residents_unserved"] > 0].nlargest(
        MOST_ROWS, "residents_unserved", keep="first"
    )
    yield Paragraph(text("gaps.reach", shown=len(worst), **figures))
    yield table(
        "table.unserved",
        {
            "community": worst["community_name"],
            "town": worst["town_name"],
            "kind": [planner_text(f"map.kind.{kind}") for kind in worst["kind"]],
            "unserved": counts(worst["residents_unserved"]),
            "share": shares(worst["share_served_before"]),
            "minutes": minutes(worst["mean_minutes_before"]),
            "unserved_after": counts(worst["residents_unserved_after"]),
        },
        wide={"community": 1.6, "town": 1.4},
    )
    yield from picture(pictures, "unserved", plan)
    yield Heading(text("gaps.halls_title"), 2)
    yield Paragraph(text("gaps.halls", **figures))
    lacking = plan.gaps[plan.gaps["functions_missing"].fillna("") != ""].head(MOST_ROWS)
    if len(lacking):
        yield table(
            "table.functions",
            {
                "community": lacking["community_name"],
                "town": lacking["town_name"],
                "functions": [_functions(names) for names in lacking["functions_missing"]],
            },
            wide={"functions": 3.0},
        )
    yield from picture(pictures, "floor_area", plan)


def workers(plan: Plan) -> Iterator[Part]:
    """Yield how many social workers are short, by field."""
    if not len(plan.staffing):
        return
    yield Heading(text("workers.title"), 2)
    yield Paragraph(text("workers.gap", **values(plan)))
    amounts = ["need_fte", "supply_fte", "shortage_fte", "outreach_fte", "shortage_after_fte"]
    fields = plan.staffing.groupby("field", sort=False)[amounts].sum()
    yield table(
        "table.workers",
        {"field": [planner_text(f"map.field.{field}") for field in fields.index]}
        | {name: tenths(fields[name]) for name in amounts},
        wide={"field": 1.4},
    )
    if plan.staffing["estimated"].any():
        yield Paragraph(text("workers.estimated"))


def organisations(plan: Plan) -> Iterator[Part]:
    """Yield where organisations lack, and how many communities are harmonious."""
    if not len(plan.organisations):
        return
    figures = values(plan)
    yield Heading(text("organisations.title"), 2)
    yield Paragraph(text("organisations.now", **figures))
    if len(plan.inspections):
        yield Paragraph(text("organisations.inspections", **figures))
    if len(plan.harmony):
        yield Paragraph(text("organisations.harmony", **figures))


def _group(row: Any) -> str:
    if row.by == "city":
        return text("group.city")
    return planner_text(f"map.kind.{row.group}") if row.by == "kind" else str(row.group_name)


def _functions(names: str) -> str:
    named = [function_name(name, current_language()) for name in names.split(SEPARATOR)]
    return planner_text("map.list").join(named)
