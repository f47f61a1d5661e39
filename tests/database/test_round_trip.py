"""A city comes back from PostGIS as it went in, and its tables say what the layers' schemas do."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import geodata
from geodata import City, DataError
from geodata.fingerprint import city_fingerprints
from geodata.layers import LAYERS
from geodata.quality.relations import REFERENCES
from tests.examples import examples
from tests.small_city import small_city_tables
from tests.unit.geodata.test_city import assert_same


def rows(server, query, *values):
    with server.connect("planning") as connection:
        return connection.execute(query, values).fetchall()


def test_the_embedded_city_comes_back_the_same(taicang, schema):
    taicang.save(schema)
    opened = geodata.open_city(schema)
    assert_same(taicang, opened)
    assert city_fingerprints(opened) == city_fingerprints(taicang)


# Text that no database keeps is refused, which tests/bad_inputs shows.
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
NAMES = st.one_of(
    TEXT, st.sampled_from(["太仓市", "'; DROP TABLE halls; --", '"', "\\N", "%s", ""])
)
COUNTS = st.integers(0, 2**62)
AMOUNTS = st.floats(0, allow_infinity=False, exclude_min=True)
STEP = st.floats(-0.01, 0.01)


def column(strategy, size):
    return st.lists(strategy, min_size=size, max_size=size)


@st.composite
def cities(draw):
    """Draw the small city with other names, numbers, gaps, places and columns of its own."""
    tables = small_city_tables()
    halls, settlements = tables["halls"], tables["settlements"]
    size = len(halls)
    halls["name"] = draw(column(NAMES, size))
    halls["floor_area_m2"] = draw(column(st.none() | AMOUNTS, size))
    halls["windows"] = pd.array(draw(column(st.none() | COUNTS, size)), "Int64")
    halls["rooms"] = draw(column(st.none() | NAMES, size))
    settlements["name"] = draw(column(st.none() | NAMES, len(settlements)))
    moved = zip(settlements.geometry, draw(column(st.tuples(STEP, STEP), 8)), strict=True)
    settlements["geometry"] = [shapely.Point(p.x + dx / 9, p.y + dy / 9) for p, (dx, dy) in moved]
    own = draw(st.lists(st.text("列a\"%';{}é ", min_size=1, max_size=15), max_size=3, unique=True))
    for name in own:
        kind = draw(st.sampled_from(["int32", "float32", "bool", "str", "Int64", "datetime64[us]"]))
        values = {
            "int32": st.integers(-(2**31), 2**31 - 1),
            "float32": st.floats(width=32, allow_infinity=True, allow_nan=True),
            "bool": st.booleans(),
            "str": st.none() | NAMES,
            "Int64": st.none() | st.integers(-(2**63), 2**63 - 1),
            "datetime64[us]": st.datetimes(),
        }[kind]
        halls[name] = pd.array(draw(column(values, size)), dtype=kind)
    if draw(st.booleans()):
        tables["boundary"].geometry = shapely.force_3d(tables["boundary"].geometry.array, 3.5)
    for name in draw(st.sets(st.sampled_from(["workers", "projects", "candidates"]))):
        del tables[name]
    crs = draw(st.sampled_from([4326, 4490]))
    tables = {
        name: frame.set_crs(crs, allow_override=True) if "geometry" in frame else frame
        for name, frame in tables.items()
    }
    source = st.dictionaries(TEXT, st.none() | NAMES | COUNTS | st.booleans(), max_size=2)
    return City.from_tables(tables, draw(st.dictionaries(NAMES, source, max_size=2)))


@given(city=cities())
@settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_city_comes_back_the_same(city, schema):
    city.save(schema)
    opened = geodata.open_city(schema)
    assert_same(city, opened)
    for name, frame in city.tables().items():
        if isinstance(frame, gpd.GeoDataFrame):
            ours, theirs = frame.geometry.array, opened.tables()[name].geometry.array
            assert shapely.equals_identical(np.asarray(ours), np.asarray(theirs)).all()


def test_the_tables_have_keys_references_indexes_and_comments(small_city, schema, planning):
    small_city.save(schema)
    name = schema.rpartition("=")[2]
    constraints = rows(
        planning,
        "SELECT c.conrelid::regclass::text, c.contype::text, a.attname, "
        "c.confrelid::regclass::text "
        "FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid "
        "AND a.attnum = ANY (c.conkey) WHERE c.connamespace = %s::regnamespace",
        name,
    )
    found = {
        (t.rpartition(".")[2], kind, col, to.rpartition(".")[2]) for t, kind, col, to in constraints
    }
    for layer in LAYERS.values():
        assert (layer.name, "p", layer.key or "sanshe_row", "-") in found
    for reference in REFERENCES:
        if not reference.several:
            assert (reference.layer, "f", reference.column, reference.target) in found
    spatial = rows(
        planning,
        "SELECT tablename FROM pg_indexes WHERE schemaname = %s AND indexdef LIKE '%%USING gist%%'",
        name,
    )
    assert {t for (t,) in spatial} == {n for n, layer in LAYERS.items() if layer.geometry}
    silent = rows(
        planning,
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s "
        "AND col_description(format('%%I.%%I', table_schema, table_name)::regclass, "
        "ordinal_position) IS NULL",
        name,
    )
    assert silent == []
    ((said,),) = rows(planning, f"SELECT obj_description('{name}.halls'::regclass)")
    assert "halls, stations" in said
    assert "服务厅" in said


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE {}.halls SET tier = 'village'", "check"),
        ("UPDATE {}.settlements SET residents = -1", "check"),
        ("UPDATE {}.communities SET bodies = 'party_committee;guild'", "check"),
        ("UPDATE {}.communities SET code = '12'", "check"),
        ("UPDATE {}.halls SET floor_area_m2 = 'NaN'", "check"),
        ("UPDATE {}.halls SET name = NULL", "not-null"),
        ("UPDATE {}.halls SET community_code = '320585999999'", "foreign key"),
        ("DELETE FROM {}.communities", "foreign key"),
        ("UPDATE {}.towns SET geometry = ST_SetSRID(ST_Point(121, 31), 4326)", "check"),
        ("INSERT INTO {0}.towns SELECT * FROM {0}.towns", "unique"),
    ],
)
def test_the_database_refuses_what_the_schema_forbids(
    statement, kind, small_tables, schema, planning
):
    small_tables["communities"]["bodies"] = "party_committee;affairs_office"
    City.from_tables(small_tables).save(schema)
    with pytest.raises(Exception, match=kind):
        planning.run("planning", statement.format(schema.rpartition("=")[2]))


def test_what_is_edited_in_the_database_is_read(small_city, schema, planning):
    small_city.save(schema)
    name = schema.rpartition("=")[2]
    planning.run(
        "planning",
        f"UPDATE {name}.towns SET code = '320585109' WHERE code = '320585100'",
        f"ALTER TABLE {name}.halls ADD manager_count numeric, ADD tags text[] DEFAULT '{{a,b}}'",
        f"INSERT INTO {name}.workers (base_hall_id, field, posts, fte, certified, source) "
        "VALUES ('H2', 'youth', 1, 1, 0, 'real')",
        f"CREATE TABLE {name}.notes (note text)",
    )
    city = geodata.open_city(schema)
    assert set(city.communities["town_code"]) == {"320585109", "320585101"}
    assert city.halls["manager_count"].isna().all()
    assert city.halls["tags"].iloc[0] == "{a,b}"
    assert city.workers["base_hall_id"].tolist()[-1] == "H2"
    with pytest.raises(DataError, match="other tables or views stand on the city"):
        city.save(schema)
    assert geodata.open_city(schema).workers.equals(city.workers)


def test_saving_anew_replaces_all_layers(small_tables, schema):
    City.from_tables(small_tables).save(schema)
    del small_tables["projects"], small_tables["road_nodes"], small_tables["road_edges"]
    City.from_tables(small_tables).save(schema)
    opened = geodata.open_city(schema)
    assert opened.roads is None
    assert len(opened.projects) == 0
