"""Plans of one city side by side: figures, sites, indicators, winners and losers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.errors import PlanError
from planner.messages import text

if TYPE_CHECKING:
    from planner.plan import Plan

NAMES = ("A", "B", "C")


@dataclass(frozen=True, eq=False)
class Comparison:
    """What differs between two or three plans.

    Attributes
    ----------
    figures
        A row per headline figure: figure (key), name, a column for each plan (A, B, C), and
        ``B-A`` (``C-A``).
    sites
        A row per recommended site of any plan: site_id, name, town_name, cost_yuan, whether it is
        in each plan, residents_gained in each (missing where it is not).
    communities
        A row per community whose residents served differ: community_code, community_name,
        town_name, residents, and served in each plan (persons), ``B-A`` (``C-A``), minutes in each
        plan (mean); the largest gain of the last plan over the first on top, its largest loss at
        the end.
    indicators
        A row per indicator whose value after the plan differs: indicator, name, group, unit,
        target, a column for each plan, ``B-A`` (``C-A``), and whether each meets the target
        (``met_A`` ...).
    """

    figures: pd.DataFrame
    sites: pd.DataFrame
    communities: pd.DataFrame
    indicators: pd.DataFrame

    @property
    def winners(self) -> pd.DataFrame:
        """Communities in which the last plan serves more residents than the first."""
        return self.communities[self.communities[self._last] > 0]

    @property
    def losers(self) -> pd.DataFrame:
        """Communities in which the last plan serves fewer residents than the first."""
        return self.communities[self.communities[self._last] < 0]

    @property
    def _last(self) -> str:
        return "C-A" if "C-A" in self.communities else "B-A"


def compare(a: Plan, b: Plan, c: Plan | None = None) -> Comparison:
    """Return how plans of one city differ: in figures, sites, indicators and who is served.

    Parameters
    ----------
    a
        The plan that the others are held against.
    b, c
        The others.

    Raises
    ------
    PlanError
        If they are not plans of one city with the same communities.

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> standard = planner.Standard.load("taicang-2013")
    >>> few, more = (planner.make_plan(city, standard, new_halls=n) for n in (1, 2))
    >>> int(planner.compare(few, more).figures.set_index("figure").at["new_halls", "B-A"])
    1
    """
    plans = dict(zip(NAMES, [a, b, *([] if c is None else [c])], strict=False))
    for name, other in plans.items():
        codes = [set(plan.gaps["community_code"]) for plan in (a, other)]
        if other.city.code != a.city.code or codes[0] != codes[1]:
            raise PlanError("compare_cities", one=a.city.name, other=other.city.name, plan=name)
    return Comparison(_figures(plans), _sites(plans), _communities(plans), _indicators(plans))


def _with_differences(table: pd.DataFrame, names: Mapping[str, Any]) -> pd.DataFrame:
    """Return a table with what each later plan has more than the first."""
    first, *others = names
    for name in others:
        table[f"{name}-{first}"] = table[name] - table[first]
    return table


def _figures(plans: dict[str, Plan]) -> pd.DataFrame:
    rows = [
        {
            "figure": key,
            "name": text(f"figure.{key}"),
            **{name: float(of(plan)) for name, plan in plans.items()},
        }
        for key, of in FIGURES.items()
    ]
    # What the city knows nothing of, such as social workers, is no figure of any plan.
    table = pd.DataFrame(rows).dropna(subset=list(plans), how="all", ignore_index=True)
    return _with_differences(table, plans)


def _share(plan: Plan, by: str, group: str) -> float:
    """Return the share served after the plan of a group; of a kind new rural counts as rural."""
    table = plan.coverage[(plan.coverage["tier"] == "community") & (plan.coverage["by"] == by)]
    inside = table[(table["group"] == "urban") == (group == "urban")]
    return float(inside["residents_served_after"].sum() / (inside["residents"].sum() or np.nan))


def _gap(plan: Plan) -> float:
    return _share(plan, "kind", "urban") - _share(plan, "kind", "rural")


def _lowest_town(plan: Plan) -> float:
    table = plan.coverage[(plan.coverage["tier"] == "community") & (plan.coverage["by"] == "town")]
    return float(table["share_after"].min())


def _mean_minutes(plan: Plan) -> float:
    people = plan.settlements[plan.settlements["minutes_after"].notna()]
    weights = people["residents"]
    return float(np.average(people["minutes_after"], weights=weights)) if weights.sum() else np.nan


def _of_summary(key: str) -> Callable[[Plan], float]:
    return lambda plan: plan.summary.get(key, np.nan)


FIGURES: dict[str, Callable[[Plan], float]] = {
    **{
        key: _of_summary(key)
        for key in ("served_after", "share_after", "unserved_after", "new_halls", "cost_yuan")
    },
    "rural_share_after": lambda plan: _share(plan, "kind", "rural"),
    "urban_rural_gap_after": _gap,
    "lowest_town_share_after": _lowest_town,
    "mean_minutes_after": _mean_minutes,
    **{
        key: _of_summary(key)
        for key in ("fte_short_after", "new_posts", "actions_yuan_per_year", "indicators_met_after")
    },
}
"""Headline figures of a plan, by the key of their name in the catalogue."""


def _sites(plans: dict[str, Plan]) -> pd.DataFrame:
    columns = ["site_id", "name", "town_name", "cost_yuan"]
    every = pd.concat([pd.DataFrame(plan.recommendations[columns]) for plan in plans.values()])
    table = every.drop_duplicates("site_id").reset_index(drop=True)
    for name, plan in plans.items():
        table[name] = table["site_id"].isin(plan.recommendations["site_id"])
    for name, plan in plans.items():
        gained = plan.recommendations.set_index("site_id")["residents_gained"]
        table[f"residents_gained_{name}"] = table["site_id"].map(gained).astype("Int64")
    return table


def _communities(plans: dict[str, Plan]) -> pd.DataFrame:
    first = next(iter(plans.values())).gaps.set_index("community_code")
    table = pd.DataFrame(first[["community_name", "town_name", "residents"]])
    for name, plan in plans.items():
        gaps = plan.gaps.set_index("community_code").loc[table.index]
        table[name] = gaps["residents"] - gaps["residents_unserved_after"]
        table[f"minutes_{name}"] = gaps["mean_minutes_after"]
    table = _with_differences(table, plans)
    last = [column for column in table if column.endswith("-A")]
    differs = (table[last] != 0).any(axis=1)
    return (
        table[differs]
        .reset_index()
        .sort_values([last[-1], "community_code"], ascending=[False, True], ignore_index=True)
    )


def _indicators(plans: dict[str, Plan]) -> pd.DataFrame:
    keys = ["indicator", "name", "group", "unit", "target"]
    parts = {name: plan.indicators.reset_index(drop=True) for name, plan in plans.items()}
    at = ["indicator", "group", "standard", "target", "comparison"]
    first = parts["A"].assign(number=parts["A"].groupby(at, dropna=False).cumcount())
    table = pd.DataFrame(first[[*keys, "standard", "comparison", "number"]])
    for name, one in parts.items():
        own = one.assign(number=one.groupby(at, dropna=False).cumcount())
        own = own[[*at, "number", "value_after", "met_after"]]
        own = own.rename(columns={"value_after": name, "met_after": f"met_{name}"})
        table = table.merge(own, on=[*at, "number"], how="left")
    table = _with_differences(table, plans)
    last = [column for column in table if column.endswith("-A")]
    differs = (table[last].fillna(0) != 0).any(axis=1)
    order = [*keys, *plans, *last, *(f"met_{name}" for name in plans)]
    return table.loc[differs, order].reset_index(drop=True)
