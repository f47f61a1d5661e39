"""Lower bounds for hierarchical p-medians: the Lagrangian dual of "served once", tier by tier.

With a price u for each demand at each tier the problem falls apart by sites: what site j is worth
as one of tier k is the sum of v₁ … vₖ, vₖ = Σᵢ min(0, wᵢₖ cᵢⱼₖ - uᵢₖ), and which sites are raised
to which tier is a matching of sites to few tiers. Money is relaxed at a price too. Every price
gives a bound (Narula, Ogbu and Samuelsson 1977, "An algorithm for the p-median problem",
Operations Research 25, for one tier); a subgradient search raises it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from planner.siting import tiered_kernels as kernels
from planner.siting.tiered_choice import TierChoice
from planner.siting.tiered_problem import Sorted
from planner.siting.watch import Watch

DEFLECTION = 0.7
LEAST_STEP = 1e-4
_PATIENCE = 15
_SHRINK = 0.7
_PROGRESS = 1e-6
_LEARNING = 0.3  # of the prices of money


class Pricing(Protocol):
    """Prices, the bound that they make site by site, and how it grows."""

    price: np.ndarray

    @property
    def constant(self) -> float:
        """What the bound is where no site is raised."""
        ...

    def values(self) -> np.ndarray:
        """Return what each site adds as one of each tier alone, shape (sites, K)."""
        ...

    def slope(self, opened: np.ndarray) -> np.ndarray:
        """Return how the bound grows with each price where some sites offer some tiers."""
        ...

    def move(self, way: np.ndarray) -> None:
        """Change the prices."""
        ...

    def spare(self, price: np.ndarray, slack: float) -> np.ndarray:
        """Return the unit cost beyond which no answer that is better by a slack serves a row."""
        ...


@dataclass
class Ascent:
    """A subgradient search for the best prices.

    Attributes
    ----------
    choice
        Which sites may be raised.
    pricing
        The prices and what follows from them.
    length
        Of a step, as a share of Polyak's.
    money
        Price of each sum of money that is limited, a yuan or whatever costs are in; None to begin.
    bound
        The best bound so far.
    best, best_money
        Its prices, and those of money.
    """

    choice: TierChoice
    pricing: Pricing
    length: float = 1.0
    money: np.ndarray | None = None
    bound: float = -np.inf
    best: np.ndarray = field(init=False)
    best_money: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.best = self.pricing.price.copy()
        tiers = np.arange(1, self.choice.tiers + 1)
        self._open_to = (tiers > self.choice.now[:, None]) & (tiers <= self.choice.highest[:, None])
        limits = np.append(self.choice.purses, self.choice.budget)
        self._limited = np.flatnonzero(np.isfinite(limits))
        self._limits = limits[self._limited]
        self._money = np.zeros(len(self._limited)) if self.money is None else self.money
        self.best_money = self._money
        self._most = np.minimum(self.choice.most, len(self.choice.now)).astype(np.int64)

    def climb(self, value: float, steps: int, watch: Watch) -> None:
        """Take some steps towards the value of the best answer known."""
        if self.money is None and len(self._limits):
            self._money = np.full(len(self._limits), 0.3 * value) / np.maximum(self._limits, 1e-9)
        waited, way = 0, np.zeros(len(self.pricing.price))
        for _ in range(steps):
            bound, raised, _values = self.at()
            waited += 1
            if bound > self.bound:
                waited = 0 if bound > self.bound + _PROGRESS * abs(value) else waited
                self.bound, self.best = bound, self.pricing.price.copy()
                self.best_money = self._money.copy()
            if self.over(value) or watch.up:
                break
            if waited >= _PATIENCE:
                self.length, waited = self.length * _SHRINK, 0
            levels = np.maximum(raised, self.choice.now)
            opened = levels[:, None] >= np.arange(1, self.choice.tiers + 1)
            way *= DEFLECTION
            way += self.pricing.slope(opened)
            size = float(np.square(way).sum())  # BLAS starts threads for it, and waits
            if not size:
                break
            self.pricing.move(way * (self.length * max(value - bound, 1e-9 * abs(value)) / size))
            self._reprice(levels)

    def over(self, value: float) -> bool:
        """Return whether the bound reaches an answer's value, or steps are too small to matter."""
        return self.bound >= value * (1 - 1e-9) or self.length < LEAST_STEP

    def _reprice(self, levels: np.ndarray) -> None:
        spent = self.choice.spent(levels)
        used = np.append(spent, spent.sum())[self._limited]
        over = np.clip(used / np.maximum(self._limits, 1e-9) - 1, -1, 1)
        self._money = self._money * np.exp(_LEARNING * self.length * over)

    def at(self) -> tuple[float, np.ndarray, np.ndarray]:
        """Return the bound of the prices now, the tiers that make it, and the values behind it."""
        alone = self.pricing.values()
        values = np.cumsum(np.where(self._open_to, alone, 0.0), axis=1)
        for limit, rate in zip(self._limited, self._money, strict=True):
            if limit < self.choice.tiers:
                values[:, limit] += rate * self.choice.costs[:, limit]
            else:
                values += rate * self.choice.costs
        values[~self._open_to] = np.inf
        raised = kernels.choose(values, self._most)
        at = np.flatnonzero(raised)
        bound = self.pricing.constant + float(values[at, raised[at] - 1].sum())
        return bound - float(self._money @ self._limits), raised, values

    def allowed(self, value: float) -> np.ndarray:
        """Return which steps (see ``TierChoice.steps``) an answer better than a value may take."""
        kept = self.pricing.price.copy(), self._money
        self.pricing.move(self.best - kept[0])
        self._money = self.best_money
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


class Prices:
    """A price for each row: a demand at a tier; rows are tier after tier all demands."""

    def __init__(
        self,
        choice: TierChoice,
        near: Sequence[Sorted],
        weights: np.ndarray,
        levels: np.ndarray,
        price: np.ndarray | None = None,
    ) -> None:
        """Begin with given prices, or what the second nearest site of a known answer costs.

        Parameters
        ----------
        choice
            Which sites may be raised.
        near
            Usable sites of each demand, nearest first, for each tier.
        weights
            Weight of each row.
        levels
            Tier of each site in the answer.
        price
            To begin with.
        """
        self.shape, self.demands = choice.costs.shape, len(near[0].starts) - 1
        self.weights = weights
        nothing, parts, otherwise = np.zeros(len(levels)), [], []
        for k, part in enumerate(near, start=1):
            sure = choice.now >= k
            now = kernels.serve(part.starts, part.sites, part.cost, sure, nothing)[1]
            parts.append(part.kept((part.cost < now[part.rows]) & ~sure[part.sites]))
            otherwise.append(now)
        ends = np.cumsum([0, *(len(part.cost) for part in parts)])
        starts = [part.starts[1:] + end for part, end in zip(parts, ends, strict=False)]
        self.starts = np.concatenate([[0], *starts]).astype(np.int64)
        self.sites = np.concatenate([part.sites for part in parts])
        rows = np.repeat(np.arange(len(weights)), np.diff(self.starts))
        self.cost = np.concatenate([part.cost for part in parts]) * weights[rows]
        some, last = np.diff(self.starts) > 0, np.zeros(len(weights))
        last[some] = self.cost[self.starts[1:][some] - 1]
        # A price above all costs says no more than one just above them.
        paid = np.concatenate(otherwise)
        paid = np.where(np.isfinite(paid), weights * np.where(np.isfinite(paid), paid, 0), np.inf)
        self.most = np.where(weights > 0, np.minimum(paid, 2 * last + 1), 0.0)
        self.most = np.where(np.isfinite(paid) & (weights > 0), paid, self.most)
        if price is None:
            price = kernels.second_costs(self.starts, self.sites, self.cost, levels, self.demands)
        self.price = np.minimum(price, self.most)

    @property
    def constant(self) -> float:
        """What the bound is without any site."""
        return float(self.price.sum())

    def values(self) -> np.ndarray:
        """Return what each site adds as one of each tier alone, shape (sites, K)."""
        return kernels.values(
            self.starts, self.sites, self.cost, self.price, self.demands, *self.shape
        )

    def slope(self, opened: np.ndarray) -> np.ndarray:
        """Return how the bound grows with each price: 1 less how often the row is served."""
        return kernels.slope(self.starts, self.sites, self.cost, self.price, self.demands, opened)

    def move(self, way: np.ndarray) -> None:
        """Change the prices, not below 0 and not above what serving costs anyway."""
        self.price = np.clip(self.price + way, 0.0, self.most)

    def spare(self, price: np.ndarray, slack: float) -> np.ndarray:
        """Return the unit cost beyond which no answer that is better by a slack serves a row."""
        with np.errstate(divide="ignore", invalid="ignore"):
            spare = (price + slack) / self.weights * (1 + 1e-9)
        return np.where(self.weights > 0, spare, np.inf)
