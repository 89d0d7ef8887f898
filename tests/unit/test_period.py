from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.period import Period, PeriodError, months_between

MONTHS = st.builds(Period, st.integers(1, 9998), st.integers(1, 12))


@pytest.mark.parametrize(
    "text", ["2020-1", "2020-13", "2020-00", "202001", " 2020-01", "2020-01-01", "２０２０-01", "0000-01", "", None, 202001]
)
def test_anything_but_a_month_is_refused_in_one_line(text):
    with pytest.raises(PeriodError, match="write it as YYYY-MM") as error:
        Period.parse(text)
    assert "\n" not in str(error.value)


@given(MONTHS)
def test_text_and_month_are_two_forms_of_one_thing(month):
    assert Period.parse(str(month)) == month


@given(MONTHS, st.integers(-12, 12))
def test_shifting_back_undoes_shifting(month, months):
    if month.year + months // 12 >= 1 and month.year > 1:
        assert month.shift(months).shift(-months) == month


@given(MONTHS.filter(lambda month: month.year < 9998))
def test_months_follow_each_other_without_a_gap(month):
    assert (month.shift(1).starts_on - month.as_of).days == 1


@pytest.mark.parametrize(
    ("text", "last"), [("2020-02", 29), ("2019-02", 28), ("1900-02", 28), ("2000-02", 29), ("2020-04", 30), ("2020-12", 31)]
)
def test_a_month_ends_on_its_last_day(text, last):
    assert Period.parse(text).as_of.day == last


@pytest.mark.parametrize(
    ("covered", "last"), [("2020-02-29", "2020-02"), ("2020-02-28", "2020-01"), ("2020-03-01", "2020-02"), ("2020-01-30", "2019-12")]
)
def test_last_covered_month_is_whole(covered, last):
    assert str(Period.last_covered(date.fromisoformat(covered))) == last


def test_range_includes_both_ends():
    assert [str(month) for month in Period(2019, 11).to(Period(2020, 1))] == ["2019-11", "2019-12", "2020-01"]
    assert Period(2020, 1).to(Period(2020, 1)) == [Period(2020, 1)]
    assert Period(2020, 2).to(Period(2020, 1)) == []


def test_a_month_is_parsed_from_itself():
    assert Period.parse(Period(2020, 1)) == Period(2020, 1)


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2020-01-31", "2020-02-29", 1),  # a month without a 31st is over on its last day
        ("2020-01-31", "2020-03-14", 1 + 14 / 31),
        ("2020-01-15", "2020-01-15", 0),
        ("2019-12-15", "2020-12-15", 12),
        ("2020-02-15", "2020-02-14", -1 / 29),
    ],
)
def test_months_between_days_are_those_of_the_calendar(start, end, months):
    assert months_between(date.fromisoformat(start), date.fromisoformat(end)) == pytest.approx(months)


@given(st.dates(date(1990, 1, 1), date(2050, 12, 31)), st.integers(0, 3000), st.integers(0, 3000))
def test_a_later_day_is_never_fewer_months_away(start, one, two):
    near, far = sorted((start + timedelta(days=one), start + timedelta(days=two)))
    assert months_between(start, near) <= months_between(start, far)
