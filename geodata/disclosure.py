"""Disclosure control: small counts of sensitive clients are not published.

Counts of persons under drug control or community correction from 1 to 4 are published as "<5".
Where a group's other counts and its total would tell a small one after all, the next smallest is
withheld too (Hundepool et al. 2012, "Statistical Disclosure Control", primary and secondary
suppression).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

SMALLEST_PUBLISHED = 5
SMALL = f"<{SMALLEST_PUBLISHED}"
WITHHELD = "withheld"


def suppressed(counts: pd.DataFrame, together: Sequence[object] | None = None) -> pd.DataFrame:
    """Return counts as they may be published.

    Parameters
    ----------
    counts
        Counts of persons: a row per group, a column per count. Columns of a row belong together:
        if one of them, or the difference of two, is small, the row is not published.
    together
        Which rows add up to a published total, such as the towns of a city: rows with the same
        value. All rows if left out.

    Returns
    -------
    DataFrame
        Whole numbers, or ``"<5"``, or ``"withheld"``.

    Examples
    --------
    >>> suppressed(pd.DataFrame({"clients": [3, 40, 12]}))["clients"].tolist()
    ['<5', 40, 'withheld']
    """
    whole = counts.round().astype("Int64").fillna(0).astype(int)
    values = whole.to_numpy()
    differences = np.abs(values[:, :, None] - values[:, None, :]).reshape(len(values), -1)
    small: np.ndarray = np.any(_is_small(np.hstack([values, differences])), axis=1)
    groups = pd.Series(0 if together is None else list(together), index=range(len(whole)))
    hidden = small.copy()
    for _, rows in groups.groupby(groups):
        at = rows.index.to_numpy()
        if small[at].sum() == 1 and len(at) > 1:
            open_rows = at[~small[at]]
            hidden[open_rows[np.argmin(values[open_rows].min(axis=1))]] = True
    shown = whole.astype(object)
    shown[hidden & ~small] = WITHHELD
    shown[small] = np.where(_is_small(values[small]), SMALL, WITHHELD)
    return shown


def in_fives(counts: pd.Series) -> pd.Series:
    """Return sums that hold sensitive clients as they may be published: rounded to fives.

    What is known of the other parts of a sum then leaves a small part open by as much as "<5" does
    (Hundepool et al. 2012, rounding to a base).

    Examples
    --------
    >>> in_fives(pd.Series([152.0, 148.0])).tolist()
    [150.0, 150.0]
    """
    return (counts / SMALLEST_PUBLISHED).round() * SMALLEST_PUBLISHED


def _is_small(values: np.ndarray) -> np.ndarray:
    return np.asarray((values > 0) & (values < SMALLEST_PUBLISHED))
