"""The tables of a service standard: what each may hold, with the source of its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from planner.errors import PlanError
from planner.messages import catalogue

if TYPE_CHECKING:
    import numpy as np

Kind = Literal["urban", "rural", "new_rural"]
Tier = Literal["municipal", "town", "community"]
Minutes = Annotated[float, Field(gt=0, le=1_440)]


class Table(BaseModel):
    """A table of a profile: keys that it does not know are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Figure = TypeVar("Figure", bound=Table)


class Text(Table):
    """The same words in English and Chinese."""

    en: str
    zh: str


class Reach(Table):
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


class Functions(Table):
    """At least ``minimum`` of the ``required`` functions ("N+x"); more are extras."""

    required: tuple[str, ...]
    minimum: Annotated[int, Field(ge=0)]
    source: str


class FloorArea(Table):
    """Floor area of a hall: for each hall, and by the households of its community."""

    m2_per_hall: Annotated[float, Field(gt=0)] | None = None
    m2_per_100_households: Annotated[float, Field(gt=0)] | None = None
    source: str


class Form(Table):
    """What a community's place must be; a station can be upgraded to a hall."""

    required: Literal["hall", "station"]
    source: str


class Visits(Table):
    """How many visits a day residents make, against the capacity of their hall.

    To community halls; to the platforms of the upper tiers only where the profile says.
    """

    per_1000_residents_per_day: Annotated[float, Field(gt=0)]
    town_per_1000_residents_per_day: Annotated[float, Field(gt=0)] | None = None
    municipal_per_1000_residents_per_day: Annotated[float, Field(gt=0)] | None = None
    source: str

    def rate(self, tier: str) -> float | None:
        """Return the visits a day per resident to halls of a tier; None where it is not known."""
        known = {
            "community": self.per_1000_residents_per_day,
            "town": self.town_per_1000_residents_per_day,
            "municipal": self.municipal_per_1000_residents_per_day,
        }[tier]
        return None if known is None else known / 1_000


class Share(Table):
    """Share of communities (0 to 1) that is to have its facility."""

    urban: Annotated[float, Field(ge=0, le=1)]
    rural: Annotated[float, Field(ge=0, le=1)]
    source: str


class Projects(Table):
    """How much need money meets, and how projects are spread.

    A client is a person whom a field serves. Budgets are yuan by funder.
    """

    clients_per_worker_fte: Annotated[float, Field(gt=0)]
    yuan_per_client: Annotated[float, Field(gt=0)]
    clients_per_volunteer: Annotated[float, Field(ge=0)] = 0.0
    professional_lead: bool = False
    per_organisation: Annotated[int, Field(ge=1)] | None = None
    per_town: Annotated[int, Field(ge=0)] = 0
    budgets_yuan: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    source: str


class IndicatorTarget(Table):
    """What an indicator should be; for one group, such as a kind of community, or all together.

    ``tolerance`` is relative: how far from the target still meets it, where the source rounds.
    """

    id: str
    group: str = ""
    target: float
    comparison: Literal["at_least", "above", "equal"] = "at_least"
    tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.0
    source: str

    @field_validator("id")
    @classmethod
    def _known(cls, name: str) -> str:
        known = catalogue.entries["indicator"]
        if name not in known:
            raise ValueError(f"there is no indicator {name!r}; use one of {', '.join(known)}")
        return name

    def met(self, value: float | None) -> bool | None:
        """Return whether a value meets the target; None where it is not known."""
        if value is None:
            return None
        slack = self.tolerance * abs(self.target) + 1e-9 * abs(self.target)
        if self.comparison == "equal":
            return abs(value - self.target) <= slack
        if self.comparison == "above":
            return value > self.target
        return value >= self.target - slack


class Criterion(Table):
    """A criterion of the harmonious-community standard: at least so much of what it counts.

    ``yuan_per_unit`` is what a unit that is missing costs; None where no action here brings it.
    """

    at_least: Annotated[float, Field(ge=0)] = 0.0
    yuan_per_unit: Annotated[float, Field(gt=0)] | None = None
    source: str


class Criteria(Table):
    """The checklist; criteria that are left out are not asked for.

    bodies, functions
        All of them; the unit is one that is missing.
    form
        The form that ``[form]`` asks for; the unit is an upgrade.
    floor_area
        Square metres per 100 households.
    community_workers, organisations
        Per 10,000 residents; the unit is a worker, an organisation.
    reach
        Share of residents within reach of a community hall.
    """

    bodies: Criterion | None = None
    functions: Criterion | None = None
    form: Criterion | None = None
    floor_area: Criterion | None = None
    community_workers: Criterion | None = None
    organisations: Criterion | None = None
    reach: Criterion | None = None


class Harmony(Table):
    """When a community is harmonious, and the share of communities that is to be.

    ``minimum`` is how many of the criteria must be met; all where it is left out.
    """

    criteria: Criteria
    minimum: Annotated[int, Field(ge=1)] | None = None
    target_share: Share
    source: str


FieldOfWork = Literal[
    "drug_control", "community_correction", "social_relief", "youth", "women", "other"
]


class Workers(Table):
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


class Outreach(Table):
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


class HallLife(Table):
    """Years that a hall is built for: its cost is spread over them."""

    years: Annotated[float, Field(ge=1)]
    source: str


class HallRunning(Table):
    """What a square metre of a hall costs to run."""

    yuan_per_m2_per_year: Annotated[float, Field(ge=0)]
    source: str


class NewPosts(Table):
    """What a post of a social worker costs, and how many a plan recommends if none are named."""

    yuan_per_year: Annotated[float, Field(gt=0)]
    number: Annotated[int, Field(ge=0)]
    source: str


class ProjectFunds(Table):
    """Yuan a year for projects, if a plan names none."""

    yuan_per_year: Annotated[float, Field(ge=0)]
    source: str


class Weights(Table):
    """What each of a resident's needs counts in the ranking of actions."""

    hall: Annotated[float, Field(ge=0)]
    social_work: Annotated[float, Field(ge=0)]
    source: str


class Actions(Table):
    """Yearly costs and weights by which halls, posts and projects are ranked together."""

    hall_life: HallLife
    hall_running: HallRunning
    posts: NewPosts
    projects: ProjectFunds
    weights: Weights

    def yuan_per_year(self, cost_yuan: np.ndarray, running_yuan: np.ndarray) -> np.ndarray:
        """Return costs once, spread over the years of a hall's life, and yearly costs together."""
        return cost_yuan / self.hall_life.years + running_yuan


class Platform(Table):
    """Floor area of a place of an upper tier, and what a square metre more of it costs."""

    floor_area_m2: Annotated[float, Field(gt=0)]
    yuan_per_m2: Annotated[float, Field(gt=0)]
    source: str


class Platforms(Table):
    """Places of the upper tiers."""

    town: Platform
    municipal: Platform

    def of(self, tier: Tier) -> Platform | None:
        """Return what is asked of a tier's places; None for the community tier."""
        return {"town": self.town, "municipal": self.municipal}.get(tier)


class ByKind(Table, Generic[Figure]):
    """A figure for each kind of community; ``new_rural`` is as ``rural`` where left out."""

    urban: Figure
    rural: Figure
    new_rural: Figure | None = None

    def of(self, kind: Kind) -> Figure:
        """Return the figure for a kind of community."""
        if kind == "urban":
            return self.urban
        return self.new_rural if kind == "new_rural" and self.new_rural else self.rural


class ReachTable(Table):
    """Reach of each tier."""

    community: ByKind[Reach]
    town: ByKind[Reach]
    municipal: ByKind[Reach]


class FunctionsTable(Table):
    """Functions of each tier."""

    community: ByKind[Functions]
    town: Functions
    municipal: Functions
