"""Why a request is infeasible, and the least change that makes it feasible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from planner.siting.choice import Rules
from planner.siting.elastic import Elastic
from planner.siting.inputs import some
from planner.siting.request import Request
from planner.siting.result import SitingResult

Kind = Literal["radius", "p", "budget", "share", "capacity", "minimum use", "rules"]


@dataclass(frozen=True, eq=False)
class Remedy:
    """One change that makes a request feasible by itself.

    Attributes
    ----------
    kind
        What is changed.
    given, needed
        Its value as it was asked for, and the least change of it that is enough. For ``capacity``
        and ``minimum use`` the sums over the sites, for ``rules`` how many must give way.
    options
        The model's arguments to change.
    text
        In a sentence.
    where
        For ``capacity`` and ``minimum use``: by how much at which site, by id.
    proven
        Whether it is proven that less is not enough.
    request
        What was asked.
    """

    kind: Kind
    given: float
    needed: float
    options: dict[str, Any]
    text: str
    where: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    proven: bool = True
    request: Request | None = None

    def solve(self, **options: Any) -> SitingResult:
        """Return the model's answer with this change, and with further arguments changed."""
        assert self.request is not None
        return self.request.again(**{**self.options, **options})


@dataclass(frozen=True, eq=False)
class Explanation:
    """Whether a request is feasible, and what would make it so.

    Attributes
    ----------
    feasible
        Whether it is feasible; None if that was not settled in the time given.
    reason
        What stands in the way.
    remedies
        Changes each of which is enough by itself.
    """

    feasible: bool | None
    reason: str
    remedies: tuple[Remedy, ...]

    @property
    def text(self) -> str:
        """Reason and remedies, a line each."""
        return "\n".join([self.reason, *(f"- {remedy.text}" for remedy in self.remedies)])

    def __str__(self) -> str:
        """Return the text."""
        return self.text


def explain_infeasible(
    model: Callable[..., SitingResult], *args: Any, time_limit_s: float = 60.0, **options: Any
) -> Explanation:
    """Return the least change of each kind that makes a request feasible by itself.

    Each is the optimum of the request's own feasibility problem in which that limit alone may give
    way (an elastic program), so that a lesser change of the kind is not enough.

    Parameters
    ----------
    model
        A model of this package.
    *args, **options
        What it was given.
    time_limit_s
        Seconds that each change may take.

    Raises
    ------
    SitingError
        If an argument cannot be worked with.

    References
    ----------
    Chinneck (2008), "Feasibility and Infeasibility in Optimization", Springer, chapter 6.

    Examples
    --------
    >>> from planner import siting
    >>> minutes = [[2, 9], [9, 4], [9, 6]]
    >>> explained = siting.explain_infeasible(siting.set_cover, minutes, radius=5)
    >>> print(explained)
    no site that may be used reaches demand 2
    - a radius of at least 6 (now 5)
    >>> explained.remedies[0].solve().sites
    array([0, 1])
    """
    request = Request.of(model, args, options)
    elastic = Elastic.of(request, time_limit_s)
    feasible = elastic.feasible()
    if feasible:
        return Explanation(True, "the request is feasible", ())
    seekers = (_radius, _number, _budget, _share, _capacity, _use, _rules)
    remedies = tuple(
        replace(found, request=request) for seek in seekers if (found := seek(elastic)) is not None
    )
    reason = _reason(elastic)
    if not remedies:
        reason += "; no single change is enough"
    return Explanation(feasible, reason, remedies)


def _reason(elastic: Elastic) -> str:
    alone = elastic.out_of_reach()
    if len(alone) and elastic.serves == "all":
        return f"no site that may be used reaches demand {some(elastic.demand_ids[alone])}"
    if elastic.capacitated:
        groups = _short_components(elastic)
        if groups:
            return groups
    return "no set of sites keeps all limits"


def _short_components(elastic: Elastic) -> str:
    """Return which islands of demand and sites lack capacity, even with every site open."""
    row, site, _ = elastic.pairs
    demands, sites = len(elastic.demand_ids), len(elastic.usable)
    graph = coo_array((np.ones(len(row)), (row, demands + site)), shape=(demands + sites,) * 2)
    count, label = connected_components(graph, directed=False)
    need = np.bincount(label[:demands], elastic.size, minlength=count)
    held = np.bincount(label[demands:], elastic.room, minlength=count)
    parts = []
    for part in np.flatnonzero(need > held * (1 + 1e-12)):
        who = elastic.demand_ids[label[:demands] == part]
        parts.append(
            f"demand {some(who)} takes {need[part]:g}, but all sites that reach it hold "
            f"{held[part]:g}: short by {need[part] - held[part]:g}"
        )
    return "; ".join(parts)


def _radius(elastic: Elastic) -> Remedy | None:
    given = elastic.request.get("radius")
    if given is None:
        return None
    values = np.unique(elastic.distances())
    values = values[values > given]
    low, high = -1, len(values)
    if not high or not elastic.feasible(radius=float(values[-1])):
        return None
    high -= 1
    while low + 1 < high:
        middle = (low + high) // 2
        if elastic.feasible(radius=float(values[middle])):
            high = middle
        else:
            low = middle
    needed = float(values[high])
    text = f"a radius of at least {needed:g} (now {given:g})"
    return Remedy("radius", float(given), needed, {"radius": needed}, text)


def _number(elastic: Elastic) -> Remedy | None:
    given = elastic.choice.p
    if given is None:
        return None
    found = elastic.solve("p")
    if elastic.exactly:
        fewer = elastic.solve("fewer")
        if found is None or (fewer is not None and given - len(fewer.new) < len(found.new) - given):
            found = fewer
    if found is None:
        return None
    needed = len(found.new)
    if elastic.exactly:
        text = f"{needed} new sites (now {given})"
    else:
        text = f"at least {needed - given} more new sites: p = {needed} (now {given})"
    return Remedy("p", given, needed, {"p": needed}, text, proven=found.proven)


def _budget(elastic: Elastic) -> Remedy | None:
    given = elastic.choice.budget
    if given is None:
        return None
    found = elastic.solve("budget")
    if found is None:
        return None
    needed = float(elastic.choice.costs[found.new].sum())
    text = f"a budget of at least {needed:,.10g} (now {given:,.10g})"
    return Remedy("budget", given, needed, {"budget": needed}, text, proven=found.proven)


def _share(elastic: Elastic) -> Remedy | None:
    given = elastic.request.get("share")
    if given is None or elastic.serves != "share":
        return None
    found = elastic.solve("share")
    if found is None:
        return None
    needed = elastic.covered_share(found.opened)
    text = f"a share of at most {needed:.4%} (now {given:.4%})"
    return Remedy("share", given, needed, {"share": needed}, text, proven=found.proven)


def _capacity(elastic: Elastic) -> Remedy | None:
    if not elastic.capacitated:
        return None
    found = elastic.solve("capacity")
    if found is None:
        return None
    added = elastic.spread(found)
    where = pd.Series(added, index=elastic.site_ids)
    where = where[where > 0]
    capacity = pd.Series(elastic.capacity + added, index=elastic.site_ids)
    short = float(added.sum())
    held = float(elastic.room[np.isfinite(elastic.room)].sum())
    sites = ", ".join(f"{amount:g} at site {name}" for name, amount in where.items())
    groups = _groups(elastic.request.get("rules"), where)
    text = f"{short:g} more capacity: {sites}" + (f" (in {groups})" if groups else "")
    return Remedy("capacity", held, held + short, {"capacity": capacity}, text, where, found.proven)


def _groups(rules: Rules | None, where: pd.Series) -> str:
    """Return the names of the quota groups in which capacity lacks."""
    quotas = rules.quotas if rules else ()
    names = [
        quota.name or f"quota {number}"
        for number, quota in enumerate(quotas)
        if where.index.isin(list(quota.sites)).any()
    ]
    return ", ".join(names)


def _use(elastic: Elastic) -> Remedy | None:
    if not elastic.least_use.any():
        return None
    found = elastic.solve("minimum use")
    if found is None:
        return None
    lowered = elastic.spread(found)
    where = pd.Series(lowered, index=elastic.site_ids)
    where = where[where > 0]
    rules = replace(elastic.request.get("rules"), minimum_use=elastic.choice.minimum_use - lowered)
    sites = ", ".join(f"{amount:g} less at site {name}" for name, amount in where.items())
    given = float(elastic.choice.minimum_use.sum())
    text = f"a lower minimum use: {sites}"
    needed = given - float(lowered.sum())
    return Remedy("minimum use", given, needed, {"rules": rules}, text, where, found.proven)


def _rules(elastic: Elastic) -> Remedy | None:
    rules: Rules | None = elastic.request.get("rules")
    if rules is None or not elastic.soft_rows:
        return None
    found = elastic.solve("rules")
    if found is None:
        return None
    quotas, apart, together = [], list(rules.apart), list(rules.together)
    said = []
    row = 0
    for quota in rules.quotas:
        below, above = found.below[row], found.above[row]
        if below:
            said.append(f"{elastic.choice.row_names[row]} at least {quota.at_least - below}")
            quota = replace(quota, at_least=quota.at_least - below)
        if above and quota.at_most is not None:
            said.append(f"{elastic.choice.row_names[row]} at most {quota.at_most + above}")
            quota = replace(quota, at_most=quota.at_most + above)
        quotas.append(quota)
        row += 1
    for pairs in (apart, together):
        for pair in list(pairs):
            if found.below[row] or found.above[row]:
                pairs.remove(pair)
                said.append(f"without {elastic.choice.row_names[row]}")
            row += 1
    changed = replace(rules, quotas=quotas, apart=apart, together=together)
    text = "rules: " + ", ".join(said)
    total = float(found.below.sum() + found.above.sum())
    return Remedy("rules", 0.0, total, {"rules": changed}, text, proven=found.proven)
