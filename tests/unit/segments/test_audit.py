from __future__ import annotations

import pandas as pd

from analysis.segments.audit import always_empty


def test_class_that_was_filled_once_is_not_always_empty():
    months = {"2020-01": pd.DataFrame({"tier": ["vip"]}), "2020-02": pd.DataFrame({"tier": ["ordinary"]})}
    table = always_empty(months, "tier").set_index("class")
    assert table.loc["vip", "count_months_empty"] == 1
    assert not table.loc["vip", "is_always_empty"]
    assert table.loc["potential", "is_always_empty"]


def test_no_month_is_no_evidence():
    assert not always_empty({}, "tier")["is_always_empty"].any()
