"""Travel times: bounded walking and unlimited driving matrices, beside other tools.

Each tool works on the same graph in a process of its own. Tools that are slow get fewer origins;
their seconds are then counted up to the same number, preparation counted once.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from typing import Any

from benchmarks.measure import RESULTS, write_table

WALKS, DRIVES = 10_000, 200
ORIGINS = {
    "walk": {"ours": WALKS, "scipy": 200, "scipy_by_row": 200, "pandana": 2_000, "networkx": 50},
    "drive": {
        "ours": DRIVES,
        "scipy": 10,
        "igraph": 10,
        "networkit": 10,
        "rustworkx": 5,
        "pandana": DRIVES,
        "networkx": 2,
    },
}
ALL = {tool for tools in ORIGINS.values() for tool in tools}
SIZES: dict[str, set[str]] = {
    "porto_alegre": ALL,
    "100000": ALL,
    "1000000": ALL,
    "5000000": {"ours", "scipy", "scipy_by_row", "networkit"},
}
LIMITS = (5, 10, 15, 20, 30, 40, 60, 80, 100)
TOLERANCE = 0.02
"""pandana rounds each road to thousandths."""


def main(*jobs: str) -> None:
    for job, total in (("walk", WALKS), ("drive", DRIVES)):
        if jobs and job not in jobs:
            continue
        rows = []
        for where, tools in SIZES.items():
            results = {
                tool: run(tool, job, where, count)
                for tool, count in ORIGINS[job].items()
                if tool in tools
            }
            rows += table(where, results, total)
        heads = ["nodes", "tool", "prepare s", "ms an origin", f"s for {total:,} origins"]
        heads += ["ratio to ours", "ratio without preparing", "MiB grown", "of answer + graph"]
        titles = {
            "walk": "Walking within 38 minutes to 10,000 destinations, about 2,000 nodes settled",
            "drive": "Driving without limit, 200 origins to 10,000 destinations",
        }
        write_table(f"travel_{job}", titles[job], heads, rows)
    plot()
    compiling()


def compiling() -> None:
    """Measure the first search of all: compiled anew, and loaded from the cache."""
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            command = [sys.executable, "-m", "benchmarks.travel_job", "ours", "walk", "5000", "1"]
            ended = subprocess.run(
                command,
                check=True,
                capture_output=True,
                text=True,
                env=os.environ | {"NUMBA_CACHE_DIR": folder},
            )
            seconds.append(re.findall(r"loaded in ([\d.]+) s", ended.stderr)[0])
    rows = [["compiled anew", seconds[0]], ["loaded from the cache", seconds[1]]]
    write_table("travel_compile", "The first search and the first hierarchy", ["", "seconds"], rows)


def run(tool: str, job: str, where: str, origins: int, *more: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.travel_job", tool, job, where, str(origins)]
    ended = subprocess.run([*command, *more], check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return result | {"origins": origins}


def table(where: str, results: dict[str, dict[str, Any]], total: int) -> list[list[str]]:
    ours = results["ours"]
    rows = []
    for tool, result in results.items():
        for name in ("first_two_minutes", "first_two_pairs"):
            if abs(result[name] / ours[name] - 1) > TOLERANCE:
                raise AssertionError(f"{tool}: {name} {result[name]}, ours {ours[name]}")
        each = result["answer_s"] / result["origins"]
        seconds, without = result["prepare_s"] + each * total, each * total
        memory = result["grown_mib"] / (ours["answer_mib"] + ours["graph_mib"])
        ratio = seconds / (ours["prepare_s"] + ours["answer_s"])
        rows.append(
            [
                f"{result['nodes']:,}" + ("" if where.isdigit() else f" ({where})"),
                tool,
                f"{result['prepare_s']:.1f}",
                f"{each * 1000:,.3f}",
                f"{seconds:,.1f}",
                f"{ratio:,.1f}",
                f"{without / (ours['prepare_s'] + ours['answer_s']):,.1f}",
                f"{result['grown_mib']:,.0f}",
                f"{memory:.1f}" if tool == "ours" else "",
            ]
        )
    return rows


def plot() -> None:
    """Draw milliseconds against settled nodes: a straight line."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    found = [run("ours", "walk", "1000000", 2_000, str(limit)) for limit in LIMITS]
    settled = [result["settled"] for result in found]
    each = [1000 * result["answer_s"] / result["origins"] for result in found]
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.plot(settled, each, "o-")
    axes.set(
        xlabel="nodes settled an origin",
        ylabel="milliseconds an origin",
        title="Walking, a million nodes: cost is linear in what is settled",
        xlim=(0, None),
        ylim=(0, None),
    )
    figure.savefig(RESULTS / "travel_linear.png", dpi=110)
    rows = [
        [str(limit), f"{s:,.0f}", f"{ms:.3f}", f"{1e6 * ms / s:.0f}"]
        for limit, s, ms in zip(LIMITS, settled, each, strict=True)
    ]
    heads = ["limit, minutes", "nodes settled an origin", "ms an origin", "ns a node"]
    write_table("travel_linear", "Cost against what is settled, a million nodes", heads, rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
