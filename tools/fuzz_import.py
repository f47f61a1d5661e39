"""Mutate good import files and see that each ends in a city or one clear message.

    python tools/fuzz_import.py --minutes 10 --seed 1

Anything else is a finding: another exception, a crash of the process, a message that cannot be
worded in both languages, more than --seconds for one case, or more memory than --gigabytes. The
files of a finding are kept under --keep, with the seed that makes them again.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

TOKENS = (
    *(b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b",", b"\r", b"\n", b";", b"{", b"}", b"["),
    *(b"nan", b"inf", b"-inf", b"1e308", b"1e999", b"-1", b"9" * 40, b"0x10", b"1_000", b"NULL"),
    *(b"=1+1", b"@SUM(1)", b"<script>", b"'; DROP TABLE halls;--", b"../../etc/passwd", b"%s%n"),
    *("，".encode(), "１２３".encode(), "万人".encode(), "\u202e".encode(), "\ud7ff".encode()),
    *(b"true", b"false", b"EPSG:4326", b"EPSG:4549", b"POLYGON EMPTY", b"POINT (1 2 3 4)", b"? "),
)
SECONDS_PER_BATCH = 60


class TooSlowError(Exception):
    """A case took longer than it may."""


def _mutate(data: bytes, chance: random.Random) -> bytes:
    """Return the bytes of a file with a few changes."""
    changes: tuple[Callable[[bytes, random.Random], bytes], ...] = (
        _flip,
        _cut,
        _drop,
        _repeat,
        _insert,
        _insert,
        _move,
        _digits,
    )
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        data = chance.choice(changes)(data, chance)
    return data


def _span(data: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + int(2 ** chance.uniform(0, 9)))


def _flip(data: bytes, chance: random.Random) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)] if chance.random() < 0.3 else data[:-1]


def _drop(data: bytes, chance: random.Random) -> bytes:
    start, end = _span(data, chance)
    return data[:start] + data[end:]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    start, end = _span(data, chance)
    return data[:end] + data[start:end] * chance.choice((1, 2, 50)) + data[end:]


def _insert(data: bytes, chance: random.Random) -> bytes:
    start, end = _span(data, chance)
    end = start if chance.random() < 0.5 else end
    return data[:start] + chance.choice(TOKENS) + data[end:]


def _move(data: bytes, chance: random.Random) -> bytes:
    start, end = _span(data, chance)
    rest = data[:start] + data[end:]
    at = chance.randrange(len(rest) + 1)
    return rest[:at] + data[start:end] + rest[at:]


def _digits(data: bytes, chance: random.Random) -> bytes:
    """Replace a digit by another: coordinates, codes, lengths of parts."""
    places = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
    if not places:
        return data
    at = chance.choice(places)
    return data[:at] + b"%d" % chance.randrange(10) + data[at + 1 :]


def _mutate_file(path: Path, chance: random.Random) -> None:
    """Mutate a file; of a workbook one of its parts half of the time."""
    if path.suffix != ".xlsx" or chance.random() < 0.4:
        path.write_bytes(_mutate(path.read_bytes(), chance))
        return
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice([n for n in parts if n.startswith("xl/")])
    parts[name] = _mutate(parts[name], chance)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)


def _try(work: Callable[[], object], seconds: int, outcomes: Counter[str]) -> str | None:
    """Run one case; return what is wrong with how it ended, or None."""
    from geodata.errors import DataError

    def stop(_signal: int, _frame: object) -> None:
        raise TooSlowError

    # Seconds of computing, so that a busy machine finds nothing.
    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        work()
        outcomes["done"] += 1
    except DataError as error:
        outcomes[error.findings[0].code] += 1
        try:
            for finding in error.findings[:50]:
                for language in ("en", "zh"):
                    finding.sentence(language)
        except Exception:
            return "a message that cannot be worded\n" + traceback.format_exc()
    except TooSlowError:
        return f"more than {seconds} s\n" + traceback.format_exc()
    except Exception:
        return traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return None


def _case(
    seed: int, office: Path, folder: Path, seconds: int, outcomes: Counter[str]
) -> str | None:
    """Make the files of one seed and import them."""
    from geodata.importing import guess_mapping, import_city
    from geodata.importing.cities import import_layer, import_roads
    from geodata.importing.mapping import read_mapping

    chance = random.Random(seed)  # noqa: S311 (not for secrets)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(office, folder)
    path = chance.choice(sorted(folder.iterdir()))
    _mutate_file(path, chance)
    mapping = folder / "mapping.toml"

    def one_layer() -> object:
        said = read_mapping(mapping)
        stem = path.name.split(".")[0]
        for name, layer in said.layers.items():
            if layer.file.startswith(stem):
                return import_layer(folder, name, layer)
        return import_roads(folder, said.roads) if said.roads is not None else None

    if path == mapping or chance.random() < 0.1:
        return _try(lambda: import_city(mapping), seconds, outcomes)
    wrong = _try(one_layer, seconds, outcomes)
    if wrong is None and path.suffix in (".csv", ".xlsx", ".shp", ".geojson", ".kml", ".dbf"):
        looked = path.with_suffix(".shp") if path.suffix == ".dbf" else path
        wrong = _try(lambda: guess_mapping([looked], folder), seconds, outcomes)
    return wrong


def _batch(arguments: argparse.Namespace) -> None:
    """Run seeds one after another until the time is up; what is found goes to stdout."""
    import resource

    from tests.unit.geodata.importing.office_files import write_office

    limit = arguments.gigabytes << 30
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        office = Path(scratch) / "office"
        office.mkdir()
        write_office(office)
        folder = Path(scratch) / "files"
        until, seed = time.monotonic() + SECONDS_PER_BATCH, arguments.seed
        while time.monotonic() < until:
            print(f"seed {seed}", flush=True)
            wrong = _case(seed, office, folder, arguments.seconds, outcomes)
            if wrong is not None:
                kept = Path(arguments.keep) / str(seed)
                shutil.copytree(folder, kept, dirs_exist_ok=True)
                print(f"FINDING seed {seed}\n{wrong}", flush=True)
            seed += 1
    for outcome, count in outcomes.most_common():
        print(f"outcome {count} {outcome}")


def main() -> int:
    """Run batches in processes of their own, so that a crash is a finding too."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--gigabytes", type=int, default=6)
    parser.add_argument("--keep", default="fuzz-findings")
    parser.add_argument("--batch", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.batch:
        _batch(arguments)
        return 0
    until = time.monotonic() + 60 * arguments.minutes
    seed, cases, found = arguments.seed, 0, 0
    outcomes: Counter[str] = Counter()
    while time.monotonic() < until:
        command = [
            sys.executable,
            __file__,
            "--batch",
            "--seed",
            str(seed),
            "--keep",
            arguments.keep,
        ]
        command += ["--seconds", str(arguments.seconds), "--gigabytes", str(arguments.gigabytes)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        said = ended.stdout.split("\n")
        last = max((int(line[5:]) for line in said if line.startswith("seed ")), default=seed)
        cases += last - seed + 1
        found += ended.stdout.count("FINDING")
        print(
            "\n".join(line for line in said if not line.startswith(("seed ", "outcome "))).strip()
        )
        for line in said:
            if line.startswith("outcome "):
                _, count, outcome = line.split(" ", 2)
                outcomes[outcome] += int(count)
        if ended.returncode != 0:
            found += 1
            print(f"FINDING seed {last}: the process ended with {ended.returncode}")
            print(ended.stderr[-3000:])
        seed = last + 1
    print(f"{cases} cases, {found} findings")
    for outcome, count in outcomes.most_common():
        print(f"{count:7d} {outcome}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
