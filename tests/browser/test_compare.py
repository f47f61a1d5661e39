"""Two plans on one page, in a browser."""

from __future__ import annotations

import math

import pytest

import planner
from planner.maps import compare_map
from tests.browser.test_map import serious

pytestmark = [pytest.mark.slow, pytest.mark.browser]

COLOUR = """([pane, lat, lon]) => {
    const canvas = document.querySelector(pane === 'paper' ? '.paper' :
        `.leaflet-${pane}-pane canvas`);
    const at = Sanshe.map.latLngToLayerPoint([lat, lon]).subtract(L.DomUtil.getPosition(canvas));
    const grain = canvas.width / canvas.offsetWidth, copy = document.createElement('canvas');
    copy.width = copy.height = 1;
    const context = copy.getContext('2d', {willReadFrequently: true});
    context.drawImage(canvas, -Math.floor(grain * at.x), -Math.floor(grain * at.y));
    return [...context.getImageData(0, 0, 1, 1).data];
}"""
EDGES = """pane => Sanshe.map.getPane(pane).style.clip.match(/-?\\d+px/g).map(parseFloat)"""


@pytest.fixture(scope="module")
def plans(small_city, small_plan):
    return small_plan, planner.make_plan(small_city, small_plan.standard, new_halls=1)


def test_each_plan_is_on_its_side_of_a_line_that_moves(opened, plans, tmp_path):
    left, right = plans
    compare_map(left, right, "en").save(tmp_path / "map.html")
    with opened(tmp_path / "map.html") as page:
        figures = page.locator("#both tr[data-figure=unserved_after] td").all_inner_texts()
        assert figures == [f"{plan.summary['unserved_after']:,}" for plan in plans]
        cost = page.locator("#both tr[data-figure=cost_yuan] td").all_inner_texts()
        assert cost == [f"{plan.summary['cost_yuan'] / 1e6:,.2f} million yuan" for plan in plans]
        assert page.locator(".leaflet-pins-pane .symbol-pin").count() == 2
        assert page.locator(".leaflet-pins-b-pane .symbol-pin").count() == 1
        # The community that only the left plan serves better has two colours.
        gain = left.gaps["share_served_after"] - right.gaps["share_served_after"]
        place = left.gaps.geometry.iloc[int(gain.argmax())].representative_point()
        page.click("#layer-roads")
        colours = [page.evaluate(COLOUR, [pane, place.y, place.x]) for pane in ("areas", "areas-b")]
        assert colours[0] != colours[1]
        first = page.evaluate("Sanshe.data.communities.map(Sanshe.share)")
        assert first == pytest.approx(left.gaps["share_served_after"], abs=0.001)
        dots = "document.querySelectorAll('.leaflet-people-b-pane canvas').length"
        assert page.evaluate(dots) == 1
        page.click("#layer-unserved")
        assert page.evaluate(dots) == 0
        page.click("#layer-isochrones")
        ground = (
            "Object.values(Sanshe.map._layers).filter(one => one.strokeOf).map(one => one.rows)"
        )
        sites = [len({row["rank"] for row in rows} - {0}) for rows in page.evaluate(ground)]
        assert sites == [2, 1]
        assert page.evaluate(EDGES, "isochrones")[1] == page.evaluate(EDGES, "areas")[1]
        middle = page.evaluate(EDGES, "areas")[1]
        assert page.evaluate(EDGES, "areas-b")[3] == middle
        page.focus("#swipe")
        for _ in range(20):
            page.keyboard.press("ArrowRight")
        moved = page.evaluate(EDGES, "areas")[1]
        width = page.locator(".sanshe-map").bounding_box()["width"]
        assert moved - middle == pytest.approx(0.2 * width, abs=2)
        assert page.evaluate(EDGES, "areas-b")[3] == moved
        page.click("#layer-isochrones")
        # On paper, too, a plan is on its side alone.
        page.click("#layer-halls")
        for side, end in enumerate(("100", "0")):
            page.fill("#swipe", end)
            page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
            paper = page.evaluate(COLOUR, ["paper", place.y, place.x])
            away = [math.dist(paper[:3], colour[:3]) for colour in colours]
            assert away.index(min(away)) == side
            page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        page.click("#theme-change")
        assert serious(page) == []
        change = planner.compare(left, right).communities.set_index("community_code")["B-A"]
        codes = left.gaps["community_code"]
        shown = page.evaluate("Sanshe.data.communities.map(Sanshe.change)")
        assert shown == codes.map(change).fillna(0).tolist()
        assert sorted(shown) == [-800, 0, 0, 0]
        colours = [page.evaluate(COLOUR, [pane, place.y, place.x]) for pane in ("areas", "areas-b")]
        assert colours[0] == colours[1]
        assert "500+ fewer" in page.locator("#legend .classes li").first.inner_text()
        page.click("#table-toggle")
        page.click('#table th[data-key="change"] button')
        page.click('#table th[data-key="change"] button')
        first_row = page.locator("#table tbody tr").first
        assert "-800" in first_row.inner_text()
        first_row.locator("button").click()
        assert page.locator(".card td[data-row=change]").inner_text() == "800 fewer"


def test_plans_of_different_cities_are_not_compared(small_plan, small_tables, tmp_path):
    from geodata import City

    columns = {"communities": "code", "projects": "community_codes"}
    for layer in ("communities", "settlements", "halls", "candidates", "projects"):
        column = columns.get(layer, "community_code")
        codes = small_tables[layer][column]
        small_tables[layer][column] = codes.str.replace("100001", "100009")
    city = City.from_tables(small_tables)
    other = planner.make_plan(city, small_plan.standard, new_halls=1)
    with pytest.raises(ValueError, match="different communities"):
        compare_map(small_plan, other).save(tmp_path / "map.html")
