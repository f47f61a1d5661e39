"""What was asked of a model, kept with its answer, so that it can be asked again."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ParamSpec

import numpy as np

from planner.errors import SitingError
from planner.siting.choice import as_number
from planner.siting.result import CLOSE_ENOUGH, TIME_UP, SitingResult
from planner.siting.watch import Incumbent

P = ParamSpec("P")
_LARGEST_SEED = 2**31 - 1
"""HiGHS takes no larger one."""


@dataclass(frozen=True, eq=False)
class Request:
    """A model and its arguments, by name.

    Attributes
    ----------
    model
        The function.
    arguments
        What it was given, by parameter.
    """

    model: Callable[..., SitingResult]
    arguments: dict[str, Any]

    @classmethod
    def of(
        cls, model: Callable[..., SitingResult], args: tuple[Any, ...], options: dict[str, Any]
    ) -> Request:
        """Return the request that a call of the model makes.

        Raises
        ------
        SitingError
            If the model has no such parameter.
        """
        try:
            bound = inspect.signature(model).bind(*args, **options)
        except TypeError as wrong:
            raise SitingError(f"{name_of(model)}: {wrong}; see its parameters") from None
        return cls(model, dict(bound.arguments))

    def again(self, **changed: Any) -> SitingResult:
        """Return the answer with some arguments changed."""
        return self.model(**{**self.arguments, **changed})

    def get(self, parameter: str) -> Any:
        """Return an argument; None where it was left out."""
        return self.arguments.get(parameter)

    def takes(self, parameter: str) -> bool:
        """Return whether the model has such a parameter."""
        return parameter in inspect.signature(self.model).parameters


def name_of(model: Callable[..., Any]) -> str:
    """Return a model's name for a message."""
    return str(getattr(model, "__name__", model))


def remembered(model: Callable[P, SitingResult]) -> Callable[P, SitingResult]:
    """Make a model keep in its answer what it was asked, and tell its progress the last of it.

    What all models take alike (time limit, gap, seed) is checked here.
    """
    signature = inspect.signature(model)

    @functools.wraps(model)
    def asked(*args: P.args, **options: P.kwargs) -> SitingResult:
        given = signature.bind(*args, **options)
        given.apply_defaults()
        gap = checked_search(given.arguments)
        result = model(*args, **options)
        if result.message == TIME_UP and result.gap <= gap:
            result = replace(result, message=CLOSE_ENOUGH)
        request = Request.of(asked, args, options)
        progress = request.get("progress")
        if progress is not None and result.status != "infeasible":
            with contextlib.suppress(KeyboardInterrupt):  # the answer is there already
                progress(Incumbent(result.seconds, result.objective, result.bound))
        return replace(result, request=request)

    return asked


def checked_search(arguments: dict[str, Any]) -> float:
    """Return the gap asked for, if time limit, gap and seed can be worked with.

    Raises
    ------
    SitingError
        If one of them cannot; the text says which, and the remedy.
    """
    limit, gap, seed = (arguments[name] for name in ("time_limit_s", "gap", "seed"))
    if not as_number(limit) >= 0:
        raise SitingError(
            f"time_limit_s is {limit!r}; give seconds, 0 or more, or math.inf for no limit"
        )
    if not as_number(gap) >= 0:
        raise SitingError(f"gap is {gap!r}; give a number of 0 or more, such as 0.01 for 1 %")
    if not (isinstance(seed, (int, np.integer)) and 0 <= seed <= _LARGEST_SEED):
        raise SitingError(f"seed is {seed!r}; give a whole number from 0 to {_LARGEST_SEED}")
    return float(gap)
