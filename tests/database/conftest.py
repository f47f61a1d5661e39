"""A server for the tests of this folder, and databases in it."""

from __future__ import annotations

import os

import pytest
from psycopg import sql

from tests.database.server import PASSWORD, ServerMissingError, start


def pytest_collection_modifyitems(items):
    """Have all of these tests run in one process, beside one server."""
    for item in items:
        if "tests/database" in str(item.path):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.xdist_group("postgis"))


@pytest.fixture(scope="session")
def server():
    """A server with PostGIS, stopped at the end."""
    try:
        running = start()
    except ServerMissingError as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def planning(server):
    """The database that all tests share, with PostGIS in it."""
    server.run("postgres", "CREATE DATABASE planning")
    server.run("planning", "CREATE EXTENSION postgis")
    return server


@pytest.fixture(autouse=True)
def _password(monkeypatch):
    monkeypatch.setenv("PGPASSWORD", PASSWORD)


@pytest.fixture
def schema(planning, request):
    """The URL of a schema of the test's own, which is not there yet."""
    name = request.node.originalname.removeprefix("test_")[:63]
    planning.run(
        "planning", sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name))
    )
    return planning.url("planning", name)
