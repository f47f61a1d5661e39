"""Rounds of visits against every partition there is, on small random cases."""

from __future__ import annotations

from functools import cache
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import ArgumentError
from planner.rounds import fewest_days

PLACE = st.tuples(st.integers(0, 30), st.integers(0, 30))


def fewest_by_hand(travel, visit, most):
    """Return the fewest days by trying every subset for the first day, and so on."""
    count = len(travel) - 1

    @cache
    def fits(places):
        stops = [[0, *order, 0] for order in permutations(places)]
        lengths = [sum(travel[a][b] for a, b in pairwise(s)) for s in stops]
        return min(lengths) + visit * len(places) <= most + 1e-6

    @cache
    def days(left):
        if not left:
            return 0
        first, others = left[0], left[1:]
        best = len(left)
        for bits in range(2 ** len(others)):
            more = tuple(p for k, p in enumerate(others) if bits >> k & 1)
            rest = tuple(p for p in others if p not in more)
            if fits((first, *more)):
                best = min(best, 1 + days(rest))
        return best

    return days(tuple(range(1, count + 1)))


@settings(max_examples=40, deadline=None)
@given(
    places=st.lists(PLACE, min_size=2, max_size=6),
    visit=st.sampled_from([0.0, 5.0, 20.0]),
    room=st.integers(0, 80),
)
def test_days_keep_their_length_and_the_bound_is_one(places, visit, room):
    at = np.array(places, float)
    travel = np.abs(at[:, None] - at[None, :]).sum(axis=2)
    most = 2 * travel[0].max() + visit + room
    found = fewest_days(travel, visit_minutes=visit, day_minutes=most, tries=4)
    best = fewest_by_hand(travel.tolist(), visit, most)
    assert found.bound <= best <= len(found.days)
    assert sorted(np.concatenate(found.days)) == list(range(len(places) - 1))
    assert (found.minutes <= most + 1e-6).all()
    for day, minutes in zip(found.days, found.minutes, strict=True):
        stops = [0, *(day + 1), 0]
        travelled = sum(travel[a, b] for a, b in pairwise(stops))
        assert minutes == pytest.approx(travelled + visit * len(day))
    if found.status == "optimal":
        assert len(found.days) == best


def test_small_cases_are_mostly_solved():
    draws = np.random.default_rng(3)
    worse = 0
    for _ in range(20):
        at = draws.integers(0, 30, (7, 2)).astype(float)
        travel = np.abs(at[:, None] - at[None, :]).sum(axis=2)
        most = 2 * travel[0].max() + 30.0
        found = fewest_days(travel, visit_minutes=10, day_minutes=most)
        worse += len(found.days) - fewest_by_hand(travel.tolist(), 10, most)
    assert worse == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=30, max_size=30))
def test_the_bound_holds_where_detours_are_shorter_and_ways_differ(minutes):
    travel = np.zeros((6, 6))
    travel[~np.eye(6, dtype=bool)] = minutes
    most = (travel[0] + travel[:, 0]).max() + 25.0
    found = fewest_days(travel, visit_minutes=10, day_minutes=most, tries=4)
    assert found.bound <= fewest_by_hand(travel.tolist(), 10, most) <= len(found.days)
    assert (found.minutes <= most + 1e-6).all()


def test_the_same_seed_gives_the_same_rounds():
    at = np.random.default_rng(1).uniform(0, 30, (25, 2))
    travel = np.hypot(*(at[:, None] - at[None, :]).transpose(2, 0, 1))
    first, second = (
        fewest_days(travel, visit_minutes=15, day_minutes=150, tries=6) for _ in range(2)
    )
    assert [day.tolist() for day in first.days] == [day.tolist() for day in second.days]


def test_arguments_that_cannot_be_worked_with():
    with pytest.raises(ArgumentError, match="place 0 takes 40 minutes there and back"):
        fewest_days([[0, 15], [15, 0]], visit_minutes=10, day_minutes=30)
    with pytest.raises(ArgumentError, match="not finite"):
        fewest_days([[0, np.inf], [1, 0]], visit_minutes=1, day_minutes=30)
    with pytest.raises(ArgumentError, match="has shape"):
        fewest_days([[0, 1]], visit_minutes=1, day_minutes=30)
    with pytest.raises(ArgumentError, match="day_minutes is -1"):
        fewest_days([[0, 1], [1, 0]], visit_minutes=1, day_minutes=-1)
    assert fewest_days([[0]], visit_minutes=1, day_minutes=30).days == []
