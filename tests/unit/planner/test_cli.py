"""The command as people and scripts use it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bad_inputs.test_bad_cities import run, save

SANSHE = Path(sys.executable).with_name("sanshe")


@pytest.fixture
def city(small_tables, tmp_path):
    return save(small_tables, tmp_path / "city")


def test_plan_says_who_is_not_served_and_where_the_map_is(city, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    code, said, err = run(
        monkeypatch, capsys, "plan", city, "--new-halls", 2, "--no-report", "--out", out
    )
    assert code == 0
    assert "4,800 of 8,000 residents (60.0%)" in said
    assert "6,400 (80.0%)" in said
    assert "proven optimal" in said
    assert "FTE are short today" in said
    assert "by residents' unmet need met per yuan a year" in said
    assert str(out / "map.html") in said
    assert "Choosing sites" in err


def test_plan_in_chinese(city, tmp_path, monkeypatch, capsys):
    arguments = (
        "plan",
        city,
        "--new-halls",
        2,
        "--no-report",
        "--out",
        tmp_path / "out",
        "--lang",
        "zh",
    )
    code, said, err = run(monkeypatch, capsys, *arguments)
    assert code == 0
    assert "8,000 名居民中有 4,800 人（60.0%）" in said
    assert "正在选址" in err
    assert '<html lang="zh">' in (tmp_path / "out" / "map.html").read_text("utf-8")


def test_plan_as_json_is_the_record(city, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    social = ("--new-posts", 1, "--projects-budget-yuan", 0)
    asked = ("plan", city, "--new-halls", 2, "--no-report", *social, "--json", "--out", out)
    code, said, _ = run(monkeypatch, capsys, *asked)
    assert code == 0
    assert json.loads(said)["request"]["new_posts"] == 1
    assert json.loads(said)["summary"]["new_posts"] == 1
    assert json.loads(said) == json.loads((out / "plan.json").read_text("utf-8"))


def test_check_finds_nothing_wrong(city, monkeypatch, capsys):
    code, said, _ = run(monkeypatch, capsys, "check", city)
    assert code == 0
    assert "nothing is wrong" in said


def test_check_prints_findings_about_whole_layers(small_tables, tmp_path, monkeypatch, capsys):
    del small_tables["halls"]
    code, said, _ = run(monkeypatch, capsys, "check", save(small_tables, tmp_path / "city"))
    assert code == 2
    assert "the layer is missing" in said


def test_check_as_json_names_layer_row_and_remedy(small_tables, tmp_path, monkeypatch, capsys):
    small_tables["communities"].loc[1, "residents"] = -5
    spoilt = save(small_tables, tmp_path / "city")
    code, said, _ = run(monkeypatch, capsys, "check", spoilt, "--json")
    assert code == 2
    (finding,) = [one for one in json.loads(said) if one["severity"] == "error"]
    assert (finding["layer"], finding["row"]) == ("communities", 2)
    assert finding["remedy"]


def test_coverage_by_town(city, monkeypatch, capsys):
    code, said, _ = run(monkeypatch, capsys, "coverage", city, "--by", "town", "--json")
    assert code == 0
    rows = json.loads(said)
    assert {row["by"] for row in rows} == {"town"}
    local = [row for row in rows if row["tier"] == "community"]
    assert sum(row["residents_served"] for row in local) == 4800


def test_coverage_as_a_table(city, monkeypatch, capsys):
    code, said, _ = run(monkeypatch, capsys, "coverage", city, "--lang", "zh")
    assert code == 0
    assert "覆盖率" in said
    assert "60.0%" in said


@pytest.mark.parametrize(
    "command",
    [
        "plan",
        "check",
        "coverage",
        "harmony",
        "indicators",
        "organisations",
        "platforms",
        "projects",
    ],
)
def test_help_gives_an_example(command):
    done = subprocess.run([SANSHE, command, "--help"], capture_output=True, text=True, check=True)
    assert f"sanshe {command} " in done.stdout.split("Example")[1]


def test_help_and_import_leave_the_heavy_packages_alone():
    heavy = "{'geopandas', 'pandas', 'numba', 'scipy', 'folium', 'pandera', 'highspy'}"
    script = (
        "import sys, runpy, planner, geodata\n"
        "sys.argv = ['sanshe', '--help']\n"
        "try:\n    from planner.cli import main; main()\n"
        "except SystemExit:\n    pass\n"
        f"loaded = {heavy} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)


def test_coverage_counts_other_people_by_other_minutes(city, monkeypatch, capsys):
    arguments = ("coverage", city, "--tier", "community", "--by", "tier", "--json")
    _, said, _ = run(monkeypatch, capsys, *arguments, "--who", "age_60_plus", "--minutes", "60")
    (row,) = json.loads(said)
    assert row["age_60_plus"] == row["age_60_plus_served"] == 1600


def test_coverage_does_not_show_small_counts_of_sensitive_clients(
    small_tables, tmp_path, monkeypatch, capsys
):
    small_tables["communities"]["clients_drug_control"] = [1, 60, 2, 60]
    place = save(small_tables, tmp_path / "city")
    arguments = ("coverage", place, "--tier", "community", "--by", "kind", "--csv")
    _, said, _ = run(monkeypatch, capsys, *arguments, "--who", "clients_drug_control")
    assert "<5" in said
    assert "withheld" in said
    assert "3" not in said
    code, _, err = run(
        monkeypatch, capsys, "coverage", place, "--closing", "--who", "clients_drug_control"
    )
    assert code == 2
    assert "sensitive" in err


def test_coverage_says_who_loses_service_when_a_hall_closes(city, monkeypatch, capsys):
    _, said, _ = run(monkeypatch, capsys, "coverage", city, "--closing", "--csv")
    assert said.splitlines()[0] == "tier,hall_id,within_reach,nearest,sole,minutes_more"
    assert len(said.splitlines()) == 8


def test_coverage_curve_rises_with_the_minutes(city, monkeypatch, capsys):
    _, said, _ = run(monkeypatch, capsys, "coverage", city, "--curve", "--json")
    shares = [row["community"] for row in json.loads(said)]
    assert shares == sorted(shares)


@pytest.mark.parametrize(
    ("method", "by"),
    [("nearest", "hall"), ("optimal", "town"), ("whole", "kind"), ("choice", "tier")],
)
def test_allocate_serves_everyone_or_says_why_not(city, monkeypatch, capsys, method, by):
    code, said, _ = run(monkeypatch, capsys, "allocate", city, "--method", method, "--by", by)
    assert code == 0
    assert "of 96.0 visits a day are served" in said


def test_allocate_as_csv_has_no_sentence(city, monkeypatch, capsys):
    arguments = ("allocate", city, "--borders", "respected", "--in-time", "--by", "town", "--csv")
    _, said, _ = run(monkeypatch, capsys, *arguments)
    assert said.splitlines()[0] == "group,group_name,demand,served,unserved,share,minutes"
    assert len(said.splitlines()) == 3


@pytest.mark.parametrize(
    "measure",
    [
        "nearest", "cumulative", "gravity", "2sfca", "e2sfca", "m2sfca", "3sfca", "bfca", "spatial",
        "raam",
    ],
)  # fmt: skip
@pytest.mark.slow
def test_access_by_every_measure(city, monkeypatch, capsys, measure):
    arguments = ("access", city, "--measure", measure, "--supply", "halls", "--by", "kind")
    code, said, _ = run(monkeypatch, capsys, *arguments, "--minutes", "60", "--csv")
    assert code == 0
    rows = said.splitlines()
    assert rows[0] == "group,group_name,residents,access,without"
    assert [row.split(",")[2] for row in rows[1:]] == ["4000", "4000"]
    assert all(float(row.split(",")[3]) > 0 for row in rows[1:])


def test_access_says_its_unit_and_how_unequal_it_is(city, monkeypatch, capsys):
    code, said, _ = run(monkeypatch, capsys, "access", city, "--by", "tier")
    assert code == 0
    assert "square metres of floor per 1,000 residents" in said
    assert "Gini index" in said


def test_access_to_supply_that_nobody_has_is_refused(small_tables, tmp_path, monkeypatch, capsys):
    del small_tables["workers"]
    place = save(small_tables, tmp_path / "city")
    code, _, err = run(monkeypatch, capsys, "access", place, "--supply", "fte")
    assert code == 2
    assert "no open community hall has any fte" in err
