"""Outreach (组织联建): which workers of the urban bases visit which rural communities."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from planner.siting.inputs import ArrayLike
from planner.solver import Solution, solve
from planner.staffing.problem import OutreachProblem, Rules
from planner.staffing.rounding import Answer, bounds, rounded

_EXACT_LINKS = 6_000
_TIGHT = 1e-9  # of the least share, between the stages
_PROVEN = 1e-6  # relative
_FOR_FAIRNESS = 0.75  # of the time
_ANY = 1e9  # a gap at which the first plan found will do


@dataclass(frozen=True, eq=False)
class OutreachPlan:
    """Who visits whom, and how good that is.

    Attributes
    ----------
    visits
        A row per link: community, worker, days (whole), hours (of service), travel_hours.
    communities
        By community: need_hours, met_hours before, hours added, share met now, reached (whether
        anyone could visit it; missing share where nothing is needed).
    workers
        By worker: hours and days to give; hours, travel_hours and visiting days used; idle_hours.
    least_share, least_share_bound
        Least share of need met among the communities reached, and what no plan can exceed.
    hours, hours_bound
        Hours of service given, and what no plan with this least share can exceed.
    status
        ``optimal`` where both are proven, else ``feasible``.
    seconds
        How long it took.
    """

    visits: pd.DataFrame
    communities: pd.DataFrame
    workers: pd.DataFrame
    least_share: float
    least_share_bound: float
    hours: float
    hours_bound: float
    status: Literal["optimal", "feasible"]
    seconds: float

    @property
    def gap(self) -> float:
        """The larger of the relative gaps of the least share and of the hours."""
        return max(
            _gap(self.least_share, self.least_share_bound), _gap(self.hours, self.hours_bound)
        )

    def calendar(self) -> pd.DataFrame:
        """Return every visiting day: worker, day (1, 2, ...), community, hours, travel_hours.

        A worker is at one community a day; the visits to each are spread over the worker's days.
        """
        parts = []
        days = self.workers["days_available"].astype(int)
        for worker, visits in self.visits.groupby("worker", sort=False):
            rows = visits.loc[visits.index.repeat(visits["days"])]
            turn = rows.groupby("community").cumcount().to_numpy()
            rows = rows.assign(when=(turn + 0.5) / rows["days"].to_numpy())
            rows = rows.sort_values(["when", "community"], kind="stable")
            every = (np.arange(len(rows)) * days[worker] // len(rows)) + 1
            parts.append(rows.assign(day=every))
        columns = ["worker", "day", "community", "hours", "travel_hours"]
        if not parts:
            return pd.DataFrame(columns=columns)
        table = pd.concat(parts, ignore_index=True)
        for column in ("hours", "travel_hours"):
            table[column] = table[column] / table["days"]
        return table[columns]


def outreach(
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
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> OutreachPlan:
    """Return the visits that are fairest, and of those the ones with most hours of service.

    First the least share of need met among all communities that can be visited is made as large
    as can be (max–min), then the hours of service in total. On a visiting day a worker goes to
    one community and back; travel counts as work. Up to 6,000 links the mixed-integer program is
    solved in both stages; beyond, its linear relaxation is rounded, and bounds both.

    Parameters
    ----------
    travel
        One-way minutes, communities × workers (``TravelTimes``, sparse, dense with infinity, or a
        long table); only pairs within the largest one-way time.
    hours, days
        What each worker can give in the period: hours of work, and days on the road.
    need
        Hours that each community needs in the period.
    met
        Hours of them that are met already; none if left out.
    hours_per_day
        Longest visiting day, travel included.
    visit_hours
        Shortest visit.
    hours_per_community
        Least hours of a worker in a community that the worker visits at all.
    workers_per_community
        Most workers that visit the same community.
    time_limit_s
        Seconds for both stages together; beyond 6,000 links the linear programs run to their end.
    seed
        Seed of the solver's own choices.

    Raises
    ------
    SitingError, ArgumentError
        If an argument cannot be worked with.

    References
    ----------
    Rawls (1971), "A Theory of Justice" (max–min); Ogryczak, Luss, Pióro, Nace and Tomaszewski
    (2014), "Fair optimization and networks: a survey", Journal of Applied Mathematics 2014.

    Examples
    --------
    >>> plan = outreach([[30.0], [60.0]], hours=[40], days=[10], need=[20, 40])
    >>> plan.status, round(plan.least_share, 3)
    ('optimal', 0.5)
    """
    began = time.monotonic()
    rules = Rules(hours_per_day, visit_hours, hours_per_community, workers_per_community)
    problem = OutreachProblem.read(travel, hours, days, need, met, rules)
    if len(problem.trip) == 0:
        nothing = Answer.nothing(problem)
        return _plan(problem, nothing, nothing.least_share, 0.0, began)
    best = rounded(problem, seed=seed)
    share_bound, hours_bound = bounds(problem, best, time_limit_s=time_limit_s)
    if len(problem.trip) <= _EXACT_LINKS:
        until = began + time_limit_s
        best, share_bound, hours = _exact(problem, best, share_bound, until, seed)
        # The relaxation's bound is of an earlier, smaller least share: it holds for a larger one.
        hours_bound = min(hours_bound, hours)
    return _plan(problem, best, share_bound, hours_bound, began)


def _exact(
    problem: OutreachProblem, best: Answer, share_bound: float, until: float, seed: int
) -> tuple[Answer, float, float]:
    """Return the answer of the mixed-integer program in both stages, with its bounds."""
    best, share_bound = _fairest(problem, best, share_bound, until, seed)
    floor = max(best.least_share - _TIGHT, 0.0)
    most = solve(
        problem.program(total=True, least_share=floor),
        time_limit_s=max(until - time.monotonic(), 0.1),
        gap=_PROVEN / 2,
        seed=seed,
        start=best.vector(problem),
    )
    if most.x is not None and -most.objective >= best.hours.sum():
        best = Answer.of(problem, most.x)
    return best, share_bound, -most.bound


def _fairest(
    problem: OutreachProblem, best: Answer, share_bound: float, until: float, seed: int
) -> tuple[Answer, float]:
    """Return the plan of largest least share: by one program, else by halving what is open."""
    whole = (until - time.monotonic()) * _FOR_FAIRNESS
    end = time.monotonic() + whole
    program = problem.program(total=False, least_share=best.least_share)
    fair = solve(
        program, time_limit_s=whole / 4, gap=_PROVEN / 2, seed=seed, start=best.vector(problem)
    )
    best = _better(problem, best, fair)
    share_bound = min(share_bound, max(-fair.bound, best.least_share))
    step, n = 0.5, len(problem.trip)
    while share_bound - best.least_share > _PROVEN and time.monotonic() < end:
        share = best.least_share + step * (share_bound - best.least_share)
        program = problem.program(total=True, least_share=share)
        # A share that can be had is found sooner where hours are saved than where they are spent.
        spent = np.concatenate([[0.0], np.ones(n), problem.trip, np.zeros(n)])
        fixed = np.concatenate([[share], program.upper[1:]])
        program = replace(program, cost=spent, upper=fixed)
        relaxed = replace(program, integral=np.zeros(len(program.cost), bool))
        if solve(relaxed, time_limit_s=max(end - time.monotonic(), 0.1)).status == "infeasible":
            share_bound = share
            continue
        limit = min(whole / 3, max(end - time.monotonic(), 0.1))
        found = solve(program, time_limit_s=limit, gap=_ANY, seed=seed)
        if found.status == "infeasible":
            share_bound = share
        elif found.x is None:
            step /= 2
        best = _better(problem, best, found)
    return best, share_bound


def _better(problem: OutreachProblem, best: Answer, found: Solution) -> Answer:
    """Return the fairer of the best plan and the one found."""
    if found.x is None:
        return best
    answer = Answer.of(problem, found.x)
    return answer if answer.least_share > best.least_share else best


def _gap(value: float, bound: float) -> float:
    return 0.0 if bound <= value else (bound - value) / max(value, 1e-12)


def _plan(
    problem: OutreachProblem, answer: Answer, share_bound: float, hours_bound: float, began: float
) -> OutreachPlan:
    """Return the answer in ids and frames."""
    used = answer.days > 0
    links = problem.of(used)
    days, given = answer.days[used].astype(int), answer.hours[used]
    travel = links.trip * days
    visits = pd.DataFrame(
        {
            "community": problem.community_ids[links.community],
            "worker": problem.worker_ids[links.worker],
            "days": days,
            "hours": given,
            "travel_hours": travel,
        }
    )

    def summed(ends: np.ndarray, amount: np.ndarray, count: int) -> np.ndarray:
        return np.bincount(ends, amount, minlength=count)

    added = summed(links.community, given, len(problem.need))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.minimum((problem.met + added) / problem.need, 1.0)
    communities = pd.DataFrame(
        {
            "need_hours": problem.need,
            "met_hours": problem.met,
            "hours": added,
            "share": share,
            "reached": problem.reached,
        },
        index=problem.community_ids,
    )
    count = len(problem.hours)
    served, away = summed(links.worker, given, count), summed(links.worker, travel, count)
    workers = pd.DataFrame(
        {
            "hours_available": problem.hours,
            "days_available": problem.days,
            "hours": served,
            "travel_hours": away,
            "days": summed(links.worker, days, count).astype(int),
            "idle_hours": np.maximum(problem.hours - served - away, 0.0),
        },
        index=problem.worker_ids,
    )
    total = float(given.sum())
    proven = share_bound - answer.least_share <= 2 * _PROVEN and _gap(total, hours_bound) <= _PROVEN
    return OutreachPlan(
        visits,
        communities,
        workers,
        answer.least_share,
        max(share_bound, answer.least_share),
        total,
        max(hours_bound, total),
        "optimal" if proven else "feasible",
        time.monotonic() - began,
    )
