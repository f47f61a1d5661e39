"""Accessibility against published results, PySAL ``access``, and plain loops over dense lists."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from planner import accessibility as acc
from tests import naive_access as naive

# PySAL access, the hospital example of its tests (BSD-3): three places, residents and doctors.
RESIDENTS, DOCTORS = [100, 50, 10], [15, 20, 100]
COSTS = csr_array([[1.0, 40, 20], [40, 1, 20], [20, 20, 1]])


@pytest.mark.parametrize(
    ("found", "published"),
    [
        (
            lambda: acc.two_step_fca(COSTS, DOCTORS, RESIDENTS, acc.Power(1), catchment_minutes=61),
            [0.442568, 0.666758, 5.740525],
        ),
        (
            lambda: acc.three_step_fca(
                COSTS, DOCTORS, RESIDENTS, acc.Power(1), catchment_minutes=61
            ),
            [0.174802, 0.424036, 9.631801],
        ),
        (
            lambda: acc.raam(COSTS, DOCTORS, RESIDENTS, tau_minutes=60),
            [1.253273, 1.245529, 0.936354],
        ),
        (
            lambda: acc.catchment_ratio(COSTS, COSTS, DOCTORS, RESIDENTS, 30),
            [1.045455, 2.0, 0.84375],
        ),
        (
            lambda: acc.two_step_fca(COSTS, DOCTORS, RESIDENTS, 30),
            [0.761364, 0.958333, 1.094697],
        ),
        (
            lambda: acc.two_step_fca(
                COSTS, DOCTORS, RESIDENTS, acc.Step((20, 40, 60), (1, 0.68, 0.22))
            ),
            [0.835417, 0.852083, 0.885417],
        ),
    ],
    ids=["2SFCA", "3SFCA", "RAAM", "catchment ratio", "2SFCA within 30", "E2SFCA"],
)
def test_hospitals_as_published(found, published):
    np.testing.assert_allclose(found(), published, rtol=0, atol=5.1e-7)


def test_spatial_availability_as_published():
    # Soukhov, Páez, Higgins and Mohamed (2023), the introductory example: whole jobs.
    minutes = pd.DataFrame([[15.0, 30, 100], [30, 15, 100], [100, 100, 15]], list("ABC"), [1, 2, 3])
    people = pd.Series({"A": 50_000, "B": 150_000, "C": 10_000})
    jobs = pd.Series({1: 100_000, 2: 100_000, 3: 10_000})
    found = acc.spatial_availability(minutes, jobs, people, acc.Exponential(0.1))
    assert found.round().to_dict() == {"A": 66_833, "B": 133_203, "C": 9_963}
    assert found.sum() == pytest.approx(210_000, rel=1e-12)


# Twelve zones and six halls, minutes and amounts by a rule; a third of the pairs out of reach.
# What PySAL access 1.1.10.post3 (pandas 3.1.1, numpy 2.4.6) finds, to twelve digits.
ROW, COLUMN = np.arange(12)[:, None], np.arange(6)[None]
RULE = (1 + (7 * ROW**2 + 13 * COLUMN**2 + 5 * ROW * COLUMN + 3 * ROW) % 60).astype(float)
RULE[(ROW + COLUMN) % 4 == 3] = np.nan
NEAR = ((11 * (ROW - np.arange(12)[None]) ** 2) % 60).astype(float)
PEOPLE = 100 + (37 * np.arange(12) ** 2) % 900
PLACES = 1 + (11 * np.arange(6) ** 2) % 17
BY_PYSAL = {
    "2SFCA within 30": (
        lambda: acc.two_step_fca(RULE, PLACES, PEOPLE, 30),
        """0.0596364242781 0.0621718511284 0.00796178343949 0.0 0.00357715629652 0.0141855881945
        0.00480349344978 0.00758320158043 0.0102298500389 0.0161678481593 0.000797448165869
        0.0127652768893""",
    ),
    "2SFCA, Gaussian": (
        lambda: acc.two_step_fca(RULE, PLACES, PEOPLE, acc.Gaussian(20)),
        """0.0272815181308 0.0194834243581 0.0125346630336 0.00524536041963 0.0091849553316
        0.0125432990842 0.00364217976203 0.00860705384918 0.015199719688 0.0176728545505
        0.00317771609123 0.0108327166183""",
    ),
    "E2SFCA": (
        lambda: acc.two_step_fca(RULE, PLACES, PEOPLE, acc.Step((10, 20, 30), (1, 0.68, 0.22))),
        """0.0865277487274 0.0342540318052 0.0163473484601 0.0 0.00404655777226 0.00973102049403
        0.00217434275549 0.0105747326341 0.0180008240357 0.0212757164144 0.000614739278224
        0.0057707594167""",
    ),
    "3SFCA": (
        lambda: acc.three_step_fca(RULE, PLACES, PEOPLE, acc.Gaussian(20)),
        """0.050551085901 0.0151355464952 0.0191666643168 0.00953551584232 0.0062645872249
        0.00755195569917 0.00454424628049 0.0095393865689 0.0147964494284 0.0145883000442
        0.00182182494844 0.00939056661087""",
    ),
    "RAAM, tau 60": (
        lambda: acc.raam(RULE, PLACES, PEOPLE),
        """1.03745853166 1.28769289161 1.043718448 1.48745853166 1.43761786013 1.39374347118
        1.39430851134 1.12764184467 1.09381619852 1.12705178134 1.63648499928 1.39394734668""",
    ),
    "RAAM, tau 15": (
        lambda: acc.raam(RULE, PLACES, PEOPLE, tau_minutes=15),
        """1.4138251839 2.22482330881 1.08025385836 3.2138251839 2.82515607687 2.47840669263
        2.48038498354 1.41371831688 1.27826337805 1.41358719169 3.23225155056 2.48029653779""",
    ),
    "catchment ratio within 30": (
        lambda: acc.catchment_ratio(RULE, NEAR, PLACES, PEOPLE, 30),
        """0.016973125884 0.0218878248974 0.018337408313 0.0 0.004 0.0170496664196 0.0142857142857
        0.011424219345 0.0152801358234 0.0205533596838 0.000597371565114 0.018387553041""",
    ),
    "gravity within 40": (
        lambda: acc.gravity(np.where(RULE <= 40, RULE, np.nan), PLACES, acc.Power(1)),
        """2.25236832133 5.1568761074 7.52857142857 0.314285714286 1.21308677098 1.11150405658
        0.510518934081 1.73142857143 9.30526315789 3.24720496894 0.485645933014 1.13043478261""",
    ),
}


@pytest.mark.parametrize("case", BY_PYSAL)
def test_equal_to_pysal_access(case):
    found, reference = BY_PYSAL[case]
    np.testing.assert_allclose(found(), [float(x) for x in reference.split()], rtol=1e-11)


def random_case(seed, whole=False):
    rng = np.random.default_rng(seed)
    minutes = rng.uniform(1, 60, (40, 9))
    if whole:
        minutes = np.ceil(minutes)
    minutes[rng.random(minutes.shape) < 0.4] = np.nan
    lists = [[None if np.isnan(t) else float(t) for t in row] for row in minutes]
    supply, demand = rng.integers(1, 30, 9), rng.integers(1, 4000, 40)
    return minutes, supply, demand, lists


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("measure", "loops"),
    [
        (acc.two_step_fca, naive.two_step),
        (acc.modified_two_step_fca, lambda *given: naive.two_step(*given, power=2)),
        (acc.three_step_fca, naive.three_step),
        (acc.balanced_fca, naive.balanced),
        (acc.spatial_availability, naive.availability),
    ],
    ids=["2SFCA", "M2SFCA", "3SFCA", "BFCA", "spatial availability"],
)
@pytest.mark.parametrize(
    ("impedance", "decay"),
    [
        (acc.Gaussian(20), lambda t: math.exp(-t * t / 800)),
        (25, lambda t: float(t <= 25)),
        (acc.Linear(40), lambda t: max(1 - t / 40, 0)),
    ],
    ids=["Gaussian", "step", "linear"],
)
def test_equal_to_the_papers_formulas_in_plain_loops(measure, loops, impedance, decay, seed):
    minutes, supply, demand, lists = random_case(seed)
    found = measure(minutes, supply, demand, impedance)
    want = loops(lists, supply.tolist(), demand.tolist(), decay)
    np.testing.assert_allclose(found, want, rtol=1e-12)


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_raam_is_equal_to_the_published_schedule_in_plain_loops(seed, whole):
    minutes, supply, demand, lists = random_case(seed, whole)
    for tau in (60, 10):
        found = acc.raam(minutes, supply, demand, tau_minutes=tau)
        want = naive.rational(lists, supply.tolist(), demand.tolist(), tau)
        np.testing.assert_allclose(found, want, rtol=1e-12)


def test_delamaters_argument_that_supply_far_from_all_is_partly_lost():
    # Two zones of 100 residents and 10 beds each; in the second system both are twice as far.
    near, far = (acc.Exponential(0.1)(np.array([t]))[0] for t in (5.0, 10.0))
    for minutes in (5.0, 10.0):
        for zone in acc.two_step_fca(
            [[minutes], [minutes]], [20], [100, 100], acc.Exponential(0.1)
        ):
            assert zone == pytest.approx(0.1, rel=1e-12)
    lost = [
        acc.modified_two_step_fca([[t], [t]], [20], [100, 100], acc.Exponential(0.1))[0]
        for t in (5.0, 10.0)
    ]
    assert lost == pytest.approx([0.1 * near, 0.1 * far], rel=1e-12)


def test_balanced_fca_by_hand():
    # Zone 1 (100) reaches both halls at weight 1, zone 2 (100) the second: 50 go to the first,
    # 150 to the second. Levels 5/50 and 15/150; the second's is shared by two zones.
    found = acc.balanced_fca(csr_array([[1.0, 1.0], [0, 1.0]]), [5, 15], [100, 100], 10)
    np.testing.assert_allclose(found, [0.1 + 0.1 / 2, 0.1 / 2], rtol=1e-12)
