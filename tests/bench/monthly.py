"""How long a cold and a warm report of the demo company take, beside one import of the statistics stack on this machine."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
STACK = "import seaborn, sklearn, statsmodels.api, lifelines"
RUNS = 3
COLD_BAR, WARM_BAR = 12, 0.1
"""Imports of the stack that a report may take on 4 cores."""


def time_reports() -> pd.DataFrame:
    """One row a measurement: `what`, `seconds` (least of the runs), `imports` (the same in imports of the stack), `bar`."""
    report = (sys.executable, "-m", "analysis", "report")
    yardstick = _measure(sys.executable, "-c", STACK, runs=RUNS)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        _copy_project(Path(folder))
        cold = _measure(*report, ANALYSIS_ROOT=folder)
        warm = _measure(*report, runs=RUNS, ANALYSIS_ROOT=folder)
    rows = [("import of the statistics stack", yardstick, 1), ("cold report", cold, COLD_BAR), ("warm report", warm, WARM_BAR)]
    return pd.DataFrame(
        [{"what": what, "seconds": seconds, "imports": seconds / yardstick, "bar": bar} for what, seconds, bar in rows],
    )


def _measure(*command: str, runs: int = 1, **environment: str) -> float:
    """Least wall-clock seconds of `runs` runs of a command; its output is kept unless it fails."""
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        run = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
        seconds.append(time.perf_counter() - began)
        if run.returncode:
            sys.exit(run.stdout + run.stderr)
    return min(seconds)


def _copy_project(root: Path) -> None:
    """Notebooks, the demo company's description and the lock, without anything that was made."""
    shutil.copytree(ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".*"))
    (root / "data" / "demo").mkdir(parents=True)
    shutil.copy(ROOT / "data" / "demo" / "ledger.toml", root / "data" / "demo")
    shutil.copy(ROOT / "requirements.lock", root)
