"""Covering with capacity: who is served where, within reach and within each site's capacity.

Demand may be split (then demands of equal reach are one demand of their summed weight) or is
served whole. zᵢⱼ ≤ xⱼ keeps the linear relaxation near the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array, vstack

from planner.siting import presolve_kernels as kernels
from planner.siting.cover_program import limited, minimise, why_infeasible
from planner.siting.inputs import Amount, amounts, some
from planner.siting.presolve import merged
from planner.siting.problem import CoverProblem
from planner.siting.result import NOWHERE, SitingResult
from planner.solver import Program

_ROUNDING = 1e-9


def set_cover(
    problem: CoverProblem, capacity: Amount, *, split: bool, gap: float, seed: int
) -> SitingResult:
    """Return the cheapest sites that serve all demand within capacity; see ``covering``."""
    flow = _Flow.of(problem, capacity, split)
    large = _too_large(problem, flow, split)
    if large:
        return problem.infeasible("CLSCP", large)
    program = flow.program(everyone=True)
    found = minimise(program, problem, lambda _: None, gap=gap, seed=seed)
    if found.x is None:
        return problem.infeasible("CLSCP", _why_short(problem, flow))
    new = problem.free[found.x[: len(problem.free)] > 0.5]
    return problem.result("CLSCP", new, max(found.bound, 0.0), **flow.served(found.x))


def max_coverage(
    problem: CoverProblem, capacity: Amount, *, split: bool, gap: float, seed: int
) -> SitingResult:
    """Return the sites that serve the most weight within capacity; see ``covering``."""
    flow = _Flow.of(problem, capacity, split)
    program = flow.program(everyone=False)
    most = float(flow.weights.sum())
    found = minimise(program, problem, flow.unused, gap=gap, seed=seed, sign=-1.0, most=most)
    if found.x is None:
        return problem.infeasible("CMCLP", why_infeasible(problem))
    new = problem.free[found.x[: len(problem.free)] > 0.5]
    fields = flow.served(found.x)
    objective = float(problem.weights @ fields["covered_share"])
    proven = found.status == "optimal" and gap == 0
    bound = objective if proven else max(min(-found.bound, most), objective)
    return problem.result("CMCLP", new, bound, objective=objective, **fields)


@dataclass(frozen=True, eq=False)
class _Flow:
    """Which rows may be served by which sites, and how much each may take.

    Attributes
    ----------
    problem
        What was asked.
    capacity
        Of all sites.
    split
        Whether rows may be shared out.
    ptr, items
        Sites (positions among free, then fixed ones) of each row.
    weights
        Of the rows.
    group
        Row of each demand, negative where no site reaches it.
    sites
        Positions of free, then fixed sites.
    """

    problem: CoverProblem
    capacity: np.ndarray
    split: bool
    ptr: np.ndarray
    items: np.ndarray
    weights: np.ndarray
    group: np.ndarray
    sites: np.ndarray

    @classmethod
    def of(cls, problem: CoverProblem, capacity: Amount, split: bool) -> _Flow:
        amount = amounts("capacity", capacity, problem.choice.site_ids)
        sites = np.concatenate([problem.free, problem.fixed])
        number = np.full(len(amount), -1, np.int32)
        number[sites] = np.arange(len(sites))
        ptr, items = problem.rows()
        if split:
            role = np.where(number >= 0, kernels.FREE, kernels.FORBIDDEN).astype(np.int8)
            every = np.arange(len(amount))
            cover, group = merged(ptr, items, problem.weights, role, every, problem.choice.costs)
            matrix, weights = cover.matrix(), cover.weights
            number = number[cover.sites]
        else:
            full = csr_array((np.ones(len(items)), items, ptr), shape=problem.reach.shape)
            reached = np.diff(csr_array(full[:, sites]).indptr) > 0
            group = np.where(reached, np.cumsum(reached) - 1, kernels.UNREACHED)
            matrix, weights = csr_array(full[reached]), problem.weights[reached]
        kept = number[matrix.indices] >= 0
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[kept]
        counts = np.bincount(rows, minlength=matrix.shape[0])
        return cls(
            problem,
            amount,
            split,
            np.concatenate([[0], np.cumsum(counts)]),
            number[matrix.indices[kept]],
            weights,
            group,
            sites,
        )

    def program(self, *, everyone: bool) -> Program:
        """Return the program over free sites x and pairs z; everyone served, or the most weight."""
        free, pairs = len(self.problem.free), len(self.items)
        rows = np.repeat(np.arange(len(self.weights)), np.diff(self.ptr))
        amount = self.weights[rows]
        pair = np.arange(pairs)
        may_close = self.items < free
        sites = len(self.sites)
        room = self.capacity[self.sites]
        least = self.problem.choice.minimum_use[self.sites[:free]]
        z_at = free + pair
        used = csr_array(
            (
                np.concatenate([amount, -room[:free]]),
                (
                    np.concatenate([self.items, np.arange(free)]),
                    np.concatenate([z_at, np.arange(free)]),
                ),
            ),
            shape=(sites, free + pairs),
        )
        once = csr_array((np.ones(pairs), (rows, z_at)), shape=(len(self.weights), free + pairs))
        links = int(may_close.sum())
        link = csr_array(
            (
                np.tile([1.0, -1.0], links),
                (
                    np.repeat(np.arange(links), 2),
                    np.column_stack([z_at[may_close], self.items[may_close]]).ravel(),
                ),
            ),
            shape=(links, free + pairs),
        )
        floor = csr_array(
            (
                np.concatenate([amount[may_close], -least]),
                (
                    np.concatenate([self.items[may_close], np.arange(free)]),
                    np.concatenate([z_at[may_close], np.arange(free)]),
                ),
            ),
            shape=(free, free + pairs),
        )[least > 0]
        costs = self.problem.choice.costs[self.problem.free]
        cost = np.concatenate([costs, np.zeros(pairs)])
        if not everyone:
            cost = np.concatenate([np.zeros(free), -amount])
        program = Program(
            cost=cost,
            rows=_stack([used, once, link, floor]),
            row_lower=np.concatenate(
                [
                    np.full(sites, -np.inf),
                    np.full(len(self.weights), 1.0 if everyone else 0.0),
                    np.full(links, -np.inf),
                    np.zeros(floor.shape[0]),
                ]
            ),
            row_upper=np.concatenate(
                [
                    np.zeros(free),
                    room[free:],
                    np.ones(len(self.weights)),
                    np.zeros(links),
                    np.full(floor.shape[0], np.inf),
                ]
            ),
            lower=np.zeros(free + pairs),
            upper=np.ones(free + pairs),
            integral=(np.arange(free + pairs) < free) | (not self.split),
        )
        return limited(program, self.problem)

    def unused(self, inside: np.ndarray) -> np.ndarray | None:
        """Return the values of the program where open sites serve nobody, if they need not."""
        least = self.problem.choice.minimum_use[self.sites[: len(inside)]]
        if least[inside > 0.5].any():
            return None
        return np.concatenate([inside, np.zeros(len(self.items))])

    def served(self, x: np.ndarray) -> dict[str, Any]:
        """Return shares, assigned, covered_share and capacity for the result."""
        z = np.clip(x[len(self.problem.free) :], 0.0, 1.0)
        z[z < _ROUNDING] = 0.0
        every = csr_array((z, self.items, self.ptr), shape=(len(self.weights), len(self.sites)))
        back = np.argsort(self.sites)
        rows = csr_array(every[:, back])
        wide = csr_array(
            (rows.data, self.sites[back][rows.indices], rows.indptr),
            shape=(rows.shape[0], len(self.capacity)),
        )
        wide.eliminate_zeros()
        served = self.group >= 0
        counts = np.zeros(len(self.group), np.int64)
        counts[served] = np.diff(wide.indptr)[self.group[served]]
        shares = wide[np.maximum(self.group, 0)] if len(self.weights) else wide
        empty = csr_array((len(self.group), len(self.capacity)))
        shares = csr_array(shares) if len(self.weights) else empty
        keep = np.repeat(served, np.diff(shares.indptr))
        shares = csr_array(
            (shares.data[keep], shares.indices[keep], np.concatenate([[0], np.cumsum(counts)])),
            shape=shares.shape,
        )
        return {
            "shares": shares,
            "assigned": _most(shares),
            "covered_share": np.minimum(np.asarray(shares.sum(axis=1)).ravel(), 1.0),
            "capacity": self.capacity,
        }


def _most(shares: csr_array) -> np.ndarray:
    """Return for each demand the site that serves most of it, the first among equals."""
    rows = np.repeat(np.arange(shares.shape[0]), np.diff(shares.indptr))
    order = np.lexsort((shares.indices, -shares.data, rows))
    assigned = np.full(shares.shape[0], NOWHERE)
    at = order[np.unique(rows[order], return_index=True)[1]]
    assigned[rows[at]] = shares.indices[at]
    return assigned


def _stack(blocks: list[csr_array]) -> csr_array:
    return csr_array(vstack(blocks))


def _too_large(problem: CoverProblem, flow: _Flow, split: bool) -> str:
    """Return which demand is heavier than any site, or all sites, that reach it; "" if none."""
    room = flow.capacity[flow.sites][flow.items]
    within = (
        np.add.reduceat(room, flow.ptr[:-1]) if split else np.maximum.reduceat(room, flow.ptr[:-1])
    )
    heavy = np.flatnonzero(flow.weights > within * (1 + 1e-12))
    if not len(heavy):
        return ""
    demand = np.flatnonzero(np.isin(flow.group, heavy))
    row = heavy[0]
    what = "all sites that reach it have room for" if split else "the largest that reaches it takes"
    return (
        f"demand {some(problem.demand_ids[demand])} weighs {flow.weights[row]:g}, "
        f"{what} {within[row]:g}"
    )


def _why_short(problem: CoverProblem, flow: _Flow) -> str:
    """Return that capacity is short, or which rule stands in the way."""
    room, weight = flow.capacity[flow.sites].sum(), problem.weights.sum()
    if room < weight:
        return f"all sites together have capacity {room:g}, the demand weighs {weight:g}"
    if problem.choice.row_names or problem.choice.minimum_use.any():
        return why_infeasible(problem)
    return "capacity within reach is short for some demand, however it is assigned"
