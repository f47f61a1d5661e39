"""A city in PostGIS: a schema for each city, a table for each layer, all of it in one transaction.

Whoever reads sees a city as one save left it: a reader holds the table ``city`` while it reads, and
a writer takes that table away last of all, together with the others. A region is kept in the same
way: a schema with the tables ``region`` and ``counties``, which says in which schema each is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from geodata.errors import DataError
from geodata.postgis.address import Address

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Address",
    "holds_region",
    "read_city",
    "read_region",
    "tables_by_schema",
    "write_city",
    "write_region",
]


def read_city(url: str) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return the layers of a city in PostGIS, all of the same moment, and its metadata.

    Parameters
    ----------
    url
        Such as ``"postgresql://user@host/planning?schema=taicang"``.

    Raises
    ------
    DataError
        If the database cannot be reached, or holds no city that may be read there.
    """
    address = Address.parse(url)
    _needs_psycopg(address)
    from geodata.postgis.reading import read

    return read(address, "city")


def write_city(
    tables: Mapping[str, pd.DataFrame],
    metadata: Mapping[str, Any],
    url: str,
    *,
    viewers: str | None = None,
) -> None:
    """Write a city's layers to PostGIS in the place of those that are there, whole or not at all.

    Parameters
    ----------
    tables
        Layer by name, checked.
    metadata
        ``code``, ``name``, ``name_en`` and ``sources`` of the city.
    url
        Such as ``"postgresql://user@host/planning?schema=taicang"``.
    viewers
        Role that may read the city from now on; whoever may read it already still may.

    Raises
    ------
    DataError
        If it cannot be written there, or another process is writing it; what was there is then
        as before.
    """
    address = Address.parse(url)
    _needs_psycopg(address)
    from geodata.postgis.writing import write

    write(tables, metadata, address, viewers, "city")


def holds_region(url: str) -> bool:
    """Return whether the schema that a URL names holds a region.

    Raises
    ------
    DataError
        If the database cannot be reached.
    """
    address = Address.parse(url)
    _needs_psycopg(address)
    from geodata.postgis.server import REGION, known_schemas, transaction

    with transaction(address, read_only=True) as connection:
        return address.schema in known_schemas(connection, REGION)


def read_region(url: str) -> tuple[dict[str, Any], pd.DataFrame, list[str]]:
    """Return what a region in PostGIS says of itself, its counties, and the schemas with cities.

    Raises
    ------
    DataError
        If the database cannot be reached, or holds no region that may be read there.
    """
    address = Address.parse(url)
    _needs_psycopg(address)
    from geodata.postgis.reading import read
    from geodata.postgis.server import CITY, REGION, known_schemas, transaction

    tables, note = read(address, REGION)
    with transaction(address, read_only=True) as connection:
        cities = known_schemas(connection, CITY)
    return note, tables["counties"], cities


def tables_by_schema(urls: Mapping[str, str]) -> dict[str, set[str]]:
    """Return by name the tables that there are in the schema of each URL, all in one database."""
    addresses = {name: Address.parse(url) for name, url in urls.items()}
    first = next(iter(addresses.values()))
    _needs_psycopg(first)
    from geodata.postgis.server import tables_of, transaction

    with transaction(first, read_only=True) as connection:
        found = tables_of(connection, [address.schema for address in addresses.values()])
    return {name: found.get(address.schema, set()) for name, address in addresses.items()}


def write_region(
    counties: pd.DataFrame, note: Mapping[str, Any], url: str, *, viewers: str | None = None
) -> None:
    """Write the list of a region's counties in the place of the one there, whole or not at all.

    Parameters
    ----------
    counties
        The table, with the column ``schema``.
    note
        ``code``, ``name``, ``name_en`` and ``sources`` of the region.
    url
        Such as ``"postgresql://user@host/planning?schema=my_province"``.
    viewers
        Role that may read the list from now on.

    Raises
    ------
    DataError
        As ``write_city``.
    """
    address = Address.parse(url)
    _needs_psycopg(address)
    from geodata.postgis.writing import write

    write({"counties": counties}, note, address, viewers, "region")


def _needs_psycopg(address: Address) -> None:
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise DataError("postgis_not_installed", address.shown) from error
