"""Repairs that cannot change what is meant, each listed: what was, what is.

Safe are: spaces and invisible characters around codes, names and ids; full-width digits and what
spreadsheets add to codes; separators and letter case of ids; numbers that were typed as text;
unclosed rings; repeated vertices; broken polygons whose repair hardly changes their area; rows
that repeat another in every column. All else is for a person to decide.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.language import Catalogue
from geodata.layers import LAYERS, SEPARATOR, Layer
from geodata.linking.names import tidy_code
from geodata.quality.relations import REFERENCES

AREA_TOLERANCE = 1e-3
"""Share of a polygon's area that a repair may change."""
GAP_TOLERANCE = 1e-3
"""Share of a line's length by which a ring may be open."""
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2028\u2029\ufeff\u00ad\x00-\x08\x0b\x0c\x0e-\x1f]")
_SPACES = re.compile(r"\s+")
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$")
_SEPARATORS = re.compile(r"\s*[;；]\s*")
_CATALOGUE = Catalogue("geodata")


@dataclass(frozen=True)
class Change:
    """One repair.

    Attributes
    ----------
    layer, row, key
        Where: the layer, the row as it was read (from 1), its key as it was.
    column
        What was repaired; ``"geometry"`` for shapes, None for whole rows.
    code
        Which repair: key of ``[fix]`` in the catalogue.
    was, now
        The value before and after; of a shape what a person can compare.
    """

    layer: str
    row: int
    key: str | None
    column: str | None
    code: str
    was: str
    now: str

    def message(self, language: str | None = None) -> str:
        """Return what was done."""
        return _CATALOGUE.text(f"fix.{self.code}", language)


def changes_frame(changes: list[Change], language: str | None = None) -> pd.DataFrame:
    """Return repairs as a table: layer, row, key, column, was, now, repair."""
    rows = [(c.layer, c.row, c.key, c.column, c.was, c.now, c.message(language)) for c in changes]
    columns = ["layer", "row", "key", "column", "was", "now", "repair"]
    return pd.DataFrame(rows, columns=columns).astype({"row": "Int64"})


def fix_tables(
    tables: Mapping[str, pd.DataFrame],
) -> tuple[dict[str, pd.DataFrame], list[Change]]:
    """Return layers with the safe repairs made, and each of them.

    Parameters
    ----------
    tables
        Layer by name, as they were read; they are not changed.

    Returns
    -------
    tables
        All layers, those that the planner does not know as they are.
    changes
        In the order of layers, rows and columns. Repairing again finds nothing more.

    Examples
    --------
    >>> towns = pd.DataFrame({"code": ["３２０５８５１００ "], "name": [" 城厢镇"]})
    >>> fixed, changes = fix_tables({"towns": towns})
    >>> fixed["towns"].iloc[0].tolist(), len(changes)
    (['320585100', '城厢镇'], 2)
    """
    fixed: dict[str, pd.DataFrame] = {}
    changes: list[Change] = []
    for name, frame in tables.items():
        if name in LAYERS and len(frame):
            fixed[name], made = _fix_layer(LAYERS[name], frame.reset_index(drop=True))
            changes += made
        else:
            fixed[name] = frame
    return fixed, changes


def _fix_layer(layer: Layer, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Change]]:
    frame = frame.copy()
    keys = frame[layer.key].astype(object) if layer.key in frame.columns else None
    changes: list[Change] = []

    def note(row: int, column: str | None, code: str, was: object, now: object) -> None:
        key = None if keys is None or pd.isna(keys.iloc[row]) else str(keys.iloc[row])
        changes.append(Change(layer.name, row + 1, key, column, code, str(was), str(now)))

    for column in layer.schema.columns:
        if column in frame.columns:
            frame[column] = _fix_column(layer, frame[column], note)
    if isinstance(frame, gpd.GeoDataFrame) and frame._geometry_column_name in frame.columns:
        frame = _fix_shapes(layer, frame, note)
    frame = _without_repeated(layer, frame, note)
    return frame, sorted(changes, key=lambda change: change.row)


Note = Callable[[int, str | None, str, object, object], None]


def _fix_column(layer: Layer, column: pd.Series, note: Note) -> pd.Series:
    name = str(column.name)
    repair = _repair_of(layer, name)
    values = column.astype(object)
    changed = False
    for row, value in enumerate(values):
        if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
            continue
        now = repair(value)
        if type(now) is not type(value) or now != value:
            note(row, name, _reason(value, now), _quoted(value), _quoted(now))
            values.iloc[row] = now
            changed = True
    return _as_before(values, column) if changed else column


def _as_before(values: pd.Series, column: pd.Series) -> pd.Series:
    """Return text as text again, so that what reads and writes it meets the types it knows."""
    texts = [isinstance(value, str) for value in values.dropna()]
    return (
        values.astype(column.dtype if str(column.dtype) == "str" else "str")
        if all(texts)
        else (values.infer_objects())
    )


def _repair_of(layer: Layer, column: str) -> Callable[[Any], Any]:
    """Return what repairs a value of a column."""
    rule = layer.schema.columns[column]
    several = {(r.layer, r.column) for r in REFERENCES if r.several}
    codes = {(r.layer, r.column) for r in REFERENCES} - several
    kind = str(rule.dtype)
    if kind.startswith(("Int", "int", "float")):
        return _number
    if kind == "boolean":
        return lambda value: value
    choices = (rule.metadata or {}).get("choices")
    if column == layer.key or (layer.name, column) in codes:
        return _code
    if choices is not None:
        return lambda value: _ids(value, choices)
    if column in ("functions", "fields") or (layer.name, column) in several:
        return lambda value: _ids(value, ())
    return _name


def _code(value: Any) -> Any:
    if isinstance(value, str) or (isinstance(value, float) and value.is_integer()):
        return tidy_code(value)
    return value


def _name(value: Any) -> Any:
    return _SPACES.sub(" ", _INVISIBLE.sub("", value)).strip() if isinstance(value, str) else value


def _ids(value: Any, choices: tuple[str, ...]) -> Any:
    if not isinstance(value, str):
        return value
    parts = _SEPARATORS.split(_INVISIBLE.sub("", unicodedata.normalize("NFKC", value)).strip())
    lower = {choice.casefold(): choice for choice in choices}
    kept = [lower.get(part.strip().casefold(), part.strip()) for part in parts]
    tidied = SEPARATOR.join(part for part in kept if part)
    return tidied or value


def _number(value: Any) -> Any:
    """Return the number that was typed as text; what is not clearly one stays."""
    if not isinstance(value, str):
        return value
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", value)).strip()
    if _THOUSANDS.match(text):
        text = text.replace(",", "")
    if not re.fullmatch(r"[+-]?\d+(?:\.\d+)?", text):
        return value
    number = float(text)
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else number


def _reason(was: object, now: object) -> str:
    if not isinstance(was, str):
        return "code_from_number"
    if not isinstance(now, str):
        return "number_from_text"
    if was.strip() == now:
        return "trimmed"
    if _SPACES.sub("", unicodedata.normalize("NFKC", was)) == now:
        return "half_width"
    return "tidied"


def _quoted(value: object) -> str:
    return repr(value) if isinstance(value, str) else str(value)


def _fix_shapes(layer: Layer, frame: gpd.GeoDataFrame, note: Note) -> gpd.GeoDataFrame:
    shapes = np.array(frame.geometry.array, object)
    changed = False
    for row, shape in enumerate(shapes):
        if shape is None or shape.is_empty or not np.isfinite(shape.bounds).all():
            continue
        for code, now in _shape_repairs(layer, shape):
            note(row, "geometry", code, _described(shape), _described(now))
            shapes[row] = shape = now
            changed = True
    if not changed:
        return frame
    return frame.set_geometry(
        gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs, name=frame.geometry.name)
    )


def _shape_repairs(layer: Layer, shape: Any) -> Iterator[tuple[str, Any]]:
    if layer.geometry == "polygon" and shape.geom_type == "LineString":
        closed = _closed(shape)
        if closed is not None:
            yield "ring_closed", closed
            shape = closed
    if layer.geometry == "point" or not any(
        kind in shape.geom_type for kind in ("Polygon", "Line")
    ):
        return
    plain = shapely.remove_repeated_points(shape, 0.0)
    if shapely.get_num_coordinates(plain) < shapely.get_num_coordinates(shape) and (
        not plain.is_empty and plain.is_valid >= shape.is_valid
    ):
        yield "vertices_removed", plain
        shape = plain
    if layer.geometry == "polygon" and not shape.is_valid:
        repaired = _repaired(shape)
        if repaired is not None:
            yield "made_valid", repaired


def _closed(line: Any) -> Any:
    """Return the polygon that a closed, or almost closed, line of three corners or more bounds."""
    points = shapely.get_coordinates(line)
    gap = float(np.hypot(*(points[-1] - points[0])))
    if gap > GAP_TOLERANCE * line.length:
        return None
    if gap > 0:
        points = np.vstack([points, points[:1]])
    if len(np.unique(points, axis=0)) < 3:
        return None
    polygon = shapely.Polygon(points)
    return polygon if polygon.is_valid and polygon.area > 0 else None


def _repaired(shape: Any) -> Any:
    """Return a valid polygon of the same area to AREA_TOLERANCE, or None.

    The area before is measured twice: by the shoelace formula, which counts a loop drawn the
    other way round as negative, and by the even-odd rule that the repair follows. Only a flaw
    that is small by both is safe to mend.
    """
    fixed = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    loose = shapely.make_valid(shape)
    if fixed.geom_type not in ("Polygon", "MultiPolygon") or fixed.is_empty:
        return None
    areas = [abs(shape.area), shapely.area(loose), fixed.area]
    return fixed if max(areas) - min(areas) <= AREA_TOLERANCE * fixed.area else None


def _described(shape: Any) -> str:
    """Return what tells one version of a shape from another: kind, vertices, validity."""
    reason = "" if shape.is_valid else f", {shapely.is_valid_reason(shape)}"
    return f"{shape.geom_type}, {shapely.get_num_coordinates(shape)} vertices{reason}"


def _without_repeated(layer: Layer, frame: pd.DataFrame, note: Note) -> pd.DataFrame:
    """Return the table without rows that repeat an earlier one in every column."""
    if layer.key is None or layer.key not in frame.columns:
        return frame
    suspects = frame[layer.key].duplicated(keep=False) & frame[layer.key].notna()
    if not suspects.any():
        return frame
    seen: dict[tuple[object, ...], int] = {}
    repeated = []
    for row in np.flatnonzero(suspects):
        content = tuple(_comparable(value) for value in frame.iloc[row])
        if content in seen:
            repeated.append(row)
            note(int(row), None, "row_removed", row + 1, seen[content])
        else:
            seen[content] = int(row) + 1
    return frame.drop(index=frame.index[repeated]).reset_index(drop=True) if repeated else frame


def _comparable(value: object) -> object:
    if isinstance(value, shapely.Geometry):
        return shapely.to_wkb(value)
    return None if pd.isna(value) else value
