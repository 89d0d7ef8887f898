"""Replay: whatever is added to the raw data later, the tables of an earlier month stand as they were."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from analysis import forecast
from analysis.contracts import LEDGER
from analysis.history import behaviour, cohorts, monthly
from analysis.ledger import quality
from analysis.month import Month
from analysis.month.tables import TABLES
from analysis.stages import build_metrics
from changed_ledger import change_clean, is_later, scramble
from handed_over import AUGUST, SEPTEMBER
from undoing import DOUBLE

JUDGEMENTS = {
    "sources": lambda month: quality.sources(month.ledger, month.as_of).drop(columns=["count_named", "join_share"]),
    "money": lambda month: quality.reconcile(month.ledger, month.as_of).money,
    "missing": lambda month: quality.missing(month.ledger, month.as_of).query("count_missing > 0").drop(columns="count_filled"),
    "change": lambda month: quality.change(month.ledger, month.as_of),
    "merges": lambda month: quality.merges(month.ledger, month.as_of),
}
"""What the ledger chapter says as of a date, without what it says of the whole source."""
READINGS = {
    "months": lambda month: monthly(month.ledger, month.as_of),
    "retention": lambda month: cohorts.retention(month.ledger, month.as_of).months,
    "conversion": lambda month: cohorts.retention(month.ledger, month.as_of).conversion,
    "gaps": lambda month: behaviour.purchase_distributions(month.ledger, month.as_of).gaps,
    "hours": lambda month: behaviour.purchase_distributions(month.ledger, month.as_of).hours,
    "cutoffs": lambda month: month.cutoffs.rows(),
    "metrics": lambda month: pd.DataFrame([metric.as_dict() for metric in build_metrics(month)]),
    "grades": lambda month: forecast.backtest(
        month.ledger, forecast.closed_dates(month.as_of, 90, 1, month.first_on), 90, month.params.forecast
    ),
}
"""What other chapters show that is no table of a month."""
READERS = ("customers", "spells", "churn", "value")
"""Tables whose makers read the ledger; the others are made of these alone."""


def assert_same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def as_known(month: Month, name: str) -> pd.DataFrame:
    rows = month.ledger.table(name, month.as_of).to_pandas()
    return rows.sort_values(list(rows.columns), ignore_index=True)


@pytest.mark.parametrize("name", LEDGER)
def test_clean_table(told, name):
    before, after = (as_known(month, name) for month in told)
    assert len(before)
    assert_same(before, after)


@pytest.mark.parametrize("name", TABLES)
def test_derived_table(told, name):
    assert_same(*(month.read(name) for month in told))


@pytest.mark.parametrize("name", JUDGEMENTS)
def test_judgement_of_the_ledger(told, name):
    assert_same(*(JUDGEMENTS[name](month).reset_index(drop=True) for month in told))


@pytest.mark.parametrize("name", READINGS)
def test_reading_of_the_month(told, name):
    assert_same(*(READINGS[name](month) for month in told))


EVENTS = {
    "case": ("feedback", "feedback_id", ("first_reply_at", "resolved_at", "told_back_at", "adopted")),
    "need": ("needs", "need_id", ("met_at",)),
    "contract": ("contracts", "contract_id", ("ended_on", "ended", "end_reason")),
    "action": ("actions", "action_id", ("done_on", "outcome", "cost")),
    "order": ("order_lines", "order_id", ("delivered_at", "delivered_on")),
}


@pytest.mark.parametrize("event", EVENTS)
def test_september_fills_what_august_left_open(undoing, told, event):
    name, key, columns = EVENTS[event]
    ledger = told[1].ledger
    cells = [ledger.table(name, period.as_of).to_pandas().set_index(key).loc[getattr(undoing, event)] for period in (AUGUST, SEPTEMBER)]
    cells = [rows.iloc[0] if isinstance(rows, pd.DataFrame) else rows for rows in cells]
    assert cells[0][list(columns)].isna().all()
    assert cells[1][list(columns)].notna().all()


def test_september_changes_the_customers_of_august(undoing, told):
    august, september = (told[1].at(period).read("customers").set_index("customer_id") for period in (AUGUST, SEPTEMBER))
    assert {undoing.merged, undoing.into} <= set(august.index)
    assert not {undoing.merged, DOUBLE} & set(september.index)
    assert [months.loc[undoing.moved, "country"] for months in (august, september)] == ["China", "France"]


def test_september_cancels_an_order_of_august(undoing, told):
    august, september = (
        told[1].at(period).read("spells").set_index("customer_id").loc[[undoing.cancelled]] for period in (AUGUST, SEPTEMBER)
    )
    days = [set(rows["started_on"].dt.date[rows["started_on"].dt.month == 8]) for rows in (august, september)]
    assert len(days[0] - days[1]) == 1


@pytest.fixture(scope="module")
def scrambled(told, tmp_path_factory):
    """August, after a September in which every cell is at a wrong place."""
    after, rng = told[1], np.random.default_rng(5)
    folder = tmp_path_factory.mktemp("scrambled") / "company"
    return Month(change_clean(after.folder, folder, lambda name, rows: scramble(name, rows, AUGUST.as_of, after.ledger, rng)), AUGUST)


def test_scrambled_future_is_another_one(told, scrambled):
    september = [month.at(SEPTEMBER).read("customers")["spend_total"].sum() for month in (told[1], scrambled)]
    assert september[0] != september[1]


@pytest.mark.parametrize("name", READERS)
def test_scrambled_future_changes_no_table(told, scrambled, name):
    assert_same(told[1].read(name), scrambled.read(name))


@pytest.fixture(scope="module")
def young(told, tmp_path_factory):
    """August of a company that asks no customer and knows no cost until September: as reported then, and again later."""
    folder = tmp_path_factory.mktemp("young")

    def forget(name: str, rows: pa.Table) -> pa.Table:
        if name in ("surveys", "interactions", "feedback"):
            known = {"surveys": "answered_at", "interactions": "occurred_at", "feedback": "received_at"}[name]
            return rows.filter(pa.array(is_later(rows[known], AUGUST.as_of, told[1].ledger)))
        if name in ("order_lines", "products"):
            late = is_later(rows["ordered_on"], AUGUST.as_of, told[1].ledger) if name == "order_lines" else np.zeros(len(rows), bool)
            cost = pa.compute.if_else(pa.array(late), rows["unit_cost"], pa.scalar(None, rows["unit_cost"].type))
            return rows.set_column(rows.column_names.index("unit_cost"), "unit_cost", cost)
        return rows

    return [Month(change_clean(month.folder, folder / str(number), forget), AUGUST) for number, month in enumerate(told)]


@pytest.mark.parametrize("name", READERS)
def test_table_of_a_month_before_the_first_survey(young, name):
    assert_same(*(month.read(name) for month in young))
