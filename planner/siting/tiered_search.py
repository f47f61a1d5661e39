"""Good answers to hierarchical p-medians: sites added greedily, then exchanged while it pays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.siting import tiered_kernels as kernels
from planner.siting.tiered_problem import TieredProblem
from planner.siting.watch import Watch

_LEAST = 1e-10
"""Relative gain that counts."""
_SHAKEN = 3
_ROUNDS, _ROUNDS_BY_CHAINS, _ROUNDS_AT_LENGTH = 60, 12, 3
"""How often a search begins again, shaken: from home, from the facility, with many pairs."""
_MANY_PAIRS = 600_000


@dataclass
class TieredSearch:
    """A search over the tiers of the sites.

    Attributes
    ----------
    problem
        What to search.
    watch
        The clock.
    """

    problem: TieredProblem
    watch: Watch

    def __post_init__(self) -> None:
        problem = self.problem
        far = max((float(near.cost.max(initial=0.0)) for near in problem.near), default=0.0)
        ways = [
            float(link[np.isfinite(link)].max(initial=0.0)) if link.size else 0.0
            for link in problem.links or ()
        ]
        self.unserved = 1.0 + float(problem.flows.sum()) * (far + sum(ways))

    def best(self, seed: int) -> np.ndarray:
        """Return the tiers of a good answer; it need not serve all where that is hard."""
        levels = self.exchanged(self.problem.choice.now.copy())
        value = self.value(levels)
        draw = np.random.default_rng(seed)
        for _ in range(self._rounds()):
            if self.watch.up:
                break
            other = self.exchanged(self.shaken(levels, draw))
            found = self.value(other)
            if found < value - _LEAST * abs(value):
                levels, value = other, found
        return levels

    def _rounds(self) -> int:
        problem = self.problem
        if not len(problem.choice.steps[0]):
            return 0
        if problem.links is None:
            return _ROUNDS
        return _ROUNDS_BY_CHAINS if len(problem.near[0].cost) < _MANY_PAIRS else _ROUNDS_AT_LENGTH

    def value(self, levels: np.ndarray) -> float:
        """Return the cost, with what is unserved at its price."""
        service = self.problem.serve(levels)
        if np.isfinite(service.value):
            return service.value
        used = slice(0, self.problem.depth)
        lacking = ~np.isfinite(service.legs[:, used])
        if self.problem.links is not None:
            lacking = lacking.any(axis=1, keepdims=True)
        paid = np.where(np.isfinite(service.legs[:, used]), service.legs[:, used], 0.0)
        return float(lacking.sum() * self.unserved + (self.problem.flows[:, used] * paid).sum())

    def shaken(self, levels: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        """Return the tiers with a few raised sites put back."""
        raised = np.flatnonzero(levels > self.problem.choice.now)
        back = draw.permutation(raised)[:_SHAKEN]
        shaken = levels.copy()
        shaken[back] = self.problem.choice.now[back]
        return shaken

    def exchanged(self, levels: np.ndarray) -> np.ndarray:
        """Return tiers that no site more, no exchange of two and no swap of tiers makes better."""
        value = self.value(levels)
        better = True
        while better and not self.watch.up:
            better = False
            raised = np.flatnonzero(levels > self.problem.choice.now)
            for out in [-1, *raised.tolist()]:
                trial = levels.copy()
                if out >= 0:
                    trial[out] = self.problem.choice.now[out]
                site, tier = self._addition(trial)
                if site < 0 or (site == out and tier == levels[out]):
                    continue
                trial[site] = tier
                found = self.value(trial)
                if found < value - _LEAST * abs(value):
                    levels, value, better = trial, found, True
                    break
            else:
                levels, value, better = self._swapped(levels, value)
        return levels

    def _swapped(self, levels: np.ndarray, value: float) -> tuple[np.ndarray, float, bool]:
        """Return tiers with those of two raised sites swapped, where that is better."""
        choice = self.problem.choice
        raised = np.flatnonzero(levels > choice.now).tolist()
        for a in raised:
            for b in raised:
                if levels[a] >= levels[b] or self.watch.up:
                    continue
                trial = levels.copy()
                trial[a], trial[b] = levels[b], levels[a]
                trial[b] = max(trial[b], choice.now[b])
                if not choice.keeps(trial):
                    continue
                found = self.value(trial)
                if found < value - _LEAST * abs(value):
                    return trial, found, True
        return levels, value, False

    def _addition(self, levels: np.ndarray) -> tuple[int, int]:
        """Return the site and tier that save most beside some tiers; -1 where none may be."""
        choice = self.problem.choice
        saved = self._saved(levels)
        saved[~self._open_to(levels)] = -np.inf
        at = int(saved.argmax())
        if not saved.size or not saved.flat[at] > 0:
            return -1, 0
        return at // choice.tiers, at % choice.tiers + 1

    def _open_to(self, levels: np.ndarray) -> np.ndarray:
        """Return which site may be raised to which tier and the limits still kept, bool."""
        choice = self.problem.choice
        tiers = np.arange(1, choice.tiers + 1)
        counts, spent = choice.counts(levels), choice.spent(levels)
        raised = levels > choice.now
        refund = np.where(raised, choice.costs[np.arange(len(levels)), levels - 1], 0.0)
        able = (tiers > levels[:, None]) & (tiers <= choice.highest[:, None])
        more = spent + choice.costs
        together = spent.sum() + choice.costs - refund[:, None]
        slack = 1 + 1e-12
        return np.asarray(
            able
            & (counts + 1 <= choice.most)
            & (more <= choice.purses * slack)
            & (together <= choice.budget * slack)
        )

    def _saved(self, levels: np.ndarray) -> np.ndarray:
        """Return what raising each site to each tier saves, shape (sites, K)."""
        problem = self.problem
        saved = np.zeros(problem.able.shape)
        if problem.links is not None:
            return self._saved_by_chains(levels)
        service = problem.serve(levels)
        nothing = np.zeros(len(levels))
        for k, near in enumerate(problem.near):
            one = kernels.gains(
                near.starts, near.sites, near.cost, problem.flows[:, k].copy(),
                service.legs[:, k].copy(), nothing, self.unserved,
            )  # fmt: skip
            saved[:, k:] += np.where(levels <= k, one, 0.0)[:, None]
        return saved

    def _saved_by_chains(self, levels: np.ndarray) -> np.ndarray:
        problem = self.problem
        opened = levels[:, None] >= np.arange(1, problem.choice.tiers + 1)
        onward, _ = problem.onward(opened)
        near = problem.near[0]
        ahead = onward[:, 0].copy()
        _, total = kernels.serve(near.starts, near.sites, near.cost, opened[:, 0].copy(), ahead)
        saved = np.zeros(opened.shape)
        saved[:, 0] = kernels.gains(
            near.starts, near.sites, near.cost, problem.weights.copy(), total, ahead, self.unserved
        )
        now = self._paid(total)
        for site, tier in zip(*np.nonzero(self._open_to(levels)[:, 1:]), strict=True):
            was = opened[site].copy()
            opened[site, : tier + 2] = True
            ahead = problem.onward(opened)[0][:, 0].copy()
            _, total = kernels.serve(near.starts, near.sites, near.cost, opened[:, 0].copy(), ahead)
            saved[site, tier + 1] = now - self._paid(total)
            opened[site] = was
        return saved

    def _paid(self, total: np.ndarray) -> float:
        """Return what all demand costs together; unserved demand at its price."""
        some = np.isfinite(total)
        return float(self.problem.weights[some] @ total[some] + self.unserved * (~some).sum())
