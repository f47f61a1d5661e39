"""Files that are published tell nothing about who made them."""

from __future__ import annotations

import gzip
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from geodata import DataError
from geodata.traces import traces


def found(path, names=("zhangwei",)):
    return [(f.layer, f.code) for f in traces(path, names)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"from": "/home/zw/data/halls.csv"}', "trace_path"),
        (b"file:///Users/zw/halls.csv", "trace_path"),
        (rb'"C:\\Users\\zw\\halls.csv"', "trace_path"),
        (b"written by zhangwei.", "trace_name"),
    ],
)
def test_paths_and_names_are_found(tmp_path, content, code):
    (tmp_path / "a.json").write_bytes(content)
    assert found(tmp_path) == [("a.json", code)]
    (tmp_path / "a.json").write_bytes(gzip.compress(content))
    assert found(tmp_path) == [("a.json", code)]


@pytest.mark.parametrize(
    "content", [b"https://example.org/home/page", b"zhangweiqiang", b"a/home/b", b"{}"]
)
def test_links_and_longer_words_are_none(tmp_path, content):
    (tmp_path / "a.html").write_bytes(content)
    assert found(tmp_path) == []


def test_authors_of_spreadsheets_are_found(tmp_path):
    book = openpyxl.Workbook()
    book.save(tmp_path / "a.xlsx")
    assert found(tmp_path) == []
    book.properties.creator = "张伟"
    book.save(tmp_path / "a.xlsx")
    (finding,) = traces(tmp_path, [])
    assert finding.sentence().startswith("a.xlsx: its properties name 张伟 as the author")


def test_text_inside_parquet_is_read(tmp_path):
    frame = pd.DataFrame({"note": ["from /home/zw/halls.csv"] * 1000})
    frame.to_parquet(tmp_path / "a.parquet", compression="zstd")
    assert found(tmp_path) == [("a.parquet", "trace_path")]


def test_a_file_that_is_not_there_is_told():
    with pytest.raises(DataError, match="no such file"):
        traces("nowhere.csv")


@pytest.mark.slow
def test_what_the_product_writes_holds_no_trace(small_city, tmp_path, monkeypatch):
    import planner

    monkeypatch.chdir(tmp_path)
    plan = planner.make_plan(small_city, planner.Standard.load("taicang-2013"), new_halls=1)
    planner.export(plan, tmp_path / "out")
    small_city.save(tmp_path / "out" / "city.gpkg")
    small_city.save(tmp_path / "out" / "city")
    assert traces(Path("out")) == []
    assert traces(Path("out"), [str(tmp_path), tmp_path.parent.name]) == []
