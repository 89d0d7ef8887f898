"""Churn of customers and fees by month."""

from datetime import date

import pandas as pd
import pytest

from analysis.churn.contract_flows import count_active, follow_months, hide_few, tell_year
from analysis.contracts import Missing
from analysis.history.contracts import build_contracts
from analysis.params import load_params
from analysis.period import Period
from clean_ledger import write_clean
from contract_frames import draw_company, make_contracts

PARAMS = load_params().contracts


def dated(*rows):
    """Contracts from (customer, start, end, fee)."""
    frame = make_contracts(*[(1, end is not None) for _, _, end, _ in rows])
    customers, starts, ends, fees = zip(*rows, strict=True)
    return frame.assign(
        customer_id=customers, started_on=pd.to_datetime(list(starts)), ended_on=pd.to_datetime(list(ends)), monthly_fee=fees
    )


COMPANY = dated(
    ("stays", "2019-01-01", None, 100.0),
    ("leaves", "2019-01-01", "2020-02-10", 50.0),
    ("grows", "2019-01-01", None, 10.0),
    ("grows", "2020-02-05", None, 5.0),
    ("shrinks", "2019-01-01", None, 20.0),
    ("shrinks", "2019-01-01", "2020-02-29", 8.0),
    ("new", "2020-02-01", None, 30.0),
    ("brief", "2020-02-02", "2020-02-20", 30.0),
)


@pytest.fixture
def february():
    return follow_months(COMPANY, date(2020, 2, 29), PARAMS).set_index("month").loc["2020-02"]


def test_lost_customers_over_those_at_the_start(february):
    assert (february["numerator"], february["denominator"]) == (1, 4)


def test_new_customers_are_in_neither(february):
    assert (february["count_new"], february["active_end"]) == (1, 4)


def test_net_retention_is_by_its_definition(february):
    assert february[["fees_start", "fees_expansion", "fees_contraction", "fees_churned"]].tolist() == [188, 5, 8, 50]
    assert february["net_retention"] == pytest.approx((188 + 5 - 8 - 50) / 188)
    assert february["revenue_churn"] == pytest.approx(50 / 188)


def test_a_contract_that_ends_on_the_last_day_has_ended_by_the_end(february):
    assert february["fees_end"] == 100 + 15 + 20 + 30


def test_months_before_the_first_end_are_left_out():
    table = follow_months(COMPANY, date(2020, 4, 30), PARAMS)
    assert table["month"].tolist() == ["2020-02", "2020-03", "2020-04"]


def test_without_days_one_line_names_what_is_lacking():
    found = follow_months(make_contracts((3, True), (4, False)), date(2020, 2, 29), PARAMS)
    assert found == Missing("contracts", ("started_on", "ended_on"), ("A22", "X14"))


def test_without_fees_customers_are_still_counted():
    table = follow_months(COMPANY.assign(monthly_fee=float("nan")), date(2020, 2, 29), PARAMS)
    assert "net_retention" not in table
    assert table["numerator"].iloc[-1] == 1


def test_a_made_company_adds_up(tmp_path):
    ledger = write_clean(tmp_path, {"contracts": draw_company(11)}, setting="contractual", covered_until="2020-12-31")
    table = follow_months(build_contracts(ledger, date(2020, 12, 31)), date(2020, 12, 31), PARAMS)
    assert len(table) == 13
    assert (table["denominator"] + table["count_new"] - table["numerator"]).equals(table["active_end"])
    kept = table["fees_start"] + table["fees_expansion"] - table["fees_contraction"] - table["fees_churned"]
    assert (kept + table["fees_new"]).tolist() == pytest.approx(table["fees_end"].tolist())
    assert table["denominator"].tolist()[1:] == table["active_end"].tolist()[:-1]


def test_a_later_month_changes_no_earlier_one(tmp_path):
    ledger = write_clean(tmp_path, {"contracts": draw_company(11)}, setting="contractual", covered_until="2020-12-31")
    early, late = (
        follow_months(build_contracts(ledger, day), day, PARAMS).set_index("month") for day in (date(2020, 6, 30), date(2020, 12, 31))
    )
    shared = early.index.intersection(late.index)
    pd.testing.assert_frame_equal(early.loc[shared], late.loc[shared])


def test_a_snapshot_counts_its_own_month_alone():
    table = count_active(make_contracts((3, True), (4, False)), Period(2020, 2))
    assert table.to_dict("records") == [{"month": "2020-02", "count_contracts": 1, "fees": 10.0}]


def test_fees_of_a_few_customers_are_not_shown():
    shown = hide_few(follow_months(COMPANY, date(2020, 2, 29), PARAMS), 5).iloc[-1]
    assert shown[["fees_churned", "revenue_churn", "fees_new"]].isna().all()
    # 188 less what stayed, or retention times 188, would be the fee of the one who left
    assert shown[["fees_expansion", "fees_contraction", "net_retention"]].isna().all()
    assert "count_changed" not in shown
    assert shown["fees_start"] == 188
    enough = hide_few(follow_months(COMPANY, date(2020, 2, 29), PARAMS), 1).iloc[-1]
    assert enough["fees_churned"] == 50


def test_a_year_is_told_of_those_at_its_start_once_enough_have_left():
    flows = follow_months(COMPANY.assign(ended_on=COMPANY["ended_on"].fillna(pd.NaT)), date(2020, 2, 29), PARAMS)
    assert tell_year(COMPANY, flows, date(2020, 2, 29), PARAMS, 1) == []
    longer = pd.concat([COMPANY, dated(("early", "2018-01-01", "2018-12-31", 1.0))], ignore_index=True)
    flows = follow_months(longer, date(2020, 2, 29), PARAMS)
    (told,) = tell_year(longer, flows, date(2020, 2, 29), PARAMS, 1)
    assert (told.key, told.fields["numerator"], told.fields["denominator"]) == ("told", 1, 4)
    assert told.fields["retention"] == pytest.approx((100 + 15 + 20) / 188)
    assert tell_year(longer, flows, date(2020, 2, 29), PARAMS, 2) == []
