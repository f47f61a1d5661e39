"""Bounds where referral starts at the facility: the cost of each path is split between its tiers.

A demand that site j serves and refers to site l costs cᵢⱼₗ = dᵢⱼ + s tⱼₗ. Whatever
aᵢⱼ + bᵢₗ ≤ cᵢⱼₗ for all j and l makes a problem of two tiers that cost no more, each with travel of
its own, whose Lagrangian bound is one of the problem asked. For any b the best a is
aᵢⱼ = dᵢⱼ + minₗ (s tⱼₗ - bᵢₗ), and so on through more tiers. The charges b are raised together with
the prices by the same subgradient search: wᵢ bᵢₗ grows where l is open and cheap for i, and falls
where the cheapest path through a site that serves i leads to l. The best of these bounds is that of
the path formulation (Aardal, Chudak and Shmoys 1999).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from planner.siting import tiered_kernels as kernels
from planner.siting.tiered_problem import TieredProblem

_THREADS = 2


class ChainPrices:
    """Prices of each demand at each tier, then what tiers above the first charge each demand.

    The flat vector ``price`` holds u (tier after tier all demands), then w b of each tier from the
    second on (demands × the sites that may offer it). Demands of no weight are left out.
    """

    def __init__(
        self, problem: TieredProblem, levels: np.ndarray, before: ChainPrices | None = None
    ) -> None:
        """Begin with what a known answer pays, and the ways on from where it serves.

        Parameters
        ----------
        problem
            With referral from the facility, to a second tier at least.
        levels
            Tier of each site in the known answer, which serves all.
        before
            Prices of the problem before it was narrowed, to begin with instead.
        """
        assert problem.links is not None
        self.problem, self.shape = problem, problem.able.shape
        self.rows = np.flatnonzero(problem.weights > 0)
        self.weights = problem.weights[self.rows]
        self.near = problem.near[0].of_rows(self.rows)
        passed = np.cumprod(np.concatenate([[1.0], problem.shares]))
        self.above = [np.flatnonzero(problem.able[:, k]) for k in range(1, problem.depth)]
        from_sites = [np.arange(self.shape[0]), *self.above]
        self.ways = [
            kernels.sorted_ways(passed[k + 1] * problem.links[k][np.ix_(below, there)])
            for k, (below, there) in enumerate(itertools.pairwise(from_sites))
        ]
        self._most = problem.serve(levels).value
        parts = self._first(levels, passed) if before is None else before.of(self.above)
        self._sizes = np.cumsum([part.size for part in parts])[:-1]
        self.price = np.concatenate([part.ravel() for part in parts])
        self._sums: np.ndarray = np.zeros(self.shape)
        self._refresh()

    def _first(self, levels: np.ndarray, passed: np.ndarray) -> list[np.ndarray]:
        """Return what an answer pays at each tier, and the ways from where it serves."""
        problem = self.problem
        assert problem.links is not None
        service = problem.serve(levels)
        legs, at = service.legs[self.rows], service.assigned[self.rows]
        parts = [legs[:, : problem.depth].T * passed[: problem.depth, None] * self.weights]
        for k, there in enumerate(self.above):
            on = passed[k + 1] * problem.links[k][at[:, k]][:, there]
            most = np.where(np.isfinite(on), on, 0.0).max(axis=1, initial=0.0)
            on = np.where(np.isfinite(on), on, most[:, None])
            parts.append(on * self.weights[:, None])
        return parts

    def of(self, above: list[np.ndarray]) -> list[np.ndarray]:
        """Return prices, then the charges of some of the sites above, tier by tier."""
        paid, *charges = np.split(self.price, self._sizes)
        kept = [
            charge.reshape(len(self.weights), -1)[:, np.isin(mine, theirs)]
            for charge, mine, theirs in zip(charges, self.above, above, strict=True)
        ]
        return [paid, *kept]

    def _refresh(self) -> None:
        """Work out prices per unit and what each demand pays from each site of a tier upwards."""
        paid, *charges = np.split(self.price, self._sizes)
        self.unit = paid.reshape(-1, len(self.weights)) / self.weights
        self.charge = [
            charge.reshape(len(self.weights), -1) / self.weights[:, None] for charge in charges
        ]
        self.ahead = [-charge for charge in self.charge]
        for k in range(len(self.ahead) - 2, -1, -1):
            self._apart(kernels.add_ways, *self.ways[k + 1], self.ahead[k + 1], self.ahead[k])

    def _apart(self, kernel: Callable[..., None], *arguments: np.ndarray) -> None:
        """Run a kernel on halves of the rows side by side; it takes the half's begin and end."""
        ends = np.linspace(0, len(self.weights), _THREADS + 1).astype(int)
        with ThreadPoolExecutor(_THREADS) as pool:
            parts = [
                pool.submit(kernel, *arguments, begin, end)
                for begin, end in itertools.pairwise(ends)
            ]
            for part in parts:
                part.result()

    def values(self) -> np.ndarray:
        """Return what each site adds as one of each tier alone, shape (sites, K)."""
        self._refresh()
        ends = np.linspace(0, len(self.weights), _THREADS + 1).astype(int)
        sums = np.zeros((_THREADS, self.shape[0]))
        near = self.near
        with ThreadPoolExecutor(_THREADS) as pool:
            parts = [
                pool.submit(
                    kernels.chain_values, near.starts, near.sites, near.cost, self.weights,
                    self.unit[0], *self.ways[0], self.ahead[0], sums[part], begin, end,
                )
                for part, (begin, end) in enumerate(itertools.pairwise(ends))
            ]  # fmt: skip
            for part in parts:
                part.result()
        values = np.zeros(self.shape)
        values[:, 0] = sums.sum(axis=0)
        for k, there in enumerate(self.above, start=1):
            less = np.minimum(self.charge[k - 1] - self.unit[k][:, None], 0.0)
            values[there, k] = (self.weights[:, None] * less).sum(axis=0)
        self._sums = values
        return values

    @property
    def constant(self) -> float:
        """What the bound is with the sites that are open today alone."""
        return float((self.unit * self.weights).sum() + self._sums[self.problem.sure].sum())

    def slope(self, opened: np.ndarray) -> np.ndarray:
        """Return how the bound grows with each price and charge."""
        paid = np.ones_like(self.unit)
        charges = [np.zeros_like(charge) for charge in self.charge]
        for k, there in enumerate(self.above, start=1):
            used = opened[there, k] & (self.charge[k - 1] < self.unit[k][:, None])
            paid[k] -= used.sum(axis=1)
            charges[k - 1] += used
        near = self.near
        row, at = kernels.chain_uses(
            near.starts, near.sites, near.cost, self.unit[0], *self.ways[0], self.ahead[0],
            opened[:, 0].copy(),
        )  # fmt: skip
        paid[0] -= np.bincount(row, minlength=len(self.weights))
        for k, charge in enumerate(charges):
            np.subtract.at(charge, (row, at), 1.0)
            if k + 1 < len(charges):
                at = kernels.ways_on(row, at, *self.ways[k + 1], self.ahead[k + 1])
        return np.concatenate([part.ravel() for part in (paid, *charges)])

    def move(self, way: np.ndarray) -> None:
        """Change prices and charges; none beyond the cost of the known answer says more."""
        self.price = np.clip(self.price + way, -self._most, self._most)

    def spare(self, price: np.ndarray, slack: float) -> np.ndarray:
        """Return the unit cost beyond which no answer that is better by a slack serves a demand."""
        paid = price[: self._sizes[0]].reshape(-1, len(self.weights)).sum(axis=0)
        spare = np.full(len(self.problem.weights), np.inf)
        spare[self.rows] = (paid + slack) / self.weights * (1 + 1e-9)
        return spare
