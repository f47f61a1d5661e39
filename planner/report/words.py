"""The words and numbers of a report in the language in use, and its tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.language import Catalogue, current_language
from planner.messages import amount, money
from planner.messages import text as planner_text
from planner.report.parts import Part, Picture, Table

if TYPE_CHECKING:
    from planner.plan import Plan

text = Catalogue("planner.report").text
_FIGURE = re.compile(r"[–+-]|\d+(?![\da-z])", re.IGNORECASE)
"""How a number begins, or the dash of none; codes such as ``88a901`` are words."""
MOST_ROWS = 15
"""How many rows a table of the report shows; the workbook holds them all."""


def table(
    key: str,
    columns: Mapping[str, Sequence[Any] | pd.Series],
    wide: Mapping[str, float],
    **named: str,
) -> Table:
    """Return a table from its columns; those of numbers are set to the right.

    What ``named`` holds is filled into the caption.
    """
    cells = {name: [str(value) for value in values] for name, values in columns.items()}
    numeric = tuple(
        all(not value or _FIGURE.match(value) for value in values) for values in cells.values()
    )
    return Table(
        kind=key.removeprefix("table."),
        caption=text(f"{key}.caption", **named),
        header=tuple(text(f"{key}.{name}") for name in cells),
        rows=tuple(zip(*cells.values(), strict=True)),
        numeric=numeric,
        widths=tuple(wide.get(name, 1.0) for name in cells),
    )


def picture(pictures: Mapping[str, bytes], kind: str, plan: Plan) -> Iterator[Part]:
    """Yield a picture, if the report shows it."""
    if kind in pictures:
        yield Picture(kind, pictures[kind], planner_text(f"picture.{kind}", city=city_name(plan)))


def values(plan: Plan) -> dict[str, Any]:
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
        "city": city_name(plan),
        "standard": said(plan.standard.name.model_dump()),
        "cost": money(summary["cost_yuan"]),
        **{
            name.removesuffix("_yuan_per_year") + "_cost": money(value)
            for name, value in summary.items()
            if name.endswith("_yuan_per_year")
        },
        **{name: f"{value:,.1f}" for name, value in summary.items() if name.startswith("fte")},
        "outreach_fte": f"{summary.get('outreach_fte', 0):,.1f}",
        "gained": f"{summary['served_after'] - summary['served_before']:,}",
        "gap": f"{summary['gap']:.2%}",
        "model": summary["model"],
        "modelled_layers": layers,
        "settlements": f"{len(plan.settlements):,}",
    }


def city_name(plan: Plan) -> str:
    """Return the city's name."""
    return plan.city.name if current_language() == "zh" else plan.city.name_en


def counts(values: pd.Series) -> list[str]:
    """Return whole numbers; a dash where there is none."""
    return ["–" if value != value else f"{value:,.0f}" for value in values]


def shares(values: pd.Series) -> list[str]:
    """Return shares in per cent; a dash where there is none."""
    return ["–" if value != value else f"{value:.1%}" for value in values]


def minutes(values: pd.Series) -> list[str]:
    """Return whole minutes; a dash where there are none."""
    return ["–" if value != value else f"{value:.0f}" for value in values]


def tenths(values: pd.Series) -> list[str]:
    """Return numbers with one decimal; a dash where there is none."""
    return ["–" if value != value else f"{value:,.1f}" for value in values]


def money_column(values: pd.Series) -> list[str]:
    """Return sums of money without their unit (万元, or million yuan), which the header names."""
    return [amount(value) for value in values]


def said(entry: Any) -> str:
    """Return what a source or a name says in the language in use."""
    if isinstance(entry, Mapping):
        return str(entry.get(current_language()) or entry.get("en") or "")
    return str(entry or "")
