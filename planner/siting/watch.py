"""The time a search may take, and whom it tells how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from planner.errors import OutOfTimeError
from planner.solver import Method, Program, Report, Solution, solve


@dataclass(frozen=True)
class Incumbent:
    """How far a search is.

    Attributes
    ----------
    seconds
        Since it began.
    objective
        Value of the best answer so far.
    bound
        What no answer can beat.
    """

    seconds: float
    objective: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the answer may be from the best: |objective - bound| / |objective|."""
        return relative_gap(self.objective, self.bound)


Progress = Callable[[Incumbent], None]
Answer = TypeVar("Answer")
_EAR_S = 0.1  # how often Ctrl-C is looked for


def relative_gap(objective: float, bound: float) -> float:
    """Return |objective - bound| / |objective|: 0 where equal, infinite where it says nothing."""
    if objective == bound:
        return 0.0
    if not objective or not np.isfinite(objective):
        return np.inf
    return abs(objective - bound) / abs(objective)


@dataclass
class Watch:
    """A clock that runs from when it is made.

    Attributes
    ----------
    limit_s
        Seconds that the search may take.
    progress
        Told each time the search knows better; None for nobody.
    parent
        A watch that this one is never later than.
    """

    limit_s: float
    progress: Progress | None = None
    started: float = field(default_factory=time.perf_counter)
    parent: Watch | None = None

    @property
    def seconds(self) -> float:
        """Seconds since the search began."""
        return time.perf_counter() - self.started

    @property
    def left(self) -> float:
        """Seconds that are left; 0 if none."""
        own = max(self.limit_s - self.seconds, 0.0)
        return own if self.parent is None else min(own, self.parent.left)

    @property
    def up(self) -> bool:
        """Whether the time is up."""
        return self.left == 0

    def quiet(self) -> Watch:
        """Return a watch for a part of the work, that tells nobody and is up when this one is."""
        return Watch(self.left, parent=self)

    def stop(self) -> None:
        """Declare the time up, as Ctrl-C does."""
        self.limit_s = 0.0

    def tell(self, objective: float, bound: float) -> None:
        """Say how far the search is."""
        if self.progress is not None:
            self.progress(Incumbent(self.seconds, objective, bound))

    def solve(
        self,
        program: Program,
        *,
        gap: float = 0.0,
        seed: int = 0,
        start: np.ndarray | None = None,
        tell: Report | None = None,
        method: Method = "choose",
        node_limit: int | None = None,
    ) -> Solution:
        """Minimise a program in the time that is left; Ctrl-C declares the time up.

        Parameters
        ----------
        program, gap, seed, start, method, node_limit
            See ``planner.solver.solve``.
        tell
            Told objective and bound whenever the best solution improves.
        """
        found = solve(
            program,
            time_limit_s=self.left,
            gap=gap,
            seed=seed,
            start=start,
            report=tell,
            stopped=lambda: self.limit_s <= 0,
            method=method,
            node_limit=node_limit,
        )
        if found.interrupted:
            self.stop()
        return found

    def nothing_found(self) -> OutOfTimeError:
        """Return what to raise where the time was up before there was any answer."""
        return OutOfTimeError("the time was up before any answer was found; give more time_limit_s")


def attended(work: Callable[[], Answer], watch: Watch) -> Answer:
    """Return what work returns; Ctrl-C declares the time up, and the work ends as it does then.

    The work runs in a thread of its own: a compiled kernel that Ctrl-C meets in the main thread
    ends in a SystemError instead, and what it found is lost.
    """
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        while not future.done():
            try:
                wait([future], timeout=_EAR_S)
            except KeyboardInterrupt:
                watch.stop()
        return future.result()
