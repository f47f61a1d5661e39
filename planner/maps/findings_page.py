"""The findings of ``sanshe check`` as one page: a small map of where they are, and the table.

A template engine (Jinja) escapes whatever the data say; ``inline`` then refuses the page if
anything in it would be loaded or run, and names a content security policy without any script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from math import cos, radians
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.findings import SEVERITIES, Finding
from geodata.quality.places import places_of
from planner.maps.inline import POLICY_MARK, inline
from planner.messages import text

if TYPE_CHECKING:
    from jinja2 import Template

    from geodata.quality.fixes import Change

_TEMPLATE = "findings.html"
_MOST_ROWS = 2_000
_WIDTH = 720.0
_MARGIN = 12.0
_OUTLINES = ("boundary", "towns", "communities")
_MOST_VERTICES = 20_000


def findings_page(
    findings: Sequence[Finding],
    tables: Mapping[str, pd.DataFrame],
    *,
    title: str,
    language: str,
    changes: Sequence[Change] = (),
) -> str:
    """Return a self-contained page about what was found.

    Parameters
    ----------
    findings
        What was found, in the order of the table; those past the first 2,000 are only counted.
    tables
        The layers, as they were read.
    title
        What was checked.
    language
        Of the page: ``"zh"`` or ``"en"``.
    changes
        Repairs that were made, to be listed too.

    Raises
    ------
    RemoteResourceError
        If the page would load anything, which no content can make it do.
    """
    shown = list(findings[:_MOST_ROWS])
    frame = _Frame(tables)
    places = places_of(shown, tables)
    rows = [
        _row(finding, language) | {"number": number, "spot": frame.spot(place)}
        for number, (finding, place) in enumerate(zip(shown, places, strict=True), 1)
    ]
    counts = {
        severity: sum(finding.severity == severity for finding in findings)
        for severity in SEVERITIES
    }
    page = _template().render(
        policy=POLICY_MARK,
        language=language,
        title=title,
        word=lambda key, **values: text(f"findings.{key}", language, **values),
        rows=rows,
        counts={severity: count for severity, count in counts.items() if count},
        more=len(findings) - len(shown),
        outlines=frame.outlines,
        width=_WIDTH,
        height=frame.height,
        changes=[_change(change, language) for change in changes[:_MOST_ROWS]],
        more_changes=max(len(changes) - _MOST_ROWS, 0),
    )
    return inline(page, _no_file)


def _row(finding: Finding, language: str) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "layer": finding.layer or "",
        "row": "" if finding.row is None else finding.row,
        "key": finding.key or "",
        "message": finding.message(language),
        "remedy": finding.remedy(language),
    }


def _change(change: Change, language: str) -> dict[str, Any]:
    return {
        "layer": change.layer,
        "row": change.row,
        "key": change.key or "",
        "column": change.column or "",
        "was": change.was,
        "now": change.now,
        "message": change.message(language),
    }


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    engine = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = (files("planner.maps") / "static" / _TEMPLATE).read_text("utf-8")
    return engine.from_string(source)


def _no_file(name: str) -> bytes:
    raise KeyError(name)


class _Frame:
    """The small map: degrees to the page's units, around the outlines of the city."""

    def __init__(self, tables: Mapping[str, pd.DataFrame]) -> None:
        shapes = {name: _outline(tables.get(name)) for name in _OUTLINES}
        known = [shape for shape in shapes.values() if len(shape)]
        self.outlines: list[dict[str, str]] = []
        self.height = 0.0
        if not known:
            return
        bounds = np.array([shapely.total_bounds(shape) for shape in known])
        west, south = bounds[:, :2].min(axis=0)
        east, north = bounds[:, 2:].max(axis=0)
        squeeze = cos(radians((south + north) / 2))
        self._scale = (_WIDTH - 2 * _MARGIN) / max((east - west) * squeeze, north - south, 1e-9)
        self._squeeze, self._west, self._north = squeeze, west, north
        self.height = round((north - south) * self._scale + 2 * _MARGIN, 1)
        self.outlines = [
            {"layer": name, "path": self._path(shape)}
            for name, shape in shapes.items()
            if len(shape)
        ]

    def _to_page(self, coordinates: np.ndarray) -> np.ndarray:
        x = (coordinates[:, 0] - self._west) * self._squeeze * self._scale + _MARGIN
        y = (self._north - coordinates[:, 1]) * self._scale + _MARGIN
        return np.column_stack([x, y])

    def _path(self, shapes: np.ndarray) -> str:
        parts = []
        for line in shapely.get_parts(shapely.boundary(shapes)):
            at = self._to_page(shapely.get_coordinates(line))
            parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in at))
        return "".join(parts)

    def spot(self, place: tuple[float, float] | None) -> dict[str, Any] | None:
        """Return where on the map a place is; what lies beyond is drawn at its edge."""
        if place is None or not self.outlines:
            return None
        x, y = self._to_page(np.array([place]))[0]
        near_x, near_y = min(max(x, 4.0), _WIDTH - 4), min(max(y, 4.0), self.height - 4)
        return {"x": f"{near_x:.1f}", "y": f"{near_y:.1f}", "beyond": (near_x, near_y) != (x, y)}


def _outline(frame: pd.DataFrame | None) -> np.ndarray:
    """Return the valid polygons of a layer in degrees, simplified if there are many corners."""
    nothing = np.array([], object)
    if not isinstance(frame, gpd.GeoDataFrame) or frame._geometry_column_name not in frame.columns:
        return nothing
    if frame.crs is None:
        return nothing
    shapes = np.asarray(frame.geometry.array)
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    polygons = np.isin(shapely.get_type_id(shapes), (3, 6))
    sound = frame[finite & polygons & shapely.is_valid(shapes)]
    if not len(sound):
        return nothing
    degrees = np.asarray(sound.geometry.to_crs(4326).array)
    bounds = shapely.bounds(degrees)
    on_earth = (np.abs(bounds) <= [180.0, 90.0, 180.0, 90.0]).all(axis=1)
    degrees = degrees[on_earth]
    if shapely.get_num_coordinates(degrees).sum() > _MOST_VERTICES:
        west, _, east, _ = shapely.total_bounds(degrees)
        degrees = shapely.simplify(degrees, (east - west) / 1_000)
    return degrees
