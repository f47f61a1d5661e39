"""The names of columns and words that are recognised, read once from ``names.toml``."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from geodata.importing.numbers import plain
from geodata.importing.units import UNITS

_BRACKETS = re.compile(r"^(.*?)[(\[【〔]([^()\[\]【】〔〕]+)[)\]】〕]$")


@cache
def known() -> dict[str, Any]:
    """Return the tables of ``names.toml``."""
    return tomllib.loads(files(__package__).joinpath("names.toml").read_text("utf-8"))


def normal(name: object) -> str:
    """Return a name without blanks, full-width forms and capitals.

    Examples
    --------
    >>> normal(" 建筑 面积（㎡） ")
    '建筑面积(m2)'
    """
    return "".join(plain(str(name)).lower().split())


def name_and_unit(column: str) -> tuple[str, str | None]:
    """Return a column's name without the unit in brackets, and the unit as written.

    Examples
    --------
    >>> name_and_unit("常住人口（万人）"), name_and_unit("名称（全称）")
    (('常住人口', '万人'), ('名称(全称)', None))
    """
    match = _BRACKETS.match(normal(column))
    if match is None:
        return normal(column), None
    unit = match[2].removeprefix("单位:").removeprefix("单位：")
    if any(unit in (normal(one) for one in units) for units in UNITS.values()):
        return match[1], unit
    return normal(column), None


def meanings(layer: str, column: str) -> dict[str, str]:
    """Return what words in a column mean, by the word in its normal form."""
    words = known()["words"]
    table = words.get(f"{column}_of_{layer}", words.get(column.removesuffix("s"), {}))
    table = words.get(column, table) if f"{column}_of_{layer}" not in words else table
    return {normal(word): value for value, said in table.items() for word in said}
