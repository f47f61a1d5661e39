"""Bad files, standards and requests: one clear message, the right exit code, nothing damaged."""

from __future__ import annotations

import pytest

from tests.bad_inputs.test_bad_cities import run, save


@pytest.fixture
def city(small_tables, tmp_path):
    """Return the path of a small city in which nothing is wrong."""
    return save(small_tables, tmp_path / "city")


def standard_with(tmp_path, old, new):
    """Write a copy of the Taicang profile in which a text is replaced; return its path."""
    from importlib.resources import files

    text = (files("planner") / "standards" / "taicang-2013.toml").read_text("utf-8")
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


REQUESTS = {
    "two goals": (["--new-halls", 2, "--budget-yuan", 1e6], 2, "more than one goal"),
    "no halls at all": (["--new-halls", 0], 2, "whole number of 1 or more"),
    "a negative budget": (["--budget-yuan", -1], 2, "positive number of yuan"),
    "a budget that is not a number": (["--budget-yuan", "nan"], 2, "positive number of yuan"),
    "a share above one": (["--target-share", 90], 2, "above 0 and at most 1"),
    "no time": (["--time-limit", 0], 2, "positive number of seconds"),
    "an unknown forbidden site": (["--forbid", "C99"], 2, "there is no site C99"),
    "an unknown standard": (["--standard", "mars-2050"], 2, "national-14fyp, taicang-2013"),
    "more halls than sites": (["--new-halls", 50], 3, "only 4 candidate sites are available"),
    "a budget below every price": (["--budget-yuan", 5], 3, "cheapest site costs 1,000,000"),
    "a share out of reach": (["--target-share", 1], 3, "东北村"),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_bad_request_is_refused(name, city, tmp_path, monkeypatch, capsys):
    arguments, expected, says = REQUESTS[name]
    code, out, err = run(monkeypatch, capsys, "plan", city, "--out", tmp_path / "o", *arguments)
    assert code == expected
    assert says in err
    assert "Traceback" not in err
    assert out == ""
    assert not (tmp_path / "o").exists()


STANDARDS = {
    "not TOML": ("[name]", "[name", "not a TOML profile"),
    "a key missing": ("minutes = 15\n", "", "reach.community.urban.minutes"),
    "an unknown key": ("minutes = 15\n", "minutes = 15\nmints = 3\n", "mints"),
    "negative minutes": ("minutes = 15\n", "minutes = -15\n", "greater than 0"),
    "an unknown mode": ('mode = "walk"', 'mode = "rocket"', "reach.community.urban.mode"),
    "an unknown function": ('"incubation"', '"levitation"', "levitation"),
    "a figure without source": (
        'source = "Taicang 2016: 15-minute service circle"',
        "",
        "reach.community.urban.source",
    ),
}


@pytest.mark.parametrize("name", STANDARDS)
def test_a_bad_standard_is_refused(name, city, tmp_path, monkeypatch, capsys):
    old, new, says = STANDARDS[name]
    profile = standard_with(tmp_path, old, new)
    code, _, err = run(monkeypatch, capsys, "coverage", city, "--standard", profile)
    assert code == 2
    assert says in err
    assert "mine.toml" in err
    assert "Traceback" not in err


def truncated_geopackage(tmp_path, city):
    from geodata import open_city

    whole = tmp_path / "whole.gpkg"
    open_city(city).save(whole)
    path = tmp_path / "cut.gpkg"
    path.write_bytes(whole.read_bytes()[:20_000])
    return path


def words_called_geopackage(tmp_path, _city):
    path = tmp_path / "words.gpkg"
    path.write_text("these are words")
    return path


def empty_folder(tmp_path, _city):
    path = tmp_path / "empty"
    path.mkdir()
    return path


def damaged_parquet(_tmp_path, city):
    (city / "halls.parquet").write_bytes(b"PAR1 and nothing more")
    return city


def damaged_metadata(_tmp_path, city):
    (city / "city.json").write_text("{")
    return city


def nothing_there(tmp_path, _city):
    return tmp_path / "nowhere.gpkg"


FILES = {
    truncated_geopackage: "cannot be read",
    words_called_geopackage: "cannot be read",
    empty_folder: "no .parquet file",
    damaged_parquet: "cannot be read",
    damaged_metadata: "cannot be read",
    nothing_there: "an embedded city: porto_alegre, taicang",
}


@pytest.mark.parametrize("make", FILES, ids=lambda make: make.__name__)
@pytest.mark.parametrize(
    "command",
    ["plan", *(pytest.param(c, marks=pytest.mark.slow) for c in ("check", "coverage"))],
)
def test_an_unreadable_city_is_refused(make, command, city, tmp_path, monkeypatch, capsys):
    code, out, err = run(monkeypatch, capsys, command, make(tmp_path, city))
    assert code == 2
    assert FILES[make] in err
    assert "Traceback" not in err
    assert out == ""


def test_a_file_in_the_way_of_the_output_folder_is_left_alone(city, tmp_path, monkeypatch, capsys):
    (tmp_path / "out").write_text("mine")
    code, _, err = run(
        monkeypatch,
        capsys,
        "plan",
        city,
        "--no-report",
        "--new-halls",
        "1",
        "--out",
        tmp_path / "out",
    )
    assert code == 2
    assert "cannot be written" in err
    assert (tmp_path / "out").read_text() == "mine"
