"""Two GeoDataFrames in, a matrix of metres out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from planner.errors import SitingError
from planner.siting.inputs import Matrix
from planner.siting.points import Points, metres, one_system


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
    points = Points(metres("demand", demand), metres("sites", sites))
    one_system(demand, sites)
    ids = _ids("demand", demand, demand_id), _ids("sites", sites, site_id)
    if weights is None:
        amount = np.ones(len(demand))
    elif weights in getattr(demand, "columns", ()):
        amount = demand[weights].to_numpy(float)
    else:
        raise SitingError(f"demand has no column {weights}; name one that holds weights")
    values = points.dense() if limit_metres is None else points.within(limit_metres)
    return Matrix(values, *ids), pd.Series(amount, index=ids[0], name=weights)


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
