"""The path formulation of a hierarchical p-median, over what presolve leaves of it.

A demand is served along a path of sites, one for each tier; x of a path is at most y of each step
(site, tier) on it, demand by demand, which makes the relaxation sharp (Tcha and Lee 1984; Aardal,
Chudak and Shmoys 1999). Referral from home makes of each tier a row of its own, of paths of one
site.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack

from planner.siting.tiered_problem import Sorted, TieredProblem
from planner.solver import Program

_DIGITS = 9
"""Decimals up to which the paths of two demands are the same, so that they become one."""


@dataclass(frozen=True, eq=False)
class Paths:
    """Paths of each row, from a site of the first tier of the path upwards.

    Attributes
    ----------
    starts, cost
        Those of row r are ``starts[r]:starts[r + 1]``, by unit cost ascending.
    steps
        The steps (see ``TierChoice.steps``) that must be taken, -1 where the site offers the tier
        today, shape (paths, length).
    weights
        Weight of each row.
    offset
        What all answers cost beside.
    """

    starts: np.ndarray
    cost: np.ndarray
    steps: np.ndarray
    weights: np.ndarray
    offset: float


def paths_of(problem: TieredProblem, most: int, spare: np.ndarray | None = None) -> Paths | None:
    """Return the paths that a best answer may use, rows that are the same made one.

    Parameters
    ----------
    problem
        Whose paths.
    most
        How many paths are too many: None is returned.
    spare
        Unit cost beyond which no better answer serves a row, shape (rows,); rows are demands, or
        tier after tier all demands where referral starts at home.
    """
    rows = _home(problem) if problem.links is None else _chains(problem, most)
    picked: dict[bytes, int] = {}
    costs: list[np.ndarray] = []
    steps: list[np.ndarray] = []
    weights: list[float] = []
    offset, total = 0.0, 0
    for number, (weight, cost, taken) in enumerate(rows):
        if spare is not None and len(cost):
            near = cost <= spare[number]
            cost, taken = cost[near], taken[near]
        base = cost[0] if len(cost) else 0.0
        offset += weight * base
        cost = np.round(cost - base, _DIGITS)
        key = cost.tobytes() + b"|" + taken.tobytes()
        if key in picked:
            weights[picked[key]] += weight
            continue
        total += len(cost)
        if total > most:
            return None
        picked[key] = len(costs)
        costs.append(cost)
        steps.append(taken)
        weights.append(weight)
    length = problem.depth if problem.links is not None else 1
    starts = np.concatenate([[0], np.cumsum([len(one) for one in costs])]).astype(np.int64)
    return Paths(
        starts,
        np.concatenate(costs) if costs else np.zeros(0),
        np.concatenate(steps) if steps else np.zeros((0, length), np.int64),
        np.array(weights),
        offset,
    )


Row = tuple[float, np.ndarray, np.ndarray]


def _home(problem: TieredProblem) -> Iterator[Row]:
    step = problem.choice.step_of[:, 1:]
    for k, near in enumerate(problem.near):
        for i, flow in enumerate(problem.flows[:, k].tolist()):
            part = slice(near.starts[i], near.starts[i + 1])
            yield flow, *_up_to_sure(near.cost[part], step[near.sites[part], k][:, None])


def _up_to_sure(cost: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leave out what costs more than a path that is there today; costs are ascending."""
    sure = np.flatnonzero((steps < 0).all(axis=1))
    end = sure[0] + 1 if len(sure) else len(cost)
    return cost[:end], steps[:end]


def _chains(problem: TieredProblem, most: int) -> Iterator[Row]:
    usable, step = problem.able, problem.choice.step_of[:, 1:]
    assert problem.links is not None
    last = problem.depth - 1
    tails = {
        int(j): (np.zeros(1), step[j, last : last + 1][None, :])
        for j in np.flatnonzero(usable[:, last])
    }
    for k in range(problem.depth - 2, -1, -1):
        link, share = problem.links[k], problem.shares[k]
        ends = np.array(sorted(tails), np.int64)
        sizes = np.array([len(tails[int(end)][0]) for end in ends])
        cost = np.concatenate([tails[int(end)][0] for end in ends]) if len(ends) else np.zeros(0)
        steps = np.concatenate([tails[int(end)][1] for end in ends]) if len(ends) else None
        above: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        held = 0
        for j in np.flatnonzero(usable[:, k]).tolist():
            if steps is None:
                break
            way = share * (np.repeat(link[j, ends], sizes) + cost)
            keep = np.flatnonzero(np.isfinite(way))
            order = keep[np.argsort(way[keep], kind="stable")]
            found = _up_to_sure(way[order], steps[order])
            own = np.full((len(found[0]), 1), step[j, k])
            above[j] = found[0], np.concatenate([own, found[1]], axis=1)
            held += len(found[0])
            if held > most:
                break
        tails = above
    near = problem.near[0]
    yield from _rows_of(problem, near, tails)


def _rows_of(
    problem: TieredProblem, near: Sorted, tails: dict[int, tuple[np.ndarray, np.ndarray]]
) -> Iterator[Row]:
    nothing = np.zeros(0), np.zeros((0, problem.depth), np.int64)
    for i, weight in enumerate(problem.weights.tolist()):
        costs, steps, sure = [], [], np.inf
        for e in range(near.starts[i], near.starts[i + 1]):
            d, j = near.cost[e], int(near.sites[e])
            if d > sure:
                break
            if j not in tails:
                continue
            tail, taken = tails[j]
            if not len(tail) or d + tail[0] > sure:
                continue
            costs.append(d + tail)
            steps.append(taken)
            if (taken[-1] < 0).all():
                sure = min(sure, d + tail[-1])
        if not costs:
            yield weight, *nothing
            continue
        cost, taken = np.concatenate(costs), np.concatenate(steps)
        order = np.argsort(cost, kind="stable")
        yield weight, *_up_to_sure(cost[order], taken[order])


def program_of(problem: TieredProblem, paths: Paths) -> Program:
    """Return the program: steps, then paths."""
    choice = problem.choice
    count, size = len(choice.steps[0]), len(paths.cost)
    row = np.repeat(np.arange(len(paths.weights)), np.diff(paths.starts))
    column = count + np.arange(size)
    once = _matrix(row, column, np.ones(size), (len(paths.weights), count + size))
    path, place = np.nonzero(paths.steps >= 0)
    step = paths.steps[path, place]
    pairs, link = np.unique(row[path] * max(count, 1) + step, return_inverse=True)
    shape = (len(pairs), count + size)
    below = _matrix(link, column[path], np.ones(len(path)), shape) - _matrix(
        np.arange(len(pairs)), pairs % max(count, 1), np.ones(len(pairs)), shape
    )
    limits, upper = choice.rows()
    limits = csr_array((limits.data, limits.indices, limits.indptr), (len(upper), count + size))
    ones = np.ones(len(paths.weights))
    return Program(
        cost=np.concatenate([np.zeros(count), paths.cost * paths.weights[row]]),
        rows=csr_array(vstack([once, below, limits])),
        row_lower=np.concatenate([ones, np.full(len(pairs) + len(upper), -np.inf)]),
        row_upper=np.concatenate([ones, np.zeros(len(pairs)), upper]),
        lower=np.zeros(count + size),
        upper=np.ones(count + size),
        integral=np.arange(count + size) < count,
    )


def start_of(paths: Paths, taken: np.ndarray) -> np.ndarray | None:
    """Return the solution of the program that some steps make; None if a row has no path."""
    open_path = (np.append(taken, True)[paths.steps]).all(axis=1)
    chosen = np.zeros(len(paths.cost))
    for r in range(len(paths.weights)):
        part = np.flatnonzero(open_path[paths.starts[r] : paths.starts[r + 1]])
        if not len(part):
            return None
        chosen[paths.starts[r] + part[0]] = 1.0
    return np.concatenate([taken.astype(float), chosen])


def _matrix(
    row: np.ndarray, column: np.ndarray, value: np.ndarray, shape: tuple[int, int]
) -> csr_array:
    return coo_array((value, (row, column)), shape=shape).tocsr()
