"""What cleaning found, as ``ledger.json`` and ``tables.json`` tell it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.contracts import LEDGER

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger.bench import Bench
    from analysis.ledger.cleaning import Judged
    from analysis.ledger.readers import Staged

def tell(
    bench: Bench, judged: dict[str, Judged], staged: dict[str, Staged], lines: ir.Table | None, rules: dict[str, dict[str, dict[str, int]]],
    cancellations: dict[str, Any], out: Path,
) -> dict[str, Any]:  # fmt: skip
    """The facts of a cleaned source; ``tables.json`` is written beside them.

    Returns
    -------
    dict
        As in `analysis.ledger.store.Ledger.facts`, without ``key``.
    """
    config = bench.config
    tables = {name: _table(judged.get(name), staged.get(name), rules["reject"].get(name, {})) for name in LEDGER}
    files = {name: facts["files"] for name, facts in tables.items()}
    (out / "tables.json").write_text(json.dumps(files, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    last_days = [date.fromisoformat(tables[name]["last_on"]) for name in ("order_lines", "contracts") if tables[name]["last_on"]]
    covered_until = bench.last_day or (max(last_days) if last_days else None)
    return {
        "title": config.title,
        "currency": config.currency,
        "symbol": config.symbol,
        "zone": config.zone,
        "home_country": config.home_country,
        "setting": config.setting,
        "founded": config.founded.isoformat() if config.founded else None,
        "covered_until": covered_until.isoformat() if covered_until else None,
        "covered_until_is_stated": bench.last_day is not None,
        "formats": {name: {column: config.formats(name).get(column, "iso") for column in _dates(part)} for name, part in judged.items()},
        "tables": tables,
        "rules": rules,
        "cancellations": cancellations,
        "anonymous": _anonymous(lines),
    }


def _dates(judged: Judged) -> list[str]:
    return [column.name for column in judged.columns if column.kind in ("date", "time")]


def _table(judged: Judged | None, staged: Staged | None, rejected: dict[str, int]) -> dict[str, Any]:
    if judged is None or staged is None:
        return {"files": [], "rows_read": 0, "rows_kept": 0, "rows_rejected": 0, "filled": {}, "mapped": [], "first_on": None, "last_on": None, "join_rate": None}
    return {
        "files": list(staged.files),
        "rows_read": staged.rows_read,
        "rows_kept": judged.kept,
        "rows_rejected": staged.rows_read - judged.kept,
        "filled": judged.filled,
        "mapped": list(judged.filled),
        "first_on": judged.first_on.isoformat() if judged.first_on else None,
        "last_on": judged.last_on.isoformat() if judged.last_on else None,
        "join_rate": _join_rate(judged, rejected),
        "encodings": sorted({read.encoding for read in staged.reads if read.encoding}),
    }


def _join_rate(judged: Judged, rejected: dict[str, int]) -> dict[str, int] | None:
    """Rows that name a customer and are sound but for that: how many there are, and how many name a known one."""
    column = "referrer_id" if judged.table.name == "referrals" else "customer_id"
    if judged.table.name == "customers" or column not in judged.filled:
        return None
    known = judged.filled[column]
    return {"known": known, "rows": known + rejected.get("orphan_customer", 0)}


def _anonymous(lines: ir.Table | None) -> dict[str, Any]:
    if lines is None:
        return {"rows": 0, "amount": "0"}
    rows = lines.filter(lines.customer_id.isnull())
    found = rows.aggregate(rows=rows.count(), amount=rows.amount.sum()).to_pyarrow().to_pylist()[0]
    return {"rows": found["rows"], "amount": str(found["amount"] or 0)}
