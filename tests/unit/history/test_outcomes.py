"""What happened after a date."""

from datetime import date

import pandas as pd

from analysis.history import outcomes
from clean_ledger import order_lines, write_clean


def test_the_horizon_starts_the_day_after_and_ends_on_its_last_day(tmp_path):
    ledger = write_clean(
        tmp_path,
        {"order_lines": order_lines(("a", "2020-01-31", 1), ("a", "2020-02-01", 2), ("a", "2020-02-10", 4), ("a", "2020-02-11", 8))},
    )
    row = outcomes(ledger, date(2020, 1, 31), 10, pd.Index(["a", "b"])).loc["a"]
    assert (row["count_order_days"], row["spend"]) == (2, 6)


def test_a_cancellation_after_the_horizon_does_not_reach_into_it(tmp_path):
    ledger = write_clean(tmp_path, {"order_lines": order_lines(("a", "2020-02-10", 4), ("a", "2020-02-11", -4, "2020-02-10"))})
    assert outcomes(ledger, date(2020, 1, 31), 10, pd.Index(["a"])).loc["a", "spend"] == 4
    assert outcomes(ledger, date(2020, 1, 31), 11, pd.Index(["a"])).loc["a", "spend"] == 0


def test_a_merge_found_later_moves_no_outcome(tmp_path):
    merges = pd.DataFrame({"customer_id": ["a"], "merged_into": ["b"], "rule": ["same_phone"], "known_on": ["2020-02-05"]})
    ledger = write_clean(tmp_path, {"order_lines": order_lines(("a", "2020-02-10", 4)), "merges": merges})
    seen = outcomes(ledger, date(2020, 1, 31), 10, pd.Index(["a", "b"]))
    assert list(seen["spend"]) == [4, 0]
