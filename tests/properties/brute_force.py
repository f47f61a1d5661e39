"""Random location problems, and what the best of all sets of sites is worth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array

from planner import siting

FORMS = ("dense", "sparse", "lists", "long table", "wide table", "travel times")


@dataclass
class Case:
    """A random instance: costs, weights, limits, rules, and the form in which it is given."""

    cost: np.ndarray
    weights: np.ndarray
    prices: np.ndarray
    demand: np.ndarray
    capacity: np.ndarray
    fixed: list[int]
    forbidden: list[int]
    p: int | None
    budget: float | None
    split: bool
    form: str
    shuffled: np.random.Generator
    quotas: list[tuple[list[int], int, int | None]] = field(default_factory=list)
    apart: list[tuple[int, int]] = field(default_factory=list)
    together: list[tuple[int, int]] = field(default_factory=list)
    excluded: list[tuple[int, ...]] = field(default_factory=list)
    minimum_use: float = 0.0

    @classmethod
    def drawn(cls, seed: int) -> Case:
        """Return the instance of a seed: ties, zeros, absent pairs, nobody, no sites among them."""
        draw = np.random.default_rng(seed)
        few = 0 if draw.random() < 0.05 else 1
        n, m = draw.integers(few, 5), draw.integers(few, 5)
        whole = draw.random() < 0.7
        most = draw.choice([3, 10])
        cost = draw.integers(0, most, (n, m)) if whole else draw.random((n, m)) * 10
        absent = draw.random((n, m)) < draw.choice([0, 0.15, 0.4])
        roles = draw.choice(list("----fx"), m)
        case = cls(
            cost=np.where(absent, np.inf, cost),
            weights=draw.integers(0, 4, n) * 1.0 if draw.random() < 0.7 else draw.random(n) * 3,
            prices=draw.integers(0, 9, m) * 1.0 if draw.random() < 0.7 else draw.random(m) * 5,
            demand=draw.integers(0, 5, n) * 1.0 if draw.random() < 0.7 else draw.random(n) * 3,
            capacity=draw.integers(0, 9, m) * 1.0 if draw.random() < 0.7 else draw.random(m) * 6,
            fixed=np.flatnonzero(roles == "f").tolist(),
            forbidden=np.flatnonzero(roles == "x").tolist(),
            p=None if draw.random() < 0.25 else int(draw.integers(0, m + 2)),
            budget=None,
            split=bool(draw.random() < 0.5),
            form=str(draw.choice(FORMS)) if n and m else "dense",
            shuffled=draw,
        )
        if case.p is None or draw.random() < 0.3:
            case.budget = float(draw.integers(0, 15))
        if draw.random() < 0.05:
            case.weights[:] = 0
        if m >= 2 and draw.random() < 0.6:
            case._rule(draw, m)
        if draw.random() < 0.15:
            case.minimum_use = float(draw.integers(1, 4))
        return case

    def _rule(self, draw: np.random.Generator, m: int) -> None:
        a, b = draw.permutation(m)[:2].tolist()
        kind = draw.choice(["quota", "apart", "together", "excluded", "two"])
        if kind in ("quota", "two"):
            least = int(draw.integers(0, 2))
            most = None if draw.random() < 0.3 else least + int(draw.integers(0, 2))
            self.quotas = [(sorted({a, b, int(draw.integers(m))}), least, most)]
        if kind in ("apart", "two"):
            self.apart = [(a, b)]
        if kind == "together":
            self.together = [(a, b)]
        if kind == "excluded":
            self.excluded = [tuple(np.flatnonzero(draw.random(m) < 0.5).tolist()) for _ in "12"]

    @property
    def limited(self) -> bool:
        """Whether p or a budget is given."""
        return self.p is not None or self.budget is not None

    @property
    def demand_ids(self) -> list[Any]:
        n = len(self.cost)
        return [f"d{i}" for i in range(n)] if self.form.endswith("e table") else list(range(n))

    @property
    def site_ids(self) -> list[Any]:
        named = self.form in ("long table", "wide table", "travel times")
        return [f"s{j}" if named else j for j in range(self.cost.shape[1])]

    def given(self, values: np.ndarray, radius: float | None = None) -> Any:
        """Return a matrix (infinite = absent) in the form of this case."""
        near = np.isfinite(values)
        rows, columns = np.nonzero(near)
        sparse = csr_array(coo_array((values[near], (rows, columns)), shape=values.shape))
        if self.form == "sparse":
            return sparse
        if self.form == "travel times":
            return SimpleNamespace(
                minutes=sparse,
                demand_ids=pd.Index(self.demand_ids),
                supply_ids=pd.Index(self.site_ids),
            )
        if self.form == "long table":
            pairs = list(product(self.demand_ids, self.site_ids))
            table = pd.DataFrame(pairs, columns=["from_id", "to_id"])
            table["travel_time"] = np.where(near, values, np.nan).ravel()
            return table.sample(frac=1, random_state=1)
        if self.form == "wide table":
            return pd.DataFrame(values, index=self.demand_ids, columns=self.site_ids)
        return values.tolist() if self.form == "lists" else values

    def amounts(self, values: np.ndarray, ids: list[Any]) -> Any:
        """Return amounts as they are, or as a Series by id in another order."""
        if self.shuffled.random() < 0.6:
            return values
        order = self.shuffled.permutation(len(ids))
        return pd.Series(values[order], index=[ids[k] for k in order], dtype=float)

    def options(self, *, limits: bool = True, use: bool = False) -> dict[str, Any]:
        """Return the arguments that all models share."""
        ids = self.site_ids

        def named(sites: Any) -> list[Any]:
            return [ids[j] for j in sites]

        rules = siting.Rules(
            quotas=[siting.Quota(named(group), low, high) for group, low, high in self.quotas],
            apart=[tuple(named(pair)) for pair in self.apart],
            together=[tuple(named(pair)) for pair in self.together],
            excluded=[named(sites) for sites in self.excluded],
            minimum_use=self.minimum_use if use else 0.0,
        )
        options = {
            "weights": self.amounts(self.weights, self.demand_ids),
            "site_costs": self.amounts(self.prices, ids),
            "fixed": named(self.fixed),
            "forbidden": named(self.forbidden),
            "rules": rules,
        }
        return options | ({"p": self.p, "budget": self.budget} if limits else {})

    def sets(self, *, limits: bool = True) -> Iterator[list[int]]:
        """Yield every set of open sites that keeps the limits and rules."""
        m = self.cost.shape[1]
        for size in range(m + 1):
            for sites in combinations(range(m), size):
                if self._keeps(set(sites), limits):
                    yield list(sites)

    def _keeps(self, sites: set[int], limits: bool) -> bool:
        if set(self.fixed) - sites or set(self.forbidden) & sites:
            return False
        if limits and self.p is not None and len(sites - set(self.fixed)) > self.p:
            return False
        if limits and self.budget is not None and self.price(sites) > self.budget + 1e-9:
            return False
        for group, low, high in self.quotas:
            if not low <= len(sites & set(group)) <= (np.inf if high is None else high):
                return False
        return not (
            any(a in sites and b in sites for a, b in self.apart)
            or any((a in sites) != (b in sites) for a, b in self.together)
            or any(set(known) == sites for known in self.excluded)
        )

    def price(self, sites: Any) -> float:
        """Return what the new ones of some sites cost."""
        return float(sum(self.prices[j] for j in sites if j not in self.fixed))

    def nearest(self, sites: list[int]) -> np.ndarray:
        """Return the cost of each demand to the nearest of some sites."""
        return self.cost[:, sites].min(axis=1, initial=np.inf)

    def served(
        self,
        sites: list[int],
        size: np.ndarray,
        room: np.ndarray,
        worth: np.ndarray,
        reach: np.ndarray,
        *,
        everyone: bool,
        split: bool,
    ) -> float | None:
        """Return the least cost (or, if not everyone is, the most worth) of serving from sites."""
        least = {j: self.minimum_use for j in sites if j not in self.fixed}
        able = [[j for j in sites if reach[i, j]] for i in range(len(size))]
        if everyone and not all(able):
            return None
        serve = self._shared if split else self._whole
        return serve(sites, size, room, worth, able, least, everyone)

    def _whole(self, sites, size, room, worth, able, least, everyone):
        best = None
        for chosen in product(*(a if everyone else [*a, -1] for a in able)):
            load: dict[int, float] = defaultdict(float)
            for i, j in enumerate(chosen):
                load[j] += size[i]
            if any(load[j] > room[j] + 1e-9 or load[j] < least.get(j, 0) - 1e-9 for j in sites):
                continue
            value = sum(worth[i, j] for i, j in enumerate(chosen) if j >= 0)
            if best is None or (value < best if everyone else value > best):
                best = value
        return best

    def _shared(self, sites, size, room, worth, able, least, everyone):
        pairs = [(i, j) for i, near in enumerate(able) for j in near]
        if not pairs:
            return None if any(least.get(j) for j in sites) else 0.0
        rows, limits = [], []
        for j in sites:
            load = np.array([size[i] * (k == j) for i, k in pairs])
            rows += [load, -load]
            limits += [min(room[j], size.sum()), -least.get(j, 0.0)]
        once = np.array([[1.0 * (k == i) for k, _ in pairs] for i in range(len(size))])
        sign = 1.0 if everyone else -1.0
        gains = sign * np.array([worth[i, j] for i, j in pairs])
        fixed = {"A_eq": once, "b_eq": np.ones(len(size))} if everyone else {}
        if not everyone:
            rows, limits = [*rows, *once], [*limits, *np.ones(len(size))]
        found = linprog(gains, A_ub=np.array(rows), b_ub=limits, bounds=(0, 1), **fixed)
        return sign * found.fun if found.status == 0 else None
