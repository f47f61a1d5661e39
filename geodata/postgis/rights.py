"""Who may do what with a city in PostGIS: kept when the city is saved anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

_RIGHTS = {
    right: sql.SQL(right) for right in ("USAGE", "CREATE", "SELECT", "INSERT", "UPDATE", "DELETE")
}


class Grant(NamedTuple):
    """One right of one role.

    Attributes
    ----------
    role
        Who has it; None for everybody.
    right
        Such as SELECT.
    table
        On which table; ``"*"`` for each of the city's, None for the schema itself.
    column
        On which column alone; None for the whole table.
    """

    role: str | None
    right: str
    table: str | None
    column: str | None


_HELD = """
SELECT r.rolname, held.privilege_type, held.relname, held.attname
FROM (
    SELECT n.nspowner AS owner, a.grantee, a.privilege_type, NULL AS relname, NULL AS attname
    FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) a
    WHERE n.nspname = %(schema)s
    UNION ALL
    SELECT c.relowner, a.grantee, a.privilege_type, c.relname, NULL
    FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid,
        pg_catalog.aclexplode(c.relacl) a
    WHERE n.nspname = %(schema)s AND c.relkind = 'r'
    UNION ALL
    SELECT c.relowner, a.grantee, a.privilege_type, c.relname, t.attname
    FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
        JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid AND NOT t.attisdropped,
        pg_catalog.aclexplode(t.attacl) a
    WHERE n.nspname = %(schema)s AND c.relkind = 'r'
) held LEFT JOIN pg_catalog.pg_roles r ON r.oid = held.grantee
WHERE held.grantee <> held.owner AND (held.grantee = 0 OR r.oid IS NOT NULL)
ORDER BY 3 NULLS FIRST, 4 NULLS FIRST, 1, 2
"""


def held_rights(connection: psycopg.Connection[Any], schema: str) -> list[Grant]:
    """Return the rights that others than the owner have on a schema and its tables."""
    rows = connection.execute(_HELD, {"schema": schema})
    return [Grant(*row) for row in rows if row[1] in _RIGHTS]


def grants_on(
    schema: str, tables: dict[str, Sequence[str]], grants: Sequence[Grant]
) -> Iterator[sql.Composed]:
    """Yield what gives rights on a schema, as far as its tables and columns are still there.

    Parameters
    ----------
    schema
        The schema.
    tables
        Its tables with their columns.
    grants
        The rights.
    """
    for grant in grants:
        role = sql.SQL("PUBLIC") if grant.role is None else sql.Identifier(grant.role)
        right: sql.Composable = _RIGHTS[grant.right]
        if grant.table is None:
            form = sql.SQL("GRANT {} ON SCHEMA {} TO {}")
            yield form.format(right, sql.Identifier(schema), role)
            continue
        for table in tables if grant.table == "*" else [grant.table]:
            if table not in tables or not (grant.column is None or grant.column in tables[table]):
                continue
            what = right
            if grant.column is not None:
                what = sql.SQL("{} ({})").format(right, sql.Identifier(grant.column))
            form = sql.SQL("GRANT {} ON {} TO {}")
            yield form.format(what, sql.Identifier(schema, table), role)
