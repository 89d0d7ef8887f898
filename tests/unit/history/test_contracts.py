"""Contracts as known on a date: lengths, late entries, snapshots."""

from datetime import date

import pandas as pd
import pytest

from analysis.history.contracts import build_contracts, measure_tenure, split_tags
from clean_ledger import write_clean
from contract_frames import draw_company

COLUMNS = ["contract_id", "customer_id", "started_on", "ended_on", "ended", "monthly_fee", "tenure_months"]


def ledger(folder, *rows, **facts):
    table = pd.DataFrame(rows, columns=COLUMNS)
    return write_clean(folder, {"contracts": table}, **({"setting": "contractual", "covered_until": "2020-12-31"} | facts))


@pytest.fixture
def dated(tmp_path):
    return ledger(
        tmp_path,
        ("a", "x", "2019-01-15", "2020-03-15", True, 10, None),
        ("b", "y", "2019-06-30", None, False, 20, None),
        ("c", "z", "2020-10-01", "2020-12-01", True, None, None),
    )


def test_a_contract_is_as_long_as_its_months(dated):
    table = build_contracts(dated, date(2020, 12, 31)).set_index("contract_id")
    assert table.loc["a", "tenure_months"] == 14
    assert table.loc["b", "tenure_months"] == pytest.approx(18 + 1 / 31)
    assert table["is_ended"].tolist() == [True, False, True]


def test_an_end_after_the_date_is_not_known(dated):
    table = build_contracts(dated, date(2020, 3, 14)).set_index("contract_id")
    assert list(table.index) == ["a", "b"]
    assert not table["is_ended"].any()
    assert table["ended_on"].isna().all()
    assert table.loc["a", "tenure_months"] == pytest.approx(14 - 1 / 29)


def test_an_end_counts_from_its_own_day_on(dated):
    assert build_contracts(dated, date(2020, 3, 15)).set_index("contract_id").loc["a", "is_ended"]


def test_who_began_before_the_first_end_on_record_enters_late(dated):
    entry = build_contracts(dated, date(2020, 12, 31)).set_index("contract_id")["entry_months"]
    assert entry["a"] == pytest.approx(14 - 1 / 29)  # the day before its own end, the first of all
    assert entry["b"] == pytest.approx(8 + 14 / 30)
    assert entry["c"] == 0


def test_a_later_end_moves_no_entry(dated):
    before = build_contracts(dated, date(2020, 6, 30)).set_index("contract_id")["entry_months"]
    after = build_contracts(dated, date(2020, 12, 31)).set_index("contract_id")["entry_months"]
    assert after[before.index].equals(before)


def test_an_end_without_a_day_leaves_no_contract_where_days_are_known(tmp_path):
    source = ledger(tmp_path, ("a", "x", "2019-01-15", None, True, 10, None), ("b", "y", "2019-01-15", None, False, 10, None))
    assert list(build_contracts(source, date(2020, 12, 31))["contract_id"]) == ["b"]


@pytest.fixture
def snapshot(tmp_path):
    rows = (("a", "x", None, None, True, 10, 5), ("b", "y", None, None, False, 20, 0))
    return ledger(tmp_path, *rows, observed_on="2020-12-31")


def test_a_snapshot_knows_its_ends_on_its_own_day(snapshot):
    table = build_contracts(snapshot, date(2020, 12, 31))
    assert table["is_ended"].tolist() == [True, False]
    assert table["tenure_months"].tolist() == [5, 0]
    assert table["entry_months"].tolist() == [0, 0]


def test_a_snapshot_knows_nothing_before(snapshot):
    assert build_contracts(snapshot, date(2020, 12, 30)).empty


def test_tenure_is_missing_without_a_start():
    days = pd.Series(pd.to_datetime(["2020-01-31", None]))
    assert measure_tenure(days, pd.Series(pd.to_datetime(["2020-02-29", "2020-03-01"]))).tolist()[0] == 1


def test_a_tag_with_a_colon_is_a_level():
    tags = pd.DataFrame({"tags": ["senior; payment: card", "payment: cash", None]})
    found = split_tags(tags)
    assert found["payment"].tolist() == ["card", "cash", None]
    assert found["senior"].tolist() == [True, False, False]


def test_later_rows_change_no_earlier_date(tmp_path):
    whole = draw_company(6, 200)
    day = date(2020, 6, 30)
    known = whole[whole["started_on"] <= day].copy()
    later = [end is not None and end > day for end in known["ended_on"]]
    known.loc[later, ["ended_on", "end_reason"]] = None
    known.loc[later, "ended"] = False
    tables = [
        build_contracts(write_clean(tmp_path / name, {"contracts": rows}, setting="contractual", covered_until=until), day)
        for name, rows, until in (("then", known, "2020-06-30"), ("now", whole, "2020-12-31"))
    ]
    assert len(tables[0]) > 50
    pd.testing.assert_frame_equal(*tables)
