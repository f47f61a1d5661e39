"""Kill writers with SIGKILL at many moments, and see what they leave.

``python -m tests.crashes.rounds kill TARGET ROUNDS``: two states of a small city (or two plans for
it) are written in turn by a forked child, which is killed: after a random time, or by itself just
before the n-th change that it makes to files. After each round what is there must be one of the
two states, whole. ``race`` in place of ``kill`` has two children save at once, and reads
meanwhile. Prints how the rounds ended, as JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from geodata import City, DataError
from geodata.atomic import standing_files
from geodata.city import stored_tables
from geodata.fingerprint import layer_fingerprint
from tests.small_city import small_city_tables

CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "open", "shutil.rmtree"}
LONGEST_SECONDS = 30.0


class Cities:
    """Two cities that differ in every layer but one, and in which layers there are."""

    def __init__(self, target: str) -> None:
        self.target = target
        tables = small_city_tables()
        self.states = [City.from_tables(tables, {"halls": "old"})]
        for frame in tables.values():
            frame["note"] = "new"
        del tables["projects"]
        self.states.append(City.from_tables(tables, {"halls": "new"}))
        self.prints = []
        for state in self.states:
            state.save(target)
            self.prints.append(self.seen())

    def write(self, number: int) -> None:
        self.states[number].save(self.target)

    def seen(self) -> str:
        """Return what is there: by the bytes of the files, from which reading follows."""
        path = Path(self.target)
        if path.is_file():
            return _sha256(path)
        if path.is_dir():
            files = standing_files(path).items()
            return json.dumps({name: _sha256(file) for name, file in files})
        return self.read()

    def read(self) -> str:
        """Return what is there as it is read."""
        tables, metadata = stored_tables(self.target)
        prints = {name: layer_fingerprint(frame) for name, frame in tables.items()}
        return json.dumps([prints, metadata["sources"]], sort_keys=True)


class Plans:
    """Two plans for one city, of one and of two new halls."""

    def __init__(self, target: str) -> None:
        import planner

        self.folder = Path(target)
        city, standard = (
            City.from_tables(small_city_tables()),
            planner.Standard.load("taicang-2013"),
        )
        self.states = [planner.make_plan(city, standard, new_halls=count) for count in (1, 2)]
        self.prints = []
        for number in (0, 1):
            self.write(number)
            self.prints.append(self.seen())
        (self.folder / "notes.txt").write_text("mine")

    def write(self, number: int) -> None:
        from planner.exports import export

        export(self.states[number], self.folder, report=False)

    def seen(self) -> str:
        files = standing_files(self.folder)
        files.pop("notes.txt", None)
        prints = {name: _sha256(path) for name, path in files.items()}
        if not self._whole(files):
            return "files of two plans"
        standing = {path.name: path for path in self.folder.iterdir() if path.is_file()}
        if self._whole(standing) and any(
            _sha256(standing[name]) not in {prints[name], *self._known(name)} for name in prints
        ):
            return "a mixture that plan.json does not tell"
        return json.dumps(prints, sort_keys=True)

    def _known(self, name: str) -> set[str]:
        return {json.loads(state)[name] for state in self.prints}

    @staticmethod
    def _whole(files: dict[str, Path]) -> bool:
        stated = json.loads(files["plan.json"].read_text("utf-8"))["files_sha256"]
        return all(_sha256(files[name]) == digest for name, digest in stated.items())


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run_child(write: Callable[[], None], after: float | None) -> int:
    """Run ``write`` in a forked child; return the signal that ended it, or 0.

    It is killed after some seconds, or kills itself.
    """
    child = os.fork()
    if child == 0:
        try:
            write()
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    deadline = time.monotonic() + (LONGEST_SECONDS if after is None else after)
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.0005)
    else:
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        assert after is not None, "a child hung"
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the writer failed"
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


class Changes:
    """Counts the changes that this process makes to files; kills it before a certain one."""

    def __init__(self) -> None:
        self.made = 0
        self.last: int | None = None
        sys.addaudithook(self._count)

    def _count(self, event: str, arguments: tuple) -> None:
        if event not in CHANGES:
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & os.O_CREAT):
            return
        if self.made == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.made += 1


def race(target: str, rounds: int) -> dict[str, int]:
    """Have two processes save at once while a third reads; return how many writers did what."""
    subject = Cities(target)
    whole = []
    for number in (0, 1):
        subject.write(number)
        whole.append(subject.read())
    ended: Counter[str] = Counter()
    for _ in range(rounds):
        go = time.monotonic() + 0.05
        children = [_fork_writer(subject, number, go) for number in (0, 1)]
        while children:
            assert subject.read() in whole, "a reader saw half a state"
            for child in list(children):
                done, status = os.waitpid(child, os.WNOHANG)
                if done:
                    children.remove(child)
                    ended[["won", "failed", "refused"][os.waitstatus_to_exitcode(status)]] += 1
    return dict(ended)


def _fork_writer(subject: Cities, number: int, go: float) -> int:
    child = os.fork()
    if child:
        return child
    time.sleep(max(go - time.monotonic(), 0))
    try:
        subject.write(number)
    except DataError as error:
        os._exit(2 if error.findings[0].code == "being_written" else 1)
    except BaseException as error:
        print(repr(error), file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def main(target: str, rounds: int, seed: int) -> dict[str, int]:
    """Play the rounds; return how many ended in which way."""
    draw = random.Random(seed)
    subject = Plans(target) if target.endswith("plan") else Cities(target)
    changes = Changes()
    start = time.monotonic()
    subject.write(0)
    seconds = time.monotonic() - start
    moments = list(range(changes.made))
    draw.shuffle(moments)
    ended: Counter[str] = Counter()
    there = 0
    for number in range(rounds):
        wanted = 1 - there
        at_change, after = None, draw.uniform(0, 1.1 * seconds)
        if moments and number % 5:
            at_change, after = moments.pop(), None

        def write(wanted: int = wanted, at_change: int | None = at_change) -> None:
            changes.made, changes.last = 0, at_change
            subject.write(wanted)

        killed = run_child(write, after)
        seen = subject.seen()
        assert seen in subject.prints, f"round {number}: {seen}"
        found = subject.prints.index(seen)
        assert killed or found == wanted, f"round {number}: it ended well, but nothing changed"
        ended["not killed" if not killed else "new" if found == wanted else "old"] += 1
        there = found
    subject.write(1 - there)
    assert subject.seen() == subject.prints[1 - there]
    return dict(ended) | {"changes left": len(moments)}


if __name__ == "__main__":
    how, where, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    print(json.dumps(race(where, count) if how == "race" else main(where, count, seed=2013)))
