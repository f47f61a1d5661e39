"""What was asked of a model, kept with its answer, so that it can be asked again."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ParamSpec

from planner.errors import SitingError
from planner.siting.result import SitingResult
from planner.siting.watch import Incumbent

P = ParamSpec("P")


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
    """Make a model keep in its answer what it was asked, and tell its progress the last of it."""

    @functools.wraps(model)
    def asked(*args: P.args, **options: P.kwargs) -> SitingResult:
        result = model(*args, **options)
        request = Request.of(asked, args, options)
        progress = request.get("progress")
        if progress is not None and result.status != "infeasible":
            with contextlib.suppress(KeyboardInterrupt):  # the answer is there already
                progress(Incumbent(result.seconds, result.objective, result.bound))
        return replace(result, request=request)

    return asked
