"""The command ``sanshe``: a module for each subcommand; heavy packages load inside them."""

from planner.cli import (
    access,
    allocate,
    check,
    coverage,
    harmony,
    indicators,
    plan,
    platforms,
    projects,
    standard,
)
from planner.cli.app import app, main

__all__ = [
    "access",
    "allocate",
    "app",
    "check",
    "coverage",
    "harmony",
    "indicators",
    "main",
    "plan",
    "platforms",
    "projects",
    "standard",
]
