"""A hierarchical p-median problem, checked: who travels where, tier by tier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from planner.errors import SitingError
from planner.siting import tiered_kernels as kernels
from planner.siting.choice import as_number
from planner.siting.inputs import Amount, Matrix, amounts, some
from planner.siting.tiered_choice import TierChoice


@dataclass(frozen=True, eq=False)
class Sorted:
    """Sites of each row, nearest first: site ascending where costs are the same.

    Attributes
    ----------
    starts, sites, cost
        Those of row r are ``starts[r]:starts[r + 1]``.
    """

    starts: np.ndarray
    sites: np.ndarray
    cost: np.ndarray

    @classmethod
    def of(cls, matrix: Matrix, usable: np.ndarray) -> Sorted:
        """Return the finite costs of a matrix to usable sites (mask)."""
        values = matrix.values
        if isinstance(values, np.ndarray):
            rows, sites = np.nonzero(np.isfinite(values) & usable)
            cost = values[rows, sites].astype(float)
        else:
            rows = np.repeat(np.arange(values.shape[0]), np.diff(values.indptr))
            keep = np.isfinite(values.data) & usable[values.indices]
            rows, sites, cost = rows[keep], values.indices[keep], values.data[keep].astype(float)
        order = np.lexsort((sites, cost, rows))
        counts = np.bincount(rows, minlength=values.shape[0])
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(starts, sites[order].astype(np.int32), cost[order])

    def kept(self, keep: np.ndarray) -> Sorted:
        """Return some entries (mask)."""
        rows = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        counts = np.bincount(rows[keep], minlength=len(self.starts) - 1)
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Sorted(starts, self.sites[keep], self.cost[keep])

    def of_rows(self, rows: np.ndarray) -> Sorted:
        """Return the entries of some rows (positions, ascending), renumbered."""
        counts = np.diff(self.starts)
        inside = np.zeros(len(counts), bool)
        inside[rows] = True
        keep = np.repeat(inside, counts)
        starts = np.concatenate([[0], np.cumsum(counts[rows])]).astype(np.int64)
        return Sorted(starts, self.sites[keep], self.cost[keep])

    @property
    def rows(self) -> np.ndarray:
        """Row of each entry."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


@dataclass(frozen=True, eq=False)
class Service:
    """Who is served where, at each tier.

    Attributes
    ----------
    assigned
        Site that serves each demand at each tier, -1 where none does, shape (demands, K).
    legs
        Cost of the way there, from home or from the site of the tier below; infinite where nobody
        serves, shape (demands, K).
    value
        Weighted cost of all; infinite where some demand is not served at a tier it is referred to.
    """

    assigned: np.ndarray
    legs: np.ndarray
    value: float


@dataclass(frozen=True, eq=False)
class TieredProblem:
    """Demand that is served at tier 1 and in part referred upwards.

    Attributes
    ----------
    choice
        Which sites may be raised to which tier.
    near
        Usable sites of each demand, nearest first: for each tier that anybody is referred to, or
        for tier 1 alone where referral starts at the facility.
    links
        Sites × sites, from each tier to the next; None where referral starts at home.
    flows
        Weight of each demand at each tier, shape (demands, K).
    shares
        Share of what a tier serves that is referred to the next, shape (K - 1,).
    depth
        How many tiers anybody is referred to.
    demand_ids
        Ids of the demand.
    """

    choice: TierChoice
    near: tuple[Sorted, ...]
    links: tuple[np.ndarray, ...] | None
    flows: np.ndarray
    shares: np.ndarray
    depth: int
    demand_ids: pd.Index

    @classmethod
    def checked(
        cls,
        cost: Any,
        *,
        referral: Sequence[float] | float,
        links: Any,
        weights: Amount | None,
        **choice: Any,
    ) -> TieredProblem:
        """Return the problem that a caller's arguments state.

        Raises
        ------
        SitingError
            If an argument cannot be worked with; the text says which, and the remedy.
        """
        shares = _shares(referral)
        tiers = len(shares) + 1
        if tiers == 1 and links is not None and not len(links):
            links = None
        needed = tiers if links is None else 1
        matrices = read_tiers("cost", cost, needed)
        first = matrices[0]
        sites = first.site_ids
        chosen = TierChoice.checked(sites, tiers, **choice)
        weight = amounts("weights", weights, first.demand_ids)
        passed = np.concatenate([[1.0], np.cumprod(shares)])
        depth = int((passed > 0).sum())
        near = tuple(
            Sorted.of(_costs(f"cost of tier {k}", matrix), chosen.highest >= k)
            for k, matrix in enumerate(matrices[:depth], start=1)
        )
        between = None if links is None else _links(links, sites, tiers)[: depth - 1]
        flows = weight[:, None] * passed
        whole = cls(chosen, near, between, flows, shares, depth, first.demand_ids)
        now = whole.serve(chosen.now).legs
        if between is None:
            return whole._within(now[:, :depth].T.ravel())
        return whole._within(whole.totals(chosen.now))

    def narrowed(self, allowed: np.ndarray, levels: np.ndarray, spare: np.ndarray) -> TieredProblem:
        """Return the problem without what no better answer takes.

        Parameters
        ----------
        allowed
            Which steps (see ``TierChoice.steps``) a better answer may take, bool.
        levels
            Tier of each site in an answer that stays possible.
        spare
            What a row may cost per unit in a better answer, infinite for anything; rows are
            demands, or tier after tier all demands where referral starts at home.
        """
        shut = self.choice.highest + 1
        site, tier = self.choice.steps
        np.minimum.at(shut, site[~allowed], tier[~allowed])
        choice = replace(self.choice, highest=np.maximum(shut - 1, levels))
        near = [
            part.kept(choice.highest[part.sites] >= k) for k, part in enumerate(self.near, start=1)
        ]
        paid = self.serve(levels).legs[:, : self.depth].T.ravel()
        least = paid if self.links is None else self.totals(levels)
        return replace(self, choice=choice, near=tuple(near))._within(np.maximum(spare, least))

    def _within(self, most: np.ndarray) -> TieredProblem:
        """Leave out the sites that cost a row more than so much."""
        if self.links is None:
            each = np.split(most, self.depth)
            kept = [part.cost <= each[k][part.rows] for k, part in enumerate(self.near)]
        else:
            least = self.onward(self.able)[0][:, 0]
            kept = [part.cost + least[part.sites] <= most[part.rows] for part in self.near]
        near = [part.kept(keep) for part, keep in zip(self.near, kept, strict=True)]
        return replace(self, near=tuple(near))

    def totals(self, levels: np.ndarray) -> np.ndarray:
        """Return what each demand costs per unit, all tiers together, with sites of some tiers."""
        passed = np.concatenate([[1.0], np.cumprod(self.shares)])[: self.depth]
        return np.asarray(self.serve(levels).legs[:, : self.depth] @ passed)

    @property
    def weights(self) -> np.ndarray:
        """Weight of each demand at tier 1."""
        return np.asarray(self.flows[:, 0])

    def onward(self, opened: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what referral costs from each site, per unit of what it serves, and where to.

        Parameters
        ----------
        opened
            Which sites offer which tier, shape (sites, K), bool.

        Returns
        -------
        cost
            From each site as one of tier k, all tiers above included, shape (sites, depth).
        following
            The site of the next tier, -1 where none, shape (sites, depth - 1).
        """
        links = self.links or ()
        count = len(self.choice.now)
        cost = np.zeros((count, self.depth))
        following = np.full((count, max(self.depth - 1, 0)), -1)
        for k in range(len(links) - 1, -1, -1):
            there = np.flatnonzero(opened[:, k + 1])
            cost[:, k] = np.inf
            if len(there):
                ways = links[k][:, there] + cost[there, k + 1]
                best = ways.argmin(axis=1)
                cost[:, k] = self.shares[k] * ways[np.arange(count), best]
                following[:, k] = np.where(np.isfinite(cost[:, k]), there[best], -1)
        return cost, following

    def serve(self, levels: np.ndarray) -> Service:
        """Return who is served where with sites of some tiers."""
        opened = levels[:, None] >= np.arange(1, self.choice.tiers + 1)
        shape = self.flows.shape
        assigned, legs = np.full(shape, -1), np.full(shape, np.inf)
        if self.links is None:
            nothing = np.zeros(len(levels))
            for k, near in enumerate(self.near):
                assigned[:, k], legs[:, k] = kernels.serve(
                    near.starts, near.sites, near.cost, opened[:, k].copy(), nothing
                )
        else:
            onward, following = self.onward(opened)
            near = self.near[0]
            at, total = kernels.serve(
                near.starts, near.sites, near.cost, opened[:, 0].copy(), onward[:, 0].copy()
            )
            served = at >= 0
            assigned[:, 0] = at
            legs[served, 0] = total[served] - onward[at[served], 0]
            for k, link in enumerate(self.links):
                here = assigned[served, k]
                there = following[here, k]
                assigned[served, k + 1] = there
                legs[served, k + 1] = link[here, there]
        used = slice(0, self.depth)
        if (assigned[:, used] < 0).any():
            return Service(assigned, legs, np.inf)
        return Service(assigned, legs, float((self.flows[:, used] * legs[:, used]).sum()))

    @cached_property
    def sure(self) -> np.ndarray:
        """Which sites offer which tier today, shape (sites, K), bool."""
        return self.choice.now[:, None] >= np.arange(1, self.choice.tiers + 1)

    @cached_property
    def able(self) -> np.ndarray:
        """Which sites may offer which tier, shape (sites, K), bool."""
        return np.asarray(self.choice.highest[:, None] >= np.arange(1, self.choice.tiers + 1))

    def obstacle(self) -> str:
        """Return which demand no usable sites serve at some tier; "" if none."""
        best = self.serve(self.choice.highest)
        for k in range(self.depth):
            alone = np.flatnonzero(best.assigned[:, k] < 0)
            if len(alone):
                who = some(self.demand_ids[alone])
                return f"no site that may offer tier {k + 1} reaches demand {who}"
        return ""

    def left_out(self, levels: np.ndarray) -> str:
        """Return the demand that sites of some tiers leave out, for a message."""
        assigned = self.serve(levels).assigned
        for k in range(self.depth):
            alone = np.flatnonzero(assigned[:, k] < 0)
            if len(alone):
                return f"demand {some(self.demand_ids[alone])} at tier {k + 1}"
        return ""


def read_tiers(name: str, given: Any, tiers: int) -> list[Matrix]:
    """Return a matrix for each tier, all of the same demand and sites.

    Raises
    ------
    SitingError
        If there are more or fewer, or they differ in demand or sites.
    """
    listed = isinstance(given, (list, tuple)) and np.ndim(given[0] if given else 0) != 1
    each = list(given) if listed else [given]
    if isinstance(given, np.ndarray) and given.ndim == 3:
        each = list(given)
    if len(each) != tiers or not tiers:
        raise SitingError(f"{name} holds {len(each)} matrices; give {tiers}, the lowest tier first")
    matrices = [Matrix.read(one, f"{name} of tier {k}") for k, one in enumerate(each, start=1)]
    first = matrices[0]
    for k, matrix in enumerate(matrices[1:], start=2):
        same = matrix.demand_ids.equals(first.demand_ids), matrix.site_ids.equals(first.site_ids)
        if not all(same):
            raise SitingError(
                f"{name} of tier {k} has other demand or sites than that of tier 1; give the same "
                "in the same order"
            )
    return matrices


def _shares(referral: Sequence[float] | float) -> np.ndarray:
    listed = np.ravel(np.asarray(referral, object)).tolist()
    shares = np.array([as_number(one) for one in listed], float)
    for k, share in enumerate(shares, start=1):
        if not 0 <= share <= 1:
            raise SitingError(
                f"referral from tier {k} is {listed[k - 1]!r}; give a share from 0 to 1"
            )
    return shares


def _costs(name: str, matrix: Matrix) -> Matrix:
    values = matrix.values
    data = values if isinstance(values, np.ndarray) else values.data
    bad = ~(data >= 0)
    if bad.any():
        at = np.argwhere(bad)[0]
        if isinstance(values, np.ndarray):
            row, column, value = at[0], at[1], values[at[0], at[1]]
        else:
            row = np.searchsorted(values.indptr, at[0], side="right") - 1
            column, value = values.indices[at[0]], data[at[0]]
        pair = f"{matrix.demand_ids[row]}, {matrix.site_ids[column]}"
        raise SitingError(
            f"{name}[{pair}] is {value}; give 0 or more, infinity where a site cannot serve"
        )
    return matrix


def _links(given: Any, sites: pd.Index, tiers: int) -> tuple[np.ndarray, ...]:
    """Return the costs between sites as dense matrices, infinite where there is no way."""
    tables = []
    for k, matrix in enumerate(read_tiers("links", given, tiers - 1), start=1):
        if not (matrix.demand_ids.equals(sites) and matrix.site_ids.equals(sites)):
            raise SitingError(
                f"links from tier {k} are not between the sites of cost; give sites × sites in the "
                "same order"
            )
        values = _costs(f"links from tier {k}", matrix).values
        if not isinstance(values, np.ndarray):
            rows = np.repeat(np.arange(values.shape[0]), np.diff(values.indptr))
            dense = np.full(values.shape, np.inf)
            dense[rows, values.indices] = values.data
            values = dense
        tables.append(np.asarray(values, float))
    return tuple(tables)
