"""Which layer a table is, and which of the planner's columns its columns are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd

from geodata.functions import function_name, known_functions
from geodata.importing.guess.content import Content, content_of
from geodata.importing.guess.samples import Sample
from geodata.importing.guess.words import known, meanings, name_and_unit, normal
from geodata.layers import LAYERS, ROAD_LAYERS

if TYPE_CHECKING:
    from geodata.importing.guess.joints import Tied

_KEY_DIGITS = {"boundary": 6, "towns": 9, "communities": 12}
_OF_KML = frozenset(
    (
        "id",
        "description",
        "timestamp",
        "begin",
        "end",
        "altitudeMode",
        "tessellate",
        "extrude",
        "visibility",
        "drawOrder",
        "icon",
        "snippet",
    )
)
"""Columns that a reader of KML adds to every file."""
_SHAPES = {"Point": "point", "LineString": "line", "Polygon": "polygon"}


@dataclass(frozen=True)
class Match:
    """A column of a file that is taken for one of the planner's.

    Attributes
    ----------
    column
        The file's.
    why
        ``name_and_content``, ``name``, ``content`` or ``similar_name``: how surely.
    unit
        Unit in its header, as written.
    """

    column: str
    why: str
    unit: str | None = None


@dataclass(eq=False)
class Table:
    """A table and what is recognised in it.

    Attributes
    ----------
    sample
        The table.
    layer
        The planner's layer that it looks like; ``roads`` for lines; None if like none.
    matches
        The planner's column -> the file's.
    contents
        What each column of the file holds.
    links, shapes, persons, of_persons
        What ``joints.tie_tables`` finds: columns of names that are another layer's, the table that
        has the geometry, columns about persons, whether each row is one.
    score
        How much speaks for the layer.
    """

    sample: Sample
    layer: str | None = None
    matches: dict[str, Match] = field(default_factory=dict)
    contents: dict[str, Content] = field(default_factory=dict)
    links: dict[str, Tied] = field(default_factory=dict)
    shapes: Table | None = None
    persons: list[str] = field(default_factory=list)
    of_persons: bool = False
    score: float = 0.0

    def contents_of(self, target: str) -> int:
        """Return the digits of the codes in the column that is taken for a planner's; 0 if none."""
        return self.contents[self.matches[target].column].codes if target in self.matches else 0


def recognise(sample: Sample) -> Table:
    """Return the layer that a table looks like, with its columns."""
    table = Table(sample)
    frame = sample.frame
    if frame is None:
        table.layer, table.score = "roads", 10.0
        return table
    plain = frame.drop(columns=getattr(frame, "_geometry_column_name", None) or [], errors="ignore")
    plain = plain.loc[:, ~plain.columns.duplicated()]
    if sample.kind == "kml":
        plain = plain.drop(columns=[c for c in plain.columns if c in _OF_KML])
    table.contents = {str(c): content_of(plain[c]) for c in plain.columns}
    shape = _shape(sample)
    best = (0.0, "", dict[str, Match]())
    for name in [*LAYERS, "roads"]:
        if name in ROAD_LAYERS:
            continue
        wanted = "line" if name == "roads" else LAYERS[name].geometry
        if shape is not None and wanted is not None and not _fits(shape, wanted):
            continue
        matches = _match_columns(name, table.contents)
        score = _score(name, sample, matches, table.contents, shape, wanted)
        if score > best[0]:
            best = (score, name, matches)
    if best[0] >= 2.0:
        table.score, table.layer, table.matches = best[0], best[1], best[2]
    return table


def _shape(sample: Sample) -> str | None:
    frame = sample.frame
    if not isinstance(frame, gpd.GeoDataFrame):
        return None
    types = frame.geom_type.dropna().str.removeprefix("Multi")
    return None if types.empty else _SHAPES.get(types.mode().iloc[0])


def _fits(shape: str, wanted: str) -> bool:
    return shape == wanted or (shape == "polygon" and wanted == "point")


def _score(
    name: str,
    sample: Sample,
    matches: dict[str, Match],
    contents: dict[str, Content],
    shape: str | None,
    wanted: str | None,
) -> float:
    """Return how much speaks for a layer: names of file and sheet, its own columns, its codes."""
    said = " ".join(
        (sample.path.stem, sample.source.sheet or "", sample.source.table or "")
    ).lower()
    score = 3.0 if any(word in said for word in known()["layers"][name]) else 0.0
    special = {"name", "name_en", "source", "x", "y", "wkt", "kind", "residents", "households"}
    score += sum(0.2 if target in special else 1.0 for target in matches)
    key = LAYERS[name].key if name != "roads" else None
    digits = _KEY_DIGITS.get(name)
    if digits and key in matches and contents[matches[key].column].codes == digits:
        score += 2.5
    if shape is not None and shape == wanted:
        score += 2.0 if name == "roads" else 0.5
    if name == "boundary" and sample.frame is not None and len(sample.frame) > 3:
        score -= 3.0
    return score


def _match_columns(layer: str, contents: dict[str, Content]) -> dict[str, Match]:
    """Return the file's column for each of the planner's; a column of the file goes for one."""
    targets = _targets(layer)
    free = dict(contents)
    matches: dict[str, Match] = {}
    _match_key(layer, targets, matches, free)
    for pass_similar in (False, True):
        for target, words in targets.items():
            if target in matches:
                continue
            for column in list(free):
                name, unit = name_and_unit(column)
                exact = name in words or name.rpartition("/")[2] in words
                similar = pass_similar and any(len(w) > 2 and w in name for w in words)
                if (exact or similar) and _plausible(layer, target, free[column]):
                    supported = _supported(layer, target, free[column])
                    why = "similar_name" if not exact else "name"
                    why = "name_and_content" if exact and supported else why
                    matches[target] = Match(column, why, unit)
                    del free[column]
                    break
    _match_by_content(layer, matches, free)
    return matches


def _match_key(
    layer: str, targets: dict[str, set[str]], matches: dict[str, Match], free: dict[str, Content]
) -> None:
    """Take codes of the layer's own length for its key, before a running number is."""
    digits = _KEY_DIGITS.get(layer)
    fitting = [column for column, content in free.items() if digits and content.codes == digits]
    named = [column for column in fitting if name_and_unit(column)[0] in targets["code"]]
    if named or len(fitting) == 1:
        column = (named or fitting)[0]
        matches["code"] = Match(column, "name_and_content" if named else "content")
        del free[column]


def _targets(layer: str) -> dict[str, set[str]]:
    tables = known()
    if layer == "roads":
        return {c: {normal(w) for w in words} for c, words in tables["roads"].items()}
    schema = LAYERS[layer].schema.columns
    key = LAYERS[layer].key
    targets: dict[str, set[str]] = {}
    if key is not None:
        own = tables["keys"].get(layer, [])
        targets[key] = {normal(w) for w in [*own, *tables["keys"]["words"]]}
    for column, words in tables["columns"].items():
        if (column in schema and column != key) or (
            column in ("x", "y", "wkt") and LAYERS[layer].geometry is not None
        ):
            own = tables["names"].get(layer, []) if column == "name" else []
            targets[column] = {normal(w) for w in [*own, *words]}
    return targets


def _plausible(layer: str, target: str, content: Content) -> bool:
    """Return whether a column's cells do not speak against it."""
    if content.filled == 0:
        return False
    if target == "x":
        return content.axis in ("lon", "easting", "zoned_easting")
    if target == "y":
        return content.axis in ("lat", "northing")
    digits = _KEY_DIGITS.get(layer) if target == "code" else None
    if digits and content.codes and content.codes != digits:
        return False
    if target == "town_code":
        return content.codes == 9
    if target == "community_code":
        return content.codes == 12
    if (layer, target) == ("workers", "certified"):
        return True  # yes and no of persons
    rule = LAYERS[layer].schema.columns.get(target) if layer != "roads" else None
    if rule is not None and ("int" in str(rule.dtype).lower() or rule.dtype == float):
        return content.numeric
    return True


def _supported(layer: str, target: str, content: Content) -> bool:
    """Return whether a column's cells speak for it."""
    if target in ("x", "y"):
        return True
    if target in ("code", "town_code", "community_code"):
        return content.codes > 0
    words = meanings(layer, target)
    if words:
        return any(normal(word) in words for word in content.words)
    rule = LAYERS[layer].schema.columns.get(target) if layer != "roads" else None
    if rule is None:
        return False
    said = str(rule.dtype).lower()
    return content.numeric if "int" in said or "float" in said else not content.numeric


def _match_by_content(layer: str, matches: dict[str, Match], free: dict[str, Content]) -> None:
    """Take codes and coordinates for what they are, whatever their column is called."""
    if layer == "roads":
        return
    digits = _KEY_DIGITS.get(layer)
    wanted = {"code": {digits}} if digits else {}
    schema = LAYERS[layer].schema.columns
    wanted |= {c: {9} for c in ("town_code",) if c in schema}
    wanted |= {c: {12} for c in ("community_code",) if c in schema}
    for target, codes in wanted.items():
        for column, content in list(free.items()):
            if target not in matches and content.codes in codes:
                matches[target] = Match(column, "content")
                del free[column]
    if LAYERS[layer].geometry is None or "wkt" in matches:
        return
    axes = {"x": ("lon", "zoned_easting", "easting"), "y": ("lat", "northing")}
    for target, kinds in axes.items():
        for column, content in list(free.items()):
            if target not in matches and content.axis in kinds:
                matches[target] = Match(column, "content")
                del free[column]


def function_meanings() -> dict[str, str]:
    """Return the names of functions in both languages, and the ids they stand for."""
    found = {}
    for function in known_functions():
        found[function] = function
        for language in ("en", "zh"):
            found[normal(function_name(function, language))] = function
    return found
