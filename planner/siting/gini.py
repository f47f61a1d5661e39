"""The Gini index of the minutes to the nearest open site, exact: as goal, part of one, or limit.

With F(u) the share of the weight within u minutes, G = ∫ F (1 - F) du / ∫ (1 - F) du (Gini 1912:
the mean absolute difference over twice the mean). F is linear in covered rows, and F (1 - F) is
concave: between the least and the most that F can be it lies above its chord. Chords make a linear
program whose bound is the tighter the less is open to choice, and exact where nothing is: branch
and bound on sites, each node with chords of its own, sites decided by their reduced costs. The
quotient is a variable of its own between McCormick's planes.

Falk and Soland (1969), "An algorithm for separable nonconvex programming problems", Management
Science 15; McCormick (1976), "Computability of global solutions to factorable nonconvex programs:
part I", Mathematical Programming 10. Lejeune and Prasad (2013), "Effectiveness-equity models for
facility location problems on tree networks", Networks 62, on the index in siting.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import csc_array, csr_array, vstack

from planner.siting.cover_model import Auxiliary, CoverModel, Least, Limit, Linear
from planner.siting.minute_steps import MinuteSteps
from planner.solver import Program

_CLOSE = 1e-9
_FEW_DECIDED = 0.1  # of the undecided sites: fewer, and the chords are not worth drawing anew


@dataclass(frozen=True, eq=False)
class GiniCurve:
    """The share of weight within every number of minutes, over the rows of a model.

    Attributes
    ----------
    widths
        Minutes from each level to the next, shape (levels,).
    today
        Share within each level where no site is new.
    steps
        What each covered row adds to it, levels × rows.
    """

    widths: np.ndarray
    today: np.ndarray
    steps: csr_array

    @classmethod
    def of(cls, model: CoverModel, minutes: MinuteSteps) -> GiniCurve:
        """Return the curve of a model whose further rows are steps of minutes."""
        minutes.check_finite("gini")
        counts = minutes.weights > 0
        share = minutes.weights / (float(minutes.weights.sum()) or 1.0)
        levels = np.unique(np.concatenate([[0.0], minutes.near, minutes.today[counts]]))
        at = np.searchsorted(levels, minutes.today[counts])
        today = np.cumsum(np.bincount(at, share[counts], minlength=len(levels)))[:-1]
        first, last = (np.searchsorted(levels, ends) for ends in (minutes.near, minutes.far))
        spans = last - first
        row = np.repeat(np.arange(len(spans)), spans)
        level = np.arange(len(row)) - np.repeat(np.cumsum(spans) - spans - first, spans)
        steps = csr_array(
            (share[minutes.owner][row], (level, minutes.rows(model)[row])),
            shape=(len(today), model.cover.shape[0]),
        )
        return cls(np.diff(levels), today, steps)

    @cached_property
    def mean(self) -> Linear:
        """The mean minutes, without its sites."""
        falls = np.asarray(self.widths @ self.steps)
        return Linear(float(self.widths @ (1 - self.today)), np.zeros(0), -falls)

    def value(self, rows: np.ndarray) -> float:
        """Return the index where some rows are covered (0 or 1); 0 where the mean is 0."""
        within = self.today + self.steps @ rows
        mean = float(self.widths @ (1 - within))
        return max(float(self.widths @ (within * (1 - within))) / mean, 0.0) if mean > 0 else 0.0


@dataclass(frozen=True, eq=False)
class GiniLimit:
    """The index kept up to a number."""

    curve: GiniCurve
    upper: float


@dataclass(frozen=True, eq=False)
class Sum:
    """What is to be small: a linear function, what has variables of its own, and the Gini index.

    Attributes
    ----------
    linear
        The linear part.
    auxiliary
        Parts with variables of their own.
    curve, weight
        The curve whose index counts, and how much.
    """

    linear: Linear
    auxiliary: tuple[Auxiliary, ...] = ()
    curve: GiniCurve | None = None
    weight: float = 0.0

    def __add__(self, other: Sum) -> Sum:
        """Return the sum; at most one of the two has a curve."""
        return Sum(
            self.linear + other.linear,
            self.auxiliary + other.auxiliary,
            self.curve or other.curve,
            self.weight + other.weight,
        )

    def value(self, model: CoverModel, new: np.ndarray) -> float:
        """Return its value where some sites (positions) are new."""
        plain = model.worth(self.linear, self.auxiliary, new)
        if self.curve is None:
            return plain
        return plain + self.weight * self.curve.value(model.point(new)[model.cover.shape[1] :])


def least(
    model: CoverModel,
    goal: Sum,
    limits: Sequence[Limit | GiniLimit],
    *,
    seed: int = 0,
    known: np.ndarray | None = None,
) -> Least | None:
    """Return the new sites for which a sum is least; None where the limits leave none.

    Parameters
    ----------
    model, limits
        See ``CoverModel.least``; at most one curve among goal and limits.
    goal
        What is to be small.
    seed, known
        See ``CoverModel.least``.
    """
    plain = [one for one in limits if isinstance(one, Limit)]
    caps = [one for one in limits if isinstance(one, GiniLimit) and one.upper < np.inf]
    curve = goal.curve or (caps[0].curve if caps else None)
    if curve is None:
        return model.least(goal.linear, plain, auxiliary=goal.auxiliary, seed=seed, known=known)
    upper = min((one.upper for one in caps), default=np.inf)
    return _Branching(model, goal, curve, plain, upper, seed).run(known)


@dataclass(frozen=True, eq=False)
class _Node:
    """Which sites are decided, and what is known of the rest.

    ``low`` and ``high`` are what the curve can be at each level.
    """

    opened: np.ndarray
    closed: np.ndarray
    bound: float
    low: np.ndarray
    high: np.ndarray
    x: np.ndarray

    @property
    def open_to_choice(self) -> np.ndarray:
        return np.flatnonzero(~(self.opened | self.closed))


class _Branching:
    """Branch and bound on sites, the node with the least bound first."""

    def __init__(
        self,
        model: CoverModel,
        goal: Sum,
        curve: GiniCurve,
        limits: list[Limit],
        upper: float,
        seed: int,
    ) -> None:
        self.model, self.goal, self.curve, self.limits = model, goal, curve, limits
        self.upper, self.seed = upper, seed
        self.sites = model.cover.shape[1]
        self.reach = model.cover.matrix()
        self.best: np.ndarray | None = None
        self.value = np.inf
        self.rest = self._rest()
        # Of a linear goal the next better value is a step away.
        self.step = 0.0 if goal.curve is not None or goal.auxiliary else goal.linear.step
        self.base = model.program(goal.linear, limits, [*goal.auxiliary, self._index()])
        self.budgets = self._budgets()
        # Minutes that each site saves alone: what it does to the chords.
        self.alone = -curve.mean.rows @ self.reach

    def run(self, known: np.ndarray | None) -> Least | None:
        watch = self.model.problem.watch
        if known is not None:
            self._offer(known)
        nothing = np.zeros(self.sites, bool)
        heap: list[tuple[float, int, np.ndarray, np.ndarray]] = [(-np.inf, 0, nothing, nothing)]
        count, bound, late = 0, np.inf, False
        while heap and not (late := watch.up):
            lower, _, opened, closed = heapq.heappop(heap)
            if self._worse(lower):
                break
            node = self._tightened(opened, closed, lower)
            if node is None:
                continue
            self._round(node)
            if count == 0 and self.best is None and not self._search(node):
                return None
            free = node.open_to_choice
            if not len(free) or self._worse(node.bound):
                continue
            split = np.minimum(node.x, 1 - node.x) + 1e-3
            site = free[np.argmax(split[free] * self.alone[free])]
            here = np.arange(self.sites) == site
            for one, other in (
                (node.opened | here, node.closed),
                (node.opened, node.closed | here),
            ):
                count += 1
                heapq.heappush(heap, (node.bound, count, one, other))
        if late:
            bound = min([lower for lower, *_ in heap], default=-np.inf)
        if self.best is None:
            if late:
                raise watch.nothing_found()
            return None
        proven = not late or self._worse(bound)
        return Least(self.best, self.value, self.value if proven else bound, proven)

    def _rest(self) -> float:
        """Return what the goal without the index is at least."""
        goal = self.goal
        if not goal.weight or not (goal.auxiliary or goal.linear.coefficients.any()):
            return goal.linear.constant
        found = self.model.least(goal.linear, self.limits, auxiliary=goal.auxiliary, seed=self.seed)
        return -np.inf if found is None else found.bound - _CLOSE * abs(found.bound)

    def _worse(self, bound: float) -> bool:
        """Return whether what is no better than a bound cannot be better than the best known."""
        if self.step:
            return bound > self.value - self.step * (1 - 1e-6)
        return bound > self.value - _CLOSE * max(1e-3, abs(self.value))

    def _offer(self, new: np.ndarray) -> bool:
        """Take new sites (positions) if they keep the limits and are the best so far."""
        if not self.model.keeps(self.limits, new):
            return False
        rows = self.model.point(new)[self.sites :]
        if self.curve.value(rows) > self.upper + _CLOSE:
            return False
        value = self.goal.value(self.model, new)
        if value < self.value:
            self.best, self.value = new, value
        return True

    def _round(self, node: _Node) -> None:
        """Offer the sites that a node opens in whole or in part, as far as the budgets go."""
        self._offer(self.model.cover.sites[node.x > 0.5])
        left = [limit for _, limit in self.budgets]
        chosen = []
        for site in np.argsort(-node.x, kind="stable"):
            if node.x[site] < 1e-6:
                break
            prices = [price[site] for price, _ in self.budgets]
            if all(price <= rest + _CLOSE for price, rest in zip(prices, left, strict=True)):
                chosen.append(site)
                left = [rest - price for price, rest in zip(prices, left, strict=True)]
        self._offer(self.model.cover.sites[np.sort(np.array(chosen, int))])

    def _search(self, node: _Node) -> bool:
        """Find any sites that keep the linear limits; return whether there may be any."""
        found = self.model.problem.watch.solve(self._program(node, whole=True), seed=self.seed)
        if found.x is not None:
            self._offer(self.model.new_sites(found.x))
        return found.status != "infeasible"

    def _tightened(self, opened: np.ndarray, closed: np.ndarray, bound: float) -> _Node | None:
        """Decide sites by their reduced costs, chords drawn anew; None where nothing is better."""
        while True:
            low, high = self._ranges(opened, closed)
            node = _Node(opened, closed, bound, low, high, opened.astype(float))
            found = self.model.problem.watch.solve(self._program(node), seed=self.seed)
            if found.status == "infeasible":
                return None
            if found.x is None or found.reduced is None:
                return node  # out of time
            bound = max(bound, self.goal.linear.constant + found.objective)
            node = replace(node, bound=bound, x=found.x[: self.sites])
            if self._worse(bound):
                return None
            room = self.value - bound
            cost = found.reduced[: self.sites]
            rest = ~(opened | closed)
            shut, open_ = rest & (cost > room), rest & (-cost > room)
            decided = int((shut | open_).sum())
            opened, closed = opened | open_, closed | shut
            if decided <= _FEW_DECIDED * rest.sum():
                return replace(node, opened=opened, closed=closed)

    def _ranges(self, opened: np.ndarray, closed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the most that the curve can be at each level.

        The sites that are open to choice add no more than each alone, as far as the budgets go.
        """
        covered = (self.reach @ opened.astype(float)) > 0
        low = self.curve.today + self.curve.steps @ covered.astype(float)
        within = (self.reach @ (~closed).astype(float)) > 0
        high = self.curve.today + self.curve.steps @ within.astype(float)
        rest = np.flatnonzero(~(opened | closed))
        if not len(rest) or not self.budgets:
            return low, high
        adds = csc_array(self.reach.multiply(~covered[:, None]))[:, rest]
        gains = (self.curve.steps @ adds).toarray()
        for prices, limit in self.budgets:
            most = _most_within(gains, prices[rest], limit - float(prices[opened].sum()))
            high = np.minimum(high, low + most)
        return low, high

    def _budgets(self) -> list[tuple[np.ndarray, float]]:
        """Return the limits of prices, none of them negative, over the sites."""
        rows, _, upper = self.model.problem.choice.limits()
        every = [(row, limit) for row, limit in zip(rows.toarray(), upper, strict=True)]
        every += [
            (one.of.sites, one.upper - one.of.constant)
            for one in self.limits
            if not one.of.rows.any()
        ]
        return [(row, float(b)) for row, b in every if np.isfinite(b) and (row >= 0).all()]

    def _index(self) -> Auxiliary:
        """Return the index as a variable; its planes differ from node to node."""
        nothing = csr_array((0, self.sites + self.model.cover.shape[0] + 1))
        none = np.zeros(0)
        return Auxiliary(
            cost=np.array([self.goal.weight]), rows=nothing, lower=none, upper=none,
            low=np.zeros(1), high=np.ones(1), at=lambda _: np.zeros(1), exact=True,
        )  # fmt: skip

    def _program(self, node: _Node, *, whole: bool = False) -> Program:
        """Return the program of a node: chords in place of the curve, decided sites fixed."""
        curve, (low, high) = self.curve, (node.low, node.high)
        # F (1 - F) ≥ slope F + rise
        slope, rise = 1 - low - high, low * high
        bent = curve.widths * slope
        constant = float(bent @ curve.today + curve.widths @ rise)
        chords, mean = np.asarray(bent @ curve.steps), curve.mean
        least, most = float(curve.widths @ (1 - high)), float(curve.widths @ (1 - low))
        floor, ceiling = self._between(node, least, most)
        planes, limits = [], []
        # G μ ≤ g μ + G m - g m, with (g, m) the most of G and the least of μ, or the reverse.
        for index, minutes in ((ceiling, least), (floor, most)):
            planes.append(np.concatenate([chords - index * mean.rows, [-minutes]]))
            limits.append(index * mean.constant - index * minutes - constant)
        base, sites = self.base, self.sites
        count = len(base.cost)
        wide = np.zeros((2, count))
        wide[:, sites : sites + len(chords)] = [plane[:-1] for plane in planes]
        wide[:, -1] = [plane[-1] for plane in planes]
        lower, upper = base.lower.copy(), base.upper.copy()
        lower[:sites][node.opened] = 1.0
        upper[:sites][node.closed] = 0.0
        lower[-1], upper[-1] = min(floor, ceiling), ceiling
        return replace(
            base,
            rows=csr_array(vstack([base.rows, csr_array(wide)])),
            row_lower=np.concatenate([base.row_lower, [-np.inf, -np.inf]]),
            row_upper=np.concatenate([base.row_upper, np.array(limits) + _CLOSE * max(most, 1e-3)]),
            lower=lower,
            upper=upper,
            integral=base.integral if whole else np.zeros(count, bool),
        )

    def _between(self, node: _Node, least: float, most: float) -> tuple[float, float]:
        """Return numbers between which the index of every answer of a node that is wanted lies."""
        low, high, widths = node.low, node.high, self.curve.widths
        ends = np.minimum(low * (1 - low), high * (1 - high))
        floor = float(widths @ ends) / most if most > 0 else 0.0
        middle = np.clip(0.5, low, high)
        ceiling = float(widths @ (middle * (1 - middle))) / least if least > 0 else 1.0
        ceiling = min(ceiling, 1.0, self.upper)
        if self.goal.weight:
            ceiling = min(ceiling, (self.value - self.rest) / self.goal.weight)
        return min(floor, ceiling), ceiling + _CLOSE


def _most_within(gains: np.ndarray, prices: np.ndarray, limit: float) -> np.ndarray:
    """Return the most gain of each row within a limit of the prices, parts of columns allowed."""
    if (prices == prices[0]).all():
        if prices[0] == 0:
            return np.asarray(gains.sum(axis=1))
        number = int(min((limit + _CLOSE) / prices[0], gains.shape[1]))
        if number <= 0:
            return np.zeros(len(gains))
        top = np.partition(gains, gains.shape[1] - number, axis=1)[:, -number:]
        return np.asarray(top.sum(axis=1))
    safe = np.maximum(prices, 1e-300)
    order = np.argsort(-gains / safe, axis=1, kind="stable")
    sorted_prices = prices[order]
    before = np.cumsum(sorted_prices, axis=1) - sorted_prices
    part = np.clip((limit + _CLOSE - before) / np.maximum(sorted_prices, 1e-300), 0, 1)
    return np.asarray((np.take_along_axis(gains, order, axis=1) * part).sum(axis=1))
