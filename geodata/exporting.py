"""A city in the formats of other programs, with the mapping that reads it back.

GeoPackage and GeoParquet are the planner's own (``City.save``). GeoJSON, Shapefile, CSV and XLSX
hold less: a Shapefile cuts names of columns to ten letters, CSV knows no types, a spreadsheet takes
``=1+1`` for a formula. What a format does not keep, the mapping beside the files says, so that
``import_city`` gives an equal city; what cannot be kept at all is refused.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geodata.atomic import replace_file
from geodata.errors import DataError
from geodata.importing.escaping import quoted
from geodata.importing.toml_text import toml_key, toml_value
from geodata.layers import LAYERS

if TYPE_CHECKING:
    from geodata.city import City

FORMATS = ("geojson", "shapefile", "csv", "xlsx")
MAPPING_FILE = "mapping.toml"
_DBF_BYTES, _DBF_NAME = 254, 10
_DBF_WIDTH = 24
_MOST_EXACT = 2**53
_CELL_CHARACTERS = 30_000


def export_city(city: City, folder: str | Path, form: str) -> None:
    """Write a city to a new folder: a file per layer, and ``mapping.toml`` that reads them back.

    Parameters
    ----------
    city
        The city.
    folder
        A folder that does not exist or is empty; it appears when it is whole.
    form
        ``"geojson"``, ``"shapefile"``, ``"csv"`` or ``"xlsx"``.

    Raises
    ------
    DataError
        If there is something at that place, the format is not known or cannot keep a value, or it
        cannot be written.
    """
    folder = Path(folder)
    if form not in FORMATS:
        raise DataError("import.unknown_export", value=form, known=", ".join(FORMATS))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError("import.folder_in_the_way", str(folder))
    write = {
        "geojson": _write_geojson,
        "shapefile": _write_shapefile,
        "csv": _write_csv,
        "xlsx": _write_xlsx,
    }[form]

    def fill(draft: Path) -> None:
        draft.mkdir()
        lines = ["confirmed = true", ""]
        if city.sources:
            lines[1:] = [f"sources = {toml_value(dict(city.sources))}", ""]
        for name, frame in city.tables().items():
            lines += _layer_text(name, write(draft, name, frame))
        (draft / MAPPING_FILE).write_text("\n".join(lines), "utf-8", newline="\n")

    replace_file(folder, fill)


def _layer_text(name: str, keys: dict[str, Any]) -> list[str]:
    lines = [f"[layers.{toml_key(name)}]"]
    lines += [f"{key} = {toml_value(value)}" for key, value in keys.items()]
    return [*lines, ""]


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))


def _kind(values: pd.Series, layer: str, column: str, form: str) -> str:
    """Return what a column holds: text, integer, number or flag."""
    types = pd.api.types
    if types.is_bool_dtype(values.dtype):
        return "flag"
    if types.is_integer_dtype(values.dtype):
        return "integer"
    if types.is_float_dtype(values.dtype):
        return "number"
    if values.map(lambda value: isinstance(value, str) or pd.isna(value)).all():
        return "text"
    kind = str(values.dtype)
    raise DataError("import.type_not_kept", layer, column=column, format=form, value=kind)


def _keys(
    layer: str, file: str, frame: pd.DataFrame, names: dict[str, str], form: str
) -> dict[str, Any]:
    """Return what all formats say in the mapping; ``names``: our column -> the file's."""
    known = LAYERS[layer].schema.columns
    extra = {column: name for column, name in names.items() if column not in known}
    keys: dict[str, Any] = {"file": file, "exact": True}
    crs = frame.crs.to_epsg() if isinstance(frame, gpd.GeoDataFrame) else None
    if crs is not None:
        keys["crs"] = f"EPSG:{crs}"
    keys["columns"] = {column: name for column, name in names.items() if column in known}
    if extra:
        keys["extra_columns"] = extra
        keys["types"] = {column: _kind(frame[column], layer, column, form) for column in extra}
    return keys


def _written(values: pd.Series, kind: str) -> list[object]:
    """Return the cells of a column as CSV and XLSX hold them: missing as None, texts quoted."""
    missing = values.isna().to_numpy()
    change: dict[str, Callable[[Any], object]] = {
        "text": quoted,
        "integer": int,
        "number": float,
        "flag": lambda value: "true" if value else "false",
    }
    return [
        None if absent else change[kind](value)
        for value, absent in zip(values.array, missing, strict=True)
    ]


def _with_places(
    layer: str, frame: pd.DataFrame, form: str
) -> tuple[dict[str, list[object]], dict[str, str], dict[str, Any]]:
    """Return columns of cells, their names by our columns, and where the geometry is in them."""
    plain = _plain(frame)
    names = {column: str(column) for column in plain.columns}
    cells = {names[c]: _written(plain[c], _kind(plain[c], layer, c, form)) for c in plain.columns}
    if not isinstance(frame, gpd.GeoDataFrame):
        return cells, names, {}
    if LAYERS[layer].geometry == "point":
        x, y = _free("x", cells), _free("y", cells)
        cells[x], cells[y] = frame.geometry.x.tolist(), frame.geometry.y.tolist()
        return cells, names, {"geometry": {"x": x, "y": y}}
    texts = shapely.to_wkt(np.asarray(frame.geometry.array), rounding_precision=-1)
    longest = max((len(text) for text in texts), default=0)
    step = _CELL_CHARACTERS if form == "xlsx" else max(longest, 1)
    parts = [_free(f"wkt_{start // step + 1}", cells) for start in range(0, longest, step)]
    for i, part in enumerate(parts):
        cells[part] = [text[i * step : (i + 1) * step] or None for text in texts]
    return cells, names, {"geometry": {"wkt": parts}}


def _free(name: str, taken: Iterable[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _write_csv(folder: Path, layer: str, frame: pd.DataFrame) -> dict[str, Any]:
    cells, names, where = _with_places(layer, frame, "CSV")
    path = folder / f"{layer}.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(list(cells))
        writer.writerows(zip(*cells.values(), strict=True))
    return {**_keys(layer, path.name, frame, names, "CSV"), "quoted_text": True, **where}


def _write_xlsx(folder: Path, layer: str, frame: pd.DataFrame) -> dict[str, Any]:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    cells, names, where = _with_places(layer, frame, "XLSX")
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet(layer)

    def cell(value: object, row: int, column: str) -> object:
        if isinstance(value, int | float):
            # A float as text of type number keeps all of its digits; openpyxl would round it.
            made = WriteOnlyCell(sheet, value=repr(value))
            made.data_type = "n" if np.isfinite(value) else "s"
            return made
        if not isinstance(value, str):
            return value
        if len(value) > 32_767:
            raise DataError(
                "import.text_too_long", layer, row, column=column, limit=32_767, format="XLSX"
            )
        made = WriteOnlyCell(sheet, value=value)
        made.data_type = "s"
        return made

    sheet.append([cell(name, 0, name) for name in cells])
    for number, row in enumerate(zip(*cells.values(), strict=True), 1):
        sheet.append([cell(v, number, c) for v, c in zip(row, cells, strict=True)])
    path = folder / f"{layer}.xlsx"
    workbook.save(path)
    keys = _keys(layer, path.name, frame, names, "XLSX")
    return {**keys, "sheet": layer, "quoted_text": True, **where}


def _write_geojson(folder: Path, layer: str, frame: pd.DataFrame) -> dict[str, Any]:
    if not isinstance(frame, gpd.GeoDataFrame):
        return _write_csv(folder, layer, frame)
    path = folder / f"{layer}.geojson"
    plain = _plain(frame)
    names = {column: f"c_{column}" if column == "id" else str(column) for column in plain.columns}
    kinds = {c: _kind(plain[c], layer, c, "GeoJSON") for c in plain.columns}
    ready = pd.DataFrame(
        {
            names[c]: _column_of_texts(
                plain[c], kinds[c], as_text=kinds[c] == "number" or _too_big(plain[c], kinds[c])
            )
            for c in plain.columns
        }
    )
    pyogrio.write_dataframe(
        gpd.GeoDataFrame(ready, geometry=frame.geometry.array, crs=frame.crs),
        path,
        driver="GeoJSON",
        COORDINATE_PRECISION=15,
    )
    return {**_keys(layer, path.name, frame, names, "GeoJSON"), "quoted_text": True}


def _column_of_texts(values: pd.Series, kind: str, *, as_text: bool) -> pd.Series:
    """Return a column ready for a file: texts quoted, numbers as they are or as exact texts."""
    if kind == "text" or as_text:
        cells = _written(values, kind)
        texts = [c if c is None or isinstance(c, str) else repr(c) for c in cells]
        return pd.Series(texts, dtype="str")
    if kind == "flag":
        return values.astype("boolean").astype("Int32").reset_index(drop=True)
    return values.astype("Int64").reset_index(drop=True) if kind == "integer" else values


def _write_shapefile(folder: Path, layer: str, frame: pd.DataFrame) -> dict[str, Any]:
    if not isinstance(frame, gpd.GeoDataFrame):
        return _write_csv(folder, layer, frame)
    plain = _plain(frame)
    names = _short_names([str(column) for column in plain.columns])
    kinds = {c: _kind(plain[c], layer, c, "Shapefile") for c in plain.columns}
    ready = {}
    for column, kind in kinds.items():
        values = plain[column]
        as_text = _too_big(values, kind)
        as_text |= kind == "number" and not _kept_by_dbf(values)
        made = _column_of_texts(values, kind, as_text=as_text)
        _check_length(made, layer, column)
        ready[names[column]] = made.reset_index(drop=True)
    path = folder / f"{layer}.shp"
    made = gpd.GeoDataFrame(ready, geometry=frame.geometry.array, crs=frame.crs)
    pyogrio.write_dataframe(made, path, driver="ESRI Shapefile", encoding="UTF-8")
    return {**_keys(layer, path.name, frame, names, "Shapefile"), "quoted_text": True}


def _too_big(values: pd.Series, kind: str) -> bool:
    """Return whether whole numbers are beyond what readers keep, who take them for floats."""
    return kind == "integer" and bool((values.abs() >= _MOST_EXACT).any())


def _kept_by_dbf(values: pd.Series) -> bool:
    """Return whether a number of 24 characters with 15 decimals says each value exactly."""

    def kept(value: float) -> bool:
        said = f"{value:.15f}"
        return len(said) <= _DBF_WIDTH and float(said) == value and str(value) != "-0.0"

    return all(kept(float(value)) for value in values.dropna())


def _check_length(values: pd.Series, layer: str, column: str) -> None:
    if not pd.api.types.is_string_dtype(values.dtype):
        return
    for row, text in enumerate(values, 1):
        if isinstance(text, str) and len(text.encode()) > _DBF_BYTES:
            raise DataError(
                "import.text_too_long",
                layer,
                row,
                column=column,
                limit=_DBF_BYTES,
                format="Shapefile",
            )


def _short_names(columns: list[str]) -> dict[str, str]:
    """Return a name of at most ten ASCII letters for each column, each its own."""
    names: dict[str, str] = {}
    for number, column in enumerate(columns):
        short = column[:_DBF_NAME]
        taken = {name.lower() for name in names.values()}
        if not short.isascii() or not short.isidentifier() or short.lower() in taken:
            stem = "".join(c for c in column if c.isascii() and c.isalnum())[:5]
            short = f"{stem}_{number}"
        names[column] = short
    return names
