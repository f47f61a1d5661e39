"""Fingerprints of layers: to say which data a plan was made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from geodata.atomic import read_whole
from geodata.files import clear_reading, files_of_city

if TYPE_CHECKING:
    from geodata.city import City


def layer_fingerprint(frame: pd.DataFrame) -> str:
    """Return the SHA-256 of a layer's columns, values and geometry, in the order of its rows.

    It depends on the values alone, not on the format that they were read from.
    """
    digest = hashlib.sha256()
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    plain = plain[sorted(plain.columns)]
    digest.update(plain.to_csv(index=False, lineterminator="\n").encode())
    if isinstance(frame, gpd.GeoDataFrame):
        digest.update(str(frame.crs and frame.crs.to_epsg()).encode())
        for wkb in shapely.to_wkb(frame.geometry.array, byte_order=1):
            digest.update(wkb)
    return digest.hexdigest()


def city_fingerprints(city: City) -> dict[str, str]:
    """Return the fingerprint of each layer that the city has, roads included."""
    return {name: layer_fingerprint(frame) for name, frame in city.tables().items()}


def folder_fingerprint(folder: Path) -> str:
    """Return the SHA-256 of a folder's city: of its files' names and bytes, in order of the names.

    Nothing in the files is trusted or even read as a table.

    Raises
    ------
    DataError
        If the files cannot be read.
    """
    with clear_reading(folder):
        return read_whole(str(folder), partial(files_of_city, folder), _of_files)


def _of_files(files: Mapping[str, Path]) -> str:
    digests = {}
    for name, path in files.items():
        with path.open("rb") as file:
            digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return _of_parts(digests)


def tables_fingerprint(tables: Mapping[str, pd.DataFrame], metadata: Mapping[str, object]) -> str:
    """Return the SHA-256 of a city's layers and metadata as they are stored."""
    digests = {name: layer_fingerprint(frame) for name, frame in tables.items()}
    note = json.dumps(metadata, ensure_ascii=False, sort_keys=True)
    return _of_parts(digests | {"": hashlib.sha256(note.encode()).hexdigest()})


def _of_parts(digests: Mapping[str, str]) -> str:
    lines = [f"{name} {digest}\n" for name, digest in sorted(digests.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
