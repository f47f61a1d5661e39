"""What the report says: a plan in sentences, tables and pictures. It computes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geodata.language import current_language
from planner.indicators.readable import readable
from planner.messages import catalogue
from planner.messages import text as planner_text
from planner.report import advice, situation
from planner.report.parts import Heading, Listing, Paragraph, Part, Picture, Report, Table
from planner.report.words import city_name, said, table, text, values

if TYPE_CHECKING:
    from planner.plan import Plan

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
    pictures: Mapping[str, bytes],
    letterhead: Letterhead | None = None,
) -> Report:
    """Return the report of a plan in the language in use.

    Parameters
    ----------
    plan
        The plan.
    pictures
        Each picture of ``planner.maps.PICTURES`` that the report shows, as PNG.
    letterhead
        What stands at its head.
    """
    return headed("head", plan, _parts(plan, pictures), letterhead)


def headed(
    kind: str, plan: Plan, parts: Iterator[Part], letterhead: Letterhead | None = None
) -> Report:
    """Return a report with its head and its numbers.

    Parameters
    ----------
    kind
        Section of the catalogue that holds its ``headline`` and ``title``.
    plan
        A plan of the city that it is about.
    parts
        What it says.
    letterhead
        What stands at its head.
    """
    head = letterhead or Letterhead()
    city = city_name(plan)
    number = head.number or text("head.number", city=city)
    issued = "　　".join(
        (head.issuer or text("head.issuer", city=city), head.date or text("head.date"))
    )
    return Report(
        language=current_language(),
        headline=head.headline or text(f"{kind}.headline", city=city),
        number_line=number,
        issued=issued,
        title=text(f"{kind}.title", city=city),
        contents_title=text("head.contents"),
        page_of=text("head.page_of", page="{page}", pages="{pages}"),
        parts=tuple(_numbered(parts)),
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
            yield replace(part, caption=caption)
        elif isinstance(part, Picture):
            pictures += 1
            caption = text("numbered.picture", number=pictures, caption=part.caption)
            yield replace(part, caption=caption)
        else:
            yield part


def _parts(plan: Plan, pictures: Mapping[str, bytes]) -> Iterator[Part]:
    yield from _answer(plan)
    yield from situation.today(plan, pictures)
    yield from situation.gaps(plan, pictures)
    yield from situation.workers(plan)
    yield from situation.organisations(plan)
    yield from advice.sites(plan, pictures)
    yield from advice.posts_and_projects(plan)
    yield from advice.ranking(plan)
    yield from _indicators(plan)
    yield from _decisions(plan)
    yield from _method(plan)
    yield from sources(plan)


def _answer(plan: Plan) -> Iterator[Part]:
    figures = values(plan)
    yield Paragraph(text("answer.now", **figures), strong=True)
    yield Paragraph(text("answer.after", **figures), strong=True)
    if figures["modelled_layers"]:
        yield Paragraph(text("answer.modelled", layers=figures["modelled_layers"]))


def _indicators(plan: Plan) -> Iterator[Part]:
    yield Heading(text("indicators.title"))
    aimed = plan.indicators[plan.indicators["target"].notna()]
    missed = aimed[aimed["met"].eq(False) | aimed["met_after"].eq(False)]
    yield Paragraph(text("indicators.counts", all=len(aimed), missed=len(missed)))
    shown = readable(missed)
    if len(shown):
        yield table(
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
    figures = values(plan)
    yield Heading(text("decisions.title"))
    asked = {
        "sites": len(plan.recommendations),
        "posts": len(plan.posts),
        "projects": len(plan.projects),
        "upgrades": plan.summary["stations_not_halls"] + plan.summary["halls_incomplete"],
        "area": plan.summary["floor_area_short"],
        "data": 1,
    }
    yield Listing(
        tuple(text(f"decisions.{one}", **figures) for one, count in asked.items() if count),
        numbered=True,
    )


def _method(plan: Plan) -> Iterator[Part]:
    figures = values(plan)
    yield Heading(text("method.title"))
    proof = "proven" if plan.summary["status"] == "optimal" else "unproven"
    points = ["reach", "siting", proof, "limits"]
    points += ["approximate"] if plan.summary["approximate"] else []
    yield Listing(tuple(text(f"method.{point}", **figures) for point in points))


def sources(plan: Plan) -> Iterator[Part]:
    """Yield where the data and the standard come from, and what is modelled."""
    yield Heading(text("sources.title"))
    told = plan.city.sources
    names = sorted(told)
    yield table(
        "table.sources",
        {
            "layer": [planner_text(f"layer.{name}") for name in names],
            "real": [_real(told[name]) for name in names],
            "source": [said(told[name].get("source")) for name in names],
        },
        wide={"source": 4.0},
    )
    yield Paragraph(
        text("sources.standard", standard=said(plan.standard.name.model_dump()),
             source=said(plan.standard.source.model_dump()))
    )  # fmt: skip


def _real(source: Mapping[str, Any]) -> str:
    real = source.get("real") or []
    if not real:
        return planner_text("map.modelled")
    if real is True:
        return planner_text("map.real")
    known = catalogue.entry("map.attribute")
    columns = [said(known.get(column, column)) for column in real]
    return planner_text("map.partly_real", columns=planner_text("map.list").join(columns))
