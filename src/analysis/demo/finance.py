"""Invoices and how late they are paid, points, subscriptions."""

from __future__ import annotations

import numpy as np

from analysis.demo import cells
from analysis.demo.behaviour import Lives
from analysis.demo.calendar import DAY, NEVER, Calendar
from analysis.demo.cells import Table
from analysis.demo.company import CAUSES, PLANS, PRICE_RISE
from analysis.demo.contacts import end_second
from analysis.demo.people import People, trait
from analysis.demo.sales import CANCELLED, Lines

OPEN_SHARE, PARTIAL_SHARE = 0.03, 0.08
MEMBER_SHARE = 0.7
END_REASONS = (*CAUSES, "not_renewed")


def totals(lines: Lines, number: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number, first line and cents of the orders of `chosen` sale lines that were not cancelled."""
    undone = number[lines.source[(lines.status == CANCELLED) & (lines.source >= 0)]]
    rows = np.flatnonzero(chosen & (lines.source < 0) & (lines.who >= 0) & ~np.isin(number, undone))
    order, first, inverse = np.unique(number[rows], return_index=True, return_inverse=True)
    return order, rows[first], np.bincount(inverse, lines.amount[rows], len(order)).astype(np.int64)


def write_invoices(
    rng: np.random.Generator, people: People, lines: Lines, number: np.ndarray, calendar: Calendar, first_invoice: int, first_payment: int
) -> tuple[Table, Table, np.ndarray]:
    """The invoices and payments tables, and which invoices have no payment: one invoice for each order of a business."""
    terms = rng.choice((30, 60), len(people), p=(0.75, 0.25))
    delay = rng.gamma(1.5, 9.0, len(people)) - 6
    is_bad = rng.random(len(people)) < 0.06
    order, row, cents = totals(lines, number, (lines.who >= 0) & people.is_business[lines.who])
    who = lines.who[row]
    last = calendar.epoch + calendar.days
    invoiced = lines.second[row] // DAY + rng.integers(0, 4, len(order))
    issued = (invoiced < last) & (cents > 0)
    order, who, cents, invoiced = order[issued], who[issued], cents[issued], invoiced[issued]
    rank = np.lexsort((order, invoiced))
    order, who, cents, invoiced = order[rank], who[rank], cents[rank], invoiced[rank]
    count = len(order)
    due = invoiced + terms[who]
    paid = invoiced + np.maximum(2, terms[who] + delay[who] + rng.normal(0, 7, count)).astype(np.int64)
    never = rng.random(count) < np.where(is_bad[who], 0.35, OPEN_SHARE)
    parts = np.where(rng.random(count) < PARTIAL_SHARE, 2, 1)
    book = np.where(people.is_abroad[who], 1, 0)
    invoice = cells.ids("I", first_invoice + np.arange(count), 8)

    entry = np.repeat(np.arange(count), parts)
    second = np.concatenate([[False], entry[1:] == entry[:-1]]) if count else np.zeros(0, dtype=bool)
    half = cents[entry] // 2
    amount = np.where(parts[entry] == 1, cents[entry], np.where(second, cents[entry] - half, half))
    when = paid[entry] + np.where(second, rng.integers(10, 45, len(entry)), 0)
    done = np.flatnonzero(~never[entry] & (when < last) & (amount > 0))
    done = done[np.argsort(when[done], kind="stable")]
    invoices = {
        "invoice_id": invoice,
        "customer_id": people.id.take(who),
        "invoiced_on": cells.dates(invoiced),
        "amount": cells.money(cents),
        "due_on": cells.dates(due),
        "order_id": cells.ids("O", order, 8),
        "book": cells.pick(("main", "overseas"), book),
    }
    payments = {
        "payment_id": cells.ids("Y", first_payment + np.arange(len(done)), 8),
        "customer_id": people.id.take(who[entry[done]]),
        "paid_on": cells.dates(when[done]),
        "amount": cells.money(amount[done]),
        "invoice_id": invoice.take(entry[done]),
        "book": cells.pick(("main", "overseas"), book[entry[done]]),
    }
    return invoices, payments, ~np.isin(np.arange(count), entry[done])


def write_points(
    rng: np.random.Generator, people: People, lines: Lines, number: np.ndarray, calendar: Calendar, first_coupon: int
) -> tuple[Table, np.ndarray]:
    """The points table, and which rows belong to customers who never spent points.

    A point for every ten yuan of an order; now and then most of the balance becomes a coupon, never more than there is.
    """
    is_member = ~people.is_business & (rng.random(len(people)) < MEMBER_SHARE)
    _, row, cents = totals(lines, number, (lines.who >= 0) & is_member[lines.who])
    earned = cents // 1000
    row, earned = row[earned > 0], earned[earned > 0]
    who, second = lines.who[row], lines.second[row]
    rank = np.lexsort((second, who))
    who, second, earned = who[rank], second[rank], earned[rank]
    count = len(who)
    place = np.arange(count)
    total = np.cumsum(earned)
    start = np.maximum.accumulate(np.where(np.concatenate([[True], who[1:] != who[:-1]])[:count], place, 0))
    # not before the points of the order before are in the balance
    settled = np.concatenate([[0], np.diff(second)])[:count] > 3600
    spends = (place - start >= 2) & settled & (rng.random(count) < 0.14)
    # what was in the balance when points were last spent, or when the customer began
    last = np.maximum.accumulate(np.where(spends, place, -1))
    previous = np.concatenate([[-1], last[:-1]])[:count]
    base = np.where(previous >= start, total[previous], total[start] - earned[start])
    spent = np.where(spends, np.floor(0.8 * (total - earned - base)), 0).astype(np.int64)
    out = np.flatnonzero(spent >= 15)
    moved = np.concatenate([second + rng.integers(300, 1200, count), second[out]])
    points = np.concatenate([earned, -spent[out]])
    owner = np.concatenate([who, who[out]])
    is_out = points < 0
    rows = np.lexsort((owner, moved))
    rows = rows[moved[rows] < end_second(calendar)]
    _, keep = np.unique(moved[rows] * 2**20 + owner[rows], return_index=True)
    rows = rows[keep]
    owner, moved, points, is_out = owner[rows], moved[rows], points[rows], is_out[rows]
    coupon = np.where(is_out, first_coupon + np.cumsum(is_out) - 1, -1)
    table = {
        "customer_id": people.id.take(owner),
        "moved_at": cells.times(moved),
        "points": cells.whole(points),
        "kind": cells.pick(("earned", "redeemed"), is_out.astype(int)),
        "coupon": cells.ids("CP", coupon, 7),
        "cost": cells.money(np.abs(points) * 5, ~is_out),
    }
    return table, ~np.isin(owner, owner[is_out])


def write_contracts(rng: np.random.Generator, people: People, lives: Lives, calendar: Calendar, first_contract: int) -> Table:
    """The contracts table: a tea service by subscription for some businesses."""
    office = trait("regularity")[people.kind] >= 5
    has = people.is_business & (rng.random(len(people)) < np.where(office, 0.45, 0.12))
    start = np.floor(people.first + rng.uniform(15, 100, len(people)))
    who = np.flatnonzero(has & (start < np.minimum(lives.left - 20, calendar.days)))
    who = who[np.argsort(start[who], kind="stable")]
    start = start[who]
    years = np.where(rng.random(len(who)) < 0.22, rng.integers(1, 3, len(who)), 99)
    term = start + 365 * years
    gone = np.floor(lives.left[who]) + rng.integers(0, 25, len(who))
    end = np.minimum(term, gone)
    ended = end < calendar.days
    plan = rng.choice(len(PLANS), len(who), p=(0.5, 0.35, 0.15))
    fee = np.array([fee for _, fee in PLANS])[plan] * (1 + PRICE_RISE) ** calendar.years(start)
    reason = np.where(~ended, -1, np.where(term < gone, len(CAUSES), lives.cause[who]))
    return {
        "contract_id": cells.ids("K", first_contract + np.arange(len(who)), 6),
        "customer_id": people.id.take(who),
        "started_on": cells.dates(calendar.dates(start)),
        "ended_on": cells.dates(np.where(ended, calendar.dates(end), NEVER)),
        "ended": cells.yes_no(ended),
        "monthly_fee": cells.money(np.round(fee) * 100),
        "plan": cells.pick([name for name, _ in PLANS], plan),
        "end_reason": cells.pick(END_REASONS, reason),
    }
