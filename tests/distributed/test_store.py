"""Results by content: what is not whole is made anew, and never believed."""

from __future__ import annotations

import errno
import json
import os
import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest

from geodata import DataError
from geodata.atomic import alone_in
from planner import Standard
from planner.distributed import Here, plan_region
from planner.distributed.prepare import in_cents
from planner.distributed.runner import Task
from planner.distributed.store import Store, as_text
from planner.errors import PlanError
from tests.regions import listed, write_listed
from tests.small_city import area


def make(calls, draft):
    calls.append(draft)
    (draft / "table.csv").write_text("1,2,3\n", "utf-8")
    return {"sum": np.int64(6)}


def cut(file):
    file.write_bytes(file.read_bytes()[:-3])


def empty(file):
    file.write_bytes(b"")


def remove(file):
    file.unlink()


def other(file):
    file.write_text("[1, 2, 3]", "utf-8")


@pytest.mark.parametrize("name", ["result.json", "table.csv"])
@pytest.mark.parametrize("damage", [cut, empty, remove, other])
def test_a_damaged_result_is_made_anew(tmp_path, name, damage):
    calls = []
    ask = partial(Store(tmp_path).result, "stage", "320585", "key", partial(make, calls))
    assert ask() == ask() == {"sum": 6}
    assert len(calls) == 1
    place = Store(tmp_path).place("stage", "320585", "key")
    whole = {file.name: file.read_bytes() for file in place.iterdir()}
    damage(place / name)
    assert ask() == {"sum": 6}
    assert len(calls) == 2
    assert {file.name: file.read_bytes() for file in place.iterdir()} == whole
    Store(tmp_path).tidy()
    assert [found.name for found in (tmp_path / "stage").iterdir()] == [place.name]


def test_a_folder_that_a_worker_does_not_see_is_not_made_there(tmp_path):
    with pytest.raises(PlanError, match="not there on this worker"):
        Store(tmp_path / "away").result("stage", "1", "key", partial(make, []))
    assert not (tmp_path / "away").exists()


def test_a_full_disk_ends_the_run_and_blames_no_county(tmp_path):
    def fill(_draft):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    ask = partial(Store(tmp_path).result, "stage", "1", "key", fill)
    with pytest.raises(DataError, match=r"cannot be written \(No space left on device\)") as wrong:
        Here().run("stage", [Task("1", ask, ())], lambda *_told: None)
    assert str(pickle.loads(pickle.dumps(wrong.value))) == str(wrong.value)
    assert list((tmp_path / "stage").iterdir()) == []


def test_two_runs_do_not_write_to_one_folder(tmp_path):
    region = write_listed(tmp_path / "region", listed({"320511": area(0, 0, 1, 1)}))
    standard, out = Standard.load("health-walk-15"), tmp_path / "out"
    with alone_in(out), pytest.raises(DataError, match="another process is writing"):
        plan_region(region, standard, out=out)
    with pytest.raises(PlanError, match="no county of the region"):
        plan_region(region, standard, out=out)


def test_another_region_is_not_written_over(tmp_path):
    shapes = {"320511": area(0, 0, 1, 1)}
    region, mine = (write_listed(tmp_path / name, listed(shapes)) for name in ("one", "other"))
    with pytest.raises(PlanError, match="holds the region itself"):
        plan_region(region, Standard.load("health-walk-15"), out=mine)
    assert (mine / "counties" / "320511").is_dir()
    assert "product" not in json.loads((mine / "region.json").read_text("utf-8"))


def test_parts_of_a_cent_are_rounded_up():
    costs = pd.Series([1e6 / 3, 1234.56, 0.29, 4e6, 0.001])
    assert in_cents(costs).tolist() == [33_333_334, 123_456, 29, 400_000_000, 1]


def test_json_has_one_form():
    assert as_text({"b": np.float64(0.5), "a": "县"}) == '{\n "a": "县",\n "b": 0.5\n}\n'
