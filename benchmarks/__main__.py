"""Run all benchmarks, or those that are named."""

from __future__ import annotations

import importlib
import sys

BENCHMARKS = (
    "main_job",
    "travel",
    "access",
    "allocation",
    "staffing",
    "siting_median",
    "siting_cover",
    "siting_capacity",
    "decisions",
    "maps",
    "regions",
)

for name in sys.argv[1:] or BENCHMARKS:
    importlib.import_module(f"benchmarks.{name}").main()
