"""p-median and p-center: stopping early, honest bounds, points, and what is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from scipy.sparse import csr_array

from planner import siting
from planner.errors import SitingError

ROOT = Path(__file__).parents[3]


def town(count: int, seed: int = 3) -> np.ndarray:
    """Return points, some in clusters, in metres."""
    rng = np.random.default_rng(seed)
    around = rng.integers(0, 20_000, (count // 20, 2))[rng.integers(0, count // 20, count)]
    return around + rng.normal(0, 600, (count, 2))


def distances(points: np.ndarray) -> np.ndarray:
    return np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))


@pytest.mark.parametrize("model", [siting.p_median, siting.p_center])
def test_ids_go_in_and_come_out(model):
    points = gpd.GeoSeries.from_xy([0, 10, 900, 910], [0, 0, 0, 0], index=list("abcd"), crs=4549)
    result = model(siting.Points(points), 1, fixed=["a"])
    assert result.sites[0] == "a"
    assert result.sites[1] in ("c", "d")
    assert list(result.demand["site"])[:2] == ["a", "a"]


@pytest.mark.parametrize("crs", [4326, 4490, None])
def test_longitude_and_latitude_are_no_metres(crs):
    points = gpd.GeoSeries.from_xy([121.1, 121.2], [31.5, 31.6], crs=crs)
    with pytest.raises(SitingError, match=r"to_crs|set_crs"):
        siting.Points(points)


def test_a_negative_cost_is_named():
    with pytest.raises(SitingError, match=r"cost\[1, 0\] is -3"):
        siting.p_median([[1.0, 2.0], [-3.0, 4.0]], 1)


def test_neither_number_nor_budget_is_refused():
    for model in (siting.p_median, siting.p_center):
        with pytest.raises(SitingError, match="neither p nor budget"):
            model([[1.0]])


def test_the_demand_that_no_site_serves_is_named():
    cost = csr_array(([5.0], ([0], [0])), shape=(2, 2))
    for model in (siting.p_median, siting.p_center):
        result = model(cost, 1)
        assert result.status == "infeasible"
        assert "demand 1" in result.message


def test_the_demand_that_too_few_sites_leave_out_is_named():
    cost = np.where(np.eye(4, dtype=bool), 1.0, np.inf)
    for model in (siting.p_median, siting.p_center):
        result = model(cost, 3)
        assert result.status == "infeasible"
        assert "demand 3" in result.message


def test_a_stored_zero_is_a_cost_and_absent_is_not():
    cost = csr_array(([0.0, 7.0, 1.0], ([0, 1, 1], [0, 0, 1])), shape=(2, 2))
    assert siting.p_median(cost, 1).objective == 7
    assert siting.p_median(cost, 2).objective == 1


def test_an_answer_out_of_time_is_not_called_optimal_and_its_bound_is_low():
    cost = distances(town(400))
    best = siting.p_median(cost, 40)
    assert best.status == "optimal"
    early = siting.p_median(cost, 40, time_limit_s=0)
    assert early.status == "feasible"
    assert early.bound < best.objective <= early.objective
    assert early.gap > 0
    assert early.message


def test_a_gap_that_is_good_enough_ends_the_search():
    result = siting.p_median(distances(town(400)), 40, gap=0.05)
    assert result.gap <= 0.05


def test_an_interrupt_from_the_progress_returns_the_best_answer():
    told = []

    def stop(incumbent):
        told.append(incumbent)
        raise KeyboardInterrupt

    cost = distances(town(400))
    result = siting.p_median(cost, 40, progress=stop)
    assert result.status == "feasible"
    assert len(result.sites) == 40
    assert told[-1].objective == result.objective
    assert result.objective == cost[:, result.sites].min(axis=1).sum()


@pytest.mark.slow
def test_ctrl_c_returns_the_best_answer():
    code = (
        "import numpy as np\n"
        "from planner import siting\n"
        "points = np.random.default_rng(1).uniform(0, 1e4, (3000, 2))\n"
        "say = lambda found: print('found', flush=True)\n"
        "result = siting.p_median(siting.Points(points), 300, progress=say, time_limit_s=300)\n"
        "print(result.status, len(result.sites), 0 < result.gap <= 1, result.seconds < 100)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    assert child.stdout is not None
    assert child.stdout.readline() == b"found\n"
    os.kill(child.pid, signal.SIGINT)
    out, _ = child.communicate(timeout=120)
    assert out.split(b"\n")[-2] == b"feasible 300 True True"
    assert child.returncode == 0


def test_the_same_seed_gives_the_same_answer():
    cost = distances(town(200))
    one, other = siting.p_median(cost, 20, seed=5), siting.p_median(cost, 20, seed=5)
    assert (one.site_positions == other.site_positions).all()
    assert one.objective == other.objective


def test_costs_over_centroids_are_lower_bounds():
    from planner.siting.points import merged

    points = town(500)
    weights = np.random.default_rng(0).integers(0, 4, 500).astype(float)
    centroids, mass = merged(points, weights, 60)
    assert len(centroids) <= 60
    assert mass.sum() == weights.sum()
    for site in points[:50]:
        exact = weights @ np.hypot(*(points - site).T)
        assert mass @ np.hypot(*(centroids - site).T) <= exact * (1 + 1e-12)


def test_lists_that_leave_sites_out_give_a_bound_all_the_same(monkeypatch):
    import planner.siting.median_problem as lists

    points = town(300)
    best = siting.p_median(siting.Points(points), 60)
    assert best.status == "optimal"
    monkeypatch.setattr(lists, "_SMALL_ENTRIES", 0)
    for entries, gap in ((300 * 60, 0.01), (150 * 60, 1.0)):  # lists cut; demand merged as well
        monkeypatch.setattr(lists, "_MOST_ENTRIES", entries)
        cut = siting.p_median(siting.Points(points), 60, time_limit_s=1)
        assert cut.bound <= best.objective * (1 + 1e-9)
        assert cut.objective >= best.objective * (1 - 1e-9)
        assert cut.gap < gap


def test_a_path_between_two_answers_keeps_their_number_and_what_they_share():
    from planner.siting.median_problem import MedianProblem
    from planner.siting.median_relinking import relinked
    from planner.siting.median_search import Search

    cost = distances(town(60))
    lists = MedianProblem.checked(cost, p=6).lists()
    search = Search.of(lists, 6)
    draw = np.random.default_rng(2)
    for _ in range(20):
        one, other = np.zeros((2, 60), bool)
        one[draw.choice(60, 6, replace=False)] = True
        other[draw.choice(60, 6, replace=False)] = True
        middle = relinked(search, one, other)
        assert middle.sum() == 6
        assert middle[one & other].all()
        assert not middle[~one & ~other].any()
        if (one & ~other).sum() > 1:
            assert (middle != one).any()
            assert (middle != other).any()


def test_the_pool_keeps_good_answers_that_differ():
    from planner.siting.median_relinking import Pool

    pool = Pool()
    for cost in (5.0, 3.0, 3.0, 9.0):
        pool.offer(np.array([int(cost), 20]), cost)
    assert [value for value, _ in pool.answers] == [3, 5, 9]
    for site in range(30, 50):
        pool.offer(np.array([site, site + 20]), 4.0)
    assert len(pool.answers) == 10
    assert pool.answers[0][0] == 3
    assert pool.answers[-1][0] == 4
    pool.offer(np.array([1, 2]), 8.0)
    assert pool.answers[-1][0] == 4


def test_rows_are_merged_with_their_weights():
    from planner.siting.median_problem import MedianProblem

    cost = distances(town(40))
    twice = MedianProblem.checked(np.repeat(cost, 3, axis=0), p=4).lists()
    assert len(twice.beyond) == len(cost)
    assert twice.costs == pytest.approx(MedianProblem.checked(cost, p=4, weights=3).lists().costs)


@pytest.mark.slow
def test_a_center_of_very_many_points_needs_no_matrix():
    points = np.random.default_rng(4).uniform(0, 1e4, (20_000, 2))
    result = siting.p_center(siting.Points(points), 3, time_limit_s=2)
    worst = distances_to(points, result.sites).max()
    assert len(result.sites) == 3
    assert result.objective == pytest.approx(worst)
    assert 0 < result.bound <= result.objective


def distances_to(points: np.ndarray, sites: np.ndarray) -> np.ndarray:
    """Return how far each point is from the nearest of some."""
    return np.hypot(*(points[:, None] - points[sites][None]).transpose(2, 0, 1)).min(axis=1)
