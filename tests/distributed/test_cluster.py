"""Real schedulers and workers on loopback: the same bytes, whatever dies on the way."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress

import psutil
import pytest

from planner.distributed import Cluster, connected, plan_region
from planner.distributed.runner import Task
from planner.errors import PlanError
from tests.distributed.conftest import HALLS
from tests.distributed.folders import assert_same_files

pytestmark = pytest.mark.slow

KILLS = 5
SCHEDULER = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--no-dashboard")
WORKER = (
    "distributed.cli.dask_worker", "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny",
    "--no-dashboard", "--death-timeout", "60",
)  # fmt: skip


class Machines:
    """A scheduler and two workers that are started again whenever they end."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.up = True
        self.scheduler = self.start(*SCHEDULER, "--port", str(self.port))
        self.workers = [self.start(*WORKER, self.address) for _ in range(2)]
        self.keeper = threading.Thread(target=self.keep)
        self.keeper.start()

    def start(self, module: str, *arguments: str) -> subprocess.Popen:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen([sys.executable, "-m", module, *arguments], **quiet)

    def keep(self) -> None:
        while self.up:
            if self.scheduler.poll() is not None:
                self.scheduler = self.start(*SCHEDULER, "--port", str(self.port))
            for number, worker in enumerate(self.workers):
                if worker.poll() is not None:
                    self.workers[number] = self.start(*WORKER, self.address)
            time.sleep(0.1)

    def close(self) -> None:
        self.up = False
        self.keeper.join()
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def machines():
    started = Machines()
    yield started
    started.close()


def test_workers_of_this_machine_write_the_same_bytes(province, standard, out, tmp_path):
    with connected("local:2", worker_memory="2GiB") as cluster:
        assert cluster.dashboard.startswith("http://127.0.0.1:")
        plan_region(province, standard, out=tmp_path / "plan", new_halls=HALLS, runner=cluster)
        assert len(cluster.usage.peak_bytes) == 2
        assert max(cluster.usage.peak_bytes.values()) < 2 * 2**30
    assert_same_files(tmp_path / "plan", out)


def test_dying_workers_and_a_scheduler_that_is_started_again_change_nothing(
    province, standard, out, tmp_path, machines
):
    draw, killed = random.Random(7), []
    steps = iter(range(1, 1000))
    moments = {*draw.sample(range(3, 30), KILLS)}

    def strike(stage, done, total):
        step = next(steps)
        if step in moments:
            victim = draw.choice(machines.workers)
            victim.send_signal(signal.SIGKILL)
            killed.append(stage)
        if stage == "measured" and done == total // 2 and "scheduler" not in killed:
            machines.scheduler.send_signal(signal.SIGKILL)
            killed.append("scheduler")

    with connected(machines.address) as cluster:
        plan_region(
            province, standard, out=tmp_path / "plan", new_halls=HALLS, runner=cluster, told=strike
        )
    assert len(killed) == KILLS + 1
    assert_same_files(tmp_path / "plan", out)


def fill_memory(_folder):
    held = []
    while True:
        held.append(bytearray(os.urandom(2**20)) * 64)


def answer(number, _folder):
    return number


def test_workers_of_another_version_are_refused_and_a_task_of_too_much_memory_fails_alone(
    monkeypatch,
):
    with connected("local:1", worker_memory="400MiB") as cluster:
        with monkeypatch.context() as here:
            here.setattr("planner.distributed.cluster.version", lambda _name: "0.0")
            with pytest.raises(PlanError, match=r"has sanshe-planner .*, this is 0\.0"):
                cluster.run("stage", [Task("1", answer, (7, ""))], lambda *_told: None)
        tasks = [
            Task("1", answer, (7, "")),
            Task("2", fill_memory, ("",)),
            Task("3", answer, (8, "")),
        ]
        found = cluster.run("stage", tasks, lambda *_told: None)
    assert found.results == {"1": 7, "3": 8}
    assert "more memory than a worker has" in found.failed["2"]


@pytest.fixture
def soon(monkeypatch):
    """Have it said at once that something is waited for."""
    monkeypatch.setattr("planner.distributed.cluster._SILENT_SECONDS", 0.1)


def test_a_cluster_that_is_not_there_is_waited_for_once_and_then_an_error(soon):
    said = []
    cluster = Cluster("tcp://127.0.0.1:9", patience_s=0.5, notice=said.append)
    with pytest.raises(PlanError, match="no Dask scheduler answers"):
        cluster.run("stage", [Task("1", answer, (7, ""))], lambda *_told: None)
    assert len(said) == 1
    assert "waiting up to" in said[0]
    with pytest.raises(PlanError, match="no Dask scheduler answers"):
        cluster.dashboard  # noqa: B018
    with pytest.raises(PlanError, match="or local:4"), connected("here"):
        pass


def alive(group: int) -> list[psutil.Process]:
    """Return the processes of a group that have not ended."""
    found = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def test_ctrl_c_ends_all_processes_and_leaves_a_partial_result(pair, tmp_path):
    asked = ("plan", pair, "--standard", "health-walk-15", "--out", tmp_path / "plan")

    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = f"{heard}; from planner.cli import main; main()"
    started = subprocess.Popen(
        [sys.executable, "-c", command, *map(str, asked), "--cluster", "local:1", "--lang", "en"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    said = []
    for line in started.stderr:
        said.append(line)
        if line.startswith("Counties checked"):
            os.killpg(started.pid, signal.SIGINT)
    assert started.wait(timeout=60) == 130
    assert "Traceback" not in "".join(said)
    assert "the same command goes on from there" in said[-1]
    assert (tmp_path / "plan" / "counties.csv").exists()
    psutil.wait_procs(alive(started.pid), timeout=10)
    assert alive(started.pid) == []


def test_a_scheduler_without_workers_is_an_error(soon):
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=None) as empty:
        said = []
        cluster = Cluster(empty.scheduler_address, patience_s=1, notice=said.append)
        with pytest.raises(PlanError, match="has had no worker for 1 s"):
            cluster.run("stage", [Task("1", answer, (7, ""))], lambda *_told: None)
        assert len(said) == 1
        assert "has no worker at the moment" in said[0]
        cluster.close()
