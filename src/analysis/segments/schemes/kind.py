"""Business or individual: as the source says, else guessed by a stated rule and counted as guessed."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from analysis.history.traits import NamePatterns
from analysis.params import Params
from analysis.segments.schemes.scheme import UNKNOWN

BUSINESS, INDIVIDUAL = "business", "individual"
GIVEN, GUESSED = "given", "guessed"

RULES = {
    "trade_on_record": BUSINESS,
    "name_of_a_company": BUSINESS,
    "person_on_record": INDIVIDUAL,
    "name_of_a_person": INDIVIDUAL,
    "orders_by_the_dozen": BUSINESS,
}
"""Rule -> type, in the order in which they are tried where the source does not say."""


@cache
def load_patterns() -> NamePatterns:
    """The words of ``names.toml`` as regular expressions."""
    lists = tomllib.loads(resources.files("analysis.segments.schemes").joinpath("names.toml").read_text(encoding="utf-8"))
    return NamePatterns(*("|".join(lists[name]) for name in ("company", "person")))


def guess(facts: pd.DataFrame, params: Params) -> pd.Series:
    """The rule of `RULES` that tells each customer's type; None where none does.

    A trade on record is an industry or a contract type; a person on record has a gender or a date of birth. By their orders,
    businesses are who ordered at least `classes.guess_order_days` times with `classes.guess_units` pieces or more in the mean.
    Small orders are no sign of a person: companies make them too.
    """
    name = facts["name_kind"]
    holds = {
        "trade_on_record": facts["industry"].notna() | facts["contract_type"].notna() & facts["gender"].isna(),
        "name_of_a_company": name == "company",
        "person_on_record": facts["gender"].notna() | facts["birth_date"].notna(),
        "name_of_a_person": name == "person",
        "orders_by_the_dozen": (facts["count_sales"] >= params.classes.guess_order_days)
        & (facts["units_per_order"] >= params.classes.guess_units),
    }
    rules = np.select([held.to_numpy(dtype=bool) for held in holds.values()], list(holds), "")
    return pd.Series(rules, index=facts.index, dtype=object).replace({"": None})


def classify(facts: pd.DataFrame, params: Params) -> dict[str, np.ndarray]:
    """`customer_type` and `customer_type_basis` of every customer."""
    given, guessed = facts["customer_type"], guess(facts, params).map(RULES)
    basis = np.select([given.notna(), guessed.notna()], [GIVEN, GUESSED], UNKNOWN).astype(object)
    kind = given.where(given.notna(), guessed.where(guessed.notna(), UNKNOWN))
    return {"customer_type": kind.to_numpy(dtype=object), "customer_type_basis": basis}


def check_guesses(facts: pd.DataFrame, params: Params) -> pd.DataFrame:
    """The guess beside what the source says, for all of whom it says so: how far the rule may be believed.

    Returns
    -------
    DataFrame
        One row a given type and a guess (or ``unknown``) that occurs: `given, guessed, count_customers`.
    """
    pairs = pd.DataFrame({"given": facts["customer_type"], "guessed": guess(facts, params).map(RULES).fillna(UNKNOWN)}).dropna()
    counts = pairs.groupby(["given", "guessed"]).size().rename("count_customers")
    return counts.reset_index().sort_values(["given", "guessed"], ignore_index=True)


def count_rules(facts: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Customers whose type was guessed, by the rule that did: `type_rule, customer_type, count_customers`, unused rules included."""
    used = guess(facts, params)[facts["customer_type"].isna()].value_counts()
    table = pd.DataFrame(RULES.items(), columns=["type_rule", "customer_type"])
    return table.assign(count_customers=table["type_rule"].map(used).fillna(0).astype("int64"))
