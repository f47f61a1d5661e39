"""Which sites to build on in which year, for the most residents served over all years."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner import siting
from planner.decisions.population import residents_by_year
from planner.decisions.situation import Situation, situation
from planner.errors import PlanError

if TYPE_CHECKING:
    from geodata.city import City
    from planner.progress import Progress
    from planner.siting import PhasedResult
    from planner.standard import Standard


@dataclass(frozen=True, eq=False)
class Phases:
    """What to build in which year.

    Attributes
    ----------
    years
        A row per year: year, residents, new_halls (of the schedule), spent_yuan, residents_served
        and share with all that is built up to then, the same of the greedy schedule
        (greedy_residents_served) and delay_loss: resident-years lost over the horizon where the
        year's means come a year late and everything is decided anew (those of the last year come
        too late).
    sites
        A row per site: year, order within it, site_id, name, town_name, cost_yuan,
        residents_gained (of that year, beyond those built before).
    answer
        Of the model, with its bound and gap; its objective is in resident-years.
    """

    years: pd.DataFrame
    sites: pd.DataFrame
    answer: PhasedResult


def phases(
    city: City,
    standard: Standard,
    *,
    budgets_yuan: Sequence[float] | None = None,
    new_halls: Sequence[int] | None = None,
    growth: Mapping[str, float] | None = None,
    population: pd.DataFrame | str | Path | None = None,
    forbidden_sites: Sequence[str] = (),
    carry: bool = True,
    delays: bool = True,
    time_limit_s: float = 60.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Phases:
    """Return what to build in which year for the most resident-years served, with proof.

    What is built stays. A year counts as one; residents are the same in all years unless growth or
    a projection says how they change.

    Parameters
    ----------
    city, standard
        What there is, and what there should be.
    budgets_yuan, new_halls
        What each year's sites may cost together, how many they may be; one or both.
    growth
        Change of residents a year (0.01 is +1 %) of ``all``, of a kind (``urban``, ``rural``) or of
        a town by its code; several of them multiply. The city's residents are those of the year
        before the first, so that year t has (1 + g)ᵗ times as many.
    population
        A projection in place of growth: a table, or a CSV file, with the column code (of the
        community) and one column for each year. Settlements keep their share of their community.
    forbidden_sites
        Ids of candidate sites that must not be used.
    carry
        Whether what is left over in a year may be used later.
    delays
        Whether to work out what a year's delay costs.
    time_limit_s
        Seconds for all programs together.
    seed
        Seed of the solver's choices.
    progress
        Told what is being done.

    Raises
    ------
    PlanError
        If neither budgets nor numbers are given or one cannot be worked with, growth or projection
        neither, a site does not exist, no hall is open or no site available.

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> standard = planner.Standard.load("taicang-2013")
    >>> found = planner.phases(city, standard, new_halls=[2, 2], delays=False)
    >>> found.years["new_halls"].tolist()
    [2, 2]
    """
    _check(budgets_yuan, new_halls)
    now = situation(city, standard, progress)
    (progress or (lambda _stage: None))("siting")
    years = len(budgets_yuan or new_halls or ())
    people = residents_by_year(now, years, growth, population)
    answer = siting.phased_coverage(
        now.reach,
        p=new_halls or None,
        budgets=budgets_yuan or None,
        carry=carry,
        delays=delays,
        time_limit_s=time_limit_s,
        seed=seed,
        **(now.options(forbidden_sites) | {"weights": people}),
    )
    return Phases(_years(people, answer), _sites(now, people, answer), answer)


def _check(budgets: Sequence[float] | None, halls: Sequence[int] | None) -> None:
    if not budgets and not halls:
        raise PlanError("no_years")
    if budgets and halls and len(budgets) != len(halls):
        raise PlanError("different_years", budgets=len(budgets), halls=len(halls))
    for budget in budgets or ():
        if not 0 <= budget < math.inf:
            raise PlanError("bad_budget", value=budget)
    for number in halls or ():
        if number != int(number) or number < 0:
            raise PlanError("bad_new_halls", value=number)


def _years(people: np.ndarray, answer: PhasedResult) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "year": np.arange(1, len(answer.built) + 1),
            "residents": people.sum(axis=0).round().astype(int),
            "new_halls": [len(sites) for sites in answer.built],
            "spent_yuan": answer.spent,
            "residents_served": answer.covered.round().astype(int),
            "share": answer.covered / people.sum(axis=0),
            "greedy_residents_served": answer.greedy_covered.round().astype(int),
        }
    )
    if answer.delay_losses is not None:
        frame["delay_loss"] = answer.delay_losses.round().astype(int)
    return frame


def _sites(now: Situation, people: np.ndarray, answer: PhasedResult) -> pd.DataFrame:
    parts, before = [], list[str]()
    for year, built in enumerate(answer.built, start=1):
        rows = now.in_order(now.ids(built), before, people[:, year - 1])
        rows.insert(0, "order", range(1, len(rows) + 1))
        rows.insert(0, "year", year)
        parts.append(rows)
        before += rows["site_id"].tolist()
    return pd.concat(parts, ignore_index=True)
