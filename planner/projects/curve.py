"""What more money would buy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from planner.errors import ArgumentError
from planner.projects.choice import choose_projects

STEP_YUAN = 100_000.0


def budget_curve(
    candidates: pd.DataFrame,
    need: pd.Series,
    budgets: Mapping[str, float],
    funder: str,
    *,
    more_yuan: Sequence[float] = (0.0, STEP_YUAN),
    **options: Any,
) -> pd.DataFrame:
    """Return the need met as one funder's budget grows: what the next 100,000 yuan would buy.

    Parameters
    ----------
    candidates, need, budgets
        As ``choose_projects`` takes them.
    funder
        Whose budget grows.
    more_yuan
        Yuan on top of its budget (below it if negative), in any order.
    **options
        Further arguments of ``choose_projects``; its time limit holds for each budget.

    Returns
    -------
    DataFrame
        By more_yuan, ascending: budget_yuan, projects (count), spent_yuan (all funders), need_met,
        gained (need met on top of the row before), bound, gap, and projects_added and
        projects_dropped against the row before (ids joined by ``;``).

    Raises
    ------
    ArgumentError
        If the funder has no budget, or an argument of ``choose_projects`` is wrong.
    InfeasibleError
        If a budget is too small for what is fixed and the towns' quota.
    """
    if funder not in budgets:
        raise ArgumentError(f"funder is {funder!r}; use one of {', '.join(budgets)}")
    rows: list[dict[str, Any]] = []
    before: set[str] | None = None
    for more in sorted(set(more_yuan)):
        raised = {**budgets, funder: budgets[funder] + more}
        found = choose_projects(candidates, need, raised, **options)
        chosen = set(found.projects.index)
        known = chosen if before is None else before
        rows.append(
            {
                "more_yuan": more,
                "budget_yuan": raised[funder],
                "projects": len(chosen),
                "spent_yuan": float(found.spent.sum()),
                "need_met": found.need_met,
                "bound": found.bound,
                "gap": found.gap,
                "projects_added": ";".join(sorted(chosen - known)),
                "projects_dropped": ";".join(sorted(known - chosen)),
            }
        )
        before = chosen
    table = pd.DataFrame(rows).set_index("more_yuan")
    table.insert(4, "gained", table["need_met"].diff())
    return table
