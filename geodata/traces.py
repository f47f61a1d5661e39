"""Does a file that is to be published say who made it and where? Paths, user names, authors.

Looks into what people send on: GeoPackage, GeoParquet, GeoJSON, CSV, HTML, JSON as bytes, the
parts of XLSX and DOCX one by one, compressed streams of PDF and gzip unpacked, text columns of
Parquet read.
"""

from __future__ import annotations

import contextlib
import getpass
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

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
    rb"<(?:dc:creator|cp:lastModifiedBy|Company|Manager)>\s*([^<]{1,200}?)\s*</", re.IGNORECASE
)
_PDF_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_TOOLS = (b"", b"openpyxl", b"python-docx", b"sanshe-planner")
"""What programs of ours write as the author of a document: nobody."""
_LARGEST_PART = 500_000_000


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
        One per file and trace: an absolute path, a name, an author in a document's properties.

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
        for text in _texts(file.read_bytes(), file.suffix.lower(), file):
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


def _texts(content: bytes, suffix: str, file: Path | None = None) -> Iterator[bytes]:
    """Yield what is written in a file, unpacked."""
    yield content
    if content.startswith(b"PK\x03\x04"):
        with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(content)) as pack:
            for part in pack.infolist():
                yield part.filename.encode()
                if part.file_size <= _LARGEST_PART:
                    yield from _texts(pack.read(part), Path(part.filename).suffix.lower())
    elif content.startswith(b"\x1f\x8b"):
        with contextlib.suppress(OSError, EOFError, zlib.error):
            yield gzip.decompress(content)
    elif content.startswith(b"%PDF"):
        for stream in _PDF_STREAM.finditer(content):
            with contextlib.suppress(zlib.error):
                yield zlib.decompressobj().decompress(stream[1], _LARGEST_PART)
    elif suffix == ".parquet" and file is not None:
        table = pd.read_parquet(file)
        for column in table.columns:
            if pd.api.types.is_string_dtype(table[column]):
                yield "\n".join(table[column].dropna().astype(str).unique()).encode()


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
