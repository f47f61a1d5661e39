"""Capacitated p-median, facility location, p-dispersion and market share: time, gap, memory.

Each case runs in a process of its own; ``python -m benchmarks.siting_capacity CASE`` runs one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import write_table

DATA = Path(__file__).parents[2] / "shared" / "data" / "orlib"
LIMIT_S = 30.0


def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.hypot(one[:, None, 0] - other[None, :, 0], one[:, None, 1] - other[None, :, 1])


def pmedcap(name: str) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    numbers = np.array((DATA / f"{name}.txt").read_text().split(), float)
    n, p, capacity = int(numbers[2]), int(numbers[3]), numbers[4]
    rows = numbers[5 : 5 + 4 * n].reshape(n, 4)
    distance = np.floor(apart(rows[:, 1:3], rows[:, 1:3]))
    return "capacitated_p_median", (distance, p), {"demand": rows[:, 3], "capacity": capacity}


def like_pmedcap(seed: int) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """Return 100 points, 10 sites, as Osman and Christofides drew theirs."""
    draw = np.random.default_rng(seed)
    points = draw.integers(1, 101, (100, 2)).astype(float)
    demand = draw.integers(1, 21, 100).astype(float)
    while not 0.82 < demand.sum() / 1200 < 0.97:
        demand = draw.integers(1, 21, 100).astype(float)
    distance = np.floor(apart(points, points))
    return "capacitated_p_median", (distance, 10), {"demand": demand, "capacity": 120.0}


def cap41() -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    numbers = np.array((DATA / "cap41.txt").read_text().split(), float)
    m, n = int(numbers[0]), int(numbers[1])
    sites = numbers[2 : 2 + 2 * m].reshape(m, 2)
    rows = numbers[2 + 2 * m :].reshape(n, m + 1)
    return (
        "facility_location",
        (rows[:, 1:], sites[:, 1]),
        {"demand": rows[:, 0], "capacity": sites[:, 0]},
    )


def euclidean(n: int, m: int, charge: float) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    draw = np.random.default_rng(1)
    cost = apart(draw.random((n, 2)), draw.random((m, 2))) * 1000
    return "facility_location", (cost, charge), {}


def koerkel_ghosh(n: int, low: int) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    draw = np.random.default_rng(0)
    cost = draw.integers(1000, 2001, (n, n)).astype(float)
    return "facility_location", (cost, draw.integers(low, 2 * low + 1, n).astype(float)), {}


def capacitated(split: bool) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """Return 200 customers, 40 sites with capacity three times the demand (Cornuéjols et al.)."""
    draw = np.random.default_rng(2)
    cost = apart(draw.random((200, 2)), draw.random((40, 2)))
    demand = draw.integers(5, 36, 200).astype(float)
    room = draw.integers(10, 161, 40) * 5.0
    charge = np.round(np.sqrt(room) * draw.uniform(100, 110, 40) + draw.uniform(0, 90, 40))
    room = np.floor(room * 3 * demand.sum() / room.sum())
    options = {"demand": demand, "capacity": room, "split": split}
    return "facility_location", (cost * 10 * demand[:, None], charge), options


def dispersed(p: int) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    points = np.random.default_rng(1).random((300, 2))
    return "p_dispersion", (apart(points, points), p), {}


def market(n: int, m: int, p: int) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    draw = np.random.default_rng(3)
    homes, own, rivals = (draw.random((k, 2)) for k in (n, m, 10))
    return (
        "market_share",
        (apart(homes, own) * 10 + 0.1, p),
        {"competitors": apart(homes, rivals) * 10 + 0.1, "weights": draw.integers(1, 100, n)},
    )


CASES: dict[str, Callable[[], tuple[str, tuple[Any, ...], dict[str, Any]]]] = {
    **{f"pmedcap{k:02}": lambda k=k: pmedcap(f"pmedcap{k:02}") for k in range(1, 6)},
    **{f"like pmedcap11-20, {k}": lambda k=k: like_pmedcap(k) for k in range(1, 7)},
    "cap41": cap41,
    "UFLP Euclidean 300 x 300": lambda: euclidean(300, 300, 500.0),
    "UFLP Euclidean 1000 x 200": lambda: euclidean(1000, 200, 3000.0),
    "UFLP Euclidean 1000 x 1000": lambda: euclidean(1000, 1000, 2000.0),
    "UFLP Körkel-Ghosh-like 100, cheap": lambda: koerkel_ghosh(100, 100),
    "UFLP Körkel-Ghosh-like 100, dear": lambda: koerkel_ghosh(100, 1000),
    "CFLP 200 x 40, split": lambda: capacitated(True),
    "CFLP 200 x 40, whole": lambda: capacitated(False),
    "p-dispersion 300, p = 10": lambda: dispersed(10),
    "p-dispersion 300, p = 20": lambda: dispersed(20),
    "market share 300 x 50, p = 5": lambda: market(300, 50, 5),
    "market share 1000 x 100, p = 5": lambda: market(1000, 100, 5),
}


def one(name: str) -> None:
    import resource

    from planner import siting

    # Once on a small case, so that what is timed is the search and not the compiler.
    siting.capacitated_p_median(np.ones((4, 4)), 2, demand=np.ones(4), capacity=2)
    siting.facility_location(np.arange(16.0).reshape(4, 4), 2.0)
    model, args, options = CASES[name]()
    result = getattr(siting, model)(*args, **options, time_limit_s=LIMIT_S)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = [result.status, result.objective, result.bound, result.gap, result.seconds, peak]
    print(json.dumps(told))


def main() -> None:
    rows = []
    for name in CASES:
        command = [sys.executable, "-m", "benchmarks.siting_capacity", name]
        ended = subprocess.run(command, capture_output=True, text=True, check=True)
        status, objective, bound, gap, seconds, peak = json.loads(ended.stdout)
        rows.append(
            [name, f"{objective:,.3f}", f"{bound:,.3f}", f"{gap:.3%}", status, f"{seconds:.2f}",
             f"{peak:,.0f}"]
        )  # fmt: skip
    write_table(
        "siting_capacity",
        "Capacitated p-median, facility location, p-dispersion, market share",
        ["case", "objective", "bound", "gap", "status", "seconds", "peak MiB"],
        rows,
    )


if __name__ == "__main__":
    one(sys.argv[1]) if len(sys.argv) > 1 else main()
