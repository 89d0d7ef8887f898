"""All orders, read once, and what was known of them on any earlier day."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.history import read_statistics
from analysis.history.past import read_past, statistics
from clean_ledger import order_lines, write_clean

LINES = order_lines(
    ("b", "2020-01-05", 10.0),
    ("a", "2020-01-05", 20.0),
    ("a", "2020-02-10", 30.0),
    ("a", "2020-03-01", -30.0, "2020-02-10"),
    ("b", "2020-02-20", 5.0),
    ("b", "2020-03-05", -2.0, "2020-02-20"),
)


@pytest.fixture
def ledger(tmp_path):
    return write_clean(tmp_path, {"order_lines": LINES}, covered_until="2020-03-31")


@pytest.mark.parametrize("day", [date(2020, 1, 31), date(2020, 2, 29), date(2020, 3, 31)])
def test_statistics_are_those_of_the_history(ledger, day):
    past = read_past(ledger, date(2020, 3, 31))
    pd.testing.assert_frame_equal(statistics(past.days(day), past.ids), read_statistics(ledger, day), check_index_type=False)


def test_a_cancellation_counts_from_the_day_it_is_known(ledger):
    past = read_past(ledger, date(2020, 3, 31))
    assert len(past.days(date(2020, 2, 29)).day) == 4
    assert len(past.days(date(2020, 3, 1)).day) == 3


def test_a_later_day_is_refused(ledger):
    with pytest.raises(ValueError, match="knows nothing of 2020-03-01"):
        read_past(ledger, date(2020, 2, 29)).days(date(2020, 3, 1))


def test_a_merge_found_later_is_not_known(tmp_path):
    merges = pd.DataFrame({"customer_id": ["b"], "merged_into": ["a"], "rule": ["email"], "known_on": [date(2020, 3, 15)]})
    ledger = write_clean(tmp_path, {"order_lines": LINES, "merges": merges}, covered_until="2020-03-31")
    assert list(read_past(ledger, date(2020, 3, 14)).ids) == ["a", "b"]
    assert list(read_past(ledger, date(2020, 3, 15)).ids) == ["a"]


def test_a_sample_keeps_whole_customers(tmp_path):
    rows = [(f"c{number}", day, 1.0) for number in range(200) for day in ("2020-01-01", "2020-01-02", "2020-01-03")]
    past = read_past(write_clean(tmp_path, {"order_lines": order_lines(*rows)}, covered_until="2020-01-31"), date(2020, 1, 31))
    few = past.sample(50)
    assert 20 < len(few.ids) < 90
    assert set(np.bincount(few.customer)) == {3}
    assert set(few.ids) <= set(past.ids)
