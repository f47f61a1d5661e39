"""The commands of decisions as people and scripts use them, on the small city."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from planner.cli import app
from tests.bad_inputs.test_bad_cities import run, save
from tests.small_city import small_city_tables

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return save(small_city_tables(), tmp_path_factory.mktemp("small") / "city")


@pytest.mark.parametrize(
    ("command", "options", "language", "expected"),
    [
        ("phases", ["--budget", 3e6, "--budget", 3e6], "zh", "人年"),
        ("front", ["--points", 0], "en", "all points of the front"),
        ("choose", ["--objectives", "covered,gini,cost", "--new-halls", 2], "zh", "依次优化"),
        ("choose", ["--weight", "covered=5000", "--weight", "cost=1"], "en", "proven optimal"),
        ("alternatives", ["--new-halls", 2], "zh", "不超过 1.0%"),
        (
            "alternatives",
            ["--new-halls", 2, "--differ-by", 2],
            "zh",
            "与以上 1 个方案均至少相差 2 处",
        ),
        ("alternatives", ["--new-halls", 2, "--substitutes"], "en", "substitute"),
        ("explain", ["C2", "--new-halls", 3], "zh", "推荐地块二"),
        ("works", ["--budget-yuan", 1.36e6], "en", "upgrade to a hall"),
        ("works", ["--yearly-budget-yuan", 9e5, "--allow-closing"], "zh", "每年 100 天"),
        ("tiers", ["--new-halls", 1, "--new-platforms", 1], "zh", "新建镇级平台"),
    ],
)
def test_commands_answer_people(city, command, options, language, expected, monkeypatch, capsys):
    code, said, _ = run(monkeypatch, capsys, command, city, *options, "--lang", language)
    assert code == 0
    assert expected in said


def test_scenarios_come_from_a_file(city, tmp_path, monkeypatch, capsys):
    file = tmp_path / "scenarios.toml"
    file.write_text('[[scenarios]]\nid = "today"\n[[scenarios]]\nid = "slow"\nspeed = 0.5\n')
    code, said, _ = run(monkeypatch, capsys, "scenarios", city, "--scenarios", file, "--lang", "zh")
    assert code == 0
    assert "后悔值最小" in said


def test_what_if_a_hall_closes_is_asked_beside_today_and_drawn(city, tmp_path, monkeypatch, capsys):
    picture = tmp_path / "tornado.svg"
    asked = ["--close", "H1", "--without", "C1", "--new-halls", 1, "--figure", picture]
    show = ["--show", "scenarios", "--json"]
    code, said, _ = run(monkeypatch, capsys, "scenarios", city, *asked, *show)
    assert code == 0
    today, what_if = json.loads(said)
    assert [today["share_today"], what_if["share_today"]] == pytest.approx([0.6, 0.45])
    assert "<svg" in picture.read_text("utf-8")


@pytest.mark.parametrize(
    ("command", "options", "keys"),
    [
        ("front", ["--objectives", "cost,farthest"], {"cost_yuan", "farthest_minutes", "knee"}),
        ("works", ["--yearly-budget-yuan", 1e6, "--show", "gaps"], {"closed", "share", "lost"}),
        ("tiers", ["--new-halls", 1, "--travel"], {"minutes_before", "share_after"}),
        ("explain", ["C5", "--new-halls", 2], {"state", "unserved_within_reach", "sentence"}),
    ],
)
def test_commands_answer_scripts(city, command, options, keys, monkeypatch, capsys):
    code, said, _ = run(monkeypatch, capsys, command, city, *options, "--json")
    assert code == 0
    answer = json.loads(said)
    assert keys <= (answer if isinstance(answer, dict) else answer[0]).keys()


@pytest.mark.parametrize(
    ("command", "options", "code", "said"),
    [
        ("phases", [], 2, "once for each year"),
        ("front", ["--objectives", "covered"], 2, "two that differ"),
        ("front", ["--new-halls", -1], 2, "number of new halls is -1"),
        ("choose", ["--objectives", "beauty"], 2, "one or more out of"),
        ("choose", ["--objectives", "cost,cost"], 2, "each once"),
        ("choose", ["--tolerance", -1], 2, "tolerance is -1"),
        ("choose", ["--weight", "covered=nan"], 2, "numbers of 0 or more"),
        ("choose", ["--budget-yuan", 0], 2, "budget is 0"),
        ("choose", ["--every-town", 0.99], 3, "cannot all be reached"),
        ("scenarios", ["--figure", "tornado.abc"], 2, "ends in one of .png"),
        ("scenarios", ["--figure", "/dev/null/x.png"], 2, "cannot be written"),
        ("phases", ["--new-halls", 1, "--growth", "moon=0.1"], 2, "code of a town"),
        ("front", ["--every-town", 0.99], 3, "cannot all be reached"),
        ("plan", ["--every-town", 0.99], 3, "at most 80.0000%"),
        ("alternatives", ["--count", 0], 2, "count of 1 or more"),
        ("alternatives", ["--differ-by", 0], 2, "whole number of 1 or more"),
        ("explain", ["C9"], 2, "no site C9"),
        ("scenarios", ["--scenarios", "nowhere.toml"], 2, "not a TOML file"),
        ("works", ["--budget-yuan", 1, "--weight", "form=much"], 2, "form=0.5"),
        ("tiers", [], 2, "nothing may be built"),
        ("tiers", ["--new-halls", 1, "--forbid", "C9"], 2, "no site C9"),
    ],
)
def test_bad_requests_end_in_one_message(city, command, options, code, said, monkeypatch, capsys):
    ended, out, err = run(monkeypatch, capsys, command, city, *options)
    assert ended == code
    assert said in err
    assert not out


@pytest.mark.parametrize(
    "command",
    ["phases", "front", "choose", "alternatives", "explain", "scenarios", "compare", "works"],
)
def test_help_gives_an_example(command):
    said = CliRunner().invoke(app, [command, "--help"]).output
    assert f"sanshe {command} " in said.split("Example")[1]
