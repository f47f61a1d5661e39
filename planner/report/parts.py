"""What a report is made of, whatever file it ends in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Heading:
    """A heading.

    Attributes
    ----------
    text
        The words, with their number.
    level
        1 for a section, 2 for a part of one.
    """

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of running text; ``strong`` for the one that must be seen first."""

    text: str
    strong: bool = False


@dataclass(frozen=True)
class Listing:
    """Sentences one below the other, numbered or not."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Table:
    """A table of text that is ready to print.

    Attributes
    ----------
    kind
        Which table it is, such as ``"recommendations"``.
    caption
        What stands above it.
    header
        Names of the columns.
    rows
        A cell for each column.
    numeric
        Which columns hold numbers, and are set to the right.
    widths
        How wide the columns are in relation to each other.
    """

    kind: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    widths: tuple[float, ...] = field(default=())


@dataclass(frozen=True)
class Picture:
    """A picture with what stands below it.

    Attributes
    ----------
    kind
        Which picture of ``planner.maps.PICTURES`` it is.
    png
        The picture as a PNG file holds it.
    caption
        What stands below it; also read out where it cannot be seen.
    """

    kind: str
    png: bytes = field(repr=False)
    caption: str


Part = Heading | Paragraph | Listing | Table | Picture


@dataclass(frozen=True)
class Report:
    """A whole report.

    Attributes
    ----------
    language
        ``"zh"`` or ``"en"``.
    headline
        At the top, large.
    number_line
        Document number, or the line on which the office writes it.
    issued
        Who issues it and when; as the number line.
    title
        What it is about.
    contents_title
        Heading of the table of contents.
    page_of
        What stands at the foot of a page, with ``{page}`` and ``{pages}``.
    parts
        In order.
    """

    language: str
    headline: str
    number_line: str
    issued: str
    title: str
    contents_title: str
    page_of: str
    parts: tuple[Part, ...]
