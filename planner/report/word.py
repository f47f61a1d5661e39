"""The report as a Word document: styles, real tables, page numbers, a table of contents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from planner.report.archive import without_times
from planner.report.parts import Heading, Listing, Paragraph, Part, Picture, Report, Table

_RED = RGBColor(0xC0, 0x00, 0x00)
_SHADE = "E7EDF3"
_TEXT_WIDTH = Cm(15.6)
_CELL_MARGINS = Cm(0.38)
_UNBROKEN = re.compile("[^\\s\u2e80-\uffff]+")
_BOLD, _PLAIN, _CHINESE = 6.3, 5.8, 9.0
"""Points that a letter of a table takes in wide fonts, which stand in where Calibri is not."""
_FONTS = {"zh": ("Times New Roman", "宋体", "黑体"), "en": ("Calibri", "宋体", "黑体")}


def write_word(report: Report, path: Path) -> None:
    """Write a report as a Word document (Office Open XML, ISO/IEC 29500).

    Parameters
    ----------
    report
        What it says.
    path
        The file.
    """
    document = Document()
    _set_up(document, report)
    _head(document, report)
    _contents(document, report)
    number = 0
    for part in report.parts:
        if isinstance(part, Heading):
            number += 1
        _add(document, part, number)
    document.save(str(path))
    without_times(path)


def _set_up(document: Any, report: Report) -> None:
    latin, song, hei = _FONTS[report.language]
    properties = document.core_properties
    properties.title, properties.author, properties.comments = report.title, "", ""
    properties.language = "zh-CN" if report.language == "zh" else "en-GB"
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.7)
    section.top_margin, section.bottom_margin = Cm(2.8), Cm(2.5)
    _font(document.styles["Normal"], latin, song, 11)
    document.styles["Normal"].paragraph_format.line_spacing = 1.35
    document.styles["Normal"].paragraph_format.space_after = Pt(6)
    for level, size in ((1, 15), (2, 12.5)):
        style = document.styles[f"Heading {level}"]
        _font(style, latin, hei, size)
        style.font.color.rgb = RGBColor(0x1D, 0x27, 0x33)
        style.paragraph_format.keep_with_next = True
    _font(document.styles["Caption"], latin, hei, 9.5)
    document.styles["Caption"].font.color.rgb = RGBColor(0x36, 0x43, 0x53)
    for name in ("List Bullet", "List Number"):
        _font(document.styles[name], latin, song, 11)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    before, rest = report.page_of.split("{page}")
    between, after = rest.split("{pages}")
    foot.add_run(before)
    _field(foot, "PAGE")
    foot.add_run(between)
    _field(foot, "NUMPAGES")
    foot.add_run(after)


def _font(style: Any, latin: str, east_asian: str, size: float) -> None:
    style.font.name, style.font.size = latin, Pt(size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(attribute), None)
    fonts.set(qn("w:eastAsia"), east_asian)


def _head(document: Any, report: Report) -> None:
    headline = document.add_paragraph()
    headline.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = headline.add_run(report.headline)
    run.bold, run.font.size, run.font.color.rgb = True, Pt(26), _RED
    number = document.add_paragraph(report.number_line)
    number.alignment = WD_ALIGN_PARAGRAPH.CENTER
    issued = document.add_paragraph(report.issued)
    _line_below(issued)
    title = document.add_paragraph(style="Title")
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _font(document.styles["Title"], *_FONTS[report.language][::2], 19)
    document.styles["Title"].font.color.rgb = RGBColor(0, 0, 0)
    border = document.styles["Title"].element.pPr.find(qn("w:pBdr"))
    if border is not None:
        document.styles["Title"].element.pPr.remove(border)
    title.add_run(report.title)


def _line_below(paragraph: Any) -> None:
    """Draw the red line under the head of an official document."""
    borders = OxmlElement("w:pBdr")
    bottom = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "12"), ("space", "4"), ("color", "C00000")):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    paragraph._p.get_or_add_pPr().append(borders)


def _contents(document: Any, report: Report) -> None:
    """Add the table of contents: a line per heading that leads there and finds its page."""
    document.add_paragraph().add_run(report.contents_title).bold = True
    headings = [part for part in report.parts if isinstance(part, Heading)]
    for number, heading in enumerate(headings, 1):
        line = document.add_paragraph()
        line.paragraph_format.left_indent = Cm(0.8 * (heading.level - 1))
        line.paragraph_format.space_after = Pt(0)
        stops = line.paragraph_format.tab_stops
        stops.add_tab_stop(_TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
        line.add_run(f"{heading.text}\t")
        _field(line, f"PAGEREF {_bookmark(number)} \\h")


def _bookmark(number: int) -> str:
    return f"_heading{number}"


def _field(paragraph: Any, instruction: str) -> None:
    """Add a field that the word processor fills in when it opens the document."""
    for kind in ("begin", None, "separate", "text", "end"):
        run = paragraph.add_run()
        if kind == "text":
            run.text = "1"
        elif kind is None:
            words = OxmlElement("w:instrText")
            words.set(qn("xml:space"), "preserve")
            words.text = f" {instruction} "
            run._r.append(words)
        else:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            if kind == "begin":
                mark.set(qn("w:dirty"), "true")
            run._r.append(mark)


def _add(document: Any, part: Part, headings: int) -> None:
    match part:
        case Heading():
            _heading(document, part, headings)
        case Paragraph():
            document.add_paragraph().add_run(part.text).bold = part.strong
        case Listing():
            for number, item in enumerate(part.items, 1):
                # Word goes on counting from list to list: we write the numbers ourselves.
                if part.numbered:
                    paragraph = document.add_paragraph(f"{number}.\t{item}")
                    paragraph.paragraph_format.left_indent = Cm(0.9)
                    paragraph.paragraph_format.first_line_indent = Cm(-0.9)
                    paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(0.9))
                else:
                    document.add_paragraph(item, style="List Bullet")
        case Table():
            _table(document, part)
        case Picture():
            _picture(document, part)


def _heading(document: Any, part: Heading, number: int) -> None:
    heading = document.add_heading(part.text, part.level)
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for mark in (start, end):
        mark.set(qn("w:id"), str(number))
    start.set(qn("w:name"), _bookmark(number))
    heading._p.insert(1, start)
    heading._p.append(end)


def _table(document: Any, part: Table) -> None:
    caption = document.add_paragraph(part.caption, style="Caption")
    caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
    caption.paragraph_format.keep_with_next = True
    table = document.add_table(rows=1, cols=len(part.header), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    widths = _widths(part)
    for cell, words in zip(table.rows[0].cells, part.header, strict=True):
        _fill(cell, words, bold=True, right=False)
        shade = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", _SHADE)):
            shade.set(qn(f"w:{name}"), value)
        cell._tc.get_or_add_tcPr().append(shade)
    repeat = OxmlElement("w:tblHeader")
    repeat.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(repeat)
    for row in part.rows:
        cells = table.add_row().cells
        for cell, words, right in zip(cells, row, part.numeric, strict=True):
            _fill(cell, words, bold=False, right=right)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = int(width)
    for row in table.rows:
        whole = OxmlElement("w:cantSplit")
        row._tr.get_or_add_trPr().append(whole)
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = int(width)
    document.add_paragraph().paragraph_format.space_after = Pt(2)


def _widths(part: Table) -> list[float]:
    """Return widths of columns in EMU: as asked, but no word of a header or figure is broken."""
    asked = [_TEXT_WIDTH * width / sum(part.widths) for width in part.widths]
    columns = zip(part.header, part.numeric, *part.rows, strict=True)
    least = [_least(head, cells if right else []) for head, right, *cells in columns]
    lacking = sum(max(need - have, 0.0) for need, have in zip(least, asked, strict=True))
    spare = [max(have - need, 0.0) for need, have in zip(least, asked, strict=True)]
    if lacking > sum(spare):
        return asked
    part_taken = lacking / (sum(spare) or 1.0)
    return [
        max(need, have) - part_taken * more
        for need, have, more in zip(least, asked, spare, strict=True)
    ]


def _least(head: str, figures: Sequence[str]) -> float:
    """Return how wide a column must be; a line may break at spaces and beside Chinese alone."""
    pieces = [_width(word, _BOLD) for word in _UNBROKEN.findall(head)]
    for figure in figures:
        whole = _UNBROKEN.sub("", figure).strip()
        pieces += [_width(word, _PLAIN) for word in ([figure] if whole else figure.split())]
    return float(Pt(max(pieces, default=0.0))) + _CELL_MARGINS


def _width(words: str, letter: float) -> float:
    return sum(letter if character < "\u2e80" else _CHINESE for character in words)


def _fill(cell: Any, words: str, *, bold: bool, right: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
    paragraph.paragraph_format.line_spacing = 1.0
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT
    run = paragraph.add_run(words)
    run.bold, run.font.size = bold, Pt(9)


def _picture(document: Any, part: Picture) -> None:
    holder = document.add_paragraph()
    holder.alignment = WD_ALIGN_PARAGRAPH.CENTER
    holder.paragraph_format.keep_with_next = True
    shape = holder.add_run().add_picture(BytesIO(part.png), width=_TEXT_WIDTH)
    shape._inline.docPr.set("descr", part.caption)
    caption = document.add_paragraph(part.caption, style="Caption")
    caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
