"""The files of all departments become one city; nothing is guessed silently."""

from __future__ import annotations

import json
import shutil
import tomllib

import geopandas as gpd
import numpy as np
import pytest
from shapely import hausdorff_distance

from geodata.crs import wgs84_to_gcj02
from geodata.errors import DataError
from geodata.exporting import export_city
from geodata.importing import guess_mapping, import_city, read_mapping
from geodata.importing.numbers import NotUnderstoodError, code, flag, number, whole
from geodata.importing.toml_text import toml_value
from geodata.language import use_language
from tests.bad_inputs.test_bad_cities import run
from tests.small_city import small_city_tables
from tests.unit.geodata.importing.office_files import MAPPING, write_office


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    write_office(folder)
    return folder


@pytest.fixture(scope="module")
def imported(office):
    return import_city(office / "mapping.toml")


def rows_equal(one, other):
    return np.array_equal(one.to_numpy(), other.to_numpy())


@pytest.mark.slow
def test_every_layer_comes_out_as_it_was_before_the_departments_had_it(imported):
    tables, city = small_city_tables(), imported.city
    assert (city.code, city.name) == ("320585", "小城")
    for layer, columns in {
        "towns": ("code", "name", "residents"),
        "communities": (
            *("code", "town_code", "name", "kind", "residents", "households"),
            *("age_60_plus", "harmonious"),
        ),
        "settlements": ("settlement_id", "community_code", "name", "residents", "households"),
        "halls": ("hall_id", "name", "tier", "form", "town_code"),
    }.items():
        frame = getattr(city, layer)
        for column in columns:
            assert rows_equal(frame[column], tables[layer][column]), column
        distance = hausdorff_distance(frame.geometry.array, tables[layer].geometry.array)
        assert distance.max() < 1e-9, layer
    areas = city.halls["floor_area_m2"].to_numpy()
    assert np.allclose(areas, tables["halls"]["floor_area_m2"].to_numpy(float), equal_nan=True)
    assert set(city.halls["functions"]) == {"government_affairs;civil_affairs"}
    assert len(city.roads.edge_ids) == 312


@pytest.mark.slow
def test_what_was_left_empty_or_moved_is_said(imported):
    said = {(f.code, f.layer): f for f in imported.findings}
    assert said["import.datum_moved", "halls (halls.csv)"].values == {"datum": "GCJ-02"}
    left = said["import.left_empty", "settlements (settlements.kml)"]
    assert left.values == {"columns": "age_60_plus"}
    assert all(finding.severity == "info" for finding in imported.findings)
    assert imported.files["rows"].tolist() == [1, 2, 4, 8, 7, 312]


@pytest.mark.slow
def test_the_command_writes_the_city_and_says_from_which_files(
    office, tmp_path, monkeypatch, capsys
):
    out = tmp_path / "city.gpkg"
    arguments = ("import", office / "mapping.toml", "--out", out, "--json")
    ended, said, err = run(monkeypatch, capsys, *arguments)
    assert ended == 0
    assert "Reading the files" in err
    record = json.loads(said)
    assert [layer["file"] for layer in record["layers"]][:2] == ["边界.geojson", "towns.shp"]
    assert len(gpd.read_file(out, layer="halls")) == 7
    assert str(office).encode() not in out.read_bytes()


@pytest.mark.slow
def test_what_is_exported_can_be_imported(imported, tmp_path, monkeypatch, capsys):
    imported.city.save(tmp_path / "city.gpkg")
    arguments = ("export", tmp_path / "city.gpkg", "--format", "xlsx", "--out", tmp_path / "out")
    ended, said, _ = run(monkeypatch, capsys, *arguments)
    assert ended == 0
    assert "mapping.toml` reads them back" in said
    again = import_city(tmp_path / "out" / "mapping.toml").city
    assert again.halls["name"].tolist() == imported.city.halls["name"].tolist()


@pytest.mark.slow
def test_places_of_openstreetmap_by_tag_become_halls(office, tmp_path):
    folder = shutil.copytree(office, tmp_path / "files")
    start, end = MAPPING.index("[layers.halls]"), MAPPING.index("[roads]")
    halls = """
[layers.halls]
file = "roads.osm"
tags = { amenity = ["community_centre", "townhall"] }
columns = { hall_id = "@id", name = "name" }
constants = { tier = "municipal", form = "centre", status = "open", source = "real" }

"""
    (folder / "mapping.toml").write_text(MAPPING[:start] + halls + MAPPING[end:], "utf-8")
    frame = import_city(folder / "mapping.toml").city.halls
    assert frame["hall_id"].tolist() == ["n85"]
    assert frame["name"].tolist() == ["文化站"]


@pytest.mark.slow
def test_a_guess_asks_what_the_files_do_not_say_and_then_imports(office, tmp_path):
    folder = shutil.copytree(office, tmp_path / "files")
    (folder / "mapping.toml").unlink()
    names = ["边界.geojson", "towns.shp", "社区.xlsx", "settlements.kml", "halls.csv", "roads.osm"]
    text = guess_mapping([folder / name for name in names], folder)
    path = folder / "guess.toml"
    path.write_text(text, "utf-8")
    document = tomllib.loads(text)
    assert document["confirmed"] is False
    assert set(document["layers"]) == {"boundary", "towns", "communities", "settlements", "halls"}
    assert document["layers"]["communities"]["units"] == {"residents": "万人"}
    assert document["layers"]["communities"]["header_rows"] == 2
    assert document["layers"]["halls"]["separators"] == {"functions": "、"}
    assert document["layers"]["halls"]["datum"].startswith("?")
    with pytest.raises(DataError) as raised:
        import_city(path)
    asked = {finding.values.get("setting") for finding in raised.value.findings}
    assert {"layers.halls.datum", "layers.communities.crs"} <= asked
    assert "layers.towns.constants.source" in asked

    answered = (
        text.replace("confirmed = false", "confirmed = true")
        .replace('"? real, modelled"', '"real"')
        .replace('crs = "? EPSG:"', 'crs = "EPSG:4326"')
        .replace('datum = "? WGS 84, CGCS2000, GCJ-02, BD-09"', 'datum = "GCJ-02"')
        .replace('feature = "?"', "feature = false")
    )
    path.write_text(answered, "utf-8")
    city = import_city(path).city
    assert city.communities["residents"].tolist() == [2000] * 4
    halls = small_city_tables()["halls"]
    assert hausdorff_distance(city.halls.geometry.array, halls.geometry.array).max() < 1e-9


@pytest.mark.slow
def test_a_guess_takes_the_parts_of_a_shapefile_as_one(office):
    parts = {".cpg", ".dbf", ".prj", ".shp", ".shx"}
    files = sorted(path for path in office.iterdir() if path.suffix in parts)
    assert {".shp", ".dbf"} <= {path.suffix for path in files}
    assert ".dbf" not in guess_mapping(files, office)


def test_a_guess_speaks_chinese(office):
    with use_language("zh"):
        text = guess_mapping([office / "halls.csv"], office)
    assert "看起来是图层 halls" in text
    assert "高德、腾讯为 GCJ-02" in text


def test_a_guess_overwrites_nothing(office, tmp_path, monkeypatch, capsys):
    out = office / "mapping.toml"
    before = out.read_bytes()
    ended, _, err = run(
        monkeypatch, capsys, "import", "--guess", office / "halls.csv", "--out", out
    )
    assert ended == 2
    assert "not overwritten" in err
    assert out.read_bytes() == before


def test_files_elsewhere_are_not_guessed_about(office, tmp_path):
    with pytest.raises(DataError, match="not below the folder of the mapping"):
        guess_mapping([office / "halls.csv"], tmp_path)


def test_a_wrong_key_is_named_with_what_is_near(tmp_path):
    path = tmp_path / "mapping.toml"
    path.write_text('confirmed = true\n[layers.towns]\nfile = "t.shp"\nencodng = "GBK"\n', "utf-8")
    with pytest.raises(DataError, match=r"layers\.towns\.encodng is not known.*encoding"):
        read_mapping(path)


@pytest.mark.parametrize(
    ("cell", "column", "expected"),
    [
        ("1,234", "residents", 1234),
        ("１２，３４５", "residents", 12345),
        ("1.2345万", "residents", 12345),
        ("3万户", "households", 30000),
        ("0.29万人", "residents", 2900),
        (2900.0000000000005, "residents", 2900),
        ("12.5亩", "floor_area_m2", 12.5 * 2000 / 3),
        ("1200㎡", "floor_area_m2", 1200),
        ("0.5公顷", "floor_area_m2", 5000),
        ("0.02平方公里", "floor_area_m2", 20000),
        ("350万元", "cost_yuan", 3_500_000),
        ("1.5亿元", "cost_yuan", 150_000_000),
        ("2012年", "opened_year", 2012),
        ("1.2e3", "residents", 1200),
    ],
)
def test_numbers_are_read_as_people_write_them(cell, column, expected):
    assert number(cell, column) == pytest.approx(expected, rel=1e-12)
    if column == "residents":
        assert whole(cell, column) == expected


@pytest.mark.parametrize(
    "cell",
    ["", "约300", "3-5", "1,23", "1 234", "三百", "12人/户", "0x10", "1_000", "--1", "1e400"],
)
def test_what_is_not_one_number_is_not_read_as_one(cell):
    with pytest.raises(NotUnderstoodError):
        number(cell, "residents")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (320585100.0, "320585100"),
        ("320585100001.0", "320585100001"),
        ("３２０５８５１００", "320585100"),
        ("3.20585100001E+11", "320585100001"),
        (" H1 ", "H1"),
        ("007", "007"),
    ],
)
def test_codes_keep_their_digits(cell, expected):
    assert code(cell) == expected


@pytest.mark.parametrize("cell", ["3.20585E+11", 3.2058510000112345e17, float("inf")])
def test_codes_that_lost_digits_are_refused(cell):
    with pytest.raises(NotUnderstoodError):
        code(cell)


def test_words_of_yes_and_no():
    assert [flag(word) for word in ("是", "√", "Yes", 1, 1.0, True)] == [True] * 6
    assert [flag(word) for word in ("否", "×", "no", 0, "0")] == [False] * 5


def test_toml_text_is_read_back():
    value = {"a b": ["=1+1", '"\\\n\t\x7f'], "城": {"x": 1.5, "n": -3, "是": True}, "e": {}}
    assert tomllib.loads(f"v = {toml_value(value)}")["v"] == value


@pytest.mark.slow
@pytest.mark.parametrize(("stated", "likely"), [("WGS 84", "GCJ-02"), ("GCJ-02", None)])
def test_a_datum_that_does_not_fit_the_roads_is_said_with_the_evidence(
    taicang, tmp_path, stated, likely
):
    folder = tmp_path / "out"
    export_city(taicang, folder, "csv")
    halls = gpd.read_file(folder / "halls.csv", encoding="utf-8-sig")
    shown = wgs84_to_gcj02(halls["x"].astype(float), halls["y"].astype(float))
    halls["x"], halls["y"] = shown
    halls.to_csv(folder / "halls.csv", index=False)
    path = folder / "mapping.toml"
    text = path.read_text("utf-8")
    start = text.index("[layers.halls]")
    text = text[:start] + text[start:].replace("crs = ", f'datum = "{stated}"\ncrs = ', 1)
    path.write_text(text, "utf-8")
    said = [f for f in import_city(path).findings if "likely_datum" in f.code]
    assert [f.values["likely"] for f in said] == ([likely] if likely else [])
    assert all(f.layer == "halls (halls.csv)" for f in said)
