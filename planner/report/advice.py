"""What the report says should be done: where to build, whom to recruit, what to buy, what first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.layers import SEPARATOR
from planner.messages import text as planner_text
from planner.report.parts import Heading, Listing, Paragraph, Part
from planner.report.words import (
    MOST_ROWS,
    counts,
    minutes,
    money_column,
    picture,
    table,
    text,
    values,
)

if TYPE_CHECKING:
    from planner.plan import Plan


def sites(plan: Plan, pictures: Mapping[str, bytes]) -> Iterator[Part]:
    """Yield where to build, and why there."""
    figures = values(plan)
    yield Heading(text("recommendations.title"))
    yield Heading(text("recommendations.sites_title"), 2)
    sites = plan.recommendations
    if not len(sites):
        yield Paragraph(planner_text("map.no_recommendations"))
        return
    proof = "proven" if plan.summary["status"] == "optimal" else "unproven"
    yield Paragraph(text(f"recommendations.{proof}", **figures))
    yield table(
        "table.recommendations",
        {
            "rank": sites["rank"].astype(str),
            "site": sites["name"],
            "town": sites["town_name"],
            "action": [planner_text(f"map.action.{action}") for action in sites["action"]],
            "gained": counts(sites["residents_gained"]),
            "minutes": [
                planner_text("map.from_to", before=before, after=after)
                for before, after in zip(
                    minutes(sites["minutes_before"]), minutes(sites["minutes_after"]),
                    strict=True,
                )
            ],
            "cost": money_column(sites["cost_yuan"]),
        },
        wide={"site": 2.0, "rank": 0.6},
    )  # fmt: skip
    yield from picture(pictures, "after", plan)
    yield Paragraph(text("recommendations.why"))
    yield Listing(
        tuple(
            text(
                "recommendations.evidence",
                site=site.name,
                community=site.community_name,
                gained=f"{site.residents_gained:,}",
                elderly=_elderly(site.elderly_gained),
                within=f"{site.residents_within_reach:,}",
                communities=str(site.communities_served_names).replace(
                    SEPARATOR, planner_text("map.list")
                ),
                before=f"{site.minutes_before:.0f}",
                after=f"{site.minutes_after:.0f}",
                each=f"{site.yuan_per_resident:,.0f}",
            )
            for site in sites.itertuples()
        ),
        numbered=True,
    )


def _elderly(count: Any) -> str:
    """Return how many of the residents are aged 60 or more; nothing where that is not known."""
    return "" if pd.isna(count) else text("recommendations.elderly", count=f"{count:,}")


def posts_and_projects(plan: Plan) -> Iterator[Part]:
    """Yield whom to recruit and which projects to buy."""
    figures = values(plan)
    if len(plan.posts):
        yield Heading(text("recommendations.posts_title"), 2)
        yield Paragraph(text("recommendations.posts", **figures))
        posts = plan.posts.head(MOST_ROWS)
        yield table(
            "table.posts",
            {
                "hall": posts["hall_name"],
                "town": posts["town_name"],
                "field": [planner_text(f"map.field.{field}") for field in posts["field"]],
                "posts": posts["posts"],
                "communities": posts["communities"],
                "cost": money_column(posts["yuan_per_year"]),
            },
            wide={"hall": 2.0, "town": 1.4},
        )
    if len(plan.projects):
        yield Heading(text("recommendations.projects_title"), 2)
        yield Paragraph(text("recommendations.projects", **figures))
        projects = plan.projects.head(MOST_ROWS)
        yield table(
            "table.projects",
            {
                "project": projects["name"],
                "organisation": projects["organisation_name"],
                "field": [planner_text(f"map.field.{field}") for field in projects["field"]],
                "communities": projects["communities"],
                "cost": money_column(projects["yuan_per_year"]),
            },
            wide={"project": 2.0, "organisation": 2.0},
        )


def ranking(plan: Plan) -> Iterator[Part]:
    """Yield what to do first."""
    if not len(plan.actions):
        return
    yield Heading(text("ranking.title"), 2)
    best = plan.actions.head(MOST_ROWS)
    yield Paragraph(text("ranking.how", shown=len(best), **values(plan)))
    yield table(
        "table.ranking",
        {
            "rank": best["rank"],
            "action": [planner_text(f"action.{action}") for action in best["action"]],
            "name": best["name"],
            "town": best["town_name"].fillna("–"),
            "persons": counts(best["persons_met"]),
            "cost": money_column(best["yuan_per_year"]),
            "each": counts(best["yuan_per_person"]),
        },
        wide={"name": 2.2, "rank": 0.6, "town": 1.4, "action": 1.4},
    )
