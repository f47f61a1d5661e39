"""Isochrones of a city's places: the ground from which each is reached by the standard's travel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.travel import isochrones

if TYPE_CHECKING:
    from geodata.city import City
    from planner.standard import Standard
    from planner.standard_tables import Tier

SHARES = (0.5, 1.0)
"""Shares of the standard's minutes that isochrones are drawn for."""
_OUTLINE_DEGREES = 1e-4
"""Outlines are kept to this, some 10 metres: a fifth of how far beside a road counts as reached."""


def isochrones_of_city(
    city: City,
    standard: Standard,
    places: gpd.GeoDataFrame,
    *,
    tier: Tier = "community",
    shares: tuple[float, ...] = SHARES,
) -> gpd.GeoDataFrame:
    """Return the ground from which places are reached within shares of the standard's minutes.

    Mode and minutes are those that the standard gives the residents of the place's own community.

    Parameters
    ----------
    city
        The city, with roads or without (then travel is approximate).
    standard
        Which mode and how many minutes, by kind of community.
    places
        Points with ``community_code``, identified by their index: halls or sites.
    tier
        The tier that the places are of, or would be.
    shares
        Of the standard's minutes, ascending.

    Returns
    -------
    GeoDataFrame
        A row per place and share, in the order given: from_id, share, mode, minutes, area_km2, and
        the polygon, its outline to 10 metres, exteriors counterclockwise; None where not even the
        road is reached in time.

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> halls = planner.coverage.open_halls(city, "community")[:1]
    >>> ground = isochrones_of_city(city, planner.Standard.load("taicang-2013"), halls)
    >>> ground["minutes"].tolist()
    [7.5, 15.0]
    """
    kinds = places["community_code"].map(city.communities.set_index("code")["kind"])
    rules = [standard.reach_of(tier, kind) for kind in kinds]
    table = pd.DataFrame(
        {
            "from_id": places.index.repeat(len(shares)),
            "share": np.tile(shares, len(places)),
            "mode": np.repeat([rule.mode for rule in rules], len(shares)),
            "minutes": np.outer([rule.minutes for rule in rules], shares).ravel(),
            "area_km2": np.nan,
        }
    )
    ground = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([None] * len(table), crs=places.crs))
    alike = np.array([f"{rule.mode} {rule.minutes}" for rule in rules])
    for rule in np.unique(alike):
        some = np.flatnonzero(alike == rule)
        limits = table["minutes"].to_numpy()[some[0] * len(shares) :][: len(shares)]
        mode = rules[some[0]].mode
        found = isochrones(city.roads, places.iloc[some], limits, mode=mode, towards=True)
        rows = (some[:, None] * len(shares) + np.arange(len(shares))).ravel()
        ground.loc[rows, "area_km2"] = found["area_km2"].to_numpy()
        ground.loc[rows, "geometry"] = found.geometry.to_crs(places.crs).to_numpy()
    outlines = shapely.simplify(np.asarray(ground.geometry.array), _OUTLINE_DEGREES)
    return ground.set_geometry(gpd.GeoSeries(shapely.orient_polygons(outlines), crs=places.crs))
