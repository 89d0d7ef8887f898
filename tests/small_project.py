"""A project of four tiny notebooks and a source of one file, for tests of the driver; and tools that stand for the real ones."""

from __future__ import annotations

import errno
import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis.__main__ import main
from analysis.driver.graph import Contents, Notebook, Share
from analysis.driver.tools import Tools

CONTENTS = Contents(
    (
        Notebook("alone"),
        Notebook("first", writes=("first.parquet",)),
        Notebook("second", reads=("first.parquet",), writes=("second.parquet", "lists/")),
        Notebook("summary", reads=("first.parquet", "second.parquet"), writes=("metrics.json",)),
    )
)
WITH_SHARES = Contents(
    tuple(replace(notebook, after=("late",)) if notebook.name == "alone" else notebook for notebook in CONTENTS.notebooks),
    (Share("early"), Share("late", after=("early",))),
)
TOOLS = Tools(*(f"small_project:{name}" for name in ("simulate", "fetch", "clean", "pages", "index")), share="small_project:share")
HEAVY = ("pandas", "numpy", "pydantic", "papermill", "nbformat", "pyarrow", "duckdb", "ibis", "rich")
LEDGER = 'title = "Small"\n'


def simulate(folder: Path) -> None:
    (folder / "raw").mkdir()
    (folder / "raw" / "sales.csv").write_text("a\n", encoding="utf-8")


def fetch(folder: Path) -> None:
    assert (folder / "raw").is_dir()


def clean(folder: Path, say: Any) -> None:
    """A clean ledger that holds the raw text, and says what months it covers."""
    say("cleaning")
    sales = (folder / "raw" / "sales.csv").read_text(encoding="utf-8")
    if "broken" in sales:
        raise ValueError("sales.csv line 1: broken")
    (folder / "clean").mkdir(exist_ok=True)
    (folder / "clean" / "sales.txt").write_text(sales.lower(), encoding="utf-8")
    facts = {"title": "Small", "currency": "EUR", "covered_until": "2020-04-15", "tables": {"order_lines": {"first_on": "2020-01-10"}}}
    (folder / "clean" / "ledger.json").write_text(json.dumps(facts), encoding="utf-8")


def share(root: Path, source: str, period: str, name: str) -> None:
    """Leave a line that tells of it; break off where the raw file asks for it."""
    folder = root / "data" / source
    if f"no {name}" in (folder / "raw" / "sales.csv").read_text(encoding="utf-8"):
        raise ValueError("no such thing")
    with (folder / "shares.txt").open("a", encoding="utf-8") as file:
        file.write(f"{name} {period}\n")


def pages(chapters: dict[str, Any], folder: Path, about: Any) -> dict[str, Any]:
    """Pages that hold the notebooks' prose and outputs; a full disk where the prose says so."""
    for name, chapter in chapters.items():
        text = json.dumps([[cell["source"], cell.get("outputs")] for cell in chapter["cells"]])
        if "disk is full" in text:
            (folder / "half.html").write_text("half", encoding="utf-8")
            raise OSError(errno.ENOSPC, "No space left on device")
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    (folder / "index.html").write_text(json.dumps([about.previous, about.period, about.next]), encoding="utf-8")
    return {"kpis": []}


def issue(derived: Path, path: Path) -> dict[str, Any]:
    """What the first notebook wrote, for a test that issues it."""
    content = (derived / "first.parquet").read_bytes()
    path.write_bytes(content)
    return {"digest": hashlib.sha256(content).hexdigest(), "horizon_days": 20}


def index(reports: Path) -> str:
    return "\n".join(str(path.relative_to(reports).parent) for path in sorted(reports.glob("*/*/manifest.json")))


def write_notebook(path: Path, *cells: str) -> None:
    """A notebook of cells: prose where the text begins with #, code otherwise; parameters follow the first."""
    texts = [cells[0], "source = 'small'\nperiod = '2020-02'", *cells[1:]]
    made = []
    for number, text in enumerate(texts):
        common = {"id": f"cell-{number}", "metadata": {"tags": ["parameters"]} if number == 1 else {}, "source": text}
        made.append(
            {"cell_type": "markdown", **common}
            if text.startswith("#")
            else {"cell_type": "code", "outputs": [], "execution_count": None, **common}
        )
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), encoding="utf-8")


FOLDER = "import os, pathlib\nfolder = pathlib.Path(os.environ['ANALYSIS_ROOT'], 'data', source, 'derived', period)"
WRITE = "import pyarrow as pa, pyarrow.parquet as pq\npq.write_table(pa.table({'n': [%s]}), folder / '%s.parquet')"


class SmallProject:
    """A project folder, and the command line on it."""

    def __init__(self, root: Path):
        self.root, self.contents, self.tools = root, CONTENTS, TOOLS
        self.source = root / "data" / "small"

    def make(self) -> None:
        """Write the notebooks and the source."""
        root = self.root
        (root / "notebooks").mkdir(parents=True)
        (root / "reports").mkdir()
        (self.source / "raw").mkdir(parents=True)
        (self.source / "ledger.toml").write_text(LEDGER, encoding="utf-8")
        (self.source / "raw" / "sales.csv").write_text("SALES\n", encoding="utf-8")
        self.write("alone", "# Alone", "## Say", "source + period")
        self.write("first", "# First", FOLDER, "## Write", WRITE % (1, "first"))
        lists = "(folder / 'lists').mkdir(exist_ok=True)\n(folder / 'lists' / 'all.csv').write_text('n')"
        self.write("second", "# Second", FOLDER, "## Write", WRITE % (2, "second"), lists)
        self.write("summary", "# Summary", FOLDER, "(folder / 'metrics.json').write_text('[]')")

    def write(self, name: str, *cells: str) -> None:
        write_notebook(self.root / "notebooks" / f"{name}.ipynb", *cells)

    def contents_with(self, name: str, **changes: Any) -> None:
        """Change one notebook's entry in the table of contents."""
        self.contents = replace(
            self.contents, notebooks=tuple(replace(n, **changes) if n.name == name else n for n in self.contents.notebooks)
        )

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output of ``python -m analysis <arguments> --source small``."""
        stream = io.StringIO()
        code = main([*arguments, "--source", "small"], root=self.root, contents=self.contents, tools=self.tools, stream=stream)
        return code, stream.getvalue()

    def steps(self, *arguments: str) -> list[str]:
        """Names of the steps that a report ran; it must end well."""
        code, output = self(*(arguments or ("report",)))
        assert code == 0, output
        return [line.split()[0] for line in output.splitlines() if line.startswith("  ")]

    def page(self, period: str = "2020-03", name: str = "index.html") -> Path:
        return self.root / "reports" / "small" / period / name

    def files(self, period: str = "2020-03") -> dict[str, bytes]:
        """Every published file of a month."""
        folder = self.page(period).parent
        return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
