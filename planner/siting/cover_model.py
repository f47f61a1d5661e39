"""Covering as linear functions of open sites and covered rows: for goals and limits of any mix.

Variables: x (free site open, whole) and y (distinct demand row covered), with yᵢ ≤ Σⱼ aᵢⱼ xⱼ and,
where a goal or a limit would rather leave a row uncovered that is within reach, yᵢ ≥ xⱼ too.
Functions that are not linear bring variables of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array, csr_array, eye_array, hstack, vstack

from planner.siting import mclp_program
from planner.siting.cover_program import limited
from planner.siting.presolve import Cover
from planner.siting.presolve_kernels import COVERED
from planner.siting.problem import CoverProblem
from planner.solver import Program

SLACK = 2e-9
"""Relative, of limits on sums of floating-point numbers. Just over the solver's own tolerance: a
limit that leaves a variable less room than that, but some, can lose solutions in its presolve."""
_APART = 1e-6  # of the largest value: values nearer than that count as one


@dataclass(frozen=True, eq=False)
class Linear:
    """A linear function ``constant + sites @ x + rows @ y``.

    Attributes
    ----------
    constant
        Its value where no site is new.
    sites, rows
        Coefficients of the free sites, and of the rows that they may cover.
    """

    constant: float
    sites: np.ndarray
    rows: np.ndarray

    def __add__(self, other: Linear) -> Linear:
        """Return the sum."""
        return Linear(
            self.constant + other.constant, self.sites + other.sites, self.rows + other.rows
        )

    def __mul__(self, factor: float) -> Linear:
        """Return a multiple."""
        return Linear(self.constant * factor, self.sites * factor, self.rows * factor)

    def __sub__(self, other: Linear) -> Linear:
        """Return the difference."""
        return self + other * -1.0

    @property
    def coefficients(self) -> np.ndarray:
        """Coefficients of x, then y."""
        return np.concatenate([self.sites, self.rows])

    @property
    def step(self) -> float:
        """What two different values differ by at the least; or what counts as apart."""
        used = np.abs(self.coefficients[self.coefficients != 0])
        whole = np.rint(used)
        if len(used) and (used == whole).all() and used.max() < 2**52:
            return float(np.gcd.reduce(whole.astype(np.int64)))
        return 2 * _APART * (float(used.sum()) or 1.0)


@dataclass(frozen=True, eq=False)
class Limit:
    """A linear function kept between two numbers.

    Attributes
    ----------
    of
        The function.
    lower, upper
        What it must not fall below, and not exceed.
    name
        What to call it where it stands in the way.
    """

    of: Linear
    lower: float = -np.inf
    upper: float = np.inf
    name: str = ""

    @property
    def shirks(self) -> bool:
        """Whether it would be easier to keep with rows left uncovered that are within reach."""
        low, high = np.isfinite(self.lower), np.isfinite(self.upper)
        return bool((low and (self.of.rows < 0).any()) or (high and (self.of.rows > 0).any()))


@dataclass(frozen=True, eq=False)
class Auxiliary:
    """Continuous variables z of a function that is not linear: what is least of them is its value.

    Attributes
    ----------
    cost
        Cost of each z in the goal.
    rows, lower, upper
        Rows ``lower <= rows @ (x, y, z) <= upper``.
    low, high
        Bounds of z.
    at
        What z is where x and y are known.
    exact
        Whether rows within reach may not be left uncovered.
    """

    cost: np.ndarray
    rows: csr_array
    lower: np.ndarray
    upper: np.ndarray
    low: np.ndarray
    high: np.ndarray
    at: Callable[[np.ndarray], np.ndarray]
    exact: bool = False


@dataclass(frozen=True, eq=False)
class Least:
    """The new sites (positions) for which a goal is least, its value, bound and proof."""

    new: np.ndarray
    value: float
    bound: float
    proven: bool


@dataclass(frozen=True, eq=False)
class CoverModel:
    """What is left to decide of a covering problem, and linear functions of it.

    Attributes
    ----------
    problem
        The problem; its choice limits the sites.
    cover
        Distinct rows over the free sites.
    group
        For each demand, then each further row, its row of ``cover``, or ``COVERED`` or
        ``UNREACHED``.
    """

    problem: CoverProblem
    cover: Cover
    group: np.ndarray

    @classmethod
    def of(cls, problem: CoverProblem, further: csr_array | None = None) -> CoverModel:
        """Return the model of a problem, and of further rows (× sites, bool) beside its demand."""
        if further is None:
            return cls(problem, *problem.open_rows())
        tall = csr_array(vstack([problem.reach, further], format="csr"), dtype=bool)
        weights = np.concatenate([problem.weights, np.zeros(further.shape[0])])
        return cls(problem, *replace(problem, reach=tall, weights=weights).open_rows())

    def covered(self, weights: np.ndarray, of: slice | None = None) -> Linear:
        """Return the weight covered, for a weight of each demand; or of each further row in it."""
        group = self.group[: len(weights)] if of is None else self.group[of]
        demands, sites = self.cover.shape
        left = group >= 0
        rows = np.bincount(group[left], weights[left], minlength=demands)
        return Linear(float(weights[group == COVERED].sum()), np.zeros(sites), rows)

    def cost(self, costs: np.ndarray | None = None) -> Linear:
        """Return what the new sites cost; their number where ``costs`` are ones."""
        own = self.cover.costs if costs is None else costs[self.cover.sites]
        return Linear(0.0, own, np.zeros(self.cover.shape[0]))

    @cached_property
    def _base(self) -> Program:
        return limited(mclp_program.program_of(self.cover), self.problem)

    @cached_property
    def _exact(self) -> csr_array:
        """Rows yᵢ - xⱼ ≥ 0 for every site in reach of every row."""
        demands, sites = self.cover.shape
        owner = np.repeat(np.arange(demands), np.diff(self.cover.row_ptr))
        pairs = np.arange(len(owner))
        shape = (len(owner), sites)
        opened = coo_array((np.ones(len(owner)), (pairs, self.cover.row_sites)), shape=shape)
        covered = csr_array(eye_array(demands))[owner]
        return csr_array(hstack([-opened, covered]))

    def least(
        self,
        goal: Linear,
        limits: Sequence[Limit] = (),
        *,
        auxiliary: Sequence[Auxiliary] = (),
        gap: float = 0.0,
        seed: int = 0,
        known: np.ndarray | None = None,
    ) -> Least | None:
        """Return the new sites for which a goal is least; None where the limits leave none.

        Parameters
        ----------
        goal, limits
            What is to be small, and what must hold beside the limits of the problem's choice.
        auxiliary
            What is to be small beside the goal, added to it.
        gap, seed
            See ``planner.solver.solve``.
        known
            New sites that keep the limits, to begin with.

        Raises
        ------
        OutOfTimeError
            If the time was up before any were found.
        """
        watch = self.problem.watch
        start = self._start(limits) if known is None else known
        found = watch.solve(
            self.program(goal, limits, auxiliary),
            gap=gap,
            seed=seed,
            start=None if start is None else self._with_auxiliary(auxiliary, start),
        )
        if found.status == "unknown":
            raise watch.nothing_found()
        if found.x is None:
            return None
        new = self.new_sites(found.x)
        value = self.worth(goal, auxiliary, new)
        # A start that is as good as the best, but for rounding, comes back as merely feasible.
        close = SLACK * max(abs(goal.constant), float(np.abs(goal.coefficients).sum()))
        for one in auxiliary:
            far = np.maximum(np.abs(one.low), np.abs(one.high))
            close += SLACK * max(1.0, float(np.abs(one.cost) @ far))
        proven = gap == 0 and (
            found.status == "optimal" or value <= goal.constant + found.bound + close
        )
        bound = value if proven else min(goal.constant + found.bound, value)
        return Least(new, value, bound, proven)

    def most_of_least(
        self,
        functions: Sequence[Linear],
        limits: Sequence[Limit] = (),
        *,
        known: Sequence[np.ndarray] = (),
        seed: int = 0,
    ) -> Least | None:
        """Return the new sites for which the least of some functions is largest, negated.

        Maximise t with f - t ≥ 0 for every function f. ``known`` are sets of new sites that keep
        the limits; the best of them is where the search begins.
        """
        slopes = np.array([one.coefficients for one in functions])
        constant = np.array([one.constant for one in functions])
        far = float((np.abs(constant) + np.abs(slopes).sum(axis=1)).max())
        least = Auxiliary(
            cost=np.array([-1.0]),
            rows=csr_array(hstack([csr_array(slopes), csr_array(-np.ones((len(functions), 1)))])),
            lower=-constant,
            upper=np.full(len(functions), np.inf),
            low=np.array([-far]),
            high=np.array([far]),
            at=lambda point: (constant + slopes @ point).min(keepdims=True),
        )
        best = max(
            known,
            key=lambda new: min(self.value(one, new) for one in functions),
            default=None,
        )
        return self.least(functions[0] * 0.0, limits, auxiliary=[least], seed=seed, known=best)

    def _with_auxiliary(self, auxiliary: Sequence[Auxiliary], new: np.ndarray) -> np.ndarray:
        point = self.point(new)
        return np.concatenate([point, *(one.at(point) for one in auxiliary)])

    def _start(self, limits: Sequence[Limit]) -> np.ndarray | None:
        """Return new sites to begin with, those that cover most first; None if limits break."""
        choice = self.problem.choice
        worth = (self.problem.weights @ csr_array(self.problem.reach, dtype=float))[choice.free]
        new = choice.admitted(choice.free[np.argsort(-worth, kind="stable")])
        return new if new is not None and self.keeps(limits, new) else None

    def program(
        self, goal: Linear, limits: Sequence[Limit], auxiliary: Sequence[Auxiliary] = ()
    ) -> Program:
        """Return the program that a goal, to be small, and limits make; over x, y, then z."""
        base = self._base
        shirks = bool((goal.rows > 0).any()) or any(limit.shirks for limit in limits)
        rows, lower, upper = [base.rows], [base.row_lower], [base.row_upper]
        if shirks or any(one.exact for one in auxiliary):
            count = self._exact.shape[0]
            rows.append(self._exact)
            lower.append(np.zeros(count))
            upper.append(np.full(count, np.inf))
        if limits:
            inside = np.array([limit.of.coefficients for limit in limits])
            constant = np.array([limit.of.constant for limit in limits])
            room = SLACK * np.maximum(np.abs(constant), np.abs(inside).sum(axis=1))
            rows.append(csr_array(inside))
            lower.append(np.array([limit.lower for limit in limits]) - constant - room)
            upper.append(np.array([limit.upper for limit in limits]) - constant + room)
        whole = csr_array(vstack(rows))
        for one in auxiliary:
            count, wide = len(one.cost), whole.shape[1]
            own = len(goal.coefficients)
            between = csr_array((one.rows.shape[0], wide - own))
            beside = hstack([one.rows[:, :own], between, one.rows[:, own:]])
            whole = csr_array(vstack([hstack([whole, csr_array((whole.shape[0], count))]), beside]))
            lower.append(one.lower)
            upper.append(one.upper)
        return Program(
            cost=np.concatenate([goal.coefficients, *(one.cost for one in auxiliary)]),
            rows=whole,
            row_lower=np.concatenate(lower),
            row_upper=np.concatenate(upper),
            lower=np.concatenate([base.lower, *(one.low for one in auxiliary)]),
            upper=np.concatenate([base.upper, *(one.high for one in auxiliary)]),
            integral=np.arange(whole.shape[1]) < self.cover.shape[1],
        )

    def point(self, new: np.ndarray) -> np.ndarray:
        """Return x and y of some new sites (positions)."""
        inside = np.isin(self.cover.sites, new).astype(float)
        return np.concatenate([inside, self.cover.matrix() @ inside > 0])

    def new_sites(self, x: np.ndarray) -> np.ndarray:
        """Return the positions of the new sites of a solution."""
        return self.cover.sites[x[: self.cover.shape[1]] > 0.5]

    def value(self, of: Linear, new: np.ndarray) -> float:
        """Return the value of a function where some sites (positions) are new."""
        return of.constant + float(of.coefficients @ self.point(new))

    def worth(self, goal: Linear, auxiliary: Sequence[Auxiliary], new: np.ndarray) -> float:
        """Return the value of a goal and what stands beside it where some sites are new."""
        point = self.point(new)
        beside = sum(float(one.cost @ one.at(point)) for one in auxiliary)
        return goal.constant + float(goal.coefficients @ point) + beside

    def keeps(self, limits: Sequence[Limit], new: np.ndarray) -> bool:
        """Return whether some new sites keep all limits, those of the choice too."""
        problem = self.problem
        if problem.choice.broken(np.union1d(problem.fixed, new)):
            return False
        for limit in limits:
            value, room = self.value(limit.of, new), 1e-9 * max(1.0, abs(limit.of.constant))
            if not limit.lower - room <= value <= limit.upper + room:
                return False
        return True
