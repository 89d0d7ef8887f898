"""What the customers do: when they order, what goes wrong, when and why they leave.

An order is a step of a renewal process in operational time, which runs faster in a busy season: gaps are Erlang of order
`regularity`. A complaint after an order raises the hazard of leaving in the two months that follow, slow handling more
than quick. The customer leaves when the cumulated hazard reaches an exponential draw; the cause is drawn by the parts of
the hazard at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.demo.calendar import Calendar
from analysis.demo.company import ARCHETYPES, CAUSES
from analysis.demo.people import People

COMPLAINT_RATE = 0.035  # of orders, for a customer of mean contentment
SLOW_SHARE = 0.45  # of complaints that take more than a week to resolve
QUICK_EXCESS, SLOW_EXCESS = 0.12, 0.55  # cumulated extra hazard of one complaint
PRICE_SHOCK = 4.0  # times the price part of the hazard in the two months after a rise


@dataclass
class Orders:
    """One entry an order: `who` is the position of the customer in the chunk; `discount` a share, of the whole order."""

    who: np.ndarray
    day: np.ndarray
    discount: np.ndarray


@dataclass
class Complaints:
    """One entry a complaint: position of the customer, day, whether about the product, days until it is resolved."""

    who: np.ndarray
    day: np.ndarray
    is_product: np.ndarray
    resolution_days: np.ndarray


@dataclass
class Lives:
    """When each customer's relation ends (infinite: beyond the horizon) and the true cause (-1: none)."""

    left: np.ndarray
    cause: np.ndarray


def draw_orders(rng: np.random.Generator, people: People, calendar: Calendar) -> Orders:
    """Orders until the horizon, as if nobody ever left."""
    who_parts, day_parts = [], []
    grid = np.arange(calendar.horizon + 1)
    for kind, archetype in enumerate(ARCHETYPES):
        buyers = np.flatnonzero((people.kind == kind) & np.isfinite(people.first))
        if not len(buyers):
            continue
        demand = calendar.demand(archetype.season, archetype.is_business)
        begin = np.interp(people.first[buyers], grid, demand)
        mean = people.rate[buyers] * (demand[-1] - begin)
        # enough gaps to pass the horizon, but for a chance of less than one in a million
        count = np.ceil(mean + 6 * np.sqrt(mean / archetype.regularity) + 6).astype(int)
        gaps = rng.gamma(archetype.regularity, size=count.sum()) / archetype.regularity
        stop = np.cumsum(count)
        total = np.concatenate([[0.0], np.cumsum(gaps)])
        owner = np.repeat(np.arange(len(buyers)), count)
        position = begin[owner] + (total[1:] - total[stop - count][owner]) / people.rate[buyers][owner]
        inside = position < demand[-1]
        who_parts += [buyers, buyers[owner[inside]]]
        day_parts += [people.first[buyers], np.interp(position[inside], demand, grid)]
    who, day = np.concatenate([[], *who_parts]).astype(int), np.concatenate([[], *day_parts])
    return Orders(who, day, np.zeros(len(who)))


def draw_complaints(rng: np.random.Generator, people: People, orders: Orders) -> Complaints:
    """Complaints some days after orders; the less content complain more often."""
    chance = COMPLAINT_RATE * np.exp(2.0 * (0.73 - people.content))
    at = np.flatnonzero(rng.random(len(orders.who)) < chance[orders.who])
    count = len(at)
    days = np.where(rng.random(count) < SLOW_SHARE, rng.uniform(8, 35, count), rng.uniform(0.05, 6, count))
    return Complaints(orders.who[at], orders.day[at] + rng.uniform(1, 10, count), rng.random(count) < 0.5, days)


def active_share(begin: np.ndarray, end: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Share of each month (column) between `begin` and `end` of each customer (row)."""
    low, high = np.maximum(begin[:, None], edges[:-1]), np.minimum(end[:, None], edges[1:])
    return np.clip(high - low, 0, None) / np.diff(edges)


def draw_lives(rng: np.random.Generator, people: People, complaints: Complaints, calendar: Calendar) -> Lives:
    """Day and cause of leaving."""
    edges, count, months = calendar.edges, len(people), len(calendar.edges) - 1
    first = np.where(np.isfinite(people.first), people.first, calendar.horizon)
    exposure = active_share(first, np.full(count, np.inf), edges)
    rise = np.isin((calendar.start.month - 1 + np.arange(months)) % 12, (0, 1))
    price_share = np.where(np.isin(people.kind, [1, 3]), 0.30, 0.15)
    price = price_share[:, None] * np.where(rise, PRICE_SHOCK, 0.5)
    rest = 1 - price_share
    base = people.hazard[:, None] * exposure

    def excess(of: np.ndarray) -> np.ndarray:
        who, month = complaints.who[of], calendar.month_of(complaints.day[of])
        size = np.where(complaints.resolution_days[of] > 7, SLOW_EXCESS, QUICK_EXCESS)
        # from the month after, so that the complaint always comes first
        flat = np.bincount(who * (months + 3) + month + 1, 0.65 * size, count * (months + 3))
        flat += np.bincount(who * (months + 3) + month + 2, 0.35 * size, count * (months + 3))
        return flat.reshape(count, -1)[:, :months]

    about_product, about_service = excess(complaints.is_product), excess(~complaints.is_product)
    hazard = base * (price + rest[:, None]) + (about_product + about_service) * (exposure > 0)
    total = np.cumsum(hazard, axis=1)
    limit = rng.exponential(size=count)
    month = (total < limit[:, None]).sum(axis=1)
    has_left = month < months
    at = np.minimum(month, months - 1)
    row = np.arange(count)
    before = total[row, at] - hazard[row, at]
    share = np.clip((limit - before) / np.maximum(hazard[row, at], 1e-12), 0, 1)
    low = np.maximum(edges[at], first)
    left = np.where(has_left, low + share * (edges[at + 1] - low), np.inf)
    left = np.where(np.isfinite(left), np.maximum(left, first + 0.5), left)
    left[left >= calendar.horizon] = np.inf

    ground = base[row, at]
    poor = np.clip(0.75 - people.content, 0, 0.5)
    parts = np.stack([
        about_product[row, at] + ground * rest * 0.4 * poor,
        about_service[row, at] + ground * rest * 0.4 * poor,
        ground * price[row, at],
        ground * rest * 0.42,
        ground * rest * 0.45,
    ])  # fmt: skip
    mark = np.cumsum(parts, axis=0) / np.maximum(parts.sum(axis=0), 1e-12)
    cause = np.minimum((mark < rng.random(count)).sum(axis=0), len(CAUSES) - 1)
    return Lives(left, np.where(np.isfinite(left), cause, -1))


def satisfaction(people: People, complaints: Complaints, lives: Lives, calendar: Calendar) -> np.ndarray:
    """Satisfaction (0-1) of each customer in each month: it falls after complaints and in the months before leaving."""
    months = len(calendar.edges) - 1
    middle = (calendar.edges[:-1] + calendar.edges[1:]) / 2
    real = complaints.day < lives.left[complaints.who]
    flat = np.zeros(len(people) * (months + 4))
    spot = complaints.who[real] * (months + 4) + calendar.month_of(complaints.day[real])
    for later, fall in enumerate((0.18, 0.15, 0.08, 0.04)):
        flat += np.bincount(spot + later, np.full(len(spot), fall), len(flat))
    drop = flat.reshape(len(people), -1)[:, :months]
    ahead = (lives.left[:, None] - middle) / 30.4
    fade = np.where(np.isfinite(lives.left)[:, None], np.clip(1 - ahead / 5, 0, 1), 0)
    depth = np.where(lives.cause == CAUSES.index("need_gone"), 0.12, 0.38)
    return np.clip(people.content[:, None] - drop - depth[:, None] * fade, 0.02, 0.99)
