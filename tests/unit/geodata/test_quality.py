"""Findings that do not stop the work: warnings and notes."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from geodata import quality
from geodata.quality import findings_frame, inspect_tables
from tests.small_city import place


def codes(tables) -> list[tuple[str, str]]:
    frame = findings_frame(inspect_tables(tables)[1])
    return list(zip(frame["severity"], frame["code"], strict=True))


def test_nothing_is_wrong_with_the_small_city(small_city):
    assert quality.check(small_city).empty


def test_an_island_of_roads_is_named(small_tables):
    nodes = small_tables["road_nodes"]
    extra = gpd.GeoDataFrame({"node_id": [900]}, geometry=[place(0.2, 0.2)], crs=4326)
    small_tables["road_nodes"] = pd.concat([nodes, extra], ignore_index=True)
    findings = findings_frame(inspect_tables(small_tables)[1])
    assert findings[["severity", "code", "layer", "key"]].values.tolist() == [
        ["warning", "road_island", "road_nodes", "900"]
    ]
    assert findings["row"].iloc[0] == len(nodes) + 1


def test_a_city_without_roads_is_told_that_travel_is_approximate(small_tables):
    del small_tables["road_nodes"], small_tables["road_edges"]
    assert codes(small_tables) == [("warning", "no_roads")]


def test_residents_of_settlements_that_differ_from_the_community_are_told(small_tables):
    small_tables["settlements"].loc[0, "residents"] = 1
    findings = findings_frame(inspect_tables(small_tables)[1])
    assert findings["code"].tolist() == ["residents_differ"]
    assert "801" in findings["message"].iloc[0]
    assert findings["row"].iloc[0] == 1


def test_a_community_without_settlements_is_told(small_tables):
    small_tables["settlements"] = small_tables["settlements"].iloc[2:]
    assert codes(small_tables) == [("warning", "community_without_settlements")]


def test_an_unknown_layer_is_left_aside_with_a_note(small_tables):
    small_tables["bus_stops"] = small_tables["halls"]
    assert codes(small_tables) == [("info", "unknown_layer")]


def test_errors_come_before_warnings(small_tables):
    small_tables["settlements"].loc[0, "residents"] = 1
    small_tables["workers"].loc[0, "certified"] = 99
    assert [severity for severity, _ in codes(small_tables)] == ["error", "warning"]


def test_every_finding_is_worded_in_both_languages_with_a_remedy():
    from geodata.language import Catalogue

    for code, entry in Catalogue("geodata").entries.items():
        if "severity" in entry:
            assert {"en", "en_remedy", "zh", "zh_remedy"} <= set(entry), code


def test_columns_about_persons_are_told_and_columns_of_halls_are_not(small_tables):
    halls = small_tables["halls"]
    small_tables["halls"] = halls.assign(联系人="王小明", 手机="13800138000", 电话="0512-53520001")
    findings = findings_frame(inspect_tables(small_tables)[1])
    assert findings["code"].tolist() == ["personal_in_layer"] * 2
    assert not findings["message"].str.contains("王小明|13800138000").any()
