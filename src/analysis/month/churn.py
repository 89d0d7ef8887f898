"""Who of a month's customers has lapsed, who may be about to, and what is known of each spell."""

from __future__ import annotations

import pandas as pd

from analysis.archive import newest_in_time, read_usable
from analysis.churn import build_churn, rate_lapses_by_month
from analysis.churn.groups import add_groups
from analysis.churn.issued import put_issued
from analysis.churn.lapse import hold_limits
from analysis.churn.replay import replay_signs
from analysis.churn.watch import Watch, replay_watch
from analysis.forecast.issued import read_list
from analysis.month.basis import Basis, kept
from analysis.month.contractual import list_churn
from analysis.month.segments import hold_cutoffs
from analysis.period import Period
from analysis.segments.rfm import assign, assign_at_start


def make_churn(month: Basis) -> pd.DataFrame:
    """The table ``churn``, see `churn.build_churn`."""
    if month.ledger.is_contractual:
        return list_churn(month)
    watched, horizon = replay_lists(month).of(str(month.period)), month.params.forecast.horizon_days
    return build_churn(month.read("spells"), find_limits(month), watched, month.as_of, horizon)


@kept
def find_limits(month: Basis) -> pd.DataFrame:
    """Days of silence after which a customer has lapsed, by order group: the lost limits of the base month's cut-offs."""
    return hold_limits(hold_cutoffs(month).lifecycle)


@kept
def rate_lapses(month: Basis) -> pd.DataFrame:
    """Lapse rates of the last months, by this month's limits and spells; see `churn.rate_lapses_by_month`."""

    def make() -> pd.DataFrame:
        return rate_lapses_by_month(month.read("spells"), find_limits(month), month.period, month.params.churn)

    return month.memo.table(f"{month.period}/lapses", make)


@kept
def replay_lists(month: Basis) -> Watch:
    """The watch lists of this and the last months, replayed by what each month knew."""

    def make() -> Watch:
        return replay_watch(*replay_signs(month.ledger, month.period, month.params), month.params)

    return month.memo.model(f"{month.period}/watch", make)


@kept
def put_issued_lists(month: Basis) -> Watch:
    """`replay_lists` with the lists that were issued, in time for the month after them, in place of the replayed ones."""
    issues, lists = read_usable(month.folder, month.period), {}
    for name in replay_lists(month).months:
        listed = Period.parse(name)
        issue = newest_in_time(issues, listed, listed.shift(1).as_of)
        found = None if issue is None else read_list(issue)
        if found is not None:
            lists[name] = found
    return put_issued(replay_lists(month), lists)


@kept
def add_covariates(month: Basis) -> pd.DataFrame:
    """Spells with what was known of the customer and the order when each began, for the Cox model."""
    return add_groups(month.read("spells"), month.read("customers"))


@kept
def group_at_start(month: Basis) -> pd.Series:
    """RFM segment of each customer at the end of the month before, by customer_id: what else their segments table says is not needed."""
    before = month.previous
    customers = before.read("customers").set_index("customer_id")
    return assign(customers, hold_cutoffs(before).rfm, month.params.lifecycle.new_days)["rfm_segment"]


@kept
def add_segment(month: Basis) -> pd.DataFrame:
    """Spells with the RFM segment into which the order that starts each put the customer."""
    spells = month.read("spells")
    return spells.assign(segment=assign_at_start(spells, hold_cutoffs(month).rfm, month.params.lifecycle.new_days))
