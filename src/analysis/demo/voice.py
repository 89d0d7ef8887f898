"""What customers say: feedback, surveys, needs, and why they left."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from analysis.contracts.ledger import CONTACT_CHANNELS, FEEDBACK_KINDS, SCALES
from analysis.demo import cells, phrases
from analysis.demo.behaviour import Complaints, Lives, Orders
from analysis.demo.calendar import DAY, NEVER, Calendar
from analysis.demo.cells import Cells, Table
from analysis.demo.company import CAUSES, COMPETITORS
from analysis.demo.contacts import distinct, end_second, presence, scatter
from analysis.demo.people import People

TOUCH_POINTS = ("purchase", "delivery", "service", "website", "store")
EXIT_SHARE = 0.38
NEED_TYPES = ("product_inquiry", "quotation", "customisation", "sample", "delivery_change", "training")
URGENCIES = ("low", "normal", "high", "urgent")
_FEEDBACK_CHANNELS = np.array([CONTACT_CHANNELS.index(name) for name in ("web", "app", "email", "phone", "social", "chat")])


def _clock(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.integers(8 * 3600, 22 * 3600, count)


def _texts(rng: np.random.Generator, bank: phrases.Bank, topic: np.ndarray, is_english: np.ndarray) -> Cells:
    texts, chinese, english = phrases.spread(bank)
    start = np.array([[places[0] if places else 0 for places in language] for language in (chinese, english)])
    size = np.array([[len(places) for places in language] for language in (chinese, english)])
    row = is_english.astype(int)
    return cells.pick(texts, start[row, topic] + np.floor(rng.random(len(topic)) * size[row, topic]).astype(int))


def write_feedback(
    rng: np.random.Generator,
    people: People,
    lives: Lives,
    orders: Orders,
    complaints: Complaints,
    mood: np.ndarray,
    calendar: Calendar,
    first_feedback: int,
) -> Table:
    """The feedback table: complaints, suggestions, reviews of orders, service cases."""
    edges = calendar.edges[: calendar.months + 1]
    here = presence(people, lives, edges)
    seen = np.flatnonzero(complaints.day < calendar.days)
    reviewed = np.flatnonzero((orders.day < calendar.days - 10) & (rng.random(len(orders.who)) < 0.05))
    ideas = scatter(rng, 0.007 * here, people.joined + 1, lives.left, edges)
    cases = scatter(rng, 0.025 * here, people.joined + 1, lives.left, edges)
    who = np.concatenate([complaints.who[seen], ideas[0], orders.who[reviewed], cases[0]])
    day = np.concatenate([complaints.day[seen], ideas[1], orders.day[reviewed] + rng.uniform(2, 9, len(reviewed)), cases[1]])
    kind = np.repeat(np.arange(4), [len(seen), len(ideas[0]), len(reviewed), len(cases[0])])
    count = len(who)
    level = np.clip(mood[who, calendar.month_of(day)] + rng.normal(0, 0.12, count), 0, 1)

    about = phrases.TOPICS.index
    product = np.concatenate([complaints.is_product[seen], np.zeros(count - len(seen), dtype=bool)])
    lot = rng.random(count)

    def either(share: float, first: str, second: str) -> np.ndarray:
        return np.where(lot < share, about(first), about(second))

    topic = np.select(
        [kind == 0, kind == 1, (kind == 2) & (level > 0.55), kind == 2],
        [
            np.where(product, either(0.7, "product_quality", "packaging"), either(0.5, "service", "delivery")),
            np.array([about(name) for name in phrases.SUGGESTIONS])[(lot * 4).astype(int)],
            either(0.7, "product_quality", "delivery"),
            either(0.6, "product_quality", "price"),
        ],
        np.array([about(name) for name in phrases.CASES])[(lot * 3).astype(int)],
    )  # fmt: skip
    abroad = people.is_abroad[who]
    banks = (phrases.COMPLAINTS, phrases.SUGGESTIONS, phrases.PRAISE, phrases.CRITICISM, phrases.CASES)
    use = np.select([kind == 0, kind == 1, (kind == 2) & (level > 0.55), kind == 2], [0, 1, 2, 3], 4)
    text: Cells = pa.nulls(count, pa.string())
    for number, bank in enumerate(banks):
        mine = use == number
        text = cells.choose(mine, _texts(rng, bank, np.where(mine, topic, about(next(iter(bank)))), abroad), text)

    days = rng.lognormal(1.0, 0.9, count)
    days[: len(seen)] = complaints.resolution_days[seen]
    received = calendar.moments(day, _clock(rng, count))
    end = end_second(calendar)
    handled = (rng.random(count) < np.array([0.94, 0.7, 0.3, 0.96])[kind]).astype(bool)
    resolved = np.where(handled, received + (days * DAY).astype(np.int64), NEVER)
    replied = received + (np.minimum(rng.exponential(np.where(days > 7, 1.6, 0.5)), 0.9 * days) * DAY).astype(np.int64)
    replied = np.where(handled | (rng.random(count) < 0.4), replied, NEVER)
    told = np.where(handled & (rng.random(count) < 0.72), resolved + (rng.exponential(0.8, count) * DAY).astype(np.int64), NEVER)
    resolved, replied, told = (np.where(moment < end, moment, NEVER) for moment in (resolved, replied, told))
    adopted = rng.random(count) < 0.3
    is_idea = kind == FEEDBACK_KINDS.index("suggestion")

    rows = np.flatnonzero(received < end)
    rows = rows[np.lexsort((who[rows], received[rows]))]
    table = {
        "feedback_id": pa.nulls(count, pa.string()),
        "customer_id": people.id.take(who),
        "received_at": cells.times(received),
        "kind": cells.pick(FEEDBACK_KINDS, kind),
        "topic": cells.pick(phrases.TOPICS, topic),
        "text": text,
        "channel": cells.pick(CONTACT_CHANNELS, _FEEDBACK_CHANNELS[rng.integers(6, size=count)]),
        "rating": cells.whole(np.clip(np.round(1 + 4.4 * level), 1, 5), kind != 2),
        "first_reply_at": cells.times(replied),
        "resolved_at": cells.times(resolved),
        "told_back_at": cells.times(told),
        "adopted": cells.yes_no(adopted, ~is_idea | (resolved == NEVER)),
        "touch_point": cells.pick(TOUCH_POINTS, rng.integers(len(TOUCH_POINTS), size=count)),
    }
    table = cells.take(table, rows)
    table["feedback_id"] = cells.ids("F", first_feedback + np.arange(len(rows)), 7)
    return table


def write_surveys(rng: np.random.Generator, people: People, lives: Lives, mood: np.ndarray, calendar: Calendar) -> Table:
    """The surveys table: answers follow satisfaction in the month of the answer."""
    edges = calendar.edges[: calendar.months + 1]
    began = np.maximum(np.where(np.isfinite(people.first), people.first, people.joined) + 8, people.joined + 8)
    here = presence(people, lives, edges) * np.isfinite(people.first)[:, None]
    here *= np.clip(edges[1:] - began[:, None], 0, np.diff(edges)) / np.diff(edges)
    who, day = scatter(rng, 0.045 * here, began, np.maximum(lives.left, began + 1), edges)
    count = len(who)
    day = np.minimum(day, calendar.days - 1e-6)
    second = calendar.moments(day, _clock(rng, count))
    invited = second - (rng.uniform(0.04, 6, count) * DAY).astype(np.int64)
    level = mood[who, calendar.month_of(day)]
    questions = list(SCALES)
    asked = rng.random((count, len(questions))) < np.array([0.8, 0.85, 0.35, 0.25, 0.25, 0.25])
    entry, question = np.nonzero(asked)
    low, high = (np.array([SCALES[name][side] for name in questions])[question] for side in (0, 1))
    felt = np.clip(level[entry] + 0.05 + rng.normal(0, 0.10, len(entry)), 0, 1)
    score = np.clip(np.round(low + felt * (high - low)), low, high)
    channel = np.array([CONTACT_CHANNELS.index(name) for name in ("web", "app", "email", "phone", "sms")])[rng.integers(5, size=count)]
    touch = rng.integers(len(TOUCH_POINTS), size=count)
    rows = distinct(who[entry], second[entry], question)
    entry, question, score = entry[rows], question[rows], score[rows]
    return {
        "customer_id": people.id.take(who[entry]),
        "answered_at": cells.times(second[entry]),
        "question": cells.pick(questions, question),
        "score": cells.whole(score),
        "channel": cells.pick(CONTACT_CHANNELS, channel[entry]),
        "invited_at": cells.times(invited[entry]),
        "touch_point": cells.pick(TOUCH_POINTS, touch[entry]),
    }


def write_needs(rng: np.random.Generator, people: People, lives: Lives, calendar: Calendar, first_need: int) -> Table:
    """The needs table."""
    edges = calendar.edges[: calendar.months + 1]
    expected = np.where(people.is_business, 0.11, 0.022)[:, None] * presence(people, lives, edges)
    who, day = scatter(rng, expected, people.joined + 1, lives.left, edges)
    order = np.argsort(day, kind="stable")
    who, day = who[order], day[order]
    count = len(who)
    urgency = rng.choice(4, count, p=(0.2, 0.5, 0.2, 0.1))
    kind = np.where(
        people.is_business[who],
        rng.choice(6, count, p=(0.2, 0.35, 0.2, 0.1, 0.1, 0.05)),
        rng.choice(6, count, p=(0.55, 0.02, 0.1, 0.13, 0.2, 0.0)),
    )
    raised = calendar.moments(day, _clock(rng, count))
    days = np.array([30, 14, 5, 1])[urgency]
    met = raised + (days * rng.lognormal(-0.3, 0.6, count) * DAY).astype(np.int64) + 600
    met = np.where((rng.random(count) < 0.85) & (met < end_second(calendar)), met, NEVER)
    return {
        "need_id": cells.ids("N", first_need + np.arange(count), 7),
        "customer_id": people.id.take(who),
        "raised_at": cells.times(raised),
        "need_type": cells.pick(NEED_TYPES, kind),
        "urgency": cells.pick(URGENCIES, urgency),
        "due_on": cells.dates(calendar.dates(day) + days),
        "met_at": cells.times(met),
    }


def write_exits(rng: np.random.Generator, people: People, lives: Lives, calendar: Calendar) -> Table:
    """The exits table: some of those who left say why, most of them truly."""
    told = lives.left + rng.uniform(0, 12, len(people))
    who = np.flatnonzero((told < calendar.days) & (rng.random(len(people)) < EXIT_SHARE))
    who = who[np.argsort(told[who], kind="stable")]
    count = len(who)
    reason = np.where(rng.random(count) < 0.85, lives.cause[who], rng.integers(len(CAUSES), size=count))
    rival = np.where(reason == CAUSES.index("competitor"), rng.integers(len(COMPETITORS), size=count), -1)
    return {
        "customer_id": people.id.take(who),
        "left_on": cells.dates(calendar.dates(told[who])),
        "reason": cells.pick(CAUSES, reason),
        "competitor": cells.pick(COMPETITORS, rival),
        "evidence": cells.pick(("call", "email", "survey", "visit"), np.where(rng.random(count) < 0.75, rng.integers(4, size=count), -1)),
    }
