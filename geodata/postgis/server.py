"""Connections to PostGIS, and what goes wrong with them in one clear message without a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from geodata.errors import DataError
from geodata.postgis.address import Address

LAYOUT = 1
"""Version of the tables; goes up when an older planner could not read them."""
CITY, REGION = "city", "region"
"""What a schema may hold, and the table that says so."""
_CONNECT_SECONDS = 10
_KINDS: tuple[tuple[type[psycopg.Error], str], ...] = (
    (errors.InsufficientPrivilege, "postgis_no_rights"),
    (errors.LockNotAvailable, "postgis_in_use"),
    (errors.DependentObjectsStillExist, "postgis_dependents"),
)


@contextmanager
def transaction(address: Address, *, read_only: bool = False) -> Iterator[psycopg.Connection[Any]]:
    """Give a connection with one transaction, which is committed at the end if nothing goes wrong.

    Raises
    ------
    DataError
        If the database cannot be reached, or anything goes wrong there.
    """
    secrets: list[str] = []
    try:
        connection = _connect(address, secrets)
    except psycopg.Error as error:
        raise _not_connected(address, error, secrets) from None
    try:
        if read_only:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
        yield connection
        connection.commit()
    except psycopg.Error as error:
        raise _failed(address, error, secrets) from None
    finally:
        connection.close()


def _connect(address: Address, secrets: list[str]) -> psycopg.Connection[Any]:
    """Return a connection; what must not be shown is put into ``secrets``."""
    try:
        wanted: dict[str, Any] = dict(conninfo_to_dict(address.url))
    except psycopg.Error:
        raise DataError("postgis_bad_url") from None
    secrets += [str(value) for name, value in wanted.items() if "password" in name and value]
    wanted.setdefault("connect_timeout", _CONNECT_SECONDS)
    wanted |= {"application_name": "sanshe-planner", "client_encoding": "UTF8"}
    return psycopg.connect(**wanted, prepare_threshold=None)


def _not_connected(address: Address, error: psycopg.Error, secrets: list[str]) -> DataError:
    """Return what keeps us out. The library gives words alone here, in the server's language."""
    reason = _reason(error, secrets)
    if any(word in reason.lower() for word in ("password", "authentication", 'role "', "密码")):
        return DataError("postgis_wrong_password", address.shown)
    return DataError("postgis_no_server", address.shown, reason=reason)


def _failed(address: Address, error: psycopg.Error, secrets: list[str]) -> DataError:
    reason = _reason(error, secrets)
    for kind, code in _KINDS:
        if isinstance(error, kind):
            return DataError(code, address.shown, reason=reason)
    return DataError("postgis_failed", address.shown, reason=reason)


def _reason(error: psycopg.Error, secrets: list[str]) -> str:
    """Return the words of the server in one line: no values of rows, no password."""
    said = [error.diag.message_primary]
    if isinstance(error, errors.DependentObjectsStillExist):
        said.append(error.diag.message_detail)
    words = "; ".join(line for line in said if line) or str(error) or type(error).__name__
    for secret in secrets:
        words = words.replace(secret, "***")
    return " ".join(words.split())


def postgis_schema(connection: psycopg.Connection[Any], address: Address) -> str:
    """Return the schema in which the extension is, and look names up there and nowhere else.

    Raises
    ------
    DataError
        If the database has no PostGIS.
    """
    found = connection.execute(
        "SELECT n.nspname FROM pg_catalog.pg_extension e "
        "JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis'"
    ).fetchone()
    if found is None:
        raise DataError("postgis_no_extension", address.shown)
    path = sql.SQL("SET LOCAL search_path TO pg_catalog, {}").format(sql.Identifier(found[0]))
    connection.execute(path)
    return str(found[0])


def known_schemas(connection: psycopg.Connection[Any], kind: str) -> list[str]:
    """Return the schemas of the cities, or regions, that the user may know of."""
    rows = connection.execute(
        "SELECT n.nspname FROM pg_catalog.pg_class c "
        "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'layout' "
        "WHERE c.relname = %s AND c.relkind = 'r' "
        "AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') ORDER BY 1",
        [kind],
    )
    return [str(name) for (name,) in rows]


def tables_of(connection: psycopg.Connection[Any], schemas: list[str]) -> dict[str, set[str]]:
    """Return by schema the tables that the user may know of; schemas without any are left out."""
    rows = connection.execute(
        "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c "
        "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') "
        "AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')",
        [schemas],
    )
    found: dict[str, set[str]] = {}
    for schema, table in rows:
        found.setdefault(str(schema), set()).add(str(table))
    return found


def stored_note(connection: psycopg.Connection[Any], address: Address, kind: str) -> dict[str, Any]:
    """Return the row of the table ``city`` or ``region``.

    Raises
    ------
    DataError
        If the tables are of another layout.
    """
    query = sql.SQL("SELECT * FROM {}").format(sql.Identifier(address.schema, kind))
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query).fetchone() or {}
    found = row.get("layout")
    if found != LAYOUT:
        raise DataError("postgis_other_layout", address.shown, found=found, wanted=LAYOUT)
    return row
