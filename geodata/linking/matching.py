"""Rows of a table tied to rows of a layer: by code, by name, or as candidates to confirm.

Nothing is tied by likeness alone. A row is linked by its code, by its name letter for letter, or
by its name in one form (``names.tidy_name``) where just one row of the layer has it; in all other
cases the nearest names are listed for a person to confirm (``confirming``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from geodata.errors import DataError
from geodata.findings import Finding
from geodata.linking.names import Name, tidy_code, tidy_name

LINKED = ("code", "confirmed", "exact", "normalised")
HOW = (*LINKED, "candidates", "ambiguous", "none", "left_out")
"""How a row was linked, or why it was not: ``ambiguous`` names fit several rows of the layer."""
CANDIDATE_COLUMNS = ("name", "code", "within", "key", "candidate", "candidate_within", "score")
_OTHER_KIND, _OTHER_TOWN = 5.0, 10.0
"""What a candidate's score loses for another kind of place, and for another town."""
_ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class Link:
    """Which row of a layer each row of a table is about.

    Attributes
    ----------
    rows
        A row per row of the table, with its index: ``key`` of the layer's row (missing if there
        is none), ``how`` (one of ``HOW``), ``name`` and ``code`` as the table has them,
        ``within`` (the town's code, where it is known).
    candidates
        For rows that are not linked, the nearest first: ``name``, ``code``, ``within`` as above,
        ``key``, ``candidate`` (its name), ``candidate_within`` (its town), ``score`` (0 to 100).
        Once per different name and town.
    findings
        What a person should look at, row by row.
    """

    rows: pd.DataFrame
    candidates: pd.DataFrame
    findings: tuple[Finding, ...]

    @property
    def complete(self) -> bool:
        """Whether each row is linked, or was left out on purpose."""
        return bool(self.rows["how"].isin([*LINKED, "left_out"]).all())

    def counts(self) -> dict[str, int]:
        """Return how many rows were linked in each way, those that occur in the order of HOW."""
        found = self.rows["how"].value_counts()
        return {how: int(found[how]) for how in HOW if how in found}

    def keys(self) -> pd.Series:
        """Return the layer's key of each row; missing where a row was left out on purpose.

        Raises
        ------
        DataError
            If a row is not linked, or two rows are linked with the same row of the layer
            (unless ``link`` was told that many may be).
        """
        errors = [finding for finding in self.findings if finding.severity == "error"]
        if errors:
            raise DataError.from_findings(errors)
        return self.rows["key"]


def link(
    table: pd.DataFrame,
    layer: pd.DataFrame,
    *,
    code: str | None = None,
    name: str | None = None,
    town: str | None = None,
    towns: pd.DataFrame | None = None,
    confirmed: pd.DataFrame | None = None,
    many: bool = False,
    candidates: int = 3,
    least_score: float = 50.0,
    key: str = "code",
    layer_name: str = "name",
    layer_town: str = "town_code",
    label: str = "table",
) -> Link:
    """Return which row of a layer each row of a table is about.

    Parameters
    ----------
    table
        A department's table, one row per community (or town, hall ...).
    layer
        The layer to link with, such as ``city.communities``.
    code, name, town
        Columns of the table: the code, the name, and the town (its code or its name). A row with
        a code that the layer does not have is not linked by its name: it becomes a candidate.
    towns
        The layer of towns (code, name): needed where ``town`` holds names. A town's name before
        that of the community is then understood too.
    confirmed
        What ``read_confirmed`` returns: pairs that a person has confirmed.
    many
        Whether several rows of the table may be about one row of the layer.
    candidates
        How many candidates to list for a row at most.
    least_score
        Likeness below which a name is no candidate, from 0 to 100.
    key, layer_name, layer_town
        Columns of the layer; ``layer_town`` need not be there.
    label
        What to call the table in findings.

    Returns
    -------
    Link

    Raises
    ------
    DataError
        If a column is missing, neither ``code`` nor ``name`` is given, the layer's key is not
        unique, or a confirmed key is not in the layer.

    Notes
    -----
    score = 100 × (1 − indel distance of the stems / their joint length), less 5 for another kind
    of place and 10 for another town. The indel distance counts letters to insert and delete.

    References
    ----------
    Winkler, W. E. (2006), Overview of record linkage and current research directions, US Census
    Bureau, Research Report Statistics 2006-2: what is uncertain goes to clerical review.

    Examples
    --------
    >>> layer = pd.DataFrame({"code": ["320585104201"], "name": ["永乐村"]})
    >>> found = link(pd.DataFrame({"单位": ["永樂村委會", "永东村"]}), layer, name="单位")
    >>> found.rows["how"].tolist(), found.candidates["candidate"].tolist()
    (['normalised', 'candidates'], ['永乐村'])
    """
    _check_columns(table, {"code": code, "name": name, "town": town}, label)
    _check_layer(layer, key, layer_name, town, layer_town, towns)
    places = _Places(layer, key, layer_name, layer_town, towns)
    given = _given(table, code, name)
    given["within"], unknown_town = places.towns_of(
        [""] * len(table) if town is None else table[town]
    )
    decided = _decisions(confirmed, places)
    asked = zip(given["code"], given["name"], given["within"], unknown_town, strict=True)
    rows = [_one(places, decided, *values) for values in asked]
    given["key"] = pd.Series([row[0] for row in rows], given.index, dtype="str")
    given["how"] = [row[1] for row in rows]
    listed = _candidates(places, given, candidates, least_score)
    found = given["how"].eq("candidates")
    given.loc[found & ~_known_in(given, listed), "how"] = "none"
    findings = list(_findings(given, unknown_town, places, many, label))
    return Link(given[["key", "how", "name", "code", "within"]], listed, tuple(findings))


def _check_columns(table: pd.DataFrame, wanted: Mapping[str, str | None], label: str) -> None:
    if wanted["code"] is None and wanted["name"] is None:
        raise DataError("link_by_what", label)
    for column in wanted.values():
        if column is not None and column not in table.columns:
            raise DataError("missing_column", label, column=column)


def _check_layer(
    layer: pd.DataFrame,
    key: str,
    name: str,
    town: str | None,
    layer_town: str,
    towns: pd.DataFrame | None,
) -> None:
    for column in (key, name, *([layer_town] if town is not None else [])):
        if column not in layer.columns:
            raise DataError("missing_column", "layer", column=column)
    for column in ("code", "name"):
        if towns is not None and column not in towns.columns:
            raise DataError("missing_column", "towns", column=column)
    twice = np.flatnonzero(layer[key].duplicated())
    if len(twice):
        value = layer[key].iloc[twice[0]]
        raise DataError("duplicate_key", "layer", int(twice[0]) + 1, column=key, value=value)


def _given(table: pd.DataFrame, code: str | None, name: str | None) -> pd.DataFrame:
    """Return code and name of each row as text; "" where there is none."""
    empty = pd.Series("", table.index, dtype="str")
    codes = empty if code is None else table[code].map(_text_of(tidy_code)).astype("str")
    names = empty if name is None else table[name].map(_text_of(str)).astype("str")
    return pd.DataFrame({"code": codes, "name": names.str.strip()}, index=table.index)


def _text_of(convert: Callable[[object], str]) -> Callable[[object], str]:
    return lambda value: "" if pd.isna(value) else convert(value)


class _Places:
    """The rows of the layer, by code and by name."""

    def __init__(
        self,
        layer: pd.DataFrame,
        key: str,
        name: str,
        town: str,
        towns: pd.DataFrame | None,
    ) -> None:
        self.keys: list[str] = layer[key].astype(str).tolist()
        self.names: list[str] = layer[name].map(_text_of(str)).str.strip().tolist()
        self.towns: list[str] = (
            layer[town].map(_text_of(str)).tolist() if town in layer else [""] * len(layer)
        )
        self.tidy = [tidy_name(name) for name in self.names]
        self.position = {tidy_code(key): at for at, key in enumerate(self.keys)}
        self.by_name: dict[str, list[int]] = {}
        self.by_stem: dict[str, list[int]] = {}
        for at, (raw, tidied) in enumerate(zip(self.names, self.tidy, strict=True)):
            self.by_name.setdefault(raw, []).append(at)
            self.by_stem.setdefault(tidied.stem, []).append(at)
        self.width = {len(code) for code in self.position}
        self._town_codes = set(self.towns) - {""}
        self._town_names: dict[str, list[tuple[Name, str]]] = {}
        for code, called in () if towns is None else zip(towns["code"], towns["name"], strict=True):
            tidied = tidy_name(str(called))
            self._town_names.setdefault(tidied.stem, []).append((tidied, str(code)))

    def towns_of(self, column: Iterable[object]) -> tuple[list[str], list[bool]]:
        """Return each row's town ("" if none is given), and whether what is given is not known."""
        found = [self._town(value) for value in column]
        return [town or "" for town in found], [town is None for town in found]

    def _town(self, value: object) -> str | None:
        if pd.isna(value) or not str(value).strip():
            return ""
        code = tidy_code(value)
        if code in self._town_codes:
            return code
        if len(code) == 12 and code.endswith("000") and code[:9] in self._town_codes:
            return code[:9]
        tidied = tidy_name(str(value))
        fitting = [
            (known, code)
            for known, code in self._town_names.get(tidied.stem, [])
            if known.agrees(tidied)
        ]
        return fitting[0][1] if len(fitting) == 1 else None

    def coded(self, code: str) -> int | None:
        """Return the row with a code; a town's may stand in the 12 digits of a community's."""
        if code in self.position:
            return self.position[code]
        if len(code) == 12 and code.endswith("000") and self.width == {9}:
            return self.position.get(code[:9])
        return None

    def named(self, name: str, town: str) -> tuple[str, list[int]]:
        """Return how a name fits rows of the layer, and which."""
        exact = self._inside(self.by_name.get(name, []), town)
        if exact:
            return "exact", exact
        tidied = tidy_name(name)
        stem = self._inside(self.by_stem.get(tidied.stem, []), town)
        same = [at for at in stem if self.tidy[at].kind == tidied.kind]
        fitting = same or [at for at in stem if self.tidy[at].agrees(tidied)]
        return "normalised", fitting

    def _inside(self, rows: list[int], town: str) -> list[int]:
        return [at for at in rows if not town or self.towns[at] == town]

    def split_town(self, name: str) -> tuple[str, str]:
        """Return the town's code and the rest of a name that begins with a town's full name."""
        text = tidy_name(name)
        whole = text.stem + text.kind
        for named in self._town_names.values():
            for town, code in named:
                front = town.stem + town.kind
                if town.kind and whole.startswith(front) and len(whole) > len(front):
                    return code, whole.removeprefix(front)
        return "", name


Decisions = Mapping[tuple[str, str, str], str]


def _decisions(confirmed: pd.DataFrame | None, places: _Places) -> Decisions:
    """Return the confirmed key of a name, code and town; "" where the row is left out."""
    if confirmed is None:
        return {}
    decided: dict[tuple[str, str, str], str] = {}
    for number, row in enumerate(confirmed.itertuples(index=False), 1):
        if row.key and row.key not in places.position:
            raise DataError("confirmed_unknown", "confirmed", number, key=None, value=row.key)
        decided[(row.name, row.code, row.within)] = row.key
    return decided


def _one(
    places: _Places, decided: Decisions, code: str, name: str, town: str, unknown_town: bool
) -> tuple[str | None, str]:
    """Return the key of the layer's row, and how it was found."""
    if (name, code, town) in decided:
        key = decided[(name, code, town)]
        return (key, "confirmed") if key else (None, "left_out")
    if code:
        at = places.coded(code)
        return (None, "candidates") if at is None else (places.keys[at], "code")
    if not name:
        return None, "none"
    how, fitting = places.named(name, town)
    if not fitting:
        prefix, rest = places.split_town(name)
        if prefix and town in ("", prefix):
            how, fitting = "normalised", places.named(rest, prefix)[1]
    if len(fitting) == 1 and not unknown_town:
        return places.keys[fitting[0]], how
    return None, "ambiguous" if len(fitting) > 1 else "candidates"


def _candidates(
    places: _Places, given: pd.DataFrame, most: int, least_score: float
) -> pd.DataFrame:
    open_rows = given[given["how"].isin(["candidates", "ambiguous"]) & given["name"].ne("")]
    asked = open_rows[["name", "code", "within"]].drop_duplicates()
    found: list[tuple[object, ...]] = []
    for start in range(0, len(asked), _ROWS_AT_ONCE):
        found += _nearest(places, asked.iloc[start : start + _ROWS_AT_ONCE], most, least_score)
    return pd.DataFrame(found, columns=list(CANDIDATE_COLUMNS)).astype({"score": float})


def _nearest(
    places: _Places, asked: pd.DataFrame, most: int, least_score: float
) -> Iterator[tuple[object, ...]]:
    split = [places.split_town(name) for name in asked["name"]]
    tidied = [tidy_name(rest) for _, rest in split]
    stems = [name.stem for name in places.tidy]
    scores = _likeness([name.stem for name in tidied], stems)
    if any(town for town, _ in split):
        scores = np.maximum(scores, _likeness([tidy_name(n).stem for n in asked["name"]], stems))
    keys = np.array(places.keys)
    kinds = np.array([name.kind for name in places.tidy])
    towns = np.array(places.towns)
    for at, row in enumerate(asked.itertuples(index=False)):
        kind, town = tidied[at].kind, row.within or split[at][0]
        other_kind = (kinds != kind) & (kinds != "") if kind else np.zeros(len(kinds), bool)
        other_town = towns != town if town else np.zeros(len(towns), bool)
        score = scores[at] - _OTHER_KIND * other_kind - _OTHER_TOWN * other_town
        last = np.partition(score, -most)[-most] if most < len(score) else -np.inf
        near = np.flatnonzero(score >= max(last, least_score))
        for place in near[np.lexsort((keys[near], -score[near]))][:most]:
            yield (
                row.name,
                row.code,
                row.within,
                places.keys[place],
                places.names[place],
                places.towns[place],
                round(float(score[place]), 1),
            )


def _likeness(stems: list[str], others: list[str]) -> np.ndarray:
    return process.cdist(stems, others, scorer=fuzz.ratio, dtype=np.float64)


def _known_in(given: pd.DataFrame, listed: pd.DataFrame) -> pd.Series:
    columns = ["name", "code", "within"]
    have = pd.MultiIndex.from_frame(listed[columns])
    return pd.Series(pd.MultiIndex.from_frame(given[columns]).isin(have), given.index)


def _findings(
    given: pd.DataFrame, unknown_town: list[bool], places: _Places, many: bool, label: str
) -> Iterator[Finding]:
    taken: dict[str, int] = {}
    for number, row in enumerate(given.itertuples(index=False), 1):
        shown = row.name or row.code
        if unknown_town[number - 1]:
            yield Finding("link_town_unknown", label, number, shown)
        if row.how in ("candidates", "ambiguous", "none"):
            code = "link_code_unknown" if row.code else f"link_{row.how}"
            yield Finding(code, label, number, shown, {"given": row.code})
        elif row.how != "left_out":
            if row.how == "code" and row.name:
                here = places.names[places.position[tidy_code(row.key)]]
                if tidy_name(here).stem not in _stems(places, row.name):
                    values = {"name": row.name, "given": row.code, "here": here}
                    yield Finding("link_names_differ", label, number, shown, values)
            if not many and row.key in taken:
                values = {"target": row.key, "earlier": taken[row.key]}
                yield Finding("linked_twice", label, number, shown, values)
            taken.setdefault(row.key, number)


def _stems(places: _Places, name: str) -> set[str]:
    return {tidy_name(name).stem, tidy_name(places.split_town(name)[1]).stem}
