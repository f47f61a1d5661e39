"""A base map in the browser: whom the page asks, and where the pictures are drawn."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest

from planner.maps import plan_map
from planner.maps.base_maps import BASE_MAPS

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
# Where the corner of a picture is drawn, and where the map shows a place, in pixels of the page.
CORNER = """source => {
    const tiles = [...document.querySelectorAll('.leaflet-tile')];
    const box = tiles.find(tile => tile.src === source).getBoundingClientRect();
    return [box.x, box.y];
}"""
SHOWN = """place => {
    const point = Sanshe.map.latLngToContainerPoint(place);
    const box = Sanshe.map.getContainer().getBoundingClientRect();
    return [box.x + point.x, box.y + point.y];
}"""


def corner_of_tile(x, y, z):
    """Return longitude and latitude of the north-west corner of a tile, in the tile's datum."""
    lon = x / 2**z * 360 - 180
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / 2**z))))
    return np.array([lon]), np.array([lat])


@pytest.mark.parametrize("name", ["osm", "amap"])
def test_pictures_are_asked_of_the_service_alone_and_drawn_where_they_belong(
    chromium, small_plan, tmp_path, name
):
    path = tmp_path / "map.html"
    plan_map(small_plan, base_map=name).save(path)
    page = chromium.new_page(viewport={"width": 1200, "height": 800})
    asked, wrong = [], []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text))

    def answer(route):
        asked.append(route.request.url)
        route.fulfill(body=PICTURE, content_type="image/png")

    page.route(re.compile("^https?:"), answer)
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready=yes]", state="attached")
    page.evaluate("Sanshe.map.setZoom(15, {animate: false})")
    page.locator(".leaflet-tile-loaded").nth(4).wait_for(state="attached")
    assert {"/".join(url.split("/")[:3]) for url in asked} <= set(BASE_MAPS[name].hosts)
    source = next(url for url in reversed(asked) if re.search(r"/15/|z=15", url))
    if name == "osm":
        z, x, y = map(int, re.search(r"/(\d+)/(\d+)/(\d+)\.png", source).groups())
        lon, lat = corner_of_tile(x, y, z)
    else:
        from geodata.crs import gcj02_to_wgs84

        x, y, z = (int(re.search(rf"{part}=(\d+)", source)[1]) for part in "xyz")
        lon, lat = gcj02_to_wgs84(*corner_of_tile(x, y, z))
        assert abs(lon - corner_of_tile(x, y, z)[0]) > 0.002
    drawn = page.evaluate(CORNER, source)
    shown = page.evaluate(SHOWN, [float(lat[0]), float(lon[0])])
    assert drawn == pytest.approx(shown, abs=1.1)
    page.click("#layer-base")
    assert page.locator(".leaflet-tile").count() == 0
    page.close()
    assert wrong == []
