"""Residents of each settlement in each year to come: by yearly growth, or from a projection."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from planner.decisions.futures import grown
from planner.decisions.situation import Situation
from planner.errors import PlanError


def residents_by_year(
    now: Situation,
    years: int,
    growth: Mapping[str, float] | None = None,
    population: pd.DataFrame | str | Path | None = None,
) -> np.ndarray:
    """Return the residents of each settlement in each year, shape (settlements, years).

    Parameters
    ----------
    now
        The city; its residents are those of the year before the first.
    years
        How many.
    growth
        Change of residents a year (0.01 is +1 %) of all, of a kind (urban, rural) or of a town by
        its code; several of them multiply. Year t has (1 + g)ᵗ times as many.
    population
        A projection in place of growth: a table, or a CSV file, with the column code (of the
        community) and a column for each year, the first year first. A community's residents are
        shared among its settlements as today's are; one that is not there keeps today's.

    Raises
    ------
    PlanError
        If both are given, a rate, group, code, number or column cannot be worked with.
    """
    if growth and population is not None:
        raise PlanError("bad_population", wrong="growth is given too; give one of the two")
    if population is not None:
        return _projected(now, years, _table(population))
    for group, rate in (growth or {}).items():
        if not -1 < rate <= 1:
            raise PlanError("bad_growth", group=group, value=rate)
    each = [grown(now, growth or {}, "growth", year) for year in range(1, years + 1)]
    return np.stack(each, axis=1)


def _table(given: pd.DataFrame | str | Path) -> pd.DataFrame:
    if isinstance(given, pd.DataFrame):
        return given
    try:
        return pd.read_csv(given, dtype={"code": str})
    except (OSError, ValueError) as error:
        raise PlanError("bad_population", wrong=f"{given}: {error}") from error


def _projected(now: Situation, years: int, table: pd.DataFrame) -> np.ndarray:
    columns = [name for name in table.columns if name != "code"]
    if "code" not in table.columns:
        raise PlanError("bad_population", wrong="it has no column code")
    if len(columns) < years:
        raise PlanError(
            "bad_population", wrong=f"it has {len(columns)} years and {years} are planned"
        )
    known = table.assign(code=table["code"].astype(str)).set_index("code")[columns[:years]]
    home = now.city.settlements["community_code"].astype(str)
    lost = known.index[~known.index.isin(now.city.communities["code"])]
    twice = known.index[known.index.duplicated()]
    for wrong, codes in (("does not exist", lost), ("stands twice", twice)):
        if len(codes):
            raise PlanError("bad_population", wrong=f"community {codes[0]} {wrong}")
    counts = known.apply(pd.to_numeric, errors="coerce")
    bad = ~(counts >= 0) | np.isinf(counts)
    if bad.to_numpy().any():
        row, column = np.argwhere(bad.to_numpy())[0]
        raise PlanError(
            "bad_population",
            wrong=f"community {known.index[row]}, {columns[column]}: {known.iloc[row, column]}",
        )
    total = pd.Series(now.residents).groupby(home.to_numpy()).transform("sum").to_numpy()
    number = home.map(home.value_counts()).to_numpy(float)
    share = np.where(total > 0, now.residents / np.where(total > 0, total, 1.0), 1 / number)
    future = counts.reindex(home).to_numpy(float) * share[:, None]
    return np.where(np.isnan(future), now.residents[:, None], future)
