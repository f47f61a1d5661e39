"""The schema of each layer: columns, types, units, keys and geometry.

What a valid table is, is said here alone (pandera schemas). What holds between tables, and on
the ground, is said in ``geodata.quality``.

Units: ``residents``, ``households``, ``age_*``, ``clients_*``, ``members``, ``volunteers`` and
``posts`` are counts of persons or households; ``floor_area_m2`` square metres; ``fte`` full-time
equivalents; ``cost_yuan`` yuan; ``length_m`` metres; ``max_speed_kmh`` kilometres an hour.
Columns that hold several ids (``functions``, ``fields``, ``community_codes``, ``bodies``, a
project's ``funder`` where several may pay) or names (``rooms``, ``departments``,
``hosted_organisations``) join them by ``;``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import pandera.pandas as pa

GeometryKind = Literal["point", "line", "polygon"]

TOWN_KINDS = ("town", "district")
COMMUNITY_KINDS = ("urban", "rural", "new_rural")
TIERS = ("municipal", "town", "community")
FORMS = ("centre", "platform", "hall", "station")
STATUSES = ("open", "planned", "closed")
FIELDS = (
    "drug_control",
    "community_correction",
    "social_relief",
    "youth",
    "women",
    "other",
)
BODIES = ("party_committee", "residents_committee", "affairs_office", "service_station")
"""一委一居一办一站: what every community has."""
HOSTED = ("rooms", "departments", "hosted_organisations")
"""Columns of names, joined by ``;``: what is housed in the municipal centre."""
PROJECT_STATUSES = ("running", "proposed")
SENSITIVE_CLIENTS = ("clients_drug_control", "clients_community_correction")
SOURCES = ("real", "modelled")
DIRECTIONS = ("both", "forward", "backward", "no")
"""Which way a vehicle may go along a road."""
SEPARATOR = ";"


@dataclass(frozen=True)
class Layer:
    """One layer of a city.

    Attributes
    ----------
    name
        Its name, also of its table or file.
    schema
        Its columns, types and the rules within a column.
    key
        Column that identifies a row; None if rows have no key.
    geometry
        What its geometry must be; None for a plain table.
    required
        Whether a city cannot be without it.
    """

    name: str
    schema: pa.DataFrameSchema
    key: str | None
    geometry: GeometryKind | None
    required: bool = False


def _text(*, null: bool = False, **options: Any) -> pa.Column:
    return pa.Column(pd.StringDtype(na_value=float("nan")), nullable=null, coerce=True, **options)


def _key(pattern: str = r"\S") -> pa.Column:
    return _text(
        unique=True,
        report_duplicates="exclude_first",
        checks=pa.Check.str_contains(pattern, error="malformed_code"),
    )


def _one_of(choices: tuple[str, ...], **options: Any) -> pa.Column:
    return _several_of(choices, separator=None, **{"null": False, **options})


def _several_of(
    choices: tuple[str, ...],
    *,
    null: bool = True,
    separator: str | None = SEPARATOR,
    **options: Any,
) -> pa.Column:
    allowed = set(choices)

    def known(values: pd.Series) -> pd.Series:
        return values.map(
            lambda ids: allowed.issuperset(ids.split(separator) if separator else [ids])
        )

    return _text(
        null=null,
        checks=pa.Check(known, error="unknown_value"),
        metadata={"choices": choices, "separator": separator},
        **options,
    )


def _count(*, null: bool = False, **options: Any) -> pa.Column:
    return pa.Column(
        pd.Int64Dtype(),
        nullable=null,
        coerce=True,
        checks=pa.Check.ge(0, error="negative_value"),
        **options,
    )


def _amount(*, null: bool = False, positive: bool = False, **options: Any) -> pa.Column:
    checks = [
        pa.Check.gt(0, error="not_positive")
        if positive
        else pa.Check.ge(0, error="negative_value"),
        pa.Check.lt(float("inf"), error="not_finite"),
    ]
    return pa.Column(float, nullable=null, coerce=True, checks=checks, **options)


def _flag(**options: Any) -> pa.Column:
    return pa.Column(pd.BooleanDtype(), coerce=True, **options)


def _schema(**columns: pa.Column) -> pa.DataFrameSchema:
    return pa.DataFrameSchema({**columns, "source": _one_of(SOURCES)})


_TOWN_CODE = r"^\d{9}$"
_COMMUNITY_CODE = r"^\d{12}$"

LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer(
            "boundary",
            _schema(code=_key(), name=_text(), name_en=_text(null=True)),
            key="code",
            geometry="polygon",
            required=True,
        ),
        Layer(
            "towns",
            _schema(
                code=_key(_TOWN_CODE),
                name=_text(),
                name_en=_text(null=True),
                kind=_one_of(TOWN_KINDS),
                residents=_count(),
            ),
            key="code",
            geometry="polygon",
            required=True,
        ),
        Layer(
            "communities",
            _schema(
                code=_key(_COMMUNITY_CODE),
                town_code=_text(),
                name=_text(),
                kind=_one_of(COMMUNITY_KINDS),
                residents=_count(),
                households=_count(),
                age_0_14=_count(null=True),
                age_60_plus=_count(null=True),
                harmonious=_flag(),
                feature=_flag(),
                bodies=_several_of(BODIES, required=False),
                community_workers=_count(null=True, required=False),
                **{f"clients_{field}": _count(null=True) for field in FIELDS if field != "other"},
            ),
            key="code",
            geometry="polygon",
            required=True,
        ),
        Layer(
            "settlements",
            _schema(
                settlement_id=_key(),
                community_code=_text(),
                name=_text(null=True),
                residents=_count(),
                households=_count(),
                age_60_plus=_count(null=True),
            ),
            key="settlement_id",
            geometry="point",
            required=True,
        ),
        Layer(
            "halls",
            _schema(
                hall_id=_key(),
                name=_text(),
                tier=_one_of(TIERS),
                form=_one_of(FORMS),
                community_code=_text(null=True),
                town_code=_text(null=True),
                functions=_text(null=True),
                floor_area_m2=_amount(null=True, positive=True),
                windows=_count(null=True),
                visits_per_day_capacity=_amount(null=True),
                opened_year=_count(null=True),
                status=_one_of(STATUSES),
                investment_yuan=_amount(null=True, positive=True, required=False),
                **{column: _text(null=True, required=False) for column in HOSTED},
            ),
            key="hall_id",
            geometry="point",
            required=True,
        ),
        Layer(
            "workers",
            _schema(
                base_hall_id=_text(),
                field=_one_of(FIELDS),
                posts=_count(),
                fte=_amount(),
                certified=_count(),
            ),
            key=None,
            geometry=None,
        ),
        Layer(
            "organisations",
            _schema(
                organisation_id=_key(),
                name=_text(),
                category=_text(),
                registration=_text(),
                town_code=_text(),
                fields=_several_of(FIELDS),
                members=_count(null=True),
            ),
            key="organisation_id",
            geometry="point",
        ),
        Layer(
            "projects",
            _schema(
                project_id=_key(),
                name=_text(),
                organisation_id=_text(),
                field=_one_of(FIELDS),
                community_codes=_text(null=True),
                cost_yuan=_amount(positive=True),
                funder=_text(),
                volunteers=_count(null=True),
                status=_one_of(PROJECT_STATUSES, required=False),
                professional_lead=_flag(required=False),
            ),
            key="project_id",
            geometry=None,
        ),
        Layer(
            "candidates",
            _schema(
                site_id=_key(),
                name=_text(null=True),
                community_code=_text(),
                form=_one_of(("hall", "station")),
                cost_yuan=_amount(positive=True),
                floor_area_m2=_amount(null=True, positive=True),
                available=_flag(),
            ),
            key="site_id",
            geometry="point",
        ),
        Layer(
            "road_nodes",
            pa.DataFrameSchema({"node_id": pa.Column(int, coerce=True, unique=True)}),
            key="node_id",
            geometry="point",
        ),
        Layer(
            "road_edges",
            _schema(
                edge_id=pa.Column(int, coerce=True, unique=True),
                from_node=pa.Column(int, coerce=True),
                to_node=pa.Column(int, coerce=True),
                road_class=_text(),
                length_m=_amount(),
                oneway=_flag(),
                max_speed_kmh=_amount(null=True, positive=True),
                name=_text(null=True),
                surface=_text(null=True, required=False),
                duration_minutes=_amount(null=True, positive=True, required=False),
                osm_way=pa.Column(pd.Int64Dtype(), nullable=True, coerce=True, required=False),
                **{
                    vehicle: _one_of(DIRECTIONS, null=True, required=False)
                    for vehicle in ("foot", "bicycle", "motorcar")
                },
            ),
            key="edge_id",
            geometry="line",
        ),
    )
}

ROAD_LAYERS = ("road_nodes", "road_edges")

COUNTIES = Layer(
    "counties",
    pa.DataFrameSchema(
        {
            "code": _key(),
            "name": _text(),
            "name_en": _text(null=True),
            "folder": _key(),
            "communities": _count(),
            "residents": _count(),
            "candidates": _count(),
            "road_nodes": _count(),
        }
    ),
    key="code",
    geometry="polygon",
    required=True,
)
"""The counties of a region; no layer of a city. ``road_nodes`` counts each node in one county."""
