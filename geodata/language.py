"""The language people read, and the catalogues of what is said to them.

Everything a planner sees stands in a ``messages.toml`` beside the package that says it, in
English (``en``) and Chinese (``zh``). Code names a text by its key and never holds the text.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "zh")

_current: ContextVar[str] = ContextVar("sanshe_language", default="en")


def current_language() -> str:
    """Return the language in use: ``"en"`` or ``"zh"``."""
    return _current.get()


def set_language(language: str) -> None:
    """Speak ``language`` from now on.

    Raises
    ------
    ValueError
        If the language is neither ``"en"`` nor ``"zh"``.
    """
    _current.set(_known(language))


def _known(language: str) -> str:
    if language not in LANGUAGES:
        raise ValueError(f"language is {language!r}; use one of {', '.join(LANGUAGES)}")
    return language


@contextmanager
def use_language(language: str) -> Iterator[None]:
    """Speak ``language`` inside the ``with`` block.

    Raises
    ------
    ValueError
        If the language is neither ``"en"`` nor ``"zh"``.
    """
    token = _current.set(_known(language))
    try:
        yield
    finally:
        _current.reset(token)


class Catalogue:
    """The texts of one package, read once from its ``messages.toml``.

    Parameters
    ----------
    package
        Import name of the package that holds ``messages.toml``, such as ``"geodata"``.
    """

    def __init__(self, package: str) -> None:
        self._package = package

    @cached_property
    def entries(self) -> Mapping[str, Any]:
        """All entries as nested tables."""
        return tomllib.loads(files(self._package).joinpath("messages.toml").read_text("utf-8"))

    def entry(self, key: str) -> Mapping[str, Any]:
        """Return the entry at a dotted key, such as ``"function.legal_aid"``.

        Raises
        ------
        KeyError
            If the catalogue has no such entry.
        """
        node: Any = self.entries
        for part in key.split("."):
            node = node[part]
        return node

    def text(self, key: str, language: str | None = None, part: str = "", /, **values: Any) -> str:
        """Return a text with its values filled in.

        Parameters
        ----------
        key
            Dotted key of the entry.
        language
            ``"en"`` or ``"zh"``; the language in use if left out.
        part
            Which text of the entry: ``""`` for the text itself, or for instance ``"remedy"``.
        **values
            What to put into the text's ``{placeholders}``.

        Raises
        ------
        KeyError
            If the entry, the text or one of its placeholders is missing.
        """
        spoken = language or current_language()
        template = self.entry(key)[f"{spoken}_{part}" if part else spoken]
        return template.format(**values)
