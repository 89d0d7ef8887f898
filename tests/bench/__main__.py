"""`make bench`: accuracy on open data, speed and memory beside the peers, seconds of a report.

Everything is measured in this run, one after the other; give the machine nothing else to do. Writes
``reports/bench/index.html`` and, for the README, ``reports/bench/table.md``.
"""

import html
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
from accuracy import grade_models
from classes import time_classes
from monthly import time_reports
from speed import time_champion, time_models

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "reports" / "bench"
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1a1a1a; }
div { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } p { max-width: 45rem; }
"""


def main() -> None:
    """Measure, write the page, print the tables."""
    _bring("cdnow", "online_retail_ii", "demo")
    print("accuracy")
    accuracy = grade_models()
    print("speed")
    models, champion = time_models(), time_champion()
    print("classes")
    classes = time_classes()
    print("reports")
    reports = time_reports()
    parts = [(f"Accuracy: {source}", ACCURACY, table.drop(columns="source")) for source, table in accuracy.groupby("source", sort=False)]
    parts += [
        ("Speed of the same model", SPEED, models),
        ("Speed of the champion", CHAMPION, champion),
        ("Classes of a million customers", CLASSES, classes),
        ("Seconds of a report", REPORT, reports),
    ]
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "index.html").write_text(_page(parts), encoding="utf-8")
    text = "\n\n".join(f"**{title}**\n\n{_markdown(table)}" for title, _, table in parts) + "\n"
    (OUT / "table.md").write_text(text, encoding="utf-8")
    print(text)
    print(f"written: {OUT.relative_to(ROOT)}/index.html")


ACCURACY = (
    "Means over ten month ends, 90 days each, every model refitted with what was known on the date. Lower is better, but for rank, "
    "auc, gini and top10; spend_above_high and spend_below_low should each be 0.10."
)
SPEED = (
    "BG/NBD and Gamma-Gamma fitted to copies of CDNOW's buyers, orders and spend of 39 weeks predicted. expected_orders shows that all "
    "solved the same problem. peak_megabytes is that of the whole process."
)
CHAMPION = "Season, contest of models, learned corrections, level, calibration and intervals, fitted on single orders and scored."
CLASSES = (
    "Finished tables of the demo company's customers, copied to a million: ids, spend and days of each copy are its own. One thread. "
    "peak_megabytes is the most that the process held in the step, the tables that it was given included."
)
REPORT = (
    "imports: the same in imports of seaborn, scikit-learn, statsmodels and lifelines on this machine; bar: what is allowed on 4 cores."
)


def _bring(*sources: str) -> None:
    """Make the clean ledgers of sources."""
    for source in sources:
        subprocess.run([sys.executable, "-m", "analysis", "ledger", "--source", source], check=True)


def _page(parts: list[tuple[str, str, pd.DataFrame]]) -> str:
    """One page without anything from elsewhere."""
    sections = [
        f"<h2>{html.escape(title)}</h2><p>{html.escape(note)}</p><div tabindex='0' role='region' aria-label='{html.escape(title)}'>"
        f"{_shown(table).to_html(index=False, border=0, escape=True)}</div>"
        for title, note, table in parts
    ]
    about = f"Measured in one run on {os.cpu_count()} processors, Python {sys.version.split()[0]}: <code>make bench</code>."
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>Benchmark</title><style>{STYLE}</style><main><h1>Benchmark</h1><p>{about}</p>{''.join(sections)}</main></html>\n"
    )


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Cells as they are printed: whole numbers with separators, others to four digits."""
    made = table.copy()
    for name in made:
        if pd.api.types.is_numeric_dtype(made[name]):
            whole = bool((made[name].dropna() % 1 == 0).all())
            made[name] = [("" if pd.isna(v) else f"{v:,.0f}" if whole or abs(v) >= 10_000 else f"{v:.4g}") for v in made[name]]
    return made


def _markdown(table: pd.DataFrame) -> str:
    shown = _shown(table)
    lines = ["| " + " | ".join(shown.columns) + " |", "|" + " --- |" * len(shown.columns)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in shown.itertuples(index=False)])


if __name__ == "__main__":
    main()
