"""Which file a mapping means, and whether it is safe to open.

A mapping may come from somebody else, and so may the files. A path stays inside the folder of the
mapping. A file is what its name says, so that no other reader of the geospatial library is led to
take it for instructions to open something else. Archives say how much they hold before they are
unpacked.
"""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from geodata.errors import DataError

KINDS = {
    ".csv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".shp": "shapefile",
    ".geojson": "geojson",
    ".json": "geojson",
    ".gpkg": "geopackage",
    ".kml": "kml",
    ".parquet": "parquet",
    ".pbf": "osm",
    ".osm": "osm",
}
MAX_BYTES = 1_000_000_000
MAX_OSM_BYTES = 20_000_000_000
MAX_UNPACKED_BYTES = 600_000_000
_MOST_PER_PACKED_BYTE = 300
_HEAD_BYTES = 4_096
_CHUNK = 1 << 20


def locate(folder: Path, name: str, where: str) -> Path:
    """Return the file that a mapping names.

    Parameters
    ----------
    folder
        Folder of the mapping.
    name
        Path from there, as the mapping writes it.
    where
        Layer that the file is for, to say in an error.

    Raises
    ------
    DataError
        If the path is absolute or leads out of the folder, or there is no such file.
    """
    path = inside(folder, name, where)
    try:
        there = path.is_file()
    except (OSError, ValueError) as error:
        raise DataError("import.no_file", where, value=name) from error
    if not there:
        raise DataError("import.no_file", where, value=name)
    return path


def inside(folder: Path, name: str, where: str) -> Path:
    """Return a path that a mapping names, whether there is anything or not.

    Raises
    ------
    DataError
        If the path is absolute or leads out of the folder.
    """
    parts = {*PurePosixPath(name).parts, *PureWindowsPath(name).parts}
    absolute = PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive
    if absolute or name.startswith("\\") or ".." in parts or "://" in name or "\0" in name:
        raise DataError("import.path_outside", where, value=name)
    path = folder / name
    try:
        within = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError("import.no_file", where, value=name) from error
    if not within:
        raise DataError("import.path_outside", where, value=name)
    return path


def kind_of(path: Path, where: str) -> str:
    """Return the format of a file, by its name and what it begins with.

    Raises
    ------
    DataError
        If the format is not known, the file is empty or too big, or is not what its name says.
    """
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        known = ", ".join(KINDS)
        raise DataError("import.unknown_format", where, value=path.name, known=known)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise _unreadable(path, where, error.strerror or "") from error
    if size == 0:
        raise DataError("import.empty_file", where, value=path.name)
    limit = MAX_OSM_BYTES if kind == "osm" else MAX_BYTES
    if size > limit:
        raise DataError("import.too_big", where, value=path.name, limit=f"{limit / 1e9:g} GB")
    if not _begins_right(kind, path, head):
        raise DataError("import.not_what_it_says", where, value=path.name, kind=path.suffix)
    if kind == "xlsx":
        _check_archive(path, where)
    if kind in ("kml", "osm", "geojson"):
        _check_words(path, where, kind)
    return kind


def _unreadable(path: Path, where: str, reason: str) -> DataError:
    return DataError("import.unreadable", where, value=path.name, reason=reason)


def _begins_right(kind: str, path: Path, head: bytes) -> bool:
    words = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if kind == "csv":
        return not head.startswith((b"PK\x03\x04", b"SQLite format 3", b"PAR1", b"\xd0\xcf\x11"))
    if kind == "geojson":
        return words.startswith(b"{")
    if kind == "kml" or path.suffix.lower() == ".osm":
        root = b"<kml" if kind == "kml" else b"<osm"
        return words.startswith(b"<") and root in head
    starts = {
        "xlsx": b"PK\x03\x04",
        "shapefile": b"\x00\x00\x27\x0a",
        "geopackage": b"SQLite format 3\0",
        "parquet": b"PAR1",
        "osm": b"\x00",
    }
    return head.startswith(starts[kind])


_FORBIDDEN = {
    "kml": (b"<!DOCTYPE", b"<!ENTITY", b"OGRVRT", b"<NetworkLink"),
    "osm": (b"<!DOCTYPE", b"<!ENTITY"),
    "geojson": (b"gdal_streamed_alg", b"gdalg"),
}


def _check_words(path: Path, where: str, kind: str) -> None:
    """Refuse texts that make a reader open or unfold something else than the file."""
    if path.suffix.lower() == ".pbf":
        return
    words = _FORBIDDEN[kind]
    with path.open("rb") as file:
        found = _search(file, words)
    if found:
        raise DataError("import.active_content", where, value=path.name, found=found)


def _search(file: object, words: tuple[bytes, ...]) -> str:
    """Return the first of some words that a stream holds, or nothing."""
    rest = b""
    while chunk := file.read(_CHUNK):  # type: ignore[attr-defined]
        window = rest + chunk
        for word in words:
            if word in window:
                return word.decode()
        rest = window[-32:]
    return ""


def _check_archive(path: Path, where: str) -> None:
    """Refuse a workbook that unpacks to far more than it should, or holds entities."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            packed = sum(member.compress_size for member in members)
            bomb = unpacked > 10_000_000 and unpacked > _MOST_PER_PACKED_BYTE * max(packed, 1)
            if unpacked > MAX_UNPACKED_BYTES or len(members) > 10_000 or bomb:
                raise DataError(
                    "import.unpacks_too_big",
                    where,
                    value=path.name,
                    unpacked=f"{unpacked / 1e6:,.0f} MB",
                )
            for member in members:
                if member.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(member) as file:
                        found = _search(file, (b"<!DOCTYPE", b"<!ENTITY"))
                    if found:
                        raise DataError(
                            "import.active_content", where, value=path.name, found=found
                        )
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise _unreadable(path, where, str(error)) from error
    except Exception as error:  # zlib.error has no public base of its own
        if isinstance(error, DataError):
            raise
        raise _unreadable(path, where, str(error)) from error
