"""Frames and geometry as compact JSON values: columns, and coordinates as differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

SCALE = 100_000
"""Coordinates are kept as whole numbers of 1e-5 degrees, about a metre."""


def columns(frame: pd.DataFrame, decimals: Mapping[str, int | None]) -> dict[str, list[Any]]:
    """Return columns of a frame as lists that JSON can hold.

    Parameters
    ----------
    frame
        The frame; of the wanted columns, those that it has not are left out.
    decimals
        Wanted column -> decimals of its numbers; None for text, which stays as it is. As many
        decimals as the page shows: rounded twice, a number can come out wrong.

    Returns
    -------
    dict
        Column -> values; missing values are None, whole numbers are int.
    """
    return {
        name: _words(frame[name]) if digits is None else _numbers(frame[name], digits)
        for name, digits in decimals.items()
        if name in frame
    }


def _words(column: pd.Series) -> list[str | None]:
    known = column.notna().tolist()
    return [str(value) if there else None for value, there in zip(column, known, strict=True)]


def _numbers(column: pd.Series, digits: int) -> list[float | int | None]:
    values = column.to_numpy(float, na_value=np.nan).tolist()
    rounded = [round(value, digits) if value == value else None for value in values]
    return [int(n) if n is not None and n.is_integer() else n for n in rounded]


def lines(geometry: gpd.GeoSeries | np.ndarray) -> list[list[int]]:
    """Return every line of a series as differences of scaled coordinates.

    Parameters
    ----------
    geometry
        Lines or multi-lines in degrees.

    Returns
    -------
    list
        Per line ``[x0, y0, dx1, dy1, dx2, dy2, ...]`` in 1e-5 degrees; points that fall
        together at this precision are kept once.
    """
    return [differences(shapely.get_coordinates(part)) for part in shapely.get_parts(geometry)]


def polygons(geometry: gpd.GeoSeries) -> list[list[list[list[int]]]]:
    """Return every polygon or multi-polygon as ``[part][ring]`` in the form of ``lines``."""
    return [
        [
            [
                differences(shapely.get_coordinates(ring))
                for ring in (part.exterior, *part.interiors)
            ]
            for part in shapely.get_parts(shape)
        ]
        for shape in geometry
    ]


def points(geometry: gpd.GeoSeries) -> dict[str, list[int]]:
    """Return points as columns ``x`` and ``y`` in 1e-5 degrees."""
    return {
        "x": np.rint(geometry.x.to_numpy() * SCALE).astype(int).tolist(),
        "y": np.rint(geometry.y.to_numpy() * SCALE).astype(int).tolist(),
    }


def differences(coordinates: np.ndarray) -> list[int]:
    """Return coordinates of shape (n, 2) in degrees as one flat list; see ``lines``."""
    scaled = np.rint(coordinates * SCALE).astype(np.int64)
    steps = np.diff(scaled, axis=0)
    kept = np.concatenate([scaled[:1], steps[steps.any(axis=1)]])
    return kept.ravel().tolist()
