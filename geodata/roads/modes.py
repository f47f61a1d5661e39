"""Modes of travel as data: how fast each goes on which class of road."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from geodata.errors import DataError

KMH_TO_METRES_PER_MINUTE = 1000 / 60


@dataclass(frozen=True)
class Mode:
    """How a mode travels.

    Attributes
    ----------
    name
        Such as ``"walk"``.
    default_kmh
        Speed in km/h on classes that ``kmh`` does not name.
    kmh
        Speed in km/h by OpenStreetMap highway class.
    forbidden
        Classes that the mode may not use.
    obeys_oneway
        Whether one-way streets bind it.
    obeys_limits
        Whether it goes no faster than a road's maximum speed.
    """

    name: str
    default_kmh: float
    kmh: Mapping[str, float]
    forbidden: frozenset[str]
    obeys_oneway: bool
    obeys_limits: bool

    def metres_per_minute(self, road_class: np.ndarray, max_speed_kmh: np.ndarray) -> np.ndarray:
        """Return the speed on each road, in metres a minute; 0 where the mode may not go.

        Parameters
        ----------
        road_class
            Highway class of each road.
        max_speed_kmh
            Maximum speed of each road in km/h; NaN where none is stated.
        """
        classes, which = np.unique(road_class, return_inverse=True)
        by_class = [
            0.0 if c in self.forbidden else self.kmh.get(c, self.default_kmh) for c in classes
        ]
        kmh = np.array(by_class, dtype=float)[which]
        if self.obeys_limits:
            kmh = np.fmin(kmh, max_speed_kmh)
        return kmh * KMH_TO_METRES_PER_MINUTE


@cache
def modes() -> dict[str, Mode]:
    """Return the modes that ``modes.toml`` states, by name."""
    tables = tomllib.loads(files("geodata.roads").joinpath("modes.toml").read_text("utf-8"))
    return {
        name: Mode(
            name=name,
            default_kmh=table["default_kmh"],
            kmh=table.get("kmh", {}),
            forbidden=frozenset(table["forbidden"]),
            obeys_oneway=table["obeys_oneway"],
            obeys_limits=table["obeys_limits"],
        )
        for name, table in tables.items()
    }


def mode_named(name: str) -> Mode:
    """Return a mode.

    Raises
    ------
    DataError
        If there is no such mode; the text lists those there are.
    """
    if name not in modes():
        raise DataError("unknown_mode", name=name, known=", ".join(modes()))
    return modes()[name]
