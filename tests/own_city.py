"""Files as a planning office has them, made from the embedded city: to try bringing one's own.

Every kind of untidiness that real files bring is in them, by lot (seeded): offices in place of
names, traditional characters, full-width codes, a title above the header and a total below, GBK
attributes, coordinates of a Chinese web map, persons in a table of workers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import osmium
import pandas as pd
import pyogrio
import shapely
from osmium.osm.mutable import Node, Way

from geodata import City

ZONE_40 = 4528
"""CGCS2000, 3-degree zone 40 (120° E), eastings with the zone before them."""
_KINDS = {"urban": "城市社区", "rural": "农村社区", "new_rural": "新型农村社区"}
_TIERS = {"municipal": "市级", "town": "镇级", "community": "社区级"}
_FIELDS = {
    "drug_control": "禁毒",
    "community_correction": "社区矫正",
    "social_relief": "社会救助",
    "youth": "青少年",
    "women": "妇女儿童",
    "other": "其他",
}
_SURNAMES, _GIVEN = "王李张刘陈杨赵黄周吴", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚"


def write_own_city(city: City, folder: str | Path, seed: int = 320585) -> dict[str, Path]:
    """Write the files of an office that plans for a city; return them by what they hold.

    Parameters
    ----------
    city
        The embedded city, or another.
    folder
        Where to; it is made.
    seed
        Of the lots.

    Returns
    -------
    dict
        communities (XLSX), towns and villages (Shapefiles, GBK, zone 40), halls (CSV, GB18030,
        GCJ-02), settlements (CSV, WGS 84), roads (OSM PBF), workers (XLSX, one row per person),
        grid (GeoPackage, residents per square kilometre), earlier (CSV, residents by the codes of
        another year), changes (CSV, old and new codes).
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[str, tuple[str, Callable[[City, Path, np.random.Generator], None]]] = {
        "communities": ("社区名册.xlsx", _communities),
        "towns": ("乡镇界.shp", _towns),
        "villages": ("村社区界.shp", _villages),
        "halls": ("服务厅.csv", _halls),
        "settlements": ("居民点.csv", _settlements),
        "roads": ("道路.osm.pbf", _roads),
        "workers": ("社工名单.xlsx", _workers),
        "grid": ("人口格网.gpkg", _grid),
        "changes": ("代码变更.csv", _changes),
        "earlier": ("往年人口.csv", _earlier),
    }
    written = {}
    for number, (what, (name, write)) in enumerate(writers.items()):
        written[what] = folder / name
        write(city, written[what], np.random.default_rng([seed, number]))
    return written


def as_departments_write(name: str, chance: np.random.Generator) -> str:
    """Return a name as some department might write it."""
    for kind, offices in {
        "社区": ("社区居委会", "居委会", "社区居民委员会", "社區", "社区 "),
        "村": ("村委会", "村村民委员会", "村民委员会", "村　"),
    }.items():
        if name.endswith(kind) and chance.random() < 0.6:
            return name.removesuffix(kind) + str(chance.choice(offices))
    return name


def id_card(region: str, birth: str, serial: int) -> str:
    """Return a made-up ID-card number with a right check digit (GB 11643-1999)."""
    digits = f"{region}{birth}{serial:03d}"
    total = sum(int(d) * pow(2, 17 - at, 11) for at, d in enumerate(digits))
    return digits + "10X98765432"[total % 11]


def gcj02(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates as Chinese web maps show them, from WGS 84 (the published series)."""
    x, y = lon - 105.0, lat - 35.0
    waves = 20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += (waves + 20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += (waves + 20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    axis, flat = 6378245.0, 0.00669342162296594323
    slope = 1 - flat * np.sin(np.radians(lat)) ** 2
    up = north * 180 / (axis * (1 - flat) / slope**1.5 * np.pi)
    right = east * 180 / (axis / np.sqrt(slope) * np.cos(np.radians(lat)) * np.pi)
    return lon + right, lat + up


def _mistyped(name: str, row: int) -> str:
    """Return the name; in every fiftieth row with its first character typed twice."""
    return name if row % 50 != 49 else name[0] + name


def _wide(code: str) -> str:
    return code.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})


def _sheet(path: Path, title: str, table: pd.DataFrame, last: list[object] | None = None) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    sheet.append([title])
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(table.columns))
    sheet.append(list(table.columns))
    for row in table.itertuples(index=False):
        sheet.append([None if pd.isna(value) else value for value in row])
    if last is not None:
        sheet.append(last)
    book.save(path)


def _communities(city: City, path: Path, chance: np.random.Generator) -> None:
    frame = city.communities
    towns = city.towns.set_index("code")["name"]
    codes = [code if chance.random() < 0.9 else _wide(code) + " " for code in frame["code"]]
    table = pd.DataFrame(
        {
            "序号": range(1, len(frame) + 1),
            "所属镇（街道）": frame["town_code"].map(towns),
            "社区（村）名称": [as_departments_write(name, chance) for name in frame["name"]],
            "统计代码": codes,
            "类型": frame["kind"].map(_KINDS),
            "常住人口（万人）": frame["residents"] / 10_000,
            "户数": frame["households"],
            "0-14岁": frame["age_0_14"],
            "60岁及以上": frame["age_60_plus"],
            "和谐社区": np.where(frame["harmonious"], "是", "否"),
            "特色社区": np.where(frame["feature"], "是", "否"),
        }
    )
    total = frame["residents"].sum() / 10_000
    _sheet(path, "社区基本情况表", table, ["合计", None, None, None, None, total])


def _towns(city: City, path: Path, chance: np.random.Generator) -> None:
    towns = city.towns
    kinds = towns["kind"].map({"town": "镇", "district": "区"})
    shapes = gpd.GeoDataFrame(
        {"XZQDM": towns["code"] + "000", "XZQMC": towns["name"], "LX": kinds},
        geometry=towns.geometry,
    )
    _shapefile(shapes.to_crs(ZONE_40), path)


def _villages(city: City, path: Path, chance: np.random.Generator) -> None:
    frame = city.communities
    shapes = gpd.GeoDataFrame({"ZLDWMC": frame["name"], "ZLDWDM": frame["code"]})
    shapes = shapes.set_geometry(frame.geometry.to_numpy(), crs=frame.crs)
    _shapefile(shapes.to_crs(ZONE_40), path)


def _shapefile(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write as survey bureaus do: attributes in GBK, and no file that says so."""
    pyogrio.write_dataframe(frame, path, driver="ESRI Shapefile", encoding="GBK")
    path.with_suffix(".cpg").unlink(missing_ok=True)


def _halls(city: City, path: Path, chance: np.random.Generator) -> None:
    halls = city.halls.to_crs(4326)
    lon, lat = gcj02(halls.geometry.x.to_numpy(), halls.geometry.y.to_numpy())
    homes = city.communities.set_index("code")["name"]
    towns = city.towns.set_index("code")["name"]
    table = pd.DataFrame(
        {
            "名称": halls["name"],
            "层级": halls["tier"].map(_TIERS),
            "镇": halls["town_code"].map(towns),
            "社区": [
                None if pd.isna(code) else _mistyped(as_departments_write(homes[code], chance), row)
                for row, code in enumerate(halls["community_code"])
            ],
            "建筑面积（平方米）": halls["floor_area_m2"],
            "窗口数": halls["windows"],
            "高德经度": lon.round(6),
            "高德纬度": lat.round(6),
            "联系人": _persons(len(halls), chance),
            "联系电话": _mobiles(len(halls), chance),
        }
    )
    table.to_csv(path, index=False, encoding="gb18030")


def _settlements(city: City, path: Path, chance: np.random.Generator) -> None:
    frame = city.settlements.to_crs(4326)
    homes = city.communities.set_index("code")["name"]
    table = pd.DataFrame(
        {
            "编号": frame["settlement_id"],
            "居民点": frame["name"],
            "社区代码": frame["community_code"],
            "社区": frame["community_code"].map(homes),
            "人口": frame["residents"],
            "户数": frame["households"],
            "60岁以上": frame["age_60_plus"],
            "经度": frame.geometry.x.round(6),
            "纬度": frame.geometry.y.round(6),
        }
    )
    table.to_csv(path, index=False, encoding="utf-8-sig")


def _roads(city: City, path: Path, chance: np.random.Generator) -> None:
    nodes, edges = city.roads.to_tables()
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as writer:
        at = nodes.geometry.get_coordinates().to_numpy()
        known = {node: number for number, node in enumerate(nodes["node_id"], 1)}
        for node, (lon, lat) in zip(nodes["node_id"], at, strict=True):
            writer.add_node(Node(id=known[node], location=(lon, lat), version=1))
        ways, following = [], len(known) + 1
        for number, edge in enumerate(edges.itertuples(index=False), 1):
            refs = [known[edge.from_node]]
            for lon, lat in shapely.get_coordinates(edge.geometry)[1:-1]:
                writer.add_node(Node(id=following, location=(lon, lat), version=1))
                refs.append(following)
                following += 1
            tags = {"highway": edge.road_class, "maxspeed": str(int(edge.max_speed_kmh))}
            tags |= {"oneway": "yes"} if edge.oneway else {}
            tags |= {"name": edge.name} if isinstance(edge.name, str) else {}
            ways.append(Way(id=number, nodes=[*refs, known[edge.to_node]], tags=tags, version=1))
        for way in ways:
            writer.add_way(way)


def _workers(city: City, path: Path, chance: np.random.Generator) -> None:
    halls = city.halls.set_index("hall_id")["name"]
    posts = city.workers.loc[city.workers.index.repeat(city.workers["posts"])]
    number = posts.groupby(level=0).cumcount()
    births = [
        f"{year}{month:02d}{day:02d}"
        for year, month, day in zip(
            chance.integers(1960, 2000, len(posts)),
            chance.integers(1, 13, len(posts)),
            chance.integers(1, 29, len(posts)),
            strict=True,
        )
    ]
    table = pd.DataFrame(
        {
            "姓名": _persons(len(posts), chance),
            "身份证号": [
                id_card("320585", birth, int(serial))
                for birth, serial in zip(births, chance.integers(1, 999, len(posts)), strict=True)
            ],
            "手机": _mobiles(len(posts), chance),
            "家庭住址": [
                f"太仓市人民路{n}号{n % 30}室" for n in chance.integers(1, 400, len(posts))
            ],
            "工作单位": posts["base_hall_id"].map(halls).to_numpy(),
            "服务领域": posts["field"].map(_FIELDS).to_numpy(),
            "工作量（折合全职）": (posts["fte"] / posts["posts"]).to_numpy(),
            "持证": np.where(number < posts["certified"], "是", None),
        }
    )
    _sheet(path, "专业社工名单", table)


def _persons(count: int, chance: np.random.Generator) -> list[str]:
    return [
        str(chance.choice(list(_SURNAMES))) + "".join(chance.choice(list(_GIVEN), 2))
        for _ in range(count)
    ]


def _mobiles(count: int, chance: np.random.Generator) -> list[str]:
    return [f"1{chance.integers(30, 99)}{chance.integers(0, 10**8):08d}" for _ in range(count)]


def _grid(city: City, path: Path, chance: np.random.Generator) -> None:
    """Write residents by square kilometre; cells at the border reach over it."""
    people = city.settlements.to_crs(ZONE_40)
    cells = (people.geometry.get_coordinates() // 1000).astype(int)
    summed = people["residents"].groupby([cells["x"], cells["y"]]).sum()
    west, south = (summed.index.get_level_values(axis).to_numpy() * 1000 for axis in ("x", "y"))
    grid = gpd.GeoDataFrame(
        {"cell": [f"E{x // 1000}N{y // 1000}" for x, y in zip(west, south, strict=True)]},
        geometry=shapely.box(west, south, west + 1000, south + 1000),
        crs=ZONE_40,
    )
    grid["residents"] = summed.to_numpy()
    path.unlink(missing_ok=True)
    grid.to_file(path, layer="grid")


def _changes(city: City, path: Path, chance: np.random.Generator) -> None:
    """Write that two of today's communities were one before, and another was renumbered."""
    rows = [(old, new, share) for old, parts in _former(city).items() for new, share in parts]
    pd.DataFrame(rows, columns=["old_code", "new_code", "share"]).to_csv(path, index=False)


def _earlier(city: City, path: Path, chance: np.random.Generator) -> None:
    """Write the residents by the codes of before."""
    frame = city.communities[["code", "residents"]]
    old = {new: before for before, parts in _former(city).items() for new, _ in parts}
    codes = frame["code"].map(lambda code: old.get(code, code)).rename("代码")
    table = frame["residents"].groupby(codes).sum().rename("人口").reset_index()
    table.to_csv(path, index=False, encoding="gb18030")


def _former(city: City) -> dict[str, list[tuple[str, float]]]:
    first, second, third = city.communities["code"].iloc[:3]
    return {
        f"{first[:9]}901": [(first, 0.4), (second, 0.6)],
        f"{first[:9]}902": [(third, 1.0)],
    }
