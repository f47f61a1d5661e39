"""Tables of counts as they may be published, with their totals: no hidden count can be computed.

Primary suppression hides each count from 1 to one below the threshold, totals included. What is
left may still tell it by subtraction; complementary suppression therefore hides further counts
until every hidden one could be another number as well, for a reader who knows all published
numbers, how they add up, that ``"<5"`` is 1 to 4 and that ``"withheld"`` is 5 or more.

References
----------
Kelly, J. P., Golden, B. L. & Assad, A. A. (1992), Cell suppression: disclosure protection for
sensitive tabular data, Networks 22, 397-417. Fischetti, M. & Salazar, J. J. (2001), Solving the
cell suppression problem on tabular data with linear constraints, Management Science 47,
1008-1027. Hundepool, A. et al. (2012), Statistical Disclosure Control, Wiley.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csc_array, hstack

from geodata.errors import DataError

SMALLEST_PUBLISHED = 5
WITHHELD = "withheld"
_MOVED = 1 - 1e-6
_FREE = 1e-6
"""Cost of moving a count that is hidden already: next to nothing, but short patterns are kept."""


class Relations(NamedTuple):
    """All numbers of a publication, and how they add up.

    Attributes
    ----------
    cells
        The columns of ``by`` (missing where it is a total over them) and the counts.
    sums
        (totals, cells): −1 at a total and 1 at each of its parts; each row times counts is 0.
    """

    cells: pd.DataFrame
    sums: csc_array


def suppress(
    table: pd.DataFrame,
    *,
    by: Sequence[str],
    value: str,
    totals: Sequence[Sequence[str]] | None = None,
    threshold: int = SMALLEST_PUBLISHED,
) -> pd.DataFrame:
    """Return counts and their totals as they may be published.

    Parameters
    ----------
    table
        A row per cell: the columns of ``by``, and the count. Rows of the same cell are added up.
    by
        Columns that say which cell, such as ``["town_code", "field"]``.
    value
        Column of the counts of persons: whole numbers, 0 or more.
    totals
        Which totals are published too: for each the columns that stay, ``[]`` for the total of
        all. All that there are if left out. A hierarchy works as well:
        ``by=["town_code", "community_code"], totals=[["town_code"], []]``.
    threshold
        Smallest count above 0 that is published.

    Returns
    -------
    DataFrame
        The columns of ``by`` (missing where a row is a total over them) and ``value``: whole
        numbers, ``"<5"`` (with the threshold), or ``"withheld"``.

    Raises
    ------
    DataError
        If a column is missing, a count is no whole number of 0 or more, or the threshold is
        below 2.

    Notes
    -----
    For each hidden cell, a change of the hidden counts by which it moves by 1 is looked for that
    leaves all published numbers and sums as they are; of those that need more cells hidden, the
    one that hides the fewest persons is taken, by linear programming, cell after cell from the
    smallest (greedy: more may be hidden than the least possible). Where the marks themselves
    would tell a count, ``"withheld"`` stands in all hidden cells. For tables of two dimensions
    and for hierarchies the sums form a network, so that what is possible in fractions is possible
    in whole numbers; in three or more dimensions protection holds in fractions.

    Examples
    --------
    >>> cells = pd.DataFrame({"town": ["A", "B", "C"], "clients": [3, 40, 12]})
    >>> suppress(cells, by=["town"], value="clients")["clients"].tolist()
    ['<5', 40, 'withheld', 55]
    """
    if not 2 <= threshold < 2**31:
        raise DataError("bad_threshold", value=threshold)
    relations = related(table, by=by, value=value, totals=totals)
    counts = relations.cells[value].to_numpy(np.int64)
    small = (counts > 0) & (counts < threshold)
    hidden = _protected(relations.sums, counts, small, threshold)
    telling = hidden is not None
    if hidden is None:
        hidden = _protected(relations.sums, counts, small, None)
    if hidden is None:  # cannot be: moving a cell and all totals over it is always possible
        raise AssertionError("no change of the hidden counts was found")
    shown = relations.cells[value].astype(object)
    shown[hidden] = WITHHELD
    if telling:
        shown[small] = f"<{threshold}"
    return relations.cells.assign(**{value: shown})


def related(
    table: pd.DataFrame,
    *,
    by: Sequence[str],
    value: str,
    totals: Sequence[Sequence[str]] | None = None,
) -> Relations:
    """Return all cells and totals of a publication, and how they add up; see ``suppress``."""
    by = list(by)
    for column in (*by, value):
        if column not in table.columns:
            raise DataError("missing_column", "table", column=column)
    if not by:
        raise DataError("suppress_by_nothing", "table")
    groupings = _groupings(by, totals)
    inner = table[[*by, value]].reset_index(drop=True)
    _check(inner, by, value)
    inner = inner.astype({value: np.int64}).groupby(by, sort=True, observed=True).sum()
    inner = inner.reset_index()
    blocks, rows, columns, signs = [inner], [], [], []
    size = len(inner)
    for kept in groupings:
        label = (
            inner.groupby(kept, sort=True, observed=True).ngroup().to_numpy()
            if kept
            else np.zeros(len(inner), np.int64)
        )
        first = np.unique(label, return_index=True)[1]
        sums = np.bincount(label, inner[value], len(first)).astype(np.int64)
        block = inner.iloc[first][kept].reset_index(drop=True).assign(**{value: sums})
        start = size - len(inner)
        rows += [*(start + label), *range(start, start + len(first))]
        columns += [*range(len(inner)), *range(size, size + len(first))]
        signs += [1.0] * len(inner) + [-1.0] * len(first)
        blocks.append(block)
        size += len(first)
    cells = pd.concat(blocks, ignore_index=True)[[*by, value]]
    matrix = csc_array((signs, (rows, columns)), shape=(size - len(inner), size))
    return Relations(cells, matrix)


def _groupings(by: list[str], totals: Sequence[Sequence[str]] | None) -> list[list[str]]:
    if totals is None:
        return [list(kept) for n in range(len(by) - 1, -1, -1) for kept in combinations(by, n)]
    asked = [[column for column in by if column in set(kept)] for kept in totals]
    for kept in totals:
        for column in kept:
            if column not in by:
                raise DataError("missing_column", "totals", column=column)
    return [kept for at, kept in enumerate(asked) if kept not in asked[:at] and kept != by]


def _check(table: pd.DataFrame, by: list[str], value: str) -> None:
    for column in by:
        missing = np.flatnonzero(table[column].isna())
        if len(missing):
            raise DataError("missing_value", "table", int(missing[0]) + 1, column=column)
    if table.empty:
        raise DataError("empty_layer", "table")
    numbers = pd.to_numeric(table[value], errors="coerce").to_numpy(float, na_value=np.nan)
    wrong = np.flatnonzero(~((numbers >= 0) & (numbers == np.floor(numbers)) & (numbers < 2**31)))
    if len(wrong):
        at = int(wrong[0])
        raise DataError("not_whole", "table", at + 1, column=value, value=str(table[value][at]))


def _protected(
    sums: csc_array, counts: np.ndarray, small: np.ndarray, threshold: int | None
) -> np.ndarray | None:
    """Return which cells to hide; None if the marks would tell a count whatever is hidden.

    The threshold is what the marks tell of a hidden count; None where they tell only that it is
    1 or more.
    """
    hidden = small.copy()
    least = np.ones(len(counts)) if threshold is None else np.where(small, 1, threshold)
    most = (
        np.full(len(counts), np.inf)
        if threshold is None
        else np.where(small, threshold - 1, np.inf)
    )
    movable = counts > 0
    up = np.where(movable, most - counts, 0.0)
    down = np.where(movable, counts - least, 0.0)
    safe = np.zeros(len(counts), bool)
    while True:
        open_cells = np.flatnonzero(hidden & ~safe)
        if len(open_cells) == 0:
            return hidden
        cell = open_cells[np.argmin(counts[open_cells])]
        change = _cheapest_change(sums, counts, hidden, up, down, int(cell))
        if change is None:
            return None
        hidden |= np.abs(change) > 1e-9
        safe |= np.abs(change) >= _MOVED
        safe[cell] = True


def _cheapest_change(
    sums: csc_array,
    counts: np.ndarray,
    hidden: np.ndarray,
    up: np.ndarray,
    down: np.ndarray,
    cell: int,
) -> np.ndarray | None:
    """Return the change that moves a cell by 1 and hides the fewest persons more."""
    from scipy.optimize import linprog

    cost = np.where(hidden, _FREE, counts + 1.0)
    best: tuple[float, np.ndarray] | None = None
    for sign, room in ((1.0, up), (-1.0, down)):
        if room[cell] < 1:
            continue
        bounds = np.column_stack([np.zeros(2 * len(counts)), np.concatenate([up, down])])
        bounds[cell], bounds[len(counts) + cell] = (
            ((1, 1), (0, 0)) if sign > 0 else ((0, 0), (1, 1))
        )
        answer = linprog(
            np.concatenate([cost, cost]),
            A_eq=hstack([sums, -sums], format="csc"),
            b_eq=np.zeros(sums.shape[0]),
            bounds=bounds,
            method="highs-ds",
        )
        if answer.status == 0 and (best is None or answer.fun < best[0] - 1e-9):
            best = answer.fun, answer.x[: len(counts)] - answer.x[len(counts) :]
    return None if best is None else best[1]
