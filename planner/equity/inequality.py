"""How unequal access is over all residents: Lorenz curve, Gini, Theil, concentration index.

Zones where nobody lives count nowhere, whatever access they have. No index changes when access is
measured in another unit, when zones stand in another order, or when each resident becomes several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from planner.accessibility.inputs import Amounts
from planner.equity.sample import Sample
from planner.errors import MeasureError


def lorenz_curve(access: Amounts, population: Amounts) -> pd.DataFrame:
    """Return what share of all access the residents with least have together.

    Parameters
    ----------
    access
        Access of each zone's residents, by zone id or as a bare vector.
    population
        Residents of each zone, by the same ids.

    Returns
    -------
    DataFrame
        residents_share and access_share, both from 0 to 1, in ascending order of access.

    Raises
    ------
    MeasureError
        If zones have no population, numbers are negative or missing, or access is 0 everywhere.

    References
    ----------
    Lorenz (1905), "Methods of measuring the concentration of wealth", Publications of the American
    Statistical Association 9.

    Examples
    --------
    >>> lorenz_curve([1, 3], [100, 100])
       residents_share  access_share
    0              0.0          0.00
    1              0.5          0.25
    2              1.0          1.00
    """
    sample = Sample.read(access, population)
    mean = sample.mean_above_zero("the Lorenz curve")
    order = np.argsort(sample.access, kind="stable")
    residents = np.concatenate([[0], np.cumsum(sample.share[order])])
    held = np.concatenate([[0], np.cumsum((sample.share * sample.access)[order]) / mean])
    return pd.DataFrame({"residents_share": residents, "access_share": held})


def gini(access: Amounts, population: Amounts) -> float:
    """Return the Gini index: 0 where all have the same, towards 1 where one has all.

    G = 1 − Σᵢ pᵢ (Lᵢ₋₁ + Lᵢ), with zones in ascending order of access, pᵢ their share of residents
    and Lᵢ the Lorenz curve; the same as Σᵢⱼ pᵢ pⱼ |aᵢ − aⱼ| / (2 μ).

    Parameters
    ----------
    access
        Access of each zone's residents, by zone id or as a bare vector.
    population
        Residents of each zone, by the same ids.

    Returns
    -------
    float
        From 0 to 1; 0 for a single zone.

    Raises
    ------
    MeasureError
        If zones have no population, numbers are negative or missing, or access is 0 everywhere.

    References
    ----------
    Gini (1912), "Variabilità e mutabilità". Lucas, van Wee and Maat (2016), "A method to evaluate
    equitable accessibility", Transportation 43.

    Examples
    --------
    >>> gini([1, 3], [100, 100])
    0.25
    """
    sample = Sample.read(access, population)
    mean = sample.mean_above_zero("the Gini index")
    order = np.argsort(sample.access, kind="stable")
    share, held = sample.share[order], (sample.share * sample.access)[order]
    # Lᵢ₋₁ + Lᵢ is twice the sum up to i less what i itself holds.
    return max(1 - float(share @ (2 * np.cumsum(held) - held)) / mean, 0.0)


@dataclass(frozen=True, eq=False)
class Theil:
    """The Theil T index and what it is made of.

    Attributes
    ----------
    total
        Of all residents; between plus within.
    between, within
        What is due to the means of groups, and to differences inside them.
    by_group
        The part of each group in both, by group.
    """

    total: float
    between: float
    within: float
    by_group: pd.DataFrame

    def __float__(self) -> float:
        """Return the total."""
        return self.total


def theil(access: Amounts, population: Amounts, groups: Any = None) -> Theil:
    """Return the Theil T index, between groups and within them.

    T = Σᵢ pᵢ (aᵢ / μ) ln(aᵢ / μ); between Σ_g s_g ln(s_g / p_g) and within Σ_g s_g T_g, where p_g
    and s_g are the shares that group g has of residents and of access.

    Parameters
    ----------
    access
        Access of each zone's residents, by zone id or as a bare vector.
    population
        Residents of each zone, by the same ids.
    groups
        Group of each zone, such as its town, by the same ids; one group if left out.

    Returns
    -------
    Theil
        Total from 0 (all the same) to the logarithm of the number of residents. Zones without
        access add nothing, as a ln a goes to 0.

    Raises
    ------
    MeasureError
        If zones have no population or group, numbers are negative or missing, or access is 0
        everywhere.

    References
    ----------
    Theil (1967), "Economics and information theory". Shorrocks (1980), "The class of additively
    decomposable inequality measures", Econometrica 48.

    Examples
    --------
    >>> found = theil([1, 1, 4], [100, 100, 100], ["north", "north", "south"])
    >>> round(found.total, 4), round(found.between, 4), round(found.within, 4)
    (0.231, 0.231, 0.0)
    """
    sample = Sample.read(access, population)
    mean = sample.mean_above_zero("the Theil index")
    labels = np.zeros(len(sample.access)) if groups is None else sample.labels("groups", groups)
    which, names = pd.factorize(labels, sort=True)
    held = sample.share * sample.access / mean
    residents = np.bincount(which, sample.share)
    access_share = np.bincount(which, held)
    relative = access_share / residents
    between = access_share * _log(relative)
    # ln(aᵢ / μ) less that of the mean of the group; where there is no access, nothing is added.
    within = np.bincount(which, held * (_log(sample.access / mean) - _log(relative)[which]))
    table = pd.DataFrame({"between": between, "within": within}, index=pd.Index(names))
    total = float(between.sum() + within.sum())
    return Theil(max(total, 0.0), float(between.sum()), float(within.sum()), table)


def concentration_index(
    access: Amounts,
    population: Amounts,
    income: Any,
    *,
    kind: Literal["standard", "corrected"] = "standard",
    bounds: tuple[float, float] | None = None,
) -> float:
    """Return how far access goes with income: below 0 it favours the poor, above 0 the rich.

    Standard: C = 2 Σᵢ pᵢ (aᵢ − μ)(rᵢ − ½) / μ, where rᵢ is the share of residents who are poorer
    than the middle resident of zone i; zones with the same income share their rank. Corrected
    (Erreygers): 4 μ C / (b − a), where access can lie between a and b.

    Parameters
    ----------
    access
        Access of each zone's residents, by zone id or as a bare vector.
    population
        Residents of each zone, by the same ids.
    income
        What zones are ranked by, lowest first, such as income per head, by the same ids.
    kind
        ``"standard"`` or ``"corrected"``.
    bounds
        Corrected: least and most access there can be; the least and most of the zones where
        somebody lives if left out.

    Returns
    -------
    float
        From −1 to 1; 0 where all have the same access.

    Raises
    ------
    MeasureError
        If zones have no population or income, numbers are negative or missing, access is 0
        everywhere (standard), or lies outside ``bounds``.

    References
    ----------
    Wagstaff, Paci and van Doorslaer (1991), "On the measurement of inequalities in health", Social
    Science & Medicine 33. Erreygers (2009), "Correcting the concentration index", Journal of Health
    Economics 28.

    Examples
    --------
    >>> concentration_index([1, 3], [100, 100], income=[900, 500])
    -0.25
    """
    sample = Sample.read(access, population)
    rank = _rank(sample.numbers("income", income), sample.share)
    moment = float(2 * sample.share @ ((sample.access - sample.mean) * (rank - 0.5)))
    if kind == "standard":
        return moment / sample.mean_above_zero("the concentration index")
    if kind != "corrected":
        raise MeasureError(f'kind is {kind!r}; give "standard" or "corrected"')
    least, most = bounds or (float(sample.access.min()), float(sample.access.max()))
    if sample.access.min() < least or sample.access.max() > most:
        raise MeasureError(f"access lies outside bounds {least} to {most}; give wider ones")
    return 4 * moment / (most - least) if most > least else 0.0


def _rank(income: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the share of residents below the middle of each zone, in ascending order of income."""
    _, level = np.unique(income, return_inverse=True)
    mass = np.bincount(level, share)
    return (np.cumsum(mass) - mass / 2)[level]


def _log(ratio: np.ndarray) -> np.ndarray:
    """Return the logarithm, and 0 where there is nothing: it is then multiplied by 0."""
    return np.log(ratio, out=np.zeros(len(ratio)), where=ratio > 0)
