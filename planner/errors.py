"""What the planner raises, beside ``geodata.DataError``."""

from __future__ import annotations

from typing import Any

from geodata.errors import SansheError
from planner.messages import text


class PlanError(SansheError):
    """A request or a standard that cannot be worked with; the text says the remedy.

    Parameters
    ----------
    code
        Key of the entry in ``planner/messages.toml`` (``en``, ``zh``).
    **values
        What the catalogue's text leaves open.
    """

    def __init__(self, code: str, **values: Any) -> None:
        self.code = code
        self.values = values
        super().__init__(code)

    def __str__(self) -> str:
        """Return the text in the language in use."""
        return text(self.code, **self.values)


class InfeasibleError(PlanError):
    """No plan can meet the request; the text says what stands in the way."""

    exit_code = 3


class ArgumentError(PlanError, ValueError):
    """Arguments that a model or a measure on arrays cannot work with.

    Parameters
    ----------
    text
        In plain English, for analysts: the argument, what is wrong with it, the remedy.
    """

    def __init__(self, text: str) -> None:
        super().__init__("argument", text=text)

    def __str__(self) -> str:
        """Return the text."""
        return str(self.values["text"])


class SitingError(ArgumentError):
    """Arguments that a siting model cannot work with."""


class MeasureError(ArgumentError):
    """Arguments from which accessibility, equity or a figure cannot be worked out."""


class NoneKeepsError(SitingError):
    """No set of sites keeps all that is asked for together."""


class OutOfTimeError(SitingError):
    """No answer was found in the time given, though there may be one."""
