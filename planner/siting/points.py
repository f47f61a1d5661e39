"""Demand and sites as points in the plane, for instances too large for a matrix."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from planner.errors import SitingError
from planner.siting.on_demand import OnDemand

_CHUNK_ENTRIES = 4_000_000
_FEW = 20  # a tree is slower than looking at all where more than one in so many is near


class Points(OnDemand):
    """Demand and sites as points; the cost between two is their Euclidean distance in metres.

    Parameters
    ----------
    demand
        Points of the demand: array of shape (demands, 2) of metres in a projected system, or a
        GeoSeries or GeoDataFrame in such a system (ids are its index; other geometry than points
        counts from a point inside it).
    sites
        Points of the candidate sites, likewise; the demand's points if left out.
    demand_ids, site_ids
        Ids; the index of a GeoSeries or positions if left out.

    Raises
    ------
    SitingError
        If coordinates are not finite, not of shape (n, 2), or degrees of longitude and latitude; if
        an id stands twice.

    Examples
    --------
    >>> Points([[0, 0], [300, 400]]).distances(np.array([0]))[1]
    array([  0., 500.])
    """

    quick_costs = 1_000_000_000

    def __init__(
        self, demand: Any, sites: Any = None, *, demand_ids: Any = None, site_ids: Any = None
    ) -> None:
        self.demand, index = _coordinates(demand, "demand")
        self.demand_ids = index if demand_ids is None else pd.Index(demand_ids)
        if sites is None:
            self.sites, index = self.demand, self.demand_ids
        else:
            self.sites, index = _coordinates(sites, "sites")
            if hasattr(demand, "crs") and hasattr(sites, "crs"):
                one_system(demand, sites)
        self.site_ids = index if site_ids is None else pd.Index(site_ids)
        for name, ids, points in (
            ("demand_ids", self.demand_ids, self.demand),
            ("site_ids", self.site_ids, self.sites),
        ):
            if len(ids) != len(points):
                raise SitingError(f"{name} names {len(ids)} of {len(points)} points; name each")
            if not ids.is_unique:
                twice = ids[ids.duplicated()][0]
                raise SitingError(f"{name} names {twice} twice; give each id once")

    def distances(self, sites: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for each demand the nearest of some sites (positions) and the metres to it."""
        metres, which = cKDTree(self.sites[sites]).query(self.demand)
        return sites[which], metres

    serve = distances

    def nearest(
        self, demand: np.ndarray, sites: np.ndarray, count: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the nearest of some sites for some demands, and the metres to them, ascending."""
        return nearest(self.demand[demand], self.sites[sites], count)

    def row(self, demand: int, sites: np.ndarray) -> np.ndarray:
        """Return the metres from one demand to each of some sites."""
        return _apart(self.sites[sites], self.demand[demand])

    def column(self, demand: np.ndarray, site: int) -> np.ndarray:
        """Return the metres from some demands to one site."""
        return _apart(self.demand[demand], self.sites[site])

    def near(
        self, demand: np.ndarray, sites: np.ndarray, limits: np.ndarray, most: int
    ) -> csr_array | None:
        """Return the metres from some demands to the sites within a limit of each; None if many."""
        tree, here = cKDTree(self.sites[sites]), self.demand[demand]
        farther = np.nextafter(limits, np.inf)
        counts = tree.query_ball_point(here, farther, return_length=True, workers=-1)
        indptr = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        if indptr[-1] > most:
            return None
        columns = np.empty(indptr[-1], np.int32)
        if indptr[-1] * _FEW < len(demand) * len(sites):
            found = tree.query_ball_point(here, farther, return_sorted=True, workers=-1)
            columns[:] = np.fromiter(chain.from_iterable(found), np.int32, indptr[-1])
        else:
            for i, limit in enumerate(farther):
                inside = np.flatnonzero(_apart(self.sites[sites], here[i]) <= limit)
                columns[indptr[i] : indptr[i + 1]] = inside
        rows = np.repeat(np.arange(len(demand)), counts)
        apart = _apart(here[rows], self.sites[sites][columns])
        return csr_array((apart, columns, indptr), shape=(len(demand), len(sites)))

    def within(self, limit: float) -> csr_array:
        """Return the distances of the pairs that are at most so many metres apart."""
        pairs = cKDTree(self.demand).sparse_distance_matrix(
            cKDTree(self.sites), np.nextafter(limit, np.inf), output_type="ndarray"
        )
        found = coo_array((pairs["v"], (pairs["i"], pairs["j"])), shape=self.shape).tocsr()
        found.sort_indices()
        return found

    def _dense(self) -> np.ndarray:
        return cdist(self.demand, self.sites)


def _apart(these: np.ndarray, those: np.ndarray) -> np.ndarray:
    """Return the metres between points, rounded as the search tree rounds them."""
    return np.asarray(np.sqrt(((these - those) ** 2).sum(axis=1)))


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


def one_system(demand: Any, sites: Any) -> None:
    """Refuse frames in two coordinate systems.

    Raises
    ------
    SitingError
        If they differ.
    """
    if demand.crs != sites.crs and demand.crs is not None and sites.crs is not None:
        raise SitingError(
            f"demand is in {_named(demand.crs)}, sites in {_named(sites.crs)}; bring both into one "
            "with to_crs"
        )


def metres(name: str, frame: Any) -> np.ndarray:
    """Return the points of a GeoDataFrame or GeoSeries in metres, shape (n, 2).

    Other geometry than points counts from a point inside it.

    Raises
    ------
    SitingError
        If there is no coordinate system, it is one of degrees, or geometry is missing.
    """
    _check_system(name, frame)
    geometry = frame.geometry
    missing = np.flatnonzero((geometry.isna() | geometry.is_empty).to_numpy())
    if len(missing):
        raise SitingError(
            f"{name}, row {missing[0] + 1}: there is no geometry; give it one or leave the row out"
        )
    if not (geometry.geom_type == "Point").all():
        geometry = geometry.representative_point()
    unit = frame.crs.axis_info[0].unit_conversion_factor
    return np.column_stack([geometry.x, geometry.y]) * unit


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


def _coordinates(given: Any, name: str) -> tuple[np.ndarray, pd.Index]:
    if hasattr(given, "crs"):
        return metres(name, given), given.index
    xy = np.asarray(given, float)
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise SitingError(f"{name} has shape {xy.shape}; give coordinates of shape (n, 2)")
    bad = np.flatnonzero(~np.isfinite(xy).all(axis=1))
    if len(bad):
        raise SitingError(f"{name}, row {bad[0] + 1}: the coordinates are not finite; mend them")
    return xy, pd.RangeIndex(len(xy))
