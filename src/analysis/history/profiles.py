"""How complete and how fresh the master data of customers are, as known on a date (requirements B1, B2)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.contracts import LEDGER, Missing
from analysis.history.disclosure import hide_small
from analysis.history.orders import collect, merge_ids, survivors
from analysis.history.rates import add_rate
from analysis.period import Period

if TYPE_CHECKING:
    from analysis.ledger import Ledger

APART = ("customer_id", "updated_at", "tags", "declared_level", "entered_code", "acquisition_cost")
"""Columns that are no part of a profile: keys, stamps, and what the company itself writes about a customer."""
OF_BUSINESS = ("industry", "contract_type")
OF_PERSON = ("gender", "birth_date", "occupation", "income", "interests")
HAS = "has_"
BANDS = ("within", "before", "undated")
TENTHS = tuple(step / 10 for step in range(11))


def list_fields(ledger: Ledger) -> list[str]:
    """Fields of a profile that the source fills for anybody."""
    return [column.name for column in LEDGER["customers"].columns if column.name not in APART and ledger.has("customers", column.name)]


def build_profiles(ledger: Ledger, as_of: date, customers: pd.DataFrame, fresh_months: int) -> pd.DataFrame:
    """Which fields of each customer's profile are filled, and when it was last updated.

    A field of businesses (industry, contract type) is not asked of individuals, nor one of persons (gender, birth date,
    occupation, income, interests) of businesses; of customers of unknown type all are asked. A double's own row fills what the one that
    stands for it lacks.

    Parameters
    ----------
    as_of : date
        Inclusive.
    customers : DataFrame
        The customers table of that day: its customers are listed, those without master data too.
    fresh_months : int
        A profile is stale where its last update lies on or before the day that is this many months before `as_of`.

    Returns
    -------
    DataFrame
        One row per customer, in the order of `customers` (contract `profiles`): `customer_id`, `count_fields` (asked),
        `count_filled`, `completeness` (their ratio; missing where nothing is asked), `updated_on` (local day), `is_stale`
        (missing without a date), and ``has_<field>`` for each of `list_fields` (missing where the field is not asked).
    """
    names, known = list_fields(ledger), customers[["customer_id"]].reset_index(drop=True)
    found = known.merge(_read_filled(ledger, as_of, names), on="customer_id", how="left", validate="one_to_one")
    kind = found["customer_type"].to_numpy(dtype=object)
    flags = {}
    for name in names:
        asked = kind != ("individual" if name in OF_BUSINESS else "business" if name in OF_PERSON else "")
        given = found[name].notna() if name == "customer_type" else found[name].eq(True)
        flags[HAS + name] = pd.array(given.to_numpy(dtype=bool), dtype="boolean")
        flags[HAS + name][~asked] = pd.NA
    filled = pd.DataFrame(flags, index=found.index)
    updated = found["updated_on"].astype("datetime64[ns]")
    limit = pd.Timestamp(Period.of(as_of).shift(-fresh_months).as_of)
    table = pd.DataFrame(
        {
            "customer_id": known["customer_id"],
            "count_fields": filled.notna().sum(axis=1).astype("int64") if names else 0,
            "count_filled": filled.eq(True).sum(axis=1).astype("int64") if names else 0,
            "updated_on": updated,
            "is_stale": (updated <= limit).astype("boolean").mask(updated.isna()),
        }
    )
    share = np.divide(table["count_filled"], table["count_fields"], out=np.full(len(table), np.nan), where=table["count_fields"] > 0)
    table.insert(3, "completeness", share)
    return pd.concat([table, filled], axis=1)


def rate_fields(profiles: pd.DataFrame) -> pd.DataFrame | Missing:
    """How many profiles fill each field.

    Returns
    -------
    DataFrame or Missing
        One row per field, the emptiest first: `field`, `count_filled`, `count_asked` (customers of whom it is asked),
        `share_filled` with Wilson limits.
    """
    names = [name for name in profiles if name.startswith(HAS)]
    if not names:
        return Missing("customers", (), ("B1",))
    rows = [(name.removeprefix(HAS), int(profiles[name].eq(True).sum()), int(profiles[name].notna().sum())) for name in names]
    table = add_rate(pd.DataFrame(rows, columns=["field", "count_filled", "count_asked"]), "count_filled", "count_asked", "share_filled")
    return table.sort_values(["share_filled", "field"], kind="stable", ignore_index=True)


def band_completeness(profiles: pd.DataFrame) -> pd.DataFrame | Missing:
    """Customers by the completeness of their profile.

    Returns
    -------
    DataFrame or Missing
        One row per tenth: `share_from` (inclusive), `share_to` (exclusive; the last includes 1), `count_customers`.
    """
    known = profiles["completeness"].dropna()
    if known.empty:
        return Missing("customers", (), ("B1",))
    counts, _ = np.histogram(known.to_numpy().round(9), bins=np.array(TENTHS))
    return pd.DataFrame({"share_from": TENTHS[:-1], "share_to": TENTHS[1:], "count_customers": counts})


def rate_freshness(profiles: pd.DataFrame, min_cell: int = 1) -> pd.DataFrame | Missing:
    """Customers by how long ago their profile was updated.

    Parameters
    ----------
    min_cell : int
        The mean of fewer customers is hidden.

    Returns
    -------
    DataFrame or Missing
        One row per band of `BANDS` (``within`` the fresh months, ``before`` them, ``undated``): `updated`, `count_customers`,
        `share_customers`, `mean_completeness`. The counts add up to all customers.
    """
    if profiles["updated_on"].isna().all():
        return Missing("customers", ("updated_at",), ("B2",))
    band = profiles["is_stale"].map({False: BANDS[0], True: BANDS[1]}).fillna(BANDS[2])
    groups = profiles["completeness"].groupby(band.to_numpy(dtype=object))
    table = pd.DataFrame({"count_customers": groups.size(), "mean_completeness": groups.mean()}).reindex(list(BANDS))
    table["count_customers"] = table["count_customers"].fillna(0).astype("int64")
    table.insert(1, "share_customers", table["count_customers"] / len(profiles))
    return hide_small(table.rename_axis("updated").reset_index(), "count_customers", ["mean_completeness"], min_cell)


def _read_filled(ledger: Ledger, as_of: date, names: list[str]) -> pd.DataFrame:
    """One row per customer with master data: whether each field is filled, `customer_type`, `updated_on`."""
    rows = merge_ids(ledger.table("customers", as_of), survivors(ledger, as_of))
    grouped = rows.group_by("customer_id").aggregate(
        **{name: rows[name].notnull().any() for name in names if name != "customer_type"},
        customer_type=rows.customer_type.max(),
        updated_at=rows.updated_at.max(),
    )
    found = collect(grouped)
    local = found["updated_at"].dt.tz_localize("UTC").dt.tz_convert(ledger.zone).dt.tz_localize(None).dt.normalize()
    return found.drop(columns="updated_at").assign(updated_on=local)
