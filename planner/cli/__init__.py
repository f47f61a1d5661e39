"""The command ``sanshe``: a module for each subcommand; heavy packages load inside them."""

from planner.cli import access, allocate, check, coverage, plan, staff
from planner.cli.app import app, main

__all__ = ["access", "allocate", "app", "check", "coverage", "main", "plan", "staff"]
