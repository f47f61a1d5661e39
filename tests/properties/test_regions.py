"""A city that is cut into counties and joined again is the same to travel in."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import City, join_cities
from planner import travel_times
from tests.examples import examples
from tests.regions import TOWNS, split_city


def without(city: City, closed) -> City:
    """Return the city without some of its streets."""
    tables = city.tables()
    edges = tables["road_edges"]
    edges["max_speed_kmh"] = np.where(edges.index % 3, 30.0, np.nan)
    tables["road_edges"] = edges.drop(index=sorted(closed)).reset_index(drop=True)
    return City.from_inspected(tables)


def minutes(city: City, mode: str):
    ends = [frame.set_index(key).geometry.sort_index() for frame, key in (
        (city.settlements, "settlement_id"), (city.halls, "hall_id"))]  # fmt: skip
    times = travel_times(city.roads, *ends, mode=mode, limit_minutes=None, max_snap_metres=2000)
    return times.minutes.toarray(), times.minutes.nnz


@given(
    closed=st.sets(st.integers(0, 311), max_size=100),
    of_node=st.lists(st.integers(0, 1), min_size=169, max_size=169),
    turned=st.booleans(),
    mode=st.sampled_from(["walk", "car"]),
)
@settings(max_examples=examples(10), deadline=None)
def test_travel_over_borders_takes_as_long_as_without_them(
    undivided, closed, of_node, turned, mode
):
    whole = without(undivided, closed)
    parts = split_city(whole, TOWNS, of_node, City.from_inspected)
    joined = join_cities(parts[::-1] if turned else parts, code="1", name="一", name_en="One")
    ours, theirs = minutes(joined, mode), minutes(whole, mode)
    assert ours[1] == theirs[1]
    assert np.array_equal(ours[0], theirs[0])
