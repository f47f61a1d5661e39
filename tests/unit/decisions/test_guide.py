"""The examples of the guide to decisions run, and the commands that it names are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import planner
from planner.cli import app

pytestmark = pytest.mark.slow
GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "decisions.md").read_text("utf-8")


def test_the_examples_run():
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    exec(code, {})


def test_every_command_and_function_is_there():
    known = {info.callback.__name__ for info in app.registered_commands}
    assert set(re.findall(r"`sanshe (\w+)", GUIDE)) <= known
    for name in re.findall(r"`planner\.(\w+)`", GUIDE):
        assert hasattr(planner, name)
