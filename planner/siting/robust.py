"""Covering under uncertainty: the same sites for several scenarios of reach and weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack

from planner.errors import SitingError
from planner.siting.choice import Rules
from planner.siting.cover_model import SLACK, CoverModel, Least, Limit, Linear
from planner.siting.cover_program import why_infeasible
from planner.siting.inputs import Amount, amounts
from planner.siting.presolve import without_dominated_sites
from planner.siting.problem import CoverProblem
from planner.siting.request import checked_search
from planner.siting.result import TIME_UP, Status
from planner.siting.schedules import Schedules, choose
from planner.siting.watch import Watch, relative_gap

Criterion = Literal["expected", "worst", "regret"]
_EASY = 10_000  # rows of all scenarios that HiGHS settles in seconds
_WEIGHINGS, _PACE, _CLOSE = 10, 0.7, 0.008  # rounds, of the weights; gap of each
_SAME = 1e-10  # of shares: sums of the same weights in another order
CRITERIA: tuple[Criterion, ...] = ("expected", "worst", "regret")


@dataclass(frozen=True, eq=False)
class RobustResult:
    """Sites chosen for several scenarios together.

    Attributes
    ----------
    criterion
        What was sought: the most in expectation, in the worst scenario, or the least regret.
    status
        ``optimal`` (proven), ``feasible`` (the best found in the time given) or ``infeasible``.
    sites
        Ids of the new sites.
    objective, bound
        Share covered (expected, worst) or share lost against the best of a scenario (regret), and
        what nothing that may be chosen can beat.
    table
        A row per scenario: probability, weight, covered and share (with these sites), best_share
        (if one knew the scenario), regret (best_share - share), best_sites (ids; of several sets
        that are as good, one that keeps most of the first scenario's), best_proven, kept_proven
        (no set that is as good keeps more of them).
    stays
        By site id: probability of the scenarios whose own best sites it is among; sites that are
        in none are left out.
    seconds
        How long it took.
    message
        Why it is infeasible or unproven; empty if optimal.
    """

    criterion: Criterion
    status: Status
    sites: np.ndarray
    objective: float
    bound: float
    table: pd.DataFrame
    stays: pd.Series
    seconds: float
    message: str = ""

    @property
    def gap(self) -> float:
        """How far the answer may be from the best: |objective - bound| / |objective|."""
        return relative_gap(self.objective, self.bound)


def robust_coverage(
    reaches: Sequence[Any],
    p: int | None = None,
    *,
    criteria: Sequence[Criterion] = CRITERIA,
    weights: Sequence[Amount] | None = None,
    probabilities: Sequence[float] | None = None,
    site_costs: Amount | None = None,
    budget: float | None = None,
    fixed: Sequence[Any] | np.ndarray = (),
    forbidden: Sequence[Any] | np.ndarray = (),
    rules: Rules | None = None,
    radius: float | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> dict[Criterion, RobustResult]:
    """Cover the most under several scenarios with the same p new sites or budget (robust MCLP).

    With fₛ(x) the share of the weight of scenario s that sites x cover: maximise Σₛ πₛ fₛ(x)
    (expected), maximise minₛ fₛ(x) (worst), or minimise maxₛ (maxₓ fₛ - fₛ(x)) (regret). Of several
    answers to the last two, one that covers most in expectation.

    Parameters
    ----------
    reaches
        For each scenario demand × sites, as ``max_coverage`` takes it. A site that a scenario
        closes reaches nobody in it.
    p
        How many new sites at the most.
    criteria
        Which of the three to answer; each scenario is solved by itself once for all.
    weights
        For each scenario the weight of each demand; 1 if left out.
    probabilities
        Of each scenario, in any unit; the same for all if left out.
    site_costs, budget, fixed, forbidden, rules, radius
        See ``max_coverage``.
    time_limit_s
        Seconds for all programs together.
    seed
        Seed of the solver's choices.

    Returns
    -------
    dict
        An answer for each criterion.

    Raises
    ------
    SitingError
        If an argument cannot be worked with, or neither ``p`` nor ``budget`` is given.

    References
    ----------
    Snyder (2006), "Facility location under uncertainty: a review", IIE Transactions 38. Daskin,
    Hesse and ReVelle (1997), "α-reliable p-minimax regret", Location Science 5.

    Examples
    --------
    >>> one, other = [[1, 0, 1], [1, 0, 1], [0, 0, 0]], [[0, 0, 0], [0, 1, 1], [0, 1, 0]]
    >>> robust_coverage([one, other], p=1, criteria=["worst"])["worst"].sites
    array([2])
    """
    checked_search({"time_limit_s": time_limit_s, "gap": 0.0, "seed": seed})
    for name in criteria:
        if name not in CRITERIA:
            raise SitingError(f"criteria holds {name!r}; give some of {', '.join(CRITERIA)}")
    watch = Watch(time_limit_s)
    problem, blocks, ids = _together(
        reaches, radius, watch, site_costs=site_costs, fixed=fixed, forbidden=forbidden, p=p,
        limited=True, budget=budget, rules=rules,
    )  # fmt: skip
    chances = _chances(probabilities, len(blocks))
    masses = _masses(weights, problem, blocks, ids)
    # All weights of all scenarios, so that no row is left out as nobody's.
    whole = replace(problem, weights=np.sum(masses, axis=0))
    search = _Search(CoverModel.of(whole), masses, chances, len(criteria), seed)
    found = {name: search.found(name) for name in criteria}
    return {name: search.answer(name, best) for name, best in found.items()}


def _together(
    reaches: Sequence[Any], radius: float | None, watch: Watch, **choice: Any
) -> tuple[CoverProblem, list[slice], pd.Index]:
    """Return one problem over the demand of all distinct reaches, where each scenario's is, ids."""
    if not len(reaches):
        raise SitingError("reaches is empty; give a matrix for each scenario")
    read = [CoverProblem.checked(reach, radius, watch=watch, **choice) for reach in reaches]
    first = read[0]
    where: dict[tuple[bytes, bytes], slice] = {}
    blocks: list[slice] = []
    parts: list[csr_array] = []
    for number, one in enumerate(read, start=1):
        same = one.demand_ids.equals(first.demand_ids)
        if not same or not one.choice.site_ids.equals(first.choice.site_ids):
            raise SitingError(f"reach {number} has other demand or sites than reach 1; align them")
        key = (one.reach.indptr.tobytes(), one.reach.indices.tobytes())
        if key not in where:
            height = one.reach.shape[0]
            where[key] = slice(len(parts) * height, (len(parts) + 1) * height)
            parts.append(one.reach)
        blocks.append(where[key])
    tall = csr_array(vstack(parts, format="csr"), dtype=bool)
    rows = pd.RangeIndex(tall.shape[0])
    problem = CoverProblem(tall, np.ones(tall.shape[0]), first.choice, rows, watch)
    return problem, blocks, first.demand_ids


def _chances(given: Sequence[float] | None, count: int) -> np.ndarray:
    chances = np.ones(count) if given is None else np.asarray(list(given), float)
    if chances.shape != (count,) or not (chances >= 0).all() or not 0 < chances.sum() < np.inf:
        raise SitingError(
            f"probabilities is {given!r}; give {count} numbers of 0 or more, not all of them 0"
        )
    return chances / chances.sum()


def _masses(
    weights: Sequence[Amount] | None,
    problem: CoverProblem,
    blocks: list[slice],
    ids: pd.Index,
) -> list[np.ndarray]:
    """Return for each scenario the weight of each row of the tall problem."""
    given = [None] * len(blocks) if weights is None else list(weights)
    if len(given) != len(blocks):
        raise SitingError(
            f"weights has {len(given)} scenarios and reaches {len(blocks)}; give one for each"
        )
    masses = []
    for number, (one, block) in enumerate(zip(given, blocks, strict=True), start=1):
        mass = np.zeros(len(problem.weights))
        mass[block] = amounts(f"weights of scenario {number}", one, ids)
        if not mass.sum() > 0:
            raise SitingError(f"scenario {number} has no weight at all; give some or leave it out")
        masses.append(mass)
    return masses


class _Search:
    """The scenarios, each solved by itself once, and what answers each criterion."""

    def __init__(
        self,
        model: CoverModel,
        masses: list[np.ndarray],
        chances: np.ndarray,
        criteria: int,
        seed: int,
    ) -> None:
        self.model, self.chances, self.seed = model, chances, seed
        self.programs = len(masses) + 1 + criteria  # to come, about
        self.totals = [float(mass.sum()) for mass in masses]
        self.shares = [
            model.covered(mass) * (1 / total)
            for mass, total in zip(masses, self.totals, strict=True)
        ]
        self.alone = [
            self._most(share, total, self._turn())
            for share, total in zip(self.shares, self.totals, strict=True)
        ]

    def _turn(self) -> Watch:
        """Return a watch for the next program: no more than twice its share of the time."""
        watch = self.model.problem.watch
        part = min(2 / max(self.programs, 1), 1.0)
        self.programs -= 1
        return Watch(part * watch.left, parent=watch)

    def _timed(self, watch: Watch) -> CoverModel:
        return replace(self.model, problem=replace(self.model.problem, watch=watch))

    def _most(self, share: Linear, total: float, watch: Watch, gap: float = 0.0) -> Least | None:
        """Return the sites that cover the largest share of a total, negated."""
        choice, cover = self.model.problem.choice, self.model.cover
        if not choice.only_means:
            return self._timed(watch).least(share * -1.0, seed=self.seed)
        rows = np.flatnonzero(share.rows > 0)
        part = replace(cover, weights=share.rows * total).part(rows, np.arange(cover.shape[1]))
        part = without_dominated_sites(part)
        best = choose(Schedules.at_once(part, choice), watch, gap=gap, seed=self.seed)
        new = part.sites[best.opened == 0]
        value = self.model.value(share, new)
        bound = value if best.proven else max(share.constant + best.bound / total, value)
        return Least(new, -value, -bound, best.proven)

    def _mean(self, chances: np.ndarray) -> Linear:
        mean = self.shares[0] * float(chances[0])
        for share, chance in zip(self.shares[1:], chances[1:], strict=True):
            mean = mean + share * float(chance)
        return mean

    @cached_property
    def expected(self) -> Least | None:
        return self._most(self._mean(self.chances), float(np.mean(self.totals)), self._turn())

    def _weighed(
        self, functions: list[Linear], shift: np.ndarray, watch: Watch
    ) -> tuple[list[np.ndarray], float]:
        """Return sites that are best on average for some weights of the scenarios, and a bound.

        The least function is no more than any weighted mean of them (Lagrangian relaxation); the
        weights move towards the scenarios that fare worst (multiplicative weights: Arora, Hazan and
        Kale 2012, Theory of Computing 8). Only where HiGHS does not get far.
        """
        found: list[np.ndarray] = []
        roof = np.inf
        if not self.model.problem.choice.only_means or self.model.cover.shape[0] <= _EASY:
            return found, roof
        weights = np.full(len(functions), 1 / len(functions))
        for step in range(_WEIGHINGS):
            if watch.up:
                break
            total = float(np.mean(self.totals))
            best = self._most(self._mean(weights), total, watch, gap=_CLOSE)
            assert best is not None  # nothing new is a solution
            found.append(best.new)
            roof = min(roof, float(weights @ shift) - best.bound)
            values = np.array([self.model.value(one, best.new) for one in functions])
            ahead = (values - values.mean()) / max(float(values.std()), SLACK)
            weights = weights * np.exp(-_PACE * ahead / (1 + step / 3))
            weights /= weights.sum()
        return found, roof

    def found(self, criterion: Criterion) -> Least | None:
        """Return what answers a criterion; None where the limits leave nothing."""
        if any(one is None for one in self.alone):
            return None
        found = self.expected
        if criterion != "expected":
            assert found is not None
            found = self._least(criterion, self._own, found)
        assert found is not None  # what a scenario alone chose keeps the limits
        return found

    @property
    def _own(self) -> list[Least]:
        return [one for one in self.alone if one is not None]

    def answer(self, criterion: Criterion, found: Least | None) -> RobustResult:
        seconds = self.model.problem.watch.seconds
        if found is None:
            return RobustResult(
                criterion, "infeasible", np.array([]), np.nan, np.nan, pd.DataFrame(),
                pd.Series(dtype=float), seconds, why_infeasible(self.model.problem),
            )  # fmt: skip
        alone = self._own
        proven = found.proven and (criterion != "regret" or all(one.proven for one in alone))
        sign = 1.0 if criterion == "regret" else -1.0
        own = self.model.problem.choice.site_ids
        return RobustResult(
            criterion=criterion,
            status="optimal" if proven else "feasible",
            sites=np.asarray(own[found.new]),
            objective=sign * found.value,
            bound=sign * (found.value if proven else found.bound),
            table=self._table(found.new, alone),
            stays=self._stays(),
            seconds=self.model.problem.watch.seconds,
            message="" if proven else TIME_UP,
        )

    def _least(self, criterion: Criterion, alone: list[Least], expected: Least) -> Least | None:
        """Return what is best in the worst case; of several the best in expectation."""
        functions = list(self.shares)
        if criterion == "regret":
            functions = [
                replace(share, constant=share.constant + one.value)
                for share, one in zip(self.shares, alone, strict=True)
            ]
        shift = np.array([f.constant - s.constant
                          for f, s in zip(functions, self.shares, strict=True)])  # fmt: skip
        watch = self._turn()
        weighed, lid = self._weighed(functions, shift, Watch(watch.left / 2, parent=watch))
        known = [one.new for one in (expected, *alone)] + weighed
        best = self._timed(watch).most_of_least(functions, known=known, seed=self.seed)
        if best is None:
            return None
        # Nothing is better in a scenario than what is best for it alone, and the least of all
        # scenarios is no more than their mean.
        roof = min(lid, *(shift - [one.bound for one in alone]))
        bound = max(best.bound, -roof, expected.bound - float(self.chances @ shift))
        best = replace(best, bound=bound, proven=best.proven or best.value <= bound + SLACK)
        least = [Limit(one, lower=-best.value) for one in functions]
        then = self.model.least(
            self._mean(self.chances) * -1.0, least, seed=self.seed, known=best.new
        )
        # The second program keeps the first one's worth, but for rounding.
        if then is None or not then.proven:
            return best
        value = -min(self.model.value(one, then.new) for one in functions)
        close = value - best.value <= 1e-9
        return replace(best, new=then.new, value=max(value, best.bound)) if close else best

    def _table(self, new: np.ndarray, alone: list[Least]) -> pd.DataFrame:
        ids = self.model.problem.choice.site_ids
        share = np.array([self.model.value(one, new) for one in self.shares])
        best = np.array([-one.value for one in alone])
        return pd.DataFrame(
            {
                "probability": self.chances,
                "weight": self.totals,
                "covered": share * self.totals,
                "share": share,
                "best_share": best,
                "regret": np.maximum(best - share, 0.0),
                "best_sites": [tuple(ids[new].tolist()) for new, _ in self._keeping],
                "best_proven": [one.proven for one in alone],
                "kept_proven": [most for _, most in self._keeping],
            }
        )

    @cached_property
    def _keeping(self) -> list[tuple[np.ndarray, bool]]:
        """For each scenario its best sites that keep most of the first one's; whether proven."""
        first = self._own[0].new
        return [self._most_kept(number, first) for number in range(len(self.shares))]

    def _most_kept(self, number: int, first: np.ndarray) -> tuple[np.ndarray, bool]:
        """Return of the sets that are best for a scenario one that keeps most of the first's."""
        share, best = self.shares[number], self._own[number]
        for new in (best.new, first):
            if np.isin(first, new).all() and self._as_good(share, new, best):
                return new, best.proven
        sites = self.model.cover.sites
        kept = Linear(0.0, -np.isin(sites, first).astype(float), np.zeros(len(share.rows)))
        weight = share * self.totals[number]
        limit = Limit(weight, lower=-best.value * self.totals[number])
        found = self.model.least(kept, [limit], seed=self.seed, known=best.new)
        if found is None or not self._as_good(share, found.new, best):
            return best.new, False  # rounding let a worse set pass
        return found.new, best.proven and found.proven

    def _as_good(self, share: Linear, new: np.ndarray, best: Least) -> bool:
        return self.model.value(share, new) >= -best.value - _SAME

    def _stays(self) -> pd.Series:
        sums = np.zeros(len(self.model.problem.choice.site_ids))
        for (new, _), chance in zip(self._keeping, self.chances, strict=True):
            sums[new] += chance
        used = np.flatnonzero(sums > 0)
        return pd.Series(sums[used], index=self.model.problem.choice.site_ids[used], name="stays")
