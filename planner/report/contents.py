"""What the report says: a plan in sentences, tables and pictures. It computes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.functions import function_name
from geodata.language import Catalogue, current_language
from geodata.layers import SEPARATOR
from planner.indicators import indicator_table
from planner.indicators.readable import readable
from planner.messages import text as planner_text
from planner.report.parts import (
    Heading,
    Listing,
    Paragraph,
    Part,
    Picture,
    Report,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.plan import Plan
    from planner.standard import Standard

text = Catalogue("planner.report").text
MOST_ROWS = 15
"""How many rows a table of the report shows; the workbook holds them all."""
_CHINESE_DIGITS = "一二三四五六七八九十"


@dataclass(frozen=True)
class Letterhead:
    """What the office fills in; what is left out becomes a line to write on.

    Attributes
    ----------
    headline
        At the top of the first page.
    number
        Document number.
    issuer
        Who issues it.
    date
        Of issue, as it is to be printed.
    """

    headline: str = ""
    number: str = ""
    issuer: str = ""
    date: str = ""


def report_of(
    plan: Plan,
    standards: Sequence[Standard],
    pictures: Mapping[str, Path],
    letterhead: Letterhead | None = None,
) -> Report:
    """Return the report of a plan in the language in use.

    Parameters
    ----------
    plan
        The plan.
    standards
        Whose targets the indicators are held against.
    pictures
        PNG file of each picture of ``planner.maps.PICTURES`` that the report shows.
    letterhead
        What stands at its head.
    """
    head = letterhead or Letterhead()
    city = _city(plan)
    number = head.number or text("head.number", city=city)
    issued = "　　".join(
        (head.issuer or text("head.issuer", city=city), head.date or text("head.date"))
    )
    return Report(
        language=current_language(),
        headline=head.headline or text("head.headline", city=city),
        number_line=number,
        issued=issued,
        title=text("head.title", city=city),
        contents_title=text("head.contents"),
        page_of=text("head.page_of", page="{page}", pages="{pages}"),
        parts=tuple(_numbered(_parts(plan, standards, pictures))),
    )


def _numbered(parts: Iterator[Part]) -> Iterator[Part]:
    """Give sections (一、二、三 or 1, 2, 3), tables and pictures their numbers."""
    sections = tables = pictures = 0
    for part in parts:
        if isinstance(part, Heading) and part.level == 1:
            sections += 1
            number = (
                f"{_CHINESE_DIGITS[sections - 1]}、"
                if current_language() == "zh"
                else f"{sections}. "
            )
            yield Heading(number + part.text)
        elif isinstance(part, Table):
            tables += 1
            caption = text("numbered.table", number=tables, caption=part.caption)
            yield Table(caption, part.header, part.rows, part.numeric, part.widths)
        elif isinstance(part, Picture):
            pictures += 1
            yield Picture(
                part.path, text("numbered.picture", number=pictures, caption=part.caption)
            )
        else:
            yield part


def _parts(
    plan: Plan, standards: Sequence[Standard], pictures: Mapping[str, Path]
) -> Iterator[Part]:
    yield from _answer(plan)
    yield from _situation(plan, pictures)
    yield from _gaps(plan, pictures)
    yield from _recommendations(plan, pictures)
    yield from _indicators(plan, standards)
    yield from _decisions(plan)
    yield from _method(plan)
    yield from _sources(plan)


def _answer(plan: Plan) -> Iterator[Part]:
    values = _values(plan)
    yield Paragraph(text("answer.now", **values), strong=True)
    yield Paragraph(text("answer.after", **values), strong=True)
    if values["modelled_layers"]:
        yield Paragraph(text("answer.modelled", layers=values["modelled_layers"]))


def _situation(plan: Plan, pictures: Mapping[str, Path]) -> Iterator[Part]:
    values = _values(plan)
    yield Heading(text("situation.title"))
    yield Paragraph(text("situation.truths", **values))
    rules = [
        planner_text(
            "map.rule",
            kind=planner_text(f"map.kind.{kind}"),
            minutes=f"{rule.minutes:g}",
            mode=planner_text(f"map.mode.{rule.mode}"),
        )
        for kind, rule in ((k, plan.standard.reach_of("community", k)) for k in ("urban", "rural"))
    ]
    yield Paragraph(text("situation.rules", rules=text("list.semicolon").join(rules), **values))
    table = plan.coverage[(plan.coverage["tier"] == "community")]
    rows = table[table["by"].isin(["city", "kind", "town"])]
    yield _table(
        "table.coverage",
        {
            "group": [_group(row) for row in rows.itertuples()],
            "residents": _counts(rows["residents"]),
            "served": _counts(rows["residents_served"]),
            "share": _shares(rows["share"]),
            "served_after": _counts(rows["residents_served_after"]),
            "share_after": _shares(rows["share_after"]),
        },
        wide={"group": 2.0},
    )
    yield from _picture(pictures, "coverage", plan)


def _gaps(plan: Plan, pictures: Mapping[str, Path]) -> Iterator[Part]:
    values = _values(plan)
    yield Heading(text("gaps.title"))
    yield Heading(text("gaps.reach_title"), 2)
    worst = plan.gaps[plan.gaps["residents_unserved"] > 0].nlargest(
        MOST_ROWS, "residents_unserved", keep="first"
    )
    yield Paragraph(text("gaps.reach", shown=len(worst), **values))
    yield _table(
        "table.unserved",
        {
            "community": worst["community_name"],
            "town": worst["town_name"],
            "kind": [planner_text(f"map.kind.{kind}") for kind in worst["kind"]],
            "unserved": _counts(worst["residents_unserved"]),
            "share": _shares(worst["share_served_before"]),
            "minutes": _minutes(worst["mean_minutes_before"]),
            "unserved_after": _counts(worst["residents_unserved_after"]),
        },
        wide={"community": 1.6, "town": 1.4},
    )
    yield from _picture(pictures, "unserved", plan)
    yield Heading(text("gaps.halls_title"), 2)
    yield Paragraph(text("gaps.halls", **values))
    lacking = plan.gaps[plan.gaps["functions_missing"].fillna("") != ""].head(MOST_ROWS)
    if len(lacking):
        yield _table(
            "table.functions",
            {
                "community": lacking["community_name"],
                "town": lacking["town_name"],
                "functions": [_functions(names) for names in lacking["functions_missing"]],
            },
            wide={"functions": 3.0},
        )
    yield from _picture(pictures, "floor_area", plan)


def _recommendations(plan: Plan, pictures: Mapping[str, Path]) -> Iterator[Part]:
    values = _values(plan)
    yield Heading(text("recommendations.title"))
    sites = plan.recommendations
    if not len(sites):
        yield Paragraph(planner_text("map.no_recommendations"))
        return
    proof = "proven" if plan.summary["status"] == "optimal" else "unproven"
    yield Paragraph(text(f"recommendations.{proof}", **values))
    yield _table(
        "table.recommendations",
        {
            "rank": sites["rank"].astype(str),
            "site": sites["name"],
            "town": sites["town_name"],
            "action": [planner_text(f"map.action.{action}") for action in sites["action"]],
            "gained": _counts(sites["residents_gained"]),
            "minutes": [
                planner_text("map.from_to", before=before, after=after)
                for before, after in zip(
                    _minutes(sites["minutes_before"]), _minutes(sites["minutes_after"]),
                    strict=True,
                )
            ],
            "cost": _money_column(sites["cost_yuan"]),
        },
        wide={"site": 2.0, "rank": 0.6},
    )  # fmt: skip
    yield from _picture(pictures, "after", plan)
    yield Heading(text("recommendations.evidence_title"), 2)
    yield Listing(
        tuple(
            text(
                "recommendations.evidence",
                site=site.name,
                community=site.community_name,
                gained=f"{site.residents_gained:,}",
                elderly=f"{site.elderly_gained:,}",
                within=f"{site.residents_within_reach:,}",
                communities=str(site.communities_served_names).replace(
                    SEPARATOR, planner_text("map.list")
                ),
                before=f"{site.minutes_before:.0f}",
                after=f"{site.minutes_after:.0f}",
                each=f"{site.yuan_per_resident:,.0f}",
            )
            for site in sites.itertuples()
        ),
        numbered=True,
    )


def _indicators(plan: Plan, standards: Sequence[Standard]) -> Iterator[Part]:
    yield Heading(text("indicators.title"))
    table = indicator_table(plan.city, standards, plan=plan)
    aimed = table[table["target"].notna()]
    missed = aimed[aimed["met"].eq(False) | aimed["met_after"].eq(False)]
    yield Paragraph(text("indicators.counts", all=len(aimed), missed=len(missed)))
    shown = readable(missed)
    if len(shown):
        yield _table(
            "table.indicators",
            {
                "indicator": [
                    name if not group else text("indicators.of", name=name, group=group)
                    for name, group in zip(shown["name"], shown["group"], strict=True)
                ],
                "value": shown["value"].fillna("–"),
                "after": shown["value_after"].fillna("–"),
                "target": shown["target"].fillna("–"),
                "source": shown["source"],
            },
            wide={"indicator": 2.2, "source": 2.2},
        )


def _decisions(plan: Plan) -> Iterator[Part]:
    values = _values(plan)
    yield Heading(text("decisions.title"))
    asked = ["sites", "upgrades", "area", "data"] if len(plan.recommendations) else ["data"]
    yield Listing(tuple(text(f"decisions.{one}", **values) for one in asked), numbered=True)


def _method(plan: Plan) -> Iterator[Part]:
    values = _values(plan)
    yield Heading(text("method.title"))
    proof = "proven" if plan.summary["status"] == "optimal" else "unproven"
    points = ["reach", "siting", proof, "limits"]
    points += ["approximate"] if plan.summary["approximate"] else []
    yield Listing(tuple(text(f"method.{point}", **values) for point in points))


def _sources(plan: Plan) -> Iterator[Part]:
    yield Heading(text("sources.title"))
    sources = plan.city.sources
    names = sorted(sources)
    yield _table(
        "table.sources",
        {
            "layer": [planner_text(f"layer.{name}") for name in names],
            "real": [_real(sources[name]) for name in names],
            "source": [_said(sources[name].get("source")) for name in names],
        },
        wide={"source": 4.0},
    )
    yield Paragraph(
        text("sources.standard", standard=_said(plan.standard.name.model_dump()),
             source=_said(plan.standard.source.model_dump()))
    )  # fmt: skip


def _table(
    key: str, columns: Mapping[str, Sequence[Any] | pd.Series], wide: Mapping[str, float]
) -> Table:
    """Return a table from its columns; those of numbers are set to the right."""
    cells = {name: [str(value) for value in values] for name, values in columns.items()}
    numeric = tuple(
        all(not value or value[0] in "0123456789–-" for value in values)
        for values in cells.values()
    )
    return Table(
        caption=text(f"{key}.caption"),
        header=tuple(text(f"{key}.{name}") for name in cells),
        rows=tuple(zip(*cells.values(), strict=True)),
        numeric=numeric,
        widths=tuple(wide.get(name, 1.0) for name in cells),
    )


def _picture(pictures: Mapping[str, Path], kind: str, plan: Plan) -> Iterator[Part]:
    if kind in pictures:
        yield Picture(pictures[kind], planner_text(f"picture.{kind}", city=_city(plan)))


def _values(plan: Plan) -> dict[str, Any]:
    """Return the figures that sentences name, ready to print."""
    summary = plan.summary
    counts = {
        name: f"{value:,}"
        for name, value in summary.items()
        if isinstance(value, int) and not isinstance(value, bool)
    }
    shares = {name: f"{value:.1%}" for name, value in summary.items() if name.startswith("share_")}
    layers = planner_text("map.list").join(
        planner_text(f"layer.{layer}") for layer in summary["modelled_layers"]
    )
    return {
        **counts,
        **shares,
        "city": _city(plan),
        "standard": _said(plan.standard.name.model_dump()),
        "cost": money(summary["cost_yuan"]),
        "gained": f"{summary['served_after'] - summary['served_before']:,}",
        "gap": f"{summary['gap']:.2%}",
        "model": summary["model"],
        "modelled_layers": layers,
        "settlements": f"{len(plan.settlements):,}",
    }


def _city(plan: Plan) -> str:
    return plan.city.name if current_language() == "zh" else plan.city.name_en


def _group(row: Any) -> str:
    if row.by == "city":
        return text("group.city")
    return planner_text(f"map.kind.{row.group}") if row.by == "kind" else str(row.group_name)


def _counts(values: pd.Series) -> list[str]:
    return ["–" if value != value else f"{value:,.0f}" for value in values]


def _shares(values: pd.Series) -> list[str]:
    return ["–" if value != value else f"{value:.1%}" for value in values]


def _minutes(values: pd.Series) -> list[str]:
    return ["–" if value != value else f"{value:.0f}" for value in values]


def _money_column(values: pd.Series) -> list[str]:
    per = 1e4 if current_language() == "zh" else 1e6
    digits = 0 if current_language() == "zh" else 2
    return ["–" if value != value else f"{value / per:,.{digits}f}" for value in values]


def money(yuan: float) -> str:
    """Return a sum of money as the language in use writes it: 万元, or million yuan."""
    count = f"{yuan / 1e4:,.0f}" if current_language() == "zh" else f"{yuan / 1e6:,.2f}"
    return planner_text("map.money", count=count)


def _functions(names: str) -> str:
    named = [function_name(name, current_language()) for name in names.split(SEPARATOR)]
    return planner_text("map.list").join(named)


def _said(entry: Any) -> str:
    """Return what a source or a name says in the language in use."""
    if isinstance(entry, Mapping):
        return str(entry.get(current_language()) or entry.get("en") or "")
    return str(entry or "")


def _real(source: Mapping[str, Any]) -> str:
    real = source.get("real") or []
    if not real:
        return planner_text("map.modelled")
    if real is True:
        return planner_text("map.real")
    return planner_text("map.partly_real", columns=", ".join(real))
