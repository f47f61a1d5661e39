"""Reading a city from PostGIS, all of it as of one moment."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import psycopg
from psycopg import errors, sql

from geodata.errors import DataError
from geodata.postgis.address import Address
from geodata.postgis.columns import GEOMETRY, ROW, frame_of
from geodata.postgis.server import (
    known_schemas,
    postgis_schema,
    stored_note,
    transaction,
)
from geodata.postgis.tables import LAYERS_OF

_SRID = re.compile(r",\s*(\d+)\)$")
_AS_IT_IS = (
    "smallint",
    "integer",
    "bigint",
    "real",
    "double precision",
    "boolean",
    "bytea",
    "date",
    "timestamp with time zone",
    "timestamp without time zone",
)


def read(address: Address, kind: str) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return layers and metadata of a city or a region; see ``geodata.postgis.read_city``."""
    with transaction(address, read_only=True) as connection:
        _hold(connection, address, kind)
        extension = postgis_schema(connection, address)
        note = stored_note(connection, address, kind)
        tables = {
            name: _layer(connection, address.schema, name, columns, note["columns"], extension)
            for name, columns in _columns(connection, address.schema, kind).items()
        }
    metadata = {name: note[name] for name in ("code", "name", "name_en", "sources")}
    return tables, metadata


def _hold(connection: psycopg.Connection[Any], address: Address, kind: str) -> None:
    """Keep writers from replacing the city or region until the transaction ends.

    What a transaction sees is settled by its first query. This must come before it: else a city
    that is replaced between the two would be found by name, but its rows would not be seen.
    """
    table = sql.Identifier(address.schema, kind)
    try:
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(table))
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        connection.rollback()
        postgis_schema(connection, address)
        known = ", ".join(known_schemas(connection, kind)) or "-"
        raise DataError(
            f"postgis_no_{kind}", address.shown, name=address.schema, known=known
        ) from None


def _columns(
    connection: psycopg.Connection[Any], schema: str, kind: str
) -> dict[str, list[tuple[str, str, str]]]:
    """Return the columns of each layer that is there: name, type, and type in full."""
    rows = connection.execute(
        "SELECT c.relname, a.attname, pg_catalog.format_type(a.atttypid, NULL), "
        "pg_catalog.format_type(a.atttypid, a.atttypmod) "
        "FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
        "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND a.attnum > 0 AND NOT a.attisdropped "
        "AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.relname, a.attnum",
        [schema],
    ).fetchall()
    found: dict[str, list[tuple[str, str, str]]] = {name: [] for name in LAYERS_OF[kind]}
    for table, *column in rows:
        if table in found:
            found[table].append((column[0], column[1], column[2]))
    return {name: columns for name, columns in found.items() if columns}


def _layer(
    connection: psycopg.Connection[Any],
    schema: str,
    name: str,
    columns: list[tuple[str, str, str]],
    dtypes: dict[str, dict[str, str]],
    extension: str,
) -> pd.DataFrame:
    selected: list[sql.Composable] = []
    names, kinds, crs = [], [], None
    for column, kind, full in columns:
        identifier = sql.Identifier(column)
        if column == ROW:
            continue
        if column == GEOMETRY and kind.endswith("geometry"):
            stated = _SRID.search(full)
            crs = int(stated.group(1)) if stated else 0
            as_bytes = sql.Identifier(extension, "st_asewkb")
            selected.append(sql.SQL("{}({})").format(as_bytes, identifier))
            kind = GEOMETRY
        elif kind == "numeric":
            selected.append(sql.SQL("{}::double precision").format(identifier))
        elif kind in _AS_IT_IS:
            selected.append(identifier)
        else:
            selected.append(sql.SQL("{}::text").format(identifier))
        names.append(column)
        kinds.append(kind)
    order = sql.Identifier(ROW) if ROW in {column for column, _, _ in columns} else sql.SQL("1")
    query = sql.SQL("SELECT {} FROM {} ORDER BY {}").format(
        sql.SQL(", ").join(selected), sql.Identifier(schema, name), order
    )
    rows = connection.execute(query).fetchall()
    return frame_of(names, kinds, rows, dtypes.get(name, {}), crs)
