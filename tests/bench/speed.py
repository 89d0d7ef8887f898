"""Seconds and memory of the same task, by this project and by its peers, in one run on one machine."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.history import read_statistics
from analysis.ledger import Ledger

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FITTED_ON, WEEKS = date(1997, 9, 30), 39
"""The literature's split of CDNOW, and the weeks to predict."""
REPEATS = {"23,500": 1, "1 million": 43, "10 million": 426}
"""Copies of CDNOW's 23,500 buyers with a positive order by the split that make so many customers."""
PEERS = ("lifetimes", "marketing")
NAMES = {"ours": "this project", "lifetimes": "lifetimes 0.11.3", "marketing": "pymc-marketing, MAP"}


def time_models() -> pd.DataFrame:
    """Fit BG/NBD and Gamma-Gamma and predict orders and spend, each model in a process and an environment of its own.

    Returns
    -------
    DataFrame
        One row per size and subject: `customers`, `subject`, `fit_seconds`, `predict_seconds`, `seconds` (both),
        `peak_megabytes` (of the whole process), `expected_orders` (their sum, so that it shows that all did the same).
    """
    pythons = {"ours": Path(sys.executable)} | {peer: _environment(peer) for peer in PEERS}
    statistics = read_statistics(Ledger(ROOT / "data" / "cdnow" / "clean"), FITTED_ON)
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for size, copies in REPEATS.items():
            path = Path(folder) / "customers.npz"
            np.savez(path, **{name: np.tile(statistics[name].to_numpy(float), copies) for name in ("x", "t_x", "T", "m")})
            for subject in pythons if copies * len(statistics) < 2e6 else ("ours",):
                print(f"  {NAMES[subject]}: {size} customers", flush=True)
                told = _run(pythons[subject], HERE / f"subject_{subject}.py", str(path), str(WEEKS))
                rows.append({"customers": copies * len(statistics), "subject": NAMES[subject]} | told)
    table = pd.DataFrame(rows)
    return table.assign(seconds=table["fit_seconds"] + table["predict_seconds"])


def time_champion() -> pd.DataFrame:
    """Fit and score the whole champion (season, contest of models, corrections, level, intervals) on copies of CDNOW."""
    rows = []
    for size in ("23,500", "1 million"):
        print(f"  the champion: {size} customers", flush=True)
        told = _run(Path(sys.executable), HERE / "subject_champion.py", str(ROOT / "data" / "cdnow" / "clean"), str(REPEATS[size]))
        rows.append({"subject": "this project, champion"} | told)
    return pd.DataFrame(rows)


def _environment(peer: str) -> Path:
    """Python of a peer's own environment, made from its lock file where it does not stand yet."""
    folder, lock = ROOT / ".venv" / ".bench" / peer, HERE / f"{peer}.lock"
    python, stamp = folder / "bin" / "python", folder / lock.name
    if not (stamp.is_file() and stamp.read_bytes() == lock.read_bytes()):
        print(f"  setting up {NAMES[peer]} (once)", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", "install", "--require-hashes"]
        subprocess.run([*pip, "--requirement", str(lock)], check=True)
        stamp.write_bytes(lock.read_bytes())
    return python


def _run(python: Path, script: Path, *arguments: str) -> dict[str, float]:
    """What a subject tells in its last line, and the most memory that its process held."""
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen([str(python), str(script), *arguments], env=os.environ | one, stdout=out, stderr=err)
        peak = max(_memory(process.pid, process), default=0)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            sys.exit(f"{script.name} failed: {err.read()[-2000:]}")
        told: dict[str, float] = json.loads(out.read().splitlines()[-1])
    return told | {"peak_megabytes": peak}


def _memory(pid: int, process: subprocess.Popen) -> Iterator[int]:
    """High-water mark of a process's memory, in megabytes, looked at until it ends."""
    status = Path(f"/proc/{pid}/status")
    while process.poll() is None:
        try:
            lines = status.read_text(encoding="utf-8").splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)
        time.sleep(0.02)
