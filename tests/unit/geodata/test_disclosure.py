"""Small counts of sensitive clients are not published, nor told by what is."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata import City
from geodata.disclosure import publishable, suppressed
from tests.small_city import small_city_tables


def test_a_small_count_is_replaced_and_the_next_smallest_withheld():
    shown = suppressed(pd.DataFrame({"clients": [3, 40, 12]}))
    assert shown["clients"].tolist() == ["<5", 40, "withheld"]


def test_a_difference_of_two_columns_can_be_small_too():
    shown = suppressed(pd.DataFrame({"clients": [40, 30], "served": [38, 30]}))
    assert shown.loc[0].tolist() == ["withheld", "withheld"]


def test_groups_that_add_up_to_different_totals_are_looked_at_apart():
    shown = suppressed(pd.DataFrame({"clients": [2, 9, 2, 9]}), together=["a", "a", "b", "b"])
    assert shown["clients"].tolist() == ["<5", "withheld"] * 2


@given(st.lists(st.integers(0, 30), min_size=2, max_size=8))
def test_no_small_count_follows_from_the_total_and_the_others(counts):
    shown = suppressed(pd.DataFrame({"clients": counts}))["clients"]
    hidden = [count for count, cell in zip(counts, shown, strict=True) if isinstance(cell, str)]
    assert not any(0 < cell < 5 for cell in shown if not isinstance(cell, str))
    assert len(hidden) != 1


@given(st.lists(st.integers(0, 30), min_size=2, max_size=8))
def test_a_small_count_can_be_anything_where_enough_is_withheld_beside_it(counts):
    shown = suppressed(pd.DataFrame({"clients": counts}))["clients"].tolist()
    # What the attacker knows: the sum of what is hidden, "<5" is 1 to 4, "withheld" 5 or more.
    hidden = [(cell, count) for cell, count in zip(shown, counts, strict=True) if cell != count]
    small = [count for cell, count in hidden if cell == "<5"]
    others = [count for cell, count in hidden if cell == "withheld" and count > 0]
    if not small or all(isinstance(cell, str) for cell, n in zip(shown, counts, strict=True) if n):
        return
    left = sum(small) + sum(others) - 5 * len(others) - (len(small) - 1)
    assert others
    assert left >= 4


def test_more_is_withheld_where_the_next_smallest_would_not_do():
    shown = suppressed(pd.DataFrame({"clients": [1, 5, 40, 9]}))["clients"]
    # 1 and 5 add up to 6: with 5 or more withheld, the small one would be told.
    assert shown.tolist() == ["<5", 5, 40, "withheld"]


def city_with(counts):
    tables = small_city_tables()
    tables["communities"] = tables["communities"].assign(clients_drug_control=counts)
    return City.from_tables(tables)


def told(counts):
    return publishable(city_with(counts)).communities["clients_drug_control"].tolist()


@pytest.mark.slow
def test_what_is_published_of_a_city_depends_on_published_counts_alone():
    assert told([3, 9, 30, 11]) == told([12, 0, 1, 40])  # towns of 12 and 41
    assert told([1, 2, 30, 11]) == told([4, 0, 1, 39])  # one of them small: their sum alone
    assert told([1, 2, 0, 3]) == told([4, 0, 0, 1])  # both small: not even that
    assert told([3, 9, 30, 11]) != told([4, 9, 30, 11])


@pytest.mark.slow
def test_towns_that_are_published_keep_their_counts_and_unknown_ones_stay_unknown():
    assert told([3, 9, 30, 11]) == [6, 6, 21, 20]
    assert told([10, None, 30, 11])[:2] == [10, pd.NA]
    assert sum(told([1, 2, 30, 11])) == 44


@pytest.mark.slow
def test_other_layers_and_counts_stay_as_they_are():
    city = city_with([3, 9, 30, 11])
    public = publishable(city)
    assert public.communities["clients_youth"].tolist() == [6] * 4
    assert city.communities["clients_drug_control"].tolist() == [3, 9, 30, 11]
    assert public.roads is city.roads
