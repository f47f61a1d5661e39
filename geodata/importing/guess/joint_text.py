"""The text of a guessed mapping: what ties tables to each other, and tables of persons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import geopandas as gpd

from geodata.importing import numbers
from geodata.importing.guess.recognise import Table
from geodata.importing.guess.samples import crs_of
from geodata.importing.guess.sayings import one_line, say, source_lines
from geodata.importing.models import UNRESOLVED
from geodata.importing.persons import PERSONS
from geodata.importing.toml_text import toml_value
from geodata.layers import LAYERS


def has_shapes(table: Table | None) -> bool:
    """Return whether a table has polygons."""
    frame = table.sample.frame if table is not None else None
    return isinstance(frame, gpd.GeoDataFrame) and bool(frame.geom_type.str.contains("Poly").any())


def takes_place(name: str, table: Table) -> bool:
    """Return whether rows without coordinates can take the place of what they are linked to."""
    own = has_shapes(table) or isinstance(table.sample.frame, gpd.GeoDataFrame)
    placed = own or {"x", "y"} <= set(table.matches) or "wkt" in table.matches
    return LAYERS[name].geometry == "point" and not placed and bool(table.links)


def boundary_lines(towns: Table) -> Iterator[str]:
    """Yield a boundary that is made of the towns."""
    yield say("boundary_of_towns", file=one_line(towns.sample.path.name))
    yield "[layers.boundary]"
    yield from source_lines(towns)
    if crs_of(towns.sample) is None:
        yield f"crs = {toml_value(UNRESOLVED + ' EPSG:')}  {say('no_crs')}"
    yield "dissolve = true"
    yield ""
    yield "[layers.boundary.constants]"
    yield f"code = {toml_value(f'{UNRESOLVED} {_commonest_beginning(towns)}')}"
    yield f"name = {toml_value(UNRESOLVED)}"
    yield f"source = {toml_value(UNRESOLVED + ' real, modelled')}"


def _commonest_beginning(towns: Table) -> str:
    frame = towns.sample.frame
    if frame is None or "code" not in towns.matches:
        return ""
    codes = [numbers.plain(str(code))[:6] for code in frame[towns.matches["code"].column].dropna()]
    return Counter(codes).most_common(1)[0][0] if codes else ""


def count_lines(table: Table) -> Iterator[str]:
    """Yield by what a table of persons is counted: a question."""
    if not table.of_persons:
        return
    by = [tied.column for tied in table.links.values()]
    by += [
        match.column
        for target, match in table.matches.items()
        if target not in ("posts", "fte", "certified")
    ]
    yield say("rows_of_persons")
    yield f"counts_by = {toml_value([f'{UNRESOLVED} {one}'.rstrip() for one in by or ['']])}"
    add = [table.matches[one].column for one in ("fte", "certified") if one in table.matches]
    if add:
        yield f"add_up = {toml_value(add)}  {say('add_up')}"


def person_lines(name: str, table: Table) -> Iterator[str]:
    """Yield the columns that the number of persons goes into."""
    if not table.of_persons or name != "workers":
        return
    yield f"posts = {toml_value(PERSONS)}  {say('persons_number')}"
    for column in ("fte", "certified"):
        if column not in table.matches:
            yield f"{column} = {toml_value(f'{UNRESOLVED} {PERSONS}')}  {say('persons_guess')}"


def link_lines(name: str, table: Table) -> Iterator[str]:
    """Yield links by names, with how many of them fit."""
    placed = takes_place(name, table)
    last = list(table.links)[-1] if table.links else ""
    for key, tied in table.links.items():
        yield ""
        yield say(
            "linked", column=one_line(tied.column), fit=tied.fit, names=tied.names, to=tied.to
        )
        yield f"[layers.{name}.link.{key}]"
        yield f"to = {toml_value(tied.to)}"
        yield f"name = {toml_value(tied.column)}"
        if tied.town is not None:
            yield f"town = {toml_value(tied.town)}"
        if placed and key == last:
            yield f"place = true  {say('takes_place')}"


def shape_lines(name: str, table: Table) -> Iterator[str]:
    """Yield the file that has the geometry."""
    shapes = table.shapes
    if shapes is None:
        return
    yield ""
    yield say("shapes", file=one_line(shapes.sample.path.name))
    yield f"[layers.{name}.shapes]"
    yield from source_lines(shapes)
    if crs_of(shapes.sample) is None:
        yield f"crs = {toml_value(UNRESOLVED + ' EPSG:')}  {say('no_crs')}"
    yield f"code = {toml_value(shapes.matches['code'].column)}"
    if "name" in shapes.matches and "name" not in table.matches:
        yield f"columns = {toml_value({'name': shapes.matches['name'].column})}"
