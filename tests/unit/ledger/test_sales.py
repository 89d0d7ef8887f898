from datetime import datetime

import numpy as np
import pytest

from analysis.ledger.sales import find_limits
from analysis.params import load_params


def limits(*lines, factor=100.0, least=10):
    """`lines`: (month, quantity, how many)."""
    params = load_params({"ledger": {"outlier_factor": factor, "outlier_min_lines": least}}).ledger
    months, sizes, counts = zip(*sorted(lines), strict=True)
    return find_limits(np.array(months, dtype="datetime64[M]").astype("datetime64[us]"), np.array(sizes, float), np.array(counts), params)


def test_the_limit_is_a_multiple_of_the_99_percent_point_of_earlier_months():
    assert limits(("2024-01", 1, 98), ("2024-01", 5, 2), ("2024-02", 501, 1)) == [(datetime(2024, 2, 1), 500.0)]


def test_a_quantity_at_the_limit_is_none():
    assert limits(("2024-01", 1, 98), ("2024-01", 5, 2), ("2024-02", 500, 1)) == []


@pytest.mark.parametrize(("count", "found"), [(9, 0), (10, 1)])
def test_the_scale_needs_enough_earlier_lines(count, found):
    assert len(limits(("2024-01", 1, count), ("2024-02", 10_000, 1))) == found


def test_the_own_month_and_later_ones_set_no_scale():
    assert limits(("2024-01", 1, 100), ("2024-02", 1000, 50), ("2024-03", 1000, 500)) == [
        (datetime(2024, 2, 1), 100.0),
        (datetime(2024, 3, 1), 100.0),
    ]
