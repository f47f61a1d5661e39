"""How sure an index is: bootstrap over zones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, SupportsFloat

import numpy as np
import pandas as pd

from planner.accessibility.inputs import Amounts, amounts
from planner.errors import MeasureError


@dataclass(frozen=True)
class Interval:
    """An index with its bootstrap interval.

    Attributes
    ----------
    estimate
        From the zones as they are.
    lower, upper
        Between them lie ``level`` of the replicates.
    level
        Such as 0.95.
    replicates
        How many samples were drawn.
    undefined
        In how many of them the index is not defined; these are left out.
    """

    estimate: float
    lower: float
    upper: float
    level: float
    replicates: int
    undefined: int


def bootstrap(
    measure: Callable[..., SupportsFloat],
    access: Amounts,
    population: Amounts,
    *arguments: Any,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    **options: Any,
) -> Interval:
    """Return an index of equity with its percentile bootstrap interval.

    Zones are drawn with replacement, each with all its residents, as many as there are zones where
    somebody lives: what is asked is how the index would differ had other such zones been there.

    Parameters
    ----------
    measure
        An index of this package, or any function of access and population that gives a number.
    access, population
        As the index takes them.
    *arguments, **options
        What else it takes.
    replicates
        How many samples to draw.
    seed
        Of the draws; the same seed gives the same interval.
    level
        Share of the replicates inside the interval, between 0 and 1.

    Returns
    -------
    Interval
        Estimate, lower and upper end.

    Raises
    ------
    MeasureError
        If the index cannot be worked out from the zones as they are, or from none of the samples,
        or a parameter is out of range.

    References
    ----------
    Efron (1979), "Bootstrap methods: another look at the jackknife", Annals of Statistics 7.

    Examples
    --------
    >>> from planner.equity import gini
    >>> found = bootstrap(gini, [1, 2, 4, 8], [100, 100, 100, 100], replicates=200)
    >>> round(found.estimate, 3), found.lower < found.estimate < found.upper
    (0.383, True)
    """
    if not 0 < level < 1 or replicates < 1:
        raise MeasureError(
            f"level is {level}, replicates {replicates}; give a level between 0 and 1, and 1 "
            "replicate or more"
        )
    estimate = float(measure(access, population, *arguments, **options))
    named = isinstance(access, pd.Series)
    ids = access.index if isinstance(access, pd.Series) else pd.RangeIndex(len(access))
    people = amounts("population", population, ids, named=named)
    lived = np.flatnonzero(people > 0)
    rng = np.random.default_rng(seed)
    found = np.full(replicates, np.nan)
    for number in range(replicates):
        drawn = np.bincount(lived[rng.integers(0, len(lived), len(lived))], minlength=len(people))
        weights = people * drawn
        sample = pd.Series(weights, index=ids) if named else weights
        try:
            found[number] = float(measure(access, sample, *arguments, **options))
        except MeasureError:
            continue
    known = found[np.isfinite(found)]
    if not len(known):
        raise MeasureError("the index is defined in none of the samples; there are too few zones")
    lower, upper = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    undefined = replicates - len(known)
    return Interval(estimate, float(lower), float(upper), level, replicates, undefined)
