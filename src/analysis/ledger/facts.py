"""What cleaning found, as ``ledger.json`` and ``tables.json`` tell it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.contracts import LEDGER

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger.cleaning import Bench, Judged
    from analysis.ledger.readers import Staged

_WHEN = {name: table.known for name, table in LEDGER.items() if table.known} | {"customers": "updated_at", "order_lines": "ordered_on"}


def tell(
    bench: Bench, judged: dict[str, Judged], staged: dict[str, Staged], clean: dict[str, ir.Table], rules: dict[str, dict[str, dict[str, int]]],
    cancellations: dict[str, Any] | None, out: Path,
) -> dict[str, Any]:  # fmt: skip
    """The facts of a cleaned source; ``tables.json`` is written beside them.

    Returns
    -------
    dict
        As in `analysis.ledger.store.Ledger.facts`, without ``key``.
    """
    config = bench.config
    tables = {name: _table(bench, judged.get(name), staged.get(name), clean.get(name)) for name in LEDGER}
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
        "cancellations": cancellations or {},
        "anonymous": _anonymous(clean.get("order_lines")),
    }


def _dates(judged: Judged) -> list[str]:
    return [column.name for column in judged.columns if column.kind in ("date", "time")]


def _table(bench: Bench, judged: Judged | None, staged: Staged | None, clean: ir.Table | None) -> dict[str, Any]:
    if judged is None or staged is None or clean is None:
        return {"files": [], "rows_read": 0, "rows_kept": 0, "rows_rejected": 0, "filled": {}, "mapped": [], "first_on": None, "last_on": None, "join_rate": None}
    kept = int(judged.counts["kept"])
    when = _WHEN.get(judged.table.name)
    days = clean.aggregate(first=clean[when].min(), last=clean[when].max()).to_pyarrow().to_pylist()[0] if when else {"first": None, "last": None}
    return {
        "files": list(staged.files),
        "rows_read": staged.rows_read,
        "rows_kept": kept,
        "rows_rejected": staged.rows_read - kept,
        "filled": {column.name: int(judged.counts[f"{column.name}.filled"]) for column in judged.columns},
        "mapped": [column.name for column in judged.columns],
        "first_on": _day(bench, days["first"]),
        "last_on": _day(bench, days["last"]),
        "join_rate": _join_rate(bench, judged.table.name, clean),
        "encodings": sorted({read.encoding for read in staged.reads if read.encoding}),
    }


def _day(bench: Bench, value: Any) -> str | None:
    from datetime import UTC, datetime

    if isinstance(value, datetime):
        value = value.replace(tzinfo=UTC).astimezone(bench.zone).date()
    return value.isoformat() if value else None


def _join_rate(bench: Bench, name: str, clean: ir.Table) -> dict[str, int] | None:
    """Kept rows with a customer id, and those of them that the table of customers knows."""
    column = "referrer_id" if name == "referrals" else "customer_id"
    if name == "customers" or column not in clean.columns:
        return None
    known = clean[column].isin(bench.clean["customers"].customer_id) if "customers" in bench.clean else clean[column].notnull()
    found = clean.aggregate(rows=clean.count(), with_id=clean[column].count(), known=known.sum()).to_pyarrow().to_pylist()[0]
    return {"rows": found["rows"], "with_id": found["with_id"], "known": found["known"] or 0}


def _anonymous(lines: ir.Table | None) -> dict[str, Any]:
    if lines is None:
        return {"rows": 0, "amount": "0"}
    rows = lines.filter(lines.customer_id.isnull())
    found = rows.aggregate(rows=rows.count(), amount=rows.amount.sum()).to_pyarrow().to_pylist()[0]
    return {"rows": found["rows"], "amount": str(found["amount"] or 0)}
