"""Standards are data, each figure with its source."""

from __future__ import annotations

import pytest

from planner import Standard
from planner.profiles import profile_names

PROFILES = ["health-walk-15", "national-14fyp", "taicang-2013"]


def test_the_profiles_come_with_the_planner():
    assert profile_names() == PROFILES


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_is_called_what_its_file_is(name):
    standard = Standard.load(name)
    assert standard.id == name
    assert standard.name.zh
    assert standard.name.en


def test_the_figures_of_the_report_stand_in_the_taicang_profile():
    standard = Standard.load("taicang-2013")
    assert standard.reach_of("community", "urban").minutes == 15
    assert len(standard.functions_of("municipal").required) == 5
    assert standard.functions_of("town").minimum == 5
    assert standard.functions_of("community", "urban").minimum == 6
    assert standard.functions_of("community", "rural").minimum == 8
    assert standard.floor_area_m2("urban", 1000) == 900
    assert standard.floor_area_m2("rural", 1000) == 1300


def test_the_national_plan_asks_for_area_by_households():
    standard = Standard.load("national-14fyp")
    assert standard.floor_area_m2("rural", 2_000) == pytest.approx(600)
    assert standard.facility_share.rural == 0.8


def test_new_rural_is_as_rural_where_a_profile_says_nothing():
    standard = Standard.load("national-14fyp")
    assert standard.reach_of("community", "new_rural") == standard.reach_of("community", "rural")
    assert standard.form_of("new_rural") == standard.form_of("rural")
