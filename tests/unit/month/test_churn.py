"""What a month knows of who leaves: last month's segments, and lists as they were sent."""

import shutil

import pandas as pd
import pytest

from analysis.archive import FOLDER, keep
from analysis.forecast.issued import make_ready


def test_segments_at_the_start_are_those_of_last_months_table(month):
    before = month.previous
    expected = before.segment(before.cutoffs).set_index("customer_id")["rfm_segment"].sort_index()
    pd.testing.assert_series_equal(month.segments_at_start.sort_index(), expected, check_dtype=False)


@pytest.fixture
def archive(month):
    """Whatever a test issues, other tests do not find."""
    yield month.folder / FOLDER
    shutil.rmtree(month.folder / FOLDER, ignore_errors=True)


def issue(month, covered_until, who):
    """Last month's forecast and list, from data that ended on a day."""
    before = month.previous
    folder = month.folder / "ready"
    folder.mkdir(exist_ok=True)
    before.read("scores").to_parquet(folder / "scores.parquet")
    churn = before.read("churn")
    listed = churn["customer_id"] == who
    warned = {"warning": "watch", "reasons": "complaint"}
    churn = churn.assign(**{name: pd.Series(value, index=churn.index, dtype=object).where(listed, None) for name, value in warned.items()})
    churn.to_parquet(folder / "churn.parquet")
    said = {"as_of": before.as_of.isoformat(), "horizon_days": month.params.forecast.horizon_days}
    digest = make_ready(folder / "scores.parquet", said, folder / "ready.parquet", folder / "churn.parquet")
    keep(month.folder, before.period, folder / "ready.parquet", digest, covered_until, said)


def test_a_list_that_was_sent_in_time_takes_the_place_of_the_replayed_one(month, archive):
    before = str(month.previous.period)
    who = month.watch.of(before)["customer_id"].iloc[0]
    issue(month, month.previous.as_of.isoformat(), who)
    fresh = month.at(month.period)
    assert archive.is_dir()
    assert fresh.sent_watch.listed(before)["customer_id"].tolist() == [who]
    assert fresh.sent_watch.listed(before)["reason"].tolist() == ["complaint"]
