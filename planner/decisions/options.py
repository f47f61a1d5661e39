"""What else could be built, what stands in for a site, and why here and not there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.language import current_language
from geodata.layers import SEPARATOR
from planner import siting
from planner.decisions.situation import Situation, situation
from planner.errors import PlanError
from planner.messages import text
from planner.sites import choose_sites
from planner.siting.choice import as_number
from planner.siting.curve import MAXIMISED
from planner.siting.request import name_of

if TYPE_CHECKING:
    from geodata.city import City
    from planner.plan import Plan
    from planner.progress import Progress
    from planner.request import PlanRequest
    from planner.siting import SitingResult
    from planner.standard import Standard


@dataclass(frozen=True, eq=False)
class Question:
    """What a plan would be asked: in place of a plan, where only its sites are of interest."""

    city: City
    standard: Standard
    request: PlanRequest


@dataclass(frozen=True, eq=False)
class Decision:
    """The sites that answer a question, and what else could be chosen.

    Attributes
    ----------
    now
        Who reaches which open hall or candidate site.
    request
        What was asked.
    answer
        Of the siting model.
    """

    now: Situation
    request: PlanRequest
    answer: SitingResult

    @classmethod
    def of(cls, plan: Plan | Question, progress: Progress | None = None) -> Decision:
        """Return the decision of a plan, or of a question."""
        now = situation(plan.city, plan.standard, progress)
        (progress or (lambda _stage: None))("siting")
        known = getattr(plan, "siting", None)
        if known is None:
            known, _ = choose_sites(plan.city, plan.request, now.to_halls, now.to_sites, now.sites)
        return cls(now, plan.request, known)

    @property
    def sites(self) -> list[str]:
        """Ids of the new sites."""
        return self.now.ids(self.answer.site_positions)

    @property
    def most(self) -> bool:
        """Whether residents served are to be many; else the cost is to be small."""
        assert self.answer.request is not None
        return name_of(self.answer.request.model) in MAXIMISED

    def again(self, **changed: Any) -> SitingResult:
        """Return the model's answer with some arguments changed; proven, told to nobody."""
        assert self.answer.request is not None
        return self.answer.request.again(**{"gap": 0.0, "progress": None, **changed})

    def loss(self, other: SitingResult, offset: float = 0.0) -> float:
        """Return how much worse another answer is: residents fewer or yuan more; NaN if none."""
        value = other.objective + offset
        return self.answer.objective - value if self.most else value - self.answer.objective

    def position(self, site: str) -> int:
        """Return the column of a site."""
        return int(self.now.sites.index.get_loc(site)) + self.now.open_count

    def without(self, site: str) -> SitingResult:
        """Return the best answer that does not use a site."""
        closed = np.append(self._forbidden, self.position(site))
        return self.again(forbidden=closed)

    def with_site(self, site: str) -> SitingResult:
        """Return the best answer that uses a site."""
        quota = siting.Quota([self.position(site)], at_least=1, name=site)
        rules = self._rules
        return self.again(rules=replace(rules, quotas=[*rules.quotas, quota]))

    def exchanged(self, site: str) -> tuple[SitingResult, float]:
        """Return the best answer with one other site for this one, and what its objective lacks."""
        others = [self.position(other) for other in self.sites if other != site]
        asked = self.answer.request
        assert asked is not None
        kept = float(self.now.costs[others].sum())
        changed: dict[str, Any] = {
            "fixed": np.concatenate([np.arange(self.now.open_count), others]).astype(int),
            "forbidden": np.append(self._forbidden, self.position(site)),
        }
        if self.most:
            money = asked.get("budget")
            changed |= {"p": 1, "budget": None if money is None else money - kept}
            return self.again(**changed), 0.0
        free = np.setdiff1d(
            np.arange(self.now.reach.shape[1]), [*changed["fixed"], *changed["forbidden"]]
        )
        rules = self._rules
        one = siting.Quota(free.tolist(), at_most=1, name="one")
        return self.again(**changed, rules=replace(rules, quotas=[*rules.quotas, one])), kept

    @property
    def _forbidden(self) -> np.ndarray:
        assert self.answer.request is not None
        return np.asarray(self.answer.request.get("forbidden"), int)

    @property
    def _rules(self) -> siting.Rules:
        assert self.answer.request is not None
        return self.answer.request.get("rules") or siting.Rules()


def alternatives(
    plan: Plan | Question,
    *,
    within: float = 0.01,
    count: int = 5,
    differ_by: int = 1,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return the best distinct sets of sites in order, the plan's own first; each proven.

    Parameters
    ----------
    plan
        A plan, or a question in place of it.
    within
        How much worse than the best a set may be, as a share of the residents served (of the cost
        where a share of residents is the goal).
    count
        How many sets at the most.
    differ_by
        By how many sites any two of them differ at the least: one of the two has so many that the
        other has not.
    progress
        Told what is being done.

    Returns
    -------
    DataFrame
        rank, residents_served, cost_yuan, new_halls, loss (residents fewer, or yuan more), site_ids
        (joined by ``;``), out and into (names and ids of sites that the first set has and this one
        has not, and the reverse), proven. ``attrs``: complete (whether no further set within the
        loss differs enough from all that are there), reason, unit (residents or yuan).

    Raises
    ------
    PlanError
        If ``within`` is below 0, or ``count`` or ``differ_by`` is no whole number of 1 or more, or
        the question cannot be worked with.

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> standard = planner.Standard.load("taicang-2013")
    >>> asked = planner.decisions.Question(city, standard, planner.PlanRequest(new_halls=2))
    >>> planner.alternatives(asked, count=3)["rank"].tolist()
    [1, 2, 3]
    """
    if within < 0 or count < 1:
        raise PlanError("bad_alternatives", within=within, count=count)
    if not as_number(differ_by) >= 1 or differ_by != int(differ_by):
        raise PlanError("bad_differ_by", value=differ_by)
    decided = Decision.of(plan, progress)
    now = decided.now
    found = siting.alternatives(decided.answer, within=within, count=count, differ_by=differ_by)
    best = found["objective"].iloc[0]
    rows = []
    for one in found.itertuples():
        sites = now.ids(np.array(one.sites, int))
        rows.append(
            {
                "rank": one.rank,
                "residents_served": int(now.residents[now.served(sites)].sum()),
                "cost_yuan": float(now.places.loc[sites, "cost_yuan"].sum()),
                "new_halls": len(sites),
                "loss": abs(one.objective - best),
                "site_ids": SEPARATOR.join(sites),
                "out": _names(now, np.array(one.out, int)),
                "into": _names(now, np.array(one.into, int)),
                "proven": one.proven,
            }
        )
    table = pd.DataFrame(rows)
    table.attrs = {
        "complete": found.attrs["complete"],
        "reason": found.attrs["reason"],
        "unit": "residents" if decided.most else "yuan",
    }
    return table


def _names(now: Situation, positions: np.ndarray) -> str:
    return SEPARATOR.join(_named(now, site) for site in now.ids(positions))


def _named(now: Situation, site: str) -> str:
    """Return the name of a site and its id, for names may stand twice."""
    return f"{now.places.at[site, 'name']} ({site})"


def substitutes(plan: Plan | Question, progress: Progress | None = None) -> pd.DataFrame:
    """Return for each site of a plan what stands in for it best, and what its absence costs.

    Returns
    -------
    DataFrame
        site_id, name, sole_residents (whom no other hall or site of the plan serves),
        substitute_id and substitute_name (the best other site in its place, all others kept;
        missing where none fits), substitute_loss, and loss_if_unavailable (where all is decided
        anew without it). Losses in residents fewer or, where a share of residents is the goal, yuan
        more; infinite where the goal cannot be met. ``attrs["unit"]`` says which.

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> standard = planner.Standard.load("taicang-2013")
    >>> asked = planner.decisions.Question(city, standard, planner.PlanRequest(new_halls=2))
    >>> bool((planner.decisions.substitutes(asked)["loss_if_unavailable"] >= 0).all())
    True
    """
    decided = Decision.of(plan, progress)
    rows = [_substitute(decided, site) for site in decided.sites]
    columns = ["site_id", "name", "sole_residents", "substitute_id", "substitute_name"]
    table = pd.DataFrame(rows, columns=[*columns, "substitute_loss", "loss_if_unavailable"])
    table.attrs["unit"] = "residents" if decided.most else "yuan"
    return table


def _substitute(decided: Decision, site: str) -> dict[str, Any]:
    now = decided.now
    others = [other for other in decided.sites if other != site]
    swapped, kept = decided.exchanged(site)
    new = [one for one in now.ids(swapped.site_positions) if one not in others]
    anew = decided.without(site)
    loss, unavailable = decided.loss(swapped, kept), decided.loss(anew)
    return {
        "site_id": site,
        "name": now.places.at[site, "name"],
        "sole_residents": _only(now, site, others),
        "substitute_id": new[0] if new else None,
        "substitute_name": now.places.at[new[0], "name"] if new else None,
        "substitute_loss": np.inf if np.isnan(loss) else loss,
        "loss_if_unavailable": np.inf if np.isnan(unavailable) else unavailable,
    }


def _only(now: Situation, site: str, others: list[str]) -> int:
    """Return the residents whom a site serves and neither open halls nor other sites do."""
    return int(now.residents[now.served([site]) & ~now.served(others)].sum())


@dataclass(frozen=True)
class Reason:
    """Why a site is recommended, or is not.

    Attributes
    ----------
    site_id, name
        The site.
    state
        recommended, forbidden, unavailable, nobody (all within its reach are served today), dear
        (beyond the budget), covered (the recommended sites serve all whom it would), worse (a plan
        with it is worse) or equal (there is a plan with it that is as good).
    numbers
        residents_within_reach, unserved_within_reach (today), rank (by these among ``candidates``
        available sites), gained (beyond the other sites of the plan), cost_yuan, and
        substitute_id, substitute_loss, loss_if_unavailable where recommended; loss and out (what a
        plan with it gives up) where it is not.
    sentence
        All this in the language in use.
    """

    site_id: str
    name: str
    state: str
    numbers: dict[str, Any]
    sentence: str


def explain(plan: Plan | Question, site: str, progress: Progress | None = None) -> Reason:
    """Return why a candidate site is recommended, or why it is not, in numbers and in a sentence.

    Parameters
    ----------
    plan
        A plan, or a question in place of it.
    site
        Id of the candidate site.
    progress
        Told what is being done.

    Raises
    ------
    PlanError
        If there is no such site.

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> standard = planner.Standard.load("taicang-2013")
    >>> asked = planner.decisions.Question(city, standard, planner.PlanRequest(new_halls=2))
    >>> planner.explain(asked, "C170").state
    'recommended'
    """
    layer = plan.city.candidates.set_index("site_id")
    if site not in layer.index:
        raise PlanError("unknown_site", site=site)
    if not bool(layer.at[site, "available"]):
        named = layer.at[site, "name"]
        name = named if isinstance(named, str) else site
        return Reason(site, name, "unavailable", {}, text("reason.unavailable", name=name))
    decided = Decision.of(plan, progress)
    numbers = _numbers(decided, site)
    state = _state(decided, site, numbers)
    name = str(decided.now.places.at[site, "name"])
    return Reason(site, name, state, numbers, _sentence(decided, site, state, numbers))


def _numbers(decided: Decision, site: str) -> dict[str, Any]:
    now = decided.now
    lacking = now.residents * ~now.served([])
    reach = now.to_sites.reach()
    fresh = lacking @ reach.astype(float)
    column = now.sites.index.get_loc(site)
    others = [other for other in decided.sites if other != site]
    return {
        "residents_within_reach": int((now.residents @ reach.astype(float))[column]),
        "unserved_within_reach": int(fresh[column]),
        "rank": int((fresh > fresh[column]).sum()) + 1,
        "candidates": len(now.sites),
        "gained": _only(now, site, others),
        "cost_yuan": float(now.places.at[site, "cost_yuan"]),
    }


def _state(decided: Decision, site: str, numbers: dict[str, Any]) -> str:
    """Return why a site is or is not recommended, and add the numbers that say so."""
    if site in decided.sites:
        found = _substitute(decided, site)
        names = ("substitute_id", "substitute_name", "substitute_loss", "loss_if_unavailable")
        numbers |= {name: found[name] for name in names}
        return "recommended"
    if site in decided.request.forbidden_sites:
        return "forbidden"
    if numbers["unserved_within_reach"] == 0:
        return "nobody"
    money = decided.request.budget_yuan
    if money is not None and numbers["cost_yuan"] > money:
        return "dear"
    forced = decided.with_site(site)
    loss = decided.loss(forced)
    kept = decided.now.ids(forced.site_positions)
    out = [other for other in decided.sites if other not in kept]
    numbers |= {
        "loss": np.inf if np.isnan(loss) else max(loss, 0.0),
        "out": SEPARATOR.join(out),
        "out_names": SEPARATOR.join(_named(decided.now, other) for other in out),
    }
    if numbers["loss"] == 0 and out:
        return "equal"
    return "covered" if numbers["gained"] == 0 else "worse"


def _sentence(decided: Decision, site: str, state: str, numbers: dict[str, Any]) -> str:
    unit = "residents" if decided.most else "yuan"

    def lost(value: float) -> str:
        return text("reason.impossible") if np.isinf(value) else text(f"reason.{unit}", loss=value)

    out = str(numbers.get("out_names", "")).replace(SEPARATOR, text("map.list"))
    told = {key: value for key, value in numbers.items() if value is not None} | {"out": out}
    said = [text(f"reason.{state}", name=_named(decided.now, site), **told)]
    if state == "recommended":
        said.append(text("reason.without", loss=lost(numbers["loss_if_unavailable"])))
        if numbers["substitute_id"] is not None:
            said.append(
                text(
                    "reason.substitute",
                    substitute=_named(decided.now, numbers["substitute_id"]),
                    loss=lost(numbers["substitute_loss"]),
                )
            )
    if state in ("worse", "covered"):
        key = "reason.with_it_instead" if out else "reason.with_it"
        said.append(text(key, loss=lost(numbers["loss"]), out=out))
    return ("" if current_language() == "zh" else " ").join(said)
