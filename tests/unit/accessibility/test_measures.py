"""Measures of accessibility: forms of input, alignment by id, stored zeros, bad input."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array, csr_array, csr_matrix

from planner import accessibility as acc
from planner.accessibility import inputs
from planner.errors import MeasureError, PlanError
from planner.travel import TravelTimes

ZONES = pd.Index(["z1", "z2", "z3"])
HALLS = pd.Index(["h1", "h2"])
SUPPLY = pd.Series({"h2": 6.0, "h1": 2.0})
DEMAND = pd.Series({"z3": 50.0, "z1": 100.0, "z2": 0.0})


def sparse():
    """Zone 1 stands at hall 1; zone 2 reaches both; zone 3 reaches nothing."""
    return csr_array(([0.0, 12.0, 5.0, 20.0], [0, 1, 0, 1], [0, 2, 4, 4]), shape=(3, 2))


def travel():
    snaps = np.zeros(3), np.zeros(2)
    return TravelTimes(sparse().astype(np.float32), ZONES, HALLS, "walk", 30.0, False, *snaps)


WITH_DEMAND = (
    acc.two_step_fca,
    acc.modified_two_step_fca,
    acc.three_step_fca,
    acc.balanced_fca,
    acc.spatial_availability,
)


def everything(given, supply, demand):
    yield acc.gravity(given, supply, acc.Linear(40))
    yield acc.cumulative_opportunities(given, supply, 12)
    yield acc.cost_to_kth_nearest(given, 3, supply)
    for measure in WITH_DEMAND:
        yield measure(given, supply, demand, acc.Linear(40))
    yield acc.raam(given, supply, demand)


def test_all_forms_of_travel_give_the_same():
    bare = list(everything(sparse(), SUPPLY[HALLS].to_numpy(), DEMAND[ZONES].to_numpy()))
    dense = sparse().toarray()
    dense[0, 0] = 0
    dense[2] = np.nan
    table = pd.DataFrame(dense, ZONES, HALLS)
    for given in (travel(), table):
        for one, other in zip(bare, everything(given, SUPPLY, DEMAND), strict=True):
            assert other.index.equals(ZONES)
            np.testing.assert_allclose(one.to_numpy(), other.to_numpy(), rtol=1e-12)
    for given in (coo_array(sparse()), csr_matrix(sparse()), dense):
        again = everything(given, SUPPLY[HALLS].to_numpy(), DEMAND[ZONES].to_numpy())
        for one, other in zip(bare, again, strict=True):
            np.testing.assert_allclose(one.to_numpy(), other.to_numpy(), rtol=1e-12)


def test_a_long_table_is_aligned_by_its_ids():
    long = travel().to_frame().iloc[::-1]
    found = acc.two_step_fca(long, SUPPLY, DEMAND, 15)
    assert found.to_dict() == acc.two_step_fca(travel(), SUPPLY, DEMAND, 15)[:2].to_dict()


def test_inputs_stay_as_they_were():
    given, before = travel(), travel()
    list(everything(given, SUPPLY, DEMAND))
    assert (given.minutes.data == before.minutes.data).all()
    assert (given.minutes.indices == before.minutes.indices).all()


@pytest.mark.parametrize("block", [1, 7, 50])
def test_where_rows_are_cut_into_blocks_does_not_matter(monkeypatch, block):
    rng = np.random.default_rng(3)
    minutes = rng.integers(0, 60, (30, 9)).astype(float)
    minutes[rng.random(minutes.shape) < 0.5] = np.nan
    minutes[[0, 7, 8, 29]] = np.nan
    minutes[12] = 5
    supply, demand = rng.integers(0, 9, 9), rng.integers(0, 99, 30)
    for impedance in (acc.Step((10, 30), (1, 0.5)), acc.Gaussian(20), None):
        whole = [m(minutes, supply, demand, impedance, catchment_minutes=40) for m in WITH_DEMAND]
        with monkeypatch.context() as patch:
            patch.setattr(inputs, "_BLOCK", block)
            for measure, want in zip(WITH_DEMAND, whole, strict=True):
                found = measure(minutes, supply, demand, impedance, catchment_minutes=40)
                np.testing.assert_allclose(found, want, rtol=1e-12)


def test_a_stored_zero_is_0_minutes():
    assert acc.cost_to_kth_nearest(travel()).tolist() == [0, 5, np.inf]
    assert acc.cumulative_opportunities(travel(), SUPPLY, 0).tolist() == [2, 0, 0]


def test_who_reaches_nothing_has_nothing():
    for measure in WITH_DEMAND:
        assert measure(travel(), SUPPLY, DEMAND)["z3"] == 0
    assert acc.gravity(travel(), SUPPLY, None)["z3"] == 0
    assert np.isnan(acc.raam(travel(), SUPPLY, DEMAND)["z3"])


def test_supply_that_no_resident_reaches_counts_nowhere():
    lonely = pd.Series({"z1": 0.0, "z2": 0.0, "z3": 50.0})
    for measure in WITH_DEMAND:
        assert measure(travel(), SUPPLY, lonely).tolist() == [0, 0, 0]


def test_nothing_in_reach_of_anyone_gives_0_everywhere():
    nothing = csr_array((3, 2))
    for measure in WITH_DEMAND:
        assert measure(nothing, [1, 1], [1, 1, 1], 10).tolist() == [0, 0, 0]
    assert acc.cost_to_kth_nearest(nothing).tolist() == [np.inf] * 3
    assert acc.raam(nothing, [1, 1], [1, 1, 1]).isna().all()


def test_zero_supply_gives_zero_access():
    for measure in (*WITH_DEMAND, lambda t, s, _: acc.gravity(t, s, 10)):
        assert measure(travel(), SUPPLY * 0, DEMAND).tolist() == [0, 0, 0]


def test_results_are_per_so_many_residents():
    each = acc.two_step_fca(travel(), SUPPLY, DEMAND)
    np.testing.assert_allclose(
        acc.two_step_fca(travel(), SUPPLY, DEMAND, per=1000), 1000 * each, rtol=1e-14
    )


def test_spatial_availability_per_resident_is_two_step_fca():
    found = acc.spatial_availability(travel(), SUPPLY, DEMAND, 15, per=1000)
    two = acc.two_step_fca(travel(), SUPPLY, DEMAND, 15, per=1000)
    assert found["z1"] == pytest.approx(two["z1"], rel=1e-14)
    assert np.isnan(found["z2"])  # nobody lives there


def test_a_number_is_a_cut_off_and_a_catchment_cuts_any_impedance():
    cut = acc.two_step_fca(travel(), SUPPLY, DEMAND, 12)
    assert cut.equals(acc.two_step_fca(travel(), SUPPLY, DEMAND, acc.Step(12)))
    assert cut.equals(acc.two_step_fca(travel(), SUPPLY, DEMAND, catchment_minutes=12))


def test_any_function_on_minutes_is_an_impedance():
    own = acc.gravity(travel(), SUPPLY, lambda minutes: 1 / (1 + minutes))
    assert own["z1"] == pytest.approx(2 + 6 / 13)


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (lambda minutes: -minutes, "gives -12.0 at 12.0 minutes"),
        (lambda minutes: np.full(len(minutes), np.nan), "gives nan"),
        (lambda minutes: 1.0, "gives shape"),
    ],
)
def test_an_impedance_that_gives_no_weights_is_refused(function, problem):
    with pytest.raises(MeasureError, match=problem):
        acc.gravity(travel(), SUPPLY, function)


def test_an_interval_of_cut_offs_is_the_mean_or_median_over_each():
    minutes = csr_array(np.random.default_rng(0).integers(1, 60, (20, 15)).astype(float))
    supply = np.arange(15.0)
    for first, last in ((10, 30), (10, 29), (5, 5)):
        each = [acc.cumulative_opportunities(minutes, supply, c) for c in range(first, last + 1)]
        mean = acc.cumulative_opportunities(minutes, supply, (first, last))
        median = acc.cumulative_opportunities(minutes, supply, (first, last), statistic="median")
        np.testing.assert_allclose(mean, np.mean(each, axis=0), rtol=1e-12)
        np.testing.assert_allclose(median, np.median(each, axis=0), rtol=1e-12)


def test_the_kth_nearest_skips_places_without_supply():
    far = acc.cost_to_kth_nearest(travel(), 1, pd.Series({"h1": 0, "h2": 1}))
    assert far.tolist() == [12, 20, np.inf]
    assert acc.cost_to_kth_nearest(travel(), 2).tolist() == [12, 20, np.inf]


def test_a_catchment_ratio_counts_residents_around_by_id():
    around = pd.DataFrame([[0, 9.0], [9.0, 0]], ["z2", "z1"], ["z2", "z1"])
    around.loc["z3"] = np.nan
    found = acc.catchment_ratio(travel(), around, SUPPLY, DEMAND, 15)
    assert found["z1"] == 8 / 100
    assert found["z2"] == 2 / 100
    assert np.isnan(found["z3"])
    with pytest.raises(MeasureError, match="neighbours has no row for z3"):
        acc.catchment_ratio(travel(), around.drop("z3"), SUPPLY, DEMAND, 15)


@pytest.mark.parametrize(
    ("supply", "demand", "problem"),
    [
        (SUPPLY.drop("h1"), DEMAND, "supply has nothing for h1;"),
        (SUPPLY, DEMAND.rename({"z2": "Z2", "z3": "Z3"}), "demand has nothing for z2 and 1 others"),
        (SUPPLY.to_numpy(), DEMAND, "supply is a bare vector"),
        (SUPPLY, DEMAND.to_list(), "demand is a bare vector"),
        (SUPPLY * [1, -1], DEMAND, "supply of h1 is -2.0"),
        (SUPPLY, DEMAND.replace(50.0, np.nan), "demand of z3 is nan"),
        (SUPPLY, DEMAND.replace(50.0, np.inf), "demand of z3 is inf"),
        (pd.concat([SUPPLY, SUPPLY]), DEMAND, "supply has several values for h2"),
        (SUPPLY.astype(str) + "x", DEMAND, "supply holds other things than numbers"),
        (SUPPLY.astype("Float64").replace(6.0, pd.NA), DEMAND, "supply of h2 is nan"),
    ],
)
def test_amounts_that_do_not_fit_the_ids_are_named(supply, demand, problem):
    for measure in (*WITH_DEMAND, acc.raam):
        with pytest.raises(MeasureError, match=problem) as caught:
            measure(travel(), supply, demand)
        assert isinstance(caught.value, PlanError)


@pytest.mark.parametrize(
    ("given", "supply", "problem"),
    [
        (csr_array([[1.0, -2.0]]), [1, 1], "travel from 0 to 1 takes -2.0 minutes"),
        (csr_array([[np.nan, 2.0]]), [1, 1], "travel from 0 to 0 takes nan minutes"),
        (csr_array([[1.0, np.inf]]), [1, 1], "travel from 0 to 1 takes inf minutes"),
        (csr_array([[1.0, 2.0]]), [1, 1, 1], "supply has shape"),
        (np.zeros(3), [1], "travel has 1 dimensions"),
    ],
)
def test_travel_that_cannot_be_is_named(given, supply, problem):
    with pytest.raises(MeasureError, match=problem):
        acc.gravity(given, supply, 10)


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda: acc.two_step_fca(travel(), SUPPLY, DEMAND, per=0), "per is 0"),
        (lambda: acc.spatial_availability(travel(), SUPPLY, DEMAND, alpha=0), "alpha is 0"),
        (lambda: acc.cost_to_kth_nearest(travel(), 0), "k is 0"),
        (lambda: acc.cumulative_opportunities(travel(), SUPPLY, (9, 3)), "cutoff_minutes"),
        (
            lambda: acc.cumulative_opportunities(travel(), SUPPLY, (3, 9), statistic="mode"),
            "statistic is 'mode'",
        ),
    ],
)
def test_a_parameter_out_of_range_is_named(call, problem):
    with pytest.raises(MeasureError, match=problem):
        call()


@pytest.mark.parametrize("package", ["planner.accessibility", "planner.equity"])
def test_no_module_stands_in_the_way_of_a_public_name(package):
    room = importlib.import_module(package)
    for module in pkgutil.iter_modules(room.__path__):
        importlib.import_module(f"{package}.{module.name}")
    for name in room.__all__:
        assert callable(getattr(room, name)), name


@pytest.mark.parametrize("name", ["opportunities", "catchments", "rational", "impedance"])
def test_the_examples_in_the_documentation_run(name):
    module = importlib.import_module(f"planner.accessibility.{name}")
    ran = doctest.testmod(module)
    assert ran.attempted
    assert not ran.failed
