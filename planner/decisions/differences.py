"""Plans of one city side by side: figures, sites, indicators, winners and losers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.disclosure import publishable
from geodata.fingerprint import city_fingerprints
from planner.decisions.headlines import FIGURES, asked
from planner.errors import PlanError
from planner.messages import text

if TYPE_CHECKING:
    from planner.plan import Plan

NAMES = ("A", "B", "C")
_DECIMALS = 2
"""Minutes and FTE that differ by less do not count as different."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """What differs between two or three plans.

    Figures of today (``now``) are those of the first plan's data.

    Attributes
    ----------
    figures
        A row per headline figure: figure (key), name, now, a column for each plan (A, B, C), and
        ``B-A`` (``C-A``).
    sites
        A row per recommended site of any plan: site_id, name, town_name, cost_yuan, whether it is
        in each plan, residents_gained in each (missing where it is not).
    communities
        A row per community in which residents served, mean minutes or social workers short
        differ: community_code, community_name, town_name, residents; served today (now) and in
        each plan (persons), ``B-A`` (``C-A``); minutes in each plan (mean), fte_short in each (all
        fields; missing without workers); the largest gain in residents of the last plan over the
        first on top, its largest loss at the end.
    towns
        A row per town: town_name, residents, served now and in each plan, ``B-A`` (``C-A``),
        winners and losers (communities, as the properties count them).
    fields
        A row per field of social work: field, FTE short now and with each plan, ``B-A`` (``C-A``).
    indicators
        A row per indicator whose value after the plan differs: indicator, name, dimension, group,
        unit, target, now, a column for each plan, ``B-A`` (``C-A``), and whether each meets the
        target (``met_A`` ...).
    plans
        A row per plan: plan, asked (what was asked of it), model, status, objective, bound, gap,
        standard (id).
    layers
        Layers of the data in which the plan differs from the first, by plan; none for the first.
    standards
        Plans whose standard is another than the first's.
    """

    figures: pd.DataFrame
    sites: pd.DataFrame
    communities: pd.DataFrame
    towns: pd.DataFrame
    fields: pd.DataFrame
    indicators: pd.DataFrame
    plans: pd.DataFrame
    layers: Mapping[str, tuple[str, ...]]
    standards: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Names of the plans: A, B and perhaps C."""
        return self.plans["plan"].tolist()

    def notes(self) -> list[str]:
        """Return what else differs than the plans, a sentence each, in the language in use."""
        said = [
            text("compare_data", plan=name, layers=text("map.list").join(
                text(f"layer.{layer}") for layer in layers
            ))
            for name, layers in self.layers.items() if layers
        ]  # fmt: skip
        return said + [text("compare_standard", plan=name) for name in self.standards]

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
    communities = _communities(plans)
    return Comparison(
        figures=_figures(plans),
        sites=_sites(plans),
        communities=communities,
        towns=_towns(plans, communities),
        fields=_fields(plans),
        indicators=_indicators(plans),
        plans=_plans(plans),
        layers={name: _layers(a, plan) for name, plan in plans.items()},
        standards=tuple(name for name, plan in plans.items() if plan.standard != a.standard),
    )


def _layers(a: Plan, other: Plan) -> tuple[str, ...]:
    """Return the layers whose data differ, as they may be published; the road tables are one."""
    if other.city is a.city:
        return ()
    prints = [city_fingerprints(publishable(plan.city)) for plan in (a, other)]
    differ = {
        name for name in {**prints[0], **prints[1]} if prints[0].get(name) != prints[1].get(name)
    }
    return tuple(sorted({"roads" if name.startswith("road") else name for name in differ}))


def _plans(plans: dict[str, Plan]) -> pd.DataFrame:
    proof = ("model", "status", "objective", "bound", "gap")
    return pd.DataFrame(
        {
            "plan": name,
            "asked": asked(plan.request),
            **{key: plan.summary[key] for key in proof},
            "standard": plan.standard.id,
        }
        for name, plan in plans.items()
    )


def _with_differences(table: pd.DataFrame, names: Mapping[str, Any]) -> pd.DataFrame:
    """Return a table with what each later plan has more than the first."""
    first, *others = names
    for name in others:
        table[f"{name}-{first}"] = table[name] - table[first]
    return table


def _figures(plans: dict[str, Plan]) -> pd.DataFrame:
    first = next(iter(plans.values()))
    rows = [
        {
            "figure": key,
            "name": text(f"figure.{key}"),
            "now": float(now(first)),
            **{name: float(after(plan)) for name, plan in plans.items()},
        }
        for key, (now, after) in FIGURES.items()
    ]
    # What the city knows nothing of, such as social workers, is no figure of any plan.
    table = pd.DataFrame(rows).dropna(subset=list(plans), how="all", ignore_index=True)
    return _with_differences(table, plans)


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
    table["now"] = first["residents"] - first["residents_unserved"]
    measures: dict[str, list[str]] = {"served": [], "minutes": [], "fte_short": []}
    for name, plan in plans.items():
        gaps = plan.gaps.set_index("community_code").loc[table.index]
        table[name] = gaps["residents"] - gaps["residents_unserved_after"]
        table[f"minutes_{name}"] = gaps["mean_minutes_after"]
        table[f"fte_short_{name}"] = gaps["fte_short_after"]
        for measure, column in zip(
            measures, (name, f"minutes_{name}", f"fte_short_{name}"), strict=True
        ):
            measures[measure].append(column)
    table = _with_differences(table, plans)
    last = [column for column in table if column.endswith("-A")][-1]
    differs = np.any([_varies(table[columns]) for columns in measures.values()], axis=0)
    return (
        table[differs]
        .reset_index()
        .sort_values([last, "community_code"], ascending=[False, True], ignore_index=True)
    )


def _varies(table: pd.DataFrame) -> np.ndarray:
    """Return in which rows the columns are not all the same; missing is the same as missing."""
    values = table.astype(float).round(_DECIMALS)
    varies: np.ndarray = values.nunique(axis=1, dropna=False).to_numpy() > 1
    return varies


def _towns(plans: dict[str, Plan], communities: pd.DataFrame) -> pd.DataFrame:
    tables = {}
    for name, plan in plans.items():
        covered = plan.coverage
        towns = covered[(covered["tier"] == "community") & (covered["by"] == "town")]
        tables[name] = towns.set_index("group")
    first = next(iter(tables.values()))
    table = pd.DataFrame(
        {"town_name": first["group_name"], "residents": first["residents"]}
    ).assign(now=first["residents_served"])
    for name, one in tables.items():
        table[name] = one["residents_served_after"].reindex(table.index)
    table = _with_differences(table, plans)
    last = [column for column in table if column.endswith("-A")][-1]
    for key, wins in (("winners", communities[last] > 0), ("losers", communities[last] < 0)):
        counted = communities.loc[wins, "town_name"].value_counts()
        table[key] = table["town_name"].map(counted).fillna(0).astype(int)
    return table.reset_index(drop=True)


def _fields(plans: dict[str, Plan]) -> pd.DataFrame:
    columns = ["shortage_fte", "shortage_after_fte"]
    sums = {
        name: plan.staffing.groupby("field", sort=False)[columns].sum()
        for name, plan in plans.items()
    }
    first = next(iter(sums.values()))
    table = pd.DataFrame({"now": first["shortage_fte"]})
    for name, one in sums.items():
        table[name] = one["shortage_after_fte"].reindex(table.index)
    return _with_differences(table, plans).rename_axis("field").reset_index()


def _indicators(plans: dict[str, Plan]) -> pd.DataFrame:
    keys = ["indicator", "name", "dimension", "group", "unit", "target"]
    parts = {name: plan.indicators.reset_index(drop=True) for name, plan in plans.items()}
    at = ["indicator", "group", "standard", "target", "comparison"]
    first = parts["A"].assign(number=parts["A"].groupby(at, dropna=False).cumcount())
    table = pd.DataFrame(first[[*keys, "standard", "comparison", "number", "value"]])
    table = table.rename(columns={"value": "now"})
    for name, one in parts.items():
        own = one.assign(number=one.groupby(at, dropna=False).cumcount())
        own = own[[*at, "number", "value_after", "met_after"]]
        own = own.rename(columns={"value_after": name, "met_after": f"met_{name}"})
        table = table.merge(own, on=[*at, "number"], how="left")
    table = _with_differences(table, plans)
    last = [column for column in table if column.endswith("-A")]
    differs = (table[last].fillna(0) != 0).any(axis=1)
    order = [*keys, "now", *plans, *last, *(f"met_{name}" for name in plans)]
    return table.loc[differs, order].reset_index(drop=True)
