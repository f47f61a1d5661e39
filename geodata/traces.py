"""Does a file that is to be published say who made it and where? Paths, user names, authors.

Looks into what people send on: GeoPackage, GeoParquet, GeoJSON, CSV, HTML, JSON as bytes, the
parts of XLSX and DOCX one by one, compressed streams of PDF and gzip unpacked, text columns of
Parquet read.
"""

from __future__ import annotations

import contextlib
import getpass
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from geodata.errors import DataError
from geodata.findings import Finding

_COMMON = frozenset({"root", "user", "admin", "runner", "ubuntu", "debian", "test", "guest"})
"""Names of users that are words as well: looked for in paths and among authors only."""
_PATH = re.compile(
    rb"(?:file:///?|(?<![\w./~:-]))"
    rb"(/(?:home|Users|root|tmp|mnt|media|srv|var/tmp|private/var)/[^\s\"'<>|\x00-\x1f]{1,200}"
    rb"|[A-Za-z]:\\(?:\\)?(?:Users|Documents and Settings)\\(?:\\)?[^\s\"'<>|\x00-\x1f]{1,200})"
)
_AUTHOR = re.compile(
    rb"<(?:dc:creator|cp:lastModifiedBy|Company|Manager)(?:\s[^>]*)?>\s*([^<]{1,200}?)\s*</",
    re.IGNORECASE,
)
_PDF_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_TOOLS = (b"", b"openpyxl", b"python-docx", b"sanshe-planner")
"""What programs of ours write as the author of a document: nobody."""
_LARGEST_PART = 50_000_000
_DEEPEST = 3
"""How far packs within packs are opened."""


def traces(path: str | Path, names: Sequence[str] | None = None) -> list[Finding]:
    """Return what files tell about who made them and where.

    Parameters
    ----------
    path
        A file, or a folder with all that is in it.
    names
        Names to look for as whole words; if left out, the user's own as the system knows it, and
        the folder that the program runs in.

    Returns
    -------
    list of Finding
        One per file and trace: an absolute path, a name, an author in a document's properties;
        and one where a part cannot be looked into (broken, locked, or more than 50 MB).

    Raises
    ------
    DataError
        If there is no such file.
    """
    root = Path(path)
    if not root.exists():
        raise DataError("no_such_file", str(root))
    files = sorted(file for file in root.rglob("*") if file.is_file()) if root.is_dir() else [root]
    wanted = [name for name in (_own_names() if names is None else names) if name]
    findings: list[Finding] = []
    for file in files:
        shown = file.relative_to(root).as_posix() if root.is_dir() else file.name
        seen: set[tuple[str, str]] = set()
        for text in _texts(file.read_bytes(), file):
            if text is None:
                seen.add(("trace_unread", ""))
            else:
                seen |= set(_found(text, wanted))
        findings += [Finding(code, shown, values={"value": value}) for code, value in sorted(seen)]
    return findings


def _own_names() -> list[str]:
    names = []
    with contextlib.suppress(KeyError, OSError, ImportError):
        names.append(getpass.getuser())
    with contextlib.suppress(RuntimeError):
        names.append(Path.home().name)
    with contextlib.suppress(OSError):
        names.append(str(Path.cwd()))
    return [name for name in dict.fromkeys(names) if len(name) > 2 and name not in _COMMON]


def _texts(content: bytes, file: Path | None = None, depth: int = 0) -> Iterator[bytes | None]:
    """Yield what is written in a file, unpacked; None for what cannot be looked into."""
    yield content
    try:
        if content.startswith(b"PK\x03\x04"):
            yield from _parts(content, depth)
        elif content.startswith(b"\x1f\x8b"):
            yield _inflated(content, zlib.MAX_WBITS | 16)
        elif content.startswith(b"%PDF"):
            for stream in _PDF_STREAM.finditer(content):
                with contextlib.suppress(zlib.error):  # an image, which holds no text
                    yield _inflated(stream[1], zlib.MAX_WBITS)
        elif file is not None and file.suffix.lower() == ".parquet":
            table = pd.read_parquet(file)
            for column in table.columns:
                if pd.api.types.is_string_dtype(table[column]):
                    yield "\n".join(table[column].dropna().astype(str).unique()).encode()
    except (zipfile.BadZipFile, zlib.error, pa.ArrowException, RuntimeError, OSError, EOFError):
        yield None


def _parts(content: bytes, depth: int) -> Iterator[bytes | None]:
    if depth >= _DEEPEST:
        yield None
        return
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        for part in pack.infolist():
            yield part.filename.encode()
            with pack.open(part) as opened:
                inside = opened.read(_LARGEST_PART + 1)
            if len(inside) > _LARGEST_PART:
                yield None
            yield from _texts(inside, depth=depth + 1)


def _inflated(content: bytes, window: int) -> bytes | None:
    """Return what was compressed; None if it is more than a published file would hold."""
    inside = zlib.decompressobj(window).decompress(content, _LARGEST_PART + 1)
    return inside if len(inside) <= _LARGEST_PART else None


def _found(text: bytes, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for match in _PATH.finditer(text):
        yield "trace_path", match[1].decode("utf-8", "replace")
    for match in _AUTHOR.finditer(text):
        if match[1] not in _TOOLS:
            yield "trace_author", match[1].decode("utf-8", "replace")
    for name in names:
        word = re.escape(name.encode())
        if re.search(rb"(?<![A-Za-z0-9_])" + word + rb"(?![A-Za-z0-9_])", text):
            yield "trace_name", name
