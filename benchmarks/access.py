"""Accessibility under competition: 2SFCA and RAAM, beside PySAL's ``access``.

Each tool works on the same pairs in a process of its own. Where ``access`` is not installed beside
us, ``ACCESS_PYTHON`` names the Python that has it; without either its rows are left out.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from typing import Any

from benchmarks.measure import write_table

JOBS = {
    "2SFCA, 30 minutes": ("two_step", 100_000, 10_000, 100, ("ours", "access")),
    "2SFCA, Gaussian": ("gaussian", 100_000, 10_000, 100, ("ours", "access")),
    "3SFCA, Gaussian": ("three_step", 100_000, 10_000, 100, ("ours", "access")),
    "RAAM": ("raam", 10_000, 1_000, 50, ("ours", "access")),
    # A dense matrix of 100,000 × 10,000, several times over, does not fit into 23 GB.
    "RAAM, 20 times the pairs": ("raam", 100_000, 10_000, 100, ("ours",)),
    "RAAM to equilibrium": ("equilibrium", 10_000, 1_000, 50, ("ours",)),
    "RAAM to equilibrium, 20 times the pairs": ("equilibrium", 100_000, 10_000, 100, ("ours",)),
}
REPEATS = 3
TOLERANCE = 1e-9


def main() -> None:
    pythons = {"ours": sys.executable, "access": peer()}
    rows = []
    for title, (job, zones, halls, each, tools) in JOBS.items():
        ours: dict[str, Any] = {}
        for tool in tools:
            python = pythons[tool]
            if python is None:
                continue
            result = run(python, tool, job, zones, halls, each)
            ours = ours or result
            if abs(result["total"] / ours["total"] - 1) > TOLERANCE:
                raise AssertionError(f"{title}: {tool} finds {result['total']}, we {ours['total']}")
            rows.append(
                [
                    title,
                    f"{zones:,} × {halls:,}",
                    f"{zones * each / 1e6:g} million",
                    tool,
                    f"{result['seconds']:.3f}",
                    f"{result['seconds'] / ours['seconds']:,.1f}",
                    f"{result['grown_mib']:,.0f}",
                    f"{result['peak_mib']:,.0f}",
                    f"{result['grown_mib'] / max(ours['grown_mib'], 1):,.1f}",
                    result["note"],
                ]
            )
    heads = ["measure", "zones × halls", "pairs", "tool", "seconds", "ratio to ours"]
    heads += ["MiB grown", "peak MiB", "grown, ratio to ours", ""]
    write_table("access", "Accessibility under competition", heads, rows)


def peer() -> str | None:
    """Return the Python that has PySAL's access; None if there is none."""
    if importlib.util.find_spec("access") is not None:
        return sys.executable
    return os.environ.get("ACCESS_PYTHON")


def run(python: str, tool: str, job: str, zones: int, halls: int, each: int) -> dict[str, Any]:
    """Return what the run of median length took."""
    command = [python, "-m", "benchmarks.access_job", tool, job, *map(str, (zones, halls, each))]
    slow = tool == "access" and job == "raam"
    results = []
    for _ in range(1 if slow else REPEATS):
        ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        results.append(json.loads(ended.stdout.splitlines()[-1]))
    median: dict[str, Any] = sorted(results, key=lambda result: result["seconds"])[
        len(results) // 2
    ]
    return median


if __name__ == "__main__":
    main()
