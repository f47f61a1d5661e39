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
from geodata.importing.mapping import LayerMapping, RoadsMapping, read_mapping
from geodata.importing.paths import kind_of, locate
from geodata.importing.placing import in_degrees, place, stated_crs
from geodata.importing.reading import read_source
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


def import_city(path: str | Path, *, progress: Progress | None = None) -> Imported:
    """Return the city that a mapping describes.

    Parameters
    ----------
    path
        The mapping, a TOML file; ``guess_mapping`` writes a first one.
    progress
        Called with the stage that begins: ``import_read``, ``check``.

    Returns
    -------
    Imported
        The city, with warnings and notes.

    Raises
    ------
    DataError
        If anything in the mapping is not known, resolved or confirmed, a file cannot be read or
        understood, or the layers are not fit to plan with; the text names layer and file, row and
        remedy.
    """
    path = Path(path)
    say = progress or (lambda _stage: None)
    mapping = read_mapping(path)
    tables: dict[str, pd.DataFrame] = {}
    places: dict[str, str] = {}
    rows = []
    findings: list[Finding] = []
    say("import_read")
    for name, layer in mapping.layers.items():
        table, where, said = import_layer(path.parent, name, layer)
        tables[name], places[name] = table, where
        findings += said
        crs = table.crs.to_string() if isinstance(table, gpd.GeoDataFrame) else None
        rows.append((name, layer.file, len(table), crs))
    if mapping.roads is not None:
        network, where, said = import_roads(path.parent, mapping.roads)
        findings += said
        tables |= dict(zip(ROAD_LAYERS, network.to_tables(), strict=True))
        places |= dict.fromkeys(ROAD_LAYERS, where)
        rows.append(("roads", mapping.roads.file, len(network.edge_ids), "EPSG:4326"))
    wrong = [finding for finding in findings if finding.severity == "error"]
    if wrong:
        raise DataError.from_findings(wrong)
    say("check")
    city, said = _checked(tables, places, mapping.sources)
    findings += said
    findings += datum_findings(city, mapping.layers, places)
    files = pd.DataFrame(rows, columns=["layer", "file", "rows", "crs"])
    return Imported(city, tuple(findings), files)


def _checked(
    tables: Mapping[str, pd.DataFrame], places: Mapping[str, str], sources: Mapping[str, object]
) -> tuple[City, list[Finding]]:
    """Return the city, and what is said of it with the file that each layer came from."""
    try:
        _, said = inspect_tables(tables)
        found = [
            dataclasses.replace(finding, layer=places.get(finding.layer or "", finding.layer))
            for finding in said
        ]
        errors = [finding for finding in found if finding.severity == "error"]
        if errors:
            raise DataError.from_findings(errors)
        return City.from_tables(tables, sources), found
    except (ValueError, TypeError, OverflowError) as error:
        reason = str(error).splitlines()[0]
        raise DataError("import.cannot_check", reason=reason) from error


def import_layer(
    folder: Path, name: str, mapping: LayerMapping
) -> tuple[pd.DataFrame, str, list[Finding]]:
    """Return one layer as the planner knows it, where it came from, and what is to be said of it.

    Parameters
    ----------
    folder
        Folder that the mapping's paths start from.
    name
        The planner's name of the layer.
    mapping
        Its file and what the columns mean.

    Raises
    ------
    DataError
        If the file cannot be read, or lacks a column or a statement that is needed.
    """
    layer = LAYERS[name]
    frame, where = read_source(folder, mapping, name, layer.geometry)
    if mapping.leave_out:
        frame = without_left_out(frame, mapping, where)
    made = planner_columns(frame, mapping, layer, where)
    findings = made.findings
    if layer.geometry is None:
        return made.frame, where, findings
    shapes, said = place(frame, mapping, layer, where)
    return gpd.GeoDataFrame(made.frame, geometry=shapes, crs=shapes.crs), where, findings + said


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
