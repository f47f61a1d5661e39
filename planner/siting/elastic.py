"""The feasibility of a request as a program in which one kind of limit may give way."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import block_array, coo_array, csr_array, eye_array

from planner.siting.choice import Rules, SiteChoice
from planner.siting.inputs import Matrix, amounts
from planner.siting.points import Points
from planner.siting.request import Request, name_of
from planner.solver import Program, solve

SERVES = {
    "set_cover": "all", "p_median": "all", "p_center": "all", "facility_location": "all",
    "capacitated_p_median": "all", "backup_coverage": "all", "partial_cover": "share",
    "max_coverage": "some",
}  # fmt: skip
"""What a model asks of its sites: to serve all demand, a share, or what it can; nothing of those
not here."""

_EXACTLY = frozenset({"p_dispersion"})
_ROUNDING = 1e-9  # of loads in the solver's answer


@dataclass(frozen=True, eq=False)
class Given:
    """The least that gives way.

    Attributes
    ----------
    value
        How much, in the unit of the objective that was asked for.
    opened, new
        Positions of all open sites and of the new ones.
    amounts
        By how much each usable site's capacity or minimum use gives way.
    below, above
        By how much each rule is undercut and exceeded, whole numbers.
    proven
        Whether less is proven not to be enough.
    """

    value: float
    opened: np.ndarray
    new: np.ndarray
    amounts: np.ndarray
    below: np.ndarray
    above: np.ndarray
    proven: bool


@dataclass(frozen=True, eq=False)
class Elastic:
    """What a request demands of its sites, as far as its objective does not matter."""

    request: Request
    serves: str
    exactly: bool
    matrix: Matrix
    choice: SiteChoice
    usable: np.ndarray
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray]
    weights: np.ndarray
    size: np.ndarray
    capacity: np.ndarray
    time_limit_s: float

    @classmethod
    def of(cls, request: Request, time_limit_s: float) -> Elastic:
        """Return the feasibility problem of a request."""
        name = name_of(request.model)
        given, weights = next(iter(request.arguments.values()), None), request.get("weights")
        if isinstance(given, Points) and _alike(request):
            given, weights = Points(given.demand[:1], given.sites, site_ids=given.site_ids), None
        matrix = Matrix.read(given, "cost")
        ids = matrix.site_ids
        choice = SiteChoice.checked(
            ids,
            fixed=_or(request.get("fixed"), ()),
            forbidden=_or(request.get("forbidden"), ()),
            site_costs=request.get("site_costs"),
            p=request.get("p"),
            budget=request.get("budget"),
            rules=request.get("rules"),
        )
        weights = amounts("weights", weights, matrix.demand_ids)
        demand = request.get("demand")
        problem = cls(
            request=request,
            # With a weight on first coverage, backup coverage asks for it no more.
            serves="nothing" if request.get("first_weight") is not None else SERVES.get(name, ""),
            exactly=name in _EXACTLY,
            matrix=matrix,
            choice=choice,
            usable=np.union1d(choice.fixed, choice.free),
            pairs=(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)),
            weights=weights,
            size=weights if demand is None else amounts("demand", demand, matrix.demand_ids),
            capacity=amounts("capacity", request.get("capacity"), ids, default=np.inf),
            time_limit_s=time_limit_s,
        )
        return replace(problem, pairs=problem.reached(request.get("radius")))

    @property
    def demand_ids(self) -> pd.Index:
        """Ids of the demand."""
        return self.matrix.demand_ids

    @property
    def site_ids(self) -> pd.Index:
        """Ids of the sites."""
        return self.matrix.site_ids

    @property
    def room(self) -> np.ndarray:
        """Capacity of each usable site."""
        return self.capacity[self.usable]

    @property
    def capacitated(self) -> bool:
        """Whether capacity limits what sites serve."""
        return self.serves in ("all", "some") and bool(np.isfinite(self.room).any())

    @property
    def least_use(self) -> np.ndarray:
        """Least load of each usable site if it is opened."""
        new = ~np.isin(self.usable, self.choice.fixed)
        return np.where(new, self.choice.minimum_use[self.usable], 0.0)

    @property
    def soft_rows(self) -> int:
        """How many rules may give way: all but the sets that are ruled out."""
        return sum(not name.startswith("excluded set") for name in self.choice.row_names)

    def reached(self, radius: float | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return demand, usable site and value of the pairs that can serve."""
        values = self.matrix.values
        if self.request.takes("radius"):
            reach = self.matrix.reach(radius).tocoo()
            row, site, value = reach.row, reach.col, np.ones(len(reach.row))
        elif isinstance(values, np.ndarray):
            row, site = np.nonzero(~np.isposinf(np.asarray(values, float)))
            value = values[row, site].astype(float)
        else:
            stored = values.tocoo()
            near = ~np.isposinf(stored.data.astype(float))
            row, site, value = stored.row[near], stored.col[near], stored.data[near]
        place = np.full(len(self.site_ids), -1)
        place[self.usable] = np.arange(len(self.usable))
        kept = place[site] >= 0
        return row[kept], place[site[kept]], value[kept]

    def distances(self) -> np.ndarray:
        """Return the finite values of pairs with usable sites."""
        values = self.matrix.values
        part = values[:, self.usable]
        stored = part.ravel() if isinstance(part, np.ndarray) else part.data
        stored = np.asarray(stored, float)
        return stored[np.isfinite(stored)]

    def out_of_reach(self) -> np.ndarray:
        """Return the positions of demand that no usable site reaches."""
        return np.setdiff1d(np.arange(len(self.demand_ids)), self.pairs[0])

    def covered_share(self, opened: np.ndarray) -> float:
        """Return the share of the weight that some open sites (positions) cover."""
        row, site, _ = self.pairs
        inside = np.isin(self.usable, opened)
        total = self.weights.sum()
        covered = np.unique(row[inside[site]])
        return float(self.weights[covered].sum() / total) if total else 1.0

    def feasible(self, radius: float | None = None) -> bool | None:
        """Return whether the request is feasible, with another radius if one is given."""
        problem = self if radius is None else replace(self, pairs=self.reached(radius))
        found = problem._solve(None)
        if found.x is not None:
            return True
        return False if found.status == "infeasible" else None

    def solve(self, soft: str) -> Given | None:
        """Return the least that one kind of limit must give way; None if that is not enough."""
        found = self._solve(soft)
        if found.x is None:
            return None
        k, rules = len(self.usable), len(self.choice.row_names)
        opened = self.usable[found.x[:k] > 0.5]
        slack = found.x[self._columns() :]
        return Given(
            value=found.objective,
            opened=opened,
            new=np.setdiff1d(opened, self.choice.fixed),
            amounts=self._given_way(soft, found.x),
            below=np.round(slack[k : k + rules]).astype(int),
            above=np.round(slack[k + rules :]).astype(int),
            proven=found.status == "optimal",
        )

    def spread(self, given: Given) -> np.ndarray:
        """Return by how much each site's capacity or minimum use gives way, over all sites."""
        every = np.zeros(len(self.site_ids))
        every[self.usable] = given.amounts
        return every

    def _given_way(self, soft: str, x: np.ndarray) -> np.ndarray:
        """Return by how much each site is overloaded or used too little, counted from its load."""
        row, site, _ = self.pairs
        k = len(self.usable)
        if soft not in ("capacity", "minimum use"):
            return np.zeros(k)
        share = np.clip(x[k : k + len(row)], 0.0, 1.0)
        if self.serves == "all":
            share /= np.bincount(row, share)[row]
        load = np.bincount(site, self.size[row] * share, minlength=k)
        over = load - self.room if soft == "capacity" else (x[:k] > 0.5) * self.least_use - load
        return np.where(over > _ROUNDING * np.maximum(load, 1.0), over, 0.0)

    @property
    def _assigns(self) -> bool:
        used = bool(self.least_use.any())
        return (
            used if self.serves == "some" else self.serves == "all" and (used or self.capacitated)
        )

    def _columns(self) -> int:
        """Return how many columns come before those that give way."""
        service = len(self.pairs[0]) if self._assigns else 0
        if self.serves == "share":
            service = len(self.demand_ids)
        return len(self.usable) + service

    def _solve(self, soft: str | None) -> Any:
        return solve(self._program(soft), time_limit_s=self.time_limit_s)

    def _program(self, soft: str | None) -> Program:
        k, n = len(self.usable), len(self.demand_ids)
        columns, rules = self._columns(), len(self.choice.row_names)
        total = columns + k + 2 * rules
        parts: list[tuple[csr_array, np.ndarray, np.ndarray]] = []
        if self._assigns:
            parts += self._assignment(total, soft)
        elif self.serves == "all":
            row, site, _ = self.pairs
            parts.append((_matrix((np.ones(len(row)), row, site), (n, total)), np.ones(n), _inf(n)))
        elif self.serves == "share":
            parts += self._share(total, soft)
        parts.append(self._limits(total, soft))
        cost, upper = np.zeros(total), np.ones(total)
        new = np.searchsorted(self.usable, self.choice.free)
        if soft in ("p", "fewer"):
            cost[new] = 1.0 if soft == "p" else -1.0
        elif soft == "budget":
            cost[new] = self.choice.costs[self.choice.free]
        elif soft == "share":
            cost[k:columns] = -self.weights
        cost[columns:] = 1.0
        upper[columns : columns + k] = np.inf if soft in ("capacity", "minimum use") else 0.0
        room = np.arange(rules) < self.soft_rows
        upper[columns + k :] = np.where(np.tile(room, 2), np.inf, 0.0) if soft == "rules" else 0.0
        integral = np.ones(total, bool)
        integral[k : columns + k] = False
        if self._assigns and not self._splits:
            integral[k:columns] = True
        lower = np.zeros(total)
        lower[:k] = np.isin(self.usable, self.choice.fixed)
        return Program(
            cost=cost,
            rows=csr_array(block_array([[rows] for rows, _, _ in parts], format="csr")),
            row_lower=np.concatenate([low for _, low, _ in parts]),
            row_upper=np.concatenate([high for _, _, high in parts]),
            lower=lower,
            upper=upper,
            integral=integral,
        )

    @property
    def _splits(self) -> bool:
        if not (self.capacitated and self.request.takes("split")):
            return False
        default = inspect.signature(self.request.model).parameters["split"].default
        return bool(_or(self.request.get("split"), default))

    def _assignment(
        self, total: int, soft: str | None
    ) -> list[tuple[csr_array, np.ndarray, np.ndarray]]:
        """Return who serves whom: each demand whole or in part, within capacity and minimum use."""
        row, site, _ = self.pairs
        k, n, m, columns = (
            len(self.usable),
            len(self.demand_ids),
            len(self.pairs[0]),
            self._columns(),
        )
        pair, one = k + np.arange(m), np.ones(m)
        served = _matrix((one, row, pair), (n, total))
        link = _matrix(
            (np.r_[one, -one], np.r_[np.arange(m), np.arange(m)], np.r_[pair, site]), (m, total)
        )
        whole = np.full(n, 1.0 if self.serves == "all" else 0.0)
        parts = [(served, whole, np.ones(n)), (link, -_inf(m), np.zeros(m))]
        sites = np.arange(k)
        room = np.minimum(self.room, self.size.sum())
        for kind, limit, sign in (
            ("capacity", room, 1.0),
            ("minimum use", self.least_use, -1.0),
        ):
            if not limit.any() and kind == "minimum use":
                continue
            gives = np.full(k, -1.0 if kind == soft else 0.0)
            value = np.r_[sign * self.size[row], -sign * limit, gives]
            rows = np.r_[site, sites, sites]
            column = np.r_[pair, sites, columns + sites]
            # Capacity is added, or minimum use lowered, only where a site is open.
            parts.append((_matrix((value, rows, column), (k, total)), -_inf(k), np.zeros(k)))
        most = np.full(k, self.size.sum())
        cap = _matrix(
            (np.r_[np.ones(k), -most], np.r_[sites, sites], np.r_[columns + sites, sites]),
            (k, total),
        )
        parts.append((cap, -_inf(k), np.zeros(k)))
        return parts

    def _share(
        self, total: int, soft: str | None
    ) -> list[tuple[csr_array, np.ndarray, np.ndarray]]:
        row, site, _ = self.pairs
        k, n = len(self.usable), len(self.demand_ids)
        cover = _matrix((-np.ones(len(row)), row, site), (n, total))
        cover = csr_array(cover + _matrix((np.ones(n), np.arange(n), k + np.arange(n)), (n, total)))
        parts = [(cover, -_inf(n), np.zeros(n))]
        if soft != "share":
            needed = self.request.get("share") * self.weights.sum() * (1 - 1e-12)
            enough = _matrix((self.weights, np.zeros(n, int), k + np.arange(n)), (1, total))
            parts.append((enough, np.array([needed]), _inf(1)))
        return parts

    def _limits(self, total: int, soft: str | None) -> tuple[csr_array, np.ndarray, np.ndarray]:
        """Return number, budget and rules; the rules with what they give way."""
        choice = self.choice
        if soft == "p" and not self.exactly:
            choice = replace(choice, p=None)
        if soft == "budget":
            choice = replace(choice, budget=None)
        rows, low, high = choice.limits()
        if self.exactly and choice.p is not None:
            low[0] = choice.p if soft != "fewer" else -np.inf
            high[0] = choice.p if soft != "p" else np.inf
        stored = rows.tocoo()
        place = np.searchsorted(self.usable, choice.free)
        wide = _matrix((stored.data, stored.row, place[stored.col]), (rows.shape[0], total))
        rules = len(choice.row_names)
        if rules:
            first, at = rows.shape[0] - rules, self._columns() + len(self.usable)
            give = eye_array(rules).tocoo()
            ones = np.ones(rules)
            wide = csr_array(
                wide
                + _matrix((ones, first + give.row, at + give.col), wide.shape)
                - _matrix((ones, first + give.row, at + rules + give.col), wide.shape)
            )
        return wide, low, high


def _matrix(cells: tuple[np.ndarray, np.ndarray, np.ndarray], shape: tuple[int, int]) -> csr_array:
    value, row, column = cells
    return coo_array((value, (row, column)), shape=shape).tocsr()


def _inf(count: int) -> np.ndarray:
    return np.full(count, np.inf)


def _or(given: Any, default: Any) -> Any:
    return default if given is None else given


def _alike(request: Request) -> bool:
    """Return whether one point stands for all: every site can serve each, and no use is limited."""
    used = np.any((request.get("rules") or Rules()).minimum_use)
    return not (used or request.takes("radius") or request.takes("capacity"))
