"""travel_times: minutes over the roads between many points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from geodata.errors import DataError
from geodata.roads import mode_named, snap
from geodata.roads.snapping import DEFAULT_MAX_SNAP_METRES
from planner.travel.great_circle import great_circle_minutes
from planner.travel.rows import Method, Progress, minutes_between
from planner.travel.times import TravelTimes

if TYPE_CHECKING:
    from geodata.roads import Mode, RoadNetwork


def travel_times(
    network: RoadNetwork | None,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    destinations: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    mode: str | Mode,
    limit_minutes: float | None,
    max_snap_metres: float = DEFAULT_MAX_SNAP_METRES,
    method: Method | None = None,
    progress: Progress | None = None,
) -> TravelTimes:
    """Return the minutes from every origin to every destination within a limit.

    A point enters the roads where the nearest edge that the mode may use is nearest, also in its
    middle; the way there is walked. The search starts from whichever side has fewer points, and
    goes over a contraction hierarchy where that is faster; ``searched`` says how it was.

    Parameters
    ----------
    network
        The roads; None for great-circle distance with a detour factor (then ``approximate``).
    origins, destinations
        Points with a coordinate system; ids are their index.
    mode
        walk, bicycle, e_bike or car, or a ``Mode`` of one's own (``geodata.roads.load_modes``).
    limit_minutes
        Pairs farther than this are left out; exactly at the limit counts. None for no limit.
    max_snap_metres
        A point farther than this from every usable road is an error.
    method
        ``"search"`` or ``"hierarchy"``; the one that should be faster if left out. The minutes are
        the same to the last bit.
    progress
        Told, from time to time, how many searches are done and of how many.

    Returns
    -------
    TravelTimes
        Origins × destinations. An origin that reaches nothing keeps an empty row.

    Raises
    ------
    DataError
        If a point is missing, not finite or too far from the roads, the mode is unknown or has no
        road, or the limit is negative.

    References
    ----------
    Dijkstra (1959), "A note on two problems in connexion with graphs"; Geisberger, Sanders,
    Schultes and Vetter (2012), "Exact routing in large road networks using contraction
    hierarchies"; Delling, Goldberg and Werneck (2011), "Faster batched shortest paths in road
    networks".

    Examples
    --------
    >>> import geodata
    >>> city = geodata.open_city("taicang")
    >>> homes = city.settlements.set_index("settlement_id")
    >>> halls = city.halls.set_index("hall_id")
    >>> times = travel_times(city.roads, homes, halls, mode="walk", limit_minutes=15)
    >>> times.shape == (len(homes), len(halls))
    True
    """
    if limit_minutes is not None and not limit_minutes >= 0:
        raise DataError("bad_limit", value=limit_minutes)
    return _travel_times(
        network,
        origins,
        destinations,
        mode,
        limit_minutes,
        max_snap_metres,
        method=method,
        progress=progress,
    )


def k_nearest(
    network: RoadNetwork | None,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    destinations: gpd.GeoDataFrame | gpd.GeoSeries,
    k: int,
    *,
    mode: str | Mode,
    limit_minutes: float | None = None,
    max_snap_metres: float = DEFAULT_MAX_SNAP_METRES,
    progress: Progress | None = None,
) -> TravelTimes:
    """Return the minutes from every origin to its k nearest destinations.

    The search from an origin stops as soon as no nearer destination can be found. Of several
    equally near the one that stands first counts as nearer.

    Parameters
    ----------
    network, origins, destinations, mode, limit_minutes, max_snap_metres, progress
        As ``travel_times`` takes them.
    k
        How many, 1 or more.

    Returns
    -------
    TravelTimes
        Origins × destinations with at most k entries a row.

    Raises
    ------
    DataError
        As ``travel_times``; also if k is not a whole number of 1 or more.

    Examples
    --------
    >>> import geodata
    >>> city = geodata.open_city("taicang")
    >>> homes = city.settlements.set_index("settlement_id")
    >>> halls = city.halls.set_index("hall_id")
    >>> two = k_nearest(city.roads, homes, halls, 2, mode="walk")
    >>> len(two.to_frame()) == 2 * len(homes)
    True
    """
    if limit_minutes is not None and not limit_minutes >= 0:
        raise DataError("bad_limit", value=limit_minutes)
    if k < 1 or k != int(k):
        raise DataError("bad_k", value=k)
    return _travel_times(
        network,
        origins,
        destinations,
        mode,
        limit_minutes,
        max_snap_metres,
        nearest=int(k),
        progress=progress,
    )


def _travel_times(
    network: RoadNetwork | None,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    destinations: gpd.GeoDataFrame | gpd.GeoSeries,
    mode: str | Mode,
    limit_minutes: float | None,
    max_snap_metres: float,
    *,
    nearest: int = 0,
    method: Method | None = None,
    progress: Progress | None = None,
) -> TravelTimes:
    limit = np.inf if limit_minutes is None else float(limit_minutes)
    if network is None:
        minutes = great_circle_minutes(origins, destinations, mode, limit, nearest=nearest)
        snaps = np.zeros(len(origins)), np.zeros(len(destinations))
        searched = "great circle"
    else:
        start, end = (
            snap(network, points, mode, max_snap_metres=max_snap_metres, layer=layer)
            for layer, points in (("origins", origins), ("destinations", destinations))
        )
        graph = network.graph(mode)
        rows = minutes_between(
            graph, start, end, limit, nearest=nearest, method=method, progress=progress
        )
        minutes, snaps = rows.minutes, (start.metres, end.metres)
        searched = f"{rows.method} from {'destinations' if rows.reversed else 'origins'}"
    return TravelTimes(
        minutes=minutes,
        demand_ids=origins.index,
        supply_ids=destinations.index,
        mode=mode_named(mode).name,
        limit_minutes=limit_minutes,
        approximate=network is None,
        demand_snap_metres=snaps[0],
        supply_snap_metres=snaps[1],
        searched=searched,
    )
