"""Small counts of sensitive clients are not published, nor told by what is."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from geodata.disclosure import suppressed


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
