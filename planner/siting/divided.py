"""One budget over many parts, such as counties, each of which has a frontier of its own.

What a part gains for each budget is known only where it was worked out. The best choice of one
known point of each part is an answer; the same choice among the least costs at which each bound
could be had bounds every answer. Both are multiple-choice knapsacks, and more of a frontier is
asked for only where the second promises more than is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from planner.errors import OutOfTimeError, SitingError
from planner.siting.inputs import Amount, amounts
from planner.siting.multiple_choice import Choice, Items, least_cost, most_gain
from planner.siting.result import CLOSE_ENOUGH, Status
from planner.siting.watch import Progress, Watch, relative_gap

_ROUNDING = 1e-9  # relative, of gains and bounds that others worked out
_PROVEN = 1e-11  # relative; less is the rounding of sums, and no resident of a billion
_GRID = (0.5, 1, 2)  # of a part's fair share: what is asked first
_FAIR = 0.25  # of what all parts can take, where no budget says what is fair
_AT_ONCE = 4  # promises of a part that are asked about in one round
_LEFT = 0.5  # of the gap asked for may stay with promises too small to ask about
_KEPT = -1  # a promise that nothing is left to ask about
_ROUNDS_UP = "the rounds given were up before optimality was proven"
_LOOSE = "the bounds of the points themselves allow for more"


@dataclass(frozen=True)
class FrontierPoint:
    """What a part gains within a budget.

    Attributes
    ----------
    part
        Number of the part, from 0.
    budget
        What it was given.
    cost
        What the best set found costs, at most the budget.
    gain
        What that set gains, such as residents covered.
    bound
        No set that costs the budget or less gains more.
    """

    part: int
    budget: int
    cost: int
    gain: float
    bound: float


_Promise = tuple[int, float, int]
"""Least cost in steps at which a part may gain so much, and where to ask whether it does."""
Evaluate = Callable[[list[tuple[int, int]]], Iterable[FrontierPoint]]


@dataclass(frozen=True, eq=False)
class Divided:
    """A budget divided over parts.

    Attributes
    ----------
    status
        ``optimal`` (proven), ``feasible`` (the best of what was worked out) or ``infeasible``.
    points
        The point chosen of each part, in the order of the parts; empty if infeasible.
    objective
        Gain of all parts where it is maximised, cost where that is minimised; NaN if infeasible.
    bound
        What no division can beat: at least the objective where it is maximised, at most where it is
        minimised.
    rounds
        How often points were asked for.
    evaluations
        How many points were asked for.
    message
        Why it is infeasible or unproven; empty if optimal.
    """

    status: Status
    points: tuple[FrontierPoint, ...]
    objective: float
    bound: float
    rounds: int
    evaluations: int
    message: str = ""

    @property
    def cost(self) -> int:
        """What all parts cost together."""
        return int(sum(point.cost for point in self.points))

    @property
    def gain(self) -> float:
        """What all parts gain together."""
        return float(np.sum([point.gain for point in self.points]))

    @property
    def gap(self) -> float:
        """How far the division may be from the best: |objective - bound| / |objective|."""
        return relative_gap(self.objective, self.bound)

    @property
    def table(self) -> pd.DataFrame:
        """A row per part: budget, cost, gain, bound."""
        columns = list(FrontierPoint.__annotations__)
        return pd.DataFrame([astuple(p) for p in self.points], columns=columns).set_index("part")


def divide_budget(
    ceilings: Amount,
    evaluate: Evaluate,
    *,
    budget: int,
    step: int = 1,
    gap: float = 0.0,
    rounds: int = 100,
    start: Iterable[FrontierPoint] = (),
    progress: Progress | None = None,
) -> Divided:
    """Divide a budget over parts so that they gain the most, working out few points of each.

    maximise Σᵢ fᵢ(bᵢ) subject to Σᵢ bᵢ ≤ B, where fᵢ(b) is the most that part i gains for b. Of fᵢ
    nothing is taken for granted but fᵢ(0) = 0 and that more money gains no less; it need not be
    concave. Where two budgets b < b' of a part are worked out and none between them, it gains for
    b + step up to b' at most the bound of b'.

    Parameters
    ----------
    ceilings
        Budget of each part above which it gains nothing more, shape (parts,), such as the cost of
        all its sites.
    evaluate
        Given (part, budget) pairs, returns a ``FrontierPoint`` for each, in any order; it may work
        them out side by side. Whatever else it knows it may return too, such as bounds of budgets
        that were not asked for (with cost and gain 0).
    budget
        What the parts may cost together, in the unit of the costs. For a number of sites each
        costs 1.
    step
        What divides the cost of every site, such as 10,000 yuan.
    gap
        Relative gap at which a division is good enough.
    rounds
        How often points are asked for at the most.
    start
        Points that are known already, such as those of an earlier run.
    progress
        Told objective and bound after each round.

    Raises
    ------
    SitingError
        If an argument or a point cannot be worked with.

    References
    ----------
    Sinha and Zoltners (1979), "The multiple-choice knapsack problem", Operations Research 27.
    Geoffrion (1970), "Primal resource-directive approaches for optimizing nonlinear decomposable
    systems", Operations Research 18.

    Examples
    --------
    >>> gains = [[0, 0, 5, 6], [0, 4, 4, 4]]
    >>> def evaluate(asked):
    ...     return [FrontierPoint(i, b, b, gains[i][b], gains[i][b]) for i, b in asked]
    >>> divided = divide_budget([3, 3], evaluate, budget=3)
    >>> divided.status, divided.gain, divided.table["cost"].tolist()
    ('optimal', 9.0, [2, 1])
    """
    if not 0 <= budget < np.inf:
        raise SitingError(f"budget is {budget}; give a finite number of 0 or more")
    frontiers = _Frontiers(ceilings, step, budget)
    steps = budget // step
    master = _Master(frontiers, lambda items: most_gain(items, steps), evaluate)
    fair = min(steps / max(sum(frontiers.tops), 1), 1.0)
    return master.divided(start, fair, gap, rounds, Watch(np.inf, progress))


def divide_target(
    ceilings: Amount,
    evaluate: Evaluate,
    *,
    required: float,
    step: int = 1,
    gap: float = 0.0,
    rounds: int = 100,
    start: Iterable[FrontierPoint] = (),
    progress: Progress | None = None,
) -> Divided:
    """Divide the least budget with which the parts gain what is required together.

    minimise Σᵢ bᵢ subject to Σᵢ fᵢ(bᵢ) ≥ R, the rest as in ``divide_budget``.

    Parameters
    ----------
    ceilings, evaluate, step, gap, rounds, start, progress
        See ``divide_budget``.
    required
        What the parts must gain together.

    Returns
    -------
    Divided
        ``infeasible`` where no budget is enough.

    Raises
    ------
    SitingError
        If an argument or a point cannot be worked with.
    OutOfTimeError
        If no points that gain enough are found, though the bounds allow for them.

    Examples
    --------
    >>> gains = [[0, 0, 5, 6], [0, 4, 4, 4]]
    >>> def evaluate(asked):
    ...     return [FrontierPoint(i, b, b, gains[i][b], gains[i][b]) for i, b in asked]
    >>> divided = divide_target([3, 3], evaluate, required=8)
    >>> divided.status, divided.cost, divided.gain
    ('optimal', 3, 9.0)
    """
    if not np.isfinite(required):
        raise SitingError(f"required is {required}; give a finite number")
    frontiers = _Frontiers(ceilings, step, np.inf)
    master = _Master(frontiers, lambda items: least_cost(items, required), evaluate, required)
    return master.divided(start, _FAIR, gap, rounds, Watch(np.inf, progress))


class _Frontiers:
    """What each part is known to gain, and what it may gain at best."""

    def __init__(self, ceilings: Amount, step: int, budget: float) -> None:
        if step < 1 or step != int(step):
            raise SitingError(f"step is {step}; give a whole number of 1 or more")
        self.step = int(step)
        most = amounts("ceilings", ceilings, pd.RangeIndex(np.size(ceilings)))
        self.tops = [int(top // step) for top in np.minimum(most, budget)]
        self.points = [[FrontierPoint(i, 0, 0, 0.0, 0.0)] for i in range(len(self.tops))]
        self.worked_out: list[set[int]] = [{0} for _ in self.tops]
        self.known = [list(points) for points in self.points]
        self.promises: list[list[_Promise]] = [[(0, 0.0, _KEPT)] for _ in self.tops]

    def learn(self, points: Iterable[FrontierPoint], asked: list[tuple[int, int]]) -> None:
        """Take in points, those asked for (part, steps) among them."""
        given = set()
        for point in points:
            self._check(point)
            given.add((point.part, point.budget // self.step))
            self.points[point.part].append(point)
            if point.cost:
                self.worked_out[point.part].add(point.budget // self.step)
        for part, steps in asked:
            if (part, steps) not in given:
                budget = steps * self.step
                raise SitingError(f"evaluate returned nothing for part {part}, budget {budget}")
            self.worked_out[part].add(steps)
        for part in sorted({part for part, _ in given}):
            self._settle(part)

    def _check(self, point: FrontierPoint) -> None:
        """Refuse a point that cannot be."""
        name = f"part {point.part}, budget {point.budget}:"
        if not 0 <= point.part < len(self.tops):
            raise SitingError(f"{name} there are {len(self.tops)} parts, numbered from 0")
        if not 0 <= point.cost <= point.budget or point.cost % self.step:
            raise SitingError(
                f"{name} the cost is {point.cost}; give a multiple of the step, {self.step}, up to "
                "the budget"
            )
        if not 0 <= point.gain <= point.bound * (1 + _ROUNDING) < np.inf:
            raise SitingError(
                f"{name} the gain is {point.gain}, the bound {point.bound}; give finite numbers, "
                "the gain from 0 to the bound"
            )

    def _settle(self, part: int) -> None:
        """Work out what a part is known to gain, and what it may gain."""
        points, step = self.points[part], self.step
        known: list[FrontierPoint] = []
        bounds: dict[int, float] = {}
        for point in sorted(points, key=lambda p: (p.cost, -p.gain, p.budget, p.bound)):
            if not known or point.gain > known[-1].gain:
                known.append(point)
            # A set that costs less than it may says something of its own cost too.
            for steps in (point.budget // step, point.cost // step):
                bounds[steps] = min(bounds.get(steps, np.inf), point.bound)
        budgets = sorted(bounds)
        for more, less in pairwise(budgets[::-1]):
            bounds[less] = min(bounds[less], bounds[more])
        for point in known:
            if point.gain > bounds[point.cost // step] * (1 + _ROUNDING):
                raise SitingError(
                    f"part {part}: {point.gain} is gained for {point.cost}, more than the bound of "
                    "a larger budget; give bounds that hold"
                )
        sure = {point.cost // step: point.gain for point in known}
        promises = [(0, 0.0, _KEPT)]
        for low, high in pairwise(budgets):
            if bounds[high] > promises[-1][1]:
                settled = high in self.worked_out[part] or sure.get(high, -1.0) >= bounds[high]
                ask = (low + high) // 2 if high - low > 1 else _KEPT if settled else high
                promises.append((low + 1, bounds[high], ask))
        self.known[part], self.promises[part] = known, promises

    def first(self, fair: float) -> list[tuple[int, int]]:
        """Return what to ask first: each part's ceiling, and a grid about its fair share."""
        asked = []
        for part, (top, points) in enumerate(zip(self.tops, self.points, strict=True)):
            if len(points) == 1:
                grid = (round(top * fair * times) for times in _GRID)
                asked += [(part, steps) for steps in sorted({*grid, top}) if 0 < steps <= top]
            elif max(point.budget for point in points) // self.step < top:
                asked.append((part, top))
        return asked

    def items(self) -> tuple[Items, Items, np.ndarray]:
        """Return what is known, what is promised, and where to ask about each promise, in steps."""
        known = [[(p.cost // self.step, p.gain) for p in points] for points in self.known]
        possible = [[promise[:2] for promise in promises] for promises in self.promises]
        ask = np.array([promise[2] for promises in self.promises for promise in promises], np.int64)
        return Items.of(known), Items.of(possible), ask


@dataclass(frozen=True, eq=False)
class _Master:
    """The search for a division.

    Attributes
    ----------
    frontiers
        What is known of the parts.
    choose
        The knapsack, cost in steps.
    evaluate
        Works out more.
    required
        What must be gained; None where the gain is maximised.
    """

    frontiers: _Frontiers
    choose: Callable[[Items], Choice | None]
    evaluate: Evaluate
    required: float | None = None

    def divided(
        self, start: Iterable[FrontierPoint], fair: float, gap: float, rounds: int, watch: Watch
    ) -> Divided:
        """Return the best division, once it is good enough or nothing is left to ask."""
        if rounds < 1:
            raise SitingError(f"rounds is {rounds}; give 1 or more")
        frontiers, done, evaluations = self.frontiers, 0, 0
        unit, sharper = (1, max) if self.required is None else (frontiers.step, min)
        frontiers.learn(start, [])
        asked = frontiers.first(fair)
        while True:
            if asked:
                pairs = [(part, steps * frontiers.step) for part, steps in asked]
                frontiers.learn(self.evaluate(pairs), asked)
                done, evaluations = done + 1, evaluations + len(asked)
            known, possible, ask = frontiers.items()
            best, most = self.choose(known), self.choose(possible)
            if most is None:
                return self._impossible(done, evaluations)
            off = np.inf
            if best is not None:
                objective, bound = best.objective * unit, most.bound * unit
                bound = sharper(objective, bound)
                off = relative_gap(objective, bound)
                watch.tell(objective, bound)
            reached = off <= max(gap, _PROVEN)
            asked = [] if reached else self._further(known, possible, ask, best, most, gap)
            if not asked or done >= rounds:
                break
        if best is None:
            raise OutOfTimeError(
                f"no points that gain {self.required:,g} were found, though their bounds allow for "
                f"it; {'give more rounds' if asked else 'work the points out for longer'}"
            )
        why = CLOSE_ENOUGH if reached else _ROUNDS_UP if asked else _LOOSE
        places = (best.chosen - known.starts).tolist()
        points = tuple(own[k] for own, k in zip(frontiers.known, places, strict=True))
        if off <= _PROVEN:
            return Divided("optimal", points, objective, bound, done, evaluations)
        return Divided("feasible", points, objective, bound, done, evaluations, why)

    def _impossible(self, done: int, evaluations: int) -> Divided:
        most = sum(promises[-1][1] for promises in self.frontiers.promises)
        message = f"all parts together gain {most:,g} at most, not {self.required:,g}; require less"
        return Divided("infeasible", (), np.nan, np.nan, done, evaluations, message)

    def _further(
        self, known: Items, possible: Items, ask: np.ndarray,
        best: Choice | None, most: Choice, gap: float,
    ) -> list[tuple[int, int]]:  # fmt: skip
        """Return what to ask next: where promises beat what is known.

        At any price of budget the whole is bounded by what each part's best promise is worth, gain
        less cost. So promises are asked about that are worth more than all that is known of their
        part, at the price at which the known points divide the budget; the price of the promises
        is too high at first, and falls slowly. Once so few promises are within the gap that is left
        that nothing is saved by a choice, all of these are.
        """
        price = most.price if best is None else best.price
        unit = 1.0 if self.required is None else price  # gain per unit of the objective
        part, parts = possible.part, len(possible.starts)
        certain = np.maximum.reduceat(known.gain - price * known.cost, known.starts)
        beats = possible.gain - price * possible.cost - certain[part]
        chosen = np.isin(np.arange(len(ask)), most.chosen)
        unkept = ask != _KEPT

        def pairs(wanted: np.ndarray) -> list[tuple[int, int]]:
            return list(zip(part[wanted].tolist(), ask[wanted].tolist(), strict=True))

        if best is not None:
            left = abs(most.bound - best.objective) * unit
            top = np.maximum.reduceat(beats, possible.starts)[part]
            near = unkept & ((top - beats <= left) | chosen)
            if near.sum() <= parts:
                return pairs(near)
        small = _LEFT * gap * most.bound * unit / parts
        large = np.flatnonzero(unkept & (beats > small))
        large = large[np.lexsort((-beats[large], part[large]))]
        rank = np.arange(len(large)) - np.searchsorted(part[large], part[large])
        return pairs(np.sort(large[rank < _AT_ONCE])) or pairs(unkept & chosen)
