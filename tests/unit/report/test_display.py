"""How a column is written, from its name and its type."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from analysis.report.show.display import guess_kind, plain_value

FLOATS, INTEGERS = pd.Series([0.5, np.nan]), pd.Series([1, 2])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("share", "percent"),
        ("share_buyers", "percent"),
        ("join_share", "percent"),
        ("repeat_rate", "percent"),
        ("p_order", "percent"),
        ("p_value", "p_value"),
        ("p_adjusted", "p_value"),
        ("p_auc", "decimal3"),
        ("correlation", "decimal3"),
        ("hr", "decimal"),
        ("spend_total", "money"),
        ("revenue_anonymous", "money"),
        ("value", "money"),
        ("mean_spend", "money"),
        ("spend_bias", "percent"),
        ("limit_days", "days"),
        ("days_as_customer", "days"),
        ("median_days_since_last_order", "days"),
        ("p_order_month", "percent"),
        ("drifted", "number"),
        ("low", "number"),
    ],
)
def test_a_number_is_written_as_its_name_says(name, kind):
    assert guess_kind(name, FLOATS) == kind


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize(
    ("name", "kind"), [("retention", "percent"), ("share", "percent"), ("clv", "money"), ("ratio", "decimal"), ("gap_days", "days")]
)
def test_the_limits_of_an_interval_are_written_as_what_they_enclose(name, kind, end):
    assert guess_kind(f"{name}_{end}", FLOATS) == guess_kind(name, FLOATS) == kind


@pytest.mark.parametrize(("name", "kind"), [("count_customers", "integer"), ("hour", "integer"), ("gap_days", "days")])
def test_whole_numbers_are_whole_unless_their_name_says_otherwise(name, kind):
    assert guess_kind(name, INTEGERS) == kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pd.Series([True, False]), "bool"),
        (pd.Series(pd.to_datetime(["2020-01-01"])), "date"),
        (pd.Series([None, date(2020, 1, 1)], dtype=object), "date"),
        (pd.Series([None, Decimal("1.5")], dtype=object), "money"),
        (pd.Series(["x", None]), "text"),
        (pd.Series([None, None], dtype=object), "text"),
        (pd.Series([1, None], dtype="Int64"), "percent"),
    ],
)
def test_what_is_no_number_is_written_as_its_type_whatever_its_name(values, kind):
    assert guess_kind("share", values) == kind


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (float("nan"), None),
        (pd.NaT, None),
        (pd.NA, None),
        (float("inf"), None),
        (np.int64(3), 3),
        (np.float64(0.5), 0.5),
        (np.bool_(True), True),
        (Decimal("1.50"), 1.5),
        (pd.Timestamp("2020-01-31"), "2020-01-31"),
        (date(2020, 1, 31), "2020-01-31"),
        ("a\x00b", "ab"),
    ],
)
def test_values_become_what_json_can_hold(value, plain):
    assert plain_value(value) == plain
    assert type(plain_value(value)) is type(plain)
