"""Recruitment in a city: new posts of each field, at which open halls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.errors import ArgumentError
from planner.staffing.need import needs
from planner.staffing.of_city import hours_per_fte, outreach_rules, travel_to_communities
from planner.staffing.recruitment import Recruitment, posts_for_target, recruitment

if TYPE_CHECKING:
    from geodata.city import City
    from planner.standard import Standard


@dataclass(frozen=True, eq=False)
class CityRecruitment:
    """New posts of every field.

    Attributes
    ----------
    answers
        By field; hours are those of the standard's period.
    fields
        By field: need_fte, share_before and share_after of the need met, posts (new), posts_bound
        (the fewest that a target takes), met_fte (by the new posts), gap, status.
    places
        A row per field and hall with new posts: field, hall_id, community_code, town_code, posts.
    """

    answers: dict[str, Recruitment]
    fields: pd.DataFrame
    places: pd.DataFrame


def recruit(
    city: City,
    standard: Standard,
    *,
    posts: int | None = None,
    target_share: float | None = None,
    fields: list[str] | None = None,
    met_fte: pd.Series | None = None,
    time_limit_s: float = 20.0,
    seed: int = 0,
) -> CityRecruitment:
    """Return where new posts of each field meet most unmet need, or how many a target takes.

    A new post is one FTE at an open community hall. It serves its own community without travel and
    others within the standard's minutes of outreach, travel counted as work.

    Parameters
    ----------
    city, standard
        The city; the standard's tables ``workers`` and ``outreach``.
    posts
        New posts of each field; or
    target_share
        the share of each field's need that is to be met.
    fields
        Of which fields; all of the standard's if left out.
    met_fte
        What is met already, by community code and field (``CityOutreach.fte`` tells it); the
        supply at home if left out.
    time_limit_s, seed
        For each field.

    Raises
    ------
    PlanError
        If the standard lacks one of the tables.
    ArgumentError
        If neither or both of posts and target_share are given, or they are out of range.
    InfeasibleError
        If the target cannot be reached by posts at the open halls.
    """
    if (posts is None) == (target_share is None):
        raise ArgumentError("give either posts or target_share")
    rules = outreach_rules(standard)
    rate = hours_per_fte(rules)
    table = needs(city, standard).dropna(subset="community_code")
    table = table.set_index(["community_code", "field"])
    halls = city.halls[(city.halls["status"] == "open") & (city.halls["tier"] == "community")]
    halls = halls.set_index("hall_id")
    codes = city.communities["code"]
    travel = travel_to_communities(city, rules, halls.index, codes)
    minutes = _own_is_near(travel.to_frame(), halls["community_code"])
    answers, rows, places = {}, [], []
    for field in fields or list(standard.workers):
        home = table.xs(field, level="field")
        need = home["need_fte"].fillna(0.0)
        met = (home["need_fte"] - home["shortage_fte"]).fillna(0.0)
        if met_fte is not None:
            met = met_fte.xs(field, level="field").reindex(home.index).fillna(0.0)
        unmet = (need - met).clip(lower=0) * rate
        known = minutes[minutes["from_id"].isin(home.index)]
        reach = known.pivot_table(index="from_id", columns="to_id", values="travel_time")
        reach = reach.reindex(home.index).fillna(np.inf)
        options = {
            "hours_per_post": rate,
            "hours_per_day": rules.hours_per_day,
            "time_limit_s": time_limit_s,
            "seed": seed,
        }
        if posts is not None:
            answer = recruitment(reach, unmet, posts, **options)  # type: ignore[arg-type]
        else:
            assert target_share is not None
            answer = posts_for_target(reach, unmet, need * rate, target_share, **options)  # type: ignore[arg-type]
        answers[field] = answer
        total, before = need.sum(), met.sum()
        fte = answer.hours / rate
        rows.append(
            {
                "field": field,
                "need_fte": total,
                "share_before": before / total if total else np.nan,
                "share_after": (before + fte) / total if total else np.nan,
                "posts": answer.count,
                "posts_bound": answer.count_bound,
                "met_fte": fte,
                "gap": answer.gap,
                "status": answer.status,
            }
        )
        new = answer.posts
        places.append(
            pd.DataFrame(
                {
                    "field": field,
                    "hall_id": new.index,
                    "community_code": halls["community_code"].reindex(new.index).to_numpy(),
                    "town_code": halls["community_code"].reindex(new.index).str[:9].to_numpy(),
                    "posts": new.to_numpy(),
                }
            )
        )
    return CityRecruitment(answers, pd.DataFrame(rows), pd.concat(places, ignore_index=True))


def _own_is_near(minutes: pd.DataFrame, home: pd.Series) -> pd.DataFrame:
    """Return the pairs, each hall 0 minutes from its own community."""
    own = minutes["to_id"].map(home) == minutes["from_id"]
    return minutes.assign(travel_time=minutes["travel_time"].where(~own, 0.0))
