"""The exception family of the product."""

from __future__ import annotations

import re
from collections.abc import Sequence

from geodata.findings import Finding

_SHOWN = 5
_SCHEME = re.compile(r"\w[\w+.-]*:/{0,2}")
_PASSWORD = re.compile(r"(password=)[^&\s]*", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """Return a name or URL with asterisks in place of what stands where a password would."""
    before, at, after = text.rpartition("@")
    scheme = _SCHEME.match(before)
    start = scheme.end() if scheme else 0
    user, colon, _ = before[start:].partition(":")
    if at and colon:
        text = f"{before[:start]}{user}:***@{after}"
    return _PASSWORD.sub(r"\1***", text)


class SansheError(Exception):
    """Base of every error that the product raises on purpose.

    ``exit_code`` is what the command line ends with.
    """

    exit_code = 2


class DataError(SansheError):
    """Something is wrong with the data; the text names the layer, the row and the remedy.

    Parameters
    ----------
    code
        Key of the entry in ``geodata/messages.toml``.
    layer, row, key
        Where: the layer or file, the row counted from 1, the row's key.
    **values
        What the catalogue's text leaves open.
    """

    def __init__(
        self,
        code: str,
        layer: str | None = None,
        row: int | None = None,
        key: str | None = None,
        **values: object,
    ) -> None:
        self.findings: tuple[Finding, ...] = (Finding(code, layer, row, key, values),)
        super().__init__(code)

    @classmethod
    def from_findings(cls, findings: Sequence[Finding]) -> DataError:
        """Return one error for several findings; the most serious and first ones are shown."""
        first = findings[0]
        error = cls(first.code)  # its values may be called like the arguments, such as ``row``
        error.findings = tuple(findings)
        return error

    def __str__(self) -> str:
        """Return a sentence per finding, at most five and a count of the others."""
        lines = [finding.sentence() for finding in self.findings[:_SHOWN]]
        hidden = len(self.findings) - len(lines)
        if hidden > 0:
            lines.append(Finding("more_findings", values={"count": hidden}).message())
        return "\n".join(lines)
