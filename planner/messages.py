"""The words of the planner, in English and Chinese (``messages.toml``)."""

from __future__ import annotations

from geodata.language import Catalogue, current_language

catalogue = Catalogue("planner")
text = catalogue.text


def word_for(kind: str, name: str) -> str:
    """Return the word for a name of a kind (such as ``parameter``); the name where none is."""
    return text(f"{kind}.{name}") if name in catalogue.entries.get(kind, {}) else name


def money(yuan: float) -> str:
    """Return a sum of money as the language in use writes it: 万元, or million yuan."""
    return text("map.money", count=amount(yuan))


def amount(yuan: float, sign: str = "") -> str:
    """Return a sum without its unit, a dash for none; ``"+"`` as the sign for a difference."""
    if yuan != yuan:
        return "–"
    if current_language() == "zh":
        return format(yuan / 1e4, f"{sign}z,.0f")
    return format(yuan / 1e6, f"{sign}z,.2f")
