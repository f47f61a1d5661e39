"""Outreach keeps every rule and equals brute force; so does recruitment."""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from planner.staffing import outreach, recruitment
from planner.staffing.outreach_search import Board
from planner.staffing.problem import OutreachProblem, Rules

DAY, VISIT, LEAST = 8.0, 2.0, 3.0


@st.composite
def cases(draw, communities=3, workers=2, hours=(8, 24)):
    """Draw minutes (infinite where too far), hours, days, need, met and workers per community."""
    n, m = draw(st.integers(1, communities)), draw(st.integers(1, workers))
    minute = st.sampled_from([0.0, 15.0, 30.0, 60.0, np.inf])
    minutes = np.reshape(draw(st.lists(minute, min_size=n * m, max_size=n * m)), (n, m))
    give_hours = draw(st.lists(st.integers(*hours), min_size=m, max_size=m))
    days = draw(st.lists(st.integers(1, 3), min_size=m, max_size=m))
    need = np.array(draw(st.lists(st.integers(1, 20), min_size=n, max_size=n)), float)
    met = need * np.array(draw(st.lists(st.sampled_from([0, 0.5, 1]), min_size=n, max_size=n)))
    most = draw(st.integers(1, 2))
    return minutes, np.array(give_hours, float), np.array(days, float), need, met, most


def plan_of(case):
    minutes, hours, days, need, met, most = case
    return outreach(
        minutes,
        hours,
        days,
        need,
        met=met,
        hours_per_day=DAY,
        visit_hours=VISIT,
        hours_per_community=LEAST,
        workers_per_community=most,
        time_limit_s=20,
    )


def check(case, plan):
    """Assert what holds for every plan."""
    minutes, hours, days, need, met, most = case
    visits, near = plan.visits, 1e-6
    trip = minutes[visits["community"].to_numpy(int), visits["worker"].to_numpy(int)] / 30
    unmet = (need - met)[visits["community"].to_numpy(int)]
    assert (visits["days"] >= 1).all()
    assert np.allclose(visits["travel_hours"], trip * visits["days"])
    assert (visits["hours"] <= (DAY - trip) * visits["days"] + near).all()
    assert (visits["hours"] >= np.minimum(VISIT, unmet) * visits["days"] - near).all()
    assert (visits["hours"] >= np.minimum(LEAST, unmet) - near).all()
    used = visits.groupby("worker")[["hours", "travel_hours", "days"]].sum()
    assert (used["hours"] + used["travel_hours"] <= hours[used.index] + near).all()
    assert (used["days"] <= days[used.index]).all()
    assert (visits.groupby("community").size() <= most).all()
    assert (plan.communities["hours"] <= need - met + near).all()
    reached = plan.communities[plan.communities["reached"]]
    assert plan.least_share == pytest.approx(reached["share"].min() if len(reached) else 1.0)
    assert plan.least_share_bound >= plan.least_share
    assert plan.hours_bound >= plan.hours
    calendar = plan.calendar()
    assert not calendar.duplicated(["worker", "day"]).any()
    assert len(calendar) == visits["days"].sum()


def by_brute_force(case, reached):
    """Return the best least share and hours over all whole numbers of days."""
    minutes, hours, days, need, met, most = case
    n, m = minutes.shape
    unmet, best = need - met, (0.0, 0.0)
    links = [(i, j) for i, j in product(range(n), range(m)) if unmet[i] > 0 and minutes[i, j] < 90]
    choices = [range(int(days[j]) + 1) for _, j in links]
    for picked in product(*choices):
        d = {link: k for link, k in zip(links, picked, strict=True) if k}
        if any(sum(i == c for i, _ in d) > most for c in range(n)):
            continue
        if any(sum(k for (_, j), k in d.items() if j == w) > days[w] for w in range(m)):
            continue
        count = len(d)
        low, high = np.zeros(count + 1), np.ones(count + 1)
        rows, limits = [], []
        for at, ((i, j), k) in enumerate(d.items(), 1):
            trip = minutes[i, j] / 30
            low[at] = max(min(VISIT, unmet[i]) * k, min(LEAST, unmet[i]))
            high[at] = (DAY - trip) * k
        if (low > high + 1e-9).any():
            continue
        for w in range(m):
            rows.append([0.0, *(float(j == w) for _, j in d)])
            away = sum(minutes[i, j] / 30 * k for (i, j), k in d.items() if j == w)
            limits.append(hours[w] - away)
        for c in range(n):
            rows.append([0.0, *(float(i == c) for i, _ in d)])
            limits.append(unmet[c])
            if reached[c]:
                rows.append([need[c], *(-float(i == c) for i, _ in d)])
                limits.append(met[c])
        bounds = np.column_stack([low, high])
        fair = linprog([-1.0, *[0.0] * count], rows, limits, bounds=bounds)
        if fair.status != 0:
            continue
        share = -fair.fun
        if share < best[0] - 1e-7:
            continue
        bounds[0] = max(share - 1e-9, 0), 1
        total = -linprog([0.0, *[-1.0] * count], rows, limits, bounds=bounds).fun
        if share > best[0] + 1e-7 or total > best[1]:
            best = (share, total)
    return best


@settings(max_examples=12, deadline=None)
@given(case=cases())
def test_outreach_equals_brute_force(case):
    plan = plan_of(case)
    check(case, plan)
    assert plan.status == "optimal"
    reached = plan.communities["reached"].to_numpy()
    share, total = by_brute_force(case, reached)
    if reached.any():
        assert plan.least_share == pytest.approx(share, abs=5e-6)
    assert plan.hours == pytest.approx(total, abs=1e-3)


@settings(max_examples=5, deadline=None)
@given(case=cases(communities=8, workers=4, hours=(8, 60)))
def test_every_plan_keeps_hours_days_and_continuity(case):
    check(case, plan_of(case))


@settings(max_examples=25, deadline=None)
@given(case=cases(workers=3), posts=st.integers(0, 3))
def test_recruitment_equals_trying_every_place(case, posts):
    minutes, _, _, need, met, _ = case
    found = recruitment(minutes, need - met, posts, hours_per_post=12.0)
    n, m = minutes.shape
    work = DAY / (DAY - np.where(np.isinf(minutes), 0, minutes) / 30)
    best = 0.0
    for bases in combinations_with_replacement(range(m), posts):
        room = np.bincount(np.array(bases, int), minlength=m) * 12.0
        rows = np.vstack([np.kron(np.eye(n), np.ones(m)), np.tile(np.eye(m), n) * work.ravel()])
        top = np.where(np.isinf(minutes), 0, 100).ravel()
        answer = linprog(
            -np.ones(n * m), rows, [*(need - met), *room], bounds=np.column_stack([top * 0, top])
        )
        best = max(best, -answer.fun)
    assert found.hours == pytest.approx(best, abs=1e-4)
    assert found.count <= posts
    assert found.posts.sum() == found.count


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    case=cases(communities=1, workers=3),
    prices=st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.1]), min_size=6, max_size=6),
    share=st.sampled_from([0.0, 0.4, 0.75, 1.0]),
    value=st.sampled_from([0.0, 1.0]),
)
def test_no_visits_of_a_community_cost_less_than_the_pattern_priced(case, prices, share, value):
    minutes, hours, days, need, met, _ = case
    problem = OutreachProblem.read(minutes, hours, days, need, met, Rules(DAY, VISIT, LEAST, 2))
    if len(problem.trip) == 0:
        return
    board, w = Board.of(problem), len(hours)
    hourly, daily = np.array(prices[:w]), np.array(prices[3 : 3 + w])
    low = board.low(share)
    bound, _, _ = board.cheapest(low, np.concatenate([hourly, daily]), value)
    found = bound + hourly @ hours + daily @ days
    best = 0.0 if low[0] <= 1e-9 else np.inf
    for d in product(*(range(int(most) + 1) for most in problem.most_days)):
        used = np.flatnonzero(d)
        if not 0 < len(used) <= 2:
            continue
        count, k = np.array(d)[used], problem.worker[used]
        lowest = np.maximum(problem.shortest[used] * count, problem.least[used])
        highest = problem.day[used] * count
        if (lowest > highest).any():
            continue
        done = linprog(
            hourly[k] - value,
            [np.ones(len(used)), -np.ones(len(used))],
            [problem.unmet[0], -low[0]],
            bounds=np.column_stack([lowest, highest]),
        )
        if done.status == 0:
            trips = hourly[k] @ (problem.trip[used] * count) + daily[k] @ count
            best = min(best, done.fun + trips)
    if np.isfinite(best):
        assert found == pytest.approx(best, abs=1e-6)


@pytest.mark.slow
def test_the_same_input_gives_the_same_plan_and_a_time_limit_is_marked():
    rng = np.random.default_rng(2)
    minutes = np.where((near := rng.uniform(0, 80, (20, 4))) < 45, near, np.inf)
    given_ = (minutes, np.full(4, 120.0), np.full(4, 30), rng.uniform(20, 60, 20))
    first, second = outreach(*given_), outreach(*given_)
    assert first.visits.equals(second.visits)
    assert not first.time_limited
    assert first.gap < 0.05
    late = outreach(*given_, time_limit_s=0.0)
    assert late.time_limited
    assert late.least_share <= first.least_share_bound + 1e-9
