"""Where tasks run: here, one after the other, or on a Dask cluster; the results are the same."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from geodata.errors import DataError, SansheError

Told = Callable[[str, int, int], None]
"""Called with a stage, how many of its tasks are done, and of how many."""


@dataclass(frozen=True)
class Task:
    """A call for one county: what it takes is small, what it makes is on disk.

    Attributes
    ----------
    county
        Code of the county.
    call
        A function at the top of a module.
    arguments
        What it is called with.
    """

    county: str
    call: Callable[..., Any]
    arguments: tuple[Any, ...]


@dataclass
class Outcome:
    """What the tasks of a stage came to.

    Attributes
    ----------
    results
        What each task returned, by county.
    failed
        Why a task failed, by county.
    """

    results: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass
class Usage:
    """What the work took: not part of any result, for it differs from run to run.

    Attributes
    ----------
    seconds
        Of all tasks together, by stage.
    peak_bytes
        The most memory that each process held, by its name.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    peak_bytes: dict[str, int] = field(default_factory=dict)

    def add(self, stage: str, made: Made) -> None:
        """Count what a task took."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + made.seconds
        self.peak_bytes[made.process] = max(self.peak_bytes.get(made.process, 0), made.peak_bytes)


class Runner(Protocol):
    """Runs the tasks of a stage."""

    usage: Usage

    def run(self, stage: str, tasks: Sequence[Task], told: Told) -> Outcome:
        """Run all tasks; a task that fails does not keep the others from being done."""
        ...


@dataclass(frozen=True)
class Made:
    """What a task returned or why it failed, and what it took."""

    result: Any
    failure: str | None
    seconds: float
    process: str
    peak_bytes: int


def perform(task: Task, process: str = "here") -> Made:
    """Do a task and measure it; a county that cannot be worked with is an answer, not an error.

    Raises
    ------
    DataError
        If the results cannot be written: that is no fault of the county.
    """
    begun = time.perf_counter()
    result, failure = None, None
    try:
        result = task.call(*task.arguments)
    except SansheError as error:
        if isinstance(error, DataError) and error.findings[0].code == "cannot_write":
            raise
        failure = str(error)
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
    return Made(result, failure, time.perf_counter() - begun, process, _peak_bytes())


def _peak_bytes() -> int:
    """Return the most memory that this process has held (Linux counts in KiB, macOS in bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def gathered(made: Iterable[tuple[Task, Made]], stage: str, usage: Usage) -> Outcome:
    """Return an outcome of tasks as they are done."""
    outcome = Outcome()
    for task, done in made:
        usage.add(stage, done)
        if done.failure is None:
            outcome.results[task.county] = done.result
        else:
            outcome.failed[task.county] = done.failure
    return outcome


@dataclass
class Here:
    """Runs tasks in this process, one after the other."""

    usage: Usage = field(default_factory=Usage)

    def run(self, stage: str, tasks: Sequence[Task], told: Told) -> Outcome:
        """Run all tasks; see ``Runner``."""

        def done() -> Iterable[tuple[Task, Made]]:
            for count, task in enumerate(tasks):
                told(stage, count, len(tasks))
                yield task, perform(task)
            told(stage, len(tasks), len(tasks))

        return gathered(done(), stage, self.usage)
