"""Counts brought to new codes."""

from __future__ import annotations

import pandas as pd
import pytest

from geodata import DataError
from geodata.linking import carry_over, check_changes, read_changes

OLD = pd.DataFrame(
    {"code": ["A", "B", "C", "D"], "residents": [101, 50, 30, 7], "households": [33, 20, None, 2]}
)
CHANGES = pd.DataFrame(
    {
        "old_code": ["A", "A", "B", "C"],
        "new_code": ["A1", "A2", "A2", "E"],
        "share": [0.5, 0.5, 1.0, None],
    }
)


def test_split_merged_renamed_and_unchanged():
    new = carry_over(OLD, CHANGES, ["residents", "households"])
    assert new["code"].tolist() == ["A1", "A2", "D", "E"]
    assert new["residents"].tolist() == [51, 100, 7, 30]
    assert new["residents"].sum() == OLD["residents"].sum()


def test_a_count_that_is_missing_stays_missing():
    new = carry_over(OLD, CHANGES, ["households"]).set_index("code")["households"]
    assert pd.isna(new["E"])
    assert new["A1"] + new["A2"] == 53


def test_codes_may_be_swapped_in_one_step():
    swap = pd.DataFrame({"old_code": ["A", "B"], "new_code": ["B", "A"], "share": 1.0})
    new = carry_over(OLD.iloc[:2], swap, ["residents"])
    assert new["residents"].tolist() == [50, 101]


def test_a_code_that_is_in_neither_is_told():
    with pytest.raises(DataError, match="row 4: the code D is neither"):
        carry_over(OLD, CHANGES, ["residents"], known=["A1", "A2", "E"])


def test_a_mapping_is_read_as_text(tmp_path):
    path = tmp_path / "changes.csv"
    path.write_text("old_code,new_code,share\n012,013,1\n")
    assert read_changes(path)["old_code"].tolist() == ["012"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("A", "B", 0.5)], "add up to 0.5"),
        ([("A", "B", 0.7), ("A", "C", 0.7)], "add up to 1.4"),
        ([("A", "B", 1.5)], "the share is"),
        ([("A", "B", -1)], "the share is"),
        ([("A", "B", "half")], "the share is 'half'"),
        ([("A", "B", None), ("A", "C", 1)], "the share is ''"),
        ([("A", "B", 0.5), ("A", "B", 0.5)], "stands in an earlier row"),
        ([(None, "B", 1)], "old_code is empty"),
        ([("A", "Z", 1)], "new code Z is not in the layer"),
    ],
)
def test_a_wrong_mapping_is_refused(rows, says):
    table = pd.DataFrame(rows, columns=["old_code", "new_code", "share"])
    with pytest.raises(DataError, match=says):
        check_changes(table, known=["B", "C"])
