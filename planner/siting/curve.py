"""The whole curve: a model solved for every number of sites or budget."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from planner.errors import OutOfTimeError, SitingError
from planner.siting.covering import coverage_curve, max_coverage
from planner.siting.inputs import Matrix
from planner.siting.median_successive import Successive
from planner.siting.on_demand import OnDemand
from planner.siting.request import Request, name_of
from planner.siting.result import TIME_UP, SitingResult

MAXIMISED = frozenset({
    "max_coverage", "backup_coverage", "gradual_coverage", "fair_coverage", "p_dispersion",
    "market_share",
})  # fmt: skip
"""Models whose objective is the better the larger it is; that of the others is a cost."""

_MORE_IS_WORSE = frozenset({"p_dispersion"})
"""Models that open p sites exactly, so that one more can only make the objective worse."""

_APART = frozenset({"capacity", "budget", "rules"})
"""Arguments with which numbers of sites are solved each by itself."""

_MATRICES = ("cost", "reach", "distance")


@dataclass(frozen=True, eq=False)
class Curve:
    """The answers of a model for several numbers of sites or budgets.

    Attributes
    ----------
    table
        A row for each: p or budget, objective, bound, gap, status, seconds, sites.
    results
        The answers, in the same order.
    """

    table: pd.DataFrame
    results: tuple[SitingResult, ...]


def curve(
    model: Callable[..., SitingResult],
    matrix: Any,
    *,
    p: Iterable[int] | None = None,
    budgets: Iterable[float] | None = None,
    **options: Any,
) -> Curve:
    """Solve a model for every p or every budget, each answer with its bound.

    The matrix is read once, and p-median begins for each p where it ended for the one before. What
    is allowed with less is allowed with more, so an answer that is better than that of a larger
    number replaces it, and a bound holds for smaller numbers too.

    Parameters
    ----------
    model
        A model of this package that takes ``p`` or ``budget``, such as ``max_coverage``.
    matrix
        Its first argument.
    p, budgets
        The numbers of new sites, or the budgets; one of the two.
    **options
        The model's other arguments, the same for all.

    Raises
    ------
    SitingError
        If both or neither of ``p`` and ``budgets`` are given, or the model does not take them.

    References
    ----------
    Church and ReVelle (1974), "The maximal covering location problem", Papers of the Regional
    Science Association 32, where the curve of coverage against p is what is decided by.

    Examples
    --------
    >>> from planner import siting
    >>> reach = [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    >>> siting.curve(siting.max_coverage, reach, p=range(1, 4)).table["objective"].tolist()
    [2.0, 3.0, 4.0]
    """
    if (p is None) == (budgets is None):
        raise SitingError("give either p or budgets, and only one of them")
    name = "p" if p is not None else "budget"
    takes = inspect.signature(model).parameters
    if name not in takes:
        raise SitingError(f"{name_of(model)} takes no {name}; choose a model that does")
    steps: list[Any] = list(p if p is not None else budgets or ())
    first = next(iter(takes))
    readable = first in _MATRICES and not isinstance(matrix, OnDemand)
    read = Matrix.read(matrix, first) if readable else matrix
    found: dict[Any, SitingResult] = {}
    before: SitingResult | None = None
    grows = name_of(model) not in _MORE_IS_WORSE
    ascending = sorted(set(steps))
    answer = _answers(model, first, read, name, ascending, options)
    for step in ascending:
        try:
            found[step] = answer(step)
        except OutOfTimeError:
            if before is None or not grows:
                raise
            found[step] = _unproven(before, name_of(model) in MAXIMISED)
        before = before if found[step].status == "infeasible" else found[step]
    if grows:
        found = _monotone(found, name_of(model) in MAXIMISED)
    results = tuple(found[step] for step in steps)
    return Curve(_table(name, steps, results), results)


def _answers(
    model: Callable[..., SitingResult],
    first: str,
    read: Any,
    name: str,
    steps: list[Any],
    options: Any,
) -> Callable[[Any], SitingResult]:
    """Return what answers the steps, asked in ascending order; reusing work where a model can."""
    if name_of(model) == "p_median":
        series = Successive(read)
        return lambda step: _asked_of(model(series, **{name: step}, **options), first, read)
    others = {key: value for key, value in options.items() if value is not None}
    if model is not max_coverage or name != "p" or not others.keys().isdisjoint(_APART):
        return lambda step: model(read, **{name: step}, **options)
    others.pop("split", None)
    requests = {step: Request.of(model, (read,), {name: step} | options) for step in steps}
    found = coverage_curve(read, steps, **others)
    return lambda step: replace(next(found), request=requests[step])


def _asked_of(result: SitingResult, parameter: str, matrix: Any) -> SitingResult:
    """Return an answer that, asked again, depends on none before it."""
    if result.request is None or parameter not in result.request.arguments:
        return result
    request = replace(result.request, arguments=result.request.arguments | {parameter: matrix})
    return replace(result, request=request)


def _monotone(found: dict[Any, SitingResult], maximise: bool) -> dict[Any, SitingResult]:
    """Carry answers from less to more, and bounds from more to less."""
    sign = 1.0 if maximise else -1.0
    steps = list(found)
    for less, more in pairwise(steps):
        one, other = found[less], found[more]
        if one.status == "infeasible" or other.status == "optimal":
            continue
        if sign * one.objective > sign * other.objective:
            # In the time given nothing as good was found; what was found with less is allowed.
            found[more] = replace(
                one, bound=other.bound, seconds=other.seconds, status="feasible",
                message=other.message, request=other.request,
            )  # fmt: skip
    for less, more in ((a, b) for b, a in pairwise(steps[::-1])):
        one, other = found[less], found[more]
        if "infeasible" in (one.status, other.status) or one.status == "optimal":
            continue
        if sign * other.bound < sign * one.bound:
            bound = sign * max(sign * other.bound, sign * one.objective)
            proven = bound == one.objective
            found[less] = replace(
                one,
                bound=bound,
                status="optimal" if proven else "feasible",
                message="" if proven else one.message,
            )
    return found


def _unproven(before: SitingResult, maximise: bool) -> SitingResult:
    """Return an answer for less as one for more, of which nothing else is known."""
    return replace(
        before, status="feasible", message=TIME_UP, bound=np.inf if maximise else -np.inf
    )


def _table(name: str, steps: list[Any], results: tuple[SitingResult, ...]) -> pd.DataFrame:
    columns = ("objective", "bound", "gap", "status", "seconds", "sites")
    values = {column: [getattr(result, column) for result in results] for column in columns}
    return pd.DataFrame({name: steps} | values)
