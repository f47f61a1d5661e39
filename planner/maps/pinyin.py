"""How Chinese names are read, so that a search by sound finds them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def readings(names: Iterable[Any]) -> list[str]:
    """Return each name in pinyin without tones, a word per character; other text as it is.

    Examples
    --------
    >>> readings(["新毛村", "East 1", None])
    ['xin mao cun', 'east 1', '']
    """
    from pypinyin import Style, lazy_pinyin

    return [
        " ".join(lazy_pinyin(name, style=Style.NORMAL)).lower() if isinstance(name, str) else ""
        for name in names
    ]
