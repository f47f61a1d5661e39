"""Minutes between points on the roads of one mode, as a sparse matrix, by the faster method.

This is the layer below ``travel_times``: it knows graphs and snapped points, no frames.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

import numpy as np
from numba import njit
from scipy.sparse import csr_array

from geodata.roads import TICKS_PER_MINUTE
from planner.travel.ends import Ends, exits, neighbours
from planner.travel.hierarchy import Hierarchy
from planner.travel.kernel import NEVER, searched_rows
from planner.travel.sweep import above, swept_rows

if TYPE_CHECKING:
    from geodata.roads import ModeGraph, Snapped

Method = Literal["search", "hierarchy"]
Progress = Callable[[int, int], None]
"""Called with how many rows are done, and of how many."""

TOLERANCE_MINUTES = 1e-5
"""Roads are rounded to ticks; sums that miss the limit by less than 0.6 ms count as on it."""
_CHUNKS_PER_THREAD = 8
_LARGEST_RING = 1 << 20
_SAMPLE = 4
# Nanoseconds, measured on a million nodes: per node settled by a search, per node contracted, per
# node of a sweep. They decide which method is taken, never the answer.
_SETTLE_NS, _CONTRACT_NS, _SWEEP_NS = 80, 12_000, 12
_SWEPT_PER_END = 12

_hierarchies: WeakKeyDictionary[ModeGraph, Hierarchy] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Rows:
    """Sparse minutes and how they were found.

    Attributes
    ----------
    minutes
        float32, starts × ends.
    method
        ``search`` (bounded Dijkstra) or ``hierarchy`` (contraction hierarchy, swept).
    reversed
        Whether the search began at the ends, over the reversed roads.
    settled
        How many nodes were reached, over all searches.
    """

    minutes: csr_array
    method: Method
    reversed: bool
    settled: int


def minutes_between(
    graph: ModeGraph,
    start: Snapped,
    end: Snapped,
    limit_minutes: float = np.inf,
    *,
    nearest: int = 0,
    method: Method | None = None,
    progress: Progress | None = None,
) -> Rows:
    """Return minutes from each start to each end within a limit.

    Parameters
    ----------
    graph
        The roads of the mode.
    start, end
        Points snapped onto its roads.
    limit_minutes
        Pairs farther than this are left out; exactly at the limit counts.
    nearest
        Only so many nearest ends of each start; 0 for all.
    method
        How to search; the method that should be faster if left out. The answer is the same.
    progress
        Told how many rows are done.
    """
    turned = nearest == 0 and len(end.ids) < len(start.ids)
    roads = graph.reversed if turned else graph
    ends = Ends.of(roads, end), Ends.of(roads, start)
    here, there = ends if turned else (Ends.of(graph, start), Ends.of(graph, end))
    limit = int(NEVER) - 1
    if np.isfinite(limit_minutes):
        limit = int(np.floor((limit_minutes + TOLERANCE_MINUTES) * TICKS_PER_MINUTE))
    if method is None:
        method = "search" if nearest else _faster(roads, here, there, limit)
    search = _searcher(roads, here, there, limit, nearest) if method == "search" else None
    search = search or _sweeper(roads, here, there, limit)
    counts, columns, found, settled = _in_pieces(search, _near_each_other(here), progress)
    np.minimum(found, limit_minutes, out=found)
    shape = (len(counts), len(there.edge))
    index = np.int32 if len(columns) < 2**31 else np.int64
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(index)
    rows = csr_array((found, columns.astype(index, copy=False), indptr), shape=shape)
    return Rows(csr_array(rows.T) if turned else rows, method, turned, settled)


Search = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray, int]]


def _searcher(graph: ModeGraph, here: Ends, there: Ends, limit: int, nearest: int) -> Search:
    """Return what searches from some of the starts."""
    arcs = graph.indptr, graph.indices, graph.ticks
    fixed = exits(there), here.on_road, there.on_road, neighbours(here, there)
    shift, ring = buckets(graph.ticks, graph.ticks)
    return lambda some: searched_rows(
        arcs, here.nodes, here.to_nodes, *fixed, some, limit, shift, ring, nearest
    )


def _sweeper(graph: ModeGraph, here: Ends, there: Ends, limit: int) -> Search:
    """Return what climbs and sweeps from some of the starts."""
    hierarchy = hierarchy_of(graph)
    targets = hierarchy.place[there.nodes]
    _, local, indptr, tails, ticks = above(*hierarchy.down, targets.ravel())
    down = indptr, tails, ticks
    places = hierarchy.place[here.nodes]
    shift, ring = buckets(graph.ticks, hierarchy.up[2])
    beside = neighbours(here, there)
    return lambda some: swept_rows(
        hierarchy.up,
        down,
        local,
        places,
        here.to_nodes,
        local[targets],
        there.from_nodes,
        here.on_road,
        there.on_road,
        beside,
        some,
        limit,
        shift,
        ring,
    )


def hierarchy_of(graph: ModeGraph) -> Hierarchy:
    """Return the contraction hierarchy of a graph, made when first asked for."""
    if graph not in _hierarchies:
        _hierarchies[graph] = Hierarchy.build(graph, threads=_threads())
    return _hierarchies[graph]


def _threads() -> int:
    """Return how many searches run side by side: as ``SANSHE_THREADS`` says, or on all cores."""
    return int(os.environ.get("SANSHE_THREADS", 0)) or len(os.sched_getaffinity(0))


def buckets(roads: np.ndarray, arcs: np.ndarray) -> tuple[int, int]:
    """Return the width of the buckets, as a power of two, and how many the ring needs.

    As wide as half a road on average; the ring must hold the longest arc.
    """
    mean, longest = int(roads.mean()) if len(roads) else 1, int(arcs.max(initial=1))
    shift = max(mean.bit_length() - 2, 0)
    while (longest >> shift) + 2 > _LARGEST_RING:
        shift += 1
    return shift, 1 << ((longest >> shift) + 2).bit_length()


def _near_each_other(starts: Ends) -> np.ndarray:
    """Return the starts in the order of the nodes: a search finds what the last one left cached."""
    return np.argsort(starts.nodes[:, 0], kind="stable")


def _in_pieces(
    search: Search, order: np.ndarray, progress: Progress | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return counts, columns and minutes of all rows, searched in pieces side by side."""
    threads = _threads()
    pieces = np.array_split(order, min(len(order), threads * _CHUNKS_PER_THREAD) or 1)
    results = []
    with ThreadPoolExecutor(threads) as pool:
        done = 0
        for piece, result in zip(pieces, pool.map(search, pieces), strict=True):
            results.append(result)
            done += len(piece)
            if progress is not None:
                progress(done, len(order))
    counts = np.empty(len(order), np.int64)
    for piece, result in zip(pieces, results, strict=True):
        counts[piece] = result[0]
    indptr = np.concatenate([[0], np.cumsum(counts)])
    columns, minutes = np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.float32)
    settled = sum(result[3] for result in results)
    for piece in pieces:
        _, some, ticks, _ = results.pop(0)
        _place(piece, indptr, some, ticks, columns, minutes)
    return counts, columns, minutes, settled


@njit(nogil=True, cache=True)
def _place(
    rows: np.ndarray,
    indptr: np.ndarray,
    some: np.ndarray,
    ticks: np.ndarray,
    columns: np.ndarray,
    minutes: np.ndarray,
) -> None:
    """Put the entries of a piece's rows where they belong, ticks as minutes."""
    at = 0
    for i in range(len(rows)):
        for entry in range(indptr[rows[i]], indptr[rows[i] + 1]):
            columns[entry] = some[at]
            minutes[entry] = ticks[at] / TICKS_PER_MINUTE
            at += 1


def _faster(graph: ModeGraph, here: Ends, there: Ends, limit: int) -> Method:
    """Return the method that should take less work, judging from a few of the searches."""
    starts = len(here.edge)
    if starts == 0 or len(there.edge) == 0:
        return "search"
    nobody = Ends.of_none(graph)
    sample = _near_each_other(here)[:: max(starts // _SAMPLE, 1)][:_SAMPLE]
    contracted = 0 if graph in _hierarchies else graph.node_count * _CONTRACT_NS
    if starts * graph.node_count * _SETTLE_NS < contracted:
        return "search"
    *_, settled = _searcher(graph, here, nobody, limit, 0)(sample)
    searching = starts * settled / len(sample) * _SETTLE_NS
    swept = min(len(there.edge) * _SWEPT_PER_END, graph.node_count)
    sweeping = contracted + starts * swept * _SWEEP_NS
    return "search" if searching <= sweeping else "hierarchy"
