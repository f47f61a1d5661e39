"""The mapping: a TOML file that says which file holds which layer, and what its columns mean.

Nothing is guessed: what a file does not state of itself (coordinate system, encoding, units) the
mapping has to. Paths are relative to the folder of the mapping and stay inside it.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from geodata.errors import DataError
from geodata.findings import Finding
from geodata.layers import LAYERS, ROAD_LAYERS

MAX_MAPPING_BYTES = 5_000_000
UNRESOLVED = "?"
"""A text that begins so is to be answered before an import goes on."""

Word = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
Scalar = str | int | float | bool
Crs = Annotated[str, StringConstraints(pattern=r"^(EPSG:\d{4,6}|\?.*)$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class GeometryColumns(_Table):
    """Where a table has its coordinates: ``x`` and ``y``, or ``wkt`` (parts are joined)."""

    x: Word | None = None
    y: Word | None = None
    wkt: Word | list[Word] | None = None


class FirstDigits(_Table):
    """A code that is the beginning of another: a town's of its community's."""

    of: Word
    count: Annotated[int, Field(ge=1, le=12)]


class Source(_Table):
    """A file and how to read it.

    Attributes
    ----------
    file
        Path from the folder of the mapping.
    encoding
        Of CSV, and of a Shapefile without ``.cpg``; UTF-8 if left out.
    sheet
        Sheet of a workbook by its name, where it has several.
    table
        Layer of a GeoPackage or folder of a KML file, where it has several.
    header_rows, skip_rows
        Rows that make the names of columns (joined by ``/``), and rows above them.
    delimiter
        Between the values of a CSV file.
    crs
        ``EPSG:`` and a number, for files that do not say.
    datum
        For degrees: ``WGS 84``, ``CGCS2000``, ``GCJ-02`` or ``BD-09``; the last two are moved to
        WGS 84.
    override_crs
        That the file's own statement is wrong and ``crs`` is right.
    """

    file: Word
    encoding: Word | None = None
    sheet: Word | None = None
    table: Word | None = None
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1
    skip_rows: Annotated[int, Field(ge=0, le=1_000)] = 0
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    crs: Crs | None = None
    datum: Literal["WGS 84", "CGCS2000", "GCJ-02", "BD-09"] | None = None
    override_crs: bool = False


class LayerMapping(Source):
    """One layer of the city.

    Attributes
    ----------
    geometry
        Columns of coordinates, for files that have no geometry of their own.
    as_point
        That shapes are to be taken by a point within each.
    columns
        The planner's column -> the file's.
    extra_columns, types
        Columns that the planner does not know and that are to be kept, and their types.
    constants
        A value for every row.
    units
        Unit of a column where it is not the planner's, such as ``万人`` or ``亩``.
    values
        What the file's words mean: column -> word -> value.
    separators
        What stands between the words of a column that holds several.
    nulls
        Words that stand for an empty cell.
    leave_out
        Rows to leave out: the file's column -> words, such as ``合计``.
    first_digits, numbered
        Codes that are the beginning of others; keys made of a prefix and the row's number.
    tags
        Of OpenStreetMap: key -> value or values, ``*`` for any; places with all of them are taken.
    exact, quoted_text
        Of files that the planner wrote: values are taken as they stand, and texts have their marks
        against formulas taken off.
    """

    geometry: GeometryColumns | None = None
    as_point: bool = False
    columns: dict[Word, Word] = {}
    extra_columns: dict[Word, Word] = {}
    types: dict[Word, Literal["text", "integer", "number", "flag"]] = {}
    constants: dict[Word, Scalar] = {}
    units: dict[Word, Word] = {}
    values: dict[Word, dict[str, Scalar]] = {}
    separators: dict[Word, Word] = {}
    nulls: list[str] = []
    leave_out: dict[Word, list[str]] = {}
    first_digits: dict[Word, FirstDigits] = {}
    numbered: dict[Word, str] = {}
    tags: dict[Word, str | list[str]] = {}
    exact: bool = False
    quoted_text: bool = False


class RoadsMapping(Source):
    """The roads: an OpenStreetMap file, or lines with ``columns`` as in ``roads.from_lines``."""

    columns: dict[Word, Word] = {}
    values: dict[Word, dict[str, Scalar]] = {}
    road_class: Word = "unclassified"
    node_at_crossings: bool = False
    bounds: Annotated[list[float], Field(min_length=4, max_length=4)] | None = None


class Mapping(_Table):
    """The whole mapping.

    Attributes
    ----------
    confirmed
        That somebody has looked at it; an import without is refused.
    layers
        By the planner's name of the layer.
    roads
        Roads that are to be made into a network.
    sources
        Provenance by layer, kept with the city.
    """

    confirmed: Literal[True]
    layers: dict[Word, LayerMapping]
    roads: RoadsMapping | None = None
    sources: dict[str, Any] = {}


def read_mapping(path: str | Path) -> Mapping:
    """Return a mapping that is complete, known and confirmed in every key.

    Parameters
    ----------
    path
        A TOML file.

    Raises
    ------
    DataError
        With a finding for each key that is missing, unknown, of a wrong type or not resolved.
    """
    path = Path(path)
    document = _read_toml(path)
    questions = list(_unresolved(path, document))
    if document.get("confirmed") is not True:
        questions.append(Finding("import.not_confirmed", path.name))
    if questions:
        raise DataError.from_findings(questions)
    try:
        mapping = Mapping.model_validate(document)
    except ValidationError as errors:
        findings = [_finding(path, dict(error)) for error in errors.errors()]
        raise DataError.from_findings(_once(findings)) from None
    findings = list(_misplaced(path, mapping))
    if findings:
        raise DataError.from_findings(findings)
    return mapping


def _once(findings: list[Finding]) -> list[Finding]:
    """Return findings without those that say the same of the same key (unions report twice)."""
    seen = {(finding.code, str(finding.values.get("setting"))): finding for finding in findings}
    return list(seen.values())


def _read_toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise DataError("no_such_file", str(path))
    try:
        if path.stat().st_size > MAX_MAPPING_BYTES:
            raise DataError("import.mapping_too_big", path.name)
        return tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "UTF-8"
        raise DataError("import.not_toml", path.name, reason=reason) from error


_EXPECTED = {
    "string_type": "text",
    "string_too_short": "text",
    "string_too_long": "text",
    "bool_type": "flag",
    "int_type": "integer",
    "float_type": "number",
    "dict_type": "table",
    "model_type": "table",
    "list_type": "list",
    "too_short": "list",
    "too_long": "list",
    "string_pattern_mismatch": "crs",
    "greater_than_equal": "in_range",
    "less_than_equal": "in_range",
}


def _finding(path: Path, error: dict[str, Any]) -> Finding:
    """Return what a validation error says, in the words of the catalogue."""
    loc = [part for part in error["loc"] if _is_key(part)]
    key, kind = ".".join(map(str, loc)), error["type"]
    if kind == "missing":
        return Finding("import.key_missing", path.name, values={"setting": key})
    if kind == "extra_forbidden":
        known = _known_keys(list(error["loc"])[:-1])
        near = difflib.get_close_matches(str(error["loc"][-1]), known, n=3) or known
        return Finding(
            "import.key_unknown", path.name, values={"setting": key, "known": ", ".join(near)}
        )
    value = _short(error.get("input"))
    if kind == "literal_error":
        choices = str(error["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")
        values = {"setting": key, "value": value, "known": choices}
        return Finding("import.key_choice", path.name, values=values)
    code = f"import.key_{_EXPECTED.get(kind, 'other')}"
    return Finding(code, path.name, values={"setting": key, "value": value})


def _is_key(part: object) -> bool:
    """Return whether a part of a location is a key of ours, not the name of a branch of a union."""
    return not (isinstance(part, str) and ("[" in part or part in ("str", "int", "float", "bool")))


def _known_keys(loc: list[Any]) -> list[str]:
    if not loc:
        return list(Mapping.model_fields)
    if loc[0] == "roads":
        return list(RoadsMapping.model_fields)
    if loc[-1] == "geometry":
        return list(GeometryColumns.model_fields)
    if len(loc) > 2 and loc[-2] == "first_digits":
        return list(FirstDigits.model_fields)
    return list(LayerMapping.model_fields)


def _short(value: object) -> str:
    said = repr(value)
    return said if len(said) <= 60 else said[:57] + "..."


def _unresolved(path: Path, document: Any, key: str = "") -> Iterator[Finding]:
    """Yield a finding for every text that is still a question."""
    if key == "sources":
        return
    if isinstance(document, dict):
        for name, inner in document.items():
            yield from _unresolved(path, inner, f"{key}.{name}".lstrip("."))
    elif isinstance(document, list):
        for inner in document:
            yield from _unresolved(path, inner, key)
    elif isinstance(document, str) and document.startswith(UNRESOLVED):
        values = {"setting": key, "value": _short(document)}
        yield Finding("import.unresolved", path.name, values=values)


def _misplaced(path: Path, mapping: Mapping) -> Iterator[Finding]:
    """Yield what no single key shows: layers and columns that do not exist, contradictions."""
    for name, layer in mapping.layers.items():
        where = f"layers.{name}"
        if name not in LAYERS:
            near = difflib.get_close_matches(name, LAYERS, n=3) or list(LAYERS)
            values = {"setting": where, "known": ", ".join(near)}
            yield Finding("import.key_unknown", path.name, values=values)
            continue
        yield from _strange_columns(path, where, name, layer)
        shape = layer.geometry
        if shape is not None:
            given = (shape.x is not None, shape.y is not None, shape.wkt is not None)
            if given not in ((True, True, False), (False, False, True)):
                values = {"setting": f"{where}.geometry"}
                yield Finding("import.key_geometry", path.name, values=values)
    if mapping.roads is not None and set(ROAD_LAYERS) & set(mapping.layers):
        yield Finding("import.roads_twice", path.name)


def _strange_columns(path: Path, where: str, name: str, layer: LayerMapping) -> Iterator[Finding]:
    schema = LAYERS[name].schema.columns
    own = {*layer.columns, *layer.constants, *layer.first_digits, *layer.numbered}
    known = {*schema, *layer.extra_columns}
    used: dict[str, tuple[Iterable[str], Collection[str]]] = {
        "columns": (layer.columns, schema),
        "constants": (layer.constants, known),
        "first_digits": (layer.first_digits, known),
        "numbered": (layer.numbered, known),
        "units": (layer.units, own | set(layer.extra_columns)),
        "values": (layer.values, own | set(layer.extra_columns)),
        "separators": (layer.separators, own | set(layer.extra_columns)),
        "types": (layer.types, set(layer.extra_columns)),
    }
    for table, (given, allowed) in used.items():
        for column in given:
            if column not in allowed:
                near = difflib.get_close_matches(column, allowed, n=3) or sorted(allowed)
                values = {"setting": f"{where}.{table}.{column}", "known": ", ".join(near)}
                yield Finding("import.key_unknown", path.name, values=values)
    for column in layer.extra_columns:
        if column in schema or column == "geometry":
            values = {"setting": f"{where}.extra_columns.{column}", "known": "columns"}
            yield Finding("import.key_unknown", path.name, values=values)
    given_twice = set(layer.columns) & (
        set(layer.constants) | set(layer.first_digits) | set(layer.numbered)
    )
    for column in sorted(given_twice):
        yield Finding("import.key_twice", path.name, values={"setting": f"{where}.{column}"})
