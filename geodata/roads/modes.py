"""Modes of travel as data: how fast each goes on which class of road."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from geodata.errors import DataError
from geodata.layers import DIRECTIONS

KMH_TO_METRES_PER_MINUTE = 1000 / 60


_Kmh = Annotated[float, Field(gt=0, le=1_000)]


@dataclass(frozen=True)
class Mode:
    """How a mode travels.

    Attributes
    ----------
    name
        Such as ``"walk"``.
    vehicle
        The roads' column that says where it may go: foot, bicycle or motorcar.
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
    surface
        Factors of the speed by OpenStreetMap surface; 1 for those not named.
    penalty_minutes
        Minutes added to each road of a class.
    """

    name: str
    vehicle: str
    default_kmh: float
    kmh: Mapping[str, float] = field(hash=False)
    forbidden: frozenset[str]
    obeys_oneway: bool
    obeys_limits: bool
    surface: Mapping[str, float] = field(hash=False)
    penalty_minutes: Mapping[str, float] = field(hash=False)

    def minutes(
        self,
        length_metres: np.ndarray,
        road_class: np.ndarray,
        max_speed_kmh: np.ndarray,
        surface: np.ndarray | None = None,
        duration_minutes: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the minutes that each road takes from end to end, wherever the mode may go.

        Parameters
        ----------
        length_metres
            Length of each road.
        road_class
            Highway class of each road.
        max_speed_kmh
            Maximum speed of each road in km/h; NaN where none is stated.
        surface
            OpenStreetMap surface of each road; missing where none is stated.
        duration_minutes
            Minutes that a road takes as stated (ferries), in place of length and speed; NaN where
            nothing is stated.
        """
        kmh = _looked_up(self.kmh, road_class, self.default_kmh)
        if self.obeys_limits:
            kmh = np.fmin(kmh, max_speed_kmh)
        if surface is not None:
            kmh = kmh * _looked_up(self.surface, surface, 1.0)
        minutes = length_metres / (kmh * KMH_TO_METRES_PER_MINUTE)
        if duration_minutes is not None:
            minutes = np.where(np.isnan(duration_minutes), minutes, duration_minutes)
        return minutes + _looked_up(self.penalty_minutes, road_class, 0.0)

    def directions(
        self, road_class: np.ndarray, oneway: np.ndarray, stated: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return whether the mode may go along each road, and against its direction.

        Parameters
        ----------
        road_class
            Highway class of each road.
        oneway
            Whether each road is one-way in its direction.
        stated
            What the column ``vehicle`` says, where there is one: both, forward, backward, no, or
            missing; it goes before class and one-way.
        """
        allowed = ~np.isin(road_class, list(self.forbidden))
        forward, backward = allowed, allowed & ~(oneway & self.obeys_oneway)
        if stated is not None:
            said = np.isin(stated, DIRECTIONS)
            forward = np.where(said, np.isin(stated, ("both", "forward")), forward)
            backward = np.where(said, np.isin(stated, ("both", "backward")), backward)
        return forward, backward


def _looked_up(table: Mapping[str, float], keys: np.ndarray, default: float) -> np.ndarray:
    codes, names = pd.factorize(pd.Series(keys, dtype="str"))
    values = np.array([*(table.get(name, default) for name in names), default])
    return values[codes]


class _Profile(BaseModel):
    """A mode's table in a TOML file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    vehicle: Literal["foot", "bicycle", "motorcar"]
    default_kmh: _Kmh
    kmh: dict[str, _Kmh] = {}
    forbidden: list[str] = []
    obeys_oneway: bool
    obeys_limits: bool
    surface: dict[str, Annotated[float, Field(gt=0)]] = {}
    penalty_minutes: dict[str, Annotated[float, Field(ge=0)]] = {}


_PROFILES: TypeAdapter[dict[str, _Profile]] = TypeAdapter(dict[str, _Profile])


@cache
def modes() -> dict[str, Mode]:
    """Return the modes that ``modes.toml`` states, by name."""
    return load_modes(Path(str(files("geodata.roads") / "modes.toml")))


def load_modes(path: str | Path) -> dict[str, Mode]:
    """Return the modes that a TOML file states, by name.

    Parameters
    ----------
    path
        A file of the form of ``geodata/roads/modes.toml``: copy that one and edit it.

    Returns
    -------
    dict
        Modes, each of which may stand wherever a mode's name does.

    Raises
    ------
    DataError
        If there is no such file, it is not TOML, or a key is missing, unknown or has a wrong
        value; the text names each.

    Examples
    --------
    >>> network.graph(load_modes("my-modes.toml")["cargo_bike"])  # doctest: +SKIP
    """
    try:
        profiles = _PROFILES.validate_python(tomllib.loads(Path(path).read_text("utf-8")))
    except FileNotFoundError as error:
        raise DataError("no_such_file", str(path)) from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
        raise DataError("modes_invalid", str(path), wrong=wrong) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError("modes_invalid", str(path), wrong=error) from error
    return {
        name: Mode(name=name, **profile.model_dump() | {"forbidden": frozenset(profile.forbidden)})
        for name, profile in profiles.items()
    }


def mode_named(mode: str | Mode) -> Mode:
    """Return a mode by its name; a mode itself as it is.

    Raises
    ------
    DataError
        If there is no such mode; the text lists those there are.
    """
    if isinstance(mode, Mode):
        return mode
    if mode not in modes():
        raise DataError("unknown_mode", name=mode, known=", ".join(modes()))
    return modes()[mode]
