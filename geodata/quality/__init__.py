"""Is the data fit to plan with? Every finding says layer, row, what is wrong and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from geodata.findings import SEVERITIES, Finding
from geodata.layers import LAYERS, Layer
from geodata.personal import personal_columns
from geodata.quality.geometry import inspect_geometry, outside_findings
from geodata.quality.relations import relation_findings
from geodata.quality.roads import road_findings
from geodata.quality.structure import conform

if TYPE_CHECKING:
    from geodata.city import City

__all__ = ["check", "findings_frame", "inspect_tables"]


def check(city: City, language: str | None = None) -> pd.DataFrame:
    """Return everything that is worth knowing about a city's data.

    Parameters
    ----------
    city
        The city.
    language
        Language of the texts: ``"en"`` or ``"zh"``.

    Returns
    -------
    DataFrame
        A row per finding, the most serious first: layer, row (from 1), key, severity (error,
        warning or info), code, message, remedy.
    """
    return findings_frame(inspect_tables(city.tables())[1], language)


def findings_frame(findings: list[Finding], language: str | None = None) -> pd.DataFrame:
    """Return findings as a table: layer, row, key, severity, code, message, remedy."""
    rows = [
        (f.layer, f.row, f.key, f.severity, f.code, f.message(language), f.remedy(language))
        for f in findings
    ]
    columns = ["layer", "row", "key", "severity", "code", "message", "remedy"]
    return pd.DataFrame(rows, columns=columns).astype({"row": "Int64"})


def inspect_tables(
    tables: Mapping[str, pd.DataFrame],
) -> tuple[dict[str, pd.DataFrame], list[Finding]]:
    """Return the layers typed and in degrees, and every finding about them.

    Parameters
    ----------
    tables
        Layer by name, as they were read.

    Returns
    -------
    tables
        The layers that conform to their schema, in the order of ``LAYERS``.
    findings
        The most serious first, then in the order of the layers and rows.
    """
    findings: list[Finding] = []
    sound: dict[str, pd.DataFrame] = {}
    known = ", ".join(LAYERS)
    findings += [
        Finding("unknown_layer", name, values={"known": known})
        for name in tables
        if name not in LAYERS
    ]
    for name, layer in LAYERS.items():
        if name not in tables:
            if layer.required:
                findings.append(Finding("missing_layer", name))
            continue
        if len(tables[name]) == 0:
            if layer.required:
                findings.append(Finding("empty_layer", name))
            continue
        frame, wrong = conform(layer, tables[name])
        if layer.geometry is not None:
            placed, misplaced = inspect_geometry(layer, frame)
            wrong += misplaced
            frame = frame if placed is None else placed
        findings += wrong + _about_persons(layer, frame)
        if not wrong:
            sound[name] = frame
    _in_one_system(sound)
    findings += _outside(sound)
    findings += relation_findings(sound)
    findings += road_findings(sound, findings)
    return sound, sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def _about_persons(layer: Layer, frame: pd.DataFrame) -> list[Finding]:
    """Report columns about persons among those that the schema does not name; they are kept."""
    known = {*layer.schema.columns, "geometry"}
    others = pd.DataFrame(frame)[[c for c in frame.columns if c not in known]]
    return [
        Finding(
            "personal_in_layer", layer.name, values={"column": told.column, "count": told.values}
        )
        for told in personal_columns(others, places=True)
    ]


def _in_one_system(tables: dict[str, pd.DataFrame]) -> None:
    """Bring every layer to the boundary's coordinate system."""
    if "boundary" not in tables:
        return
    crs = tables["boundary"].crs
    for name, frame in tables.items():
        if isinstance(frame, gpd.GeoDataFrame) and frame.crs != crs:
            tables[name] = frame.to_crs(crs)


def _outside(tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    if "boundary" not in tables:
        return []
    boundary = tables["boundary"]
    findings: list[Finding] = []
    for name in ("towns", "communities", "settlements", "halls", "organisations", "candidates"):
        if name in tables:
            findings += outside_findings(LAYERS[name], tables[name], boundary)
    return findings
