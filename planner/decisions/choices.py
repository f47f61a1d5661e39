"""Sites by several objectives: in order of importance, or weighed against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner import siting
from planner.decisions.fronts import COLUMNS, measures
from planner.decisions.situation import situation
from planner.errors import InfeasibleError, OutOfTimeError, PlanError, SitingError
from planner.sites import fair_shares

if TYPE_CHECKING:
    from geodata.city import City
    from planner.progress import Progress
    from planner.siting import PreferenceResult
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
    names = list(objectives)
    known = set(names) <= COLUMNS.keys() and len(set(names)) == len(names) > 0
    if isinstance(objectives, str) or not known:
        raise PlanError("bad_preferences", value=", ".join(names), known=", ".join(COLUMNS))
    weights = list(objectives.values()) if isinstance(objectives, Mapping) else [1.0]
    if not (all(0 <= weight < np.inf for weight in weights) and any(weights)):
        raise PlanError("bad_weights", value=", ".join(f"{weight:g}" for weight in weights))
    if not 0 <= tolerance < np.inf:
        raise PlanError("bad_tolerance", value=tolerance)
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
        if isinstance(objectives, Mapping):
            answer = siting.weighted(now.reach, objectives, **options)  # type: ignore[arg-type]  # checked above
        else:
            answer = siting.lexicographic(now.reach, names, tolerance=tolerance, **options)  # type: ignore[arg-type]  # checked above
    except OutOfTimeError:
        raise
    except SitingError as none:
        raise InfeasibleError("shares_out_of_reach", reason=str(none)) from none
    sites = now.in_order(now.ids(answer.sites.astype(int))).reset_index(drop=True)
    sites.insert(0, "order", np.arange(1, len(sites) + 1))
    table = answer.objectives
    if not isinstance(objectives, Mapping):
        stages = answer.stages.rename(columns={"stage": "objective", "objective": "best"})
        table = table.merge(stages, on="objective", how="left")
    return Choice(sites, table, answer)
