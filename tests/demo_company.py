"""A simulated company, read back."""

from pathlib import Path

import pandas as pd

from analysis.contracts import LEDGER
from analysis.demo import write_demo


class Company:
    """The files of one simulated company, as text."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.tables = {name: read(folder / f"{name}.csv") for name in LEDGER}
        self.truth = read(folder.parent / "truth" / "customers.csv")
        self.faults = read(folder.parent / "truth" / "faults.csv").astype({"line": int})

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.tables[name]


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def make(folder: Path, customers: int, **options) -> Company:
    write_demo(folder / "raw", customers, **options)
    return Company(folder / "raw")
