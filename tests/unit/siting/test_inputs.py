"""What every model takes, and how what it cannot take is refused."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point

from planner import siting
from planner.errors import OutOfTimeError, SitingError

MINUTES = np.array([[1.0, 5.0], [4.0, 2.0], [9.0, 3.0]])
POINTS = siting.Points([[0, 0], [300, 400], [900, 0]])


def test_one_number_stands_for_all():
    result = siting.capacitated_p_median(MINUTES, 2, weights=2, demand=1, capacity=2)
    assert result.objective == 2 * (1 + 2 + 3)
    assert siting.max_coverage(MINUTES, 1, radius=4, weights=3, capacity=5).objective == 5
    assert siting.set_cover(MINUTES, radius=4, site_costs=7).objective == 14


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (siting.set_cover, {"radius": 500}),
        (siting.partial_cover, {"radius": 500, "share": 0.6}),
        (siting.max_coverage, {"radius": 500, "p": 1}),
        (siting.backup_coverage, {"radius": 500, "p": 2, "first_weight": 0.5}),
        (siting.p_median, {"p": 1}),
        (siting.p_median, {"budget": 1}),
        (siting.p_center, {"p": 1}),
    ],
)
def test_points_are_as_good_as_their_matrix(model, options):
    by_points = model(POINTS, **options)
    by_matrix = model(POINTS.dense(), **options)
    assert by_points.status == by_matrix.status == "optimal"
    assert by_points.objective == pytest.approx(by_matrix.objective)


def test_points_without_a_radius_cover_nothing():
    with pytest.raises(SitingError, match="give the radius"):
        siting.set_cover(POINTS)


def test_feet_become_metres():
    feet = gpd.GeoSeries.from_xy([0, 1000], [0, 0], crs=2263)
    assert siting.Points(feet).distances(np.array([0]))[1][1] == pytest.approx(304.8, abs=0.01)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (pd.DataFrame(MINUTES, index=["a", "a", "b"]), "the demand id a stands twice"),
        (pd.DataFrame(MINUTES, columns=["x", "x"]), "the site id x stands twice"),
    ],
)
def test_an_id_that_stands_twice_is_refused(given, match):
    with pytest.raises(SitingError, match=match):
        siting.p_median(given, 1)


def test_an_amount_that_stands_twice_is_refused():
    with pytest.raises(SitingError, match="two amounts for 0"):
        siting.p_median(MINUTES, 1, weights=pd.Series([1, 2, 3, 4], index=[0, 1, 2, 0]))


@pytest.mark.parametrize(
    "model", [siting.p_center, siting.market_share, siting.p_dispersion, siting.max_coverage]
)
def test_minimum_use_is_refused_where_nobody_is_assigned(model):
    square = np.array([[0.0, 1.0], [1.0, 0.0]])
    with pytest.raises(SitingError, match="assigns no demand"):
        model(square, 1, rules=siting.Rules(minimum_use=1))


def test_number_ids_stay_whole_where_some_demand_is_not_served():
    given = pd.DataFrame([[1, 0], [0, 0]], index=["a", "b"], columns=[5, 7])
    result = siting.max_coverage(given, 1)
    assert result.demand["site"].tolist() == [5, pd.NA]
    assert result.assignment.tolist() == [5, -1]


def test_out_of_time_is_not_infeasible():
    draw = np.random.default_rng(0)
    minutes = draw.random((300, 60))
    with pytest.raises(OutOfTimeError, match="give more time_limit_s"):
        siting.set_cover(minutes, radius=0.4, capacity=20, time_limit_s=0.0)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (siting.max_coverage, {"radius": 0.1, "budget": 9}),
        (siting.p_median, {"budget": 9}),
        (siting.p_center, {"budget": 9}),
        (siting.facility_location, {"budget": 9}),
    ],
)
def test_what_keeps_the_budget_is_found_in_no_time(model, options):
    draw = np.random.default_rng(0)
    costs = draw.integers(1, 4, 60)
    result = model(draw.random((300, 60)), **options, site_costs=costs, time_limit_s=0.0)
    assert result.status == "feasible"
    assert costs[result.site_positions].sum() <= 9
    assert np.isfinite(result.bound)


@pytest.mark.parametrize("model", ["p_median", "p_center"])
def test_the_last_that_progress_hears_is_the_answer(model):
    told = []
    result = getattr(siting, model)(
        MINUTES, budget=1, rules=siting.Rules(apart=[(0, 1)]), progress=told.append
    )
    assert (told[-1].objective, told[-1].gap) == (result.objective, 0.0)


def test_a_remedy_can_be_asked_for_its_answer():
    told = siting.explain_infeasible(siting.partial_cover, MINUTES, 1.0, radius=2)
    answers = {remedy.kind: remedy.solve() for remedy in told.remedies}
    assert answers["radius"].objective == 2
    assert answers["share"].status == "optimal"


def test_capacity_and_minimum_use_of_max_coverage_are_explained():
    rules = siting.Rules(
        quotas=[siting.Quota([1], at_least=1, name="the east")], minimum_use=[0, 5]
    )
    told = siting.explain_infeasible(
        siting.max_coverage, MINUTES, 1, radius=4, capacity=2, rules=rules
    )
    assert told.feasible is False
    (use,) = (remedy for remedy in told.remedies if remedy.kind == "minimum use")
    assert use.where.to_dict() == {1: 3.0}
    assert use.solve().objective == 2


@pytest.mark.parametrize(
    ("function", "match"),
    [
        (lambda i, sites: np.zeros(2), r"costs of demand a to 3 sites have shape \(2,\)"),
        (lambda i, sites: np.full(len(sites), np.nan), r"cost\[a, 0\] is nan; return 0 or more"),
        (lambda i, sites: np.where(sites == 2, -1.0, 1.0), r"cost\[a, 2\] is -1.0"),
    ],
)
def test_a_function_that_returns_no_costs_is_refused(function, match):
    for model in (siting.p_median, siting.p_center):
        with pytest.raises(SitingError, match=match):
            model(siting.Costs(function, demand=2, sites=3, demand_ids=["a", "b"]), 1)


def test_a_function_alone_is_asked_how_many_there_are():
    with pytest.raises(SitingError, match=r"cost is a function; .* Costs\(function"):
        siting.p_median(lambda i, sites: sites * 1.0, 1)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"demand": 0, "sites": 1}, "there are 0 demands"),
        ({"demand": 2, "sites": 1.5}, "there are 1.5 sites"),
        ({"demand": 2, "sites": 1, "demand_ids": ["a"]}, "names 1 of 2 demands"),
        ({"demand": 2, "sites": 1, "demand_ids": ["a", "a"]}, "names a twice"),
    ],
)
def test_a_function_needs_numbers_and_ids_that_fit(options, match):
    with pytest.raises(SitingError, match=match):
        siting.Costs(lambda i, sites: sites * 1.0, **options)


def test_every_model_takes_a_function():
    costs = siting.Costs(lambda i, sites: MINUTES[i, sites], demand=3, sites=2)
    assert siting.max_coverage(costs, 1, radius=4).objective == 2
    assert siting.capacitated_p_median(costs, 2, demand=1, capacity=2).objective == 1 + 2 + 3
    assert siting.facility_location(costs, site_costs=1).objective == 1 + 2 + 3 + 2


def test_a_matrix_of_too_many_points_is_refused_with_its_size():
    many = siting.Points(np.random.default_rng(0).uniform(0, 1e4, (20_000, 2)))
    with pytest.raises(SitingError, match="20,000 × 20,000 costs are too many"):
        siting.p_median(many, budget=3)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([["near", "far"]], "not a number"),
        (pd.DataFrame({"from_id": ["a", None], "to_id": [1, 1], "travel_time": [2, 3]}), "row 1"),
        (pd.DataFrame({"from_id": ["a"], "to_id": [1], "travel_time": ["soon"]}), "travel_time"),
        ([[1.0, -2.0]], "below 0"),
        ([[1.0, np.nan]], "below 0, or none"),
    ],
)  # fmt: skip
def test_what_is_no_impedance_is_refused(values, says):
    with pytest.raises(SitingError, match=says):
        siting.set_cover(values, radius=5)


def test_a_layer_is_sent_to_the_function_that_reads_layers():
    layer = gpd.GeoDataFrame({"id": [1]}, geometry=[Point(0, 0)], crs=4549)
    with pytest.raises(SitingError, match="from_geodataframe"):
        siting.p_median(layer, 1)
