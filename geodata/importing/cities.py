"""From a mapping to a City: every layer read, understood, placed and checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geodata.city import City
from geodata.crs.likely import likely_datum
from geodata.crs.offsets import shift_datum
from geodata.errors import DataError
from geodata.findings import Finding
from geodata.importing.columns import planner_columns, without_left_out
from geodata.importing.counts import fill_counts
from geodata.importing.links import Surroundings, tie_rows, write_questions
from geodata.importing.mapping import read_mapping
from geodata.importing.models import LayerMapping, RoadsMapping
from geodata.importing.paths import kind_of, locate
from geodata.importing.persons import keep_out_persons
from geodata.importing.placing import in_degrees, place, stated_crs
from geodata.importing.reading import read_source
from geodata.importing.shapes import dissolved, shapes_of
from geodata.importing.vectors import read_vectors
from geodata.layers import LAYERS, ROAD_LAYERS
from geodata.quality import inspect_tables
from geodata.roads.lines import from_lines
from geodata.roads.network import RoadNetwork
from geodata.roads.osm import read_osm

Progress = Callable[[str], None]
_KEY_OF_AREA = {
    "settlements": ("community_code", "communities"),
    "halls": ("community_code", "communities"),
    "candidates": ("community_code", "communities"),
    "organisations": ("town_code", "towns"),
}


@dataclass(frozen=True)
class Imported:
    """A city that was imported, and what is worth knowing about it.

    Attributes
    ----------
    city
        The city.
    findings
        Warnings and notes: what was left empty, moved, or does not fit.
    files
        A row per layer: layer, file, rows, crs.
    """

    city: City
    findings: tuple[Finding, ...]
    files: pd.DataFrame


def import_city(
    path: str | Path, *, progress: Progress | None = None, write_candidates: bool = False
) -> Imported:
    """Return the city that a mapping describes.

    Parameters
    ----------
    path
        The mapping, a TOML file; ``guess_mapping`` writes a first one.
    progress
        Called with the stage that begins: ``import_read``, ``check``.
    write_candidates
        Whether the candidates of rows that no code and no equal name links are written beside the
        mapping, for a person to confirm. Answers that are there are kept.

    Returns
    -------
    Imported
        The city, with warnings and notes.

    Raises
    ------
    DataError
        If anything in the mapping is not known, resolved or confirmed, a file cannot be read or
        understood, rows are not linked, or the layers are not fit to plan with; the text names
        layer and file, row and remedy.
    """
    path = Path(path)
    say = progress or (lambda _stage: None)
    mapping = read_mapping(path)
    say("import_read")
    read = _Read(path.parent)
    for name in (one for one in LAYERS if one in mapping.layers):
        read.layer(name, mapping.layers[name])
    if read.candidates and write_candidates:
        read.write_candidates()
    read.refuse_errors()
    read.findings += fill_counts(path.parent, mapping.layers, read.tables, read.places)
    if mapping.roads is not None:
        read.roads(mapping.roads)
    read.refuse_errors()
    say("check")
    city, said = _checked(read.tables, read.places, mapping.sources)
    findings = read.findings + said + datum_findings(city, mapping.layers, read.places)
    files = pd.DataFrame(read.rows, columns=["layer", "file", "rows", "crs"])
    return Imported(city, tuple(findings), files)


class _Read:
    """What has been read so far: later layers are linked to earlier ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables: dict[str, pd.DataFrame] = {}
        self.places: dict[str, str] = {}
        self.rows: list[tuple[str, str, int, str | None]] = []
        self.findings: list[Finding] = []
        self.candidates: dict[str, pd.DataFrame] = {}

    def layer(self, name: str, mapping: LayerMapping) -> None:
        """Read a layer."""
        found = import_layer(self.folder, name, mapping, self.tables)
        self.tables[name], self.places[name] = found.table, found.where
        self.findings += found.findings
        self.candidates |= found.candidates
        crs = found.table.crs.to_string() if isinstance(found.table, gpd.GeoDataFrame) else None
        self.rows.append((name, mapping.file, len(found.table), crs))

    def roads(self, mapping: RoadsMapping) -> None:
        """Read the roads."""
        network, where, said = import_roads(self.folder, mapping)
        self.findings += said
        self.tables |= dict(zip(ROAD_LAYERS, network.to_tables(), strict=True))
        self.places |= dict.fromkeys(ROAD_LAYERS, where)
        self.rows.append(("roads", mapping.file, len(network.edge_ids), "EPSG:4326"))

    def write_candidates(self) -> None:
        """Write what a person has to confirm, and say so."""
        write_questions(self.folder, self.candidates)
        self.findings = [
            dataclasses.replace(finding, code="import.links_written")
            if finding.code == "import.links_open"
            else finding
            for finding in self.findings
        ]

    def refuse_errors(self) -> None:
        """Raise one error for all errors so far."""
        wrong = [finding for finding in self.findings if finding.severity == "error"]
        if wrong:
            raise DataError.from_findings(wrong)


def _checked(
    tables: Mapping[str, pd.DataFrame], places: Mapping[str, str], sources: Mapping[str, object]
) -> tuple[City, list[Finding]]:
    """Return the city, and what is said of it with the file that each layer came from."""
    try:
        sound, said = inspect_tables(tables)
        found = [
            dataclasses.replace(finding, layer=places.get(finding.layer or "", finding.layer))
            for finding in said
        ]
        errors = [finding for finding in found if finding.severity == "error"]
        if errors:
            raise DataError.from_findings(errors)
        return City.from_inspected(sound, sources), found
    except (ValueError, TypeError, OverflowError) as error:
        reason = str(error).splitlines()[0]
        raise DataError("import.cannot_check", reason=reason) from error


@dataclass(frozen=True)
class ImportedLayer:
    """A layer that was imported.

    Attributes
    ----------
    table
        As the planner knows it.
    where
        Layer and file, as messages say them.
    findings
        What is to be said of it.
    candidates
        File of candidates -> what a person has to confirm in it.
    """

    table: pd.DataFrame
    where: str
    findings: list[Finding]
    candidates: dict[str, pd.DataFrame]


def import_layer(
    folder: Path,
    name: str,
    mapping: LayerMapping,
    layers: Mapping[str, pd.DataFrame] | None = None,
) -> ImportedLayer:
    """Return one layer as the planner knows it.

    Parameters
    ----------
    folder
        Folder that the mapping's paths start from.
    name
        The planner's name of the layer.
    mapping
        Its file and what the columns mean.
    layers
        The layers that it is linked to, by name.

    Raises
    ------
    DataError
        If the file cannot be read, or lacks a column or a statement that is needed.
    """
    layer, layers = LAYERS[name], layers or {}
    frame, where = read_source(folder, mapping, name, layer.geometry)
    if mapping.leave_out:
        frame = without_left_out(frame, mapping.leave_out, mapping.file, where)
    findings: list[Finding] = []
    if not mapping.exact:
        frame, mapping, findings = keep_out_persons(frame, mapping, layer, where)
    ties = tie_rows(frame, name, mapping, Surroundings(folder, layers, where))
    findings += ties.findings
    if not ties.keep.all():
        frame = frame[ties.keep].reset_index(drop=True)
    keys = {column: one[ties.keep].reset_index(drop=True) for column, one in ties.keys.items()}
    shapes: gpd.GeoSeries | None = None
    if mapping.dissolve:
        shapes, said = place(frame, mapping, layer.geometry, where)
        findings += said
        shapes, frame = dissolved(shapes, where), frame.iloc[:1]
    made = planner_columns(frame, mapping, layer, where, keys)
    findings += made.findings
    if layer.geometry is None:
        return ImportedLayer(made.frame, where, findings, ties.candidates)
    if ties.places is not None:
        shapes = ties.places[ties.keep].reset_index(drop=True)
    elif mapping.shapes is not None:
        shapes, said = shapes_of(folder, name, mapping, made.frame, layers, ties)
        findings += said
    elif shapes is None:
        shapes, said = place(frame, mapping, layer.geometry, where)
        findings += said
    table = gpd.GeoDataFrame(made.frame, geometry=shapes, crs=shapes.crs)
    return ImportedLayer(table, where, findings, ties.candidates)


def import_roads(folder: Path, mapping: RoadsMapping) -> tuple[RoadNetwork, str, list[Finding]]:
    """Return the road network of a mapping, where it came from, and what is to be said of it.

    Raises
    ------
    DataError
        If the file cannot be read, holds no roads, or does not state its coordinate system.
    """
    path = locate(folder, mapping.file, "roads")
    where = f"roads ({path.name})"
    try:
        network, said = _network(path, mapping, where)
    except DataError as error:
        findings = [dataclasses.replace(finding, layer=where) for finding in error.findings]
        raise DataError.from_findings(findings) from error
    return network, where, said


def _network(path: Path, mapping: RoadsMapping, where: str) -> tuple[RoadNetwork, list[Finding]]:
    kind = kind_of(path, where)
    if kind == "osm":
        bounds = None
        if mapping.bounds is not None:
            west, south, east, north = mapping.bounds
            bounds = (west, south, east, north)
        return read_osm(path, bounds=bounds), []
    lines = None if kind in ("csv", "xlsx") else read_vectors(path, kind, mapping, where)
    if not isinstance(lines, gpd.GeoDataFrame):
        raise DataError("import.no_geometry", where)
    crs = stated_crs(mapping, lines.crs, where)
    degrees, said = in_degrees(lines.geometry, crs, mapping.datum, where)
    network = from_lines(
        lines.set_geometry(degrees),
        columns=mapping.columns,
        values=mapping.values,
        road_class=mapping.road_class,
        node_at_crossings=mapping.node_at_crossings,
    )
    return network, said


def datum_findings(
    city: City,
    mappings: Mapping[str, LayerMapping],
    places: Mapping[str, str],
) -> list[Finding]:
    """Return a warning for each layer of points whose datum is likely not the one that is stated.

    Points are held against the roads and against the area that each belongs to.
    """
    findings = []
    layers = city.tables()
    for name, mapping in mappings.items():
        if LAYERS[name].geometry != "point" or name in ROAD_LAYERS:
            continue
        frame = layers[name]
        datum = mapping.datum or "WGS 84"
        column, target = _KEY_OF_AREA[name]
        own = frame[frame[column].notna()]
        if not len(own):
            continue
        areas = layers[target].set_index("code").geometry.loc[own[column]]
        shown = shift_datum(own.geometry, "WGS 84", datum)  # as the file has them
        evidence = likely_datum(shown, city.roads, areas, stated=datum)
        finding = evidence.finding(places[name])
        if finding is not None:
            findings.append(finding)
    return findings
