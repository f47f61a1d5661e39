"""The page holds the plan, whole and escaped."""

from __future__ import annotations

import io
import json
import re

import folium
import pytest

import planner
from geodata import City, DataError
from planner.maps import PlanMap, parts, plan_map
from planner.maps.inline import RemoteResourceError
from tests.small_city import small_city_tables

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def plan(small_plan):
    return small_plan


@pytest.fixture(scope="module")
def page(plan):
    return plan_map(plan).html()


def embedded(page: str) -> dict:
    data = re.search(r'<script type="application/json" id="sanshe-data">(.*?)</script>', page)[1]
    return json.loads(data)


def test_the_map_is_a_folium_map(plan):
    made = plan_map(plan)
    assert isinstance(made, PlanMap)
    assert isinstance(made, folium.Map)


def test_the_page_is_the_same_each_time(plan, page):
    assert plan_map(plan).html() == page


def test_the_page_holds_the_plan(plan, page):
    data = embedded(page)
    assert data["summary"] == json.loads(json.dumps(dict(plan.summary)))
    assert data["recommendations"]["site_id"] == plan.recommendations["site_id"].tolist()
    assert data["communities"]["residents_unserved"] == plan.gaps["residents_unserved"].tolist()
    assert set(data["words"]) == {"en", "zh"}


def test_clients_are_not_on_the_page(page):
    assert "clients" not in page


def test_no_address_is_on_the_page(page):
    markup = re.sub(r"<script.*?</script>|/\*.*?\*/", "", page, flags=re.DOTALL)
    assert "http" not in markup.replace("http-equiv", "")


def test_the_page_opens_in_the_language_asked_for(plan):
    assert '<html lang="en">' in plan_map(plan, "en").html()
    with pytest.raises(ValueError, match="'de'"):
        plan_map(plan, "de")


def test_a_hostile_name_stays_a_name(plan):
    tables = small_city_tables()
    tables["communities"]["name"] = HOSTILE
    tables["boundary"]["name"] = HOSTILE
    city = City.from_tables(tables)
    page = plan_map(planner.make_plan(city, plan.standard, new_halls=1)).html()
    assert HOSTILE not in page
    assert embedded(page)["communities"]["community_name"][0] == HOSTILE


def test_a_map_is_saved_to_a_path_or_a_file(plan, page, tmp_path):
    plan_map(plan).save(tmp_path / "map.html")
    assert (tmp_path / "map.html").read_bytes() == page.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["map.html"]
    buffer = io.BytesIO()
    plan_map(plan).save(buffer, close_file=False)
    assert buffer.getvalue() == page.encode()


def test_a_page_in_parts_is_saved_where_no_folder_is(plan, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "_PLAIN_CHARACTERS", 0)
    monkeypatch.setattr(parts, "ONE_PAGE_CHARACTERS", 0)
    with pytest.warns(UserWarning, match="large_data"):
        plan_map(plan).save(tmp_path / "new" / "large.html")
    written = {path.name for path in (tmp_path / "new").rglob("*")}
    assert written == {"large.html", "large_data-1.js", "large_data-2.js"}
    monkeypatch.undo()
    plan_map(plan).save(tmp_path / "new" / "large.html")
    assert {path.name for path in (tmp_path / "new").rglob("*")} == {"large.html"}


def test_a_map_that_cannot_be_saved_says_so(plan, tmp_path):
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(DataError, match="cannot be written"):
        plan_map(plan).save(tmp_path / "file" / "map.html")


def test_folium_layers_can_be_added(plan):
    made = plan_map(plan)
    folium.CircleMarker([31.5, 121.0], radius=7).add_to(made)
    assert "L.circleMarker" in made.html()


def test_a_layer_that_needs_other_hosts_is_refused_and_nothing_is_written(plan, tmp_path):
    made = plan_map(plan)
    folium.Marker([31.5, 121.0], icon=folium.Icon(icon="home")).add_to(made)
    made.add_child(folium.Element('<img src="https://example.org/x.png">'))
    made.get_root().html.add_child(folium.Element('<img src="https://example.org/x.png">'))
    with pytest.raises(RemoteResourceError):
        made.save(tmp_path / "map.html")
    assert list(tmp_path.iterdir()) == []


def test_a_map_of_a_city_without_roads_says_that_times_are_approximate(plan):
    tables = {k: v for k, v in small_city_tables().items() if not k.startswith("road_")}
    city = City.from_tables(tables)
    page = plan_map(planner.make_plan(city, plan.standard, new_halls=1)).html()
    assert embedded(page)["summary"]["approximate"] is True
    assert embedded(page)["roads"] == {}
