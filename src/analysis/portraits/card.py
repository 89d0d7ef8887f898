"""The card of one customer, as HTML: for analysts, never for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.contracts import Missing
from analysis.portraits.customer import Customer, Part, read_customer
from analysis.portraits.reasons import tell_classes
from analysis.report.charts.sparkline import draw_sparkline
from analysis.report.show import missing
from analysis.report.show.display import PERSON, Display, build_table, escape
from analysis.report.show.tables import render_table
from analysis.report.words import format_date, format_value, label_level, words
from analysis.report.words.numbers import is_blank
from analysis.value.margin import find_margin

if TYPE_CHECKING:
    from analysis.month import Month

MONTHS = 24
"""Months in the line of a customer's spend."""


def show_customer(month: Month, customer_id: str) -> Display:
    """What is known of one customer by the end of `month`; a page that would publish it is refused.

    Raises
    ------
    PortraitError
        No such customer by then.
    """
    customer = read_customer(month, customer_id)
    return Display(PERSON, render_customer(month, customer))


def render_customer(month: Month, customer: Customer) -> str:
    """`customer` as HTML, everything escaped."""
    # contracts stand in the place of orders where there are none to be expected
    has_orders = len(customer.orders) > 0 or not month.ledger.is_contractual
    parts = [
        _introduce(month, customer),
        _boxes(customer, month.ledger.is_contractual),
        _tell_history(month, customer) if has_orders else "",
        _section("classes", tell_classes(month, customer)),
        _section("rhythm", _list(_tell_rhythm(customer))) if has_orders else "",
        _section("risk", _list(_tell_risk(month, customer))),
        _section("value", _list(_tell_value(month, customer))),
        _section("balance", _table(customer.balances, "balances", "balance_none")),
        _section("contracts", _tell_contracts(customer)) if len(customer.contracts) else "",
        _section("contacts", _table(customer.contacts, "contacts_table", "contacts_none")),
        _section("needs", _table(customer.needs, "needs_table", "needs_none")),
        _section("feedback", _table(customer.feedback, "feedback_table", "feedback_none")),
        _section("who", _describe(customer)),
    ]
    return "".join(parts)


def _say(key: str, **fields: object) -> str:
    return escape(words(f"portraits.card.{key}", **fields))


def _section(name: str, body: str) -> str:
    return f"<h2>{_say(name)}</h2>{body}"


def _list(sentences: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{sentence}</li>' for sentence in sentences)}</ul>"


def _introduce(month: Month, customer: Customer) -> str:
    notes = [_say("as_of", as_of=format_date(month.as_of), source=month.config.title)]
    if customer.asked != customer.ident:
        notes.append(_say("merged", asked=customer.asked, ident=customer.ident))
    if customer.doubles:
        notes.append(_say("doubles", ids=", ".join(customer.doubles)))
    named = customer.master.get("name")
    lead = f"<p>{escape(named)}</p>" if named else ""
    banner = f'<div class="box stop"><p><strong>{_say("banner")}</strong></p></div>'
    return f"{banner}<h1>{_say('title', ident=customer.ident)}</h1>{lead}<p class=note>{' '.join(notes)}</p>"


def _boxes(customer: Customer, is_contractual: bool) -> str:
    balance = None if isinstance(customer.balances, Missing) or customer.balances.empty else float(customer.balances["balance"].sum())
    shown = (
        ("spend", customer.get("customers.spend_total"), "money"),
        ("orders", customer.get("customers.count_order_days"), "integer"),
        ("silence", customer.get("customers.days_since_last_order"), "integer"),
        ("chance", customer.get("scores.p_order"), "percent"),
        ("clv", customer.get("value.clv"), "money"),
        ("balance", balance, "money"),
    )
    cards = [
        f"<div class=card><p class=name>{_say(f'box.{name}')}</p><p class=value>{escape(format_value(value, kind))}</p></div>"
        for name, value, kind in shown
        if value is not None and not (is_contractual and name in ("spend", "orders"))
    ]
    return f'<div class="cards facts">{"".join(cards)}</div>'


def _tell_history(month: Month, customer: Customer) -> str:
    orders = customer.orders
    if orders.empty:
        return _section("history", f"<p>{_say('no_orders')}</p>")
    first, last = orders["ordered_on"].iloc[0], orders["ordered_on"].iloc[-1]
    by_month = orders.groupby(orders["ordered_on"].dt.strftime("%Y-%m"))["amount"].sum()
    line = [float(by_month.get(str(month.period.shift(-back)), 0.0)) for back in range(MONTHS - 1, -1, -1)]
    spark = f"<div class=line>{draw_sparkline(line, 'money')}</div><p class=note>{_say('by_month', months=MONTHS)}</p>"
    newest = orders.iloc[::-1].head(month.params.portraits.shown_rows).reset_index(drop=True)
    return _section("history", f"<p>{_say('first_last', first=first, last=last)}</p>{spark}{_table(newest, 'orders')}")


def _tell_rhythm(customer: Customer) -> list[str]:
    silence, usual = customer.get("customers.days_since_last_order"), customer.get("churn.usual_gap_days")
    if silence is None:
        return [_say("no_orders")]
    if usual is None or not customer.get("churn.count_gaps"):
        said = [_say("rhythm_first", silence=silence)]
    else:
        said = [_say("rhythm_own", usual=usual, silence=silence, times=silence / max(float(usual), 1.0))]
    limit = customer.get("churn.limit_days")
    return [*said, _say("rhythm_limit", limit=limit)] if limit is not None else said


def _tell_risk(month: Month, customer: Customer) -> list[str]:
    said, on = [], customer.get("churn.lapsed_on")
    if "churn.is_lapsed" in customer.facts:
        said.append(_say("risk_lapsed", on=on) if customer.get("churn.is_lapsed") else _say("risk_not_lapsed"))
    if (chance := customer.get("scores.p_order")) is not None:
        said.append(_say("risk_order", days=month.params.forecast.horizon_days, chance=chance))
        low, high = customer.get("scores.p_active_low"), customer.get("scores.p_active_high")
        said.append(_say("risk_active", chance=customer.get("scores.p_active"), low=low, high=high))
    if (end := customer.get("churn.p_end")) is not None:
        said.append(_say("risk_end", chance=end))
    if warning := customer.get("churn.warning"):
        keys = str(customer.get("churn.reasons") or customer.get("churn.reason") or "").split("|")
        reasons = "; ".join(label_level("reason", key) for key in keys if key)
        since, spend = customer.get("churn.first_warned"), customer.get("churn.spend_at_risk")
        said.append(_say("risk_warning", level=label_level("warning", warning), since=since, spend=spend, reasons=reasons))
    elif said:
        said.append(_say("risk_no_warning"))
    return said or [_say("no_orders")]


def _tell_value(month: Month, customer: Customer) -> list[str]:
    said, share = [], month.params.forecast.interval
    basis = find_margin(month.read("customers"), month.params.value, month.margins).basis
    what = words(f"portraits.card.worth.{basis}")
    if (clv := customer.get("value.clv")) is not None:
        low, high = customer.get("value.clv_low"), customer.get("value.clv_high")
        said.append(_say("value_clv", what=what, months=month.params.value.clv_months, clv=clv, low=low, high=high, share=share))
    if (historic := customer.get("value.value_historic")) is not None:
        said.append(_say("value_historic", what=what, historic=historic))
    if (spend := customer.get("scores.expected_spend")) is not None:
        low, high = customer.get("scores.spend_low"), customer.get("scores.spend_high")
        said.append(_say("value_spend", days=month.params.forecast.horizon_days, spend=spend, low=low, high=high, share=share))
    return said or [_say("value_none")]


def _tell_contracts(customer: Customer) -> str:
    columns = ["contract_id", "plan", "started_on", "ended_on", "tenure_months", "monthly_fee", "is_ended"]
    return _table(customer.contracts[columns], "contracts_table")


def _describe(customer: Customer) -> str:
    rows = []
    for name, value in customer.master.items():
        if name not in ("name", "on_record"):
            text = format_date(value) if hasattr(value, "isoformat") else label_level(name, value)
            rows.append((_say(f"field.{name}"), escape(text)))
    if known := customer.master["on_record"]:
        rows.append((_say("on_record"), ", ".join(_say(f"field.{name}") for name in known)))
    listed = "".join(f"<dt>{label}</dt><dd>{text}</dd>" for label, text in rows)
    fields, filled = customer.get("profiles.count_fields"), customer.get("profiles.count_filled")
    notes = [_say("profile", filled=filled, fields=fields)] if fields else []
    if (on := customer.get("profiles.updated_on")) is not None and not is_blank(on):
        notes.append(_say("profile_updated", on=on))
    return f"<dl class=facts>{listed}</dl><p class=note>{' '.join(notes)}</p>"


def _table(part: Part, name: str, empty: str = "") -> str:
    """A table without a file; a line where the source lacks it, and where it has no rows."""
    if isinstance(part, Missing):
        return missing(part).html
    if part.empty:
        return f"<p>{_say(empty)}</p>"
    key = f"portraits.card.{name}"
    return render_table(build_table(part, key, key, words(f"{key}.title")), show_title=False, link=False, max_rows=len(part))
