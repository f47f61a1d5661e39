"""The most demand to be won from competitors: outer approximation by tangents, in rounds.

Benati and Hansen (2002), "The maximum capture problem with random utilities", European Journal of
Operational Research 143; Ljubić and Moreno (2018), European Journal of Operational Research 266.
The tangents are lifted: see ``lifted_tangents``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, hstack, vstack

from planner.siting.choice import SiteChoice
from planner.siting.result import NOWHERE, TIME_UP, SitingResult
from planner.siting.watch import Watch, relative_gap
from planner.solver import Program, Solution

_MODEL = "market share"
_PROVEN = 1e-9
_ROUNDS = 200
_WORTHWHILE = 0.02  # share of the gap that a round of cuts must close


@dataclass(frozen=True, eq=False)
class Market:
    """What attracts each demand to each own site and to all competitors together."""

    attraction: csr_array
    against: np.ndarray
    weights: np.ndarray
    choice: SiteChoice
    demand_ids: pd.Index

    def won(self, pull: np.ndarray) -> np.ndarray:
        """Return the weight won of each demand at so much attraction."""
        total = pull + self.against
        return self.weights * np.divide(pull, total, out=np.zeros_like(total), where=total > 0)

    def pull(self, sites: np.ndarray) -> np.ndarray:
        """Return how much some open sites attract each demand."""
        opened = np.zeros(self.attraction.shape[1])
        opened[sites] = 1
        return self.attraction @ opened


class Capture:
    """Outer approximation in rounds."""

    def __init__(self, market: Market, watch: Watch, gap: float, seed: int) -> None:
        self.market, self.watch, self.gap, self.seed = market, watch, gap, seed
        self.choice = market.choice
        self.pulls = csr_array(market.attraction[:, self.choice.free])
        self.base = market.pull(self.choice.fixed)
        self.best: np.ndarray | None = None
        self.objective, self.bound, self.proven = -np.inf, float(market.weights.sum()), False
        self.infeasible = False
        self.closed = np.zeros(len(self.choice.free), bool)
        self.cuts: list[csr_array] = []
        self.sides: list[np.ndarray] = []

    @cached_property
    def contested(self) -> np.ndarray:
        """Positions of the demand that competitors attract, and some free site too."""
        return np.flatnonzero((self.market.against > 0) & (np.diff(self.pulls.indptr) > 0))

    def run(self) -> SitingResult:
        """Return the best set of sites."""
        try:
            self._greedy()
            self._contested()
            if self._relaxed():
                self._whole()
        except KeyboardInterrupt:
            pass
        return self._result()

    def _offer(self, new: np.ndarray) -> None:
        value = float(self.market.won(self.base + self.pulls[:, new].sum(axis=1)).sum())
        if self.best is None or value > self.objective:
            self.best, self.objective = np.sort(new), value
            self.watch.tell(value, self.bound)

    def _greedy(self) -> None:
        """Add the site that wins most, then swap while that wins more; where p alone limits."""
        if not self.choice.only_number or self.choice.p is None:
            most = np.asarray(self.pulls.sum(axis=0)).ravel()
            new = self.choice.admitted(self.choice.free[np.argsort(-most, kind="stable")])
            if new is not None:
                self._offer(np.searchsorted(self.choice.free, new))
            return
        columns = self.pulls.tocsc()
        taken: list[int] = []
        pull = self.base.copy()

        def value_with(trial: np.ndarray, j: int) -> float:
            rows = slice(columns.indptr[j], columns.indptr[j + 1])
            at = columns.indices[rows]
            more = trial.copy()
            more[at] += columns.data[rows]
            return float(self.market.won(more).sum())

        for _ in range(min(self.choice.p, columns.shape[1])):
            gains = [
                value_with(pull, j) if j not in taken else -1.0 for j in range(columns.shape[1])
            ]
            taken.append(int(np.argmax(gains)))
            pull = self.base + self.pulls[:, np.array(taken)].sum(axis=1)
        self._offer(np.array(taken, np.int64))
        better = True
        while better and not self.watch.up:
            better = False
            for at in range(len(taken)):
                rest = np.array([j for k, j in enumerate(taken) if k != at], np.int64)
                left = self.base + self.pulls[:, rest].sum(axis=1)
                gains = [
                    -1.0 if j in taken else value_with(left, j) for j in range(columns.shape[1])
                ]
                j = int(np.argmax(gains))
                if gains[j] > self.objective * (1 + 1e-12):
                    taken[at] = j
                    self._offer(np.array(taken, np.int64))
                    better = True

    def _contested(self) -> None:
        """Bound demand without competitors, where all is won by any site: wᵢ Σⱼ xⱼ and wᵢ."""
        alone = np.flatnonzero((self.market.against == 0) & (self.base == 0))
        if len(alone):
            reach = csr_array(self.pulls[alone])
            reach.data = np.where(reach.data > 0, 1.0, 0.0)
            rows = np.repeat(np.arange(len(alone)), np.diff(reach.indptr))
            reach.data *= self.market.weights[alone][rows]
            self._add(alone, reach, np.zeros(len(alone)))

    def _tangents(self, x: np.ndarray) -> tuple[csr_array, np.ndarray]:
        """Add the lifted tangent of each contested demand's share that is lowest at a point.

        Returns
        -------
        slopes, value
            The cuts θᵢ ≤ value + slopes @ x, rows of contested demand alone.
        """
        some = self.contested
        rows = csr_array(self.pulls[some])
        market = self.market
        slopes, value = lifted_tangents(
            rows, self.base[some], market.against[some], market.weights[some], x
        )
        self._add(some, slopes, value)
        return slopes, value

    def _submodular(self, x: np.ndarray) -> None:
        """Add, for each contested demand, what each closed site would add to the open ones.

        f(S) + Σ_{j ∉ S} (f(S + j) - f(S)) xⱼ bounds a submodular f that grows with its set
        (Nemhauser and Wolsey 1981); tighter than a tangent where single sites attract much.
        """
        market = self.market
        total = self.base + self.pulls @ x
        some = self.contested
        rows = csr_array(self.pulls[some])
        at = np.repeat(some, np.diff(rows.indptr))
        value = market.won(total)
        more = total[at] + rows.data
        gain = market.weights[at] * more / (more + market.against[at]) - value[at]
        gain[x[rows.indices] > 0.5] = 0.0
        self._add(some, csr_array((gain, rows.indices, rows.indptr), shape=rows.shape), value[some])

    def _add(self, demand: np.ndarray, slopes: csr_array, value: np.ndarray) -> None:
        """Add θᵢ ≤ value + slopes @ x."""
        count = len(self.market.weights)
        theta = coo_array(
            (np.ones(len(demand)), (np.arange(len(demand)), demand)), shape=(len(demand), count)
        )
        self.cuts.append(csr_array(hstack([-slopes, theta])))
        self.sides.append(value)

    def _solve(self, *, whole: bool) -> Solution:
        market, sites = self.market, len(self.choice.free)
        count = len(market.weights)
        limits, low, high = self.choice.limits()
        wide = hstack([limits, csr_array((limits.shape[0], count))])
        below = [np.full(len(side), -np.inf) for side in self.sides]
        most = market.weights.copy()
        # Demand that no free site attracts keeps what it gives now.
        still = np.diff(self.pulls.indptr) == 0
        most[still] = market.won(self.base)[still]
        program = Program(
            cost=np.concatenate([np.zeros(sites), -np.ones(count)]),
            rows=csr_array(vstack([*self.cuts, wide])),
            row_lower=np.concatenate([*below, low]),
            row_upper=np.concatenate([*self.sides, high]),
            lower=np.zeros(sites + count),
            upper=np.concatenate([np.where(self.closed, 0.0, 1.0), most]),
            integral=np.arange(sites + count) < (sites if whole else 0),
        )
        return self.watch.solve(program, gap=self.gap / 2, seed=self.seed)

    def _relaxed(self) -> bool:
        """Add the tangents that bound the relaxation; say whether to go on."""
        start = np.zeros(len(self.choice.free))
        if self.best is not None:
            start[self.best] = 1
        self._tangents(start)
        self._submodular(start)
        last = np.inf
        for _ in range(_ROUNDS):
            found = self._solve(whole=False)
            if found.status != "optimal" or found.x is None:
                self.infeasible = found.status == "infeasible"
                return False
            self.bound = min(self.bound, -found.objective)
            if self._close() or self.watch.up:
                return False
            known = 0.0 if self.best is None else self.objective
            if last + found.objective < _WORTHWHILE * max(self.bound - known, 0.0):
                break
            last = -found.objective
            x = np.clip(found.x[: len(self.choice.free)], 0, 1)
            self._rule_out(*self._tangents(x))
        return True

    def _rule_out(self, cuts: csr_array, value: np.ndarray) -> None:
        """Close the sites with which no p sites win more than the best answer does.

        The sum of the cuts bounds every set of sites; at most p of its slopes count.
        """
        market, p = self.market, self.choice.p
        settled = (market.against > 0) | (self.base > 0)
        if p is None or self.best is None or p == 0 or not settled.all():
            return
        still = np.ones(len(market.weights), bool)
        still[self.contested] = False
        slopes = np.asarray(cuts.sum(axis=0)).ravel()
        slopes[self.closed] = 0.0
        start = float(value.sum() + market.won(self.base)[still].sum())
        ranked = np.sort(slopes)[::-1]
        others = start + ranked[: p - 1].sum()
        # With j among the first p - 1 the p-th is no gain on what they bring: bounded as well.
        most = others + np.minimum(slopes, ranked[min(p, len(ranked)) - 1])
        self.closed |= most < self.objective * (1 - 1e-9)
        self.closed[self.best] = False

    def _whole(self) -> None:
        """Solve with the cuts so far, cut the answer off where it promises too much, repeat."""
        while not self.watch.up:
            found = self._solve(whole=True)
            if found.status == "infeasible":
                self.infeasible = True
                return
            self.bound = min(self.bound, -found.bound)
            if found.x is None:
                return
            x = np.round(found.x[: len(self.choice.free)])
            self._offer(np.flatnonzero(x > 0.5))
            self.watch.tell(self.objective, self.bound)
            if self._close():
                return
            self._tangents(x)
            self._submodular(x)

    def _close(self) -> bool:
        if self.best is None:
            return False
        if self.bound <= self.objective + _PROVEN * max(1.0, abs(self.objective)):
            self.proven = True
            return True
        return self.gap > 0 and relative_gap(self.objective, self.bound) <= self.gap

    def _result(self) -> SitingResult:
        market, choice = self.market, self.choice
        if self.best is None:
            if not self.infeasible:
                raise self.watch.nothing_found()
            return SitingResult.impossible(
                _MODEL,
                "no set of sites keeps all rules",
                choice=choice,
                demand_ids=market.demand_ids,
                weights=market.weights,
                seconds=self.watch.seconds,
            )
        sites = np.union1d(choice.fixed, choice.free[self.best])
        pull = market.pull(sites)
        won = market.won(pull)
        opened = np.zeros(market.attraction.shape[1], bool)
        opened[sites] = True
        shares, assigned = _by_site(market, opened, pull)
        weight = np.maximum(market.weights, 1e-300)
        objective = float(won.sum())
        return SitingResult(
            model=_MODEL,
            status="optimal" if self.proven else "feasible",
            site_positions=sites,
            assigned=assigned,
            objective=objective,
            bound=objective if self.proven else max(self.bound, objective),
            seconds=self.watch.seconds,
            message="" if self.proven else TIME_UP,
            weights=market.weights,
            fixed=choice.fixed,
            demand_ids=market.demand_ids,
            site_ids=choice.site_ids,
            shares=shares,
            covered_share=np.where(market.weights > 0, won / weight, 0.0),
        )


def lifted_tangents(
    pulls: csr_array, base: np.ndarray, against: np.ndarray, weights: np.ndarray, x: np.ndarray
) -> tuple[csr_array, np.ndarray]:
    """Return bounds f(S) ≤ value + slopes @ 1_S of what sets of sites win, lowest at a point.

    With f(u) = w (b + u) / (b + u + v), concave in the pull u of the new sites, and its tangent
    c + f'(t) u at t, a site that alone pulls aⱼ ≥ t need not count f'(t) aⱼ: f(aⱼ) - c is enough.
    For where it is the only such site, c + f(aⱼ) - c is what it wins; each further one wins at most
    f(t + aₖ) - f(t) ≤ f(aₖ) - f(t) + t f'(t), and each smaller one at most f'(t) aₖ, by concavity.
    With the sites of aⱼ ≥ t summing to B of x and the others to a pull of A, the bound at x is
    lowest where t = A / (1 - B).

    Parameters
    ----------
    pulls
        Demand × sites; every row has an entry.
    base, against, weights
        b, v > 0 and w of each demand.
    x
        The point, shape (sites,).

    References
    ----------
    Ljubić and Moreno (2018), section 3, for the tangents (t the pull of x) and the submodular cuts
    (t = 0: f(0) + Σⱼ (f(aⱼ) - f(0)) xⱼ) that these include.
    """
    sizes = np.diff(pulls.indptr)
    row = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((-pulls.data, row))
    pull, part = pulls.data[order], x[pulls.indices[order]]

    def won(at: np.ndarray, u: np.ndarray) -> np.ndarray:
        total = base[at] + u
        return np.asarray(weights[at] * total / (total + against[at]))

    def slope(at: np.ndarray, u: np.ndarray) -> np.ndarray:
        return np.asarray(weights[at] * against[at] / (base[at] + u + against[at]) ** 2)

    def start(at: np.ndarray, u: np.ndarray) -> np.ndarray:
        return np.asarray(won(at, u) - u * slope(at, u))

    def so_far(values: np.ndarray) -> np.ndarray:
        sums = np.cumsum(values)
        first = pulls.indptr[:-1][row]
        return np.asarray(sums - sums[first] + values[first])

    # With the first 1, 2, ... of a row lifted; t between the next smaller pull and the last one.
    lifted, rest = so_far(part), so_far(pull * part)
    rest = rest[pulls.indptr[1:] - 1][row] - rest
    below = np.append(pull[1:], 0.0)
    below[pulls.indptr[1:] - 1] = 0.0
    left = np.maximum(1.0 - lifted, 0.0)
    t = np.clip(np.where(left > 0, rest / np.where(left > 0, left, 1.0), np.inf), below, pull)
    level = start(row, t) * (1 - lifted) + slope(row, t) * rest + so_far(won(row, pull) * part)
    # With none lifted; t is the pull of x, or the largest pull.
    each = np.arange(len(sizes))
    whole = np.add.reduceat(pull * part, pulls.indptr[:-1])
    plain = np.maximum(whole, pull[pulls.indptr[:-1]])
    least = np.minimum.reduceat(level, pulls.indptr[:-1])
    best = np.lexsort((level, row))[pulls.indptr[:-1]]
    at_plain = start(each, plain) + slope(each, plain) * whole
    t = np.where(at_plain <= least, plain, t[best])
    value = start(each, t)
    own = pulls.data
    slopes = np.where(own < t[row], slope(row, t[row]) * own, won(row, own) - value[row])
    return csr_array((slopes, pulls.indices, pulls.indptr), shape=pulls.shape), value


def _by_site(market: Market, opened: np.ndarray, pull: np.ndarray) -> tuple[csr_array, np.ndarray]:
    """Return the share of each demand that each open site wins, and the site that wins most."""
    pairs = market.attraction.tocoo()
    kept = opened[pairs.col] & (pairs.data > 0)
    row, site = pairs.row[kept], pairs.col[kept]
    share = pairs.data[kept] / (pull + market.against)[row]
    shares = csr_array(coo_array((share, (row, site)), shape=market.attraction.shape))
    assigned = np.full(len(market.weights), NOWHERE)
    order = np.lexsort((site, -share, row))
    served, first = np.unique(row[order], return_index=True)
    assigned[served] = site[order][first]
    return shares, assigned
