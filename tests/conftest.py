"""What the tests share: the small city, the embedded city and its plan, made once."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.small_city import small_city_tables
from tests.turns import Turns, longest_first

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def _english():
    """Speak English, whatever a test before this one spoke."""
    from geodata.language import use_language

    with use_language("en"):
        yield


@pytest.fixture
def small_tables():
    """Fresh tables of the small city, to be spoilt."""
    return small_city_tables()


@pytest.fixture(scope="session")
def small_city():
    """The small city."""
    from geodata import City

    return City.from_tables(small_city_tables())


@pytest.fixture(scope="session")
def undivided():
    """The small city, its project run by an organisation of the town that it is for."""
    from geodata import City

    tables = small_city_tables()
    tables["projects"]["organisation_id"] = "O1"
    return City.from_tables(tables)


@pytest.fixture(scope="session")
def two_counties(undivided):
    """The two counties that ``undivided`` is cut into."""
    from tests.regions import TOWNS, split_city

    return split_city(undivided, TOWNS)


@pytest.fixture(scope="session")
def small_plan(small_city):
    """A plan of two halls for the small city."""
    import planner

    return planner.make_plan(small_city, planner.Standard.load("taicang-2013"), new_halls=2)


@pytest.fixture(scope="session")
def taicang():
    """The embedded city."""
    import geodata

    return geodata.open_city("taicang")


@pytest.fixture(scope="session")
def taicang_plan(taicang):
    """The plan that `make plan` makes."""
    import planner

    return planner.make_plan(taicang, planner.Standard.load("taicang-2013"))


@pytest.fixture(scope="session")
def shared_data():
    """The folder of published data beside the project; see pytest_collection_modifyitems."""
    return SHARED_DATA


@pytest.fixture(scope="session")
def postgis_server():
    """A PostGIS server of our own; where CI is true, it must be there."""
    from tests.database.server import ServerMissingError, start

    try:
        running = start()
    except ServerMissingError as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def planning(postgis_server):
    """The server with a database that its tests share, with PostGIS in it."""
    postgis_server.run("postgres", "CREATE DATABASE planning")
    postgis_server.run("planning", "CREATE EXTENSION postgis")
    return postgis_server


@pytest.fixture
def schema(planning, request, monkeypatch):
    """The URL of a schema of the test's own, which is not there yet; the password is known."""
    from psycopg import sql

    from tests.database.server import PASSWORD

    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    name = request.node.originalname.removeprefix("test_")[:63]
    drop = sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name))
    planning.run("planning", drop)
    return planning.url("planning", name)


def pytest_configure(config):
    """Hear Ctrl-C, which tests send: a run in the background is begun deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Mark what takes long and let it begin first; leave out what reads data that are not there.

    What needs the plan of Taicang or a database is slow.
    """
    for item in items:
        needs = set(getattr(item, "fixturenames", ()))
        if needs & {"postgis_server", "taicang_plan"}:
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: longest_first(item.nodeid))
    if SHARED_DATA.is_dir():
        return
    left_out = [item for item in items if "shared_data" in getattr(item, "fixturenames", ())]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def pytest_xdist_make_scheduler(config, log):
    """Deal the tests out in units that share what is dear, the longest first."""
    return Turns(config, log)


def pytest_terminal_summary(terminalreporter):
    """Say what was left out."""
    if not SHARED_DATA.is_dir():
        terminalreporter.write_line(
            "left out: the cases with the fixture shared_data, which read published data "
            "that is not beside the project (larger OR-Library graphs)"
        )
