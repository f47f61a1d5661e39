"""The Pareto front of two objectives: what more service costs, what fairness costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack

from geodata.layers import SEPARATOR
from planner import siting
from planner.coverage.access import LOOK_BEYOND
from planner.decisions.situation import Situation, situation
from planner.errors import InfeasibleError, NoneKeepsError, PlanError
from planner.sites import fair_shares
from planner.siting.aims import OF_MINUTES

if TYPE_CHECKING:
    from geodata.city import City
    from planner.progress import Progress
    from planner.standard import Standard

COLUMNS = {
    "covered": "residents_served",
    "cost": "cost_yuan",
    "number": "new_halls",
    "gap": "gap_share",
    "farthest": "farthest_minutes",
    "person_minutes": "person_minutes",
    "insufficiency": "person_minutes_over",
    "gini": "gini",
}
"""Objectives, and the column of each in the front of a city."""


def front(
    city: City,
    standard: Standard,
    objectives: tuple[str, str] = ("covered", "cost"),
    *,
    points: int | None = 12,
    new_halls: int | None = None,
    budget_yuan: float | None = None,
    every_town_share: float | None = None,
    rural_at_least_urban: bool = False,
    forbidden_sites: Sequence[str] = (),
    time_limit_s: float = 60.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return the Pareto front of two objectives, each point proven by epsilon-constraint.

    Parameters
    ----------
    city, standard
        What there is, and what there should be.
    objectives
        Two of: ``covered`` (residents served, many), ``cost`` (of the new halls, small),
        ``number`` (of new halls, small), ``gap`` (between the urban and the rural share served,
        absolute, small); and of the minutes to the nearest hall, all small: ``farthest`` (of the
        worst served residents), ``person_minutes`` (sum over residents), ``insufficiency`` (sum of
        what is more than the standard's minutes), ``gini`` (Gini index over residents). Beyond six
        times the standard's minutes nobody is followed; farther residents count so many.
    points
        How many points to look for, spread evenly over the second objective; None for all.
    new_halls, budget_yuan
        How many halls to build at the most, and what they may cost; None for no limit.
    every_town_share, rural_at_least_urban, forbidden_sites
        As ``planner.make_plan`` takes them.
    time_limit_s
        Seconds for the whole front.
    seed
        Seed of the solver's choices.
    progress
        Told what is being done.

    Returns
    -------
    DataFrame
        A row per point, by the second objective: both objectives (columns as ``COLUMNS`` names
        them), share (of residents served), new_halls, cost_yuan, site_ids (joined by ``;``),
        proven, knee. ``attrs``: complete, message, seconds.

    Raises
    ------
    PlanError
        If the objectives are not two that are known, a limit cannot be worked with, or ``gap`` is
        asked of a city whose communities are all urban or all rural.
    InfeasibleError
        If nothing keeps the limits.

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> standard = planner.Standard.load("taicang-2013")
    >>> found = planner.front(city, standard, ("covered", "number"), new_halls=3, points=None)
    >>> found["new_halls"].tolist()
    [0, 1, 2, 3]
    """
    if len(set(objectives)) != 2 or not set(objectives) <= COLUMNS.keys():
        raise PlanError("bad_objectives", value=", ".join(objectives), known=", ".join(COLUMNS))
    if points is not None and (points < 2 or points != int(points)):
        raise PlanError("bad_points", value=points)
    check_limits(new_halls, budget_yuan)
    now = situation(city, standard, progress)
    (progress or (lambda _stage: None))("siting")
    try:
        found = siting.pareto(
            now.reach,
            objectives,  # type: ignore[arg-type]  # checked above
            p=new_halls,
            budget=budget_yuan,
            points=points,
            shares=fair_shares(city, every_town_share, rural=rural_at_least_urban),
            time_limit_s=time_limit_s,
            seed=seed,
            **measures(now, objectives),
            **now.options(forbidden_sites),
        )
    except NoneKeepsError as none:
        raise InfeasibleError("shares_out_of_reach", reason=str(none)) from none
    return _table(now, found, objectives)


def check_limits(new_halls: int | None, budget_yuan: float | None) -> None:
    """Refuse a number or a budget that cannot be worked with.

    Raises
    ------
    PlanError
        If the number is not a whole one of 1 or more, or the budget not above 0.
    """
    if new_halls is not None and (new_halls < 1 or new_halls != int(new_halls)):
        raise PlanError("bad_new_halls", value=new_halls)
    if budget_yuan is not None and not 0 < budget_yuan < np.inf:
        raise PlanError("bad_budget", value=budget_yuan)


def measures(now: Situation, objectives: Sequence[str]) -> dict[str, Any]:
    """Return what the siting models work objectives out from: kinds, minutes, what is enough.

    Raises
    ------
    PlanError
        If ``gap`` is asked of a city whose communities are all urban or all rural.
    """
    if "gap" in objectives and len(set(now.kinds)) < 2:
        raise PlanError("one_kind", kind=now.kinds[0])
    options: dict[str, Any] = {"groups": now.kinds if "gap" in objectives else None}
    if not OF_MINUTES & set(objectives):
        return options
    parts = [now.to_halls.travel.minutes, now.to_sites.travel.minutes]
    enough = now.to_halls.minutes_allowed.to_numpy(float)
    return options | {
        "minutes": csr_array(hstack(parts, format="csr")),
        "beyond_minutes": LOOK_BEYOND * enough,
        "enough_minutes": enough,
    }


def _table(now: Situation, found: siting.Front, objectives: tuple[str, str]) -> pd.DataFrame:
    columns = [COLUMNS[name] for name in objectives]
    table = found.table.rename(columns=COLUMNS)
    sites = [now.ids(np.array(new, int)) for new in table.pop("sites")]
    served = [int(now.residents[now.served(some)].sum()) for some in sites]
    costs = [float(now.places.loc[some, "cost_yuan"].sum()) for some in sites]
    whole = {
        "residents_served": served,
        "share": np.array(served) / now.residents.sum(),
        "new_halls": [len(some) for some in sites],
        "cost_yuan": costs,
        "site_ids": [SEPARATOR.join(some) for some in sites],
    }
    table = table.assign(**whole)
    others = [name for name in whole if name not in columns]
    table = table[[*columns, *others, "proven", "knee"]]
    table.attrs = {"complete": found.complete, "message": found.message, "seconds": found.seconds}
    return table
