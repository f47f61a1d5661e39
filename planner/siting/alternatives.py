"""Other site sets that are as good as the best, or nearly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from planner.errors import OutOfTimeError, SitingError
from planner.siting.choice import Quota, Rules, as_number
from planner.siting.curve import MAXIMISED
from planner.siting.request import Request, name_of
from planner.siting.result import SitingResult

_ROUNDING = 1e-9


def alternatives(
    result: SitingResult, *, within: float = 0.01, count: int = 10, differ_by: int = 1
) -> pd.DataFrame:
    """Return the best site sets in order, this result first.

    Each is the best set that differs from each one before it by ``differ_by`` sites or more: one of
    the two has so many that the other has not, or, what is the same, so many sites must be
    exchanged, added or dropped to come from one to the other. The model is asked again with the
    sets found so far ruled out, Σ_{j ∈ S} xⱼ - Σ_{j ∉ S} xⱼ ≤ |S| - 1. Where they must be farther
    apart by d, a set S leaves two problems that share no set, Σ_{j ∈ S} xⱼ ≤ |S| - d, and
    Σ_{j ∉ S} xⱼ ≥ d with Σ_{j ∈ S} xⱼ > |S| - d; the better of their answers comes next. Each
    answer is proven, so that no better set than the last one listed is missing.

    Parameters
    ----------
    result
        An answer of a model of this package.
    within
        How much worse than the best a set may be, as a share of the best objective.
    count
        How many sets to list at the most, this result included.
    differ_by
        By how many sites any two of the sets differ at the least.

    Returns
    -------
    pandas.DataFrame
        ``rank``, ``sites`` (tuple of ids), ``objective``, ``loss`` (share of the best objective),
        ``out`` and ``into`` (sites of the first set that are not in this one, and the reverse) and
        ``proven`` (no set that is not listed is better, of those that differ from the sets before
        it). ``attrs["complete"]``: no further set within the loss differs from all that are listed;
        ``attrs["reason"]`` says why the list ended.

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
    >>> pair = siting.max_coverage(np.eye(4, dtype=bool), 2, weights=[10, 7, 9, 8])
    >>> siting.alternatives(pair, within=0.5, differ_by=2)["sites"].tolist()
    [(0, 2), (1, 3)]
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
    if not (as_number(differ_by) >= 1 and differ_by == int(differ_by)):
        raise SitingError(f"differ_by is {differ_by!r}; give a whole number of 1 or more")
    search = _Search(result, result.request, int(differ_by))
    reason, complete = search.run(within, count)
    frame = search.frame()
    frame.attrs = {"complete": complete, "reason": reason}
    return frame


@dataclass(frozen=True, eq=False)
class _Open:
    """The best answer under some rules; its problem may hold further sets to be listed."""

    answer: SitingResult
    rules: Rules


class _Search:
    """The sets listed so far, and the problems that all others are answers of."""

    def __init__(self, result: SitingResult, request: Request, differ_by: int) -> None:
        self.request, self.differ_by = request, differ_by
        self.sign = -1.0 if name_of(request.model) in MAXIMISED else 1.0
        self.open = [_Open(result, request.get("rules") or Rules())]
        self.answers: list[SitingResult] = []
        self.proven: list[bool] = []

    def run(self, within: float, count: int) -> tuple[str, bool]:
        """List sets until there are enough; return why it ended, and whether there are no more."""
        while self.open and len(self.answers) < count:
            first = min(self.open, key=lambda one: self.sign * one.answer.objective)
            near = self.near(first.answer)
            if near is None:
                ended = self.beyond(first.answer, within)
                if ended is not None:
                    return ended
                self.take(first.answer)
                continue
            self.open.remove(first)
            try:
                self.open.extend(self.apart(first.rules, near))
            except OutOfTimeError as late:
                return str(late), False
        if len(self.answers) == count:
            return f"count is {count}", False
        return "there is no further set", True

    def take(self, answer: SitingResult) -> None:
        """List the best answer left."""
        bound = min(self.sign * one.answer.bound for one in self.open)
        value = self.sign * answer.objective
        best = value == bound or value <= bound + _ROUNDING * max(1.0, abs(bound))
        self.answers.append(answer)
        self.proven.append(answer.status == "optimal" and best)

    def beyond(self, answer: SitingResult, within: float) -> tuple[str, bool] | None:
        """Return why the list ends if the best answer left is worse than asked for."""
        objective = self.sign * answer.objective
        best = min([objective, *(self.sign * one.objective for one in self.answers)])
        allowed = within * abs(best) + _ROUNDING * max(1.0, abs(best))
        if objective - best <= allowed:
            return None
        if all(self.sign * one.answer.bound - best > allowed for one in self.open):
            return "the next best set is worse than asked for", True
        return "the time given was up before the next best set was proven", False

    def near(self, answer: SitingResult) -> list[Any] | None:
        """Return the first set listed that an answer differs too little from; None if none."""
        sites = set(answer.sites.tolist())
        for one in self.answers:
            known = set(one.sites.tolist())
            if max(len(sites - known), len(known - sites)) < self.differ_by:
                return one.sites.tolist()
        return None

    def apart(self, rules: Rules, known: list[Any]) -> Iterator[_Open]:
        """Yield the best answers that differ enough from a known set and keep the rules."""
        for stricter in self.split(rules, known):
            # Exactly the best is asked for each time, and nobody is told of progress anew.
            answer = self.request.again(rules=stricter, progress=None, gap=0.0)
            if answer.status != "infeasible":
                yield _Open(answer, stricter)

    def split(self, rules: Rules, known: list[Any]) -> Iterator[Rules]:
        """Yield rules that each set that differs enough from a known one keeps one of."""
        if self.differ_by == 1:
            yield replace(rules, excluded=[*rules.excluded, tuple(known)])
            return
        kept, name = len(known) - self.differ_by, f"differ_by: {self.differ_by}"
        if kept >= 0:
            yield replace(rules, quotas=[*rules.quotas, Quota(known, at_most=kept, name=name)])
        inside = set(known)
        others = [site for site in self.answers[0].site_ids.tolist() if site not in inside]
        if len(others) >= self.differ_by:
            most = Quota(known, at_least=max(kept + 1, 0), name=name)
            new = Quota(others, at_least=self.differ_by, name=name)
            yield replace(rules, quotas=[*rules.quotas, most, new])

    def frame(self) -> pd.DataFrame:
        """Return the table of the sets listed."""
        if self.differ_by == 1:
            # What is proven best of the sets left is no better than those listed before it.
            known = np.array([one.status == "optimal" for one in self.answers])
            order = sorted(range(len(known)), key=lambda k: self.sign * self.answers[k].objective)
            known[order] = np.logical_or.accumulate(known[order][::-1])[::-1]
        else:
            # A set that is not proven may stand in the way of better ones.
            known = np.logical_and.accumulate(self.proven)
        return _frame(self.answers, known.tolist(), self.sign)


def _frame(answers: list[SitingResult], proven: list[bool], sign: float) -> pd.DataFrame:
    ordered = sorted(zip(answers, proven, strict=True), key=lambda pair: sign * pair[0].objective)
    best = ordered[0][0]
    scale = abs(best.objective) or 1.0
    rows = [
        {
            "rank": rank,
            "sites": tuple(one.sites.tolist()),
            "objective": one.objective,
            "loss": abs(one.objective - best.objective) / scale,
            "out": tuple(s for s in best.sites.tolist() if s not in set(one.sites.tolist())),
            "into": tuple(s for s in one.sites.tolist() if s not in set(best.sites.tolist())),
            "proven": known,
        }
        for rank, (one, known) in enumerate(ordered, start=1)
    ]
    return pd.DataFrame(rows)
