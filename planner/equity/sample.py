"""What the indices work on: access and population of the zones where somebody lives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from planner.accessibility.inputs import Amounts, aligned, amounts
from planner.errors import MeasureError


@dataclass(frozen=True, eq=False)
class Sample:
    """Zones with residents; the others are left out, whatever stands there.

    Attributes
    ----------
    access
        Of each zone, finite and 0 or more.
    share
        Of all residents; sums to 1.
    population
        Residents, above 0.
    """

    access: np.ndarray
    share: np.ndarray
    population: np.ndarray
    _ids: pd.Index
    _lived: np.ndarray
    _named: bool

    @classmethod
    def read(cls, access: Amounts, population: Amounts) -> Sample:
        """Return the sample that a caller gave.

        Parameters
        ----------
        access
            By zone id, or a bare vector.
        population
            Residents, by the same ids in any order, or a bare vector beside a bare vector.

        Raises
        ------
        MeasureError
            If a zone has no population or several, nobody lives anywhere, or a number is negative,
            missing or not finite (access only where somebody lives).
        """
        named = isinstance(access, pd.Series)
        given = access if isinstance(access, pd.Series) else pd.Series(np.asarray(access))
        people = amounts("population", population, given.index, named=named)
        lived = people > 0
        if not lived.any():
            raise MeasureError("population is 0 everywhere; give the residents of each zone")
        ids = given.index[lived]
        level = amounts("access", given[lived], ids, named=False)
        people = people[lived]
        return cls(level, people / people.sum(), people, given.index, lived, named)

    @property
    def mean(self) -> float:
        """Mean access of residents."""
        return float(self.share @ self.access)

    def mean_above_zero(self, index: str) -> float:
        """Return the mean access of residents, by which an index divides.

        Raises
        ------
        MeasureError
            If nobody has access.
        """
        mean = self.mean
        if not mean > 0:
            raise MeasureError(f"access is 0 everywhere; {index} compares shares of it")
        return mean

    def labels(self, name: str, values: Any) -> np.ndarray:
        """Return what the zones with residents are labelled with, none of it missing.

        Raises
        ------
        MeasureError
            If a zone where somebody lives has no label.
        """
        found = aligned(name, values, self._ids, named=self._named)[self._lived]
        missing = pd.isna(found)
        if missing.any():
            zone = self._ids[self._lived][missing][0]
            raise MeasureError(f"{name} of {zone} is missing; give one where somebody lives")
        return found

    def numbers(self, name: str, values: Any) -> np.ndarray:
        """Return numbers of the zones with residents, negative ones too, all of them finite.

        Raises
        ------
        MeasureError
            If a zone where somebody lives has none.
        """
        found = self.labels(name, values).astype(float)
        if not np.isfinite(found).all():
            zone = self._ids[self._lived][~np.isfinite(found)][0]
            raise MeasureError(f"{name} of {zone} is infinite; give a finite number")
        return found
