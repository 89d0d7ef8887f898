"""A project with the real notebooks and a small demo company, some of whose words are an attack on whoever opens the report."""

from __future__ import annotations

import contextlib
import io
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.__main__ import main
from analysis.demo import write_demo
from analysis.driver.tools import Tools
from demo_company import read

CHECKOUT = Path(__file__).parents[1]
TOOLS = Tools(simulate="small_company:simulate")
PERIOD = "2026-10"
CUSTOMERS = 500
ATTACKS = {
    ("customers", "region", "浙江"): "<script>alert(1)</script>",
    ("customers", "acquisition_source", "search"): "=cmd|' /C calc'!A0",
    ("customers", "country", "Japan"): "@SUM(1+1)*cmd",
    ("order_lines", "channel", "store"): '"><img src=x onerror=alert(1)>',
    ("order_lines", "channel", "wechat"): "+1-1",
}
"""Table, column and word that stands in every row of it, and what it is called here."""


def simulate(folder: Path) -> None:
    """Raw files of a company whose regions, sources, countries and channels bear hostile names."""
    write_demo(folder / "raw", CUSTOMERS, truth_folder=folder / "truth")
    for name in {table for table, _, _ in ATTACKS}:
        path = folder / "raw" / f"{name}.csv"
        rows = read(path)
        for (table, column, word), attack in ATTACKS.items():
            if table == name:
                rows[column] = rows[column].replace(word, attack)
        rows.to_csv(path, index=False)


@dataclass
class Published:
    """A project and what it published of one month of one source."""

    root: Path
    source: str
    period: str

    @property
    def folder(self) -> Path:
        return self.root / "data" / self.source

    @property
    def report(self) -> Path:
        return self.root / "reports" / self.source / self.period

    @property
    def derived(self) -> Path:
        return self.folder / "derived" / self.period

    def pages(self) -> dict[str, str]:
        """Every page of the month, by name."""
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(self.report.glob("*.html"))}

    def table(self, name: str) -> pd.DataFrame:
        """A published table."""
        return pd.read_csv(self.report / "tables" / f"{name}.csv", encoding="utf-8-sig", keep_default_na=False, na_values=[""])


def publish(root: Path, source: str, period: str, tools: Tools = TOOLS) -> Published:
    """Publish a month of a source that ships with the project, in a project of its own; it must end well."""
    (root / "data" / source).mkdir(parents=True)
    (root / "notebooks").symlink_to(CHECKOUT / "notebooks")
    shutil.copy(CHECKOUT / "data" / source / "ledger.toml", root / "data" / source)
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        code = main(["report", "--source", source, "--period", period], root=root, tools=tools, stream=said)
    assert code == 0, said.getvalue()
    return Published(root, source, period)
