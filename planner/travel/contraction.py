"""The compiled contraction of a graph: nodes taken out one by one, shortcuts put in their place.

Geisberger, Sanders, Schultes and Vetter (2012), "Exact routing in large road networks using
contraction hierarchies", Transportation Science 46. The nodes are numbered along a space-filling
curve, so an interval of numbers is a cell of the map. Cells are contracted side by side, each from
the inside and without looking beyond its nodes; what is left forms larger cells in the next round.
So the result does not depend on which thread is faster, and a cell fits into the cache.

Each road between two nodes stands twice, as an entry in the list of either: where it leads, ticks
there and back, and of how many roads it is made up.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from planner.travel.kernel import NEVER

Lists = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""First entry of each node; and of each entry the next, its head, ticks there and back, made_of."""

_SETTLED_BY_WITNESS = 40
_LARGEST_DEGREE = 512


@njit(nogil=True, cache=True)
def neighbours(
    indptr: np.ndarray, indices: np.ndarray, ticks: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return every two neighbours of a graph once in the row of each, ascending.

    Returns
    -------
    indptr, heads, there, back
        Rows of neighbours, with the least ticks to each and from it; NEVER where no arc leads.
    """
    size, arcs = len(indptr) - 1, len(indices)
    into = np.zeros(size + 1, np.int64)
    for a in range(arcs):
        into[indices[a] + 1] += 1
    into = np.cumsum(into)
    tails, tail_ticks, place = np.empty(arcs, np.int32), np.empty(arcs, np.int64), into[:-1].copy()
    for node in range(size):
        for a in range(indptr[node], indptr[node + 1]):
            at = place[indices[a]]
            tails[at], tail_ticks[at] = node, ticks[a]
            place[indices[a]] += 1
    rows = np.zeros(size + 1, np.int64)
    heads = np.empty(2 * arcs, np.int32)
    there, back = np.empty(2 * arcs, np.int64), np.empty(2 * arcs, np.int64)
    for node in range(size):
        begin, end = rows[node], rows[node]
        out = indptr[node + 1] - indptr[node]
        for k in range(out + into[node + 1] - into[node]):
            if k < out:
                a = indptr[node] + k
                head, to, fro = indices[a], ticks[a], NEVER
            else:
                a = into[node] + k - out
                head, to, fro = tails[a], NEVER, tail_ticks[a]
            if head == node:
                continue
            at = end
            while at > begin and heads[at - 1] > head:
                at -= 1
            if at > begin and heads[at - 1] == head:
                there[at - 1] = min(there[at - 1], to)
                back[at - 1] = min(back[at - 1], fro)
                continue
            for e in range(end, at, -1):
                heads[e], there[e], back[e] = heads[e - 1], there[e - 1], back[e - 1]
            heads[at], there[at], back[at] = head, to, fro
            end += 1
        rows[node + 1] = end
    return rows, heads[: rows[size]], there[: rows[size]], back[: rows[size]]


@njit(nogil=True, cache=True)
def _push(keys: np.ndarray, values: np.ndarray, size: int, key: int, value: int) -> int:
    """Add to a binary heap; return the new size."""
    child = size
    while child > 0:
        parent = (child - 1) >> 1
        if keys[parent] <= key:
            break
        keys[child], values[child] = keys[parent], values[parent]
        child = parent
    keys[child], values[child] = key, value
    return size + 1


@njit(nogil=True, cache=True)
def _pop(keys: np.ndarray, values: np.ndarray, size: int) -> int:
    """Take the least, which stands at 0, off a binary heap; return the new size."""
    size -= 1
    key, value = keys[size], values[size]
    parent = 0
    while True:
        child = 2 * parent + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if key <= keys[child]:
            break
        keys[parent], values[parent] = keys[child], values[child]
        parent = child
    keys[parent], values[parent] = key, value
    return size


@njit(nogil=True, cache=True)
def _find(node: int, head: int, first: np.ndarray, following: np.ndarray, heads: np.ndarray) -> int:
    """Return the entry in the list of a node that leads to another; -1 if there is none."""
    entry = first[node]
    while entry >= 0 and heads[entry] != head:
        entry = following[entry]
    return entry


@njit(nogil=True, cache=True)
def _witness(
    source: int,
    without: int,
    limit: int,
    low: int,
    high: int,
    first: np.ndarray,
    following: np.ndarray,
    heads: np.ndarray,
    there: np.ndarray,
    reached: np.ndarray,
    touched: np.ndarray,
    keys: np.ndarray,
    nodes: np.ndarray,
    goal: np.ndarray,
    goals: int,
) -> int:
    """Search a little from a node within its cell; return how many nodes were reached."""
    reached[source - low] = 0
    touched[0] = source
    count, settled = 1, 0
    size = _push(keys, nodes, 0, 0, source)
    while size > 0:
        here, node = keys[0], nodes[0]
        size = _pop(keys, nodes, size)
        if here > reached[node - low]:
            continue
        if goal[node - low]:
            goals -= 1
        settled += 1
        if goals == 0 or settled > _SETTLED_BY_WITNESS:
            break
        entry = first[node]
        while entry >= 0:
            head = heads[entry]
            if low <= head < high and head != without and there[entry] < NEVER:
                ticks = here + there[entry]
                if ticks <= limit and ticks < reached[head - low]:
                    if reached[head - low] == NEVER:
                        touched[count] = head
                        count += 1
                    reached[head - low] = ticks
                    size = _push(keys, nodes, size, ticks, head)
            entry = following[entry]
    return count


@njit(nogil=True, cache=True)
def _contract(
    node: int,
    build: bool,
    low: int,
    high: int,
    lists: Lists,
    spare: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    used: int,
) -> tuple[int, int]:
    """Put in the shortcuts that a node's absence needs, or only count them.

    Returns
    -------
    importance
        The more shortcuts for each road that goes, and the more roads they are made up of, the
        later the node should be contracted.
    used
        The first free entry afterwards.
    """
    first, following, heads, there, back, made_of = lists
    reached, touched, keys, nodes, goal, around = spare
    degree, removed_roads = 0, 0
    entry = first[node]
    while entry >= 0:
        around[degree] = entry
        degree += 1
        removed_roads += made_of[entry]
        entry = following[entry]
    added, added_roads = 0, 0
    for i in range(degree):
        into = around[i]
        if back[into] == NEVER:
            continue
        source, farthest, goals = heads[into], np.int64(-1), 0
        for j in range(degree):
            if j != i and there[around[j]] < NEVER:
                farthest = max(farthest, there[around[j]])
                goal[heads[around[j]] - low] = True
                goals += 1
        if goals == 0:
            continue
        limit = back[into] + farthest
        count = _witness(
            source,
            node,
            limit,
            low,
            high,
            first,
            following,
            heads,
            there,
            reached,
            touched,
            keys,
            nodes,
            goal,
            goals,
        )
        for j in range(degree):
            out = around[j]
            if j == i or there[out] == NEVER:
                continue
            target = heads[out]
            goal[target - low] = False
            ticks = back[into] + there[out]
            if reached[target - low] <= ticks:
                continue
            roads = made_of[into] + made_of[out]
            added += 1
            added_roads += roads
            if not build:
                continue
            one = _find(source, target, first, following, heads)
            if one >= 0:
                if ticks < there[one]:
                    other = _find(target, source, first, following, heads)
                    there[one], back[other] = ticks, ticks
                    made_of[one], made_of[other] = roads, roads
                continue
            heads[used], there[used], back[used], made_of[used] = target, ticks, NEVER, roads
            following[used], first[source] = first[source], used
            used += 1
            heads[used], there[used], back[used], made_of[used] = source, NEVER, ticks, roads
            following[used], first[target] = first[target], used
            used += 1
        for j in range(count):
            reached[touched[j] - low] = NEVER
    cost = 1000 * added // max(degree, 1) + 1000 * added_roads // max(removed_roads, 1)
    return cost, used


@njit(nogil=True, cache=True)
def contract_cell(
    low: int,
    high: int,
    lists: Lists,
    level: np.ndarray,
    used: int,
    room: int,
    leave: int,
    order: np.ndarray,
) -> int:
    """Contract the nodes of a cell that have all their neighbours in it.

    Parameters
    ----------
    low, high
        The cell: nodes ``low`` to ``high`` (exclusive).
    lists
        Changed in place. Those of contracted nodes stay as they were at the time, so they lead to
        nodes that were contracted later or not at all.
    level
        How many contractions lie below each node, one after the other.
    used, room
        The entries between them are free for this cell.
    leave
        Leave so many of these nodes.
    order
        Filled with the contracted nodes, in their order.

    Returns
    -------
    int
        How many were contracted.
    """
    size = high - low
    first, following, heads, _, _, _ = lists
    spare = (
        np.full(size, NEVER, np.int64),
        np.empty(size, np.int32),
        np.empty(64 * _LARGEST_DEGREE, np.int64),
        np.empty(64 * _LARGEST_DEGREE, np.int32),
        np.zeros(size, np.bool_),
        np.empty(_LARGEST_DEGREE, np.int32),
    )
    importance, waiting, inside = np.empty(size, np.int64), np.empty(size, np.int32), 0
    for node in range(low, high):
        entry, degree, within = first[node], 0, True
        while entry >= 0:
            degree += 1
            within = within and low <= heads[entry] < high
            entry = following[entry]
        if within and degree < _LARGEST_DEGREE:
            cost, _ = _contract(node, False, low, high, lists, spare, used)
            inside = _push(importance, waiting, inside, cost + 1000 * level[node], node)
    done, left = 0, inside
    while inside > 0 and left > leave:
        node = waiting[0]
        inside = _pop(importance, waiting, inside)
        entry, degree = first[node], 0
        while entry >= 0:
            degree += 1
            entry = following[entry]
        if degree >= _LARGEST_DEGREE or used + 2 * degree * degree > room:
            left -= 1
            continue
        cost, _ = _contract(node, False, low, high, lists, spare, used)
        cost += 1000 * level[node]
        if inside > 0 and cost > importance[0]:
            inside = _push(importance, waiting, inside, cost, node)
            continue
        _, used = _contract(node, True, low, high, lists, spare, used)
        entry = first[node]
        while entry >= 0:
            head = heads[entry]
            level[head] = max(level[head], level[node] + 1)
            before, other = -1, first[head]
            while heads[other] != node:
                before, other = other, following[other]
            if before < 0:
                first[head] = following[other]
            else:
                following[before] = following[other]
            entry = following[entry]
        order[done] = node
        done += 1
        left -= 1
    return done


@njit(nogil=True, cache=True)
def degrees(first: np.ndarray, following: np.ndarray) -> np.ndarray:
    """Return the length of each node's list."""
    counts = np.zeros(len(first), np.int64)
    for node in range(len(first)):
        entry = first[node]
        while entry >= 0:
            counts[node] += 1
            entry = following[entry]
    return counts


@njit(nogil=True, cache=True)
def in_rows(
    nodes: np.ndarray, lists: Lists, total: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the lists of some nodes one after the other: heads, there, back, made_of."""
    first, following, heads, there, back, made_of = lists
    row_heads, row_made_of = np.empty(total, np.int32), np.empty(total, np.int32)
    row_there, row_back = np.empty(total, np.int64), np.empty(total, np.int64)
    at = 0
    for i in range(len(nodes)):
        entry = first[nodes[i]]
        while entry >= 0:
            row_heads[at], row_made_of[at] = heads[entry], made_of[entry]
            row_there[at], row_back[at] = there[entry], back[entry]
            at += 1
            entry = following[entry]
    return row_heads, row_there, row_back, row_made_of
