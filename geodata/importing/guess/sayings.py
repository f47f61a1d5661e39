"""Comments and keys that all parts of a guessed mapping have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from geodata.importing.guess.recognise import Table
from geodata.importing.toml_text import toml_value
from geodata.language import Catalogue


def say(key: str, **values: Any) -> str:
    """Return a comment of the catalogue on one line."""
    return "# " + Catalogue("geodata").text(f"guess.{key}", **values).replace("\n", " ")


def one_line(text: str) -> str:
    """Return a text without what is not printable."""
    return "".join(c if c.isprintable() else "?" for c in text)


def source_lines(table: Table) -> Iterator[str]:
    """Yield the file and how it is read, where that is not plain."""
    source = table.sample.source
    for key, values in table.sample.notes:
        yield say(key, **values)
    for key in ("file", "sheet", "table", "encoding", "delimiter", "skip_rows", "header_rows"):
        value = getattr(source, key)
        if value != type(source).model_fields[key].default:
            yield f"{key} = {toml_value(value)}"
