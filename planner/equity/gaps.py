"""Who is left behind: Palma ratio, urban–rural ratio, insufficiency against a threshold."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from planner.accessibility.inputs import Amounts
from planner.equity.sample import Sample
from planner.errors import MeasureError


def palma_ratio(
    access: Amounts,
    population: Amounts,
    income: Any = None,
    *,
    poorest: float = 0.4,
    richest: float = 0.1,
    zones: Literal["whole", "split"] = "whole",
    thresholds: tuple[float, float] | None = None,
) -> float:
    """Return the mean access of the richest 10 % over that of the poorest 40 %.

    Parameters
    ----------
    access
        Access of each zone's residents, by zone id or as a bare vector.
    population
        Residents of each zone, by the same ids.
    income
        What residents are ranked by, such as income per head, by the same ids; access itself if
        left out.
    poorest, richest
        Shares of residents.
    zones
        ``"whole"``: a zone belongs to the poorest if its income is at most the 40 % quantile of
        residents' income, to the richest if it is above the 90 % quantile (Hyndman and Fan's type 7
        over residents). ``"split"``: a zone across a border is shared out, so that the groups are
        exactly 40 % and 10 %.
    thresholds
        Whole zones: the two incomes, if they are known from elsewhere, such as a whole province.

    Returns
    -------
    float
        Above 1 the rich reach more; infinite where the poorest reach nothing and the richest do.

    Raises
    ------
    MeasureError
        If zones have no population or income, numbers are negative or missing, a group is empty, or
        neither group has access.

    References
    ----------
    Palma (2011), "Homogeneous middles vs. heterogeneous tails, and the end of the 'inverted-U'",
    Development and Change 42. Liu, Kwan and Kan (2021), "Inter-urban inequality in transit
    accessibility to jobs", on its use for access.

    Examples
    --------
    >>> round(palma_ratio([1, 2, 3], [400, 500, 100], income=[10, 20, 30]), 4)
    3.0
    """
    sample = Sample.read(access, population)
    level = sample.access if income is None else sample.numbers("income", income)
    if not (0 < poorest < 1 and 0 < richest < 1):
        raise MeasureError(f"poorest, richest are {poorest}, {richest}; give shares from 0 to 1")
    if zones == "split":
        poor = _filled(sample, level, poorest)
        rich = _filled(sample, -level, richest)
    elif zones == "whole":
        low, high = thresholds or (
            _quantile(level, sample.population, share) for share in (poorest, 1 - richest)
        )
        poor = np.where(level <= low, sample.share, 0)
        rich = np.where(level > high, sample.share, 0)
    else:
        raise MeasureError(f'zones is {zones!r}; give "whole" or "split"')
    for name, group in (("poorest", poor), ("richest", rich)):
        if not group.any():
            raise MeasureError(
                f'no zone is among the {name}: zones hold too many residents; give zones="split" '
                "or thresholds"
            )
    return _ratio(sample.access, rich, poor, "neither the richest nor the poorest have access")


def urban_rural_ratio(access: Amounts, population: Amounts, urban: Any) -> float:
    """Return the mean access of urban residents over that of rural ones.

    Parameters
    ----------
    access
        Access of each zone's residents, by zone id or as a bare vector.
    population
        Residents of each zone, by the same ids.
    urban
        Whether each zone is urban, bool, by the same ids.

    Returns
    -------
    float
        Above 1 the city reaches more; infinite where the countryside reaches nothing.

    Raises
    ------
    MeasureError
        If zones have no population or kind, numbers are negative or missing, nobody lives in one of
        the two kinds, or neither has access.

    Examples
    --------
    >>> urban_rural_ratio([6, 2, 4], [100, 100, 100], [True, False, False])
    2.0
    """
    sample = Sample.read(access, population)
    kind = sample.labels("urban", urban)
    if not np.isin(kind, (0, 1)).all():
        raise MeasureError("urban holds other values than true and false; compare kinds with it")
    inside = kind.astype(bool)
    for name, some in (("urban", inside), ("rural", ~inside)):
        if not some.any():
            raise MeasureError(
                f"nobody lives in a zone that is {name}; there is nothing to compare"
            )
    city, country = (np.where(some, sample.share, 0) for some in (inside, ~inside))
    return _ratio(sample.access, city, country, "neither urban nor rural residents have access")


def fgt(access: Amounts, population: Amounts, threshold: float, order: float = 0) -> float:
    """Return the Foster–Greer–Thorbecke index of access that is insufficient.

    F_k = Σᵢ pᵢ ((z − aᵢ) / z)^k over the zones with aᵢ < z. Order 0: the share of residents with
    less than the threshold z; 1: how much they lack on average; 2: the same with weight on those
    who lack most.

    Parameters
    ----------
    access
        Access of each zone's residents, by zone id or as a bare vector.
    population
        Residents of each zone, by the same ids.
    threshold
        z, what is enough, in the unit of access, above 0; exactly z is enough.
    order
        k: 0, 1, 2 or another number of 0 or more.

    Returns
    -------
    float
        From 0 (all have enough) to 1 (nobody has any).

    Raises
    ------
    MeasureError
        If zones have no population, numbers are negative or missing, the threshold is not above 0
        or the order below 0.

    References
    ----------
    Foster, Greer and Thorbecke (1984), "A class of decomposable poverty measures", Econometrica 52.

    Examples
    --------
    >>> [fgt([0, 5, 20], [100, 200, 100], threshold=10, order=k) for k in (0, 1, 2)]
    [0.75, 0.5, 0.375]
    """
    for name, value, fits in (
        ("threshold", threshold, 0 < threshold < np.inf),
        ("order", order, 0 <= order < np.inf),
    ):
        if not fits:
            raise MeasureError(
                f"{name} is {value}; give a number of 0 or more, a threshold above 0"
            )
    sample = Sample.read(access, population)
    short = sample.access < threshold
    lack = (threshold - sample.access[short]) / threshold
    return float(sample.share[short] @ lack**order)


def _quantile(level: np.ndarray, people: np.ndarray, share: float) -> float:
    """Return a quantile over residents (type 7): between the two residents who stand next to it."""
    order = np.argsort(level, kind="stable")
    stand = np.cumsum(people[order])
    place = 1 + (stand[-1] - 1) * share
    low = max(np.floor(place), 1.0)
    ends = np.searchsorted(stand, [low, min(low + 1, stand[-1])])
    below, above = level[order][np.minimum(ends, len(level) - 1)]
    part = place % 1
    return float((1 - part) * below + part * above) if above > below else float(below)


def _filled(sample: Sample, level: np.ndarray, share: float) -> np.ndarray:
    """Return the share of residents of each zone that belongs to the lowest, zones split."""
    _, rank = np.unique(level, return_inverse=True)
    mass = np.bincount(rank, sample.share)
    before = np.cumsum(mass) - mass
    taken = np.clip((share - before) / mass, 0, 1)
    return sample.share * taken[rank]


def _ratio(access: np.ndarray, some: np.ndarray, others: np.ndarray, nothing: str) -> float:
    """Return the mean access of some residents over that of others."""
    upper, lower = (float(group @ access / group.sum()) for group in (some, others))
    if lower > 0:
        return upper / lower
    if upper > 0:
        return float("inf")
    raise MeasureError(f"{nothing}; there is nothing to compare")
