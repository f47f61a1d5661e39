"""The page of findings in a real browser: nothing is loaded or run, dots lead to rows."""

from __future__ import annotations

import pytest

from geodata.quality import inspect_tables
from planner.maps.findings_page import findings_page
from tests.bad_inputs.corpus import CORPUS
from tests.browser.test_map import serious

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_a_hostile_city_has_a_harmless_page(chromium, small_tables, tmp_path):
    CORPUS["a_hall_is_in_no_known_community"].spoil(small_tables)
    hostile = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
    small_tables["halls"].loc[3, "hall_id"] = hostile
    small_tables["settlements"].loc[0, "residents"] = 1
    findings = inspect_tables(small_tables)[1]
    path = tmp_path / "findings.html"
    path.write_text(findings_page(findings, small_tables, title=hostile, language="zh"), "utf-8")
    page = chromium.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text))
    page.on("request", lambda request: wrong.append(request.url))
    page.on("dialog", lambda dialog: (wrong.append("a dialog"), dialog.dismiss()))
    page.goto(path.as_uri())
    assert wrong == [path.as_uri()]
    assert serious(page) == []

    # The two posts at the hall whose id was spoilt have no place.
    assert page.locator("svg circle").count() == len(findings) - 2
    page.locator("circle.error").first.click()
    assert page.url.endswith("#finding-1")
    assert hostile in page.locator("#finding-1").inner_text()
    assert page.locator("tr.warning").is_visible()
    page.uncheck("#hide-warning")
    assert not page.locator("tr.warning").is_visible()
    assert page.locator("tr.error").first.is_visible()
    page.close()
