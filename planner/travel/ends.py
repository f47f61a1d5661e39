"""Where journeys begin and end: from points snapped onto roads to ticks at the roads' nodes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from geodata.roads import in_ticks, mode_named
from geodata.roads.modes import KMH_TO_METRES_PER_MINUTE
from planner.travel.kernel import NEVER

if TYPE_CHECKING:
    from geodata.roads import ModeGraph, Snapped


@dataclass(frozen=True, eq=False)
class Ends:
    """Origins or destinations on the roads of one mode, in ticks.

    Attributes
    ----------
    graph
        The roads of the mode.
    edge
        Road that each point is on.
    fraction
        Where on it: 0 at its tail, 1 at its head.
    ahead
        Ticks from the road's tail to the point; NEVER where the mode may not go in its direction.
    back
        Ticks from the point to the road's tail; NEVER where it may not go against its direction.
    off_road
        Ticks walked between the point and the road.
    """

    graph: ModeGraph
    edge: np.ndarray
    fraction: np.ndarray
    ahead: np.ndarray
    back: np.ndarray
    off_road: np.ndarray

    @classmethod
    def of(cls, graph: ModeGraph, points: Snapped) -> Ends:
        """Return the ends that snapped points make."""
        walking = mode_named("walk").default_kmh * KMH_TO_METRES_PER_MINUTE
        return cls(
            graph=graph,
            edge=points.edge,
            fraction=points.fraction,
            ahead=_part(points.fraction, graph.forward[points.edge]),
            back=_part(points.fraction, graph.backward[points.edge]),
            off_road=in_ticks(points.metres / walking),
        )

    @classmethod
    def of_none(cls, graph: ModeGraph) -> Ends:
        """Return no ends at all."""
        nothing = np.empty(0, np.int64)
        return cls(graph, nothing, np.empty(0), nothing, nothing, nothing)

    def only(self, row: int) -> Ends:
        """Return one of the ends."""
        some = slice(row, row + 1)
        columns = (self.edge, self.fraction, self.ahead, self.back, self.off_road)
        return Ends(self.graph, *(column[some] for column in columns))

    @cached_property
    def nodes(self) -> np.ndarray:
        """Tail and head of each point's road, shape (n, 2)."""
        return np.column_stack([self.graph.tails[self.edge], self.graph.heads[self.edge]])

    @cached_property
    def to_nodes(self) -> np.ndarray:
        """Ticks from each point to the tail and to the head of its road, shape (n, 2)."""
        to_head = _rest(self.fraction, self.graph.forward[self.edge], self.ahead)
        return self._with_off_road(self.back, to_head)

    @cached_property
    def from_nodes(self) -> np.ndarray:
        """Ticks from the tail and from the head of its road to each point, shape (n, 2)."""
        from_head = _rest(self.fraction, self.graph.backward[self.edge], self.back)
        return self._with_off_road(self.ahead, from_head)

    def _with_off_road(self, tail: np.ndarray, head: np.ndarray) -> np.ndarray:
        ticks = np.column_stack([tail, head])
        return np.where(ticks < NEVER, ticks + self.off_road[:, None], NEVER)

    @property
    def on_road(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Fraction, ahead, back and off_road, as ``kernel.along_road`` takes them."""
        return self.fraction, self.ahead, self.back, self.off_road


def exits(end: Ends) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which points are left for at each node, and the ticks from there, as sparse rows."""
    nodes, ticks = end.nodes.T.ravel(), end.from_nodes.T.ravel()
    points = np.tile(np.arange(len(end.edge), dtype=np.int32), 2)
    order = np.argsort(nodes, kind="stable")
    order = order[ticks[order] < NEVER]
    indptr = np.cumsum(np.bincount(nodes[order], minlength=end.graph.node_count))
    return np.concatenate([[0], indptr]).astype(np.int32), points[order], ticks[order]


def neighbours(start: Ends, end: Ends) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the ends by road, and the first and the last of them on the road of each start."""
    order = np.argsort(end.edge, kind="stable").astype(np.int32)
    roads = end.edge[order]
    first = np.searchsorted(roads, start.edge, side="left")
    return order, first, np.searchsorted(roads, start.edge, side="right")


def _part(fraction: np.ndarray, minutes: np.ndarray) -> np.ndarray:
    """Return the ticks of a part of a road; NEVER where it may not be used, but for no part."""
    allowed = np.isfinite(minutes)
    whole = in_ticks(np.where(allowed, minutes, 0.0))
    part = np.rint(fraction * whole).astype(np.int64)
    return np.where(allowed, part, np.where(fraction > 0, NEVER, 0))


def _rest(fraction: np.ndarray, minutes: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return the ticks of the rest of a road behind ``part``."""
    allowed = np.isfinite(minutes)
    whole = in_ticks(np.where(allowed, minutes, 0.0))
    return np.where(allowed, whole - part, np.where(fraction < 1, NEVER, 0))
