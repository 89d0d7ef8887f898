"""One chunk of customers, from their birth in the simulation to the rows of every table.

A chunk depends on the seed and its own number only; of earlier chunks it takes nothing but where the numbers of orders,
lines and other keys go on.
"""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.demo import finance, network, voice
from analysis.demo.behaviour import Lives, Orders, draw_complaints, draw_lives, draw_orders, satisfaction
from analysis.demo.calendar import NEVER, Calendar
from analysis.demo.cells import Table
from analysis.demo.company import UNSOLD
from analysis.demo.contacts import draw_actions, draw_campaigns, end_second, write_actions, write_interactions
from analysis.demo.people import People, draw_people, write_people
from analysis.demo.sales import Lines, draw_lines, write_lines, write_products


@dataclass
class Chunk:
    """What one chunk gives: text tables of the data, and the numbers that the truth and the dirt need.

    `free` says by table in which rows a fault may cost the row without making another row look wrong.
    """

    people: People
    lives: Lives
    lines: Lines
    future: Lines
    tables: dict[str, Table]
    free: dict[str, np.ndarray] = field(default_factory=dict)


class Lots(dict[str, np.random.Generator]):
    """A random stream for each stage of a chunk, by name, so that a change in one stage leaves the others as they are."""

    def __init__(self, seed: int, chunk: int):
        self.root = (seed, chunk)

    def __missing__(self, stage: str) -> np.random.Generator:
        seed, chunk = self.root
        self[stage] = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(chunk, zlib.crc32(stage.encode()))))
        return self[stage]


def simulate(rng: Lots, first_number: int, count: int, calendar: Calendar, keys: Counter[str]) -> Chunk:
    """Customers `first_number` onwards, and all that happens to them; `keys` counts the keys used so far and is moved on."""
    people = draw_people(rng["people"], first_number, count, calendar)
    latent = draw_orders(rng["orders"], people, calendar)
    complaints = draw_complaints(rng["complaints"], people, latent)
    lives = draw_lives(rng["lives"], people, complaints, calendar)
    usual = keep(latent, latent.day < lives.left[latent.who])
    complaints = keep(complaints, complaints.day < np.minimum(lives.left[complaints.who], calendar.horizon))
    mood = satisfaction(people, complaints, lives, calendar)
    invitations = network.draw_invitations(rng["invitations"], people, lives, calendar)
    granted = network.draw_consents(rng["consents"], people)
    contacts, won = draw_campaigns(rng["campaigns"], people, lives, granted[:, 0] != 0, calendar)
    actions, gained = draw_actions(rng["actions"], people, lives, calendar)
    orders = Orders(*(np.concatenate(parts) for parts in zip(*(vars(part).values() for part in (usual, won, gained)), strict=True)))

    everything = draw_lines(rng["lines"], people, orders, calendar)
    end = end_second(calendar)
    # sorted by time: the data come first, and a line that undoes another comes after it
    known = int(np.searchsorted(everything.second, end))
    lines, future = everything.at(np.arange(known)), everything.at(np.arange(known, len(everything)))
    lines.delivered[lines.delivered >= end] = NEVER

    tables: dict[str, Table] = {}
    tables["order_lines"], number, sales, returns = write_lines(lines, people, keys["order"] + 1, keys["return"] + 1, keys["line"] + 1)
    tables["customers"] = write_people(rng["customers"], people, calendar)
    tables["contracts"] = finance.write_contracts(rng["contracts"], people, lives, calendar, keys["contract"] + 1)
    tables["products"] = write_products(calendar)
    tables["invoices"], tables["payments"], unpaid = finance.write_invoices(
        rng["invoices"], people, lines, number, calendar, keys["invoice"] + 1, keys["payment"] + 1
    )
    tables["interactions"] = write_interactions(rng["interactions"], people, lives, contacts, calendar)
    tables["feedback"] = voice.write_feedback(rng["feedback"], people, lives, usual, complaints, mood, calendar, keys["feedback"] + 1)
    tables["surveys"] = voice.write_surveys(rng["surveys"], people, lives, mood, calendar)
    tables["needs"] = voice.write_needs(rng["needs"], people, lives, calendar, keys["need"] + 1)
    tables["referrals"] = network.write_referrals(rng["referrals"], people, invitations, calendar)
    tables["points"], never_spent = finance.write_points(rng["points"], people, lines, number, calendar, keys["coupon"] + 1)
    tables["exits"] = voice.write_exits(rng["exits"], people, lives, calendar)
    tables["consents"] = network.write_consents(rng["permissions"], people, lives, granted, calendar)
    tables["actions"] = write_actions(rng["tasks"], actions, people, calendar, keys["action"] + 1)
    keys.update({"order": sales, "return": returns, "line": len(lines), "coupon": int((~never_spent).sum())})
    keys.update({name.removesuffix("s"): rows(table) for name, table in tables.items()})

    undone = np.isin(np.arange(len(lines)), lines.source) | (lines.source >= 0)
    free = {
        "order_lines": ~undone & ~((lines.who >= 0) & people.is_business[lines.who]),
        "customers": people.is_quiet,
        "products": np.isin(np.arange(rows(tables["products"])), UNSOLD),
        "invoices": unpaid,
        "points": never_spent,
    }
    return Chunk(people, lives, lines, future, tables, free)


def rows(table: Table) -> int:
    """How many rows a table has."""
    return len(next(iter(table.values())))


def keep(of: Any, chosen: np.ndarray) -> Any:
    """The chosen entries of a record of arrays."""
    return type(of)(**{name: values[chosen] for name, values in vars(of).items()})
