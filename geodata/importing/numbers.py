"""Numbers, codes and truth values as people write them in tables."""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from fractions import Fraction
from types import NoneType

import numpy as np

from geodata.importing.units import UNITS, unit_kind

_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_WITH_UNIT = re.compile(r"([+-]?[\d,.]+(?:[eE][+-]?\d{1,3})?)\s*(\D.*)?")
_LONGEST = 60
_YES = frozenset(("true", "yes", "y", "t", "1", "是", "有", "√", "✓", "对", "已达标", "达标"))
_NO = frozenset(("false", "no", "n", "f", "0", "否", "无", "×", "✗", "非", "未达标"))
_MOST_EXACT = 2**53


class NotUnderstoodError(ValueError):
    """A cell that is not what its column holds; ``code`` is the entry of the catalogue."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_missing(cell: object) -> bool:
    """Return whether a cell is empty: None, NaN, NaT or NA."""
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(cell, float) and math.isnan(cell)


def native(cell: object) -> object:
    """Return a cell as Python's own type; lists and the like become a text that shows them."""
    if isinstance(cell, str | int | float | datetime.date | NoneType):
        return cell
    if isinstance(cell, np.generic):
        return cell.item()
    return cell if is_missing(cell) else NotACell(repr(cell))


class NotACell:
    """What no table holds in a cell, such as a list of a GeoJSON property."""

    def __init__(self, said: str) -> None:
        self._said = said

    def __repr__(self) -> str:
        """Return what was there."""
        return self._said


def plain(text: str) -> str:
    """Return a text in half-width forms, without blanks around it.

    Examples
    --------
    >>> plain("　１２３,４５６ ")
    '123,456'
    """
    return unicodedata.normalize("NFKC", text).strip()


def number(cell: object, column: str, times: Fraction = Fraction(1)) -> float | int:
    """Return a cell as a number in the planner's unit, exact where it is whole.

    Parameters
    ----------
    cell
        As the file holds it: a number, or a text with full-width digits, thousands separators or a
        unit after it.
    column
        The planner's column, which says what units fit.
    times
        Factor of the unit that the mapping states; a unit in the cell goes before it.

    Raises
    ------
    NotUnderstoodError
        If it is not one number, or not finite.

    Examples
    --------
    >>> number("１，２３４", "residents"), number("1.2345万人", "residents")
    (1234, 12345)
    >>> number(3, "floor_area_m2", Fraction(2000, 3))
    2000
    """
    if isinstance(cell, bool | datetime.date | NotACell):
        year = cell.year if isinstance(cell, datetime.date) else None
        if year is not None and unit_kind(column) == "year":
            return year
        raise NotUnderstoodError("import.not_a_number")
    if isinstance(cell, str):
        return _from_text(cell, column, times)
    value = float(cell) if not isinstance(cell, int) else cell  # type: ignore[arg-type]
    if isinstance(value, float) and not math.isfinite(value):
        raise NotUnderstoodError("import.not_finite")
    return _simplest(value if times == 1 else Fraction(repr(value)) * times)


def _from_text(cell: str, column: str, times: Fraction) -> float | int:
    text = plain(cell)
    if len(text) > _LONGEST:
        raise NotUnderstoodError("import.not_a_number")
    if text.lower().lstrip("+-") in ("inf", "infinity", "nan"):
        raise NotUnderstoodError("import.not_finite")
    if not (_NUMBER.fullmatch(text) or _GROUPED.fullmatch(text)):
        text, times = _without_unit(text, column)
    text = text.replace(",", "")
    value = float(text)
    if not math.isfinite(value):
        raise NotUnderstoodError("import.not_finite")
    if value == 0:
        return 0
    if abs(value) < 1e-300:
        raise NotUnderstoodError("import.not_a_number")
    if times == 1 and "." in text:
        return _simplest(value)
    return _simplest(Fraction(text) * times)


def _without_unit(text: str, column: str) -> tuple[str, Fraction]:
    """Return the number and the factor of a text such as ``3.5万人``."""
    match = _WITH_UNIT.fullmatch(text)
    if match is None or match[2] is None:
        raise NotUnderstoodError("import.not_a_number")
    bare, unit = match[1], match[2].strip()
    if not (_NUMBER.fullmatch(bare) or _GROUPED.fullmatch(bare)):
        raise NotUnderstoodError("import.not_a_number")
    factors = UNITS[unit_kind(column)]
    if unit not in factors:
        raise NotUnderstoodError("import.unit_does_not_fit")
    return bare, factors[unit]


def _simplest(value: float | int | Fraction) -> float | int:
    """Return a whole number as int, else a float."""
    if isinstance(value, int):
        return value
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    try:
        real = float(value)
    except OverflowError as error:
        raise NotUnderstoodError("import.not_finite") from error
    return int(real) if real.is_integer() and abs(real) < _MOST_EXACT else real


def whole(cell: object, column: str, times: Fraction = Fraction(1)) -> int:
    """Return a cell as a whole number in the planner's unit.

    Raises
    ------
    NotUnderstoodError
        If it is not a whole number, or beyond 64 bits.
    """
    value = number(cell, column, times)
    if isinstance(value, float):
        nearest = round(value)
        if abs(value - nearest) > 1e-6:
            raise NotUnderstoodError("import.not_whole")
        value = nearest
    if abs(value) >= 2**63:
        raise NotUnderstoodError("import.not_finite")
    return value


def code(cell: object) -> str:
    """Return a cell as a code or key: digits that Excel made a number become digits again.

    Raises
    ------
    NotUnderstoodError
        If digits of the code were lost on the way (``3.20585E+11``).

    Examples
    --------
    >>> code(320585100001.0), code("３２０５８５１００"), code("3.20585100001E+11")
    ('320585100001', '320585100', '320585100001')
    """
    if isinstance(cell, bool | datetime.date | NotACell):
        raise NotUnderstoodError("import.not_a_code")
    if isinstance(cell, str):
        text = plain(cell).lstrip("\ufeff")
        if re.fullmatch(r"\d+\.0+", text):
            return text.split(".")[0]
        if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d{1,3}", text):
            return _digits(text)
        return text
    if isinstance(cell, int):
        return str(cell)
    value = float(cell)  # type: ignore[arg-type]
    if not math.isfinite(value) or (value.is_integer() and abs(value) >= _MOST_EXACT):
        raise NotUnderstoodError("import.code_lost_digits")
    return str(int(value)) if value.is_integer() else repr(value)


def _digits(text: str) -> str:
    """Return the digits of a code in scientific notation, if it still has all of them."""
    mantissa, exponent = re.split("[eE]", text)
    decimals = mantissa.partition(".")[2]
    if len(decimals) < int(exponent):
        raise NotUnderstoodError("import.code_lost_digits")
    return str(int(Fraction(text)))


def flag(cell: object) -> bool:
    """Return a cell as yes or no.

    Raises
    ------
    NotUnderstoodError
        If it is neither.

    Examples
    --------
    >>> flag("是"), flag("√"), flag(0)
    (True, True, False)
    """
    if isinstance(cell, bool):
        return cell
    word = plain(cell).lower() if isinstance(cell, str) else str(cell).removesuffix(".0")
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise NotUnderstoodError("import.not_a_flag")


def words(cell: object) -> str:
    """Return a cell as text without blanks around it.

    Raises
    ------
    NotUnderstoodError
        If it is a truth value.
    """
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool | NotACell):
        raise NotUnderstoodError("import.not_a_text")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
