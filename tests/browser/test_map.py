"""The map as a planner uses it: in a browser, without a network."""

from __future__ import annotations

import json
from contextlib import nullcontext
from itertools import combinations

import numpy as np
import pytest
from playwright.sync_api import expect

import planner
from geodata import City, open_city
from geodata.language import use_language
from planner.coverage import open_halls
from planner.exports import record
from planner.maps import plan_map
from planner.messages import text
from planner.of_city import isochrones_of_city
from tests.small_city import small_city_tables

pytestmark = [pytest.mark.slow, pytest.mark.browser]

HOSTILE = "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 1'>"
THEMES = ("coverage", "platforms", "floor_area", "workers", "organisations", "harmony")
PAINTED = """pane => {
    let count = 0;
    for (const canvas of document.querySelectorAll(`.leaflet-${pane}-pane canvas`)) {
        const copy = document.createElement('canvas');
        copy.width = canvas.width / 4;
        copy.height = canvas.height / 4;
        const context = copy.getContext('2d', {willReadFrequently: true});
        context.drawImage(canvas, 0, 0, copy.width, copy.height);
        const pixels = context.getImageData(0, 0, copy.width, copy.height).data;
        for (let i = 3; i < pixels.length; i += 4) { count += pixels[i] > 0; }
    }
    return count;
}"""
COLOUR = """([lat, lon]) => {
    const canvas = document.querySelector('.leaflet-areas-pane canvas');
    const at = Sanshe.map.latLngToLayerPoint([lat, lon]).subtract(L.DomUtil.getPosition(canvas));
    const grain = canvas.width / canvas.offsetWidth;
    const copy = document.createElement('canvas');
    copy.width = copy.height = 1;
    const context = copy.getContext('2d', {willReadFrequently: true});
    context.drawImage(canvas, -Math.floor(grain * at.x), -Math.floor(grain * at.y));
    return [...context.getImageData(0, 0, 1, 1).data];
}"""


@pytest.fixture(scope="module")
def map_file(taicang_plan, tmp_path_factory):
    path = tmp_path_factory.mktemp("map") / "map.html"
    plan_map(taicang_plan).save(path)
    return path


@pytest.fixture(scope="module")
def tab(opened, map_file):
    with opened(map_file) as page:
        yield page


@pytest.fixture
def page(tab):
    """The map as it opens; one tab serves all tests."""
    tab.reload()
    tab.wrong.remove(tab.url)
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.wait_for_selector("html[data-ready=yes]", state="attached")
    yield tab
    assert tab.wrong == []


@pytest.fixture
def said():
    """The words of the page in Chinese, in which it opens."""
    with use_language("zh"):
        yield lambda key, **values: text(f"map.{key}", **values)


def places(frame):
    """Return a point inside each of a frame's geometries, as latitude and longitude."""
    points = frame.geometry.representative_point()
    return list(zip(points.y, points.x, strict=True))


def click_at(page, place):
    """Click on the map at a place, as a hand does."""
    point = page.evaluate("place => Sanshe.map.latLngToContainerPoint(place)", place)
    box = page.locator(".sanshe-map").bounding_box()
    page.mouse.click(box["x"] + point["x"], box["y"] + point["y"])


def card_rows(page):
    """Return the rows of the popup that is open, by key."""
    cells = page.locator(".leaflet-popup .card td[data-row]")
    return dict(cells.evaluate_all("cells => cells.map(c => [c.dataset.row, c.textContent])"))


def look_up(page, what):
    """Search for something and go to the first that is found."""
    page.fill("#search", what)
    page.press("#search", "Enter")
    page.wait_for_selector(".leaflet-popup .card")


def _lab(colour, sight):
    """Return CIELAB of ``#rrggbb`` as somebody sees it."""
    code = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(XYZ @ np.clip(np.array(sight) @ light, 0, 1) / XYZ.sum(axis=1))
    return np.array([116 * y, 500 * (x - y), 200 * (y - z)])


def class_colour(page, place):
    """Return the colour of the class of a community, as the legend has it."""
    colour = page.evaluate("index => Sanshe.colours[index]", place)
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


# The answer


def test_the_map_opens_with_the_answer(page, taicang_plan):
    summary = taicang_plan.summary
    assert page.inner_text("#unserved") == f"{summary['unserved_before']:,}"
    assert page.inner_text("#share") == f"{summary['share_before']:.1%}"
    names = page.locator("#panel > .sites .site-name").all_inner_texts()
    assert names == taicang_plan.recommendations["name"].tolist()
    assert page.locator(".symbol-pin").count() == len(names)
    page.click("#show-after")
    assert page.inner_text("#unserved") == f"{summary['unserved_after']:,}"
    assert page.inner_text("#share") == f"{summary['share_after']:.1%}"
    assert page.input_value("#step") == str(len(names))


def test_the_slider_goes_through_the_build_order(page, taicang_plan):
    sites, places = taicang_plan.recommendations, taicang_plan.settlements
    unserved = taicang_plan.summary["unserved_before"]
    dots = page.evaluate(PAINTED, "people")
    page.focus("#step")
    for rank, gained in enumerate(sites["residents_gained"], start=1):
        page.keyboard.press("ArrowRight")
        unserved -= gained
        assert page.inner_text("#unserved") == f"{unserved:,}"
        assert f"{sites['cost_yuan'][:rank].sum() / 1e4:,.0f} 万元" in page.inner_text("#step-line")
        fewer = page.evaluate(PAINTED, "people")
        assert fewer < dots
        dots = fewer
        shown = page.evaluate("Sanshe.layers.unserved.painted")
        waiting = places["served_from_rank"].isna() | (places["served_from_rank"] > rank)
        assert shown == (waiting & (places["residents"] > 0)).sum()
        pressed = page.locator(".when [aria-pressed=true]").count()
        assert pressed == (1 if rank == len(sites) else 0)
    assert unserved == taicang_plan.summary["unserved_after"]
    assert page.get_attribute("#show-after", "aria-pressed") == "true"
    page.keyboard.press("Home")
    assert page.get_attribute("#show-now", "aria-pressed") == "true"


def test_the_build_order_colours_communities_anew(page, taicang_plan):
    gaps = taicang_plan.gaps
    gain = gaps["share_served_after"] - gaps["share_served_before"]
    row = int(gain.to_numpy().argmax())
    page.evaluate("['unserved', 'halls', 'roads'].map(name => Sanshe.layers[name].remove())")
    before = page.evaluate(COLOUR, places(gaps)[row])
    assert before[:3] == pytest.approx(class_colour(page, row), abs=3)
    page.click("#show-after")
    after = page.evaluate(COLOUR, places(gaps)[row])
    assert after[:3] == pytest.approx(class_colour(page, row), abs=3)
    assert after != before


def test_the_ranked_list_goes_to_its_site(page, taicang_plan):
    items = page.locator("#panel > .sites button")
    items.nth(2).click()
    name = taicang_plan.recommendations["name"].iloc[2]
    page.wait_for_selector(f".leaflet-popup h3:has-text('{name}')")
    box = page.locator(".leaflet-popup").bounding_box()
    assert box["y"] >= 0
    assert box["x"] >= 0


def test_every_recommendation_on_the_page_is_that_of_the_record(page, taicang_plan):
    sites = json.loads(json.dumps(record(taicang_plan)))["recommendations"]
    for rank, site in enumerate(sites):
        page.locator("#panel > .sites button").nth(rank).click()
        page.wait_for_selector(f".leaflet-popup h3:has-text('{site['name']}')")
        rows = card_rows(page)
        assert rows["residents_gained"] == f"{site['residents_gained']:,} 人"
        assert rows["elderly_gained"] == f"{site['elderly_gained']:,} 人"
        assert rows["residents_within_reach"] == f"{site['residents_within_reach']:,} 人"
        assert rows["cost"] == f"{site['cost_yuan'] / 1e4:,.0f} 万元"
        assert rows["community"] == site["community_name"]
        assert rows["minutes"].endswith(f"{round(site['minutes_after'], 1):g} 分钟")
        assert rows["communities_served"] == site["communities_served_names"].replace(";", "、")


def test_twenty_communities_on_the_page_are_those_of_the_plan(page, taicang_plan):
    frame = taicang_plan.gaps
    for place in frame.sample(20, random_state=1).to_dict("records"):
        look_up(page, place["community_code"])
        assert page.inner_text(".leaflet-popup h3") == place["community_name"]
        rows = card_rows(page)
        assert rows["code"] == place["community_code"]
        assert rows["residents"] == f"{place['residents']:,} 人"
        unserved = [f"{place[f'residents_unserved{when}']:,} 人" for when in ("", "_after")]
        assert rows["residents_unserved"] == " → ".join(unserved)
        shares = [f"{round(place[f'share_served_{when}'], 3):.1%}" for when in ("before", "after")]
        assert rows["share_served"] == " → ".join(shares)
        short = [f"{round(place[f'fte_short{when}'], 2):g} 个全职当量" for when in ("", "_after")]
        assert rows["fte_short"] == " → ".join(short)
        assert rows["completeness"] == place["completeness"]
        assert rows["organisations"] == str(place["organisations"])
        assert len(rows.get("harmony_missed", "").split("、")) == max(
            len(place["harmony_missed"].split(";")), 1
        )
        page.keyboard.press("Escape")


def test_the_actions_are_ranked_together(page, taicang_plan):
    actions = taicang_plan.actions
    page.click(".actions summary")
    items = page.locator(".actions li")
    assert items.count() == len(actions)
    for kind in ("hall", "post", "project"):
        rank = int((actions["kind"] == kind).to_numpy().argmax())
        action = actions.iloc[rank]
        words = items.nth(rank).inner_text()
        assert f"{action['persons_met']:,.0f} 人" in words
        assert f"每年 {action['yuan_per_year'] / 1e4:,.0f} 万元" in words
        items.nth(rank).locator("button").click()
        page.wait_for_selector(f".leaflet-popup h3:has-text('{action['name']}')")
        layer = {"hall": "recommendations", "post": "posts", "project": "projects"}[kind]
        assert page.is_checked(f"#layer-{layer}")


# Layers


# Machado, Oliveira and Fernandes 2009: linear RGB as people with one kind of cone missing see it.
SIGHTS = {
    "all cones": np.eye(3),
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])

LAYERS = {
    "communities": "areas",
    "halls": "halls",
    "towns": "outlines",
    "unserved": "people",
    "roads": "roads",
    "boundary": "ground",
    "isochrones": "isochrones",
    "organisations": "organisations",
    "candidates": "candidates",
    "lacking": "lacking",
    "posts": "posts",
    "projects": "projects",
    "outreach": "visits",
    "inspections": "stops",
    "served": "people",
}


def test_each_layer_can_be_switched_off_and_on(page):
    for layer, pane in LAYERS.items():
        if layer == "served":
            page.click("#layer-unserved")
        if not page.is_checked(f"#layer-{layer}"):
            assert page.evaluate(PAINTED, pane) == 0, layer
            page.click(f"#layer-{layer}")
        shown = page.evaluate(PAINTED, pane)
        assert shown > 20, layer
        page.click(f"#layer-{layer}")
        assert page.evaluate(PAINTED, pane) == 0, layer
        page.click(f"#layer-{layer}")
        assert page.evaluate(PAINTED, pane) == shown, layer


def test_the_recommended_sites_can_be_switched_off_and_on(page, taicang_plan):
    page.click("#layer-recommendations")
    expect(page.locator(".symbol-pin")).to_have_count(0)
    page.click("#layer-recommendations")
    expect(page.locator(".symbol-pin")).to_have_count(len(taicang_plan.recommendations))


def test_communities_are_coloured_by_the_question_chosen(page, said, taicang_plan):
    page.evaluate("['unserved', 'halls', 'roads'].map(name => Sanshe.layers[name].remove())")
    sample = list(range(0, len(taicang_plan.gaps), 16))
    points = [places(taicang_plan.gaps)[row] for row in sample]
    before = None
    for theme in (*THEMES[1:], THEMES[0]):
        page.click(f"#theme-{theme}")
        colours = [page.evaluate(COLOUR, point) for point in points]
        assert colours != before, theme
        for row, colour in zip(sample, colours, strict=True):
            assert colour[:3] == pytest.approx(class_colour(page, row), abs=3), theme
        legend = page.inner_text("#legend")
        assert said(f"coloured.{theme}") in legend
        assert said(f"explain.{theme}") in legend
        assert page.locator("#legend .classes li").count() >= 5
        before = colours


def test_the_shortage_of_workers_is_shown_by_field_today_and_with_the_plan(page, taicang_plan):
    gaps, work = taicang_plan.gaps, taicang_plan.staffing
    for field in ("youth", "drug_control"):
        page.select_option("#field", field)
        assert page.is_checked("#theme-workers")
        shown = page.evaluate("Sanshe.data.communities.map(Sanshe.value)")
        assert shown == [round(float(value), 2) for value in gaps[f"fte_short_{field}"]]
        page.click("#show-after")
        shown = page.evaluate("Sanshe.data.communities.map(Sanshe.value)")
        rows = work[work["field"] == field].set_index("community_code")["shortage_after_fte"]
        assert shown == [round(float(rows[code]), 2) for code in gaps["community_code"]]
        estimated = page.locator("#legend .estimated").count()
        assert estimated == (1 if field == "drug_control" else 0)
        page.click("#show-now")


def test_visits_of_sensitive_fields_are_not_on_the_page(page, taicang_plan):
    fields = set(page.evaluate("Sanshe.data.outreach.map(visit => visit.field)"))
    estimated = taicang_plan.staffing.query("estimated")["field"]
    assert fields == set(taicang_plan.outreach["field"]) - set(estimated)
    page.click("#layer-outreach")
    every = page.evaluate(PAINTED, "visits")
    page.select_option("#field", "youth")
    assert 0 < page.evaluate(PAINTED, "visits") < every


def test_isochrones_follow_the_build_order_and_are_explained(page, said):
    assert page.locator("#legend .isochrones").count() == 0
    page.click("#layer-isochrones")
    legend = page.locator("#legend .isochrones li").all_inner_texts()
    assert legend == ["0–7.5 分钟", "7.5–15 分钟"]
    rules = "城市社区、农村社区：步行 15 分钟"
    assert said("explain.isochrones", rules=rules) in page.inner_text("#legend")
    painted = [page.evaluate(PAINTED, "isochrones")]
    page.focus("#step")
    page.keyboard.press("ArrowRight")
    painted.append(page.evaluate(PAINTED, "isochrones"))
    page.click("#show-after")
    painted.append(page.evaluate(PAINTED, "isochrones"))
    assert painted == sorted(set(painted))
    assert said("class.isochrone_sites") in page.inner_text("#legend")
    page.click("#language")
    assert "Isochrones · With the plan" in page.inner_text("#legend")


def test_a_hall_or_a_site_chosen_shows_its_own_isochrone(page, taicang_plan):
    plan, sites = taicang_plan, taicang_plan.recommendations.set_index("site_id")
    hall = open_halls(plan.city, "community").iloc[[20]]
    page.click("#layer-isochrones")
    for place in (sites.iloc[[1]], hall):
        ground = isochrones_of_city(plan.city, plan.standard, place)
        if place is hall:
            look_up(page, hall.index[0])
        else:
            page.locator("#panel > .sites button").nth(1).click()
        page.wait_for_selector(f".leaflet-popup h3:has-text('{place['name'].item()}')")
        assert page.evaluate(PAINTED, "own") > 50
        assert page.evaluate(PAINTED, "isochrones") == 0
        assert card_rows(page)["isochrone"] == "；".join(
            f"步行 {minutes} 分钟：{round(area, 2):.2f} 平方公里"
            for minutes, area in zip(("7.5", "15"), ground["area_km2"], strict=True)
        )
        # What is said does not lie on the ground that it is about.
        top = [ground.total_bounds[3], ground.total_bounds[0]]
        north = page.evaluate("place => Sanshe.map.latLngToContainerPoint(place).y", top)
        card = page.locator(".leaflet-popup-content-wrapper").bounding_box()
        assert card["y"] + card["height"] <= north + 2
        page.keyboard.press("Escape")
        assert page.evaluate(PAINTED, "own") == 0
        assert page.evaluate(PAINTED, "isochrones") > 1000


def test_the_stops_of_one_day_of_inspection_can_be_seen(page, taicang_plan):
    stops = taicang_plan.inspections
    page.click("#layer-inspections")
    every = page.evaluate("Sanshe.layers.inspections.getLayers()[1].painted")
    assert every == len(stops)
    page.select_option("#day", "3")
    shown = page.evaluate("Sanshe.layers.inspections.getLayers()[1].painted")
    assert shown == (stops["day"] == 3).sum()
    stop = stops[stops["day"] == 3].iloc[[0]]
    page.evaluate("['halls', 'recommendations'].map(name => Sanshe.layers[name].remove())")
    click_at(page, places(stop)[0])
    assert page.inner_text(".leaflet-popup h3") == stop["name"].item()


# Popups


def test_a_click_on_a_project_outlines_the_communities_it_serves(page, taicang_plan):
    page.evaluate("['halls', 'recommendations'].map(name => Sanshe.layers[name].remove())")
    page.click("#layer-projects")
    assert page.evaluate(PAINTED, "marks") == 0
    click_at(page, places(taicang_plan.projects)[0])
    rows = card_rows(page)
    codes = taicang_plan.projects["community_codes"].iloc[0].split(";")
    names = taicang_plan.gaps.set_index("community_code").loc[codes, "community_name"]
    assert rows["communities_served"] == "、".join(names)
    assert page.evaluate("Object.keys(Sanshe.marked).length") == len(codes)
    assert page.evaluate(PAINTED, "marks") > 100
    page.click(".leaflet-popup-close-button")
    page.mouse.move(500, 890)
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    assert page.evaluate(PAINTED, "marks") == 0


def test_a_click_on_a_community_says_what_it_lacks_and_who_serves_it(page, taicang_plan):
    visits = taicang_plan.outreach.query("field == 'youth'").iloc[0]
    gaps = taicang_plan.gaps
    row = gaps.index[gaps["community_code"] == visits["community_code"]][0]
    for layer in ("unserved", "halls", "recommendations"):
        page.click(f"#layer-{layer}")
    click_at(page, places(gaps)[row])
    rows = card_rows(page)
    assert visits["base_hall_name"] in rows["outreach"]
    assert "个全职当量" in rows["fte_short"]
    assert "（估算）" in rows["fte_short_fields"]
    assert rows["halls_used"]
    assert {"share_served", "mean_minutes", "completeness", "organisations"} <= rows.keys()


def test_a_click_on_a_hall_says_its_load_and_who_depends_on_it(page, taicang_plan):
    halls = taicang_plan.platforms
    hall = halls[(halls["tier"] == "community") & (halls["capacity_gap_visits_per_day"] > 0)]
    hall = hall.iloc[[0]]
    page.click("#layer-recommendations")
    page.evaluate("place => Sanshe.map.setView(place, 15, {animate: false})", places(hall)[0])
    click_at(page, places(hall)[0])
    assert page.inner_text(".leaflet-popup h3") == hall["name"].item()
    rows = card_rows(page)
    near = taicang_plan.settlements.query("nearest_hall_id == @hall.hall_id.item()")
    assert rows["residents_nearest"] == f"{near['residents'].sum():,} 人"
    assert rows["visits"] == f"{hall['visits_per_day'].item():,.0f}"
    assert rows["completeness"] == hall["completeness"].item()
    assert rows["windows_needed"] == f"{hall['windows_needed'].item():,.0f}"


# Search and table


def test_places_are_found_by_name_code_and_sound(page, taicang_plan):
    place = taicang_plan.gaps.query("community_name == '新农村'").iloc[0]
    for asked in ("新农", place["community_code"], "xnc", "xinnong"):
        page.fill("#search", asked)
        assert "新农村" in page.inner_text("#found")
    page.fill("#search", "zzzz")
    assert page.locator("#found button").count() == 0
    page.fill("#search", "xnc")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator(".leaflet-popup .card").is_visible()
    assert page.input_value("#search") == ""
    look_up(page, taicang_plan.halls["hall_id"].iloc[5])
    assert page.inner_text(".leaflet-popup h3") == taicang_plan.halls["name"].iloc[5]


def test_the_table_sorts_filters_and_points_at_the_map(page, taicang_plan):
    gaps = taicang_plan.gaps
    page.click("#table-toggle")
    names = page.locator("#table tbody th")
    assert names.first.inner_text() == gaps.loc[gaps["residents_unserved"].idxmax()].community_name
    page.click("#table th[data-key=residents] button")
    assert names.first.inner_text() == gaps.loc[gaps["residents"].idxmax()].community_name
    page.click("#table th[data-key=residents] button")
    assert page.get_attribute("#table th[data-key=residents]", "aria-sort") == "ascending"
    assert names.first.inner_text() == gaps.loc[gaps["residents"].idxmin()].community_name
    page.click("#more")
    assert names.count() == len(gaps)
    town = taicang_plan.city.towns["code"].iloc[1]
    page.select_option("#filter-town", town)
    assert names.count() == (gaps["town_code"] == town).sum()
    page.fill("#filter", names.first.inner_text())
    assert names.count() == 1
    page.hover("#table tbody tr")
    assert page.evaluate("Sanshe.hovered") == int(page.get_attribute("#table tbody tr", "data-row"))
    assert page.evaluate(PAINTED, "marks") > 20
    name = names.first.inner_text()
    page.click("#table tbody tr")
    page.wait_for_selector(f".leaflet-popup h3:has-text('{name}')")
    page.click("#table-toggle")
    assert not page.locator("#table").is_visible()


def test_the_pointer_on_a_community_finds_its_row_in_the_table(page, taicang_plan):
    page.click("#table-toggle")
    for layer in ("unserved", "halls", "recommendations"):
        page.evaluate("name => Sanshe.layers[name].remove()", layer)
    row = int(taicang_plan.gaps["residents_unserved"].argmax())
    place = places(taicang_plan.gaps)[row]
    point = page.evaluate("place => Sanshe.map.latLngToContainerPoint(place)", place)
    box = page.locator(".sanshe-map").bounding_box()
    page.mouse.move(box["x"] + point["x"], box["y"] + point["y"])
    expect(page.locator("#table tr.pointed")).to_have_attribute("data-row", str(row))
    assert page.locator(".leaflet-tooltip").inner_text().endswith("%")


# Language, provenance, screens


def test_the_page_speaks_both_languages(page):
    assert "太仓市" in page.inner_text("h1")
    page.click("#language")
    assert "Taicang" in page.inner_text("h1")
    for where in ("#switches", "#legend", "#panel", "#table-toggle"):
        assert not {"社", "镇", "图"} & set(page.locator(where).inner_text()) or where == "#panel"
    assert "Halls and stations" in page.inner_text("#switches")
    page.locator("#panel > .sites button").first.click()
    page.wait_for_selector(".leaflet-popup th:has-text('Residents gained')")
    assert page.get_attribute("html", "lang") == "en"


def test_every_word_of_the_page_is_in_the_catalogue(page):
    """A key without a text would be shown as it is."""
    page.click("#table-toggle")
    page.click(".actions summary")
    page.click(".notes summary")
    for language in range(2):
        for theme in THEMES:
            page.click(f"#theme-{theme}")
            shown = page.inner_text("#sanshe")
            keys = page.evaluate(
                "text => text.match(/\\b(row|class|theme|group|switch|action|field|form|kind|"
                "part|status|isochrone|explain|coloured|criterion|body|layer)\\.[a-z_0-9]+/g)",
                shown,
            )
            assert keys is None, language
        for kind in ("communities", "halls", "projects", "posts", "inspections"):
            page.evaluate(
                "kind => Sanshe.data[kind].slice(0, 12).map(row => {"
                "Sanshe.popups[kind](row).querySelectorAll('th, td').forEach(cell => {"
                "if (/^[a-z]+\\.[a-z_0-9]+$/.test(cell.textContent)) {"
                "throw new Error(cell.textContent); } }); })",
                kind,
            )
        page.click("#language")


def test_what_is_real_and_what_is_modelled_is_said(page, taicang_plan):
    page.click(".notes summary")
    notes = page.inner_text(".notes")
    assert "道路 模拟" in notes
    assert "国家统计局" in notes
    assert "市界 真实" in notes
    assert f"{taicang_plan.summary['bound']:,.0f}" in page.inner_text("#proof")


def test_a_phone_shows_map_and_answer_without_sideways_scrolling(opened, map_file):
    with opened(map_file, width=390, height=844) as page:
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390
        assert page.locator("#unserved").is_visible()
        assert page.locator(".sanshe-map").bounding_box()["height"] > 300
        page.locator("#panel > .sites button").first.click()
        page.wait_for_selector(".leaflet-popup .card")
        assert not page.locator("#side").is_visible()
        card = page.locator(".leaflet-popup").bounding_box()
        assert card["x"] >= 0
        assert card["x"] + card["width"] <= 390
        page.keyboard.press("Escape")
        page.click("#panel-toggle")
        assert not page.locator("#panel").is_visible()


def test_a_sheet_of_paper_holds_panel_and_map(page):
    zoom = page.evaluate("Sanshe.map.getZoom()")
    page.evaluate("document.getElementById('panel').scrollTop = 20")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.getElementById('panel').scrollTop") == 0
    box = page.locator(".sanshe-map").bounding_box()
    assert box["width"] > 1000
    assert box["height"] > 1000
    assert not page.locator("#switches").is_visible()
    assert page.locator("#legend").is_visible()
    # One canvas holds all that is shown: more than the sheet that holds most.
    names = page.evaluate(PAINTED, "names")
    assert names > page.evaluate(PAINTED, "areas") > 10_000
    assert not page.locator(".leaflet-areas-pane canvas").is_visible()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("#switches").is_visible()
    assert page.locator(".paper").count() == 0
    assert page.evaluate("Sanshe.map.getZoom()") == zoom
    assert page.evaluate("document.getElementById('panel').scrollTop") == 20
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") == 1


@pytest.mark.parametrize("beside", [False, True], ids=["packed", "beside"])
def test_a_large_plan_is_packed_or_lies_beside_its_page(
    opened, small_plan, tmp_path, monkeypatch, beside
):
    from planner.maps import parts

    monkeypatch.setattr(parts, "_PLAIN_CHARACTERS", 0)
    if beside:
        monkeypatch.setattr(parts, "ONE_PAGE_CHARACTERS", 0)
    path = tmp_path / "large.html"
    with pytest.warns(UserWarning, match="large_data") if beside else nullcontext():
        plan_map(small_plan).save(path)
    files = sorted(file.name for file in tmp_path.rglob("*.js"))
    assert files == (["large_data-1.js", "large_data-2.js"] if beside else [])
    with opened(path, beside=len(files)) as page:
        page.wait_for_selector("html[data-complete=yes]", state="attached")
        assert page.evaluate("Sanshe.data.communities.length") == len(small_plan.gaps)
        assert page.evaluate("Sanshe.layers.unserved.painted") == 4
        click_at(page, places(small_plan.gaps)[1])
        assert page.locator(".leaflet-popup .card").is_visible()


def test_a_page_whose_data_are_missing_says_so(chromium, small_plan, tmp_path, monkeypatch, said):
    from planner.maps import parts

    monkeypatch.setattr(parts, "_PLAIN_CHARACTERS", 0)
    monkeypatch.setattr(parts, "ONE_PAGE_CHARACTERS", 0)
    with pytest.warns(UserWarning, match="map_data"):
        plan_map(small_plan).save(tmp_path / "map.html")
    (tmp_path / "map_data-1.js").unlink()
    page = chromium.new_page()
    page.goto((tmp_path / "map.html").as_uri())
    page.wait_for_selector("html[data-failed]", state="attached")
    assert page.inner_text("#panel") == said("too_old")
    page.close()


def serious(page):
    """Return what axe-core finds that keeps people from using the page."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        (one["id"], node["target"], node["failureSummary"])
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def test_classes_differ_for_people_who_do_not_see_all_colours(page):
    """Of each theme, as CIELAB distances: any two classes, and each class from "no data"."""
    for theme in THEMES:
        page.click(f"#theme-{theme}")
        known = "Sanshe.classes().map(one => one.colour)"
        colours = page.evaluate(f"[...{known}, Sanshe.colourOf(null)]")
        for sight, matrix in SIGHTS.items():
            *seen, none = (_lab(colour, matrix) for colour in colours)
            apart = [np.linalg.norm(a - b) for a, b in combinations(seen, 2)]
            assert min(apart) > 12, (theme, sight)
            assert min(np.linalg.norm(a - none) for a in seen) > 5, (theme, sight)


def test_axe_finds_nothing_serious(page):
    page.click("#table-toggle")
    page.click(".actions summary")
    page.click(".notes summary")
    page.click("#theme-workers")
    page.click("#layer-isochrones")
    page.focus("#step")
    page.keyboard.press("ArrowRight")
    page.evaluate("Sanshe.goTo('communities', Sanshe.data.communities[30])")
    assert serious(page) == []


def test_the_keyboard_reaches_everything(page):
    """From the top of the page on: each control by the tabulator, and what it does by Enter."""
    reached = []
    for _ in range(70):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "(e => e.id || e.className || e.textContent.slice(0, 20))(document.activeElement)"
        )
        reached.append(name)
        if name == "layer-boundary":
            break
    wanted = {"language", "search", "show-now", "show-after", "step", "theme-coverage", "field",
              "layer-posts", "layer-outreach", "panel-toggle", "table-toggle"}  # fmt: skip
    assert wanted <= set(reached), wanted - set(reached)
    page.focus("#table-toggle")
    page.keyboard.press("Enter")
    assert page.locator("#table").is_visible()
    page.focus("#table tbody button >> nth=3")
    assert page.evaluate(PAINTED, "marks") > 20
    page.keyboard.press("Enter")
    assert page.locator(".leaflet-popup .card").is_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    assert page.evaluate("document.activeElement.closest('#table tbody tr') !== null")


def test_hostile_names_do_nothing(opened, tmp_path):
    tables = small_city_tables()
    for layer in ("boundary", "towns", "communities", "settlements", "halls", "candidates",
                  "organisations", "projects"):  # fmt: skip
        if layer in tables and "name" in tables[layer]:
            tables[layer]["name"] = HOSTILE
        if layer in tables and "name_en" in tables[layer]:
            tables[layer]["name_en"] = HOSTILE
    city = City.from_tables(tables)
    plan = planner.make_plan(city, planner.Standard.load("taicang-2013"), new_halls=1)
    plan_map(plan).save(tmp_path / "map.html")
    with opened(tmp_path / "map.html") as page:
        page.click("#table-toggle")
        page.fill("#search", "<script>")
        assert HOSTILE in page.inner_text("#found")
        for language in range(2):
            for kind in ("communities", "halls", "settlements", "candidates", "recommendations",
                         "organisations", "projects", "posts"):  # fmt: skip
                if page.evaluate("kind => Sanshe.data[kind].length", kind) == 0:
                    assert kind in ("projects", "organisations", "posts")
                    continue
                page.evaluate("kind => Sanshe.goTo(kind, Sanshe.data[kind][0])", kind)
                assert HOSTILE in page.inner_text(".leaflet-popup .card"), kind
            page.evaluate("Sanshe.pins[0].openTooltip()")
            page.mouse.move(800, 300)
            page.click("#language")
            assert page.evaluate("window.hurt") is None, language
        assert page.locator("img").count() == 0


def test_a_city_of_halls_and_roads_alone_opens_with_its_answer(opened, tmp_path):
    city, standard = open_city("porto_alegre"), planner.Standard.load("health-walk-15")
    plan = planner.make_plan(city, standard, new_halls=2)
    plan_map(plan, "en").save(tmp_path / "map.html")
    with opened(tmp_path / "map.html") as page:
        assert page.inner_text("#unserved") == f"{plan.summary['unserved_before']:,}"
        page.evaluate("Sanshe.goTo('recommendations', Sanshe.data.recommendations[0])")
        assert "elderly_gained" not in card_rows(page)
