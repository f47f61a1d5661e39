"""A contraction hierarchy of a mode's roads: preprocessing that long or unlimited searches repay.

A search from an origin only climbs to nodes that were contracted later; one sweep down over the
nodes from which destinations are left for gives the ticks to all of them (Delling, Goldberg and
Werneck 2011, "Faster batched shortest paths in road networks", RPHAST).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.travel.contraction import (
    Lists,
    contract_cell,
    degrees,
    in_rows,
    neighbours,
)
from planner.travel.kernel import NEVER

if TYPE_CHECKING:
    from geodata.roads import ModeGraph

_CELL = 16_384
_LEFT_OF_CELL = 0.05
_ROOM_PER_CELL = 4096

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """A graph with its nodes in the order of their importance, the most important first.

    Attributes
    ----------
    place
        Place in that order of each node of the graph, shape (n,).
    up
        Arcs from each place to places before it: indptr, heads, ticks.
    down
        Arcs to each place from places before it, by the place they lead to: indptr, tails, ticks.
    """

    place: np.ndarray
    up: Rows
    down: Rows

    @classmethod
    def build(cls, graph: ModeGraph, threads: int) -> Hierarchy:
        """Return the hierarchy of a graph; the same whatever the number of threads."""
        layers = _Layers(graph)
        with ThreadPoolExecutor(threads) as pool:
            while len(layers.nodes):
                layers.next(pool)
        return layers.finished()


class _Layers:
    """The rounds of a contraction: what is left, and what has been taken out."""

    def __init__(self, graph: ModeGraph) -> None:
        self.count = graph.node_count
        self.nodes = np.arange(self.count, dtype=np.int32)
        self.level = np.zeros(self.count, np.int32)
        self.stuck = False
        indptr, heads, *ticks = neighbours(graph.indptr, graph.indices, graph.ticks)
        self.rows: tuple[np.ndarray, ...] = (
            indptr, heads, *ticks, np.ones(len(heads), np.int32)
        )  # fmt: skip
        self.done: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []

    def next(self, pool: ThreadPoolExecutor) -> None:
        """Contract one more layer of nodes."""
        size = len(self.nodes)
        cells = 1 if self.stuck else max(size // _CELL, 1)
        cuts = np.linspace(0, size, cells + 1).astype(np.int64)
        room = np.maximum(3 * np.diff(self.rows[0][cuts]) + _ROOM_PER_CELL, 0)
        starts = self.rows[0][-1] + np.concatenate([[0], np.cumsum(room)])
        lists = _linked(self.rows, int(starts[-1]))
        self.rows = ()
        level, order = self.level[self.nodes], np.empty(size, np.int32)

        def contract(cell: int) -> int:
            low, high = int(cuts[cell]), int(cuts[cell + 1])
            leave = 0 if cells == 1 else int(_LEFT_OF_CELL * (high - low))
            free = int(starts[cell]), int(starts[cell + 1])
            return int(contract_cell(low, high, lists, level, *free, leave, order[low:high]))

        counts = list(pool.map(contract, range(cells)))
        taken = np.concatenate(
            [order[low : low + n] for low, n in zip(cuts[:-1], counts, strict=True)]
        )
        if not len(taken) and cells > 1:
            self.stuck = True
            self._keep(np.arange(size, dtype=np.int32), degrees(lists[0], lists[1]), lists)
            return
        self.level[self.nodes] = level
        lengths = degrees(lists[0], lists[1])
        top = not len(taken)
        if top:
            # There was no room for shortcuts. The search climbs to all of what is left, so no
            # sweep need come down within it.
            taken = np.arange(size, dtype=np.int32)
        heads, there, back, _ = in_rows(taken, lists, int(lengths[taken].sum()))
        if top:
            back[:] = NEVER
        self.done.append((self.nodes[taken], lengths[taken], self.nodes[heads], there, back))
        self._keep(np.setdiff1d(np.arange(size, dtype=np.int32), taken), lengths, lists)

    def _keep(self, left: np.ndarray, lengths: np.ndarray, lists: Lists) -> None:
        renumbered = np.full(len(self.nodes), -1, np.int32)
        renumbered[left] = np.arange(len(left), dtype=np.int32)
        heads, *others = in_rows(left, lists, int(lengths[left].sum()))
        indptr = np.concatenate([[0], np.cumsum(lengths[left])])
        self.rows = (indptr, renumbered[heads], *others)
        self.nodes = self.nodes[left]

    def finished(self) -> Hierarchy:
        """Return what was taken out as a hierarchy."""
        order = np.concatenate([nodes for nodes, *_ in self.done])[::-1]
        place = np.empty(self.count, np.int32)
        place[order] = np.arange(self.count, dtype=np.int32)
        tails = np.concatenate([np.repeat(place[nodes], n) for nodes, n, *_ in self.done])
        heads = np.concatenate([place[heads] for _, _, heads, _, _ in self.done])
        there = np.concatenate([there for *_, there, _ in self.done])
        back = np.concatenate([back for *_, back in self.done])
        return Hierarchy(
            place,
            _rows(self.count, tails, heads, there),
            _rows(self.count, tails, heads, back),
        )


def _linked(rows: tuple[np.ndarray, ...], length: int) -> Lists:
    """Return rows as linked lists, with room for ``length`` entries."""
    indptr, *columns = rows
    used = int(indptr[-1])
    first = np.where(np.diff(indptr) > 0, indptr[:-1], -1).astype(np.int32)
    following = np.empty(length, np.int32)
    following[:used] = np.arange(1, used + 1)
    following[indptr[1:][np.diff(indptr) > 0] - 1] = -1
    heads, there, back, made_of = (np.empty(length, column.dtype) for column in columns)
    for longer, column in zip((heads, there, back, made_of), columns, strict=True):
        longer[:used] = column
    return first, following, heads, there, back, made_of


def _rows(size: int, tails: np.ndarray, heads: np.ndarray, ticks: np.ndarray) -> Rows:
    known = ticks < NEVER
    tails, heads, ticks = tails[known], heads[known], ticks[known]
    order = np.lexsort((heads, tails))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(tails, minlength=size))])
    return indptr.astype(np.int32), heads[order].astype(np.int32), ticks[order]
