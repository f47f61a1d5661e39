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
_ROUNDS = 60
_NEAR = 5  # open sites near a demand that count
_WORK = 4e10
"""Entries looked at after which no new round begins: some ten seconds."""


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
        self.work = 0.0
        self._entries = sum(len(near.cost) for near in problem.near)

    def best(self, seed: int) -> np.ndarray:
        """Return the tiers of a good answer; it need not serve all where that is hard."""
        levels = self.exchanged(self.problem.choice.now.copy())
        value = self.value(levels)
        draw = np.random.default_rng(seed)
        for _ in range(_ROUNDS if len(self.problem.choice.steps[0]) else 0):
            if self.over():
                break
            other = self.exchanged(self.shaken(levels, draw))
            found = self.value(other)
            if found < value - _LEAST * abs(value):
                levels, value = other, found
        return levels

    def over(self) -> bool:
        """Return whether enough was looked at, or the time is up."""
        return self.work > _WORK or self.watch.up

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
        value, better = self.value(levels), True
        while better and not self.over():
            levels, value, better = self._moved(levels, value, -1)
            if better:
                continue
            for out in np.flatnonzero(levels > self.problem.choice.now).tolist():
                levels, value, moved = self._moved(levels, value, out)
                better |= moved
                if self.over():
                    break
            if not better:
                levels, value, better = self._swapped(levels, value)
        return levels

    def _moved(self, levels: np.ndarray, value: float, out: int) -> tuple[np.ndarray, float, bool]:
        """Return tiers with a site put back (-1: none) and another raised, where that is better."""
        trial = levels.copy()
        if out >= 0:
            trial[out] = self.problem.choice.now[out]
        site, tier = self._addition(trial)
        if site < 0 or (site == out and tier == levels[out]):
            return levels, value, False
        trial[site] = tier
        found = self.value(trial)
        if found < value - _LEAST * abs(value):
            return trial, found, True
        return levels, value, False

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
        self.work += self._entries
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
        problem, near, weights = self.problem, self.problem.near[0], self.problem.weights.copy()
        opened = levels[:, None] >= np.arange(1, problem.choice.tiers + 1)
        first, ahead = opened[:, 0].copy(), problem.onward(opened)[0]
        on = ahead[:, 0].copy()
        _, total = kernels.serve(near.starts, near.sites, near.cost, first, on)
        saved = np.zeros(opened.shape)
        saved[:, 0] = kernels.gains(
            near.starts, near.sites, near.cost, weights, total, on, self.unserved
        )
        open_to = self._open_to(levels)
        for k in range(1, problem.depth):
            able = np.flatnonzero(open_to[:, k])
            if not len(able):
                continue
            then = self._onward_then(opened, ahead, able, k)
            self.work += _NEAR * len(weights) * len(able)
            saved[able, k] = kernels.gains_of_ways(
                near.starts, near.sites, near.cost, weights, total, first, able, then,
                self.unserved,
            )  # fmt: skip
        for k in range(problem.depth, problem.choice.tiers):
            saved[:, k] = saved[:, k - 1]
        return saved

    def _onward_then(
        self, opened: np.ndarray, ahead: np.ndarray, able: np.ndarray, tier: int
    ) -> np.ndarray:
        """Return what referral costs from each site if one more is raised, shape (sites, raised).

        ``tier`` counts from 0.
        """
        problem = self.problem
        assert problem.links is not None
        if tier == 1:
            ways = problem.shares[0] * (problem.links[0][:, able] + ahead[able, 1])
            return np.ascontiguousarray(np.minimum(ahead[:, [0]], ways))
        then = np.empty((len(opened), len(able)))
        for x, site in enumerate(able.tolist()):
            more = opened.copy()
            more[site, : tier + 1] = True
            then[:, x] = problem.onward(more)[0][:, 0]
        return then
