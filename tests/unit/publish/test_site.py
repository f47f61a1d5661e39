"""The website of a plan opens from disk, holds the plan's figures and says what changed."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import replace

import pytest

from geodata.errors import DataError
from geodata.language import use_language
from planner.again import open_plan, read_record
from planner.errors import PlanError
from planner.exports import export, record, record_text
from planner.publish import changes, publish

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(small_plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    assert publish(small_plan, folder, language="en") == folder / "index.html"
    return folder


def test_every_link_leads_to_a_file_of_the_site(site):
    for page in ("index.html", "index.zh.html"):
        links = re.findall(r'(?:href|src)="([^"]+)"', (site / page).read_text("utf-8"))
        files = {link for link in links if not link.startswith(("#", "data:"))}
        assert {"map.html", "report.docx", "bulletin.pdf", "plan.json", "gaps.csv"} <= files
        assert all((site / name).is_file() for name in files)


def test_the_page_holds_the_figures_of_the_plan(site, small_plan):
    page = (site / "index.html").read_text("utf-8")
    assert f"{small_plan.summary['unserved_before']:,}" in page
    for name in small_plan.recommendations["name"]:
        assert name in page


def test_hostile_names_are_text(small_plan, tmp_path):
    sites = small_plan.recommendations.copy()
    sites["name"] = "<script>alert(1)</script>"
    publish(replace(small_plan, recommendations=sites), tmp_path, language="en")
    page = (tmp_path / "index.html").read_text("utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_bulletin_is_one_page(site):
    document = (site / "bulletin.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", document)) == 1


def test_a_site_says_that_nothing_changed_and_stays_the_same(site, small_plan):
    publish(small_plan, site, language="en")
    first = (site / "index.html").read_bytes()
    assert b"Nothing has changed" in first
    publish(small_plan, site, language="en")
    assert (site / "index.html").read_bytes() == first


def test_changes_name_data_standard_shares_and_sites(small_plan):
    now = record(small_plan)
    past = deepcopy(now)
    assert changes(past, now) == []
    past["layers_sha256"]["halls"] = "0" * 64
    past["standard"]["id"] = "another"
    past["summary"]["share_before"] = 0.5
    gone, past["recommendations"] = past["recommendations"][0], past["recommendations"][1:]
    with use_language("en"):
        said = " ".join(changes(past, now))
    for words in ("halls", "standard", "50.0%", gone["name"]):
        assert words in said


def test_a_plan_is_made_again_from_its_folder(small_city, small_plan, tmp_path):
    export(small_plan, tmp_path, language="en", report=False)
    again = open_plan(tmp_path, small_city)
    assert record_text(again) == record_text(small_plan)


def test_another_city_is_refused_by_the_layers_that_differ(small_plan, taicang, tmp_path):
    export(small_plan, tmp_path, language="en", report=False)
    with pytest.raises(PlanError, match="halls"):
        open_plan(tmp_path, taicang)
    with pytest.raises(PlanError, match="--city"):
        open_plan(tmp_path)


def test_a_folder_without_a_plan_is_refused(tmp_path):
    with pytest.raises(PlanError, match=r"plan\.json"):
        read_record(tmp_path)
    (tmp_path / "plan.json").write_text("[]", "utf-8")
    with pytest.raises(PlanError, match="no record"):
        read_record(tmp_path)


def test_a_file_in_the_way_leaves_everything_as_it_was(small_plan, tmp_path):
    (tmp_path / "site").write_text("mine", "utf-8")
    with pytest.raises(DataError):
        publish(small_plan, tmp_path / "site", language="en")
    assert (tmp_path / "site").read_text("utf-8") == "mine"
