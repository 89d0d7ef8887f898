"""One notebook, run by papermill in a process of its own."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.driver import notebook as notebooks
from analysis.driver.errors import one_line
from analysis.driver.hashes import Memo, hash_text, write_atomically
from analysis.driver.jobs import Failure, Job
from analysis.driver.parent import watch_parent
from analysis.driver.records import Record, hash_outputs
from analysis.driver.tools import Say, Wrote

if TYPE_CHECKING:
    from analysis.driver.kernel import StandbyKernel


def run_notebook(job: Job, say: Say) -> Record | Failure:
    """Execute a notebook, check that it wrote what it must, and keep its record.

    Parameters
    ----------
    say : callable
        Receives a few words on what is being done.
    """
    from analysis.driver.kernel import StandbyKernel

    job.run.mkdir(parents=True, exist_ok=True)
    job.derived.mkdir(parents=True, exist_ok=True)
    kernel = StandbyKernel(job.path.parent, {"ANALYSIS_ROOT": str(job.root), **job.environment}, log_of(job))
    watch_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable()  # what goes wrong is told once, by the record or the failure
    try:
        return _run(job, kernel, say)
    finally:
        kernel.kill()
        kernel.wait()


def log_of(job: Job) -> Path:
    """What the kernel writes outside any cell."""
    return job.run / f"{job.name}.log"


def _run(job: Job, kernel: StandbyKernel, say: Say) -> Record | Failure:
    from papermill.exceptions import PapermillExecutionError

    path = _choose_input(job)
    source = notebooks.load(path)
    watch = _Watch(job, source, kernel, say)
    failed = job.run / f"{job.name}.failed.ipynb"
    try:
        # its path must be short: a socket's name has room for about a hundred letters
        with tempfile.TemporaryDirectory(prefix="analysis-", ignore_cleanup_errors=True) as sockets:
            executed = _papermill(job, path, failed, kernel, watch, Path(sockets))
    except PapermillExecutionError as error:
        return _fail(job, watch.heading, f"{error.ename}: {one_line(error.evalue)}", failed)
    except Exception as error:
        # papermill and jupyter_client raise many kinds for a kernel that died, hung or never came up.
        return _fail(job, watch.heading, _why(error, kernel, job), failed)
    memo = Memo(job.run / ".unused")
    try:
        unwritten = [name for name in job.writes if not watch.is_written(name)]
        if unwritten:
            raise ValueError(f"{job.name} did not write {', '.join(unwritten)}")
        rows = {name: _count_rows(job.derived / name) for name in job.writes if name.endswith(".parquet")}
        outputs = hash_outputs(job.writes, job.derived, memo, job.others)
        rewritten = [name for name, digest in watch.told.items() if outputs[name] != digest]
        if rewritten:
            raise ValueError(f"{job.name} wrote {', '.join(rewritten)} twice, and not the same")
    except (OSError, ValueError) as error:
        return _fail(job, "its outputs", f"ContractError: {one_line(str(error))}", failed)
    text = json.dumps(notebooks.without_times(executed), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_atomically(job.run / f"{job.name}.ipynb", text)
    failed.unlink(missing_ok=True)
    log_of(job).unlink(missing_ok=True)
    facts = {"executed": hash_text(text), "rows": rows, "peak_megabytes": watch.peak_megabytes, "cells": watch.seconds}
    return Record(job.ingredients, outputs, facts)


def _choose_input(job: Job) -> Path:
    """The notebook's file, or one of what is run in its place."""
    if job.content is None:
        return job.path
    path = job.run / f"{job.name}.input.ipynb"
    write_atomically(path, json.dumps(job.content, ensure_ascii=False, indent=1) + "\n")
    return path


def _papermill(job: Job, path: Path, copy: Path, kernel: StandbyKernel, watch: _Watch, sockets: Path) -> dict[str, Any]:
    """Run through papermill; the executed copy is saved at the end, and on error. `sockets` holds the kernel's channels."""
    import papermill
    from traitlets.config import Config

    from analysis.driver.kernel import manager_class

    settings = {"transport_encryption": "auto"}  # what else ipykernel warns about at every start
    if sys.platform != "win32":
        # a free port may be taken by another process before the kernel binds it; a name in a folder of our own cannot
        settings |= {"transport": "ipc", "ip": str(sockets / "kernel")}
    return papermill.execute_notebook(
        path,
        copy,
        parameters=job.parameters,
        kernel_name="python3",
        progress_bar=False,
        request_save_on_cell_execute=False,
        autosave_cell_every=0,
        start_timeout=120,
        execution_timeout=job.cell_timeout_seconds,
        iopub_timeout=60,
        kernel_manager_class=manager_class(kernel),
        config=Config({"KernelManager": settings, "StandbyManager": settings}),
        resources={"metadata": {"path": str(job.path.parent)}},
        shutdown_kernel="immediate",
        on_cell_start=watch.cell_start,
        on_cell_executed=watch.cell_executed,
    )


class _Watch:
    """Where a run stands, and what it has written so far."""

    def __init__(self, job: Job, source: dict[str, Any], kernel: StandbyKernel, say: Say):
        headings = notebooks.headings(source)
        self._under = {cell.get("id"): under for cell, under in zip(source["cells"], headings, strict=True)}
        self._job, self._kernel, self._say = job, kernel, say
        self._before = {name: _stamp(job.derived / name) for name in job.writes}
        self.heading = headings[0] if headings else ""
        self.told: dict[str, str] = {}
        self.peak_megabytes = 0
        self.seconds: list[float] = []
        self._began = 0.0

    def is_written(self, name: str) -> bool:
        """Whether this run has written a file (or a file in a folder); one left by an earlier run does not count."""
        return _stamp(self._job.derived / name) not in (None, self._before[name])

    def cell_start(self, cell: Any, cell_index: int) -> None:
        self._began = time.monotonic()
        self.heading = self._under.get(cell.get("id"), self.heading)
        self._say(self.heading)

    def cell_executed(self, cell: Any, cell_index: int, execute_reply: Any) -> None:
        self.seconds.append(round(time.monotonic() - self._began, 3))
        self.peak_megabytes = max(self.peak_megabytes, self._kernel.peak_megabytes())
        for name in self._job.writes:
            if name not in self.told and not name.endswith("/") and self.is_written(name):
                self.told[name] = hashlib.sha256((self._job.derived / name).read_bytes()).hexdigest()
                self._say(Wrote(name, self.told[name]))


def _stamp(path: Path) -> tuple[int, int] | None:
    """Latest time and sum of inodes of a file, or of the files in a folder; None where there is none."""
    inner = path.rglob("*") if path.is_dir() else [path]
    stats = [item.stat() for item in inner if item.is_file()]
    return (max(stat.st_mtime_ns for stat in stats), sum(stat.st_ino for stat in stats)) if stats else None


def _count_rows(path: Path) -> int:
    """Rows of a Parquet file; an error where it is not one."""
    import pyarrow.parquet as pq

    return pq.read_metadata(path).num_rows


def _why(error: Exception, kernel: StandbyKernel, job: Job) -> str:
    """What ended a run other than an error in a cell."""
    code = kernel.poll()
    if code is not None and not kernel.is_stopped:
        if code >= 0:
            return f"KernelDied: the kernel ended with exit code {code}{_last_words(log_of(job))}"
        hint = "; often the memory was not enough" if -code == signal.SIGKILL else ""
        return f"KernelDied: the kernel was ended by signal {-code} ({signal.Signals(-code).name}){hint}"
    if isinstance(error, TimeoutError):
        return f"CellTimeout: a cell took longer than {job.cell_timeout_seconds} seconds"
    return f"{type(error).__name__}: {one_line(str(error))}"


def _last_words(log: Path) -> str:
    """Last line that the kernel wrote outside any cell, as the end of a sentence."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.is_file() else []
    return next((f": {one_line(line)}" for line in reversed(lines) if line.strip()), "")


def _fail(job: Job, heading: str, what: str, copy: Path) -> Failure:
    if not copy.is_file():
        # papermill saves at the end only; without a copy, the notebook itself shows where it stopped.
        shutil.copyfile(job.path, copy)
    return Failure(f"{job.name} failed" + (f" under “{heading}”" if heading else ""), what, str(copy))
