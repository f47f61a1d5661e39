"""Killed or at odds with each other, writers leave one state, whole, and no lock."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def play(target, rounds, how="kill"):
    ended = subprocess.run(
        [sys.executable, "-m", "tests.crashes.rounds", how, str(target), str(rounds)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(("target", "rounds"), [("city", 66), ("city.gpkg", 34), ("plan", 113)])
def test_a_killed_writer_leaves_the_old_or_the_new(target, rounds, tmp_path):
    ended = play(tmp_path / target, rounds)
    assert ended["old"] + ended.get("new", 0) + ended.get("not killed", 0) == rounds
    assert ended["old"] > rounds / 5
    if target != "city.gpkg":
        assert ended["changes left"] == 0
        assert ended["new"] >= 1, "never killed between the decision and the last rename"
    left_over = [path.name for path in tmp_path.rglob("*") if "sanshe" in path.name]
    assert left_over == []
    if target == "plan":
        assert (tmp_path / "plan" / "notes.txt").read_text() == "mine"


def test_a_killed_writer_leaves_the_old_or_the_new_in_postgis(schema):
    ended = play(schema, 20)
    assert ended["old"] >= 5
    assert ended["old"] + ended.get("new", 0) + ended.get("not killed", 0) == 20


def of_two_writers_one_wins(target):
    ended = play(target, 5, "race")
    assert set(ended) <= {"won", "refused"}, ended
    assert ended["won"] >= 5
    assert ended["refused"] >= 1


@pytest.mark.slow
@pytest.mark.parametrize("target", ["city", "city.gpkg"])
def test_of_two_writers_one_wins_and_readers_see_whole_cities(target, tmp_path):
    of_two_writers_one_wins(tmp_path / target)


def test_of_two_writers_one_wins_in_postgis(schema):
    of_two_writers_one_wins(schema)
