"""The main job and start-up, beside an empty Python."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measure import run, write_table

REPEATS = 5


def main() -> None:
    python = sys.executable
    sanshe = Path(python).with_name("sanshe")
    commands = {
        "empty Python": [python, "-c", "pass"],
        "import planner, geodata": [python, "-c", "import planner, geodata"],
        "sanshe --help": [sanshe, "--help"],
        "sanshe check taicang": [sanshe, "check", "taicang"],
        "sanshe coverage taicang": [sanshe, "coverage", "taicang"],
        "sanshe plan taicang": [sanshe, "plan", "taicang"],
    }
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        run(commands["sanshe plan taicang"], folder=Path(folder))  # compiles, fills the caches
        for name, command in commands.items():
            costs = [run(command, folder=Path(folder)) for _ in range(REPEATS)]
            seconds = sorted(cost.seconds for cost in costs)[REPEATS // 2]
            peak = max(cost.peak_mib for cost in costs)
            rows.append([name, f"{seconds:.2f}", f"{peak:,.0f}"])
    write_table("main_job", "The main job", ["command", "seconds (median)", "peak MiB"], rows)


if __name__ == "__main__":
    main()
