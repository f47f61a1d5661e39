"""The laws of capacity, rivals and explanations, on many more cases than the fast tests take."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties import test_explain, test_rivals, test_serving

CASE = {"case": test_serving.cases()}
SPARSE = CASE | {"sparse": st.booleans()}
MARKET = {"case": test_rivals.markets()}

LAWS = {
    "p-median, whole": (
        test_serving.test_capacitated_p_median_is_the_best_of_all_subsets,
        SPARSE,
        {"split": False},
    ),
    "p-median, split": (
        test_serving.test_capacitated_p_median_is_the_best_of_all_subsets,
        SPARSE,
        {"split": True},
    ),
    **{
        f"facility location, {form}": (
            test_serving.test_facility_location_is_the_best_of_all_subsets,
            CASE,
            {"form": form},
        )
        for form in ("uncapacitated", "split", "whole")
    },
    "p-dispersion": (
        test_rivals.test_p_dispersion_is_the_best_of_all_subsets,
        {"case": test_rivals.places(), "p": st.integers(0, 4)},
        {},
    ),
    "market share": (
        test_rivals.test_market_share_is_the_best_of_all_subsets,
        MARKET | {"p": st.integers(0, 3)},
        {},
    ),
    "explanations": (
        test_explain.test_each_change_is_enough_and_less_is_not,
        {"request": test_explain.requests()},
        {},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
def test_the_law_holds_on_many_cases(law):
    test, drawn, given_too = LAWS[law]
    many = settings(max_examples=300, deadline=None)(given(**drawn)(test.hypothesis.inner_test))
    many(**given_too)
