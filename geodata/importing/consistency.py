"""What no single key of a mapping shows: names that do not exist, and contradictions."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from geodata.findings import Finding
from geodata.importing.models import LayerMapping, LinkTo, Mapping, Shapes, Tie
from geodata.layers import LAYERS, ROAD_LAYERS

FOREIGN_KEYS = {
    "towns": "town_code",
    "communities": "community_code",
    "halls": "base_hall_id",
    "organisations": "organisation_id",
}
"""The column of other layers that holds the key of a layer."""


def contradictions(path: Path, mapping: Mapping) -> Iterator[Finding]:
    """Yield a finding for each layer and column that does not exist, and each contradiction."""
    files: dict[str, str] = {}
    for name, layer in mapping.layers.items():
        where = f"layers.{name}"
        if name not in LAYERS:
            near = difflib.get_close_matches(name, LAYERS, n=3) or list(LAYERS)
            yield _finding(path, "key_unknown", where, known=", ".join(near))
            continue
        yield from _strange_columns(path, where, name, layer)
        yield from _geometries(path, where, name, layer)
        yield from _ties(path, name, layer, mapping, files)
        yield from _counts(path, where, name, layer, mapping)
    if mapping.roads is not None and set(ROAD_LAYERS) & set(mapping.layers):
        yield Finding("import.roads_twice", path.name)


def _finding(path: Path, code: str, setting: str, **values: object) -> Finding:
    return Finding(f"import.{code}", path.name, values={"setting": setting, **values})


def _strange_columns(path: Path, where: str, name: str, layer: LayerMapping) -> Iterator[Finding]:
    schema = LAYERS[name].schema.columns
    own = {*layer.columns, *layer.constants, *layer.first_digits, *layer.numbered}
    known = {*schema, *layer.extra_columns}
    used: dict[str, tuple[Iterable[str], Collection[str]]] = {
        "columns": (layer.columns, schema),
        "constants": (layer.constants, known),
        "first_digits": (layer.first_digits, known),
        "numbered": (layer.numbered, known),
        "link": (layer.link, schema),
        "shapes.columns": (layer.shapes.columns if layer.shapes is not None else (), schema),
        "sums": (layer.sums, schema),
        "units": (layer.units, own | set(layer.extra_columns)),
        "values": (layer.values, own | set(layer.extra_columns)),
        "separators": (layer.separators, own | set(layer.extra_columns)),
        "types": (layer.types, set(layer.extra_columns)),
    }
    for table, (given, allowed) in used.items():
        for column in given:
            if column not in allowed:
                near = difflib.get_close_matches(column, allowed, n=3) or sorted(allowed)
                yield _finding(
                    path, "key_unknown", f"{where}.{table}.{column}", known=", ".join(near)
                )
    for column in layer.extra_columns:
        if column in schema or column == "geometry":
            yield _finding(path, "key_unknown", f"{where}.extra_columns.{column}", known="columns")
    seen: set[str] = set()
    twice: set[str] = set()
    given_by: list[Iterable[str]] = [
        layer.columns,
        layer.constants,
        layer.first_digits,
        layer.numbered,
    ]
    for columns in [*given_by, *layer.joined().values()]:
        twice |= seen & set(columns)
        seen |= set(columns)
    for column in sorted(twice):
        yield _finding(path, "key_twice", f"{where}.{column}")
    if layer.dissolve:
        for table in ("columns", "extra_columns", "first_digits", "numbered", "link"):
            if getattr(layer, table):
                yield _finding(path, "key_dissolve", f"{where}.{table}")


def _geometries(path: Path, where: str, name: str, layer: LayerMapping) -> Iterator[Finding]:
    """Yield what is wrong with where the geometry comes from."""
    by = layer.population.by if layer.population is not None else None
    files = {"": layer, "shapes.": layer.shapes, "population.": layer.population}
    for part, source in {**files, "population.by.": by}.items():
        shape = source.geometry if source is not None else None
        if shape is not None:
            parts = (shape.x is not None, shape.y is not None, shape.wkt is not None)
            if parts not in ((True, True, False), (False, False, True)):
                yield _finding(path, "key_geometry", f"{where}.{part}geometry")
    sources = [f"link.{column}.place" for column, link in layer.link.items() if link.place]
    sources += ["shapes"] * (layer.shapes is not None)
    wanted = LAYERS[name].geometry
    if wanted is None or (wanted != "point" and layer.shapes is None):
        for key in sources:
            yield _finding(path, "no_place_for", f"{where}.{key}", layer=name)
    sources += ["geometry"] * (layer.geometry is not None) + ["dissolve"] * layer.dissolve
    if len(sources) > 1:
        yield _finding(path, "geometry_twice", where, sources=", ".join(sources))


def _ties(
    path: Path, name: str, layer: LayerMapping, mapping: Mapping, files: dict[str, str]
) -> Iterator[Finding]:
    """Yield what is wrong with links to other layers, and with shapes in files of their own."""
    order = list(LAYERS)
    earlier = [one for one in order[: order.index(name)] if one in mapping.layers]
    ties: dict[str, Tie] = dict(layer.link)
    if layer.shapes is not None:
        ties["shapes"] = layer.shapes
    for column, tie in ties.items():
        where = f"layers.{name}.{'shapes' if column == 'shapes' else f'link.{column}'}"
        target = name if isinstance(tie, Shapes) else ""
        if isinstance(tie, LinkTo):
            target = tie.to
            linkable = [one for one in earlier if LAYERS[one].key is not None]
            if target not in linkable:
                known = ", ".join(linkable) or "-"
                yield _finding(path, "key_choice", f"{where}.to", value=repr(target), known=known)
                continue
        if tie.code is None and tie.name is None:
            yield _finding(path, "link_by_what", where)
        if tie.name is not None and "name" not in LAYERS[target].schema.columns:
            yield _finding(path, "key_unknown", f"{where}.name", known="code")
        if tie.town is not None and "town_code" not in LAYERS[target].schema.columns:
            yield _finding(path, "key_unknown", f"{where}.town", known="code, name")
        file = layer.answers_file(name, column)
        if not file.lower().endswith(".csv"):
            yield _finding(path, "key_other", f"{where}.confirmed", value=repr(file))
        if file in files:
            yield _finding(path, "answers_shared", f"{where}.confirmed", other=files[file])
        files[file] = where


def _counts(
    path: Path, where: str, name: str, layer: LayerMapping, mapping: Mapping
) -> Iterator[Finding]:
    """Yield what is wrong with counts from other files and layers, and with counts of persons."""
    if layer.add_up and layer.counts_by is None:
        yield _finding(path, "key_missing", f"{where}.counts_by")
    for column, source in layer.sums.items():
        fitting = [
            one
            for one in mapping.layers
            if one in LAYERS
            and one != name
            and column in LAYERS[one].schema.columns
            and FOREIGN_KEYS.get(name) in LAYERS[one].schema.columns
        ]
        if source not in fitting:
            known = ", ".join(fitting) or "-"
            setting = f"{where}.sums.{column}"
            yield _finding(path, "key_choice", setting, value=repr(source), known=known)
    if layer.changes is not None and LAYERS[name].key is None:
        yield _finding(path, "no_key_for", f"{where}.changes", layer=name)
    for key, table in {"changes": layer.changes, "population": layer.population}.items():
        if table is None:
            continue
        for column in set(table.units) - set(table.counts):
            known = ", ".join(table.counts)
            yield _finding(path, "key_unknown", f"{where}.{key}.units.{column}", known=known)
    spread = layer.population
    if spread is None:
        return
    if LAYERS[name].geometry != "polygon":
        yield _finding(path, "no_place_for", f"{where}.population", layer=name)
    by = spread.by
    given = by is not None and (by.layer is None) != (by.file is None)
    if (by is None) != (spread.method == "areal") or (by is not None and not given):
        yield _finding(path, "population_by", f"{where}.population.by", method=spread.method)
    if by is not None and by.layer is not None and by.layer not in mapping.layers:
        known = ", ".join(mapping.layers)
        setting = f"{where}.population.by.layer"
        yield _finding(path, "key_choice", setting, value=repr(by.layer), known=known)
