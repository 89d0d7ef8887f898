"""Seconds and memory of classing many customers: classes, clusters, movement and codes, step by step."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CUSTOMERS = 1_000_000


def time_classes() -> pd.DataFrame:
    """Class copies of the demo company's customers, in a process of its own.

    Returns
    -------
    DataFrame
        One row a step: `step`, `seconds`, `peak_megabytes` (the most memory that the process held in this step, the tables that
        the step was given included). See `subject_classes` for how the customers are copied.
    """
    print(f"  {CUSTOMERS:,} customers", flush=True)
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = (sys.executable, str(HERE / "subject_classes.py"), str(ROOT / "data" / "demo"), str(CUSTOMERS))
    run = subprocess.run(command, env=os.environ | one, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"subject_classes.py failed: {run.stderr[-2000:]}")
    return pd.DataFrame([json.loads(line) for line in run.stdout.splitlines()])
