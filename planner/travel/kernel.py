"""The compiled search: Dijkstra with a bucket queue from many origins, straight into sparse rows.

Minutes are whole ticks here (``geodata.roads.TICKS_PER_MINUTE``), so sums are exact: the answer
does not depend on the order of additions, on the side the search starts from, or on the method.

The queue is Dial's (1969, "Algorithm 360: shortest-path forest with topological ordering") with
buckets of 2^shift ticks in a ring, as in Cherkassky, Goldberg and Radzik (1996, "Shortest paths
algorithms: theory and experimental evaluation"). Within a bucket nodes are taken in any order; one
that is reached sooner later on is taken again, so the minutes are exact whatever the width.

No array is assigned a new value inside a loop: the compiler would count references at each step,
which makes the search five times slower. Buffers have the greatest size that can be needed; memory
that is never touched is never taken.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NEVER = np.int64(1) << 62
"""Ticks of what cannot be reached."""
_RADIX_BITS = 11
_FEW = 48


@njit(nogil=True, cache=True)
def new_queue(node_count: int, ring: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return an empty bucket queue: the buckets' first entries, and entries' node, ticks, next."""
    heads = np.full(ring, -1, np.int32)
    entries = 2 * node_count + 4
    nodes, keys = np.empty(entries, np.int32), np.empty(entries, np.int64)
    return heads, nodes, keys, np.empty(entries, np.int32)


@njit(nogil=True, cache=True)
def _without_stale(
    queue: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray], reached: np.ndarray
) -> tuple[int, int]:
    """Take entries whose node was reached sooner out of a full queue.

    One entry a node is not stale, so at least half of the room becomes free.

    Returns
    -------
    free, live
        The first free entry, and how many are left in the queue.
    """
    heads, nodes, keys, following = queue
    free, live = -1, 0
    for slot in range(len(heads)):
        entry, kept = heads[slot], -1
        while entry >= 0:
            after = following[entry]
            if keys[entry] > reached[nodes[entry]]:
                following[entry], free = free, entry
            else:
                following[entry], kept = kept, entry
                live += 1
            entry = after
        heads[slot] = kept
    return free, live


@njit(nogil=True, cache=True)
def settle(
    indptr: np.ndarray,
    indices: np.ndarray,
    ticks: np.ndarray,
    entry_node: np.ndarray,
    entry_ticks: np.ndarray,
    exit_indptr: np.ndarray,
    exit_column: np.ndarray,
    exit_ticks: np.ndarray,
    limit: int,
    shift: int,
    queue: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    reached: np.ndarray,
    touched: np.ndarray,
    best: np.ndarray,
    columns: np.ndarray,
    column_count: int,
    nearest: np.ndarray,
    nearest_size: int,
) -> tuple[int, int]:
    """Search from one origin; fill ``reached`` by node and ``best`` by column.

    Parameters
    ----------
    indptr, indices, ticks
        The graph in compressed sparse rows.
    entry_node, entry_ticks
        Where the origin enters and the ticks until there; NEVER where it may not.
    exit_indptr, exit_column, exit_ticks
        Which columns are left for at each node and the ticks from there, in compressed rows.
    limit
        Ticks; exactly at the limit counts.
    shift
        Buckets are 2^shift ticks wide.
    queue
        From ``new_queue``; empty, and left empty.
    reached, best
        NEVER everywhere, but for ``columns[:column_count]``; ticks afterwards.
    touched, columns
        Filled with the nodes and the columns that were reached.
    column_count
        How many columns are reached already, without leaving the origin's road.
    nearest, nearest_size
        The columns nearest so far, ascending, and how many; an empty array if all are wanted, else
        the search stops once no nearer one can be found.

    Returns
    -------
    nodes, columns
        How many of each were reached.
    """
    heads, nodes, keys, following = queue
    mask = len(heads) - 1
    k = len(nearest)
    if k and nearest_size == k:
        limit = min(limit, best[nearest[k - 1]])
    free, used, live = -1, 0, 0
    count = 0
    bucket = NEVER
    for side in range(len(entry_node)):
        start, there = entry_node[side], entry_ticks[side]
        if there <= limit and there < reached[start]:
            if reached[start] == NEVER:
                touched[count] = start
                count += 1
            reached[start] = there
            slot = (there >> shift) & mask
            nodes[used], keys[used], following[used] = start, there, heads[slot]
            heads[slot] = used
            used += 1
            live += 1
            bucket = min(bucket, there >> shift)
    while live > 0:
        entry = heads[bucket & mask]
        if entry < 0:
            bucket += 1
            continue
        heads[bucket & mask] = following[entry]
        node, here = nodes[entry], keys[entry]
        following[entry] = free
        free = entry
        live -= 1
        if here > reached[node] or here > limit:
            continue
        for e in range(exit_indptr[node], exit_indptr[node + 1]):
            column, there = exit_column[e], here + exit_ticks[e]
            if there <= limit and there < best[column]:
                if best[column] == NEVER:
                    columns[column_count] = column
                    column_count += 1
                best[column] = there
                if k:
                    nearest_size = keep_nearest(nearest, nearest_size, best, column)
                    if nearest_size == k:
                        limit = min(limit, best[nearest[k - 1]])
        for a in range(indptr[node], indptr[node + 1]):
            head, there = indices[a], here + ticks[a]
            before = reached[head]
            if there < before and there <= limit:
                if before == NEVER:
                    touched[count] = head
                    count += 1
                reached[head] = there
                if free < 0 and used == len(nodes):
                    free, live = _without_stale(queue, reached)
                if free >= 0:
                    entry = free
                    free = following[entry]
                else:
                    entry = used
                    used += 1
                slot = (there >> shift) & mask
                nodes[entry], keys[entry], following[entry] = head, there, heads[slot]
                heads[slot] = entry
                live += 1
    return count, column_count


@njit(nogil=True, cache=True)
def keep_nearest(nearest: np.ndarray, size: int, best: np.ndarray, column: int) -> int:
    """Put a column whose ticks have become less in its place among the nearest; return how many.

    Of several equally near the one that stands first counts as nearer.
    """
    at = size
    for i in range(size):
        if nearest[i] == column:
            at = i
            break
    if at == size:
        if size < len(nearest):
            size += 1
        else:
            at -= 1
            last = nearest[at]
            if (best[last], last) <= (best[column], column):
                return size
    while at > 0 and (best[nearest[at - 1]], nearest[at - 1]) > (best[column], column):
        nearest[at] = nearest[at - 1]
        at -= 1
    nearest[at] = column
    return size


@njit(nogil=True, cache=True)
def along_road(
    origin: int,
    start: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    end: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    neighbours: tuple[np.ndarray, np.ndarray, np.ndarray],
    limit: int,
    best: np.ndarray,
    columns: np.ndarray,
    nearest: np.ndarray,
) -> tuple[int, int]:
    """Reach the columns on the origin's own road without leaving it; return how many, and nearest.

    Parameters
    ----------
    origin
        Row of the origin.
    start, end
        Of the origins and of the columns: fraction on their road, ticks from its tail in its
        direction, ticks to its tail against it (NEVER where that is not allowed), ticks off it.
    neighbours
        Columns by road, and the first and the last of them on each origin's road.
    """
    column_count, size = 0, 0
    fraction, ahead, back, off = start
    to_fraction, to_ahead, to_back, to_off = end
    order, first, last = neighbours
    for i in range(first[origin], last[origin]):
        column = order[i]
        there = NEVER
        if to_fraction[column] == fraction[origin]:
            there = np.int64(0)
        elif to_fraction[column] > fraction[origin]:
            if max(to_ahead[column], ahead[origin]) < NEVER:
                there = to_ahead[column] - ahead[origin]
        elif max(to_back[column], back[origin]) < NEVER:
            there = back[origin] - to_back[column]
        there = min(there + off[origin] + to_off[column], NEVER)
        if there <= limit:
            columns[column_count] = column
            column_count += 1
            best[column] = there
            if len(nearest):
                size = keep_nearest(nearest, size, best, column)
    return column_count, size


@njit(nogil=True, cache=True)
def ascending(
    columns: np.ndarray, count: int, spare: np.ndarray, tally: np.ndarray, bound: int
) -> None:
    """Sort ``columns[:count]``, numbers below ``bound``: by insertion where few, else by radix."""
    if count <= _FEW:
        for i in range(1, count):
            column = columns[i]
            at = i
            while at > 0 and columns[at - 1] > column:
                columns[at] = columns[at - 1]
                at -= 1
            columns[at] = column
        return
    digit = 0
    while bound >> digit > 0:
        tally[:] = 0
        for i in range(count):
            tally[(columns[i] >> digit) & (len(tally) - 1)] += 1
        total = 0
        for d in range(len(tally)):
            tally[d], total = total, total + tally[d]
        for i in range(count):
            d = (columns[i] >> digit) & (len(tally) - 1)
            spare[tally[d]] = columns[i]
            tally[d] += 1
        columns[:count] = spare[:count]
        digit += _RADIX_BITS


@njit(nogil=True, cache=True)
def grown(array: np.ndarray, size: int, needed: int) -> np.ndarray:
    """Return the array, or a copy of its first ``size`` with room for ``needed``."""
    if needed <= len(array):
        return array
    larger = np.empty(max(needed, 2 * len(array)), array.dtype)
    larger[:size] = array[:size]
    return larger


@njit(nogil=True, cache=True)
def searched_rows(
    graph: tuple[np.ndarray, np.ndarray, np.ndarray],
    entry_node: np.ndarray,
    entry_ticks: np.ndarray,
    exits: tuple[np.ndarray, np.ndarray, np.ndarray],
    start: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    end: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    neighbours: tuple[np.ndarray, np.ndarray, np.ndarray],
    origins: np.ndarray,
    limit: int,
    shift: int,
    ring: int,
    k: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return the sparse rows of ticks from some origins.

    Parameters
    ----------
    graph
        See ``settle``; so for ``entry_node`` and ``entry_ticks`` (shape (origins, 2)), ``exits``,
        ``limit`` and ``shift``.
    start, end, neighbours
        See ``along_road``.
    origins
        Which origins, in the order in which they are searched from.
    ring
        Number of buckets: a power of two.
    k
        Only so many nearest columns; 0 for all.

    Returns
    -------
    counts
        Entries of each row, in the order of ``origins``.
    columns, found
        Column and ticks of each entry, row after row, columns ascending within a row.
    settled
        How many nodes were reached, over all origins.
    """
    indptr, indices, ticks = graph
    node_count, width = len(indptr) - 1, len(end[0])
    queue = new_queue(node_count, ring)
    reached, touched = np.full(node_count, NEVER, np.int64), np.empty(node_count, np.int32)
    best, row = np.full(width, NEVER, np.int64), np.empty(width, np.int32)
    spare, tally = np.empty(width, np.int32), np.empty(1 << _RADIX_BITS, np.int64)
    nearest = np.empty(min(k, width), np.int32)
    counts = np.zeros(len(origins), np.int64)
    columns, found = np.empty(1024, np.int32), np.empty(1024, np.int64)
    total, settled = 0, 0
    for i in range(len(origins)):
        origin = origins[i]
        count, size = along_road(origin, start, end, neighbours, limit, best, row, nearest)
        nodes, count = settle(
            indptr,
            indices,
            ticks,
            entry_node[origin],
            entry_ticks[origin],
            exits[0],
            exits[1],
            exits[2],
            limit,
            shift,
            queue,
            reached,
            touched,
            best,
            row,
            count,
            nearest,
            size,
        )
        settled += nodes
        for j in range(nodes):
            reached[touched[j]] = NEVER
        columns = grown(columns, total, total + count)
        found = grown(found, total, total + count)
        kept = count
        if k:
            kept = min(count, k)
            ascending(nearest, kept, spare, tally, width)
            columns[total : total + kept] = nearest[:kept]
        else:
            ascending(row, count, spare, tally, width)
            columns[total : total + kept] = row[:kept]
        for j in range(kept):
            found[total + j] = best[columns[total + j]]
        for j in range(count):
            best[row[j]] = NEVER
        counts[i] = kept
        total += kept
    return counts, columns[:total].copy(), found[:total].copy(), settled


@njit(nogil=True, cache=True)
def reached_nodes(
    graph: tuple[np.ndarray, np.ndarray, np.ndarray],
    entry_node: np.ndarray,
    entry_ticks: np.ndarray,
    exits: tuple[np.ndarray, np.ndarray, np.ndarray],
    limit: int,
    shift: int,
    ring: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the nodes that one origin reaches within a limit, and the ticks to each.

    Parameters
    ----------
    graph, entry_node, entry_ticks, limit, shift, ring
        See ``settle`` and ``searched_rows``.
    exits
        Where a single column is left for: the search stops when it is reached; without entries
        it goes on to the limit.
    """
    indptr, indices, ticks = graph
    node_count = len(indptr) - 1
    reached, touched = np.full(node_count, NEVER, np.int64), np.empty(node_count, np.int32)
    count, _ = settle(
        indptr,
        indices,
        ticks,
        entry_node,
        entry_ticks,
        exits[0],
        exits[1],
        exits[2],
        limit,
        shift,
        new_queue(node_count, ring),
        reached,
        touched,
        np.full(1, NEVER, np.int64),
        np.empty(1, np.int32),
        0,
        np.empty(1, np.int32),
        0,
    )
    nodes = touched[:count].copy()
    return nodes, reached[nodes]
