"""What a column holds, by its cells: codes, coordinates, numbers, yes and no, words."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from geodata.crs.zones import zone_of_easting
from geodata.importing import numbers
from geodata.importing.numbers import NotUnderstoodError

_NEARLY_ALL = 0.9
_TOTALS = frozenset(("合计", "总计", "小计", "共计", "total", "sum"))
_CHINA = {"lon": (73.0, 136.0), "lat": (3.0, 54.0)}
_SEPARATORS = ("；", ";", "、", "，", ",", "/")


@dataclass(frozen=True)
class Content:
    """What the cells of a column are.

    Attributes
    ----------
    filled
        How many cells are not empty.
    codes
        Digits of the statistical codes that it holds: 6, 9, 12 or 0.
    padded
        Whether codes of towns have the twelve digits of a community's, ``000`` last.
    axis
        ``lon``, ``lat``, ``easting``, ``zoned_easting``, ``northing`` or nothing.
    zone
        Zone and width that eastings begin with.
    numeric
        Whether the cells are numbers.
    words
        Different words with their number, if there are few.
    totals
        Words such as 合计 that stand for a row of totals.
    from_floats
        Whether codes came as numbers with decimals, as Excel makes them.
    nulls
        Words that stand for an empty cell.
    """

    filled: int
    codes: int = 0
    padded: bool = False
    axis: str = ""
    zone: tuple[int, int] | None = None
    numeric: bool = False
    words: dict[str, int] = field(default_factory=dict)
    totals: tuple[str, ...] = ()
    from_floats: bool = False
    nulls: tuple[str, ...] = ()


def content_of(cells: pd.Series) -> Content:
    """Return what a column holds."""
    values = [numbers.native(cell) for cell in cells.tolist() if not numbers.is_missing(cell)]
    values = [v for v in values if not (isinstance(v, str) and not v.strip())]
    if not values:
        return Content(0)
    words = Counter(str(v).strip() for v in values if isinstance(v, str | int | float | bool))
    nulls = tuple(w for w in words if numbers.plain(w) in ("-", "--", "—", "/", "无数据", "NULL"))
    totals = tuple(w for w in words if numbers.plain(w).lower() in _TOTALS)
    said = [v for v in values if str(v).strip() not in (*nulls, *totals)]
    real = np.array([_number(v) for v in said], float)
    understood = np.isfinite(real)
    numeric = bool(len(said)) and understood.mean() >= _NEARLY_ALL
    codes, floats, padded = _codes(said)
    axis, zone = _axis(real[understood]) if numeric and not codes else ("", None)
    return Content(
        filled=len(values),
        codes=codes,
        padded=padded,
        axis=axis,
        zone=zone,
        numeric=numeric,
        words=dict(words.most_common()) if len(words) <= 60 else {},
        totals=totals,
        from_floats=floats,
        nulls=nulls,
    )


def _number(value: object) -> float:
    try:
        return float(numbers.number(value, "residents"))
    except (NotUnderstoodError, TypeError, ValueError, OverflowError):
        return float("nan")


def _codes(values: list[object]) -> tuple[int, bool, bool]:
    """Return the digits of codes, whether they came as numbers, and whether 000 fills them up."""
    counts: Counter[int] = Counter()
    floats, padded = False, 0
    for value in values:
        try:
            text = numbers.code(value)
        except (NotUnderstoodError, TypeError, ValueError):
            continue
        if re.fullmatch(r"[1-6]\d{5}(\d{3}(\d{3})?)?", text):
            counts[len(text)] += 1
            padded += len(text) == 12 and text.endswith("000")
            spelt = isinstance(value, str) and numbers.plain(value) != text
            floats |= isinstance(value, float) or spelt
    for digits, count in counts.items():
        if count >= _NEARLY_ALL * len(values):
            return (9, floats, True) if padded == count else (digits, floats, False)
    return 0, False, False


def _axis(values: np.ndarray) -> tuple[str, tuple[int, int] | None]:
    """Return which axis numbers look like: close together, and within what China has."""
    if not len(values):
        return "", None
    low, high = float(values.min()), float(values.max())
    fractions = (values != np.round(values)).mean() > 0.5
    for axis, (least, most) in _CHINA.items():
        if fractions and least <= low and high <= most and high - low < 8:
            return axis, None
    zone = zone_of_easting(float(np.median(values)))
    if zone is not None and high - low < 600_000:
        return "zoned_easting", zone
    if low >= 1_800_000 and high <= 6_000_000 and high - low < 1_500_000:
        return "northing", None
    if low >= 150_000 and high <= 850_000 and high - low < 400_000 and fractions:
        return "easting", None
    return "", None


def separator_of(content: Content, known: dict[str, str]) -> str | None:
    """Return what stands between several words in a cell, if cells hold several."""
    for separator in _SEPARATORS:
        for word in content.words:
            parts = [part.strip() for part in word.split(separator)]
            if len(parts) > 1 and any(part in known for part in parts):
                return separator
    return None
