"""``sanshe region``: the list is made, shown and copied."""

from __future__ import annotations

import json

import pytest
import shapely

from tests.bad_inputs.test_bad_cities import run
from tests.regions import listed, save_counties, write_listed

NAMED = ("--code", "320500", "--name", "小省", "--name-en", "Small Province")


def test_a_region_is_listed_shown_and_copied(two_counties, tmp_path, monkeypatch, capsys):
    folder = save_counties(tmp_path / "region", two_counties)
    code, out, err = run(monkeypatch, capsys, "region", "index", folder, *NAMED)
    assert code == 0
    assert err.splitlines() == ["County 1 of 2 …", "County 2 of 2 …"]
    headline = "Small Province (320500): 2 counties, 4 communities, 8,000 residents, 5 candidate "
    assert out.startswith(headline)
    (folder / "counties" / "320512" / "workers.parquet").unlink()
    code, out, err = run(monkeypatch, capsys, "region", "show", folder)
    assert (code, len(out.splitlines())) == (0, 3)
    assert headline in err
    assert "1 counties lack something." in err
    assert out.splitlines()[2].endswith("social workers, projects")
    code, out, _ = run(monkeypatch, capsys, "region", "show", folder, "--json")
    rows = json.loads(out)
    assert [(row["code"], row["residents"], row["lacks"]) for row in rows] == [
        ("320511", 4000, ""),
        ("320512", 4000, "workers;projects"),
    ]
    code, out, _ = run(monkeypatch, capsys, "region", "copy", folder, folder.parent / "copy")
    assert (code, out) == (0, f"2 counties copied to {folder.parent / 'copy'}\n")
    halls = "counties/320511/halls.parquet"
    assert (folder.parent / "copy" / halls).read_bytes() == (folder / halls).read_bytes()


def test_a_county_that_is_not_there_is_shown_and_not_copied(tmp_path, monkeypatch, capsys):
    shapes = {"320511": shapely.box(120, 31, 121, 32), "320512": shapely.box(121, 31, 122, 32)}
    folder = write_listed(tmp_path / "region", listed(shapes))
    (folder / "counties" / "320511").rmdir()
    code, out, _ = run(monkeypatch, capsys, "region", "show", folder, "--csv")
    assert code == 0
    assert ",boundary;towns;communities;settlements;halls;" in out.splitlines()[1]
    code, _, err = run(monkeypatch, capsys, "region", "copy", folder, folder.parent / "copy")
    assert code == 2
    assert "counties, row 1 (320511): the county's folder counties/320511 is missing; bring" in err
    assert not (folder.parent / "copy").exists()


@pytest.mark.parametrize("command", ["index", "show", "copy"])
def test_help_gives_an_example_in_both_languages(command, monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "region", command, "--help")
    assert code == 0
    assert f"sanshe region {command} jiangsu" in out.split("Example / 示例")[1]
    assert "县" in out
