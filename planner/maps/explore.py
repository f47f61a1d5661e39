"""explore: any layer as an interactive page without a link to any host, coloured by a column."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.city import City
from geodata.disclosure import suppressed
from geodata.errors import DataError
from geodata.language import current_language
from geodata.layers import SENSITIVE_CLIENTS
from planner.errors import PlanError
from planner.maps import compact
from planner.maps.classes import NO_VALUE, Classes, classes_of, in_full
from planner.maps.offline import OfflineMap, known_language, scripts, words
from planner.maps.parts import PageData, page_data
from planner.messages import text

if TYPE_CHECKING:
    from planner.plan import Plan
    from planner.siting import SitingResult

_CLASSES = 5
_MOST_CLASSES = 7
_MOST_SHOWN = 8
_ONE_COLOUR = "#1d80b6"
_SCRIPTS = ("words", "data", "symbols", "sheets", "explore")


class LayerMap(OfflineMap):
    """A layer as an interactive page. Make one with ``explore``.

    Parameters
    ----------
    layer
        What is shown: geometry in any system, and a column for each attribute that is shown.
    column
        Column that it is coloured by; None for one colour.
    count
        How many classes at the most.
    beside
        Points that are marked over it, named by their index; None for none.
    lang
        Language of the page.
    """

    default_js = scripts(*_SCRIPTS)
    markup = "explore.html"

    def __init__(
        self,
        layer: gpd.GeoDataFrame,
        column: str | None,
        count: int,
        beside: gpd.GeoDataFrame | None,
        lang: str,
    ) -> None:
        super().__init__(text("explore.title", lang, column=column or ""), lang)
        self._layer, self._column, self._count, self._beside = layer, column, count, beside

    @cached_property
    def data(self) -> PageData:
        """What the page shows."""
        shapes = _degrees(self._layer)
        marks = _degrees(self._beside) if self._beside is not None else shapes[:0]
        west, south, east, north = map(float, _bounds(shapes, marks))
        said = words("explore")[self.lang]
        said |= {name: text(f"map.{name}", self.lang) for name in ("map", "legend", "too_old")}
        attributes = self._layer.drop(columns=self._layer.geometry.name)
        return page_data(
            {
                "lang": self.lang,
                "words": {self.lang: said},
                "bounds": [[south, west], [north, east]],
                "column": self._column,
                "fields": [str(name) for name in attributes],
                "values": [_said(attributes.iloc[:, at]) for at in range(attributes.shape[1])],
                **_coloured(self._layer, self._column, self._count),
                "marks": compact.points(marks.representative_point())
                | {"name": [str(name) for name in marks.index]},
                **_parts_of(shapes),
            }
        )


def explore(
    thing: gpd.GeoDataFrame | gpd.GeoSeries | City | Plan | SitingResult,
    column: str | None = None,
    *,
    tooltip: Sequence[str] | None = None,
    classes: int = _CLASSES,
    sites: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    demand: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    lang: str | None = None,
) -> LayerMap:
    """Return a layer as an interactive map that asks no host for anything.

    It shows itself in a notebook and is written with ``save(path)``, as GeoPandas' ``explore``.
    Numbers are coloured by equal quantiles, text by its most frequent values, in colours for any
    colour vision. Counts of sensitive clients are shown as ``geodata.disclosure.suppressed`` gives
    them, together per town where the layer says it (``town_code``).

    Parameters
    ----------
    thing
        A layer (points, lines, polygons) with a coordinate system; a city or a plan, for its
        communities; or the answer of a siting model, with its ``sites`` and ``demand``.
    column
        What to colour by; one colour if left out (of an answer: which site serves).
    tooltip
        Columns that are told of a row; ``column`` and the first ones if left out.
    classes
        How many classes at the most, 2 to 7.
    sites, demand
        Of an answer: the layers of the sites and of the demand that its model was given, row by
        row. Of anything else ``sites`` are marked over it, named by their index.
    lang
        Language of the page, ``"zh"`` or ``"en"``; the language in use if left out.

    Raises
    ------
    DataError
        If a layer does not say its coordinate system.
    PlanError
        If there is no such column, nothing to show, too many or few classes, or the layers of an
        answer are missing or of other length.
    ValueError
        If there is no such language.

    Examples
    --------
    >>> import geodata
    >>> explore(geodata.open_city("taicang").communities, "residents").save("residents.html")
    """
    if not 2 <= classes <= _MOST_CLASSES:
        raise PlanError("explore.bad_classes", value=classes, most=_MOST_CLASSES)
    beside = None if sites is None else _layer(sites)
    if hasattr(thing, "site_positions"):
        layer, beside = _answer(thing, sites, demand)
        column = column or "site"
    else:
        layer = _layer(thing)
    shown = _columns(layer, column, tooltip)
    return LayerMap(
        _published(layer, shown),
        column,
        classes,
        beside,
        known_language(lang or current_language()),
    )


def _layer(thing: Any) -> gpd.GeoDataFrame:
    """Return the layer that a thing is, or its communities."""
    if isinstance(thing, City):
        return thing.communities
    if hasattr(thing, "gaps"):
        return thing.gaps
    if isinstance(thing, gpd.GeoSeries):
        return thing.to_frame("geometry").set_geometry("geometry")
    if isinstance(thing, gpd.GeoDataFrame) and thing.active_geometry_name is not None:
        return thing
    raise PlanError("explore.no_layer", kind=type(thing).__name__)


def _answer(answer: Any, sites: Any, demand: Any) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the demand of an answer with who serves it, and the open sites."""
    for name, layer, ids in (
        ("sites", sites, answer.site_ids),
        ("demand", demand, answer.demand_ids),
    ):
        if layer is None or len(layer) != len(ids):
            found = "none" if layer is None else len(layer)
            raise PlanError("explore.other_length", name=name, rows=len(ids), found=found)
    table = answer.demand.set_axis(demand.index)
    served = gpd.GeoDataFrame(table, geometry=demand.geometry)
    return served, _layer(sites).iloc[answer.site_positions]


def _columns(
    layer: gpd.GeoDataFrame, column: str | None, tooltip: Sequence[str] | None
) -> list[str]:
    """Return the columns that are told, the one that is coloured by first."""
    there = [name for name in layer.columns if name != layer.geometry.name]
    wanted = [column] if column is not None else []
    wanted += there[:_MOST_SHOWN] if tooltip is None else list(tooltip)
    for name in wanted:
        if name not in there:
            raise PlanError("explore.no_column", column=name, known=", ".join(map(str, there)))
    return list(dict.fromkeys(wanted))


def _published(layer: gpd.GeoDataFrame, shown: list[str]) -> gpd.GeoDataFrame:
    """Return the rows with geometry and the columns shown, small sensitive counts withheld."""
    layer = layer.reset_index(drop=True)
    told = layer[[*shown, layer.geometry.name]].copy()
    hidden = [name for name in SENSITIVE_CLIENTS if name in layer]
    if set(hidden) & set(shown):
        # All of them, whichever are shown: two maps of one layer tell no more than one.
        counts = suppressed(layer[hidden], layer.get("town_code")).where(layer[hidden].notna())
        for name in set(hidden) & set(shown):
            told[name] = counts[name]
    shapes = np.asarray(told.geometry.array)
    told = told[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if len(told) == 0:
        raise PlanError("explore.nothing")
    return told.reset_index(drop=True)


def _degrees(layer: gpd.GeoDataFrame) -> gpd.GeoSeries:
    if layer.crs is None:
        raise DataError("missing_crs", "layer")
    return layer.geometry.to_crs(4326)


def _bounds(shapes: gpd.GeoSeries, marks: gpd.GeoSeries) -> np.ndarray:
    return np.asarray(pd.concat([shapes, marks]).total_bounds)


def _coloured(layer: gpd.GeoDataFrame, column: str | None, count: int) -> dict[str, Any]:
    """Return the class of each row and the legend."""
    if column is None:
        found = Classes(np.zeros(len(layer), int), (_ONE_COLOUR,), ("",), quantiles=False)
        legend: list[dict[str, Any]] = []
    else:
        found = classes_of(_numbers_of(layer[column]), count)
        legend = [
            {"colour": colour, "label": label}
            for colour, label in zip(found.colours, found.labels, strict=True)
        ]
    return {
        "classes": found.rows.tolist(),
        "colours": list(found.colours),
        "unknown": NO_VALUE,
        "legend": legend,
        "quantiles": found.quantiles,
    }


def _numbers_of(column: pd.Series) -> pd.Series:
    """Return published counts as numbers; those that are withheld have no value."""
    if column.name in SENSITIVE_CLIENTS:
        return pd.to_numeric(column, errors="coerce")
    return column


def _said(column: pd.Series) -> list[str | None]:
    """Return the values of a column as people read them."""
    numbers = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return [
        None if pd.isna(value) else in_full(float(value)) if numbers else str(value)
        for value in column.astype(object)
    ]


def _parts_of(shapes: gpd.GeoSeries) -> dict[str, Any]:
    """Return polygons, lines and points, each with its row."""
    parts, rows = np.asarray(shapes.array), np.arange(len(shapes))
    for _ in range(2):  # a collection may hold multi-parts
        parts, inner = shapely.get_parts(parts, return_index=True)
        rows = rows[inner]
    kinds = shapely.get_dimensions(parts)
    points, lines, areas = (gpd.GeoSeries(parts[kinds == kind]) for kind in range(3))
    return {
        "areas": {"row": rows[kinds == 2].tolist(), "shape": compact.polygons(areas)},
        "lines": {"row": rows[kinds == 1].tolist(), "line": compact.lines(np.asarray(lines.array))},
        "points": {"row": rows[kinds == 0].tolist(), **compact.points(points)},
    }
