"""Scenarios of population, travel, standard and closures, read from a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from scipy.sparse import csr_array

from planner import coverage
from planner.coverage.access import LOOK_BEYOND
from planner.decisions.situation import Situation
from planner.errors import PlanError
from planner.standard_tables import Text

DEFAULT = Path(__file__).parent / "scenarios" / "default.toml"
Factor = Annotated[float, Field(gt=0, le=LOOK_BEYOND)]
Growth = Annotated[float, Field(gt=-1, le=10)]


class Scenario(BaseModel):
    """What may come to be; figures as ``scenarios/default.toml`` explains them.

    Attributes
    ----------
    id, name
        Of the scenario; the name is the id where it has none.
    probability
        In any unit.
    parameter
        What is varied; the scenario's id if left out.
    growth
        Change of residents by ``all``, kind, town or community code (0.1 is +10 %).
    projected
        Residents by ``all``, kind, town or community code that a projection gives; within a group
        they stay in proportion. After growth, in the order given.
    speed, minutes
        Factors on the speed of travel and on the standard's minutes.
    closed_halls, unavailable_sites
        Ids of open halls that close, and of candidate sites that cannot be built on.
    close_most_needed
        How many open halls close, those first that most residents depend on alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: Text | None = None
    probability: Annotated[float, Field(ge=0)] = 1.0
    parameter: str = ""
    growth: dict[str, Growth] = {}
    projected: dict[str, Annotated[float, Field(ge=0, lt=1e10)]] = {}
    speed: Factor = 1.0
    minutes: Factor = 1.0
    closed_halls: tuple[str, ...] = ()
    unavailable_sites: tuple[str, ...] = ()
    close_most_needed: Annotated[int, Field(ge=0)] = 0


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = ""
    scenarios: tuple[Scenario, ...] = Field(min_length=1)


def read_scenarios(path: str | Path | None = None) -> list[Scenario]:
    """Return the scenarios of a TOML file; the default ones if none is given.

    Raises
    ------
    PlanError
        If the file cannot be read, or something in it is wrong; the text says where.
    """
    file = DEFAULT if path is None else Path(path)
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlanError("scenarios_unreadable", path=file, reason=error) from error
    try:
        found = list(_File.model_validate(tables).scenarios)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PlanError("scenarios_invalid", path=file, wrong=f"{place}: {first['msg']}") from wrong
    ids = [one.id for one in found]
    if len(set(ids)) < len(ids):
        twice = next(one for one in ids if ids.count(one) > 1)
        raise PlanError("scenarios_invalid", path=file, wrong=f"id: {twice} stands twice")
    return found


def residents_in(now: Situation, scenario: Scenario) -> np.ndarray:
    """Return the residents of each settlement in a scenario.

    Raises
    ------
    PlanError
        If a group is neither all, a kind, a town nor a community, or residents are projected for
        one where nobody lives.
    """
    residents = grown(now, scenario.growth, scenario.id)
    for group, total in scenario.projected.items():
        inside = _inside(now, scenario.id, group)
        living = residents[inside].sum()
        if living == 0 and total > 0:
            raise PlanError("nobody_to_project", scenario=scenario.id, group=group)
        residents[inside] *= total / living if living else 0.0
    return residents


def grown(now: Situation, growth: Mapping[str, float], name: str, years: int = 1) -> np.ndarray:
    """Return the residents of each settlement after some years of growth of groups.

    Parameters
    ----------
    growth
        Change of residents a year by ``all``, kind, town code or community code.
    name
        Whose growth it is, for a message.

    Raises
    ------
    PlanError
        If growth names neither all, a kind, a town nor a community.
    """
    residents = now.residents.copy()
    for group, change in growth.items():
        residents[_inside(now, name, group)] *= (1 + change) ** years
    return residents


def _inside(now: Situation, name: str, group: str) -> np.ndarray:
    """Return which settlements belong to a group of residents."""
    home = now.city.settlements["community_code"].to_numpy(str)
    known = {"all", "urban", "rural", *now.city.towns["code"], *now.city.communities["code"]}
    if group not in known:
        raise PlanError("unknown_group", scenario=name, group=group, known="all, urban, rural")
    every = np.full(len(home), group == "all")
    return every | (now.kinds == group) | (now.towns == group) | (home == group)


def reach_in(now: Situation, scenario: Scenario) -> csr_array:
    """Return which open hall, then which site reaches which settlement in a scenario.

    Raises
    ------
    PlanError
        If a hall or site does not exist.
    """
    factor = scenario.speed * scenario.minutes
    if factor > LOOK_BEYOND:
        raise PlanError("scenario_too_far", scenario=scenario.id, most=LOOK_BEYOND)
    reach = now.reach if factor == 1 else now.reach_within(factor)
    shut = _closed(now, scenario)
    if not shut.any():
        return reach
    kept = csr_array(reach.multiply(~shut[None, :]), dtype=bool)
    kept.eliminate_zeros()
    return kept


def _closed(now: Situation, scenario: Scenario) -> np.ndarray:
    """Return which columns of the reach a scenario closes."""
    halls = coverage.open_halls(now.city, "community").index
    shut = np.zeros(now.reach.shape[1], bool)
    for name, ids, offset in (
        (scenario.closed_halls, halls, 0),
        (scenario.unavailable_sites, now.sites.index, now.open_count),
    ):
        for one in name:
            if one not in ids:
                raise PlanError("unknown_in_scenario", scenario=scenario.id, id=one)
            shut[ids.get_loc(one) + offset] = True
    if scenario.close_most_needed:
        alone = depend_on(now)
        first = np.argsort(-alone, kind="stable")[: scenario.close_most_needed]
        shut[first] = True
    return shut


def depend_on(now: Situation) -> np.ndarray:
    """Return for each open hall the residents whom no other open hall serves today."""
    opened = csr_array(now.reach[:, : now.open_count], dtype=float)
    single = now.residents * (opened.sum(axis=1) == 1)
    return np.asarray(single @ opened)
