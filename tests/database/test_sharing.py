"""Several people with one city: viewers, rights that stay, writers and readers at odds."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

import geodata
from geodata import City, DataError
from geodata.postgis import server as connections
from geodata.postgis import writing
from tests.database.server import PASSWORD


@pytest.fixture
def role(planning, request):
    """A role that may log in and has no rights."""
    name = f"of_{request.node.originalname}"[:60]
    word, identifier = sql.Literal(PASSWORD), sql.Identifier(name)
    planning.run("planning", sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(identifier, word))
    return name


def as_user(url, role):
    return url.replace("sanshe_admin@", f"{role}@")


def test_a_viewer_may_read_and_nothing_else(small_city, schema, role, planning):
    small_city.save(schema, viewers=role)
    assert geodata.open_city(as_user(schema, role)).halls.equals(small_city.halls)
    name = schema.rpartition("=")[2]
    for statement in (f"DELETE FROM {name}.workers", f"CREATE TABLE {name}.mine (x int)"):
        with planning.connect("planning", role) as connection, pytest.raises(psycopg.Error):
            connection.execute(statement)
    with pytest.raises(DataError, match="has not the rights"):
        small_city.save(as_user(schema, role))


def test_rights_stay_when_the_city_is_saved_anew(small_city, schema, role, planning):
    name = schema.rpartition("=")[2]
    small_city.save(schema)
    planning.run(
        "planning",
        f"GRANT USAGE ON SCHEMA {name} TO {role}",
        f"GRANT SELECT, UPDATE ON {name}.halls TO {role}",
        f"GRANT SELECT (code, name, geometry) ON {name}.communities TO PUBLIC",
    )
    for _ in range(2):
        small_city.save(schema)
    with planning.connect("planning", role) as connection:
        connection.execute(f"UPDATE {name}.halls SET windows = 9")
        connection.execute(f"SELECT code, name FROM {name}.communities")
        for refused in (
            f"SELECT clients_drug_control FROM {name}.communities",
            f"SELECT * FROM {name}.workers",
            f"INSERT INTO {name}.halls DEFAULT VALUES",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(refused)
    with pytest.raises(DataError, match="permission denied for table"):
        geodata.open_city(as_user(schema, role))


def test_a_user_who_is_not_administrator_may_keep_a_city(small_city, schema, role, planning):
    planning.run("planning", f"GRANT CREATE ON DATABASE planning TO {role}")
    for _ in range(2):
        small_city.save(as_user(schema, role))
    assert geodata.open_city(as_user(schema, role)).code == small_city.code


def test_an_extension_in_a_schema_of_its_own_is_found(small_city, schema, planning):
    planning.run("postgres", "CREATE DATABASE tidy")
    planning.run("tidy", "CREATE SCHEMA extensions", "CREATE EXTENSION postgis SCHEMA extensions")
    url = planning.url("tidy", "small")
    small_city.save(url)
    assert geodata.open_city(url).halls.equals(small_city.halls)


def test_a_second_writer_gets_a_clear_error(small_city, schema, monkeypatch):
    fill = writing._fill
    said = []

    def meanwhile(*arguments):
        monkeypatch.setattr(writing, "_fill", fill)
        with pytest.raises(DataError) as raised:
            small_city.save(schema)
        said.append(str(raised.value))
        return fill(*arguments)

    monkeypatch.setattr(writing, "_fill", meanwhile)
    small_city.save(schema)
    assert "another process is writing it" in said[0]
    assert geodata.open_city(schema).code == small_city.code


def test_a_city_that_is_being_read_is_not_replaced_under_the_reader(
    small_tables, small_city, schema, monkeypatch
):
    monkeypatch.setattr(writing, "_WAIT_MILLISECONDS", 100)
    small_city.save(schema)
    small_tables["halls"]["name"] = "changed"
    changed = City.from_tables(small_tables)
    stored = connections.stored_note

    def meanwhile(connection, address, kind):
        monkeypatch.setattr("geodata.postgis.reading.stored_note", stored)
        with pytest.raises(DataError, match="reading the city for too long"):
            changed.save(schema)
        return stored(connection, address, kind)

    monkeypatch.setattr("geodata.postgis.reading.stored_note", meanwhile)
    assert geodata.open_city(schema).halls["name"].equals(small_city.halls["name"])
    changed.save(schema)
    assert set(geodata.open_city(schema).halls["name"]) == {"changed"}


def test_a_view_on_the_city_is_not_dropped(small_city, schema, planning):
    small_city.save(schema)
    name = schema.rpartition("=")[2]
    planning.run("planning", f"CREATE VIEW public.my_halls AS SELECT * FROM {name}.halls")
    with pytest.raises(DataError, match=r"view my_halls depends on table .*halls"):
        small_city.save(schema)
    with planning.connect("planning") as connection:
        assert connection.execute("SELECT count(*) FROM public.my_halls").fetchone() == (7,)


def test_a_connection_that_breaks_leaves_the_city(small_tables, small_city, schema, planning):
    small_city.save(schema)
    small_tables["halls"]["name"] = "changed"
    changed = City.from_tables(small_tables)
    rows_of = writing.rows_of

    def breaking(layer, frame):
        if layer == "workers":
            planning.run(
                "planning",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'sanshe-planner'",
            )
        return rows_of(layer, frame)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "rows_of", breaking)
        with pytest.raises(DataError, match=r"the database gave up .*; put that right"):
            changed.save(schema)
    assert geodata.open_city(schema).halls["name"].equals(small_city.halls["name"])
    changed.save(schema)


def test_an_empty_schema_is_filled(small_city, schema, planning):
    name = schema.rpartition("=")[2]
    planning.run("planning", f"CREATE SCHEMA {name}")
    small_city.save(schema)
    assert geodata.open_city(schema).code == small_city.code


def test_a_city_goes_from_one_place_to_another_by_command(schema, tmp_path, monkeypatch, capsys):
    from tests.bad_inputs.test_bad_cities import run
    from tests.small_city import small_city_tables

    City.from_tables(small_city_tables()).save(tmp_path / "a")
    for source, target in (
        (tmp_path / "a", schema),
        (schema, tmp_path / "b.gpkg"),
        (tmp_path / "b.gpkg", tmp_path / "c"),
    ):
        code, out, _ = run(monkeypatch, capsys, "copy", source, target)
        assert code == 0
        assert "11 layers, 514 rows copied to" in out
    for file in (tmp_path / "a").iterdir():
        if file.name != "city.json":
            assert file.read_bytes() == (tmp_path / "c" / file.name).read_bytes(), file.name
    monkeypatch.chdir(tmp_path)
    for command in ("check", "coverage", "platforms"):
        assert run(monkeypatch, capsys, command, schema)[0] == 0
    assert run(monkeypatch, capsys, "plan", schema, "--no-report", "--new-halls", 1)[0] == 0
    assert (tmp_path / f"plan-{schema.rpartition('=')[2]}" / "map.html").exists()
