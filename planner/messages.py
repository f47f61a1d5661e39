"""The words of the planner, in English and Chinese (``messages.toml``)."""

from __future__ import annotations

from geodata.language import Catalogue

catalogue = Catalogue("planner")
text = catalogue.text


def word_for(kind: str, name: str) -> str:
    """Return the word for a name of a kind (such as ``parameter``); the name where none is."""
    return text(f"{kind}.{name}") if name in catalogue.entries.get(kind, {}) else name
