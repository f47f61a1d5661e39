"""Where new posts of all fields meet most need: one post after the other, each at its best base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.errors import ArgumentError
from planner.siting.inputs import Matrix

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOTHING = 1e-9  # FTE
COLUMNS = ["post", "base", "field", "community", "fte"]


def place_posts(
    travel: Any, unmet: pd.DataFrame, posts: int, *, hours_per_day: float = 8.0
) -> tuple[pd.DataFrame, float]:
    """Return where new posts go and what each meets, and what no choice of as many can exceed.

    Each post goes to the base and field at which one FTE meets most of the need that those before
    it leave (greedy), its own community's first, then the nearest. An FTE of service t minutes away
    takes hours_per_day / (hours_per_day − t/30) FTE of work, as in ``recruitment``, which proves
    the best places of a given number of posts of one field; this shares a number out among fields,
    and says who is served by which post.

    Parameters
    ----------
    travel
        One-way minutes, communities × bases, 0 for the base's own; only pairs near enough.
    unmet
        FTE that each community lacks: communities × fields.
    posts
        Number of new posts, of one FTE each.
    hours_per_day
        Longest day, travel included.

    Returns
    -------
    visits
        A row per post and community that it serves: post (from 1), base, field, community (ids),
        fte (of need met). Posts that would meet nothing are left out.
    bound
        FTE that no choice of as many posts meets more of: every one works all its hours, without
        travel, and no field is served beyond what it lacks.

    Raises
    ------
    SitingError, ArgumentError
        If an argument cannot be worked with.

    Examples
    --------
    >>> lacking = pd.DataFrame({"youth": [0.5, 0.9], "women": [0.2, 0.0]})
    >>> visits, bound = place_posts([[0.0, 30.0], [30.0, 0.0]], lacking, 1)
    >>> visits["base"].tolist(), visits["fte"].round(3).tolist(), bound
    ([1, 1], [0.9, 0.087], 1.0)
    """
    if posts < 0:
        raise ArgumentError(f"posts is {posts}; give a number of 0 or more")
    if not hours_per_day > 0:
        raise ArgumentError(f"hours_per_day is {hours_per_day}; give more than 0")
    matrix = Matrix.read(travel, "travel")
    lacking = unmet.reindex(matrix.demand_ids).to_numpy(float)
    if not (np.isfinite(lacking) & (lacking >= 0)).all():
        raise ArgumentError("unmet lacks a community or is negative; give FTE of 0 or more")
    left = lacking.copy()
    reach = _Reach(matrix, hours_per_day)
    gains = np.column_stack([reach.gains(left[:, f]) for f in range(left.shape[1])])
    parts = []
    for number in range(1, posts + 1):
        if gains.size == 0 or gains.max() <= _NOTHING:
            break
        field, base = np.unravel_index(int(np.argmax(gains.T)), gains.T.shape)
        for community, fte in reach.served(int(base), left[:, field]):
            left[community, field] -= fte
            where = (matrix.site_ids[base], unmet.columns[field], matrix.demand_ids[community])
            parts.append((number, *where, fte))
        gains[:, field] = reach.gains(left[:, field])
    bound = min(float(posts), float(lacking.sum()))
    visits = pd.DataFrame(parts, columns=COLUMNS).astype({"post": int, "fte": float})
    return visits, bound


class _Reach:
    """Links between bases and communities, of each base the one with least travel first."""

    def __init__(self, matrix: Matrix, hours_per_day: float) -> None:
        values = matrix.values
        if isinstance(values, np.ndarray):
            community, base = np.nonzero(np.isfinite(values))
            minutes = values[community, base].astype(float)
        else:
            community = np.repeat(np.arange(values.shape[0]), np.diff(values.indptr))
            base, minutes = values.indices, values.data.astype(float)
        if (minutes < 0).any():
            raise ArgumentError("travel holds negative minutes; give 0 or more")
        near = minutes / 30 < hours_per_day
        community, base, minutes = community[near], base[near], minutes[near]
        order = np.lexsort((community, minutes, base))
        self.community, self.base = community[order], base[order]
        self.work = hours_per_day / (hours_per_day - minutes[order] / 30)
        self.starts = np.searchsorted(self.base, np.arange(len(matrix.site_ids) + 1))

    def gains(self, left: np.ndarray) -> np.ndarray:
        """Return the FTE of need that one more post would meet, by base."""
        met = self._met(slice(None), left)
        return np.bincount(self.base, met, minlength=len(self.starts) - 1)

    def served(self, base: int, left: np.ndarray) -> Iterator[tuple[int, float]]:
        """Yield the communities that a post at a base serves, and the FTE that each gets."""
        mine = slice(self.starts[base], self.starts[base + 1])
        met = self._met(mine, left)
        for community, fte in zip(self.community[mine], met, strict=True):
            if fte > _NOTHING:
                yield int(community), float(fte)

    def _met(self, links: slice, left: np.ndarray) -> np.ndarray:
        work = self.work[links]
        asked = left[self.community[links]] * work
        before = np.cumsum(asked) - asked
        base = self.base[links]
        if len(base):
            before -= before[np.searchsorted(base, base)]
        return np.clip(1.0 - before, 0.0, asked) / work
