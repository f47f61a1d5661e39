"""Counts of a layer from elsewhere: another year's codes, towns or a grid, the rows of a layer."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geodata import linking
from geodata.errors import DataError
from geodata.findings import Finding
from geodata.importing import numbers
from geodata.importing.columns import MOST_FINDINGS, find_column, without_left_out
from geodata.importing.consistency import FOREIGN_KEYS
from geodata.importing.models import By, Changes, LayerMapping, PlacedSource, Population
from geodata.importing.numbers import NotUnderstoodError
from geodata.importing.persons import refuse_persons
from geodata.importing.placing import place
from geodata.importing.reading import read_source
from geodata.importing.units import UNITS, factor, unit_kind
from geodata.layers import LAYERS


def fill_counts(
    folder: Path,
    mappings: Mapping[str, LayerMapping],
    layers: dict[str, pd.DataFrame],
    places: Mapping[str, str],
) -> list[Finding]:
    """Fill the counts that come from elsewhere into layers; return what is to be said of them.

    Parameters
    ----------
    folder
        Folder of the mapping.
    mappings
        Layers with their ``changes``, ``population`` and ``sums``.
    layers
        What was read, by name; changed.
    places
        Layer and file, for messages.

    Raises
    ------
    DataError
        If a file cannot be read, a count is none, codes are unknown, or shapes are missing.
    """
    findings: list[Finding] = []
    for name, mapping in mappings.items():
        key = LAYERS[name].key or "code"
        needed = mapping.changes or mapping.population or mapping.sums
        if needed and key not in layers[name]:
            raise DataError("missing_column", places[name], column=key)
        if mapping.changes is not None:
            layers[name] = _with_changes(folder, name, mapping.changes, layers[name])
        if mapping.population is not None:
            layers[name], said = _with_population(folder, name, mapping.population, layers)
            findings += said
    # The sums of a layer may be of sums: those of the layers that stand last come first.
    for name in reversed([one for one in LAYERS if one in mappings]):
        for column, of in mappings[name].sums.items():
            summed = _sum(layers[name], name, layers[of], column, places[of])
            layers[name] = layers[name].assign(**{column: summed})
    return findings


def _with_changes(folder: Path, name: str, changes: Changes, layer: pd.DataFrame) -> pd.DataFrame:
    frame, where = read_source(folder, changes, name, None)
    frame = without_left_out(frame, changes.leave_out, changes.file, where)
    code = find_column(frame, changes.code, where)
    earlier = pd.DataFrame({"code": frame[code]})
    for column, given in changes.counts.items():
        earlier[column] = _counts(frame, column, given, changes.units, where, whole=True)
    table, where_table = read_source(folder, changes.by, name, None)
    columns = ("old_code", "new_code", "share")
    named = {find_column(table, getattr(changes.by, one), where_table): one for one in columns}
    rules = linking.check_changes(table.rename(columns=named), label=where_table)
    key = LAYERS[name].key or "code"
    known = [code for code in layer[key] if isinstance(code, str)]
    counts = list(changes.counts)
    today = linking.carry_over(earlier, rules, counts, known=known, label=where)
    today = today.set_index("code").reindex(layer[key].map(linking.tidy_code))
    return layer.assign(**{column: today[column].array for column in counts})


def _with_population(
    folder: Path, name: str, population: Population, layers: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, list[Finding]]:
    frame, where = read_source(folder, population, name, "polygon")
    frame = without_left_out(frame, population.leave_out, population.file, where)
    refuse_persons(frame, [population.key] if population.key is not None else [], where)
    shapes, findings = place(frame, population, None, where)
    key = None if population.key is None else find_column(frame, population.key, where)
    keys = range(1, len(frame) + 1) if key is None else frame[key].map(str)
    sources = gpd.GeoDataFrame({"key": list(keys)}, geometry=shapes, crs=shapes.crs)
    for column, given in population.counts.items():
        sources[column] = _counts(frame, column, given, population.units, where, whole=False)
    by, weight, where_by = None, "weight", ""
    if population.by is not None:
        by, weight, where_by, said = _by(folder, name, population.by, layers)
        findings += said
    layer = layers[name]
    named = {"targets": name, "by": where_by}
    try:
        found = linking.spread(
            sources,
            layer,
            list(population.counts),
            method=population.method,
            by=by,
            weight=weight,
            beyond=population.beyond,
            source_key="key",
            target_key=LAYERS[name].key or "code",
            label=where,
        )
    except DataError as error:
        raise DataError.from_findings(_renamed(error.findings, named)) from error
    counts = {column: found.table[column].to_numpy() for column in population.counts}
    return layer.assign(**counts), findings + _renamed(found.findings, named)


def _renamed(findings: tuple[Finding, ...], named: Mapping[str, str]) -> list[Finding]:
    return [dataclasses.replace(one, layer=named.get(one.layer or "", one.layer))
            for one in findings]  # fmt: skip


def _by(
    folder: Path, name: str, by: By, layers: Mapping[str, pd.DataFrame]
) -> tuple[gpd.GeoDataFrame, str, str, list[Finding]]:
    """Return what residents follow, its column of weights, where it is from and what is said."""
    if by.layer is not None:
        frame = layers[by.layer]
        if not isinstance(frame, gpd.GeoDataFrame):
            raise DataError("import.no_geometry", by.layer)
        return frame, by.weight, by.layer, []
    given = by.model_dump(exclude={"layer", "weight"}, exclude_none=True)
    source = PlacedSource.model_validate(given)
    table, where = read_source(folder, source, name, None)
    shapes, findings = place(table, source, None, where)
    weights = _counts(table, "weight", by.weight, {}, where, whole=False)
    placed = gpd.GeoDataFrame({"weight": weights}, geometry=shapes, crs=shapes.crs)
    return placed, "weight", where, findings


def _counts(
    frame: pd.DataFrame,
    column: str,
    name: str,
    units: Mapping[str, str],
    where: str,
    *,
    whole: bool,
) -> pd.Series:
    """Return a column of a file as numbers, in the unit that the mapping states."""
    times = Fraction(1)
    if column in units:
        stated = factor(column, numbers.plain(units[column]))
        if stated is None:
            known = ", ".join(unit for unit in UNITS[unit_kind(column)] if unit)
            raise DataError(
                "import.unknown_unit", where, column=column, value=units[column], known=known
            )
        times = stated
    read = numbers.whole if whole else numbers.number
    cells = frame[find_column(frame, name, where)]
    values: list[float | None] = []
    findings: list[Finding] = []
    for row, cell in enumerate(cells.tolist(), 1):
        said = numbers.native(cell)
        try:
            empty = numbers.is_missing(cell) or (isinstance(said, str) and not said.strip())
            values.append(None if empty else read(said, column, times))
        except NotUnderstoodError as error:
            values.append(None)
            shown = {"column": name, "value": repr(said)[:60], "known": "-"}
            findings.append(Finding(error.code, where, row, values=shown))
    if findings:
        raise DataError.from_findings(findings[:MOST_FINDINGS])
    return pd.Series(values, dtype="Int64" if whole else "float64")


def _sum(layer: pd.DataFrame, name: str, of: pd.DataFrame, column: str, where: str) -> pd.Series:
    """Return the sum of a column over the rows that name each row of a layer; 0 where none does."""
    key = LAYERS[name].key or "code"
    foreign = FOREIGN_KEYS[name]
    for wanted in (column, foreign):
        if wanted not in of.columns:
            raise DataError("missing_column", where, column=wanted)
    numbers_of = pd.to_numeric(of[column], errors="coerce").astype("Float64")
    missing = numbers_of.isna().to_numpy()
    if missing.any():
        raise DataError("missing_value", where, int(missing.argmax()) + 1, column=column)
    sums = numbers_of.groupby(of[foreign]).sum()
    return layer[key].map(sums).astype("Float64").fillna(0)
