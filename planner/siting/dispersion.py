"""p-dispersion: sites as far from each other as can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, vstack

from planner.errors import SitingError
from planner.siting.choice import Rules, SiteChoice
from planner.siting.inputs import Amount, Matrix
from planner.siting.request import remembered
from planner.siting.result import TIME_UP, SitingResult
from planner.siting.watch import Progress, Watch
from planner.solver import Program

_MODEL = "p-dispersion"
_STARTS = 20


@remembered
def p_dispersion(
    distance: Any,
    p: int,
    *,
    site_costs: Amount | None = None,
    budget: float | None = None,
    fixed: Sequence[Any] | np.ndarray = (),
    forbidden: Sequence[Any] | np.ndarray = (),
    rules: Rules | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> SitingResult:
    """Choose p new sites so that the two nearest open sites are as far apart as can be.

    maximise min {dⱼₖ : j ≠ k, xⱼ = xₖ = 1} subject to Σⱼ xⱼ = p, x binary. A distance t can be kept
    if the graph of the pairs nearer than t has an independent set of p sites; the largest such t is
    found by bisection over the distances.

    Parameters
    ----------
    distance
        Sites × sites, symmetric, dense; a table with the same ids on both sides; or ``Points``.
    p
        How many new sites, exactly.
    site_costs, budget
        Cost of each site and what the new ones may cost together.
    fixed, forbidden
        Ids of sites that are open already, and of those that must not be used. Distances to fixed
        sites count, those between two fixed sites do not: nothing can change them.
    rules
        Quotas per group, pairs apart and together.
    time_limit_s
        Seconds after which the best answer so far is returned with its gap.
    gap
        Relative gap at which an answer is good enough.
    seed
        Seed of the search.
    progress
        Told objective and bound whenever they improve.

    Returns
    -------
    SitingResult
        Its objective is the least distance between two open sites of which one is new; infinite
        where there is no such pair. It has no demand: ``facilities`` lists the sites.

    Raises
    ------
    SitingError
        If an argument cannot be worked with.

    References
    ----------
    Kuby (1987), "Programming models for facility dispersion: the p-dispersion and maxisum
    dispersion problems", Geographical Analysis 19. Sayah and Irnich (2017), "A new compact
    formulation for the discrete p-dispersion problem", European Journal of Operational Research
    256.

    Examples
    --------
    >>> p_dispersion([[0, 1, 5], [1, 0, 4], [5, 4, 0]], p=2).objective
    5.0
    """
    watch = Watch(time_limit_s, progress)
    if p is None:
        raise SitingError("p is None; say how many sites, a budget alone does not")
    matrix = Matrix.read(distance, "distance")
    apart = _symmetric(matrix)
    choice = SiteChoice.checked(
        matrix.site_ids,
        fixed=fixed,
        forbidden=forbidden,
        site_costs=site_costs,
        p=p,
        budget=budget,
        rules=rules,
        assigns=False,
    )
    search = _Dispersion(apart, choice, watch, seed)
    search.run(gap)
    return search.result(matrix.site_ids)


def _symmetric(matrix: Matrix) -> np.ndarray:
    values = matrix.values
    if not isinstance(values, np.ndarray):
        raise SitingError("distance is sparse; give a dense matrix, for every pair has a distance")
    apart = np.array(values, float)
    if apart.shape[0] != apart.shape[1] or not matrix.demand_ids.equals(matrix.site_ids):
        raise SitingError(
            f"distance has shape {apart.shape}; give sites × sites with the same ids in one order"
        )
    np.fill_diagonal(apart, 0.0)
    bad = np.argwhere(~(apart >= 0) | (apart != apart.T))
    if len(bad):
        one, other = (matrix.site_ids[k] for k in bad[0])
        raise SitingError(
            f"distance[{one}, {other}] is negative, missing or not the same both ways; "
            "give one number of 0 or more for each pair"
        )
    np.fill_diagonal(apart, np.inf)
    return apart


class _Dispersion:
    """The search for the largest distance that p sites can keep."""

    def __init__(self, apart: np.ndarray, choice: SiteChoice, watch: Watch, seed: int) -> None:
        self.apart, self.choice, self.watch, self.seed = apart, choice, watch, seed
        free = choice.free
        # What each free site keeps from the fixed ones, and the free ones from each other.
        to_fixed = apart[np.ix_(free, choice.fixed)].min(axis=1, initial=np.inf)
        self.between = np.minimum(apart[np.ix_(free, free)], np.minimum.outer(to_fixed, to_fixed))
        self.alone = to_fixed
        self.new: np.ndarray | None = None
        self.objective, self.bound, self.proven = -np.inf, np.inf, False

    def run(self, gap: float) -> None:
        """Raise the answer and lower the bound until they meet or the time is up."""
        p = self.choice.p
        assert p is not None
        values = np.unique(self.alone if p == 1 else self.between)
        if p > 1:
            values = values[np.isfinite(values)]
        if p == 0 or p > len(self.choice.free):
            self.proven = self._ask(-np.inf) is not None
            return
        try:
            self._greedy(p)
            if self.new is None:
                answered = self._ask(-np.inf)
                if not answered:
                    self.proven = answered is not None
                    return
            low, high = int(np.searchsorted(values, self.objective)), len(values)
            middle = low + 1  # the heuristic answer is mostly the best: look just above it first
            while low + 1 < high:
                self.bound = float(values[high - 1])
                close = gap > 0 and self.bound - self.objective <= gap * self.objective
                if self.watch.up or close:
                    return
                self.watch.tell(self.objective, self.bound)
                answered = self._ask(values[middle])
                if answered is None:
                    return
                if answered:
                    low = int(np.searchsorted(values, self.objective))
                else:
                    high = middle
                middle = (low + high) // 2
            self.bound, self.proven = self.objective, True
        except KeyboardInterrupt:
            return

    def _keep(self, new: np.ndarray) -> None:
        value = float(min(self._least(new), np.inf))
        if self.new is None or value > self.objective:
            self.new, self.objective = np.sort(new), value

    def _least(self, new: np.ndarray) -> float:
        inner = self.between[np.ix_(new, new)]
        return float(min(inner.min(initial=np.inf), self.alone[new].min(initial=np.inf)))

    def _greedy(self, p: int) -> None:
        """Farthest site first from several starts, then swaps of a site in the nearest pair."""
        if not self.choice.only_number:
            return
        draw = np.random.default_rng(self.seed)
        count = len(self.choice.free)
        for start in draw.permutation(count)[:_STARTS]:
            new = [int(np.argmax(self.alone))] if len(self.choice.fixed) else [int(start)]
            near = np.minimum(self.alone, self.between[new[0]])
            near[new] = -np.inf
            while len(new) < p:
                new.append(int(np.argmax(near)))
                near = np.minimum(near, self.between[new[-1]])
                near[new] = -np.inf
            self._keep(self._swapped(np.array(new)))

    def _swapped(self, new: np.ndarray) -> np.ndarray:
        value = self._least(new)
        better = True
        while better:
            better = False
            inner = np.minimum(
                self.between[np.ix_(new, new)].min(axis=1, initial=np.inf), self.alone[new]
            )
            for at in np.flatnonzero(inner <= value):
                rest = np.delete(new, at)
                reach = np.minimum(self.between[:, rest].min(axis=1, initial=np.inf), self.alone)
                reach[new] = -np.inf
                j = int(np.argmax(reach))
                trial = np.append(rest, j)
                if reach[j] > value and self._least(trial) > value:
                    new, value, better = trial, self._least(trial), True
                    break
        return new

    def _ask(self, least: float) -> bool | None:
        """Say whether p sites can keep a distance; keep them if so. None if the time is up."""
        found = self.watch.solve(self._program(least), seed=self.seed)
        if found.x is None:
            return False if found.status == "infeasible" else None
        self._keep(np.flatnonzero(found.x > 0.5))
        return True

    def _program(self, least: float) -> Program:
        """Return the program of p free sites of which no two are nearer than ``least``."""
        count = len(self.choice.free)
        usable = self.alone >= least
        cliques = _cliques((self.between < least) & np.logical_and.outer(usable, usable))
        rows = np.repeat(np.arange(len(cliques)), [len(c) for c in cliques])
        columns = np.concatenate(cliques) if cliques else np.empty(0, np.int64)
        near = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(cliques), count))
        limits, low, high = self.choice.limits()
        exactly = csr_array(np.ones((1, count)))
        p = float(self.choice.p or 0)
        return Program(
            cost=np.zeros(count),
            rows=csr_array(vstack([near, exactly, limits])),
            row_lower=np.concatenate([np.full(len(cliques), -np.inf), [p], low]),
            row_upper=np.concatenate([np.ones(len(cliques)), [p], high]),
            lower=np.zeros(count),
            upper=usable.astype(float),
            integral=np.ones(count, bool),
        )

    def result(self, ids: pd.Index) -> SitingResult:
        """Return the answer."""
        nothing, nobody = np.empty(0), pd.RangeIndex(0)
        if self.new is None:
            if not self.proven:
                raise self.watch.nothing_found()
            return SitingResult.impossible(
                _MODEL,
                f"no {self.choice.p} sites keep all limits",
                choice=self.choice,
                demand_ids=nobody,
                weights=nothing,
                seconds=self.watch.seconds,
            )
        return SitingResult(
            model=_MODEL,
            status="optimal" if self.proven else "feasible",
            site_positions=np.union1d(self.choice.fixed, self.choice.free[self.new]),
            assigned=nothing.astype(np.int64),
            objective=self.objective,
            bound=self.objective if self.proven else self.bound,
            seconds=self.watch.seconds,
            message="" if self.proven else TIME_UP,
            weights=nothing,
            fixed=self.choice.fixed,
            demand_ids=nobody,
            site_ids=ids,
        )


def _cliques(near: np.ndarray) -> list[np.ndarray]:
    """Return cliques that cover every edge of a graph, grown greedily."""
    left = np.triu(near, 1)
    cliques = []
    for i in range(len(near)):
        while left[i].any():
            members = [i, int(np.argmax(left[i]))]
            common = near[i] & near[members[1]]
            common[members] = False
            while common.any():
                # Those whose edges to the clique are not covered yet come first.
                fresh = (left[members] | left[:, members].T).sum(axis=0) * common
                j = int(np.argmax(fresh)) if fresh.any() else int(np.argmax(common))
                members.append(j)
                common &= near[j]
                common[j] = False
            clique = np.array(sorted(members))
            left[np.ix_(clique, clique)] = False
            cliques.append(clique)
    return cliques
