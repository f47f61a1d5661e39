"""Covering models: what they refuse, and what they say when time is up."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from planner import siting
from planner.errors import PlanError

REACH = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]], bool)

REFUSED = {
    "no number and no budget": (lambda: siting.max_coverage(REACH), "neither p nor budget"),
    "a negative number": (lambda: siting.max_coverage(REACH, -1), "p is -1"),
    "half a site": (lambda: siting.max_coverage(REACH, 1.5), "p is 1.5"),
    "a budget that is not a number": (
        lambda: siting.max_coverage(REACH, budget=float("nan")),
        "budget is nan",
    ),
    "weights of another length": (
        lambda: siting.max_coverage(REACH, 1, weights=[1, 2]),
        "weights has shape (2,); give a vector of length 3",
    ),
    "a negative weight": (
        lambda: siting.max_coverage(REACH, 1, weights=[1, -2, 1]),
        "weights[1] is -2.0",
    ),
    "an infinite cost": (
        lambda: siting.set_cover(REACH, site_costs=[1, np.inf, 1]),
        "site_costs[1] is inf",
    ),
    "a site that is not there": (lambda: siting.set_cover(REACH, fixed=[3]), "fixed names site 3"),
    "a site both fixed and forbidden": (
        lambda: siting.set_cover(REACH, fixed=[0], forbidden=[0]),
        "site 0 is both fixed and forbidden",
    ),
    "minutes instead of reach": (lambda: siting.set_cover([[3.5, 12.0]]), "other numbers than 0"),
    "a vector instead of a matrix": (lambda: siting.set_cover([1, 0, 1]), "1 dimensions"),
    "a share above one": (lambda: siting.partial_cover(REACH, 1.2), "share is 1.2"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_argument_that_cannot_be_worked_with_is_named(name):
    call, says = REFUSED[name]
    with pytest.raises(PlanError) as raised:
        call()
    assert says in str(raised.value)
    assert isinstance(raised.value, ValueError)


def test_a_stored_false_in_a_sparse_reach_is_not_reach():
    reach = csr_array((np.array([True, False]), [0, 1], [0, 1, 2]), shape=(2, 2))
    assert siting.max_coverage(reach, 2).objective == 1


def test_no_sites_at_all_is_infeasible_and_names_the_demand():
    result = siting.set_cover(np.zeros((2, 0)))
    assert result.status == "infeasible"
    assert "demand 0, 1" in result.message


def test_a_share_out_of_reach_says_how_much_is_within():
    result = siting.partial_cover([[1], [0]], 0.9, weights=[3, 1])
    assert result.status == "infeasible"
    assert "at most 75.0000%" in result.message


def test_an_answer_without_proof_is_never_called_optimal():
    reach = random_array((4000, 300), density=0.03, rng=np.random.default_rng(1)) > 0
    weights = np.random.default_rng(2).integers(1, 100, 4000)
    result = siting.max_coverage(reach, 40, weights=weights, time_limit_s=0.01)
    assert result.status == "feasible"
    assert result.gap > 0
    assert result.bound >= result.objective
    covered = np.asarray(reach[:, result.sites].sum(axis=1)).ravel() > 0
    assert result.objective == weights[covered].sum()


def test_the_summary_says_what_was_found():
    text = siting.max_coverage(REACH, 1, fixed=[2]).summary()
    assert "MCLP: optimal, 1 new sites beside 1 fixed, objective 3" in text


def test_the_same_problem_gives_the_same_sites():
    reach = random_array((300, 40), density=0.1, rng=np.random.default_rng(3)) > 0
    answers = [tuple(siting.max_coverage(reach, 6, seed=5).sites) for _ in range(3)]
    assert len(set(answers)) == 1
