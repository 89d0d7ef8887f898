"""Issued forecasts made ready, read back and graded."""

from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.archive import ArchiveError, keep, read_usable
from analysis.forecast.issued import ISSUED, collect_closed, grade_closed, make_ready, read_issue, read_list, sum_closed
from analysis.forecast.listing import tell_closed
from analysis.period import Period

JUNE = Period(2020, 6)
TOTALS = {
    "as_of": "2020-05-31", "horizon_days": 20, "month_days": 30, "interval": 0.8,
    "totals": {reach: {"spend": {"expected": 15.0, "low": 5.0, "high": 25.0}} for reach in ("month", "horizon")},
}  # fmt: skip


def scores(p_month=(0.5, 0.2)):
    return pd.DataFrame(
        {
            "customer_id": ["a", "b"], "p_order": [0.6, 0.3], "expected_orders": [0.9, 0.4], "expected_spend": [9.0, 4.0],
            "spend_low": [0.0, 0.0], "spend_high": [20.0, 9.0], "p_order_month": list(p_month), "expected_spend_month": [10.0, 5.0],
            "p_active": [0.9, 0.9], "p_active_low": [0.8, 0.8], "p_active_high": [1.0, 1.0], "model": "BG/NBD",
        }
    )  # fmt: skip


class Replays:
    """What the ledger would say: `a` ordered once, for 12; every replayed chance is 0.25."""

    params = SimpleNamespace(horizon_days=20)

    def forecast(self, as_of, model, horizon_days):
        table = pd.DataFrame(
            {"p_order": 0.25, "expected_orders": 0.3, "expected_spend": 3.0}, index=pd.Index(["a", "c"], name="customer_id")
        )
        table.attrs["totals"] = pd.DataFrame({"total": ["orders", "spend"], "expected": [0.6, 6.0], "low": [0.0, 1.0], "high": [2.0, 9.0]})
        return table

    def happened(self, as_of, horizon_days, index):
        return pd.DataFrame({"count_order_days": 0.0, "spend": 0.0}, index=index).assign(
            count_order_days=(index == "a") * 1.0, spend=(index == "a") * 12.0
        )

    def snapshot(self, as_of):
        return (SimpleNamespace(statistics=pd.DataFrame(index=pd.Index(["a", "c"], name="customer_id"))), None)


def issue(folder, covered_until="2020-05-31", table=None):
    (scores() if table is None else table).to_parquet(folder / "scores.parquet")
    digest = make_ready(folder / "scores.parquet", TOTALS, folder / "ready.parquet")
    return keep(folder, Period(2020, 5), folder / "ready.parquet", digest, covered_until, TOTALS)


def close(folder):
    return collect_closed(Replays(), read_usable(folder, JUNE), JUNE, date(2019, 1, 1))


def test_what_is_issued_is_the_scores_and_what_they_look_at(tmp_path):
    table = pd.read_parquet(issue(tmp_path))
    assert tuple(table.columns) == ISSUED
    assert table[["horizon_days", "as_of"]].drop_duplicates().to_numpy().tolist() == [[20, pd.Timestamp("2020-05-31")]]


def churn_table(folder):
    path = folder / "churn.parquet"
    listed = {"warning": [None, "watch"], "reasons": [None, "silence"], "spend_at_risk": [3.0, 5.0]}
    pd.DataFrame({"customer_id": scores()["customer_id"].iloc[:2], **listed, "other": 0}).to_parquet(path)
    return path


def test_the_watch_list_is_issued_with_the_forecast(tmp_path):
    scores().to_parquet(tmp_path / "scores.parquet")
    digest = make_ready(tmp_path / "scores.parquet", TOTALS, tmp_path / "ready.parquet", churn_table(tmp_path))
    keep(tmp_path, Period(2020, 5), tmp_path / "ready.parquet", digest, "2020-05-31", TOTALS)
    (issued,) = read_usable(tmp_path, JUNE)
    assert read_list(issued).to_numpy().tolist() == [[scores()["customer_id"].iloc[1], "watch", "silence", 5.0]]


def test_an_issue_from_before_lists_were_issued_has_none(tmp_path):
    issue(tmp_path)
    (issued,) = read_usable(tmp_path, JUNE)
    assert read_list(issued) is None


def test_an_issued_forecast_is_graded_as_it_stood(tmp_path):
    issue(tmp_path)
    month, horizon = close(tmp_path)
    assert (month.origin, month.reach, month.until) == ("issued", "month", JUNE.as_of)
    assert month.table["p_order"].tolist() == [0.5, 0.2]
    assert (horizon.origin, horizon.as_of, horizon.days) == ("issued", date(2020, 5, 31), 20)
    assert horizon.table["expected_orders"].tolist() == [0.9, 0.4]
    row = sum_closed([month]).iloc[0]
    assert row[["spend_expected", "spend_low", "spend_high", "spend_actual", "is_inside"]].tolist() == [15.0, 5.0, 25.0, 12.0, True]
    assert grade_closed([month]).loc[0, ["count_customers", "buyers_expected", "count_bought"]].tolist() == [2, 0.7, 1]


def test_without_an_issue_in_time_the_forecast_is_replayed_and_says_so(tmp_path):
    issue(tmp_path, covered_until="2020-06-30")
    closed = close(tmp_path)
    assert [one.origin for one in closed] == ["replayed", "replayed"]
    assert closed[0].table["p_order"].tolist() == [0.25, 0.25]
    assert [remark.key for remark in tell_closed(closed)] == ["month_replayed", "horizon_replayed"]


def test_customers_whom_the_ledger_no_longer_knows_are_counted(tmp_path):
    issue(tmp_path)
    assert close(tmp_path)[0].count_unknown == 1
    assert tell_closed(close(tmp_path))[-1].fields == {"count": 2}


def test_an_issue_made_within_the_month_counts_for_the_month(tmp_path):
    issue(tmp_path)
    issue(tmp_path, "2020-06-12", scores((0.4, 0.1)))
    month, horizon = close(tmp_path)
    assert month.table["p_order"].tolist() == [0.4, 0.1]
    assert horizon.table["p_order"].tolist() == [0.6, 0.3]


def test_a_changed_file_is_refused(tmp_path):
    path = issue(tmp_path)
    path.unlink()
    pd.read_parquet(tmp_path / "ready.parquet").assign(p_order=0.5).to_parquet(path)
    with pytest.raises(ArchiveError, match=r"^issued/2020-05/forecasts.parquet is not what was issued"):
        read_issue(read_usable(tmp_path, JUNE)[0])


def test_the_digest_is_of_the_numbers_not_of_their_storage(tmp_path):
    path = issue(tmp_path)
    table = pd.read_parquet(path)
    path.unlink()
    table.to_parquet(path, compression=None)
    assert read_issue(read_usable(tmp_path, JUNE)[0])["p_order"].tolist() == [0.6, 0.3]


def test_a_company_that_was_not_there_last_month_has_nothing_to_grade(tmp_path):
    assert collect_closed(Replays(), [], JUNE, date(2020, 6, 3)) == []
    assert grade_closed([]) is None
    assert sum_closed([]) is None
