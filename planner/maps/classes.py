"""Classes of a column's values for a map: breaks, colours and what the legend says of each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import floor, log10

import numpy as np
import pandas as pd

from planner.figures import COLOURS

NO_CLASS = -1
_STEPS = ("#ffffd9", "#d6efb3", "#97d5b9", "#41b6c4", "#1d80b6", "#24419a", "#081d58")
"""From light to dark; for any colour vision, and in grey."""
_MOST_CATEGORIES = 6
_OTHER = "#8a8a86"
NO_VALUE = "#d8d8d4"


@dataclass(frozen=True)
class Classes:
    """Which class each row is of, and how the classes look.

    Attributes
    ----------
    rows
        Class of each row, ``NO_CLASS`` where it has no value.
    colours
        Colour of each class.
    labels
        What the legend says of each class: the values as text; None for all others together.
    quantiles
        Whether the classes hold about equally many rows each.
    """

    rows: np.ndarray
    colours: tuple[str, ...]
    labels: tuple[str | None, ...]
    quantiles: bool


def classes_of(column: pd.Series, count: int) -> Classes:
    """Return the classes of a column.

    Numbers are cut at equal quantiles, so that each class holds about as many rows; of numbers
    with no more different values than classes, and of anything else, each value is a class, the
    most frequent first where there are too many.

    Parameters
    ----------
    column
        Values by row.
    count
        How many classes at the most, 2 to 7.

    Examples
    --------
    >>> classes_of(pd.Series([1.0, 2.0, 3.0, 10.0, None]), 2).labels
    ('1–2.5', '2.5–10')
    """
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        values = column.to_numpy(float, na_value=np.nan)
        values = np.where(np.isfinite(values), values, np.nan)
        if column.nunique() > count:
            return _cut(values, count)
        shown = np.unique(values[~np.isnan(values)])
        rows = np.where(np.isnan(values), NO_CLASS, np.searchsorted(shown, values))
        return Classes(rows, _steps(len(shown)), tuple(map(in_full, shown)), quantiles=False)
    return _categories(column)


def _cut(values: np.ndarray, count: int) -> Classes:
    known = values[~np.isnan(values)]
    breaks = np.unique(np.quantile(known, np.linspace(0, 1, count + 1)))
    last = len(breaks) - 2
    rows = np.clip(np.searchsorted(breaks, values, side="right") - 1, 0, last)
    decimals = _decimals(breaks)
    ends = [f"{value:,.{decimals}f}" for value in breaks]
    labels = tuple(f"{low}–{high}" for low, high in pairwise(ends))
    rows[np.isnan(values)] = NO_CLASS
    return Classes(rows, _steps(len(labels)), labels, quantiles=True)


def _decimals(breaks: np.ndarray) -> int:
    """Return how many decimals tell the breaks apart, to about two figures of the least step."""
    least = float(np.diff(breaks).min())
    whole = bool((breaks == np.rint(breaks)).all())
    return 0 if whole else min(max(1 - floor(log10(least)), 0), 12)


def _categories(column: pd.Series) -> Classes:
    known = column.notna().to_numpy()
    said = column.astype(object).where(known, None).map(str)
    counts = said[known].value_counts()
    order = sorted(counts.index, key=lambda value: (-counts[value], value))
    names: list[str | None] = list(order[:_MOST_CATEGORIES])
    place = {name: at for at, name in enumerate(names)}
    rows = np.where(known, said.map(place).fillna(len(names)).to_numpy(int), NO_CLASS)
    colours = COLOURS[: len(names)]
    if len(order) > len(names):
        names, colours = [*names, None], (*colours, _OTHER)
    return Classes(rows, colours, tuple(names), quantiles=False)


def _steps(count: int) -> tuple[str, ...]:
    """Return so many colours from light to dark."""
    if count == 1:
        return (_STEPS[3],)
    return tuple(_STEPS[round(k * (len(_STEPS) - 1) / (count - 1))] for k in range(count))


def in_full(value: float) -> str:
    """Return a number as people write it, without needless decimals.

    Examples
    --------
    >>> in_full(1234.50)
    '1,234.5'
    """
    return (
        f"{value:,.6g}" if abs(value) < 1e6 and not float(value).is_integer() else f"{value:,.0f}"
    )
