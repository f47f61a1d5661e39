"""One measure of accessibility by one tool in a process of its own: prints what it took as JSON.

Arguments: tool (ours or access), job, zones, halls, halls that each zone reaches. Runs in any
Python that has the tool, numpy and pandas.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

GAUSSIAN_MINUTES = 20.0
Result = tuple[float, str]
"""Sum over all zones, and what else there is to say."""


class Pairs:
    """Each zone reaches so many halls, spread evenly, 1 to 60 minutes away."""

    def __init__(self, zones: int, halls: int, each: int) -> None:
        rng = np.random.default_rng(0)
        spread = np.arange(each, dtype=np.int32) * (halls // each)
        first = rng.integers(0, halls, zones, dtype=np.int32)
        self.hall = np.add.outer(first, spread)
        self.hall %= halls
        self.hall.sort(axis=1)
        self.minutes = rng.random((zones, each), dtype=np.float32)
        self.minutes *= 59
        self.minutes += 1
        self.supply = rng.integers(1, 50, halls)
        self.demand = rng.integers(50, 5000, zones)


def ours(job: str, pairs: Pairs) -> Callable[[], Result]:
    """Return the product's measure, ready to run; compiled on a small case."""
    from scipy.sparse import csr_array

    from planner import accessibility as acc
    from planner.travel import TravelTimes

    def given(pairs: Pairs) -> tuple[TravelTimes, pd.Series, pd.Series]:
        zones, each = pairs.hall.shape
        indptr = np.arange(0, zones * each + 1, each, dtype=np.int32)
        structure = (pairs.minutes.ravel(), pairs.hall.ravel(), indptr)
        minutes = csr_array(structure, shape=(zones, len(pairs.supply)))
        zone, hall = pd.RangeIndex(zones), pd.RangeIndex(len(pairs.supply))
        snaps = np.zeros(zones), np.zeros(len(hall))
        travel = TravelTimes(minutes, zone, hall, "walk", 60.0, False, *snaps)
        return travel, pd.Series(pairs.supply), pd.Series(pairs.demand)

    def answer(pairs: Pairs, arguments: tuple[TravelTimes, pd.Series, pd.Series]) -> Result:
        if job in ("raam", "equilibrium"):
            method = "published" if job == "raam" else "equilibrium"
            found = acc.rational_access(*arguments, method=method)
            gap = f"{found.cycles} cycles, largest gap {found.largest_gap:.2g}"
            return float(found.cost.sum()), gap
        measure = acc.three_step_fca if job == "three_step" else acc.two_step_fca
        decay = acc.Step(30) if job == "two_step" else acc.Gaussian(GAUSSIAN_MINUTES)
        return float(measure(*arguments, decay).sum()), ""

    small = Pairs(200, 50, 5)
    answer(small, given(small))
    arguments = given(pairs)
    return lambda: answer(pairs, arguments)


def peer(job: str, pairs: Pairs) -> Callable[[], Result]:
    """Return the measure of PySAL's access, ready to run; its tables are made before."""
    from access import Access, weights

    zones, each = pairs.hall.shape
    costs = pd.DataFrame(
        {
            "origin": np.repeat(np.arange(zones), each),
            "dest": pairs.hall.ravel().astype(np.int64),
            "cost": pairs.minutes.ravel().astype(float),
        }
    )
    model = Access(
        demand_df=pd.DataFrame({"id": np.arange(zones), "demand": pairs.demand}),
        demand_index="id",
        demand_value="demand",
        supply_df=pd.DataFrame({"id": np.arange(len(pairs.supply)), "supply": pairs.supply}),
        supply_index="id",
        supply_value="supply",
        cost_df=costs,
        cost_origin="origin",
        cost_dest="dest",
        cost_name="cost",
    )
    gaussian = weights.gaussian(GAUSSIAN_MINUTES)
    run = {
        "two_step": lambda: model.two_stage_fca(max_cost=30),
        "gaussian": lambda: model.two_stage_fca(weight_fn=gaussian),
        "three_step": lambda: model.three_stage_fca(weight_fn=gaussian, max_cost=60),
        "raam": lambda: model.raam(tau=60),
    }[job]
    return lambda: (float(run().iloc[:, -1].sum()), "")


def peak_mib() -> float:
    """Return the most memory this process has had since the count was reset."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def main() -> None:
    warnings.simplefilter("ignore")
    tool, job, *size = sys.argv[1:]
    pairs = Pairs(*map(int, size))
    run = {"ours": ours, "access": peer}[tool](job, pairs)
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # counts the peak from here on
    before = peak_mib()
    started = time.perf_counter()
    total, note = run()
    seconds = time.perf_counter() - started
    peak = peak_mib()
    result = {"seconds": seconds, "grown_mib": peak - before, "peak_mib": peak}
    print(json.dumps(result | {"total": total, "note": note}))


if __name__ == "__main__":
    main()
