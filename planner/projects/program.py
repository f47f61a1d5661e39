"""Project matching as a mixed-integer program."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array

from planner.projects.inputs import ProjectProblem
from planner.solver import Program


@dataclass
class _Rows:
    """Constraints as they are written down."""

    row: list[np.ndarray] = field(default_factory=list)
    column: list[np.ndarray] = field(default_factory=list)
    value: list[np.ndarray] = field(default_factory=list)
    lower: list[np.ndarray] = field(default_factory=list)
    upper: list[np.ndarray] = field(default_factory=list)
    count: int = 0

    def add(
        self,
        row: np.ndarray,
        column: np.ndarray,
        value: np.ndarray | float,
        lower: np.ndarray | float,
        upper: np.ndarray,
    ) -> None:
        """Add ``len(upper)`` rows; ``row`` counts from the first of them."""
        self.row.append(row + self.count)
        self.column.append(column)
        self.value.append(np.broadcast_to(value, len(column)).astype(float))
        self.lower.append(np.broadcast_to(lower, len(upper)).astype(float))
        self.upper.append(upper)
        self.count += len(upper)


def program_of(
    problem: ProjectProblem,
    weights: np.ndarray,
    per_organisation: int | None,
    per_town: int,
    *,
    elastic: bool = False,
) -> Program:
    """Return the program that minimises minus the weighted need met.

    Variables: xⱼₖ, project j paid by funder k; yⱼᵢ, what j meets of need i; where ``elastic``, by
    how many projects each town falls short, which is then what is minimised.

    Parameters
    ----------
    problem
        Candidates, need, budgets.
    weights
        Of each need, shape (needs,).
    per_organisation
        Most projects of one organisation; None for no limit.
    per_town
        Fewest projects that serve a town.
    elastic
        Whether towns may fall short, to say which must.
    """
    pairs, served = len(problem.pay_project), len(problem.serve_project)
    short = len(problem.town_projects) if elastic else 0
    capacity = problem.candidates["capacity"].to_numpy(float)
    most = np.minimum(capacity[problem.serve_project], problem.need.to_numpy()[problem.serve_need])
    rows = _Rows()
    _pay_rows(problem, rows, per_organisation)
    _town_rows(problem, rows, per_town, pairs + served if elastic else None)
    _serve_rows(problem, rows, most, capacity)
    columns = pairs + served + short
    cost = np.zeros(columns)
    if elastic:
        cost[pairs + served :] = 1.0
    else:
        cost[pairs : pairs + served] = -weights[problem.serve_need]
    upper = np.ones(columns)
    upper[pairs : pairs + served] = most
    upper[pairs + served :] = per_town
    entries = (
        np.concatenate(rows.value),
        (np.concatenate(rows.row), np.concatenate(rows.column)),
    )
    return Program(
        cost=cost,
        rows=csr_array(entries, shape=(rows.count, columns)),
        row_lower=np.concatenate(rows.lower),
        row_upper=np.concatenate(rows.upper),
        lower=np.zeros(columns),
        upper=upper,
        integral=np.arange(columns) < pairs,
    )


def cheapest(program: Program, problem: ProjectProblem, worth: float) -> Program:
    """Return the program that minimises cost among choices that meet at least as much need."""
    pairs = len(problem.pay_project)
    cost = np.zeros(len(program.cost))
    cost[:pairs] = problem.candidates["cost_yuan"].to_numpy(float)[problem.pay_project]
    entries = program.rows.tocoo()
    row = np.concatenate([entries.row, np.full(len(program.cost), program.rows.shape[0])])
    column = np.concatenate([entries.col, np.arange(len(program.cost))])
    value = np.concatenate([entries.data, -program.cost])
    shape = (program.rows.shape[0] + 1, len(program.cost))
    return replace(
        program,
        cost=cost / max(cost.max(initial=0.0), 1.0),
        rows=csr_array((value, (row, column)), shape=shape),
        row_lower=np.append(program.row_lower, worth),
        row_upper=np.append(program.row_upper, np.inf),
    )


def _pay_rows(problem: ProjectProblem, rows: _Rows, per_organisation: int | None) -> None:
    pairs = np.arange(len(problem.pay_project))
    count = len(problem.candidates)
    # At most one funder pays; a project that is fixed has one.
    rows.add(problem.pay_project, pairs, 1.0, problem.fixed.astype(float), np.ones(count))
    cost = problem.candidates["cost_yuan"].to_numpy(float)[problem.pay_project]
    scale = np.maximum(problem.budgets, 1.0)
    share = cost / scale[problem.pay_funder]
    rows.add(problem.pay_funder, pairs, share, -np.inf, problem.budgets / scale)
    if per_organisation is not None:
        codes = problem.candidates["organisation_id"]
        owners, owner = np.unique(codes.to_numpy(str), return_inverse=True)
        quota = np.full(len(owners), float(per_organisation))
        rows.add(owner[problem.pay_project], pairs, 1.0, -np.inf, quota)


def _town_rows(
    problem: ProjectProblem, rows: _Rows, per_town: int, shortfall_from: int | None
) -> None:
    if per_town < 1 or not problem.town_projects:
        return
    row, column = [], []
    for k, projects in enumerate(problem.town_projects.values()):
        mine = np.flatnonzero(np.isin(problem.pay_project, projects))
        column.append(mine)
        row.append(np.full(len(mine), k))
        if shortfall_from is not None:
            column.append(np.array([shortfall_from + k]))
            row.append(np.array([k]))
    count = len(problem.town_projects)
    every = np.full(count, np.inf)
    rows.add(np.concatenate(row), np.concatenate(column), 1.0, float(per_town), every)


def _serve_rows(
    problem: ProjectProblem, rows: _Rows, most: np.ndarray, capacity: np.ndarray
) -> None:
    pairs, served = len(problem.pay_project), len(problem.serve_project)
    columns = pairs + np.arange(served)
    count = len(problem.candidates)
    # What a project meets is within its capacity, if it is bought at all.
    rows.add(
        np.concatenate([problem.serve_project, problem.pay_project]),
        np.concatenate([columns, np.arange(pairs)]),
        np.concatenate([np.ones(served), -capacity[problem.pay_project]]),
        -np.inf,
        np.zeros(count),
    )
    # No need is met twice.
    rows.add(problem.serve_need, columns, 1.0, -np.inf, problem.need.to_numpy(float))
    # Nothing is met by a project that is not bought: implied, but makes the bound tight.
    by_project = np.argsort(problem.pay_project, kind="stable")
    first = np.searchsorted(problem.pay_project[by_project], np.arange(count))
    payers = np.bincount(problem.pay_project, minlength=count)[problem.serve_project]
    start = np.repeat(first[problem.serve_project], payers)
    ends = np.cumsum(payers)
    offset = np.arange(payers.sum()) - np.repeat(ends - payers, payers)
    links = by_project[start + offset] if len(start) else np.empty(0, int)
    rows.add(
        np.concatenate([np.arange(served), np.repeat(np.arange(served), payers)]),
        np.concatenate([columns, links]),
        np.concatenate([np.ones(served), -np.repeat(most, payers)]),
        -np.inf,
        np.zeros(served),
    )
