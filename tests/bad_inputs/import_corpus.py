"""Kinds of bad import files: each spoils the office files in one way, and what must be answered."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
from shapely import LineString, Polygon

from tests.small_city import place, small_city_tables


@dataclass(frozen=True)
class BadImport:
    """One way to spoil the files or the mapping, the place and words of the answer."""

    spoil: Callable[[Path], None]
    where: str
    row: int | None
    says: str


CORPUS: dict[str, BadImport] = {}


def bad(where: str, row: int | None, says: str):
    """Register a way to spoil a folder of office files."""

    def register(spoil: Callable[[Path], None]):
        CORPUS[spoil.__name__] = BadImport(spoil, where, row, says)
        return spoil

    return register


HALLS, TOWNS, COMMUNITIES = "halls (halls.csv)", "towns (towns.shp)", "communities (社区.xlsx)"
SETTLEMENTS, BOUNDARY = "settlements (settlements.kml)", "boundary (边界.geojson)"
MAPPING = "mapping.toml"


def swap(folder: Path, old: str, new: str, *, file: str = MAPPING, encoding: str = "utf-8") -> None:
    """Replace a text of a file, which must be in it."""
    path = folder / file
    text = path.read_bytes().decode(encoding)
    assert old in text, old
    path.write_bytes(text.replace(old, new, 1).encode(encoding))


def hall_row(folder: Path, row: int, column: int, value: str) -> None:
    """Put a value into a cell of halls.csv."""
    path = folder / "halls.csv"
    lines = path.read_bytes().decode("gb18030").split("\r\n")
    cells = lines[row].split(",")
    cells[column] = value
    lines[row] = ",".join(cells)
    path.write_bytes("\r\n".join(lines).encode("gb18030"))


def sheet_cell(folder: Path, cell: str, value: object) -> None:
    """Put a value into a cell of the workbook."""
    book = openpyxl.load_workbook(folder / "社区.xlsx")
    book["社区"][cell] = value
    book.save(folder / "社区.xlsx")


def cut(folder: Path, name: str, share: float) -> None:
    """Cut a file short."""
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(len(data) * share)])


def put(folder: Path, old: str, name: str, data: bytes) -> None:
    """Write a file, and have the mapping name it in the place of another."""
    (folder / name).write_bytes(data)
    swap(folder, f'file = "{old}"', f'file = "{name}"')


# The mapping: not TOML, unknown and missing keys, wrong types, questions.


@bad(MAPPING, None, "not a TOML file")
def the_mapping_is_not_toml(folder):
    swap(folder, "confirmed = true", "confirmed = true true")


@bad(MAPPING, None, "not a TOML file (UTF-8)")
def the_mapping_is_in_gbk(folder):
    path = folder / MAPPING
    path.write_bytes(path.read_text("utf-8").encode("gb18030"))


@bad(MAPPING, None, "not a TOML file")
def the_mapping_gives_a_key_twice(folder):
    swap(folder, "confirmed = true", "confirmed = true\nconfirmed = true")


@bad(MAPPING, None, "not a TOML file")
def the_mapping_nests_without_end(folder):
    (folder / MAPPING).write_text("confirmed = true\nlayers = " + "[" * 100_000, "utf-8")


@bad(MAPPING, None, "not a TOML file")
def the_mapping_holds_nul(folder):
    (folder / MAPPING).write_bytes(b"confirmed = true\n\x00")


@bad(MAPPING, None, "too big for a mapping")
def the_mapping_is_huge(folder):
    (folder / MAPPING).write_text("#" * 5_000_001, "utf-8")


@bad(MAPPING, None, "nobody has confirmed")
def the_mapping_is_not_confirmed(folder):
    swap(folder, "confirmed = true", "confirmed = false")


@bad(MAPPING, None, "nobody has confirmed")
def the_mapping_is_confirmed_by_a_word(folder):
    swap(folder, "confirmed = true", 'confirmed = "yes"')


@bad(MAPPING, None, "nobody has confirmed")
def the_mapping_is_empty(folder):
    (folder / MAPPING).write_text("", "utf-8")


@bad(MAPPING, None, "the key layers is missing")
def there_are_no_layers(folder):
    (folder / MAPPING).write_text("confirmed = true", "utf-8")


@bad(MAPPING, None, "layers.halls.datum is still a question")
def a_question_is_open(folder):
    swap(folder, 'datum = "GCJ-02"', 'datum = "? GCJ-02"')


@bad(MAPPING, None, "layers.towns.constants.kind is still a question")
def a_constant_is_a_question(folder):
    swap(folder, 'kind = "town"', 'kind = "?"')


@bad(MAPPING, None, "the key layers.halls.encodng is not known")
def a_key_is_misspelt(folder):
    swap(folder, 'encoding = "GB18030"\ndatum', 'encodng = "GB18030"\ndatum')


@bad(MAPPING, None, "the key layers.hals is not known")
def a_layer_is_misspelt(folder):
    text = (folder / MAPPING).read_text("utf-8").replace("layers.halls", "layers.hals")
    (folder / MAPPING).write_text(text, "utf-8")


@bad(MAPPING, None, "the key layers.../../etc/passwd is not known")
def a_layer_is_named_like_a_path(folder):
    text = (folder / MAPPING).read_text("utf-8")
    text = text.replace("[layers.boundary]", '[layers."../../etc/passwd"]')
    (folder / MAPPING).write_text(text, "utf-8")


@bad(MAPPING, None, "the key layers.halls'; DROP TABLE halls;-- is not known")
def a_layer_is_named_like_sql(folder):
    text = (folder / MAPPING).read_text("utf-8")
    text = text.replace("[layers.boundary]", '[layers."halls\'; DROP TABLE halls;--"]')
    (folder / MAPPING).write_text(text, "utf-8")


@bad(MAPPING, None, "the key layers.boundary.columns.nme is not known")
def a_column_of_the_planner_is_misspelt(folder):
    swap(folder, 'name = "名称"', 'nme = "名称"')


@bad(MAPPING, None, "the key layers.boundary.file is missing")
def a_file_is_not_named(folder):
    swap(folder, 'file = "边界.geojson"\n', "")


@bad(MAPPING, None, "layers.boundary.file is ''")
def a_file_is_named_by_nothing(folder):
    swap(folder, "边界.geojson", "")


@bad(MAPPING, None, "layers.communities.skip_rows is '1'")
def a_number_is_given_as_text(folder):
    swap(folder, "skip_rows = 1", 'skip_rows = "1"')


@bad(MAPPING, None, "layers.communities.skip_rows is -1")
def rows_to_skip_are_negative(folder):
    swap(folder, "skip_rows = 1", "skip_rows = -1")


@bad(MAPPING, None, "layers.communities.header_rows is 900")
def the_header_has_900_rows(folder):
    swap(folder, "header_rows = 2", "header_rows = 900")


@bad(MAPPING, None, "layers.halls.datum is 'WGS84'")
def a_datum_is_not_known(folder):
    swap(folder, 'datum = "GCJ-02"', 'datum = "WGS84"')


@bad(MAPPING, None, "layers.communities.crs is '+proj=longlat")
def a_crs_is_not_a_code(folder):
    swap(folder, 'crs = "EPSG:4326"', 'crs = "+proj=longlat +nadgrids=@/etc/passwd"')


@bad(COMMUNITIES, None, "EPSG:999999 cannot be used")
def a_crs_does_not_exist(folder):
    swap(folder, 'crs = "EPSG:4326"', 'crs = "EPSG:999999"')


@bad(COMMUNITIES, None, "EPSG:5773 cannot be used")
def a_crs_is_one_of_heights(folder):
    swap(folder, 'crs = "EPSG:4326"', 'crs = "EPSG:5773"')


@bad(MAPPING, None, "layers.halls.geometry does not say where the coordinates are")
def only_one_axis_is_named(folder):
    swap(folder, '{ x = "经度", y = "纬度" }', '{ x = "经度" }')


@bad(MAPPING, None, "layers.halls.columns is 3")
def columns_are_a_number(folder):
    swap(folder, "[layers.halls.columns]", "[layers.unused]\nfile = 'x'\n[layers.unused.columns]")
    swap(folder, "datum =", "columns = 3\ndatum =")


@bad(MAPPING, None, "layers.boundary.code is given in several ways")
def a_column_has_two_origins(folder):
    swap(folder, '{ source = "real" }', '{ source = "real", code = "320585" }')


@bad(MAPPING, None, "both roads and the layers road_nodes")
def roads_are_given_twice(folder):
    swap(folder, "[roads]", '[layers.road_nodes]\nfile = "x.csv"\n[roads]')


@bad(MAPPING, None, "roads.bounds is")
def bounds_have_three_numbers(folder):
    swap(folder, "[roads]", "[roads]\nbounds = [1.0, 2.0, 3.0]")


# Paths.


@bad("boundary", None, "leads out of the folder")
def a_path_leads_up(folder):
    swap(folder, '"边界.geojson"', '"../边界.geojson"')


@bad("boundary", None, "leads out of the folder")
def a_path_leads_up_in_the_middle(folder):
    swap(folder, '"边界.geojson"', '"a/../../边界.geojson"')


@bad("boundary", None, "leads out of the folder")
def a_path_is_absolute(folder):
    swap(folder, '"边界.geojson"', '"/etc/passwd"')


@bad("boundary", None, "leads out of the folder")
def a_path_is_one_of_windows(folder):
    swap(folder, '"边界.geojson"', "'C:\\data\\边界.geojson'")


@bad("boundary", None, "leads out of the folder")
def a_path_leads_up_with_backslashes(folder):
    swap(folder, '"边界.geojson"', "'..\\边界.geojson'")


@bad("boundary", None, "leads out of the folder")
def a_path_is_an_address(folder):
    swap(folder, '"边界.geojson"', '"https://example.org/边界.geojson"')


@bad("boundary", None, "leads out of the folder")
def a_path_is_a_virtual_file_system(folder):
    swap(folder, '"边界.geojson"', '"/vsicurl/https://example.org/a.geojson"')


@bad("boundary", None, "leads out of the folder")
def a_path_is_a_link_to_elsewhere(folder):
    other = folder.parent / "elsewhere.geojson"
    (folder / "边界.geojson").rename(other)
    (folder / "边界.geojson").symlink_to(other)


@bad("boundary", None, "there is no file")
def a_path_is_a_link_to_itself(folder):
    (folder / "边界.geojson").unlink()
    (folder / "边界.geojson").symlink_to(folder / "边界.geojson")


@bad("boundary", None, "there is no file")
def a_file_is_missing(folder):
    (folder / "边界.geojson").unlink()


@bad("boundary", None, "there is no file")
def a_file_is_a_folder(folder):
    (folder / "边界.geojson").unlink()
    (folder / "边界.geojson").mkdir()


@bad("boundary", None, "there is no file")
def a_path_is_longer_than_any(folder):
    swap(folder, '"边界.geojson"', '"' + "a" * 900 + '.geojson"')


# What files are.


@bad("boundary (a.xls)", None, "the format of 'a.xls' is not known")
def an_old_workbook(folder):
    put(folder, "边界.geojson", "a.xls", b"\xd0\xcf\x11\xe0")


@bad(BOUNDARY, None, "'边界.geojson' is empty")
def a_file_is_empty(folder):
    (folder / "边界.geojson").write_bytes(b"")


@bad(BOUNDARY, None, "is not a .geojson file")
def a_virtual_layer_pretends_to_be_geojson(folder):
    text = "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>/etc/passwd</SrcDataSource>"
    (folder / "边界.geojson").write_text(text)


@bad(BOUNDARY, None, "gdal_streamed_alg")
def a_pipeline_pretends_to_be_geojson(folder):
    pipeline = {"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read x"}
    (folder / "边界.geojson").write_text(json.dumps(pipeline))


@bad(BOUNDARY, None, "cannot be read")
def a_geojson_is_cut_short(folder):
    cut(folder, "边界.geojson", 0.6)


@bad(BOUNDARY, None, "cannot be read")
def a_geojson_nests_without_end(folder):
    (folder / "边界.geojson").write_text('{"type":"FeatureCollection","features":' + "[" * 200_000)


@bad(BOUNDARY, None, "cannot be read (Failed to read TopoJSON")
def a_topojson_pretends_to_be_geojson(folder):
    topology = {"type": "Topology", "objects": {}, "arcs": []}
    (folder / "边界.geojson").write_text(json.dumps(topology))


@bad(BOUNDARY, None, "has no rows")
def a_geojson_without_features(folder):
    (folder / "边界.geojson").write_text('{"type":"FeatureCollection","features":[]}')


@bad("boundary (b.gpkg)", None, "cannot be read")
def a_geopackage_is_cut_short(folder):
    frame = small_city_tables()["boundary"].rename(columns={"code": "代码", "name": "名称"})
    frame.to_file(folder / "b.gpkg")
    put(folder, "边界.geojson", "b.gpkg", (folder / "b.gpkg").read_bytes()[:9_000])


@bad("boundary (b.gpkg)", None, "is not a .gpkg file")
def words_pretend_to_be_a_geopackage(folder):
    put(folder, "边界.geojson", "b.gpkg", b"these are words")


@bad("boundary (b.gpkg)", None, "has several layers")
def a_geopackage_has_several_layers(folder):
    frame = small_city_tables()["boundary"].rename(columns={"code": "代码", "name": "名称"})
    for layer in ("a", 'b"; DROP TABLE a;--'):
        frame.to_file(folder / "b.gpkg", layer=layer)
    swap(folder, '"边界.geojson"', '"b.gpkg"')


@bad("boundary (b.gpkg)", None, "there is no layer '../a' in the file")
def a_layer_of_a_geopackage_does_not_exist(folder):
    small_city_tables()["boundary"].to_file(folder / "b.gpkg", layer="a")
    swap(folder, 'file = "边界.geojson"', 'file = "b.gpkg"\ntable = "../a"')


@bad("boundary (b.parquet)", None, "cannot be read")
def a_parquet_is_cut_short(folder):
    small_city_tables()["boundary"].to_parquet(folder / "b.parquet")
    put(folder, "边界.geojson", "b.parquet", (folder / "b.parquet").read_bytes()[:2_000])


@bad("boundary (b.parquet)", None, "it has no geometry")
def a_parquet_without_geometry(folder):
    pd.DataFrame({"代码": ["320585"], "名称": ["城"]}).to_parquet(folder / "b.parquet")
    swap(folder, '"边界.geojson"', '"b.parquet"')


@bad(SETTLEMENTS, None, "cannot be read")
def a_kml_is_cut_short(folder):
    cut(folder, "settlements.kml", 0.5)


@bad(SETTLEMENTS, None, "holds <!DOCTYPE")
def a_kml_with_entities_that_unfold(folder):
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    swap(folder, "<kml ", bomb + "<kml ", file="settlements.kml")


@bad(SETTLEMENTS, None, "holds <NetworkLink")
def a_kml_with_a_link_to_the_network(folder):
    link = "<NetworkLink><Link><href>https://example.org/a.kml</href></Link></NetworkLink>"
    swap(folder, "</Document>", link + "</Document>", file="settlements.kml")


@bad(SETTLEMENTS, None, "holds OGRVRT")
def a_kml_with_a_virtual_layer(folder):
    swap(folder, "</Document>", "<OGRVRTDataSource/></Document>", file="settlements.kml")


@bad(SETTLEMENTS, None, "is not a .kml file")
def a_page_pretends_to_be_kml(folder):
    (folder / "settlements.kml").write_text("<!doctype html><html><body>404</body></html>")


# Shapefiles.


@bad(TOWNS, None, "does not say the encoding")
def a_shapefile_does_not_say_its_encoding(folder):
    swap(folder, 'encoding = "GB18030"\n', "")


@bad(TOWNS, None, "is not in UTF-8")
def a_shapefile_says_a_wrong_encoding(folder):
    swap(folder, 'encoding = "GB18030"\n', "")
    (folder / "towns.cpg").write_text("UTF-8")


@bad(TOWNS, None, "the encoding 'klingon' is not known")
def a_shapefile_says_an_unknown_encoding(folder):
    swap(folder, 'encoding = "GB18030"\n', 'encoding = "klingon"\n')


@bad(TOWNS, None, "the file 'towns.dbf' that belongs to the Shapefile is missing")
def a_shapefile_without_dbf(folder):
    (folder / "towns.dbf").unlink()


@bad(TOWNS, None, "the file 'towns.shx' that belongs to the Shapefile is missing")
def a_shapefile_without_shx(folder):
    (folder / "towns.shx").unlink()


@bad(TOWNS, None, "neither file nor mapping states the coordinate system")
def a_shapefile_without_prj(folder):
    (folder / "towns.prj").unlink()


@bad(TOWNS, None, "cannot be read")
def a_shapefile_is_cut_short(folder):
    cut(folder, "towns.shp", 0.7)


@bad(TOWNS, None, "'towns.prj' cannot be read (UTF-8)")
def a_prj_is_not_text(folder):
    path = folder / "towns.prj"
    path.write_bytes(path.read_bytes().replace(b"Gauss", b"Gau\xf7s", 1))


@bad(TOWNS, None, "cannot be read")
def a_dbf_is_cut_short(folder):
    cut(folder, "towns.dbf", 0.8)


@bad(TOWNS, None, "cannot be read")
def a_dbf_is_noise(folder):
    (folder / "towns.dbf").write_bytes(bytes(range(256)) * 4)


@bad(TOWNS, None, "the file says that it is in CGCS2000 / 3-degree Gauss-Kruger zone 40")
def mapping_and_file_contradict_each_other(folder):
    swap(folder, 'encoding = "GB18030"\n', 'encoding = "GB18030"\ncrs = "EPSG:4549"\n')


@bad(TOWNS, None, "begin with the 3-degree zone 40")
def the_zone_is_a_wrong_one(folder):
    swap(
        folder,
        'encoding = "GB18030"\n',
        'encoding = "GB18030"\ncrs = "EPSG:4527"\noverride_crs = true\n',
    )


@bad(TOWNS, None, "begin with the 3-degree zone 40")
def the_zone_prefix_is_not_the_systems(folder):
    swap(
        folder,
        'encoding = "GB18030"\n',
        'encoding = "GB18030"\ncrs = "EPSG:4549"\noverride_crs = true\n',
    )


@bad(TOWNS, None, "the datum GCJ-02 is stated for data in metres")
def a_web_datum_is_stated_for_metres(folder):
    swap(folder, 'encoding = "GB18030"\n', 'encoding = "GB18030"\ndatum = "GCJ-02"\n')


@bad(TOWNS, 1, "easting and northing are swapped")
def easting_and_northing_are_swapped(folder):
    frame = pyogrio.read_dataframe(folder / "towns.shp", encoding="GBK")
    turned = frame.geometry.map(lambda p: Polygon([(y, x) for x, y in p.exterior.coords]))
    frame = frame.set_geometry(gpd.GeoSeries(turned, crs=4528))
    pyogrio.write_dataframe(frame, folder / "towns.shp", encoding="GBK")


@bad(TOWNS, 1, "lies outside the area that CGCS2000")
def a_place_is_outside_the_zone(folder):
    frame = pyogrio.read_dataframe(folder / "towns.shp", encoding="GBK")
    moved = frame.geometry.to_crs(4549).translate(300_000, 0).set_crs(4528, allow_override=True)
    frame = frame.set_geometry(moved.translate(40_000_000, 0))
    pyogrio.write_dataframe(frame, folder / "towns.shp", encoding="GBK")


@bad(TOWNS, 1, "the polygon or line is broken (Self-intersection")
def a_polygon_crosses_itself(folder):
    frame = pyogrio.read_dataframe(folder / "towns.shp", encoding="GBK").to_crs(4326)
    x, y = place(1, 1).x, place(1, 1).y
    bow = Polygon([(x, y), (x + 0.01, y + 0.01), (x + 0.01, y), (x, y + 0.01)])
    frame = frame.set_geometry(gpd.GeoSeries([bow, frame.geometry[1]], crs=4326))
    pyogrio.write_dataframe(frame, folder / "towns.shp", encoding="GBK")


@bad("towns (t.geojson)", 1, "the geometry is a LineString")
def towns_are_lines(folder):
    frame = small_city_tables()["towns"]
    frame = frame.rename(columns={"code": "镇代码", "name": "镇名称", "residents": "人口"})
    lines = [LineString(p.exterior.coords) for p in frame.geometry]
    frame.set_geometry(gpd.GeoSeries(lines, crs=4326)).to_file(folder / "t.geojson")
    swap(folder, '"towns.shp"', '"t.geojson"')


# CSV.


@bad(HALLS, None, "is not in UTF-8")
def a_csv_is_not_in_utf_8(folder):
    swap(folder, 'encoding = "GB18030"\ndatum', "datum")


@bad(HALLS, None, "is not in UTF-16")
def a_csv_is_not_in_utf_16(folder):
    swap(folder, 'encoding = "GB18030"\ndatum', 'encoding = "UTF-16"\ndatum')


@bad(HALLS, None, "the encoding 'hex' is not known")
def an_encoding_is_none_of_text(folder):
    swap(folder, 'encoding = "GB18030"\ndatum', 'encoding = "hex"\ndatum')


@bad(HALLS, None, "is not in GB18030")
def a_csv_ends_in_half_a_character(folder):
    path = folder / "halls.csv"
    path.write_bytes(path.read_bytes() + b"\r\n\xb3")


@bad(HALLS, 3, "the row has 12 values where the header of 'halls.csv' has 11")
def a_csv_has_a_value_too_many(folder):
    hall_row(folder, 3, 1, "东镇平台,二楼")


@bad(HALLS, 2, "the row has 1 values")
def a_csv_has_a_row_too_short(folder):
    path = folder / "halls.csv"
    lines = path.read_bytes().split(b"\r\n")
    path.write_bytes(b"\r\n".join([*lines[:2], b"T1", *lines[3:]]))


@bad(HALLS, None, "cannot be read (unexpected end of data)")
def a_csv_does_not_close_a_quote(folder):
    hall_row(folder, 2, 1, '"西镇')


@bad(HALLS, None, "is not a .csv file")
def a_workbook_is_called_csv(folder):
    (folder / "halls.csv").write_bytes((folder / "社区.xlsx").read_bytes())


@bad(HALLS, None, "has no rows below its header")
def a_csv_has_a_header_alone(folder):
    path = folder / "halls.csv"
    path.write_bytes(path.read_bytes().split(b"\r\n")[0])


@bad(HALLS, None, "there is no column '状态'")
def a_csv_lacks_a_column(folder):
    swap(folder, "状态", "情况", file="halls.csv", encoding="gb18030")


@bad(HALLS, None, "several columns are called '名称'")
def a_csv_has_a_column_twice(folder):
    swap(folder, "级别", "名称", file="halls.csv", encoding="gb18030")
    swap(folder, 'tier = "级别"\n', 'tier = "形式"\n')


@bad(HALLS, None, "bigger than 2,000 columns")
def a_csv_has_ten_thousand_columns(folder):
    (folder / "halls.csv").write_text(",".join(f"c{i}" for i in range(10_000)) + "\n1", "utf-8")
    swap(folder, 'encoding = "GB18030"\ndatum', "datum")


@bad(HALLS, None, "cannot be read (field larger than field limit")
def a_cell_has_eleven_million_characters(folder):
    (folder / "halls.csv").write_text("站点编号,名称\nH1," + "a" * 11_000_000, "utf-8")
    swap(folder, 'encoding = "GB18030"\ndatum', "datum")


@bad(HALLS, 1, "建筑面积(亩) is 'abc', which is not one number")
def an_area_is_a_word(folder):
    hall_row(folder, 1, 7, "abc")


@bad(HALLS, 1, "建筑面积(亩) is '约1.8', which is not one number")
def an_area_is_about_a_number(folder):
    hall_row(folder, 1, 7, "约1.8")


@bad(HALLS, 1, "建筑面积(亩) is '1.8公里', whose unit does not fit")
def an_area_is_in_kilometres(folder):
    hall_row(folder, 1, 7, "1.8公里")


@bad(HALLS, 1, "建筑面积(亩) is '1e999999999'")
def an_area_has_a_billion_digits(folder):
    hall_row(folder, 1, 7, "1e999999999")


@bad(HALLS, 1, "建筑面积(亩) is '1e308'")
def an_area_is_beyond_all_numbers(folder):
    hall_row(folder, 1, 7, "1e308")


@bad(HALLS, 1, "建筑面积(亩) is 'inf'")
def an_area_is_infinite(folder):
    hall_row(folder, 1, 7, "inf")


@bad(HALLS, 1, "floor_area_m2 is -666")
def an_area_is_negative(folder):
    hall_row(folder, 1, 7, "-1")


@bad(HALLS, None, "the unit '人' does not fit floor_area_m2")
def an_area_is_counted_in_persons(folder):
    swap(folder, 'floor_area_m2 = "亩"', 'floor_area_m2 = "人"')


@bad(HALLS, 2, "经度 is 'nan'")
def a_longitude_is_not_a_number(folder):
    hall_row(folder, 2, 9, "nan")


@bad(HALLS, 2, "纬度 is 'inf'")
def a_latitude_is_infinite(folder):
    hall_row(folder, 2, 10, "inf")


@bad(HALLS, 2, "经度 is empty")
def a_longitude_is_empty(folder):
    hall_row(folder, 2, 9, "")


@bad(HALLS, 1, "longitude and latitude are swapped")
def longitude_and_latitude_are_swapped(folder):
    swap(folder, '{ x = "经度", y = "纬度" }', '{ x = "纬度", y = "经度" }')


@bad(HALLS, None, "neither file nor mapping states the coordinate system")
def a_csv_without_datum(folder):
    swap(folder, 'datum = "GCJ-02"\n', "")


@bad(HALLS, 1, "the coordinates (x 520500, y 3.48")
def metres_are_stated_as_degrees(folder):
    for row in range(1, 8):
        hall_row(folder, row, 9, "520500.5")
        hall_row(folder, row, 10, "3485500.5")


@bad(HALLS, 1, "lies outside the area that CGCS2000")
def degrees_are_stated_as_metres(folder):
    swap(folder, 'datum = "GCJ-02"', 'crs = "EPSG:4549"')


@bad(HALLS, 2, "hall_id M1 stands in an earlier row too")
def a_key_stands_twice(folder):
    hall_row(folder, 2, 0, "M1")


@bad(HALLS, 4, "community_code 320585999999 is not in the layer communities")
def a_hall_belongs_to_no_community(folder):
    hall_row(folder, 4, 4, "320585999999")


@bad(HALLS, 4, "所属社区代码 is '3.20585E+11': digits of the code were lost")
def a_code_lost_its_digits(folder):
    hall_row(folder, 4, 4, "3.20585E+11")


@bad(HALLS, 1, "tier is '省级'")
def a_word_is_not_known(folder):
    hall_row(folder, 1, 2, "省级")


@bad(HALLS, 1, "hall_id is empty")
def a_key_is_blank(folder):
    hall_row(folder, 1, 0, "   ")


@bad(HALLS, 1, "the function '跳舞' is not known")
def a_function_is_not_known(folder):
    hall_row(folder, 1, 6, "政务服务、跳舞")


@bad(HALLS, 1, "form is '=1+1'")
def a_formula_stands_for_a_word(folder):
    hall_row(folder, 1, 3, "=1+1")


@bad(HALLS, 1, "form is '<script>alert(1)</script>'")
def html_stands_for_a_word(folder):
    hall_row(folder, 1, 3, "<script>alert(1)</script>")


@bad(HALLS, 1, "form is '\\x1b[31mred'")
def a_terminal_escape_stands_for_a_word(folder):
    hall_row(folder, 1, 3, "\x1b[31mred")


# Workbooks.


@bad(COMMUNITIES, None, "cannot be read")
def a_workbook_is_cut_short(folder):
    cut(folder, "社区.xlsx", 0.5)


@bad(COMMUNITIES, None, "is not a .xlsx file")
def an_old_workbook_is_called_xlsx(folder):
    (folder / "社区.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)


@bad(COMMUNITIES, None, "unpacks to 2,000 MB")
def a_workbook_is_a_zip_bomb(folder):
    with zipfile.ZipFile(folder / "社区.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    data = bytearray((folder / "社区.xlsx").read_bytes())
    start = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, start + 24, 2_000_000_000)
    (folder / "社区.xlsx").write_bytes(bytes(data))


@bad(COMMUNITIES, None, "unpacks to 100 MB")
def a_workbook_unpacks_a_thousandfold(folder):
    with zipfile.ZipFile(folder / "社区.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 100_000_000)


@bad(COMMUNITIES, None, "holds <!DOCTYPE")
def a_workbook_with_entities_that_unfold(folder):
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><workbook/>'
    with zipfile.ZipFile(folder / "社区.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", bomb)


@bad(COMMUNITIES, None, "cannot be read")
def a_zip_file_is_called_xlsx(folder):
    with zipfile.ZipFile(folder / "社区.xlsx", "w") as archive:
        archive.writestr("readme.txt", "words")


@bad(COMMUNITIES, None, "there is no sheet '居民'")
def a_sheet_does_not_exist(folder):
    swap(folder, 'sheet = "社区"', 'sheet = "居民"')


@bad(COMMUNITIES, None, "has several sheets")
def a_sheet_is_not_named(folder):
    swap(folder, 'sheet = "社区"\n', "")


@bad(COMMUNITIES, None, "has no rows below its header")
def a_sheet_is_empty(folder):
    book = openpyxl.Workbook()
    book.active.title = "社区"
    book.save(folder / "社区.xlsx")


@bad(COMMUNITIES, None, "there is no column '社区代码'")
def the_header_is_elsewhere(folder):
    swap(folder, "skip_rows = 1", "skip_rows = 3")


@bad(COMMUNITIES, 2, "总人口(万人) holds a formula without a stored value")
def a_formula_has_no_value(folder):
    sheet_cell(folder, "D5", "=1+1")


@bad(COMMUNITIES, 2, "人口/总人口（万人） shows the error '#REF!'")
def a_cell_shows_an_error(folder):
    sheet_cell(folder, "D5", "#REF!")


@bad(COMMUNITIES, 1, "人口/总人口（万人） is 0.20001, which is not a whole number")
def residents_are_not_whole(folder):
    sheet_cell(folder, "D4", 0.20001)


@bad(COMMUNITIES, 3, "户数 is '七百'")
def households_are_in_words(folder):
    sheet_cell(folder, "F6", "七百")


@bad(COMMUNITIES, 1, "和谐社区 is '优秀', which is neither yes nor no")
def a_flag_is_a_mark(folder):
    sheet_cell(folder, "G4", "优秀")


@bad(COMMUNITIES, 2, "code 320585100001 stands in an earlier row too")
def a_code_stands_twice(folder):
    sheet_cell(folder, "A5", 320585100001)


@bad(COMMUNITIES, 1, "code is '32058510000'")
def a_code_lacks_a_digit(folder):
    sheet_cell(folder, "A4", 32058510000)


@bad(COMMUNITIES, 4, "WKT is 'POLYGON ((1 2'")
def a_geometry_is_not_wkt(folder):
    sheet_cell(folder, "H7", "POLYGON ((1 2")


@bad(COMMUNITIES, 4, "WKT is ''")
def a_geometry_is_empty(folder):
    sheet_cell(folder, "H7", None)


@bad(COMMUNITIES, 1, "WKT is")
def a_geometry_is_a_command(folder):
    sheet_cell(folder, "H4", "@cmd|' /C calc'!A0")


# OpenStreetMap.


@bad("roads (roads.osm)", None, "cannot be read")
def roads_are_cut_short(folder):
    cut(folder, "roads.osm", 0.5)


@bad("roads (roads.osm)", None, "wrong format for coordinate: '920.2")
def a_crossing_is_off_the_earth(folder):
    swap(folder, 'lon="120.2', 'lon="920.2', file="roads.osm")


@bad("roads (roads.osm)", None, "illegal id")
def a_crossing_has_no_number(folder):
    swap(folder, 'node id="1"', 'node id="N1"', file="roads.osm")


@bad("roads (roads.osm)", None, "holds <!ENTITY")
def roads_with_entities_that_unfold(folder):
    swap(folder, "<osm ", '<!ENTITY a "aaaa"><osm ', file="roads.osm")


@bad("roads (r.osm.pbf)", None, "cannot be read")
def roads_are_noise(folder):
    put(folder, "roads.osm", "r.osm.pbf", b"\0\0\0\x0d" + bytes(range(256)) * 8)


@bad("roads (r.csv)", None, "it has no geometry")
def roads_are_a_table(folder):
    put(folder, "roads.osm", "r.csv", b"a,b\n1,2\n")


@bad("halls (roads.osm)", None, "tags do not say which places")
def places_without_tags(folder):
    swap(folder, 'file = "halls.csv"', 'file = "roads.osm"')


@bad("halls (roads.osm)", None, "holds no place with the tags")
def no_place_has_the_tags(folder):
    swap(folder, 'file = "halls.csv"', 'file = "roads.osm"\ntags = { amenity = "casino" }')


# The layers together.


@bad("settlements", None, "the layer is missing")
def a_required_layer_is_not_mapped(folder):
    text = (folder / MAPPING).read_text("utf-8")
    start, end = text.index("[layers.settlements]"), text.index("[layers.halls]")
    (folder / MAPPING).write_text(text[:start] + text[end:], "utf-8")


@bad(HALLS, 1, "km outside the boundary of the city")
def halls_lie_elsewhere(folder):
    for row in range(1, 8):
        hall_row(folder, row, 10, "39.9")


@bad(BOUNDARY, None, "column name is missing")
def a_required_column_is_not_mapped(folder):
    swap(folder, '{ code = "代码", name = "名称" }', '{ code = "代码" }')


@bad(BOUNDARY, 1, "the coordinates (x 4.05")
def a_geojson_is_in_metres(folder):
    frame = small_city_tables()["boundary"].to_crs(4528)
    frame = frame.rename(columns={"code": "代码", "name": "名称"})
    frame.set_crs(4326, allow_override=True).to_file(folder / "边界.geojson")


@bad(BOUNDARY, 1, "a coordinate is not a finite number")
def a_boundary_runs_to_infinity(folder):
    path = folder / "边界.geojson"
    document = json.loads(path.read_text("utf-8"))
    document["features"][0]["geometry"]["coordinates"][0][1][0] = 1e999
    path.write_text(json.dumps(document), "utf-8")


@bad(BOUNDARY, 1, "which is not a text")
def a_name_is_a_list(folder):
    path = folder / "边界.geojson"
    document = json.loads(path.read_text("utf-8"))
    document["features"][0]["properties"]["名称"] = ["a", "b"]
    path.write_text(json.dumps(document), "utf-8")


@bad(BOUNDARY, 1, "which is not a code")
def a_code_is_an_object(folder):
    path = folder / "边界.geojson"
    document = json.loads(path.read_text("utf-8"))
    document["features"][0]["properties"]["代码"] = [1.5, 2.5]
    path.write_text(json.dumps(document), "utf-8")


@bad(BOUNDARY, 1, "the row has no geometry")
def a_boundary_has_no_shape(folder):
    path = folder / "边界.geojson"
    document = json.loads(path.read_text("utf-8"))
    document["features"][0]["geometry"] = None
    path.write_text(json.dumps(document), "utf-8")


@bad(SETTLEMENTS, 1, "community_code x is not in the layer communities")
def a_settlement_belongs_to_nobody(folder):
    text = (folder / "settlements.kml").read_text("utf-8")
    text = text.replace('"所属社区代码">320585100001', '"所属社区代码">x', 1)
    (folder / "settlements.kml").write_text(text, "utf-8")
