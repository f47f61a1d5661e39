"""A full disk and a folder that is read-only: one clear message, nothing damaged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def may_mount():
    unshare = shutil.which("unshare")
    return unshare and subprocess.run([unshare, "-m", "true"], check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "mounts", "says"),
    [
        ("full", True, "No space left on device"),
        ("limit", False, ""),
        ("readonly", True, "Read-only file system"),
        ("stranger", False, "Permission denied"),
    ],
)
def test_what_cannot_be_written_is_said_and_nothing_is_damaged(case, mounts, says, tmp_path):
    if mounts and not may_mount():
        pytest.skip("no right to mount; the other cases are limited otherwise")
    for folder in (tmp_path, *tmp_path.parents):
        if "pytest-" in str(folder) and folder.stat().st_uid == os.getuid():
            folder.chmod(0o755)
    command = ["unshare", "-m"] if mounts else []
    command += [sys.executable, "-m", "tests.crashes.disks", case, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert [one["target"] for one in found] == ["city", "city.gpkg", "plan"]
    for one in found:
        assert "it cannot be written" in one["said"], one
        assert says in one["said"]
        assert "what was there is unchanged" in one["said"]
        assert len(one["said"].splitlines()) == 1
        assert one["unchanged"], one
