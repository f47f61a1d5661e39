"""The page of any layer in a browser, with names that would do harm."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely import LineString, Point, box

from planner.maps import explore
from tests.browser.test_map import HOSTILE, serious

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("browser")]

AT = "place => Sanshe.map.latLngToContainerPoint(place)"


def test_areas_lines_and_points_are_told_and_hostile_names_do_nothing(opened, tmp_path):
    shapes = [box(121, 31, 121.1, 31.1), LineString([(121, 31.15), (121.1, 31.2)]),
              Point(121.15, 31.1), Point(121.2, 31.05)]  # fmt: skip
    names = [HOSTILE, "二", "三", "四"]
    layer = gpd.GeoDataFrame({"name": names, HOSTILE: [1.5, 2, 3, None]}, geometry=shapes, crs=4326)
    explore(layer, HOSTILE, lang="zh").save(tmp_path / "layer.html")
    with opened(tmp_path / "layer.html") as page:
        legend = page.locator("#legend li").all_inner_texts()
        assert legend == ["1.5", "2", "3", "无数据"]
        assert page.inner_text("#legend summary") == HOSTILE
        colours = page.locator("#legend i").evaluate_all("all => all.map(i => i.style.background)")
        assert len(set(colours)) == 4
        places = ([31.05, 121.05], [31.175, 121.05], [31.1, 121.15], [31.05, 121.2])
        for place, name, value in zip(places, names, ("1.5", "2", "3", "无数据"), strict=True):
            point = page.evaluate(AT, place)
            page.mouse.move(point["x"], point["y"])
            assert page.inner_text(".leaflet-tooltip").split() == [*HOSTILE.split(), value, "name",
                                                                  *name.split()]  # fmt: skip
            page.mouse.click(point["x"], point["y"])
            assert page.inner_text(".leaflet-popup td >> nth=0") == value
            page.keyboard.press("Escape")
        page.mouse.move(5, 895)
        assert page.locator(".leaflet-tooltip").count() == 0
        assert page.evaluate("window.hurt") is None
        assert page.locator("img").count() == 0
        assert serious(page) == []
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.locator(".paper").count() == 1
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.locator(".paper").count() == 0
