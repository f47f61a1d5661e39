"""A plan made again from its record: maps, reports and sites come from the folder of a plan."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.city import City, embedded_cities, open_city
from geodata.disclosure import publishable
from geodata.fingerprint import city_fingerprints
from planner.errors import PlanError
from planner.exports import RECORD_FILE
from planner.plan import make_plan
from planner.request import PlanRequest
from planner.standard import Standard

if TYPE_CHECKING:
    from planner.plan import Plan
    from planner.progress import Progress

_PARTS = {"city": {"code", "name"}, "standard": {"id"}, "layers_sha256": set[str]()}
"""What a plan is made again from, beside the request, and the keys that each must have."""


def read_record(path: str | Path) -> dict[str, Any]:
    """Return the record of a plan.

    Parameters
    ----------
    path
        Folder that ``sanshe plan`` wrote, or the ``plan.json`` in it.

    Raises
    ------
    PlanError
        If there is none, or it is none.
    """
    file = Path(path)
    file = file / RECORD_FILE if file.is_dir() else file
    try:
        record = json.loads(file.read_text("utf-8"))
        if not all(keys <= record[part].keys() for part, keys in _PARTS.items()):
            raise PlanError("no_record", path=file, reason=RECORD_FILE)
        _request(record)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise PlanError("no_record", path=file, reason=error) from error
    return dict(record)


def _request(record: dict[str, Any]) -> PlanRequest:
    """Return what was asked of a recorded plan."""
    asked = record["request"]
    return PlanRequest(**asked | {"forbidden_sites": tuple(asked["forbidden_sites"])})


def open_plan(
    path: str | Path, city: str | Path | City | None = None, progress: Progress | None = None
) -> Plan:
    """Return a plan from what ``sanshe plan`` wrote, by making it again.

    The same city, standard and request give the same plan; that the city is the same is checked
    by its fingerprints.

    Parameters
    ----------
    path
        Folder of the plan, or its ``plan.json``.
    city
        The city, or where it is; that of the planner with the recorded code if left out.
    progress
        Told what is being done.

    Raises
    ------
    PlanError
        If there is no record, or the city is another or has changed since.
    DataError
        If the city cannot be opened.

    Examples
    --------
    >>> plan = open_plan("plan-taicang")
    """
    record = read_record(path)
    code = record["city"]["code"]
    if city is None:
        opened = _embedded(code)
        if opened is None:
            raise PlanError("city_of_plan", name=record["city"]["name"])
    else:
        opened = city if isinstance(city, City) else open_city(city)
    now = city_fingerprints(publishable(opened))
    changed = sorted(
        name for name, past in record["layers_sha256"].items() if now.get(name) != past
    )
    if changed or opened.code != code:
        raise PlanError("city_changed", layers=", ".join(changed) or code)
    standard = Standard.from_tables(record["standard"], record["standard"]["id"])
    return make_plan(opened, standard, **asdict(_request(record)), progress=progress)


def _embedded(code: str) -> City | None:
    """Return the city of the planner that has this code."""
    cities = (open_city(name) for name in embedded_cities())
    return next((city for city in cities if city.code == code), None)
