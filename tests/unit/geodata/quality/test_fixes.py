"""Repairs that cannot change what is meant, each listed."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import LineString, Polygon

from geodata.quality import inspect_tables
from geodata.quality.fixes import changes_frame, fix_tables


def put(tables, layer, row, column, value):
    frame = tables[layer]
    values = list(frame[column])
    values[row - 1] = value
    if column == "geometry":
        frame = frame.set_geometry(gpd.GeoSeries(values, crs=frame.crs))
    else:
        frame[column] = pd.Series(values, dtype=object)
    tables[layer] = frame


def corners(tables):
    return list(tables["communities"].geometry.iloc[0].exterior.coords)


def spike(points):
    x, y = points[0]
    return Polygon([*points[:-1], (x + 1e-6, y + 1e-6), (x - 1e-6, y + 2e-6), (x, y)])


def nearly_closed(points):
    (x, y), (before_x, before_y) = points[0], points[-2]
    return LineString([*points[:-1], (x + (before_x - x) * 1e-5, y + (before_y - y) * 1e-5)])


def bow_tie(points):
    return Polygon([points[at] for at in (0, 2, 1, 3, 0)])


SAFE = {
    "a full-width code": ("halls", 4, "hall_id", lambda t: "Ｈ１", "half_width"),
    "a code with spaces": ("halls", 4, "hall_id", lambda t: " H1\u200b ", "tidied"),
    "a code that became a number": (
        "halls", 4, "community_code", lambda t: 320585100001.0, "code_from_number",
    ),
    "a name with spaces": ("towns", 1, "name", lambda t: " 西镇　", "trimmed"),
    "a choice in capitals": ("halls", 1, "status", lambda t: "Open", "tidied"),
    "ids with Chinese separators": (
        "organisations", 1, "fields", lambda t: "social_relief；women;", "tidied",
    ),
    "a count typed as text": ("communities", 1, "residents", lambda t: "2,000", "number_from_text"),
    "a full-width count": ("communities", 1, "residents", lambda t: "２０００", "number_from_text"),
    "a ring drawn as a line": (
        "communities", 1, "geometry", lambda t: LineString(corners(t)), "ring_closed",
    ),
    "a ring with a small gap": (
        "communities", 1, "geometry",
        lambda t: nearly_closed(corners(t)), "ring_closed",
    ),
    "a vertex twice": (
        "communities", 1, "geometry",
        lambda t: Polygon([corners(t)[0], *corners(t)]), "vertices_removed",
    ),
    "a spike": ("communities", 1, "geometry", lambda t: spike(corners(t)), "made_valid"),
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        name if number % 6 == 0 else pytest.param(name, marks=pytest.mark.slow)
        for number, name in enumerate(SAFE)
    ],
)
def test_a_safe_repair_is_made_and_listed(name, small_tables):
    layer, row, column, value, code = SAFE[name]
    put(small_tables, layer, row, column, value(small_tables))

    fixed, changes = fix_tables(small_tables)

    assert [(c.layer, c.row, c.column, c.code) for c in changes] == [(layer, row, column, code)]
    assert [f.sentence() for f in inspect_tables(fixed)[1] if f.severity == "error"] == []
    assert fix_tables(fixed)[1] == []
    listed = changes_frame(changes, "zh").iloc[0]
    assert listed["was"] != listed["now"]
    assert listed["repair"]


LEFT = {
    "a bow tie": ("communities", 1, "geometry", lambda t: bow_tie(corners(t))),
    "an open line": ("communities", 1, "geometry", lambda t: LineString(corners(t)[:3])),
    "a number with two commas": ("communities", 1, "residents", lambda t: "2,0,00"),
    "a number with words": ("communities", 1, "residents", lambda t: "约2000"),
    "an unknown choice": ("halls", 1, "status", lambda t: "opened"),
    "a negative count": ("communities", 1, "residents", lambda t: -5),
    "a swapped place": ("halls", 1, "geometry", lambda t: shapely.Point(31.5, 121.1)),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT)
def test_what_only_a_person_can_decide_stays(name, small_tables):
    layer, row, column, value = LEFT[name]
    put(small_tables, layer, row, column, value(small_tables))
    fixed, changes = fix_tables(small_tables)
    assert changes == []
    assert fixed[layer][column].iloc[row - 1] == small_tables[layer][column].iloc[row - 1]


def test_a_row_that_repeats_another_in_every_column_goes(small_tables):
    halls = small_tables["halls"]
    small_tables["halls"] = pd.concat([halls, halls.iloc[[2]]], ignore_index=True)
    fixed, changes = fix_tables(small_tables)
    assert len(fixed["halls"]) == len(halls)
    assert [(c.row, c.code, c.now) for c in changes] == [(8, "row_removed", "3")]
    small_tables["halls"].loc[7, "name"] = "another"
    assert len(fix_tables(small_tables)[0]["halls"]) == 8


def test_nothing_is_changed_in_what_was_given(small_tables):
    before = small_tables["halls"].copy()
    put(small_tables, "halls", 4, "hall_id", "Ｈ１")
    spoilt = small_tables["halls"].copy()
    fix_tables(small_tables)
    assert small_tables["halls"].equals(spoilt)
    assert not spoilt.equals(before)


def test_a_city_in_order_stays_as_it_is(small_tables):
    fixed, changes = fix_tables(small_tables)
    assert changes == []
    for name, frame in small_tables.items():
        pd.testing.assert_frame_equal(pd.DataFrame(fixed[name]), pd.DataFrame(frame))
