"""The compiled search: bounded Dijkstra from many origins, straight into sparse rows.

Dijkstra, E. W. (1959), "A note on two problems in connexion with graphs", with a binary heap and
lazy deletion. Each call works through some origins with buffers of its own and lets go of the
interpreter's lock, so that threads run side by side.
"""

from __future__ import annotations

import numpy as np
from numba import njit

TOLERANCE_MINUTES = 1e-6
"""Sums of minutes may miss the limit by rounding; less than 0.1 ms counts as on it."""


@njit(nogil=True, cache=True)
def _push(keys: np.ndarray, nodes: np.ndarray, size: int, key: float, node: int) -> int:
    """Add to a binary heap; return the new size."""
    child = size
    while child > 0:
        parent = (child - 1) >> 1
        if keys[parent] <= key:
            break
        keys[child] = keys[parent]
        nodes[child] = nodes[parent]
        child = parent
    keys[child] = key
    nodes[child] = node
    return size + 1


@njit(nogil=True, cache=True)
def _pop(keys: np.ndarray, nodes: np.ndarray, size: int) -> int:
    """Take the least off a binary heap; return the new size. The least stood at 0."""
    size -= 1
    key, node = keys[size], nodes[size]
    parent = 0
    while True:
        child = 2 * parent + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if key <= keys[child]:
            break
        keys[parent] = keys[child]
        nodes[parent] = nodes[child]
        parent = child
    keys[parent] = key
    nodes[parent] = node
    return size


@njit(nogil=True, cache=True)
def _grown(array: np.ndarray, size: int) -> np.ndarray:
    """Return the array, or a copy with twice the room if it is full."""
    if size < len(array):
        return array
    larger = np.empty(2 * len(array), array.dtype)
    larger[:size] = array[:size]
    return larger


@njit(nogil=True, cache=True)
def bounded_rows(
    indptr: np.ndarray,
    indices: np.ndarray,
    minutes: np.ndarray,
    entry_node: np.ndarray,
    entry_minutes: np.ndarray,
    exit_indptr: np.ndarray,
    exit_column: np.ndarray,
    exit_minutes: np.ndarray,
    column_count: int,
    first: int,
    last: int,
    limit: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the sparse rows of minutes from origins ``first`` to ``last`` (exclusive).

    Parameters
    ----------
    indptr, indices, minutes
        The graph in compressed sparse rows.
    entry_node, entry_minutes
        Where each origin enters and the minutes until there, shape (origins, 2); infinite minutes
        where it may not.
    exit_indptr, exit_column, exit_minutes
        Which columns are left for at each node and the minutes from there, in compressed rows.
    column_count
        Number of columns.
    first, last
        Which origins.
    limit
        Minutes; exactly at the limit counts. Infinite for no limit.

    Returns
    -------
    counts
        Entries of each row.
    columns, found
        Column and minutes of each entry, row after row, in the order of discovery.
    """
    node_count = len(indptr) - 1
    reached = np.full(node_count, np.inf)
    touched = np.empty(1024, np.int32)
    keys = np.empty(1024, np.float64)
    heap = np.empty(1024, np.int32)
    best = np.full(column_count, np.inf)
    counts = np.zeros(last - first, np.int64)
    columns = np.empty(1024, np.int32)
    found = np.empty(1024, np.float64)
    total = 0
    limit += TOLERANCE_MINUTES
    for origin in range(first, last):
        size = 0
        touched_size = 0
        row = total
        for side in range(2):
            node, cost = entry_node[origin, side], entry_minutes[origin, side]
            if cost <= limit and cost < reached[node]:
                if reached[node] == np.inf:
                    touched = _grown(touched, touched_size)
                    touched[touched_size] = node
                    touched_size += 1
                reached[node] = cost
                keys, heap = _grown(keys, size), _grown(heap, size)
                size = _push(keys, heap, size, cost, node)
        while size > 0:
            cost, node = keys[0], heap[0]
            size = _pop(keys, heap, size)
            if cost > reached[node]:
                continue
            for k in range(exit_indptr[node], exit_indptr[node + 1]):
                column, there = exit_column[k], cost + exit_minutes[k]
                if there <= limit and there < best[column]:
                    if best[column] == np.inf:
                        columns, found = _grown(columns, total), _grown(found, total)
                        columns[total] = column
                        total += 1
                    best[column] = there
            for k in range(indptr[node], indptr[node + 1]):
                head, there = indices[k], cost + minutes[k]
                if there <= limit and there < reached[head]:
                    if reached[head] == np.inf:
                        touched = _grown(touched, touched_size)
                        touched[touched_size] = head
                        touched_size += 1
                    reached[head] = there
                    keys, heap = _grown(keys, size), _grown(heap, size)
                    size = _push(keys, heap, size, there, head)
        for k in range(touched_size):
            reached[touched[k]] = np.inf
        for k in range(row, total):
            found[k] = best[columns[k]]
            best[columns[k]] = np.inf
        counts[origin - first] = total - row
    return counts, columns[:total].copy(), found[:total].copy()
