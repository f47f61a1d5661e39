"""Rows of a file tied to the rows of another layer: the keys, and what a person has to confirm."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.errors import DataError
from geodata.findings import Finding
from geodata.importing import numbers
from geodata.importing.columns import find_column
from geodata.importing.models import LayerMapping, LinkTo, Tie
from geodata.importing.paths import inside, locate
from geodata.layers import LAYERS

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


def tie_rows(
    frame: pd.DataFrame,
    name: str,
    mapping: LayerMapping,
    folder: Path,
    layers: Mapping[str, pd.DataFrame],
    where: str,
) -> Ties:
    """Return the keys of the rows of other layers that a file's rows are about.

    Parameters
    ----------
    frame
        The file's table.
    name, mapping
        The layer it becomes, with its links.
    folder
        Folder of the mapping, where the answers lie.
    layers
        The layers that were read before, by name.
    where
        Layer and file, for messages.

    Raises
    ------
    DataError
        If a column is missing, or an answer is not understood.
    """
    ties = Ties(np.ones(len(frame), bool))
    for column, link in mapping.link.items():
        nullable = bool(LAYERS[name].schema.columns[column].nullable)
        target = layers[link.to]
        file = mapping.answers_file(name, column)
        keys, how = tie(frame, target, link, link.to, folder, file, layers, where, ties, mapping)
        if not nullable or link.place:
            ties.keep &= how != "left_out"
        ties.keys[column] = keys
        ties.findings += _said(column, how, where, nullable and not link.place)
        if link.place:
            ties.places = _places(keys, link, target, where)
    return ties


def tie(
    frame: pd.DataFrame,
    target: pd.DataFrame,
    columns: Tie,
    to: str,
    folder: Path,
    file: str,
    layers: Mapping[str, pd.DataFrame],
    where: str,
    ties: Ties,
    mapping: LayerMapping | None = None,
) -> tuple[pd.Series, np.ndarray]:
    """Return the key of each row, and how it was found; what is open goes into ``ties``.

    Raises
    ------
    DataError
        If a column is missing, a key of the layer occurs twice, or an answer is not understood.
    """
    from geodata import linking

    code, name, town = (
        find_column(frame, wanted, where) if wanted is not None else None
        for wanted in (columns.code, columns.name, columns.town)
    )
    nulls = {numbers.plain(word) for word in mapping.nulls} if mapping is not None else set()
    named = [column for column in (code, name, town) if column is not None]
    asked = pd.DataFrame(frame[list(dict.fromkeys(named))])
    asked = asked.map(lambda cell: _text(cell, nulls)).reset_index(drop=True)
    if name is None and "name" not in target:
        target = target.assign(name="")
    given = asked[[one for one in (code, name) if one is not None]].notna().any(axis=1)
    rows = asked[given]
    confirmed = None
    if (folder / file).is_file():
        confirmed = linking.read_confirmed(locate(folder, file, where))
    try:
        found = linking.link(
            rows,
            target,
            code=code,
            name=name,
            town=town,
            towns=layers.get("towns") if "town_code" in target and to != "towns" else None,
            confirmed=confirmed,
            many=True,
            key=LAYERS[to].key or "code",
            label=where,
        )
    except DataError as error:
        labels = {"layer": to, "confirmed": file}
        raise DataError.from_findings(
            [
                dataclasses.replace(f, layer=labels.get(f.layer or "", f.layer))
                for f in error.findings
            ]
        ) from error
    keys = found.rows["key"].astype(object).where(found.rows["key"].notna(), None)
    how = found.rows["how"].reindex(asked.index, fill_value="empty").to_numpy()
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
        ties.findings.append(Finding("import.links_open", where, values=values))
    return keys.reindex(asked.index).astype(object), how


def _text(cell: object, nulls: set[str]) -> object:
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
    linked = [f"{way} {found[way]}" for way in ("code", "exact", "normalised", "confirmed")
              if way in found]  # fmt: skip
    if linked:
        yield Finding("import.linked", where, values={"column": column, "ways": ", ".join(linked)})
    for way, code in (("empty", "link_empty"), ("left_out", "rows_left_out")):
        if way in found:
            code = "link_empty" if kept else code
            values = {"column": column, "count": int(found[way])}
            yield Finding(f"import.{code}", where, values=values)


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
