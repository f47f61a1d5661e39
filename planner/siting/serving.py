"""Who may serve whom at what cost: the problem behind capacitated p-median and facility location.

minimise Σⱼ fⱼ xⱼ + Σᵢⱼ wᵢ cᵢⱼ zᵢⱼ
subject to Σⱼ zᵢⱼ = 1, zᵢⱼ ≤ xⱼ, Σᵢ dᵢ zᵢⱼ ≤ qⱼ xⱼ, limits on x; z whole unless demand may be split.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, vstack

from planner.errors import SitingError
from planner.siting.choice import SiteChoice
from planner.siting.inputs import Amount, Matrix, amounts, some
from planner.solver import Program


@dataclass(frozen=True, eq=False)
class ServiceProblem:
    """Pairs of demand and usable site, with what they cost and take; checked.

    Attributes
    ----------
    usable
        Positions of the sites that are open or may be opened, ascending; "site" below means a
        place in this list.
    starts, sites, cost
        Pairs by demand: those of demand i are ``starts[i]:starts[i + 1]``; site ascending; cost
        times weight.
    unit_cost
        Cost of each pair without the weight.
    weights, size
        Weight of each demand, and what it takes of capacity.
    room
        Capacity of each site; infinite without.
    opening
        What opening each site adds to the objective; 0 where it is open already.
    split
        Whether a demand may be served by several sites.
    choice
        The sets of sites that may be chosen.
    demand_ids
        Ids of the demand.
    """

    usable: np.ndarray
    starts: np.ndarray
    sites: np.ndarray
    cost: np.ndarray
    unit_cost: np.ndarray
    weights: np.ndarray
    size: np.ndarray
    room: np.ndarray
    opening: np.ndarray
    split: bool
    choice: SiteChoice
    demand_ids: pd.Index

    @classmethod
    def checked(
        cls,
        cost: Any,
        *,
        weights: Amount | None,
        demand: Amount | None,
        capacity: Amount | None,
        split: bool,
        opening: bool,
        **choice: Any,
    ) -> ServiceProblem:
        """Return the problem that a caller's arguments state.

        Parameters
        ----------
        cost, weights, demand, capacity, split
            See ``capacitated_p_median``.
        opening
            Whether the sites' costs are part of the objective.
        **choice
            See ``SiteChoice.checked``.

        Raises
        ------
        SitingError
            If an argument cannot be worked with; the text says which, and the remedy.
        """
        matrix = Matrix.read(cost, "cost")
        ids = matrix.site_ids
        chosen = SiteChoice.checked(ids, **choice)
        weight = amounts("weights", weights, matrix.demand_ids)
        room = amounts("capacity", capacity, ids, default=np.inf)
        size = weight if demand is None else amounts("demand", demand, matrix.demand_ids)
        return cls._of(matrix, weight, size, room, split, opening, chosen)

    @classmethod
    def uncapacitated(
        cls, matrix: Matrix, weights: np.ndarray, choice: SiteChoice
    ) -> ServiceProblem:
        """Return the problem of serving at the least cost from sites that keep the rules."""
        room = np.full(len(matrix.site_ids), np.inf)
        return cls._of(matrix, weights, weights, room, False, False, choice)

    @classmethod
    def _of(
        cls,
        matrix: Matrix,
        weights: np.ndarray,
        size: np.ndarray,
        room: np.ndarray,
        split: bool,
        opening: bool,
        choice: SiteChoice,
    ) -> ServiceProblem:
        usable = np.union1d(choice.fixed, choice.free)
        starts, sites, unit = _pairs(matrix, usable)
        charges = np.where(np.isin(usable, choice.fixed), 0.0, choice.costs[usable])
        rows = np.repeat(np.arange(len(weights)), np.diff(starts))
        return cls(
            usable=usable,
            starts=starts,
            sites=sites,
            cost=unit * weights[rows],
            unit_cost=unit,
            weights=weights,
            size=size,
            room=room[usable],
            opening=charges if opening else np.zeros(len(usable)),
            split=split and bool(np.isfinite(room).any()),
            choice=choice,
            demand_ids=matrix.demand_ids,
        )

    @property
    def rows(self) -> np.ndarray:
        """Demand of each pair."""
        return np.repeat(np.arange(len(self.size)), np.diff(self.starts))

    @property
    def already(self) -> np.ndarray:
        """Whether each site is open already, shape (usable sites,)."""
        return np.isin(self.usable, self.choice.fixed)

    @property
    def capacitated(self) -> bool:
        """Whether any site's capacity is limited."""
        return bool(np.isfinite(self.room).any())

    @property
    def least_use(self) -> np.ndarray:
        """Least load of each site if it is opened, shape (usable sites,)."""
        return np.where(self.already, 0.0, self.choice.minimum_use[self.usable])

    @property
    def whole_objective(self) -> bool:
        """Whether every answer's objective is a whole number."""
        numbers = np.concatenate([self.cost, self.opening])
        return not self.split and bool((numbers == np.round(numbers)).all())

    def least_sites(self) -> int:
        """Return how many new sites are needed at least for their capacity to hold all demand."""
        lacking = self.size.sum() * (1 - 1e-12) - self.room[self.already].sum()
        if lacking <= 0 or not np.isfinite(lacking):
            return 0
        together = np.cumsum(-np.sort(-self.room[~self.already]))
        return int(np.searchsorted(together, lacking) + 1)

    def obstacle(self) -> str:
        """Return what plainly makes the problem infeasible, naming the demand; "" if nothing."""
        alone = np.flatnonzero(np.diff(self.starts) == 0)
        if len(alone):
            return f"no site that may be used reaches demand {some(self.demand_ids[alone])}"
        rooms = self.room[self.sites]
        largest = (
            np.add.reduceat(rooms, self.starts[:-1])
            if self.split
            else np.maximum.reduceat(rooms, self.starts[:-1])
        )
        big = np.flatnonzero(self.size > largest * (1 + 1e-12))
        if len(big):
            first = big[0]
            return (
                f"demand {self.demand_ids[first]} takes {self.size[first]:g} of capacity, but the "
                f"sites that reach it have {largest[first]:g}; so for demand "
                f"{some(self.demand_ids[big])}"
            )
        new = -np.sort(-self.room[~self.already])
        most = len(new) if self.choice.p is None else min(self.choice.p, len(new))
        if not most and not self.already.any() and len(self.size):
            return "no new site may be opened, and none is open already"
        held = self.room[self.already].sum() + new[:most].sum()
        if self.size.sum() > held * (1 + 1e-12):
            return (
                f"all demand together takes {self.size.sum():g}, but the fixed sites and the "
                f"{most} largest new ones hold {held:g}: short by {self.size.sum() - held:g}"
            )
        return ""

    def program(
        self,
        kept: np.ndarray | None = None,
        known: np.ndarray | None = None,
        most: float = np.inf,
    ) -> Program:
        """Return the program over sites, then pairs.

        Parameters
        ----------
        kept
            Which pairs may be used; all if left out.
        known
            What is known of each site: 0 nothing, 1 open, 2 closed in every better answer.
        most
            Worst objective of interest.
        """
        pairs = np.arange(len(self.sites)) if kept is None else np.flatnonzero(kept)
        site, demand, cost = self.sites[pairs], self.rows[pairs], self.cost[pairs]
        k, m, n = len(self.usable), len(pairs), len(self.size)
        column, one = k + np.arange(m), np.ones(m)
        blocks = [_rows((demand, column, one), shape=(n, k + m))]
        bounds = [(np.ones(n), np.ones(n))]
        at = np.arange(m)
        link = _rows((at, column, one), (at, site, -one), shape=(m, k + m))
        blocks.append(link)
        bounds.append((np.full(m, -np.inf), np.zeros(m)))
        for limit, sign in ((self.room, 1.0), (self.least_use, -1.0)):
            held = np.flatnonzero(np.isfinite(limit) if sign > 0 else limit > 0)
            if not len(held):
                continue
            row = np.full(k, -1)
            row[held] = np.arange(len(held))
            of = row[site] >= 0
            load = (row[site][of], column[of], sign * self.size[demand][of])
            capacity = (row[held], held, -sign * limit[held])
            blocks.append(_rows(load, capacity, shape=(len(held), k + m)))
            bounds.append((np.full(len(held), -np.inf), np.zeros(len(held))))
        blocks.append(self._limits(k + m))
        bounds.append(self.choice.limits()[1:])
        value = np.concatenate([self.opening, cost])
        if np.isfinite(most):
            blocks.append(csr_array(value[None, :]))
            bounds.append((np.array([-np.inf]), np.array([most])))
        known = np.zeros(k, np.int64) if known is None else known
        opened = self.already | (known == 1)
        whole = not self.split and (self.capacitated or bool(self.least_use.any()))
        return Program(
            cost=value,
            rows=csr_array(vstack(blocks)),
            row_lower=np.concatenate([low for low, _ in bounds]),
            row_upper=np.concatenate([high for _, high in bounds]),
            lower=np.concatenate([opened.astype(float), np.zeros(m)]),
            upper=np.concatenate([(opened | (known != 2)).astype(float), np.ones(m)]),
            integral=np.concatenate([np.ones(k, bool), np.full(m, whole)]),
        )

    def _limits(self, columns: int) -> csr_array:
        """Return the limits on new sites as rows over all columns of the program."""
        limits = self.choice.limits()[0].tocoo()
        place = np.searchsorted(self.usable, self.choice.free)
        return csr_array(
            (limits.data, (limits.row, place[limits.col])), shape=(limits.shape[0], columns)
        )

    def broken(self, opened: np.ndarray, load: np.ndarray) -> bool:
        """Return whether open sites (mask over usable) with these loads break a limit."""
        if self.choice.broken(self.usable[opened]):
            return True
        use = load[opened] < self.least_use[opened] * (1 - 1e-12)
        return bool(use.any() or (load[opened] > self.room[opened] * (1 + 1e-9)).any())


@dataclass(frozen=True, eq=False)
class BySite:
    """The pairs by site, and which pair by demand each is."""

    pair: np.ndarray
    starts: np.ndarray
    rows: np.ndarray
    cost: np.ndarray

    @classmethod
    def of(cls, problem: ServiceProblem, kept: np.ndarray) -> BySite:
        """Return the kept pairs of a problem by site."""
        pair = np.flatnonzero(kept)
        pair = pair[np.argsort(problem.sites[pair], kind="stable")]
        counts = np.bincount(problem.sites[pair], minlength=len(problem.usable))
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(pair, starts, problem.rows[pair], problem.cost[pair])


def nearest(problem: ServiceProblem, opened: np.ndarray) -> np.ndarray:
    """Return for each demand the open site that serves it at the least cost, -1 where none does."""
    value = np.where(opened[problem.sites], problem.cost, np.inf)
    assigned = np.full(len(problem.size), -1)
    order = np.lexsort((problem.sites, value, problem.rows))
    first = order[problem.starts[:-1][np.diff(problem.starts) > 0]]
    good = np.isfinite(value[first])
    assigned[problem.rows[first[good]]] = problem.sites[first[good]]
    return assigned


def cost_of(problem: ServiceProblem, opened: np.ndarray, shares: np.ndarray) -> float:
    """Return what open sites and the shares they serve cost."""
    return float(problem.opening[opened].sum() + problem.cost @ shares)


def first_prices(problem: ServiceProblem, opened: np.ndarray) -> np.ndarray:
    """Return prices to begin with: what the second nearest open site would cost."""
    value = np.where(opened[problem.sites], problem.cost, np.inf)
    order = np.lexsort((value, problem.rows))
    last = problem.starts[1:] - 1
    second = value[order[np.minimum(problem.starts[:-1] + 1, last)]]
    first = value[order[problem.starts[:-1]]]
    price = np.where(np.isfinite(second), second, first)
    return np.where(np.isfinite(price), price, 0.0)


def _rows(*parts: tuple[np.ndarray, np.ndarray, np.ndarray], shape: tuple[int, int]) -> csr_array:
    row, column, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    return coo_array((value, (row, column)), shape=shape).tocsr()


def _pairs(matrix: Matrix, usable: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pairs with usable sites by demand: where each begins, site, cost."""
    values = matrix.values
    if isinstance(values, np.ndarray):
        part = np.asarray(values[:, usable], float)
        row, site = np.nonzero(~np.isposinf(part))
        cost = part[row, site]
    else:
        kept = csr_array(values[:, usable], dtype=float)
        kept.sort_indices()
        row = np.repeat(np.arange(kept.shape[0]), np.diff(kept.indptr))
        finite = ~np.isposinf(kept.data)
        row, site, cost = row[finite], kept.indices[finite], kept.data[finite]
    bad = np.flatnonzero(~(cost >= 0))
    if len(bad):
        at = bad[0]
        pair = f"{matrix.demand_ids[row[at]]}, {matrix.site_ids[usable[site[at]]]}"
        raise SitingError(f"cost[{pair}] is {cost[at]}; give 0 or more, infinite for no service")
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=values.shape[0]))])
    return starts.astype(np.int64), site.astype(np.int64), cost
