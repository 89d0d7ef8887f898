"""Who of a month's customers has lapsed, who may be about to, and what is known of each spell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.archive import newest_in_time, read_usable
from analysis.churn import build_churn, rate_lapses_by_month
from analysis.churn.groups import add_groups
from analysis.churn.issued import put_issued
from analysis.churn.lapse import hold_limits
from analysis.churn.replay import replay_signs
from analysis.churn.watch import Watch, replay_watch
from analysis.forecast.issued import read_list
from analysis.period import Period
from analysis.segments.rfm import assign, assign_at_start

if TYPE_CHECKING:
    from analysis.month.month import Month


def make_churn(month: Month) -> pd.DataFrame:
    """The table ``churn``, see `churn.build_churn`."""
    if month.ledger.is_contractual:
        return month.contract_churn
    watched, horizon = month.watch.of(str(month.period)), month.params.forecast.horizon_days
    return build_churn(month.read("spells"), month.lapse_limits, watched, month.as_of, horizon)


def find_limits(month: Month) -> pd.DataFrame:
    """Days of silence after which a customer has lapsed, by order group: the lost limits of the base month's cut-offs."""
    return hold_limits(month.cutoffs.lifecycle)


def rate_lapses(month: Month) -> pd.DataFrame:
    """Lapse rates of the last months, by this month's limits and spells; see `churn.rate_lapses_by_month`."""

    def make() -> pd.DataFrame:
        return rate_lapses_by_month(month.read("spells"), month.lapse_limits, month.period, month.params.churn)

    return month.memo.table(f"{month.period}/lapses", make)


def replay_lists(month: Month) -> Watch:
    """The watch lists of this and the last months, replayed by what each month knew."""

    def make() -> Watch:
        return replay_watch(*replay_signs(month.ledger, month.period, month.params), month.params)

    return month.memo.model(f"{month.period}/watch", make)


def put_issued_lists(month: Month) -> Watch:
    """`replay_lists` with the lists that were issued, in time for the month after them, in place of the replayed ones."""
    issues, lists = read_usable(month.folder, month.period), {}
    for name in month.watch.months:
        listed = Period.parse(name)
        issue = newest_in_time(issues, listed, listed.shift(1).as_of)
        found = None if issue is None else read_list(issue)
        if found is not None:
            lists[name] = found
    return put_issued(month.watch, lists)


def add_covariates(month: Month) -> pd.DataFrame:
    """Spells with what was known of the customer and the order when each began, for the Cox model."""
    return add_groups(month.read("spells"), month.read("customers"))


def group_at_start(month: Month) -> pd.Series:
    """RFM segment of each customer at the end of the month before, by customer_id: what else their segments table says is not needed."""
    before = month.previous
    customers = before.read("customers").set_index("customer_id")
    return assign(customers, before.cutoffs.rfm, month.params.lifecycle.new_days)["rfm_segment"]


def add_segment(month: Month) -> pd.DataFrame:
    """Spells with the RFM segment into which the order that starts each put the customer."""
    spells = month.read("spells")
    return spells.assign(segment=assign_at_start(spells, month.cutoffs.rfm, month.params.lifecycle.new_days))
