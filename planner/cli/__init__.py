"""The command ``sanshe``: a module for each subcommand; heavy packages load inside them."""

from planner.cli import (
    access,
    allocate,
    check,
    copy,
    coverage,
    decide,
    harmony,
    indicators,
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
    "harmony",
    "indicators",
    "main",
    "organisations",
    "outputs",
    "plan",
    "platforms",
    "projects",
    "staff",
    "standard",
]
