"""System-optimal allocation, beside HiGHS on the same transport problem."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.spatial import cKDTree

from benchmarks.measure import write_table

SIZES = ((2_000, 200, 30), (20_000, 2_000, 30), (20_000, 2_000, 150))
HIGHS_SECONDS = 60.0


def main() -> None:
    rows = []
    for communities, halls, near in SIZES:
        results = {}
        for tool in ("ours", "highs"):
            command = [sys.executable, "-m", "benchmarks.allocation", tool]
            sizes = [str(n) for n in (communities, halls, near)]
            ended = subprocess.run([*command, *sizes], check=True, capture_output=True, text=True)
            results[tool] = json.loads(ended.stdout)
        for tool, result in results.items():
            rows.append(
                [
                    f"{communities:,} × {halls:,}, {communities * near:,} pairs",
                    {"ours": "ours", "highs": "HiGHS"}[tool],
                    result["status"],
                    f"{result['objective']:,.0f}",
                    f"{result['seconds']:.2f}",
                    f"{result['seconds'] / results['ours']['seconds']:,.0f}",
                ]
            )
    heads = ["communities × halls", "tool", "status", "person-minutes", "seconds", "ratio to ours"]
    write_table("allocation", "System-optimal allocation to halls with capacities", heads, rows)


def instance(communities: int, halls: int, near: int) -> tuple[csr_array, np.ndarray, np.ndarray]:
    """Return minutes to the nearest halls, residents, and capacities 5 % above what is needed."""
    rng = np.random.default_rng(0)
    homes, places = rng.random((communities, 2)) * 60, rng.random((halls, 2)) * 60
    minutes, hall = cKDTree(places).query(homes, k=near)
    shape = (communities, halls)
    indptr = np.arange(0, communities * near + 1, near)
    matrix = csr_array((minutes.ravel().astype(np.float32), hall.ravel(), indptr), shape=shape)
    matrix.sort_indices()
    residents = rng.integers(300, 6_000, communities)
    share = rng.uniform(0.5, 2.0, halls)
    capacity = np.ceil(1.05 * residents.sum() * share / share.sum())
    return matrix, residents.astype(float), capacity


def job(tool: str, communities: int, halls: int, near: int) -> dict[str, object]:
    minutes, residents, capacity = instance(communities, halls, near)
    if tool == "ours":
        from planner import allocation

        few, _, _ = instance(20, 5, 3)
        allocation.system_optimal(few, np.ones(20), np.full(5, 9.0))  # compiles
        started = time.perf_counter()
        answer = allocation.system_optimal(minutes, residents, capacity)
        status = f"{answer.status}, {answer.unserved.sum():,.0f} not served"
        objective = answer.objective
    else:
        started = time.perf_counter()
        status, objective = by_highs(minutes, residents, capacity)
    seconds = time.perf_counter() - started
    return {"status": status, "objective": objective, "seconds": seconds}


def by_highs(minutes: csr_array, residents: np.ndarray, capacity: np.ndarray) -> tuple[str, float]:
    from planner.solver import Program, solve

    pairs = minutes.tocoo()
    n, m = minutes.shape
    count = pairs.nnz + n
    everyone = coo_array(
        (np.ones(count), (np.concatenate([pairs.row, np.arange(n)]), np.arange(count))),
        shape=(n + m, count),
    )
    loads = coo_array(
        (np.ones(pairs.nnz), (n + pairs.col, np.arange(pairs.nnz))), shape=(n + m, count)
    )
    left_out = 1000.0 * float(minutes.data.max())
    program = Program(
        cost=np.concatenate([pairs.data, np.full(n, left_out)]),
        rows=csr_array(everyone + loads),
        row_lower=np.concatenate([residents, np.full(m, -np.inf)]),
        row_upper=np.concatenate([residents, capacity]),
        lower=np.zeros(count),
        upper=np.full(count, np.inf),
        integral=np.zeros(count, bool),
    )
    found = solve(program, time_limit_s=HIGHS_SECONDS)
    if found.x is None:
        return f"no answer in {HIGHS_SECONDS:.0f} s", float("nan")
    unserved = found.x[pairs.nnz :].sum()
    return f"{found.status}, {unserved:,.0f} not served", found.objective - left_out * unserved


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(job(sys.argv[1], *map(int, sys.argv[2:]))))
    else:
        main()
