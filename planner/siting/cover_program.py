"""Covering models under any rules, as mixed-integer programs over the merged rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from planner.siting import mclp, mclp_program, schedules
from planner.siting.lscp import program_of as set_cover_program
from planner.siting.presolve import Cover, without_dominated_rows, without_dominated_sites
from planner.siting.presolve_kernels import COVERED
from planner.siting.problem import CoverProblem
from planner.siting.result import SitingResult
from planner.siting.watch import Watch
from planner.solver import Program, Solution


def set_cover(problem: CoverProblem, cover: Cover, *, gap: float, seed: int) -> SitingResult:
    """Return a cheapest cover that keeps the rules."""
    cover = without_dominated_rows(cover)
    program = limited(set_cover_program(cover), problem)

    def start(inside: np.ndarray) -> np.ndarray | None:
        return inside if (cover.matrix() @ inside >= 1).all() else None

    found = minimise(program, problem, start, gap=gap, seed=seed)
    if found.x is None:
        return problem.infeasible("LSCP", why_infeasible(problem))
    new = problem.free[found.x > 0.5]
    return problem.result("LSCP", new, max(found.bound, 0.0))


def max_coverage(problem: CoverProblem, *, gap: float, seed: int) -> SitingResult:
    """Return the sites that cover the most weight and keep the limits."""
    cover, group = problem.open_rows()
    settled = float(problem.weights[group == COVERED].sum())
    covered = _covered(problem)
    return most_weight(problem, cover, settled, covered, model="MCLP", gap=gap, seed=seed)


def coverage_curve(
    problem: CoverProblem, watches: Iterable[tuple[int, Watch]], *, gap: float, seed: int
) -> Iterator[SitingResult]:
    """Yield the most weight for several numbers of sites, ascending, each search from the last.

    Parameters
    ----------
    problem
        Its choice is limited by number alone; its own number does not count.
    watches
        The numbers, each with a clock that runs from when it is asked for.
    gap, seed
        See ``max_coverage``.
    """
    cover, group = problem.open_rows()
    settled = float(problem.weights[group == COVERED].sum())
    carried = mclp.Carried(_numbered(cover))
    for p, watch in watches:
        step = replace(problem, choice=replace(problem.choice, p=p), watch=watch)
        yield most_weight(
            step,
            carried.cover,
            settled,
            _covered(step),
            model="MCLP",
            gap=gap,
            seed=seed,
            carried=carried,
        )


def _covered(problem: CoverProblem) -> Callable[[np.ndarray], float]:
    """Return what counts the weight that new sites cover together with the fixed ones."""

    def covered(new: np.ndarray) -> float:
        sites = np.union1d(problem.fixed, new)
        return float(problem.weights[problem.covered_by(sites)].sum())

    return covered


def _numbered(cover: Cover) -> Cover:
    """Return a cover made small where nothing but the number of sites counts."""
    rows = np.flatnonzero(cover.weights > 0)
    cover = cover.part(rows, np.arange(len(cover.sites)))
    return without_dominated_sites(replace(cover, costs=np.zeros(len(cover.sites))))


def most_weight(
    problem: CoverProblem,
    cover: Cover,
    settled: float,
    value: Callable[[np.ndarray], float],
    *,
    model: str,
    gap: float,
    seed: int,
    carried: mclp.Carried | None = None,
    answer: Callable[[np.ndarray], dict[str, Any]] = lambda new: {},
) -> SitingResult:
    """Return the sites that cover the most weight of some rows and keep the limits.

    Parameters
    ----------
    problem
        Its choice says what may be chosen.
    cover
        Rows over the free sites.
    settled
        Weight that counts whichever sites are chosen.
    value
        The objective of new sites, counted anew.
    model
        Its name.
    gap, seed
        See ``max_coverage``.
    carried
        What the search for another number left; ``cover`` is its cover then.
    answer
        Further fields of the result, of new sites.
    """
    choice, watch = problem.choice, problem.watch
    if choice.only_number and choice.p is not None:
        cover = _numbered(cover) if carried is None else cover
        best = mclp.choose(
            cover,
            choice.p,
            watch,
            gap=gap,
            seed=seed,
            carried=carried,
            tell=lambda worth, bound: watch.tell(settled + worth, settled + bound),
        )
        new = cover.sites[best.inside]
        found_value, bound = value(new), settled + best.bound
        bound = found_value if best.proven else max(bound, found_value)
        return problem.result(model, new, bound, objective=found_value, **answer(new))
    rows = np.flatnonzero(cover.weights > 0)
    cover = cover.part(rows, np.arange(len(cover.sites)))
    if choice.only_means:
        cover = without_dominated_sites(cover)
        plan = schedules.choose(
            schedules.Schedules.at_once(cover, choice),
            watch,
            gap=gap,
            seed=seed,
            tell=lambda worth, bound: watch.tell(settled + worth, settled + bound),
        )
        new = cover.sites[plan.opened == 0]
        found_value = value(new)
        bound = found_value if plan.proven else max(settled + plan.bound, found_value)
        return problem.result(model, new, bound, objective=found_value, **answer(new))
    program = limited(mclp_program.program_of(cover), problem)

    def start(inside: np.ndarray) -> np.ndarray:
        return np.concatenate([inside, cover.matrix() @ inside > 0])

    most = settled + float(cover.weights.sum())
    found = minimise(
        program, problem, start, gap=gap, seed=seed, offset=settled, sign=-1.0, most=most
    )
    if found.x is None:
        return problem.infeasible(model, why_infeasible(problem))
    new = problem.free[found.x[: len(problem.free)] > 0.5]
    found_value = value(new)
    proven = found.status == "optimal" and gap == 0
    bound = found_value if proven else max(min(settled - found.bound, most), found_value)
    return problem.result(model, new, bound, objective=found_value, **answer(new))


def partial_cover(
    problem: CoverProblem, cover: Cover, needed: float, *, gap: float, seed: int
) -> SitingResult:
    """Return the cheapest sites that cover a needed weight of some rows and keep the rules."""
    rows = np.flatnonzero(cover.weights > 0)
    cover = cover.part(rows, np.arange(len(cover.sites)))
    if problem.choice.only_number and len(np.unique(cover.costs)) == 1:
        return _fewest(problem, without_dominated_sites(cover), needed, seed=seed)
    base = mclp_program.program_of(cover)
    demands, sites = cover.shape
    enough = csr_array(np.concatenate([np.zeros(sites), cover.weights])[None, :])
    program = Program(
        cost=np.concatenate([cover.costs, np.zeros(demands)]),
        rows=csr_array(vstack([base.rows, enough])),
        row_lower=np.concatenate([base.row_lower, [max(needed, 0.0)]]),
        row_upper=np.concatenate([base.row_upper, [np.inf]]),
        lower=base.lower,
        upper=base.upper,
        integral=base.integral,
    )

    def start(inside: np.ndarray) -> np.ndarray | None:
        covered = cover.matrix() @ inside > 0
        return np.concatenate([inside, covered]) if cover.weights @ covered >= needed else None

    found = minimise(limited(program, problem), problem, start, gap=gap, seed=seed)
    if found.x is None:
        return problem.infeasible("PSCLP", why_infeasible(problem))
    return problem.result("PSCLP", problem.free[found.x[:sites] > 0.5], max(found.bound, 0.0))


def _fewest(problem: CoverProblem, cover: Cover, needed: float, *, seed: int) -> SitingResult:
    """Return the fewest sites, all of one cost, that cover a needed weight: MCLPs of rising p."""
    if needed <= 0:
        return problem.result("PSCLP", cover.sites[:0], 0.0)
    watch = problem.watch
    price = cover.costs[0]
    none, every = 0, len(cover.sites)  # too few, but for the time; enough
    proven, chosen = 0, np.ones(every, bool)  # proven too few
    rising = True
    while none + 1 < every:
        p = min(max(2 * none, 1), every - 1) if rising else (none + every) // 2
        best = mclp.choose(cover, p, watch, seed=seed, enough=needed)
        if best.value >= needed:
            every, chosen, rising = p, best.inside, False
        else:
            none = p
            proven = p if best.bound < needed else proven
        watch.tell(price * every, price * (proven + 1))
    new = cover.sites[chosen]
    return problem.result("PSCLP", new, price * min(proven + 1, len(new)))


def limited(program: Program, problem: CoverProblem) -> Program:
    """Return a program whose first variables are the free sites, with the limits on them."""
    limits, least, most = problem.choice.limits()
    others = len(program.cost) - len(problem.free)
    wide = hstack([limits, csr_array((limits.shape[0], others))], format="csr")
    return Program(
        cost=program.cost,
        rows=csr_array(vstack([program.rows, wide])),
        row_lower=np.concatenate([program.row_lower, least]),
        row_upper=np.concatenate([program.row_upper, most]),
        lower=program.lower,
        upper=program.upper,
        integral=program.integral,
    )


def minimise(
    program: Program,
    problem: CoverProblem,
    start: Callable[[np.ndarray], np.ndarray | None],
    *,
    gap: float,
    seed: int,
    offset: float = 0.0,
    sign: float = 1.0,
    most: float = np.inf,
) -> Solution:
    """Minimise a program in the time that is left.

    Parameters
    ----------
    program, problem
        What to minimise; its first variables are the problem's free sites.
    start
        Makes a solution of open free sites that keep the rules (0 or 1, shape (free sites,)); None
        if they are no solution.
    gap, seed
        See ``solve``.
    offset, sign
        The caller's progress is told ``offset + sign * cost``.
    most
        What the objective so told cannot exceed.

    Returns
    -------
    Solution
        Without values only where none exist.

    Raises
    ------
    OutOfTimeError
        If the time was up before a solution was found.
    """
    watch, choice = problem.watch, problem.choice
    worth = (problem.weights @ csr_array(problem.reach, dtype=float))[problem.free]
    new = choice.admitted(problem.free[np.argsort(-worth, kind="stable")])
    known = None if new is None else start(np.isin(problem.free, new).astype(float))
    found = watch.solve(
        program,
        gap=gap,
        seed=seed,
        start=known,
        tell=lambda value, bound: watch.tell(
            offset + sign * value, min(offset + sign * bound, most)
        ),
    )
    if found.status == "unknown":
        raise watch.nothing_found()
    if found.status == "optimal" and gap == 0:
        return Solution("optimal", found.x, found.objective, found.objective)
    return found


def why_infeasible(problem: CoverProblem) -> str:
    """Return which rule no set of sites can keep alone, or that the rules do not go together."""
    choice = problem.choice
    rows, lower, upper = choice.limits()
    low = np.minimum(rows.toarray(), 0).sum(axis=1) if rows.shape[0] else np.zeros(0)
    high = np.maximum(rows.toarray(), 0).sum(axis=1) if rows.shape[0] else np.zeros(0)
    numbers = {"p": choice.p, "budget": choice.budget}
    names = [name for name, limit in numbers.items() if limit is not None]
    for row, name in enumerate([*names, *choice.row_names]):
        if high[row] < lower[row]:
            return f"no set of sites keeps the rule {name}: too few sites may be opened"
        if low[row] > upper[row]:
            return f"no set of sites keeps the rule {name}: too many of its sites are fixed"
    return "no set of sites keeps all rules together: " + ", ".join([*names, *choice.row_names][:5])
