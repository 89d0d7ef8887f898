"""How long a cold and a warm report of the demo company take, beside one import of the statistics stack on this machine."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STACK = "import seaborn, sklearn, statsmodels.api, lifelines"
RUNS = 3


def measure(*command: str, runs: int = 1, **environment: str) -> float:
    """Least wall-clock seconds of `runs` runs of a command; its output is kept unless it fails."""
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        run = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
        seconds.append(time.perf_counter() - began)
        if run.returncode:
            sys.exit(run.stdout + run.stderr)
    return min(seconds)


def copy_project(root: Path) -> None:
    """Notebooks, the demo company's description and the lock, without anything that was made."""
    shutil.copytree(ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".*"))
    (root / "data" / "demo").mkdir(parents=True)
    shutil.copy(ROOT / "data" / "demo" / "ledger.toml", root / "data" / "demo")
    shutil.copy(ROOT / "requirements.lock", root)


def main() -> None:
    """Print a line a measurement: seconds, and how many imports that is."""
    report = (sys.executable, "-m", "analysis", "report")
    yardstick = measure(sys.executable, "-c", STACK, runs=RUNS)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        copy_project(Path(folder))
        cold = measure(*report, ANALYSIS_ROOT=folder)
        warm = measure(*report, runs=RUNS, ANALYSIS_ROOT=folder)
    for name, seconds, bar in (("import of the statistics stack", yardstick, 1), ("cold report", cold, 6), ("warm report", warm, 0.1)):
        print(f"{name:<32} {seconds:6.2f} s  {seconds / yardstick:5.2f} imports (bar: {bar:g})")


if __name__ == "__main__":
    main()
