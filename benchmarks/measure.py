"""Seconds and peak memory of work done in a process of its own, and tables of results."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Cost:
    """What a process took."""

    seconds: float
    peak_mib: float


def run(command: Sequence[str | Path], *, folder: Path | None = None) -> Cost:
    """Run a command to its end; raise CalledProcessError if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return Cost(seconds, used.ru_maxrss / 1024)


def machine() -> str:
    """Return what the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def write_table(name: str, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table and keep it in ``results/NAME.md``."""
    lines = [" | ".join(heads), " | ".join("---" for _ in heads)]
    lines += [" | ".join(row) for row in rows]
    table = "\n".join(f"| {line} |" for line in lines)
    page = f"# {title}\n\nMeasured on: {machine()}.\n\n{table}\n"
    print(page)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(page, "utf-8")
