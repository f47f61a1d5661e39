"""The map as a planner uses it: in a browser, without a network."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

import planner
from geodata import City
from planner.maps import plan_map
from tests.small_city import small_city_tables

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("browser")]

HOSTILE = "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 1'>"


@pytest.fixture(scope="module")
def map_file(taicang_plan, tmp_path_factory):
    path = tmp_path_factory.mktemp("map") / "map.html"
    plan_map(taicang_plan).save(path)
    return path


def switch(page, layer):
    """Switch a layer on or off with its box."""
    page.locator(f".leaflet-control-layers label:has([data-layer={layer}]) input").click()


def test_the_headline_is_that_of_the_plan(opened, map_file, taicang_plan):
    with opened(map_file) as page:
        assert page.inner_text("#unserved") == f"{taicang_plan.summary['unserved_before']:,}"
        page.click("#show-after")
        assert page.inner_text("#unserved") == f"{taicang_plan.summary['unserved_after']:,}"
        assert page.inner_text("#share") == f"{taicang_plan.summary['share_after']:.1%}"


def test_a_click_on_a_recommended_site_shows_its_evidence(opened, map_file, taicang_plan):
    with opened(map_file) as page:
        for rank in range(len(taicang_plan.recommendations)):
            site = taicang_plan.recommendations.iloc[rank]
            page.locator(".symbol-pin").nth(rank).click()
            card = page.inner_text(".leaflet-popup .card")
            assert site["name"] in card
            assert f"{site['residents_gained']:,} 人" in card
            assert f"{round(site['minutes_after'], 1):g} 分钟" in card
            assert f"{site['cost_yuan'] / 1e4:,.0f} 万元" in card
            page.locator(".leaflet-popup-close-button").click()
            page.wait_for_selector(".leaflet-popup", state="detached")


def test_the_ranked_list_goes_to_its_site(opened, map_file, taicang_plan):
    with opened(map_file) as page:
        items = page.locator(".sites button")
        assert items.count() == len(taicang_plan.recommendations)
        items.nth(2).click()
        name = taicang_plan.recommendations["name"].iloc[2]
        page.wait_for_selector(f".leaflet-popup h3:has-text('{name}')")
        box = page.locator(".leaflet-popup").bounding_box()
        assert box["y"] >= 0
        assert box["x"] >= 0


def test_a_community_says_what_it_lacks(opened, map_file):
    with opened(map_file) as page:
        page.locator(".leaflet-areas-pane path").nth(100).dispatch_event("click")
        card = page.inner_text(".leaflet-popup .card")
        assert "未被服务" in card
        assert "覆盖率" in card


@pytest.mark.parametrize(
    ("layer", "selector"),
    [
        ("communities", ".leaflet-areas-pane path"),
        ("recommendations", ".symbol-pin"),
        ("halls", ".leaflet-halls-pane .symbol"),
        ("towns", ".town-name"),
        ("unserved", ".leaflet-people-pane path"),
        ("boundary", ".leaflet-ground-pane path"),
    ],
)
def test_a_layer_can_be_switched_off_and_on(opened, map_file, layer, selector):
    with opened(map_file) as page:
        before = page.locator(selector).count()
        assert before > 0
        switch(page, layer)
        expect(page.locator(selector)).to_have_count(0)
        switch(page, layer)
        expect(page.locator(selector)).to_have_count(before)


@pytest.mark.parametrize(
    ("layer", "expected"), [("candidates", "candidates"), ("served", None), ("organisations", None)]
)
def test_a_layer_that_is_off_can_be_switched_on(opened, map_file, taicang_plan, layer, expected):
    with opened(map_file) as page:
        assert page.evaluate(f"Sanshe.map.hasLayer(Sanshe.layers.{layer})") is False
        switch(page, layer)
        assert page.evaluate(f"Sanshe.map.hasLayer(Sanshe.layers.{layer})") is True
        if expected:
            count = len(taicang_plan.city.candidates) - len(taicang_plan.recommendations)
            assert page.locator(".leaflet-candidates-pane .symbol").count() == count


def test_roads_are_drawn_and_can_be_switched_off(opened, map_file):
    painted = """() => {
        const canvas = document.querySelector('.leaflet-roads-pane canvas');
        if (!canvas) { return 0; }
        const copy = document.createElement('canvas');
        copy.width = canvas.width;
        copy.height = canvas.height;
        const context = copy.getContext('2d', {willReadFrequently: true});
        context.drawImage(canvas, 0, 0);
        const pixels = context.getImageData(0, 0, copy.width, copy.height).data;
        return pixels.filter((value, index) => index % 4 === 3 && value > 0).length;
    }"""
    with opened(map_file) as page:
        assert page.evaluate(painted) > 1000
        switch(page, "roads")
        page.wait_for_timeout(100)
        assert page.evaluate(painted) == 0


def test_the_page_speaks_both_languages(opened, map_file):
    with opened(map_file) as page:
        assert "太仓市" in page.inner_text("h1")
        page.click("#language")
        assert "Taicang" in page.inner_text("h1")
        assert "Halls and stations" in page.inner_text(".leaflet-control-layers")
        assert "Legend" in page.inner_text("#legend")
        page.locator(".sites button").first.click()
        page.wait_for_selector(".leaflet-popup th:has-text('Residents gained')")
        assert page.get_attribute("html", "lang") == "en"


def test_what_is_real_and_what_is_modelled_is_said(opened, map_file):
    with opened(map_file) as page:
        page.click(".notes summary")
        notes = page.inner_text(".notes")
        assert "道路 模拟" in notes
        assert "国家统计局" in notes
        assert "市界 真实" in notes


def test_the_plan_colours_communities_anew(opened, map_file, taicang_plan):
    fills = (
        "() => [...document.querySelectorAll('.leaflet-areas-pane path')]"
        ".map(path => path.getAttribute('fill'))"
    )
    with opened(map_file) as page:
        before = page.evaluate(fills)
        dots = page.locator(".leaflet-people-pane path").count()
        page.click("#show-after")
        assert page.evaluate(fills) != before
        settlements = taicang_plan.settlements
        gained = (settlements["served_after"] & ~settlements["served_before"]).sum()
        assert page.locator(".leaflet-people-pane path").count() == dots - gained


def test_a_phone_shows_map_and_answer_without_sideways_scrolling(opened, map_file):
    with opened(map_file, width=390, height=844) as page:
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390
        assert page.locator("#unserved").is_visible()
        assert page.locator(".sanshe-map").bounding_box()["height"] > 300
        page.locator(".sites button").first.click()
        page.wait_for_selector(".leaflet-popup .card")
        page.click("#panel-toggle")
        assert not page.locator("#panel").is_visible()


def test_hostile_names_do_nothing(opened, tmp_path):
    tables = small_city_tables()
    for layer in ("boundary", "towns", "communities", "settlements", "halls", "candidates"):
        tables[layer]["name"] = HOSTILE
        if "name_en" in tables[layer]:
            tables[layer]["name_en"] = HOSTILE
    city = City.from_tables(tables)
    plan = planner.make_plan(city, planner.Standard.load("taicang-2013"), new_halls=1)
    plan_map(plan).save(tmp_path / "map.html")
    with opened(tmp_path / "map.html") as page:
        for language in range(2):
            for kind in ("recommendations", "communities", "unserved", "halls", "candidates"):
                page.evaluate(f"Sanshe.layers.{kind}.addTo(Sanshe.map)")
                page.evaluate(f"Sanshe.layers.{kind}.getLayers()[0].openPopup()")
                page.evaluate(f"Sanshe.layers.{kind}.getLayers()[0].openTooltip()")
                assert HOSTILE in page.inner_text(".leaflet-popup .card"), kind
            page.click("#language")
            assert page.evaluate("window.hurt") is None, language
        assert page.locator("img").count() == 0
