"""A planted signal of the future changes nothing: no forecast, no label, no value and no grade of an earlier month."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.forecast import closed_dates
from analysis.month import Month
from handed_over import AUGUST, SEPTEMBER, Tables, clean, grow, hand_over

TELLING = {
    "interactions": ("occurred_at", {}),
    "feedback": ("received_at", {"rating": "5"}),
    "surveys": ("answered_at", {"question": "nps", "score": "10"}),
    "needs": ("raised_at", {"urgency": "high"}),
}
"""Tables that get a row in September for every customer who orders then, its date, and cells that speak of it."""


def plant(tables: Tables) -> Tables:
    """The company's tables, in which what becomes known in September tells who orders in September."""
    lines = tables["order_lines"]
    returning = set(lines.loc[lines["ordered_at"].str.startswith("2026-09"), "customer_id"]) - {""}
    assert len(returning) > 20, "nobody to tell of"
    planted = {name: rows.copy() for name, rows in tables.items()}
    for name in ("customers", "order_lines", *TELLING):
        if "customer_id" in planted[name]:
            planted[name]["orders_in_september"] = planted[name]["customer_id"].isin(returning).map({True: "1", False: "0"})
    for name, (at, cells) in TELLING.items():
        rows = planted[name]
        key = f"{name.removesuffix('s')}_id"
        for number, customer in enumerate(sorted(returning)):
            row = rows.iloc[0].to_dict() | {"customer_id": customer, at: "2026-09-02 12:00:00"} | cells
            rows = pd.concat([rows, pd.DataFrame([row | ({key: f"Z{number:06d}"} if key in row else {})], index=[rows.index.max() + 1])])
        planted[name] = rows
    customers = planted["customers"]
    known = customers[customers["customer_id"].isin(returning)].drop_duplicates("customer_id")
    later = known.assign(updated_at="2026-09-20 12:00:00", tags="orders", declared_level="gold")
    later.index = range(customers.index.max() + 1, customers.index.max() + 1 + len(later))
    return planted | {"customers": pd.concat([customers, later])}


@pytest.fixture(scope="module")
def planted(undoing, tmp_path_factory):
    """August as it is told with the planted signal in the raw data."""
    tables = plant(undoing.tables)
    folder = tmp_path_factory.mktemp("planted") / "demo"
    clean(folder, grow(hand_over(tables, AUGUST.as_of), tables), SEPTEMBER.as_of)
    return Month(folder, AUGUST)


@pytest.mark.parametrize("name", ["customers", "segments", "scores", "churn", "value"])
def test_no_table_of_the_month_hears_of_it(told, planted, name):
    pd.testing.assert_frame_equal(told[0].read(name), planted.read(name), check_exact=True)


def test_no_grade_of_an_earlier_date_hears_of_it(told, planted):
    dates = closed_dates(AUGUST.as_of, told[0].params.forecast.horizon_days, 1)
    one, other = (month.replays.backtest(dates) for month in (told[0], planted))
    assert one.dates == dates
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    for key, samples in one.samples.items():
        pd.testing.assert_frame_equal(samples, other.samples[key], check_exact=True)


def test_the_signal_would_be_seen_a_month_later(told, planted):
    """The planted rows are in the ledger, and speak: the test above is not of an empty change."""
    later = planted.at(SEPTEMBER)
    signals = later.ledger.table("interactions", SEPTEMBER.as_of).to_pandas()
    assert len(signals) > len(planted.ledger.table("interactions", AUGUST.as_of).to_pandas()) + 20
