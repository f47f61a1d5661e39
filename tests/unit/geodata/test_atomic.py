"""Files change as one; one writer at a time; readers see one state, whatever writers do."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from geodata import DataError
from geodata.atomic import read_whole, replace_file, replace_files, standing_files


def writers(**texts):
    return {name: lambda path, text=text: path.write_text(text) for name, text in texts.items()}


def content(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_files_are_made_anew_and_others_stay(tmp_path):
    (tmp_path / "mine").write_text("mine")
    replace_files(tmp_path, writers(a="1", b="1", c="1"))
    assert replace_files(tmp_path, writers(a="2", b="2"), remove=["c", "never"]) == [
        tmp_path / "a",
        tmp_path / "b",
    ]
    assert content(tmp_path) == {"mine": "mine", "a": "2", "b": "2"}


def test_a_writer_that_fails_changes_nothing(tmp_path):
    replace_files(tmp_path / "out", writers(a="1", b="1"))

    def full(_path):
        raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match="No space left on device"):
        replace_files(tmp_path / "out", writers(a="2") | {"b": full})
    assert content(tmp_path / "out") == {"a": "1", "b": "1"}
    with pytest.raises(DataError):
        replace_files(tmp_path / "other", {"b": full})
    assert not (tmp_path / "other").exists()


def test_a_change_that_cannot_be_finished_is_taken_back(tmp_path, monkeypatch):
    replace_files(tmp_path, writers(a="1", b="1"))
    replace = Path.replace

    def refuse(self, target):
        if Path(target).name == "b" and self.parent.name == "new":
            raise PermissionError(13, "Permission denied")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(DataError, match="Permission denied"):
        replace_files(tmp_path, writers(a="2", b="2", c="2"))
    assert content(tmp_path) == {"a": "1", "b": "1"}


def test_a_folder_in_the_way_is_refused_before_anything_changes(tmp_path):
    replace_files(tmp_path, writers(a="1"))
    (tmp_path / "b").mkdir()
    with pytest.raises(DataError, match="Is a directory"):
        replace_files(tmp_path, writers(a="2", b="2"))
    assert (tmp_path / "a").read_text() == "1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def unfinished(folder, **changed):
    """Leave a folder as a writer does that is killed when its change counts as made."""
    workshop = folder / ".sanshe"
    (workshop / "new").mkdir(parents=True)
    for name, text in changed.items():
        (workshop / "new" / name).write_text(text)
    names = '["a", "b"]'
    journal = f'{{"source": "new", "files": {names}, "remove": ["c"]}}'
    (workshop / "journal.json").write_text(journal)
    return workshop


def test_what_counts_as_made_is_read_and_finished_by_the_next_writer(tmp_path):
    replace_files(tmp_path, writers(a="2", b="1", c="1"))
    unfinished(tmp_path, b="2")  # a has been moved already
    standing = {name: path.read_text() for name, path in standing_files(tmp_path).items()}
    assert standing == {"a": "2", "b": "2"}
    replace_files(tmp_path, writers(d="3"))
    assert content(tmp_path) == {"a": "2", "b": "2", "d": "3"}


def test_what_a_killed_writer_left_over_is_cleared_away(tmp_path):
    for workshop in (tmp_path / ".sanshe", tmp_path / ".city.gpkg.sanshe"):
        (workshop / "new").mkdir(parents=True)
        (workshop / "new" / "half").write_text("half")
        (workshop / "lock").write_text("")
    replace_files(tmp_path, writers(a="1"))
    replace_file(tmp_path / "city.gpkg", lambda path: path.write_text("1"))
    assert content(tmp_path) == {"a": "1", "city.gpkg": "1"}


@pytest.mark.parametrize(
    "journal",
    [
        "",
        "[]",
        '{"source": "new", "files": ["../x"], "remove": []}',
        '{"source": "new", "files": [], "remove": ["/etc/passwd"]}',
        '{"source": "new", "files": [], "remove": [".."]}',
        '{"source": "..", "files": ["x"], "remove": []}',
        '{"source": "new", "files": [1], "remove": []}',
        '{"source": "new", "files": [], "remove": [], "more": 1}',
    ],
)
def test_a_journal_that_is_not_ours_is_refused(tmp_path, journal):
    (tmp_path / "x").write_text("mine")
    (tmp_path / "in" / ".sanshe").mkdir(parents=True)
    (tmp_path / "in" / ".sanshe" / "journal.json").write_text(journal)
    with pytest.raises(DataError, match="not a record"):
        standing_files(tmp_path / "in")
    with pytest.raises(DataError, match="not a record"):
        replace_files(tmp_path / "in", writers(a="1"))
    assert (tmp_path / "x").read_text() == "mine"
    assert not (tmp_path / "in" / "a").exists()


def test_a_link_in_place_of_the_workshop_is_not_followed(tmp_path):
    (tmp_path / "mine" / "new").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".sanshe").symlink_to(tmp_path / "mine")
    with pytest.raises(DataError, match="cannot be written"):
        replace_files(tmp_path / "out", writers(a="1"))
    assert (tmp_path / "mine" / "new").exists()


def test_what_a_link_stands_for_is_replaced_and_not_the_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "city.gpkg").symlink_to(tmp_path / "disk" / "city.gpkg")
    replace_file(tmp_path / "city.gpkg", lambda path: path.write_text("1"))
    assert (tmp_path / "city.gpkg").is_symlink()
    assert (tmp_path / "disk" / "city.gpkg").read_text() == "1"


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_a_geopackage_that_is_open_elsewhere_is_not_replaced(tmp_path, ending):
    (tmp_path / "plan.gpkg").write_text("1")
    (tmp_path / f"plan.gpkg{ending}").write_text("edits")
    with pytest.raises(DataError, match=rf"has it open .plan.gpkg{ending} is there"):
        replace_file(tmp_path / "plan.gpkg", lambda path: path.write_text("2"))
    with pytest.raises(DataError, match="has it open"):
        replace_files(tmp_path, writers(a="2") | {"plan.gpkg": lambda path: path.write_text("2")})
    assert content(tmp_path) == {"plan.gpkg": "1", f"plan.gpkg{ending}": "edits"}


def test_the_second_writer_gets_a_clear_error_and_the_first_wins(tmp_path):
    def meanwhile(path):
        with pytest.raises(DataError, match="another process is writing it"):
            replace_files(tmp_path, writers(a="second"))
        path.write_text("first")

    replace_files(tmp_path, {"a": meanwhile})
    assert content(tmp_path) == {"a": "first"}


@pytest.mark.slow
def test_a_lock_dies_with_its_process(tmp_path):
    code = (
        "import os, pathlib, signal, sys; from geodata.atomic import replace_files\n"
        "replace_files(pathlib.Path(sys.argv[1]), {'a': lambda p: os.kill(os.getpid(), 9)})"
    )
    ended = subprocess.run([sys.executable, "-c", code, tmp_path], check=False)
    assert ended.returncode == -9
    assert (tmp_path / ".sanshe" / "lock").exists()
    replace_files(tmp_path, writers(a="1"))
    assert content(tmp_path) == {"a": "1"}


@pytest.mark.slow
def test_a_reader_sees_one_state_while_a_writer_changes_it(tmp_path):
    names = [f"f{number}" for number in range(8)]
    replace_files(tmp_path, writers(**dict.fromkeys(names, "0")))
    done = threading.Event()

    def write():
        for turn in range(1, 40):
            replace_files(tmp_path, writers(**dict.fromkeys(names, str(turn))))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    states = []
    while not done.is_set():
        states.append(
            read_whole(
                "x",
                lambda: standing_files(tmp_path),
                lambda files: {path.read_text() for path in files.values()},
            )
        )
    writer.join()
    assert all(len(state) == 1 for state in states)
    assert len(states) > 10


def test_a_reader_gives_up_with_a_clear_error_if_it_never_stands_still(tmp_path, monkeypatch):
    monkeypatch.setattr("geodata.atomic._TRIES", 2)
    (tmp_path / "a").write_text("1")

    def disturb(_files):
        (tmp_path / "b").write_text("2")
        (tmp_path / "b").replace(tmp_path / "a")

    with pytest.raises(DataError, match="replaced again and again"):
        read_whole("x", lambda: {"a": tmp_path / "a"}, disturb)
