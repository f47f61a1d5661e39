"""Every key of every county, kept on disk, and which of them stand for two things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import NamedTuple

import numpy as np
import pandas as pd

_PARTS = 64
_ENTRY = np.dtype(
    [("layer", "u1"), ("key", "u8"), ("content", "u8"), ("county", "u4"), ("inside", "?")]
)


class Clash(NamedTuple):
    """A key that stands for different things in two counties.

    Attributes
    ----------
    layer, one, other
        Numbers of the layer and the two counties.
    key
        What ``hashes`` makes of it.
    """

    layer: int
    one: int
    other: int
    key: int


def hashes(values: pd.Series | pd.DataFrame) -> np.ndarray:
    """Return 64 bits that stand for each value or row, shape (n,); the same in every county."""
    return pd.util.hash_pandas_object(values, index=False, categorize=False).to_numpy()


class Ledger:
    """What counties hold under which keys, in a folder that goes away with the ``with`` block."""

    def __enter__(self) -> Ledger:
        """Make the folder."""
        self._folder = TemporaryDirectory(prefix="sanshe-")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the folder."""
        self._folder.cleanup()

    def enter(
        self,
        county: int,
        layer: int,
        keys: np.ndarray,
        content: np.ndarray,
        inside: np.ndarray | None = None,
    ) -> None:
        """Note the keys of a layer of a county.

        Parameters
        ----------
        county, layer
            Their numbers.
        keys, content
            Hashes of the keys and of what must be the same wherever the key stands, shape (n,).
        inside
            Whether each is in the county's own land, shape (n,); all are if left out.
        """
        entries = np.zeros(len(keys), _ENTRY)
        entries["layer"], entries["county"] = layer, county
        entries["key"], entries["content"] = keys, content
        entries["inside"] = True if inside is None else inside
        part = (keys % np.uint64(_PARTS)).astype(np.intp)
        order = np.argsort(part, kind="stable")
        ends = np.cumsum(np.bincount(part, minlength=_PARTS))[:-1]
        for number, some in enumerate(np.split(entries[order], ends)):
            if len(some):
                with self._part(number).open("ab") as file:
                    some.tofile(file)

    def _part(self, number: int) -> Path:
        return Path(self._folder.name) / str(number)

    def settle(self, counties: int) -> tuple[list[Clash], dict[int, np.ndarray]]:
        """Return the clashes, and how many keys of each layer fall to each county.

        A key that several counties hold falls to one whose land it is in, the first of them; of
        clashes between the same counties in the same layer one is told.
        """
        clashes: dict[tuple[int, int, int], int] = {}
        shares: dict[int, np.ndarray] = {}
        none = np.zeros(counties, np.int64)
        for number in range(_PARTS):
            if not self._part(number).exists():
                continue
            entries = np.fromfile(self._part(number), _ENTRY)
            by = (entries["county"], ~entries["inside"], entries["key"], entries["layer"])
            entries = entries[np.lexsort(by)]
            again = np.ones(len(entries), bool)
            again[0] = False
            for name in ("layer", "key"):
                again[1:] &= entries[name][1:] == entries[name][:-1]
            for layer in np.unique(entries["layer"]):
                own = entries["county"][~again & (entries["layer"] == layer)]
                share = np.bincount(own, minlength=counties)
                shares[int(layer)] = shares.get(int(layer), none) + share
            for clash in _clashes(entries, np.flatnonzero(again)):
                clashes.setdefault(clash[:3], clash[3])
        return [Clash(*place, key) for place, key in sorted(clashes.items())], shares


def _clashes(entries: np.ndarray, again: np.ndarray) -> Iterator[tuple[int, int, int, int]]:
    """Yield layer, counties and key of what differs from the entry before it, once a pair."""
    again = again[entries["content"][again] != entries["content"][again - 1]]
    one, other = entries["county"][again - 1], entries["county"][again]
    places = np.column_stack(
        [entries["layer"][again], np.minimum(one, other), np.maximum(one, other)]
    )
    places, first = np.unique(places, axis=0, return_index=True)
    for (layer, low, high), key in zip(places.tolist(), entries["key"][again[first]], strict=True):
        yield layer, low, high, int(key)
