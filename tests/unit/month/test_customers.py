"""What a month knows of its customers."""

from datetime import date

import pytest

from analysis.period import Period


@pytest.mark.parametrize(("period", "has"), [("2019-12", False), ("2020-01", True)])
def test_a_month_before_the_first_order_has_none(month, period, has):
    assert month.at(Period.parse(period)).has_orders == has


def test_a_column_that_the_source_does_not_fill_makes_no_groups(month):
    assert month.customer_groups("gender") is None
    assert set(month.customer_groups("country")) == {"United Kingdom"}


def test_cohorts_are_of_buyers_alone(month):
    # of two months with too few of them, too
    assert month.cohorts.to_dict() == dict.fromkeys("abcdefgh", "2020-01\u20132020-03")


def test_the_first_order_of_anybody(month):
    assert month.first_on == date(2020, 1, 5)
