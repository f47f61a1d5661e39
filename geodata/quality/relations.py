"""What must hold between the layers: keys that exist, totals that agree, a hall for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from geodata.findings import Finding
from geodata.functions import known_functions
from geodata.layers import LAYERS, SEPARATOR
from geodata.quality.structure import finding_at


class Reference(NamedTuple):
    """A column of one layer whose values are keys of another."""

    layer: str
    column: str
    target: str
    several: bool = False


REFERENCES = (
    Reference("communities", "town_code", "towns"),
    Reference("settlements", "community_code", "communities"),
    Reference("halls", "community_code", "communities"),
    Reference("halls", "town_code", "towns"),
    Reference("workers", "base_hall_id", "halls"),
    Reference("organisations", "town_code", "towns"),
    Reference("projects", "organisation_id", "organisations"),
    Reference("projects", "community_codes", "communities", several=True),
    Reference("candidates", "community_code", "communities"),
    Reference("road_edges", "from_node", "road_nodes"),
    Reference("road_edges", "to_node", "road_nodes"),
)


def relation_findings(tables: Mapping[str, pd.DataFrame]) -> Iterator[Finding]:
    """Yield what is wrong between layers that are each in order.

    Parameters
    ----------
    tables
        Layer by name, only those that conform to their schema.
    """
    for reference in REFERENCES:
        if reference.layer in tables and reference.target in tables:
            yield from _dangling(reference, tables)
    if "halls" in tables:
        yield from _hall_findings(tables["halls"])
    if "settlements" in tables and "communities" in tables:
        yield from _resident_findings(tables["settlements"], tables["communities"])
    if "workers" in tables:
        yield from _worker_findings(tables["workers"])


def _dangling(reference: Reference, tables: Mapping[str, pd.DataFrame]) -> Iterator[Finding]:
    frame = tables[reference.layer]
    keys = set(tables[reference.target][LAYERS[reference.target].key])
    for position, value in enumerate(frame[reference.column]):
        if pd.isna(value):
            continue
        wanted = value.split(SEPARATOR) if reference.several else [value]
        for key in wanted:
            if key not in keys:
                yield finding_at(
                    LAYERS[reference.layer],
                    frame,
                    position,
                    "unknown_key",
                    column=reference.column,
                    value=key,
                    target=reference.target,
                )


def _hall_findings(halls: pd.DataFrame) -> Iterator[Finding]:
    layer = LAYERS["halls"]
    home = {"community": "community_code", "town": "town_code"}
    for position, hall in enumerate(halls.itertuples(index=False)):
        column = home.get(hall.tier)
        if column is not None and pd.isna(getattr(hall, column)):
            yield finding_at(layer, halls, position, "hall_without_home", column=column)
        functions = [] if pd.isna(hall.functions) else hall.functions.split(SEPARATOR)
        for function in functions:
            if function not in known_functions():
                yield finding_at(layer, halls, position, "unknown_function", value=function)


def _resident_findings(settlements: pd.DataFrame, communities: pd.DataFrame) -> Iterator[Finding]:
    if settlements["residents"].sum() == 0:
        yield Finding("no_residents", "settlements")
        return
    layer = LAYERS["communities"]
    living = settlements.groupby("community_code")["residents"].sum()
    for position, community in enumerate(communities.itertuples(index=False)):
        found = int(living.get(community.code, 0))
        if found != community.residents:
            code = "residents_differ" if found else "community_without_settlements"
            yield finding_at(
                layer, communities, position, code, found=found, stated=community.residents
            )


def _worker_findings(workers: pd.DataFrame) -> Iterator[Finding]:
    layer = LAYERS["workers"]
    for position, row in enumerate(workers.itertuples(index=False)):
        if row.certified > row.posts:
            values = {"certified": row.certified, "posts": row.posts}
            yield finding_at(layer, workers, position, "more_certified_than_posts", **values)
