"""Processes: each job in its own, the imports shared, and every end noticed."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from analysis.driver.errors import RunError, explain_error, one_line
from analysis.driver.jobs import Failure

ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",  # numeric kernels run single-threaded: same bytes every time, and notebooks run in parallel
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # what an ordinary kernel has
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # the debugger that ipykernel imports talks otherwise
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # the fork server must have one thread
    "PAPERMILL_LOG_LEVEL": "ERROR",
}


WAITING = 0  # a chapter alone on a processor ends sooner than two that share one


@dataclass(frozen=True)
class Event:
    """Something a job did: ``said`` (value: words), ``done`` (value: its result) or ``failed`` (value: a `Failure`)."""

    job: Any
    kind: str
    value: Any
    seconds: float


@dataclass
class _Running:
    process: BaseProcess
    pipe: connection.Connection
    began: float


class Pool:
    """Runs jobs in processes and tells what they do.

    Parameters
    ----------
    limit : int, optional
        Jobs at a time; a few more than there are processors by default.
    log : Path
        Receives the tracebacks of what should not happen.
    """

    def __init__(self, log: Path, limit: int | None = None):
        self.limit = limit or count_processors() + WAITING
        self.log = log
        self._running: dict[Any, _Running] = {}
        self._forks = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
        self._spawns = multiprocessing.get_context("spawn")
        self.is_warm = False

    def warm_up(self) -> None:
        """Start the fork server; its imports take seconds, during which the ledger is prepared."""
        if self.is_warm:
            return
        self.is_warm = True
        if self._forks.get_start_method() == "forkserver":
            from multiprocessing import forkserver

            self._forks.set_forkserver_preload(["analysis.driver.preload"])
            with _environment():
                forkserver.ensure_running()

    @property
    def has_room(self) -> bool:
        """Whether another job may start."""
        return len(self._running) < self.limit

    @property
    def is_busy(self) -> bool:
        """Whether a job runs."""
        return bool(self._running)

    def start(self, job: Any, function: Callable[..., Any], *arguments: Any, fresh: bool = False) -> None:
        """Call ``function(*arguments, say)`` in a process; `fresh`: in a new interpreter, without the shared imports."""
        context: Any = self._spawns if fresh else self._forks
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(theirs, str(self.log), function, arguments), name=str(job))
        began = time.monotonic()
        with _environment():
            process.start()
        theirs.close()
        self._running[job] = _Running(process, ours, began)

    def events(self) -> Iterator[Event]:
        """Wait for the next events."""
        pipes = {running.pipe: job for job, running in self._running.items()}
        for ready in connection.wait(list(pipes), timeout=0.2):
            job = pipes[ready]  # type: ignore[index]
            running = self._running[job]
            seconds = time.monotonic() - running.began
            try:
                kind, value = running.pipe.recv()
            except EOFError:
                running.process.join()
                kind, value = "failed", Failure(f"{job} failed", f"its process ended early (exit code {running.process.exitcode})")
            if kind != "said":
                self._end(job)
            yield Event(job, kind, value, seconds)

    def _end(self, job: Any) -> None:
        running = self._running.pop(job)
        running.pipe.close()
        running.process.join()

    def stop(self) -> None:
        """End all jobs at once."""
        for job in list(self._running):
            self._running[job].process.kill()
            self._end(job)


@contextmanager
def _environment() -> Iterator[None]:
    """`ENVIRONMENT`, for the processes that are started within; ours stays as it is."""
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def count_processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _work(pipe: connection.Connection, log: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """The body of a job's process: the result, or one line on what went wrong, goes through the pipe."""

    def say(words: str) -> None:
        pipe.send(("said", words))

    try:
        result = function(*arguments, say)
    except RunError as error:
        result = Failure("", one_line(str(error)))
    except Exception as error:
        Path(log).parent.mkdir(parents=True, exist_ok=True)
        Path(log).write_text(traceback.format_exc(), encoding="utf-8")
        result = _describe(error, log)
    pipe.send(("failed" if isinstance(result, Failure) else "done", result))


def _describe(error: Exception, log: str) -> Failure:
    """What our own errors say is enough; of others, the kind and the file with the traceback are told too."""
    is_plain = type(error).__module__.startswith("analysis.") or (isinstance(error, OSError) and error.errno is not None)
    return Failure("", explain_error(error)) if is_plain else Failure("", f"{type(error).__name__}: {one_line(str(error))}", log)
