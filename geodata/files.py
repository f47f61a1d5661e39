"""A city's layers in files: one GeoPackage, or a folder of GeoParquet.

Writing changes a city as a whole or leaves what was there before, and reading never sees half of
a change (``geodata.atomic``). The same layers give the same bytes.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.errors import GEOSException

from geodata.atomic import read_whole, replace_file, replace_files, standing_files
from geodata.errors import DataError
from geodata.layers import LAYERS

METADATA_FILE = "city.json"
REGION_FILE = "region.json"
_LITTLE_ROOM_BYTES = 1_000_000
_READING = {
    # Else GDAL puts metadata into a file beside the GeoPackage, and believes it ever after.
    "GDAL_PAM_ENABLED": "NO",
}
_WRITING = {
    # The time of writing stays out, so that the same layers give the same bytes.
    "OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z",
    # What is written is a draft, which is synced as a whole when it is complete.
    "OGR_SQLITE_SYNCHRONOUS": "OFF",
}


def read_tables(path: Path) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return the layers and the metadata that are stored at a path.

    Parameters
    ----------
    path
        A GeoPackage, or a folder with a ``.parquet`` file per layer.

    Returns
    -------
    tables
        Layer by name, as stored; GeoDataFrames where there is geometry.
    metadata
        What was saved with the layers (``code``, ``name``, ``name_en``, ``sources``); empty if
        nothing was.

    Raises
    ------
    DataError
        If there is nothing at the path, or it cannot be read.
    """
    if not path.exists():
        raise DataError("no_such_city", name=str(path), known="-")
    if (path / REGION_FILE).is_file():
        raise DataError("region_for_city", str(path))
    reader = _read_folder if path.is_dir() else _read_geopackage
    with clear_reading(path):
        return reader(path)


@contextmanager
def clear_reading(path: Path) -> Iterator[None]:
    """Turn what goes wrong with reading layers into one clear error.

    Raises
    ------
    DataError
        If what stands at the path cannot be read.
    """
    # Reading writes nothing: GDAL would put an .aux.xml beside some files.
    pyogrio.set_gdal_config_options({"GDAL_PAM_ENABLED": "NO"})
    try:
        yield
    except GEOSException as error:
        raise DataError("unreadable_shapes", str(path), reason=_first_line(error)) from error
    except (DataSourceError, DataLayerError, pa.ArrowException, OSError, ValueError) as error:
        raise DataError("unreadable_file", str(path), reason=_first_line(error)) from error


def write_tables(
    tables: Mapping[str, pd.DataFrame], metadata: Mapping[str, Any], path: Path
) -> None:
    """Write layers and metadata to a GeoPackage (``.gpkg``) or to a folder of GeoParquet.

    Parameters
    ----------
    tables
        Layer by name.
    metadata
        What to store with them; JSON-like.
    path
        A path ending in ``.gpkg``, or a folder; replaced as a whole.

    Raises
    ------
    DataError
        If it cannot be written there.
    """
    writer = write_geopackage if path.suffix.lower() == ".gpkg" else _write_folder
    writer(tables, metadata, path)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _read_geopackage(path: Path) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    return read_whole(
        str(path), lambda: {path.name: path}, lambda files: _read_layers(*files.values())
    )


def _read_layers(path: Path) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    with _gdal_options(_READING):
        tables = {name: _read_layer(path, name) for name, _ in pyogrio.list_layers(path)}
        stored = pyogrio.read_info(path, layer=next(iter(tables)))["dataset_metadata"] or {}
    return tables, json.loads(stored.get(METADATA_FILE, "{}"))


def _read_layer(path: Path, name: str) -> pd.DataFrame:
    return pyogrio.read_dataframe(path, layer=name)


def _read_folder(folder: Path) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    return read_whole(str(folder), partial(files_of_city, folder), partial(_read_files, folder))


def files_of_city(folder: Path) -> dict[str, Path]:
    """Return the files that make the city in a folder, by name; each where its content stands."""
    files = standing_files(folder)
    return {n: at for n, at in files.items() if n == METADATA_FILE or n.endswith(".parquet")}


def _read_files(
    folder: Path, files: Mapping[str, Path]
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    layers = {at.stem: at for at in files.values() if at.suffix == ".parquet"}
    if not layers:
        raise DataError("no_layers_in_folder", str(folder))
    note = files.get(METADATA_FILE)
    metadata = {} if note is None else json.loads(note.read_text("utf-8"))
    return {name: read_parquet(at) for name, at in layers.items()}, metadata


def read_parquet(file: Path) -> pd.DataFrame:
    """Return the layer in a file of (Geo)Parquet."""
    spatial = b"geo" in (pq.read_schema(file).metadata or {})
    return gpd.read_parquet(file) if spatial else pd.read_parquet(file)


def write_geopackage(
    tables: Mapping[str, pd.DataFrame], metadata: Mapping[str, Any], path: Path
) -> None:
    """Write layers to one GeoPackage that QGIS opens; see ``write_tables``."""
    replace_file(path, partial(new_geopackage, tables, metadata))


def new_geopackage(
    tables: Mapping[str, pd.DataFrame], metadata: Mapping[str, Any], path: Path
) -> None:
    """Write layers to a GeoPackage where there is none yet.

    Raises
    ------
    OSError
        If it cannot be written, or the disk has not kept all of it.
    """
    stored = {METADATA_FILE: json.dumps(metadata, ensure_ascii=False, sort_keys=True)}
    try:
        with _gdal_options(_WRITING):
            for name, frame in tables.items():
                with_note = {} if path.exists() else {"dataset_metadata": stored}
                pyogrio.write_dataframe(
                    frame,
                    path,
                    layer=name,
                    driver="GPKG",
                    append=path.exists(),
                    promote_to_multi=False,
                    **with_note,
                )
    except (DataSourceError, DataLayerError) as error:
        if shutil.disk_usage(path.parent).free < _LITTLE_ROOM_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise OSError(errno.EIO, _first_line(error)) from error


@contextmanager
def _gdal_options(options: Mapping[str, str]) -> Iterator[None]:
    """Have GDAL work with some options inside the ``with`` block."""
    pyogrio.set_gdal_config_options(dict(options))
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(options))


def _write_folder(
    tables: Mapping[str, pd.DataFrame], metadata: Mapping[str, Any], folder: Path
) -> None:
    note = json.dumps(metadata, ensure_ascii=False, indent=1, sort_keys=True)
    writers: dict[str, Callable[[Path], object]] = {
        f"{name}.parquet": partial(frame.to_parquet, index=False, compression="zstd")
        for name, frame in tables.items()
    }
    writers[METADATA_FILE] = lambda path: path.write_text(note + "\n", "utf-8")
    earlier = {f"{name}.parquet" for name in LAYERS}
    replace_files(folder, writers, remove=earlier - set(writers))
