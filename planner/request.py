"""What is asked of a plan: how many new halls, or a budget, or a share to reach."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.errors import PlanError

DEFAULT_NEW_HALLS = 5


@dataclass(frozen=True)
class PlanRequest:
    """What to build (a number, a budget or a target; 5 halls if none is given), hire and buy.

    Attributes
    ----------
    new_halls
        How many halls or stations to build at the most.
    budget_yuan
        How much they may cost together.
    target_share
        Share of residents (above 0, at most 1) to be served, at the least cost.
    forbidden_sites
        Ids of candidate sites that must not be used.
    time_limit_s
        Seconds after which the best plan found so far is returned with its gap.
    seed
        Seed of everything that draws lots.
    every_town_share
        Share of its residents (above 0, at most 1) that must be served in every town; where no
        goal is given, at the least cost.
    rural_at_least_urban
        Whether the rural share served must not fall below the urban one.
    new_posts
        How many posts of social workers to recruit; the standard's number where None.
    projects_budget_yuan
        How much a year's projects may cost together; the standard's where None.
    """

    new_halls: int | None = None
    budget_yuan: float | None = None
    target_share: float | None = None
    forbidden_sites: tuple[str, ...] = ()
    time_limit_s: float = 60.0
    seed: int = 0
    new_posts: int | None = None
    projects_budget_yuan: float | None = None
    every_town_share: float | None = None
    rural_at_least_urban: bool = False

    def __post_init__(self) -> None:
        """Check the request.

        Raises
        ------
        PlanError
            If more than one goal is given, or a number is out of its range.
        """
        goals = [self.new_halls, self.budget_yuan, self.target_share]
        given = [goal for goal in goals if goal is not None]
        if len(given) > 1:
            raise PlanError("several_goals")
        if not given and self.every_town_share is None:
            object.__setattr__(self, "new_halls", DEFAULT_NEW_HALLS)
        if self.new_halls is not None and (
            int(self.new_halls) != self.new_halls or self.new_halls < 1
        ):
            raise PlanError("bad_new_halls", value=self.new_halls)
        if self.budget_yuan is not None and not 0 < self.budget_yuan < math.inf:
            raise PlanError("bad_budget", value=self.budget_yuan)
        if self.target_share is not None and not 0 < self.target_share <= 1:
            raise PlanError("bad_target", value=self.target_share)
        if self.every_town_share is not None and not 0 < self.every_town_share <= 1:
            raise PlanError("bad_target", value=self.every_town_share)
        if not 0 < self.time_limit_s < math.inf:
            raise PlanError("bad_time_limit", value=self.time_limit_s)
        if self.new_posts is not None and (
            int(self.new_posts) != self.new_posts or self.new_posts < 0
        ):
            raise PlanError("bad_new_posts", value=self.new_posts)
        funds = self.projects_budget_yuan
        if funds is not None and not 0 <= funds < math.inf:
            raise PlanError("bad_projects_budget", value=funds)
