"""What can be reached, without competition: cumulative opportunities, gravity, the k-th nearest."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from planner.accessibility.impedance import Step
from planner.accessibility.inputs import Amounts, Decay, Pairs
from planner.accessibility.kernel import minutes_to_amount
from planner.errors import MeasureError


def gravity(travel: Any, supply: Amounts, impedance: Decay) -> pd.Series:
    """Return the supply that each demand reaches, weighted by how far it is.

    Aᵢ = Σⱼ Sⱼ f(tᵢⱼ).

    Parameters
    ----------
    travel
        Minutes demand × supply: ``TravelTimes``, a sparse matrix or a long table.
    supply
        Supply of each place, in any unit, by supply id.
    impedance
        f on minutes; a number is one cut-off.

    Returns
    -------
    Series
        By demand id, in units of supply; 0 where nothing can be reached or supply is 0.

    Raises
    ------
    MeasureError
        If a supply id has no amount, an amount or a weight is negative or missing, or minutes are.

    References
    ----------
    Hansen (1959), "How accessibility shapes land use", Journal of the American Institute of
    Planners 25.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> minutes = csr_array([[5.0, 20.0], [0, 10.0]])
    >>> from planner.accessibility import Linear
    >>> gravity(minutes, [100, 10], Linear(20)).tolist()
    [75.0, 5.0]
    """
    pairs = Pairs.read(travel)
    amount = pairs.supply(supply)
    return pairs.by_demand(pairs.weigh(impedance, once=True).over_supply(amount), "gravity")


def cumulative_opportunities(
    travel: Any,
    supply: Amounts,
    cutoff_minutes: float | tuple[float, float],
    *,
    statistic: Literal["mean", "median"] = "mean",
    every_minutes: float = 1.0,
) -> pd.Series:
    """Return the supply that each demand reaches within a cut-off, or on average over several.

    Aᵢ(c) = Σⱼ Sⱼ [tᵢⱼ ≤ c]; over an interval of cut-offs the mean or the median of Aᵢ(c), which
    takes the sting out of choosing one.

    Parameters
    ----------
    travel
        Minutes demand × supply: ``TravelTimes``, a sparse matrix or a long table.
    supply
        Supply of each place, in any unit, by supply id.
    cutoff_minutes
        A cut-off, or the first and the last of an interval; exactly at it counts as within.
    statistic
        ``"mean"`` or ``"median"`` over the interval.
    every_minutes
        Step from one cut-off of the interval to the next.

    Returns
    -------
    Series
        By demand id, in units of supply; 0 where nothing can be reached or supply is 0.

    Raises
    ------
    MeasureError
        If a supply id has no amount, an amount is negative or missing, or the interval is empty.

    References
    ----------
    Tomasiello, Herszenhut, Oliveira, Braga and Pereira (2023), "A time interval metric for
    cumulative opportunity accessibility", Applied Geography 157.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> minutes = csr_array([[5.0, 20.0], [0, 10.0]])
    >>> cumulative_opportunities(minutes, [100, 10], 10).tolist()
    [100.0, 10.0]
    >>> cumulative_opportunities(minutes, [100, 10], (9, 20), statistic="median").tolist()
    [100.0, 10.0]
    """
    if isinstance(cutoff_minutes, tuple):
        step = _interval_step(*cutoff_minutes, statistic, every_minutes)
    else:
        step = Step(cutoff_minutes)
    return gravity(travel, supply, step).rename("cumulative_opportunities")


def _interval_step(first: float, last: float, statistic: str, every: float) -> Step:
    """Return the weights that sum to the mean or the median over an interval of cut-offs."""
    if not 0 <= first <= last < np.inf or not 0 < every < np.inf:
        raise MeasureError(
            f"cutoff_minutes is ({first}, {last}) every {every}; give the first and the last "
            "cut-off in this order, and a step above 0"
        )
    count = int(np.floor((last - first) / every * (1 + 1e-12))) + 1
    cutoffs = first + every * np.arange(count)
    if statistic == "mean":
        # A place at t minutes is reached under all cut-offs from t on.
        return Step(tuple(cutoffs), tuple(np.arange(count, 0, -1) / count))
    if statistic != "median":
        raise MeasureError(f'statistic is {statistic!r}; give "mean" or "median"')
    # What is reached grows with the cut-off, so the middle cut-offs give the middle values.
    low, high = cutoffs[(count - 1) // 2], cutoffs[count // 2]
    return Step(low) if low == high else Step((low, high), (1.0, 0.5))


def cost_to_kth_nearest(travel: Any, k: float = 1, supply: Amounts | None = None) -> pd.Series:
    """Return how many minutes away the k-th nearest place, or the k-th unit of supply, is.

    The least c with Σⱼ Sⱼ [tᵢⱼ ≤ c] ≥ k.

    Parameters
    ----------
    travel
        Minutes demand × supply: ``TravelTimes``, a sparse matrix or a long table.
    k
        How many, above 0.
    supply
        Supply of each place, by supply id; 1 if left out, so that places are counted.

    Returns
    -------
    Series
        Minutes by demand id; infinite where not so much can be reached.

    Raises
    ------
    MeasureError
        If k is not above 0, a supply id has no amount, or an amount is negative or missing.

    References
    ----------
    Pereira and Herszenhut (2023), "Introduction to urban accessibility", Ipea.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> minutes = csr_array([[5.0, 20.0], [0, 10.0]])
    >>> cost_to_kth_nearest(minutes, 2).tolist()
    [20.0, inf]
    """
    if not 0 < k < np.inf:
        raise MeasureError(f"k is {k}; give a number above 0")
    pairs = Pairs.read(travel)
    amount = np.ones(len(pairs.supply_ids)) if supply is None else pairs.supply(supply)
    minutes = pairs.minutes
    found = minutes_to_amount(
        minutes.indptr.astype(np.int64), minutes.indices, minutes.data.astype(float), amount, k
    )
    return pairs.by_demand(found, "minutes")
