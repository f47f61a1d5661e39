"""Which projects to buy: those that meet the most unmet need under the funders' budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.errors import ArgumentError, InfeasibleError, PlanError
from planner.projects.inputs import ProjectProblem
from planner.projects.program import cheapest, program_of
from planner.siting.watch import Watch, relative_gap
from planner.solver import solve

if TYPE_CHECKING:
    from planner.solver import Program, Solution

_LP_S = 10.0
_SAME = 1e-6  # relative, of need met: what counts as no less


@dataclass(frozen=True, eq=False, repr=False)
class ProjectChoice:
    """The projects to buy and what each meets.

    Attributes
    ----------
    projects
        By id, the candidates that are bought: their columns, ``paid_by`` (funder) and ``met`` (need
        met, in the unit of the need).
    met
        Need met by project_id, community_code and field; only what is more than 0.
    need_met, need
        Need met, weighted if weights were given; all need, weighted alike.
    bound
        No choice meets more.
    gap
        (bound - need met) / need met: 0 where the choice is proven best.
    status
        ``optimal`` (proven) or ``feasible`` (time was up).
    spent, budgets
        Yuan spent of each funder, and its budget.
    """

    projects: pd.DataFrame
    met: pd.Series
    need_met: float
    need: float
    bound: float
    gap: float
    status: str
    spent: pd.Series
    budgets: pd.Series

    def __repr__(self) -> str:
        """Return the headline."""
        return (
            f"ProjectChoice({len(self.projects)} projects, {self.spent.sum():,.0f} yuan, "
            f"{self.need_met:,.1f} of {self.need:,.1f} met, {self.status}, gap {self.gap:.2%})"
        )


def choose_projects(
    candidates: pd.DataFrame,
    need: pd.Series,
    budgets: Mapping[str, float],
    *,
    weights: pd.Series | None = None,
    towns: pd.Series | None = None,
    per_organisation: int | None = None,
    per_town: int = 0,
    fixed: Sequence[str] = (),
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
) -> ProjectChoice:
    """Return the projects that meet the most unmet need under the budgets, the cheapest such.

    maximise Σ wᵢ yⱼᵢ subject to Σᵢ yⱼᵢ ≤ qⱼ xⱼ, Σⱼ yⱼᵢ ≤ nᵢ, Σⱼ cⱼ xⱼₖ ≤ Bₖ for each funder k,
    xⱼ = Σₖ xⱼₖ ≤ 1, at most so many xⱼ of an organisation, at least so many that serve a town.

    Parameters
    ----------
    candidates
        By project id: organisation_id, field, community_codes (those it can serve, joined by
        ``;``), cost_yuan, funder (who may pay, joined by ``;``; any if empty) and capacity (need
        that it can meet, in the unit of ``need``).
    need
        Unmet need by community_code and field, such as clients or full-time equivalents.
    budgets
        Yuan that each funder can spend.
    weights
        What each need counts, by the same index; 1 if left out.
    towns
        Town of each community, by code; needed for ``per_town``.
    per_organisation
        Most projects of one organisation; None for no limit.
    per_town
        Fewest projects that serve a community of a town.
    fixed
        Ids of projects that are bought in any case.
    time_limit_s
        Seconds after which the best choice so far is returned with its gap.
    gap
        Relative gap at which a choice is good enough.
    seed
        Seed of the solver.

    Raises
    ------
    ArgumentError
        If an argument cannot be worked with.
    InfeasibleError
        If no choice keeps the budgets and the quotas; the text names the towns left short.
    PlanError
        If the time was up before any choice was found.

    References
    ----------
    Kellerer, Pferschy and Pisinger (2004), "Knapsack Problems", Springer (multiple knapsack with
    assignment restrictions).

    Examples
    --------
    >>> candidates = pd.DataFrame(
    ...     {
    ...         "organisation_id": ["O1", "O2"],
    ...         "field": "youth",
    ...         "community_codes": ["A;B", "B"],
    ...         "cost_yuan": [100_000.0, 60_000.0],
    ...         "funder": "purchase",
    ...         "capacity": [12.0, 10.0],
    ...     },
    ...     index=["P1", "P2"],
    ... )
    >>> need = pd.Series([8.0, 9.0], pd.MultiIndex.from_tuples([("A", "youth"), ("B", "youth")]))
    >>> choose_projects(candidates, need, {"purchase": 100_000})
    ProjectChoice(1 projects, 100,000 yuan, 12.0 of 17.0 met, optimal, gap 0.00%)
    """
    if per_town > 0 and towns is None:
        raise ArgumentError("per_town needs towns: the town of each community, by code")
    watch = Watch(time_limit_s)
    problem = ProjectProblem.checked(candidates, need, budgets, towns, fixed)
    worth = np.ones(len(need))
    if weights is not None:
        worth = weights.reindex(need.index).to_numpy(float)
        if not (np.isfinite(worth) & (worth >= 0)).all():
            raise ArgumentError("weights lack a need or are negative; give 0 or more for each")
    program = program_of(problem, worth, per_organisation, per_town)
    found = solve(program, time_limit_s=watch.left, gap=gap, seed=seed)
    if found.status == "infeasible":
        raise _why_infeasible(problem, per_organisation, per_town, watch, seed)
    if found.x is None:
        raise PlanError("projects_no_time", seconds=time_limit_s)
    best = found.x
    if not found.interrupted and watch.left > 0:
        least = -found.objective - _SAME * max(abs(found.objective), 1.0)
        cheap = solve(
            cheapest(program, problem, least), time_limit_s=watch.left, seed=seed, start=best
        )
        if cheap.x is not None:
            best = _met_in_full(program, cheap.x, seed)
    return _answer(problem, worth, best, found)


def _met_in_full(program: Program, x: np.ndarray, seed: int) -> np.ndarray:
    """Return the choice with all the need met that its projects can meet."""
    bought = np.where(program.integral, np.round(x), program.lower)
    ends = np.where(program.integral, bought, program.upper)
    settled = replace(program, lower=bought, upper=ends, integral=np.zeros(len(program.cost), bool))
    full = solve(settled, time_limit_s=_LP_S, seed=seed)
    return x if full.x is None else full.x


def _answer(
    problem: ProjectProblem, worth: np.ndarray, x: np.ndarray, found: Solution
) -> ProjectChoice:
    pairs = len(problem.pay_project)
    bought = np.flatnonzero(x[:pairs] > 0.5)
    project, funder = problem.pay_project[bought], problem.pay_funder[bought]
    amounts = np.clip(x[pairs:], 0.0, _most(problem))
    amounts[~np.isin(problem.serve_project, project)] = 0.0
    names, needs = problem.candidates.index, problem.need.index
    real = np.flatnonzero(amounts > 1e-7)
    codes, fields = (needs.get_level_values(level) for level in (0, 1))
    index = pd.MultiIndex.from_arrays(
        [
            names[problem.serve_project[real]],
            codes[problem.serve_need[real]],
            fields[problem.serve_need[real]],
        ],
        names=["project_id", "community_code", "field"],
    )
    met = pd.Series(amounts[real], index, name="met", dtype=float)
    table = problem.candidates.iloc[project].assign(
        paid_by=np.array(problem.funders, object)[funder],
        met=np.bincount(problem.serve_project, amounts, len(names))[project],
    )
    value = float((worth[problem.serve_need] * amounts).sum())
    bound = max(value, -found.bound)
    if found.status == "optimal" and relative_gap(value, bound) <= 2 * _SAME:
        bound = value  # the cheapest choice may meet less by what counts as no less
    spent = np.bincount(funder, table["cost_yuan"].to_numpy(float), len(problem.funders))
    funders = pd.Index(problem.funders, name="funder")
    return ProjectChoice(
        projects=table.sort_values("met", ascending=False, kind="stable"),
        met=met,
        need_met=value,
        need=float((worth * problem.need.to_numpy(float)).sum()),
        bound=bound,
        gap=relative_gap(value, bound),
        status=found.status,
        spent=pd.Series(spent, funders, name="spent_yuan"),
        budgets=pd.Series(problem.budgets, funders, name="budget_yuan"),
    )


def _most(problem: ProjectProblem) -> np.ndarray:
    """Return the most that each pair of project and need can meet."""
    capacity = problem.candidates["capacity"].to_numpy(float)[problem.serve_project]
    return np.minimum(capacity, problem.need.to_numpy(float)[problem.serve_need])


def _why_infeasible(
    problem: ProjectProblem, per_organisation: int | None, per_town: int, watch: Watch, seed: int
) -> InfeasibleError:
    """Return the error that names the towns that must fall short, if towns are the reason."""
    if per_town > 0:
        program = program_of(
            problem, np.ones(len(problem.need)), per_organisation, per_town, elastic=True
        )
        found = solve(program, time_limit_s=max(watch.left, 1.0), seed=seed)
        if found.x is not None and found.objective > 0.5:
            short = found.x[len(program.cost) - len(problem.town_projects) :]
            towns = [
                town for town, by in zip(problem.town_projects, short, strict=True) if by > 0.5
            ]
            return InfeasibleError("projects_towns", towns=", ".join(towns), per_town=per_town)
    return InfeasibleError("projects_fixed")
