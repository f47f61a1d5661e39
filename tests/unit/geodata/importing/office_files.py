"""The small city as offices keep it: each layer in another format, with its habits."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import openpyxl
import pyogrio

from geodata.crs import shift_datum
from tests.small_city import small_city_tables
from tests.unit.geodata.roads.osm_files import write_osm

KINDS = {"urban": "城市", "rural": "农村"}
TIERS = {"municipal": "市级", "town": "镇级", "community": "社区级"}
FORMS = {"centre": "中心", "platform": "平台", "hall": "服务厅", "station": "服务站"}


def write_office_files(folder: Path) -> None:
    """Write the files of the departments; ``mapping_text`` describes them."""
    tables = small_city_tables()
    tables["boundary"][["code", "name", "geometry"]].rename(
        columns={"code": "代码", "name": "名称"}
    ).to_file(folder / "边界.geojson")
    _write_towns(folder, tables["towns"])
    _write_communities(folder, tables["communities"])
    _write_settlements(folder, tables["settlements"])
    _write_halls(folder, tables["halls"])
    write_roads(folder / "roads.osm")


def _write_towns(folder: Path, towns: gpd.GeoDataFrame) -> None:
    """A Shapefile of the survey bureau: GBK without .cpg, CGCS2000 zone 40 with prefix."""
    frame = towns[["code", "name", "kind", "residents", "geometry"]].assign(kind="镇")
    frame.columns = ["镇代码", "镇名称", "类型", "人口", "geometry"]
    frame = frame.set_geometry("geometry").to_crs(4528)
    pyogrio.write_dataframe(frame, folder / "towns.shp", encoding="GBK")
    (folder / "towns.cpg").unlink()


def _write_communities(folder: Path, communities: gpd.GeoDataFrame) -> None:
    """A workbook: a title, a header of two rows, codes that Excel made numbers, a row of totals."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "社区"
    sheet.append(["小城社区基本情况表"])
    sheet.append(["社区代码", "社区名称", "城乡分类", "人口", None, "户数", "和谐社区", "WKT"])
    sheet.append([None, None, None, "总人口（万人）", "60岁及以上人口", None, None, None])
    for cells in ("A2:A3", "B2:B3", "C2:C3", "D2:E2", "F2:F3", "G2:G3", "H2:H3"):
        sheet.merge_cells(cells)
    for row in communities.itertuples():
        sheet.append(
            [
                float(row.code),
                row.name + " ",
                KINDS[row.kind],
                row.residents / 10_000,
                f"{row.age_60_plus:,}",
                "７００",
                "是" if row.harmonious else "否",
                row.geometry.wkt,
            ]
        )
    sheet.append(["合计", None, None, 0.8, "1,600", 2800, None, None])
    book.create_sheet("说明").append(["填表说明"])
    book.save(folder / "社区.xlsx")


def _write_settlements(folder: Path, settlements: gpd.GeoDataFrame) -> None:
    frame = settlements[["settlement_id", "community_code", "name", "residents", "geometry"]]
    frame = frame.assign(households=settlements["households"])
    frame.columns = ["编号", "所属社区代码", "名称", "居民数", "geometry", "户数"]
    frame.set_geometry("geometry").to_file(folder / "settlements.kml", driver="KML")


def _write_halls(folder: Path, halls: gpd.GeoDataFrame) -> None:
    """A CSV in GB18030, geocoded with a web map (GCJ-02), areas in mu, several words in a cell."""
    shown = shift_datum(halls.geometry, "WGS 84", "GCJ-02")
    lines = ["站点编号,名称,级别,形式,所属社区代码,所属镇代码,服务功能,建筑面积(亩),状态,经度,纬度"]
    for row, place in zip(halls.itertuples(), shown, strict=True):
        area = "" if row.floor_area_m2 != row.floor_area_m2 else repr(row.floor_area_m2 * 3 / 2000)
        functions = "、".join(["政务服务", "民政救助"])
        home = row.community_code if isinstance(row.community_code, str) else ""
        lines.append(
            f"{row.hall_id},{row.name},{TIERS[row.tier]},{FORMS[row.form]},{home},{row.town_code},"
            f"{functions},{area},在用,{place.x!r},{place.y!r}"
        )
    (folder / "halls.csv").write_bytes("\r\n".join(lines).encode("gb18030"))


def write_roads(path: Path) -> Path:
    """Write the streets of the small city as OpenStreetMap."""
    tables = small_city_tables()
    nodes, edges = tables["road_nodes"], tables["road_edges"]
    places = {
        int(node) + 1: (point.x, point.y)
        for node, point in zip(nodes["node_id"], nodes.geometry, strict=True)
    }
    ways = {
        int(edge.edge_id) + 1: (
            (edge.from_node + 1, edge.to_node + 1),
            {"highway": "residential", "name": "街"},
        )
        for edge in edges.itertuples()
    }
    tags = {85: {"amenity": "community_centre", "name": "文化站"}}
    return write_osm(path, ways, places=places, node_tags=tags)


MAPPING = """
confirmed = true

[layers.boundary]
file = "边界.geojson"
columns = { code = "代码", name = "名称" }
constants = { source = "real" }

[layers.towns]
file = "towns.shp"
encoding = "GB18030"
columns = { code = "镇代码", name = "镇名称", residents = "人口" }
constants = { kind = "town", source = "real" }

[layers.communities]
file = "社区.xlsx"
sheet = "社区"
skip_rows = 1
header_rows = 2
crs = "EPSG:4326"
geometry = { wkt = "WKT" }
leave_out = { "社区代码" = ["合计"] }
constants = { source = "real", feature = false }
first_digits = { town_code = { of = "code", count = 9 } }
units = { residents = "万人" }
values = { kind = { "城市" = "urban", "农村" = "rural" } }

[layers.communities.columns]
code = "社区代码"
name = "社区名称"
kind = "城乡分类"
residents = "人口/总人口（万人）"
age_60_plus = "人口/60岁及以上人口"
households = "户数"
harmonious = "和谐社区"

[layers.settlements]
file = "settlements.kml"
constants = { source = "real" }

[layers.settlements.columns]
settlement_id = "编号"
community_code = "所属社区代码"
name = "名称"
residents = "居民数"
households = "户数"

[layers.halls]
file = "halls.csv"
encoding = "GB18030"
datum = "GCJ-02"
geometry = { x = "经度", y = "纬度" }
constants = { source = "real" }
units = { floor_area_m2 = "亩" }
separators = { functions = "、" }

[layers.halls.columns]
hall_id = "站点编号"
name = "名称"
tier = "级别"
form = "形式"
community_code = "所属社区代码"
town_code = "所属镇代码"
functions = "服务功能"
floor_area_m2 = "建筑面积(亩)"
status = "状态"

[layers.halls.values]
tier = { "市级" = "municipal", "镇级" = "town", "社区级" = "community" }
form = { "中心" = "centre", "平台" = "platform", "服务厅" = "hall", "服务站" = "station" }
status = { "在用" = "open" }
functions = { "政务服务" = "government_affairs", "民政救助" = "civil_affairs" }

[roads]
file = "roads.osm"
"""


def write_office(folder: Path, mapping: str = MAPPING) -> Path:
    """Write the files and the mapping that describes them; return the mapping's path."""
    write_office_files(folder)
    path = folder / "mapping.toml"
    path.write_text(mapping, "utf-8")
    return path
