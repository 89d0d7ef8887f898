"""A process that cleans one part of a source: ``python -m analysis.ledger.worker``, a pickled job in, a pickled part out.

Started by `analysis.ledger.build`. A plain process, and none of `multiprocessing`, because that one would run the
caller's own script again.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

from analysis.contracts import ContractError
from analysis.ledger.parts import Job, Part, clean_part
from analysis.ledger.store import LedgerError


def clean_at_once(jobs: list[Job]) -> list[Part]:
    """Clean parts in processes of their own.

    Raises
    ------
    LedgerError
        What the first part that failed said, or where its traceback is.
    """
    root = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}
    command = [sys.executable, "-m", __name__]
    workers = []
    try:
        for job in jobs:
            with (job.work / f"{job.label}.job").open("wb") as file:
                pickle.dump(job, file)
            log = (job.work / f"{job.label}.log").open("wb")
            workers.append(subprocess.Popen([*command, file.name], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
            log.close()
        importlib.import_module("ibis.backends.duckdb")  # needed after them, and there is time now
        for worker in workers:
            worker.wait()
    finally:
        for worker in workers:
            worker.kill()
    return [_collect(job) for job in jobs]


def _collect(job: Job) -> Part:
    path = job.work / f"{job.label}.part"
    if not path.exists():
        said = (job.work / f"{job.label}.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise LedgerError(f"{job.folder.name}: cleaning {', '.join(job.names)} broke off" + (f": {said[-1]}" if said else ""))
    found = pickle.loads(path.read_bytes())
    if isinstance(found, Exception):
        raise found
    return found


def main() -> None:
    """Clean the part whose job lies in the file named by the first argument."""
    gc.disable()  # expressions and their SQL are many small objects, and this process ends soon
    path = Path(sys.argv[1])
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
