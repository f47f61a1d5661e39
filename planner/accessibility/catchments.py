"""Supply under competition: floating catchment areas and spatial availability.

All of them are sums over rows and columns of the pairs' weights, so that no second matrix is made.
Supply that no resident reaches is nobody's and counts nowhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from planner.accessibility.inputs import Amounts, Decay, Pairs
from planner.errors import MeasureError


def two_step_fca(
    travel: Any,
    supply: Amounts,
    demand: Amounts,
    impedance: Decay = None,
    *,
    catchment_minutes: float | None = None,
    per: float = 1.0,
) -> pd.Series:
    """Return supply per resident by the two-step floating catchment area method (2SFCA).

    Rⱼ = Sⱼ / Σᵢ Pᵢ f(tᵢⱼ), then Aᵢ = Σⱼ Rⱼ f(tᵢⱼ). With a step function of several cut-offs it is
    the enhanced method (E2SFCA), with a continuous function the kernel-density one (KD2SFCA).

    Parameters
    ----------
    travel
        Minutes demand × supply: ``TravelTimes``, a sparse matrix or a long table.
    supply
        Supply Sⱼ of each place, by supply id: FTE, m², windows.
    demand
        Residents Pᵢ, by demand id.
    impedance
        f on minutes; a number is one cut-off; None weighs 1 wherever travel is known.
    catchment_minutes
        Pairs beyond weigh 0.
    per
        Residents that the result is for; 1000 gives supply per 1,000 residents.

    Returns
    -------
    Series
        Units of supply per ``per`` residents, by demand id; 0 where nothing can be reached. Supply
        in whose catchment nobody lives counts nowhere. Σᵢ Pᵢ Aᵢ = Σⱼ Sⱼ over the other supply.

    Raises
    ------
    MeasureError
        If ids have no amount, or amounts, minutes or weights are negative or missing.

    References
    ----------
    Luo and Wang (2003), "Measures of spatial accessibility to health care in a GIS environment",
    Environment and Planning B 30. Luo and Qi (2009), "An enhanced two-step floating catchment area
    (E2SFCA) method ...", Health & Place 15. Dai and Wang (2011), "Geographic disparities in
    accessibility to food stores in southwest Mississippi", Environment and Planning B 38.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> minutes = csr_array([[5.0, 20.0], [0, 10.0]])
    >>> two_step_fca(minutes, [1, 3], [500, 1000], 20, per=1000).tolist()
    [4.0, 2.0]
    """
    pairs, offered, residents = _read(travel, supply, demand, per)
    weights = pairs.weigh(impedance, catchment_minutes)
    ratio = _share(offered, weights.over_demand(residents))
    return pairs.by_demand(per * weights.over_supply(ratio), "two_step_fca")


def modified_two_step_fca(
    travel: Any,
    supply: Amounts,
    demand: Amounts,
    impedance: Decay = None,
    *,
    catchment_minutes: float | None = None,
    per: float = 1.0,
) -> pd.Series:
    """Return supply per resident by the modified two-step method (M2SFCA).

    Rⱼ = Sⱼ / Σᵢ Pᵢ f(tᵢⱼ), then Aᵢ = Σⱼ Rⱼ f(tᵢⱼ)²: where all supply is far, part of it is lost,
    which 2SFCA hides.

    Parameters
    ----------
    travel
        Minutes demand × supply: ``TravelTimes``, a sparse matrix or a long table.
    supply
        Supply Sⱼ of each place, by supply id.
    demand
        Residents Pᵢ, by demand id.
    impedance
        f on minutes; a number is one cut-off; None weighs 1 wherever travel is known.
    catchment_minutes
        Pairs beyond weigh 0.
    per
        Residents that the result is for.

    Returns
    -------
    Series
        Units of supply per ``per`` residents, by demand id; 0 where nothing can be reached. Supply
        in whose catchment nobody lives counts nowhere. Never more than 2SFCA if f ≤ 1.

    Raises
    ------
    MeasureError
        If ids have no amount, or amounts, minutes or weights are negative or missing.

    References
    ----------
    Delamater (2013), "Spatial accessibility in suboptimally configured health care systems: a
    modified two-step floating catchment area (M2SFCA) metric", Health & Place 24.

    Examples
    --------
    >>> from planner.accessibility import Linear
    >>> from scipy.sparse import csr_array
    >>> minutes = csr_array([[5.0, 20.0], [0, 10.0]])
    >>> modified_two_step_fca(minutes, [1, 3], [500, 1000], Linear(40), per=1000).round(4).tolist()
    [2.5, 1.6875]
    """
    pairs, offered, residents = _read(travel, supply, demand, per)
    weights = pairs.weigh(impedance, catchment_minutes)
    ratio = _share(offered, weights.over_demand(residents))
    return pairs.by_demand(per * weights.square().over_supply(ratio), "modified_two_step_fca")


def three_step_fca(
    travel: Any,
    supply: Amounts,
    demand: Amounts,
    impedance: Decay = None,
    *,
    catchment_minutes: float | None = None,
    per: float = 1.0,
) -> pd.Series:
    """Return supply per resident by the three-step method (3SFCA).

    Residents choose among places: Gᵢⱼ = f(tᵢⱼ) / Σₖ f(tᵢₖ). Then Rⱼ = Sⱼ / Σᵢ Pᵢ Gᵢⱼ f(tᵢⱼ) and
    Aᵢ = Σⱼ Rⱼ Gᵢⱼ f(tᵢⱼ).

    Parameters
    ----------
    travel
        Minutes demand × supply: ``TravelTimes``, a sparse matrix or a long table.
    supply
        Supply Sⱼ of each place, by supply id.
    demand
        Residents Pᵢ, by demand id.
    impedance
        f on minutes; a number is one cut-off; None weighs 1 wherever travel is known.
    catchment_minutes
        Pairs beyond weigh 0, in G too.
    per
        Residents that the result is for.

    Returns
    -------
    Series
        Units of supply per ``per`` residents, by demand id; 0 where nothing can be reached. Supply
        in whose catchment nobody lives counts nowhere. Σᵢ Pᵢ Aᵢ = Σⱼ Sⱼ over the other supply.

    Raises
    ------
    MeasureError
        If ids have no amount, or amounts, minutes or weights are negative or missing.

    References
    ----------
    Wan, Zou and Sternberg (2012), "A three-step floating catchment area method for analyzing
    spatial access to health services", International Journal of Geographical Information
    Science 26.

    Examples
    --------
    >>> from planner.accessibility import Linear
    >>> from scipy.sparse import csr_array
    >>> minutes = csr_array([[5.0, 20.0], [0, 10.0]])
    >>> three_step_fca(minutes, [1, 3], [500, 1000], Linear(40), per=1000).round(4).tolist()
    [2.6486, 2.6757]
    """
    pairs, offered, residents = _read(travel, supply, demand, per)
    weights = pairs.weigh(impedance, catchment_minutes)
    choice = _share(np.ones(len(residents)), weights.over_supply(np.ones(len(offered))))
    # The weights now are f², and f(tᵢⱼ) Gᵢⱼ is that over the sum of the row.
    weights = weights.square()
    ratio = _share(offered, weights.over_demand(residents * choice))
    return pairs.by_demand(per * choice * weights.over_supply(ratio), "three_step_fca")


def balanced_fca(
    travel: Any,
    supply: Amounts,
    demand: Amounts,
    impedance: Decay = None,
    *,
    catchment_minutes: float | None = None,
    per: float = 1.0,
) -> pd.Series:
    """Return the level of service by the balanced floating catchment area method (BFCA).

    Each resident is counted once and each level of service is shared out once:
    Lⱼ = Sⱼ / Σᵢ Pᵢ f(tᵢⱼ) / Σₖ f(tᵢₖ), then Aᵢ = Σⱼ Lⱼ f(tᵢⱼ) / Σₖ f(tₖⱼ).

    Parameters
    ----------
    travel
        Minutes demand × supply: ``TravelTimes``, a sparse matrix or a long table.
    supply
        Supply Sⱼ of each place, by supply id.
    demand
        Residents Pᵢ, by demand id.
    impedance
        f on minutes; a number is one cut-off; None weighs 1 wherever travel is known.
    catchment_minutes
        Pairs beyond weigh 0.
    per
        Residents that the result is for.

    Returns
    -------
    Series
        Units of supply per ``per`` residents, by demand id; 0 where nothing can be reached. Supply
        in whose catchment nobody lives counts nowhere. Σᵢ Aᵢ = Σⱼ Lⱼ over the other supply.

    Raises
    ------
    MeasureError
        If ids have no amount, or amounts, minutes or weights are negative or missing.

    References
    ----------
    Páez, Higgins and Vivona (2019), "Demand and level of service inflation in Floating Catchment
    Area (FCA) methods", PLOS ONE 14.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> minutes = csr_array([[5.0, 20.0], [0, 10.0]])
    >>> balanced_fca(minutes, [1, 3], [500, 1000], 20, per=1000).tolist()
    [5.2, 1.2]
    """
    pairs, offered, residents = _read(travel, supply, demand, per)
    weights = pairs.weigh(impedance, catchment_minutes)
    leaving = _share(residents, weights.over_supply(np.ones(len(offered))))
    service = _share(offered, weights.over_demand(leaving))
    arriving = _share(service, weights.over_demand(np.ones(len(residents))))
    return pairs.by_demand(per * weights.over_supply(arriving), "balanced_fca")


def spatial_availability(
    travel: Any,
    supply: Amounts,
    demand: Amounts,
    impedance: Decay = None,
    *,
    alpha: float = 1.0,
    catchment_minutes: float | None = None,
    per: float | None = None,
) -> pd.Series:
    """Return the supply that is proportionally available to each demand.

    Vᵢ = Σⱼ Sⱼ Pᵢ^α f(tᵢⱼ) / Σₖ Pₖ^α f(tₖⱼ).

    Parameters
    ----------
    travel
        Minutes demand × supply: ``TravelTimes``, a sparse matrix or a long table.
    supply
        Supply Sⱼ of each place, by supply id.
    demand
        Residents Pᵢ, by demand id.
    impedance
        f on minutes; a number is one cut-off; None weighs 1 wherever travel is known.
    alpha
        How strongly numbers of residents count, above 0.
    catchment_minutes
        Pairs beyond weigh 0.
    per
        None for what all residents of a demand have; a number for so many of them.

    Returns
    -------
    Series
        Units of supply, in all or per ``per`` residents, by demand id; 0 where nothing can be
        reached, and where nobody lives NaN per resident. Σᵢ Vᵢ = Σⱼ Sⱼ over the supply that some
        resident reaches.

    Raises
    ------
    MeasureError
        If ids have no amount, or amounts, minutes or weights are negative or missing.

    References
    ----------
    Soukhov, Páez, Higgins and Mohamed (2023), "Introducing spatial availability, a
    singly-constrained measure of competitive accessibility", PLOS ONE 18.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> minutes = csr_array([[5.0, 20.0], [0, 10.0]])
    >>> spatial_availability(minutes, [1, 3], [500, 1000], 20).tolist()
    [2.0, 2.0]
    """
    if not 0 < alpha < np.inf:
        raise MeasureError(f"alpha is {alpha}; give a number above 0")
    pairs, offered, residents = _read(travel, supply, demand, 1.0 if per is None else per)
    weights = pairs.weigh(impedance, catchment_minutes)
    pull = residents**alpha
    available = pull * weights.over_supply(_share(offered, weights.over_demand(pull)))
    if per is not None:
        available = np.where(residents > 0, per * _share(available, residents), np.nan)
    return pairs.by_demand(available, "spatial_availability")


def catchment_ratio(
    travel: Any,
    neighbours: Any,
    supply: Amounts,
    demand: Amounts,
    impedance: Decay = None,
    *,
    catchment_minutes: float | None = None,
    per: float = 1.0,
) -> pd.Series:
    """Return supply over residents within one catchment around each demand.

    Aᵢ = Σⱼ Sⱼ f(tᵢⱼ) / Σₖ Pₖ f(tᵢₖ): the ratio that is published for districts, with a floating
    catchment in place of borders.

    Parameters
    ----------
    travel
        Minutes demand × supply: ``TravelTimes``, a sparse matrix or a long table.
    neighbours
        Minutes demand × demand, in the same form; a demand's own residents count only if the
        minutes to itself are stored.
    supply
        Supply Sⱼ of each place, by supply id.
    demand
        Residents Pₖ, by demand id.
    impedance
        f on minutes; a number is one cut-off; None weighs 1 wherever travel is known.
    catchment_minutes
        Pairs beyond weigh 0.
    per
        Residents that the result is for.

    Returns
    -------
    Series
        Units of supply per ``per`` residents, by demand id; NaN where no resident is in reach.

    Raises
    ------
    MeasureError
        If ids have no amount, a demand is not among the rows of ``neighbours``, or amounts, minutes
        or weights are negative or missing.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> minutes = csr_array([[5.0, 20.0], [0, 10.0]])
    >>> catchment_ratio(minutes, minutes, [1, 3], [500, 1000], 20, per=1000).round(4).tolist()
    [2.6667, 3.0]
    """
    pairs = Pairs.read(travel)
    around = Pairs.read(neighbours)
    places = around.demand_ids.get_indexer(pairs.demand_ids)
    if (places < 0).any():
        lost = pairs.demand_ids[places < 0][0]
        raise MeasureError(f"neighbours has no row for {lost}; give minutes from each demand")
    near = pairs.weigh(impedance, catchment_minutes, once=True)
    reached = near.over_supply(pairs.supply(supply))
    beside = around.weigh(impedance, catchment_minutes, once=True)
    residents = beside.over_supply(around.supply(demand, "demand"))[places]
    ratio = np.where(residents > 0, _positive(per) * _share(reached, residents), np.nan)
    return pairs.by_demand(ratio, "catchment_ratio")


def _read(
    travel: Any, supply: Amounts, demand: Amounts, per: float
) -> tuple[Pairs, np.ndarray, np.ndarray]:
    """Return what every measure here works on, checked."""
    _positive(per)
    pairs = Pairs.read(travel)
    return pairs, pairs.supply(supply), pairs.demand(demand)


def _positive(per: float) -> float:
    if not 0 < per < np.inf:
        raise MeasureError(f"per is {per}; give a number of residents above 0")
    return per


def _share(amount: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return amount / among, 0 where there is nobody to share it."""
    return np.divide(amount, among, out=np.zeros(len(among)), where=among > 0)
