"""Platforms against the standard, by hand on the small city; the report's figures on Taicang."""

from __future__ import annotations

import json

import pytest

from geodata import City
from planner import Standard
from planner.errors import PlanError
from planner.platforms import floor_area_by_kind, municipal_centre, platforms
from tests.bad_inputs.test_bad_cities import run, save

pytestmark = pytest.mark.slow

STANDARD = Standard.load("taicang-2013")


@pytest.fixture
def table(small_tables):
    communities = small_tables["communities"]
    communities["bodies"] = "party_committee;residents_committee;affairs_office;service_station"
    communities.loc[1, "bodies"] = "party_committee;service_station"
    return platforms(City.from_tables(small_tables), STANDARD).set_index("hall_id")


def test_completeness_is_what_is_required_and_the_extras(table):
    assert table["completeness"].to_dict() == {
        "M1": "5+0", "T1": "4/5+0", "T2": "4/5+0", "H1": "6+1", "H2": "7/8+0", "H3": "6+1",
        "H4": "7/8+0",
    }  # fmt: skip
    assert table.at["H2", "functions_missing"] == "village_accounts"


def test_bodies_that_a_community_lacks_are_named(table):
    assert table.at["H2", "bodies_missing"] == "residents_committee;affairs_office"
    assert table.at["H1", "bodies_missing"] == ""


def test_bodies_are_not_known_where_the_layer_does_not_say(small_city):
    assert platforms(small_city, STANDARD)["bodies_missing"].isna().all()


def test_demand_is_that_of_the_residents_whose_nearest_hall_it_is(table):
    local = table[table["tier"] == "community"]
    assert local["visits_per_day"].sum() == pytest.approx(8_000 * 12 / 1_000)
    assert table.at["H2", "capacity_gap_visits_per_day"] == pytest.approx(
        table.at["H2", "visits_per_day"] - 10
    )
    assert table.at["H2", "windows_needed"] == -(-table.at["H2", "visits_per_day"] // 5)


def test_a_station_is_to_be_upgraded_to_a_hall(table):
    assert table["upgrade"].dropna().to_dict() == {"H2": "hall", "H4": "hall"}


def test_floor_area_by_household(table):
    assert table.at["H1", "m2_per_100_households"] == pytest.approx(100 * 950 / 700)


def test_floor_area_of_taicang_by_kind_is_what_the_report_says(taicang):
    areas = floor_area_by_kind(taicang, STANDARD).set_index("kind")
    assert areas["met"].all()
    assert areas["required_m2"].to_dict() == {"rural": 1300, "urban": 900}
    national = floor_area_by_kind(taicang, Standard.load("national-14fyp"))
    assert national["met_per_100_households"].all()
    assert national["required_m2"].isna().all()


def test_the_municipal_centre_of_taicang_houses_what_the_report_counts(taicang):
    housed = municipal_centre(taicang, STANDARD)
    counts = housed[housed["present"]].groupby("what").size()
    assert counts.to_dict() == {
        "departments": 9, "functions": 5, "hosted_organisations": 10, "rooms": 5,
    }  # fmt: skip


def test_a_function_that_the_centre_lacks_is_named(small_tables):
    small_tables["halls"].loc[0, "functions"] = "incubation"
    housed = municipal_centre(City.from_tables(small_tables), STANDARD)
    assert (~housed["present"]).sum() == 4
    small_tables["halls"].loc[0, "status"] = "closed"
    with pytest.raises(PlanError, match="none of municipal is open"):
        municipal_centre(City.from_tables(small_tables), STANDARD)


@pytest.fixture
def city(small_tables, tmp_path):
    return save(small_tables, tmp_path / "city")


def test_the_command_lists_what_is_lacking(city, monkeypatch, capsys):
    code, said, _ = run(monkeypatch, capsys, "platforms", city, "--tier", "community", "--lacking")
    assert code == 0
    assert "7/8+0" in said
    assert "village accounts" in said.lower()
    _, said, _ = run(monkeypatch, capsys, "platforms", city, "--json")
    assert len(json.loads(said)) == 7
    for view in ("--centre", "--areas"):
        code, said, _ = run(monkeypatch, capsys, "platforms", city, view, "--lang", "zh")
        assert code == 0
        assert said


def test_standard_list_and_show(monkeypatch, capsys):
    _, said, _ = run(monkeypatch, capsys, "standard", "list", "--json")
    names = [row["standard"] for row in json.loads(said)]
    assert names == ["health-walk-15", "national-14fyp", "taicang-2013"]
    _, said, _ = run(monkeypatch, capsys, "standard", "show", "taicang-2013", "--json")
    figures = {row["key"]: row for row in json.loads(said)}
    assert figures["floor_area.urban.m2_per_hall"]["value"] == "900.0"
    assert figures["floor_area.urban.m2_per_hall"]["source"].startswith("report 2013")


def test_standard_new_copies_and_never_overwrites(tmp_path, monkeypatch, capsys):
    mine = tmp_path / "mine.toml"
    code, _, _ = run(monkeypatch, capsys, "standard", "new", "taicang-2013", mine)
    assert code == 0
    assert Standard.load(mine).id == "mine"
    assert Standard.load(mine).reach == STANDARD.reach
    mine.write_text("precious")
    code, _, err = run(monkeypatch, capsys, "standard", "new", "taicang-2013", mine)
    assert code == 2
    assert "exists already" in err
    assert mine.read_text() == "precious"


def test_standard_check_names_every_key_that_is_wrong(tmp_path, monkeypatch, capsys):
    mine = tmp_path / "mine.toml"
    run(monkeypatch, capsys, "standard", "new", "taicang-2013", mine)
    code, said, _ = run(monkeypatch, capsys, "standard", "check", mine)
    assert code == 0
    assert "nothing is wrong" in said
    spoilt = (
        mine.read_text("utf-8")
        .replace("minutes = 15", "minutes = -3")
        .replace('"village_accounts"', '"dancing"')
        .replace("m2_per_hall = 900", "m2_per_hal = 900")
    )
    mine.write_text(spoilt, "utf-8")
    code, said, _ = run(monkeypatch, capsys, "standard", "check", mine, "--json")
    assert code == 2
    assert {row["key"] for row in json.loads(said)} == {
        "reach.community.urban.minutes",
        "reach.community.rural.minutes",
        "functions.community.rural.required",
        "floor_area.urban.m2_per_hal",
    }
    mine.write_text("not toml [")
    code, _, err = run(monkeypatch, capsys, "standard", "check", mine)
    assert code == 2
    assert "not a TOML profile" in err
