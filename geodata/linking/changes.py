"""Counts brought to new codes after communities were merged, split or renamed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from geodata.errors import DataError
from geodata.linking.apportion import largest_remainder
from geodata.linking.names import tidy_code

COLUMNS = ("old_code", "new_code", "share")
_TOLERANCE = 1e-6


def read_changes(path: str | Path) -> pd.DataFrame:
    """Return a mapping table of codes from a CSV with the columns old_code, new_code, share.

    Raises
    ------
    DataError
        If it cannot be read, or ``check_changes`` refuses it.
    """
    path = Path(path)
    try:
        table = pd.read_csv(path, dtype={"old_code": str, "new_code": str}, encoding="utf-8-sig")
    except OSError as error:
        raise DataError("no_such_file", str(path)) from error
    except ValueError as error:
        reason = (str(error).splitlines() or ["?"])[0]
        raise DataError("unreadable_table", path.name, reason=reason) from error
    return check_changes(table, label=path.name)


def check_changes(
    changes: pd.DataFrame, known: Sequence[str] | None = None, *, label: str = "changes"
) -> pd.DataFrame:
    """Return a mapping table of codes, checked and typed.

    Parameters
    ----------
    changes
        old_code, new_code, share: a row per old and new community that have residents in common.
        The share is that of the old one's residents who are now in the new one; where it is
        empty, and the old one has a single row, it is 1. Merged: several old codes with share 1
        and the same new code. Split: one old code, several new ones. Renamed: one and one.
    known
        Codes of the new year; a new code that is none of them is refused.
    label
        What to call the table in errors.

    Returns
    -------
    DataFrame
        old_code, new_code as text, share as a number.

    Raises
    ------
    DataError
        If a column or code is missing, a share is not above 0 and at most 1, the shares of an old
        code do not add up to 1 (to 1e-6), a pair occurs twice, or a new code is unknown.
    """
    for column in COLUMNS:
        if column not in changes.columns:
            raise DataError("missing_column", label, column=column)
    table = changes[list(COLUMNS)].reset_index(drop=True)
    for column in COLUMNS[:2]:
        missing = np.flatnonzero(table[column].isna())
        if len(missing):
            raise DataError("missing_value", label, int(missing[0]) + 1, column=column)
        table[column] = table[column].map(tidy_code).astype("str")
    twice = np.flatnonzero(table.duplicated(["old_code", "new_code"]))
    if len(twice):
        old, new = table.loc[twice[0], ["old_code", "new_code"]]
        raise DataError("changes_pair_twice", label, int(twice[0]) + 1, old=old, new=new)
    table["share"] = _shares(table, label)
    if known is not None:
        codes = {tidy_code(code) for code in known}
        strange = np.flatnonzero(~table["new_code"].isin(codes))
        if len(strange):
            at = int(strange[0])
            raise DataError("changes_unknown_code", label, at + 1, value=table.loc[at, "new_code"])
    return table


def _shares(table: pd.DataFrame, label: str) -> pd.Series:
    given = table["share"].astype(object)
    shares = pd.to_numeric(given, errors="coerce").astype(float)
    single = ~table["old_code"].duplicated(keep=False)
    blank = given.isna() | given.astype(str).str.strip().eq("")
    shares = shares.mask(blank & single, 1.0)
    wrong = np.flatnonzero(~((shares > 0) & (shares <= 1)))
    if len(wrong):
        at = int(wrong[0])
        old = table.loc[at, "old_code"]
        value = "" if blank[at] else given[at]
        raise DataError("changes_share", label, at + 1, old, value=value)
    sums = shares.groupby(table["old_code"], sort=False).sum()
    off = sums[(sums - 1).abs() > _TOLERANCE]
    if len(off):
        at = int(np.flatnonzero(table["old_code"] == off.index[0])[0])
        raise DataError("changes_sum", label, at + 1, off.index[0], value=f"{off.iloc[0]:.6g}")
    return shares


def carry_over(
    table: pd.DataFrame,
    changes: pd.DataFrame,
    counts: Sequence[str],
    *,
    key: str = "code",
    known: Sequence[str] | None = None,
    label: str = "table",
) -> pd.DataFrame:
    """Return counts by new code; the total of each is kept, to the person.

    Parameters
    ----------
    table
        Counts by old code.
    changes
        old_code, new_code, share; see ``check_changes``. Codes that are not in it stay as they
        are. All changes happen at once: bring a table over several years by one call per year.
    counts
        Columns of whole numbers of persons or households, 0 or more. A count that is missing
        makes those of all its new codes missing.
    key
        Column of the table with the old code.
    known
        Codes of the new year; a code that ends up as none of them is refused.
    label
        What to call the table in errors.

    Returns
    -------
    DataFrame
        ``key`` and the counts (Int64), a row per new code, in the order of codes.

    Raises
    ------
    DataError
        If the mapping is wrong, a count is no whole number of 0 or more, an old code occurs twice,
        or a code is unknown.

    Notes
    -----
    What goes from old i to new j is count_i × share_ij in whole numbers by largest remainder, so
    that Σ_j is count_i exactly.

    Examples
    --------
    >>> old = pd.DataFrame({"code": ["A", "B", "C"], "residents": [101, 50, 30]})
    >>> changes = pd.DataFrame(
    ...     {"old_code": ["A", "A", "B"], "new_code": ["A1", "A2", "A2"], "share": [0.5, 0.5, 1.0]}
    ... )
    >>> carry_over(old, changes, ["residents"])["residents"].tolist()
    [51, 100, 30]
    """
    for column in (key, *counts):
        if column not in table.columns:
            raise DataError("missing_column", label, column=column)
    rules = check_changes(changes, known)
    codes = _old_codes(table[key], label)
    stay = pd.DataFrame({"old_code": codes[~codes.isin(rules["old_code"])]})
    stay = stay.assign(new_code=stay["old_code"], share=1.0)
    if known is not None:
        lost = stay[~stay["new_code"].isin({tidy_code(code) for code in known})]
        if len(lost):
            at = int(np.flatnonzero(codes == lost["old_code"].iloc[0])[0])
            raise DataError("changes_code_left", label, at + 1, value=lost["old_code"].iloc[0])
    pairs = pd.concat([rules[rules["old_code"].isin(codes)], stay], ignore_index=True)
    group = pd.Index(codes).get_indexer(pairs["old_code"])
    shares = pairs["share"].to_numpy(float)
    parts = {column: _parts(whole_counts(table[column], label), shares, group) for column in counts}
    summed = pd.DataFrame({key: pairs["new_code"], **parts}).groupby(key, sort=True)
    return summed.agg(lambda values: values.sum(skipna=False)).reset_index()


def _old_codes(column: pd.Series, label: str) -> pd.Series:
    missing = np.flatnonzero(column.isna())
    if len(missing):
        raise DataError("missing_value", label, int(missing[0]) + 1, column=column.name)
    codes = column.map(tidy_code).astype("str").reset_index(drop=True)
    twice = np.flatnonzero(codes.duplicated())
    if len(twice):
        at = int(twice[0])
        raise DataError("duplicate_key", label, at + 1, column=column.name, value=codes[at])
    return codes


def _parts(counts: pd.Series, shares: np.ndarray, group: np.ndarray) -> pd.Series:
    known = counts.notna().to_numpy()
    whole = largest_remainder(shares, group, counts.fillna(0).to_numpy(np.int64))
    return pd.Series(whole, dtype="Int64").mask(~known[group])


def whole_counts(column: pd.Series, label: str) -> pd.Series:
    """Return counts as Int64.

    Raises
    ------
    DataError
        If a value is no whole number of 0 or more; a missing one stays missing.
    """
    given = column.reset_index(drop=True)
    numbers = pd.to_numeric(given, errors="coerce").astype("Float64")
    values = numbers.to_numpy(float, na_value=np.nan)
    empty = given.isna().to_numpy()
    wrong = np.flatnonzero(
        ~empty & ~((values >= 0) & (values == np.floor(values)) & (values < 2**53))
    )
    if len(wrong):
        at = int(wrong[0])
        raise DataError("not_whole", label, at + 1, column=column.name, value=str(given[at]))
    return numbers.astype("Int64")
