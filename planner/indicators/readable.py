"""The indicator table as people read it, in the language in use."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planner.messages import catalogue, text


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return an ``indicator_table`` as text: numbers in their unit, words for groups and verdicts.

    Parameters
    ----------
    table
        As ``indicator_table`` returns it.
    """
    units = table["unit"]
    labels = [
        label(dimension, group)
        for dimension, group in zip(table["dimension"], table["group"], strict=True)
    ]
    return table.assign(
        name=[text(f"indicator.{indicator}") for indicator in table["indicator"]],
        group=labels,
        **{
            name: [number(value, unit) for value, unit in zip(table[name], units, strict=True)]
            for name in ("value", "target", "value_after")
        },
        **{name: table[name].map(_yes_or_no) for name in ("met", "met_after")},
    )


def label(dimension: str, group: str) -> str:
    """Return a group's name where the catalogue has one, else its id."""
    named = {"town_kind": "kind"}.get(dimension, dimension)
    for section in ("indicator_group", "map"):
        if group in catalogue.entries[section].get(named, {}):
            return text(f"{section}.{named}.{group}")
    return group


def number(value: float, unit: str, sign: str = "") -> str | None:
    """Return a value in its unit as text; None for none; ``"+"`` as the sign for a difference."""
    if value != value:
        return None
    if unit == "share":
        return format(value, f"{sign}z.1%")
    shown = format(value, f"{sign},.0f" if value == round(value) else f"{sign}z,.2f")
    return shown if unit == "count" else f"{shown} {text(f'unit.{unit}')}"


def _yes_or_no(met: Any) -> str | None:
    if met is None or met != met:
        return None
    return text("cli.yes") if met else text("cli.no")
