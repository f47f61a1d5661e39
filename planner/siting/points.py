"""Demand and sites as points in the plane, for instances too large for a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from planner.errors import SitingError

_CHUNK_ENTRIES = 4_000_000


class Points:
    """Demand and sites as points; the cost between two is their Euclidean distance in metres.

    Parameters
    ----------
    demand
        Points of the demand: array of shape (demands, 2) of metres in a projected system, or a
        GeoSeries or GeoDataFrame of points in such a system (ids are its index).
    sites
        Points of the candidate sites, likewise; the demand's points if left out.
    demand_ids, site_ids
        Ids; the index of a GeoSeries or positions if left out.

    Raises
    ------
    SitingError
        If coordinates are not finite, not of shape (n, 2), or degrees of longitude and latitude.

    Examples
    --------
    >>> Points([[0, 0], [300, 400]]).distances(np.array([0]))[1]
    array([  0., 500.])
    """

    def __init__(
        self, demand: Any, sites: Any = None, *, demand_ids: Any = None, site_ids: Any = None
    ) -> None:
        self.demand, index = _metres(demand, "demand")
        self.demand_ids = index if demand_ids is None else pd.Index(demand_ids)
        if sites is None:
            self.sites, index = self.demand, self.demand_ids
        else:
            self.sites, index = _metres(sites, "sites")
        self.site_ids = index if site_ids is None else pd.Index(site_ids)
        for name, ids, points in (
            ("demand_ids", self.demand_ids, self.demand),
            ("site_ids", self.site_ids, self.sites),
        ):
            if len(ids) != len(points):
                raise SitingError(f"{name} names {len(ids)} of {len(points)} points; name each")

    @property
    def shape(self) -> tuple[int, int]:
        """Number of demands and of sites."""
        return len(self.demand), len(self.sites)

    def distances(self, sites: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for each demand the nearest of some sites (positions) and the metres to it."""
        metres, which = cKDTree(self.sites[sites]).query(self.demand)
        return sites[which], metres

    def dense(self) -> np.ndarray:
        """Return all distances, shape (demands, sites)."""
        away = self.demand[:, None, :] - self.sites[None, :, :]
        return np.hypot(away[..., 0], away[..., 1])


def nearest(origins: np.ndarray, sites: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest sites of each origin, ascending, and the metres to them.

    Parameters
    ----------
    origins, sites
        Metres, shapes (n, 2) and (m, 2).
    count
        How many, at most m.
    """
    tree = cKDTree(sites)
    which = np.empty((len(origins), count), np.int32)
    metres = np.empty((len(origins), count))
    chunk = max(_CHUNK_ENTRIES // count, 1)
    for at in range(0, len(origins), chunk):
        here = slice(at, at + chunk)
        found, names = tree.query(origins[here], k=np.arange(1, count + 1), workers=-1)
        metres[here], which[here] = found, names
    return which, metres


def merged(points: np.ndarray, weights: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return at most so many weighted centroids of neighbouring points, and their weights.

    Euclidean distance is convex, so that by Jensen's inequality the weighted distance from a
    centroid to any site is at most that from its points: costs over centroids are lower bounds.
    """
    low = points.min(axis=0)
    extent = np.maximum(points.max(axis=0) - low, 1e-9)
    side = float(np.sqrt(extent[0] * extent[1] / most))
    while True:
        cells = ((points - low) / side).astype(np.int64)
        keys, which = np.unique(
            cells[:, 0] * (cells[:, 1].max() + 1) + cells[:, 1], return_inverse=True
        )
        if len(keys) <= most:
            break
        side *= 1.05
    mass = np.bincount(which, weights)
    count = np.bincount(which)
    share = np.where(
        mass[which] > 0, weights / np.where(mass > 0, mass, 1)[which], 1 / count[which]
    )
    centroids = np.column_stack([np.bincount(which, share * points[:, axis]) for axis in (0, 1)])
    return centroids, mass


def _metres(given: Any, name: str) -> tuple[np.ndarray, pd.Index]:
    if hasattr(given, "crs"):
        points = given.geometry
        if (points.geom_type != "Point").any():
            raise SitingError(f"{name} has geometry other than points; give its centroids")
        xy = np.column_stack([points.x, points.y])
        degrees = np.abs(xy).max(axis=0, initial=0) <= (180, 90)
        if given.crs.is_geographic if given.crs is not None else degrees.all():
            raise SitingError(
                f"{name} is in longitude and latitude; degrees are no metres: "
                "project it first, such as with to_crs(epsg=4549)"
            )
        ids = given.index
    else:
        xy = np.asarray(given, float)
        ids = pd.RangeIndex(len(xy))
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise SitingError(f"{name} has shape {xy.shape}; give coordinates of shape (n, 2)")
    bad = ~np.isfinite(xy).all(axis=1)
    if bad.any():
        raise SitingError(f"{name} {ids[int(np.flatnonzero(bad)[0])]} has no finite coordinates")
    return xy, ids
