"""The words of the planner, in English and Chinese (``messages.toml``)."""

from __future__ import annotations

from geodata.language import Catalogue

catalogue = Catalogue("planner")
text = catalogue.text
