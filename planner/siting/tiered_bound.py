"""Lower bounds for hierarchical p-medians: the Lagrangian dual of "served once", tier by tier.

With a price u for each demand at each tier the problem falls apart by sites: what site j is worth
as one of tier k is the sum of a₁ … aₖ, aₖ = Σᵢ min(0, wᵢₖ cᵢⱼₖ - uᵢₖ), and which sites are raised
to which tier is a matching of sites to few tiers. Money is relaxed at a price too. Every price
gives a bound (Narula, Ogbu and Samuelsson 1977, "An algorithm for the p-median problem",
Operations Research 25, for one tier); a subgradient search raises it.

Where referral starts at the facility, a site of tier 1 that refers to site l of tier 2 serves
demand at dᵢⱼ + s tⱼₗ. A price σⱼ for each site relaxes "refers to one site at most", so that what
l is worth at tier 2 is Σⱼ min(0, φⱼ(s tⱼₗ) + σⱼ), φⱼ(τ) = Σᵢ min(0, wᵢ (dᵢⱼ + τ) - uᵢ), and j at
tier 1 costs σⱼ. What tiers above the second add is taken at its least.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from planner.siting import tiered_bound_kernels as kernels
from planner.siting.tiered_choice import TierChoice
from planner.siting.tiered_kernels import choose
from planner.siting.tiered_problem import TieredProblem
from planner.siting.watch import Watch

DEFLECTION = 0.7
LEAST_STEP = 1e-4
_PATIENCE = 15
_SHRINK = 0.7
_PROGRESS = 1e-6
_SITE_SCALE = 0.5
_FIRST_PRICE = 1.2


class Pricing(Protocol):
    """What a vector of prices says of the sites."""

    price: np.ndarray
    constant: float

    def values(self) -> np.ndarray:
        """Return what each site adds as one of each tier alone, shape (sites, K)."""

    def slope(self, opened: np.ndarray) -> np.ndarray:
        """Return how the bound grows with each price where sites offer tiers (sites × K, bool)."""

    def move(self, way: np.ndarray) -> None:
        """Change the prices, within what makes sense."""

    def spare(self, price: np.ndarray, slack: float) -> np.ndarray:
        """Return the unit cost beyond which no answer that is better by the slack serves a row."""


@dataclass
class Ascent:
    """A subgradient search for the best prices.

    Attributes
    ----------
    choice
        Which sites may be raised.
    pricing
        The prices and what follows from them.
    sure
        Which sites offer which tier today.
    bound
        The best bound so far.
    best
        Its prices.
    raised
        Tier that each site was raised to at the best bound, 0 for none.
    """

    choice: TierChoice
    pricing: Pricing
    sure: np.ndarray
    bound: float = -np.inf
    best: np.ndarray = field(init=False)
    raised: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.best = self.pricing.price.copy()
        self.raised = np.zeros(len(self.choice.now), np.int64)
        tiers = np.arange(1, self.choice.tiers + 1)
        self._open_to = (tiers > self.choice.now[:, None]) & (
            tiers <= self.choice.highest[:, None]
        )
        limits = np.append(self.choice.purses, self.choice.budget)
        self._limited = np.flatnonzero(np.isfinite(limits))
        self._limits = limits[self._limited]
        self._money = np.zeros(len(self._limited))
        self._best_money = self._money
        self._most = np.minimum(self.choice.most, len(self.choice.now)).astype(np.int64)

    def climb(self, value: float, steps: int, watch: Watch) -> None:
        """Take some steps towards the value of the best answer known."""
        if len(self._limits):
            self._money = np.full(len(self._limits), 0.3 * value) / np.maximum(self._limits, 1e-9)
        length, waited, way = 1.0, 0, np.zeros(len(self.pricing.price))
        learning = 0.3
        for _ in range(steps):
            bound, raised, values = self.at()
            if bound > self.bound:
                waited = 0 if bound > self.bound + _PROGRESS * abs(value) else waited + 1
                self.bound, self.best = bound, self.pricing.price.copy()
                self.raised, self._best_money = raised, self._money.copy()
            else:
                waited += 1
            if self.bound >= value * (1 - 1e-9) or length < LEAST_STEP or watch.up:
                break
            if waited >= _PATIENCE:
                length, waited, learning = length * _SHRINK, 0, learning * _SHRINK
            levels = np.maximum(raised, self.choice.now)
            opened = levels[:, None] >= np.arange(1, self.choice.tiers + 1)
            slope = self.pricing.slope(opened)
            way = slope + DEFLECTION * way
            size = float(way @ way)
            if not size:
                break
            self.pricing.move(way * (length * max(value - bound, 1e-9 * abs(value)) / size))
            self._reprice(levels, learning)

    def _reprice(self, levels: np.ndarray, learning: float) -> None:
        spent = self.choice.spent(levels)
        used = np.append(spent, spent.sum())[self._limited]
        over = np.clip(used / np.maximum(self._limits, 1e-9) - 1, -1, 1)
        self._money = self._money * np.exp(learning * over)

    def at(self) -> tuple[float, np.ndarray, np.ndarray]:
        """Return the bound of the prices now, the tiers that make it, and the values behind it."""
        alone = self.pricing.values()
        fixed = float(alone[self.sure].sum())
        values = np.cumsum(np.where(self._open_to, alone, 0.0), axis=1)
        for limit, rate in zip(self._limited, self._money, strict=True):
            if limit < self.choice.tiers:
                values[:, limit] += rate * self.choice.costs[:, limit]
            else:
                values += rate * self.choice.costs
        values[~self._open_to] = np.inf
        raised = choose(values, self._most)
        at = np.flatnonzero(raised)
        bound = self.pricing.constant + fixed + float(values[at, raised[at] - 1].sum())
        return bound - float(self._money @ self._limits), raised, values

    def allowed(self, value: float) -> np.ndarray:
        """Return which steps (see ``TierChoice.steps``) an answer better than a value may take."""
        kept = self.pricing.price.copy(), self._money
        self.pricing.move(self.best - kept[0])
        self._money = self._best_money
        bound, raised, values = self.at()
        prices = _matching_prices(values, raised, self._most)
        worth = values + np.where(self._most > 0, prices, np.inf)
        own = np.minimum(worth.min(axis=1), 0.0)
        # What a site adds if it is raised to this tier or a higher one.
        least = np.minimum.accumulate(worth[:, ::-1], axis=1)[:, ::-1]
        site, tier = self.choice.steps
        adds = least[site, tier - 1] - own[site]
        return np.asarray(bound + adds < value * (1 - 1e-9) + 1e-12)


def _matching_prices(values: np.ndarray, raised: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Return the dual prices of the numbers in a best matching: shortest paths between tiers."""
    tiers = values.shape[1]
    wide = np.concatenate([np.zeros((len(values), 1)), values], axis=1)
    step = np.full((tiers + 1, tiers + 1), np.inf)
    for tier in range(tiers + 1):
        inside = wide[raised == tier]
        if len(inside):
            step[:, tier] = (inside - inside[:, [tier]]).min(axis=0)
    counts = np.bincount(raised, minlength=tiers + 1)[1:]
    step[1:, 0] = np.minimum(step[1:, 0], 0.0)
    step[0, 1:] = np.where(counts < most, np.minimum(step[0, 1:], 0.0), step[0, 1:])
    price = np.full(tiers + 1, np.inf)
    price[0] = 0.0
    for _ in range(tiers + 1):
        price = np.minimum(price, (price[:, None] + step).min(axis=0))
    price[0] = 0.0
    return np.asarray(np.where(np.isfinite(price[1:]), np.maximum(price[1:], 0.0), 0.0))


class Home:
    """Prices where referral starts at home: one for each demand at each tier."""

    def __init__(self, problem: TieredProblem, levels: np.ndarray) -> None:
        """Begin with prices that the tiers of a known answer suggest."""
        demands = len(problem.demand_ids)
        self.shape, self.demands = problem.sure.shape, demands
        now = problem.serve(problem.choice.now)
        parts = []
        for k, near in enumerate(problem.near):
            rows = near.rows
            keep = (near.cost < now.legs[rows, k]) & ~problem.sure[near.sites, k]
            parts.append(near.kept(keep))
        self.weights = problem.flows[:, : problem.depth].T.ravel().copy()
        ends = np.cumsum([0, *(len(part.cost) for part in parts)])
        self.starts = np.concatenate(
            [[0], *(part.starts[1:] + end for part, end in zip(parts, ends, strict=False))]
        ).astype(np.int64)
        self.sites = np.concatenate([part.sites for part in parts])
        rows = np.repeat(np.arange(len(self.weights)), np.diff(self.starts))
        self.cost = np.concatenate([part.cost for part in parts]) * self.weights[rows]
        otherwise = now.legs[:, : problem.depth].T.ravel()
        last = np.zeros(len(self.weights))
        some = np.diff(self.starts) > 0
        last[some] = self.cost[self.starts[1:][some] - 1]
        # A price above all costs says no more than one just above them.
        with np.errstate(invalid="ignore"):
            paid = np.where(np.isfinite(otherwise), self.weights * otherwise, 2 * last + 1)
        self.most = np.where(self.weights > 0, paid, 0.0)
        first = kernels.second_costs(self.starts, self.sites, self.cost, levels, demands)
        self.price = np.minimum(np.where(np.isfinite(first), first, self.most), self.most)

    @property
    def constant(self) -> float:
        """Sum of the prices."""
        return float(self.price.sum())

    def values(self) -> np.ndarray:
        """Return what each site adds as one of each tier alone, shape (sites, K)."""
        return kernels.home_values(
            self.starts, self.sites, self.cost, self.price, self.demands, *self.shape
        )

    def slope(self, opened: np.ndarray) -> np.ndarray:
        """Return 1 less how often each demand is served at each tier."""
        return kernels.home_slope(
            self.starts, self.sites, self.cost, self.price, self.demands, opened
        )

    def move(self, way: np.ndarray) -> None:
        """Change the prices, not below 0 and not above what serving costs anyway."""
        self.price = np.clip(self.price + way, 0.0, self.most)

    def spare(self, price: np.ndarray, slack: float) -> np.ndarray:
        """Return the unit cost beyond which no answer that is better by the slack serves a row."""
        with np.errstate(divide="ignore"):
            return np.where(self.weights > 0, (price + slack) / self.weights, np.inf) * (1 + 1e-9)


class Chains:
    """Prices where referral starts at the facility: one for each demand, one for each site."""

    def __init__(self, problem: TieredProblem, levels: np.ndarray) -> None:
        """Begin with prices that the tiers of a known answer suggest."""
        assert problem.links is not None
        choice, near = problem.choice, problem.near[0]
        self.tiers, count = choice.tiers, len(choice.now)
        ahead, _ = problem.onward(problem.able)
        self.ways = problem.shares[0] * (problem.links[0] + ahead[:, 1])
        self.ways[:, ~problem.able[:, 1]] = np.inf
        self.least = self.ways.min(axis=1)
        now, best = self._totals(problem, choice.now), self._totals(problem, levels)
        rows = near.rows
        keep = (near.cost + self.least[near.sites] < now[rows]) & (problem.weights[rows] > 0)
        order = np.flatnonzero(keep)
        order = order[np.argsort(near.sites[order], kind="stable")]
        self.rows, self.cost = rows[order], near.cost[order]
        counts = np.bincount(near.sites[order], minlength=count)
        self.starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.weights = problem.weights.copy()
        far = 2 * near.cost.max(initial=0.0) + self.least[np.isfinite(self.least)].max(initial=0.0)
        self.most = self.weights * np.where(np.isfinite(now), now, far + 1)
        self.demands = len(self.weights)
        # A site's price is of the order of what its rows pay together.
        self.scale = max(self.demands / max(int((levels > 0).sum()), 1), 1.0) ** _SITE_SCALE
        price = np.minimum(self.weights * _FIRST_PRICE * best, self.most)
        self.price = np.concatenate([price, np.zeros(count)])
        self.price[self.demands :] = self._first_charges(problem, levels) / self.scale

    def _totals(self, problem: TieredProblem, levels: np.ndarray) -> np.ndarray:
        legs = problem.serve(levels).legs[:, : problem.depth]
        passed = np.concatenate([[1.0], np.cumprod(problem.shares)])[: problem.depth]
        return np.asarray((legs * passed).sum(axis=1))

    def _first_charges(self, problem: TieredProblem, levels: np.ndarray) -> np.ndarray:
        """Return what each site saves if it refers to the best site of a known answer."""
        there = np.where(levels >= 2, 0.0, np.inf)
        way = (self.ways + there).min(axis=1)
        sites = np.repeat(np.arange(len(way)), np.diff(self.starts))
        paid = self.price[self.rows]
        saved = paid - self.weights[self.rows] * (self.cost + way[sites])
        return np.bincount(sites, np.maximum(saved, 0.0), minlength=len(way))

    @property
    def constant(self) -> float:
        """Sum of the prices of the demand."""
        return float(self.price[: self.demands].sum())

    @property
    def _parts(self) -> tuple[np.ndarray, ...]:
        price, charge = self.price[: self.demands], self.price[self.demands :] * self.scale
        arrays = self.starts, self.rows, self.cost, self.weights, price, charge
        return *arrays, self.ways, self.least

    def values(self) -> np.ndarray:
        """Return what each site adds as one of each tier alone, shape (sites, K)."""
        return kernels.chain_values(*self._parts, self.tiers)

    def slope(self, opened: np.ndarray) -> np.ndarray:
        """Return 1 less how often each demand is served; how often each site refers too often."""
        served, used = kernels.chain_slope(*self._parts, opened)
        return np.concatenate([served, used * self.scale])

    def move(self, way: np.ndarray) -> None:
        """Change the prices, not below 0 and not above what serving costs anyway."""
        self.price = np.maximum(self.price + way, 0.0)
        self.price[: self.demands] = np.minimum(self.price[: self.demands], self.most)

    def spare(self, price: np.ndarray, slack: float) -> np.ndarray:
        """Return the unit cost beyond which no answer that is better by the slack serves a row."""
        paid = price[: self.demands] + slack
        with np.errstate(divide="ignore"):
            return np.where(self.weights > 0, paid / self.weights, np.inf) * (1 + 1e-9)


def pricing_of(problem: TieredProblem, levels: np.ndarray) -> Pricing:
    """Return the prices of a problem to begin with, from the tiers of a known answer."""
    if problem.links is None or problem.depth == 1:
        return Home(problem, levels)
    return Chains(problem, levels)
