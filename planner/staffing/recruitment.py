"""Recruitment: at which bases new posts meet most need, and how many posts a target takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from planner.errors import ArgumentError, InfeasibleError
from planner.siting.inputs import ArrayLike, Matrix, amounts
from planner.solver import Program, solve

_PROVEN = 1e-6
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Recruitment:
    """New posts and what they meet.

    Attributes
    ----------
    posts
        New posts by base id (whole); bases without are left out.
    met
        Hours of unmet need that the new posts meet, by community id.
    hours, hours_bound
        Their sum, and what no choice of as many posts can exceed.
    count, count_bound
        Number of new posts, and the fewest that any answer needs.
    status
        ``optimal`` where proven, else ``feasible``.
    """

    posts: pd.Series
    met: pd.Series
    hours: float
    hours_bound: float
    count: int
    count_bound: int
    status: Literal["optimal", "feasible"]

    @property
    def gap(self) -> float:
        """The larger relative gap of hours and number of posts."""
        hours = (self.hours_bound - self.hours) / max(self.hours, 1e-12)
        count = (self.count - self.count_bound) / max(self.count, 1)
        return max(hours if self.hours_bound > self.hours else 0.0, count)


def recruitment(
    travel: Any,
    unmet: ArrayLike,
    posts: int,
    *,
    hours_per_post: float,
    hours_per_day: float = 8.0,
    most_per_base: int | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> Recruitment:
    """Return at which bases so many new posts meet most unmet need.

    An hour of service t minutes away takes hours_per_day / (hours_per_day − t/30) hours of work:
    whole days, there and back (visiting days may be fractions of a period's here; ``outreach``
    makes them whole).

    Parameters
    ----------
    travel
        One-way minutes, communities × bases, 0 for the base's own; only pairs near enough.
    unmet
        Hours that each community lacks in the period.
    posts
        Number of new posts.
    hours_per_post
        Hours of work of a post in the period.
    hours_per_day
        Longest day, travel included.
    most_per_base
        Most new posts at a base; any number if left out.
    time_limit_s, seed
        For the solver.

    Raises
    ------
    SitingError, ArgumentError
        If an argument cannot be worked with.

    Examples
    --------
    >>> answer = recruitment([[0.0, 30.0], [30.0, 0.0]], [40, 100], 1, hours_per_post=80)
    >>> answer.posts.to_dict(), answer.hours
    ({1: 1}, 80.0)
    """
    if posts < 0:
        raise ArgumentError(f"posts is {posts}; give a number of 0 or more")
    field = _Posts.read(travel, unmet, hours_per_post, hours_per_day, most_per_base)
    found = solve(field.program(posts=posts), time_limit_s=time_limit_s, gap=_PROVEN / 2, seed=seed)
    if found.x is None:
        raise ArgumentError(f"no {posts} posts were found in {time_limit_s:g} s; give more time")
    bound = max(-found.bound, -found.objective)
    return field.answer(found.x, hours_bound=bound, count_bound=posts, status=found.status)


def posts_for_target(
    travel: Any,
    unmet: ArrayLike,
    need: ArrayLike,
    target_share: float,
    *,
    hours_per_post: float,
    hours_per_day: float = 8.0,
    most_per_base: int | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> Recruitment:
    """Return the fewest new posts with which a share of the whole need is met, and where.

    Parameters
    ----------
    travel, unmet, hours_per_post, hours_per_day, most_per_base, time_limit_s, seed
        As ``recruitment`` takes them.
    need
        Hours that each community needs in the period.
    target_share
        Share of Σ need that is to be met, what is met already included; above 0, at most 1.

    Raises
    ------
    SitingError, ArgumentError
        If an argument cannot be worked with.
    InfeasibleError
        If no number of posts reaches the share.

    Examples
    --------
    >>> answer = posts_for_target([[0.0], [30.0]], [40, 70], [40, 70], 0.9, hours_per_post=80)
    >>> answer.count, answer.status
    (2, 'optimal')
    """
    if not 0 < target_share <= 1:
        raise ArgumentError(f"target_share is {target_share}; give a number above 0, at most 1")
    field = _Posts.read(travel, unmet, hours_per_post, hours_per_day, most_per_base)
    needed = amounts("need", need, field.community_ids)
    wanted = max(field.unmet.sum() - (1 - target_share) * needed.sum(), 0.0)
    found = solve(
        field.program(hours=wanted - _ROUNDING * max(wanted, 1.0)),
        time_limit_s=time_limit_s,
        seed=seed,
    )
    if found.x is None:
        reached = np.unique(field.community)
        best = 1 - (field.unmet.sum() - field.unmet[reached].sum()) / needed.sum()
        raise InfeasibleError("staff_target_out_of_reach", target=target_share, best=best)
    count_bound = int(np.ceil(found.bound - 1e-6))
    hours = float(found.x[: len(field.community)].sum())
    return field.answer(found.x, hours_bound=hours, count_bound=count_bound, status=found.status)


@dataclass(frozen=True, eq=False)
class _Posts:
    """Links between communities and bases, and what a post can do along them."""

    community: np.ndarray
    base: np.ndarray
    work: np.ndarray
    unmet: np.ndarray
    hours_per_post: float
    most: float
    community_ids: pd.Index
    base_ids: pd.Index

    @classmethod
    def read(
        cls, travel: Any, unmet: ArrayLike, hours: float, day: float, most: int | None
    ) -> _Posts:
        if not (hours > 0 and day > 0):
            raise ArgumentError("hours_per_post and hours_per_day must be more than 0")
        matrix = Matrix.read(travel, "travel")
        values = matrix.values
        if isinstance(values, np.ndarray):
            community, base = np.nonzero(np.isfinite(values))
            minutes = values[community, base].astype(float)
        else:
            community = np.repeat(np.arange(values.shape[0]), np.diff(values.indptr))
            base, minutes = values.indices, values.data.astype(float)
        if (minutes < 0).any():
            raise ArgumentError("travel holds negative minutes; give 0 or more")
        lacking = amounts("unmet", unmet, matrix.demand_ids)
        kept = (minutes / 30 < day) & (lacking[community] > 0)
        community, base, minutes = community[kept], base[kept], minutes[kept]
        return cls(
            community,
            base,
            day / (day - minutes / 30),
            lacking,
            hours,
            np.inf if most is None else float(most),
            matrix.demand_ids,
            matrix.site_ids,
        )

    def program(self, *, posts: int | None = None, hours: float | None = None) -> Program:
        """Return the program of hours along links and posts at bases (whole).

        A community that is less than a post's work gets no hours from a base without posts: its
        row says so more tightly than the base's hours do, and most fractions of posts fall away.
        """
        n, m, communities = len(self.community), len(self.base_ids), len(self.unmet)
        link, base = np.arange(n), np.arange(m)
        ones = np.ones
        small = np.flatnonzero(self.unmet[self.community] * self.work < self.hours_per_post)
        tight = communities + m + np.arange(len(small))
        row = [self.community, communities + self.base, communities + base, tight, tight]
        column = [link, link, n + base, small, n + self.base[small]]
        value = [
            ones(n), self.work, np.full(m, -self.hours_per_post),
            ones(len(small)), -self.unmet[self.community[small]],
        ]  # fmt: skip
        last = communities + m + len(small)
        whole = np.repeat([False, True], [n, m])
        counted = n + base if hours is None else link
        row.append(np.full(len(counted), last))
        column.append(counted)
        value.append(ones(len(counted)))
        rows = csr_array(
            (np.concatenate(value), (np.concatenate(row), np.concatenate(column))),
            shape=(last + 1, n + m),
        )
        low = np.full(last + 1, -np.inf)
        high = np.concatenate(
            [self.unmet, np.zeros(m + len(small)), [np.inf if posts is None else posts]]
        )
        low[-1] = -np.inf if hours is None else hours
        saved = hours is None
        cost = np.concatenate([np.full(n, -1.0 if saved else 0.0), np.full(m, float(not saved))])
        upper = np.concatenate([self.unmet[self.community], np.full(m, self.most)])
        return Program(cost, rows, low, high, np.zeros(n + m), upper, whole)

    def answer(
        self, x: np.ndarray, *, hours_bound: float, count_bound: int, status: str
    ) -> Recruitment:
        """Return the variables in ids."""
        n = len(self.community)
        new = pd.Series(np.round(x[n:]).astype(int), self.base_ids)
        met = np.bincount(self.community, x[:n], minlength=len(self.unmet))
        return Recruitment(
            posts=new[new > 0],
            met=pd.Series(met, self.community_ids),
            hours=float(met.sum()),
            hours_bound=hours_bound,
            count=int(new.sum()),
            count_bound=count_bound,
            status="optimal" if status == "optimal" else "feasible",
        )
