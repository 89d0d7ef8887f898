"""Forecasts as they were published: made ready to be kept, and graded once their time is over."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.archive import ArchiveError, Issue, newest_in_time
from analysis.forecast.backtest import CHAMPION, Replays, closed_dates
from analysis.forecast.measures import measure_chance
from analysis.forecast.scorer import next_month_days
from analysis.period import Period

Reach = Literal["month", "horizon"]
Origin = Literal["issued", "replayed"]
ISSUED = (
    "customer_id",
    "p_order",
    "expected_orders",
    "expected_spend",
    "spend_low",
    "spend_high",
    "p_order_month",
    "expected_spend_month",
    "horizon_days",
    "model",
    "as_of",
)
"""Columns of an issued forecast: those of the scores, what they look at, and when."""
LISTED = ("warning", "reasons", "spend_at_risk")
"""Columns of the watch list, issued beside it: missing for who is not on the list, and in what was issued without one."""


FORECAST = ("p_order", "expected_orders", "expected_spend")


@dataclass(frozen=True)
class Closed:
    """A forecast whose time is over.

    Attributes
    ----------
    reach : str
        ``month``: to the end of the next month; ``horizon``: the scores' horizon.
    as_of : date
        When it was made, inclusive.
    days : int
        How many days after `as_of` it looks at.
    origin : str
        ``issued`` where it stands in the archive; ``replayed`` where it was made again with what was known then.
    table : DataFrame
        One row per customer that it names: `p_order`, `expected_spend`, `expected_orders` (an issued forecast of the
        month has none), and what happened; see `history.outcomes`.
    total : Series
        The company's spend: `expected`, `low`, `high`; the ends are missing where none were issued.
    count_unknown : int
        Customers of the issued forecast whom today's ledger does not know on that day (they count as not ordering).
    """

    reach: Reach
    as_of: date
    days: int
    origin: Origin
    table: pd.DataFrame
    total: pd.Series
    count_unknown: int = 0

    @property
    def until(self) -> date:
        """Last day that it looks at, inclusive."""
        return self.as_of + timedelta(days=self.days)


def describe_totals(replays: Replays, as_of: date) -> dict[str, Any]:
    """The champion's totals of a date with their interval, by reach, as plain values; they are issued with the scores."""
    reaches = {"horizon": replays.params.horizon_days, "month": next_month_days(as_of)}
    totals = {reach: replays.forecast(as_of, CHAMPION, days).attrs["totals"].set_index("total") for reach, days in reaches.items()}
    return {
        "as_of": as_of.isoformat(),
        "horizon_days": reaches["horizon"],
        "month_days": reaches["month"],
        "interval": replays.params.interval,
        "totals": {reach: {name: {k: float(v) for k, v in row.items()} for name, row in t.iterrows()} for reach, t in totals.items()},
    }


def make_ready(scores: Path, totals: dict[str, Any], path: Path, churn: Path | None = None) -> str:
    """Write the scores of a month, and its watch list from the table `churn`, as they are to be issued; returns a digest of them."""
    table = pd.read_parquet(scores).assign(horizon_days=totals["horizon_days"], as_of=pd.Timestamp(totals["as_of"]))[list(ISSUED)]
    if churn is not None:
        table = table.join(pd.read_parquet(churn, columns=["customer_id", *LISTED]).set_index("customer_id"), on="customer_id")
        is_listed = table["warning"].notna()
        for name in ("warning", "reasons"):
            table[name] = table[name].astype(object).where(is_listed, None)
        table["spend_at_risk"] = table["spend_at_risk"].where(is_listed).astype(float)
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path, compression="zstd")
    return _digest(table)


def read_list(issue: Issue) -> pd.DataFrame | None:
    """The watch list that was issued with a forecast: one row per customer, `customer_id` and `LISTED`; None where none was.

    Raises
    ------
    ArchiveError
        The content is not that which was issued.
    """
    table = read_issue(issue)
    if "warning" not in table:
        return None
    return table.loc[table["warning"].notna(), list(LISTED)].reset_index()


def read_issue(issue: Issue) -> pd.DataFrame:
    """The issued forecast by `customer_id`.

    Raises
    ------
    ArchiveError
        Its content is not that which was issued.
    """
    table = pd.read_parquet(issue.path)
    if _digest(table) != issue.digest:
        place = "/".join(issue.path.parts[-3:])
        raise ArchiveError(f"{place} is not what was issued: its content differs from what the .json beside it says; put the original back")
    return table.set_index("customer_id")


def collect_closed(replays: Replays, issues: Sequence[Issue], period: Period, first_on: date | None = None) -> list[Closed]:
    """The newest forecast of each reach whose time was over by the end of `period`, the month's first.

    Parameters
    ----------
    issues : sequence of Issue
        What may be graded, see `archive.read_usable`. Of a month's issues the last one counts that was published from
        data that ended before its time was over; where there is none, the forecast is replayed.
    first_on : date, optional
        First day of the data; see `closed_dates`.
    """
    found = []
    before = period.previous
    if first_on is None or first_on <= before.as_of:
        found.append(_close(replays, "month", before.as_of, period.days, newest_in_time(issues, before, period.as_of)))
    days = replays.params.horizon_days
    replayable = closed_dates(period.as_of, days, 1, first_on)
    issued = [issue for month in sorted({issue.period for issue in issues}) if (issue := _closed_by(issues, month, period.as_of))]
    if issued and (not replayable or issued[-1].period.as_of >= replayable[-1]):
        found.append(_close(replays, "horizon", issued[-1].period.as_of, int(issued[-1].said["horizon_days"]), issued[-1]))
    elif replayable:
        found.append(_close(replays, "horizon", replayable[-1], days, None))
    return found


def _closed_by(issues: Sequence[Issue], month: Period, as_of: date) -> Issue | None:
    """The issue of `month` that counts for its horizon, if that was over by `as_of`."""
    counting = []
    for issue in issues:
        end = month.as_of + timedelta(days=int(issue.said["horizon_days"]))
        if issue.period == month and end <= as_of and issue.is_in_time(end):
            counting.append(issue)
    return max(counting, key=lambda issue: issue.number, default=None)


def _close(replays: Replays, reach: Reach, as_of: date, days: int, issue: Issue | None) -> Closed:
    if issue is None:
        table = replays.forecast(as_of, CHAMPION, days)
        total = table.attrs["totals"].set_index("total").loc["spend"]
        return Closed(reach, as_of, days, "replayed", _beside(replays, as_of, days, table), total)
    table = read_issue(issue)
    if reach == "month":
        table = table[["p_order_month", "expected_spend_month"]].rename(columns=lambda name: name.removesuffix("_month"))
    said = issue.said.get("totals", {}).get(reach, {}).get("spend", {})
    total = pd.Series({"expected": float(table["expected_spend"].sum()), "low": said.get("low", np.nan), "high": said.get("high", np.nan)})
    unknown = int((~table.index.isin(replays.snapshot(as_of)[0].statistics.index)).sum())
    return Closed(reach, as_of, days, "issued", _beside(replays, as_of, days, table), total, unknown)


def _beside(replays: Replays, as_of: date, days: int, table: pd.DataFrame) -> pd.DataFrame:
    return table[[name for name in FORECAST if name in table]].join(replays.happened(as_of, days, table.index))


def grade_closed(closed: Sequence[Closed]) -> pd.DataFrame | None:
    """Chances of closed forecasts against who ordered.

    Returns
    -------
    DataFrame or None
        One row per forecast: `reach`, `as_of`, `origin`, `count_customers`; `buyers_expected` (the sum of chances) and
        `count_bought`; `p_auc`, `p_brier`, `p_calibration`. None without a closed forecast.
    """
    rows = []
    for one in closed:
        bought = (one.table["count_order_days"] > 0).to_numpy(dtype=float)
        chance = one.table["p_order"].to_numpy(dtype=float)
        graded = measure_chance(chance, bought)
        rows.append(
            {"reach": one.reach, "as_of": pd.Timestamp(one.as_of), "origin": one.origin, "count_customers": len(one.table)}
            | {"buyers_expected": float(chance.sum()), "count_bought": int(bought.sum())}
            | {name: graded[name] for name in ("p_auc", "p_brier", "p_calibration")}
        )
    return pd.DataFrame(rows) if rows else None


def sum_closed(closed: Sequence[Closed]) -> pd.DataFrame | None:
    """The company's spend as closed forecasts had it, and as it came.

    Returns
    -------
    DataFrame or None
        One row per forecast: `reach`, `as_of`, `until` (both inclusive), `spend_expected`, `spend_low`, `spend_high`,
        `spend_actual`, `spend_bias` (expected over actual, less 1), and whether it came within (`is_inside`).
    """
    rows = []
    for one in closed:
        expected, low, high = (float(one.total[name]) for name in ("expected", "low", "high"))
        spend = float(one.table["spend"].sum())
        rows.append(
            {"reach": one.reach, "as_of": pd.Timestamp(one.as_of), "until": pd.Timestamp(one.until)}
            | {"spend_expected": expected, "spend_low": low, "spend_high": high, "spend_actual": spend}
            | {"spend_bias": expected / spend - 1 if spend else np.nan, "is_inside": low <= spend <= high}
        )
    return pd.DataFrame(rows) if rows else None


def _digest(table: pd.DataFrame) -> str:
    """Of the content alone, however it is stored."""
    total = hashlib.blake2b(digest_size=20)
    for name in (*ISSUED, *(name for name in LISTED if name in table)):
        column = table[name]
        values = column.to_numpy()
        total.update(f"\0{name}\0".encode())
        if column.dtype == object:
            total.update("\0".join(map(str, values)).encode())
        else:
            total.update(
                np.ascontiguousarray(values.astype("datetime64[D]") if values.dtype.kind == "M" else values.astype("f8")).tobytes()
            )
    return total.hexdigest()
