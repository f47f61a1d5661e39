"""A Dask cluster as the place where tasks run: one that is there already, or one on this machine.

The scheduler is told of tasks, never given data. A worker that dies costs the tasks it was doing,
which are given to others; when the scheduler goes, the tasks that are not done are handed in again
as soon as it, or another at its address, is back.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from geodata.errors import SansheError
from planner.distributed.runner import Made, Outcome, Task, Told, Usage, gathered, perform
from planner.errors import PlanError
from planner.messages import text

if TYPE_CHECKING:
    from distributed import Client, Future

_LOCAL = re.compile(r"local:([1-9][0-9]*)")
_ADDRESS = re.compile(r"(tcp|tls|ucx|wss?)://\S+")
_DEATHS = 1
"""How many workers of this machine a task may take along before it is a suspect."""
_PAUSE_SECONDS = 1.0
_SILENT_SECONDS = 5.0
"""How long to wait before saying so."""
_DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
"""What workers of this machine begin with: Ctrl-C is for whoever started them and ends them."""


@dataclass
class Cluster:
    """Runs tasks on the workers of a Dask cluster.

    Attributes
    ----------
    address
        Of the scheduler.
    patience_s
        How long to wait for a scheduler or for workers that are away.
    notice
        Told in words, once each time, that a scheduler or workers are waited for.
    usage
        What the work took.
    """

    address: str
    patience_s: float = 300.0
    notice: Callable[[str], object] = lambda words: None
    usage: Usage = field(default_factory=Usage)
    _client: Any = None

    @property
    def client(self) -> Client:
        """The connection to the scheduler, made when it is needed.

        Raises
        ------
        PlanError
            If there is no scheduler within the patience.
        """
        if self._client is None or self._client.status not in ("running", "connecting"):
            self._client = self._connected()
        return self._client

    @property
    def dashboard(self) -> str:
        """Address of the cluster's dashboard; empty if it has none.

        Raises
        ------
        PlanError
            If there is no scheduler within the patience.
        """
        client = self.client
        with suppress(Exception):
            return str(client.dashboard_link or "")
        return ""

    def _connected(self) -> Client:
        from distributed import Client

        until, said = time.monotonic() + self.patience_s, False
        a_try = min(self.patience_s, _SILENT_SECONDS)
        while True:
            try:
                return Client(self.address, timeout=a_try, set_as_default=False)
            except (OSError, TimeoutError, ValueError) as error:
                if time.monotonic() > until or isinstance(error, ValueError):
                    raise PlanError(
                        "no_cluster", address=self.address, seconds=round(self.patience_s)
                    ) from error
            if not said:
                said = True
                self._tell("cli.waiting_for_scheduler")
            time.sleep(_PAUSE_SECONDS)

    def _tell(self, words: str) -> None:
        self.notice(text(words, address=self.address, seconds=round(self.patience_s)))

    def close(self) -> None:
        """Let the cluster go; it goes on, if it was there before."""
        if self._client is not None:
            with suppress(Exception):
                self._client.close(timeout=2)
            # What did not close in time would try again, and complain, when it is collected.
            self._client.status = "closed"
            self._client = None

    def run(self, stage: str, tasks: Sequence[Task], told: Told) -> Outcome:
        """Run all tasks; see ``Runner``.

        Raises
        ------
        PlanError
            If the scheduler, or every worker, stays away longer than the patience.
        """
        return gathered(self._done(stage, tasks, told), stage, self.usage)

    def _done(self, stage: str, tasks: Sequence[Task], told: Told) -> Iterator[tuple[Task, Made]]:
        """Yield each task with what it came to.

        Those whose workers died are suspects: a worker that dies takes those that wait beside it
        along. They are handed in again one by one, so that the guilty one is known.
        """
        waiting, suspects = dict(enumerate(tasks)), deque[int]()
        told(stage, 0, len(tasks))
        while waiting:
            alone = not waiting.keys() - suspects
            some = [suspects[0]] if alone else [n for n in waiting if n not in suspects]
            futures: dict[Future, int] = {}
            try:
                client = self.client
                for number in some:
                    futures[self._hand_in(client, stage, waiting[number])] = number
                for future in self._finished(client, list(futures)):
                    number, made = futures[future], _made(future, alone)
                    if made is None:
                        suspects.append(number)
                        continue
                    if alone:
                        suspects.popleft()
                    yield waiting.pop(number), made
                    told(stage, len(tasks) - len(waiting), len(tasks))
            except (OSError, CancelledError, TimeoutError):
                # The scheduler went. What is done is on disk; the rest is handed in again.
                self.close()
                time.sleep(_PAUSE_SECONDS)
            except BaseException:
                if self._client is not None:
                    with suppress(Exception):
                        self._client.cancel(list(futures), force=True)
                raise

    def _hand_in(self, client: Client, stage: str, task: Task) -> Future:
        key = f"{stage}-{task.county}-{os.urandom(4).hex()}"
        ours = version("sanshe-planner")
        return client.submit(_on_worker, task, ours, key=key, pure=False)

    def _finished(self, client: Client, futures: list[Future]) -> Iterator[Future]:
        """Yield futures as they are done; look now and then whether the cluster is there."""
        done: SimpleQueue[Future] = SimpleQueue()
        for future in futures:
            future.add_done_callback(done.put)
        seen, said = time.monotonic(), False
        for _ in futures:
            finished = None
            while finished is None:
                with suppress(Empty):
                    finished = done.get(timeout=_PAUSE_SECONDS)
                if client.status != "running":
                    raise CancelledError
                if finished is not None or client.scheduler_info(n_workers=-1)["workers"]:
                    seen, said = time.monotonic(), False
                away = time.monotonic() - seen
                if away > _SILENT_SECONDS and not said:
                    said = True
                    self._tell("cli.waiting_for_workers")
                if away > self.patience_s:
                    waited = round(self.patience_s)
                    raise PlanError("no_workers", address=self.address, seconds=waited)
            yield finished


def _made(future: Future, alone: bool) -> Made | None:
    """Return what a task came to; None where its workers died and it had not been alone."""
    from distributed import KilledWorker

    if future.cancelled():
        raise CancelledError
    if future.status != "error":
        made: Made = future.result()
        return made
    error = future.exception()
    if isinstance(error, SansheError):
        raise error
    if not isinstance(error, KilledWorker):
        return Made(None, f"{type(error).__name__}: {error}", 0.0, "unknown", 0)
    return Made(None, str(PlanError("workers_died")), 0.0, "unknown", 0) if alone else None


def _on_worker(task: Task, ours: str) -> Made:
    """Do a task on a worker, which has one core for each of its threads.

    Raises
    ------
    PlanError
        If the worker has another version of the planner than the one who asks.
    """
    import pyarrow
    from distributed import get_worker

    address, theirs = str(get_worker().address), version("sanshe-planner")
    if theirs != ours:
        raise PlanError("worker_of_other_version", worker=address, theirs=theirs, ours=ours)
    os.environ.setdefault("SANSHE_THREADS", "1")
    pyarrow.set_cpu_count(1)
    return perform(task, address)


def _check_memory(size: str) -> None:
    from dask.utils import parse_bytes

    try:
        fits = size == "auto" or parse_bytes(size) > 0
    except ValueError:
        fits = False
    if not fits:
        raise PlanError("bad_worker_memory", value=size)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask logs of schedulers that are gone from the output: it is said in our words."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def connected(
    cluster: str,
    *,
    worker_memory: str = "auto",
    notice: Callable[[str], object] = lambda words: None,
) -> Iterator[Cluster]:
    """Give a cluster: ``tcp://HOST:PORT`` of one that is there, or ``local:N`` workers here.

    Parameters
    ----------
    cluster
        Address of a scheduler, or ``local:N``: then N worker processes with one thread each are
        started on this machine, and ended afterwards.
    worker_memory
        With ``local:N``: how much memory a worker may hold before it is ended and its task given
        to another, such as ``3GiB``; ``auto`` shares the machine's out.
    notice
        Told in words that a scheduler or workers are waited for.

    Raises
    ------
    PlanError
        If it is neither, the memory is no size, Dask is not installed, or the scheduler does not
        answer.
    """
    local = _LOCAL.fullmatch(cluster)
    if local is None and _ADDRESS.fullmatch(cluster) is None:
        raise PlanError("bad_cluster", value=cluster)
    try:
        import dask
        from distributed import LocalCluster
    except ImportError as error:
        raise PlanError("distributed_missing") from error
    _check_memory(worker_memory)
    if local is None:
        with _quiet(), closing(Cluster(cluster, notice=notice)) as remote:
            yield remote
        return
    blame = dask.config.set({"distributed.scheduler.allowed-failures": _DEATHS})
    with (
        _quiet(),
        blame,
        LocalCluster(
            n_workers=int(local[1]),
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=worker_memory,
            preload=_DEAF,
            silence_logs=50,
        ) as started,
        closing(Cluster(started.scheduler_address, notice=notice)) as here,
    ):
        yield here
