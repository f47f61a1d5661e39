"""What the persons of a source are shared by: common areas, classes of land, points."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

SLIVER = 1e-3
"""Share of a source below which what lies in no target, or in two, is drawing error."""
_PIECES_AT_ONCE = 100_000


@dataclass(frozen=True)
class Pieces:
    """Which target has which weight of which source.

    Attributes
    ----------
    source, target
        (n,) positions, sorted by source, then target; each pair once.
    weight
        (n,) weight, 0 or more; square metres of common area to begin with.
    outside
        (s,) weight of each source that lies in no target.
    total
        (s,) area of each source in square metres.
    reaches_over
        (s,) share of each source's weight that lies in no target, whatever becomes of it.
    targets
        How many targets there are.
    shape
        (n,) common areas, for classes; None for points.
    """

    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    outside: np.ndarray
    total: np.ndarray
    reaches_over: np.ndarray
    targets: int
    shape: np.ndarray | None = None

    def sums(self) -> np.ndarray:
        """Return each source's weight, inside and outside the targets."""
        inside = np.bincount(self.source, self.weight, len(self.outside))
        return inside + self.outside

    def outside_share(self) -> np.ndarray:
        """Return the share of each source's weight that is left outside."""
        sums = self.sums()
        return np.divide(self.outside, sums, out=np.zeros(len(sums)), where=sums > 0)

    def replaced_by(self, other: Pieces) -> tuple[Pieces, np.ndarray]:
        """Return another's weights, these for sources that have none there, and which those are."""
        without = other.sums() <= 0
        mine, theirs = without[self.source], ~without[other.source]
        source = np.concatenate([self.source[mine], other.source[theirs]])
        target = np.concatenate([self.target[mine], other.target[theirs]])
        order = np.lexsort((target, source))
        return replace(
            self,
            source=source[order],
            target=target[order],
            weight=np.concatenate([self.weight[mine], other.weight[theirs]])[order],
            outside=np.where(without, self.outside, other.outside),
            shape=None,
        ), np.flatnonzero(without)

    def bounded(self, *, keep: bool) -> Pieces:
        """Return the pieces with weight; what lies in no target given to the others, if kept."""
        over = self.outside_share()
        real = self.weight > 0
        met = np.bincount(self.source[real], minlength=len(self.outside)) > 0
        # Slivers outside are drawing error: they stay with the targets in either case.
        outside = np.where(met & (keep | (over <= SLIVER)), 0.0, self.outside)
        outside = np.where(~met & (outside <= 0), 1.0, outside)
        return replace(
            self,
            source=self.source[real],
            target=self.target[real],
            weight=self.weight[real],
            outside=outside,
            reaches_over=np.where(met, over, 1.0),
            shape=None,
        )


def area_pieces(sources: np.ndarray, targets: np.ndarray) -> Pieces:
    """Return the common areas of polygons, in the square of their unit."""
    source, target = _meeting(sources, targets)
    shape = _intersections(sources[source], targets[target])
    area = shapely.area(shape)
    real = area > 0
    total = shapely.area(sources)
    inside = np.bincount(source[real], area[real], len(sources))
    outside = np.maximum(total - inside, 0.0)
    return Pieces(
        source[real],
        target[real],
        area[real],
        outside,
        total,
        np.zeros(len(sources)),
        len(targets),
        shape[real],
    )


def point_pieces(points: np.ndarray, targets: np.ndarray) -> Pieces:
    """Return each point whole in the first target that it lies in or on the border of."""
    target = _first_in(points, targets)
    inside = target >= 0
    return Pieces(
        np.flatnonzero(inside),
        target[inside],
        np.ones(int(inside.sum())),
        np.where(inside, 0.0, 1.0),
        np.ones(len(points)),
        np.zeros(len(points)),
        len(targets),
    )


def point_weights(
    points: np.ndarray, weights: np.ndarray, sources: np.ndarray, targets: np.ndarray
) -> Pieces:
    """Return the weight of the points in each source and target; each point counts once."""
    source, target = _first_in(points, sources), _first_in(points, targets)
    both = (source >= 0) & (target >= 0)
    pair, inverse = np.unique(source[both] * len(targets) + target[both], return_inverse=True)
    alone = (source >= 0) & (target < 0)
    return Pieces(
        pair // len(targets),
        pair % len(targets),
        np.bincount(inverse, weights[both], len(pair)),
        np.bincount(source[alone], weights[alone], len(sources)),
        shapely.area(sources),
        np.zeros(len(sources)),
        len(targets),
    )


def class_weights(
    pieces: Pieces, classes: np.ndarray, densities: np.ndarray, sources: np.ndarray
) -> Pieces:
    """Return Σ over classes of density × area of the class within each piece."""
    assert pieces.shape is not None
    whole = _density_within(sources, classes, densities)
    weight = _density_within(pieces.shape, classes, densities)
    inside = np.bincount(pieces.source, weight, len(sources))
    outside = np.where(whole - inside > 1e-9 * whole, whole - inside, 0.0)
    return replace(pieces, weight=weight, outside=outside, shape=None)


def _density_within(shapes: np.ndarray, classes: np.ndarray, densities: np.ndarray) -> np.ndarray:
    shape, kind = _meeting(shapes, classes)
    area = shapely.area(_intersections(shapes[shape], classes[kind]))
    return np.bincount(shape, area * densities[kind], len(shapes))


def _meeting(shapes: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs that intersect, sorted by the first, then the second."""
    pairs = shapely.STRtree(others).query(shapes, predicate="intersects")
    order = np.lexsort((pairs[1], pairs[0]))
    return pairs[0][order], pairs[1][order]


def _intersections(shapes: np.ndarray, others: np.ndarray) -> np.ndarray:
    parts = [
        shapely.intersection(shapes[at : at + _PIECES_AT_ONCE], others[at : at + _PIECES_AT_ONCE])
        for at in range(0, len(shapes), _PIECES_AT_ONCE)
    ]
    return np.concatenate([np.empty(0, object), *parts])


def _first_in(points: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """Return the first area, in their order, that each point lies in; -1 for none."""
    first = np.full(len(points), -1)
    point, area = _meeting(points, areas)
    known, at = np.unique(point, return_index=True)
    first[known] = area[at]
    return first
