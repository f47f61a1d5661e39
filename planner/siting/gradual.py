"""Gradual covering: a site covers the whole of a near demand and part of a far one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from planner.errors import SitingError
from planner.siting import presolve_kernels as kernels
from planner.siting.choice import Rules
from planner.siting.cover_program import most_weight
from planner.siting.inputs import Amount, Matrix
from planner.siting.presolve import merged
from planner.siting.problem import CoverProblem
from planner.siting.request import remembered
from planner.siting.result import NOWHERE, SitingResult
from planner.siting.watch import Progress, Watch


@remembered
def gradual_coverage(
    cost: Any,
    p: int | None = None,
    *,
    decay: Callable[[np.ndarray], np.ndarray] | None = None,
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
    """Cover the most weight where coverage falls off with distance (gradual covering, GMCLP).

    maximise Σᵢ wᵢ maxⱼ vᵢⱼ xⱼ subject to Σⱼ xⱼ ≤ p, x binary, v between 0 and 1.

    Solved as an MCLP in which each demand is split into the steps of its values: with the distinct
    values v₁ > v₂ > ... > 0 of a demand, step k weighs wᵢ (vₖ - vₖ₊₁) and is covered by the sites
    of at least vₖ. So nothing is approximated, and the linear relaxation stays as near.

    Parameters
    ----------
    cost
        Demand × sites: values 0 to 1 (absent = 0), or minutes or metres to which ``decay`` is
        applied; dense, sparse, ``TravelTimes``, a long table or ``Points``.
    p
        How many new sites at the most.
    decay
        Values 0 to 1 for an array of minutes or metres, such as ``linear_decay(10, 30)``.
    weights
        Weight of each demand, such as residents; 1 if left out.
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
        Its objective is the weight covered, each demand by its best open site; ``covered_share``
        says how much of each.

    Raises
    ------
    SitingError
        If an argument cannot be worked with, or neither ``p`` nor ``budget`` is given.

    References
    ----------
    Church and Roberts (1983), "Generalized coverage models and public facility location", Papers
    of the Regional Science Association 53. Berman and Krass (2002), "The generalized maximal
    covering location problem", Computers & Operations Research 29.

    Examples
    --------
    >>> gradual_coverage([[5, 20], [25, 10], [40, 20]], p=1, decay=linear_decay(10, 30)).sites
    array([1])
    """
    watch = Watch(time_limit_s, progress)
    matrix = Matrix.read(cost, "cost")
    values = _values(matrix, decay)
    problem = CoverProblem.checked(
        _Reach(values.astype(bool), matrix),
        watch=watch,
        weights=weights,
        site_costs=site_costs,
        fixed=fixed,
        forbidden=forbidden,
        p=p,
        limited=True,
        budget=budget,
        rules=rules,
    )
    ptr, items, mass = steps(values, problem.weights)
    role = np.full(values.shape[1], kernels.FORBIDDEN, np.int8)
    role[problem.free] = kernels.FREE
    role[problem.fixed] = kernels.FIXED
    every = np.arange(values.shape[1])
    cover, group = merged(ptr, items, mass, role, every, problem.choice.costs)
    settled = float(mass[group == kernels.COVERED].sum())

    def answer(new: np.ndarray) -> dict[str, Any]:
        best, assigned = best_values(values, np.union1d(problem.fixed, new))
        return {"covered_share": best, "assigned": assigned}

    def value(new: np.ndarray) -> float:
        return float(problem.weights @ best_values(values, np.union1d(problem.fixed, new))[0])

    return most_weight(
        problem, cover, settled, value, model="GMCLP", gap=gap, seed=seed, answer=answer
    )


def linear_decay(full: float, none: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return a decay, 1 up to ``full`` minutes or metres and 0 from ``none`` on, a line between.

    Examples
    --------
    >>> linear_decay(10, 30)(np.array([5, 20, 30]))
    array([1. , 0.5, 0. ])
    """
    if not 0 <= full < none:
        raise SitingError(f"full is {full} and none is {none}; give 0 <= full < none")
    return lambda cost: np.clip((none - np.asarray(cost, float)) / (none - full), 0.0, 1.0)


def step_decay(
    limits: Sequence[float], values: Sequence[float]
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a decay in steps: ``values[k]`` up to and with ``limits[k]``, 0 beyond the last.

    Examples
    --------
    >>> step_decay([10, 30], [1.0, 0.4])(np.array([10, 11, 31]))
    array([1. , 0.4, 0. ])
    """
    edges, steps = np.asarray(limits, float), np.append(np.asarray(values, float), 0.0)
    if len(edges) + 1 != len(steps) or (np.diff(edges) <= 0).any() or (np.diff(steps) > 0).any():
        raise SitingError("limits must rise, values must not, and there must be as many of each")
    return lambda cost: steps[np.searchsorted(edges, np.asarray(cost, float))]


class _Reach:
    """Reach with the ids of the matrix it was made from, as ``Matrix.read`` takes it."""

    def __init__(self, reach: csr_array, matrix: Matrix) -> None:
        self.minutes = reach
        self.demand_ids, self.supply_ids = matrix.demand_ids, matrix.site_ids


def _values(matrix: Matrix, decay: Callable[[np.ndarray], np.ndarray] | None) -> csr_array:
    """Return the values as sparse rows without zeros."""
    values = csr_array(matrix.values, dtype=float, copy=True)
    if decay is not None:
        # Dense minutes are shaped before zeros, which mean no travel, are left out.
        dense = isinstance(matrix.values, np.ndarray)
        stored = np.array(matrix.values if dense else values.data, dtype=float)
        shaped = np.asarray(decay(stored), float)
        if shaped.shape != stored.shape:
            raise SitingError("decay returns another number of values than it is given")
        if dense:
            values = csr_array(shaped)
        else:
            values.data = shaped
    if not ((values.data >= 0) & (values.data <= 1)).all():
        raise SitingError(
            "cost holds other values than 0 to 1; give a decay that turns minutes into such values"
        )
    values.eliminate_zeros()
    return values


def steps(values: csr_array, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the steps of every demand: sites in compressed rows, ascending, and weights."""
    rows = np.repeat(np.arange(values.shape[0]), np.diff(values.indptr))
    order = np.lexsort((values.indices, -values.data, rows))
    row, value = rows[order], values.data[order]
    last = np.ones(len(row), bool)  # the last entry of a step: a lower value or another row follows
    last[:-1] = (row[1:] != row[:-1]) | (value[1:] != value[:-1])
    ends = np.flatnonzero(last)
    after = np.zeros(len(ends))
    same = row[ends[1:]] == row[ends[:-1]]
    after[:-1][same] = value[ends[1:]][same]
    starts = values.indptr[:-1].astype(np.int64)[row[ends]]
    sizes = ends + 1 - starts
    ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    take = np.arange(ptr[-1]) - np.repeat(ptr[:-1], sizes) + np.repeat(starts, sizes)
    items = values.indices[order][take].astype(np.int32)
    step = np.repeat(np.arange(len(sizes)), sizes)
    items = items[np.lexsort((items, step))]
    return ptr, items, weights[row[ends]] * (value[ends] - after)


def best_values(values: csr_array, sites: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each demand the best value among some sites, and the first site that has it."""
    chosen = np.zeros(values.shape[1], bool)
    chosen[sites] = True
    rows = np.repeat(np.arange(values.shape[0]), np.diff(values.indptr))
    keep = chosen[values.indices]
    row, site, value = rows[keep], values.indices[keep], values.data[keep]
    order = np.lexsort((site, -value, row))
    at = order[np.unique(row[order], return_index=True)[1]]
    best, assigned = np.zeros(values.shape[0]), np.full(values.shape[0], NOWHERE)
    best[row[at]], assigned[row[at]] = value[at], site[at]
    return best, assigned
