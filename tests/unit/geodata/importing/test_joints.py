"""What ties the files of a mapping together: links, shapes, counts from elsewhere, persons."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import box

from geodata.errors import DataError
from geodata.findings import Finding
from geodata.importing import read_mapping
from geodata.importing.cities import import_layer
from geodata.importing.counts import fill_counts
from geodata.importing.links import write_questions
from geodata.importing.models import LayerMapping

TOWNS = gpd.GeoDataFrame(
    {"code": ["320585100", "320585101"], "name": ["城厢镇", "沙溪镇"]},
    geometry=[box(121.0, 31.4, 121.1, 31.5), box(121.1, 31.4, 121.2, 31.5)],
    crs=4326,
)
COMMUNITIES = gpd.GeoDataFrame(
    {
        "code": ["320585100001", "320585100002", "320585101001"],
        "name": ["中区社区", "永乐村", "泰西村"],
        "town_code": ["320585100", "320585100", "320585101"],
    },
    geometry=[
        box(121.0, 31.4, 121.05, 31.5),
        box(121.05, 31.4, 121.1, 31.5),
        box(121.1, 31.4, 121.2, 31.5),
    ],
    crs=4326,
)
LAYERS = {"towns": TOWNS, "communities": COMMUNITIES}
HALLS = {
    "file": "halls.csv",
    "columns": {"hall_id": "编号", "name": "名称"},
    "geometry": {"x": "经度", "y": "纬度"},
    "datum": "WGS 84",
    "link": {"community_code": {"to": "communities", "name": "社区"}},
}
POINT = {"经度": 121.05, "纬度": 31.45}


def layer(folder, name, rows, given, layers=LAYERS):
    mapping = LayerMapping.model_validate(given)
    pd.DataFrame(rows).to_csv(folder / mapping.file, index=False)
    return import_layer(folder, name, mapping, layers)


def halls(*names):
    return [
        {"编号": f"H{at}", "名称": "厅", "社区": name, **POINT} for at, name in enumerate(names)
    ]


def codes(found):
    return [finding.code for finding in found.findings]


HEAD = """confirmed = true
[layers.towns]
file = "towns.shp"
[layers.communities]
file = "communities.shp"
"""


@pytest.mark.parametrize(
    ("said", "code", "setting"),
    [
        ('link.town_code = { to = "towns" }', "link_by_what", "link.town_code"),
        ('link.town_code = { name = "镇" }', "key_missing", "link.town_code.to"),
        ('link.town_code = { to = "halls", name = "镇" }', "key_choice", "link.town_code.to"),
        ('link.twon = { to = "towns", name = "镇" }', "key_unknown", "link.twon"),
        ('link.town_code = { to = "towns", nam = "镇" }', "key_unknown", "link.town_code.nam"),
        (
            'link.town_code = { to = "towns", name = "镇", town = "镇" }',
            *("key_unknown", "link.town_code.town"),
        ),
        (
            'link.town_code = { to = "towns", name = "镇", confirmed = "halls.gpkg" }',
            *("key_other", "link.town_code.confirmed"),
        ),
        (
            'link.town_code = { to = "towns", name = "镇", place = true }',
            *("no_place_for", "link.town_code.place"),
        ),
        (
            'columns.town_code = "镇"\nlink.town_code = { to = "towns", name = "镇" }',
            *("key_twice", "town_code"),
        ),
        ('shapes = { file = "a.shp" }', "link_by_what", "shapes"),
        ('dissolve = true\ncolumns.name = "名称"', "key_dissolve", "columns"),
        ('add_up = ["持证"]', "key_missing", "counts_by"),
        ("counts_by = []", "key_list", "counts_by"),
        ('sums = { residents = "towns" }', "key_choice", "sums.residents"),
        ('changes = { file = "a.csv", code = "代码" }', "key_missing", "changes.by"),
        (
            'population = { file = "a.gpkg", method = "even", counts = { n = "n" } }',
            *("key_choice", "population.method"),
        ),
        (
            'population = { file = "a.gpkg", method = "points", counts = { n = "n" } }',
            *("population_by", "population.by"),
        ),
        (
            """[layers.communities.population]
            file = "a.gpkg"
            method = "points"
            counts = { n = "n" }
            by = { layer = "houses", weight = "n" }""",
            *("key_choice", "population.by.layer"),
        ),
        (
            """[layers.communities.population]
            file = "a.gpkg"
            method = "areal"
            units = { m = "万人" }
            counts = { n = "n" }""",
            *("key_unknown", "population.units.m"),
        ),
    ],
)
def test_a_wrong_key_is_named_with_what_is_right(tmp_path, said, code, setting):
    path = tmp_path / "mapping.toml"
    path.write_text(HEAD + said, "utf-8")
    with pytest.raises(DataError) as raised:
        read_mapping(path)
    finding = raised.value.findings[0]
    assert finding.code == f"import.{code}"
    assert f"layers.communities.{setting}" in finding.values["setting"]
    assert finding.sentence("en")
    assert finding.sentence("zh")


def test_two_links_do_not_share_a_file_of_candidates(tmp_path):
    path = tmp_path / "mapping.toml"
    answers = 'confirmed = "a.csv"'
    path.write_text(
        HEAD + f'link.town_code = {{ to = "towns", name = "镇", {answers} }}\n'
        f'shapes = {{ file = "a.shp", name = "名称", {answers} }}',
        "utf-8",
    )
    with pytest.raises(DataError, match=r"is the file of candidates of layers.communities.link"):
        read_mapping(path)


@pytest.mark.slow
def test_rows_are_linked_by_names_and_where_nothing_stands_stay_empty(tmp_path):
    found = layer(tmp_path, "halls", halls("中區社区居委会", None, "永乐村"), HALLS)
    keys = found.table["community_code"].fillna("").tolist()
    assert keys == ["320585100001", "", "320585100002"]
    assert "import.link_empty" in codes(found)
    ways = next(f.values["ways"] for f in found.findings if f.code == "import.linked")
    assert ways == "exact 1, normalised 1"


@pytest.mark.slow
def test_what_is_not_certain_is_asked_and_answers_stay(tmp_path):
    rows = halls("永永乐村", "泰泰西村", "Timbuktu")
    found = layer(tmp_path, "halls", rows, HALLS)
    file = "candidates-halls-community_code.csv"
    assert codes(found).count("import.links_open") == 1
    write_questions(tmp_path, found.candidates)
    asked = pd.read_csv(tmp_path / file, dtype=str, keep_default_na=False)
    assert set(asked["name"]) == {"永永乐村", "泰泰西村", "Timbuktu"}

    first = asked["name"].eq("永永乐村") & ~asked.duplicated("name")
    asked.assign(confirmed=first.map({True: "是", False: ""})).to_csv(tmp_path / file, index=False)
    found = layer(tmp_path, "halls", rows, HALLS)
    write_questions(tmp_path, found.candidates)
    again = pd.read_csv(tmp_path / file, dtype=str, keep_default_na=False)
    answered = again[again["name"] == "永永乐村"]
    assert answered[["key", "candidate", "confirmed"]].to_numpy().tolist() == [
        ["320585100002", "永乐村", "yes"]
    ]

    again.loc[again["name"] == "泰泰西村", "confirmed"] = "no"
    again.loc[again["name"] == "Timbuktu", ["key", "confirmed"]] = ["320585101001", "yes"]
    again.to_csv(tmp_path / file, index=False)
    found = layer(tmp_path, "halls", rows, HALLS)
    keys = found.table["community_code"].fillna("").tolist()
    assert keys == ["320585100002", "", "320585101001"]
    assert not found.candidates


def test_a_yes_without_a_key_is_refused(tmp_path):
    file = "candidates-halls-community_code.csv"
    pd.DataFrame(
        {"name": ["Timbuktu"], "code": [""], "within": [""], "key": [""], "confirmed": ["yes"]}
    ).to_csv(tmp_path / file, index=False)
    with pytest.raises(DataError, match="the answer is yes, and the key is empty"):
        layer(tmp_path, "halls", halls("Timbuktu"), HALLS)


def test_candidates_are_not_written_outside_nor_over_another_file(tmp_path):
    away = {"community_code": {"to": "communities", "name": "社区", "confirmed": "../a.csv"}}
    found = layer(tmp_path, "halls", halls("永永乐村"), HALLS | {"link": away})
    with pytest.raises(DataError, match="leads out of the folder"):
        write_questions(tmp_path, found.candidates)
    data = {"community_code": {"to": "communities", "name": "社区", "confirmed": "halls.csv"}}
    with pytest.raises(DataError, match="column"):
        layer(tmp_path, "halls", halls("永永乐村"), HALLS | {"link": data})


def test_rows_without_coordinates_take_the_place_of_what_they_are_linked_to(tmp_path):
    given = {
        "file": "organisations.csv",
        "columns": {"name": "名称"},
        "numbered": {"organisation_id": "O"},
        "link": {"town_code": {"to": "towns", "name": "镇", "place": True}},
    }
    rows = [{"名称": "社", "镇": "沙溪镇"}, {"名称": "会", "镇": "城厢"}]
    table = layer(tmp_path, "organisations", rows, given).table
    assert table["town_code"].tolist() == ["320585101", "320585100"]
    assert TOWNS.geometry[[1, 0]].contains(table.geometry, align=False).all()


def test_a_row_that_has_to_be_linked_and_names_nothing_is_an_error(tmp_path):
    given = {
        "file": "settlements.csv",
        "columns": {"settlement_id": "编号"},
        "link": {"community_code": {"to": "communities", "name": "社区", "place": True}},
    }
    rows = [{"编号": "S1", "社区": "永乐村"}, {"编号": "S2", "社区": None}]
    found = layer(tmp_path, "settlements", rows, given)
    wrong = [finding for finding in found.findings if finding.severity == "error"]
    assert [(one.code, one.row, one.values["column"]) for one in wrong] == [
        ("missing_value", 2, "社区")
    ]


@pytest.mark.slow
def test_parts_of_one_row_in_the_file_of_shapes_are_joined(tmp_path):
    parts = gpd.GeoDataFrame(
        {"code": ["320585100001", "320585100001", "320585100002"]},
        geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1), box(2, 0, 3, 1)],
        crs=4326,
    )
    parts.to_file(tmp_path / "shapes.geojson")
    given = {
        "file": "communities.csv",
        "columns": {"code": "代码", "name": "名称"},
        "shapes": {"file": "shapes.geojson", "code": "code"},
    }
    rows = [
        {"代码": 320585100002, "名称": "永乐村"},
        {"代码": 320585100001, "名称": "中区社区"},
    ]
    found = layer(tmp_path, "communities", rows, given)
    assert shapely.area(found.table.geometry.array).tolist() == [1, 2]
    rows.append({"代码": 320585101001, "名称": "泰西村"})
    found = layer(tmp_path, "communities", rows, given)
    assert [f.key for f in found.findings if f.code == "import.no_shape"] == ["320585101001"]


PERSONS = [
    {"姓名": "王小明", "单位": "甲", "领域": "youth", "工作量": 1, "持证": "是"},
    {"姓名": "李小红", "单位": "甲 ", "领域": "youth", "工作量": 0.5, "持证": None},
    {"姓名": "张小强", "单位": "乙", "领域": "women", "工作量": 1, "持证": "否"},
]
WORKERS = {
    "file": "workers.csv",
    "columns": {"field": "领域", "base_hall_id": "单位"},
}


def test_rows_about_persons_are_counted_or_refused(tmp_path):
    counted = {"counts_by": ["单位", "领域"], "add_up": ["工作量", "持证"]}
    columns = {"posts": "@persons", "fte": "工作量", "certified": "持证"} | WORKERS["columns"]
    found = layer(tmp_path, "workers", PERSONS, WORKERS | counted | {"columns": columns})
    table = found.table.sort_values("base_hall_id")
    assert table[["posts", "fte", "certified"]].to_numpy().tolist() == [[1, 1, 0], [2, 1.5, 1]]
    assert "personal_person_name" in codes(found)
    assert "姓名" not in table
    with pytest.raises(DataError, match=r"each row is about a person.*counts_by"):
        layer(tmp_path, "workers", PERSONS, WORKERS)
    with pytest.raises(DataError, match="tells about persons"):
        layer(tmp_path, "workers", PERSONS, WORKERS | {"counts_by": ["姓名"]})


def test_columns_about_persons_are_dropped_and_never_made_the_planners(tmp_path):
    rows = [row | {"联系电话": "13800138000"} for row in halls("永乐村")]
    found = layer(tmp_path, "halls", rows, HALLS | {"extra_columns": {"phone": "联系电话"}})
    assert "phone" not in found.table
    assert "personal_phone" in codes(found)
    columns = {"hall_id": "编号", "name": "联系电话"}
    with pytest.raises(DataError, match="联系电话 tells about persons"):
        layer(tmp_path, "halls", rows, HALLS | {"columns": columns})


@pytest.mark.slow
def test_changed_codes_and_population_by_a_file_keep_their_totals(tmp_path):
    pd.DataFrame({"代码": ["320585100009"], "人口": ["0.0301"]}).to_csv(
        tmp_path / "old.csv", index=False
    )
    pd.DataFrame(
        {"旧": ["320585100009"] * 2, "新": ["320585100001", "320585100002"], "share": [0.5, 0.5]}
    ).to_csv(tmp_path / "changes.csv", index=False)
    TOWNS.assign(people=[100, 10]).to_file(tmp_path / "towns.geojson")
    pd.DataFrame({"x": [121.01, 121.06], "y": [31.45] * 2, "户": [1, 3]}).to_csv(
        tmp_path / "houses.csv", index=False
    )
    mapping = LayerMapping.model_validate(
        {
            "file": "communities.csv",
            "changes": {
                "file": "old.csv",
                "code": "代码",
                "counts": {"before": "人口"},
                "units": {"before": "万人"},
                "by": {"file": "changes.csv", "old_code": "旧", "new_code": "新"},
            },
            "population": {
                "file": "towns.geojson",
                "key": "name",
                "counts": {"residents": "people"},
                "method": "points",
                "by": {
                    "file": "houses.csv",
                    "geometry": {"x": "x", "y": "y"},
                    "datum": "WGS 84",
                    "weight": "户",
                },
            },
        }
    )
    towns = LayerMapping(file="towns.geojson", sums={"residents": "communities"})
    layers = dict(LAYERS)
    said = fill_counts(
        tmp_path,
        {"towns": towns, "communities": mapping},
        layers,
        {"towns": "towns (towns.csv)", "communities": "communities (communities.csv)"},
    )
    frame = layers["communities"]
    assert frame["before"].fillna(-1).tolist() == [151, 150, -1]
    assert frame["residents"].tolist() == [25, 75, 10]
    assert layers["towns"]["residents"].tolist() == [100, 10]
    assert [finding.code for finding in said] == ["spread_without_weight"]


def test_an_error_of_findings_may_hold_values_of_any_name():
    values = {"column": "code", "value": 1, "code": 1, "key": 2, "layer": 3, "row": 4, "self": 5}
    error = DataError.from_findings([Finding("duplicate_key", "halls", 2, "H1", values)])
    assert error.findings[0].values == values
    assert str(error).startswith("halls, row 2 (H1): ")
