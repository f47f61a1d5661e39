"""Any layer as a page: what is coloured how, what is told, and what is not."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import GeometryCollection, LineString, MultiPoint, Point, box

from geodata import DataError
from planner import PlanError, siting
from planner.maps import LayerMap, explore
from planner.maps.classes import NO_CLASS, classes_of
from tests.unit.maps.test_page import HOSTILE, embedded


def data(made: LayerMap) -> dict:
    return embedded(made.html())


def layer(**columns):
    count = len(next(iter(columns.values())))
    points = [Point(121 + 0.01 * k, 31) for k in range(count)]
    return gpd.GeoDataFrame(columns, geometry=points, crs=4326)


def test_numbers_are_cut_so_that_classes_hold_equally_many_rows():
    found = classes_of(pd.Series([*range(100), np.nan]), 5)
    assert np.bincount(found.rows[:-1]).tolist() == [20] * 5
    assert found.rows[-1] == NO_CLASS
    assert found.labels == ("0–20", "20–40", "40–59", "59–79", "79–99")
    assert found.quantiles
    assert len(set(found.colours)) == 5


def test_many_equal_numbers_make_fewer_classes():
    found = classes_of(pd.Series([0.0] * 90 + [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), 5)
    assert found.labels == ("0–6",)
    assert set(found.rows) == {0}


def test_a_few_different_numbers_are_a_class_each():
    found = classes_of(pd.Series([3, 1, 3, 2000]), 5)
    assert found.labels == ("1", "3", "2,000")
    assert found.rows.tolist() == [1, 0, 1, 2]
    assert not found.quantiles


def test_of_many_words_the_most_frequent_have_their_own_colours():
    words = [*"aabbccddeeff", "g", "h", None]
    found = classes_of(pd.Series(words), 5)
    assert found.labels == (*"abcdef", None)
    assert found.rows[-3:].tolist() == [6, 6, NO_CLASS]
    assert len(set(found.colours)) == 7


def test_a_layer_is_told_by_its_first_columns_and_coloured_by_one():
    made = data(explore(layer(n=[1.5, 2000.0, np.nan], name=["甲", None, "乙"]), "n", lang="zh"))
    assert made["fields"] == ["n", "name"]
    assert made["values"] == [["1.5", "2,000", None], ["甲", None, "乙"]]
    assert made["classes"] == [0, 1, NO_CLASS]
    assert [one["label"] for one in made["legend"]] == ["1.5", "2,000"]
    only = explore(layer(n=[1.5], name=["甲"]), "n", tooltip=["name"])
    assert data(only)["fields"] == ["n", "name"]
    assert data(explore(layer(n=[1.5], name=["甲"]), tooltip=[]))["fields"] == []


def test_any_geometry_in_any_system_is_shown():
    shapes = [box(0, 0, 1, 1), MultiPoint([(2, 2), (3, 3)]), None, Point(),
              GeometryCollection([LineString([(0, 0), (2, 2)]), MultiPoint([(5, 5)])])]  # fmt: skip
    made = data(explore(gpd.GeoSeries(shapes, crs=4490).to_crs(4326).to_crs(4549)))
    assert made["areas"]["row"] == [0]
    assert made["lines"]["row"] == [2]
    assert made["points"]["row"] == [1, 1, 2]
    assert made["points"]["x"] == pytest.approx([200_000, 300_000, 500_000], abs=1)
    assert made["fields"] == []
    assert made["bounds"][1] == pytest.approx([5, 5], abs=1e-5)


def test_small_counts_of_sensitive_clients_are_not_on_the_page(taicang):
    communities = taicang.communities
    made = data(explore(taicang, "clients_drug_control"))
    told, counts = made["values"][0], communities["clients_drug_control"].fillna(0)
    assert set(np.array(told)[(counts > 0) & (counts < 5)]) <= {"<5", "withheld"}
    assert {"<5", "withheld"} <= set(told)
    both = ["clients_drug_control", "clients_community_correction"]
    again = data(explore(communities, tooltip=both))
    assert again["values"][0] == told
    hidden = np.array([value in ("<5", "withheld") for value in told])
    assert (np.array(made["classes"])[hidden] == NO_CLASS).all()


def test_a_plan_and_a_city_show_their_communities(small_plan):
    shown = data(explore(small_plan, "share_served_after", classes=3))
    assert len(shown["classes"]) == len(small_plan.gaps)
    assert len(data(explore(small_plan.city, lang="en"))["areas"]["row"]) == 4


def test_an_answer_shows_who_is_served_by_which_site(small_city):
    homes = small_city.settlements.set_index("settlement_id").to_crs(4549)
    places = small_city.candidates.set_index("site_id").to_crs(4549)
    answer = siting.p_median(siting.Points(homes, places), 2)
    made = data(explore(answer, sites=places, demand=homes))
    assert made["column"] == "site"
    assert made["marks"]["name"] == list(answer.sites)
    assert sorted(one["label"] for one in made["legend"]) == sorted(answer.sites)
    with pytest.raises(PlanError, match="sites= has none rows"):
        explore(answer, demand=homes)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: explore(layer(n=[1]), "m"), "no column 'm'; it has: n"),
        (lambda: explore(layer(n=[1]), tooltip=["m"]), "no column 'm'"),
        (lambda: explore(layer(n=[1]), "n", classes=9), "classes is 9; give 2 to 7"),
        (lambda: explore(pd.DataFrame({"n": [1]})), "a DataFrame has no geometry"),
        (lambda: explore(gpd.GeoSeries([None], crs=4326)), "nothing to show"),
    ],
)
def test_what_cannot_be_shown_is_said(call, says):
    with pytest.raises(PlanError, match=says):
        call()


def test_a_layer_without_a_system_is_refused():
    with pytest.raises(DataError, match="coordinate reference system"):
        explore(gpd.GeoSeries([Point(1, 2)])).html()


def test_hostile_names_and_columns_stay_text_and_the_page_is_the_same_each_time():
    hostile = layer(**{HOSTILE: [HOSTILE, "b"]})
    page = explore(hostile, HOSTILE).html()
    assert HOSTILE not in page
    assert page == explore(hostile, HOSTILE).html()
    assert embedded(page)["values"] == [[HOSTILE, "b"]]
    json.dumps(embedded(page))


def test_a_page_is_saved_and_shows_itself_in_a_notebook(tmp_path):
    made = explore(layer(n=[1, 2]), "n")
    made.save(tmp_path / "n.html")
    assert (tmp_path / "n.html").read_bytes() == made.html().encode()
    assert made._repr_html_().startswith("<iframe srcdoc=")
