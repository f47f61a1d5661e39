"""Where in which database a city is: a URL, taken apart with care for the password in it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from geodata.errors import DataError

_SCHEMES = ("postgresql", "postgres")
_PARAMETER = re.compile(r"[a-z_]+")
_NOT_OURS = ("public", "information_schema")
_LONGEST_NAME_BYTES = 63


@dataclass(frozen=True)
class Address:
    """A schema in a database.

    Attributes
    ----------
    schema
        Its name.
    shown
        The URL as it may be shown: without a password.
    url
        The URL for the library, without the schema; it may hold a password.
    """

    schema: str
    shown: str
    url: str = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> Address:
        """Return the address that a URL states.

        Raises
        ------
        DataError
            If it is no such URL, or names no schema that may hold a city. The text holds nothing
            of a URL that could not be understood, since anything in it may be the password.
        """
        parts, parameters = _parts(url)
        schemas = [value for name, value in parameters if name == "schema"]
        others = [(name, value) for name, value in parameters if name != "schema"]
        user = f"{parts.username}@" if parts.username else ""
        port = f":{parts.port}" if parts.port else ""
        base = f"postgresql://{user}{parts.hostname or ''}{port}{parts.path}"
        if len(schemas) != 1:
            raise DataError("postgis_no_schema", base)
        (schema,) = schemas
        if not is_plain_name(schema):
            raise DataError("postgis_bad_schema", base, name=schema)
        bare = parts._replace(scheme="postgresql", query=urlencode(others, quote_via=quote))
        return cls(schema, f"{base}?schema={schema}", bare.geturl())

    def beside(self, schema: str) -> str:
        """Return the URL of another schema in the same database; it may hold a password.

        Raises
        ------
        DataError
            If it is no name of a schema that may hold a city.
        """
        joint = "&" if urlsplit(self.url).query else "?"
        url = f"{self.url}{joint}schema={quote(schema)}"
        Address.parse(url)
        return url


def _parts(url: str) -> tuple[SplitResult, list[tuple[str, str]]]:
    """Return the parts of a URL and its parameters, if nothing in it is out of place."""
    try:
        parts = urlsplit(url)
        parameters = parse_qsl(
            parts.query, strict_parsing=bool(parts.query), keep_blank_values=True
        )
        sound = (
            parts.scheme in _SCHEMES
            and url[len(parts.scheme) :].startswith("://")
            and not re.search(r"\s", url)
            and unquote(url).isprintable()
            and not parts.fragment
            and "@" not in parts.path
            and parts.path.count("/") <= 1
            and (parts.port is None or parts.port > 0)
            and all(_PARAMETER.fullmatch(name) for name, _ in parameters)
        )
    except ValueError:
        sound = False
    if not sound:
        raise DataError("postgis_bad_url")
    return parts, parameters


def is_plain_name(name: str) -> bool:
    """Return whether a name is fit for a schema: small letters of any script, digits and _."""
    return (
        name.isidentifier()
        and name == name.lower() == unicodedata.normalize("NFKC", name)
        and len(name.encode()) <= _LONGEST_NAME_BYTES
        and not name.startswith("pg_")
        and name not in _NOT_OURS
    )
