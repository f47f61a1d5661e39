"""The compiled search over a contraction hierarchy: climb from an origin, sweep down to all ends.

Delling, Goldberg and Werneck (2011), "Faster batched shortest paths in road networks" (RPHAST).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from planner.travel.kernel import NEVER, along_road, grown, new_queue, settle


@njit(nogil=True, cache=True)
def above(
    indptr: np.ndarray, tails: np.ndarray, ticks: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the part of a hierarchy that leads down to some places.

    Parameters
    ----------
    indptr, tails, ticks
        Arcs down to each place, by the place they lead to.
    targets
        The places.

    Returns
    -------
    places
        The targets and all places that a way down to them can pass, ascending.
    local
        Position of each place among these; -1 where it is not among them.
    part_indptr, part_tails, part_ticks
        The arcs between them, by position.
    """
    size = len(indptr) - 1
    wanted = np.zeros(size, np.bool_)
    for i in range(len(targets)):
        wanted[targets[i]] = True
    count, arcs = 0, 0
    for place in range(size - 1, -1, -1):
        if wanted[place]:
            count += 1
            arcs += indptr[place + 1] - indptr[place]
            for a in range(indptr[place], indptr[place + 1]):
                wanted[tails[a]] = True
    places, local = np.empty(count, np.int32), np.full(size, -1, np.int32)
    part_indptr = np.zeros(count + 1, np.int32)
    part_tails, part_ticks = np.empty(arcs, np.int32), np.empty(arcs, np.int64)
    at, arc = 0, 0
    for place in range(size):
        if wanted[place]:
            places[at], local[place] = place, at
            for a in range(indptr[place], indptr[place + 1]):
                part_tails[arc], part_ticks[arc] = local[tails[a]], ticks[a]
                arc += 1
            at += 1
            part_indptr[at] = arc
    return places, local, part_indptr, part_tails, part_ticks


@njit(nogil=True, cache=True)
def _sweep(indptr: np.ndarray, tails: np.ndarray, ticks: np.ndarray, reached: np.ndarray) -> None:
    """Bring the ticks of the places climbed to down to all others."""
    for place in range(len(reached)):
        least = reached[place]
        for a in range(indptr[place], indptr[place + 1]):
            there = reached[tails[a]] + ticks[a]
            least = min(least, there)
        reached[place] = min(least, NEVER)


@njit(nogil=True, cache=True)
def swept_rows(
    up: tuple[np.ndarray, np.ndarray, np.ndarray],
    down: tuple[np.ndarray, np.ndarray, np.ndarray],
    local: np.ndarray,
    entry_place: np.ndarray,
    entry_ticks: np.ndarray,
    exit_local: np.ndarray,
    exit_ticks: np.ndarray,
    start: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    end: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    neighbours: tuple[np.ndarray, np.ndarray, np.ndarray],
    origins: np.ndarray,
    limit: int,
    shift: int,
    ring: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return the sparse rows of ticks from some origins; see ``kernel.searched_rows``.

    Parameters
    ----------
    up
        Arcs up from each place of the hierarchy.
    down, local
        From ``above``.
    entry_place, entry_ticks
        Where each origin enters and the ticks until there, shape (origins, 2).
    exit_local, exit_ticks
        From where (position in ``down``) each column is left for and the ticks from there, shape
        (columns, 2).
    start, end, neighbours, origins, limit, shift, ring
        As there.
    """
    indptr, heads, ticks = up
    size, width, part = len(indptr) - 1, len(end[0]), len(down[0]) - 1
    queue = new_queue(size, ring)
    reached, touched = np.full(size, NEVER, np.int64), np.empty(size, np.int32)
    below = np.empty(part, np.int64)
    best, row = np.full(width, NEVER, np.int64), np.empty(width, np.int32)
    no_exits, none = np.zeros(size + 1, np.int32), np.empty(0, np.int32)
    no_ticks = np.empty(0, np.int64)
    counts = np.zeros(len(origins), np.int64)
    columns, found = np.empty(1024, np.int32), np.empty(1024, np.int64)
    total, settled = 0, 0
    for i in range(len(origins)):
        origin = origins[i]
        shared, _ = along_road(origin, start, end, neighbours, limit, best, row, none)
        nodes, _ = settle(
            indptr,
            heads,
            ticks,
            entry_place[origin],
            entry_ticks[origin],
            no_exits,
            none,
            no_ticks,
            limit,
            shift,
            queue,
            reached,
            touched,
            best,
            row,
            shared,
            none,
            0,
        )
        settled += nodes
        below[:] = NEVER
        for j in range(nodes):
            if local[touched[j]] >= 0:
                below[local[touched[j]]] = reached[touched[j]]
            reached[touched[j]] = NEVER
        _sweep(down[0], down[1], down[2], below)
        columns, found = grown(columns, total, total + width), grown(found, total, total + width)
        count = 0
        for column in range(width):
            there = best[column]
            for side in range(2):
                if exit_ticks[column, side] < NEVER:
                    there = min(there, below[exit_local[column, side]] + exit_ticks[column, side])
            if there <= limit:
                columns[total + count], found[total + count] = column, there
                count += 1
        for j in range(shared):
            best[row[j]] = NEVER
        counts[i] = count
        total += count
    return counts, columns[:total].copy(), found[:total].copy(), settled
