"""Plans of outreach by link, and what the linear relaxation says of any plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.solver import solve
from planner.staffing.problem import OutreachProblem

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


def bounds(problem: OutreachProblem, least_share: float) -> tuple[float, float]:
    """Return what no plan's least share, and no hours of a plan with this one, can exceed.

    By the linear relaxation; where it does not end well, what is true of any plan.
    """
    fair = solve(problem.relaxation(total=False), time_limit_s=_LONG, method="ipm")
    most = solve(
        problem.relaxation(total=True, least_share=max(least_share - 1e-9, 0.0)),
        time_limit_s=_LONG,
        method="ipm",
    )
    everything = float(problem.unmet[problem.reached].sum())
    share = min(-fair.bound, 1.0) if fair.status == "optimal" else 1.0
    return share, min(-most.bound, everything) if most.status == "optimal" else everything
