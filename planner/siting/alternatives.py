"""Other site sets that are as good as the best, or nearly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from planner.errors import OutOfTimeError, SitingError
from planner.siting.choice import Rules
from planner.siting.curve import MAXIMISED
from planner.siting.request import name_of
from planner.siting.result import SitingResult

_ROUNDING = 1e-9


def alternatives(result: SitingResult, *, within: float = 0.01, count: int = 10) -> pd.DataFrame:
    """Return the best site sets in order, this result first.

    The model is asked again with the sets found so far ruled out, Σ_{j ∈ S} xⱼ - Σ_{j ∉ S} xⱼ ≤
    |S| - 1. Each answer is proven, so that no better set than the last one listed is missing.

    Parameters
    ----------
    result
        An answer of a model of this package.
    within
        How much worse than the best a set may be, as a share of the best objective.
    count
        How many sets to list at the most, this result included.

    Returns
    -------
    pandas.DataFrame
        ``rank``, ``sites`` (tuple of ids), ``objective``, ``loss`` (share of the best objective),
        ``out`` and ``into`` (sites of the first set that are not in this one, and the reverse) and
        ``proven`` (no set that is not listed is better). ``attrs["complete"]``: every set
        within the loss is listed; ``attrs["reason"]`` says why the list ended.

    Raises
    ------
    SitingError
        If the result is infeasible, or does not know what was asked.

    References
    ----------
    Balas and Jeroslow (1972), "Canonical cuts on the unit hypercube", SIAM Journal on Applied
    Mathematics 23.

    Examples
    --------
    >>> from planner import siting
    >>> best = siting.max_coverage([[1, 0, 0], [0, 1, 0], [0, 0, 1]], 1, weights=[10, 7, 9])
    >>> siting.alternatives(best, within=0.1)[["sites", "objective", "loss"]].values.tolist()
    [[(0,), 10.0, 0.0], [(2,), 9.0, 0.1]]
    """
    if result.status == "infeasible":
        raise SitingError(
            "the result is infeasible, there is nothing beside it; change the request"
        )
    if result.request is None:
        raise SitingError(
            "the result does not say what was asked; use an answer as the model gave it"
        )
    if within < 0 or count < 1:
        raise SitingError("within must be 0 or more and count 1 or more")
    request = result.request
    sign = -1.0 if name_of(request.model) in MAXIMISED else 1.0
    rules = request.get("rules") or Rules()
    known = [tuple(result.sites.tolist())]
    answers, reason, complete = [result], f"count is {count}", False
    # Exactly the best is asked for each time, and nobody is told of progress anew.
    quiet = {"progress": None, "gap": 0.0}
    while len(answers) < count:
        excluded = [*rules.excluded, *known]
        try:
            answer = request.again(rules=replace(rules, excluded=excluded), **quiet)
        except OutOfTimeError as late:
            reason = str(late)
            break
        if answer.status == "infeasible":
            complete, reason = True, "there is no further set"
            break
        best = min([*answers, answer], key=lambda one: sign * one.objective).objective
        allowed = within * abs(best) + _ROUNDING * max(1.0, abs(best))
        if sign * (answer.objective - best) > allowed:
            complete = sign * (answer.bound - best) > allowed
            reason = "the next best set is worse than asked for"
            if not complete:
                reason = "the time given was up before the next best set was proven"
            break
        answers.append(answer)
        known.append(tuple(answer.sites.tolist()))
    frame = _frame(answers, sign)
    frame.attrs = {"complete": complete, "reason": reason}
    return frame


def _frame(answers: list[SitingResult], sign: float) -> pd.DataFrame:
    ordered = sorted(answers, key=lambda one: sign * one.objective)
    best = ordered[0]
    scale = abs(best.objective) or 1.0
    # What is proven best of the sets left is no better than those listed before it.
    proven = np.logical_or.accumulate([one.status == "optimal" for one in ordered[::-1]])[::-1]
    rows = [
        {
            "rank": rank,
            "sites": tuple(one.sites.tolist()),
            "objective": one.objective,
            "loss": abs(one.objective - best.objective) / scale,
            "out": tuple(s for s in best.sites.tolist() if s not in set(one.sites.tolist())),
            "into": tuple(s for s in one.sites.tolist() if s not in set(best.sites.tolist())),
            "proven": bool(known),
        }
        for rank, (one, known) in enumerate(zip(ordered, proven, strict=True), start=1)
    ]
    return pd.DataFrame(rows)
