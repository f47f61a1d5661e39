"""Regions of 10, 30 and 100 counties over Dask: hours, memory and storage, and what they grow with.

    python -m benchmarks.regions [FOLDER]

Regions are made by ``benchmarks.make_region`` in FOLDER (a temporary one if left out), where those
that are there already are taken. Each is planned by ``sanshe plan`` with two worker processes; the
largest with one, too.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd

from benchmarks.make_region import make_region
from benchmarks.measure import run, write_table

SIZES = (10, 30, 100)
BOTH = 100
COMMUNITIES, ROAD_NODES = 200, 30_000
BUDGET_YUAN = 10_000_000
COUNTRY = 3_000, 620_000, 90_000_000


def main() -> None:
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as made:
        folder = given or Path(made)
        rows = [_row(folder, counties, 2) for counties in SIZES]
        rows.append(_row(folder, BOTH, 1))
        write_table("scale", "Regions over Dask", _HEADS, rows)
        _dry_run(folder)


_HEADS = [
    "counties", "communities", "road nodes", "workers", "seconds", "seconds of tasks: prepare",
    "measure", "frontier", "settle", "seconds a county and worker", "peak MiB of a worker",
    "peak MiB of the client", "results MB", "gap",
]  # fmt: skip


def _row(folder: Path, counties: int, workers: int) -> list[str]:
    """Plan a region and return what it took."""
    source = folder / f"region-{counties}"
    if not (source / "region.json").exists():
        make_region(
            source,
            counties=counties,
            communities=COMMUNITIES * counties,
            road_nodes=ROAD_NODES * counties,
            seed=1,
            workers=2,
        )
    out = folder / f"plan-{counties}-{workers}-{time.time_ns()}"
    sanshe = Path(sys.executable).with_name("sanshe")
    asked = ["--budget-yuan", str(BUDGET_YUAN * counties), "--out", out]
    cost = run([sanshe, "plan", source, *asked, "--cluster", f"local:{workers}"])
    usage = json.loads((out / "run.json").read_text("utf-8"))
    told = json.loads((out / "region.json").read_text("utf-8"))["summary"]
    known = gpd.read_parquet(source / "counties.parquet")
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    stages = [usage["seconds"][name] for name in ("prepared", "measured", "frontier", "settled")]
    return [
        f"{counties}",
        f"{known['communities'].sum():,}",
        f"{known['road_nodes'].sum():,}",
        f"{workers}",
        f"{cost.seconds:,.0f}",
        *(f"{seconds:,.0f}" for seconds in stages),
        f"{cost.seconds * workers / counties:.1f}",
        f"{max(usage['peak_bytes'].values()) / 2**20:,.0f}",
        f"{cost.peak_mib:,.0f}",
        f"{size / 1e6:,.0f}",
        f"{told['gap']:.3%}",
    ]


def _dry_run(folder: Path) -> None:
    """Say what a run over a country would take, from its list of counties alone."""
    counties, communities, nodes = COUNTRY
    source = make_region(
        folder / "country",
        counties=counties,
        communities=communities,
        road_nodes=nodes,
        metadata_only=True,
    )
    sanshe = Path(sys.executable).with_name("sanshe")
    cost = run([sanshe, "plan", source, "--dry-run"])
    print(f"dry run of {counties:,} counties: {cost.seconds:.1f} s, {cost.peak_mib:,.0f} MiB")


if __name__ == "__main__":
    main()
