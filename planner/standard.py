"""A service standard: what residents are entitled to, as data (TOML), each figure with its source.

Profiles live in ``planner/standards/``; a user copies one, edits it and gives its path.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from geodata.functions import known_functions
from planner.errors import PlanError

_PROFILES = files("planner") / "standards"

Kind = Literal["urban", "rural", "new_rural"]
Tier = Literal["municipal", "town", "community"]
Minutes = Annotated[float, Field(gt=0, le=1_440)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Figure = TypeVar("Figure", bound=_Table)


class Text(_Table):
    """The same words in English and Chinese."""

    en: str
    zh: str


class Reach(_Table):
    """Residents reach the tier within so many minutes by this mode."""

    mode: Literal["walk", "bicycle", "e_bike", "car"]
    minutes: Minutes
    source: str

    def replaced(self, mode: str | None, minutes: float | None) -> Reach:
        """Return the same with another mode or other minutes where they are given.

        Raises
        ------
        PlanError
            If there is no such mode, or the minutes are out of range.
        """
        given = {"mode": mode, "minutes": minutes}
        changed = {name: value for name, value in given.items() if value is not None}
        try:
            return Reach.model_validate(self.model_dump() | changed)
        except ValidationError as error:
            wrong = error.errors()[0]
            name = str(wrong["loc"][0])
            raise PlanError(
                "bad_reach", name=name, value=given[name], problem=wrong["msg"]
            ) from error


class Functions(_Table):
    """At least ``minimum`` of the ``required`` functions ("N+x"); more are extras."""

    required: tuple[str, ...]
    minimum: Annotated[int, Field(ge=0)]
    source: str


class FloorArea(_Table):
    """Floor area of a hall: for each hall, and by the households of its community."""

    m2_per_hall: Annotated[float, Field(gt=0)] | None = None
    m2_per_100_households: Annotated[float, Field(gt=0)] | None = None
    source: str


class Form(_Table):
    """What a community's place must be; a station can be upgraded to a hall."""

    required: Literal["hall", "station"]
    source: str


class Visits(_Table):
    """How many visits a day residents make, against the capacity of their hall."""

    per_1000_residents_per_day: Annotated[float, Field(gt=0)]
    source: str


class Share(_Table):
    """Share of communities (0 to 1) that is to have its facility."""

    urban: Annotated[float, Field(ge=0, le=1)]
    rural: Annotated[float, Field(ge=0, le=1)]
    source: str


FieldOfWork = Literal[
    "drug_control", "community_correction", "social_relief", "youth", "women", "other"
]


class Workers(_Table):
    """Social workers of a field: by residents, by clients (case-load), or the larger of both."""

    per_10000_residents: Annotated[float, Field(gt=0)] | None = None
    clients_per_fte: Annotated[float, Field(gt=0)] | None = None
    certified_share: Annotated[float, Field(ge=0, le=1)]
    source: str

    @model_validator(mode="after")
    def _states_a_need(self) -> Workers:
        if self.per_10000_residents is None and self.clients_per_fte is None:
            raise ValueError("give per_10000_residents, clients_per_fte, or both")
        return self


class Outreach(_Table):
    """How workers of urban bases visit rural communities; hours are of work, travel included.

    A period is so many weeks of five working days. ``own_community_share`` of a worker's hours
    stay with the community of the base. A visit lasts at least ``visit_hours``; whoever visits a
    community gives it at least ``hours_per_community`` a period; at most
    ``workers_per_community`` workers of a field visit the same one.
    """

    mode: Literal["walk", "bicycle", "e_bike", "car"]
    minutes: Minutes
    hours_per_fte_per_week: Annotated[float, Field(gt=0, le=60)]
    hours_per_day: Annotated[float, Field(gt=0, le=24)]
    own_community_share: Annotated[float, Field(ge=0, le=1)]
    period_weeks: Annotated[int, Field(ge=1, le=52)]
    visit_hours: Annotated[float, Field(gt=0)]
    hours_per_community: Annotated[float, Field(ge=0)]
    workers_per_community: Annotated[int, Field(ge=1)]
    source: str

    @model_validator(mode="after")
    def _a_visit_fits_a_day(self) -> Outreach:
        if self.visit_hours + self.minutes / 30 > self.hours_per_day:
            raise ValueError("visit_hours and the way there and back exceed hours_per_day")
        return self


class ByKind(_Table, Generic[Figure]):
    """A figure for each kind of community; ``new_rural`` is as ``rural`` where left out."""

    urban: Figure
    rural: Figure
    new_rural: Figure | None = None

    def of(self, kind: Kind) -> Figure:
        """Return the figure for a kind of community."""
        if kind == "urban":
            return self.urban
        return self.new_rural if kind == "new_rural" and self.new_rural else self.rural


class ReachTable(_Table):
    """Reach of each tier."""

    community: ByKind[Reach]
    town: ByKind[Reach]
    municipal: ByKind[Reach]


class FunctionsTable(_Table):
    """Functions of each tier."""

    community: ByKind[Functions]
    town: Functions
    municipal: Functions


class Standard(_Table):
    """A service standard, read from a TOML profile and validated.

    Every figure carries its ``source``. Minutes are one-way; areas are square metres.
    """

    id: str
    name: Text
    source: Text
    reach: ReachTable
    functions: FunctionsTable
    floor_area: ByKind[FloorArea]
    form: ByKind[Form]
    visits: Visits
    facility_share: Share | None = None
    workers: dict[FieldOfWork, Workers] = Field(default_factory=dict)
    outreach: Outreach | None = None

    @classmethod
    def load(cls, name_or_path: str | Path) -> Standard:
        """Read a profile: one that comes with the planner by name, else the file at a path.

        Raises
        ------
        PlanError
            If there is no such profile, it is not TOML, or a key is wrong; the text names it.

        Examples
        --------
        >>> Standard.load("taicang-2013").reach_of("community", "urban").minutes
        15.0
        """
        name = str(name_or_path)
        packaged = _PROFILES / f"{name}.toml"
        profile = packaged if name in profile_names() else Path(name_or_path)
        try:
            tables = tomllib.loads(profile.read_text("utf-8"))
        except (FileNotFoundError, IsADirectoryError) as error:
            known = ", ".join(profile_names())
            raise PlanError("no_such_standard", name=name, known=known) from error
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise PlanError("standard_unreadable", name=name, reason=error) from error
        return cls.from_tables(tables, name)

    @classmethod
    def from_tables(cls, tables: dict[str, object], name: str) -> Standard:
        """Return the standard that a profile's tables state.

        Parameters
        ----------
        tables
            The profile as nested dictionaries.
        name
            What to call it in an error.

        Raises
        ------
        PlanError
            If a key is missing, unknown or has a wrong value; the text names each.
        """
        try:
            standard = cls.model_validate(tables)
        except ValidationError as error:
            wrong = "; ".join(
                f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5]
            )
            raise PlanError("standard_invalid", name=name, wrong=wrong) from error
        for function in standard._functions():
            if function not in known_functions():
                raise PlanError("standard_unknown_function", name=name, function=function)
        if "other" in standard.workers and standard.workers["other"].clients_per_fte is not None:
            raise PlanError("standard_no_clients", name=name)
        return standard

    def _functions(self) -> list[str]:
        community = self.functions.community
        tables = (self.functions.municipal, self.functions.town, community.urban, community.rural)
        return [function for table in tables for function in table.required]

    def reach_of(self, tier: Tier, kind: Kind) -> Reach:
        """Return how residents of a kind of community reach a tier."""
        table: ByKind[Reach] = getattr(self.reach, tier)
        return table.of(kind)

    def functions_of(self, tier: Tier, kind: Kind | None = None) -> Functions:
        """Return the functions of a tier; for the community tier, of a kind of community."""
        if tier == "municipal":
            return self.functions.municipal
        if tier == "town" or kind is None:
            return self.functions.town
        return self.functions.community.of(kind)

    def floor_area_m2(self, kind: Kind, households: float) -> float | None:
        """Return the floor area that a community's hall should have; None if none is stated."""
        area = self.floor_area.of(kind)
        stated = []
        if area.m2_per_hall is not None:
            stated.append(area.m2_per_hall)
        if area.m2_per_100_households is not None:
            stated.append(area.m2_per_100_households * households / 100)
        return max(stated, default=None)

    def form_of(self, kind: Kind) -> str:
        """Return the form that a community's place must have: hall or station."""
        return self.form.of(kind).required


def profile_names() -> list[str]:
    """Return the names of the profiles that come with the planner."""
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in _PROFILES.iterdir()
        if entry.name.endswith(".toml")
    )
