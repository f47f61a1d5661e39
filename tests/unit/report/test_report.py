"""The report says what the plan says, in both languages, in files that others can open."""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest
from docx import Document

from geodata.language import use_language
from planner.errors import PlanError
from planner.report import Letterhead, make_report, words, write_report, write_workbook
from planner.report.contents import report_of
from planner.report.parts import Heading, Paragraph, Table
from planner.tables import tables_of

pytestmark = pytest.mark.slow

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module", params=["zh", "en"])
def written(request, taicang_plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    report = make_report(taicang_plan, request.param)
    for name in ("report.docx", "report.pdf"):
        write_report(report, folder / name)
    return request.param, folder


def sentences(plan, language):
    with use_language(language):
        return report_of(plan, {})


def test_the_word_document_holds_every_part(written, taicang_plan):
    language, folder = written
    document = Document(str(folder / "report.docx"))
    report = sentences(taicang_plan, language)
    said = [paragraph.text for paragraph in document.paragraphs]
    for part in report.parts:
        if isinstance(part, Heading | Paragraph):
            assert part.text in said
    tables = [part for part in report.parts if isinstance(part, Table)]
    assert len(document.tables) == len(tables)
    for theirs, ours in zip(document.tables, tables, strict=True):
        shown = [[cell.text for cell in row.cells] for row in theirs.rows]
        assert shown == [list(ours.header), *map(list, ours.rows)]
    assert len(document.inline_shapes) == 4


def test_no_word_of_a_header_is_broken(written):
    _, folder = written
    for table in Document(str(folder / "report.docx")).tables:
        for cell in table.rows[0].cells:
            words = re.findall(r"[\x21-\x7e]+", cell.text)
            longest = max(map(len, words), default=0)
            assert cell.width.pt >= 0.6 * 9 * longest + 10, cell.text


def test_the_table_of_contents_leads_to_every_heading(written, taicang_plan):
    language, folder = written
    body = ZipFile(folder / "report.docx").read("word/document.xml").decode()
    marks = set(re.findall(r'bookmarkStart[^>]*w:name="([^"]+)"', body))
    headings = [p for p in sentences(taicang_plan, language).parts if isinstance(p, Heading)]
    assert set(re.findall(r"PAGEREF (\S+)", body)) == marks
    assert len(marks) == len(headings)


def test_no_time_no_name_and_no_path_is_inside(written):
    _, folder = written
    archive = ZipFile(folder / "report.docx")
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert str(Path.home()).encode() not in everything
    assert str(folder).encode() not in everything
    assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
    assert b"/CreationDate" not in (folder / "report.pdf").read_bytes()


def test_the_same_plan_gives_the_same_documents(written, taicang_plan, tmp_path):
    language, folder = written
    again = make_report(taicang_plan, language)
    for name in ("report.docx", "report.pdf"):
        write_report(again, tmp_path / name)
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_real_columns_are_named_in_the_language_of_the_report(taicang_plan):
    for language, names in (("zh", "代码、名称"), ("en", "codes, names")):
        tables = [
            part for part in sentences(taicang_plan, language).parts if isinstance(part, Table)
        ]
        boundary = next(row for row in tables[-1].rows if row[0] in ("boundary", "市界"))
        assert names in boundary[1]


def test_the_headline_figures_are_those_of_the_plan(taicang_plan):
    summary = taicang_plan.summary
    for language in ("zh", "en"):
        first, second = sentences(taicang_plan, language).parts[:2]
        assert f"{summary['unserved_before']:,}" in first.text
        assert f"{summary['share_before']:.1%}" in first.text
        assert f"{summary['served_after'] - summary['served_before']:,}" in second.text


def test_english_prose_has_no_chinese_but_names(taicang_plan):
    for part in sentences(taicang_plan, "en").parts:
        if isinstance(part, Heading):
            assert not CHINESE.search(part.text)


def test_the_office_fills_in_the_head(taicang_plan):
    head = Letterhead("专报", "〔2026〕第 3 号", "市民政局", "2026 年 11 月 25 日")
    with use_language("zh"):
        report = report_of(taicang_plan, {}, head)
    assert (report.headline, report.number_line) == (head.headline, head.number)
    assert head.issuer in report.issued
    assert head.date in report.issued


def test_another_kind_of_file_is_refused(taicang_plan, tmp_path):
    with pytest.raises(PlanError, match=r"report\.odt"):
        write_report(sentences(taicang_plan, "en"), tmp_path / "report.odt")


def test_the_workbook_reads_back_as_the_tables(taicang_plan, tmp_path):
    book, again = tmp_path / "tables.xlsx", tmp_path / "again.xlsx"
    write_workbook(taicang_plan, book)
    write_workbook(taicang_plan, again)
    assert book.read_bytes() == again.read_bytes()
    codes = {"community_code": str, "town_code": str, "group": str}
    for name, table in tables_of(taicang_plan).items():
        read = pd.read_excel(book, sheet_name=name, dtype=codes, keep_default_na=False)
        assert list(read.columns) == list(table.columns)
        for column in table.columns:
            ours = table[column].astype(object).where(table[column].notna(), "").tolist()
            assert read[column].tolist() == ours, (name, column)


def test_a_cell_that_begins_like_a_formula_is_text(taicang_plan, tmp_path):
    from dataclasses import replace

    from openpyxl import load_workbook

    gaps = taicang_plan.gaps.copy()
    gaps.loc[0, "community_name"] = '=HYPERLINK("http://example.org")'
    write_workbook(replace(taicang_plan, gaps=gaps), tmp_path / "tables.xlsx")
    sheet = load_workbook(tmp_path / "tables.xlsx")["gaps"]
    column = list(gaps.drop(columns="geometry").columns).index("community_name") + 1
    assert sheet.cell(2, column).data_type == "s"
    assert sheet.freeze_panes == "A2"


def test_codes_that_begin_with_a_digit_are_words_and_numbers_go_right():
    columns = {
        "layer": ["88a9012a", "7b"], "real": ["1,234", "–"], "source": ["20 → 10", ""],
    }  # fmt: skip
    assert words.table("table.sources", columns, wide={}).numeric == (False, True, True)
