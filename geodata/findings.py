"""A finding: one thing that is wrong in one place, in words that say what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geodata.language import Catalogue, current_language

SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, where, and the remedy.

    Parameters
    ----------
    code
        Key of the entry in the catalogue that words it.
    layer
        Layer or file it is about.
    row
        Number of the row, counted from 1 as a table shows it.
    key
        Key of the row, such as a hall's id.
    values
        What the catalogue's text leaves open.
    catalogue
        Where the words are.
    """

    code: str
    layer: str | None = None
    row: int | None = None
    key: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    catalogue: Catalogue = field(default=Catalogue("geodata"), repr=False, compare=False)

    @property
    def severity(self) -> str:
        """``"error"`` (cannot go on), ``"warning"`` (results may mislead) or ``"info"``."""
        return self.catalogue.entry(self.code).get("severity", "error")

    def message(self, language: str | None = None) -> str:
        """Return what is wrong."""
        return self.catalogue.text(self.code, language, **self.values)

    def remedy(self, language: str | None = None) -> str:
        """Return what to do about it."""
        return self.catalogue.text(self.code, language, "remedy", **self.values)

    def sentence(self, language: str | None = None) -> str:
        """Return place, problem and remedy as one sentence."""
        spoken = language or current_language()
        comma, colon, stop = ("，", "：", "；") if spoken == "zh" else (", ", ": ", "; ")
        place = self.layer or ""
        if self.row is not None:
            place += comma + (f"第 {self.row} 行" if spoken == "zh" else f"row {self.row}")
        if self.key is not None:
            place += f"（{self.key}）" if spoken == "zh" else f" ({self.key})"
        said = self.message(spoken) + stop + self.remedy(spoken)
        return place + colon + said if place else said
