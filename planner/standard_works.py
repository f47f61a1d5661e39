"""Tables of a service standard on works: what actions beside building cost, with the source."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from planner.standard_tables import Minutes, Table


class Upkeep(Table):
    """What an upgraded hall, and an added function, cost more to run."""

    yuan_per_upgrade_per_year: Annotated[float, Field(ge=0)]
    yuan_per_function_per_year: Annotated[float, Field(ge=0)]
    source: str


class SharedHall(Table):
    """What it costs to adapt a hall to a second community, and what the agreement costs."""

    yuan_once: Annotated[float, Field(ge=0)]
    yuan_per_year: Annotated[float, Field(ge=0)]
    source: str


class MobileDays(Table):
    """Service days of teams that come to settlements out of reach.

    A settlement is visited on one of the ``days_per_year`` from the nearest platform of the tier,
    within so many minutes one way by this mode. Its residents are served to the share of days in
    ``opening_days_per_year``; from ``full_days_per_year`` on, where given, as by a hall in reach.
    """

    tier: Literal["municipal", "town"]
    mode: Literal["walk", "bicycle", "e_bike", "car"]
    minutes: Minutes
    days_per_year: Annotated[tuple[Annotated[int, Field(ge=1, le=366)], ...], Field(min_length=1)]
    opening_days_per_year: Annotated[int, Field(ge=1, le=366)]
    full_days_per_year: Annotated[int, Field(ge=1, le=366)] | None = None
    team_days_per_year: Annotated[int, Field(ge=1, le=366)]
    yuan_per_team_per_year: Annotated[float, Field(ge=0)]
    yuan_per_day: Annotated[float, Field(ge=0)]
    yuan_per_travel_minute: Annotated[float, Field(ge=0)]
    source: str

    def share(self, days: int) -> float:
        """Return the share, 0 to 1, to which so many days a year serve residents."""
        if self.full_days_per_year is not None and days >= self.full_days_per_year:
            return 1.0
        return min(days / self.opening_days_per_year, 1.0)


class Once(Table):
    """What an action costs once."""

    yuan_once: Annotated[float, Field(ge=0)]
    source: str


class Works(Table):
    """Costs of actions beside building, upgrading and extending; what is left out has no cost.

    upkeep
        Of upgrades and added functions; floor area runs at ``[actions.hall_running]``.
    share
        A hall is shared with a neighbouring community.
    mobile
        Service days of teams.
    close
        A hall is closed.
    merge
        A hall is closed and its functions move to a neighbour's.
    """

    upkeep: Upkeep | None = None
    share: SharedHall | None = None
    mobile: MobileDays | None = None
    close: Once | None = None
    merge: Once | None = None
