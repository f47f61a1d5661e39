"""The third step, as often as the master asks: what a county gains at the most for a price.

Gains count all residents whom a county's sites would newly serve, also across its borders. The
same residents can then be counted by two counties, so that the sum over counties is never less than
what their sites gain together: a bound on it bounds the region.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from planner import siting
from planner.distributed.measure import STAGE as MEASURED
from planner.distributed.prepare import read_attributes
from planner.distributed.store import Store, key_of

STAGE = "frontier"
Unit = Literal["sites", "cents"]
"""What a budget counts: sites, or hundredths of a yuan."""


@dataclass(frozen=True)
class Question:
    """What is the same for all budgets of a region.

    Attributes
    ----------
    unit
        Whether budgets count sites or hundredths of a yuan.
    forbidden
        Ids of sites that must not be used.
    time_limit_s
        Seconds for each budget.
    seed
        Seed of the siting model.
    """

    unit: Unit
    forbidden: tuple[str, ...]
    time_limit_s: float
    seed: int


def frontier(
    county: str, measured: str, question: Question, budgets: Sequence[int], folder: str
) -> list[dict[str, Any]]:
    """Return a county's best sites for each of some budgets, with a bound.

    Parameters
    ----------
    county
        Code of the county.
    measured
        Key of its measures.
    question
        Unit of the budgets, forbidden sites, time limit and seed.
    budgets
        What the sites may cost together.
    folder
        Of the results.

    Returns
    -------
    list of dict
        For each budget: budget, cost (in its unit), gain and bound (persons), sites (ids).
    """
    store = Store(Path(folder))
    key = key_of(measured=measured, question=vars(question), budgets=list(budgets))

    def make(_place: Path) -> dict[str, Any]:
        sites = _Sites(store.place(MEASURED, county, measured), question)
        return {"points": [sites.best(budget) for budget in budgets]}

    points: list[dict[str, Any]] = store.result(STAGE, county, key, make)["points"]
    return points


@dataclass(frozen=True)
class _Sites:
    """The sites of a county that may be used, and whom they would newly serve."""

    place: Path
    question: Question

    @cached_property
    def table(self) -> pd.DataFrame:
        """Ids of the sites, and the price of each in the budget's unit."""
        sites = read_attributes(self.place, "sites", ["site_id", "cost_yuan"])
        sites = sites[~sites["site_id"].isin(self.question.forbidden)]
        cents = np.rint(sites["cost_yuan"].to_numpy(float) * 100).astype(np.int64)
        price = cents if self.question.unit == "cents" else np.ones(len(sites), np.int64)
        return pd.DataFrame({"site_id": sites["site_id"].to_numpy(), "price": price})

    @cached_property
    def reach(self) -> tuple[csr_array, np.ndarray]:
        """Settlements × sites, bool, and the residents of the settlements."""
        pairs = pd.read_parquet(self.place / "reach.parquet")
        columns = pd.Index(self.table["site_id"]).get_indexer(pairs["site_id"])
        pairs, columns = pairs[columns >= 0], columns[columns >= 0]
        rows, _ = pd.factorize(pairs["settlement_id"])
        residents = np.zeros(rows.max(initial=-1) + 1, np.int64)
        residents[rows] = pairs["residents"]
        shape = len(residents), len(self.table)
        return csr_array((np.ones(len(rows), bool), (rows, columns)), shape=shape), residents

    def best(self, budget: int) -> dict[str, Any]:
        reach, residents = self.reach
        price = self.table["price"].to_numpy()
        if not (price <= budget).any() or reach.nnz == 0:
            return _point(budget, 0, 0, 0, [])
        asked = {"p": budget} if self.question.unit == "sites" else {
            "budget": float(budget), "site_costs": price.astype(float)
        }  # fmt: skip
        answer = siting.max_coverage(
            reach,
            **asked,
            weights=residents.astype(float),
            time_limit_s=self.question.time_limit_s,
            seed=self.question.seed,
        )
        used = _needed(reach, residents, answer.site_positions)
        gain = int(residents[reach[:, used].sum(axis=1) > 0].sum())
        bound = int(np.floor(answer.bound + 1e-6))
        sites = self.table["site_id"].to_numpy()[used].tolist()
        return _point(budget, int(price[used].sum()), gain, max(bound, gain), sites)


def _point(budget: int, cost: int, gain: int, bound: int, sites: list[str]) -> dict[str, Any]:
    return {"budget": budget, "cost": cost, "gain": gain, "bound": bound, "sites": sites}


def _needed(reach: csr_array, residents: np.ndarray, sites: np.ndarray) -> np.ndarray:
    """Return the sites without those that serve nobody whom the others do not."""
    used = list(sites)
    for site in sites:
        others = [other for other in used if other != site]
        alone = (reach[:, [site]].sum(axis=1) > 0) & ~(reach[:, others].sum(axis=1) > 0)
        if residents[alone].sum() == 0:
            used = others
    return np.array(used, np.int64)
