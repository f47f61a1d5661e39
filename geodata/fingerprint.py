"""Fingerprints of layers: to say which data a plan was made from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

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
        digest.update(str(frame.crs.to_epsg()).encode())
        for wkb in shapely.to_wkb(frame.geometry.array, byte_order=1):
            digest.update(wkb)
    return digest.hexdigest()


def city_fingerprints(city: City) -> dict[str, str]:
    """Return the fingerprint of each layer that the city has, roads included."""
    return {name: layer_fingerprint(frame) for name, frame in city.tables().items()}
