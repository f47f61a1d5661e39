"""Outreach (组织联建): which workers of the urban bases visit which rural communities."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from planner.siting.inputs import ArrayLike
from planner.solver import solve
from planner.staffing.answer import Answer, bounds
from planner.staffing.outreach_search import Board, fairest, fullest
from planner.staffing.problem import OutreachProblem, Rules

_EXACT_LINKS = 200
_NODES = 2_000
_TIGHT = 1e-9  # of the least share, between the stages
_PROVEN = 1e-6  # relative
Left = Callable[[], float]


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
    time_limited
        Whether the time limit ended the search: the same input may then give another plan. False
        without a limit, or where the search ended before it.
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
    time_limited: bool = False

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
    time_limit_s: float | None = None,
    seed: int = 0,
) -> OutreachPlan:
    """Return the visits that are fairest, and of those the ones with most hours of service.

    First the least share of need met among all communities that can be visited is made as large
    as can be (max–min), then the hours of service in total. On a visiting day a worker goes to
    one community and back; travel counts as work. Plans of whole days are searched for and bounded
    by prices of the workers' hours (``outreach_search``); where the bounds leave a gap and there
    are at most 200 links, the mixed-integer program closes it. The work is limited in steps, not
    in seconds: the same input and seed give the same plan on any machine.

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
        Most workers (persons, not bases) that visit the same community. Beyond 2, the search still
        sends at most 2, and the bound is that of the linear relaxation.
    time_limit_s
        Seconds for both stages together, looked at between steps; no limit if left out. A plan that
        it cut short says so (``time_limited``).
    seed
        Seed of the search.

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
        return _plan(problem, nothing, nothing.least_share, 0.0, began, late=False)
    late = False

    def left() -> float:
        return np.inf if time_limit_s is None else time_limit_s - (time.monotonic() - began)

    def stopped() -> bool:
        nonlocal late
        late = late or left() <= 0
        return late

    best, share_bound, hours_bound = _search(problem, seed, stopped)
    if len(problem.trip) <= _EXACT_LINKS and not _proven(best, share_bound, hours_bound):
        if not stopped():
            best, share_bound, hours = _exact(
                problem, best, share_bound, seed, lambda: max(left(), 0.1)
            )
            # The search's bound is of an earlier, smaller least share: it holds for a larger one.
            hours_bound = min(hours_bound, hours)
        stopped()
    return _plan(problem, best, share_bound, hours_bound, began, late=late)


def _search(
    problem: OutreachProblem, seed: int, stopped: Callable[[], bool]
) -> tuple[Answer, float, float]:
    """Return the best plan of the search with its bounds of least share and hours."""
    board = Board.of(problem)
    exact = problem.rules.workers_per_community <= 2
    share_bound, hours_bound = 1.0, float(problem.unmet[problem.reached].sum())
    if not exact:
        # Three visitors or more are beyond the patterns: the linear relaxation bounds them.
        share_bound = bounds(problem, 0.0)[0]
    patterns, share, shown = fairest(board, share_bound, seed=seed, stopped=stopped)
    floor = max(share - _TIGHT, 0.0)
    patterns, most = fullest(board, floor, patterns, seed=seed, stopped=stopped)
    best = board.answer(patterns)
    if not exact:
        return best, share_bound, min(hours_bound, bounds(problem, best.least_share)[1])
    return best, shown, most


def _exact(
    problem: OutreachProblem, best: Answer, share_bound: float, seed: int, left: Left
) -> tuple[Answer, float, float]:
    """Return the answer of the mixed-integer program in both stages, with its bounds."""
    fair = solve(
        problem.program(total=False, least_share=best.least_share),
        time_limit_s=left(),
        gap=_PROVEN / 2,
        seed=seed,
        start=best.vector(problem),
        node_limit=_NODES,
    )
    if fair.x is not None:
        answer = Answer.of(problem, fair.x)
        best = answer if answer.least_share > best.least_share else best
    share_bound = min(share_bound, max(-fair.bound, best.least_share))
    most = solve(
        problem.program(total=True, least_share=max(best.least_share - _TIGHT, 0.0)),
        time_limit_s=left(),
        gap=_PROVEN / 2,
        seed=seed,
        start=best.vector(problem),
        node_limit=_NODES,
    )
    if most.x is not None and -most.objective >= best.hours.sum():
        best = Answer.of(problem, most.x)
    return best, share_bound, -most.bound


def _gap(value: float, bound: float) -> float:
    return 0.0 if bound <= value else (bound - value) / max(value, 1e-12)


def _proven(answer: Answer, share_bound: float, hours_bound: float) -> bool:
    fair = share_bound - answer.least_share <= 2 * _PROVEN
    return fair and _gap(float(answer.hours.sum()), hours_bound) <= _PROVEN


def _plan(
    problem: OutreachProblem,
    answer: Answer,
    share_bound: float,
    hours_bound: float,
    began: float,
    *,
    late: bool,
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
    return OutreachPlan(
        visits,
        communities,
        workers,
        answer.least_share,
        max(share_bound, answer.least_share),
        total,
        max(hours_bound, total),
        "optimal" if _proven(answer, share_bound, hours_bound) else "feasible",
        time.monotonic() - began,
        late,
    )
