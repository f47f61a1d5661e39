"""The data of a page in parts: whole in a small page, packed in a large one, beside a huge one."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from typing import Any

_PLAIN_CHARACTERS = 4_000_000
"""Up to here the data stand in the page as they are; above, they are packed."""
ONE_PAGE_CHARACTERS = 16_000_000
"""Up to here packed data stand in the page; above, browsers take too long to read the page."""
_HEAD = ("lang", "words", "city", "bounds")
_LATER = ("settlements", "roads", "organisations", "candidates", "outreach", "inspections",
          "isochrones")  # fmt: skip


@dataclass(frozen=True)
class PageData:
    """What a page embeds.

    Attributes
    ----------
    whole
        All data as JSON; none of a large page.
    first
        Of a large page, what it reads at once.
    parts
        The rest of a large page as base64 of gzipped JSON, in the order in which it is wanted.
    """

    whole: str
    first: dict[str, Any]
    parts: tuple[str, ...]

    @property
    def too_large(self) -> bool:
        """Whether the parts are better kept in files beside the page."""
        return sum(map(len, self.parts)) > ONE_PAGE_CHARACTERS

    def head(self, beside: str) -> str:
        """Return the JSON that the page reads at once; ``beside`` begins names of large parts."""
        told = {"parts": len(self.parts), "beside": beside if self.too_large else ""}
        return self.whole or json_for_script(self.first | told)


def page_data(tree: dict[str, Any]) -> PageData:
    """Return the data of a page, by name.

    Examples
    --------
    >>> page_data({"lang": "zh", "communities": {}}).head("")
    '{"lang":"zh","communities":{}}'
    """
    whole = json_for_script(tree)
    if len(whole) <= _PLAIN_CHARACTERS:
        return PageData(whole, {}, ())
    names = (
        [name for name in tree if name not in _HEAD + _LATER],
        [name for name in tree if name in _LATER],
    )
    parts = tuple(_packed({name: tree[name] for name in some}) for some in names)
    return PageData("", {name: tree[name] for name in _HEAD if name in tree}, parts)


def part_file(number: int, part: str) -> str:
    """Return the script that hands a part over to the page, counted from 1."""
    return f'Sanshe.arrived({number},"{part}");\n'


def _packed(tree: dict[str, Any]) -> str:
    # Without a time in it: the same plan gives the same page.
    return base64.b64encode(gzip.compress(json_for_script(tree).encode(), mtime=0)).decode()


def json_for_script(value: Any) -> str:
    """Return compact JSON that no name in it can end: ``<``, ``>`` and ``&`` are escaped.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    plain = json.dumps(
        value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_number_of
    )
    for character in "<>&\u2028\u2029":
        plain = plain.replace(character, f"\\u{ord(character):04x}")
    return plain


def _number_of(value: Any) -> Any:
    """Return the plain number inside a numpy one."""
    return value.item()
