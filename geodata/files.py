"""A city's layers in files: one GeoPackage, or a folder of GeoParquet.

Writing goes to a temporary place beside the target and is renamed when it is whole, so that a
failure leaves what was there before. The same layers give the same bytes.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.errors import GEOSException

from geodata.errors import DataError

METADATA_FILE = "city.json"
_FIXED_DATE = "2000-01-01T00:00:00.000Z"


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
    reader = _read_folder if path.is_dir() else _read_geopackage
    # Reading writes nothing: GDAL would put an .aux.xml beside some files.
    pyogrio.set_gdal_config_options({"GDAL_PAM_ENABLED": "NO"})
    try:
        return reader(path)
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
    tables = {name: _read_layer(path, name) for name, _ in pyogrio.list_layers(path)}
    stored = pyogrio.read_info(path, layer=next(iter(tables)))["dataset_metadata"] or {}
    return tables, json.loads(stored.get(METADATA_FILE, "{}"))


def _read_layer(path: Path, name: str) -> pd.DataFrame:
    return pyogrio.read_dataframe(path, layer=name)


def _read_folder(folder: Path) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise DataError("no_layers_in_folder", str(folder))
    note = folder / METADATA_FILE
    metadata = json.loads(note.read_text("utf-8")) if note.exists() else {}
    return {file.stem: _read_parquet(file) for file in files}, metadata


def _read_parquet(file: Path) -> pd.DataFrame:
    spatial = b"geo" in (pq.read_schema(file).metadata or {})
    return gpd.read_parquet(file) if spatial else pd.read_parquet(file)


def write_geopackage(
    tables: Mapping[str, pd.DataFrame], metadata: Mapping[str, Any], path: Path
) -> None:
    """Write layers to one GeoPackage that QGIS opens; see ``write_tables``."""
    stored = {METADATA_FILE: json.dumps(metadata, ensure_ascii=False, sort_keys=True)}

    def write(target: Path) -> None:
        for name, frame in tables.items():
            with_note = {} if target.exists() else {"dataset_metadata": stored}
            pyogrio.write_dataframe(
                frame,
                target,
                layer=name,
                driver="GPKG",
                append=target.exists(),
                promote_to_multi=False,
                **with_note,
            )

    with _fixed_date():
        replace_file(path, write)


@contextmanager
def _fixed_date() -> Iterator[None]:
    """Keep the time of writing out of GeoPackages, so that the same layers give the same bytes."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _FIXED_DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Have ``write`` make a file beside ``path``, then put it in the place of ``path`` at once.

    Raises
    ------
    DataError
        If the file cannot be written; what was at ``path`` is then as before.
    """
    with _writable(path) as workshop:
        draft = workshop / path.name
        write(draft)
        draft.replace(path)


def _write_folder(
    tables: Mapping[str, pd.DataFrame], metadata: Mapping[str, Any], folder: Path
) -> None:
    with _writable(folder) as workshop:
        draft = workshop / "new"
        draft.mkdir()
        for name, frame in tables.items():
            frame.to_parquet(draft / f"{name}.parquet", index=False, compression="zstd")
        note = json.dumps(metadata, ensure_ascii=False, indent=1, sort_keys=True)
        (draft / METADATA_FILE).write_text(note + "\n", "utf-8")
        if folder.exists():
            folder.rename(workshop / "old")
        draft.rename(folder)


@contextmanager
def _writable(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path``, and turn what goes wrong into one clear error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=".sanshe-", dir=path.parent))
    except OSError as error:
        raise DataError("cannot_write", str(path), reason=error.strerror) from error
    try:
        yield workshop
    except (OSError, DataSourceError, DataLayerError) as error:
        reason = getattr(error, "strerror", None) or _first_line(error)
        raise DataError("cannot_write", str(path), reason=reason) from error
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
