"""What a month leaves in ``data/<source>/derived/<period>`` for those who work with it; each file is whole or as it was."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis import churn
from analysis.contracts.check import check
from analysis.forecast.issued import describe_totals
from analysis.month.basis import Basis
from analysis.month.customers import has_orders
from analysis.month.forecasts import prepare_replays
from analysis.month.valuation import limit_equity, sum_equity

if TYPE_CHECKING:
    from analysis.metrics import Metric


def write_table(month: Basis, name: str) -> pd.DataFrame:
    """Check a derived table against its contract and store it as ``<name>.parquet``; the table is returned."""
    table = month.read(name)
    check(name, table)
    if name == "scores" and month.ledger.is_contractual:
        return table  # its customers' orders are not forecast: there is nothing to rely on
    with _replacing(month.derived / f"{name}.parquet") as part:
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False), part, compression="zstd")
    return table


def write_list(month: Basis, name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Store a list to work with as ``lists/<name>.csv`` and ``.xlsx``; the list is returned."""
    churn.write_list(rows, month.derived / "lists", name, month.as_of)
    return rows


def write_totals(month: Basis) -> None:
    """Store the company's totals with their interval, which are issued with the scores, as ``totals.json``."""
    totals: dict[str, Any] = {}
    if has_orders(month):
        limits = [limit_equity(month)[name] for name in ("low", "high")]
        equity = {"equity": sum_equity(month), "equity_limits": limits, "clv_months": month.params.value.clv_months}
        totals = describe_totals(prepare_replays(month), month.as_of) | equity
    _write_json(month.derived / "totals.json", totals)


def write_metrics(month: Basis, metrics: list[Metric]) -> list[Metric]:
    """Store the indicators as ``metrics.json``; they are returned."""
    _write_json(month.derived / "metrics.json", [metric.as_dict() for metric in metrics])
    return metrics


def _write_json(path: Path, content: object) -> None:
    with _replacing(path) as part:
        part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A path to write to, which takes the place of `path` only when the writing has ended well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
