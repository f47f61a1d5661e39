"""Capacity, facility location, p-dispersion and market share: time, gap, memory, beside peers.

Each case runs in a process of its own, which makes its instance and solves it. The interpreter of
an environment with spopt, pulp, highspy and ortools is named by ``SANSHE_PEERS_PYTHON``; every
solver has the same time, not counting what it takes to build its program.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import siting_plots
from benchmarks.measure import run, write_table

DATA = Path(__file__).parents[2] / "shared" / "data" / "orlib"
LIMIT_S = 30.0
KILLED_S = 180.0
"""Peers are ended after so long, programs built and all."""

Case = tuple[str, tuple[Any, ...], dict[str, Any]]


def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.hypot(one[:, None, 0] - other[None, :, 0], one[:, None, 1] - other[None, :, 1])


def pmedcap(name: str) -> Case:
    numbers = np.array((DATA / f"{name}.txt").read_text().split(), float)
    n, p, capacity = int(numbers[2]), int(numbers[3]), numbers[4]
    rows = numbers[5 : 5 + 4 * n].reshape(n, 4)
    distance = np.floor(apart(rows[:, 1:3], rows[:, 1:3]))
    return "capacitated_p_median", (distance, p), {"demand": rows[:, 3], "capacity": capacity}


def like_pmedcap(seed: int) -> Case:
    """Return 100 points, 10 sites, as Osman and Christofides drew theirs."""
    draw = np.random.default_rng(seed)
    points = draw.integers(1, 101, (100, 2)).astype(float)
    demand = draw.integers(1, 21, 100).astype(float)
    while not 0.82 < demand.sum() / 1200 < 0.97:
        demand = draw.integers(1, 21, 100).astype(float)
    distance = np.floor(apart(points, points))
    return "capacitated_p_median", (distance, 10), {"demand": demand, "capacity": 120.0}


def cap41() -> Case:
    numbers = np.array((DATA / "cap41.txt").read_text().split(), float)
    m, n = int(numbers[0]), int(numbers[1])
    sites = numbers[2 : 2 + 2 * m].reshape(m, 2)
    rows = numbers[2 + 2 * m :].reshape(n, m + 1)
    return (
        "facility_location",
        (rows[:, 1:], sites[:, 1]),
        {"demand": rows[:, 0], "capacity": sites[:, 0]},
    )


def euclidean(n: int, m: int, charge: float) -> Case:
    draw = np.random.default_rng(1)
    cost = apart(draw.random((n, 2)), draw.random((m, 2))) * 1000
    return "facility_location", (cost, charge), {}


def koerkel_ghosh(n: int, low: int) -> Case:
    draw = np.random.default_rng(0)
    cost = draw.integers(1000, 2001, (n, n)).astype(float)
    return "facility_location", (cost, draw.integers(low, 2 * low + 1, n).astype(float)), {}


def capacitated(split: bool) -> Case:
    """Return 200 customers, 40 sites with capacity three times the demand (Cornuéjols et al.)."""
    draw = np.random.default_rng(2)
    cost = apart(draw.random((200, 2)), draw.random((40, 2)))
    demand = draw.integers(5, 36, 200).astype(float)
    room = draw.integers(10, 161, 40) * 5.0
    charge = np.round(np.sqrt(room) * draw.uniform(100, 110, 40) + draw.uniform(0, 90, 40))
    room = np.floor(room * 3 * demand.sum() / room.sum())
    options = {"demand": demand, "capacity": room, "split": split}
    return "facility_location", (cost * 10 * demand[:, None], charge), options


def dispersed(n: int, p: int) -> Case:
    points = np.random.default_rng(1).random((n, 2))
    return "p_dispersion", (apart(points, points), p), {}


def market(n: int, m: int, p: int) -> Case:
    draw = np.random.default_rng(3)
    homes, own, rivals = (draw.random((k, 2)) for k in (n, m, 10))
    return (
        "market_share",
        (apart(homes, own) * 10 + 0.1, p),
        {"competitors": apart(homes, rivals) * 10 + 0.1, "weights": draw.integers(1, 100, n)},
    )


def clustered(n: int, p: int) -> Case:
    """Return capacitated p-median of n points, capacity a quarter more than needed."""
    draw = np.random.default_rng(4)
    points = draw.integers(1, 1001, (n, 2)).astype(float)
    demand = draw.integers(1, 21, n).astype(float)
    distance = np.floor(apart(points, points))
    room = np.ceil(1.25 * demand.sum() / p)
    return "capacitated_p_median", (distance, p), {"demand": demand, "capacity": room}


def covered(model: str, n: int, m: int, *args: Any, split: bool) -> Case:
    """Return covering within 0.12 in the unit square; a site holds what reaches it on average."""
    draw = np.random.default_rng(5)
    sites = draw.random((m, 2))
    homes = draw.random((8 * n, 2))
    within = apart(homes, sites) <= 0.12
    homes = homes[within.any(axis=1)][:n]
    reach = apart(homes, sites) <= 0.12
    weights = draw.integers(1, 51, n).astype(float)
    room = np.round((weights @ reach).mean())
    return model, (reach, *args), {"weights": weights, "capacity": room, "split": split}


CASES: dict[str, Callable[[], Case]] = {
    **{f"pmedcap{k:02}": lambda k=k: pmedcap(f"pmedcap{k:02}") for k in range(1, 6)},
    **{f"like pmedcap11-20, {k}": lambda k=k: like_pmedcap(k) for k in range(1, 11)},
    "CPMP 300, p = 15": lambda: clustered(300, 15),
    "CPMP 1000, p = 10": lambda: clustered(1000, 10),
    "CPMP 1000, p = 50": lambda: clustered(1000, 50),
    "cap41": cap41,
    "UFLP Euclidean 300 × 300": lambda: euclidean(300, 300, 500.0),
    "UFLP Euclidean 1000 × 200": lambda: euclidean(1000, 200, 3000.0),
    "UFLP Euclidean 1000 × 1000": lambda: euclidean(1000, 1000, 2000.0),
    "UFLP Körkel-Ghosh-like 100, cheap": lambda: koerkel_ghosh(100, 100),
    "UFLP Körkel-Ghosh-like 100, dear": lambda: koerkel_ghosh(100, 1000),
    "CFLP 200 × 40, split": lambda: capacitated(True),
    "CFLP 200 × 40, whole": lambda: capacitated(False),
    "capacitated MCLP 1000 × 60, p = 15, split": lambda: covered(
        "max_coverage", 1000, 60, 15, split=True
    ),
    "capacitated MCLP 3000 × 150, p = 20, split": lambda: covered(
        "max_coverage", 3000, 150, 20, split=True
    ),
    "capacitated MCLP 300 × 40, p = 10, whole": lambda: covered(
        "max_coverage", 300, 40, 10, split=False
    ),
    "capacitated MCLP 1000 × 60, p = 15, whole": lambda: covered(
        "max_coverage", 1000, 60, 15, split=False
    ),
    "capacitated set cover 3000 × 150, split": lambda: covered("set_cover", 3000, 150, split=True),
    "capacitated set cover 1000 × 100, whole": lambda: covered("set_cover", 1000, 100, split=False),
    "p-dispersion 100, p = 10": lambda: dispersed(100, 10),
    "p-dispersion 300, p = 10": lambda: dispersed(300, 10),
    "p-dispersion 300, p = 20": lambda: dispersed(300, 20),
    "market share 300 × 50, p = 5": lambda: market(300, 50, 5),
    "market share 1000 × 100, p = 5": lambda: market(1000, 100, 5),
}
WARM = (
    "pmedcap01",
    "like pmedcap11-20, 5",
    "cap41",
    "UFLP Euclidean 300 × 300",
    "CFLP 200 × 40, split",
    "capacitated MCLP 300 × 40, p = 10, whole",
    "capacitated set cover 3000 × 150, split",
    "p-dispersion 100, p = 10",
    "market share 300 × 50, p = 5",
)
"""What is solved once unmeasured, so that what is timed is the search and not the compiler."""

PROGRAM, SPOPT, CP_SAT = ("pulp + HiGHS", "pulp + CBC"), "spopt + HiGHS", "OR-tools CP-SAT"
PEERS = {
    "pmedcap01": (SPOPT, "pulp + CBC", CP_SAT),
    "like pmedcap11-20, 2": (SPOPT, "pulp + CBC", CP_SAT),
    "like pmedcap11-20, 1": (SPOPT, CP_SAT),
    "CPMP 300, p = 15": (SPOPT, CP_SAT),
    "CPMP 1000, p = 50": (SPOPT, CP_SAT),
    "cap41": PROGRAM,
    "UFLP Euclidean 300 × 300": PROGRAM,
    "CFLP 200 × 40, split": PROGRAM,
    "CFLP 200 × 40, whole": (*PROGRAM, CP_SAT),
    "capacitated MCLP 1000 × 60, p = 15, split": ("pulp + HiGHS",),
    "capacitated MCLP 3000 × 150, p = 20, split": ("pulp + HiGHS",),
    "capacitated MCLP 300 × 40, p = 10, whole": ("pulp + HiGHS", CP_SAT),
    "capacitated MCLP 1000 × 60, p = 15, whole": ("pulp + HiGHS", CP_SAT),
    "capacitated set cover 3000 × 150, split": (SPOPT,),
    "capacitated set cover 1000 × 100, whole": ("pulp + HiGHS", CP_SAT),
    "p-dispersion 100, p = 10": (SPOPT,),
    "market share 300 × 50, p = 5": ("pulp + HiGHS",),
    "market share 1000 × 100, p = 5": ("pulp + HiGHS",),
}
"""Who else can solve a case; of market share only Haase and Müller's linear program."""


def ours(case: Case) -> dict[str, Any]:
    from planner import siting

    # Once on small cases, so that the compiled code is loaded.
    siting.capacitated_p_median(np.ones((4, 4)), 2, demand=np.ones(4), capacity=2)
    siting.facility_location(np.arange(16.0).reshape(4, 4), 2.0)
    siting.max_coverage(np.eye(3, dtype=bool), 1)
    model, args, options = case
    result = getattr(siting, model)(*args, **options, time_limit_s=LIMIT_S)
    names = ("status", "objective", "bound", "seconds")
    return {name: getattr(result, name) for name in names}


def one(who: str, name: str, path: str) -> None:
    """Solve one case and write what came out."""
    case = CASES[name]()
    if who == "ours":
        found = ours(case)
    else:
        from benchmarks.siting_peers import solve

        found = solve(who, case, LIMIT_S)
    Path(path).write_text(json.dumps(found), "utf-8")


def row(who: str, name: str, python: str) -> list[str]:
    """Solve one case in a process of its own and return a row of the table."""
    command = ["timeout", str(KILLED_S), python, "-m", "benchmarks.siting_capacity", who, name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "found.json")
        try:
            peak = f"{run([*command, path]).peak_mib:,.0f}"
        except subprocess.CalledProcessError:
            return [name, who, "", "", "", f"no answer in {KILLED_S:.0f} s", "", ""]
        found = json.loads(path.read_text("utf-8"))
    objective, bound = found["objective"], found["bound"]
    known = bound == bound and objective == objective
    gap = "not told"
    if known:
        gap = f"{abs(objective - bound) / abs(objective):.3%}" if objective else "infinite"
    told = [f"{value:,.3f}" if value == value else "" for value in (objective, bound)]
    return [name, who, *told, gap, found["status"], f"{found['seconds']:.2f}", peak]


HEADS = ["case", "by", "objective", "bound", "gap", "status", "seconds", "peak MiB"]


def main() -> None:
    peers = os.environ.get("SANSHE_PEERS_PYTHON")
    for name in WARM:
        row("ours", name, sys.executable)  # compiles, fills the caches
    rows = []
    for name in CASES:
        rows.append(row("ours", name, sys.executable))
        rows += [row(who, name, peers) for who in PEERS.get(name, ()) if peers]
    write(rows)


def write(rows: list[list[str]]) -> None:
    """Keep the table and its plot."""
    title = "Capacity, facility location, dispersion, market share"
    write_table("siting_capacity", title, HEADS, rows)
    siting_plots.capacity()


if __name__ == "__main__":
    one(*sys.argv[1:]) if len(sys.argv) > 1 else main()
