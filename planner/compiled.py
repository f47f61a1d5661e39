"""Compile ahead what is compiled on first use: each main model once, on a tiny case.

Compiled code is kept in a cache beside the sources, so that the first real call does not wait.

    python -m planner.compiled
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from scipy.sparse import csr_array

from planner.progress import Progress


def compile_all(progress: Progress = lambda stage: None, *, processes: int = 1) -> None:
    """Call what is compiled once each.

    Parameters
    ----------
    progress
        Told what is being compiled as it begins.
    processes
        How many processes share the stages; with 1, all are done in this one.
    """
    if processes == 1:
        for stage in STAGES:
            progress(stage)
            _compile(stage)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting = []
        for stage in STAGES:
            progress(stage)
            waiting.append(pool.submit(_compile, stage))
        for done in waiting:
            done.result()


def _compile(stage: str) -> None:
    STAGES[stage]()


def _travel() -> None:
    import geopandas as gpd
    import pandas as pd
    from shapely import LineString, Point

    from geodata import RoadNetwork
    from planner.travel import isochrones, k_nearest, route, travel_times

    places = [Point(121.10 + 0.001 * k, 31.5 + 0.001 * (k % 2)) for k in range(4)]
    nodes = gpd.GeoDataFrame({"node_id": range(4)}, geometry=places, crs=4326)
    ends = pd.DataFrame({"from_node": [0, 1, 2], "to_node": [1, 2, 3]})
    lines = [LineString([places[a], places[b]]) for a, b in ends.itertuples(index=False)]
    about = {"edge_id": range(3), "road_class": "residential", "length_m": 150.0, "oneway": False}
    edges = gpd.GeoDataFrame(
        ends.assign(**about, max_speed_kmh=np.nan, source="modelled"), geometry=lines, crs=4326
    )
    roads = RoadNetwork.from_tables(nodes, edges)
    points = gpd.GeoSeries(places, crs=4326)
    for method in ("search", "hierarchy"):
        travel_times(roads, points, points, mode="walk", limit_minutes=30, method=method)
    k_nearest(roads, points, points, k=2, mode="walk")
    isochrones(roads, points, minutes=[5], mode="walk")
    route(roads, points[:1], points[3:], mode="walk")


def _allocation() -> None:
    from planner import allocation

    minutes = csr_array([[3.0, 9.0], [5.0, 4.0], [8.0, 2.0]])
    demand, capacity = [5, 5, 5], [8, 9]
    allocation.nearest(minutes, demand, capacity)
    allocation.system_optimal(minutes, demand, capacity)
    allocation.whole(minutes, demand, capacity)
    allocation.choice(minutes, demand, capacity)


def _places() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return demand points, metres from each to each site, and weights."""
    draw = np.random.default_rng(0)
    points, sites = draw.uniform(0, 1000, (60, 2)), draw.uniform(0, 1000, (25, 2))
    metres = np.hypot(*(points[:, None] - sites).transpose(2, 0, 1))
    return points, metres, draw.integers(1, 9, 60).astype(float)


def _siting() -> None:
    from planner import siting
    from planner.siting.median_problem import MedianProblem
    from planner.siting.median_relinking import relinked
    from planner.siting.median_search import Search

    points, metres, weights = _places()
    siting.set_cover(metres, radius=metres.min(axis=1).max() + 50)
    siting.max_coverage(metres, 4, radius=150, weights=weights)
    siting.phased_coverage(metres, budgets=[3.0, 3.0], radius=150, weights=weights)
    siting.backup_coverage(metres, 4, radius=300, first_weight=0.5)
    siting.p_median(metres, 4, weights=weights)
    siting.p_median(siting.Points(points), 4)
    search = Search.of(MedianProblem.checked(metres, p=4).lists(), 4)
    relinked(search, search.greedy(), search.greedy()[::-1].copy())
    siting.p_center(metres, 4)


def _capacity() -> None:
    from planner import siting

    _, metres, weights = _places()
    for split in (False, True):
        room = {"capacity": weights.sum() / 3, "demand": weights, "split": split}
        siting.capacitated_p_median(metres, 5, **room, time_limit_s=5)
    siting.facility_location(metres, 300.0)


def _tiers() -> None:
    from planner.siting.tiered import bounded
    from planner.siting.tiered_problem import TieredProblem
    from planner.siting.tiered_search import TieredSearch
    from planner.siting.watch import Watch

    _, metres, weights = _places()
    for cost, links in (([metres] * 3, None), ([metres], [metres[:25]] * 2)):
        problem = TieredProblem.checked(
            cost, referral=[0.2, 0.5], links=links, weights=weights, p=[3, 1, 1]
        )
        levels = TieredSearch(problem, Watch(30)).best(0)
        bounded(problem, levels, Watch(30), 0.0)


def _accessibility() -> None:
    from planner import accessibility

    minutes = csr_array([[3.0, 9.0], [5.0, 4.0], [8.0, 2.0]])
    supply, demand = [2, 1], [5, 5, 5]
    accessibility.two_step_fca(minutes, supply, demand, accessibility.DaiGaussian(15))
    accessibility.cost_to_kth_nearest(minutes)
    for method in ("published", "equilibrium"):
        accessibility.raam(minutes, supply, demand, method=method)


def _staffing() -> None:
    from planner.staffing import outreach

    minutes = [[10.0, 20.0, 30.0], [15.0, 10.0, 25.0], [20.0, 30.0, 10.0], [5.0, 25.0, 35.0]]
    outreach(minutes, hours=[20, 30, 10], days=[9, 9, 4], need=[40, 30, 20, 9])


STAGES: dict[str, Callable[[], None]] = {
    "siting": _siting,
    "travel": _travel,
    "capacity": _capacity,
    "staffing": _staffing,
    "tiers": _tiers,
    "accessibility": _accessibility,
    "allocation": _allocation,
}
"""What is compiled, the longest first."""


if __name__ == "__main__":
    begun = time.perf_counter()
    print("compiling; takes a minute or two the first time", file=sys.stderr)
    compile_all(
        lambda stage: print(f"compiling {stage} ...", file=sys.stderr, flush=True),
        processes=min(os.cpu_count() or 1, len(STAGES)),
    )
    print(f"compiled in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
