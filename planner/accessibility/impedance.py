"""Impedance: how the weight of a place falls with the minutes it takes to get there.

Each function is a frozen value that checks itself when it is made and turns an array of minutes
into an array of weights from 0 to 1. Exactly at a cut-off counts as within.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from planner.errors import MeasureError

_FEW = 8
"""Up to so many cut-offs are compared one after the other, which is faster than a search."""


class Impedance(ABC):
    """A weight for each number of minutes."""

    @abstractmethod
    def __call__(self, minutes: np.ndarray) -> np.ndarray:
        """Return the weights of an array of minutes, float64 of the same shape."""


@dataclass(frozen=True)
class Step(Impedance):
    """A weight up to each cut-off, 0 beyond the last.

    With one cut-off c: f(t) = 1 if t ≤ c, else 0. With several, c₁ < c₂ < …, and weights
    w₁, w₂, …: f(t) = wₖ for the first cₖ ≥ t, as in the enhanced two-step method.

    Parameters
    ----------
    cutoffs_minutes
        One cut-off, or several in ascending order.
    weights
        A weight of 0 or more for each; 1 if left out.

    Raises
    ------
    MeasureError
        If cut-offs are negative or not ascending, or weights are not as many or negative.

    References
    ----------
    Luo and Qi (2009), "An enhanced two-step floating catchment area (E2SFCA) method for measuring
    spatial accessibility to primary care physicians", Health & Place 15.

    Examples
    --------
    >>> Step((20, 40, 60), weights=(1, 0.68, 0.22))(np.array([0.0, 20, 21, 60, 61])).tolist()
    [1.0, 1.0, 0.68, 0.22, 0.0]
    """

    cutoffs_minutes: float | Sequence[float]
    weights: Sequence[float] = ()

    def __post_init__(self) -> None:
        cutoffs = np.atleast_1d(np.asarray(self.cutoffs_minutes, float))
        weights = np.asarray(self.weights, float) if len(self.weights) else np.ones(len(cutoffs))
        if cutoffs.ndim != 1 or not len(cutoffs) or not (cutoffs >= 0).all():
            raise MeasureError(
                f"cutoffs_minutes is {self.cutoffs_minutes}; give minutes of 0 or more"
            )
        if (np.diff(cutoffs) <= 0).any():
            raise MeasureError(
                f"cutoffs_minutes is {self.cutoffs_minutes}; give them in ascending order"
            )
        if weights.shape != cutoffs.shape:
            raise MeasureError(
                f"there are {len(weights)} weights for {len(cutoffs)} cut-offs; give one for each"
            )
        if not ((weights >= 0) & (weights < np.inf)).all():
            raise MeasureError(f"weights is {self.weights}; give numbers of 0 or more")
        object.__setattr__(self, "cutoffs_minutes", tuple(cutoffs.tolist()))
        object.__setattr__(self, "weights", tuple(weights.tolist()))

    def __call__(self, minutes: np.ndarray) -> np.ndarray:
        """Return the weights of an array of minutes, float64 of the same shape."""
        minutes = np.asarray(minutes)
        # In the type of the minutes: 14.3 as float32 is more than 14.3 as float64.
        kind = minutes.dtype if minutes.dtype.kind == "f" else float
        cutoffs = np.asarray(self.cutoffs_minutes, kind)
        if len(cutoffs) == 1:
            within = (minutes <= cutoffs[0]).astype(float)
            return within if self.weights[0] == 1 else within * self.weights[0]
        if len(cutoffs) > _FEW:
            passed = np.searchsorted(cutoffs, minutes)
        else:
            passed = np.zeros(minutes.shape, np.int8)
            for cutoff in cutoffs:
                passed += minutes > cutoff
        return np.append(self.weights, 0.0)[passed]


@dataclass(frozen=True)
class Linear(Impedance):
    """A weight that falls from 1 in a straight line to 0 at a cut-off: max(1 − t / c, 0).

    Parameters
    ----------
    cutoff_minutes
        c, above 0.

    Raises
    ------
    MeasureError
        If the cut-off is not above 0.

    Examples
    --------
    >>> Linear(20)(np.array([0.0, 5, 30])).tolist()
    [1.0, 0.75, 0.0]
    """

    cutoff_minutes: float

    def __post_init__(self) -> None:
        _above_zero("cutoff_minutes", self.cutoff_minutes)

    def __call__(self, minutes: np.ndarray) -> np.ndarray:
        """Return the weights of an array of minutes, float64 of the same shape."""
        return np.maximum(1 - np.asarray(minutes, float) / self.cutoff_minutes, 0)


@dataclass(frozen=True)
class Exponential(Impedance):
    """A weight that falls by the same share each minute: exp(−β t).

    Parameters
    ----------
    rate
        β per minute, above 0.

    Raises
    ------
    MeasureError
        If the rate is not above 0.

    References
    ----------
    Wilson (1971), "A family of spatial interaction models, and associated developments",
    Environment and Planning 3.

    Examples
    --------
    >>> Exponential(0.1)(np.array([0.0, 10])).round(4).tolist()
    [1.0, 0.3679]
    """

    rate: float

    def __post_init__(self) -> None:
        _above_zero("rate", self.rate)

    def __call__(self, minutes: np.ndarray) -> np.ndarray:
        """Return the weights of an array of minutes, float64 of the same shape."""
        return np.exp(-self.rate * np.asarray(minutes, float))


@dataclass(frozen=True)
class Power(Impedance):
    """A weight that falls as an inverse power: (max(t, t₀) / t₀)^−β, so 1 up to t₀ minutes.

    Parameters
    ----------
    exponent
        β, above 0.
    least_minutes
        t₀, above 0: nearer places weigh no more, as a power of 0 minutes would be infinite.

    Raises
    ------
    MeasureError
        If a parameter is not above 0.

    References
    ----------
    Hansen (1959), "How accessibility shapes land use", Journal of the American Institute of
    Planners 25.

    Examples
    --------
    >>> Power(1)(np.array([0.0, 1, 40])).tolist()
    [1.0, 1.0, 0.025]
    """

    exponent: float
    least_minutes: float = 1.0

    def __post_init__(self) -> None:
        _above_zero("exponent", self.exponent)
        _above_zero("least_minutes", self.least_minutes)

    def __call__(self, minutes: np.ndarray) -> np.ndarray:
        """Return the weights of an array of minutes, float64 of the same shape."""
        least = self.least_minutes
        return (np.maximum(np.asarray(minutes, float), least) / least) ** -self.exponent


@dataclass(frozen=True)
class Logistic(Impedance):
    """A weight that falls along a logistic curve, scaled to 1 at 0 minutes.

    f(t) = (1 + exp(−m π / (s √3))) / (1 + exp((t − m) π / (s √3))).

    Parameters
    ----------
    median_minutes
        m, where the curve turns, above 0.
    sd_minutes
        s, the standard deviation of the curve, above 0: small is a cut-off, large a long slope.

    Raises
    ------
    MeasureError
        If a parameter is not above 0.

    References
    ----------
    Bauer and Groneberg (2016), "Measuring spatial accessibility of health care providers:
    introduction of a variable distance decay function within the floating catchment area (FCA)
    method", PLOS ONE 11.

    Examples
    --------
    >>> Logistic(30, 10)(np.array([0.0, 30])).round(4).tolist()
    [1.0, 0.5022]
    """

    median_minutes: float
    sd_minutes: float

    def __post_init__(self) -> None:
        _above_zero("median_minutes", self.median_minutes)
        _above_zero("sd_minutes", self.sd_minutes)

    def __call__(self, minutes: np.ndarray) -> np.ndarray:
        """Return the weights of an array of minutes, float64 of the same shape."""
        slope = np.pi / (self.sd_minutes * np.sqrt(3))
        at_zero = expit(slope * self.median_minutes)
        return expit(slope * (self.median_minutes - np.asarray(minutes, float))) / at_zero


@dataclass(frozen=True)
class Gaussian(Impedance):
    """A weight that falls along a bell curve: exp(−t² / (2 σ²)).

    Parameters
    ----------
    sigma_minutes
        σ, above 0.

    Raises
    ------
    MeasureError
        If σ is not above 0.

    References
    ----------
    Wan, Zou and Sternberg (2012), "A three-step floating catchment area method for analyzing
    spatial access to health services", International Journal of Geographical Information
    Science 26.

    Examples
    --------
    >>> Gaussian(20)(np.array([0.0, 20])).round(4).tolist()
    [1.0, 0.6065]
    """

    sigma_minutes: float

    def __post_init__(self) -> None:
        _above_zero("sigma_minutes", self.sigma_minutes)

    def __call__(self, minutes: np.ndarray) -> np.ndarray:
        """Return the weights of an array of minutes, float64 of the same shape."""
        return np.exp(-0.5 * (np.asarray(minutes, float) / self.sigma_minutes) ** 2)


@dataclass(frozen=True)
class DaiGaussian(Impedance):
    """A bell curve that is 0 at a cut-off and beyond.

    f(t) = (exp(−½ (t / c)²) − exp(−½)) / (1 − exp(−½)) for t ≤ c, else 0.

    Parameters
    ----------
    cutoff_minutes
        c, above 0.

    Raises
    ------
    MeasureError
        If the cut-off is not above 0.

    References
    ----------
    Dai (2010), "Black residential segregation, disparities in spatial access to health care
    facilities, and late-stage breast cancer diagnosis in metropolitan Detroit", Health & Place 16.

    Examples
    --------
    >>> DaiGaussian(30)(np.array([0.0, 15, 30, 31])).round(4).tolist()
    [1.0, 0.7014, 0.0, 0.0]
    """

    cutoff_minutes: float

    def __post_init__(self) -> None:
        _above_zero("cutoff_minutes", self.cutoff_minutes)

    def __call__(self, minutes: np.ndarray) -> np.ndarray:
        """Return the weights of an array of minutes, float64 of the same shape."""
        edge = np.exp(-0.5)
        bell = np.exp(-0.5 * (np.asarray(minutes, float) / self.cutoff_minutes) ** 2)
        return np.maximum(bell - edge, 0) / (1 - edge)


def _above_zero(name: str, value: float) -> None:
    if not 0 < value < np.inf:
        raise MeasureError(f"{name} is {value}; give a number above 0")
