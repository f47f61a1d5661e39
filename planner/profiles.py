"""The files of service standards: those that come with the planner, and a user's own."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path

from planner.errors import PlanError

_PROFILES = files("planner") / "standards"


def profile_names() -> list[str]:
    """Return the names of the profiles that come with the planner."""
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in _PROFILES.iterdir()
        if entry.name.endswith(".toml")
    )


def read_profile(name_or_path: str | Path) -> dict[str, object]:
    """Return the tables of a profile: one that comes with the planner by name, else a file's.

    Raises
    ------
    PlanError
        If there is no such profile or it is not TOML.
    """
    name = str(name_or_path)
    try:
        return tomllib.loads(_profile_text(name_or_path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlanError("standard_unreadable", name=name, reason=error) from error


def copy_profile(name_or_path: str | Path, path: Path) -> None:
    """Write a copy of a profile, called after its new file; a file that is there is left alone.

    Raises
    ------
    PlanError
        If there is no such profile, or the file exists or cannot be written.
    """
    try:
        profile = _profile_text(name_or_path)
        called = json.dumps(path.stem, ensure_ascii=False)
        copied = re.sub(r"(?m)^id = .*$", lambda _: f"id = {called}", profile, count=1)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(copied)
    except FileExistsError as error:
        raise PlanError("standard_exists", path=path) from error
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError("standard_not_written", path=path, reason=error) from error


def _profile_text(name_or_path: str | Path) -> str:
    name = str(name_or_path)
    profile = _PROFILES / f"{name}.toml" if name in profile_names() else Path(name_or_path)
    try:
        return profile.read_text("utf-8")
    except (FileNotFoundError, IsADirectoryError) as error:
        known = ", ".join(profile_names())
        raise PlanError("no_such_standard", name=name, known=known) from error
