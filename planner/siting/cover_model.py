"""Covering as linear functions of open sites and covered rows: for goals and limits of any mix.

Variables: x (free site open, whole) and y (distinct demand row covered), with yᵢ ≤ Σⱼ aᵢⱼ xⱼ and,
where a goal or a limit would rather leave a row uncovered that is within reach, yᵢ ≥ xⱼ too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array, csr_array, eye_array, hstack, vstack

from planner.siting import mclp_program
from planner.siting.cover_program import limited
from planner.siting.presolve import Cover
from planner.siting.presolve_kernels import COVERED
from planner.siting.problem import CoverProblem
from planner.solver import Program

SLACK = 1e-11  # relative, of limits on sums of floating-point numbers


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
        For each demand its row, or ``COVERED`` or ``UNREACHED``.
    """

    problem: CoverProblem
    cover: Cover
    group: np.ndarray

    @classmethod
    def of(cls, problem: CoverProblem) -> CoverModel:
        """Return the model of a problem."""
        return cls(problem, *problem.open_rows())

    def covered(self, weights: np.ndarray) -> Linear:
        """Return the weight covered, for a weight of each demand."""
        demands, sites = self.cover.shape
        left = self.group >= 0
        rows = np.bincount(self.group[left], weights[left], minlength=demands)
        return Linear(float(weights[self.group == COVERED].sum()), np.zeros(sites), rows)

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
        gap: float = 0.0,
        seed: int = 0,
        known: np.ndarray | None = None,
    ) -> Least | None:
        """Return the new sites for which a goal is least; None where the limits leave none.

        Parameters
        ----------
        goal, limits
            What is to be small, and what must hold beside the limits of the problem's choice.
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
            self._program(goal, limits),
            gap=gap,
            seed=seed,
            start=None if start is None else self.point(start),
        )
        if found.status == "unknown":
            raise watch.nothing_found()
        if found.x is None:
            return None
        new = self.new_sites(found.x)
        value = self.value(goal, new)
        # A start that is as good as the best, but for rounding, comes back as merely feasible.
        close = SLACK * max(abs(goal.constant), float(np.abs(goal.coefficients).sum()))
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
        watch = self.problem.watch
        program = self._program(functions[0] * 0.0, limits)
        slopes = np.array([one.coefficients for one in functions])
        constant = np.array([one.constant for one in functions])
        wide = [csr_array((program.rows.shape[0], 1)), csr_array(-np.ones((len(functions), 1)))]
        start = max(
            known,
            key=lambda new: min(self.value(one, new) for one in functions),
            default=self._start(limits),
        )
        found = watch.solve(
            Program(
                cost=np.append(program.cost, -1.0),
                rows=csr_array(
                    vstack([hstack([program.rows, wide[0]]), hstack([csr_array(slopes), wide[1]])])
                ),
                row_lower=np.concatenate([program.row_lower, -constant]),
                row_upper=np.concatenate([program.row_upper, np.full(len(functions), np.inf)]),
                lower=np.append(program.lower, -np.inf),
                upper=np.append(program.upper, np.inf),
                integral=np.append(program.integral, False),
            ),
            seed=seed,
            start=None if start is None else self._with_least(functions, start),
        )
        if found.status == "unknown":
            raise watch.nothing_found()
        if found.x is None:
            return None
        new = self.new_sites(found.x)
        value = -min(self.value(one, new) for one in functions)
        close = SLACK * max(1.0, float(np.abs(constant).max() + np.abs(slopes).sum(axis=1).max()))
        proven = found.status == "optimal" or value <= found.bound + close
        return Least(new, value, value if proven else min(found.bound, value), proven)

    def _with_least(self, functions: Sequence[Linear], new: np.ndarray) -> np.ndarray:
        return np.append(self.point(new), min(self.value(one, new) for one in functions))

    def _start(self, limits: Sequence[Limit]) -> np.ndarray | None:
        """Return new sites to begin with, those that cover most first; None if limits break."""
        choice = self.problem.choice
        worth = (self.problem.weights @ csr_array(self.problem.reach, dtype=float))[choice.free]
        new = choice.admitted(choice.free[np.argsort(-worth, kind="stable")])
        return new if new is not None and self.keeps(limits, new) else None

    def _program(self, goal: Linear, limits: Sequence[Limit]) -> Program:
        """Return the program that a goal, to be small, and limits make."""
        base = self._base
        shirks = bool((goal.rows > 0).any()) or any(limit.shirks for limit in limits)
        rows, lower, upper = [base.rows], [base.row_lower], [base.row_upper]
        if shirks:
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
        return Program(
            cost=goal.coefficients,
            rows=csr_array(vstack(rows)),
            row_lower=np.concatenate(lower),
            row_upper=np.concatenate(upper),
            lower=base.lower,
            upper=base.upper,
            integral=base.integral,
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
