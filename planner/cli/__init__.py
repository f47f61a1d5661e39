"""The command ``sanshe``: a module for each subcommand; heavy packages load inside them."""

from planner.cli import (
    access,
    allocate,
    check,
    copy,
    coverage,
    decide,
    futures,
    harmony,
    indicators,
    options,
    organisations,
    outputs,
    plan,
    platforms,
    projects,
    staff,
    standard,
)
from planner.cli.app import app, main

__all__ = [
    "access",
    "allocate",
    "app",
    "check",
    "copy",
    "coverage",
    "decide",
    "futures",
    "harmony",
    "indicators",
    "main",
    "options",
    "organisations",
    "outputs",
    "plan",
    "platforms",
    "projects",
    "staff",
    "standard",
]
