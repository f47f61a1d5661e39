"""Visits joined to rounds of at most a working day, by a routing solver (PyVRP)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.errors import ArgumentError
from planner.staffing.of_city import outreach_rules, places_of
from planner.travel import travel_times

if TYPE_CHECKING:
    from geodata.city import City
    from planner.staffing.of_city import CityOutreach
    from planner.standard import Standard

_SECONDS = 3600


def circuits(
    minutes: np.ndarray,
    hours: np.ndarray,
    *,
    hours_per_day: float = 8.0,
    iterations: int = 500,
    seed: int = 0,
) -> list[list[int]]:
    """Return routes that visit every place once, each from the base and back within a day.

    Total travel is made small (vehicle routing with a longest duration); it is never more than
    going out and back to every place.

    Parameters
    ----------
    minutes
        One-way minutes, shape (n + 1, n + 1): the base first, then the places.
    hours
        Hours of the visit to each place, shape (n,).
    hours_per_day
        Longest route, travel included; kept to a second for each stop.
    iterations
        Of the solver's search; the same number and seed give the same routes.
    seed
        Seed of the search.

    Returns
    -------
    list of list of int
        Places (1 to n) in the order of each route.

    Raises
    ------
    ArgumentError
        If a place cannot be visited in a day.

    References
    ----------
    Wouda, Lan and Kool (2024), "PyVRP: a high-performance VRP solver package", INFORMS Journal on
    Computing 36.

    Examples
    --------
    >>> circuits(np.array([[0, 60, 60], [60, 0, 5], [60, 5, 0.0]]), np.array([2.0, 2.0]))
    [[1, 2]]
    """
    times = np.asarray(minutes, float)
    alone = times[0, 1:] / 60 + times[1:, 0] / 60 + hours
    if (alone > hours_per_day + 1e-6).any():
        place = int(np.argmax(alone)) + 1
        raise ArgumentError(f"place {place} takes {alone.max():.1f} hours; give a longer day")
    out_and_back = [[place] for place in range(1, len(times))]
    if len(out_and_back) < 2:
        return out_and_back
    routes = _solved(times, np.asarray(hours, float), hours_per_day, iterations, seed)
    return (
        routes
        if travel_minutes(times, routes) < travel_minutes(times, out_and_back)
        else (out_and_back)
    )


def travel_minutes(minutes: np.ndarray, routes: list[list[int]]) -> float:
    """Return the minutes of travel of routes from the base and back."""
    stops = [[0, *route, 0] for route in routes]
    return float(sum(minutes[route[:-1], route[1:]].sum() for route in stops))


def _solved(
    times: np.ndarray, hours: np.ndarray, day: float, iterations: int, seed: int
) -> list[list[int]]:
    """Return the routes that PyVRP finds; none if none is feasible."""
    import pyvrp

    seconds = np.round(np.where(np.isfinite(times), times, 1e6) * 60).astype(np.int64)
    np.fill_diagonal(seconds, 0)
    count = len(hours)
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in range(count + 1)],
        clients=[
            pyvrp.Client(place + 1, service_duration=int(np.round(hours[place] * _SECONDS)))
            for place in range(count)
        ],
        depots=[pyvrp.Depot(0)],
        vehicle_types=[
            # Rounding to seconds may lengthen a route by as much at every stop.
            pyvrp.VehicleType(count, shift_duration=int(day * _SECONDS) + count + 1)
        ],
        distance_matrices=[seconds],
        duration_matrices=[seconds],
    )
    stop = pyvrp.stop.MaxIterations(iterations)
    best = pyvrp.solve(data, stop, seed=seed, collect_stats=False, display=False).best
    if not best.is_feasible():
        return [[place] for place in range(1, count + 1)]
    return [
        [activity.idx + 1 for activity in route if activity.is_client()] for route in best.routes()
    ]


def circuits_of_city(
    city: City, standard: Standard, answer: CityOutreach, *, iterations: int = 500, seed: int = 0
) -> pd.DataFrame:
    """Return the rounds of every worker: visits of an outreach plan joined to save travel.

    A worker's first visits to all communities make a round, the second ones the next, so that a
    community is not visited twice on a day; each round is cut into routes of at most a day.

    Returns
    -------
    DataFrame
        A row per stop: field, worker, route (its number), times (how often in the period), stop
        (1, 2, ...), community, hours; travel_hours and out_and_back_hours of the route.
    """
    rules = outreach_rules(standard)
    visits = pd.concat(
        [plan.visits.assign(field=field) for field, plan in answer.plans.items()]
        or [pd.DataFrame(columns=["community", "worker", "days", "hours", "field"])],
        ignore_index=True,
    )
    rows: list[dict[str, object]] = []
    if visits.empty:
        return pd.DataFrame(rows)
    visits["base"] = visits["worker"].str.rsplit("/", n=2).str[0]
    between = _between(city, rules.mode, visits)
    for (field, worker), mine in visits.groupby(["field", "worker"], sort=False):
        number = 0
        levels = [0, *sorted(mine["days"].unique())]
        for before, level in pairwise(levels):
            stops = mine[mine["days"] >= level]
            ids = [stops["base"].iloc[0], *stops["community"]]
            minutes = between.loc[ids, ids].to_numpy(float)
            each = (stops["hours"] / stops["days"]).to_numpy(float)
            for route in circuits(
                minutes,
                each,
                hours_per_day=rules.hours_per_day,
                iterations=iterations,
                seed=seed,
            ):
                number += 1
                about = {
                    "field": field,
                    "worker": worker,
                    "route": number,
                    "times": int(level - before),
                    "travel_hours": travel_minutes(minutes, [route]) / 60,
                    "out_and_back_hours": travel_minutes(minutes, [[p] for p in route]) / 60,
                }
                rows += [
                    about | {"stop": k, "community": ids[place], "hours": each[place - 1]}
                    for k, place in enumerate(route, 1)
                ]
    return pd.DataFrame(rows)


def _between(city: City, mode: str, visits: pd.DataFrame) -> pd.DataFrame:
    """Return minutes between all bases and visited communities, infinite where there is no way."""
    halls = city.halls.set_index("hall_id")["geometry"]
    bases = halls.loc[visits["base"].unique()]
    places = gpd.GeoSeries(
        pd.concat([bases, places_of(city, visits["community"])]), crs=city.halls.crs
    )
    travel = travel_times(city.roads, places, places, mode=mode, limit_minutes=None)
    dense = np.full(travel.shape, np.inf)
    rows = np.repeat(np.arange(len(places)), np.diff(travel.minutes.indptr))
    dense[rows, travel.minutes.indices] = travel.minutes.data
    return pd.DataFrame(dense, places.index, places.index)
