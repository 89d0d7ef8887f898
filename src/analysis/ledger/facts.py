"""What cleaning found, as ``ledger.json`` and ``tables.json`` tell it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.contracts import LEDGER
from analysis.ledger.store import LedgerError
from analysis.period import Period

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger.bench import Bench
    from analysis.ledger.cleaning import Judged
    from analysis.ledger.config import SourceConfig
    from analysis.ledger.parts import Part
    from analysis.ledger.readers import Staged

ACTIONS = ("reject", "repair", "flag")
_ABSENT: dict[str, Any] = {
    "files": [],
    "rows_read": 0,
    "rows_kept": 0,
    "rows_rejected": 0,
    "filled": {},
    "mapped": [],
    "formats": {},
    "first_on": None,
    "last_on": None,
    "join_rate": None,
    "encodings": [],
}


def tell_table(judged: Judged, staged: Staged, config: SourceConfig) -> dict[str, Any]:
    """Facts of one table, and its malformed rows."""
    name, formats = judged.table.name, config.formats(judged.table.name)
    return {
        "files": list(staged.files),
        "rows_read": staged.rows_read,
        "rows_kept": judged.kept,
        "rows_rejected": staged.rows_read - judged.kept,
        "filled": judged.filled,
        "mapped": list(judged.filled),
        "formats": {column.name: formats.get(column.name, "iso") for column in judged.columns if column.kind in ("date", "time")},
        "first_on": judged.first_on.isoformat() if judged.first_on else None,
        "last_on": judged.last_on.isoformat() if judged.last_on else None,
        "join_rate": None,
        "encodings": sorted({read.encoding for read in staged.reads if read.encoding}),
        "malformed": [{"table": name, "file": row.file, "line": row.line, "rule": "malformed_row"} for row in staged.malformed],
    }


def tell_anonymous(bench: Bench, lines: ir.Table) -> dict[str, Any]:
    """Order lines without customer: kept for totals, out of customer analysis."""
    found = bench.ask(lines, {"rows": lines.customer_id.isnull().sum(), "amount": lines.amount.sum(where=lines.customer_id.isnull())})
    return {"rows": found["rows"], "amount": str(found["amount"])}


def tell(
    config: SourceConfig, found: dict[str, dict[str, Any]], rules: dict[str, dict[str, dict[str, int]]], parts: list[Part], out: Path
) -> dict[str, Any]:
    """The facts of a cleaned source; ``tables.json`` is written beside them.

    Parameters
    ----------
    found : dict
        Canonical name -> facts of the tables that the source has.
    rules : dict
        Action -> table -> rule -> number of records.

    Returns
    -------
    dict
        As in `analysis.ledger.store.Ledger.facts`, without ``key``.

    Raises
    ------
    LedgerError
        Nothing tells until when the data are complete.
    """
    tables = {name: _ABSENT | found.get(name, {}) for name in LEDGER}
    for name, table in tables.items():
        table["join_rate"] = _join_rate(name, table, rules["reject"].get(name, {}))
    formats = {name: table.pop("formats") for name, table in tables.items() if name in found}
    files = {name: table["files"] for name, table in tables.items()}
    (out / "tables.json").write_text(json.dumps(files, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    last_days = [date.fromisoformat(tables[name]["last_on"]) for name in ("order_lines", "contracts") if tables[name]["last_on"]]
    # a snapshot without any date stands for the month in which it was taken
    observed = config.observed_on if last_days or not config.observed_on else Period.of(config.observed_on).as_of
    stated = config.covered_until or observed
    if not stated and not last_days:
        raise LedgerError("ledger.toml: no row tells a date; state covered_until or, for a snapshot, observed_on")
    covered_until = stated or max(last_days)
    return {
        "title": config.title,
        "currency": config.currency,
        "symbol": config.symbol,
        "zone": config.zone,
        "home_country": config.home_country,
        "setting": config.setting,
        "founded": config.founded.isoformat() if config.founded else None,
        "covered_until": covered_until.isoformat(),
        "observed_on": config.observed_on.isoformat() if config.observed_on else None,
        "covered_until_is_stated": stated is not None,
        "formats": formats,
        "tables": tables,
        "rules": rules,
        "cancellations": {name: value for part in parts for name, value in part.cancellations.items()},
        "anonymous": {"rows": 0, "amount": "0"} | {name: value for part in parts for name, value in part.anonymous.items()},
    }


def _join_rate(name: str, table: dict[str, Any], rejected: dict[str, int]) -> dict[str, int] | None:
    """Rows that name a customer and are sound but for that: how many there are, and how many name a known one."""
    column = "referrer_id" if name == "referrals" else "customer_id"
    if name == "customers" or column not in table["filled"]:
        return None
    known = table["filled"][column]
    return {"known": known, "rows": known + rejected.get("orphan_customer", 0)}
