"""The indicator table: value and target of every figure, with the source beside each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from planner.indicators.catalogue import INDICATORS, Indicator, Values
from planner.indicators.view import View
from planner.messages import text

if TYPE_CHECKING:
    from geodata.city import City
    from planner.plan import Plan
    from planner.standard import Standard
    from planner.standard_tables import IndicatorTarget

COLUMNS = [
    "indicator", "name", "dimension", "group", "town_code", "town_name", "unit", "value", "target",
    "comparison", "met", "value_after", "met_after", "standard", "source",
]  # fmt: skip
Target = tuple[str, "IndicatorTarget"]


def indicator_table(
    city: City, standards: Sequence[Standard], *, by_town: bool = False, plan: Plan | None = None
) -> pd.DataFrame:
    """Return every indicator of a city, its target in each standard and whether it is met.

    Parameters
    ----------
    city
        What is on the ground.
    standards
        Whose targets to hold it against; completeness and reach are those of the first.
    by_town
        A row for each town in place of the city. A target for the city that towns add up to, such
        as a number of organisations, is none for a town.
    plan
        A plan of the same city: what the figures will be once it is carried out.

    Returns
    -------
    DataFrame
        A row per indicator, group and target (one without target where there is none): indicator,
        name (in the language in use), dimension and group (such as kind and rural; empty for all
        together), town_code and town_name (missing for the city), unit, value, target, comparison
        (at_least, above, equal), met (missing without target or value), value_after and met_after
        (missing without a plan; what is to equal a report's figure is held to today's value),
        standard and source of the target.

    Raises
    ------
    ValueError
        If no standard is given.

    Examples
    --------
    >>> import geodata
    >>> from planner import Standard
    >>> city, standard = geodata.open_city("taicang"), Standard.load("taicang-2013")
    >>> table = indicator_table(city, [standard])
    >>> table.query("indicator == 'organisations' and group == ''")["value"].item()
    942.0
    """
    if not standards:
        raise ValueError("no standard is given; give at least one")
    now = View.of_city(city, standards[0])
    then = None if plan is None else now.after(plan)
    targets: dict[str, list[Target]] = {}
    for standard in standards:
        for target in standard.indicators:
            targets.setdefault(target.id, []).append((standard.id, target))
    if not by_town:
        return _table(_rows(now, then, targets, None, ""))
    rows: list[dict[str, Any]] = []
    for code, name in zip(city.towns["code"], city.towns["name"], strict=True):
        part = None if then is None else then.of_town(code)
        rows += _rows(now.of_town(code), part, targets, code, name)
    return _table(rows)


def _table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows), columns=COLUMNS)
    numbers = ["value", "target", "value_after"]
    return table.astype(dict.fromkeys(numbers, float) | {"met": object, "met_after": object})


def _rows(
    now: View,
    then: View | None,
    targets: dict[str, list[Target]],
    town_code: str | None,
    town_name: str,
) -> Iterator[dict[str, Any]]:
    for name, indicator in INDICATORS.items():
        values = indicator.compute(now)
        after = {} if then is None else indicator.compute(then)
        local = town_code is not None
        mine = [] if local and indicator.additive else targets.get(name, [])
        for group in _groups(values, after, mine, local=local):
            held: list[Target | tuple[None, None]] = [*_targets_of(group, mine, indicator)]
            for standard, target in held or [(None, None)]:
                value, later = values.get(group), after.get(group)
                yield {
                    "indicator": name,
                    "name": text(f"indicator.{name}"),
                    "dimension": indicator.dimension,
                    "group": group,
                    "town_code": town_code,
                    "town_name": town_name or None,
                    "unit": indicator.unit,
                    "value": value,
                    "target": None if target is None else target.target,
                    "comparison": None if target is None else target.comparison,
                    "met": None if target is None else target.met(value),
                    "value_after": later,
                    "met_after": None
                    if target is None or then is None
                    else _met_after(target, value, later),
                    "standard": standard,
                    "source": None if target is None else target.source,
                }


def _met_after(target: IndicatorTarget, now: float | None, later: float | None) -> bool | None:
    """Return whether a plan meets a target; what is to equal a report's figure is held to today."""
    return target.met(now if target.comparison == "equal" else later)


def _groups(values: Values, after: Values, targets: list[Target], *, local: bool) -> list[str]:
    """Return the groups with a value or, for the city, a target: what is not known shows too."""
    groups = dict.fromkeys(values) | dict.fromkeys(after)
    if not local:
        groups |= dict.fromkeys(target.group for _, target in targets)
    return list(groups)


def _targets_of(group: str, targets: list[Target], indicator: Indicator) -> list[Target]:
    """Return the targets of a group; communities of a new rural kind have those of rural ones."""
    mine = [pair for pair in targets if pair[1].group == group]
    if not mine and indicator.dimension == "kind" and group == "new_rural":
        return [pair for pair in targets if pair[1].group == "rural"]
    return mine


def summary(table: pd.DataFrame) -> dict[str, Any]:
    """Return how many targets there are, are met now, and are met after the plan."""
    held = table[table["target"].notna()]
    return {
        "targets": len(held),
        "met": int(held["met"].eq(True).sum()),
        "met_after": int(held["met_after"].eq(True).sum()),
        "unknown": int(held["met"].isna().sum()),
    }
