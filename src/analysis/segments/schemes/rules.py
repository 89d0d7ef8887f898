"""The rule of every scheme with its cut-offs, as the page says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.params import Params
from analysis.segments.base import Cutoffs
from analysis.segments.schemes.cutoffs import Band, ClassCutoffs
from analysis.segments.schemes.place import load_tiers
from analysis.segments.schemes.scheme import SCHEMES
from analysis.segments.schemes.sizes import MISSING, explain_silence

OF_CONTRACTS = ("lifecycle_a9", "lifecycle_a19", "lifecycle_c9", "lifecycle_d8")
"""Schemes with another rule where customers have contracts."""


@dataclass(frozen=True)
class Rule:
    """A sentence: its key below ``classes.rule``, and the numbers in it."""

    key: str
    fields: dict[str, Any]
    chapters: tuple[str, ...] = field(default=())


def tell_rules(
    family: str, classes: pd.DataFrame, cutoffs: ClassCutoffs, held: Cutoffs, params: Params, year: int, is_contractual: bool = False
) -> list[Rule]:
    """Rules of the schemes of a `family` in their order; of one that classes nobody, why not (what the source lacks apart).

    Parameters
    ----------
    cutoffs, held : ClassCutoffs, Cutoffs
        Of the base month: those of the classes, and those of RFM, tiers and lifecycle.
    year : int
        Of the report: the list of city tiers depends on it.
    is_contractual : bool
        Stages are told by contracts, not by orders.
    """
    numbers, found = _numbers(cutoffs, held, params, year), []
    for name in [scheme.name for scheme in SCHEMES if scheme.family == family]:
        why = explain_silence(classes[name])
        if not why:
            ending = "_contract" if is_contractual and name in OF_CONTRACTS else ""
            found.append(Rule(_key(name, cutoffs) + ending, numbers.get(name, {})))
        elif why != MISSING:
            found.append(Rule(f"silent_{why}", {"scheme": name, "least": params.rfm.min_buyers, "period": cutoffs.period}))
    return found


def _key(name: str, cutoffs: ClassCutoffs) -> str:
    band = cutoffs.bands.get(name)
    return f"{name}_parameter" if band is not None and band.basis == "parameter" else name


def _numbers(cutoffs: ClassCutoffs, held: Cutoffs, params: Params, year: int) -> dict[str, dict[str, Any]]:
    chosen, nothing = params.classes, Band("", float("nan"), float("nan"), "")
    bands = {
        name: cutoffs.bands.get(name, nothing) for name in ("value_profit", "value_amount", "value_score", "frequency_band", "amount_band")
    }
    limits = {name: {"high": band.high_from, "medium": band.medium_from} for name, band in bands.items()}
    shares = {"share": chosen.high_share, "both": chosen.high_share + chosen.medium_share}
    limits["value_profit"] |= shares | {"coverage": chosen.cost_coverage}
    limits["value_amount"] |= shares
    limits["value_score"] |= {"share": chosen.score_high_share, "next": chosen.score_medium_share}
    limits["value_score"] |= dict.fromkeys(("amount", "frequency", "interaction"), 0.0) | {p.name: p.weight for p in cutoffs.score}
    limits["frequency_band"] |= {"usual": chosen.high_gap_quantile, "long": chosen.low_gap_quantile, "days": params.lifecycle.new_days}
    stamp, source, _ = load_tiers(year)
    return limits | {
        "tier": {
            "vip": held.tiers.vip_from if held.tiers else float("nan"),
            "ordinary": held.tiers.ordinary_from if held.tiers else float("nan"),
        },
        "joiner": {"early": cutoffs.early_until, "middle": cutoffs.middle_until},
        "tenure": {"days": params.lifecycle.new_days},
        "returning": {"days": chosen.recent_contact_days},
        "customer_type": {"units": chosen.guess_units, "orders": chosen.guess_order_days},
        "city_tier": {"year": stamp, "source": source},
        "need_segment": {"pieces": chosen.need_pieces, "level": chosen.discount_level},
        "lifecycle_a9": limits["value_amount"] | _range([limit.dormant_days for limit in held.lifecycle]),
        "lifecycle_d8": _range([limit.lost_days for limit in held.lifecycle]),
        "lifecycle_c9": {"orders": params.lifecycle.loyal_order_days},
    }


def _range(days: list[int]) -> dict[str, float]:
    return {"shortest": min(days, default=float("nan")), "longest": max(days, default=float("nan"))}
