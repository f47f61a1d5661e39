"""Where on the map a finding is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.findings import Finding

_HOMES = {
    "community_code": "communities",
    "base_hall_id": "halls",
    "town_code": "towns",
    "organisation_id": "organisations",
}
"""Columns that say where a row without a usable place of its own belongs, the nearest first."""


def places_of(
    findings: Sequence[Finding], tables: Mapping[str, pd.DataFrame]
) -> list[tuple[float, float] | None]:
    """Return longitude and latitude of each finding, in degrees; None where it has no place.

    A row lies where its shape does (broken shapes: in the middle of their bounds), else where
    its community, hall or town does. Findings about a whole layer have no place.

    Parameters
    ----------
    findings
        What was found.
    tables
        The layers that it was found in, as they were read.
    """
    places: dict[str, np.ndarray] = {}
    found: list[tuple[float, float] | None] = []
    for finding in findings:
        frame = tables.get(finding.layer or "")
        if frame is None or finding.row is None or not 0 < finding.row <= len(frame):
            found.append(None)
            continue
        name = str(finding.layer)
        if name not in places:
            places[name] = _middles(frame)
        at = places[name][finding.row - 1]
        found.append(
            tuple(at) if np.isfinite(at).all() else _home(frame.iloc[finding.row - 1], tables)
        )
    return found


def _middles(frame: pd.DataFrame) -> np.ndarray:
    """Return the middle of each row's bounds in degrees; not finite where there is none."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame._geometry_column_name not in frame.columns:
        return np.full((len(frame), 2), np.nan)
    if frame.crs is None:
        return np.full((len(frame), 2), np.nan)
    bounds = shapely.bounds(np.asarray(frame.geometry.array))
    middles = (bounds[:, :2] + bounds[:, 2:]) / 2
    if frame.crs.is_geographic:
        return middles
    x, y = (
        gpd.GeoSeries.from_xy(*middles.T, crs=frame.crs).to_crs(4326).get_coordinates().T.to_numpy()
    )
    return np.column_stack([x, y])


def _home(row: pd.Series, tables: Mapping[str, pd.DataFrame]) -> tuple[float, float] | None:
    for column, name in _HOMES.items():
        home = tables.get(name)
        key = {"communities": "code", "towns": "code"}.get(name, column.removeprefix("base_"))
        if column in row.index and home is not None and key in home.columns:
            at = np.flatnonzero(home[key].eq(row[column]).fillna(False).to_numpy(bool))
            if len(at):
                middle = _middles(home.iloc[at[:1]])[0]
                if np.isfinite(middle).all():
                    return float(middle[0]), float(middle[1])
    return None
