"""The text of a guessed mapping, with what was recognised as comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from geodata.importing.guess.content import Content, separator_of
from geodata.importing.guess.joint_text import (
    boundary_lines,
    count_lines,
    has_shapes,
    link_lines,
    person_lines,
    shape_lines,
    takes_place,
)
from geodata.importing.guess.recognise import Match, Table, function_meanings
from geodata.importing.guess.samples import crs_of
from geodata.importing.guess.sayings import one_line, say, source_lines
from geodata.importing.guess.words import meanings, normal
from geodata.importing.models import UNRESOLVED
from geodata.importing.toml_text import toml_key, toml_value
from geodata.importing.units import unit_kind
from geodata.layers import LAYERS

_SHOWN_WORDS = 30
_FORMS = {
    "municipal": "centre",
    "town": "platform",
    "community": f"{UNRESOLVED} hall, station",
}
"""Form that a hall of a tier has, where no column says it."""


def mapping_text(chosen: dict[str, Table], others: list[Table]) -> str:
    """Return the mapping for the tables that were chosen, one a layer."""
    lines = [say("head"), say("questions"), "confirmed = false", ""]
    order = [name for name in LAYERS if name in chosen]
    for name in order:
        lines += [*_layer_lines(name, chosen[name], chosen), ""]
    if "roads" in chosen:
        lines += [*_roads_lines(chosen["roads"]), ""]
    if "boundary" not in chosen and has_shapes(chosen.get("towns")):
        lines += [*boundary_lines(chosen["towns"]), ""]
        chosen = {"boundary": chosen["towns"], **chosen}
    missing = [name for name, layer in LAYERS.items() if layer.required and name not in chosen]
    if missing:
        lines.append(say("missing_layers", layers=", ".join(missing)))
    for table in others:
        what = table.layer or "?"
        where = table.sample.source.sheet or table.sample.source.table or ""
        file = f"{table.sample.source.file} {where}".strip()
        lines.append(say("not_used", file=one_line(file), layer=what))
    if any(table.sample.frame is not None for table in others):
        lines.append(say("more_counts"))
    return "\n".join(lines).rstrip() + "\n"


def _layer_lines(name: str, table: Table, chosen: dict[str, Table]) -> list[str]:
    frame = table.sample.frame
    rows = 0 if frame is None else len(frame)
    lines = [say("looks_like", file=one_line(table.sample.path.name), layer=name, rows=rows)]
    lines += [f"[layers.{name}]", *source_lines(table)]
    if LAYERS[name].geometry is not None and table.shapes is None and not takes_place(name, table):
        lines += _place_lines(name, table)
    lines += _row_lines(table)
    lines += count_lines(table)
    lines += _unknown_columns(table)
    lines += ["", f"[layers.{name}.columns]"]
    padded = {}
    for target, match in table.matches.items():
        content = table.contents[match.column]
        if content.padded and target in ("code", "town_code"):
            padded[target] = {"of": match.column, "count": 9}
        elif target not in ("x", "y", "wkt"):
            lines.append(f"{target} = {toml_value(match.column)}  {_why(match, content)}")
    lines += person_lines(name, table)
    if padded:
        lines += ["", say("padded_codes"), f"[layers.{name}.first_digits]"]
        lines += [f"{target} = {toml_value(value)}" for target, value in padded.items()]
    lines += link_lines(name, table)
    lines += shape_lines(name, table)
    lines += _constants(name, table, chosen)
    lines += _units(name, table)
    lines += _values(name, table)
    return lines


def _why(match: Match, content: Content) -> str:
    said = say(f"why_{match.why}")
    if content.codes:
        said += " " + say("codes", digits=content.codes).removeprefix("# ")
    if content.from_floats:
        said += " " + say("codes_from_numbers").removeprefix("# ")
    return said


def _place_lines(name: str, table: Table) -> Iterator[str]:
    """Yield where the geometry is and what it is in."""
    own = crs_of(table.sample)
    if "geometry" in getattr(table.sample.frame, "columns", []) or own is not None:
        if own is not None:
            yield say("crs_of_file", crs=own)
            return
        yield f"crs = {toml_value(UNRESOLVED + ' EPSG:')}  {say('no_crs')}"
        return
    x, y, wkt = (table.matches.get(axis) for axis in ("x", "y", "wkt"))
    if wkt is not None:
        yield f"geometry = {toml_value({'wkt': wkt.column})}"
        yield f"crs = {toml_value(UNRESOLVED + ' EPSG:')}  {say('no_crs')}"
        return
    if x is None or y is None:
        yield say("no_coordinates")
        question = {"x": UNRESOLVED, "y": UNRESOLVED}
        yield f"geometry = {toml_value(question)}"
        yield f"crs = {toml_value(UNRESOLVED + ' EPSG:')}  {say('no_crs')}"
        return
    yield f"geometry = {toml_value({'x': x.column, 'y': y.column})}  {say('axes_by_content')}"
    if LAYERS[name].geometry != "point":
        yield say("points_for_areas", expected=LAYERS[name].geometry)
    content = table.contents[x.column]
    if content.axis == "lon":
        yield say("which_datum")
        yield f"datum = {toml_value(UNRESOLVED + ' WGS 84, CGCS2000, GCJ-02, BD-09')}"
    elif content.zone is not None:
        zone, width = content.zone
        epsg = 4488 + zone if width == 3 else 4478 + zone
        yield say("zone_in_eastings", zone=zone, width=width)
        yield f"crs = {toml_value(f'{UNRESOLVED} EPSG:{epsg}')}"
    else:
        yield say("zone_unknown")
        yield f"crs = {toml_value(UNRESOLVED + ' EPSG:4534 ... EPSG:4554')}"


def _row_lines(table: Table) -> Iterator[str]:
    """Yield rows of totals to leave out, and words that stand for an empty cell."""
    for column, content in table.contents.items():
        if content.totals:
            yield say("totals")
            yield f"leave_out = {toml_value({column: list(content.totals)})}"
            break
    nulls = sorted({word for content in table.contents.values() for word in content.nulls})
    if nulls:
        yield f"nulls = {toml_value(nulls)}  {say('nulls')}"


def _unknown_columns(table: Table) -> Iterator[str]:
    used = {match.column for match in table.matches.values()} | set(table.persons)
    used |= {tied.column for tied in table.links.values()}
    unknown = [column for column in table.contents if column not in used]
    if table.persons:
        yield say("persons", columns=one_line(", ".join(table.persons)))
    if unknown:
        yield say("unknown_columns", columns=one_line(", ".join(unknown)))


def _constants(name: str, table: Table, chosen: dict[str, Table]) -> list[str]:
    """Return questions for what the planner needs and no column says."""
    layer = LAYERS[name]
    constants: dict[str, str] = {}
    lines: list[str] = []
    codes = table.contents_of("code") == 12
    for column, rule in layer.schema.columns.items():
        known = column in table.matches or column in table.links
        known |= table.of_persons and column in ("posts", "fte", "certified")
        if known or not rule.required or rule.nullable:
            continue
        if (name, column) == ("towns", "residents") and "communities" in chosen:
            sums = ["", say("sums"), f"[layers.{name}.sums]", 'residents = "communities"']
            lines += sums
            continue
        if column == "town_code" and codes and name == "communities":
            lines += [
                "",
                say("town_from_code"),
                f"[layers.{name}.first_digits]",
                'town_code = { of = "code", count = 9 }',
            ]
        elif column == layer.key and name not in ("boundary", "towns", "communities"):
            prefix = "".join(word[0] for word in name.split("_")).upper()
            lines += [
                "",
                say("numbered"),
                f"[layers.{name}.numbered]",
                f"{column} = {toml_value(f'{UNRESOLVED} {prefix}')}",
            ]
        else:
            choices = (rule.metadata or {}).get("choices")
            hint = ", ".join(choices) if choices else ""
            constants[column] = f"{UNRESOLVED} {hint}".rstrip()
    if constants:
        lines += ["", say("constants"), f"[layers.{name}.constants]"]
        lines += [f"{column} = {toml_value(value)}" for column, value in constants.items()]
    return lines


def _units(name: str, table: Table) -> list[str]:
    schema = LAYERS[name].schema.columns
    found: list[str] = []
    for target, match in table.matches.items():
        rule = schema.get(target)
        if rule is None or match.unit is None:
            continue
        said = str(rule.dtype).lower()
        if ("int" in said or "float" in said) and match.unit:
            note = say("unit_in_header", kind=unit_kind(target))
            found.append(f"{target} = {toml_value(match.unit)}  {note}")
    return ["", f"[layers.{name}.units]", *found] if found else []


def _values(name: str, table: Table) -> list[str]:
    """Return what the words of a column mean, with a question for each that is not known."""
    lines: list[str] = []
    separators: dict[str, str] = {}
    for target, match in table.matches.items():
        rule = LAYERS[name].schema.columns.get(target)
        if rule is None:
            continue
        choices = (rule.metadata or {}).get("choices")
        known = function_meanings() if target == "functions" else meanings(name, target)
        if match.why == "tier":
            known = {word: _FORMS[tier] for word, tier in meanings(name, "tier").items()}
        content = table.contents[match.column]
        if not known or (choices is None and target != "functions"):
            continue
        said = {normal(word): word for word in known}
        separator = None
        if target in ("functions", "fields", "bodies"):
            separator = separator_of(content, dict.fromkeys(said, ""))
            if separator is not None and separator != ";":
                separators[target] = separator
        words = _words(content, separator or (";" if target in ("functions", "fields") else None))
        pairs = {
            word: known.get(normal(word), f"{UNRESOLVED} {', '.join(choices or ())}".rstrip())
            for word in words[:_SHOWN_WORDS]
        }
        pairs = {word: value for word, value in pairs.items() if word != value}
        if pairs:
            lines += ["", say("values"), f"[layers.{name}.values.{toml_key(target)}]"]
            lines += [f"{toml_key(word)} = {toml_value(value)}" for word, value in pairs.items()]
    if separators:
        lines += ["", f"[layers.{name}.separators]"]
        lines += [f"{target} = {toml_value(mark)}" for target, mark in separators.items()]
    return lines


def _words(content: Content, separator: str | None) -> list[str]:
    if separator is None:
        return [word for word in content.words if word not in content.nulls]
    parts = [part.strip() for word in content.words for part in word.split(separator)]
    return list(dict.fromkeys(part for part in parts if part))


def _roads_lines(table: Table) -> list[str]:
    name = one_line(table.sample.path.name)
    if table.sample.kind == "osm":
        head = [say("osm", file=name), "[roads]"]
        places = [say("osm_places")]
        return [*head, f"file = {toml_value(table.sample.source.file)}", *places]
    lines = [say("looks_like", file=name, layer="roads", rows=len(_frame(table))), "[roads]"]
    lines += source_lines(table)
    own = crs_of(table.sample)
    if own is None:
        lines.append(f"crs = {toml_value(UNRESOLVED + ' EPSG:')}  {say('no_crs')}")
    else:
        lines.append(say("crs_of_file", crs=own))
    lines += _unknown_columns(table)
    if table.matches:
        lines += ["", "[roads.columns]"]
        for target, match in table.matches.items():
            why = _why(match, table.contents[match.column])
            lines.append(f"{target} = {toml_value(match.column)}  {why}")
    if "road_class" in table.matches:
        lines += _road_classes(table.contents[table.matches["road_class"].column])
    return lines


def _frame(table: Table) -> Any:
    return table.sample.frame


def _road_classes(content: Content) -> list[str]:
    known = meanings("roads", "road_class")
    pairs = {
        word: known.get(normal(word), f"{UNRESOLVED} OpenStreetMap highway")
        for word in list(content.words)[:_SHOWN_WORDS]
        if not word.isascii()
    }
    if not pairs:
        return []
    lines = ["", say("values"), "[roads.values.road_class]"]
    return lines + [f"{toml_key(word)} = {toml_value(value)}" for word, value in pairs.items()]
