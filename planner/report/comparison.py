"""What the report of a comparison says: two or three plans in sentences, tables and pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from planner.decisions.headlines import printed
from planner.indicators.readable import label, number
from planner.messages import amount, money
from planner.messages import text as planner_text
from planner.report.contents import Letterhead, headed, sources
from planner.report.parts import Heading, Listing, Paragraph, Part, Picture, Report
from planner.report.words import (
    MOST_ROWS,
    city_name,
    counts,
    minutes,
    money_column,
    table,
    tenths,
    text,
    values,
)

if TYPE_CHECKING:
    from planner.decisions import Comparison
    from planner.plan import Plan

_MOST_SITES = 40
_MONEY = ("cost_yuan", "actions_yuan_per_year")
"""Headline figures that are told in 万元, or million yuan."""


def comparison_of(
    found: Comparison,
    plans: Sequence[Plan],
    pictures: Mapping[str, bytes],
    letterhead: Letterhead | None = None,
) -> Report:
    """Return the report of a comparison in the language in use.

    Parameters
    ----------
    found
        From ``planner.compare``, in the same language.
    plans
        The plans that were compared.
    pictures
        As PNG, by name of the plan that is held against the first.
    letterhead
        What stands at its head.
    """
    return headed("compare", plans[0], _parts(found, plans, pictures), letterhead)


def _parts(
    found: Comparison, plans: Sequence[Plan], pictures: Mapping[str, bytes]
) -> Iterator[Part]:
    yield from _answer(found, plans)
    yield from _figures(found)
    yield from _sites(found)
    yield from _people(found, plans[0], pictures)
    yield from _workers(found)
    yield from _indicators(found)
    yield from _proof(found, plans)
    yield Heading(text("method.title"))
    points = ["method.reach", "compare.counted", "compare.again", "method.limits"]
    points += ["method.approximate"] if any(p.summary["approximate"] for p in plans) else []
    yield Listing(tuple(text(point) for point in points))
    yield from sources(plans[0])


def _answer(found: Comparison, plans: Sequence[Plan]) -> Iterator[Part]:
    for one, plan in zip(found.plans.itertuples(), plans, strict=True):
        yield Paragraph(
            text("compare.answer", plan=one.plan, asked=one.asked, **values(plan)), True
        )
    for note in found.notes():
        yield Paragraph(note, strong=True)
    modelled = values(plans[0])["modelled_layers"]
    if modelled:
        yield Paragraph(text("answer.modelled", layers=modelled))


def _columns(found: Comparison, shown: pd.DataFrame, form: Callable[[pd.Series], list[str]]) -> Any:
    """Return the columns of today and of each plan as text."""
    return {name: form(shown[name]) for name in ("now", *found.names)}


def _signed(differences: pd.Series) -> list[str]:
    return [f"{value:+,.0f}" for value in differences]


def _figures(found: Comparison) -> Iterator[Part]:
    yield Heading(text("compare.figures_title"))
    shown = found.figures
    names = [
        text(f"compare.{figure}") if figure in _MONEY else name
        for figure, name in zip(shown["figure"], shown["name"], strict=True)
    ]
    yield table(
        "table.compared_figures",
        {"figure": names}
        | {
            column: [
                (amount(value, sign) if figure in _MONEY else printed(figure, value, sign))
                for figure, value in zip(shown["figure"], shown[column], strict=True)
            ]
            for column, sign in (
                *((name, "") for name in ("now", *found.names)),
                *((f"{name}-A", "+") for name in found.names[1:]),
            )
        },
        wide={"figure": 2.0},
    )


def _sites(found: Comparison) -> Iterator[Part]:
    yield Heading(text("compare.sites_title"))
    inside = found.sites[found.names].astype(bool)
    everywhere = inside.all(axis=1)
    only = [
        text("compare.only", plan=name, count=int((inside[name] & (inside.sum(axis=1) == 1)).sum()))
        for name in found.names
    ]
    yield Paragraph(
        text("compare.sites", common=int(everywhere.sum()), all=len(inside))
        + text("list.semicolon").join(only) + text("list.stop")
    )  # fmt: skip
    if len(inside) > _MOST_SITES:
        yield Paragraph(text("compare.first_sites", shown=_MOST_SITES))
    # Those in common first, then by how many plans have them; otherwise as they are.
    order = inside.sum(axis=1).sort_values(ascending=False, kind="stable").index[:_MOST_SITES]
    shown = found.sites.loc[order]
    if not len(shown):
        return
    yield table(
        "table.compared_sites",
        {
            "site": shown["name"],
            "id": shown["site_id"],
            "town": shown["town_name"],
            "cost": money_column(shown["cost_yuan"]),
        }
        | {name: counts(shown[f"residents_gained_{name}"].astype(float)) for name in found.names},
        wide={"site": 2.0, "town": 1.5},
    )


def _people(found: Comparison, plan: Plan, pictures: Mapping[str, bytes]) -> Iterator[Part]:
    yield Heading(text("compare.people_title"))
    towns = found.towns
    others = found.names[1:]
    yield table(
        "table.compared_towns",
        {"town": towns["town_name"], "residents": counts(towns["residents"])}
        | _columns(found, towns, counts)
        | {f"{name}-A": _signed(towns[f"{name}-A"]) for name in others},
        wide={"town": 1.8, "residents": 1.3},
    )
    for name in others:
        yield from _changed(found, name, "winners")
        yield from _changed(found, name, "losers")
        if name in pictures:
            caption = planner_text("picture.compared", city=city_name(plan), plan=name)
            yield Picture(f"compared_{name}", pictures[name], caption)


def _changed(found: Comparison, name: str, key: str) -> Iterator[Part]:
    """Yield who wins, or who loses, with a plan in place of the first."""
    change = found.communities[f"{name}-A"]
    rows = change[change > 0] if key == "winners" else change[change < 0]
    if not len(rows):
        yield Paragraph(text(f"compare.no_{key}", plan=name))
        return
    most = rows.sort_values(ascending=key == "losers", kind="stable").index[:MOST_ROWS]
    residents = f"{abs(rows.sum()):,.0f}"
    yield Paragraph(
        text(f"compare.{key}", plan=name, count=len(rows), residents=residents, shown=len(most))
    )
    shown = found.communities.loc[most]
    yield table(
        f"table.compared_{key}",
        {
            "community": shown["community_name"],
            "town": shown["town_name"],
            "residents": counts(shown["residents"]),
            "A": counts(shown["A"]),
            name: counts(shown[name]),
            f"{name}-A": _signed(shown[f"{name}-A"]),
            "minutes_A": minutes(shown["minutes_A"]),
            f"minutes_{name}": minutes(shown[f"minutes_{name}"]),
        },
        wide={"community": 1.6, "town": 1.6, "residents": 1.3},
        plan=name,
    )


def _workers(found: Comparison) -> Iterator[Part]:
    if not len(found.fields):
        return
    yield Heading(text("compare.workers_title"))
    names = [planner_text(f"map.field.{field}") for field in found.fields["field"]]
    yield table(
        "table.compared_fields",
        {"field": names} | _columns(found, found.fields, tenths),
        wide={"field": 1.6},
    )


def _indicators(found: Comparison) -> Iterator[Part]:
    yield Heading(text("indicators.title"))
    aimed = found.indicators[found.indicators["target"].notna()]
    yield Paragraph(text("compare.indicators", all=len(found.indicators), aimed=len(aimed)))
    if not len(aimed):
        return
    groups = [label(*pair) for pair in zip(aimed["dimension"], aimed["group"], strict=True)]
    names = [planner_text(f"indicator.{one}") for one in aimed["indicator"]]
    verdicts = {True: "✓", False: "✗"}

    def told(column: str) -> list[str]:
        met = aimed.get(f"met_{column}", pd.Series(None, aimed.index, dtype=object))
        return [
            " ".join(filter(None, (number(value, unit) or "–", verdicts.get(meets))))
            for value, unit, meets in zip(aimed[column], aimed["unit"], met, strict=True)
        ]

    yield table(
        "table.compared_indicators",
        {
            "indicator": [
                name if not group else text("indicators.of", name=name, group=group)
                for name, group in zip(names, groups, strict=True)
            ],
            "target": told("target"),
        }
        | {column: told(column) for column in ("now", *found.names)},
        wide={"indicator": 2.2},
    )


def _proof(found: Comparison, plans: Sequence[Plan]) -> Iterator[Part]:
    yield Heading(text("compare.proof_title"))
    yearly = [plan.summary.get("actions_yuan_per_year") for plan in plans]
    yield table(
        "table.compared_plans",
        {
            "plan": found.plans["plan"],
            "asked": found.plans["asked"],
            "cost": [money(plan.summary["cost_yuan"]) for plan in plans],
            "yearly": ["–" if yuan is None else money(yuan) for yuan in yearly],
            "proof": [
                text("compare.proven" if one.status == "optimal" else "compare.unproven",
                     gap=f"{one.gap:.2%}", model=one.model)
                for one in found.plans.itertuples()
            ],
        },
        wide={"plan": 0.6, "asked": 2.2, "cost": 1.4, "yearly": 1.4, "proof": 2.0},
    )  # fmt: skip
