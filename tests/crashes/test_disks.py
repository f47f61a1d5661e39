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


SAYS = {
    "limit": "",
    "stranger": "Permission denied",
    "full": "No space left on device",
    "readonly": "Read-only file system",
}


def may_mount():
    unshare = shutil.which("unshare")
    return unshare and subprocess.run([unshare, "-m", "true"], check=False).returncode == 0


@pytest.mark.slow
def test_what_cannot_be_written_is_said_and_nothing_is_damaged(tmp_path):
    for folder in (tmp_path, *tmp_path.parents):
        if "pytest-" in str(folder) and folder.stat().st_uid == os.getuid():
            folder.chmod(0o755)
    mounts = may_mount()
    command = ["unshare", "-m"] if mounts else []
    command += [sys.executable, "-m", "tests.crashes.disks", str(tmp_path), "limit", "stranger"]
    command += ["full", "readonly"] if mounts else []
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stderr
    for case, found in json.loads(ended.stdout).items():
        assert [one["target"] for one in found] == ["city", "city.gpkg", "plan"]
        for one in found:
            assert "it cannot be written" in one["said"], (case, one)
            assert SAYS[case] in one["said"], (case, one)
            assert "what was there is unchanged" in one["said"], (case, one)
            assert len(one["said"].splitlines()) == 1, (case, one)
            assert one["unchanged"], (case, one)
