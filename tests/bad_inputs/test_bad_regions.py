"""Every kind of bad region gives one clear message with a remedy, in both languages."""

from __future__ import annotations

import json
import re

import geopandas as gpd
import numpy as np
import pytest
import shapely

import geodata
from geodata import City, DataError
from geodata.language import use_language
from tests.regions import NOTE, listed, save_counties, save_region, write_listed

SHAPES = {f"32051{i}": shapely.box(120 + i, 31, 121 + i, 32) for i in range(3)}
NAMED = {"code": "1", "name": "一", "name_en": "One"}


def refused(act) -> str:
    """Return what is said in English, having seen that Chinese says it too."""
    with pytest.raises(DataError) as raised:
        act()
    said = {}
    for language in ("zh", "en"):
        with use_language(language):
            said[language] = str(raised.value)
    assert re.search("[\u4e00-\u9fff]", said["zh"])
    assert "; " in said["en"], "no remedy"
    return said["en"]


def no_note(folder):
    (folder / "region.json").unlink()


def no_table(folder):
    (folder / "counties.parquet").unlink()


def note(text):
    return lambda folder: (folder / "region.json").write_text(text, "utf-8")


def table(change):
    def spoil(folder):
        at = folder / "counties.parquet"
        change(gpd.read_parquet(at)).to_parquet(at, index=False)

    return spoil


def cell(column, row, value):
    def change(frame):
        frame[column] = [value if i == row else v for i, v in enumerate(frame[column])]
        return frame

    return table(change)


SPOILT = {
    "no note": (no_note, "there is no region"),
    "no table": (no_table, "the region has no counties.parquet"),
    "a note that is no JSON": (note("{"), "region.json: it does not say what the region is"),
    "a note that is a list": (note("[]"), "it is no object"),
    "a note without a name": (note('{"code": "1", "name_en": "One"}'), "name is None"),
    "a note whose code is a number": (note(json.dumps(NOTE | {"code": 1})), "code is 1"),
    "a note whose sources are a list": (note(json.dumps(NOTE | {"sources": []})), "sources is no"),
    "a table that is no Parquet": (
        lambda folder: (folder / "counties.parquet").write_bytes(b"PAR1"),
        "it cannot be read",
    ),
    "no column": (table(lambda t: t.drop(columns="folder")), "counties: column folder is missing"),
    "no geometry": (
        lambda folder: (
            listed(SHAPES).drop(columns="geometry").to_parquet(folder / "counties.parquet")
        ),
        "counties: the layer has no geometry",
    ),
    "a code twice": (cell("code", 1, "320510"), "counties, row 2 (320510): code 320510 stands in"),
    "no counties": (table(lambda t: t.iloc[:0]), "counties: the layer has no rows"),
    "no coordinate system": (
        table(lambda t: t.set_crs(None, allow_override=True)),
        "does not say its coordinate reference system",
    ),
    "metres said to be degrees": (
        table(lambda t: t.to_crs(4549).set_crs(4326, allow_override=True)),
        "are not degrees",
    ),
    "a point for a boundary": (cell("geometry", 2, shapely.Point(120, 31)), "counties, row 3"),
    "a negative count": (cell("residents", 0, -1), "counties, row 1 (320510): residents is -1"),
    "a county that is not there": (
        lambda folder: (folder / "counties" / "320511").rmdir(),
        "counties, row 2 (320511): the county's folder counties/320511 is missing",
    ),
    "a folder above": (cell("folder", 0, "../other"), "is not a path inside the region"),
    "a folder from the root": (cell("folder", 0, "/etc"), "is not a path inside the region"),
    "a folder on a drive": (cell("folder", 0, "C:x"), "is not a path inside the region"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_bad_list_is_refused(name, tmp_path):
    spoil, says = SPOILT[name]
    spoil(write_listed(tmp_path, listed(SHAPES)))
    assert says in refused(lambda: geodata.open_region(tmp_path))


def test_a_list_may_be_read_before_all_counties_are_there(tmp_path):
    write_listed(tmp_path, listed(SHAPES))
    (tmp_path / "counties" / "320511").rmdir()
    region = geodata.open_region(tmp_path, complete=False)
    assert region.neighbours("320511", 0) == ("320510", "320512")
    for act in (region.open_county, region.fingerprint):
        assert "there is no city" in refused(lambda act=act: act("320511"))


def test_a_region_is_not_taken_for_a_city(tmp_path):
    write_listed(tmp_path, listed(SHAPES))
    assert "this is a region of many counties, not a city; give one of its counties" in refused(
        lambda: geodata.open_city(tmp_path)
    )


def test_a_county_that_is_not_of_the_region_is_refused(tmp_path):
    region = geodata.open_region(write_listed(tmp_path, listed(SHAPES)))
    for act in (region.open_county, region.fingerprint, lambda code: region.neighbours(code, 1)):
        said = refused(lambda act=act: act("999999"))
        assert "the region has no county '999999'; give the code of one of its 3 counties" in said


def changed(city: City, layer: str, change) -> City:
    tables = city.tables()
    tables[layer] = change(tables[layer])
    return City.from_inspected(tables, city.sources)


def test_a_county_in_the_folder_of_another_is_refused(two_counties, tmp_path):
    folder = save_region(tmp_path, two_counties)
    (folder / "counties" / "320511").rename(folder / "counties" / "x")
    (folder / "counties" / "320512").rename(folder / "counties" / "320511")
    region = geodata.open_region(folder, complete=False)
    assert "(320511): its layers say that it is 320512; put" in refused(
        lambda: region.open_county("320511")
    )


def test_what_is_wrong_with_a_layer_names_the_county(two_counties, tmp_path):
    folder = save_region(tmp_path, two_counties)
    region = geodata.open_region(folder)
    at = folder / "counties" / "320512" / "halls.parquet"
    halls = gpd.read_parquet(at)
    halls["floor_area_m2"] = -1.0
    halls.to_parquet(at)
    says = "320512/halls, row 1 (T2): floor_area_m2 is -1.0"
    assert says in refused(lambda: region.open_county("320512"))
    before = (folder / "counties.parquet").read_bytes()
    assert says in refused(lambda: geodata.index_region(folder, **NAMED))
    assert (folder / "counties.parquet").read_bytes() == before


def first_key(column, value):
    return lambda frame: frame.assign(**{column: [value, *frame[column].iloc[1:]]})


CLASHES = {
    "a hall": ("halls", first_key("hall_id", "T1"), "halls: hall_id T1"),
    "a settlement": (
        "settlements",
        first_key("settlement_id", "S1"),
        "settlements: settlement_id S1",
    ),
    "a site": ("candidates", first_key("site_id", "C1"), "candidates: site_id C1"),
    "a road": ("road_edges", first_key("edge_id", 0), "road_edges: edge_id 0"),
    "a road node": ("road_nodes", None, "road_nodes: node_id"),
}


def clashing(name, two_counties):
    """Return what is to be said, and the counties of which the second is spoilt."""
    layer, change, says = CLASHES[name]
    if change is None:
        shared = np.intersect1d(*(city.roads.node_ids for city in two_counties))[0]

        def change(nodes):
            points = [shapely.Point(p.x + 1e-6 * (n == shared), p.y) for n, p in
                      zip(nodes["node_id"], nodes.geometry, strict=True)]  # fmt: skip
            return nodes.set_geometry(gpd.GeoSeries(points, crs=nodes.crs))

        says += f" {shared}"
    says += " stands for one thing in county 320511 and for another in county 320512"
    return says, [two_counties[0], changed(two_counties[1], layer, change)]


@pytest.mark.parametrize("name", CLASHES)
def test_a_key_of_two_things_names_both_counties(name, two_counties):
    says, spoilt = clashing(name, two_counties)
    assert says in refused(lambda: geodata.join_cities(spoilt[::-1], **NAMED))


@pytest.mark.parametrize("name", ["a hall", pytest.param("a road node", marks=pytest.mark.slow)])
def test_no_list_is_made_where_a_key_stands_for_two_things(name, two_counties, tmp_path):
    says, spoilt = clashing(name, two_counties)
    folder = save_counties(tmp_path, spoilt)
    assert says in refused(lambda: geodata.index_region(folder, **NAMED))
    assert not (folder / "region.json").exists()


def test_counties_that_cannot_stand_side_by_side_are_refused(two_counties, tmp_path):
    assert "there is no city to join" in refused(lambda: geodata.join_cities([], **NAMED))
    twice = [two_counties[0], two_counties[0]]
    assert "320511: two counties have this code" in refused(
        lambda: geodata.join_cities(twice, **NAMED)
    )
    tables = two_counties[1].tables()
    other = {n: t.to_crs(4490) if "geometry" in t else t for n, t in tables.items()}
    mixed = [two_counties[0], City.from_inspected(other)]
    says = "320511 is in EPSG:4326 and 320512 in EPSG:4490"
    assert says in refused(lambda: geodata.join_cities(mixed, **NAMED))
    folder = save_counties(tmp_path, two_counties[:1])
    two_counties[0].save(folder / "counties" / "320512")
    assert "320511: two counties have this code: counties/320511 and counties/320512" in refused(
        lambda: geodata.index_region(folder, **NAMED)
    )
    assert "there is no county; save each county" in refused(
        lambda: geodata.index_region(tmp_path / "none", **NAMED)
    )


def test_a_column_that_some_counties_lack_is_filled_or_refused(two_counties, tmp_path):
    workers = changed(
        two_counties[1], "communities", lambda frame: frame.assign(community_workers=5)
    )
    joined = geodata.join_cities([two_counties[0], workers], **NAMED)
    assert joined.communities["community_workers"].dtype == "Int64"
    assert joined.communities["community_workers"].tolist()[2:] == [5, 5]
    assert "error" not in geodata.quality.check(joined)["severity"].tolist()
    project = two_counties[0].projects.assign(
        project_id="P2", organisation_id="O2", community_codes=None
    )
    tables = two_counties[1].tables() | {"projects": project.assign(status="running")}
    mixed = [two_counties[0], City.from_inspected(tables)]
    says = "projects: county 320512 has the column status and county 320511 has not"
    assert says in refused(lambda: geodata.join_cities(mixed, **NAMED))
    folder = save_counties(tmp_path, mixed)
    assert says in refused(lambda: geodata.index_region(folder, **NAMED))


@pytest.mark.parametrize("viewers", [None, "somebody"])
def test_a_region_is_not_saved_where_it_cannot_be(viewers, tmp_path):
    region = geodata.open_region(write_listed(tmp_path, listed(SHAPES)))
    target = "mysql://u:hunter2@h/db" if viewers is None else tmp_path / "copy"
    said = refused(lambda: region.save(target, viewers=viewers))
    assert "hunter2" not in said
