"""Equity indices: single cases by hand, alignment, bad input, bootstrap intervals."""

from __future__ import annotations

import doctest
import importlib

import numpy as np
import pandas as pd
import pytest

from planner import equity
from planner.errors import MeasureError

ZONES = pd.Index(["a", "b", "c"])
ACCESS = pd.Series([1.0, 2.0, 6.0], ZONES)
PEOPLE = pd.Series([100, 200, 100], ZONES)
INCOME = pd.Series([30.0, 20.0, 10.0], ZONES)
URBAN = pd.Series([False, True, True], ZONES)

ALL = {
    "gini": lambda access, people: equity.gini(access, people),
    "lorenz": lambda access, people: equity.lorenz_curve(access, people),
    "theil": lambda access, people: equity.theil(access, people),
    "theil by group": lambda access, people: equity.theil(access, people, INCOME),
    "concentration": lambda access, people: equity.concentration_index(access, people, INCOME),
    "palma": lambda access, people: equity.palma_ratio(access, people, INCOME, zones="split"),
    "urban to rural": lambda access, people: equity.urban_rural_ratio(access, people, URBAN),
    "fgt": lambda access, people: equity.fgt(access, people, 3.0),
}


def test_by_hand():
    # 1 to 100 people, 2 to 200, 6 to 100: mean 2.75, pairs differ by 1 (¼·½), 5 (¼·¼), 4 (½·¼).
    difference = 2 * (1 / 8 * 1 + 1 / 16 * 5 + 1 / 8 * 4)
    assert equity.gini(ACCESS, PEOPLE) == pytest.approx(difference / (2 * 2.75))
    parts = [0.25 * 1 * np.log(1 / 2.75), 0.5 * 2 * np.log(2 / 2.75), 0.25 * 6 * np.log(6 / 2.75)]
    assert equity.theil(ACCESS, PEOPLE).total == pytest.approx(sum(parts) / 2.75)
    assert equity.urban_rural_ratio(ACCESS, PEOPLE, URBAN) == pytest.approx((10 / 3) / 1)
    # Poorest 40 % by income: all of c (25 %), then 15 % of b; richest 10 % are of a.
    split = equity.palma_ratio(ACCESS, PEOPLE, INCOME, zones="split")
    assert split == pytest.approx(1 / ((0.25 * 6 + 0.15 * 2) / 0.4))
    # Ranks 7/8, 1/2, 1/8 of a, b, c.
    concentration = 2 / 2.75 * (0.25 * (1 - 2.75) * 3 / 8 + 0.25 * (6 - 2.75) * -3 / 8)
    assert equity.concentration_index(ACCESS, PEOPLE, INCOME) == pytest.approx(concentration)
    corrected = equity.concentration_index(ACCESS, PEOPLE, INCOME, kind="corrected")
    assert corrected == pytest.approx(4 * 2.75 * concentration / 5)
    wide = equity.concentration_index(ACCESS, PEOPLE, INCOME, kind="corrected", bounds=(0, 10))
    assert wide == pytest.approx(4 * 2.75 * concentration / 10)


def test_palma_of_whole_zones_takes_quantiles_over_residents():
    # Ten residents; the fifth and the sixth straddle the 50 % quantile, which lies between them.
    access, people, income = [1.0, 4.0, 9.0], [5, 4, 1], [10, 20, 30]
    assert equity.palma_ratio(access, people, income, poorest=0.5) == 9
    assert equity.palma_ratio(access, people, income, poorest=0.6) == 9 / (21 / 9)
    with pytest.raises(MeasureError, match="no zone is among the richest"):
        equity.palma_ratio([1.0, 4.0], [50, 50], [10, 20])


def test_ids_are_aligned_in_any_order_and_more_people_than_zones_are_left_out():
    mixed = pd.Series([100, 1e9, 200, 100], ["c", "elsewhere", "b", "a"])
    for measure in (equity.gini, equity.lorenz_curve, lambda a, p: equity.fgt(a, p, 3)):
        np.testing.assert_array_equal(measure(ACCESS, mixed), measure(ACCESS, PEOPLE))


def test_the_lorenz_curve_runs_from_nothing_to_all():
    curve = equity.lorenz_curve(ACCESS, PEOPLE)
    assert curve.iloc[0].tolist() == [0, 0]
    assert curve.iloc[-1].tolist() == pytest.approx([1, 1])
    assert (curve["access_share"] <= curve["residents_share"] + 1e-12).all()


@pytest.mark.parametrize("index", ["gini", "theil", "concentration"])
def test_a_single_person_or_the_same_for_all_is_no_inequality(index):
    one = pd.Series([5.0], ["a"])
    assert float(ALL[index](one, pd.Series([1], ["a"]))) == pytest.approx(0, abs=1e-15)
    assert float(ALL[index](ACCESS * 0 + 5, PEOPLE)) == pytest.approx(0, abs=1e-12)
    flat = equity.concentration_index(ACCESS * 0 + 5, PEOPLE, INCOME, kind="corrected")
    assert flat == 0


def test_a_single_person_in_the_other_indices():
    assert equity.palma_ratio([5.0], [1], zones="split") == 1
    assert equity.fgt([5.0], [1], 10, 1) == 0.5
    with pytest.raises(MeasureError, match="nobody lives in a zone that is rural"):
        equity.urban_rural_ratio([5.0], [1], [True])


@pytest.mark.parametrize("index", ALL)
def test_access_0_everywhere_is_refused_where_shares_are_compared(index):
    nothing = ACCESS * 0
    if index == "fgt":
        assert ALL[index](nothing, PEOPLE) == 1
        return
    with pytest.raises(MeasureError, match=r"access is 0 everywhere|nothing to compare"):
        ALL[index](nothing, PEOPLE)


def test_groups_without_access_add_nothing_and_a_ratio_to_nothing_is_infinite():
    found = equity.theil([0.0, 0.0, 4.0], [10, 10, 20], ["x", "x", "y"])
    assert found.total == pytest.approx(np.log(2))
    assert found.within == 0
    assert equity.urban_rural_ratio([0.0, 3.0], [1, 1], [False, True]) == np.inf
    assert equity.palma_ratio([0.0, 3.0], [50, 50], zones="split") == np.inf


@pytest.mark.parametrize("index", ALL)
@pytest.mark.parametrize(
    ("access", "people", "problem"),
    [
        (ACCESS, PEOPLE.drop("b"), "population has nothing for b"),
        (ACCESS, PEOPLE.rename(str.upper), "population has nothing for a and 2 others"),
        (ACCESS, PEOPLE.to_numpy(), "population is a bare vector"),
        (ACCESS.replace(2.0, np.nan), PEOPLE, "access of b is nan"),
        (ACCESS.replace(2.0, np.inf), PEOPLE, "access of b is inf"),
        (-ACCESS, PEOPLE, "access of a is -1.0"),
        (ACCESS, -PEOPLE, "population of a is -100"),
        (ACCESS, PEOPLE.astype(float).replace(100.0, np.nan), "population of a is nan"),
        (ACCESS, PEOPLE * 0, "population is 0 everywhere"),
    ],
)
def test_bad_input_is_named(index, access, people, problem):
    with pytest.raises(MeasureError, match=problem):
        ALL[index](access, people)


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (
            lambda: equity.concentration_index(ACCESS, PEOPLE, INCOME.replace(20.0, np.nan)),
            "income of b is missing",
        ),
        (
            lambda: equity.concentration_index(ACCESS, PEOPLE, INCOME.drop("a")),
            "income has nothing",
        ),
        (lambda: equity.concentration_index(ACCESS, PEOPLE, INCOME * np.inf), "is infinite"),
        (lambda: equity.concentration_index(ACCESS, PEOPLE, INCOME, kind="x"), "kind is 'x'"),
        (
            lambda: equity.concentration_index(
                ACCESS, PEOPLE, INCOME, kind="corrected", bounds=(2, 9)
            ),
            "access lies outside bounds 2 to 9",
        ),
        (lambda: equity.theil(ACCESS, PEOPLE, ["x", "y", "z"]), "groups is a bare vector"),
        (lambda: equity.palma_ratio(ACCESS, PEOPLE, poorest=0), "poorest, richest are 0"),
        (lambda: equity.palma_ratio(ACCESS, PEOPLE, zones="x"), "zones is 'x'"),
        (lambda: equity.urban_rural_ratio(ACCESS, PEOPLE, INCOME), "other values than true"),
        (lambda: equity.fgt(ACCESS, PEOPLE, 0), "threshold is 0"),
        (lambda: equity.fgt(ACCESS, PEOPLE, 3, -1), "order is -1"),
        (lambda: equity.bootstrap(equity.gini, ACCESS, PEOPLE, level=1), "level is 1"),
        (lambda: equity.bootstrap(equity.gini, ACCESS, PEOPLE, replicates=0), "replicates 0"),
        (lambda: equity.bootstrap(equity.gini, ACCESS * 0, PEOPLE), "access is 0 everywhere"),
    ],
)
def test_a_parameter_out_of_range_is_named(call, problem):
    with pytest.raises(MeasureError, match=problem):
        call()


def cities(count=400, seed=5):
    rng = np.random.default_rng(seed)
    zones = pd.Index([f"z{i}" for i in range(count)])
    access = pd.Series(rng.lognormal(0, 0.5, count), zones)
    return access, pd.Series(rng.integers(50, 150, count), zones)


def test_a_bootstrap_interval_is_the_same_for_a_seed_and_holds_the_truth():
    access, people = cities()
    found = equity.bootstrap(equity.gini, access, people, replicates=300, seed=1)
    again = equity.bootstrap(equity.gini, access, people, replicates=300, seed=1)
    assert found == again
    assert found != equity.bootstrap(equity.gini, access, people, replicates=300, seed=2)
    # Gini index of a lognormal with σ = 0.5: 2 Φ(σ / √2) − 1.
    assert found.lower < 0.2763 < found.upper
    assert found.estimate == equity.gini(access, people)
    assert found.undefined == 0


def test_fewer_zones_and_a_higher_level_give_a_wider_interval():
    def width(count, level=0.95):
        found = equity.bootstrap(equity.gini, *cities(count), replicates=300, level=level)
        return found.upper - found.lower

    assert width(50) > width(400)
    assert width(400, 0.99) > width(400, 0.8)


def test_a_bootstrap_passes_on_arguments_and_counts_samples_without_an_answer():
    access = pd.Series([1.0, 2.0, 3.0, 4.0], list("abcd"))
    people = pd.Series([10, 10, 10, 0], list("abcd"))
    urban = pd.Series([True, False, True, False], list("abcd"))
    found = equity.bootstrap(equity.urban_rural_ratio, access, people, urban, replicates=200)
    assert found.estimate == 1
    # Three zones are drawn; the only rural one is missing, or alone, in about a third.
    assert 40 < found.undefined < 110
    groups = pd.Series(list("xxyy"), list("abcd"))
    assert equity.bootstrap(equity.theil, access, people, groups=groups, replicates=20).lower >= 0


@pytest.mark.parametrize("name", ["inequality", "gaps", "intervals"])
def test_the_examples_in_the_documentation_run(name):
    module = importlib.import_module(f"planner.equity.{name}")
    ran = doctest.testmod(module)
    assert ran.attempted
    assert not ran.failed
