"""Who goes where, who does not and why; what allocations refuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planner import allocation, travel_times
from planner.errors import SitingError

MINUTES = np.array([[2.0, 8.0], [3.0, 5.0], [np.inf, np.inf]])


def test_a_full_hall_sends_residents_to_the_next():
    answer = allocation.system_optimal(MINUTES, [10, 10, 0], [12, 30])
    assert answer.flows.toarray().tolist() == [[10, 0], [2, 8], [0, 0]]
    assert answer.served["minutes"][1] == pytest.approx((2 * 3 + 8 * 5) / 10)
    assert answer.loads["use"].tolist() == [1, 8 / 30]


def test_more_served_goes_before_fewer_minutes():
    minutes = np.array([[1.0, 100.0], [2.0, np.inf]])
    answer = allocation.system_optimal(minutes, [5, 5], [5, 5])
    assert answer.unserved.sum() == 0
    assert answer.objective == 5 * 100 + 5 * 2


def test_it_is_said_why_somebody_is_not_served():
    answer = allocation.system_optimal(MINUTES, [10, 10, 4], [9, 0])
    assert answer.unserved.tolist() == [1, 10, 4]
    assert answer.reason.tolist() == ["full", "full", "out_of_reach"]


def towns(small_city):
    homes = small_city.settlements.set_index("settlement_id")
    halls = small_city.halls
    halls = halls[halls["tier"] == "community"].set_index("hall_id")
    times = travel_times(small_city.roads, homes, halls, mode="walk", limit_minutes=60)
    of_homes = homes["community_code"].str[:9]
    return times, homes["residents"], of_homes, halls["town_code"]


def test_borders_can_be_respected_penalised_or_ignored(small_city):
    times, residents, of_homes, of_halls = towns(small_city)
    room = pd.Series(2400.0, times.supply_ids)
    room["H1"] = 800.0
    open_borders = allocation.system_optimal(times, residents, room)
    inside = allocation.within_borders(times, of_homes, of_halls)
    closed = allocation.system_optimal(inside, residents, room)
    assert closed.unserved.sum() >= open_borders.unserved.sum()
    rows = np.repeat(of_homes.to_numpy(), np.diff(closed.flows.indptr))
    assert (rows == of_halls.to_numpy()[closed.flows.indices]).all()
    penalised = allocation.within_borders(times, of_homes, of_halls, penalty_minutes=5)
    dear = allocation.system_optimal(penalised, residents, room)
    assert dear.unserved.sum() == open_borders.unserved.sum()
    assert dear.objective >= open_borders.objective


def test_who_reaches_a_hall_only_across_a_border_is_told_so(small_city):
    times, residents, of_homes, of_halls = towns(small_city)
    elsewhere = pd.Series("somewhere else", of_halls.index)
    inside = allocation.within_borders(times, of_homes, elsewhere)
    answer = allocation.nearest(inside, residents)
    assert (answer.reason == "border").all()


def test_exchanges_make_room_for_somebody_who_saves_more():
    minutes = np.array([[1.0, 2.0], [1.0, 50.0]])
    answer = allocation.whole(minutes, [10, 10], [10, 10])
    assert answer.served["supply_id"].tolist() == [1, 0]
    assert answer.status == "optimal"


def test_people_divide_themselves_by_attractiveness_and_minutes():
    answer = allocation.choice(
        np.array([[10.0, 20.0]]),
        [90],
        capacity=[50, 50],
        attractiveness=[100, 200],
        impedance=lambda minutes: np.exp(-0.0 * minutes),
    )
    assert answer.flows.toarray() == pytest.approx(np.array([[30, 60]]))
    assert answer.loads["overload"].tolist() == pytest.approx([0, 10])


REFUSED = {
    "a negative demand": (
        lambda: allocation.nearest(MINUTES, [1, -1, 1]),
        "demand[1] is -1.0; give a finite number of 0 or more",
    ),
    "a demand without a number": (
        lambda: allocation.system_optimal(
            pd.DataFrame(MINUTES, index=list("abc")), pd.Series({"a": 1, "b": 2}), [1, 1]
        ),
        "demand has nothing for c; index it by the ids",
    ),
    "a capacity that is not a number": (
        lambda: allocation.system_optimal(MINUTES, [1, 1, 1], [1, np.nan]),
        "capacity[1] is nan",
    ),
    "negative minutes": (
        lambda: allocation.nearest(np.array([[1.0, -2.0]]), [1]),
        "minutes of demand 0 are -2.0",
    ),
    "minutes that are not a number": (
        lambda: allocation.nearest(np.array([[1.0, np.nan]]), [1]),
        "minutes of demand 0 are nan",
    ),
    "a negative impedance": (
        lambda: allocation.choice(MINUTES, [1, 1, 1], impedance=lambda minutes: -minutes),
        "impedance gives a weight that is negative",
    ),
    "a penalty that is negative": (
        lambda: allocation.within_borders(None, None, None, penalty_minutes=-1),
        "penalty_minutes is -1",
    ),
    "staying away that is better than going": (
        lambda: allocation.whole(MINUTES, [1, 1, 1], [1, 1], unserved_minutes=1),
        "at least the longest minutes",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_argument_that_cannot_be_worked_with_is_named(name):
    call, says = REFUSED[name]
    with pytest.raises(SitingError) as raised:
        call()
    assert says in str(raised.value)


@pytest.mark.parametrize(
    "allocate",
    [allocation.nearest, allocation.system_optimal, allocation.whole, allocation.choice],
)
def test_nobody_and_nothing_are_allocated_too(allocate):
    empty = allocate(np.zeros((0, 2)), [], [1, 1])
    assert empty.flows.shape == (0, 2)
    nowhere = allocate(np.full((2, 1), np.inf), [3, 0], [5])
    assert nowhere.unserved.tolist() == [3, 0]
    assert nowhere.reason.fillna("-").tolist() == ["out_of_reach", "-"]
