"""The mapping: a TOML file that says which file holds which layer, and what its columns mean.

Nothing is guessed: what a file does not state of itself (coordinate system, encoding, units) the
mapping has to. Paths are relative to the folder of the mapping and stay inside it.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from geodata.errors import DataError
from geodata.findings import Finding
from geodata.importing.consistency import contradictions
from geodata.importing.models import UNRESOLVED, Mapping

MAX_MAPPING_BYTES = 5_000_000


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
    findings = list(contradictions(path, mapping))
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
    """Return the keys that the table at a place in the mapping may have."""
    here: Any = Mapping
    for part in loc:
        if isinstance(here, type) and issubclass(here, BaseModel):
            here = _table_of(here.model_fields[part].annotation)
        else:
            here = _table_of(get_args(here)[1])
    return list(here.model_fields)


def _table_of(annotation: Any) -> Any:
    """Return the model, or the dict of models, that a type stands for; ``X | None`` is X."""
    for one in (annotation, *get_args(annotation)):
        if get_origin(one) is dict or (isinstance(one, type) and issubclass(one, BaseModel)):
            return one
    return annotation


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
