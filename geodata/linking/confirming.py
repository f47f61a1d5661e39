"""Candidates as a small CSV that a person goes through, and what was confirmed in it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd

from geodata.atomic import replace_file
from geodata.errors import DataError
from geodata.linking.matching import CANDIDATE_COLUMNS, Link

ANSWER = "confirmed"
YES, NO = ("yes", "y", "是", "对", "1", "x", "√"), ("no", "n", "否", "0")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LARGEST_BYTES = 50_000_000


def write_candidates(found: Link, path: str | Path) -> None:
    """Write the candidates to a CSV with an empty column ``confirmed`` to be filled in.

    Write ``yes`` (是) beside the one candidate that is meant; ``no`` (否) beside all candidates
    of a name leaves its rows out. Cells that a spreadsheet would take for a formula begin with an
    apostrophe.

    Parameters
    ----------
    found
        What ``link`` returned.
    path
        Where to; a file that is there is replaced.

    Raises
    ------
    DataError
        If it cannot be written there.
    """
    write_candidate_table(found.candidates.assign(**{ANSWER: ""}), path)


def write_candidate_table(candidates: pd.DataFrame, path: str | Path) -> None:
    """Write candidates with answers that are known already; see ``write_candidates``.

    Parameters
    ----------
    candidates
        The columns of ``Link.candidates``, and ``confirmed``: ``yes``, ``no`` or empty.
    path
        Where to; a file that is there is replaced.

    Raises
    ------
    DataError
        If it cannot be written there.
    """
    shown = candidates[[*CANDIDATE_COLUMNS, ANSWER]].map(_harmless)
    text = shown.to_csv(index=False, lineterminator="\n")
    replace_file(Path(path), lambda draft: draft.write_text(text, "utf-8-sig"))


def read_confirmed(path: str | Path) -> pd.DataFrame:
    """Return the pairs that were confirmed in a CSV of candidates.

    Parameters
    ----------
    path
        What ``write_candidates`` wrote, filled in; UTF-8, or GB18030 as spreadsheets save it.

    Returns
    -------
    DataFrame
        name, code, within (as the table has them), key ("" where all candidates are refused).
        Names whose candidates bear no answer are not in it.

    Raises
    ------
    DataError
        If it cannot be read, a column is missing, an answer is not understood, or two candidates
        of one name are confirmed.
    """
    path = Path(path)
    table = _read(path)
    decided: dict[tuple[str, str, str], str] = {}
    refused: dict[tuple[str, str, str], list[bool]] = {}
    for number, row in enumerate(table.itertuples(index=False), 1):
        asked, answer = (row.name, row.code, row.within), row.confirmed.strip().casefold()
        if answer not in ("", *YES, *NO):
            raise DataError("confirmed_answer", path.name, number, row.name, value=answer)
        refused.setdefault(asked, []).append(answer in NO)
        if answer in YES and not row.key.strip():
            raise DataError("confirmed_without_key", path.name, number, row.name)
        if answer in YES and decided.setdefault(asked, row.key) != row.key:
            raise DataError("confirmed_twice", path.name, number, row.name)
    for asked, answers in refused.items():
        if all(answers):
            decided[asked] = ""
    rows = [(*asked, key) for asked, key in decided.items()]
    return pd.DataFrame(rows, columns=["name", "code", "within", "key"], dtype="str")


def _read(path: Path) -> pd.DataFrame:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise DataError("unreadable_table", path.name, reason=f"> {_LARGEST_BYTES:,} bytes")
        content = path.read_bytes()
    except OSError as error:
        raise DataError("no_such_file", str(path)) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise DataError("unreadable_table", path.name, reason="UTF-8, GB18030: ?")
    try:
        table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise DataError("unreadable_table", path.name, reason=str(error).splitlines()[0]) from error
    for column in (*CANDIDATE_COLUMNS[:4], ANSWER):
        if column not in table.columns:
            raise DataError("missing_column", path.name, column=column)
    return table.map(_as_given)


def _harmless(cell: object) -> object:
    if isinstance(cell, str) and (cell.startswith(_FORMULA) or cell.startswith("'")):
        return "'" + cell
    return cell


def _as_given(cell: object) -> object:
    return cell[1:] if isinstance(cell, str) and cell.startswith("'") else cell
