"""The tables of a plan as they are published: in CSV, in a GeoPackage, in a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from geodata.files import new_geopackage

if TYPE_CHECKING:
    from planner.decisions import Comparison
    from planner.plan import Plan

TABLES = (
    "recommendations", "gaps", "coverage", "actions", "posts", "projects", "staffing", "outreach",
    "platforms", "organisations", "inspections", "harmony", "indicators",
)  # fmt: skip
"""Attributes of a plan that are published."""
_MINUTE_DECIMALS = 2
_COMPARED_DECIMALS = 4
"""A column of a comparison may hold shares beside minutes."""


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table for reading: no geometry, minutes to the second, shares to 0.01 %."""
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    decimals = {
        column: 4 if "share" in column else _MINUTE_DECIMALS
        for column in plain.select_dtypes("floating").columns
    }
    return plain.astype(dict.fromkeys(decimals, "float64")).round(decimals)


def tables_of(plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the tables of a plan for reading, by name."""
    return {name: rounded(getattr(plan, name)) for name in TABLES}


def comparison_tables(found: Comparison) -> dict[str, pd.DataFrame]:
    """Return the tables of a comparison for reading, by name; its notes are the last."""
    tables = {
        name: getattr(found, name).round(_COMPARED_DECIMALS)
        for name in (
            "plans", "figures", "sites", "communities", "towns", "fields", "indicators",
        )
    }  # fmt: skip
    return tables | {"notes": pd.DataFrame({"note": found.notes()}, dtype=object)}


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table for reading as CSV that spreadsheet programs recognise as UTF-8."""
    table = rounded(frame)
    if isinstance(frame, gpd.GeoDataFrame) and (frame.geom_type == "Point").all():
        table["lon"], table["lat"] = frame.geometry.x.round(6), frame.geometry.y.round(6)
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def write_geopackage(plan: Plan, path: Path) -> None:
    """Write the tables of a plan, its settlements, halls and areas as layers of a GeoPackage."""
    own = ("settlements", "halls")
    layers = {name: getattr(plan, name) for name in (*TABLES[:2], *own, *TABLES[2:])}
    city = plan.city
    layers |= {"candidates": city.candidates, "towns": city.towns, "boundary": city.boundary}
    title = {"code": city.code, "name": city.name, "standard": plan.standard.id}
    new_geopackage(layers, title, path)
