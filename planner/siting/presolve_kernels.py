"""Compiled passes over covering rows: merging, dominance, transposition, who covers whom.

A set system is given by compressed rows: set i is ``items[ptr[i]:ptr[i + 1]]``, ascending. All
arrays are int64 pointers and int32 items, so that each kernel compiles once.
"""

from __future__ import annotations

import numpy as np
from numba import njit

FORBIDDEN, FREE, FIXED = 0, 1, 2
COVERED, UNREACHED = -1, -2


@njit(nogil=True, cache=True)
def first_cover(ptr: np.ndarray, items: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return for each row its first chosen item, -1 where none."""
    first = np.full(len(ptr) - 1, -1, np.int64)
    for i in range(len(ptr) - 1):
        for k in range(ptr[i], ptr[i + 1]):
            if chosen[items[k]]:
                first[i] = items[k]
                break
    return first


@njit(nogil=True, cache=True)
def merged_rows(
    ptr: np.ndarray, items: np.ndarray, role: np.ndarray, keys: np.ndarray
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return for each row its group of rows with the same free items, and each group's first row.

    Parameters
    ----------
    ptr, items
        The rows.
    role
        Of each item: FORBIDDEN, FREE or FIXED.
    keys
        A random 64-bit number per item; rows of equal sums are compared item by item.

    Returns
    -------
    group
        Number of the group, in the order of first rows; COVERED where a fixed item is in the row,
        UNREACHED where no free one is.
    first
        A row of each group.
    entries
        How many free items the first rows have together.
    """
    n = len(ptr) - 1
    size = 16
    table = np.full(size, -1, np.int32)
    group = np.empty(n, np.int32)
    first = np.empty(1024, np.int32)
    sums = np.empty(1024, np.uint64)
    groups = 0
    entries = 0
    for i in range(n):
        total = np.uint64(0)
        count = 0
        covered = False
        for k in range(ptr[i], ptr[i + 1]):
            kind = role[items[k]]
            if kind == FREE:
                total += keys[items[k]]
                count += 1
            elif kind == FIXED:
                covered = True
                break
        if covered or count == 0:
            group[i] = COVERED if covered else UNREACHED
            continue
        if 2 * groups >= size:  # keep the table at most half full
            size *= 4
            table = np.full(size, -1, np.int32)
            for g in range(groups):
                slot = np.int64(sums[g] >> np.uint64(20)) & (size - 1)
                while table[slot] >= 0:
                    slot = (slot + 1) & (size - 1)
                table[slot] = g
        slot = np.int64(total >> np.uint64(20)) & (size - 1)
        while table[slot] >= 0:
            g = table[slot]
            if sums[g] == total and _same(ptr, items, role, i, first[g]):
                break
            slot = (slot + 1) & (size - 1)
        if table[slot] >= 0:
            group[i] = table[slot]
            continue
        if groups == len(first):
            first = np.concatenate((first, np.empty(groups, np.int32)))
            sums = np.concatenate((sums, np.empty(groups, np.uint64)))
        table[slot] = groups
        first[groups] = i
        sums[groups] = total
        group[i] = groups
        groups += 1
        entries += count
    return group, first[:groups].copy(), entries


@njit(nogil=True, cache=True)
def _same(ptr: np.ndarray, items: np.ndarray, role: np.ndarray, one: int, other: int) -> bool:
    """Whether two rows have the same free items."""
    a, b = ptr[one], ptr[other]
    while True:
        while a < ptr[one + 1] and role[items[a]] != FREE:
            a += 1
        while b < ptr[other + 1] and role[items[b]] != FREE:
            b += 1
        if a == ptr[one + 1] or b == ptr[other + 1]:
            return a == ptr[one + 1] and b == ptr[other + 1]
        if items[a] != items[b]:
            return False
        a += 1
        b += 1


@njit(nogil=True, cache=True)
def picked_rows(
    ptr: np.ndarray, items: np.ndarray, rows: np.ndarray, number: np.ndarray, entries: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return some rows with their items renumbered; items numbered -1 are left out."""
    new_ptr = np.zeros(len(rows) + 1, np.int64)
    new_items = np.empty(entries, np.int32)
    at = 0
    for r in range(len(rows)):
        for k in range(ptr[rows[r]], ptr[rows[r] + 1]):
            if number[items[k]] >= 0:
                new_items[at] = number[items[k]]
                at += 1
        new_ptr[r + 1] = at
    return new_ptr, new_items[:at]


@njit(nogil=True, cache=True)
def transposed(ptr: np.ndarray, items: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each of ``count`` items the rows it is in, ascending."""
    out_ptr = np.zeros(count + 1, np.int64)
    for k in range(len(items)):
        out_ptr[items[k] + 1] += 1
    for j in range(count):
        out_ptr[j + 1] += out_ptr[j]
    at = out_ptr[:-1].copy()
    out = np.empty(len(items), np.int32)
    for i in range(len(ptr) - 1):
        for k in range(ptr[i], ptr[i + 1]):
            j = items[k]
            out[at[j]] = i
            at[j] += 1
    return out_ptr, out


@njit(nogil=True, cache=True)
def dominated(
    ptr: np.ndarray,
    items: np.ndarray,
    back_ptr: np.ndarray,
    back: np.ndarray,
    cost: np.ndarray,
    drop_larger: bool,
) -> np.ndarray:
    """Return which sets need not be looked at, because another set stands in for them.

    Parameters
    ----------
    ptr, items, back_ptr, back
        The sets, and for each item the sets it is in.
    cost
        Of each set.
    drop_larger
        False: a set inside another of no higher cost is dropped (a site that reaches no more than
        a cheaper one). True: a set that holds another is dropped (a demand that is covered
        whenever the other is); costs do not count. Among equal sets the first one stays.
    """
    sets = len(ptr) - 1
    gone = np.zeros(sets, np.bool_)
    found = np.empty(sets, np.int32)
    stamp = np.full(sets, -1, np.int32)
    for s in range(sets):
        length = ptr[s + 1] - ptr[s]
        if length == 0:
            gone[s] = not drop_larger
            continue
        if gone[s]:
            continue
        rarest = items[ptr[s]]
        for k in range(ptr[s], ptr[s + 1]):
            if back_ptr[items[k] + 1] - back_ptr[items[k]] < (
                back_ptr[rarest + 1] - back_ptr[rarest]
            ):
                rarest = items[k]
        left = 0
        for k in range(back_ptr[rarest], back_ptr[rarest + 1]):
            t = back[k]
            size = ptr[t + 1] - ptr[t]
            if t == s or gone[t] or size < length:
                continue
            earlier = t < s or size > length
            if drop_larger or cost[t] < cost[s] or (cost[t] == cost[s] and earlier):
                found[left] = t
                left += 1
        for k in range(ptr[s], ptr[s + 1]):
            if left == 0:
                break
            item = items[k]
            if item == rarest:
                continue
            if back_ptr[item + 1] - back_ptr[item] <= 8 * left:
                for q in range(back_ptr[item], back_ptr[item + 1]):
                    stamp[back[q]] = item
                kept = 0
                for q in range(left):
                    if stamp[found[q]] == item:
                        found[kept] = found[q]
                        kept += 1
            else:
                kept = 0
                for q in range(left):
                    t = found[q]
                    low, high = ptr[t], ptr[t + 1]
                    while low < high:
                        middle = (low + high) >> 1
                        if items[middle] < item:
                            low = middle + 1
                        else:
                            high = middle
                    if low < ptr[t + 1] and items[low] == item:
                        found[kept] = t
                        kept += 1
            left = kept
        if drop_larger:
            for q in range(left):
                gone[found[q]] = True
        elif left:
            gone[s] = True
    return gone
