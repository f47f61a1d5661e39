"""Headline figures of a plan, today and once it is carried out, and what was asked of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from planner.messages import money, text

if TYPE_CHECKING:
    from planner.plan import Plan
    from planner.request import PlanRequest

Figure = Callable[["Plan"], float]


def asked(request: PlanRequest) -> str:
    """Return what was asked of a plan, in the language in use.

    Examples
    --------
    >>> from planner import PlanRequest
    >>> asked(PlanRequest(new_halls=3, new_posts=2))
    'at most 3 new halls, 2 posts'
    """
    values = {
        "new_halls": request.new_halls,
        "budget": request.budget_yuan,
        "target": request.target_share,
        "every_town": request.every_town_share,
        "rural": request.rural_at_least_urban or None,
        "forbidden": len(request.forbidden_sites) or None,
        "posts": request.new_posts,
        "projects": request.projects_budget_yuan,
    }
    return text("map.list").join(
        text(f"asked.{key}", value=value, money=money(value))
        for key, value in values.items()
        if value is not None
    )


def _share(plan: Plan, group: str, when: str) -> float:
    """Return the share served of a kind of community; new rural counts as rural."""
    table = plan.coverage[(plan.coverage["tier"] == "community") & (plan.coverage["by"] == "kind")]
    inside = table[(table["group"] == "urban") == (group == "urban")]
    return float(inside[f"residents_served{when}"].sum() / (inside["residents"].sum() or np.nan))


def _kind(group: str, when: str) -> Figure:
    return lambda plan: _share(plan, group, when)


def _gap(when: str) -> Figure:
    return lambda plan: _share(plan, "urban", when) - _share(plan, "rural", when)


def _lowest_town(column: str) -> Figure:
    def lowest(plan: Plan) -> float:
        covered = plan.coverage
        towns = covered[(covered["tier"] == "community") & (covered["by"] == "town")]
        return float(towns[column].min())

    return lowest


def _minutes(column: str) -> Figure:
    def mean(plan: Plan) -> float:
        people = plan.settlements[plan.settlements[column].notna()]
        weights = people["residents"]
        return float(np.average(people[column], weights=weights)) if weights.sum() else np.nan

    return mean


def _told(key: str) -> Figure:
    return lambda plan: plan.summary.get(key, np.nan)


def _yuan_per_resident(plan: Plan) -> float:
    gained = plan.summary["served_after"] - plan.summary["served_before"]
    return float(plan.summary["cost_yuan"] / gained) if gained else np.nan


def _nothing(_plan: Plan) -> float:
    return 0.0


def _unknown(_plan: Plan) -> float:
    return float(np.nan)


FIGURES: dict[str, tuple[Figure, Figure]] = {
    "served_after": (_told("served_before"), _told("served_after")),
    "share_after": (_told("share_before"), _told("share_after")),
    "unserved_after": (_told("unserved_before"), _told("unserved_after")),
    "new_halls": (_nothing, _told("new_halls")),
    "cost_yuan": (_nothing, _told("cost_yuan")),
    "yuan_per_resident": (_unknown, _yuan_per_resident),
    "rural_share_after": (_kind("rural", ""), _kind("rural", "_after")),
    "urban_rural_gap_after": (_gap(""), _gap("_after")),
    "lowest_town_share_after": (_lowest_town("share"), _lowest_town("share_after")),
    "mean_minutes_after": (_minutes("minutes_before"), _minutes("minutes_after")),
    "fte_short_after": (_told("fte_short"), _told("fte_short_after")),
    "new_posts": (_nothing, _told("new_posts")),
    "actions_yuan_per_year": (_nothing, _told("actions_yuan_per_year")),
    "indicators_met_after": (_told("indicators_met"), _told("indicators_met_after")),
}
"""Headline figures, today and with the plan, by the key of their name in the catalogue."""
_FORMATS = {
    "share_after": ".1%",
    "rural_share_after": ".1%",
    "urban_rural_gap_after": ".1%",
    "lowest_town_share_after": ".1%",
    "mean_minutes_after": ".1f",
    "fte_short_after": ",.1f",
}
"""How headline figures are written that are not whole numbers."""


def printed(figure: str, value: float, sign: str = "") -> str:
    """Return a headline figure as text; a dash where there is none.

    Parameters
    ----------
    figure
        Its key in ``FIGURES``.
    value
        The number.
    sign
        ``"+"`` for a difference.

    Examples
    --------
    >>> printed("share_after", 0.875), printed("new_halls", 2, "+")
    ('87.5%', '+2')
    """
    return "–" if value != value else format(value, f"{sign}z{_FORMATS.get(figure, ',.0f')}")
