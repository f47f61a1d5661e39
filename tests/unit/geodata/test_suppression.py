"""Tables as they may be published: cases that can be followed by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from geodata import DataError
from geodata.disclosure import suppress


def published(rows, by=("town",), **options):
    table = pd.DataFrame(rows, columns=[*by, "clients"])
    return suppress(table, by=by, value="clients", **options)


def test_the_next_smallest_is_hidden_with_a_small_count():
    shown = published([("A", 3), ("B", 40), ("C", 12)])
    assert shown["clients"].tolist() == ["<5", 40, "withheld", 55]
    assert shown["town"].isna().tolist() == [False, False, False, True]


def test_nothing_is_hidden_where_nothing_is_small():
    assert published([("A", 5), ("B", 0)])["clients"].tolist() == [5, 0, 5]


def test_a_small_total_is_hidden_too():
    assert published([("A", 1), ("B", 2), ("C", 0)])["clients"].tolist() == ["<5", "<5", 0, "<5"]


def test_a_total_that_tells_what_its_small_parts_are_is_hidden():
    # 4 + 4 = 8 with both from 1 to 4 can be nothing else.
    assert published([("A", 4), ("B", 4), ("C", 0)])["clients"].tolist()[-1] == "withheld"


def test_rows_and_columns_protect_one_another():
    rows = [
        (t, f, n)
        for t, counts in {"A": [3, 20, 9], "B": [30, 8, 7], "C": [9, 6, 40]}.items()
        for f, n in zip("xyz", counts, strict=True)
    ]
    shown = published(rows, by=("town", "field")).set_index(["town", "field"])["clients"]
    hidden = shown[shown.map(lambda value: isinstance(value, str))]
    # Of the rectangles with the 3, the one that hides the fewest persons: 20 + 9 + 6.
    assert hidden.to_dict() == {
        ("A", "x"): "<5",
        ("A", "y"): "withheld",
        ("C", "x"): "withheld",
        ("C", "y"): "withheld",
    }


def test_a_hierarchy_is_protected_at_each_level():
    rows = [("A", "A1", 2), ("A", "A2", 30), ("A", "A3", 9), ("B", "B1", 50), ("B", "B2", 60)]
    shown = published(rows, by=("town", "community"), totals=[["town"], []])
    assert shown["clients"].tolist() == ["<5", 30, "withheld", 50, 60, 41, 110, 151]


def test_cells_that_stand_twice_are_added_up():
    assert published([("A", 3), ("A", 4), ("B", 9)])["clients"].tolist() == [7, 9, 16]


def test_where_marks_would_tell_they_are_all_the_same():
    rows = [("A", f, n) for f, n in zip("wxyz", [20, 0, 4, 6], strict=True)]
    rows += [("B", f, 1) for f in "wxyz"]
    shown = published(rows, by=("town", "field"))["clients"]
    hidden = [value for value in shown if isinstance(value, str)]
    assert set(hidden) == {"withheld"}


@pytest.mark.parametrize(
    ("rows", "options", "says"),
    [
        ([("A", -1)], {}, "clients is -1; give a whole number"),
        ([("A", 1.5)], {}, "clients is 1.5"),
        ([("A", None)], {}, "clients is nan|clients is None"),
        ([(None, 3)], {}, "town is empty"),
        ([("A", 3)], {"threshold": 1}, "threshold is 1"),
        ([("A", 3)], {"totals": [["field"]]}, "column field is missing"),
        ([], {}, "no rows"),
    ],
)
def test_what_cannot_be_protected_is_refused(rows, options, says):
    with pytest.raises(DataError, match=says):
        published(rows, **options)
