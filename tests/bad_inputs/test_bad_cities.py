"""Every kind of bad city gives one clear message, exit code 2 and damages nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from geodata.quality import findings_frame, inspect_tables
from planner import cli
from tests.bad_inputs.corpus import CORPUS


def save(tables, folder):
    folder.mkdir()
    for name, frame in tables.items():
        frame.to_parquet(folder / f"{name}.parquet")
    return folder


def run(monkeypatch, capsys, *arguments):
    """Run the command in this process; return its exit code, stdout and stderr."""
    monkeypatch.setattr(sys, "argv", ["sanshe", *map(str, arguments)])
    monkeypatch.setenv("SANSHE_LANG", "en")
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def test_the_corpus_has_at_least_thirty_kinds():
    assert len(CORPUS) >= 30


@pytest.mark.parametrize(
    "name",
    [
        name if number % 5 == 0 else pytest.param(name, marks=pytest.mark.slow)
        for number, name in enumerate(CORPUS)
    ],
)
def test_a_bad_city_is_refused_with_layer_row_and_remedy(
    name, small_tables, tmp_path, monkeypatch, capsys
):
    case = CORPUS[name]
    case.spoil(small_tables)
    city = save(small_tables, tmp_path / "city")
    earlier = tmp_path / "out"
    earlier.mkdir()
    (earlier / "plan.json").write_text("an earlier plan")

    code, out, err = run(monkeypatch, capsys, "plan", city, "--no-report", "--out", earlier)

    assert code == 2
    assert out == ""
    first = next(line for line in err.splitlines() if line.startswith("error: "))
    place = case.layer if case.row is None else f"{case.layer}, row {case.row}"
    assert first.startswith(f"error: {place}"), first
    assert case.says in first
    assert "; " in first.split(": ", 2)[2], "no remedy"
    assert "Traceback" not in err
    assert [path.name for path in earlier.iterdir()] == ["plan.json"]
    assert (earlier / "plan.json").read_text() == "an earlier plan"


@pytest.mark.parametrize("name", CORPUS)
def test_check_lists_the_finding_in_both_languages(name, small_tables):
    case = CORPUS[name]
    case.spoil(small_tables)
    _, findings = inspect_tables(small_tables)
    english, chinese = findings_frame(findings, "en"), findings_frame(findings, "zh")
    errors = english[english["severity"] == "error"]
    assert errors.iloc[0]["layer"] == case.layer
    assert (chinese["message"] != english["message"]).all()
    assert (chinese["remedy"] != english["remedy"]).all()


def test_a_real_process_ends_with_2_and_no_traceback(small_tables, tmp_path):
    CORPUS["longitude_and_latitude_are_swapped"].spoil(small_tables)
    city = save(small_tables, tmp_path / "city")
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            "from planner.cli import main; main()",
            "plan",
            city,
            "--lang",
            "zh",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert ended.returncode == 2
    assert "halls，第 4 行（H1）：经纬度颠倒" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "plan-city").exists()
