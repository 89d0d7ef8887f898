"""The watch list as people work with it, and what became of last month's."""

from __future__ import annotations

import pandas as pd

from analysis.churn import watch_list
from analysis.churn.follow_up import count_moves, follow_up, read_contacts, read_names, read_orders
from analysis.history import survivors
from analysis.history.disclosure import hide_small
from analysis.month import Month
from analysis.report.words.catalogue import label_level


def count_watch(month: Month) -> dict[str, float]:
    """Numbers of the month's watch list: `count` of customers, `urgent` ones, and their `spend` at risk."""
    churn = month.read("churn")
    warned = churn[churn["warning"].notna()]
    return {
        "count": len(warned),
        "urgent": int((warned["warning"] == "urgent").sum()),
        "spend": float(warned["spend_at_risk"].sum()),
    }


def list_watch(month: Month) -> pd.DataFrame:
    """The watch list as people work with it: see `churn.watch_list`; levels and reasons in words."""
    churn, customers, scores = (month.read(name) for name in ("churn", "customers", "scores"))
    before = month.previous.forecast.predict(month.params.forecast.horizon_days)["p_order"] if month.previous.has_orders else None
    contacts, names = read_contacts(month.ledger, None, month.as_of), read_names(month.ledger, month.as_of)
    table = watch_list(churn, customers, scores, before=before, names=names, contacts=contacts)
    reasons = table["reasons"].map(lambda keys: "; ".join(label_level("reason", key) for key in keys.split("|")))
    return table.assign(reasons=reasons, warning=table["warning"].map(lambda level: label_level("warning", level)))


def follow_watch(month: Month) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How the list came from last month's (`churn.count_moves`) and what became of that (`churn.follow_up`); money of few blanked."""
    now, before, ledger = str(month.period), str(month.period.previous), month.ledger
    after, into, churn = month.period.previous.as_of, survivors(month.ledger, month.as_of), month.read("churn")
    orders = read_orders(ledger, after, month.as_of)
    moves = count_moves(month.sent_watch, now, before, into, orders)
    lapsed, contacts = churn.loc[churn["is_lapsed"], "customer_id"], read_contacts(ledger, after, month.as_of)
    became, least = follow_up(month.sent_watch.listed(before), into, lapsed, orders, contacts), month.params.report.min_cell
    moves["spend_at_risk"] = moves["spend_at_risk"].mask(moves["count_customers"].abs().between(1, least - 1))
    return moves, hide_small(became, "count_customers", ["revenue", "spend_at_risk"], least)
