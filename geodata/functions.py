"""The functions that platforms and halls offer, by id; their names are in ``messages.toml``."""

from __future__ import annotations

from functools import cache

from geodata.language import Catalogue

_CATALOGUE = Catalogue("geodata")


@cache
def known_functions() -> frozenset[str]:
    """Return the ids of all functions that a hall may name."""
    return frozenset(_CATALOGUE.entries["function"])


def function_name(function: str, language: str | None = None) -> str:
    """Return a function's name.

    Raises
    ------
    KeyError
        If no function has this id.
    """
    return _CATALOGUE.text(f"function.{function}", language)
