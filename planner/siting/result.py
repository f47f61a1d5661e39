"""What a siting model answers: the sites, how good they are, and how good any could be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

Status = Literal["optimal", "feasible", "infeasible"]
NOWHERE = -1


@dataclass(frozen=True, eq=False, repr=False)
class SitingResult:
    """The answer of a siting model.

    Attributes
    ----------
    model
        Name of the model, such as ``"MCLP"``.
    status
        ``optimal`` (proven), ``feasible`` (the best found in the time given) or ``infeasible``.
    sites
        Positions of the chosen sites, ascending, sites that are open already included; empty if
        infeasible.
    assignment
        For each demand the position of a site that serves it, -1 where none does.
    objective
        Value of the answer: weight covered, or cost; NaN if infeasible.
    bound
        What no answer can beat: at least the objective where it is maximised, at most where it is
        minimised.
    seconds
        How long it took.
    message
        Why it is infeasible or unproven, and the demand that makes it so; empty if optimal.
    weights
        Weight of each demand.
    fixed
        Positions of the sites that were open already.
    """

    model: str
    status: Status
    sites: np.ndarray
    assignment: np.ndarray
    objective: float
    bound: float
    seconds: float
    message: str
    weights: np.ndarray
    fixed: np.ndarray

    @property
    def gap(self) -> float:
        """How far the answer may be from the best: |objective - bound| / |objective|."""
        if self.objective == self.bound:
            return 0.0
        return abs(self.objective - self.bound) / abs(self.objective) if self.objective else np.inf

    @cached_property
    def demand(self) -> pd.DataFrame:
        """A row per demand: weight, site (missing where none serves it), covered."""
        served = self.assignment != NOWHERE
        site = pd.Series(self.assignment, dtype="Int64").mask(~served)
        return pd.DataFrame({"weight": self.weights, "site": site, "covered": served})

    @cached_property
    def facilities(self) -> pd.DataFrame:
        """A row per chosen site, by position: fixed, demands, load (weight assigned to it)."""
        frame = self.demand[self.demand["covered"]]
        by_site = frame.groupby("site")["weight"].agg(demands="size", load="sum")
        table = by_site.reindex(pd.Index(self.sites, name="site"), fill_value=0)
        table.insert(0, "fixed", np.isin(self.sites, self.fixed))
        return table

    def summary(self) -> str:
        """Return the answer in one line."""
        if self.status == "infeasible":
            return f"{self.model}: infeasible. {self.message}"
        new = len(self.sites) - len(self.fixed)
        return (
            f"{self.model}: {self.status}, {new} new sites beside {len(self.fixed)} fixed, "
            f"objective {self.objective:,g}, bound {self.bound:,g}, gap {self.gap:.4%}, "
            f"{self.seconds:.2f} s"
        )

    def __repr__(self) -> str:
        """Return the summary."""
        return f"SitingResult({self.summary()})"
