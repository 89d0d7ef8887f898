"""The table `classes`: every customer in exactly one class of every scheme."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from analysis.params import Params
from analysis.segments.schemes import behaviour, kind, needs, place, stages, value
from analysis.segments.schemes.cutoffs import ClassCutoffs
from analysis.segments.schemes.scheme import NO_ORDER, NOT_ENOUGH, SCHEMES, UNKNOWN

_MAPS = ("rfm_klaviyo", "rfm_eight")
_OF_ORDERS = (
    "value_profit",
    "value_amount",
    "value_score",
    "frequency_band",
    "amount_band",
    "product_breadth",
    "tenure",
    "purchase_channel",
)


def build_classes(
    facts: pd.DataFrame,
    voices: pd.DataFrame,
    cutoffs: ClassCutoffs,
    as_of: date,
    params: Params,
    home_country: str,
    is_contractual: bool = False,
) -> pd.DataFrame:
    """Classes of all customers as of a day.

    Parameters
    ----------
    facts : DataFrame
        One row a customer with the month's segments, see `facts.gather`.
    voices : DataFrame
        `history.traits.read_voices` as of `as_of`.
    cutoffs : ClassCutoffs
        As of the base month.
    home_country : str
        As ``ledger.toml`` names it.
    is_contractual : bool
        Customers have contracts, not orders: classes made of orders are ``not_enough_data``.

    Returns
    -------
    DataFrame
        One row a customer, in the order of `facts` (contract `classes`): `customer_id` and one column of text a scheme of
        `SCHEMES`, never missing.
    """
    types = kind.classify(facts, params)
    values = value.classify(facts, cutoffs)
    columns = {
        **values,
        "tier": facts["tier"].to_numpy(dtype=object),
        **behaviour.classify(facts, cutoffs, as_of, params),
        **types,
        "contract_type": facts["contract_type"].fillna(UNKNOWN).to_numpy(dtype=object),
        "industry": facts["industry"].fillna(UNKNOWN).to_numpy(dtype=object),
        **place.classify(facts, home_country, as_of.year),
        "need_segment": needs.classify(needs.weigh_evidence(facts, voices, types["customer_type"], params), params),
        **stages.classify(facts, values["value_amount"], params),
        "rfm_eleven": facts["rfm_segment"].to_numpy(dtype=object),
        **{name: facts[name].to_numpy(dtype=object) for name in _MAPS},
    }
    if is_contractual:
        for name in _OF_ORDERS:
            columns[name] = np.where(columns[name] == NO_ORDER, NOT_ENOUGH, columns[name])
        for name in _MAPS:
            columns[name] = np.full(len(facts), NOT_ENOUGH, dtype=object)
        columns["importance"] = np.where(columns["importance"] == "potential", NOT_ENOUGH, columns["importance"])
    return pd.DataFrame({"customer_id": facts["customer_id"], **{scheme.name: columns[scheme.name] for scheme in SCHEMES}})
