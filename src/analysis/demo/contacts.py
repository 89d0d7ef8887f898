"""Contacts between the company and its customers: campaigns, actions, and the ordinary ones; some lead to orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from analysis.contracts.ledger import CONTACT_CHANNELS
from analysis.demo import cells
from analysis.demo.behaviour import Lives, Orders, active_share
from analysis.demo.calendar import DAY, NEVER, Calendar
from analysis.demo.cells import Table
from analysis.demo.company import ACTIONS, ARCHETYPES, CAMPAIGNS, LAST_DAY, STAFF
from analysis.demo.people import People

HOLDOUT_SHARE = 0.15
OUTCOMES = ("ordered", "reached", "no_answer", "declined")
KINDS = ("browse", "inquiry", "support", "follow_up", "newsletter", "campaign")
STEPS = ("view", "cart", "checkout", "after_sales")
DISCOUNTS = np.array([campaign[4] for campaign in CAMPAIGNS])
_CHANNEL = {name: code for code, name in enumerate(CONTACT_CHANNELS)}
# web, app, email, phone, sms, social, chat, visit, meeting: individuals, businesses
_CHANNEL_SHARES = ((0.26, 0.28, 0.10, 0.04, 0.04, 0.18, 0.10, 0.00, 0.00), (0.14, 0.02, 0.30, 0.28, 0.00, 0.02, 0.06, 0.12, 0.06))
_BARGAIN = [archetype.name for archetype in ARCHETYPES].index("bargain_hunter")


@dataclass
class Contacts:
    """One entry a campaign message."""

    who: np.ndarray
    day: np.ndarray
    campaign: np.ndarray
    replied: np.ndarray


@dataclass
class Actions:
    """One entry a planned action; `done` is infinite where it was not, `outcome` -1."""

    who: np.ndarray
    planned: np.ndarray
    action: np.ndarray
    done: np.ndarray
    outcome: np.ndarray
    is_holdout: np.ndarray


def scatter(
    rng: np.random.Generator, expected: np.ndarray, begin: np.ndarray, end: np.ndarray, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Customers and days of events: a Poisson number of them for each customer (row) and month (column), between begin and end."""
    counts = rng.poisson(expected)
    who, month = np.nonzero(counts)
    times = counts[who, month]
    who, month = np.repeat(who, times), np.repeat(month, times)
    low, high = np.maximum(edges[month], begin[who]), np.minimum(edges[month + 1], end[who])
    return who, low + rng.random(len(who)) * (high - low)


def presence(people: People, lives: Lives, edges: np.ndarray) -> np.ndarray:
    """Share of each month from the day after joining to leaving; none for quiet prospects."""
    share = active_share(people.joined + 1, lives.left, edges)
    share[people.is_quiet] = 0
    return share


def fading(lives: Lives, edges: np.ndarray) -> np.ndarray:
    """How much of their usual contact customers keep up in each month: less and less in the four months before they leave."""
    ahead = (lives.left[:, None] - (edges[:-1] + edges[1:]) / 2) / 30.4
    return 1 - 0.8 * np.clip(1 - np.where(np.isfinite(ahead), ahead, 99) / 4, 0, 1)


def draw_campaigns(
    rng: np.random.Generator, people: People, lives: Lives, may_ask: np.ndarray, calendar: Calendar
) -> tuple[Contacts, Orders]:
    """Messages of all campaigns until the horizon, and the orders that they bring."""
    parts, bought = [], []
    for year in range(calendar.start.year, LAST_DAY.year + 2):
        for number, (_, month, first, _, discount) in enumerate(CAMPAIGNS):
            day = calendar.day_of(date(year, month, first))
            if not 0 <= day < calendar.horizon - 12:
                continue
            # some who left are still on the list
            is_here = (people.joined + 1 < day) & ~people.is_quiet
            is_active = is_here & (lives.left > day + 3)
            who = np.flatnonzero(is_here & may_ask & (rng.random(len(people)) < np.where(is_active, 0.7, 0.25)))
            interest = np.where(people.kind[who] == _BARGAIN, 2.0, 1.0) * people.content[who] ** 2
            replied = (rng.random(len(who)) < 0.32 * interest) & is_active[who]
            buys = is_active[who] & np.isfinite(people.first[who]) & (people.first[who] < day)
            buys &= rng.random(len(who)) < np.where(replied, 0.35, 0.02) * np.minimum(1, 2.5 * people.rate[who])
            sent = day + 2 * rng.random(len(who))
            parts.append((who, sent, np.full(len(who), number), replied))
            bought.append((who[buys], sent[buys] + rng.uniform(1, 8, buys.sum()), np.full(buys.sum(), discount)))
    contacts = Contacts(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    return contacts, before_leaving(Orders(*(np.concatenate(columns) for columns in zip(*bought, strict=True))), lives)


def draw_actions(rng: np.random.Generator, people: People, lives: Lives, calendar: Calendar) -> tuple[Actions, Orders]:
    """Single actions until the horizon, a share of them held out by lot, and the orders that they bring."""
    edges = calendar.edges
    begin = np.where(np.isfinite(people.first), people.first + 10, people.joined + 5)
    end = lives.left + 150
    expected = 0.035 * active_share(begin, end, edges) * ~people.is_quiet[:, None] * np.where(people.is_business, 2, 1)[:, None]
    who, planned = scatter(rng, expected, begin, end, edges)
    count = len(who)
    has_left = planned > lives.left[who]
    usual = np.where(
        people.is_business[who], rng.choice(5, count, p=(0.4, 0.1, 0.3, 0.0, 0.2)), rng.choice(5, count, p=(0.2, 0.35, 0.0, 0.3, 0.15))
    )
    action = np.where(has_left, ACTIONS.index("win_back_offer"), usual)
    is_holdout = rng.random(count) < HOLDOUT_SHARE
    is_done = ~is_holdout & (rng.random(count) < 0.88)
    done = np.where(is_done, planned + rng.integers(0, 13, count), np.inf)
    outcome = np.where(
        is_done, np.where(has_left, rng.choice((1, 2, 3), count, p=(0.2, 0.5, 0.3)), rng.choice((1, 2, 3), count, p=(0.6, 0.3, 0.1))), -1
    )
    buys = is_done & ~has_left & np.isfinite(people.first[who]) & (rng.random(count) < 0.16) & (done + 12 < lives.left[who])
    outcome[buys] = 0
    discount = np.where(action[buys] == ACTIONS.index("coupon"), 0.1, 0.0)
    orders = Orders(who[buys], done[buys] + rng.uniform(0.5, 12, buys.sum()), discount)
    inside = orders.day < calendar.horizon
    return Actions(who, planned, action, done, outcome, is_holdout), before_leaving(
        Orders(orders.who[inside], orders.day[inside], discount[inside]), lives
    )


def before_leaving(orders: Orders, lives: Lives) -> Orders:
    """Those orders that their customer is still there to make."""
    here = orders.day < lives.left[orders.who]
    return Orders(orders.who[here], orders.day[here], orders.discount[here])


def write_interactions(rng: np.random.Generator, people: People, lives: Lives, contacts: Contacts, calendar: Calendar) -> Table:
    """The interactions table: ordinary contacts, which fade before a customer leaves, and campaign messages."""
    edges = calendar.edges[: calendar.months + 1]
    usual = np.where(people.is_business, 0.85, 0.5) * np.where(people.is_prospect, 0.5, 1.0) * (0.6 + 0.4 * np.minimum(people.rate, 2))
    here = presence(people, lives, edges)
    who, day = scatter(rng, usual[:, None] * fading(lives, edges) * here, people.joined + 1, lives.left, edges)
    told = (contacts.day < calendar.days) & (contacts.who >= 0)
    count, sent = len(who), int(told.sum())
    shares = np.cumsum(_CHANNEL_SHARES, axis=1)[people.is_business[who].astype(int)]
    channel = np.minimum((shares < rng.random(count)[:, None]).sum(axis=1), len(CONTACT_CHANNELS) - 1)
    self_served = np.isin(channel, [_CHANNEL["web"], _CHANNEL["app"], _CHANNEL["social"]])
    inbound = self_served | (rng.random(count) < 0.55)
    kind = np.where(self_served, 0, np.where(inbound, rng.choice((1, 2), count), rng.choice((3, 4), count, p=(0.7, 0.3))))
    mood = people.content[who] * fading(lives, calendar.edges)[who, calendar.month_of(day)]
    replied = rng.random(count) < 0.75 * mood

    who = np.concatenate([who, contacts.who[told]])
    day = np.concatenate([day, contacts.day[told]])
    campaign = np.concatenate([np.full(count, -1), contacts.campaign[told]])
    channel = np.concatenate([channel, np.array([_CHANNEL[entry[3]] for entry in CAMPAIGNS])[contacts.campaign[told]]])
    inbound = np.concatenate([inbound, np.zeros(sent, dtype=bool)])
    kind = np.concatenate([kind, np.full(sent, KINDS.index("campaign"))])
    replied = np.concatenate([replied, contacts.replied[told]])
    second = calendar.moments(day, rng.integers(8 * 3600, 22 * 3600, len(who)))
    rows = distinct(who, second)
    who, second, campaign, channel, inbound, kind, replied = (
        part[rows] for part in (who, second, campaign, channel, inbound, kind, replied)
    )
    personal = np.isin(channel, [_CHANNEL[name] for name in ("phone", "visit", "meeting", "chat")])
    staff = np.where(personal, rng.integers(len(STAFF), size=len(who)), -1)
    step = np.where(kind == 0, rng.choice(3, len(who), p=(0.6, 0.25, 0.15)), np.where(kind == 2, 3, -1))
    return {
        "customer_id": people.id.take(who),
        "occurred_at": cells.times(second),
        "channel": cells.pick(CONTACT_CHANNELS, channel),
        "kind": cells.pick(KINDS, kind),
        "direction": cells.pick(("outbound", "inbound"), inbound.astype(int)),
        "campaign": cells.pick([entry[0] for entry in CAMPAIGNS], campaign),
        "replied": cells.yes_no(replied, inbound),
        "owner": cells.pick(STAFF, staff),
        "step": cells.pick(STEPS, step),
    }


def distinct(who: np.ndarray, second: np.ndarray, part: np.ndarray | int = 0) -> np.ndarray:
    """Rows in the order of time, without a second one of the same customer, moment and part (0-7)."""
    _, first = np.unique((second * 8 + part) * 2**20 + who, return_index=True)
    return first


def write_actions(rng: np.random.Generator, actions: Actions, people: People, calendar: Calendar, first_action: int) -> Table:
    """The actions table: those planned by the end of the data."""
    rows = np.flatnonzero(actions.planned < calendar.days)
    rows = rows[np.argsort(actions.planned[rows], kind="stable")]
    who, planned, action, done, outcome, held = (values[rows] for values in vars(actions).values())
    # an order that follows weeks later has not been seen yet
    is_done = done < calendar.days
    cost = np.array([8, 15, 120, 3, 25, 30])[action] * 100
    start = calendar.epoch + np.floor(planned).astype(np.int64)
    return {
        "action_id": cells.ids("A", first_action + np.arange(len(rows)), 7),
        "customer_id": people.id.take(who),
        "planned_on": cells.dates(start),
        "action": cells.pick(ACTIONS, action),
        "owner": cells.pick(STAFF, rng.integers(len(STAFF), size=len(rows))),
        "due_on": cells.dates(start + 14),
        "done_on": cells.dates(np.where(is_done, calendar.dates(done), NEVER)),
        "outcome": cells.pick(OUTCOMES, np.where(is_done, outcome, -1)),
        "cost": cells.money(cost, ~is_done),
        "holdout": cells.yes_no(held),
    }


def end_second(calendar: Calendar) -> int:
    """The first second after the data."""
    return (calendar.epoch + calendar.days) * DAY
