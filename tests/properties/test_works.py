"""Works as an array program against every choice of actions there is."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from planner.decisions.works_program import WorksProblem, close_gaps
from tests.examples import examples

pytestmark = pytest.mark.slow


@st.composite
def problems(draw):
    """Draw gaps, actions that save or cost, ends of halls, prerequisites, teams; ties and zeros."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    gaps, actions = draw(st.integers(1, 6)), draw(st.integers(3, 7))
    steps = np.array([0.0, 0.0, 0.0, 0.25, 0.5, 1.0])
    most = np.ones(actions, int)
    most[-1] = 3  # a team
    least = np.zeros(actions, int)
    keep = rng.random() < 0.5
    least[0] = int(keep)  # a hall: it stays, or action 1 may end it
    rows = np.zeros((3, actions))
    rows[0, 0] = rows[0, 1] = 1.0  # a hall is kept or ended
    rows[1, 2], rows[1, 0] = 1.0, -1.0  # only in a hall that stays
    rows[2, -1] = 2.0
    visits = np.arange(3, actions - 1)
    rows[2, visits] = -rng.integers(1, 4, len(visits))
    costs = rng.integers(0, 6, (2, actions)).astype(float)
    costs[:, 0] = 0.0
    costs[1, 1] *= -1  # ending it saves
    return WorksProblem(
        values=csr_array(rng.choice(steps, (gaps, actions))),
        weights=rng.integers(0, 9, gaps).astype(float),
        least=least,
        most=most,
        costs=costs,
        budgets=rng.integers(0, 9, 2).astype(float),
        rows=csr_array(rows),
        lower=np.array([1.0, -np.inf, 0.0]),
        upper=np.array([1.0, 0.0, np.inf]),
        effort=np.abs(costs).sum(axis=0) + 1.0,
    )


def choices(problem):
    """Yield every choice that keeps budgets and rules."""
    ends = zip(problem.least, problem.most, strict=True)
    for taken in product(*(range(least, most + 1) for least, most in ends)):
        if keeps(problem, np.array(taken)):
            yield np.array(taken)


def keeps(problem, x):
    held = problem.rows @ x
    ruled = (problem.lower <= held) & (held <= problem.upper)
    return ruled.all() and (problem.costs @ x <= problem.budgets).all()


def value(problem, x):
    share = np.where(x > 0, problem.values.toarray(), 0.0).max(axis=1)
    return float(problem.weights @ share)


@given(problems())
@settings(max_examples=examples(150), deadline=None)
def test_works_close_the_most_of_all_choices_with_the_least_effort(problem):
    every = list(choices(problem))
    found = close_gaps(problem)
    best = max(value(problem, x) for x in every)
    assert found.status == "optimal"
    assert found.objective == found.bound == pytest.approx(best)
    assert any((found.taken == x).all() for x in every)
    as_good = [x for x in every if value(problem, x) >= best - 1e-9]
    assert problem.effort @ found.taken == pytest.approx(min(problem.effort @ x for x in as_good))


@given(problems(), st.integers(0, 1), st.floats(0, 4))
@settings(max_examples=examples(60), deadline=None)
def test_more_budget_never_closes_less(problem, which, more):
    richer = problem.budgets.copy()
    richer[which] += more
    less = close_gaps(problem).objective
    assert close_gaps(replace(problem, budgets=richer)).objective >= less - 1e-9


@given(problems())
@settings(max_examples=examples(60), deadline=None)
def test_nothing_is_taken_that_closes_nothing(problem):
    found = close_gaps(problem)
    for at in np.flatnonzero(found.taken > problem.least):
        x = found.taken.copy()
        x[at] -= 1
        if keeps(problem, x):
            assert value(problem, x) < found.objective
