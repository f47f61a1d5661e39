"""The page on the three-society model: its commands run, its tests and calls are there."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import pytest

from planner.exports import export
from tests.bad_inputs.test_bad_cities import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "three-societies.md").read_text("utf-8")
ROWS = [re.findall(r"`([^`]+)`", line)[-3:] for line in PAGE.splitlines() if line.startswith("| ")][
    2:
]


def test_every_row_has_a_command_a_call_and_a_test():
    assert len(ROWS) >= 15
    assert all(len(row) == 3 for row in ROWS)


@pytest.mark.parametrize("call", sorted({row[1].split("(")[0] for row in ROWS}))
def test_every_call_is_there(call):
    package, *rest = call.split(".")
    found = importlib.import_module(package)
    for name in rest:
        if not hasattr(found, name):
            importlib.import_module(f"{found.__name__}.{name}")
        found = getattr(found, name)
    assert found is not None


@pytest.mark.parametrize("test", sorted({row[2] for row in ROWS}))
def test_every_test_that_is_named_is_there(test):
    path, _, name = test.partition("::")
    text = (ROOT / path).read_text("utf-8")
    assert f"def {name or 'test_'}" in text


@pytest.fixture(scope="module")
def planned(tmp_path_factory, taicang_plan):
    """A folder in which `sanshe plan taicang` has been run."""
    folder = tmp_path_factory.mktemp("societies")
    export(taicang_plan, folder / "plan-taicang", report=False)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("command", sorted({row[0] for row in ROWS}))
def test_every_command_runs(command, planned, monkeypatch, capsys):
    monkeypatch.chdir(planned)
    code, said, _ = run(monkeypatch, capsys, *shlex.split(command)[1:])
    assert code == 0
    assert said
