"""The harmonious-community checklist by hand; the cheapest lift against every choice there is."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import City
from planner import Standard
from planner.errors import PlanError
from planner.harmony import cheapest_lift, checklist, missing_units
from tests.bad_inputs.test_bad_cities import run, save

pytestmark = pytest.mark.slow

STANDARD = Standard.load("taicang-2013")
CODES = ["320585100001", "320585100200", "320585101001", "320585101200"]


def test_how_far_each_community_is_from_each_criterion(small_tables):
    communities = small_tables["communities"]
    every = "party_committee;residents_committee;affairs_office;service_station"
    communities["bodies"] = [every, "party_committee", every, None]
    communities["community_workers"] = [3, 2, 3, 0]
    units = missing_units(City.from_tables(small_tables), STANDARD)
    assert units["bodies"].tolist()[:3] == [0, 3, 0]
    assert np.isnan(units["bodies"].iloc[3])
    assert units["functions"].tolist() == [0, 1, 0, 1]
    assert units["form"].tolist() == [0, 1, 0, 1]
    assert units["floor_area"].tolist()[:3] == [0, 0, 0]
    assert np.isnan(units["floor_area"].iloc[3])
    # 14 workers and 6 organisations per 10,000 are 3 and 2 for 2,000 residents.
    assert units["community_workers"].tolist() == [0, 1, 0, 3]
    assert units["organisations"].sum() == 4 * 2 - 2
    assert units["reach"].tolist() == [0, 0, 0, 0]


def test_what_the_layers_do_not_say_is_neither_met_nor_missed(small_city):
    table = checklist(small_city, STANDARD)
    assert (table["unknown"].str.contains("bodies;")).all()
    assert not table["missed"].str.contains("bodies").any()


def test_a_community_without_a_hall_lacks_all_that_a_hall_gives(small_tables):
    small_tables["halls"].loc[3, "status"] = "closed"
    units = missing_units(City.from_tables(small_tables), STANDARD).loc[CODES[0]]
    assert units["functions"] == 6
    assert units["form"] == 1
    assert units["floor_area"] == 30 * 7


def test_taicang_has_its_feature_communities_and_every_town_reaches_its_target(taicang):
    units = missing_units(taicang, STANDARD)
    table = checklist(taicang, STANDARD, units)
    assert table["feature"].sum() == 20
    assert not table["meets"].all()
    assert (table.loc[~table["meets"], "missed"] != "").all()
    actions, towns = cheapest_lift(taicang, STANDARD, units)
    assert towns["reached"].all()
    assert (towns["share_after"] >= towns["target_share"] - 1e-9).all()
    assert actions["cost_yuan"].sum() == towns["cost_yuan"].sum() > 0


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_no_choice_of_remedies_costs_less(small_city, data):
    names = ["bodies", "functions", "form", "floor_area", "community_workers", "organisations",
             "reach"]  # fmt: skip
    amount = st.sampled_from([0.0, 0.0, 1.0, 2.0, np.nan])
    rows = data.draw(st.lists(st.lists(amount, min_size=7, max_size=7), min_size=4, max_size=4))
    units = pd.DataFrame(rows, pd.Index(CODES, name="community_code"), names)
    actions, towns = cheapest_lift(small_city, STANDARD, units)
    prices = {name: getattr(STANDARD.harmony.criteria, name).yuan_per_unit for name in names}
    # A community of each kind in each town: all four must meet five criteria of seven.
    for code, row in units.iterrows():
        lacking = 5 - int((row == 0).sum())
        able = [row[n] * prices[n] for n in names if prices[n] is not None and row[n] > 0]
        cheapest = min((sum(c) for c in combinations(able, max(lacking, 0))), default=None)
        mine = actions[actions["community_code"] == code]
        if lacking <= 0 or cheapest is None:
            assert mine.empty
        else:
            assert mine["cost_yuan"].item() == pytest.approx(cheapest)
    assert (towns["reached"] == (towns["meeting"] + towns["lifted"] == 1)).all()


def test_the_cheapest_communities_of_a_town_are_lifted(taicang):
    units = missing_units(taicang, STANDARD)
    table = checklist(taicang, STANDARD, units)
    _, towns = cheapest_lift(taicang, STANDARD, units)
    cost = {
        code: sum(
            sorted(
                row[n] * c.yuan_per_unit
                for n in units
                if row[n] > 0 and (c := getattr(STANDARD.harmony.criteria, n)).yuan_per_unit
            )[: 5 - int((row == 0).sum())]
        )
        for code, row in units.iterrows()
        if (row == 0).sum() < 5
    }
    for row in towns.itertuples():
        mine = table[(table["town_code"] == row.town_code) & (table["kind"] == row.kind)]
        needed = max(int(np.ceil(row.target_share * len(mine) - 1e-9)) - row.meeting, 0)
        cheapest = sorted(cost[code] for code in mine.loc[~mine["meets"], "community_code"])
        assert row.cost_yuan == pytest.approx(sum(cheapest[:needed]))


def test_a_standard_without_the_checklist_is_refused(small_city):
    with pytest.raises(PlanError, match=r"has no \[harmony\]"):
        checklist(small_city, Standard.load("national-14fyp"))


@pytest.mark.parametrize("view", [(), ("--missed",), ("--towns",), ("--actions",)])
def test_the_command(small_tables, tmp_path, monkeypatch, capsys, view):
    place = save(small_tables, tmp_path / "city")
    code, said, _ = run(monkeypatch, capsys, "harmony", place, *view)
    assert code == 0
    assert "of 4 communities meet the checklist" in said
    code, said, _ = run(monkeypatch, capsys, "harmony", place, *view, "--csv", "--lang", "zh")
    assert code == 0
    assert "checklist" not in said
