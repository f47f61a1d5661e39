"""Which counties lie within some metres of one: never too few, rarely one too many.

A path that leaves a county and is at most d metres long stays between two parallels: it gains at
most d / M(0) radians of latitude, where M(0) is the radius of curvature of the meridian at the
equator, the smallest there is. Between them one degree of longitude is at least as long as a
degree of the equator times the cosine of the greater latitude. Distances in a plane with these two
scales are therefore never longer than those on the ellipsoid. For a county of half a degree in
China they are about one per cent shorter.
"""

from __future__ import annotations

import numpy as np
import shapely
from pyproj import Geod

_EARTH = Geod(ellps="WGS84")
_METRES_PER_RADIAN_NORTH = _EARTH.a * (1 - _EARTH.es)
_ROUNDING_METRES = 1e-3
_ROUND_THE_EARTH = (-360.0, 0.0, 360.0)


def counties_within(
    shapes: np.ndarray, tree: shapely.STRtree, position: int, metres: float
) -> np.ndarray:
    """Return positions of the shapes that lie within some metres of one, itself left out.

    Parameters
    ----------
    shapes
        Polygons in degrees, shape (n,).
    tree
        Of these.
    position
        Which one.
    metres
        On the ellipsoid; those a little farther may be among them.
    """
    west, south, east, north = shapely.bounds(shapes[position])
    reach = metres + _ROUNDING_METRES
    up = np.degrees(reach / _METRES_PER_RADIAN_NORTH)
    latitude = min(max(-south, north) + up, 90.0)
    per_degree_north = np.radians(_METRES_PER_RADIAN_NORTH)
    per_degree_east = np.radians(_EARTH.a) * max(np.cos(np.radians(latitude)), 0.0)
    aside = reach / per_degree_east if per_degree_east * 360 > reach else 360.0
    corner, scale = np.array([west, south]), np.array([per_degree_east, per_degree_north])
    here = _scaled(shapes[[position]], corner, scale)[0]
    found: set[int] = set()
    for turn in _ROUND_THE_EARTH:
        box = shapely.box(west - aside + turn, south - up, east + aside + turn, north + up)
        near = np.setdiff1d(tree.query(box), position)
        there = _scaled(shapes[near], corner + np.array([turn, 0.0]), scale)
        found |= set(near[shapely.dwithin(there, here, reach)].tolist())
    return np.array(sorted(found), dtype=np.intp)


def _scaled(shapes: np.ndarray, origin: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return np.asarray(shapely.transform(shapes, lambda at: (at - origin) * scale), dtype=object)
