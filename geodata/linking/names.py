"""Names and codes as departments write them, brought to one form so that they can be compared."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from opencc import OpenCC

_OFFICES = (
    ("社区居民委员会", "社区"),
    ("社区居委会", "社区"),
    ("社区居委", "社区"),
    ("社区委员会", "社区"),
    ("居民委员会", "社区"),
    ("居委会", "社区"),
    ("村民委员会", "村"),
    ("村委会", "村"),
    ("街道办事处", "街道"),
    ("街道办", "街道"),
    ("镇人民政府", "镇"),
    ("镇政府", "镇"),
    ("乡人民政府", "乡"),
)
"""What a department calls the committee or office, and the kind of place that it is of."""
_KINDS = ("社区", "街道", "村", "镇", "乡")
_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = re.compile(f"[{''.join(_DIGITS)}{''.join(_UNITS)}]+")
_INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp"}
_EXCEL_NUMBER = re.compile(r"^(\d+)\.0+$")


class Name(NamedTuple):
    """A name in one form: its stem, and the kind of place that its suffix says ("" for none)."""

    stem: str
    kind: str

    def agrees(self, other: Name) -> bool:
        """Return whether both may be the same place: same stem, kinds that do not contradict."""
        return self.stem == other.stem and (
            self.kind == other.kind or not self.kind or not other.kind
        )


@cache
def _simplifier() -> OpenCC:
    from opencc import OpenCC

    return OpenCC("t2s")


def tidy_name(name: str) -> Name:
    """Return a name without what departments write differently.

    Full-width letters and digits become half-width, traditional characters simplified, numerals
    Arabic; spaces, invisible characters, brackets, dots and dashes go; names of committees and
    offices become the kind of place that they are of.

    Parameters
    ----------
    name
        Such as ``"永樂村民委員會"``.

    Examples
    --------
    >>> tidy_name("永樂村民委員會")
    Name(stem='永乐', kind='村')
    >>> tidy_name("第三 社区居委会") == tidy_name("第３社区")
    True
    """
    text = unicodedata.normalize("NFKC", name)
    text = "".join(
        c
        for c in text
        if unicodedata.category(c) not in _INVISIBLE and not unicodedata.category(c).startswith("P")
    )
    text = _NUMERAL.sub(_arabic, _simplifier().convert(text).casefold())
    for office, kind in _OFFICES:
        if text.endswith(office) and text != office:
            text = text.removesuffix(office)
            text = text if text.endswith(kind) and text != kind else text + kind
            break
    for kind in _KINDS:
        if text.endswith(kind) and text != kind:
            return Name(text.removesuffix(kind), kind)
    return Name(text, "")


def _arabic(match: re.Match[str]) -> str:
    """Return a run of Chinese numerals in Arabic ones; units alone (千灯, 百合) are no number."""
    run = match[0]
    if not any(c in _UNITS for c in run):
        return "".join(str(_DIGITS[c]) for c in run)
    if all(c in _UNITS for c in run) and run != "十":
        return run
    total, digit = 0, 0
    for character in run:
        if character in _DIGITS:
            digit = _DIGITS[character]
        else:
            total += (digit or 1) * _UNITS[character]
            digit = 0
    return str(total + digit)


def tidy_code(code: object) -> str:
    """Return a code as text without what spreadsheets add to it.

    Spaces, invisible characters and a leading apostrophe go, full-width digits become half-width,
    and the ``.0`` of a code that was read as a number goes.

    Examples
    --------
    >>> tidy_code("３２０５８５１００００１ "), tidy_code(320585100001.0), tidy_code("'320585")
    ('320585100001', '320585100001', '320585')
    """
    if isinstance(code, float) and code.is_integer() and abs(code) < 2**53:
        code = int(code)
    text = unicodedata.normalize("NFKC", str(code))
    text = "".join(c for c in text if unicodedata.category(c) not in _INVISIBLE)
    text = text.lstrip("'’`")
    whole = _EXCEL_NUMBER.match(text)
    return whole[1] if whole else text
