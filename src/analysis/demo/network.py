"""Who invited whom, and who allows what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.demo import cells
from analysis.demo.behaviour import Lives
from analysis.demo.calendar import NEVER, Calendar
from analysis.demo.cells import Table
from analysis.demo.contacts import distinct, presence, scatter
from analysis.demo.people import People

PURPOSES = ("marketing_email", "marketing_sms", "profiling")
GRANTED = (0.78, 0.62, 0.80)
REWARD = 5000  # cents for an invitation that was accepted


@dataclass
class Invitations:
    """One entry an invitation; `referred` is -1 where nobody followed it."""

    referrer: np.ndarray
    referred: np.ndarray
    day: np.ndarray


def draw_invitations(rng: np.random.Generator, people: People, lives: Lives, calendar: Calendar) -> Invitations:
    """An inviter for every referred customer, and invitations that nobody followed.

    Inviters are buyers of the same chunk who are still there; the content invite more. Who finds none is not referred after all.
    """
    referred = np.flatnonzero(people.is_referred)
    day = people.joined[referred] - rng.uniform(1, 25, len(referred))
    before = np.searchsorted(people.joined, day - 5)
    referrer = np.full(len(referred), -1)
    for _ in range(40):
        open_ = np.flatnonzero((referrer < 0) & (before > 0))
        who = (rng.random(len(open_)) * before[open_]).astype(int)
        fits = (people.first[who] < day[open_] - 1) & (lives.left[who] > day[open_]) & (rng.random(len(open_)) < people.content[who] ** 2)
        referrer[open_[fits]] = who[fits]
    people.is_referred[referred[referrer < 0]] = False
    found = referrer >= 0
    edges = calendar.edges[: calendar.months + 1]
    begin = np.where(np.isfinite(people.first), people.first + 5, calendar.days)
    end = np.maximum(np.minimum(lives.left, calendar.days), begin)
    expected = 0.02 * people.content[:, None] ** 2 * presence(people, lives, edges) * (edges[1:] > begin[:, None])
    lost, when = scatter(rng, expected, begin, np.maximum(end, begin + 1), edges)
    return Invitations(
        np.concatenate([referrer[found], lost]),
        np.concatenate([referred[found], np.full(len(lost), -1)]),
        np.concatenate([day[found], when]),
    )


def write_referrals(rng: np.random.Generator, people: People, invitations: Invitations, calendar: Calendar) -> Table:
    """The referrals table."""
    second = calendar.moments(invitations.day, rng.integers(8 * 3600, 22 * 3600, len(invitations.day)))
    rows = distinct(invitations.referrer, second)
    rows = rows[invitations.day[rows] < calendar.days]
    referrer, referred, second = invitations.referrer[rows], invitations.referred[rows], second[rows]
    accepted = referred >= 0
    joined = np.where(accepted, calendar.dates(people.joined[referred]), NEVER)
    late = np.where(rng.random(len(rows)) < 0.8, rng.integers(3, 30, len(rows)), rng.integers(30, 120, len(rows)))
    is_paid = accepted & (rng.random(len(rows)) < 0.9) & (joined + late < calendar.epoch + calendar.days)
    return {
        "referrer_id": people.id.take(referrer),
        "invited_at": cells.times(second),
        "referred_id": cells.pick(people.id, referred),
        "joined_on": cells.dates(joined),
        "reward": cells.money(np.full(len(rows), REWARD), ~accepted),
        "reward_paid_on": cells.dates(np.where(is_paid, joined + late, NEVER)),
    }


def draw_consents(rng: np.random.Generator, people: People) -> np.ndarray:
    """What each customer (row) allows for each purpose (column) on joining: 1 yes, 0 no, -1 not asked."""
    asked = rng.random((len(people), len(PURPOSES))) < 0.92
    asked[people.is_quiet] = False
    return np.where(asked, rng.random((len(people), len(PURPOSES))) < GRANTED, -1)


def write_consents(rng: np.random.Generator, people: People, lives: Lives, granted: np.ndarray, calendar: Calendar) -> Table:
    """The consents table: what was allowed on joining, and what was withdrawn later."""
    who, purpose = np.nonzero(granted >= 0)
    answer = granted[who, purpose] == 1
    day = people.joined[who]
    gone = np.flatnonzero(answer & (rng.random(len(who)) < 0.07))
    until = np.minimum(lives.left[who[gone]] + 30, calendar.days - 0.001)
    later = day[gone] + 1 + rng.random(len(gone)) ** 0.5 * np.maximum(until - day[gone] - 1, 0)
    later = np.minimum(later, calendar.days - 0.001)
    real = np.floor(later) > day[gone]
    who, purpose = np.concatenate([who, who[gone][real]]), np.concatenate([purpose, purpose[gone][real]])
    answer = np.concatenate([answer, np.zeros(real.sum(), dtype=bool)])
    second = calendar.moments(np.concatenate([day, later[real]]), rng.integers(9 * 3600, 21 * 3600, len(who)))
    rows = distinct(who, second, purpose)
    return {
        "customer_id": people.id.take(who[rows]),
        "purpose": cells.pick(PURPOSES, purpose[rows]),
        "granted": cells.yes_no(answer[rows]),
        "changed_at": cells.times(second[rows]),
        "source": cells.pick(("web_form", "store", "contract", "phone"), rng.integers(4, size=len(rows))),
    }
