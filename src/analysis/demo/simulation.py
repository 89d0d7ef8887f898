"""One chunk of customers, from their birth in the simulation to the rows of every table.

A chunk depends on the seed and its own number only; of earlier chunks it takes nothing but where the numbers of orders,
lines and other keys go on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.demo.behaviour import Complaints, Lives, Orders, draw_complaints, draw_lives, draw_orders, satisfaction
from analysis.demo.calendar import DAY, NEVER, Calendar
from analysis.demo.cells import Table
from analysis.demo.people import People, draw_people, write_people
from analysis.demo.sales import Lines, draw_lines, write_lines, write_products

STAGES = ("people", "orders", "complaints", "lives", "lines", "names")


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


def streams(seed: int, chunk: int) -> dict[str, np.random.Generator]:
    """A random stream for each stage, so that a change in one leaves the others as they are."""
    return {stage: np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(chunk, at))) for at, stage in enumerate(STAGES)}


def simulate(seed: int, chunk: int, first_number: int, count: int, calendar: Calendar, keys: Counter[str]) -> Chunk:
    """Chunk number `chunk`, customers `first_number` onwards; `keys` counts the keys used so far and is moved on."""
    rng = streams(seed, chunk)
    people = draw_people(rng["people"], first_number, count, calendar)
    latent = draw_orders(rng["orders"], people, calendar)
    complaints = draw_complaints(rng["complaints"], people, latent)
    lives = draw_lives(rng["lives"], people, complaints, calendar)
    orders = keep(latent, latent.day < lives.left[latent.who])
    complaints = keep(complaints, complaints.day < np.minimum(lives.left[complaints.who], calendar.horizon))

    everything = draw_lines(rng["lines"], people, orders, calendar)
    end = (calendar.epoch + calendar.days) * DAY
    lines, future = everything.at(np.flatnonzero(everything.second < end)), everything.at(np.flatnonzero(everything.second >= end))
    lines.delivered[lines.delivered >= end] = NEVER
    table, number, sales, returns = write_lines(lines, people, keys["order"] + 1, keys["return"] + 1, keys["line"] + 1)
    keys.update({"order": sales, "return": returns, "line": len(lines)})

    tables = {"order_lines": table, "customers": write_people(rng["names"], people, calendar)}
    if chunk == 0:
        tables["products"] = write_products(calendar)
    return Chunk(people, lives, lines, future, tables)


def keep(of: Any, rows: np.ndarray) -> Any:
    """The chosen entries of a record of arrays."""
    return type(of)(**{name: values[rows] for name, values in vars(of).items()})
