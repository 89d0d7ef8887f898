"""What is true of the demo company and no data say: kept apart, never read by the analysis."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa

from analysis.demo import behaviour, cells, company
from analysis.demo.calendar import NEVER, Calendar
from analysis.demo.cells import Table
from analysis.demo.company import ARCHETYPES, CAUSES
from analysis.demo.sales import Lines
from analysis.demo.sheets import Row
from analysis.demo.simulation import Chunk

FAULTS = ("table", "line", "column", "kind", "expected", "before", "after")


def write_truth(chunk: Chunk, calendar: Calendar) -> Table:
    """One row a customer.

    `true_rate_per_month` is of orders while active, campaigns and actions apart; `true_regularity` the Erlang order of the
    gaps; `left_on` and `cause` are filled for those who left within the data; `true_margin` is earned within the data,
    `true_clv_12m` in the twelve months after them (both in yuan, cancellations and returns deducted when they happen).
    """
    people, lives = chunk.people, chunk.lives
    left = lives.left < calendar.days

    def margin(lines: Lines) -> np.ndarray:
        known = lines.who >= 0
        return np.bincount(lines.who[known], lines.margin[known], len(people)) / 100

    return {
        "customer_id": people.id,
        "true_type": cells.pick(("individual", "business"), people.is_business.astype(int)),
        "true_segment": cells.pick(
            [*(archetype.name for archetype in ARCHETYPES), "prospect"], np.where(people.is_prospect, len(ARCHETYPES), people.kind)
        ),
        "true_rate_per_month": numbers(people.rate, 4),
        "true_regularity": cells.whole(people.regularity),
        "left_on": cells.dates(np.where(left, calendar.dates(lives.left), NEVER)),
        "cause": cells.pick(CAUSES, np.where(left, lives.cause, -1)),
        "true_margin": numbers(margin(chunk.lines), 2),
        "true_clv_12m": numbers(margin(chunk.future), 2),
        "referred": cells.whole(people.is_referred.astype(int)),
    }


def numbers(values: np.ndarray, places: int) -> cells.Cells:
    """Decimal numbers, negative ones too."""
    scaled = np.round(values * 10**places).astype(np.int64)
    sign = cells.pick(("", "-"), (scaled < 0).astype(int))
    return cells.join(sign, cells.whole(np.abs(scaled) // 10**places), ".", cells.ids("", np.abs(scaled) % 10**places, places))


def write_parameters(path: Path, calendar: Calendar, customers: int, seed: int, dirt: str) -> None:
    """All constants of the simulation that shape behaviour."""
    values = {
        "customers": customers, "months": calendar.months, "seed": seed, "dirt": dirt, "founded": calendar.start.isoformat(),
        "covered_until": company.LAST_DAY.isoformat(), "season": company.SEASON, "monthly_growth": company.MONTHLY_GROWTH,
        "price_rise": company.PRICE_RISE, "cost_rise": company.COST_RISE, "prospect_share": company.PROSPECT_SHARE,
        "referred_rate": company.REFERRED_RATE, "referred_hazard": company.REFERRED_HAZARD, "complaint_rate": behaviour.COMPLAINT_RATE,
        "quick_excess": behaviour.QUICK_EXCESS, "slow_excess": behaviour.SLOW_EXCESS, "price_shock": behaviour.PRICE_SHOCK,
        "archetypes": [asdict(archetype) for archetype in ARCHETYPES],
    }  # fmt: skip
    path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


def write_faults(faults: list[Row]) -> Table:
    """One row a fault."""
    columns = zip(*faults, strict=True) if faults else ((),) * len(FAULTS)
    return {name: pa.array([str(cell) for cell in column], pa.string()) for name, column in zip(FAULTS, columns, strict=True)}
