"""Bad URLs, schemas, names and databases: one clear message in either language, no password."""

from __future__ import annotations

import json
import socket

import pytest
from psycopg import sql

import geodata
from geodata import City, DataError
from geodata.city import short_name, shown_name
from geodata.language import use_language
from geodata.postgis import Address
from tests.bad_inputs.test_bad_cities import run
from tests.database.server import PASSWORD

SECRET = "hunter2"

URLS = {
    "no schema": (f"postgresql://u:{SECRET}@h/db", "does not say in which schema"),
    "two schemas": (f"postgresql://u:{SECRET}@h/db?schema=a&schema=b", "in which schema"),
    "a slash too few": (f"postgresql:/u:{SECRET}@h/db?schema=a", "cannot be understood"),
    "a scheme of our own": (f"postgis://u:{SECRET}@h/db?schema=a", "cannot be understood"),
    "the scheme of another library": (
        f"postgresql+psycopg://u:{SECRET}@h/db?schema=a",
        "cannot be understood",
    ),
    "capitals and blanks": (f" PostgreSQL:u:{SECRET}@h?schema=a", "cannot be understood"),
    "a port of letters": (f"postgresql://u@h:{SECRET}/db?schema=a", "cannot be understood"),
    "a password with a hash": (f"postgresql://u:x#{SECRET}@h/db?schema=a", "%23"),
    "a password with a slash": (f"postgresql://u:12/{SECRET}@h/db?schema=a", "%2F"),
    "a password with a question mark": (f"postgresql://u:12?{SECRET}@h/db", "%3F"),
    "a line break": (f"postgresql://u:{SECRET}@h/db\n?schema=a", "cannot be understood"),
    "a NUL": (f"postgresql://u:{SECRET}@h/d%00b?schema=a", "cannot be understood"),
    "an unknown parameter": (
        f"postgresql://u:{SECRET}@h/db?schema=a&nonsense=1",
        "cannot be understood",
    ),
    "a city of another kind of database": (f"mysql://u:{SECRET}@h/db", "there is no city"),
    "a password as a parameter": (
        f"mysql://h/db?password={SECRET}&x=1",
        "there is no city 'mysql://h/db?password=***&x=1'",
    ),
}


@pytest.mark.parametrize("name", URLS)
def test_a_bad_url_is_refused_and_what_may_be_a_password_is_not_shown(name, monkeypatch, capsys):
    url, says = URLS[name]
    code, out, err = run(monkeypatch, capsys, "check", url)
    assert (code, out) == (2, "")
    assert says in err
    assert SECRET not in err
    assert "Traceback" not in err


SCHEMAS = [
    "public",
    "pg_catalog",
    "information_schema",
    "",
    "1st",
    "Taicang",
    "../../etc",
    "a.b",
    'a"; DROP SCHEMA public CASCADE; --',
    "a'b",
    "a b",
    "<script>alert(1)</script>",
    "汉" * 22,
    "ａbc",
    "a\u202eb",
]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_that_is_no_plain_name_is_refused(name):
    from urllib.parse import quote

    with pytest.raises(
        DataError, match=r"cannot be the schema|in which schema|cannot be understood"
    ):
        Address.parse(f"postgresql://u:{SECRET}@h/db?schema={quote(name)}")


def test_a_schema_may_be_chinese_and_no_name_shows_a_password():
    url = f"postgresql://u:{SECRET}@h:99/db?sslmode=require&schema=太仓"
    address = Address.parse(url)
    assert address.shown == "postgresql://u@h:99/db?schema=太仓"
    assert short_name(url) == "太仓"
    assert SECRET not in repr(address) + short_name(url) + shown_name(url)
    assert shown_name("ftp://u:a:b@c@h/x") == "ftp://u:***@h/x"


def test_without_the_extra_the_remedy_names_it(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DataError, match=r"pip install 'sanshe-planner\[postgis\]'"):
        geodata.open_city("postgresql://h/db?schema=a")


def test_viewers_of_a_file_are_refused(small_city, tmp_path):
    with pytest.raises(DataError, match="the target is not a database"):
        small_city.save(tmp_path / "city", viewers="everyone")
    assert list(tmp_path.iterdir()) == []


def test_a_city_is_not_saved_to_a_url_as_if_it_were_a_path(small_city, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"mysql://u:\*\*\*@h/db: the URL of the database cannot"):
        small_city.save(f"mysql://u:{SECRET}@h/db")
    assert list(tmp_path.iterdir()) == []


def test_a_layer_without_a_coordinate_system_is_not_guessed_at(schema, small_city, planning):
    small_city.save(schema)
    name = schema.rpartition("=")[2]
    planning.run(
        "planning",
        f"ALTER TABLE {name}.halls ALTER geometry TYPE geometry USING ST_SetSRID(geometry, 0)",
    )
    with pytest.raises(DataError, match="halls: the layer does not say its coordinate reference"):
        geodata.open_city(schema)


def refused(monkeypatch, capsys, *more):
    """Run a command in both languages; return what is said in English of why it is refused."""
    said = []
    for language in ("en", "zh"):
        code, out, err = run(monkeypatch, capsys, *more, "--lang", language)
        assert (code, out) == (2, "")
        assert "Traceback" not in err
        assert SECRET not in err
        assert PASSWORD not in err
        said.append(err.splitlines()[-1])
    assert said[0] != said[1]
    return said[0]


@pytest.fixture
def city(small_city, tmp_path):
    small_city.save(tmp_path / "city")
    return tmp_path / "city"


def test_nobody_listens(monkeypatch, capsys):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"postgresql://u:{SECRET}@127.0.0.1:{probe.getsockname()[1]}/db?schema=a"
        said = refused(monkeypatch, capsys, "check", url)
    assert "the database cannot be reached" in said
    assert "Connection refused" in said


@pytest.mark.parametrize(
    ("user", "word"), [("sanshe_admin", SECRET), ("nobody_known", SECRET), ("sanshe_admin", "")]
)
def test_a_wrong_password(user, word, schema, planning, monkeypatch, capsys):
    monkeypatch.delenv("PGPASSWORD")
    url = f"postgresql://{user}:{word}@127.0.0.1:{planning.port}/planning?schema=a"
    assert "refuses this user or password" in refused(monkeypatch, capsys, "check", url)


def test_an_unknown_database(schema, planning, monkeypatch, capsys):
    url = planning.url("atlantis", "a")
    said = refused(monkeypatch, capsys, "check", url)
    assert 'database "atlantis" does not exist' in said


def test_an_unknown_schema_and_the_known_ones(schema, small_city, planning, monkeypatch, capsys):
    small_city.save(schema)
    url = planning.url("planning", "elsewhere")
    said = refused(monkeypatch, capsys, "plan", url)
    assert "holds no city" in said
    assert "an_unknown_schema_and_the_known_ones" in said


def test_no_postgis(schema, city, planning, monkeypatch, capsys):
    url = planning.url("postgres", "small")
    assert "CREATE EXTENSION postgis" in refused(monkeypatch, capsys, "copy", city, url)
    assert "CREATE EXTENSION postgis" in refused(monkeypatch, capsys, "check", url)


def test_no_right_to_save_and_none_to_read(schema, city, small_city, planning, monkeypatch, capsys):
    word = sql.Literal(PASSWORD)
    planning.run("planning", sql.SQL("CREATE ROLE stranger LOGIN PASSWORD {}").format(word))
    url = planning.url("planning", "small", user="stranger")
    assert "GRANT CREATE ON DATABASE" in refused(monkeypatch, capsys, "copy", city, url)
    small_city.save(schema)
    url = planning.url("planning", schema.rpartition("=")[2], user="stranger")
    said = refused(monkeypatch, capsys, "check", url)
    assert "permission denied for schema" in said
    assert "as viewers" in said


@pytest.mark.parametrize("layout", [0, 2])
def test_another_layout(layout, schema, city, small_city, planning, monkeypatch, capsys):
    small_city.save(schema)
    name = schema.rpartition("=")[2]
    planning.run("planning", f"UPDATE {name}.city SET layout = {layout}")
    for command in (["check", schema], ["copy", city, schema]):
        said = refused(monkeypatch, capsys, *command)
        assert f"layout {layout}, this version of the planner works with 1" in said


def test_a_schema_with_other_tables_is_left_alone(schema, city, planning, monkeypatch, capsys):
    name = schema.rpartition("=")[2]
    planning.run(
        "planning",
        f"CREATE SCHEMA {name}",
        f"CREATE TABLE {name}.city AS SELECT 'mine' AS note",
    )
    assert "holds other tables" in refused(monkeypatch, capsys, "copy", city, schema)
    with planning.connect("planning") as connection:
        assert connection.execute(f"SELECT note FROM {name}.city").fetchone() == ("mine",)


def test_an_unknown_role(schema, city, monkeypatch, capsys):
    role = "x; DROP ROLE sanshe_admin"
    said = refused(monkeypatch, capsys, "copy", city, schema, "--viewers", role)
    assert "no role 'x; DROP ROLE sanshe_admin'" in said


HOSTILE = [
    "'); DROP SCHEMA public CASCADE; --",
    '"; DROP TABLE halls; --',
    "%s %(x)s {} {name} \\. \\N $$ /* */ --",
    "<img src=x onerror=alert(1)>",
    "=HYPERLINK(A1)",
    "../../../etc/passwd",
]


def test_sql_in_names_and_sources_stays_text(small_tables, schema):
    halls = small_tables["halls"]
    halls.loc[: len(HOSTILE) - 1, "name"] = HOSTILE
    for position, name in enumerate(HOSTILE):
        halls[name] = position
    small_tables["boundary"]["name"] = HOSTILE[0]
    city = City.from_tables(small_tables, {HOSTILE[1]: {"source": HOSTILE[2]}})
    city.save(schema)
    opened = geodata.open_city(schema)
    assert opened.halls["name"].tolist()[: len(HOSTILE)] == HOSTILE
    assert set(HOSTILE) < set(opened.halls)
    assert dict(opened.sources) == {HOSTILE[1]: {"source": HOSTILE[2]}}
    assert opened.name == HOSTILE[0]


def test_hostile_comments_stay_comments(small_city, schema, planning, monkeypatch):
    from geodata.postgis import tables

    monkeypatch.setattr(tables, "meaning", lambda key: f"{key}'; DROP SCHEMA public CASCADE; --")
    small_city.save(schema)
    name = schema.rpartition("=")[2]
    with planning.connect("planning") as connection:
        row = connection.execute(f"SELECT obj_description('{name}.halls'::regclass)").fetchone()
    assert row == ("table.halls'; DROP SCHEMA public CASCADE; --",)
    assert geodata.open_city(schema).code == small_city.code


COLUMNS = {
    "a name of 64 bytes": ("x" * 64, 1, "longer than 63 bytes"),
    "a name in Chinese of 66 bytes": ("列" * 22, 1, "longer than 63 bytes"),
    "no name": ("", 1, "empty or not text"),
    "a NUL in a name": ("a\0b", 1, "a sign in its name"),
    "our own column": ("sanshe_row", 1, "its name is taken"),
    "a column of the system": ("ctid", 1, "its name is taken"),
    "lists": ("tags", [["a"]] * 7, "values of type mixed"),
    "a NUL in a text": ("note", ["fine", "a\0b", *"cdefg"], "row 2: note holds a sign"),
    "half of a pair": ("note", ["\ud800", *"bcdefg"], "row 1: note holds a sign"),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_that_no_table_keeps_is_refused_and_the_city_there_stays(
    name, small_tables, small_city, schema
):
    import pandas as pd

    small_city.save(schema)
    column, values, says = COLUMNS[name]
    halls = small_tables["halls"]
    halls[column] = pd.Series(values, halls.index, dtype=object if values != 1 else None)
    halls["name"] = "changed"
    with pytest.raises(DataError, match=says):
        City.from_tables(small_tables).save(schema)
    assert geodata.open_city(schema).halls["name"].equals(small_city.halls["name"])


def test_messages_in_chinese_have_a_remedy():
    with use_language("zh"):
        with pytest.raises(DataError) as raised:
            Address.parse("postgresql://h/db")
        assert str(raised.value) == (
            "postgresql://h/db：URL 没有说明城市所在的模式（schema）；"
            "请加上 ?schema=名称，每个城市一个模式"
        )


def test_no_output_holds_the_password(schema, city, small_city, tmp_path, monkeypatch, capsys):
    from urllib.parse import quote

    monkeypatch.delenv("PGPASSWORD")
    url = schema.replace("sanshe_admin@", f"sanshe_admin:{quote(PASSWORD, safe='')}@")
    monkeypatch.chdir(tmp_path)
    code, out, err = run(monkeypatch, capsys, "copy", city, url)
    assert code == 0
    assert "12 layers" not in err
    assert "copied to postgresql://sanshe_admin@127.0.0.1" in out
    code, more, words = run(
        monkeypatch, capsys, "plan", url, "--no-report", "--new-halls", 1, "--json"
    )
    assert code == 0
    json.loads(more)
    written = b"".join(path.read_bytes() for path in tmp_path.glob("plan-*/*"))
    assert written
    for secret in (PASSWORD, quote(PASSWORD, safe="")):
        assert secret not in out + err + more + words + repr(geodata.open_city(url))
        assert secret.encode() not in written
