"""Units in which tables give what the planner counts, and the planner's own."""

from __future__ import annotations

from fractions import Fraction

_MANY = {"": 1, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_COUNTED = ("人", "户", "个", "名", "处", "家", "岗", "位", "间", "扇", "次", "人次", "口")

UNITS: dict[str, dict[str, Fraction]] = {
    "count": {
        **{many + what: Fraction(times) for many, times in _MANY.items() for what in _COUNTED},
        **{many: Fraction(times) for many, times in _MANY.items() if many},
        **dict.fromkeys(("person", "persons", "households"), Fraction(1)),
        "thousand": Fraction(1_000),
        "million": Fraction(1_000_000),
    },
    "area": {
        **dict.fromkeys(("m2", "m²", "㎡", "平方米", "平米", "sqm"), Fraction(1)),
        "万平方米": Fraction(10_000),
        "亩": Fraction(2_000, 3),
        "万亩": Fraction(20_000_000, 3),
        **dict.fromkeys(("公顷", "ha", "hm2", "hm²"), Fraction(10_000)),
        **dict.fromkeys(("平方公里", "平方千米", "km2", "km²"), Fraction(1_000_000)),
    },
    "money": {
        **{many + "元": Fraction(times) for many, times in _MANY.items()},
        **{many: Fraction(times) for many, times in _MANY.items() if many},
        **dict.fromkeys(("yuan", "CNY", "RMB"), Fraction(1)),
    },
    "length": {
        **dict.fromkeys(("m", "米"), Fraction(1)),
        **dict.fromkeys(("km", "公里", "千米"), Fraction(1_000)),
    },
    "speed": dict.fromkeys(("km/h", "公里/小时", "千米/小时", "公里/时"), Fraction(1)),
    "time": {
        **dict.fromkeys(("min", "minutes", "分", "分钟"), Fraction(1)),
        **dict.fromkeys(("h", "hours", "小时"), Fraction(60)),
    },
    "year": {"年": Fraction(1)},
}
_KIND_OF_ENDING = {
    "_m2": "area",
    "_yuan": "money",
    "_m": "length",
    "_kmh": "speed",
    "_minutes": "time",
    "_year": "year",
}


def unit_kind(column: str) -> str:
    """Return what a column of the planner measures: a kind of ``UNITS``.

    Examples
    --------
    >>> unit_kind("floor_area_m2"), unit_kind("residents")
    ('area', 'count')
    """
    for ending, kind in _KIND_OF_ENDING.items():
        if column.endswith(ending):
            return kind
    return "count"


def factor(column: str, unit: str) -> Fraction | None:
    """Return what a number in ``unit`` is to be multiplied by, or None if the unit does not fit.

    Examples
    --------
    >>> factor("residents", "万人"), factor("floor_area_m2", "亩"), factor("residents", "亩")
    (Fraction(10000, 1), Fraction(2000, 3), None)
    """
    return UNITS[unit_kind(column)].get(unit)
