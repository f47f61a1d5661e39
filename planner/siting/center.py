"""p-center: the sites that keep the farthest demand as near as possible, with a proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array, vstack

from planner.siting.choice import Rules
from planner.siting.inputs import Amount
from planner.siting.median_exact import MedianSolver
from planner.siting.median_lists import Lists
from planner.siting.median_problem import MedianProblem
from planner.siting.presolve import Cover, without_dominated
from planner.siting.request import remembered
from planner.siting.result import TIME_UP, SitingResult
from planner.siting.watch import Progress, Watch, attended
from planner.solver import Program

_MODEL = "p-center"
_MOST_NODES = 200  # beyond this the solver is faster: many sites, each with few demands


@remembered
def p_center(
    cost: Any,
    p: int | None = None,
    *,
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
    """Keep the greatest weighted cost of any demand least with p new sites (p-center problem).

    minimise maxᵢ wᵢ minⱼ cᵢⱼ over the open sites j; each demand is served by its nearest site.

    Parameters
    ----------
    cost
        Demand × sites: a dense matrix (infinite = cannot serve), a sparse one (absent = cannot
        serve), ``TravelTimes``, a long table; or ``Points`` in metres.
    p
        How many new sites at the most.
    weights
        Weight of each demand, which its cost is multiplied by; 1 if left out.
    site_costs, budget
        Cost of each site and what the new ones may cost together; with or instead of ``p``.
    fixed, forbidden
        Ids of sites that are open already, and of those that must not be used.
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
        Its objective is the greatest weighted cost.

    Raises
    ------
    SitingError
        If an argument cannot be worked with, or neither ``p`` nor ``budget`` is given.

    Notes
    -----
    The optimum is one of the weighted costs. Bisection over them asks each time whether p sites
    cover all demand within that radius: greedily, by demands that no site covers two of, else
    exactly.

    References
    ----------
    Minieka (1970), "The m-center problem", SIAM Review 12. Daskin (2000), "A new approach to
    solving the vertex p-center problem to optimality", Communications of the Operations Research
    Society of Japan 45.

    Examples
    --------
    >>> result = p_center([[0, 5, 9], [4, 0, 9], [9, 8, 0]], p=2)
    >>> result.sites, result.objective, result.status
    (array([0, 2]), 4.0, 'optimal')
    """
    watch = Watch(time_limit_s, progress)
    problem = MedianProblem.checked(
        cost,
        weights=weights,
        site_costs=site_costs,
        budget=budget,
        p=p,
        limited=True,
        fixed=fixed,
        forbidden=forbidden,
        rules=rules,
        assigns=False,
    )
    usable = np.union1d(problem.choice.fixed, problem.choice.free)
    alone = np.flatnonzero(problem.serve(usable)[0] < 0)
    if len(alone):
        message = f"no site that may be used reaches {problem.named(alone)}"
        return problem.infeasible(_MODEL, message, watch.seconds)
    bisection = attended(lambda: _Bisection.of(problem, watch, gap, seed), watch)
    try:
        attended(bisection.run, watch)
    except KeyboardInterrupt:
        bisection.stopped = True
    if bisection.chosen is None:
        if bisection.stopped:
            raise watch.nothing_found()
        return problem.infeasible(_MODEL, bisection.why_not(), watch.seconds)
    return _result(problem, bisection, watch)


@dataclass
class _Bisection:
    """The search for the least radius within which the sites allowed cover all demand.

    Attributes
    ----------
    radii
        The weighted costs that can be the optimum, ascending.
    low, high
        Positions in ``radii``: below ``low`` nothing is feasible; ``high`` is what ``chosen`` has.
    chosen
        Positions of the best sites known among the free ones; None if none is.
    stopped
        Whether the time was up.
    """

    problem: MedianProblem
    watch: Watch
    gap: float
    seed: int
    rows: np.ndarray
    columns: np.ndarray
    costs: np.ndarray
    already: np.ndarray
    radii: np.ndarray
    low: int = 0
    high: int = 0
    chosen: np.ndarray | None = None
    stopped: bool = False

    @classmethod
    def of(cls, problem: MedianProblem, watch: Watch, gap: float, seed: int) -> _Bisection:
        """Return the bisection of a problem."""
        rows, columns, costs = problem.entries(problem.choice.free)
        assigned, already = problem.serve(problem.choice.fixed)
        already = np.where(
            assigned >= 0, problem.weights * np.where(assigned >= 0, already, 0), np.inf
        )
        costs = costs * problem.weights[rows]
        least = already.copy()
        np.minimum.at(least, rows, costs)
        floor = least.max(initial=0.0)
        radii = np.unique(np.concatenate([costs, already[np.isfinite(already)], [floor]]))
        radii = radii[radii >= floor]
        return cls(
            problem, watch, gap, seed, rows, columns, costs, already, radii, high=len(radii) - 1
        )

    def run(self) -> None:
        """Bisect until the least radius is proven, good enough, or the time is up."""
        self._try_admitted()
        if self.chosen is None:
            first = self._ask(self.high)
            if not first:
                self.stopped = first is None
                return
        step = 1
        while self.low < self.high and self._relative_gap > self.gap:
            # The optimum lies nearer to the bound than to a greedy answer: gallop from below.
            middle = min(self.low + step, (self.low + self.high) // 2)
            feasible = self._ask(middle)
            if feasible is None:
                self.stopped = True
                return
            if feasible:
                step = 1
            else:
                self.low = middle + 1
                step *= 2
            if self.chosen is not None:
                self.watch.tell(float(self.radii[self.high]), float(self.radii[self.low]))

    def _try_admitted(self) -> None:
        """Take sites that keep the rules, if they serve all demand: an answer to begin with."""
        choice = self.problem.choice
        if choice.only_number:
            self._farthest_first()
            return
        most = np.bincount(self.columns, minlength=len(choice.free))
        new = choice.admitted(choice.free[np.argsort(-most, kind="stable")])
        if new is None or (self.problem.serve(np.union1d(choice.fixed, new))[0] < 0).any():
            return
        self._take(np.searchsorted(choice.free, new))

    def _farthest_first(self) -> None:
        """Take p sites, each the nearest to the demand that is served worst so far.

        Gonzalez (1985), "Clustering to minimize the maximum intercluster distance", Theoretical
        Computer Science 38.
        """
        order = np.argsort(self.columns, kind="stable")
        ends = np.cumsum(np.bincount(self.columns, minlength=len(self.problem.choice.free)))
        first = np.searchsorted(self.rows, np.arange(len(self.already)))
        nearest = self.already.copy()
        new: list[int] = []
        while len(new) < self.problem.p and nearest.max(initial=0.0) > self.radii[0]:
            site = int(self.columns[first[nearest.argmax()]])
            new.append(site)
            entries = order[(ends[site - 1] if site else 0) : ends[site]]
            np.minimum.at(nearest, self.rows[entries], self.costs[entries])
        if np.isfinite(nearest).all():
            self._take(np.unique(np.array(new, np.int64)))

    @property
    def _relative_gap(self) -> float:
        high = self.radii[self.high]
        return float((high - self.radii[self.low]) / high) if high else 0.0

    def _ask(self, at: int) -> bool | None:
        """Return whether some sites cover all within a radius; None if the time was up."""
        radius = self.radii[at]
        rows, count = self._cover(radius)
        new = self._greedy(rows, count)
        if new is None:
            if self.problem.choice.p is not None and _disjoint(rows) > self.problem.p:
                return False
            if self.watch.up:
                return None
            known, new = self._settle(_minimal(rows))
            if not known or new is None:
                return False if known else None
        self._take(new)
        return True

    def _settle(self, rows: csr_array) -> tuple[bool, np.ndarray | None]:
        """Return whether it is known if allowed sites cover all rows, and which do."""
        if not self.problem.choice.only_number:
            return self._exact(rows)
        each = np.ones(rows.shape[1])
        whole = Cover(
            rows.indptr.astype(np.int64),
            rows.indices.astype(np.int32),
            np.ones(rows.shape[0]),
            np.arange(rows.shape[1]),
            each,
        )
        left = without_dominated(whole)
        known, new = self._covered(left.matrix())
        if known:
            return True, None if new is None else left.sites[new]
        few = left.matrix().tocoo()
        place = (few.row, left.sites[few.col])
        return self._exact(csr_array((few.data, place), shape=(few.shape[0], rows.shape[1])))

    def _take(self, new: np.ndarray) -> None:
        open_site = np.zeros(len(self.problem.choice.free), np.bool_)
        open_site[new] = True
        entries = open_site[self.columns]
        nearest = self.already.copy()
        np.minimum.at(nearest, self.rows[entries], self.costs[entries])
        worst = nearest.max(initial=0.0)
        self.high = int(np.searchsorted(self.radii, max(worst, self.radii[0])))
        self.chosen = new

    def _cover(self, radius: float) -> tuple[csr_array, int]:
        """Return demand that the fixed sites leave uncovered × free sites, within a radius."""
        left = self.already > radius
        number = np.cumsum(left) - 1
        keep = (self.costs <= radius) & left[self.rows]
        count = int(left.sum())
        shape = (count, len(self.problem.choice.free))
        places = (number[self.rows[keep]], self.columns[keep])
        return csr_array((np.ones(int(keep.sum())), places), shape=shape), count

    def _greedy(self, rows: csr_array, count: int) -> np.ndarray | None:
        """Return a cover that keeps the rules, or None if this finds none."""
        choice = self.problem.choice
        most = len(choice.free) if choice.p is None else choice.p
        columns = csr_array(rows.T)
        left = np.ones(count, np.bool_)
        gains = np.diff(columns.indptr).astype(np.int64)
        new: list[int] = []
        while left.any():
            if len(new) == most or not gains.any():
                return None
            site = int(gains.argmax())
            new.append(site)
            members = columns.indices[columns.indptr[site] : columns.indptr[site + 1]]
            fresh = members[left[members]]
            left[fresh] = False
            np.subtract.at(gains, rows[fresh].indices, 1)
        sites = np.array(new, np.int64)
        if choice.only_number or not choice.broken(np.union1d(choice.fixed, choice.free[sites])):
            return sites
        return None

    def _covered(self, rows: csr_array) -> tuple[bool, np.ndarray | None]:
        """Return whether it is known if p sites cover all, and which do.

        It is a p-median problem: a demand costs 0 where it is covered and 1 where not, and only an
        answer that costs 0 is wanted.
        """
        count = rows.shape[0]
        ones = np.ones(count)
        lists = Lists(
            rows.indptr.astype(np.int64),
            rows.indices.astype(np.int32),
            np.zeros(rows.nnz),
            ones,
            ones,
            rows.shape[1],
        )
        columns = csr_array(rows.T)

        def uncovered(sites: np.ndarray) -> float:
            return count - len(np.unique(columns[sites].indices))

        solver = MedianSolver(
            lists,
            min(self.problem.p, rows.shape[1]),
            uncovered,
            whole=True,
            watch=self.watch.quiet(),
            seed=self.seed,
            ceiling=1.0,
            most_nodes=_MOST_NODES,
        )
        solver.run()
        if solver.interrupted:
            raise KeyboardInterrupt
        return solver.proven or solver.chosen is not None, solver.chosen

    def _exact(self, rows: csr_array) -> tuple[bool, np.ndarray | None]:
        """Return whether it is known if allowed sites cover all, and which do."""
        choice = self.problem.choice
        limits, least, most = choice.limits()
        free = len(choice.free)
        program = Program(
            cost=np.ones(free),
            rows=csr_array(vstack([rows, limits])),
            row_lower=np.concatenate([np.ones(rows.shape[0]), least]),
            row_upper=np.concatenate([np.full(rows.shape[0], np.inf), most]),
            lower=np.zeros(free),
            upper=np.ones(free),
            integral=np.ones(free, np.bool_),
        )
        # Any cover will do, so that the solver may stop at its first.
        found = self.watch.solve(program, gap=1e9, seed=self.seed)
        if found.x is None:
            return found.status == "infeasible", None
        return True, np.flatnonzero(found.x > 0.5)

    def why_not(self) -> str:
        """Return why no set of sites covers all demand at any radius."""
        rows, count = self._cover(self.radii[-1])
        choice = self.problem.choice
        if not choice.only_number:
            return "no set of sites that keeps all rules serves every demand"
        columns = csr_array(rows.T)
        left = np.ones(count, np.bool_)
        for _ in range(self.problem.p):
            gains = np.array(
                [
                    left[columns.indices[a:b]].sum()
                    for a, b in zip(columns.indptr, columns.indptr[1:], strict=False)
                ]
            )
            site = int(gains.argmax())
            left[columns.indices[columns.indptr[site] : columns.indptr[site + 1]]] = False
        who = np.flatnonzero(~np.isfinite(self.already))[np.flatnonzero(left)]
        return (
            f"no {self.problem.p} new sites serve every demand; "
            f"the best attempt leaves out {self.problem.named(who)}"
        )


def _disjoint(rows: csr_array) -> int:
    """Return how many demands a greedy choice finds that no site covers two of."""
    taken = np.zeros(rows.shape[1], np.bool_)
    count = 0
    for i in np.argsort(np.diff(rows.indptr), kind="stable"):
        sites = rows.indices[rows.indptr[i] : rows.indptr[i + 1]]
        if not taken[sites].any():
            taken[sites] = True
            count += 1
    return count


def _minimal(rows: csr_array) -> csr_array:
    """Return the rows that do not contain another: whoever covers those covers all."""
    order = np.argsort(np.diff(rows.indptr), kind="stable")
    ordered = csr_array(rows[order])
    shared = csr_array(ordered @ ordered.T)
    size = np.diff(ordered.indptr)
    owner = np.repeat(np.arange(shared.shape[0]), np.diff(shared.indptr))
    # A row is contained in another if they share all of it; of equal ones the first stays.
    holds = (shared.data == size[shared.indices]) & (shared.indices < owner)
    keep = np.ones(len(size), np.bool_)
    keep[owner[holds]] = False
    return csr_array(ordered[keep])


def _result(problem: MedianProblem, found: _Bisection, watch: Watch) -> SitingResult:
    assert found.chosen is not None
    sites = np.union1d(problem.choice.fixed, problem.choice.free[found.chosen])
    assigned, costs = problem.serve(sites)
    objective = float((problem.weights * costs).max(initial=0.0))
    bound = float(found.radii[found.low])
    proven = found.low == found.high
    return SitingResult(
        model=_MODEL,
        status="optimal" if proven else "feasible",
        site_positions=sites,
        assigned=assigned,
        objective=objective,
        bound=objective if proven else min(bound, objective),
        seconds=watch.seconds,
        message="" if proven else TIME_UP,
        weights=problem.weights,
        fixed=problem.choice.fixed,
        demand_ids=problem.demand_ids,
        site_ids=problem.choice.site_ids,
        costs=costs,
    )
