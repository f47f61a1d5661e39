"""The command ``sanshe``: a module for each subcommand; heavy packages load inside them."""

from planner.cli import (
    access,
    allocate,
    check,
    coverage,
    exporting,
    harmony,
    importing,
    indicators,
    organisations,
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
    "coverage",
    "exporting",
    "harmony",
    "importing",
    "indicators",
    "main",
    "organisations",
    "plan",
    "platforms",
    "projects",
    "staff",
    "standard",
]
