"""The third step, as often as the master asks: what a part gains at the most for a price.

A part is a county without what it shares with others, and with what falls to it of that: sites that
reach the same residents, directly or over other sites, are in one part, wherever they lie. So no
resident is counted twice, and what parts gain adds up.
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
from planner.distributed.prepare import in_cents, read_attributes
from planner.distributed.store import Store, key_of

STAGE = "frontier"
Unit = Literal["sites", "cents"]
"""What a budget counts: sites, or hundredths of a yuan."""


@dataclass(frozen=True)
class Share:
    """What of a county's sites is in a part: some components of them, or all but some.

    Attributes
    ----------
    county, measured
        Code of the county, and key of its measures.
    components
        Which.
    without
        Whether all but those.
    """

    county: str
    measured: str
    components: tuple[int, ...]
    without: bool


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
    county: str, shares: Sequence[Share], question: Question, budgets: Sequence[int], folder: str
) -> list[dict[str, Any]]:
    """Return a part's best sites for each of some budgets, with a bound.

    Parameters
    ----------
    county
        Code of the county that the part is named by.
    shares
        What is in it of this county and of others.
    question
        Unit of the budgets, forbidden sites, time limit and seed.
    budgets
        What the sites may cost together.
    folder
        Of the results.

    Returns
    -------
    list of dict
        For each budget: budget, cost (in its unit), gain and bound (persons), sites (county and id
        of each).
    """
    store = Store(Path(folder))
    asked = {"shares": [vars(share) for share in shares], "question": vars(question)}

    def make(_draft: Path) -> dict[str, Any]:
        sites = _Sites(store, shares, question)
        return {"points": [sites.best(budget) for budget in budgets]}

    made = store.result(STAGE, county, key_of(**asked, budgets=list(budgets)), make)
    points: list[dict[str, Any]] = made["points"]
    return points


@dataclass(frozen=True)
class _Sites:
    """The sites of a part that may be used, and whom they would newly serve."""

    store: Store
    shares: Sequence[Share]
    question: Question

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Which site reaches which settlement that is not served today."""
        parts = []
        for share in self.shares:
            place = self.store.place(MEASURED, share.county, share.measured)
            pairs = pd.read_parquet(place / "reach.parquet")
            inside = pairs["component"].isin(share.components) != share.without
            costs = read_attributes(place, "sites", ["site_id", "cost_yuan"])
            kept = pairs[inside & ~pairs["site_id"].isin(self.question.forbidden)]
            parts.append(kept.merge(costs, on="site_id").assign(county=share.county))
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The sites: county, site_id, and the price of each in the budget's unit."""
        sites = self.pairs[["county", "site_id", "cost_yuan"]].drop_duplicates("site_id")
        in_sites = self.question.unit == "sites"
        price = np.ones(len(sites), np.int64) if in_sites else in_cents(sites["cost_yuan"])
        return sites.assign(price=price).sort_values("site_id", ignore_index=True)

    @cached_property
    def reach(self) -> tuple[csr_array, np.ndarray]:
        """Settlements × sites, bool, and the residents of the settlements."""
        columns = pd.Index(self.table["site_id"]).get_indexer(self.pairs["site_id"])
        rows, names = pd.factorize(self.pairs["settlement_id"], sort=True)
        residents = np.zeros(len(names), np.int64)
        residents[rows] = self.pairs["residents"]
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
        sites = self.table[["county", "site_id"]].to_numpy()[used].tolist()
        return _point(budget, int(price[used].sum()), gain, max(bound, gain), sites)


def _point(budget: int, cost: int, gain: int, bound: int, sites: list[list[str]]) -> dict[str, Any]:
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
