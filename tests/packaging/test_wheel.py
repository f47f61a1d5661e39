"""The wheel holds everything: installed elsewhere, it plans the embedded city from any folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT], check=True)
    (made,) = folder.glob("*.whl")
    return made


def test_the_wheel_holds_data_words_standards_and_front_end(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "geodata/cities/taicang/data/communities.parquet",
        "geodata/cities/taicang/sources/sources.md",
        "geodata/cities/porto_alegre/data/road_edges.parquet",
        "geodata/cities/porto_alegre/sources/poa_osm.pbf",
        "geodata/cities/porto_alegre/sources/poa_hexgrid.csv",
        "geodata/cities/porto_alegre/sources/sources.md",
        "geodata/messages.toml",
        "geodata/roads/modes.toml",
        "planner/messages.toml",
        "planner/standards/taicang-2013.toml",
        "planner/maps/assets/leaflet/leaflet.js",
        "planner/maps/assets/leaflet/LICENSE",
        "planner/maps/static/main.js",
        "planner/__init__.pyi",
        "planner/py.typed",
        "geodata/py.typed",
    } <= names
    assert not [name for name in names if name.startswith(("tests/", "notebooks/"))]


def take_compiled_along(place):
    """Copy what numba has compiled of these sources: to compile it again is not the question.

    It is used there if a source has the bytes and, as numba checks, the time that it has here.
    """
    for compiled in (*ROOT.glob("geodata/**/*.nb[ic]"), *ROOT.glob("planner/**/*.nb[ic]")):
        copy = place / compiled.relative_to(ROOT)
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(compiled, copy)
    for package in ("geodata", "planner"):
        for source in (place / package).rglob("*.py"):
            ours = ROOT / source.relative_to(place)
            assert source.read_bytes() == ours.read_bytes()
            os.utime(source, ns=(ours.stat().st_atime_ns, ours.stat().st_mtime_ns))


def test_the_installed_command_works_from_any_folder(wheel, tmp_path):
    place, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    elsewhere.mkdir()
    install = ["install", "--quiet", "--no-deps", "--target", place, wheel]
    subprocess.run([sys.executable, "-m", "pip", *install], check=True)
    take_compiled_along(place)
    environment = os.environ | {"PYTHONPATH": str(place)}
    run = {"cwd": elsewhere, "env": environment, "check": True, "capture_output": True}
    where = subprocess.run(
        [sys.executable, "-c", "import planner; print(planner.__file__)"], text=True, **run
    )
    assert Path(where.stdout.strip()).is_relative_to(place)
    done = subprocess.run([place / "bin" / "sanshe", "plan", "taicang", "--json"], text=True, **run)
    assert json.loads(done.stdout)["summary"]["status"] == "optimal"
    assert (elsewhere / "plan-taicang" / "map.html").stat().st_size > 300_000
