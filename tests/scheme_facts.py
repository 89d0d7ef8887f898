"""Facts of a tiny company's customers, for tests of what classes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.params import Params, load_params
from analysis.segments import build_segments, fit_cutoffs
from analysis.segments.schemes import fit_class_cutoffs, gather
from tiny_company import TODAY, make_company

PARAMS = load_params({"rfm": {"min_buyers": 10}, "churn": {"min_completed_gaps": 10}})
DAY = TODAY.date()
TYPES = ("business", "individual", None)
CITIES = ("上海", "Suzhou", "London", "", None)


def make_facts(**columns: list[Any]) -> pd.DataFrame:
    """Facts of as many customers as `columns` are long; what is not given is missing."""
    count = len(next(iter(columns.values())))
    nothing = {name: [None] * count for name in ("customer_type", "industry", "contract_type", "gender", "birth_date", "name_kind", "tags")}
    nothing |= {name: [None] * count for name in ("country", "region", "city")}
    frame = pd.DataFrame({"customer_id": [f"c{number:03d}" for number in range(count)], **nothing, **columns})
    for name in ("count_sales", "units_per_order", "count_discounted", "spend_total", "count_order_days"):
        frame[name] = frame[name].astype(float) if name in frame else np.nan
    return frame


def make_voices(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    """Voices from (customer, kind, topic, count)."""
    return pd.DataFrame(rows, columns=["customer_id", "kind", "topic", "count"])


def make_parts(
    seed: int, buyers: int, prospects: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None, pd.DataFrame, pd.DataFrame]:
    """Customers, traits, margins, voices and spells of a seeded company; `seed` odd: without costs."""
    rng = np.random.default_rng(seed)
    customers, spells = make_company(seed, buyers, prospects)
    count = len(customers)
    for name, levels in {"customer_type": TYPES, "country": ("China", "United Kingdom", None), "gender": ("female", None)}.items():
        customers[name] = rng.choice(np.array(levels, dtype=object), count)
    customers["region"], customers["industry"] = rng.choice(np.array(["浙江", "Jiangsu", None], dtype=object), count), None
    customers["city"], customers["joined_on"] = rng.choice(np.array(CITIES, dtype=object), count), pd.NaT
    customers["count_products"] = rng.integers(0, 4, count)
    customers["spend_mean"] = (customers["spend_total"] / customers["count_order_days"]).where(customers["count_order_days"] > 0)
    traits = pd.DataFrame(
        {"customer_id": customers["customer_id"], "contract_type": None, "tags": None, "birth_date": pd.NaT, "income": np.nan}
    )
    traits["name_kind"] = rng.choice(np.array(["company", "person", None], dtype=object), count)
    traits["main_channel"] = rng.choice(np.array(["store", "online", None], dtype=object), count)
    traits["count_sales"] = customers["count_order_days"]
    traits["count_discounted"] = rng.binomial(customers["count_order_days"], 0.2)
    traits["units_per_order"], traits["last_own_contact_on"] = rng.integers(1, 60, count).astype(float), TODAY
    costed = customers.loc[customers["spend_total"] > 0, ["customer_id", "spend_total"]].sample(frac=0.8, random_state=seed)
    margins = pd.DataFrame({"customer_id": costed["customer_id"], "revenue": costed["spend_total"]})
    margins["cost"] = margins["revenue"] * rng.uniform(0.3, 1.2, len(margins))
    rows = [
        (name, "feedback", topic, 1 + seed % 3) for name, topic in zip(customers["customer_id"], ["price", "service"] * count, strict=False)
    ]
    return customers, traits, margins if seed % 2 == 0 else None, make_voices(*rows), spells


def prepare(seed: int, buyers: int, prospects: int, params: Params = PARAMS, order: int | None = None) -> tuple[Any, ...]:
    """Facts, voices and cut-offs of `make_parts`; with `order`, every table in another order of rows."""
    customers, traits, margins, voices, spells = (
        part if order is None or part is None else part.sample(frac=1, random_state=order) for part in make_parts(seed, buyers, prospects)
    )
    held = fit_cutoffs(customers, spells, params)
    segments = build_segments(customers, spells, DAY, params, held)
    facts = gather(customers, traits, margins, DAY, params, segments, held)
    return facts, voices, fit_class_cutoffs(facts, spells, params, "2020-12")
