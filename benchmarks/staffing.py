"""Outreach at three sizes, recruitment and projects, beside plain programs by PuLP and HiGHS."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

import numpy as np
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from benchmarks.measure import write_table

SIZES = (70, 500, 5_000)
PLAIN_SECONDS = 30
OURS_SECONDS = {70: 60.0, 500: 60.0, 5_000: 200.0}
RULES = {"hours_per_day": 8.0, "visit_hours": 2.0, "hours_per_community": 6.0}


def main() -> None:
    rows = []
    for task, tool, size in (
        *(
            ("outreach", tool, n)
            for n in SIZES
            for tool in ("ours", "pulp")
            if n < 5_000 or tool == "ours"
        ),
        *(("recruitment", "ours", n) for n in SIZES),
        ("projects", "ours", 0),
    ):
        command = [sys.executable, "-m", "benchmarks.staffing", task, tool, str(size)]
        ended = subprocess.run(command, check=True, capture_output=True, text=True)
        said = json.loads(ended.stdout.splitlines()[-1])
        name = f"{task}, {size:,} communities" if size else f"{task}, Taicang"
        rows.append([name, tool, *said])
    heads = ["task", "tool", "status", "answer", "gap", "seconds", "MiB"]
    write_table("staffing", "Outreach, recruitment and projects", heads, rows)


def instance(n: int) -> tuple[csr_array, np.ndarray, np.ndarray, np.ndarray]:
    """Return minutes, workers' hours and days, and need, as dense as in rural Taicang."""
    rng = np.random.default_rng(0)
    side, workers = 26.0 * np.sqrt(n / 70), n * 2 // 7
    homes = rng.random((n, 2)) * side
    halls = rng.random((max(n // 6, 2), 2)) * side
    at = halls[rng.integers(0, len(halls), workers)]
    near = cKDTree(at).query_ball_point(homes, 45 * 40 / 60 / 1.3, return_sorted=True)
    counts = np.array([len(row) for row in near])
    worker = np.concatenate([np.array(row, int) for row in near])
    apart = np.hypot(*(np.repeat(homes, counts, axis=0) - at[worker]).T)
    ptr = np.concatenate([[0], np.cumsum(counts)])
    minutes = csr_array((apart * 1.3 / 40 * 60, worker, ptr), shape=(n, workers))
    hours = rng.choice([120.0, 192.0, 240.0], workers)
    need = np.clip(rng.lognormal(3.5, 0.5, n), 6, 160) * 1.2
    return minutes, hours, hours / 4, need


def outreach(tool: str, n: int) -> list[str]:
    minutes, hours, days, need = instance(n)
    if tool == "pulp":
        return plain(minutes, hours, days, need)
    from planner.staffing import outreach as solve

    solve(np.array([[10.0, 20.0]] * 3), [20, 30], [9, 9], [40, 40, 9])  # compiles
    started = time.perf_counter()
    plan = solve(minutes, hours, days, need, time_limit_s=OURS_SECONDS[n])
    seconds = time.perf_counter() - started
    late = ", time-limited" if plan.time_limited else ""
    share = plan.least_share_bound / max(plan.least_share, 1e-9) - 1
    total = plan.hours_bound / plan.hours - 1
    answer = f"share {plan.least_share:.4f}, {plan.hours:,.0f} h"
    return [plan.status + late, answer, f"{share:.2%}; {total:.2%}", f"{seconds:.1f}", peak()]


def plain(minutes: csr_array, hours: np.ndarray, days: np.ndarray, need: np.ndarray) -> list[str]:
    """Return what the first stage, written down in PuLP, gives."""
    import pulp

    started = time.perf_counter()
    model = pulp.LpProblem("outreach", pulp.LpMaximize)
    z = pulp.LpVariable("z", 0, 1)
    model += z
    links = list(zip(*minutes.nonzero(), strict=True))
    trips = dict(zip(links, minutes.data / 30, strict=True))
    by_community: dict[int, list] = {}
    by_worker: dict[int, list] = {}
    for i, w in links:
        s = pulp.LpVariable(f"s_{i}_{w}", 0)
        d = pulp.LpVariable(f"d_{i}_{w}", 0, int(days[w]), "Integer")
        y = pulp.LpVariable(f"y_{i}_{w}", cat="Binary")
        model += s <= (8 - trips[i, w]) * d
        model += s >= 2 * d
        model += d <= int(days[w]) * y
        model += s >= 6 * y
        by_community.setdefault(i, []).append((s, y))
        by_worker.setdefault(w, []).append((s + trips[i, w] * d, d))
    for i, terms in by_community.items():
        model += pulp.lpSum(s for s, _ in terms) >= need[i] * z
        model += pulp.lpSum(s for s, _ in terms) <= need[i]
        model += pulp.lpSum(y for _, y in terms) <= 2
    for w, terms in by_worker.items():
        model += pulp.lpSum(work for work, _ in terms) <= hours[w]
        model += pulp.lpSum(d for _, d in terms) <= int(days[w])
    model.solve(pulp.HiGHS(msg=False, timeLimit=PLAIN_SECONDS))
    seconds = time.perf_counter() - started
    share = z.value()
    answer = "none" if share is None else f"share {share:.4f} (first stage only)"
    return [pulp.LpStatus[model.status], answer, "not told", f"{seconds:.1f}", peak()]


def recruitment(_tool: str, n: int) -> list[str]:
    from planner.staffing import recruitment as solve

    minutes, _, _, need = instance(n)
    started = time.perf_counter()
    found = solve(minutes, need, max(n // 20, 3), hours_per_post=480.0, time_limit_s=PLAIN_SECONDS)
    seconds = time.perf_counter() - started
    answer = f"{found.hours:,.0f} h"
    return [found.status, answer, f"{found.gap:.2%}", f"{seconds:.1f}", peak()]


def projects(_tool: str, _size: int) -> list[str]:
    import geodata
    import planner
    from planner.projects import projects_of_city

    city, standard = geodata.open_city("taicang"), planner.Standard.load("taicang-2013")
    started = time.perf_counter()
    found = projects_of_city(city, standard)
    seconds = time.perf_counter() - started
    answer = f"{found.need_met:,.0f} clients"
    return [found.status, answer, f"{found.gap:.2%}", f"{seconds:.1f}", peak()]


def peak() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f}"


if __name__ == "__main__":
    if sys.argv[1:]:
        job = {"outreach": outreach, "recruitment": recruitment, "projects": projects}
        print(json.dumps(job[sys.argv[1]](sys.argv[2], int(sys.argv[3]))))
    else:
        main()
