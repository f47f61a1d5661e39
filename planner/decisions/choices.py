"""Sites by several objectives: in order of importance, or weighed against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from planner import siting
from planner.decisions.fronts import COLUMNS, check_limits, measures
from planner.decisions.situation import situation
from planner.errors import InfeasibleError, NoneKeepsError, PlanError
from planner.sites import fair_shares

if TYPE_CHECKING:
    from geodata.city import City
    from planner.progress import Progress
    from planner.siting import PreferenceResult
    from planner.siting.aims import Name
    from planner.standard import Standard


@dataclass(frozen=True, eq=False)
class Choice:
    """The sites that a preference among objectives chooses.

    Attributes
    ----------
    sites
        A row per site: order, site_id, name, town_name, cost_yuan and the others of a candidate
        site, residents_gained (beyond those before it).
    objectives
        A row per objective: objective, today, value (with the sites). In order of importance: best
        (what it could be, those before it kept), bound, gap, proven. Weighed: weight.
    answer
        Of the model, with its stages.
    """

    sites: pd.DataFrame
    objectives: pd.DataFrame
    answer: PreferenceResult


def choose(
    city: City,
    standard: Standard,
    objectives: Sequence[str] | Mapping[str, float] = ("covered", "person_minutes", "cost"),
    *,
    tolerance: float = 0.0,
    new_halls: int | None = None,
    budget_yuan: float | None = None,
    every_town_share: float | None = None,
    rural_at_least_urban: bool = False,
    forbidden_sites: Sequence[str] = (),
    time_limit_s: float = 60.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Choice:
    """Return the sites that are best by several objectives, each stage proven.

    Parameters
    ----------
    city, standard
        What there is, and what there should be.
    objectives
        Those of ``front``: a list, the most important first (each is best among the best of those
        before it); or the weight of each by name, what one unit of it counts.
    tolerance
        By what share of its best value each objective of a list may fall short in favour of those
        after it.
    new_halls, budget_yuan
        How many halls to build at the most, and what they may cost; None for no limit.
    every_town_share, rural_at_least_urban, forbidden_sites
        As ``planner.make_plan`` takes them.
    time_limit_s
        Seconds for all stages.
    seed
        Seed of the solver's choices.
    progress
        Told what is being done.

    Raises
    ------
    PlanError
        If an objective is not known or stands twice, a limit, weight or tolerance cannot be worked
        with, or ``gap`` is asked of a city whose communities are all urban or all rural.
    InfeasibleError
        If nothing keeps the limits.

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> standard = planner.Standard.load("taicang-2013")
    >>> found = planner.choose(city, standard, ("covered", "cost"), new_halls=3)
    >>> found.answer.status, len(found.sites)
    ('optimal', 3)
    """
    names = [objectives] if isinstance(objectives, str) else list(objectives)
    if not names or len(set(names)) < len(names) or not set(names) <= COLUMNS.keys():
        raise PlanError("bad_preferences", value=", ".join(names), known=", ".join(COLUMNS))
    weights = objectives if isinstance(objectives, Mapping) else None
    if weights is not None and not _can_weigh(list(weights.values())):
        told = ", ".join(f"{name}={weight}" for name, weight in weights.items())
        raise PlanError("bad_preference_weights", value=told)
    if not 0 <= tolerance < np.inf:
        raise PlanError("bad_tolerance", value=tolerance)
    check_limits(new_halls, budget_yuan)
    now = situation(city, standard, progress)
    (progress or (lambda _stage: None))("siting")
    options: dict[str, Any] = {
        "p": new_halls,
        "budget": budget_yuan,
        "shares": fair_shares(city, every_town_share, rural=rural_at_least_urban),
        "time_limit_s": time_limit_s,
        "seed": seed,
        **measures(now, names),
        **now.options(forbidden_sites),
    }
    try:
        if weights is not None:
            answer = siting.weighted(now.reach, cast("Mapping[Name, float]", weights), **options)
        else:
            known = cast("list[Name]", names)
            answer = siting.lexicographic(now.reach, known, tolerance=tolerance, **options)
    except NoneKeepsError as none:
        raise InfeasibleError("shares_out_of_reach", reason=str(none)) from none
    sites = now.in_order(now.ids(answer.sites.astype(int))).reset_index(drop=True)
    sites.insert(0, "order", np.arange(1, len(sites) + 1))
    table = answer.objectives
    if weights is None:
        stages = answer.stages.rename(columns={"stage": "objective", "objective": "best"})
        table = table.merge(stages, on="objective", how="left")
    return Choice(sites, table, answer)


def _can_weigh(weights: Sequence[float]) -> bool:
    """Return whether weights are numbers of 0 or more, not all of them 0."""
    return all(0 <= weight < np.inf for weight in weights) and any(weights)
