"""What all models take alike: a bad value is refused by every one, with the remedy."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

from planner import siting
from planner.errors import SitingError
from tests.unit.siting.test_guide import SQUARE, called, models

BAD = {
    "time_limit_s": ({"time_limit_s": -1}, "time_limit_s is -1; give seconds"),
    "time that is no number": ({"time_limit_s": None}, "math.inf for no limit"),
    "a gap below 0": ({"gap": -0.1}, "gap is -0.1; give a number of 0 or more"),
    "a gap that is no number": ({"gap": math.nan}, "gap is nan"),
    "a seed below 0": ({"seed": -1}, "seed is -1; give a whole number from 0 to 2147483647"),
    "half a seed": ({"seed": 1.5}, "seed is 1.5"),
    "one site for a list": ({"fixed": 1}, "fixed is 1; give a list of site ids, such as [1]"),
    "text for a list": ({"forbidden": "a"}, "forbidden is 'a'; give a list"),
    "a mask for ids": ({"fixed": np.array([True, False, False])}, "fixed is a mask"),
    "a site twice": ({"fixed": [1], "forbidden": [1]}, "site 1 is both fixed and forbidden"),
    "costs below 0": ({"site_costs": -1}, "site_costs[0] is -1.0"),
    "rules in a dictionary": ({"rules": {"apart": [(0, 1)]}}, "give siting.Rules(...)"),
    "three for a pair": ({"rules": siting.Rules(apart=[(0, 1, 2)])}, "give pairs of two sites"),
    "half a quota": (
        {"rules": siting.Rules(quotas=[siting.Quota([0, 1], 0.5, 1)])},
        "quota 0 asks for at least 0.5 and at most 1; give whole numbers",
    ),
    "half a site": ({"p": 2.5}, "p is 2.5; give a whole number of 0 or more"),
    "p that is no number": ({"p": math.nan}, "p is nan"),
    "p without end": ({"p": math.inf}, "p is inf"),
    "p in words": ({"p": "2"}, "p is '2'"),
    "a budget that is no number": ({"budget": math.nan}, "budget is nan"),
    "a budget in words": ({"budget": "9"}, "budget is '9'"),
    "a radius below 0": ({"radius": -1}, "radius is -1; give minutes or metres, 0 or more"),
    "a radius that is no number": ({"radius": math.nan}, "radius is nan"),
    "weights below 0": ({"weights": -1}, "weights[0] is -1.0"),
    "capacity below 0": ({"capacity": -1}, "capacity[0] is -1.0"),
}


@pytest.mark.parametrize("case", BAD)
def test_every_model_refuses(case):
    options, text = BAD[case]
    for model in models():
        if options.keys() <= inspect.signature(getattr(siting, model)).parameters.keys():
            with pytest.raises(SitingError) as refused:
                called(model, **options)
            assert text in str(refused.value), model


def test_dispersion_needs_a_number_beside_its_budget():
    with pytest.raises(SitingError, match="p is None; say how many sites"):
        siting.p_dispersion(siting.Points(SQUARE), None, budget=2)


def test_an_answer_that_is_good_enough_says_so_and_does_not_blame_the_time():
    result = siting.capacitated_p_median(siting.Points(SQUARE), 2, capacity=3, gap=1.0)
    assert result.status == "feasible"
    assert "the gap asked for was reached" in result.message


def test_nothing_may_be_opened_and_nothing_is():
    result = siting.facility_location(siting.Points(SQUARE), 1, p=0)
    assert "no new site may be opened, and none is open already" in result.message


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (siting.set_cover, {"radius": 100}),
        (siting.partial_cover, {"share": 1.0, "radius": 100, "forbidden": [2]}),
        (siting.capacitated_p_median, {"p": 2, "capacity": 1}),
        (
            siting.p_center,
            {"p": 1, "fixed": [0], "rules": siting.Rules(quotas=[siting.Quota([1, 2], 2)])},
        ),
    ],
)
def test_points_are_explained_as_their_matrix_is(model, options):
    points = siting.Points(SQUARE)
    told = siting.explain_infeasible(model, points, **options)
    assert told.feasible == (model(points, **options).status != "infeasible")
    assert str(told) == str(siting.explain_infeasible(model, points.dense(), **options))
