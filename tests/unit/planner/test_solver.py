"""The door to HiGHS: starts, and what a listener's failure does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from planner import siting
from planner.solver import Program, solve


def knapsack(items: int = 60, seed: int = 0) -> Program:
    draw = np.random.default_rng(seed)
    return Program(
        cost=-draw.integers(10, 100, items).astype(float),
        rows=csr_array(draw.integers(10, 100, (3, items)).astype(float)),
        row_lower=np.full(3, -np.inf),
        row_upper=np.full(3, 600.0),
        lower=np.zeros(items),
        upper=np.ones(items),
        integral=np.ones(items, bool),
    )


def test_a_start_does_not_change_the_optimum():
    program = knapsack()
    best = solve(program, time_limit_s=30)
    again = solve(program, time_limit_s=30, start=best.x)
    assert (best.status, again.status) == ("optimal", "optimal")
    assert best.objective == again.objective


def test_interior_points_find_the_optimum_of_a_linear_program_too():
    program = replace(knapsack(), integral=np.zeros(60, bool))
    best = solve(program, time_limit_s=30)
    again = solve(program, time_limit_s=30, method="ipm")
    assert (best.status, again.status) == ("optimal", "optimal")
    assert again.objective == pytest.approx(best.objective)


def test_a_start_comes_back_when_there_is_no_time():
    reach = csr_array(random_array((3000, 400), density=0.02, rng=np.random.default_rng(1)) > 0)
    every = np.ones(400)
    program = Program(
        cost=np.ones(400),
        rows=csr_array(reach[np.diff(reach.indptr) > 0], dtype=float),
        row_lower=np.ones(int((np.diff(reach.indptr) > 0).sum())),
        row_upper=np.full(int((np.diff(reach.indptr) > 0).sum()), np.inf),
        lower=np.zeros(400),
        upper=every,
        integral=every > 0,
    )
    found = solve(program, time_limit_s=1e-3, start=every)
    assert found.status == "feasible"
    assert found.objective <= 400
    assert found.bound <= found.objective


def test_progress_is_told_and_its_failure_reaches_the_caller():
    told = []
    solve(knapsack(), time_limit_s=30, report=lambda value, bound: told.append((value, bound)))
    assert told
    assert all(bound <= value for value, bound in told)

    def fail(value: float, bound: float) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        solve(knapsack(), time_limit_s=30, report=fail)


def test_a_start_that_presolve_improves_does_not_come_back_as_optimal():
    # max z1 + z2 + z3 of two sites, one to be opened; HiGHS 1.16 answers with the start (0).
    reach = np.array([[0, 0, 0, 1], [0, 1, 0, 1], [1, 0, 0, 0]], bool)
    found = siting.max_coverage(reach, 1, weights=[1, 1, 0], capacity=[0, 1, 0, 1])
    assert (found.status, found.objective) == ("optimal", 1)
