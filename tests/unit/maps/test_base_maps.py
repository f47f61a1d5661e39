"""Base maps are drawn only when asked for, and the page then asks that service alone."""

from __future__ import annotations

import re

import pytest

from planner.maps import plan_map
from planner.maps.base_maps import BASE_MAPS

KEY = "0123456789abcdef"


def policy(page):
    return re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]


def test_a_page_without_a_base_map_may_load_no_picture(small_plan):
    assert "img-src data:;" in policy(plan_map(small_plan).html())


@pytest.mark.parametrize("name", ["tianditu", "osm"])
def test_the_policy_allows_the_service_and_nobody_else(small_plan, name):
    page = plan_map(small_plan, base_map=name, key=KEY).html()
    allowed = re.search(r"img-src ([^;]*);", policy(page))[1].split()
    assert allowed == ["data:", *BASE_MAPS[name].hosts]
    assert all(re.fullmatch(r"https://[a-z0-9.]+", host) for host in allowed[1:])
    assert "default-src 'none'" in policy(page)


@pytest.mark.parametrize("key", ["", "short", "a b c d e f g h", '"><script>alert(1)</script>'])
def test_a_key_that_is_none_is_refused(small_plan, key):
    with pytest.raises(ValueError, match="needs the key"):
        plan_map(small_plan, base_map="tianditu", key=key)


def test_an_unknown_service_is_refused(small_plan):
    with pytest.raises(ValueError, match="tianditu, osm, amap"):
        plan_map(small_plan, base_map="elsewhere")
