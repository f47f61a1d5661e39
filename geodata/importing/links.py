"""Rows of a file tied to the rows of another layer: the keys, and what a person has to confirm."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.errors import DataError
from geodata.findings import Finding
from geodata.importing import numbers
from geodata.importing.columns import MOST_FINDINGS, find_column
from geodata.importing.models import LayerMapping, LinkTo, Tie
from geodata.importing.paths import inside, locate
from geodata.layers import LAYERS

if TYPE_CHECKING:
    from geodata.linking import Link

_OPEN = ("candidates", "ambiguous", "none")
_OPEN_FINDINGS = (
    "link_candidates",
    "link_ambiguous",
    "link_none",
    "link_code_unknown",
    "link_town_unknown",
)
_SHOWN_NAMES = 5


@dataclass
class Ties:
    """What links made of the rows of a file.

    Attributes
    ----------
    keep
        Which rows stay; the others were left out by a person's answer.
    keys
        The planner's column -> keys, a row per row of the file.
    places
        Points within what the rows are linked to, if a link says so.
    candidates
        File of candidates -> what to write into it.
    findings
        How many rows were linked in which way, and what is still open.
    """

    keep: np.ndarray
    keys: dict[str, pd.Series] = field(default_factory=dict)
    places: gpd.GeoSeries | None = None
    candidates: dict[str, pd.DataFrame] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class Surroundings:
    """Where rows are linked: the mapping's folder, the layers read before, and what to call it."""

    folder: Path
    layers: Mapping[str, pd.DataFrame]
    where: str


def tie_rows(frame: pd.DataFrame, name: str, mapping: LayerMapping, around: Surroundings) -> Ties:
    """Return the keys of the rows of other layers that a file's rows are about.

    Parameters
    ----------
    frame
        The file's table.
    name, mapping
        The layer it becomes, with its links.
    around
        Where the answers lie, the layers to link to, layer and file for messages.

    Raises
    ------
    DataError
        If a layer or column is missing, or an answer is not understood.
    """
    ties = Ties(np.ones(len(frame), bool))
    nulls = {numbers.plain(word) for word in mapping.nulls}
    for column, link in mapping.link.items():
        if link.to not in around.layers:
            raise DataError("missing_layer", link.to)
        target = around.layers[link.to]
        file = mapping.answers_file(name, column)
        keys, how = tie(frame, target, link, link.to, file, around, ties, nulls)
        kept = bool(LAYERS[name].schema.columns[column].nullable) and not link.place
        if not kept:
            ties.keep &= how != "left_out"
            given = link.name or link.code
            ties.findings += [
                Finding("missing_value", around.where, int(row) + 1, values={"column": given})
                for row in np.flatnonzero(how == "empty")[:MOST_FINDINGS]
            ]
        ties.keys[column] = keys
        ties.findings += _said(column, how, around.where, kept)
        if link.place:
            ties.places = _places(keys, link, target, around.where)
    return ties


def tie(
    frame: pd.DataFrame,
    target: pd.DataFrame,
    columns: Tie,
    to: str,
    file: str,
    around: Surroundings,
    ties: Ties,
    nulls: Collection[str] = (),
) -> tuple[pd.Series, np.ndarray]:
    """Return the key of each row, and how it was found; what is open goes into ``ties``.

    Parameters
    ----------
    frame
        The file's table.
    target, to
        The layer it is tied to, and its name.
    columns
        The file's columns that tie it.
    file
        CSV of candidates, from the folder of the mapping.
    around
        Where that is, the layer of towns, and how messages call the file.
    ties
        Findings and candidates are added to it.
    nulls
        Words that stand for an empty cell.

    Returns
    -------
    keys
        None where there is none.
    how
        As ``linking.HOW``; ``empty`` where neither code nor name stands.

    Raises
    ------
    DataError
        If a column is missing, a key of the layer occurs twice, or an answer is not understood.
    """
    named = {
        part: find_column(frame, wanted, around.where)
        for part, wanted in (("code", columns.code), ("name", columns.name), ("town", columns.town))
        if wanted is not None
    }
    asked = pd.DataFrame(frame[list(dict.fromkeys(named.values()))])
    asked = asked.map(lambda cell: _text(cell, nulls)).reset_index(drop=True)
    given = asked[[column for part, column in named.items() if part != "town"]].notna().any(axis=1)
    if columns.name is None and "name" not in target:
        target = target.assign(name="")
    confirmed = _confirmed(file, around)
    found = _linked(asked[given], target, named, to, confirmed, file, around)
    at = np.flatnonzero(given.to_numpy())
    ties.findings += [
        dataclasses.replace(finding, row=int(at[finding.row - 1]) + 1)
        for finding in found.findings
        if finding.code not in _OPEN_FINDINGS and finding.row is not None
    ]
    still_open = found.rows[found.rows["how"].isin(_OPEN)]
    if len(still_open):
        names_of = dict(zip(target[LAYERS[to].key or "code"].map(str), target["name"], strict=True))
        ties.candidates[file] = _with_answers(found.candidates, still_open, confirmed, names_of)
        names = still_open["name"].where(still_open["name"].ne(""), still_open["code"]).unique()
        shown = ", ".join(map(str, names[:_SHOWN_NAMES])) + (" ..." * (len(names) > _SHOWN_NAMES))
        values = {"count": len(still_open), "target": to, "names": shown, "file": file}
        ties.findings.append(Finding("import.links_open", around.where, values=values))
    keys = found.rows["key"].astype(object).where(found.rows["key"].notna(), None)
    how = found.rows["how"].reindex(asked.index, fill_value="empty").to_numpy()
    return keys.reindex(asked.index).astype(object), how


def _confirmed(file: str, around: Surroundings) -> pd.DataFrame | None:
    """Return what a person has confirmed so far."""
    from geodata.linking import read_confirmed

    if not (around.folder / file).is_file():
        return None
    return read_confirmed(locate(around.folder, file, around.where))


def _linked(
    rows: pd.DataFrame,
    target: pd.DataFrame,
    named: Mapping[str, str],
    to: str,
    confirmed: pd.DataFrame | None,
    file: str,
    around: Surroundings,
) -> Link:
    """Return how rows are linked; errors name the layer and the file as the mapping does."""
    from geodata.linking import link

    in_towns = "town_code" in target and to != "towns"
    try:
        return link(
            rows,
            target,
            code=named.get("code"),
            name=named.get("name"),
            town=named.get("town"),
            towns=around.layers.get("towns") if in_towns else None,
            confirmed=confirmed,
            many=True,
            key=LAYERS[to].key or "code",
            label=around.where,
        )
    except DataError as error:
        labels = {"layer": to, "confirmed": file}
        findings = [
            dataclasses.replace(one, layer=labels.get(one.layer or "", one.layer))
            for one in error.findings
        ]
        raise DataError.from_findings(findings) from error


def _text(cell: object, nulls: Collection[str]) -> object:
    """Return a cell as text, or None where nothing stands in it."""
    if numbers.is_missing(cell):
        return None
    said = numbers.native(cell)
    if isinstance(said, float) and said.is_integer():
        said = int(said)
    text = str(said).strip()
    return None if not text or numbers.plain(text) in nulls else text


def _with_answers(
    candidates: pd.DataFrame,
    still_open: pd.DataFrame,
    confirmed: pd.DataFrame | None,
    names_of: Mapping[str, object],
) -> pd.DataFrame:
    """Return what to ask: candidates, names without any, and before them what was answered."""
    asked = still_open[["name", "code", "within"]].drop_duplicates()
    listed = pd.MultiIndex.from_frame(candidates[["name", "code", "within"]])
    without = asked[~pd.MultiIndex.from_frame(asked).isin(listed)]
    table = pd.concat([candidates.assign(confirmed=""), without], ignore_index=True)
    if confirmed is not None:
        answers = confirmed.assign(
            candidate=confirmed["key"].map(names_of),
            confirmed=np.where(confirmed["key"] == "", "no", "yes"),
        )
        table = pd.concat([answers, table], ignore_index=True)
    return table.astype({"score": object}).fillna("")


def _said(column: str, how: np.ndarray, where: str, kept: bool) -> Iterator[Finding]:
    """Yield how many rows were linked in which way."""
    found = pd.Series(how).value_counts()
    ways = ("code", "exact", "normalised", "confirmed")
    linked = [f"{way} {found[way]}" for way in ways if way in found]
    if linked:
        yield Finding("import.linked", where, values={"column": column, "ways": ", ".join(linked)})
    empty = int(np.isin(how, ("empty", "left_out") if kept else ("left_out",)).sum())
    if empty:
        code = "link_empty" if kept else "rows_left_out"
        yield Finding(f"import.{code}", where, values={"column": column, "count": empty})


def _places(keys: pd.Series, link: LinkTo, target: pd.DataFrame, where: str) -> gpd.GeoSeries:
    """Return a point within the row that each row is linked to; nothing where it is not linked."""
    if not isinstance(target, gpd.GeoDataFrame):
        raise DataError("import.no_geometry", where)
    points = target.geometry.representative_point()
    at = pd.Index(target[LAYERS[link.to].key]).get_indexer(keys)
    found = np.where(at >= 0, np.asarray(points.array)[at], None)
    return gpd.GeoSeries(found, crs=target.crs).rename("geometry")


def write_questions(folder: Path, candidates: Mapping[str, pd.DataFrame]) -> None:
    """Write candidates beside the mapping, over files of candidates alone.

    Raises
    ------
    DataError
        If a path leads out of the folder, or the file cannot be written.
    """
    from geodata.linking import write_candidate_table

    for file, table in candidates.items():
        write_candidate_table(table, inside(folder, file, file))
