"""Departments' tables, mappings, populations and files that are not what they should be."""

from __future__ import annotations

import gzip
import io
import re
import sqlite3
import time
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import GeometryCollection, Point, Polygon, box

from geodata import DataError
from geodata.disclosure import suppress
from geodata.files import write_tables
from geodata.linking import carry_over, link, read_changes, read_confirmed, spread
from geodata.personal import without_persons
from geodata.traces import traces
from tests.bad_inputs.test_bad_cities import run, save

LAYER = pd.DataFrame({"code": ["320585100001", "320585100200"], "name": ["南区社区", "永乐村"]})
HOSTILE = [
    "'; DROP TABLE communities; --",
    "<script>alert(1)</script>",
    "=HYPERLINK(\"http://example.org\")",
    "../../etc/passwd",
    "{0.__class__}",
    "\x00\x1b[31m永乐村",
    "永" * 5_000,
    "٣٢٠٥٨٥",
    "🏠🏠",
    "",
]  # fmt: skip


def refused(says, action, *arguments, **options):
    """Assert that an action ends in one sentence with a remedy, in both languages."""
    with pytest.raises(DataError, match=says) as caught:
        action(*arguments, **options)
    (finding,) = caught.value.findings[:1]
    assert finding.remedy("en")
    assert finding.sentence("zh") != finding.sentence("en")


# Linking.


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_just_a_name(name):
    found = link(pd.DataFrame({"n": [name]}), LAYER, name="n")
    assert found.rows["how"].tolist()[0] in ("none", "candidates", "normalised")
    for finding in found.findings:
        assert finding.sentence("zh")


def test_a_code_in_scientific_notation_is_not_guessed():
    found = link(pd.DataFrame({"c": ["3.20585E+11"]}), LAYER, code="c")
    assert found.rows["how"].tolist() == ["none"]
    refused("code 3.20585E.11 is not in the layer", found.keys)


@pytest.mark.parametrize(
    ("table", "layer", "options", "says"),
    [
        ({"n": ["a"]}, LAYER, {"name": "名称"}, "column 名称 is missing"),
        ({"n": ["a"]}, LAYER, {}, "neither a column of codes"),
        ({"n": ["a"]}, pd.concat([LAYER, LAYER]), {"name": "n"}, "stands in an earlier row"),
        ({"n": ["a"]}, LAYER.drop(columns="name"), {"name": "n"}, "column name is missing"),
    ],
)
def test_what_cannot_be_linked_is_refused(table, layer, options, says):
    refused(says, link, pd.DataFrame(table), layer, **options)


HEADER = "name,code,within,key,candidate,candidate_within,score,confirmed\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "cannot be read as a table"),
        (b"\xff\xfe\x00\xd8\x00", "cannot be read as a table|column name is missing"),
        (bytes(range(128, 256)) * 20, "cannot be read as a table"),
        (b"PK\x03\x04" + b"\x00" * 50, "cannot be read as a table|column name is missing"),
        (b"name,code\nA,1\n", "column within is missing"),
        ((HEADER + "A,,,1,B,,90,maybe\n").encode(), "the answer is 'maybe'"),
        ((HEADER + "A,,,1,B,,90,yes\nA,,,2,C,,80,yes\n").encode(), "two candidates"),
        ((HEADER + 'A,,,"1,B,,90,yes\n').encode(), "cannot be read as a table"),
    ],
)
def test_answers_that_cannot_be_read_are_refused(content, says, tmp_path):
    path = tmp_path / "answers.csv"
    path.write_bytes(content)
    refused(says, read_confirmed, path)


def test_a_confirmed_key_of_another_year_is_refused(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_text(HEADER + "永东村,,,999,永乐村,,90,yes\n", "utf-8")
    table = pd.DataFrame({"n": ["永东村"]})
    refused("999 is confirmed, but is not", link, table, LAYER, name="n",
            confirmed=read_confirmed(path))  # fmt: skip


# Code changes.


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "cannot be read"),
        (b"\x00\xff\xfe" * 40, "cannot be read|column old_code is missing"),
        (b"old_code,new_code,share\nA,B,inf\n", "the share is"),
        (b"old_code,new_code,share\nA,B,nan\nA,C,1\n", "the share is ''"),
        (b"old_code,new_code,share\nA,B,0.333\nA,C,0.333\nA,D,0.333\n", "add up to 0.999"),
    ],
)
def test_a_mapping_that_loses_people_is_refused(content, says, tmp_path):
    path = tmp_path / "changes.csv"
    path.write_bytes(content)
    refused(says, read_changes, path)


@pytest.mark.parametrize("count", [-1, 0.5, "many", np.inf, 2.0**60])
def test_counts_that_are_none_are_refused(count):
    changes = pd.DataFrame({"old_code": ["A"], "new_code": ["B"], "share": [1.0]})
    table = pd.DataFrame({"code": ["A"], "n": [count]})
    refused("give a whole number", carry_over, table, changes, ["n"])


# Population.

TOWN = gpd.GeoDataFrame({"code": ["T"], "n": [10]}, geometry=[box(121, 31, 121.1, 31.1)], crs=4326)
PARTS = gpd.GeoDataFrame({"code": ["A"]}, geometry=[box(121, 31, 121.1, 31.1)], crs=4326)


def without_a_number():
    with np.errstate(invalid="ignore"):
        return Polygon([(0, 0), (1, np.nan), (1, 1)])


def shaped(frame, shape):
    return frame.set_geometry(gpd.GeoSeries([shape], crs=frame.crs))


@pytest.mark.parametrize(
    ("sources", "targets", "says"),
    [
        (
            TOWN,
            shaped(PARTS, Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])),
            "targets, row 1: .*broken",
        ),
        (shaped(TOWN, GeometryCollection([Point(0, 0)])), PARTS, "is a GeometryCollection"),
        (shaped(TOWN, without_a_number()), PARTS, "finite|broken"),
        (shaped(TOWN, None), PARTS, "no geometry"),
        (TOWN.assign(n=np.inf), PARTS, "n is inf"),
        (pd.DataFrame(TOWN), PARTS, "no geometry"),
        (pd.concat([TOWN, TOWN]), PARTS, "code T stands in an earlier row"),
    ],
)
def test_what_cannot_be_spread_is_refused(sources, targets, says):
    refused(says, spread, sources, targets, ["n"])


def test_weights_of_nothing_are_told_and_nobody_is_lost():
    houses = gpd.GeoDataFrame({"weight": [0.0]}, geometry=[Point(121.05, 31.05)], crs=4326)
    found = spread(TOWN, PARTS, ["n"], method="points", by=houses)
    assert found.table["n"].tolist() == [10]
    assert [f.code for f in found.findings] == ["spread_without_weight"]
    refused("weight is -1", spread, TOWN, PARTS, ["n"], method="points",
            by=houses.assign(weight=-1.0))  # fmt: skip


# Persons and publishing.


def test_a_file_without_a_header_tells_nobody():
    table = pd.DataFrame({"王小明": ["李华"], "13800138000": ["13912345678"]})
    kept, findings = without_persons(table.assign(手机="13800138000"), "t", counts_by=[])
    assert kept.columns.tolist() == ["persons"]
    assert not re.search("王|李|138|139", " ".join(f.sentence() for f in findings))


def test_huge_counts_and_odd_groups_are_refused_or_published():
    refused("give a whole number", suppress, pd.DataFrame({"t": ["A"], "n": [2**40]}),
            by=["t"], value="n")  # fmt: skip
    refused("no column says", suppress, pd.DataFrame({"n": [3]}), by=[], value="n")
    shown = suppress(pd.DataFrame({"t": HOSTILE[:3], "n": [9, 8, 7]}), by=["t"], value="n")
    assert shown["n"].tolist()[-1] == 24


def bomb(depth):
    content = b"0" * 60_000_000
    for _ in range(depth):
        pack = io.BytesIO()
        with zipfile.ZipFile(pack, "w", zipfile.ZIP_DEFLATED) as opened:
            opened.writestr("inner.zip", content)
        content = pack.getvalue()
    return content


@pytest.mark.slow
def test_packs_that_swell_are_left_unread_and_told(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(bomb(1))
    (tmp_path / "b.docx").write_bytes(bomb(5))
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(b"0" * 60_000_000))
    (tmp_path / "d.parquet").write_bytes(b"PAR1" + b"\x00" * 100)
    (tmp_path / "e.docx").write_bytes(b"PK\x03\x04" + b"\x00" * 100)
    started = time.monotonic()
    assert [(f.layer, f.code) for f in traces(tmp_path, [])] == [
        (name, "trace_unread") for name in ("a.xlsx", "b.docx", "c.json.gz", "d.parquet", "e.docx")
    ]
    assert time.monotonic() - started < 20


# The command.


@pytest.mark.slow
def test_check_writes_nowhere_but_where_it_is_told(small_tables, tmp_path, monkeypatch, capsys):
    city = tmp_path / "city.gpkg"
    write_tables(small_tables | {"evil": pd.DataFrame({"a": ["<b>"]})}, {}, city)
    with sqlite3.connect(city) as database:
        database.execute('alter table evil rename to "../../evil"')
        for table in ("gpkg_contents", "gpkg_ogr_contents"):
            database.execute(
                f"update {table} set table_name = '../../evil' where table_name = 'evil'"
            )
    database.close()
    out, page = tmp_path / "deep" / "out", tmp_path / "f.html"
    arguments = ["sanshe", "check", str(city), "--fix", "--out", str(out), "--html", str(page)]
    monkeypatch.setattr("sys.argv", arguments)
    from planner import cli

    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert sorted(path.name for path in tmp_path.iterdir()) == ["city.gpkg", "deep", "f.html"]
    assert "../../evil" in (tmp_path / "f.html").read_text("utf-8")
    assert not list(out.glob("*evil*"))


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--out", "--html"])
def test_check_refuses_a_place_that_cannot_be(option, small_tables, tmp_path, monkeypatch, capsys):
    city = save(small_tables, tmp_path / "city")
    (tmp_path / "file").write_text("a file, not a folder")
    code, out, err = run(
        monkeypatch, capsys, "check", city, "--fix", option, tmp_path / "file" / "x.gpkg"
    )
    assert code == 2
    assert out == ""
    assert "cannot be written" in err
    assert "Traceback" not in err
