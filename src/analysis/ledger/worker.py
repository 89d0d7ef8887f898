"""A process that cleans one part of a source: ``python -m analysis.ledger.worker``, a pickled job in, a pickled part out.

Started by `analysis.ledger.build`, or earlier by `stand_by`: its imports take a second. A plain process, and none of
`multiprocessing`, because that one would run the caller's own script again.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from analysis.contracts import ContractError
from analysis.ledger.parts import Job, Part, clean_part
from analysis.ledger.store import LedgerError

NEEDED = ("ibis.backends.duckdb", "pandera.pandas")


class Worker:
    """A process that imports what it will need, and then waits for its job; it ends when its caller does."""

    def __init__(self) -> None:
        root = str(Path(__file__).resolve().parents[2])
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}
        self.log: IO[Any] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker
        command = [sys.executable, "-m", __name__]
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=self.log, stderr=self.log, text=True)

    def begin(self, job: Job) -> None:
        """Hand over the job."""
        path = job.work / f"{job.label}.job"
        path.write_bytes(pickle.dumps(job))
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"{path}\n")
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended: `collect` tells why

    def collect(self, job: Job) -> Part:
        """Wait for the part, and return it."""
        self.process.wait()
        path = job.work / f"{job.label}.part"
        if not path.exists():
            self.log.seek(0)
            said = self.log.read().decode("utf-8", errors="replace").strip().splitlines()
            raise LedgerError(f"{job.folder.name}: cleaning {', '.join(job.names)} broke off" + (f": {said[-1]}" if said else ""))
        found = pickle.loads(path.read_bytes())
        if isinstance(found, Exception):
            raise found
        return found

    def end(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.log.close()


_standing: list[Worker] = []


def stand_by(count: int) -> None:
    """Start workers for the next `clean_at_once` of this process, which has something else to do before."""
    _standing.extend(Worker() for _ in range(count))


def clean_at_once(jobs: list[Job]) -> list[Part]:
    """Clean parts in processes of their own.

    Raises
    ------
    LedgerError
        What the first part that failed said, or the last line that its process wrote.
    """
    workers = [_standing.pop() if _standing else Worker() for _ in jobs]
    try:
        for worker, job in zip(workers, jobs, strict=True):
            worker.begin(job)
        importlib.import_module("ibis.backends.duckdb")  # needed after them, and there is time now
        return [worker.collect(job) for worker, job in zip(workers, jobs, strict=True)]
    finally:
        for worker in [*workers, *_standing]:
            worker.end()
        _standing.clear()


def main() -> None:
    """Clean the part whose job lies in the file that standard input names; nothing, where it ends without a word."""
    gc.disable()  # expressions and their SQL are many small objects, and this process ends soon
    for name in NEEDED:
        importlib.import_module(name)
    line = sys.stdin.readline().rstrip("\n")
    if not line:
        return
    path = Path(line)
    job = pickle.loads(path.read_bytes())
    try:
        found: Part | Exception = clean_part(job)
    except (LedgerError, ContractError, OSError) as error:
        found = error
    part = path.with_suffix(".part")
    part.with_suffix(".writing").write_bytes(pickle.dumps(found))
    part.with_suffix(".writing").replace(part)


if __name__ == "__main__":
    main()
