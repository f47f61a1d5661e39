"""Writing a city or a region to PostGIS: beside the one that is there, then in its place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import psycopg
from psycopg import sql

from geodata.errors import DataError
from geodata.postgis.address import Address
from geodata.postgis.columns import ROW, rows_of
from geodata.postgis.rights import Grant, grants_on, held_rights
from geodata.postgis.server import (
    LAYOUT,
    known_schemas,
    postgis_schema,
    stored_note,
    transaction,
)
from geodata.postgis.tables import LAYERS_OF, Tables

_WAIT_MILLISECONDS = 30_000


def write(
    tables: Mapping[str, pd.DataFrame],
    metadata: Mapping[str, Any],
    address: Address,
    viewers: str | None,
    kind: str,
) -> None:
    """Write a city or a region; see ``geodata.postgis.write_city``."""
    layers = {name: tables[name] for name in LAYERS_OF[kind] if name in tables}
    mark = hashlib.sha256(address.schema.encode()).digest()
    staging = f"sanshe_new_{mark.hex()[:16]}"
    with transaction(address) as connection:
        _alone(connection, address, int.from_bytes(mark[:8], signed=True))
        extension = postgis_schema(connection, address)
        earlier = _earlier_tables(connection, address, kind)
        grants = _grants(connection, address, viewers)
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(staging)))
        _fill(connection, kind, Tables(kind, staging, extension), layers, metadata)
        _take_place(connection, address.schema, staging, earlier)
        columns = {kind: []} | {name: [*frame] for name, frame in layers.items()}
        for statement in grants_on(address.schema, columns, grants):
            connection.execute(statement)


def _alone(connection: psycopg.Connection[Any], address: Address, lock: int) -> None:
    """Take the lock of the city until the transaction ends, however it ends."""
    taken = connection.execute("SELECT pg_catalog.pg_try_advisory_xact_lock(%s)", [lock]).fetchone()
    if taken is None or not taken[0]:
        raise DataError("being_written", address.shown)
    wait = sql.SQL("SET LOCAL lock_timeout TO {}").format(sql.Literal(_WAIT_MILLISECONDS))
    connection.execute(wait)


def _earlier_tables(
    connection: psycopg.Connection[Any], address: Address, kind: str
) -> list[str] | None:
    """Return the tables that are there, what says whose first; None if the schema is not there.

    Raises
    ------
    DataError
        If the schema holds something else.
    """
    rows = connection.execute(
        "SELECT c.relname FROM pg_catalog.pg_namespace n "
        "LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid WHERE n.nspname = %s",
        [address.schema],
    ).fetchall()
    if not rows:
        return None
    there = {name for (name,) in rows if name is not None}
    if not there:
        return []
    if address.schema not in known_schemas(connection, kind):
        raise DataError("postgis_foreign_schema", address.shown, name=address.schema)
    columns = stored_note(connection, address, kind)["columns"]
    return [kind, *sorted(there & set(columns))]


def _grants(
    connection: psycopg.Connection[Any], address: Address, viewers: str | None
) -> list[Grant]:
    """Return the rights that others have on the city, and those of its new viewers."""
    grants = held_rights(connection, address.schema)
    if viewers is not None:
        role = connection.execute(
            "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = %s", [viewers]
        ).fetchone()
        if role is None:
            raise DataError("postgis_no_role", address.shown, name=viewers)
        grants.append(Grant(viewers, "USAGE", None, None))
        grants.append(Grant(viewers, "SELECT", "*", None))
    return grants


def _fill(
    connection: psycopg.Connection[Any],
    kind: str,
    tables: Tables,
    layers: Mapping[str, pd.DataFrame],
    metadata: Mapping[str, Any],
) -> None:
    """Make the tables and put everything into them."""
    for statement in tables.create_note():
        connection.execute(statement)
    columns = {
        name: {str(column): str(frame[column].dtype) for column in frame}
        for name, frame in layers.items()
    }
    texts = [metadata["code"], metadata["name"], metadata["name_en"]]
    records = [json.dumps(one, ensure_ascii=False) for one in (metadata["sources"], columns)]
    connection.execute(
        sql.SQL("INSERT INTO {} VALUES ({})").format(
            tables.table(kind),
            sql.SQL(", ").join(map(sql.Literal, [LAYOUT, *texts, *records])),
        )
    )
    for name, frame in layers.items():
        connection.execute(tables.create(LAYERS_OF[kind][name], frame))
        listed = sql.SQL(", ").join(map(sql.Identifier, [ROW, *frame]))
        copy = sql.SQL("COPY {} ({}) FROM STDIN").format(tables.table(name), listed)
        with connection.cursor() as cursor, cursor.copy(copy) as stream:
            for row in rows_of(name, frame):
                stream.write_row(row)
    for statement in (*tables.keys(layers), *tables.finish(layers)):
        connection.execute(statement)


def _take_place(
    connection: psycopg.Connection[Any], schema: str, staging: str, earlier: list[str] | None
) -> None:
    """Drop what is there and give its name to the new schema.

    Whoever reads holds the table ``city`` or ``region``, so it goes first. What others have made
    in the schema or on its tables is not dropped: the database refuses.
    """
    if earlier is not None:
        old = sql.Identifier(schema)
        if earlier:
            note = sql.Identifier(schema, earlier[0])
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(note))
            names = sql.SQL(", ").join(sql.Identifier(schema, name) for name in earlier)
            connection.execute(sql.SQL("DROP TABLE {} RESTRICT").format(names))
        connection.execute(sql.SQL("DROP SCHEMA {} RESTRICT").format(old))
    renamed = sql.SQL("ALTER SCHEMA {} RENAME TO {}")
    connection.execute(renamed.format(sql.Identifier(staging), sql.Identifier(schema)))
