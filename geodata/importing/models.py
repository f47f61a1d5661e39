"""What a mapping may say, key by key: the models that TOML is held against."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

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
    """A code that is the beginning of another: a town's of its community's.

    ``of`` is a column of the planner, or else one of the file.
    """

    of: Word
    count: Annotated[int, Field(ge=1, le=12)]


class Reading(_Table):
    """How to read a file.

    Attributes
    ----------
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

    encoding: Word | None = None
    sheet: Word | None = None
    table: Word | None = None
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1
    skip_rows: Annotated[int, Field(ge=0, le=1_000)] = 0
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    crs: Crs | None = None
    datum: Literal["WGS 84", "CGCS2000", "GCJ-02", "BD-09"] | None = None
    override_crs: bool = False


class Source(Reading):
    """A file, by its path from the folder of the mapping, and how to read it."""

    file: Word


class PlacedSource(Source):
    """A file that may have geometry.

    Attributes
    ----------
    geometry
        Columns of coordinates, for files that have no geometry of their own.
    as_point
        That shapes are to be taken by a point within each.
    leave_out
        Rows to leave out: the file's column -> words, such as ``合计``.
    """

    geometry: GeometryColumns | None = None
    as_point: bool = False
    leave_out: dict[Word, list[str]] = {}


class Tie(_Table):
    """What ties rows of a file to rows of a layer: columns of the file.

    Attributes
    ----------
    code, name, town
        The code, the name, and the town (its code or its name) that a name is looked for in.
    confirmed
        CSV of candidates beside the mapping, in which a person says what no code and no equal name
        tells; ``candidates-LAYER-COLUMN.csv`` if left out.
    """

    code: Word | None = None
    name: Word | None = None
    town: Word | None = None
    confirmed: Word | None = None


class LinkTo(Tie):
    """The row of another layer that a row is about; its key goes into a column of the planner.

    Attributes
    ----------
    to
        The layer, one that stands before this one in the planner's order.
    place
        That the row takes the place of what it is linked to: a point within it.
    """

    to: Word
    place: bool = False


class Shapes(Tie, PlacedSource):
    """A file with the geometry of a layer's rows, tied to them by code or name.

    ``columns`` are those of the planner that it has as well, such as a tidier ``name``.
    """

    columns: dict[Word, Word] = {}


class ChangeTable(Source):
    """A table of codes that changed: the names of its columns."""

    old_code: Word = "old_code"
    new_code: Word = "new_code"
    share: Word = "share"


class Changes(Source):
    """Counts of another year, brought to today's codes.

    Attributes
    ----------
    code
        Column with the codes of that year.
    by
        The table of changes.
    counts
        The layer's column -> the file's.
    units
        Unit of a column of the layer, such as ``万人``.
    """

    code: Word
    by: ChangeTable
    counts: Annotated[dict[Word, Word], Field(min_length=1)]
    units: dict[Word, Word] = {}
    leave_out: dict[Word, list[str]] = {}


class By(Reading):
    """What residents follow: a layer of the mapping or a file, and its column of weights."""

    layer: Word | None = None
    file: Word | None = None
    geometry: GeometryColumns | None = None
    weight: Word


class Population(PlacedSource):
    """Counts of towns or grid cells, spread to the polygons of the layer.

    Attributes
    ----------
    key
        Column that tells the towns or cells apart in messages; their row if left out.
    counts
        The layer's column -> the file's.
    units
        Unit of a column of the layer, such as ``万人``.
    method
        ``areal``, ``classes`` or ``points``; see ``linking.spread``.
    by
        For ``classes`` and ``points``.
    beyond
        What becomes of the part that lies in none of the layer's polygons: ``keep``, ``leave``.
    """

    key: Word | None = None
    counts: Annotated[dict[Word, Word], Field(min_length=1)]
    units: dict[Word, Word] = {}
    method: Literal["areal", "classes", "points"]
    by: By | None = None
    beyond: Literal["keep", "leave"] = "keep"


class LayerMapping(PlacedSource):
    """One layer of the city.

    Attributes
    ----------
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
    first_digits, numbered
        Codes that are the beginning of others; keys made of a prefix and the row's number.
    dissolve
        That the file's shapes are parts of one: the layer gets one row.
    counts_by, add_up
        For a file with one row per person: its columns to count by; ``@persons`` is then the
        number of persons, and the columns to add up have the sum of their numbers, or the number of
        their yes.
    link
        The planner's column that gets the key of another layer's row -> how it is found.
    shapes
        Where the geometry is, if it is in a file of its own.
    changes, population
        Counts by the codes of another year; counts of towns or of a grid.
    sums
        Column that is the sum of the same column of another layer, whose rows name this one's.
    tags
        Of OpenStreetMap: key -> value or values, ``*`` for any; places with all of them are taken.
    exact, quoted_text
        Of files that the planner wrote: values are taken as they stand, and texts have their marks
        against formulas taken off.
    """

    columns: dict[Word, Word] = {}
    extra_columns: dict[Word, Word] = {}
    types: dict[Word, Literal["text", "integer", "number", "flag"]] = {}
    constants: dict[Word, Scalar] = {}
    units: dict[Word, Word] = {}
    values: dict[Word, dict[str, Scalar]] = {}
    separators: dict[Word, Word] = {}
    nulls: list[str] = []
    first_digits: dict[Word, FirstDigits] = {}
    numbered: dict[Word, str] = {}
    dissolve: bool = False
    counts_by: Annotated[list[Word], Field(min_length=1)] | None = None
    add_up: list[Word] = []
    link: dict[Word, LinkTo] = {}
    shapes: Shapes | None = None
    changes: Changes | None = None
    population: Population | None = None
    sums: dict[Word, Word] = {}
    tags: dict[Word, str | list[str]] = {}
    exact: bool = False
    quoted_text: bool = False

    def file_columns(self) -> set[str]:
        """Return the file's columns that become the planner's, or that links look at."""
        ties = [name for tie in self.link.values() for name in (tie.code, tie.name, tie.town)]
        first = {one.of for one in self.first_digits.values()} - {*self.columns}
        named = {*self.columns.values(), *self.extra_columns.values(), *first}
        return named | {name for name in ties if name is not None}

    def joined(self) -> dict[str, list[str]]:
        """Return the columns that come from other layers or files, by the key that says so."""
        return {
            "link": list(self.link),
            "shapes.columns": [] if self.shapes is None else list(self.shapes.columns),
            "changes.counts": [] if self.changes is None else list(self.changes.counts),
            "population.counts": [] if self.population is None else list(self.population.counts),
            "sums": list(self.sums),
        }

    def answers_file(self, layer: str, column: str) -> str:
        """Return the name of the CSV of candidates of a link, or of ``shapes``."""
        tie = self.shapes if column == "shapes" else self.link[column]
        named = None if tie is None else tie.confirmed
        return named or f"candidates-{layer}-{column}.csv"


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
