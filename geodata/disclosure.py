"""Disclosure control: small counts of sensitive clients are not published.

Counts of persons under drug control or community correction from 1 to 4 are published as "<5".
Where a group's other counts and its total would tell a small one after all, others are withheld too
(Hundepool et al. 2012, "Statistical Disclosure Control", primary and secondary suppression).
``suppress`` does so for a whole table with its totals, proven by linear programming.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.layers import SENSITIVE_CLIENTS
from geodata.suppression import SMALLEST_PUBLISHED, WITHHELD, suppress

if TYPE_CHECKING:
    from geodata.city import City

__all__ = ["SMALL", "SMALLEST_PUBLISHED", "WITHHELD", "publishable", "suppress", "suppressed"]

SMALL = f"<{SMALLEST_PUBLISHED}"


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
    count, width = values.shape
    differences = np.abs(values[:, :, None] - values[:, None, :]).reshape(count, width * width)
    small: np.ndarray = np.any(_is_small(np.hstack([values, differences])), axis=1)
    groups = pd.Series(0 if together is None else list(together), index=range(len(whole)))
    hidden = small.copy()
    for _, rows in groups.groupby(groups):
        at = rows.index.to_numpy()
        if small[at].any():
            hidden[_withheld_too(values, at, small[at])] = True
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


def publishable(city: City) -> City:
    """Return the city with sensitive counts that tell no more than the towns' published ones.

    A town's count is spread over its communities in proportion to their residents, in whole
    persons (largest remainders); what is known of the towns whose count is not published is their
    sum, which is spread over all of them. Where the sum itself would tell a small count, a figure
    that does not depend on it stands in its place. So whatever is computed from this city can be
    published: it is a function of figures that are. Unknown counts stay unknown.

    Parameters
    ----------
    city
        The city as it is.

    Examples
    --------
    >>> import geodata
    >>> city = geodata.open_city("taicang")
    >>> told = publishable(city).communities["clients_drug_control"]
    >>> int(told.sum()) == int(city.communities["clients_drug_control"].sum())
    True
    """
    communities = city.communities
    for column in SENSITIVE_CLIENTS:
        communities[column] = _as_published(communities, column)
    layers = {**city._layers, "communities": communities}
    return replace(city, _layers=MappingProxyType(layers))


def _as_published(communities: pd.DataFrame, column: str) -> pd.Series:
    known = communities[communities[column].notna()]
    counts, town = known[column].astype(int), known["town_code"]
    towns = counts.groupby(town).sum()
    shown = suppressed(towns.reset_index(drop=True).to_frame("clients"))["clients"]
    hidden = towns.index[np.array([isinstance(value, str) for value in shown]) & (towns > 0)]
    told = communities[column].copy()
    for pool in (*([town] for town in towns.index.difference(hidden)), list(hidden)):
        mine = town.index[town.isin(pool)]
        total = int(counts[mine].sum())
        if pool == list(hidden) and not _protected(towns[hidden].to_numpy()):
            middle = (SMALLEST_PUBLISHED + 1) // 2
            parts = [middle if shown[k] == SMALL else SMALLEST_PUBLISHED
                     for k in towns.index.get_indexer(pool)]  # fmt: skip
            total = sum(parts)
        told[mine] = _in_proportion(total, communities.loc[mine, "residents"].to_numpy(float))
    return told


def _in_proportion(total: int, weights: np.ndarray) -> np.ndarray:
    """Return whole numbers in proportion to weights that add up to a total (Hamilton's method)."""
    if not weights.sum() > 0:
        weights = np.ones(len(weights))
    exact = total * weights / max(weights.sum(), 1.0)
    parts = np.floor(exact).astype(int)
    short = total - int(parts.sum())
    parts[np.argsort(-(exact - parts), kind="stable")[:short]] += 1
    return parts


def _withheld_too(values: np.ndarray, rows: np.ndarray, small: np.ndarray) -> np.ndarray:
    """Return the rows of a group to withhold beside the small ones, so that no sum tells those."""
    hidden, waiting = rows[small], rows[~small]
    # A count of 0 hides little: it is withheld only where nothing else can be.
    nobody = values[waiting].max(axis=1) == 0
    zeros, waiting = waiting[nobody], waiting[~nobody]
    waiting = waiting[np.argsort(values[waiting].min(axis=1), kind="stable")]
    extra: list[int] = []
    while len(waiting):
        now = [*hidden, *extra]
        if len(now) > 1 and all(_protected(column) for column in values[now].T):
            break
        enough = (
            row for row in waiting if all(_protected(column) for column in values[[*now, row]].T)
        )
        extra.append(int(next(enough, waiting[-1])))
        waiting = waiting[waiting != extra[-1]]
    if len(hidden) + len(extra) == 1:
        extra += [int(row) for row in zeros[:1]]
    return np.array(extra, int)


def _protected(hidden: np.ndarray) -> bool:
    """Return whether the sum of hidden counts lets each small one be anything from 1 to 4.

    Who reads the sum knows of the small ones that they are 1 to 4, and of the others that they are
    5 or more.
    """
    small = _is_small(hidden)
    if not small.any():
        return True
    others = hidden[hidden >= SMALLEST_PUBLISHED]
    least = SMALLEST_PUBLISHED * len(others) + int(small.sum()) - 1
    return len(others) > 0 and int(hidden.sum()) - least >= SMALLEST_PUBLISHED - 1
