"""Whole visiting days from the linear relaxation of outreach, and bounds for any plan."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from planner.solver import solve
from planner.staffing.problem import OutreachProblem

_EASED = (0.0, 0.01, 0.03, 0.1)  # how far below the relaxation's least share rounding aims
_NOTHING = 1e-7
_LONG = 1e6  # seconds: linear programs run to their end


@dataclass(frozen=True, eq=False)
class Answer:
    """Hours and whole days of every link, and the least share they give."""

    hours: np.ndarray
    days: np.ndarray
    least_share: float

    @classmethod
    def nothing(cls, problem: OutreachProblem) -> Answer:
        """Return the plan without visits."""
        return cls.made(problem, np.zeros(len(problem.trip)), np.zeros(len(problem.trip)))

    @classmethod
    def made(cls, problem: OutreachProblem, hours: np.ndarray, days: np.ndarray) -> Answer:
        """Return an answer with its least share over the communities that can be visited."""
        added = np.bincount(problem.community, hours, minlength=len(problem.need))
        reached = problem.reached
        share = (problem.met + added)[reached] / problem.need[reached]
        return cls(hours, days, float(min(share.min(initial=1.0), 1.0)))

    @classmethod
    def of(cls, problem: OutreachProblem, x: np.ndarray) -> Answer:
        """Return the answer that the variables of ``problem.program`` hold."""
        n = len(problem.trip)
        days = np.round(x[1 + n : 1 + 2 * n])
        used = (x[1 + 2 * n :] > 0.5) & (days > 0)
        return cls.made(
            problem, np.where(used, np.maximum(x[1 : 1 + n], 0), 0), np.where(used, days, 0)
        )

    def vector(self, problem: OutreachProblem) -> np.ndarray:
        """Return the variables of ``problem.program``."""
        used = (self.days > 0).astype(float)
        return np.concatenate([[self.least_share], self.hours, self.days, used])


def bounds(problem: OutreachProblem, best: Answer, *, time_limit_s: float) -> tuple[float, float]:
    """Return what no plan's least share, and no such plan's hours, can exceed."""
    fair = solve(problem.relaxation(total=False), time_limit_s=time_limit_s, method="ipm")
    most = solve(
        problem.relaxation(total=True, least_share=max(best.least_share - 1e-9, 0.0)),
        time_limit_s=time_limit_s,
        method="ipm",
    )
    everything = float(problem.unmet[problem.reached].sum())
    return min(-fair.bound, 1.0), min(-most.bound, everything)


def rounded(problem: OutreachProblem, *, seed: int = 0) -> Answer:
    """Return a plan from the linear relaxation, days rounded up and hours shared out anew."""
    best = Answer.nothing(problem)
    fair = solve(problem.relaxation(total=False), time_limit_s=_LONG, seed=seed, method="ipm")
    if fair.x is None:
        return best
    for eased in _EASED:
        floor = max(float(fair.x[0]) * (1 - eased) - 1e-9, 0.0)
        program = problem.relaxation(total=True, least_share=floor)
        most = solve(program, time_limit_s=_LONG, seed=seed, method="ipm")
        if most.x is None:
            continue
        answer = _whole_days(problem, most.x[1:], seed)
        if (answer.least_share, answer.hours.sum()) > (best.least_share, best.hours.sum()):
            best = answer
    return best


def _whole_days(problem: OutreachProblem, hours: np.ndarray, seed: int) -> Answer:
    """Return the best plan with the links that the relaxation uses and their days rounded up."""
    kept = _few_workers(problem, hours)
    hours = np.maximum(hours, problem.least)
    days = np.where(kept, np.clip(np.ceil(hours / problem.day - 1e-9), 1, problem.most_days), 0)
    days = _affordable(problem, days, hours)
    used = np.flatnonzero(days)
    # The reached communities stay the same where a link is given up: no days, no hours.
    whole, given = np.zeros(len(hours)), np.zeros(len(hours))
    part = problem.of(used)
    fair = solve(part.hours_for(days[used], total=False), time_limit_s=_LONG, seed=seed)
    if fair.x is None:
        return Answer.nothing(problem)
    floor = max(float(fair.x[0]) - 1e-9, 0.0)
    most = solve(
        part.hours_for(days[used], total=True, least_share=floor), time_limit_s=_LONG, seed=seed
    )
    x = fair.x if most.x is None else most.x
    whole[used], given[used] = days[used], np.maximum(x[1:], 0.0)
    return Answer.made(problem, given, whole)


def _few_workers(problem: OutreachProblem, hours: np.ndarray) -> np.ndarray:
    """Return the links in use, of each community those with most hours."""
    order = np.lexsort((-hours, problem.community))
    community = problem.community[order]
    first = np.searchsorted(community, community, side="left")
    rank = np.arange(len(order)) - first
    kept = np.zeros(len(hours), bool)
    enough = (hours[order] >= problem.least[order] / 2) | ((rank == 0) & (hours[order] > _NOTHING))
    kept[order[(rank < problem.rules.workers_per_community) & enough]] = True
    return kept


def _affordable(problem: OutreachProblem, days: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """Return days that leave room for the shortest visits: fewer, or links with few hours gone."""
    days = days.copy()
    for worker in range(len(problem.hours)):
        mine = np.flatnonzero((problem.worker == worker) & (days > 0))
        mine = mine[np.argsort(-hours[mine], kind="stable")]
        while len(mine) and not _fits(problem, worker, mine, days):
            fewer = np.ceil(problem.least[mine] / problem.day[mine] - 1e-9)
            shorter = mine[days[mine] > np.maximum(fewer, 1)]
            if len(shorter):
                days[shorter[-1]] -= 1
            else:
                days[mine[-1]] = 0
                mine = mine[:-1]
    return days


def _fits(problem: OutreachProblem, worker: int, mine: np.ndarray, days: np.ndarray) -> bool:
    shortest = np.maximum(problem.shortest[mine] * days[mine], problem.least[mine])
    hours = float(shortest.sum() + (problem.trip[mine] * days[mine]).sum())
    return hours <= problem.hours[worker] and math.fsum(days[mine]) <= problem.days[worker]
