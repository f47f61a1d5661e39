"""p-center without a matrix: solved for some demands, to which the worst served are added.

Fewer demands can only be kept nearer, so that what is proven for some is a bound for all; and sites
that keep all demand as near as some must be kept are proven best. So only the pairs of some demands
with the sites near them are ever held.

Chen and Chen (2009), "New relaxation-based algorithms for the optimal solution of the continuous
and discrete p-center problems", Computers & Operations Research 36; Contardo, Iori and Kramer
(2019), "A scalable exact algorithm for the vertex p-center problem", ibid. 103. The first answer:
Gonzalez (1985), "Clustering to minimize the maximum intercluster distance", Theoretical Computer
Science 38.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.siting.center_bisection import Bisection
from planner.siting.median_problem import MedianProblem
from planner.siting.on_demand import OnDemand
from planner.siting.watch import Watch, relative_gap

_MOST_ENTRIES = 40_000_000
_FIRST_ROWS = 50
_FIRST_ROWS_PER_SITE = 4
_QUICK_ROUNDS = 10
_ROUNDING = 1e-12
_SPARE = 1e-9


@dataclass(frozen=True, eq=False)
class Found:
    """What a search for the least radius came to.

    Attributes
    ----------
    chosen
        Positions of the best sites among the free ones; None if there are none.
    bound
        No sites keep all demand nearer.
    proven
        Whether nothing is better than ``chosen``.
    stopped
        Whether it ended before this was known.
    left_out
        Demand (positions) that cannot be served where there are no sites.
    """

    chosen: np.ndarray | None
    bound: float
    proven: bool
    stopped: bool
    left_out: np.ndarray

    @classmethod
    def of(cls, bisection: Bisection) -> Found:
        """Return what a bisection over all demand found."""
        impossible = bisection.chosen is None and not bisection.stopped
        return cls(
            chosen=bisection.chosen,
            bound=bisection.bound,
            proven=bisection.chosen is not None and bisection.low == bisection.high,
            stopped=bisection.stopped,
            left_out=bisection.left_out() if impossible else np.empty(0, np.int64),
        )


def weighted_already(problem: MedianProblem) -> np.ndarray:
    """Return the weighted cost of each demand to the nearest fixed site; infinite without one."""
    assigned, costs = problem.serve(problem.choice.fixed)
    return _weighted(problem, assigned, costs)


def _weighted(problem: MedianProblem, assigned: np.ndarray, costs: np.ndarray) -> np.ndarray:
    served = assigned >= 0
    return np.where(served, problem.weights * np.where(served, costs, 0), np.inf)


class CenterByRows:
    """A p-center problem on costs that no matrix holds, being solved.

    Parameters
    ----------
    problem, costs
        The problem, and its costs.
    watch, gap, seed
        When to stop, and the seed of the solver.
    """

    def __init__(
        self, problem: MedianProblem, costs: OnDemand, watch: Watch, gap: float, seed: int
    ) -> None:
        self.problem, self.costs = problem, costs
        self.watch, self.gap, self.seed = watch, gap, seed
        self.already = weighted_already(problem)
        self.chosen: np.ndarray | None = None
        self.value, self.bound = np.inf, 0.0
        self.served = np.empty(0)
        self.by = np.empty(0, np.int64)

    def run(self) -> Found:
        """Add rows until the answer for them is one for all, or the time is up."""
        rounds = 0
        try:
            self._begin()
            rows = self._first_rows()
            while True:
                found = self._bisect(rows, exactly=rounds >= _QUICK_ROUNDS or self.chosen is None)
                rounds += 1
                if found is None:
                    return self._ended(stopped=True)
                if found.chosen is None and not found.stopped:
                    return self._ended(stopped=False, left_out=rows[found.left_out()])
                self._raise(found.bound)
                if found.chosen is not None:
                    self._offer(found.chosen)
                if self._enough or found.stopped or self.watch.up:
                    return self._ended(stopped=True)
                worst = self._worst(float(found.radii[found.high]))
                more = np.union1d(rows, worst)
                if len(more) == len(rows) and rounds < _QUICK_ROUNDS:
                    rounds = _QUICK_ROUNDS
                rows = more
        except KeyboardInterrupt:
            return self._ended(stopped=True)

    @property
    def _proven(self) -> bool:
        return self.chosen is not None and self.value <= self.bound * (1 + _ROUNDING)

    @property
    def _enough(self) -> bool:
        return self._proven or relative_gap(self.value, self.bound) <= self.gap

    def _ended(self, *, stopped: bool, left_out: np.ndarray | None = None) -> Found:
        nothing = np.empty(0, np.int64)
        return Found(
            self.chosen,
            self.bound,
            self._proven,
            stopped,
            nothing if left_out is None else left_out,
        )

    def _begin(self) -> None:
        """Take sites to begin with: the nearest to the worst served, or what the rules admit."""
        problem = self.problem
        choice = problem.choice
        if not choice.only_number:
            admitted = choice.admitted(choice.free)
            if admitted is not None:
                self._offer(np.searchsorted(choice.free, admitted))
            return
        step = max(len(problem.weights) * problem.p // self.costs.quick_costs, 1)
        rows = np.arange(0, len(problem.weights), step)
        served = self.already[rows]
        new: list[int] = []
        while len(new) < problem.p and served.max(initial=0.0) > 0:
            row = self.costs.row(int(rows[served.argmax()]), choice.free)
            nearest = int(row.argmin())
            if not np.isfinite(row[nearest]) or nearest in new:
                break
            new.append(nearest)
            costs = self.costs.column(rows, int(choice.free[nearest]))
            served = np.minimum(served, _times(problem.weights[rows], costs))
        self._offer(np.unique(np.array(new, np.int64)))

    def _first_rows(self) -> np.ndarray:
        """Return some rows evenly from all, and those that the first answer serves worst."""
        weighty = np.flatnonzero(self.problem.weights > 0)
        among = weighty if len(weighty) else np.arange(len(self.problem.weights))
        if self.chosen is None:
            return among[:: -(-len(among) // _FIRST_ROWS)]
        count = max(_FIRST_ROWS, _FIRST_ROWS_PER_SITE * self.problem.p)
        return np.union1d(among[:: -(-len(among) // count)], self._worst(self.bound))

    def _offer(self, new: np.ndarray) -> None:
        """Take some free sites if they are the best so far; note whom they serve how."""
        choice = self.problem.choice
        sites = np.union1d(choice.fixed, choice.free[new])
        self.by, costs = self.problem.serve(sites)
        self.served = _weighted(self.problem, self.by, costs)
        worst = float(self.served.max(initial=0.0))
        if worst < self.value:
            self.value, self.chosen = worst, new
            self.watch.tell(self.value, self.bound)

    def _raise(self, bound: float) -> None:
        if bound > self.bound:
            self.bound = min(bound, self.value)
            if self.chosen is not None:
                self.watch.tell(self.value, self.bound)

    def _worst(self, radius: float) -> np.ndarray:
        """Return of each site last tried the demand it serves worst, if beyond a radius."""
        beyond = np.flatnonzero(self.served > radius * (1 + _ROUNDING))
        order = beyond[np.argsort(-self.served[beyond], kind="stable")]
        _, first = np.unique(self.by[order], return_index=True)
        return np.sort(order[first])

    def _bisect(self, rows: np.ndarray, *, exactly: bool) -> Bisection | None:
        """Return the least radius for some rows; None if their pairs are too many to hold."""
        choice = self.problem.choice
        weights = self.problem.weights[rows]
        limits = np.full(len(rows), np.inf)
        np.divide(self.value * (1 + _SPARE), weights, out=limits, where=weights > 0)
        near = self.costs.near(rows, choice.free, limits, _MOST_ENTRIES)
        if near is None:
            return None
        owner = np.repeat(np.arange(len(rows), dtype=np.int32), np.diff(near.indptr))
        bisection = Bisection(
            choice,
            owner,
            near.indices,
            near.data * weights[owner],
            self.already[rows],
            self.watch.quiet(),
            self.gap,
            self.seed,
            self.bound,
        )
        if self.chosen is not None:
            bisection.take(self.chosen)
        if exactly:
            bisection.run()
        else:
            bisection.lower()
            bisection.rule_out()
        return bisection


def _times(weights: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Return weighted costs; infinite where a site cannot serve, whatever the weight."""
    finite = np.isfinite(costs)
    return np.where(finite, weights * np.where(finite, costs, 0), np.inf)
