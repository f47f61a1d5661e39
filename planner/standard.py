"""A service standard: what residents are entitled to, as data (TOML), each figure with its source.

Profiles live in ``planner/standards/``; a user copies one, edits it and gives its path.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from geodata.functions import known_functions
from planner.errors import PlanError
from planner.messages import catalogue, text
from planner.profiles import read_profile
from planner.standard_tables import (
    Actions,
    ByKind,
    FieldOfWork,
    FloorArea,
    Form,
    Functions,
    FunctionsTable,
    Harmony,
    IndicatorTarget,
    Kind,
    Outreach,
    Platforms,
    Projects,
    Reach,
    ReachTable,
    Share,
    Table,
    Text,
    Tier,
    Visits,
    Workers,
)
from planner.standard_works import Works


class Standard(Table):
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
    projects: Projects | None = None
    indicators: tuple[IndicatorTarget, ...] = ()
    harmony: Harmony | None = None
    workers: dict[FieldOfWork, Workers] = Field(default_factory=dict)
    outreach: Outreach | None = None
    actions: Actions | None = None
    platforms: Platforms | None = None
    works: Works | None = None

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
        return cls.from_tables(read_profile(name_or_path), str(name_or_path))

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

    @classmethod
    def problems(cls, tables: dict[str, object]) -> list[tuple[str, str]]:
        """Return everything that is wrong with a profile's tables: key, and what is wrong.

        Parameters
        ----------
        tables
            The profile as nested dictionaries.
        """
        wrong = []
        try:
            cls.model_validate(tables)
        except ValidationError as error:
            wrong = [(".".join(map(str, e["loc"])), _problem(e)) for e in error.errors()]
        for key, function in _named_functions(tables.get("functions"), "functions"):
            if function not in known_functions():
                wrong.append((key, text("standard_problem.function", function=function)))
        return wrong

    def figures(self) -> list[tuple[str, str, str]]:
        """Return every figure of the profile: key, value, source."""
        return _figures(self.model_dump(mode="json", exclude_none=True), "", "")

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


def _problem(error: Any) -> str:
    """Return what pydantic found, in the language in use where the catalogue says it."""
    known = catalogue.entries["standard_problem"]
    if error["type"] in known:
        return text(f"standard_problem.{error['type']}")
    return f"{error['msg']} ({error['input']!r})"


def _named_functions(node: object, key: str) -> list[tuple[str, object]]:
    if not isinstance(node, dict):
        return []
    found = []
    for name, value in node.items():
        if name == "required" and isinstance(value, list):
            found += [(f"{key}.required", function) for function in value]
        found += _named_functions(value, f"{key}.{name}")
    return found


def _figures(node: object, key: str, source: str) -> list[tuple[str, str, str]]:
    if isinstance(node, dict):
        source = node["source"] if isinstance(node.get("source"), str) else source
        return [
            row
            for name, value in node.items()
            if not (name == "source" and isinstance(value, str))
            for row in _figures(value, f"{key}.{name}".lstrip("."), source)
        ]
    if isinstance(node, list) and node and isinstance(node[0], dict):
        return [
            row
            for number, part in enumerate(node)
            for row in _figures(part, f"{key}.{number}", source)
        ]
    shown = ", ".join(map(str, node)) if isinstance(node, list) else str(node)
    return [(key, shown, source)]
