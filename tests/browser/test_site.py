"""The website of a plan in a browser, on a desk and on a phone."""

from __future__ import annotations

import pytest

from planner.publish import publish
from tests.browser.test_map import serious

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_both_pages_are_for_everyone_and_lead_to_the_map(chromium, small_plan, tmp_path):
    publish(small_plan, tmp_path, language="en")
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text))
    page.on("request", lambda request: wrong.append(request.url))
    for name in ("index.html", "index.zh.html"):
        page.goto((tmp_path / name).as_uri())
        asked = [one for one in wrong if not one.startswith("data:image/png")]
        assert asked == [(tmp_path / name).as_uri()]
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert serious(page) == []
        wrong.clear()
    page.click("nav a.first")
    page.wait_for_selector("html[data-ready=yes]", state="attached")
    assert page.inner_text("#unserved") == f"{small_plan.summary['unserved_before']:,}"
    assert wrong == [(tmp_path / "map.html").as_uri()]
    page.close()
