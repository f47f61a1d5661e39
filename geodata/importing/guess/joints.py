"""What ties tables to one another: names in one that are the names of another, shapes, persons."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from geodata.importing import numbers
from geodata.importing.consistency import FOREIGN_KEYS
from geodata.importing.guess.recognise import Match, Table
from geodata.layers import LAYERS
from geodata.linking.names import tidy_name
from geodata.personal import PERSON_ROWS, personal_columns

_LEAST_FIT = 0.5
"""Share of a column's different words that have to be names of a layer."""
_MOST_NAMES = 5_000


@dataclass(frozen=True)
class Tied:
    """A column of names that is taken for a link.

    Attributes
    ----------
    to
        The layer whose names they are.
    column
        The file's column.
    fit, names
        How many of its different words are names of that layer, and how many there are.
    town
        The file's column that names the town, if names are looked for within it.
    """

    to: str
    column: str
    fit: int
    names: int
    town: str | None = None


def tie_tables(chosen: dict[str, Table], tables: list[Table]) -> None:
    """Find what ties the chosen tables to each other and to the others; it is noted in them."""
    names = {
        layer: _stems(table, table.matches["name"].column)
        for layer, table in chosen.items()
        if "name" in table.matches
    }
    for layer, table in chosen.items():
        if layer not in LAYERS or table.sample.frame is None:
            continue
        _find_persons(layer, table)
        _find_links(layer, table, names)
        if layer == "halls" and "tier" in table.matches and "form" not in table.matches:
            table.matches["form"] = Match(table.matches["tier"].column, "tier")
        if not _has_geometry(table):
            table.shapes = _shapes_for(layer, table, tables)


def _find_persons(layer: str, table: Table) -> None:
    places = LAYERS[layer].key is not None
    found = personal_columns(_frame(table), places=places)
    table.persons = [one.column for one in found]
    table.of_persons = any(one.kind in PERSON_ROWS and not one.contact for one in found)


def _find_links(layer: str, table: Table, names: dict[str, set[str]]) -> None:
    """Tie columns of names to layers whose keys the layer needs and no column holds.

    A name goes before the first digits of a community's code: a new district's communities often
    keep the codes of the town that they were part of.
    """
    schema = LAYERS[layer].schema.columns
    used = {match.column for match in table.matches.values()} | set(table.persons)
    free = [column for column in table.contents if column not in used]
    for target in ("towns", "communities", "halls", "organisations"):
        key = FOREIGN_KEYS[target]
        if key not in schema or target not in names or target == layer or key in table.matches:
            continue
        fits = [(column, *_fit(table, column, names[target])) for column in free]
        fits = [fit for fit in fits if fit[2] and fit[1] >= _LEAST_FIT * fit[2]]
        if not fits:
            continue
        column, fit, of = max(fits, key=lambda one: one[1] / one[2])
        free.remove(column)
        town = table.links["town_code"].column if "town_code" in table.links else None
        within = town if "town_code" in LAYERS[target].schema.columns else None
        table.links[key] = Tied(target, column, fit, of, within)


def _fit(table: Table, column: str, names: set[str]) -> tuple[int, int]:
    """Return how many different words of a column are names of a layer, and how many there are."""
    content = table.contents[column]
    if content.codes or content.numeric or content.axis:
        return 0, 0
    stems = _stems(table, column)
    return len(stems & names), len(stems)


def _stems(table: Table, column: str) -> set[str]:
    cells = _frame(table)[column].drop_duplicates().head(_MOST_NAMES)
    words = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    totals = {numbers.plain(word) for word in table.contents[column].totals}
    return {tidy_name(word).stem for word in words if numbers.plain(word) not in totals}


def _frame(table: Table) -> pd.DataFrame:
    return pd.DataFrame() if table.sample.frame is None else pd.DataFrame(table.sample.frame)


def _has_geometry(table: Table) -> bool:
    return (
        isinstance(table.sample.frame, gpd.GeoDataFrame)
        or "wkt" in table.matches
        or {"x", "y"} <= set(table.matches)
    )


def _shapes_for(layer: str, table: Table, tables: list[Table]) -> Table | None:
    """Return another table of the same layer that has its geometry and its codes."""
    key = LAYERS[layer].key
    if LAYERS[layer].geometry is None or key is None or key not in table.matches:
        return None
    own = _codes(table, key)
    best: tuple[int, Table | None] = (0, None)
    for other in tables:
        if other is table or other.layer != layer or key not in other.matches:
            continue
        if isinstance(other.sample.frame, gpd.GeoDataFrame):
            common = len(own & _codes(other, key))
            if common > best[0]:
                best = (common, other)
    return best[1]


def _codes(table: Table, key: str) -> set[str]:
    cells = _frame(table)[table.matches[key].column]
    return {numbers.plain(str(cell)).removesuffix(".0") for cell in cells.dropna()}
