"""Which tier each site may be raised to, at what cost, and how many may be raised to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, vstack

from planner.errors import SitingError
from planner.siting.choice import as_number
from planner.siting.inputs import Amount, amounts, positions

_SLACK = 1e-12  # of sums of money


@dataclass(frozen=True, eq=False)
class TierChoice:
    """The tiers that sites may be raised to; tiers are 1 (lowest) to K, 0 is closed.

    Attributes
    ----------
    site_ids
        Ids of all sites.
    now, highest
        Tier of each site today and the highest that it may have under the limits, shape (sites,).
    costs
        What it costs to make of a site, as it is today, one of each tier, shape (sites, K).
    most
        How many sites may be raised to each tier (built or upgraded), infinite for any number.
    purses
        What the sites raised to each tier may cost, infinite for any sum.
    budget
        What all of them may cost together; infinite for any sum.
    """

    site_ids: pd.Index
    now: np.ndarray
    highest: np.ndarray
    costs: np.ndarray
    most: np.ndarray
    purses: np.ndarray
    budget: float

    @classmethod
    def checked(
        cls,
        site_ids: pd.Index,
        tiers: int,
        *,
        p: Sequence[int | None] | int | None = None,
        site_costs: Any = None,
        budget: float | Sequence[float] | None = None,
        fixed: Mapping[Any, int] | pd.Series | None = None,
        highest: Amount | None = None,
        forbidden: Sequence[Any] | np.ndarray = (),
    ) -> TierChoice:
        """Return the choice that a caller's arguments state.

        Raises
        ------
        SitingError
            If an argument cannot be worked with; the text says which, and the remedy.
        """
        if p is None and budget is None:
            raise SitingError("neither p nor budget is given; say how much may be built")
        now = _today(site_ids, tiers, fixed)
        top = amounts("highest", highest, site_ids, default=float(tiers))
        if (top != np.round(top)).any() or (top > tiers).any():
            raise SitingError(f"highest must hold whole numbers from 0 to {tiers}, the top tier")
        top = np.maximum(top.astype(np.int64), now)
        closed = positions(site_ids, "forbidden", forbidden)
        top[closed] = now[closed]
        most = _limits(
            "p",
            [p] if not isinstance(p, Sequence | np.ndarray) and tiers == 1 else p,
            tiers,
            whole=True,
        )
        per_tier = isinstance(budget, Sequence | np.ndarray)
        purses = _limits("budget", budget if per_tier else None, tiers, whole=False)
        together = np.inf if budget is None or per_tier else as_number(budget)
        if not together >= 0:
            raise SitingError(f"budget is {budget!r}; give a number of 0 or more, or one per tier")
        costs = _costs(site_ids, tiers, site_costs)
        # Nothing is raised to a tier that has no number or no money for it.
        paid = costs <= np.minimum(purses, together) * (1 + _SLACK)
        may = (np.arange(1, tiers + 1) <= top[:, None]) & (most > 0) & paid
        top = np.where(may, np.arange(1, tiers + 1), 0).max(axis=1, initial=0)
        return cls(site_ids, now, np.maximum(top, now), costs, most, purses, together)

    @property
    def tiers(self) -> int:
        """How many tiers there are."""
        return self.costs.shape[1]

    @cached_property
    def steps(self) -> tuple[np.ndarray, np.ndarray]:
        """Site and tier of each step that may be taken: a site offers a tier that it has not."""
        tier = np.arange(1, self.tiers + 1)
        open_to = (tier > self.now[:, None]) & (tier <= self.highest[:, None])
        site, at = np.nonzero(open_to)
        return site, at + 1

    @cached_property
    def step_of(self) -> np.ndarray:
        """Position of each step, -1 where there is none, shape (sites, K + 1); tier 0 unused."""
        of = np.full((len(self.now), self.tiers + 1), -1)
        of[self.steps] = np.arange(len(self.steps[0]))
        return of

    def taken(self, levels: np.ndarray) -> np.ndarray:
        """Return which steps raise the sites to some tiers."""
        site, tier = self.steps
        return levels[site] >= tier

    def levels(self, taken: np.ndarray) -> np.ndarray:
        """Return the tier of each site after some steps."""
        site, tier = self.steps
        levels = self.now.copy()
        np.maximum.at(levels, site[taken], tier[taken])
        return levels

    def counts(self, levels: np.ndarray) -> np.ndarray:
        """Return how many sites are raised to each tier."""
        return np.bincount(levels[levels > self.now] - 1, minlength=self.tiers)

    def spent(self, levels: np.ndarray) -> np.ndarray:
        """Return what the sites raised to each tier cost."""
        raised = np.flatnonzero(levels > self.now)
        to = levels[raised] - 1
        return np.bincount(to, self.costs[raised, to], minlength=self.tiers)

    def keeps(self, levels: np.ndarray) -> bool:
        """Return whether tiers of the sites keep all limits."""
        spent = self.spent(levels)
        return bool(
            (levels >= self.now).all()
            and (levels <= self.highest).all()
            and (self.counts(levels) <= self.most).all()
            and (spent <= self.purses * (1 + _SLACK)).all()
            and spent.sum() <= self.budget * (1 + _SLACK)
        )

    def rows(self) -> tuple[csr_array, np.ndarray]:
        """Return the limits as ``rows @ steps <= upper``: nested steps, numbers, money.

        A site is raised to exactly tier k where it takes step k and not step k + 1.
        """
        site, tier = self.steps
        count = len(site)
        upper_step = np.where(
            tier < self.tiers, self.step_of[site, np.minimum(tier + 1, self.tiers)], -1
        )
        more = np.flatnonzero(upper_step >= 0)
        at = np.arange(len(more))
        nested = _matrix(
            [(at, upper_step[more], np.ones(len(more))), (at, more, -np.ones(len(more)))],
            (len(more), count),
        )
        price = self.costs[site, tier - 1]

        def exactly(amount: np.ndarray) -> csr_array:
            own = (tier - 1, np.arange(count), amount)
            above = (tier[more] - 1, upper_step[more], -amount[more])
            return _matrix([own, above], (self.tiers, count))

        money = exactly(price)
        whole = csr_array(np.ones((1, self.tiers)) @ money)
        rows = [nested, exactly(np.ones(count)), money, whole]
        upper = [
            np.zeros(len(more)),
            self.most,
            self.purses * (1 + _SLACK),
            np.array([self.budget * (1 + _SLACK)]),
        ]
        return csr_array(vstack(rows)), np.concatenate(upper)


def _matrix(
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], shape: tuple[int, int]
) -> csr_array:
    row, column, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    return coo_array((value, (row, column)), shape=shape).tocsr()


def _today(ids: pd.Index, tiers: int, fixed: Mapping[Any, int] | pd.Series | None) -> np.ndarray:
    now = np.zeros(len(ids), np.int64)
    if fixed is None or not len(fixed):
        return now
    if not isinstance(fixed, (Mapping, pd.Series)):
        raise SitingError("fixed must say the tier of each open site, such as {site: 1}")
    for site, tier in fixed.items():
        value = as_number(tier)
        if value not in range(tiers + 1):
            raise SitingError(f"fixed: the tier of site {site} is {tier!r}; give 0 to {tiers}")
        now[positions(ids, "fixed", [site])] = int(value)
    return now


def _limits(name: str, given: Any, tiers: int, *, whole: bool) -> np.ndarray:
    if given is None:
        return np.full(tiers, np.inf)
    kind = "a whole number" if whole else "a number"
    if np.ndim(given) != 1 or len(given) != tiers:
        raise SitingError(f"{name} is {given!r}; give {kind} for each of the {tiers} tiers")
    limits = np.array([np.inf if one is None else as_number(one) for one in given])
    for tier, limit in enumerate(limits, start=1):
        if not limit >= 0 or (whole and np.isfinite(limit) and limit != int(limit)):
            raise SitingError(
                f"{name} of tier {tier} is {given[tier - 1]!r}; give {kind} of 0 or more"
            )
    return limits


def _costs(ids: pd.Index, tiers: int, given: Any) -> np.ndarray:
    if isinstance(given, pd.DataFrame):
        if given.shape[1] != tiers:
            raise SitingError(f"site_costs has {given.shape[1]} columns; give one for each tier")
        columns = [given.iloc[:, k] for k in range(tiers)]
    elif given is not None and np.ndim(given) == 2:
        table = np.asarray(given)
        if table.shape != (len(ids), tiers):
            raise SitingError(
                f"site_costs has shape {table.shape}; give sites × tiers, {len(ids)} × {tiers}"
            )
        columns = list(table.T)
    else:
        columns = [given] * tiers
    named = [f"site_costs of tier {k}" for k in range(1, tiers + 1)]
    each = [amounts(name, column, ids) for name, column in zip(named, columns, strict=True)]
    return np.stack(each, axis=1)
