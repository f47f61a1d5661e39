"""A region in PostGIS: a schema for the list, a schema for each county."""

from __future__ import annotations

import pytest
from psycopg import sql

import geodata
import planner
from geodata import DataError
from geodata.layers import LAYERS
from geodata.postgis import write_region
from planner.distributed import plan_region
from tests.database.server import PASSWORD
from tests.regions import save_counties
from tests.unit.geodata.test_city import assert_same

COUNTIES = ("320511", "320512")


@pytest.fixture
def place(schema, planning):
    """The URL of a schema for a region; it and those of its counties are not there yet."""
    name = schema.rpartition("=")[2]
    for code in COUNTIES:
        drop = sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE")
        planning.run("planning", drop.format(sql.Identifier(f"{name}_{code}")))
    return schema


@pytest.fixture(scope="module")
def region(two_counties, tmp_path_factory):
    folder = save_counties(tmp_path_factory.mktemp("region"), two_counties)
    sources = {"counties": {"real": [], "source": "模拟"}}
    return geodata.index_region(folder, code="320500", name="小省", name_en="P", sources=sources)


def test_a_region_comes_back_the_same(region, place, planning, tmp_path):
    assert not geodata.is_region(place)
    planning.run("planning", f"CREATE ROLE viewer_of_region LOGIN PASSWORD '{PASSWORD}'")
    told = []
    region.save(place, viewers="viewer_of_region", progress=lambda *done: told.append(done))
    assert told == [(1, 2), (2, 2)]
    assert geodata.is_region(place)
    again = geodata.open_region(place)
    assert (again.code, again.name, again.name_en) == (region.code, region.name, region.name_en)
    assert again.sources == region.sources
    assert again.counties.equals(region.counties)
    for code in COUNTIES:
        assert_same(again.open_county(code), region.open_county(code))
        assert again.neighbours(code, 0) == region.neighbours(code, 0)
    name = place.rpartition("=")[2]
    with planning.connect("planning") as connection:
        indexes = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = %s AND tablename = 'counties'",
            [name],
        ).fetchall()
        near = connection.execute(
            f"SELECT b.code, b.schema FROM {name}.counties a, {name}.counties b "
            "WHERE a.code = '320511' AND b.code <> a.code "
            "AND ST_DWithin(a.geometry::geography, b.geometry::geography, 10000) "
            "AND ST_DWithin(a.geometry, b.geometry, 0.2)"
        ).fetchall()
    assert any("USING gist (geometry)" in one for (one,) in indexes)
    assert near == [("320512", f"{name}_320512")]
    assert again.lacking() == region.lacking() == {"320511": (), "320512": ("projects",)}
    as_viewer = geodata.open_region(place.replace("sanshe_admin@", "viewer_of_region@"))
    assert as_viewer.counties.equals(again.counties)
    assert "viewer" not in repr(as_viewer)
    with pytest.raises(DataError, match="has not the rights"):
        as_viewer.save(place.replace("sanshe_admin@", "viewer_of_region@"))
    again.save(tmp_path / "copy")
    for code in COUNTIES:
        assert geodata.open_region(tmp_path / "copy").fingerprint(code) == region.fingerprint(code)


def test_what_changes_in_the_database_is_seen(region, place, planning):
    region.save(place)
    name = place.rpartition("=")[2]
    opened = geodata.open_region(place)
    before = [opened.fingerprint(code) for code in COUNTIES]
    assert before == [geodata.open_region(place).fingerprint(code) for code in COUNTIES]
    planning.run("planning", f"UPDATE {name}_320512.halls SET windows = 9")
    after = [opened.fingerprint(code) for code in COUNTIES]
    assert after[0] == before[0] != before[1] != after[1]

    planning.run("planning", f"DROP SCHEMA {name}_320512 CASCADE")
    with pytest.raises(DataError, match=f"row 2 .320512.: the county's schema {name}_320512"):
        geodata.open_region(place)
    opened = geodata.open_region(place, complete=False)
    assert opened.lacking() == {"320511": (), "320512": tuple(LAYERS)}
    with pytest.raises(DataError, match="holds no city"):
        opened.open_county("320512")
    planning.run(
        "planning",
        f"ALTER TABLE {name}.counties DROP CONSTRAINT counties_pkey",
        f"UPDATE {name}.counties SET code = '320511'",
    )
    with pytest.raises(DataError, match=r"counties, row 2 .320511.: code 320511 stands in an earl"):
        geodata.open_region(place)


def test_a_list_and_a_city_do_not_take_the_place_of_one_another(region, two_counties, place):
    with pytest.raises(DataError, match="holds no region; regions in this database:"):
        geodata.open_region(place)
    two_counties[0].save(place)
    with pytest.raises(DataError, match="holds other tables"):
        write_region(region.counties, {"code": "1", "name": "一", "name_en": "One"}, place)
    assert geodata.open_city(place).code == "320511"


def test_a_region_in_the_database_is_planned_as_one_in_a_folder(region, place, tmp_path):
    region.save(place)
    region.save(tmp_path / "region")
    standard = planner.Standard.load("taicang-2013")
    made = {
        name: plan_region(source, standard, out=tmp_path / name, new_halls=3)
        for name, source in {"folder": tmp_path / "region", "database": place}.items()
    }
    assert made["folder"].summary == made["database"].summary
    assert made["folder"].summary["complete"]
    for file in ("recommendations.csv", "counties.csv", "counties/320511/settlements.parquet"):
        one, other = (tmp_path / name / file for name in made)
        assert one.read_bytes() == other.read_bytes(), file
    assert PASSWORD not in (tmp_path / "database" / "region.json").read_text("utf-8")
