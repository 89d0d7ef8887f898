import numpy as np
import pandas as pd
import pytest

from analysis.churn.lapse import know_by, set_limits
from analysis.churn.summary import label_moves, rate_lapses, rate_lapses_by_month
from analysis.params import load_params
from analysis.period import Period
from spell_frames import day, make_spells, simulate

PARAMS = load_params({"churn": {"fallback_lapse_days": 40}}).churn
JANUARY, FEBRUARY = 30, 59  # 2020-01-31, 2020-02-29


def moves(orders):
    spells = make_spells(orders, FEBRUARY)
    return label_moves(spells, set_limits(spells, PARAMS), day(FEBRUARY)).set_index("customer_id")["move"].to_dict()


def test_each_move_by_hand():
    found = moves({"stayed": [20], "lapsed": [10], "new": [40], "bought": [10, 45]})
    assert found == {"stayed": "stayed", "lapsed": "lapsed", "new": "new", "bought": "stayed"}


def test_a_first_order_on_the_last_day_before_the_month_is_not_new():
    assert moves({"a": [JANUARY]}) == {"a": "stayed"}
    assert moves({"a": [JANUARY + 1]}) == {"a": "new"}


def test_a_lapse_on_the_last_day_of_the_month_counts():
    assert moves({"a": [FEBRUARY - 41]}) == {"a": "lapsed"}
    assert moves({"a": [FEBRUARY - 40]}) == {"a": "stayed"}


def test_new_customers_are_in_neither_part_of_the_rate():
    spells = make_spells({"stayed": [20], "lapsed": [10], "new": [40]}, FEBRUARY)
    row = rate_lapses(label_moves(spells, set_limits(spells, PARAMS), day(FEBRUARY)), None, PARAMS).iloc[0]
    assert (row["numerator"], row["denominator"], row["count_new"]) == (1, 2, 1)
    assert row["share_low"] < row["share"] < row["share_high"]


@pytest.mark.parametrize("seed", range(3))
def test_active_at_the_end_adds_up_in_every_group(seed):
    spells = know_by(simulate(150, seed=seed), day(485))
    found = label_moves(spells, set_limits(spells, PARAMS), day(485))
    groups = pd.Series(np.where(pd.factorize(found["customer_id"])[0] % 2, "x", "y"), index=found["customer_id"])
    parts, whole = rate_lapses(found, groups, PARAMS), rate_lapses(found, None, PARAMS).iloc[0]
    for table in (parts, rate_lapses(found, None, PARAMS)):
        assert (table["denominator"] + table["count_new"] + table["count_returned"] - table["numerator"] == table["active_end"]).all()
    for column in ("numerator", "denominator", "count_new", "count_returned", "active_end"):
        assert parts[column].sum() == whole[column]


def test_months_end_with_the_period_and_this_months_row_is_the_months_rate():
    spells = know_by(simulate(150, seed=1), day(485))
    limits = set_limits(spells, PARAMS)
    table = rate_lapses_by_month(spells, limits, Period.parse("2021-04"), PARAMS, months=4)
    assert table["month"].tolist() == ["2021-01", "2021-02", "2021-03", "2021-04"]
    assert table.iloc[-1]["share"] == rate_lapses(label_moves(spells, limits, day(485)), None, PARAMS).iloc[0]["share"]
