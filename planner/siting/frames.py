"""Two GeoDataFrames in, a matrix of metres out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from planner.errors import SitingError
from planner.siting.inputs import Matrix


def from_geodataframe(
    demand: Any,
    sites: Any,
    *,
    demand_id: str | None = None,
    site_id: str | None = None,
    weights: str | None = None,
    limit_metres: float | None = None,
) -> tuple[Matrix, pd.Series]:
    """Return straight-line metres between demand and sites, and the weights of the demand.

    Parameters
    ----------
    demand, sites
        GeoDataFrames (or GeoSeries) in one projected coordinate system; other geometry than points
        counts from a point inside it.
    demand_id, site_id
        Columns that hold the ids; the index if left out.
    weights
        Column of ``demand`` that holds its weight; 1 each if left out.
    limit_metres
        Leave out pairs that are farther apart, so that the matrix is sparse; none if left out.

    Returns
    -------
    Matrix
        Takes the place of the first argument of every model.
    pandas.Series
        For ``weights=``, by demand id.

    Raises
    ------
    SitingError
        If there is no coordinate system, it is one of degrees, the two differ, geometry is missing,
        a column is not there or an id stands twice.

    Examples
    --------
    >>> import geopandas
    >>> homes = geopandas.GeoDataFrame(
    ...     {"residents": [10, 30]}, geometry=geopandas.points_from_xy([0, 300], [0, 400]), crs=4549
    ... )
    >>> metres, weights = from_geodataframe(homes, homes, weights="residents")
    >>> metres.values.tolist(), weights.tolist()
    ([[0.0, 500.0], [500.0, 0.0]], [10.0, 30.0])
    """
    for name, frame in (("demand", demand), ("sites", sites)):
        _check_system(name, frame)
    if demand.crs != sites.crs:
        raise SitingError(
            f"demand is in {_named(demand.crs)}, sites in {_named(sites.crs)}; bring both into one "
            "with to_crs"
        )
    unit = demand.crs.axis_info[0].unit_conversion_factor
    ids = _ids("demand", demand, demand_id), _ids("sites", sites, site_id)
    here, there = _points("demand", demand) * unit, _points("sites", sites) * unit
    if weights is None:
        amount = np.ones(len(demand))
    elif weights in getattr(demand, "columns", ()):
        amount = demand[weights].to_numpy(float)
    else:
        raise SitingError(f"demand has no column {weights}; name one that holds weights")
    values = cdist(here, there) if limit_metres is None else _near(here, there, limit_metres)
    matrix = Matrix.read(values)
    return Matrix(matrix.values, *ids), pd.Series(amount, index=ids[0], name=weights)


def _named(system: Any) -> str:
    code = system.to_epsg()
    return f"EPSG:{code}" if code else str(system.name)


def _check_system(name: str, frame: Any) -> None:
    system = getattr(frame, "crs", None)
    if system is None:
        raise SitingError(f"{name} has no coordinate system; set it with set_crs")
    if not system.is_projected:
        try:
            metric = _named(frame.estimate_utm_crs())
        except (RuntimeError, ValueError):
            metric = "a projected system"
        raise SitingError(
            f"{name} is in degrees ({_named(system)}), which are no metres; "
            f"use {name}.to_crs({metric!r}) or another projected system"
        )


def _ids(name: str, frame: Any, column: str | None) -> pd.Index:
    if column is None:
        ids = frame.index
    elif column in getattr(frame, "columns", ()):
        ids = pd.Index(frame[column])
    else:
        raise SitingError(f"{name} has no column {column}; name one that holds ids")
    if not ids.is_unique:
        raise SitingError(f"{name}: the id {ids[ids.duplicated()][0]} stands twice; give each once")
    return ids


def _points(name: str, frame: Any) -> np.ndarray:
    geometry = frame.geometry
    missing = np.flatnonzero((geometry.isna() | geometry.is_empty).to_numpy())
    if len(missing):
        raise SitingError(
            f"{name}, row {missing[0] + 1}: there is no geometry; give it one or leave the row out"
        )
    if not (geometry.geom_type == "Point").all():
        geometry = geometry.representative_point()
    return np.column_stack([geometry.x, geometry.y])


def _near(demand: np.ndarray, sites: np.ndarray, limit: float) -> Any:
    from scipy.sparse import coo_array

    pairs = cKDTree(demand).sparse_distance_matrix(
        cKDTree(sites), np.nextafter(limit, np.inf), output_type="ndarray"
    )
    shape = (len(demand), len(sites))
    return coo_array((pairs["v"], (pairs["i"], pairs["j"])), shape=shape).tocsr()
