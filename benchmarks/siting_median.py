"""p-median and p-center on OR-Library, generated and TSPLIB instances, beside spopt.

`python -m benchmarks siting_median` runs the short part. `SITING_LONG=1` adds ten minutes per
TSPLIB instance and the largest point sets; `SANSHE_PEERS_PYTHON=/path/to/python` adds spopt with
HiGHS.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from benchmarks import siting_plots
from benchmarks.measure import run, write_table

DATA = Path(__file__).parents[2] / "shared" / "data"
OPTIMA = {  # p-median, p-center; source: OR-Library
    "pmed1": (5819, 127), "pmed2": (4093, 98), "pmed3": (4250, 93), "pmed4": (3034, 74),
    "pmed5": (1355, 48), "pmed6": (7824, 84), "pmed7": (5631, 64), "pmed8": (4445, 55),
    "pmed9": (2734, 37), "pmed10": (1255, 20),
}  # fmt: skip
GENERATED = tuple(f"graph:900:{p}" for p in (5, 10, 45, 90))
TSPLIB = tuple(f"{name}:{p}" for name in ("fl1400", "pcb3038") for p in (10, 100, 400))
UNIFORM = ("uniform:6000:100", "uniform:6000:500")
LARGEST = ("uniform:85900:100", "uniform:85900:1000")
AGAINST = ("pmed6", "graph:400:5")


def distances(edges, n: int):
    """Return all-pairs shortest distances over undirected edges {(a, b): cost}."""
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import shortest_path

    ends, costs = np.array(list(edges)).T, np.array(list(edges.values()), float)
    return shortest_path(csr_array((costs, ends), shape=(n, n)), directed=False)


def graph(n: int, p: int, seed: int = 1):
    """Return the distances of a random graph by Beasley's recipe: n²/50 edges of 1 to 100."""
    import numpy as np

    rng = np.random.default_rng(seed)
    order = rng.permutation(n)
    edges = {(min(a, b), max(a, b)): rng.integers(1, 101) for a, b in pairwise(order)}
    while len(edges) < n * n // 50:
        a, b = rng.integers(0, n, 2)
        if a != b:
            edges[min(a, b), max(a, b)] = rng.integers(1, 101)
    return distances(edges, n), p


def pmed(name: str):
    """Return the distances of an OR-Library graph; of an edge listed twice the last cost counts."""
    lines = [list(map(int, line.split())) for line in (DATA / "orlib" / name).open()]
    (n, _, p), *rest = [line for line in lines if line]
    return distances({(min(a, b) - 1, max(a, b) - 1): cost for a, b, cost in rest}, n), p


def instance(name: str):
    """Return the costs (or points) and p of a named instance."""
    import numpy as np

    kind, *numbers = name.split(":")
    if kind == "graph":
        return graph(*map(int, numbers))
    if kind.startswith("pmed"):
        return pmed(f"{kind}.txt")
    if kind == "uniform":
        return np.random.default_rng(7).uniform(0, 10_000, (int(numbers[0]), 2)), int(numbers[1])
    lines = (DATA / "tsplib" / f"{kind}.tsp").read_text().splitlines()
    points = [line.split()[1:] for line in lines if line.split()[0].isdigit()]
    return np.array(points, float), int(numbers[0])


def solve_all(answer: Path) -> None:
    """Solve the OR-Library instances by both models in one process and write what came out."""
    from planner import siting

    results = [
        getattr(siting, model)(*pmed(f"{name}.txt"))
        for model in ("p_median", "p_center")
        for name in OPTIMA
    ]
    proven = sum(result.status == "optimal" for result in results)
    found = {"objective": proven, "gap": max(result.gap for result in results)}
    found |= {"status": f"{proven} optimal", "seconds": sum(r.seconds for r in results)}
    answer.write_text(json.dumps(found))


def solve(model: str, name: str, seconds: float, answer: Path) -> None:
    """Solve one instance here and write what came out."""
    cost, p = instance(name)
    if model.startswith("spopt"):
        found = _spopt(model.split("-")[1], cost, p, seconds)
    else:
        from planner import siting

        given = siting.Points(cost) if cost.shape[1] == 2 else cost
        result = getattr(siting, model)(given, p, time_limit_s=seconds)
        found = {"objective": result.objective, "gap": result.gap, "status": result.status}
        found["seconds"] = result.seconds
    answer.write_text(json.dumps(found))


def _spopt(solver: str, cost, p: int, seconds: float) -> dict[str, float | str]:
    import numpy as np
    import pulp
    from spopt.locate import PMedian

    started = time.perf_counter()
    model = PMedian.from_cost_matrix(cost, np.ones(len(cost)), p_facilities=p)
    engine = {"highs": pulp.HiGHS, "cbc": pulp.PULP_CBC_CMD}[solver]
    solved = model.solve(engine(msg=False, timeLimit=seconds))
    value = float(pulp.value(solved.problem.objective))
    return {
        "objective": value,
        "gap": float("nan"),
        "status": pulp.LpStatus[solved.problem.status],
        "seconds": time.perf_counter() - started,
    }


def row(model: str, name: str, seconds: float, python: str = sys.executable) -> list[str]:
    """Solve one instance in a process of its own and return a row of the table."""
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        cost = run(
            [python, "-m", "benchmarks.siting_median", model, name, str(seconds), answer],
            folder=root,
        )
        found = json.loads(answer.read_text())
    published = OPTIMA.get(name, ())
    known = str(published[model == "p_center"]) if published else ""
    gap = "" if found["gap"] != found["gap"] else f"{found['gap']:.4%}"
    value = f"{found['objective']:,.2f}".removesuffix(".00")
    cells = [model, name, known, value, gap, found["status"]]
    print(*cells, f"{found['seconds']:.2f}", flush=True)
    return [*cells, f"{found['seconds']:.2f}", f"{cost.peak_mib:,.0f}"]


def main() -> None:
    long = bool(os.environ.get("SITING_LONG"))
    row("p_median", "pmed1", 60)  # compiles, fills the caches
    row("p_center", "pmed1", 60)
    rows = [row(model, name, 60) for model in ("p_median", "p_center") for name in OPTIMA]
    rows += [row("both", "all twenty", 60)]
    rows += [row(model, name, 60) for model in ("p_median", "p_center") for name in GENERATED]
    rows += [row("p_median", name, 60) for name in (*TSPLIB, *UNIFORM)]
    if long:
        rows += [row("p_median", name, 600) for name in TSPLIB]
        rows += [row("p_median", name, 1800) for name in LARGEST]
        rows += [row("p_center", name, 60) for name in LARGEST]
    if python := os.environ.get("SANSHE_PEERS_PYTHON"):
        rows += [row("p_median", name, 60) for name in AGAINST]
        rows += [row("spopt-highs", name, 200, python) for name in AGAINST]
    heads = ["model", "instance", "published", "objective", "gap", "status", "seconds", "peak MiB"]
    write_table("siting_median", "p-median and p-center", heads, rows)
    siting_plots.median()


if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1] == "both":
        solve_all(Path(sys.argv[4]))
    elif len(sys.argv) == 5:
        solve(sys.argv[1], sys.argv[2], float(sys.argv[3]), Path(sys.argv[4]))
    else:
        main()
