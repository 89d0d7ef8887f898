"""Contracts of a company whose customers leave by ending one, as known on a date."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from analysis.history.orders import collect, merge_ids, survivors
from analysis.period import months_between

if TYPE_CHECKING:
    from analysis.ledger import Ledger

MASTER = ("contract_type", "gender", "customer_type", "industry", "region", "country", "acquisition_source", "tags")
"""Columns of the customer table that are known of a contract's customer, as it stands today."""
COLUMNS = (
    *("contract_id", "customer_id", "started_on", "ended_on", "is_ended", "tenure_months", "entry_months", "monthly_fee"),
    *("plan", "end_reason", *MASTER),
)


def build_contracts(ledger: Ledger, as_of: date) -> pd.DataFrame:
    """Contracts known by the end of `as_of` (inclusive), sorted by `contract_id`.

    Merges of customers known by `as_of` are applied. A contract that is said to have ended, in a source with dates, but not
    when, is left out: it is neither running nor has it a length.

    Returns
    -------
    DataFrame
        One row per contract:

        - `started_on`, `ended_on` (missing where the source gives no date, or while it runs), `is_ended` by the end of `as_of`;
        - `tenure_months`: from the start to the end, or to `as_of` while it runs, in calendar months (see
          `period.months_between`); as the source says where it gives no start;
        - `entry_months`: the tenure at which it came under observation. 0 where it was watched from its start. Where
          ends are dated, nobody could be seen leaving before the first end on record: a contract that began before that day was
          only seen because it had lasted until then (left truncation);
        - `monthly_fee` (currency), `plan`, `end_reason` (of ended ones), and of the customer table `MASTER`.
    """
    rows = ledger.table("contracts", as_of)
    if ledger.observed_on is None:
        every = ledger.read("contracts").select("contract_id", _end="ended_on", _ended="ended")
        rows = rows.anti_join(every.filter(every._ended & every._end.isnull()), "contract_id")
    into = survivors(ledger, as_of)
    frame = collect(merge_ids(rows, into).order_by("contract_id"))
    known = collect(_master(ledger, as_of, into))
    frame = frame.merge(known, on="customer_id", how="left", validate="many_to_one")
    started, ended = pd.to_datetime(frame["started_on"]), pd.to_datetime(frame["ended_on"])
    said = frame["ended"].map({True: True, False: False}).astype("boolean").fillna(False).to_numpy(dtype=bool)
    is_ended = said & ended.isna().to_numpy() | (ended <= pd.Timestamp(as_of)).to_numpy()
    tenure = measure_tenure(started, ended.where(is_ended, pd.Timestamp(as_of)))
    tenure = np.where(np.isnan(tenure), frame["tenure_months"].to_numpy(dtype=float), tenure)
    frame = frame.assign(
        started_on=started,
        ended_on=ended,
        is_ended=is_ended,
        tenure_months=tenure,
        entry_months=_enter(started, ended, tenure),
        monthly_fee=frame["monthly_fee"].astype(float),
    )
    frame = frame[frame["tenure_months"].notna()].reset_index(drop=True)
    objects = {name: frame[name].astype("object").where(frame[name].notna(), None) for name in ("plan", "end_reason", *MASTER)}
    return frame.assign(**objects)[list(COLUMNS)]


def measure_tenure(started_on: pd.Series, until: pd.Series) -> np.ndarray:
    """Calendar months from each start to each end; NaN where a date is missing, and 0 where the end is not after the start."""
    pairs = zip(started_on, until, strict=True)
    return np.array(
        [np.nan if start is pd.NaT or end is pd.NaT else max(months_between(start.date(), end.date()), 0.0) for start, end in pairs],
        dtype=float,
    )


def _enter(started: pd.Series, ended: pd.Series, tenure: np.ndarray) -> np.ndarray:
    """Tenure at the end of the day before the first end on record."""
    if ended.isna().all():
        return np.zeros(len(started))
    watched = ended.min() - pd.Timedelta(days=1)
    return np.nan_to_num(np.minimum(measure_tenure(started, pd.Series(watched, index=started.index)), tenure))


def _master(ledger: Ledger, as_of: date, into: dict[str, str]) -> ibis.Table:
    """One row per customer of the customer table; of a double, what the row that stands for it says."""
    rows = ledger.table("customers", as_of).select("customer_id", *MASTER).mutate(own_id=lambda t: t.customer_id)
    rows = merge_ids(rows, into)
    order = [(rows.own_id != rows.customer_id).cast("int8"), rows.own_id]
    return rows.group_by("customer_id").aggregate(**{name: rows[name].first(order_by=order) for name in MASTER})


def split_tags(contracts: pd.DataFrame) -> dict[str, pd.Series]:
    """Tags of the customers as columns.

    Tags are separated by semicolons. One with a colon, such as ``payment: card``, is a level of what stands before the
    colon; another one is there or not.

    Returns
    -------
    dict
        Name -> Series on the index of `contracts`: levels as text (None without one), plain tags as bool. In the order of
        their names.
    """
    lists = contracts["tags"].map(lambda text: [part.strip() for part in text.split(";") if part.strip()] if isinstance(text, str) else [])
    found: dict[str, dict[object, object]] = {}
    for index, tags in lists.items():
        for tag in tags:
            name, colon, level = (part.strip() for part in tag.partition(":"))
            found.setdefault(name, {})[index] = level if colon and level else True
    columns = {}
    for name in sorted(found):
        column = pd.Series(found[name], dtype="object").reindex(contracts.index)
        is_plain = column.dropna().map(lambda value: value is True).all()
        columns[name] = column.notna() if is_plain else column.map(lambda value: None if value is True or value != value else value)
    return columns
