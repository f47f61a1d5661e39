"""The Pareto front of two objectives, exact: by epsilon-constraint, each point proven.

A point is on the front if nothing that can be chosen is better in one objective and no worse in
the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from planner.errors import NoneKeepsError, OutOfTimeError, SitingError
from planner.siting.aims import NONE_KEEPS, Aims, Name
from planner.siting.choice import Rules
from planner.siting.fair import Share
from planner.siting.inputs import Amount
from planner.siting.request import checked_search
from planner.siting.watch import Watch


@dataclass(frozen=True, eq=False)
class Front:
    """The points of a front.

    Attributes
    ----------
    table
        A row per point, by the second objective: both objectives, ``sites`` (ids of the new
        sites), ``proven`` (that it is on the front) and ``knee`` (True for one point: the farthest
        from the straight line between the ends, both objectives scaled to 0 to 1).
    complete
        Whether every point of the front is there.
    seconds
        How long it took.
    message
        Why it is not complete; empty if it is.
    """

    table: pd.DataFrame
    complete: bool
    seconds: float
    message: str = ""


def pareto(
    reach: Any,
    objectives: tuple[Name, Name] = ("covered", "cost"),
    *,
    p: int | None = None,
    budget: float | None = None,
    points: int | None = None,
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
) -> Front:
    """Return the Pareto front of two objectives of a covering problem.

    For the first objective f and the second g: best f with g ≤ ε, then best g with f no worse; and
    again with ε just better than this g, until there is nothing. With ``points``, ε is spread
    evenly between the ends instead, and not every point is found.

    Parameters
    ----------
    reach
        Demand × sites, sparse or dense bool; or minutes (matrix, ``TravelTimes``, long table), or
        ``Points`` in metres, with a radius.
    objectives
        Two of: ``covered`` (weight covered, large), ``cost`` (of the new sites, small), ``number``
        (of new sites, small), ``gap`` (between the covered shares of two groups, absolute, small);
        and of the minutes to the nearest open site, all small: ``person_minutes`` (weighted sum),
        ``farthest`` (of the demand that is worst off), ``insufficiency`` (weighted sum of what is
        more than enough), ``gini`` (their Gini index).
    p, budget
        How many new sites at the most, and what they may cost; None for no limit.
    points
        How many points to look for, 2 or more; None for all.
    shares
        Least shares of groups; see ``fair_coverage``.
    weights
        Weight of each demand, such as residents; 1 if left out.
    groups
        Label of each demand, two in all; for ``gap``.
    minutes
        Demand × sites, as the models take it, absent where too far to count; those of ``reach`` if
        left out and there is a radius.
    beyond_minutes
        The most that a demand counts, and what it counts that no open site is near: of each, or one
        for all. Only ``farthest`` does without, and is infinite then.
    enough_minutes
        Up to how many minutes is enough, of each or one for all; for ``insufficiency``.
    site_costs
        Cost of each site; 1 if left out.
    fixed, forbidden, rules, radius
        See ``max_coverage``.
    time_limit_s
        Seconds after which the points found so far are returned.
    seed
        Seed of the solver's choices.

    Raises
    ------
    SitingError
        If an argument cannot be worked with, or nothing keeps the limits.

    Notes
    -----
    Points whose second objectives differ by less than a millionth of its largest value count as
    one, unless its coefficients are whole numbers: then none is missed. Where one of them is
    ``gini``, the limits are on the other one.

    Insufficiency is the index of Foster, Greer and Thorbecke of order 1, in minutes lacking:
    divided by the weight and by b - s it is ``planner.equity.fgt`` of b - t with the threshold
    b - s (b ``beyond_minutes``, s ``enough_minutes``, t minutes). ``gini`` is
    ``planner.equity.gini`` of the minutes; it is not linear, and its points are proven by branch
    and bound on sites: quick where few new sites are allowed, slow where many are.

    References
    ----------
    Haimes, Lasdon and Wismer (1971), "On a bicriterion formulation of the problems of integrated
    system identification and system optimization", IEEE Transactions on Systems, Man, and
    Cybernetics 1. Das (1999), "On characterizing the 'knee' of the Pareto curve based on
    normal-boundary intersection", Structural Optimization 18. Foster, Greer and Thorbecke (1984),
    "A class of decomposable poverty measures", Econometrica 52; Martens (2017), "Transport
    justice", on its use for access. Mandell (1991), "Modelling effectiveness-equity trade-offs in
    public service delivery systems", Management Science 37, on the Gini index.

    Examples
    --------
    >>> front = pareto([[1, 0], [1, 0], [0, 1]], site_costs=[1, 5])
    >>> front.table[["covered", "cost", "knee"]].values.tolist()
    [[0.0, 0.0, False], [2.0, 1.0, True], [3.0, 6.0, False]]
    """
    checked_search({"time_limit_s": time_limit_s, "gap": 0.0, "seed": seed})
    watch = Watch(time_limit_s)
    if points is not None and points < 2:
        raise SitingError(f"points is {points!r}; give 2 or more, or None for all")
    if len(set(objectives)) != 2:
        raise SitingError(f"objectives is {objectives!r}; give two that differ")
    aims = Aims.checked(
        objectives, reach, watch=watch, p=p, budget=budget, shares=shares, weights=weights,
        groups=groups, minutes=minutes, beyond_minutes=beyond_minutes,
        enough_minutes=enough_minutes, site_costs=site_costs, fixed=fixed, forbidden=forbidden,
        rules=rules, radius=radius,
    )  # fmt: skip
    search = _Search(aims, objectives[::-1] if objectives[1] == "gini" else objectives, seed)
    try:
        message = search.every() if points is None else search.some(points)
    except OutOfTimeError as late:
        message = str(late)
    if not search.found:
        raise OutOfTimeError(message) if message else NoneKeepsError(NONE_KEEPS)
    complete = not message and (points is None or len(search.found) == 1)
    if not complete and not message:
        message = f"points is {points}"
    return Front(_table(search, objectives), complete, watch.seconds, message)


@dataclass(eq=False)
class _Search:
    """The points found so far, and how to find the next."""

    aims: Aims
    names: tuple[Name, Name]
    seed: int

    def __post_init__(self) -> None:
        self.model, self.limits = self.aims.model, self.aims.limits
        self.first, self.second = (self.aims.objectives[name] for name in self.names)
        self.found: list[tuple[float, float, np.ndarray, bool]] = []

    def every(self) -> str:
        """Find every point, from the best of the first objective on; return why not."""
        limit = np.inf
        while (at := self.point(limit)) is not None:
            if not self.found[-1][3]:
                return "the time given was up before the front was complete"
            limit = self.second.below(at)
        return ""

    def some(self, points: int) -> str:
        """Find points for limits spread evenly between the ends; return why not."""
        worst = self.point(np.inf)
        least = self.second.least(self.model, self.limits, self.seed)
        if worst is None or least is None:
            return ""
        # From the largest value that is not infinite (minutes of those whom nothing reaches).
        top = worst if np.isfinite(worst) else self.second.below(worst)
        if not np.isfinite(least.value):
            return ""
        for limit in np.linspace(top, least.value, points)[0 if top < worst else 1 :]:
            at = min(value for _, value, _, _ in self.found)
            if at > limit:
                self.point(limit)
            if self.model.problem.watch.up:
                return "the time given was up before all points were found"
        return ""

    def point(self, limit: float) -> float | None:
        """Find the point with the second objective within a limit; return its value there."""
        within = [*self.limits, *self.second.at_most(limit)]
        best = self.first.least(self.model, within, self.seed)
        if best is None:
            return None
        kept = [*self.limits, *self.first.at_most(best.value)]
        then = self.second.least(self.model, kept, self.seed, known=best.new)
        new = best.new if then is None else then.new
        proven = best.proven and then is not None and then.proven
        values = self.first.value(self.model, new), self.second.value(self.model, new)
        self.found.append((*values, new, proven))
        return values[1]


def _table(search: _Search, names: tuple[Name, Name]) -> pd.DataFrame:
    ids = search.model.problem.choice.site_ids
    one, other = search.names
    rows = [
        {
            one: search.first.sign * first + 0.0,
            other: search.second.sign * second + 0.0,
            "sites": tuple(ids[new].tolist()),
            "proven": proven,
        }
        for first, second, new, proven in search.found
    ]
    frame = pd.DataFrame(rows, columns=[*names, "sites", "proven"]).drop_duplicates(list(names))
    frame = frame.sort_values(names[1], ignore_index=True)
    return frame.assign(knee=_knee(frame[list(names)].to_numpy(float)))


def _knee(points: np.ndarray) -> np.ndarray:
    """Return which point is the farthest from the line between the first and the last."""
    knee = np.zeros(len(points), bool)
    if len(points) < 3 or not np.isfinite(points).all():
        return knee
    span = points[-1] - points[0]
    across, up = ((points - points[0]) / span).T
    knee[np.argmax(np.abs(up - across))] = True
    return knee
