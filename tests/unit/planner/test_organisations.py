"""Organisations: density, reach, incubation, inspection rounds."""

from __future__ import annotations

import json

import pytest

from geodata import City
from planner import Standard
from planner.errors import PlanError
from planner.organisations import density, incubation, inspection_rounds, within_reach
from tests.bad_inputs.test_bad_cities import run, save

pytestmark = pytest.mark.slow

STANDARD = Standard.load("taicang-2013")


def test_density_by_town_and_category(small_city):
    table = density(small_city)
    assert table["organisations"].tolist() == [1, 1, 2]
    assert table["per_10000"].tolist() == pytest.approx([2.5, 2.5, 2.5])
    assert table["公益慈善类"].tolist() == [1, 0, 1]


def test_density_of_taicang_is_that_of_the_report(taicang):
    whole = density(taicang).iloc[-1]
    assert whole["organisations"] == 942
    assert whole["per_10000"] == pytest.approx(942 / 83.1113)
    classes = density(taicang, "registration").iloc[-1]
    names = ["annual_inspection", "direct", "simplified", "filed"]
    assert classes[names].sum() == 942


def test_communities_without_an_organisation_within_reach(small_city):
    table = within_reach(small_city, STANDARD, minutes=15).set_index("community_code")
    # O1 stands by the first community's near settlement, O2 by the fourth's.
    assert not table.at["320585100001", "none_within_reach"]
    assert table.at["320585100200", "none_within_reach"]
    assert table.at["320585100200", "residents_without"] == 2000
    youth = within_reach(small_city, STANDARD, field="youth", minutes=15)
    assert youth["residents_without"].sum() > table["residents_without"].sum()
    with pytest.raises(PlanError, match="works in the field 'other'"):
        within_reach(small_city, STANDARD, field="other")


def test_incubation_at_the_municipal_centre(taicang):
    (row,) = incubation(taicang).itertuples()
    assert row.tier == "municipal"
    assert row.hosted == 10
    assert row.filed_nearest == 400
    assert 0 < row.mean_minutes < row.most_minutes


def test_incubation_without_a_hall_that_offers_it(small_tables):
    small_tables["halls"].loc[0, "functions"] = "exchange"
    with pytest.raises(PlanError, match="no open hall offers incubation"):
        incubation(City.from_tables(small_tables))


def test_rounds_of_a_class_start_at_the_municipal_centre(small_city):
    found = inspection_rounds(small_city, registration="registered")
    assert found.days["visits"].sum() == 2
    assert len(found.days) == found.rounds.bound == 1
    first, second = found.stops.itertuples()
    assert second.arrive_minutes >= first.arrive_minutes + 30
    with pytest.raises(PlanError, match="use one of: registered"):
        inspection_rounds(small_city)


@pytest.mark.slow
def test_every_organisation_of_taicang_that_is_inspected_is_visited_once(taicang):
    found = inspection_rounds(taicang)
    inspected = taicang.organisations.query("registration == 'annual_inspection'")
    assert sorted(found.stops["organisation_id"]) == sorted(inspected["organisation_id"])
    assert found.days["minutes"].max() <= 420 + 1e-6
    assert found.rounds.bound <= len(found.days) <= 1.15 * found.rounds.bound


@pytest.fixture
def city(small_tables, tmp_path):
    return save(small_tables, tmp_path / "city")


@pytest.mark.parametrize("show", ["category", "registration", "reach", "incubation"])
def test_the_command_shows_each_view(city, monkeypatch, capsys, show):
    code, said, _ = run(monkeypatch, capsys, "organisations", city, "--show", show)
    assert code == 0
    assert len(said.splitlines()) > 1


def test_the_command_says_the_fewest_days(city, monkeypatch, capsys):
    arguments = ("organisations", city, "--registration", "registered", "--show")
    _, said, _ = run(monkeypatch, capsys, *arguments, "rounds")
    assert "2 visits in 1 days; no rounds take fewer than 1" in said
    _, said, _ = run(monkeypatch, capsys, *arguments, "stops", "--json")
    assert [row["stop"] for row in json.loads(said)] == [1, 2]
