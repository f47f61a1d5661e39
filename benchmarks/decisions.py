"""The models of decisions on a real city: 4,908 places where people live, 1,227 candidate sites.

Central Porto Alegre on its real streets: each cell's residents stand at four points, every cell is
a candidate site, cells with health facilities are open halls. "from nothing" leaves the halls out,
the harder question. The peer is the same MCLP as a plain program in ``scipy.optimize.milp``
(HiGHS).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack

from benchmarks.measure import write_table
from geodata.cities import porto_alegre
from planner import siting, travel_times
from planner.siting.watch import relative_gap

LIMIT_S = 45.0  # for each case; the aim is a gap of 1 % in 300
NOTHING_S = 120.0  # for each from nothing
METRIC_EPSG = 31982
MINUTES = 15.0


class Case(NamedTuple):
    """One question of the city."""

    minutes: csr_array
    weights: np.ndarray
    costs: np.ndarray
    halls: np.ndarray
    towns: np.ndarray

    def reach(self, minutes: float = MINUTES) -> csr_array:
        """Return which site is within so many minutes, true only."""
        table = self.minutes.tocsr()
        near = csr_array((table.data <= minutes, table.indices, table.indptr), table.shape)
        near = near.copy()
        near.eliminate_zeros()
        return near


@cache
def city() -> Case:
    """Return minutes on foot, residents, costs, open halls and a town for each place."""
    cells = porto_alegre.cells().fillna(0).sort_index()
    middle = shapely.get_coordinates(cells.to_crs(METRIC_EPSG).geometry.to_numpy())
    places = (middle[:, None] + [[80, 80], [-80, 80], [80, -80], [-80, -80]]).reshape(-1, 2)
    homes = gpd.GeoSeries(gpd.points_from_xy(*places.T), crs=METRIC_EPSG).to_crs(4326)
    found = travel_times(
        porto_alegre.roads(), homes, cells.geometry, mode="walk", limit_minutes=2 * MINUTES
    )
    square = np.floor((places - places.min(axis=0)) / 2_500).astype(int) @ [100, 1]
    return Case(
        minutes=found.minutes,
        weights=np.repeat(cells["population"].to_numpy(float) / 4, 4),
        costs=np.random.default_rng(0).integers(12, 40, len(cells)) * 1e5,
        halls=np.flatnonzero(cells["healthcare"].to_numpy() > 0),
        towns=square,
    )


def asked(case: Case, *, halls: bool, costs: bool = True) -> dict[str, Any]:
    """Return what all models are asked."""
    options: dict[str, Any] = {"time_limit_s": LIMIT_S if halls else NOTHING_S}
    if halls:
        options["fixed"] = case.halls
    return options | ({"site_costs": case.costs} if costs else {})


def answer(objective: float, bound: float) -> tuple[float, float]:
    """Return an objective and how far from the best it may be."""
    return objective, relative_gap(objective, bound)


def budget(halls: bool, yuan: float) -> tuple[float, float]:
    case = city()
    found = siting.max_coverage(
        case.reach(), budget=yuan, weights=case.weights, **asked(case, halls=halls)
    )
    return answer(found.objective, found.bound)


def plain(halls: bool, yuan: float) -> tuple[float, float]:
    """Solve the same with scipy's HiGHS, rows as they are."""
    case = city()
    reach = case.reach().astype(float)
    demands, sites = reach.shape
    lower = np.zeros(sites + demands)
    costs = case.costs.copy()
    if halls:
        lower[case.halls], costs[case.halls] = 1.0, 0.0
    found = milp(
        np.concatenate([np.zeros(sites), -case.weights]),
        integrality=np.repeat([1, 0], [sites, demands]),
        bounds=Bounds(lower, 1.0),
        constraints=[
            LinearConstraint(csr_array(hstack([-reach, eye_array(demands)])), -np.inf, 0.0),
            LinearConstraint(np.concatenate([costs, np.zeros(demands)])[None, :], -np.inf, yuan),
        ],
        options={"time_limit": LIMIT_S if halls else NOTHING_S},
    )
    return (np.nan, np.nan) if found.x is None else answer(-found.fun, -found.mip_dual_bound)


def phases(halls: bool, yuan: float) -> tuple[float, float]:
    case = city()
    found = siting.phased_coverage(
        case.reach(), budgets=[yuan] * 3, weights=case.weights, **asked(case, halls=halls)
    )
    return answer(found.objective, found.bound)


def front() -> tuple[float, float]:
    case = city()
    found = siting.pareto(
        case.reach(), budget=40e6, points=8, weights=case.weights, **asked(case, halls=True)
    )
    return float(found.table["covered"].max()), 0.0 if found.table["proven"].all() else np.nan


def shares() -> tuple[float, float]:
    case = city()
    groups = [np.flatnonzero(case.towns == town) for town in np.unique(case.towns)]
    least = [siting.Share(group, 0.85) for group in groups if case.weights[group].sum() > 5_000]
    found = siting.fair_cover(
        case.reach(), shares=least, weights=case.weights, **asked(case, halls=True)
    )
    return answer(found.objective, found.bound)


def scenarios(
    criterion: siting.Criterion, halls: bool = True, yuan: float = 20e6
) -> tuple[float, float]:
    case = city()
    reaches = [case.reach(MINUTES * factor) for factor in (1, 0.8, 2 / 3, 1.2, 4 / 3)]
    found = siting.robust_coverage(
        reaches,
        budget=yuan,
        criteria=[criterion],
        weights=[case.weights] * 5,
        **asked(case, halls=halls),
    )[criterion]
    return answer(found.objective, found.bound)


def others() -> tuple[float, float]:
    case = city()
    found = siting.max_coverage(
        case.reach(), budget=20e6, weights=case.weights, **asked(case, halls=True)
    )
    table = siting.alternatives(found, count=5)
    return float(table["objective"].iloc[-1]), 0.0 if table["proven"].all() else np.nan


CASES: dict[str, Callable[[], tuple[float, float]]] = {
    "budget of 20 million": lambda: budget(True, 20e6),
    "budget of 20 million, plain program": lambda: plain(True, 20e6),
    "85 % in every square of 2.5 km, least cost": shares,
    "five best sets, 20 million": others,
    "front of residents and cost, 8 points": front,
    "three years of 7 million": lambda: phases(True, 7e6),
    "five scenarios, expected": lambda: scenarios("expected"),
    "five scenarios, worst case": lambda: scenarios("worst"),
    "five scenarios, least regret": lambda: scenarios("regret"),
    "from nothing: budget of 60 million": lambda: budget(False, 60e6),
    "from nothing: budget of 60 million, plain program": lambda: plain(False, 60e6),
    "from nothing: three years of 20 million": lambda: phases(False, 20e6),
    "from nothing: five scenarios, worst case, 60 million": lambda: scenarios("worst", False, 60e6),
    "from nothing: five scenarios, least regret, 60 million": lambda: scenarios(
        "regret", False, 60e6
    ),
}


def main() -> None:
    city()
    siting.max_coverage(np.eye(3, dtype=bool), 1)  # compiled, or read from the cache
    rows = []
    for name, solve in CASES.items():
        started = time.perf_counter()
        value, gap = solve()
        said = "not proven" if np.isnan(gap) else "proven" if gap < 1e-9 else f"{gap:.2%}"
        rows.append([name, f"{value:,.6g}", said, f"{time.perf_counter() - started:,.1f}"])
        print(rows[-1], flush=True)
    heads = ["question", "objective", "gap", "seconds"]
    write_table("decisions", "Decisions on a real city, 4,908 × 1,227", heads, rows)


if __name__ == "__main__":
    main()
