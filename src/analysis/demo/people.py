"""The customers: who they are, when they join, and how they would behave if nothing happened to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.demo import cells
from analysis.demo.calendar import DAY, NEVER, Calendar
from analysis.demo.cells import Cells, Table
from analysis.demo.company import (
    ARCHETYPES,
    CATEGORIES,
    CATEGORY_SHARES,
    MONTHLY_GROWTH,
    PROSPECT_SHARE,
    REFERRED_HAZARD,
    REFERRED_RATE,
    REFERRED_SHARE,
    SCRIPT,
    SEASON,
    SOURCE_COST,
    SOURCE_SHARES,
    SOURCES,
    STAFF,
)
from analysis.demo.places import ABROAD_SHARE, CITIES, COUNT_CHINA, NAMES, SPELT, WORDS


@dataclass
class People:
    """Customers of a chunk, in the order of joining; arrays of one entry each. Days count from the first day of the data.

    `rate` is orders a month while active, `hazard` the chance of leaving a month without complaints, `content` the level
    of satisfaction (0-1) without complaints. `first` is the day of the first order, infinite for prospects.
    A `quiet` prospect has no row in any table but customers.
    """

    number: np.ndarray
    kind: np.ndarray
    is_business: np.ndarray
    is_abroad: np.ndarray
    city: np.ndarray
    joined: np.ndarray
    first: np.ndarray
    is_prospect: np.ndarray
    is_quiet: np.ndarray
    is_referred: np.ndarray
    rate: np.ndarray
    regularity: np.ndarray
    hazard: np.ndarray
    content: np.ndarray
    favourite: np.ndarray
    id: Cells

    def __len__(self) -> int:
        return len(self.number)


def trait(name: str) -> np.ndarray:
    """One property of all archetypes."""
    return np.array([getattr(archetype, name) for archetype in ARCHETYPES])


def draw_joins(rng: np.random.Generator, count: int, calendar: Calendar) -> np.ndarray:
    """Days of joining, sorted: steady growth, and more in the busy months."""
    day = np.arange(calendar.days)
    month = calendar.month_of(day)
    weight = (1 + MONTHLY_GROWTH) ** month * np.asarray(SEASON)[(calendar.start.month - 1 + month) % 12] ** 0.6
    return np.sort(np.searchsorted(np.cumsum(weight) / weight.sum(), rng.random(count)))


def draw_people(rng: np.random.Generator, first_number: int, count: int, calendar: Calendar) -> People:
    """`count` customers numbered from `first_number`."""
    kind = rng.choice(len(ARCHETYPES), count, p=trait("share") / trait("share").sum())
    is_business = trait("is_business")[kind]
    joined = draw_joins(rng, count, calendar)
    is_abroad = rng.random(count) < ABROAD_SHARE
    weight = np.array([city[3] for city in CITIES])
    china, abroad = weight[:COUNT_CHINA], weight[COUNT_CHINA:-1]
    city = np.where(
        is_abroad,
        COUNT_CHINA + rng.choice(len(abroad), count, p=abroad / abroad.sum()),
        rng.choice(len(china), count, p=china / china.sum()),
    )
    odd = np.flatnonzero(~is_abroad & ((first_number + np.arange(count)) % 1000 < 12))[:5]
    city[odd] = len(CITIES) - 1

    is_prospect = rng.random(count) < PROSPECT_SHARE
    is_quiet = is_prospect & (rng.random(count) < 0.15)
    # nobody is invited before there are customers to invite
    is_referred = (rng.random(count) < REFERRED_SHARE) & (joined > 75) & ~is_quiet & ~is_business
    is_referred |= (rng.random(count) < REFERRED_SHARE / 2) & (joined > 75) & ~is_quiet & is_business
    shape = trait("shape")[kind]
    rate = trait("rate")[kind] * rng.gamma(shape) / shape * np.where(is_referred, REFERRED_RATE, 1.0)
    content = np.clip(rng.beta(7, 2.6, count) + 0.04 * is_referred, 0.05, 0.98)
    hazard = trait("hazard")[kind] * rng.gamma(2.5, size=count) / 2.5 * np.where(is_referred, REFERRED_HAZARD, 1.0)
    hazard *= np.exp(1.8 * (0.73 - content))
    first = joined + np.floor(rng.exponential(np.where(is_business, 21.0, 9.0)))
    first[is_prospect | (first >= calendar.horizon)] = np.inf
    favourite = np.where(
        is_business,
        rng.choice(len(CATEGORIES), count, p=CATEGORY_SHARES[1]),
        rng.choice(len(CATEGORIES), count, p=CATEGORY_SHARES[0]),
    )
    number = first_number + np.arange(count)
    return People(
        number, kind, is_business, is_abroad, city, joined.astype(float), first, is_prospect, is_quiet, is_referred, np.maximum(rate, 0.01),
        trait("regularity")[kind], np.minimum(hazard, 2.0), content, favourite, cells.ids("C", number, 7),
    )  # fmt: skip


def name_people(rng: np.random.Generator, people: People, trade: np.ndarray) -> tuple[Cells, Cells]:
    """Names (of companies after their `trade`), and the part of an e-mail address before the number that makes it unique."""
    count = len(people)

    def draw(words: list[str]) -> np.ndarray:
        return rng.integers(len(words), size=count)

    surname, given, first, last = draw(NAMES["surnames"]), draw(NAMES["given"]), draw(NAMES["first_names"]), draw(NAMES["last_names"])
    brand, firm, form = draw(NAMES["brands"]), draw(NAMES["firms"]), draw(NAMES["forms"])
    in_china = ~people.is_abroad
    seat = cells.pick([place[0] if place[0] != SCRIPT else "" for place in CITIES], people.city)
    person = cells.choose(
        in_china,
        cells.join(cells.pick(NAMES["surnames"], surname), cells.pick(NAMES["given"], given)),
        cells.join(cells.pick(NAMES["first_names"], first), " ", cells.pick(NAMES["last_names"], last)),
    )
    company = cells.choose(
        in_china,
        cells.join(seat, cells.pick(NAMES["brands"], brand), cells.pick(NAMES["trades"], trade), "有限公司"),
        cells.join(cells.pick(NAMES["firms"], firm), " ", cells.pick(NAMES["forms"], form)),
    )
    plain = [name.lower().translate(str.maketrans("üé", "ue", "'")) for name in NAMES["last_names"]]
    mailbox = cells.choose(
        people.is_business,
        cells.pick(("office", "info", "purchasing"), rng.integers(3, size=count)),
        cells.choose(
            in_china,
            cells.join(cells.pick(SPELT["surnames"], surname), ".", cells.pick(SPELT["given"], given)),
            cells.pick(plain, last),
        ),
    )
    return cells.choose(people.is_business, company, person), mailbox


def write_people(rng: np.random.Generator, people: People, calendar: Calendar) -> Table:
    """The customers table."""
    count, last = len(people), calendar.days
    business, home = people.is_business, ~people.is_abroad

    def missing(share: float) -> np.ndarray:
        return rng.random(count) < share

    trade = rng.integers(len(NAMES["trades"]), size=count)
    name, mailbox = name_people(rng, people, trade)
    # One to one over all Chinese mobile numbers: two customers never share one, in whatever chunk they are.
    mobile = 13_000_000_000 + (people.number * 2_654_435_761 + 1_234_567) % 7_000_000_000
    code = np.array([place[4] for place in CITIES])[people.city]
    phone = cells.choose(home, cells.whole(mobile), cells.join("+", cells.whole(code), cells.whole(200_000_000 + people.number * 37)))
    domain = cells.pick(("example.com", "example.cn", "mail.example", "example.org"), rng.integers(4, size=count))
    age = np.clip(rng.normal(39, 13, count), 18.5, 84) * 365.25
    source = np.where(
        people.is_referred,
        SOURCES.index("referral"),
        np.where(business, rng.choice(6, count, p=SOURCE_SHARES[1]), rng.choice(6, count, p=SOURCE_SHARES[0])),
    )
    street = cells.choose(
        home,
        cells.join(cells.pick(NAMES["streets"], rng.integers(8, size=count)), cells.whole(rng.integers(1, 400, count)), "号"),
        cells.join(cells.whole(rng.integers(1, 200, count)), " ", cells.pick(NAMES["roads"], rng.integers(8, size=count))),
    )
    income = np.round(rng.lognormal(11.6, 0.45, count), -3)
    level = np.digitize(people.rate * np.where(business, 3, 1) * rng.lognormal(0, 0.5, count), [0.25, 1.4])
    region = [place[1] for place in CITIES]
    region_code = np.array([sorted(set(region)).index(name) for name in region])[people.city] + 1
    # the salesperson's own code: type, home or abroad, region, industry; some carry the wrong region
    written = np.where(missing(0.05), (region_code % 40) + 1, region_code)
    entered = cells.join(
        cells.pick(("P", "B"), business.astype(int)), cells.pick(("D", "F"), people.is_abroad.astype(int)), cells.ids("", written, 2),
        cells.ids("", np.where(business, trade + 1, 0), 2),
    )  # fmt: skip
    two = rng.integers(len(WORDS["interests"]), size=(2, count))
    interests = cells.join(cells.pick(WORDS["interests"], two[0]), ";", cells.pick(WORDS["interests"], (two[0] + 1 + two[1] % 9) % 10))
    updated = people.joined + rng.random(count) ** 0.7 * (last - 1 - people.joined)
    none = np.full(count, -1)
    return {
        "customer_id": people.id,
        "name": name,
        "customer_type": cells.pick(("individual", "business"), business.astype(int)),
        "industry": cells.pick(SPELT["trades"], np.where(business, trade, none)),
        "contract_type": cells.pick(
            ("spot", "framework", "subscription"), np.where(business, rng.choice(3, count, p=(0.5, 0.35, 0.15)), none)
        ),
        "gender": cells.pick(("female", "male"), np.where(business | missing(0.08), none, (rng.random(count) < 0.42).astype(int))),
        "birth_date": cells.dates(np.where(business | missing(0.12), NEVER, calendar.epoch + (people.joined - age).astype(np.int64))),
        "occupation": cells.pick(
            WORDS["occupations"], np.where(business | missing(0.35), none, rng.integers(len(WORDS["occupations"]), size=count))
        ),
        "income": cells.whole(income, business | missing(0.55)),
        "interests": cells.choose(business | missing(0.40), cells.pick(("",), none), interests),
        "phone": cells.choose(missing(0.05), cells.pick(("",), none), phone),
        "email": cells.choose(missing(0.10), cells.pick(("",), none), cells.join(mailbox, cells.whole(people.number), "@", domain)),
        "address": cells.choose(missing(0.15), cells.pick(("",), none), street),
        "city": cells.pick([place[0] for place in CITIES], people.city),
        "region": cells.pick(region, people.city),
        "country": cells.pick([place[2] for place in CITIES], people.city),
        "acquisition_source": cells.pick(SOURCES, source),
        "acquisition_cost": cells.money(100 * np.asarray(SOURCE_COST)[source] * rng.lognormal(0, 0.3, count) + 1),
        "joined_on": cells.dates(calendar.dates(people.joined)),
        "owner": cells.pick(STAFF, np.where(business | (rng.random(count) < 0.1), rng.integers(len(STAFF), size=count), none)),
        "declared_level": cells.pick(("potential", "ordinary", "vip"), np.where(business | missing(0.6), level, none)),
        "entered_code": cells.choose(missing(0.4), cells.pick(("",), none), entered),
        "tags": cells.pick(WORDS["tags"], np.where(missing(0.5), none, rng.integers(len(WORDS["tags"]), size=count))),
        "updated_at": cells.times((np.floor(updated).astype(np.int64) + calendar.epoch) * DAY + rng.integers(9 * 3600, 19 * 3600, count)),
    }
