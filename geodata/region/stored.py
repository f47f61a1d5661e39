"""A region on disk: ``region.json``, ``counties.parquet`` and a folder for each county.

FOLDER/region.json        code, name, name_en, sources
FOLDER/counties.parquet   a row a county: code, names, folder, counts, boundary
FOLDER/counties/CODE/     what ``geodata.open_city`` opens
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geodata.atomic import read_whole, replace_files, standing_files
from geodata.errors import DataError
from geodata.files import REGION_FILE, clear_reading, read_parquet
from geodata.findings import Finding
from geodata.layers import COUNTIES
from geodata.quality.geometry import inspect_geometry
from geodata.quality.structure import conform

FOLDER = "counties"
TABLE_FILE = "counties.parquet"
ROWS_IN_GROUP = 256
_TEXTS = ("code", "name", "name_en")


def holds_region(folder: Path) -> bool:
    """Return whether a path is a folder with ``region.json``.

    Raises
    ------
    DataError
        If it may not be looked into.
    """
    with clear_reading(folder):
        return "\0" not in str(folder) and folder.is_dir() and REGION_FILE in standing_files(folder)


def read_region(folder: Path) -> tuple[dict[str, Any], gpd.GeoDataFrame]:
    """Return what a region says of itself and the table of its counties, checked.

    Raises
    ------
    DataError
        If there is no region, it cannot be read, or anything is wrong with the table.
    """
    if not holds_region(folder):
        raise DataError("no_such_region", name=str(folder))
    with clear_reading(folder):
        note, frame = read_whole(str(folder), lambda: _files(folder), _read)
    return check_note(note, REGION_FILE), check_counties(frame)


def write_region(folder: Path, note: Mapping[str, Any], counties: gpd.GeoDataFrame) -> None:
    """Write what a region says of itself and the table of its counties, both or neither.

    Raises
    ------
    DataError
        If they cannot be written.
    """
    text = json.dumps(note, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write = partial(
        counties.to_parquet,
        index=False,
        compression="zstd",
        write_covering_bbox=True,
        row_group_size=ROWS_IN_GROUP,
    )
    writers: dict[str, Callable[[Path], object]] = {
        TABLE_FILE: write,
        REGION_FILE: lambda path: path.write_text(text, "utf-8"),
    }
    replace_files(folder, writers)


def _files(folder: Path) -> dict[str, Path]:
    files = standing_files(folder)
    if TABLE_FILE not in files:
        raise DataError("no_counties_table", str(folder))
    return {name: files[name] for name in (REGION_FILE, TABLE_FILE)}


def _read(files: Mapping[str, Path]) -> tuple[object, pd.DataFrame]:
    text = files[REGION_FILE].read_text("utf-8")
    try:
        note = json.loads(text)
    except ValueError as error:
        raise DataError("bad_region_note", REGION_FILE, reason=str(error)) from error
    return note, read_parquet(files[TABLE_FILE])


def check_note(note: object, name: str) -> dict[str, Any]:
    """Return what a region says of itself if it says it as it must.

    Raises
    ------
    DataError
        If it is no mapping of code, name, name_en and sources.
    """
    reason = None
    if not isinstance(note, dict):
        raise DataError("bad_region_note", name, reason="it is no object")
    for key in _TEXTS:
        if not isinstance(note.get(key), str) or not note[key].strip():
            reason = f"{key} is {note.get(key)!r}"
    if not isinstance(note.get("sources", {}), dict):
        reason = "sources is no object"
    if reason is not None:
        raise DataError("bad_region_note", name, reason=reason)
    return note


def check_counties(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the table of counties typed and in degrees.

    Raises
    ------
    DataError
        If anything is wrong with it; the text names row and remedy.
    """
    if len(frame) == 0:
        raise DataError("empty_layer", COUNTIES.name)
    typed, findings = conform(COUNTIES, frame)
    placed, misplaced = inspect_geometry(COUNTIES, typed)
    if findings or misplaced or placed is None:
        raise DataError.from_findings(findings + misplaced)
    _check_paths(placed)
    return placed


def _check_paths(counties: pd.DataFrame) -> None:
    """Refuse counties that are not in the region's folder."""
    for row, (code, name) in enumerate(
        zip(counties["code"], counties["folder"], strict=True), start=1
    ):
        if any(sign in name for sign in "\\:\0") or {"", ".", ".."} & set(name.split("/")):
            raise DataError("county_outside_region", COUNTIES.name, row, code, folder=name)


def check_places(
    counties: pd.DataFrame, is_there: Callable[[str], bool], code: str = "no_county_folder"
) -> None:
    """Refuse counties that are not there.

    Parameters
    ----------
    counties
        The table.
    is_there
        Whether a county is in a folder, or schema.
    code
        What is then said.

    Raises
    ------
    DataError
        If a county is not there; the text names it.
    """
    missing = [
        Finding(code, COUNTIES.name, row, county, {"folder": name})
        for row, (county, name) in enumerate(
            zip(counties["code"], counties["folder"], strict=True), start=1
        )
        if not is_there(name)
    ]
    if missing:
        raise DataError.from_findings(missing)
