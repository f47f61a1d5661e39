"""Indicators: every published figure comes out of the layers, beside its target and source."""

from __future__ import annotations

import json
from importlib.resources import files

import pandas as pd
import pytest

from geodata import City
from planner import Standard
from planner.errors import PlanError
from planner.indicators import INDICATORS, indicator_table
from planner.indicators.table import summary
from planner.messages import catalogue
from tests.bad_inputs.test_bad_cities import run, save

pytestmark = pytest.mark.slow

STANDARDS = [Standard.load("taicang-2013"), Standard.load("national-14fyp")]


@pytest.fixture(scope="module")
def table(taicang):
    return indicator_table(taicang, STANDARDS)


@pytest.fixture(scope="module")
def figures():
    path = files("geodata") / "cities" / "taicang" / "sources" / "figures.json"
    return json.loads(path.read_text("utf-8"))


def value(table: pd.DataFrame, indicator: str, group: str = "") -> float:
    rows = table[(table["indicator"] == indicator) & (table["group"] == group)]
    return rows["value"].iloc[0]


FIGURES = [
    ("residents", "", ("census_2020", "residents")),
    ("residents", "urban", ("census_2020", "urban_residents")),
    ("residents", "rural", ("census_2020", "rural_residents")),
    ("households", "", ("census_2020", "family_households")),
    ("age_0_14", "", ("census_2020", "age_0_14")),
    ("age_60_plus", "", ("census_2020", "age_60_plus")),
    ("centre_floor_area", "", ("report_2013", "municipal_centre", "floor_area_m2")),
    ("centre_floor_area", "", ("taicang_2016", "municipal_centre_floor_area_m2")),
    ("town_floor_area_mean", "", ("taicang_2016", "town_centre_avg_floor_area_m2")),
    ("centre_investment", "", ("report_2013", "municipal_centre", "investment_yuan")),
    ("centre_rooms", "", ("report_2013", "municipal_centre", "rooms")),
    ("centre_functions", "", ("report_2013", "municipal_centre", "functions")),
    ("centre_departments", "", ("report_2013", "municipal_centre", "joint_management_departments")),
    ("centre_hosted", "", ("report_2013", "municipal_centre", "hosted_organisations")),
    ("towns", "town", ("report_2013", "town_platforms", "towns")),
    ("towns", "district", ("report_2013", "town_platforms", "districts")),
    ("town_platform_coverage", "", ("report_2013", "town_platforms", "coverage")),
    ("community_platform_coverage", "urban", ("report_2013", "community_platforms", "coverage")),
    ("opened", "hall", ("report_2013", "community_platforms", "new_halls")),
    ("opened", "rural_station", ("report_2013", "community_platforms", "new_rural_stations")),
    (
        "floor_area_mean",
        "urban",
        ("report_2013", "community_platforms", "avg_floor_area_m2_urban_over"),
    ),
    (
        "floor_area_mean",
        "rural",
        ("report_2013", "community_platforms", "avg_floor_area_m2_rural_over"),
    ),
    ("harmonious", "urban", ("report_2013", "harmonious_share", "urban")),
    ("harmonious", "rural", ("report_2013", "harmonious_share", "rural")),
    ("feature", "", ("report_2013", "feature_communities")),
    ("organisations", "", ("report_2013", "organisations")),
    ("organisation_categories", "", ("report_2013", "organisation_categories")),
    ("projects", "venture", ("report_2013", "venture_projects")),
    ("project_funds", "venture", ("report_2013", "venture_funds_yuan")),
    ("project_funds", "suzhou", ("report_2013", "suzhou_funds_yuan")),
    ("project_funds", "purchase", ("report_2013", "purchase_funds_yuan_over")),
    ("posts", "", ("report_2013", "social_workers_over")),
    ("worker_fields", "", ("report_2013", "worker_fields")),
    ("service_area", "", ("national_plan_2025", "community_service_area_m2_per_100_households")),
    (
        "community_workers",
        "urban",
        ("national_plan_2025", "community_workers_per_10000_urban_permanent_residents"),
    ),
    ("community_platform_coverage", "rural", ("national_plan_2025", "rural_facility_coverage")),
    ("community_platform_coverage", "urban", ("national_plan_2025", "urban_facility_coverage")),
    ("community_platform_coverage", "", ("jiangsu_2020", "facility_coverage")),
    ("service_area_met", "", ("jiangsu_2020", "share_meeting_30m2_per_100_households")),
]


@pytest.mark.parametrize(("indicator", "group", "where"), FIGURES)
def test_a_published_figure_is_the_target_of_its_indicator(table, figures, indicator, group, where):
    figure = figures
    for key in where:
        figure = figure[key]
    published = len(figure) if isinstance(figure, list) else figure
    rows = table[(table["indicator"] == indicator) & (table["group"] == group)]
    assert published in rows["target"].tolist()
    assert rows["source"].notna().all()


def test_what_the_report_says_is_met_and_what_it_leaves_out_shows(table):
    missed = table[table["met"].eq(False)]
    assert set(missed["indicator"]) == {
        "community_complete", "town_floor_area_mean", "service_area_met", "within_reach",
        "centre_floor_area", "community_workers",
    }  # fmt: skip
    assert summary(table)["unknown"] == 0


def test_towns_add_up_to_the_city(taicang, table):
    towns = indicator_table(taicang, STANDARDS, by_town=True)
    assert towns["town_code"].nunique() == 9
    for name in ("residents", "organisations", "posts", "projects", "project_funds", "feature"):
        mine = towns[(towns["indicator"] == name) & (towns["group"] == "")]
        assert mine["value"].sum() == value(table, name)
        assert mine["target"].isna().all()
    assert not towns["indicator"].str.startswith("centre_").any()
    shares = towns[(towns["indicator"] == "community_complete") & (towns["group"] == "rural")]
    assert (shares["target"] == 1.0).all()


def test_figures_of_the_small_city_by_hand(small_city):
    table = indicator_table(small_city, STANDARDS)
    assert value(table, "within_reach", "community") == pytest.approx(0.6)
    assert value(table, "floor_area_mean", "urban") == pytest.approx((950 + 700) / 2)
    assert value(table, "service_area", "urban") == pytest.approx(100 * 1650 / 1400)
    assert value(table, "service_area_met") == pytest.approx(3 / 4)
    assert value(table, "community_hall_coverage", "rural") == 0
    assert value(table, "harmonious", "rural") == 0.5
    assert value(table, "organisation_density") == pytest.approx(2 / 0.8)
    assert value(table, "certified", "youth") == 0.5
    assert value(table, "opened", "rural_station") == 2
    assert value(table, "community_complete", "rural") == 0


def test_what_the_layers_do_not_say_is_neither_met_nor_missed(small_city):
    table = indicator_table(small_city, STANDARDS)
    row = table[(table["indicator"] == "centre_rooms") & (table["group"] == "")].iloc[0]
    assert pd.isna(row["value"])
    assert row["met"] is None
    assert row["target"] == 5
    assert summary(table)["unknown"] > 0


def test_communities_of_a_new_rural_kind_have_the_targets_of_rural_ones(small_tables):
    small_tables["communities"]["kind"] = ["urban", "new_rural", "urban", "new_rural"]
    table = indicator_table(City.from_tables(small_tables), STANDARDS)
    rows = table[(table["indicator"] == "floor_area_mean") & (table["group"] == "new_rural")]
    assert rows["target"].tolist() == [1300]


def test_after_a_plan_more_residents_are_within_reach(taicang_plan, taicang, table):
    both = indicator_table(taicang, STANDARDS, plan=taicang_plan)
    assert both["value"].equals(table["value"])
    reach = both[(both["indicator"] == "within_reach") & (both["group"] == "community")].iloc[0]
    assert reach["value"] == pytest.approx(taicang_plan.summary["share_before"])
    assert reach["value_after"] == pytest.approx(taicang_plan.summary["share_after"])
    new = both[(both["indicator"] == "opened") & (both["group"].isin(["hall", "station"]))]
    assert (new["value_after"] - new["value"]).sum() == len(taicang_plan.recommendations)
    posts = both[both["indicator"] == "posts"]
    recruited = taicang_plan.posts.groupby("field")["posts"].sum()
    recruited[""] = recruited.sum()
    more = posts["value_after"] - posts["value"]
    assert more.tolist() == posts["group"].map(recruited).fillna(0).tolist()


def test_every_indicator_and_unit_has_a_name_in_both_languages():
    assert set(catalogue.entries["indicator"]) == set(INDICATORS)
    units = {indicator.unit for indicator in INDICATORS.values()} - {"count", "share"}
    assert units == set(catalogue.entries["unit"])


def test_a_target_of_an_indicator_that_there_is_not_is_refused():
    tables = STANDARDS[0].model_dump(exclude_none=True)
    tables["indicators"] = [{"id": "happiness", "target": 1, "source": "none"}]
    with pytest.raises(PlanError, match="no indicator 'happiness'"):
        Standard.from_tables(tables, "mine")


@pytest.mark.parametrize(
    ("comparison", "tolerance", "given", "met"),
    [
        ("at_least", 0, 10, True),
        ("at_least", 0, 9.99, False),
        ("at_least", 0.01, 9.95, True),
        ("above", 0, 10, False),
        ("equal", 0, 10, True),
        ("equal", 0.01, 10.2, False),
        ("equal", 0, None, None),
    ],
)
def test_met_or_not(comparison, tolerance, given, met):
    from planner.standard_tables import IndicatorTarget

    target = IndicatorTarget(
        id="posts", target=10, comparison=comparison, tolerance=tolerance, source="s"
    )
    assert target.met(given) is met


@pytest.fixture
def city(small_tables, tmp_path):
    return save(small_tables, tmp_path / "city")


@pytest.mark.parametrize("by", ["town", "tier", "kind", "field"])
def test_the_command_by_each_breakdown(city, monkeypatch, capsys, by):
    code, said, _ = run(monkeypatch, capsys, "indicators", city, "--by", by, "--json")
    assert code == 0
    rows = json.loads(said)
    assert rows
    if by == "town":
        assert {row["town_name"] for row in rows} == {"西镇", "东镇"}
    else:
        assert {row["dimension"] for row in rows} == {by}


def test_the_command_says_how_many_are_met_now_and_after(city, monkeypatch, capsys):
    arguments = ("indicators", city, "--new-halls", 2, "--standard", "taicang-2013", "--lang", "zh")
    code, said, _ = run(monkeypatch, capsys, *arguments)
    assert code == 0
    assert "项目标中已达标" in said
    assert "规划实施后" in said
    _, missed, _ = run(monkeypatch, capsys, "indicators", city, "--missed", "--csv")
    assert missed.splitlines()[0].startswith("indicator,name,dimension,group")
    assert all(",False," in line for line in missed.splitlines()[1:])
