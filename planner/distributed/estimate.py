"""estimate: what a run over a region would take, from the list of its counties alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from planner.distributed.frontier import STAGE as FRONTIER
from planner.distributed.margin import pace, reach_metres
from planner.distributed.master import SETTLED, rules
from planner.distributed.measure import STAGE as MEASURED
from planner.distributed.measure import measure
from planner.distributed.prepare import STAGE as PREPARED
from planner.distributed.prepare import prepare
from planner.distributed.runner import Task

if TYPE_CHECKING:
    from planner.standard import Standard

# Measured: benchmarks/results/scale.md.
_SECONDS = {PREPARED: (0.6, 5e-5), MEASURED: (0.6, 3e-5), FRONTIER: (0.4, 0.0), SETTLED: (0.3, 0.0)}
"""Of a core, for each county and for each of its road nodes."""
_DISK_BYTES = (400_000.0, 60.0)
"""For each county, and for each of its road nodes."""
_WORKER_BYTES = (350e6, 3_000.0)
"""Before any county, and for each road node of the largest."""
_ROUNDS = 5
"""How often the master asks each county, as a rule."""


@dataclass(frozen=True)
class Estimate:
    """What a run over a region would take.

    Attributes
    ----------
    counties
        How many.
    margin_metres
        How far beyond its own points each is looked at, for roads as the mode usually goes.
    pairs
        How many counties lie in the margin of another, counted from each side.
    tasks
        How many tasks each stage has; the frontier's of all rounds together.
    core_hours
        Of one core, all stages together.
    disk_bytes
        What the results take on disk.
    worker_bytes
        Memory of the worker that measures the largest county.
    """

    counties: int
    margin_metres: float
    pairs: int
    tasks: Mapping[str, int]
    core_hours: float
    disk_bytes: float
    worker_bytes: float

    def hours(self, workers: int) -> float:
        """Return how long so many workers take, each with a core of its own."""
        return self.core_hours / workers


def estimate(source: str | Path, standard: Standard) -> Estimate:
    """Return what ``plan_region`` would take; no county is opened.

    The tasks are built as in a run, with neighbours as the boundaries of the counties tell them.

    Parameters
    ----------
    source
        The region: a folder with ``region.json``, or a PostGIS address.
    standard
        What residents are entitled to.

    Raises
    ------
    DataError
        If there is no region.

    Examples
    --------
    >>> import planner
    >>> estimate("country/", planner.Standard.load("taicang-2013")).hours(32)  # doctest: +SKIP
    """
    from geodata.region import open_region

    region = open_region(source, complete=False)
    asked = rules(standard)
    metres = max(reach_metres(rule.minutes, [pace(None, rule.mode)]) for rule in asked)
    codes, modes = list(region.counties.index), sorted({rule.mode for rule in asked})
    around = {code: sorted((code, *region.neighbours(code, metres))) for code in codes}
    told = standard.model_dump(mode="json")
    tasks = [Task(code, prepare, (region.place_of(code), code, modes, "")) for code in codes]
    tasks += [
        Task(code, measure, (code, [(other, "") for other in near], (), told, ""))
        for code, near in around.items()
    ]
    once = len(codes)
    nodes = region.counties["road_nodes"]
    seconds = {
        stage: fixed * once + each * nodes.sum() for stage, (fixed, each) in _SECONDS.items()
    }
    seconds[FRONTIER] *= _ROUNDS
    return Estimate(
        counties=once,
        margin_metres=metres,
        pairs=sum(len(near) - 1 for near in around.values()),
        tasks=pd.Series([task.call.__name__ for task in tasks]).value_counts().to_dict()
        | {FRONTIER: _ROUNDS * once, SETTLED: once},
        core_hours=float(sum(seconds.values())) / 3600,
        disk_bytes=float(_DISK_BYTES[0] * once + _DISK_BYTES[1] * nodes.sum()),
        worker_bytes=float(_WORKER_BYTES[0] + _WORKER_BYTES[1] * nodes.max()),
    )
