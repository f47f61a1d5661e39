"""What is written is whole, the same each time, and opens elsewhere."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest

import planner
from geodata.errors import DataError
from planner import exports
from planner.exports import export


@pytest.fixture(scope="module")
def plan(small_plan):
    return small_plan


@pytest.fixture(scope="module")
def folder(plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plan")
    export(plan, folder, report=False)
    return folder


def test_every_file_is_there_and_nothing_else(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        "actions.csv",
        "coverage.csv",
        "gaps.csv",
        "harmony.csv",
        "indicators.csv",
        "inspections.csv",
        "map.html",
        "organisations.csv",
        "outreach.csv",
        "plan.gpkg",
        "plan.json",
        "platforms.csv",
        "posts.csv",
        "projects.csv",
        "recommendations.csv",
        "staffing.csv",
    ]


def test_the_same_plan_gives_the_same_bytes(small_city, folder, tmp_path):
    again = planner.make_plan(small_city, planner.Standard.load("taicang-2013"), new_halls=2)
    for path in export(again, tmp_path / "again", report=False):
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


def test_the_tables_say_what_the_plan_says(plan, folder):
    table = pd.read_csv(folder / "recommendations.csv", dtype={"town_code": str})
    assert table["site_id"].tolist() == plan.recommendations["site_id"].tolist()
    assert table["residents_gained"].tolist() == plan.recommendations["residents_gained"].tolist()
    assert {"lon", "lat"} <= set(table)
    assert (folder / "gaps.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_the_geopackage_opens_with_its_layers(plan, folder):
    layers = set(gpd.list_layers(folder / "plan.gpkg")["name"])
    assert {"recommendations", "gaps", "settlements", "halls", *exports.TABLES} <= layers
    sites = gpd.read_file(folder / "plan.gpkg", layer="recommendations")
    assert sites["site_id"].tolist() == plan.recommendations["site_id"].tolist()
    assert sites.crs.to_epsg() == 4326


@pytest.mark.slow
def test_the_record_is_enough_to_make_the_plan_again(plan, folder, small_city):
    record = json.loads((folder / "plan.json").read_text("utf-8"))
    asked = record["request"]
    standard = planner.Standard.model_validate(record["standard"])
    again = planner.make_plan(
        small_city,
        standard,
        new_halls=asked["new_halls"],
        budget_yuan=asked["budget_yuan"],
        target_share=asked["target_share"],
        forbidden_sites=tuple(asked["forbidden_sites"]),
        time_limit_s=asked["time_limit_s"],
        seed=asked["seed"],
        new_posts=asked["new_posts"],
        projects_budget_yuan=asked["projects_budget_yuan"],
    )
    assert exports.record(again) == exports.record(plan)
    assert set(record["layers_sha256"]) >= {"communities", "road_edges"}


def test_nothing_is_changed_when_a_file_cannot_be_made(plan, folder, tmp_path, monkeypatch):
    export(plan, tmp_path, report=False)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exports, "record_text", full)
    with pytest.raises(DataError, match="No space left"):
        export(plan, tmp_path, report=False)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.slow
def test_other_files_in_the_folder_stay(plan, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    export(plan, tmp_path, report=False)
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.slow
def test_a_report_comes_with_it_and_goes_with_it(plan, tmp_path):
    export(plan, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} > exports.REPORT_FILES
    export(plan, tmp_path, report=False)
    assert not {path.name for path in tmp_path.iterdir()} & exports.REPORT_FILES
