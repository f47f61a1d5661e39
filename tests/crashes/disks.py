"""Save and plan where it cannot be done; ``python -m tests.crashes.disks FOLDER CASE...``.

Prints, as JSON, what was said of each target and whether what was there is there still. Runs in
processes of its own, since limits and users are those of a process, and mounts those of a
namespace.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import planner
from geodata import City, DataError
from planner.exports import export
from tests.small_city import small_city_tables

CITY = City.from_tables(small_city_tables())
PLAN = planner.make_plan(CITY, planner.Standard.load("taicang-2013"), new_halls=1)
WRITERS = {
    "city": CITY.save,
    "city.gpkg": CITY.save,
    "plan": lambda path: export(PLAN, path, report=False),
}


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "filler"]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def attempts(folder: Path) -> list[dict[str, object]]:
    """Try to write each target again."""
    before = digests(folder)
    found = []
    for target, write in WRITERS.items():
        try:
            write(folder / target)
            said = "written"
        except DataError as error:
            said = str(error)
        found.append({"target": target, "said": said, "unchanged": digests(folder) == before})
    return found


def first(folder: Path) -> None:
    for target, write in WRITERS.items():
        write(folder / target)


def full(folder: Path) -> list[dict[str, object]]:
    """A disk on which hardly anything is free, mounted in a namespace of our own."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], check=True)
    first(folder)
    with (folder / "filler").open("wb") as filler:
        filler.truncate(0)
        room = os.statvfs(folder)
        filler.write(b"x" * (room.f_bavail * room.f_frsize - 40_000))
    return attempts(folder)


def limit(folder: Path) -> list[dict[str, object]]:
    """No file may be larger than 4,000 bytes."""
    first(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, resource.RLIM_INFINITY))
    found = attempts(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return found


def readonly(folder: Path) -> list[dict[str, object]]:
    """A disk that is mounted read-only, which stops root too."""
    first(folder)
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
    return attempts(folder)


def stranger(folder: Path) -> list[dict[str, object]]:
    """A user who may read, but not write."""
    first(folder)
    folder.chmod(0o555)
    for inner in folder.rglob("*"):
        inner.chmod(0o555 if inner.is_dir() else 0o444)
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    return attempts(folder)


def played(case: str, folder: Path) -> list[dict[str, object]]:
    """Play a case in a forked child, whose limits and user are its own."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            place = Path(tempfile.mkdtemp(prefix=f"{case}-", dir=folder))
            place.chmod(0o755)
            os.write(theirs, json.dumps(CASES[case](place)).encode())
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as said:
        found = json.loads(said.read())
    os.waitpid(child, 0)
    return found


CASES = {case.__name__: case for case in (full, limit, readonly, stranger)}

if __name__ == "__main__":
    print(json.dumps({case: played(case, Path(sys.argv[1])) for case in sys.argv[2:]}))
