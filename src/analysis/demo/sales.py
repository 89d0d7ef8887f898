"""What is bought: lines of orders, cancellations and returns, margins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from analysis.demo import cells
from analysis.demo.behaviour import Orders
from analysis.demo.calendar import DAY, NEVER, Calendar
from analysis.demo.cells import Table
from analysis.demo.company import (
    ANONYMOUS_SHARE,
    ARCHETYPES,
    CATEGORIES,
    CATEGORY_SHARES,
    COST_RISE,
    HOME_COUNTRY,
    MAX_QUANTITY,
    ORDER_CHANNEL_SHARES,
    ORDER_CHANNELS,
    PRICE_RISE,
    PRODUCTS,
    UNSOLD,
)
from analysis.demo.people import People, trait
from analysis.demo.places import CITIES

CANCELLED_SHARE, RETURNED_SHARE = 0.012, 0.025  # of orders; of lines
COMPLETED, CANCELLED, RETURNED = range(3)
STATUS = ("completed", "cancelled", "returned")
_STORE = ORDER_CHANNELS.index("store")
_NOBODY = -1


@dataclass
class Lines:
    """One entry a line, sorted by time. `who` is -1 for a sale without customer, `source` the line that a line undoes (-1: a sale).

    `order` numbers sales and returns apart; `second` is local, since 1970; money in cents; `quantity` negative where undone.
    """

    who: np.ndarray
    order: np.ndarray
    second: np.ndarray
    product: np.ndarray
    quantity: np.ndarray
    price: np.ndarray
    discount: np.ndarray
    cost: np.ndarray
    channel: np.ndarray
    status: np.ndarray
    delivered: np.ndarray
    source: np.ndarray

    def __len__(self) -> int:
        return len(self.who)

    def at(self, rows: np.ndarray) -> Lines:
        """The given entries."""
        return Lines(**{name: values[rows] for name, values in vars(self).items()})

    @property
    def amount(self) -> np.ndarray:
        """Cents of each line, to the nearest cent."""
        return np.round(self.quantity * self.price * (1 - self.discount)).astype(np.int64)

    @property
    def margin(self) -> np.ndarray:
        """Cents earned on each line."""
        return self.amount - self.quantity * self.cost


def draw_products(rng: np.random.Generator, favourite: np.ndarray, is_business: np.ndarray, day: np.ndarray) -> np.ndarray:
    """A product for each line: the favourite category more often, within it the first most often, none before its launch."""
    count = len(favourite)
    usual = np.where(is_business, rng.choice(8, count, p=CATEGORY_SHARES[1]), rng.choice(8, count, p=CATEGORY_SHARES[0]))
    category = np.where(rng.random(count) < 0.5, favourite, usual)
    draw, product = rng.random(count), np.zeros(count, dtype=int)
    launch = np.array([entry[4] for entry in PRODUCTS])
    for number in range(len(CATEGORIES)):
        shelf = np.array([i for i, entry in enumerate(PRODUCTS) if entry[1] == number and i not in UNSOLD])
        weight = np.cumsum(1 / np.arange(1, len(shelf) + 1) ** 0.8)
        mine = category == number
        chosen = shelf[np.searchsorted(weight / weight[-1], draw[mine])]
        product[mine] = np.where(launch[chosen] <= day[mine], chosen, shelf[0])
    return product


def draw_channels(rng: np.random.Generator, is_business: np.ndarray, is_abroad: np.ndarray) -> np.ndarray:
    """An order channel for each entry."""
    shares = np.cumsum(ORDER_CHANNEL_SHARES, axis=1)[2 * is_business + is_abroad]
    return np.minimum((shares < rng.random(len(is_business))[:, None]).sum(axis=1), len(ORDER_CHANNELS) - 1)


def draw_seconds(rng: np.random.Generator, is_business: np.ndarray, is_store: np.ndarray) -> np.ndarray:
    """Seconds of the day: offices by day, shops until evening, people late."""
    count = len(is_business)
    hour = np.where(
        is_business, rng.normal(13.2, 2.3, count), np.where(is_store, rng.normal(15.5, 2.6, count), rng.normal(17.5, 3.8, count))
    )
    low, high = np.where(is_business, 8.0, np.where(is_store, 10.0, 6.5)), np.where(is_business, 19.0, np.where(is_store, 21.0, 23.9))
    inside = (hour > low) & (hour < high)
    return (np.where(inside, hour, low + rng.random(count) * (high - low)) * 3600).astype(np.int64)


def draw_lines(rng: np.random.Generator, people: People, orders: Orders, calendar: Calendar) -> Lines:
    """All lines until the horizon: sales, what is cancelled or returned of them, and store sales without customer."""
    known = len(orders.who)
    spare = round(known * ANONYMOUS_SHARE * 1.15)
    # an anonymous sale borrows the day of another order and the habits of people in general
    who = np.concatenate([orders.who, np.full(spare, _NOBODY)])
    day = np.concatenate([orders.day, orders.day[rng.integers(known, size=spare)] if known else np.zeros(0)])
    promised = np.concatenate([orders.discount, np.zeros(spare)])
    is_known = who >= 0
    is_business, is_abroad = is_known & people.is_business[who], is_known & people.is_abroad[who]
    kind = np.where(is_known, people.kind[who], 1)
    habit = draw_channels(rng, people.is_business, people.is_abroad)
    fresh = draw_channels(rng, is_business, is_abroad)
    channel = np.where(is_known, np.where(rng.random(len(who)) < 0.7, habit[who], fresh), _STORE)
    second = calendar.moments(day, draw_seconds(rng, is_business, channel == _STORE))

    size = np.minimum(1 + rng.poisson(trait("lines")[kind] - 1), 7)
    order = np.repeat(np.arange(len(who)), size)
    favourite = np.where(is_known, people.favourite[who], rng.integers(7, size=len(who)))
    product = draw_products(rng, favourite[order], is_business[order], day[order])
    # one line a product in an order
    _, keep = np.unique(order * 1000 + product, return_index=True)
    order, product = order[keep], product[keep]
    count, line_kind = len(order), kind[order]
    mean = trait("quantity")[line_kind]
    bulk = np.round(np.exp(rng.normal(np.log(mean), 0.55)))
    quantity = np.where(is_business[order], np.clip(bulk, 1, MAX_QUANTITY), np.minimum(rng.geometric(1 / mean), 12)).astype(np.int64)
    years = calendar.years(day)[order]
    lists = np.array([entry[2] for entry in PRODUCTS])[product] * (1 + PRICE_RISE) ** years
    costs = lists / (1 + PRICE_RISE) ** years * np.array([entry[3] for entry in PRODUCTS])[product] * (1 + COST_RISE) ** years
    price = np.round(lists * np.where(is_business[order], 0.9, 1.0) * np.where(is_abroad[order], 1.12, 1.0) * 10).astype(np.int64) * 10
    often = np.array([archetype.discount for archetype in ARCHETYPES])[line_kind]
    own = np.where(rng.random(count) < often, rng.choice((0.05, 0.1, 0.15), count), 0.0)
    discount = np.maximum(own, promised[order])
    days = np.where(is_abroad, rng.integers(5, 15, len(who)), rng.integers(1, 6, len(who)))
    delivered = np.where(channel == _STORE, NEVER, second + days * DAY + rng.integers(-7000, 7000, len(who)))

    first = Lines(
        who[order], order, second[order], product, quantity, price, discount, np.round(costs * 100).astype(np.int64), channel[order],
        np.full(count, COMPLETED), delivered[order], np.full(count, -1),
    )  # fmt: skip
    is_cancelled = (rng.random(len(who)) < CANCELLED_SHARE) & (channel != _STORE) & is_known
    first.delivered[is_cancelled[order]] = NEVER
    undone = draw_undone(rng, first, is_cancelled[order], people)
    lines = Lines(**{name: np.concatenate([values, getattr(undone, name)]) for name, values in vars(first).items()})
    rank = np.lexsort((lines.product, lines.order, lines.status, lines.second))
    place = np.empty(len(rank), dtype=int)
    place[rank] = np.arange(len(rank))
    lines = lines.at(rank)
    lines.source = np.where(lines.source >= 0, place[lines.source], -1)
    return lines


def draw_undone(rng: np.random.Generator, lines: Lines, is_cancelled: np.ndarray, people: People) -> Lines:
    """The lines that undo others: a cancelled order whole within two days, a returned line whole or in part within weeks."""
    chance = RETURNED_SHARE * np.exp(1.5 * (0.73 - people.content))[lines.who]
    is_returned = (rng.random(len(lines)) < chance) & (lines.who >= 0) & ~is_cancelled
    rows = np.flatnonzero(is_cancelled | is_returned)
    undone, count = lines.at(rows), len(rows)
    cancel = is_cancelled[rows]
    # lines of one order come back together: the delay belongs to the order
    distinct, inverse = np.unique(undone.order, return_inverse=True)
    hours = np.where(cancel, rng.uniform(0.3, 40, len(distinct))[inverse], rng.uniform(15.5 * 24, 40 * 24, len(distinct))[inverse])
    part = np.maximum(1, np.floor(undone.quantity * np.where(rng.random(count) < 0.75, 1.0, rng.random(count)))).astype(np.int64)
    undone.quantity = -np.where(cancel, undone.quantity, part)
    undone.second = undone.second + (hours * 3600).astype(np.int64)
    undone.status = np.where(cancel, CANCELLED, RETURNED)
    undone.delivered, undone.source = np.full(count, NEVER), rows
    return undone


def write_lines(lines: Lines, people: People, first_order: int, first_return: int, first_line: int) -> tuple[Table, np.ndarray, int, int]:
    """The order_lines table of sorted lines, the number of the order of each line, and how many orders and returns there are.

    Orders are numbered by their first line, returns apart from them.
    """
    is_sale = lines.source < 0
    number = np.zeros(len(lines), dtype=np.int64)
    counts = []
    for chosen, begin in ((is_sale, first_order), (~is_sale, first_return)):
        _, first, inverse = np.unique(lines.order[chosen], return_index=True, return_inverse=True)
        rank = np.empty(len(first), dtype=np.int64)
        rank[np.argsort(first)] = np.arange(len(first))
        number[chosen] = begin + rank[inverse]
        counts.append(len(first))
    category = [CATEGORIES[entry[1]] for entry in PRODUCTS]
    country = pa.array([place[2] for place in CITIES]).take(pa.array(people.city))
    shares = np.round(lines.discount * 100).astype(np.int64)
    table = {
        "order_id": cells.choose(is_sale, cells.ids("O", number, 8), cells.ids("R", number, 8)),
        "line_id": cells.ids("L", first_line + np.arange(len(lines)), 9),
        "customer_id": cells.pick(people.id, lines.who),
        "ordered_at": cells.times(lines.second),
        "product_id": cells.ids("P", lines.product + 1, 3),
        "category": cells.pick(category, lines.product),
        "quantity": cells.whole(lines.quantity),
        "unit_price": cells.money(lines.price),
        "discount": cells.pick([f"{share / 100:g}" for share in range(100)], shares),
        "unit_cost": cells.money(lines.cost),
        "channel": cells.pick(ORDER_CHANNELS, lines.channel),
        "country": cells.choose(
            lines.who >= 0, cells.pick(country, lines.who), cells.pick((HOME_COUNTRY,), np.zeros(len(lines), dtype=int))
        ),
        "status": cells.pick(STATUS, lines.status),
        "delivered_at": cells.times(lines.delivered),
    }
    return table, number, counts[0], counts[1]


def write_products(calendar: Calendar) -> Table:
    """The products table."""
    number = np.arange(len(PRODUCTS))
    unsold = np.isin(number, UNSOLD)
    launch = np.array([entry[4] for entry in PRODUCTS])
    day = np.where(unsold, calendar.days - 20, np.maximum(launch, 0))
    return {
        "product_id": cells.ids("P", number + 1, 3),
        "name": cells.pick([entry[0] for entry in PRODUCTS], number),
        "category": cells.pick([CATEGORIES[entry[1]] for entry in PRODUCTS], number),
        "description": cells.pick([f"{CATEGORIES[entry[1]].replace('_', ' ')}, item {i + 1}" for i, entry in enumerate(PRODUCTS)], number),
        "unit_cost": cells.money(np.array([round(entry[2] * entry[3] * 100) for entry in PRODUCTS])),
        "launched_on": cells.dates(calendar.epoch + np.minimum(day, calendar.days - 1)),
    }
