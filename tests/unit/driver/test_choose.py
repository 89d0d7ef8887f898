"""Which months may be asked for."""

from datetime import date

import pytest

from analysis.driver.prepare import Facts
from analysis.driver.records import Record
from analysis.period import Period, PeriodError


def facts(first, covered_until):
    return Facts(Record({}, {}), "Shop", "EUR", covered_until, Period.parse(first), Period.last_covered(date.fromisoformat(covered_until)))


def test_without_a_wish_the_last_whole_month():
    assert str(facts("2020-01", "2020-03-30").choose(None, "shop")) == "2020-02"
    assert str(facts("2020-01", "2020-03-31").choose(None, "shop")) == "2020-03"


@pytest.mark.parametrize("wanted", ["2020-01", "2020-02"])
def test_first_and_last_month_are_possible(wanted):
    assert str(facts("2020-01", "2020-03-30").choose(wanted, "shop")) == wanted


@pytest.mark.parametrize(("wanted", "why"), [("2019-12", "is before the data"), ("2020-03", "is not covered to its last day by the data")])
def test_other_months_are_refused_with_those_that_are_possible(wanted, why):
    with pytest.raises(PeriodError, match=f"{wanted} {why}; shop has 2020-01 to 2020-02"):
        facts("2020-01", "2020-03-30").choose(wanted, "shop")


@pytest.mark.parametrize("wanted", [None, "2020-01"])
def test_data_of_less_than_a_month(wanted):
    with pytest.raises(PeriodError, match="shop has no whole month"):
        facts("2020-01", "2020-01-20").choose(wanted, "shop")
