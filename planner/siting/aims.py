"""What is asked of several objectives at once: model, objectives and limits, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from planner.errors import SitingError
from planner.siting.choice import Rules
from planner.siting.cover_model import CoverModel, Limit, Linear
from planner.siting.fair import Share, covered_share, share_limits
from planner.siting.gini import GiniCurve
from planner.siting.inputs import Amount, amounts
from planner.siting.minute_steps import MinuteSteps
from planner.siting.objectives import Absolute, Farthest, Gini, Objective, PersonMinutes, Plain
from planner.siting.problem import CoverProblem
from planner.siting.watch import Watch

Name = Literal[
    "covered", "cost", "number", "gap", "farthest", "person_minutes", "insufficiency", "gini"
]
NONE_KEEPS = "no set of sites keeps shares, number, budget and rules"
OF_MINUTES = frozenset({"farthest", "person_minutes", "insufficiency", "gini"})


@dataclass(frozen=True, eq=False)
class Aims:
    """Objectives of one covering problem.

    Attributes
    ----------
    model
        What is left to decide.
    objectives
        Each objective, by name.
    limits
        Least shares of groups.
    """

    model: CoverModel
    objectives: dict[str, Objective]
    limits: list[Limit]

    @classmethod
    def checked(
        cls,
        names: Sequence[str],
        reach: Any,
        *,
        watch: Watch,
        p: int | None,
        budget: float | None,
        shares: Sequence[Share],
        weights: Amount | None,
        groups: Any,
        minutes: Any,
        beyond_minutes: Amount | None,
        enough_minutes: Amount | None,
        site_costs: Amount | None,
        fixed: Sequence[Any] | np.ndarray,
        forbidden: Sequence[Any] | np.ndarray,
        rules: Rules | None,
        radius: float | None,
    ) -> Aims:
        """Return what a caller's arguments ask for, as ``pareto`` takes them.

        Raises
        ------
        SitingError
            If an objective is not known, stands twice or lacks what it is worked out from, or an
            argument cannot be worked with.
        """
        known = get_args(Name)
        for name in names:
            if name not in known:
                raise SitingError(
                    f"there is no objective {name!r}; give some of {', '.join(known)}"
                )
        if len(set(names)) < len(names):
            raise SitingError(f"objectives is {tuple(names)!r}; give each once")
        problem = CoverProblem.checked(
            reach, radius, watch=watch, weights=weights, site_costs=site_costs, fixed=fixed,
            forbidden=forbidden, p=p, budget=budget, rules=rules,
        )  # fmt: skip
        steps = None
        if OF_MINUTES & set(names):
            given = reach if minutes is None and radius is not None else minutes
            if given is None:
                which = ", ".join(name for name in names if name in OF_MINUTES)
                raise SitingError(
                    f"{which} needs minutes: demand × sites, absent where too far to count"
                )
            steps = MinuteSteps.of(problem, given, beyond_minutes)
        model = CoverModel.of(problem, None if steps is None else steps.reach)
        made = {name: _made(name, model, steps, groups, enough_minutes) for name in names}
        return cls(model, made, list(share_limits(model, shares)))


def _made(
    name: str, model: CoverModel, steps: MinuteSteps | None, groups: Any, enough: Amount | None
) -> Objective:
    problem = model.problem
    if name == "covered":
        return Plain(model.covered(problem.weights) * -1.0, sign=-1.0)
    if name == "cost":
        return Plain(model.cost())
    if name == "number":
        return Plain(model.cost(np.ones(len(problem.choice.site_ids))))
    if name == "gap":
        return Absolute(_gap(model, groups))
    assert steps is not None  # the rest are of minutes
    if name == "farthest":
        return Farthest(model, steps)
    if name == "person_minutes":
        return PersonMinutes(steps.total(model, name), minutes=steps)
    if name == "gini":
        return Gini(GiniCurve.of(model, steps))
    if enough is None:
        raise SitingError("insufficiency needs enough_minutes: up to how many minutes is enough")
    standard = amounts("enough_minutes", enough, problem.demand_ids)
    over = steps.total(model, name, lambda demand, t: np.maximum(t - standard[demand], 0.0))
    return Plain(over)


def _gap(model: CoverModel, groups: Any) -> Linear:
    if groups is None:
        raise SitingError("gap needs groups: the label of each demand, two labels in all")
    ids = model.problem.demand_ids
    labels = groups.loc[ids] if isinstance(groups, pd.Series) else pd.Series(list(groups))
    if len(labels) != len(ids) or labels.nunique() != 2:
        raise SitingError(
            f"groups has {len(labels)} entries and {labels.nunique()} labels; "
            f"give a label for each of the {len(ids)} demands, two labels in all"
        )
    parts = [
        covered_share(model, "groups", ids[(labels == label).to_numpy()])
        for label in sorted(labels.unique())
    ]
    if parts[0] is None or parts[1] is None:
        raise SitingError("one of the groups has no weight; gap needs two that have")
    return parts[0] - parts[1]
