from __future__ import annotations

import json

import pandas as pd
import pytest

from analysis.params import load_params
from analysis.period import Period
from analysis.segments.base import Cutoffs, base_period, fit_cutoffs
from tiny_company import make_company

PARAMS = load_params({"rfm": {"min_buyers": 3}})


def firsts(*days: str) -> pd.Series:
    return pd.Series(pd.to_datetime(list(days)))


EARLY = firsts("2019-07-15", "2019-07-20", "2019-08-01", "2020-03-01")


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("2020-11", "2019-12"),
        ("2020-12", "2020-12"),
        ("2019-12", "2019-12"),
        ("2019-11", "2019-08"),
    ],
)
def test_last_december_with_half_a_year_of_data(period, expected):
    assert str(base_period(Period.parse(period), EARLY, PARAMS)) == expected


@pytest.mark.parametrize(("period", "expected"), [("2020-01", "2020-01"), ("2020-09", "2020-01"), ("2019-12", "2019-08")])
def test_sixth_month_where_the_december_is_too_young(period, expected):
    days = firsts("2019-08-01", "2019-08-02", "2019-08-03")
    assert str(base_period(Period.parse(period), days, PARAMS)) == expected


def test_month_with_too_few_buyers_is_passed_over():
    days = firsts("2019-01-01", "2019-01-02", "2020-02-03")
    assert str(base_period(Period.parse("2020-05"), days, PARAMS)) == "2020-02"


def test_too_few_buyers_at_all_leave_the_period_itself():
    assert str(base_period(Period.parse("2020-05"), firsts("2019-01-01"), PARAMS)) == "2020-05"


def test_first_orders_after_the_period_do_not_count():
    days = firsts("2019-01-01", "2019-01-02", "2020-06-01")
    assert str(base_period(Period.parse("2020-05"), days, PARAMS)) == "2020-05"


@pytest.mark.parametrize(("period", "expected"), [("2020-11", "2020-03"), ("2020-02", "2019-12")])
def test_named_month_is_used_unless_it_lies_ahead(period, expected):
    named = load_params({"rfm": {"min_buyers": 3, "base_period": "2020-03"}})
    assert str(base_period(Period.parse(period), EARLY, named)) == expected


def test_cut_offs_survive_json():
    customers, spells = make_company(3, buyers=60)
    cutoffs = fit_cutoffs(customers, spells, load_params(), Period(2020, 12))
    assert Cutoffs.from_dict(json.loads(json.dumps(cutoffs.as_dict()))) == cutoffs


@pytest.mark.parametrize(("buyers", "is_cut"), [(49, False), (50, True)])
def test_too_few_buyers_are_not_cut(buyers, is_cut):
    cutoffs = fit_cutoffs(*make_company(3, buyers=buyers), load_params())
    assert (cutoffs.rfm is not None) is is_cut
    assert (cutoffs.tiers is not None) is is_cut


def test_printed_cut_offs_leave_no_gap_between_classes():
    rows = fit_cutoffs(*make_company(3, buyers=60), load_params(), Period(2020, 12)).rows()
    for _, part in rows.groupby("scheme"):
        assert part["low"].iloc[1:].tolist() == part["high"].iloc[:-1].tolist()
        assert pd.isna(part["high"].iloc[-1])


def test_part_that_the_source_lacks_is_printed_with_no_weight():
    customers, spells = make_company(3, buyers=60)
    weights = fit_cutoffs(customers, spells, load_params()).weights().set_index("part")["weight"]
    assert weights["satisfaction"] == 0
    assert weights.sum() == pytest.approx(1)
