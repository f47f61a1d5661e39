"""The multiple-choice knapsack: one item of each part, the most gain for what they may cost.

Lagrangian relaxation of the budget gives a bound and, as in Dyer and Zemel, the answer of the
linear program; parts are then taken up one by one in the order of how little departing from that
answer loses (Pisinger's core), with states that are dominated or cannot win any more left out.
Unlike the table of ``mclp_islands.given_out`` it does not grow with the budget.

References
----------
Sinha and Zoltners (1979), "The multiple-choice knapsack problem", Operations Research 27. Dyer
(1984), "An O(n) algorithm for the multiple-choice knapsack linear program", Mathematical
Programming 29. Zemel (1984), "An O(n) algorithm for the linear multiple choice knapsack problem and
related problems", Information Processing Letters 18. Pisinger (1995), "A minimal algorithm for the
multiple-choice knapsack problem", European Journal of Operational Research 83.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_ROUNDING = 1e-12  # relative, of sums
_SHORT = 1e-3  # less than this below a whole number may be that number, with sums of 1e9 and more
_MOST_STATES = 20_000
_MOST_TANGENTS = 200  # some 10 are enough; beyond them rounding has the word


@dataclass(frozen=True, eq=False)
class Items:
    """The items of all parts, those of a part side by side.

    Attributes
    ----------
    starts
        Position of each part's first item, shape (parts,); ascending, every part has one.
    cost, gain
        Of each item, shape (items,); both strictly ascending within a part.
    """

    starts: np.ndarray
    cost: np.ndarray
    gain: np.ndarray

    @classmethod
    def of(cls, parts: Sequence[Sequence[tuple[float, float]]]) -> Items:
        """Return the items of parts that are lists of (cost, gain)."""
        sizes = np.array([len(pairs) for pairs in parts], np.int64)
        pairs = np.array([pair for pairs in parts for pair in pairs], float).reshape(-1, 2)
        cost, gain = np.ascontiguousarray(pairs.T)
        return cls(np.cumsum(sizes) - sizes, cost, gain)

    @property
    def part(self) -> np.ndarray:
        """Part of each item, shape (items,)."""
        sizes = np.diff(self.starts, append=len(self.cost))
        return np.repeat(np.arange(len(self.starts)), sizes)


@dataclass(frozen=True, eq=False)
class Choice:
    """One item of each part.

    Attributes
    ----------
    chosen
        Position of each part's item, shape (parts,).
    objective
        What they gain together, or what they cost where that is minimised.
    bound
        What no choice can beat.
    price
        What a little more cost would gain, per unit, were parts of items to be had.
    """

    chosen: np.ndarray
    objective: float
    bound: float
    price: float


def most_gain(items: Items, budget: float, *, most_states: int = _MOST_STATES) -> Choice | None:
    """Return one item of each part, so that they gain the most within a budget; None if none fit.

    maximise Σᵢⱼ gᵢⱼ xᵢⱼ subject to Σᵢⱼ cᵢⱼ xᵢⱼ ≤ B, Σⱼ xᵢⱼ = 1 for every part i, x binary.

    Parameters
    ----------
    items
        What there is to choose from.
    budget
        What the items may cost together.
    most_states
        States kept at a time; where more would be needed the least promising are left out, and the
        bound says so.

    Examples
    --------
    >>> items = Items.of([[(0, 0), (3, 5)], [(0, 0), (2, 4), (4, 6)]])
    >>> most_gain(items, 5)
    Choice(chosen=array([1, 3]), objective=9.0, bound=9.0, price=1.0)
    """
    if not len(items.starts):
        return Choice(np.empty(0, np.int64), 0.0, 0.0, 0.0) if budget >= 0 else None
    if items.cost[items.starts].sum() > budget:
        return None
    price, chosen = _relaxed(items, budget)
    return _Core(items, budget, price, chosen).searched(most_states)


def least_cost(items: Items, required: float, *, most_states: int = _MOST_STATES) -> Choice | None:
    """Return one item of each part, so that they cost the least and gain enough; None if none do.

    It is the choice that saves most, with a budget of gain to be forgone.

    Parameters
    ----------
    items, most_states
        See ``most_gain``.
    required
        What the items must gain together, but for the rounding of sums (1e-12 of it).

    Examples
    --------
    >>> items = Items.of([[(0, 0), (3, 5)], [(0, 0), (2, 4), (4, 6)]])
    >>> least_cost(items, 8)
    Choice(chosen=array([1, 3]), objective=5.0, bound=5.0, price=1.6666666666666667)
    """
    last = len(items.cost) - 1
    ends = np.append(items.starts, last + 1)[1:]
    turned = Items(last + 1 - ends[::-1], -items.gain[::-1], -items.cost[::-1])
    forgone = _ROUNDING * abs(required) - required
    found = most_gain(turned, forgone, most_states=most_states)
    if found is None:
        return None
    price = 1 / found.price if found.price else np.inf
    # 0 - x, not -x: nothing is to cost 0.0, not -0.0.
    return Choice(last - found.chosen[::-1], 0 - found.objective, 0 - found.bound, price)


def _best_at(items: Items, price: float) -> np.ndarray:
    """Return the item of each part that gains the most less its cost at a price; the cheapest."""
    worth = items.gain - price * items.cost
    best = np.maximum.reduceat(worth, items.starts)[items.part]
    places = np.where(worth == best, np.arange(len(worth)), len(worth))
    return np.minimum.reduceat(places, items.starts)


def _relaxed(items: Items, budget: float) -> tuple[float, np.ndarray]:
    """Return the price of budget at which the bound is least, and what fits of its best items.

    The bound is convex in the price: where the tangents from both sides meet is tried next, till
    that is on the bound itself.
    """
    dear = _best_at(items, 0.0)
    if items.cost[dear].sum() <= budget:
        return 0.0, dear
    fits, price = items.starts, 0.0
    for _ in range(_MOST_TANGENTS):
        more = items.gain[dear].sum() - items.gain[fits].sum()
        price = more / (items.cost[dear].sum() - items.cost[fits].sum())
        tried = _best_at(items, price)
        cost, gain = items.cost[tried].sum(), items.gain[tried].sum()
        above = gain - price * cost - (items.gain[fits].sum() - price * items.cost[fits].sum())
        if above <= _ROUNDING * abs(gain):
            break
        fits, dear = (tried, dear) if cost <= budget else (fits, tried)
    return float(price), fits


class _Core:
    """The states of the parts taken up so far, the others at the relaxed answer."""

    def __init__(self, items: Items, budget: float, price: float, chosen: np.ndarray) -> None:
        self.items, self.budget, self.price, self.chosen = items, budget, price, chosen
        part = items.part
        worth = items.gain - price * items.cost
        best = np.maximum.reduceat(worth, items.starts)
        self.bound = price * budget + best.sum()
        self.loss = best[part] - worth
        self.more = items.cost - items.cost[chosen][part]
        self.whole = bool((items.gain == np.floor(items.gain)).all())
        self.gain = float(items.gain[chosen].sum())

    def searched(self, most_states: int) -> Choice:
        """Return the best choice."""
        order, up, down = self._order()
        cost = np.array([self.items.cost[self.chosen].sum()], float)
        gain = np.array([self.gain])
        trail: list[tuple[np.ndarray, np.ndarray]] = []
        best: list[tuple[int, int]] = []
        left_out = -np.inf
        for k, part in enumerate(order.tolist()):
            places = self._alternatives(part)
            before = np.repeat(np.arange(len(cost)), len(places))
            item = np.tile(places, len(cost))
            cost = cost[before] + self.more[item]
            gain = gain[before] + self.items.gain[item] - self.items.gain[self.chosen[part]]
            room = self.budget - cost
            top = int(np.argmax(np.where(room >= 0, gain, -np.inf)))
            if room[top] >= 0 and gain[top] > self.gain:
                self.gain = float(gain[top])
                best = [(part, int(item[top])), *self._traced(order[:k], trail, int(before[top]))]
            slope = np.where(room >= 0, max(self.price - up[k + 1], 0.0), self.price + down[k + 1])
            reach = gain + np.where(room == 0, 0.0, room * slope)
            kept, lost = self._kept(cost, gain, reach, most_states)
            left_out = max(left_out, lost)
            if not len(kept):
                break
            cost, gain = cost[kept], gain[kept]
            trail.append((before[kept], item[kept]))
        chosen = self.chosen.copy()
        for part, place in best:
            chosen[part] = place
        return Choice(chosen, self.gain, self._held(left_out), self.price)

    def _kept(
        self, cost: np.ndarray, gain: np.ndarray, reach: np.ndarray, most_states: int
    ) -> tuple[np.ndarray, float]:
        """Return the states to go on with, and what those that had to be left out may reach.

        A state that another beats in cost and gain is of no use, nor one that cannot win.
        """
        kept = np.flatnonzero(self._wins(reach))
        kept = kept[np.lexsort((-gain[kept], cost[kept]))]
        kept = kept[np.diff(np.maximum.accumulate(gain[kept]), prepend=-np.inf) > 0]
        if len(kept) <= most_states:
            return kept, -np.inf
        ranked = kept[np.argsort(-reach[kept], kind="stable")]
        return np.sort(ranked[:most_states]), float(reach[ranked[most_states]])

    @staticmethod
    def _traced(
        order: np.ndarray, trail: list[tuple[np.ndarray, np.ndarray]], state: int
    ) -> list[tuple[int, int]]:
        """Return the items that led to a state, as (part, position)."""
        found = []
        for part, (before, item) in zip(order[::-1].tolist(), trail[::-1], strict=True):
            found.append((part, int(item[state])))
            state = int(before[state])
        return found

    def _order(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the parts in the order taken up, and what a unit of cost more and less loses.

        Of the parts from each place in the order on, at the least; infinite where none is left.
        """
        rate = np.full(len(self.loss), np.inf)
        other = self.more != 0
        rate[other] = self.loss[other] / np.abs(self.more[other])
        starts = self.items.starts
        up = np.minimum.reduceat(np.where(self.more > 0, rate, np.inf), starts)
        down = np.minimum.reduceat(np.where(self.more < 0, rate, np.inf), starts)
        order = np.argsort(np.minimum(up, down), kind="stable")

        def least_from(rates: np.ndarray) -> np.ndarray:
            return np.minimum.accumulate(np.append(rates[order], np.inf)[::-1])[::-1]

        return order, least_from(up), least_from(down)

    def _alternatives(self, part: int) -> np.ndarray:
        """Return the items of a part that may be in a choice better than the one known."""
        starts = self.items.starts
        end = starts[part + 1] if part + 1 < len(starts) else len(self.loss)
        places = np.arange(starts[part], end)
        wins = self._wins(self.bound - self.loss[places])
        return places[wins | (places == self.chosen[part])]

    def _wins(self, reach: np.ndarray) -> np.ndarray:
        """Return which bounds allow for more than the gain known."""
        if self.whole:
            return reach >= self.gain + 1 - _SHORT
        return reach > self.gain + _ROUNDING * abs(self.gain)

    def _held(self, left_out: float) -> float:
        """Return the bound that rounding cannot make too low."""
        if self.whole:
            return max(self.gain, float(np.floor(left_out + _SHORT)))
        bound = max(self.gain, left_out)
        return bound + _ROUNDING * abs(bound)
