"""A p-median problem with some sites decided: what is left of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.siting.median_lists import Lists, served_cost


@dataclass(frozen=True, eq=False)
class Part:
    """A problem with some sites decided: what is left of it.

    Attributes
    ----------
    lists
        Over the sites that are undecided.
    p
        How many of them to open.
    sites
        Their positions in the whole problem.
    opened
        Positions in the whole problem of the sites decided to be open.
    rows
        Rows of the whole problem that are left.
    settled
        Weighted cost of the other rows.
    """

    lists: Lists
    p: int
    sites: np.ndarray
    opened: np.ndarray
    rows: np.ndarray
    settled: float

    @classmethod
    def whole(cls, lists: Lists, p: int) -> Part:
        """Return the problem with nothing decided."""
        nothing = np.empty(0, np.int64)
        rows = np.arange(len(lists.beyond))
        part = cls(lists, p, np.arange(lists.site_count), nothing, rows, 0.0)
        if (np.diff(lists.indptr) == 0).any():
            none = np.zeros(lists.site_count, np.bool_)
            return part.decide(none, none)
        return part

    @property
    def done(self) -> bool:
        """Whether nothing is left to choose."""
        return self.p in (0, len(self.sites)) or not len(self.rows)

    @property
    def everything(self) -> np.ndarray:
        """All undecided sites if all are to open, else none: the answer where it is done."""
        return np.full(len(self.sites), self.p == len(self.sites))

    @property
    def cost(self) -> float:
        """Weighted cost in the lists of the only answer where nothing is left to choose."""
        lists = self.lists
        return self.settled + served_cost(*lists.arrays, lists.beyond, self.everything)

    def decide(self, opened: np.ndarray, closed: np.ndarray) -> Part:
        """Return what is left with more sites open and closed (bool over the undecided sites)."""
        keep = ~(opened | closed)
        lists, rows, settled = self.lists.restrict(keep, opened)
        return Part(
            lists,
            self.p - int(opened.sum()),
            self.sites[keep],
            np.concatenate([self.opened, self.sites[opened]]),
            self.rows[rows],
            self.settled + settled,
        )

    def answer(self, chosen: np.ndarray) -> np.ndarray:
        """Return the open sites in the whole problem, with these of the undecided ones open."""
        return np.concatenate([self.opened, self.sites[chosen]])
