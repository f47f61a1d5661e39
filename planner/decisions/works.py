"""Build, upgrade, extend, share, visit, close or merge: one program chooses under a budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.decisions import works_told
from planner.decisions.situation import situation
from planner.decisions.works_actions import Menu, menu
from planner.decisions.works_gaps import GAPS, gaps_of, halls_of
from planner.decisions.works_program import WorksAnswer, WorksProblem, close_gaps
from planner.errors import PlanError

if TYPE_CHECKING:
    from geodata.city import City
    from planner.progress import Progress
    from planner.standard import Standard


@dataclass(frozen=True, eq=False)
class Works:
    """What to do with one budget.

    Attributes
    ----------
    actions
        A row per action chosen: action (new_hall, new_station, upgrade, add_function, extend,
        share, mobile, close, merge), id (of the site, hall or settlement), name, community_name,
        town_name, what (the function, m², days a year, or the hall that is shared or merged into),
        cost_yuan (once), running_yuan_per_year (every year; less than 0 where it saves; a visit
        carries its part of the team), yuan_per_year (both, the first spread over a hall's life),
        persons (weighted gaps closed that no action before it closes; less than 0 where a closing
        opens some), yuan_per_person (of yuan_per_year); the cheapest per person first, closings and
        mergers last. Yearly costs are missing where the standard does not say.
    gaps
        A row per kind of gap: gap, places (how many are open), persons (weighted, open today),
        closed (of these), their share, lost (weighted; closed today, but not after closings).
    losers
        A row per community and kind of gap of which something is lost: gap, community_name,
        town_name, persons.
    teams
        A row per platform that sends teams: base_hall_id, name, teams, days (a year), days_possible
        and yuan_per_year (of the teams without their visits).
    answer
        Of the model: its objective counts what is closed, gaps that are closed today included.
    """

    actions: pd.DataFrame
    gaps: pd.DataFrame
    losers: pd.DataFrame
    teams: pd.DataFrame
    answer: WorksAnswer


def works(
    city: City,
    standard: Standard,
    budget_yuan: float | None = None,
    *,
    yearly_budget_yuan: float | None = None,
    allow_closing: bool = False,
    weights: Mapping[str, float] | None = None,
    forbidden_sites: Sequence[str] = (),
    time_limit_s: float = 60.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Works:
    """Return the actions that close the most weighted gaps under budgets, with proof.

    A gradual maximal covering problem whose demand are gaps, in persons: the residents of each
    settlement out of reach; for the largest hall of each community its residents for the form
    lacking, for each function lacking residents / functions required, for the floor area residents
    · area lacking / area required. What covers them, wholly or to a share:

    - a new site, those within its reach; where it is a hall, also the form and functions lacking in
      its community, and the area if its own is enough;
    - an upgrade, an added function, an extension, its own gap;
    - an agreement with a neighbouring community, what its hall offers, for the share of residents
      within reach of it; the floor of both halls must suffice for both, and a hall has one guest;
    - service days of a mobile team, a settlement's reach, to the share that the standard gives;
    - a merger into a neighbour's hall, as an agreement does, and the functions moved there.

    A gap counts as closed to the share of its best action, so nothing is closed, or paid for,
    twice. Closing or merging a hall opens what it closes today; it is done only where the weighted
    total gains. Of choices that close as much, the one of least cost; savings count as cost there,
    so that no hall is closed for nothing.

    Parameters
    ----------
    city, standard
        What there is, and what there should be. Costs of an upgrade, a function and a square metre
        are those of the standard's ``[harmony.criteria]``, others those of ``[works]``, running
        costs of floor area and years of a hall's life those of ``[actions]``, each with its source;
        what has no cost there is not among the actions.
    budget_yuan
        What all actions may cost together, once.
    yearly_budget_yuan
        What they may cost more every year, savings counted. Without ``budget_yuan`` what is spent
        once is spread over a hall's life and comes out of it too. Without it running costs are
        told, not limited, and nothing that is paid by the year (agreements, service days) is among
        the actions.
    allow_closing
        Whether halls may be closed or merged; what that saves adds to the yearly budget.
    weights
        What a person counts in each of ``GAPS``; 1 where left out (planning assumption: all gaps
        count alike).
    forbidden_sites
        Ids of candidate sites that must not be used.
    time_limit_s
        Seconds for the model.
    seed
        Seed of the solver's choices.
    progress
        Told what is being done.

    Raises
    ------
    PlanError
        If no budget is given, a budget or a weight is not a number of 0 or more, a site does not
        exist, closing is allowed without a yearly budget, or the standard does not say how long a
        hall lives where that is needed.

    References
    ----------
    Church and ReVelle (1974), "The maximal covering location problem", Papers of the Regional
    Science Association 32. Church and Roberts (1983), "Generalized coverage models and public
    facility location", Papers of the Regional Science Association 53.

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> found = planner.works(city, planner.Standard.load("taicang-2013"), 5e6)
    >>> bool(found.actions["cost_yuan"].sum() <= 5e6)
    True
    """
    counted = dict.fromkeys(GAPS, 1.0) | dict(weights or {})
    _check(standard, budget_yuan, yearly_budget_yuan, counted, allow_closing=allow_closing)
    now = situation(city, standard, progress)
    (progress or (lambda _stage: None))("siting")
    halls = halls_of(now)
    found = menu(
        now,
        halls,
        gaps_of(now, halls, counted),
        yearly=yearly_budget_yuan is not None,
        allow_closing=allow_closing,
        forbidden=forbidden_sites,
    )
    problem = _problem(found, budget_yuan, yearly_budget_yuan)
    answer = close_gaps(problem, time_limit_s=time_limit_s, seed=seed)
    return Works(
        actions=works_told.actions_in_order(found, problem, answer.taken),
        gaps=works_told.gaps_by_kind(found, problem, answer.taken),
        losers=works_told.losers(found, problem, answer.taken),
        teams=works_told.teams(found, answer.taken),
        answer=answer,
    )


def _check(
    standard: Standard,
    once: float | None,
    yearly: float | None,
    counted: Mapping[str, float],
    *,
    allow_closing: bool,
) -> None:
    budgets = {"budget": once, "yearly budget": yearly}
    given = {name: value for name, value in budgets.items() if value is not None}
    for name, value in {**given, **counted}.items():
        if name not in (*budgets, *GAPS) or not 0 <= value < np.inf:
            raise PlanError("bad_works", name=name, value=value, known=", ".join(GAPS))
    if not given:
        raise PlanError("works_no_budget")
    if allow_closing and yearly is None:
        raise PlanError("works_closing")
    if once is None and standard.actions is None:
        raise PlanError("works_no_life", standard=standard.id)


def _problem(found: Menu, budget: float | None, yearly_budget: float | None) -> WorksProblem:
    """Return the program of the actions under the budgets."""
    acts, rules = found.acts, found.now.standard.actions
    once, running = acts["cost_yuan"].to_numpy(float), acts["running"].to_numpy(float)
    costs = []
    if budget is not None:
        costs.append((once, budget))
    if yearly_budget is not None:
        spread = rules.yuan_per_year(once, running) if rules and budget is None else running
        costs.append((spread, yearly_budget))
    effort = once if rules is None else rules.yuan_per_year(once, np.abs(np.nan_to_num(running)))
    rows, lower, upper = found.rules()
    return WorksProblem(
        values=found.values(),
        weights=found.gaps["persons"].to_numpy(float),
        least=acts["least"].to_numpy(),
        most=acts["most"].to_numpy(),
        costs=np.array([cost for cost, _ in costs]),
        budgets=np.array([limit for _, limit in costs], float),
        rows=rows,
        lower=lower,
        upper=upper,
        effort=effort,
    )
