"""Siting models against the published p-median and p-center optima of OR-Library.

With p sites no radius below the p-center optimum r covers every vertex, and r does. So the LSCP
needs at most p sites at r and more than p just below it (all costs are whole numbers), and the
MCLP with p sites covers all n vertices at r and fewer below it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from planner import siting

HERE = Path(__file__).parent
P_CENTER = {
    "pmed1": 127, "pmed2": 98, "pmed3": 93, "pmed4": 74, "pmed5": 48,
    "pmed6": 84, "pmed7": 64, "pmed8": 55, "pmed9": 37, "pmed10": 20,
}  # fmt: skip
P_MEDIAN = {
    "pmed1": 5819, "pmed2": 4093, "pmed3": 4250, "pmed4": 3034, "pmed5": 1355,
    "pmed6": 7824, "pmed7": 5631, "pmed8": 4445, "pmed9": 2734, "pmed10": 1255,
}  # fmt: skip
SHIPPED = ("pmed1", "pmed2")
LARGER = sorted(set(P_CENTER) - set(SHIPPED))


def read_pmed(path: Path) -> tuple[np.ndarray, int]:
    lines = np.loadtxt(path, dtype=int, skiprows=1)
    n, _, p = np.loadtxt(path, dtype=int, max_rows=1)
    cost = {(min(i, j) - 1, max(i, j) - 1): c for i, j, c in lines}
    ends = np.array(list(cost))
    graph = csr_array((np.array(list(cost.values())), ends.T), shape=(n, n))
    return shortest_path(graph, directed=False), int(p)


def check(path: Path, radius: int) -> None:
    cost, p = read_pmed(path)
    at, below = csr_array(cost <= radius), csr_array(cost <= radius - 1)
    cover = siting.set_cover(at)
    assert cover.status == "optimal"
    assert len(cover.sites) <= p
    assert siting.set_cover(below).bound > p
    most = siting.max_coverage(at, p=p)
    assert (most.status, most.objective) == ("optimal", len(cost))
    less = siting.max_coverage(below, p=p)
    assert less.bound < len(cost)


@pytest.mark.parametrize("name", SHIPPED)
def test_covering_meets_the_published_p_center(name):
    check(HERE / f"{name}.txt", P_CENTER[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGER)
def test_covering_meets_the_published_p_center_of_larger_graphs(name, shared_data):
    check(shared_data / "orlib" / f"{name}.txt", P_CENTER[name])


def check_median_and_center(path: Path) -> None:
    cost, p = read_pmed(path)
    for model, optimum in ((siting.p_median, P_MEDIAN), (siting.p_center, P_CENTER)):
        result = model(cost, p)
        assert (result.status, result.objective) == ("optimal", optimum[path.stem])
        assert result.bound == result.objective
        assert len(result.sites) <= p


@pytest.mark.parametrize("name", SHIPPED)
def test_median_and_center_are_the_published_optima(name):
    check_median_and_center(HERE / f"{name}.txt")


@pytest.mark.parametrize("name", LARGER)
def test_median_and_center_are_the_published_optima_of_larger_graphs(name, shared_data):
    check_median_and_center(shared_data / "orlib" / f"{name}.txt")
