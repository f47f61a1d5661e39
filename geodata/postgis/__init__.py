"""A city in PostGIS: a schema for each city, a table for each layer, all of it in one transaction.

Whoever reads sees a city as one save left it: a reader holds the table ``city`` while it reads, and
a writer takes that table away last of all, together with the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from geodata.errors import DataError
from geodata.postgis.address import Address

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Address", "read_city", "write_city"]


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

    return read(address)


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

    write(tables, metadata, address, viewers)


def _needs_psycopg(address: Address) -> None:
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise DataError("postgis_not_installed", address.shown) from error
