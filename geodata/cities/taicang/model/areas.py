"""Dividing land: power diagrams whose cells have given areas, and points spread within an area."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

_FAR = 200_000.0
_STEP = 0.15  # small enough for close centres with long borders, where larger ones swing


def power_cells(land: BaseGeometry, centres: np.ndarray, weights: np.ndarray) -> list[BaseGeometry]:
    """Return the power diagram of centres, clipped to the land.

    A point belongs to the centre with the least squared distance less weight (Aurenhammer 1987,
    "Power diagrams: properties, algorithms and applications").

    Parameters
    ----------
    land
        Polygon, in metres.
    centres
        Shape (n, 2), in metres.
    weights
        Shape (n,), in square metres.
    """
    cells = []
    for i, centre in enumerate(centres):
        cell = land
        others = np.argsort(((centres - centre) ** 2).sum(axis=1) - weights, kind="stable")
        for j in others:
            if j != i and not cell.is_empty:
                cell = cell.intersection(_nearer_half(centre, centres[j], weights[i], weights[j]))
        cells.append(_polygonal(cell))
    return cells


def _nearer_half(a: np.ndarray, b: np.ndarray, weight_a: float, weight_b: float) -> BaseGeometry:
    """Return the half of the plane (as far as it matters) that belongs to ``a``."""
    along = b - a
    length = np.hypot(*along)
    unit = along / length
    across = np.array([-unit[1], unit[0]])
    foot = a + unit * (length / 2 + (weight_a - weight_b) / (2 * length))
    corners = [
        foot + _FAR * across,
        foot - _FAR * across,
        foot - _FAR * across - _FAR * unit,
        foot + _FAR * across - _FAR * unit,
    ]
    return shapely.Polygon(corners)


def _polygonal(shape: BaseGeometry) -> BaseGeometry:
    """Return the polygons of a shape, without the lines and points that clipping may leave."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def fitted_cells(
    land: BaseGeometry,
    centres: np.ndarray,
    areas: np.ndarray,
    *,
    rounds: int,
    moving: float,
    keeping: float | None = None,
) -> tuple[list[BaseGeometry], np.ndarray]:
    """Return cells whose areas come near given ones, and their centres.

    Parameters
    ----------
    land
        Polygon, in metres.
    centres
        Where to begin, shape (n, 2).
    areas
        Wanted areas; scaled to the land.
    rounds
        How often weights are corrected.
    moving
        Share of the way that centres move to the middle of their cells each round; 0 keeps them.
    keeping
        If given, differences of weights stay below this share (0 to 1) of the squared distance of
        their centres, so that every centre keeps within its cell, at the cost of some areas.
    """
    wanted = areas * land.area / areas.sum()
    weights = np.zeros(len(centres))
    squared = ((centres[:, None] - centres[None]) ** 2).sum(axis=2)
    centres = centres.copy()
    cells = power_cells(land, centres, weights)
    for _ in range(rounds):
        found = np.array([cell.area for cell in cells])
        weights += _STEP * (wanted - found)
        if keeping is not None:
            _keep_centres_inside(weights, keeping * squared)
        middles = np.array(
            [
                centre if cell.is_empty else (cell.centroid.x, cell.centroid.y)
                for cell, centre in zip(cells, centres, strict=True)
            ]
        )
        centres += moving * (middles - centres)
        cells = power_cells(land, centres, weights)
    return cells, centres


def _keep_centres_inside(weights: np.ndarray, most: np.ndarray) -> None:
    """Bring weights that differ by more than allowed nearer to each other, in place."""
    for _ in range(5):
        for i, j in np.argwhere(weights[:, None] - weights[None] > most):
            excess = max(weights[i] - weights[j] - most[i, j], 0.0) / 2
            if i != j:
                weights[i] -= excess
                weights[j] += excess


def spread_points(
    area: BaseGeometry, count: int, rng: np.random.Generator, *, tries: int = 24
) -> np.ndarray:
    """Return points in an area, each the farthest from the others of a few random tries.

    Mitchell (1991), "Spectrally optimal sampling for distribution ray tracing": best candidate.

    Parameters
    ----------
    area
        Polygon, in metres.
    count
        How many points.
    rng
        Draws the tries.
    tries
        How many tries for each point; more spread more evenly.

    Returns
    -------
    ndarray
        Shape (count, 2).
    """
    pool = random_points(area, count * tries, rng)
    chosen = [pool[0]]
    nearest = np.hypot(*(pool - pool[0]).T)
    for number in range(1, count):
        window = slice(number * tries, (number + 1) * tries)
        best = number * tries + int(nearest[window].argmax())
        chosen.append(pool[best])
        nearest = np.minimum(nearest, np.hypot(*(pool - pool[best]).T))
    return np.array(chosen)


def random_points(area: BaseGeometry, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return uniformly random points in an area, shape (count, 2)."""
    west, south, east, north = area.bounds
    shapely.prepare(area)
    found = np.empty((0, 2))
    while len(found) < count:
        tries = rng.uniform((west, south), (east, north), (4 * count + 16, 2))
        found = np.vstack([found, tries[shapely.contains_xy(area, tries[:, 0], tries[:, 1])]])
    return found[:count]
