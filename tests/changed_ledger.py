"""Clean ledgers made of another one, with what its tables hold changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.contracts import LEDGER
from analysis.ledger import Ledger
from analysis.ledger.store import instant_after


def change_clean(source: Path, folder: Path, change: Callable[[str, pa.Table], pa.Table]) -> Path:
    """A company whose clean ledger is that of `source` with every table changed; its facts tell anew what is filled."""
    folder.mkdir(parents=True)
    shutil.copy(source / "ledger.toml", folder)
    shutil.copytree(source / "clean", folder / "clean")
    facts = json.loads((folder / "clean" / "ledger.json").read_text(encoding="utf-8"))
    for name in (*LEDGER, "merges"):
        path = folder / "clean" / f"{name}.parquet"
        rows = change(name, pq.read_table(path))
        pq.write_table(rows, path)
        if name in LEDGER:
            filled = {column: rows.num_rows - rows[column].null_count for column in facts["tables"][name]["filled"]}
            facts["tables"][name] |= {"rows_kept": rows.num_rows, "filled": filled}
    (folder / "clean" / "ledger.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


def is_later(column: pa.ChunkedArray, day: date, ledger: Ledger) -> np.ndarray:
    """Which dates or times lie after the end of local `day`."""
    is_date = pa.types.is_date(column.type)
    found = pc.greater(column, day) if is_date else pc.greater_equal(column, pa.scalar(instant_after(day, ledger.zone)))
    return pc.fill_null(found, False).to_numpy()


def scramble(name: str, rows: pa.Table, day: date, ledger: Ledger, rng: np.random.Generator) -> pa.Table:
    """`rows` of a clean table with everything that became known after `day` exchanged at random, each column by itself."""
    contract = LEDGER.get(name)
    known = {"merges": "known_on", "customers": "joined_on"}.get(name) or LEDGER[name].known
    if not known:
        return rows
    late, keep = is_later(rows[known], day, ledger), {known}
    if name == "customers":
        # of a customer who has no earlier version, the one that there is stands
        is_young, ids = is_later(rows["updated_at"], day, ledger), rows["customer_id"].to_numpy(zero_copy_only=False)
        late |= is_young & np.isin(ids, ids[~is_young])
        keep |= {"customer_id", "updated_at"}
    for number, column in enumerate(rows.column_names):
        since = contract[column].known if contract is not None and column in contract else ""
        is_late = late | is_later(rows[since], day, ledger) if since not in ("", column) else late
        order = np.arange(rows.num_rows)
        if column not in keep:
            order[is_late] = rng.permutation(order[is_late])
        rows = rows.set_column(number, column, rows[column].take(order))
    return rows
