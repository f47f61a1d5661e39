"""The compiled covering searches and bounds, against HiGHS on the whole model."""

from __future__ import annotations

import os
import signal
import threading

import numpy as np
import pytest
from scipy.sparse import csr_array

from planner import siting
from planner.errors import SitingError
from planner.siting import lscp, mclp, mclp_program
from planner.siting.presolve import Cover
from planner.siting.watch import Watch
from planner.solver import solve

pytestmark = pytest.mark.slow


def random_cover(seed: int, *, geometric: bool, whole: bool) -> Cover:
    draw = np.random.default_rng(seed)
    n, m = int(draw.integers(30, 120)), int(draw.integers(10, 40))
    if geometric:
        points, places = draw.random((n, 2)), draw.random((m, 2))
        reach = np.hypot(*(points[:, None] - places[None]).T).T < 0.25
    else:
        reach = draw.random((n, m)) < 0.12
    reach[np.arange(n), draw.integers(0, m, n)] = True
    rows = csr_array(reach)
    weights = draw.integers(1, 50, n).astype(float) if whole else draw.random(n)
    costs = draw.integers(1, 9, m).astype(float) if whole else draw.random(m) + 0.1
    indptr, indices = rows.indptr.astype(np.int64), rows.indices.astype(np.int32)
    return Cover(indptr, indices, weights, np.arange(m), costs)


CASES = [(seed, geometric, whole) for seed in range(5) for geometric in (0, 1) for whole in (0, 1)]


def exact_mclp(cover: Cover, p: int) -> float:
    program = mclp_program.at_most(mclp_program.program_of(cover), cover.shape[1], p)
    return -solve(program, time_limit_s=60).objective


@pytest.mark.parametrize(("seed", "geometric", "whole"), CASES)
def test_mclp_search_bound_and_fixing_meet_the_whole_model(seed, geometric, whole):
    cover = random_cover(seed, geometric=bool(geometric), whole=bool(whole))
    p = 2 + seed % 5
    best = mclp.choose(cover, p, Watch(60))
    exact = exact_mclp(cover, p)
    assert best.proven
    assert best.value == pytest.approx(exact, rel=1e-9)
    assert best.inside.sum() <= p


@pytest.mark.parametrize(("seed", "geometric", "whole"), CASES)
def test_lscp_search_bound_and_fixing_meet_the_whole_model(seed, geometric, whole):
    cover = random_cover(seed, geometric=bool(geometric), whole=bool(whole))
    sites, bound = lscp.cheapest(cover, Watch(60), tell=lambda value, bound: None)
    exact = solve(lscp.program_of(cover), time_limit_s=60).objective
    assert cover.costs[sites].sum() == pytest.approx(exact, rel=1e-9)
    assert bound == pytest.approx(exact, rel=1e-9)
    opened = np.zeros(len(cover.sites))
    opened[sites] = 1
    assert (cover.matrix() @ opened >= 1).all()


@pytest.mark.parametrize("seed", range(6))
def test_without_a_finish_the_bounds_still_hold(seed, monkeypatch):
    monkeypatch.setattr(mclp, "_MILP_ENTRIES", -1)
    monkeypatch.setattr(lscp, "_MILP_ENTRIES", -1)
    monkeypatch.setattr(lscp, "_MILP_GAP", 0.0)
    cover = random_cover(seed, geometric=False, whole=True)
    exact = round(exact_mclp(cover, 4))  # whole but for the rounding of HiGHS
    best = mclp.choose(cover, 4, Watch(0.1))
    assert best.value <= exact <= best.bound
    sites, bound = lscp.cheapest(cover, Watch(0.1), tell=lambda value, bound: None)
    assert bound <= solve(lscp.program_of(cover), time_limit_s=60).objective
    assert cover.costs[sites].sum() >= bound


@pytest.mark.parametrize("seed", range(6))
def test_no_prices_of_rows_prove_more_than_the_cheapest_cover(seed):
    cover = random_cover(seed, geometric=bool(seed % 2), whole=seed < 3)
    exact = solve(lscp.program_of(cover), time_limit_s=60).objective
    search = lscp._Search(cover, Watch(60), 0.0, 0)
    for draw in range(50):
        random = np.random.default_rng([seed, draw])
        search.take_prices(random.random(cover.shape[0]) * random.random() * 4)
        assert search.bound <= exact * (1 + 1e-12)
    search.settle_prices()
    assert 0 < search.raw <= search.bound * (1 + 1e-9) <= exact * (1 + 1e-8)


def test_a_curve_goes_on_from_the_last_number_and_says_what_each_alone_says():
    draw = np.random.default_rng(4)
    points, places = draw.random((400, 2)), draw.random((60, 2))
    reach = np.hypot(*(points[:, None] - places[None]).T).T < 0.15
    found = siting.curve(siting.max_coverage, reach, p=[9, 3, 6, 4], fixed=[5])
    for p, result in zip([9, 3, 6, 4], found.results, strict=True):
        alone = siting.max_coverage(reach, p, fixed=[5])
        assert result.status == alone.status == "optimal"
        assert result.objective == alone.objective
        assert len(result.sites) <= p + 1


@pytest.mark.parametrize("wrong", [{"p": [2, -1]}, {"p": [1, 2.5]}, {"p": [1], "wight": 3}])
def test_a_curve_refuses_what_the_model_refuses(wrong):
    with pytest.raises(SitingError):
        siting.curve(siting.max_coverage, np.eye(4, dtype=bool), **wrong)


RULES = siting.Rules(quotas=[siting.Quota([0, 1], at_most=2)])


def hard_reach() -> csr_array:
    draw = np.random.default_rng(3)
    columns = np.sort(np.argsort(draw.random((6_000, 120)), axis=1)[:, :8], axis=1)
    return csr_array((np.ones(48_000, bool), columns.ravel(), np.arange(0, 48_001, 8)))


@pytest.mark.parametrize("rules", [None, RULES], ids=["search", "HiGHS"])
@pytest.mark.parametrize("model", ["MCLP", pytest.param("LSCP", marks=pytest.mark.slow)])
def test_ctrl_c_returns_the_best_so_far_with_its_gap(model, rules):
    reach = hard_reach()
    if model == "LSCP":
        siting.set_cover(reach[:5], rules=rules)  # compiled before the clock runs
    else:
        siting.max_coverage(reach[:5], 2, rules=rules)
    timer = threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    if model == "LSCP":
        result = siting.set_cover(reach, rules=rules, time_limit_s=50)
    else:
        result = siting.max_coverage(reach, 30, rules=rules, time_limit_s=50)
    timer.cancel()
    assert result.seconds < 10
    assert result.status == "feasible"
    assert result.gap > 0


def test_progress_only_improves():
    told = []
    siting.max_coverage(hard_reach(), 30, time_limit_s=0.5, progress=told.append)
    values, bounds = [step.objective for step in told], [step.bound for step in told]
    assert values == sorted(values)
    assert bounds == sorted(bounds, reverse=True)


def test_a_minimum_use_without_assignment_is_refused():
    with pytest.raises(SitingError, match="assigns no demand"):
        siting.set_cover(np.ones((2, 2)), rules=siting.Rules(minimum_use=3))
