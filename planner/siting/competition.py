"""Market share against competitors: Huff's model, located to proven optimality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, hstack, vstack

from planner.errors import SitingError
from planner.siting.choice import Rules, SiteChoice
from planner.siting.inputs import Amount, Matrix, amounts
from planner.siting.request import remembered
from planner.siting.result import NOWHERE, TIME_UP, SitingResult
from planner.siting.watch import Progress, Watch, relative_gap
from planner.solver import Program, Solution

Decay = Literal["power", "exponential"]
_MODEL = "market share"
_PROVEN = 1e-9
_ROUNDS = 200


@remembered
def market_share(
    distance: Any,
    p: int | None = None,
    *,
    attractiveness: Amount | None = None,
    competitors: Any = None,
    competitor_attractiveness: Amount | None = None,
    decay: Decay = "power",
    exponent: float = 2.0,
    weights: Amount | None = None,
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
    """Win the most demand with p new sites against competitors (Huff).

    maximise Σᵢ wᵢ Uᵢ(x) / (Uᵢ(x) + Vᵢ), Uᵢ(x) = Σⱼ Aⱼ h(dᵢⱼ) xⱼ, Vᵢ the same over the competitors,
    h(d) = d^-λ or e^(-λ d), λ the exponent. Each term is concave in U, so that its tangents bound
    it; the program with the tangents so far is solved in rounds until answer and bound meet.

    Parameters
    ----------
    distance
        Demand × own sites, minutes or metres (matrix, ``TravelTimes``, long table). A pair that is
        absent or infinite attracts nobody.
    p
        How many new sites at the most.
    attractiveness
        Aⱼ of each own site, such as its floor area; 1 if left out.
    competitors
        Demand × the competitors' sites, in the form and with the demand ids of ``distance``; none
        if left out.
    competitor_attractiveness
        That of each competitor's site; 1 if left out.
    decay, exponent
        How attraction falls with distance: ``power`` (Huff) or ``exponential``.
    weights
        Buying power or residents of each demand; 1 if left out.
    site_costs, budget
        Cost of each site and what the new ones may cost together; with or instead of ``p``.
    fixed, forbidden
        Ids of own sites that are open already, and of those that must not be used.
    rules
        Quotas per group, pairs apart and together.
    time_limit_s
        Seconds after which the best answer so far is returned with its gap.
    gap
        Relative gap at which an answer is good enough.
    seed
        Seed of the solver's choices.
    progress
        Told objective and bound whenever they improve.

    Returns
    -------
    SitingResult
        Its objective is the weight won by fixed and new sites together; ``shares`` says by which
        site, ``demand["share"]`` how much of each demand.

    Raises
    ------
    SitingError
        If an argument cannot be worked with: neither ``p`` nor ``budget``, a distance of 0 under
        ``power``.

    References
    ----------
    Huff (1964), "Defining and estimating a trading area", Journal of Marketing 28. Benati and
    Hansen (2002), "The maximum capture problem with random utilities", European Journal of
    Operational Research 143. Ljubić and Moreno (2018), "Outer approximation and submodular cuts for
    maximum capture facility location problems with random utilities", European Journal of
    Operational Research 266.

    Examples
    --------
    >>> won = market_share([[1, 4], [4, 1]], 1, competitors=[[2], [2]], weights=[1, 3])
    >>> won.sites, round(won.objective, 3)
    (array([1]), 2.6)
    """
    watch = Watch(time_limit_s, progress)
    if decay not in ("power", "exponential"):
        raise SitingError(f"decay is {decay!r}; give 'power' or 'exponential'")
    if not (np.isfinite(exponent) and exponent >= 0):
        raise SitingError(f"exponent is {exponent}; give a finite number of 0 or more")
    own = Matrix.read(distance, "distance")
    choice = SiteChoice.checked(
        own.site_ids, fixed=fixed, forbidden=forbidden, site_costs=site_costs, p=p, budget=budget,
        rules=rules, limited=True, assigns=False,
    )  # fmt: skip
    against = np.zeros(len(own.demand_ids))
    if competitors is not None:
        other = Matrix.read(competitors, "competitors")
        if not other.demand_ids.equals(own.demand_ids):
            raise SitingError("competitors has other demand than distance; give the same rows")
        area = amounts("competitor_attractiveness", competitor_attractiveness, other.site_ids)
        against = _attraction(other, area, decay, exponent, "competitors").sum(axis=1)
    area = amounts("attractiveness", attractiveness, own.site_ids)
    market = _Market(
        attraction=_attraction(own, area, decay, exponent, "distance"),
        against=against,
        weights=amounts("weights", weights, own.demand_ids),
        choice=choice,
        demand_ids=own.demand_ids,
    )
    return _Capture(market, watch, gap, seed).run()


def _attraction(
    matrix: Matrix, area: np.ndarray, decay: Decay, exponent: float, name: str
) -> csr_array:
    """Return what attracts each demand to each site; pairs out of reach left out."""
    values = matrix.values
    if isinstance(values, np.ndarray):
        row, site = np.nonzero(~np.isposinf(np.asarray(values, float)))
        far = np.asarray(values[row, site], float)
    else:
        pairs = values.tocoo()
        near = ~np.isposinf(pairs.data)
        row, site, far = pairs.row[near], pairs.col[near], pairs.data[near].astype(float)
    least = far > 0 if decay == "power" and exponent > 0 else far >= 0
    if not least.all():
        at = int(np.flatnonzero(~least)[0])
        pair = f"{matrix.demand_ids[row[at]]}, {matrix.site_ids[site[at]]}"
        raise SitingError(
            f"{name}[{pair}] is {far[at]}; raise it to a least distance above 0, "
            "or use decay='exponential'"
        )
    pull = far**-exponent if decay == "power" else np.exp(-exponent * far)
    return csr_array(coo_array((pull * area[site], (row, site)), shape=values.shape))


@dataclass(frozen=True, eq=False)
class _Market:
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


class _Capture:
    """Outer approximation in rounds."""

    def __init__(self, market: _Market, watch: Watch, gap: float, seed: int) -> None:
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

    def _tangents(self, x: np.ndarray) -> None:
        """Add the tangent of each contested demand's share at a point."""
        market = self.market
        total = self.base + self.pulls @ x
        some = np.flatnonzero((market.against > 0) & (np.diff(self.pulls.indptr) > 0))
        slope = (
            market.weights[some] * market.against[some] / (total[some] + market.against[some]) ** 2
        )
        value = market.won(total)[some]
        rows = csr_array(self.pulls[some])
        rows = csr_array(
            (rows.data * np.repeat(slope, np.diff(rows.indptr)), rows.indices, rows.indptr),
            shape=rows.shape,
        )
        self._add(some, rows, value - slope * (total[some] - self.base[some]))

    def _submodular(self, x: np.ndarray) -> None:
        """Add, for each contested demand, what each closed site would add to the open ones.

        f(S) + Σ_{j ∉ S} (f(S + j) - f(S)) xⱼ bounds a submodular f that grows with its set
        (Nemhauser and Wolsey 1981); tighter than a tangent where single sites attract much.
        """
        market = self.market
        total = self.base + self.pulls @ x
        some = np.flatnonzero((market.against > 0) & (np.diff(self.pulls.indptr) > 0))
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
            if -found.objective > last - 1e-4 * abs(last):
                break
            last = -found.objective
            x = np.clip(found.x[: len(self.choice.free)], 0, 1)
            self._tangents(x)
            self._rule_out(x)
        return True

    def _rule_out(self, x: np.ndarray) -> None:
        """Close the sites with which no p sites win more than the best answer does.

        The tangent of the whole share bounds every set of sites; at most p of its slopes count.
        """
        market, p = self.market, self.choice.p
        contested = market.against > 0
        if p is None or self.best is None or p == 0 or not (contested | (self.base > 0)).all():
            return
        total = self.base + self.pulls @ x
        rival = np.where(contested, market.against, 0.0)
        slope = market.weights * rival / np.maximum(total + rival, 1e-300) ** 2
        slopes = slope @ self.pulls
        slopes[self.closed] = 0.0
        start = float(market.won(total).sum() - slopes @ x)
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


def _by_site(market: _Market, opened: np.ndarray, pull: np.ndarray) -> tuple[csr_array, np.ndarray]:
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
