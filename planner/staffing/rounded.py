"""Outreach found by rounding alone: no time limit, so the same answer on any machine."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd

from planner.siting.inputs import ArrayLike
from planner.staffing.outreach import OutreachPlan
from planner.staffing.problem import OutreachProblem, Rules
from planner.staffing.rounding import Answer, bounds, rounded

_LONG = 1e6  # seconds: linear programs run to their end
_PROVEN = 1e-6  # relative


def rounded_outreach(
    travel: Any,
    hours: ArrayLike,
    days: ArrayLike,
    need: ArrayLike,
    *,
    met: ArrayLike | None = None,
    hours_per_day: float = 8.0,
    visit_hours: float = 2.0,
    hours_per_community: float = 6.0,
    workers_per_community: int = 2,
    seed: int = 0,
) -> OutreachPlan:
    """Return visits that are fair and many: the linear relaxation of ``outreach``, rounded.

    The arguments and the answer are those of ``outreach``; bounds and gap are the relaxation's.

    Raises
    ------
    SitingError, ArgumentError
        If an argument cannot be worked with.

    Examples
    --------
    >>> plan = rounded_outreach([[30.0], [60.0]], hours=[40], days=[10], need=[20, 40])
    >>> round(plan.least_share, 3)
    0.5
    """
    began = time.monotonic()
    rules = Rules(hours_per_day, visit_hours, hours_per_community, workers_per_community)
    problem = OutreachProblem.read(travel, hours, days, need, met, rules)
    best, share_bound, hours_bound = Answer.nothing(problem), 1.0, 0.0
    if len(problem.trip):
        best = rounded(problem, seed=seed)
        share_bound, hours_bound = bounds(problem, best, time_limit_s=_LONG)
    share_bound = max(share_bound if problem.reached.any() else 1.0, best.least_share)
    hours_bound = max(hours_bound, float(best.hours.sum()))
    proven = (
        share_bound - best.least_share <= _PROVEN
        and hours_bound - best.hours.sum() <= _PROVEN * max(hours_bound, 1.0)
    )
    return OutreachPlan(
        visits=_visits(problem, best),
        communities=_communities(problem, best),
        workers=_workers(problem, best),
        least_share=best.least_share,
        least_share_bound=share_bound,
        hours=float(best.hours.sum()),
        hours_bound=hours_bound,
        status="optimal" if proven else "feasible",
        seconds=time.monotonic() - began,
    )


def _visits(problem: OutreachProblem, best: Answer) -> pd.DataFrame:
    used = best.days > 0
    days = best.days[used].astype(int)
    return pd.DataFrame(
        {
            "community": problem.community_ids[problem.community[used]],
            "worker": problem.worker_ids[problem.worker[used]],
            "days": days,
            "hours": best.hours[used],
            "travel_hours": problem.trip[used] * days,
        }
    )


def _communities(problem: OutreachProblem, best: Answer) -> pd.DataFrame:
    added = np.bincount(problem.community, best.hours, minlength=len(problem.need))
    need = np.where(problem.need > 0, problem.need, np.nan)
    return pd.DataFrame(
        {
            "need_hours": problem.need,
            "met_hours": problem.met,
            "hours": added,
            "share": np.minimum((problem.met + added) / need, 1.0),
            "reached": problem.reached,
        },
        index=problem.community_ids,
    )


def _workers(problem: OutreachProblem, best: Answer) -> pd.DataFrame:
    count = len(problem.hours)
    served = np.bincount(problem.worker, best.hours, minlength=count)
    away = np.bincount(problem.worker, problem.trip * best.days, minlength=count)
    return pd.DataFrame(
        {
            "hours_available": problem.hours,
            "days_available": problem.days,
            "hours": served,
            "travel_hours": away,
            "days": np.bincount(problem.worker, best.days, minlength=count).astype(int),
            "idle_hours": np.maximum(problem.hours - served - away, 0.0),
        },
        index=problem.worker_ids,
    )
