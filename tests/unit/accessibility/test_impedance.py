"""Impedance functions: values at known points, limits, what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

from planner.accessibility import (
    DaiGaussian,
    Exponential,
    Gaussian,
    Linear,
    Logistic,
    Power,
    Step,
)
from planner.errors import MeasureError

MINUTES = np.array([0.0, 0.5, 1.0, 10.0, 20.0, 30.0, 60.0, 1e6])
EACH = (
    Step(20),
    Step((20, 40, 60), (1, 0.68, 0.22)),
    Linear(30),
    Exponential(0.1),
    Power(1.5),
    Logistic(30, 10),
    Gaussian(20),
    DaiGaussian(30),
)


@pytest.mark.parametrize("impedance", EACH, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64])
def test_weights_start_at_1_never_rise_and_stay_within_0_and_1(impedance, kind):
    minutes = MINUTES[MINUTES % 1 == 0].astype(kind)
    weights = impedance(minutes)
    assert weights.dtype == np.float64
    assert weights[0] == 1
    assert (np.diff(weights) <= 0).all()
    assert weights[-1] == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize(
    ("impedance", "minutes", "weight"),
    [
        (Step(20), 20, 1),
        (Step(20), 20.001, 0),
        (Step(0), 0, 1),
        (Step((20, 40), (1, 0.5)), 20.001, 0.5),
        (Linear(30), 12, 1 - 12 / 30),
        (Exponential(0.1), 7, math.exp(-0.7)),
        (Power(2), 4, 1 / 16),
        (Power(2, least_minutes=2), 4, 1 / 4),
        (Power(2, least_minutes=2), 1, 1),
        (Logistic(30, 10), 30, (1 + math.exp(-30 * math.pi / (10 * 3**0.5))) / 2),
        (Gaussian(20), 30, math.exp(-900 / 800)),
        (DaiGaussian(30), 15, (math.exp(-1 / 8) - math.exp(-1 / 2)) / (1 - math.exp(-1 / 2))),
        (DaiGaussian(30), 30.001, 0),
    ],
)
def test_formula(impedance, minutes, weight):
    assert impedance(np.array([minutes]))[0] == pytest.approx(weight, rel=1e-14)


def test_exactly_at_a_cut_off_counts_as_within_in_single_precision_too():
    minutes = np.array([14.3, 28.6], np.float32)
    assert Step(14.3)(minutes).tolist() == [1, 0]
    assert Step((14.3, 28.6), (1, 0.5))(minutes).tolist() == [1, 0.5]


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Step(-1), "cutoffs_minutes is -1"),
        (lambda: Step(float("nan")), "cutoffs_minutes is nan"),
        (lambda: Step(()), "cutoffs_minutes"),
        (lambda: Step((20, 10)), "ascending"),
        (lambda: Step((10, 20), (1,)), "1 weights for 2 cut-offs"),
        (lambda: Step((10, 20), (1, -0.5)), "weights"),
        (lambda: Linear(0), "cutoff_minutes is 0"),
        (lambda: Exponential(-0.1), "rate is -0.1"),
        (lambda: Power(0), "exponent is 0"),
        (lambda: Power(1, least_minutes=0), "least_minutes is 0"),
        (lambda: Logistic(30, 0), "sd_minutes is 0"),
        (lambda: Logistic(0, 1), "median_minutes is 0"),
        (lambda: Gaussian(float("nan")), "sigma_minutes is nan"),
        (lambda: DaiGaussian(float("inf")), "cutoff_minutes is inf"),
    ],
)
def test_a_parameter_out_of_range_is_named(make, problem):
    with pytest.raises(MeasureError, match=problem):
        make()


def test_equal_parameters_make_equal_functions():
    assert Step(20) == Step((20,), (1,))
    assert hash(Gaussian(20)) == hash(Gaussian(20))
