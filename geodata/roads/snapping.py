"""Snapping: where points enter the roads, on edges and not only at nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.errors import DataError

if TYPE_CHECKING:
    from geodata.roads.modes import Mode
    from geodata.roads.network import RoadNetwork

DEFAULT_MAX_SNAP_METRES = 1_000.0


@dataclass(frozen=True, eq=False)
class Snapped:
    """Where points enter the roads.

    Attributes
    ----------
    ids
        Ids of the points: the index of what was snapped.
    edge
        Position of the nearest usable edge, shape (n,).
    fraction
        Where on the edge, 0 at its tail to 1 at its head, shape (n,).
    metres
        Straight distance from the point to the edge, shape (n,).
    """

    ids: pd.Index
    edge: np.ndarray
    fraction: np.ndarray
    metres: np.ndarray


def snap(
    network: RoadNetwork,
    points: gpd.GeoSeries | gpd.GeoDataFrame,
    mode: str | Mode,
    *,
    max_snap_metres: float = DEFAULT_MAX_SNAP_METRES,
    layer: str = "points",
) -> Snapped:
    """Project points onto the nearest edges that a mode may use.

    Parameters
    ----------
    network
        The roads.
    points
        Points with a coordinate system; their index identifies them.
    mode
        Mode of travel.
    max_snap_metres
        A point farther than this from every usable road is an error.
    layer
        What to call the points in an error.

    Raises
    ------
    DataError
        If the points have no coordinate system, one is missing or not finite, or one is too far
        from the roads; the text names the row, its id and the distance.
    """
    shapes = points.geometry
    if shapes.crs is None:
        raise DataError("missing_crs", layer)
    place = shapely.get_coordinates(shapes.array)
    bad = shapely.is_missing(shapes.array) | shapely.is_empty(shapes.array)
    if bad.any() or not np.isfinite(place).all():
        bad |= ~np.isfinite(shapely.bounds(shapes.array)).all(axis=1)
        row = int(np.flatnonzero(bad)[0])
        raise DataError("not_finite_geometry", layer, row + 1, str(points.index[row]))
    usable, tree = network.usable_edges(mode)
    metric = np.asarray(shapes.to_crs(network.metric).array)
    nearest = usable[tree.query_nearest(metric, all_matches=False)[1]]
    lines = network.metric_lines[nearest]
    metres = shapely.distance(metric, lines)
    if (metres > max_snap_metres).any():
        row = int(metres.argmax())
        values = {"metres": f"{metres[row]:,.0f}", "limit": f"{max_snap_metres:,.0f}"}
        raise DataError("far_from_roads", layer, row + 1, str(points.index[row]), **values)
    # A road of no length has no fractions: 0 divided by 0.
    fraction = np.nan_to_num(shapely.line_locate_point(lines, metric, normalized=True))
    return Snapped(points.index, nearest, fraction, metres)
