"""The command on a region, as people and scripts use it."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.bad_inputs.test_bad_cities import run
from tests.distributed.conftest import HALLS

pytestmark = pytest.mark.slow

STANDARD = ("--standard", "health-walk-15")


@pytest.fixture
def again(out, tmp_path):
    return shutil.copytree(out, tmp_path / "plan")


def test_the_command_tells_people_and_scripts_the_same(province, again, monkeypatch, capsys):
    asked = ("plan", province, *STANDARD, "--new-halls", HALLS, "--out", again)
    code, said, stages = run(monkeypatch, capsys, *asked, "--lang", "zh")
    assert code == 0
    assert "10 个县（市、区）中的 10 个" in said
    assert "已测算出行、覆盖、可达性与负荷：10" in stages
    code, said, _ = run(monkeypatch, capsys, *asked, "--json")
    told = json.loads(said)
    assert code == 0
    assert told["summary"]["new_halls"] == HALLS
    assert len(told["content"]) == 10


def test_a_dry_run_says_what_it_would_take(province, monkeypatch, capsys):
    code, said, _ = run(
        monkeypatch, capsys, "plan", province, *STANDARD, "--dry-run", "--lang", "en"
    )
    assert code == 0
    assert "10 counties" in said
    assert "128 workers" in said
    assert not (province.parent / f"plan-{province.name}").exists()


def test_counties_that_failed_are_named_and_the_exit_code_says_so(
    pair, tmp_path, monkeypatch, capsys
):
    broken = shutil.copytree(pair, tmp_path / "region")
    shutil.rmtree(broken / "counties" / "320512")
    asked = ("plan", broken, *STANDARD, "--out", tmp_path / "plan", "--lang", "en")
    code, said, wrong = run(monkeypatch, capsys, *asked)
    assert code == 2
    assert "1 of 2 counties" in said
    assert "counties that are not in the plan: 1: 320512" in wrong
    assert (tmp_path / "plan" / "failed.csv").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--cluster", "here"], "give the address of a Dask scheduler"),
        (["--cluster", "local:0"], "give the address of a Dask scheduler"),
        (["--cluster", "local:1", "--worker-memory", "much"], "--worker-memory"),
        (["--new-posts", 3], "--new-posts: not for a region"),
        (["--every-town", 0.5], "--every-town: not for a region"),
        (["--new-halls", 0], "number of new halls is 0"),
    ],
)
def test_bad_arguments_are_refused(province, tmp_path, options, words, monkeypatch, capsys):
    asked = ("plan", province, *STANDARD, "--out", tmp_path / "plan", "--lang", "en")
    code, _, wrong = run(monkeypatch, capsys, *asked, *options)
    assert code == 2
    assert words in wrong
    assert not (tmp_path / "plan").exists()


def test_what_is_for_regions_is_refused_for_a_city(monkeypatch, capsys):
    code, _, wrong = run(
        monkeypatch, capsys, "plan", "taicang", "--cluster", "local:2", "--lang", "en"
    )
    assert code == 2
    assert "--cluster: only for a region" in wrong
