"""Several objectives in order of importance (lexicographic), or weighed against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, Literal

import numpy as np
import pandas as pd

from planner.errors import NoneKeepsError, SitingError
from planner.siting.aims import NONE_KEEPS, Aims, Name
from planner.siting.choice import Rules, as_number
from planner.siting.cover_model import Least
from planner.siting.fair import Share
from planner.siting.gini import least
from planner.siting.inputs import Amount
from planner.siting.objectives import AnyLimit
from planner.siting.request import checked_search
from planner.siting.result import TIME_UP
from planner.siting.watch import Watch, relative_gap


@dataclass(frozen=True, eq=False)
class PreferenceResult:
    """The new sites that a preference among objectives chooses.

    Attributes
    ----------
    method
        ``lexicographic`` or ``weighted``.
    status
        ``optimal`` (every stage proven) or ``feasible`` (the best found in the time given).
    sites
        Ids of the new sites.
    objectives
        A row per objective: objective, today (no site new), value (with the new sites); weight
        where they are weighed.
    stages
        A row per program: stage (the objective, or ``weighted``), objective (its best value, those
        before it kept), bound (what none can beat), gap and proven. A weighted sum counts what is
        to be large negative, and is to be small.
    seconds
        How long it took.
    message
        Why it is unproven; empty if optimal.
    """

    method: Literal["lexicographic", "weighted"]
    status: Literal["optimal", "feasible"]
    sites: np.ndarray
    objectives: pd.DataFrame
    stages: pd.DataFrame
    seconds: float
    message: str = ""


def lexicographic(
    reach: Any,
    objectives: Sequence[Name],
    *,
    tolerance: float = 0.0,
    p: int | None = None,
    budget: float | None = None,
    shares: Sequence[Share] = (),
    weights: Amount | None = None,
    groups: Sequence[Any] | np.ndarray | pd.Series | None = None,
    minutes: Any = None,
    beyond_minutes: Amount | None = None,
    enough_minutes: Amount | None = None,
    site_costs: Amount | None = None,
    fixed: Sequence[Any] | np.ndarray = (),
    forbidden: Sequence[Any] | np.ndarray = (),
    rules: Rules | None = None,
    radius: float | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> PreferenceResult:
    """Return the sites that are best in the first objective, of these best in the second, and on.

    Parameters
    ----------
    reach
        See ``pareto``.
    objectives
        Those of ``pareto``, one or more, the most important first.
    tolerance
        By what share of its best value each objective may fall short in favour of those after it;
        0.01 is 1 %.
    p, budget, shares, weights, groups, minutes, beyond_minutes, enough_minutes
        See ``pareto``.
    site_costs, fixed, forbidden, rules, radius
        See ``pareto``.
    time_limit_s
        Seconds for all stages together.
    seed
        Seed of the solver's choices.

    Raises
    ------
    SitingError
        If an argument cannot be worked with, nothing keeps the limits, or the time was up before
        anything was found.

    References
    ----------
    Ehrgott (2005), "Multicriteria optimization", chapter 5.

    Examples
    --------
    Two sites cover as much for as little; the second is nearer:

    >>> minutes = [[9, 2], [9, 3]]
    >>> found = lexicographic(
    ...     minutes, ("covered", "cost", "person_minutes"), p=1, radius=10, beyond_minutes=20
    ... )
    >>> found.sites.tolist(), found.stages["objective"].tolist()
    ([1], [2.0, 1.0, 5.0])
    """
    checked_search({"time_limit_s": time_limit_s, "gap": 0.0, "seed": seed})
    if not 0 <= as_number(tolerance) < np.inf:
        raise SitingError(f"tolerance is {tolerance!r}; give 0 or more, such as 0.01 for 1 %")
    if isinstance(objectives, str) or not len(objectives):
        raise SitingError(f"objectives is {objectives!r}; give a list of one or more")
    watch = Watch(time_limit_s)
    aims = Aims.checked(
        objectives, reach, watch=watch, p=p, budget=budget, shares=shares, weights=weights,
        groups=groups, minutes=minutes, beyond_minutes=beyond_minutes,
        enough_minutes=enough_minutes, site_costs=site_costs, fixed=fixed, forbidden=forbidden,
        rules=rules, radius=radius,
    )  # fmt: skip
    limits: list[AnyLimit] = list(aims.limits)
    stages: list[dict[str, Any]] = []
    new: np.ndarray | None = None
    for name, objective in aims.objectives.items():
        if new is not None and watch.up:
            break
        found = objective.least(aims.model, limits, seed, new)
        if found is None:
            raise NoneKeepsError(NONE_KEEPS)
        new = found.new
        stages.append(_stage(name, found, objective.sign))
        limits += objective.at_most(found.value + tolerance * abs(found.value))
    assert new is not None  # there is a first stage
    return _result("lexicographic", aims, new, stages)


def weighted(
    reach: Any,
    objectives: Mapping[Name, float],
    *,
    p: int | None = None,
    budget: float | None = None,
    shares: Sequence[Share] = (),
    weights: Amount | None = None,
    groups: Sequence[Any] | np.ndarray | pd.Series | None = None,
    minutes: Any = None,
    beyond_minutes: Amount | None = None,
    enough_minutes: Amount | None = None,
    site_costs: Amount | None = None,
    fixed: Sequence[Any] | np.ndarray = (),
    forbidden: Sequence[Any] | np.ndarray = (),
    rules: Rules | None = None,
    radius: float | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> PreferenceResult:
    """Return the sites for which the weighted sum of objectives is best.

    minimise Σₖ λₖ fₖ, with fₖ negative where it is to be large (covered).

    Parameters
    ----------
    reach
        See ``pareto``.
    objectives
        The weight of each objective of ``pareto``: what one unit of it counts (a resident, a yuan,
        a minute, the whole Gini index), 0 or more. With ``{"covered": 500, "cost": 1}`` a resident
        is worth 500 yuan.
    p, budget, shares, weights, groups, minutes, beyond_minutes, enough_minutes
        See ``pareto``; ``farthest`` needs ``beyond_minutes`` too.
    site_costs, fixed, forbidden, rules, radius
        See ``pareto``.
    time_limit_s
        Seconds after which the best answer so far is returned with its gap.
    seed
        Seed of the solver's choices.

    Raises
    ------
    SitingError
        If an argument cannot be worked with, nothing keeps the limits, or the time was up before
        anything was found.

    References
    ----------
    Zadeh (1963), "Optimality and non-scalar-valued performance criteria", IEEE Transactions on
    Automatic Control 8.

    Examples
    --------
    >>> found = weighted([[1, 0], [1, 0], [0, 1]], {"covered": 2, "cost": 1}, site_costs=[1, 5])
    >>> found.sites.tolist(), found.stages["objective"].tolist()
    ([0], [-3.0])
    """
    checked_search({"time_limit_s": time_limit_s, "gap": 0.0, "seed": seed})
    if not isinstance(objectives, Mapping) or not objectives:
        raise SitingError(f"objectives is {objectives!r}; give the weight of each by its name")
    for name, weight in objectives.items():
        if not 0 <= as_number(weight) < np.inf:
            raise SitingError(f"the weight of {name} is {weight!r}; give a number of 0 or more")
    if not any(objectives.values()):
        raise SitingError("every objective has weight 0; give one of them more")
    aims = Aims.checked(
        list(objectives), reach, watch=Watch(time_limit_s), p=p, budget=budget, shares=shares,
        weights=weights, groups=groups, minutes=minutes, beyond_minutes=beyond_minutes,
        enough_minutes=enough_minutes, site_costs=site_costs, fixed=fixed, forbidden=forbidden,
        rules=rules, radius=radius,
    )  # fmt: skip
    pairs = zip(aims.objectives.values(), objectives.values(), strict=True)
    first, *others = [one.part(aims.model, weight) for one, weight in pairs if weight > 0]
    found = least(aims.model, reduce(add, others, first), aims.limits, seed=seed)
    if found is None:
        raise NoneKeepsError(NONE_KEEPS)
    result = _result("weighted", aims, found.new, [_stage("weighted", found)])
    result.objectives.insert(1, "weight", [float(weight) for weight in objectives.values()])
    return result


def _stage(name: str, found: Least, sign: float = 1.0) -> dict[str, Any]:
    return {
        "stage": name,
        "objective": sign * found.value + 0.0,
        "bound": sign * found.bound + 0.0,
        "gap": relative_gap(found.value, found.bound),
        "proven": found.proven,
    }


def _result(
    method: Literal["lexicographic", "weighted"],
    aims: Aims,
    new: np.ndarray,
    stages: list[dict[str, Any]],
) -> PreferenceResult:
    wanted = len(aims.objectives) if method == "lexicographic" else 1
    proven = len(stages) == wanted and all(stage["proven"] for stage in stages)
    rows = [
        {
            "objective": name,
            "today": one.sign * one.value(aims.model, np.zeros(0, np.int64)) + 0.0,
            "value": one.sign * one.value(aims.model, new) + 0.0,
        }
        for name, one in aims.objectives.items()
    ]
    problem = aims.model.problem
    return PreferenceResult(
        method=method,
        status="optimal" if proven else "feasible",
        sites=np.asarray(problem.choice.site_ids[new]),
        objectives=pd.DataFrame(rows),
        stages=pd.DataFrame(stages),
        seconds=problem.watch.seconds,
        message="" if proven else TIME_UP,
    )
