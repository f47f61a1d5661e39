"""Office files are ZIP archives; ours hold no time, so that the same plan gives the same bytes."""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_NO_TIME = (1980, 1, 1, 0, 0, 0)
_PROPERTIES = "docProps/core.xml"
_TIMES = re.compile(rb"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


def without_times(path: Path) -> None:
    """Write a ZIP archive anew with fixed times in its directory and in its properties."""
    with ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries[_PROPERTIES] = _TIMES.sub(b"2000-01-01T00:00:00Z", entries[_PROPERTIES])
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(ZipInfo(name, _NO_TIME), content, ZIP_DEFLATED)
