"""Who reaches which open hall or candidate site: what every decision starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack

from planner import coverage
from planner.errors import PlanError
from planner.sites import available_sites, forbidden_positions

if TYPE_CHECKING:
    from geodata.city import City
    from planner.coverage import Access
    from planner.progress import Progress
    from planner.standard import Standard


@dataclass(frozen=True, eq=False)
class Situation:
    """Settlements, the open halls of the community tier and the available sites of a city.

    Attributes
    ----------
    city, standard
        What there is, and what there should be.
    to_halls, to_sites
        Travel from the settlements to the open halls, and to the available sites.
    sites
        The available candidate sites, by id, in the columns' order of ``to_sites``.
    """

    city: City
    standard: Standard
    to_halls: Access
    to_sites: Access
    sites: gpd.GeoDataFrame

    @property
    def open_count(self) -> int:
        """How many halls are open; they are the first columns of ``reach``."""
        return int(self.to_halls.travel.minutes.shape[1])

    @cached_property
    def reach(self) -> csr_array:
        """Which open hall, then which site is within the standard's minutes of which settlement."""
        return csr_array(hstack([self.to_halls.reach(), self.to_sites.reach()], format="csr"))

    def reach_within(self, factor: float) -> csr_array:
        """Return the same where the standard's minutes are multiplied (or speeds are)."""
        parts = [
            replace(reached, minutes_allowed=reached.minutes_allowed * factor).reach()
            for reached in (self.to_halls, self.to_sites)
        ]
        return csr_array(hstack(parts, format="csr"))

    @cached_property
    def residents(self) -> np.ndarray:
        """Residents of each settlement."""
        return self.city.settlements["residents"].to_numpy(float)

    @cached_property
    def costs(self) -> np.ndarray:
        """Cost of each column of ``reach``, in yuan; 0 for open halls."""
        return np.concatenate([np.zeros(self.open_count), self.sites["cost_yuan"].to_numpy(float)])

    @cached_property
    def kinds(self) -> np.ndarray:
        """Kind of community of each settlement: urban or rural (new rural ones too)."""
        kinds = coverage.settlement_kinds(self.city).to_numpy(str)
        return np.where(kinds == "urban", "urban", "rural")

    @cached_property
    def towns(self) -> np.ndarray:
        """Code of the town of each settlement."""
        town = self.city.communities.set_index("code")["town_code"]
        return self.city.settlements["community_code"].map(town).to_numpy(str)

    @cached_property
    def places(self) -> pd.DataFrame:
        """Name, town and cost of each available site, by id."""
        communities = self.city.communities.set_index("code")
        home = communities.loc[self.sites["community_code"]]
        towns = self.city.towns.set_index("code")["name"]
        names = self.sites["name"].astype(object)
        return pd.DataFrame(
            {
                "site_id": self.sites.index,
                "name": names.where(names.notna(), home["name"].to_numpy()).to_numpy(),
                "form": self.sites["form"].to_numpy(),
                "community_code": self.sites["community_code"].to_numpy(),
                "community_name": home["name"].to_numpy(),
                "town_name": home["town_code"].map(towns).to_numpy(),
                "cost_yuan": self.sites["cost_yuan"].to_numpy(float),
            },
            index=self.sites.index,
        )

    def options(self, forbidden: Sequence[str] = ()) -> dict[str, Any]:
        """Return what the siting models are asked of this city, beside their limits.

        Raises
        ------
        PlanError
            If a forbidden site does not exist.
        """
        closed = forbidden_positions(self.city, forbidden, self.sites)
        return {
            "weights": self.residents,
            "site_costs": self.costs,
            "fixed": np.arange(self.open_count),
            "forbidden": closed + self.open_count,
        }

    def ids(self, positions: np.ndarray) -> list[str]:
        """Return the ids of the new sites among columns of ``reach``."""
        new = np.asarray(positions)
        return [
            str(site) for site in self.sites.index[new[new >= self.open_count] - self.open_count]
        ]

    def served(self, sites: Sequence[str]) -> np.ndarray:
        """Return which settlements the open halls and some sites serve."""
        columns = self.sites.index.get_indexer(list(sites)) + self.open_count
        every = np.concatenate([np.arange(self.open_count), columns])
        return np.asarray(self.reach[:, every].sum(axis=1) > 0)

    def in_order(
        self,
        sites: Sequence[str],
        before: Sequence[str] = (),
        residents: np.ndarray | None = None,
    ) -> pd.DataFrame:
        """Return some sites, the one first that serves most whom those before it do not.

        Parameters
        ----------
        sites, before
            Ids of these sites, and of those that are built already.
        residents
            Residents of each settlement; today's if left out.

        Returns
        -------
        DataFrame
            The columns of ``places``, and residents_gained.
        """
        people = self.residents if residents is None else residents
        served = self.served(before)
        left, rows = list(sites), []
        while left:
            gained = {site: float(people[self.served([site]) & ~served].sum()) for site in left}
            best = max(left, key=lambda site: (gained[site], -self.sites.index.get_loc(site)))
            rows.append((best, int(gained[best])))
            served = served | self.served([best])
            left.remove(best)
        order = [site for site, _ in rows]
        return self.places.loc[order].assign(residents_gained=[gain for _, gain in rows])


def situation(city: City, standard: Standard, progress: Progress | None = None) -> Situation:
    """Return who reaches which open hall or candidate site of a city.

    Raises
    ------
    PlanError
        If no hall is open, or no site is available.
    """
    say = progress or (lambda _stage: None)
    halls = coverage.open_halls(city, "community")
    if len(halls) == 0:
        raise PlanError("no_open_halls")
    sites = available_sites(city)
    say("coverage")
    to_halls = coverage.access(city, standard, "community", halls)
    say("travel")
    to_sites = coverage.access(city, standard, "community", sites)
    return Situation(city, standard, to_halls, to_sites, sites)
