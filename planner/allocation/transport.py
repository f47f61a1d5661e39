"""The compiled network simplex for the transport problem with unserved demand.

Demand i may go to supply j along an arc at a cost, or to nobody along an arc of its own at the cost
of not being served; supply j passes what it takes on to the root, up to its capacity. A basis is a
tree; an arc that is worth entering closes a circle, along which flow is pushed until an arc is full
or empty, which leaves (Dantzig 1951; bounded arcs and strongly feasible trees as in Cunningham
1976, "A network simplex method", Mathematical Programming 11, which cannot run in circles). Arcs
are looked through in blocks (Kelly and O'Neill 1991; Király and Kovács 2012).

All numbers are whole, so the answer is exact and its potentials prove it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

ENOUGH = np.int64(1) << 60
"""Capacity of an arc that cannot be full."""


@njit(nogil=True, cache=True)
def _hang(node: int, parent: int, up: np.ndarray, child: np.ndarray, sides: np.ndarray) -> None:
    """Make a node the first child of another."""
    up[node] = parent
    after = child[parent]
    sides[node, 0], sides[node, 1] = -1, after
    if after >= 0:
        sides[after, 0] = node
    child[parent] = node


@njit(nogil=True, cache=True)
def _take_off(node: int, up: np.ndarray, child: np.ndarray, sides: np.ndarray) -> None:
    """Take a node off its parent."""
    before, after = sides[node, 0], sides[node, 1]
    if before >= 0:
        sides[before, 1] = after
    else:
        child[up[node]] = after
    if after >= 0:
        sides[after, 0] = before


@njit(nogil=True, cache=True)
def _left_over(arc: int, along: bool, flow: np.ndarray, room: np.ndarray) -> int:
    """Return how much more can be pushed along an arc, or against it."""
    return room[arc] - flow[arc] if along else flow[arc]


@njit(nogil=True, cache=True)
def _entering(
    tails: np.ndarray,
    heads: np.ndarray,
    costs: np.ndarray,
    flow: np.ndarray,
    room: np.ndarray,
    in_tree: np.ndarray,
    price: np.ndarray,
    start: int,
    block: int,
) -> tuple[int, int]:
    """Return the arc of the next block most worth entering (-1: none), and where to go on."""
    count = len(tails)
    best, worth, left = -1, np.int64(0), block
    arc = start
    for _ in range(count):
        if not in_tree[arc]:
            saved = price[tails[arc]] - price[heads[arc]] - costs[arc]
            if flow[arc] > 0:
                saved = -saved
            if saved > worth:
                best, worth = arc, saved
        arc += 1
        if arc == count:
            arc = 0
        left -= 1
        if left == 0:
            if best >= 0:
                break
            left = block
    return best, arc


@njit(nogil=True, cache=True)
def transport(
    indptr: np.ndarray,
    columns: np.ndarray,
    costs: np.ndarray,
    demand: np.ndarray,
    capacity: np.ndarray,
    unserved_cost: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return the cheapest flows.

    Parameters
    ----------
    indptr, columns, costs
        Cost of each pair that is possible, demand × supply in compressed sparse rows (int64).
    demand
        How much each demand has (int64), not negative.
    capacity
        How much each supply can take (int64), not negative.
    unserved_cost
        Cost of each unit that is not served.

    Returns
    -------
    flow
        Along each pair.
    unserved
        Of each demand.
    price
        Dual price of each demand and supply, the root's being 0: no pair costs less than the
        difference of its ends' prices unless it is full.
    pivots
        How many changes of the tree it took.
    """
    n, m, pairs = len(demand), len(capacity), len(columns)
    root, arcs = n + m, pairs + n + m
    tails, heads = np.empty(arcs, np.int32), np.empty(arcs, np.int32)
    cost, room = np.zeros(arcs, np.int64), np.full(arcs, ENOUGH)
    flow, in_tree = np.zeros(arcs, np.int64), np.zeros(arcs, np.bool_)
    for i in range(n):
        for k in range(indptr[i], indptr[i + 1]):
            tails[k], heads[k], cost[k] = i, n + columns[k], costs[k]
            if capacity[columns[k]] == 0:
                room[k] = 0
                cost[k] = ENOUGH >> 4
    up, child = np.full(root + 1, -1, np.int32), np.full(root + 1, -1, np.int32)
    sides, by = np.full((root + 1, 2), -1, np.int32), np.full(root + 1, -1, np.int32)
    depth, price = np.zeros(root + 1, np.int32), np.zeros(root + 1, np.int64)
    for node in range(root):
        arc = pairs + node
        tails[arc], heads[arc] = node, root
        in_tree[arc], by[node], depth[node] = True, arc, 1
        if node < n:
            cost[arc], flow[arc], price[node] = unserved_cost, demand[node], unserved_cost
        else:
            room[arc] = max(capacity[node - n], 1)
            if capacity[node - n] == 0:
                room[arc] = ENOUGH
        _hang(node, root, up, child, sides)
    stack = np.empty(root + 1, np.int32)
    block = max(int(np.sqrt(arcs)), 32)
    place, pivots = 0, 0
    while True:
        enter, place = _entering(tails, heads, cost, flow, room, in_tree, price, place, block)
        if enter < 0:
            break
        pivots += 1
        # Push from one end of the entering arc, over it, to the other end.
        forth = flow[enter] == 0
        first, second = (tails[enter], heads[enter]) if forth else (heads[enter], tails[enter])
        a, b = first, second
        while a != b:
            if depth[a] >= depth[b]:
                a = up[a]
            else:
                b = up[b]
        join = a
        most, leave, at_first = _left_over(enter, forth, flow, room), enter, True
        leaving_node = -1
        node = first
        while node != join:
            # Flow comes down to ``first``: against arcs that lead up.
            left = _left_over(by[node], tails[by[node]] != node, flow, room)
            if left < most:
                most, leave, leaving_node, at_first = left, by[node], node, True
            node = up[node]
        node = second
        while node != join:
            left = _left_over(by[node], tails[by[node]] == node, flow, room)
            if left <= most:
                most, leave, leaving_node, at_first = left, by[node], node, False
            node = up[node]
        if most > 0:
            flow[enter] += most if forth else -most
            node = first
            while node != join:
                flow[by[node]] += most if tails[by[node]] != node else -most
                node = up[node]
            node = second
            while node != join:
                flow[by[node]] += most if tails[by[node]] == node else -most
                node = up[node]
        if leave == enter:
            continue
        in_tree[enter], in_tree[leave] = True, False
        # The part below the leaving arc hangs from the entering arc now.
        inner, outer = (first, second) if at_first else (second, first)
        node, parent, arc = inner, outer, enter
        while True:
            old_parent, old_arc = up[node], by[node]
            _take_off(node, up, child, sides)
            _hang(node, parent, up, child, sides)
            by[node] = arc
            if node == leaving_node:
                break
            node, parent, arc = old_parent, node, old_arc
        along = tails[enter] == inner
        shift = price[outer] + (cost[enter] if along else -cost[enter]) - price[inner]
        size = 1
        stack[0] = inner
        while size > 0:
            size -= 1
            node = stack[size]
            price[node] += shift
            depth[node] = depth[up[node]] + 1
            below = child[node]
            while below >= 0:
                stack[size] = below
                size += 1
                below = sides[below, 1]
    return flow[:pairs], flow[pairs : pairs + n], price, pivots
