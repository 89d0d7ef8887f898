"""A customer's classes, each with the rule that gives it and the customer's own numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.portraits.customer import Customer
from analysis.report.show import reasons
from analysis.report.show.display import escape
from analysis.report.words import has_words, label_level, words
from analysis.segments import maps
from analysis.segments.schemes import SCHEMES
from analysis.segments.schemes.rules import tell_rules
from analysis.segments.schemes.sizes import SILENT_ON

if TYPE_CHECKING:
    from analysis.month import Month

RFM = "rfm"
"""Family of the schemes that are maps of recency, frequency and amount."""
NUMBERS = {
    "value_profit": "profit_per_year",
    "frequency_band": "repeat_days_per_year",
    "amount_band": "spend_mean",
    "product_breadth": "count_products",
}
"""The number by which a scheme classes, where it is a single one."""


def tell_classes(month: Month, customer: Customer) -> str:
    """All schemes as HTML: the class, and behind a fold the customer's own numbers and the rule."""
    rules = _find_rules(month)
    facts = month.facts
    own = facts[facts["customer_id"] == customer.ident].iloc[0].to_dict()
    items, silent = [], []
    for scheme in SCHEMES:
        label = customer.get(f"classes.{scheme.name}")
        if label is None or scheme.name == "customer_type_basis":
            continue
        if label in SILENT_ON:
            silent.append(f"{label_level('scheme', scheme.name)} ({label_level('class_label', label).lower()})")
            continue
        rule = reasons("classes.rule", [rules[scheme.name]]) if has_words(f"classes.rule.{scheme.name}") and scheme.name in rules else []
        said = _own_scores(month, scheme.name, customer) if scheme.family == RFM else _own_numbers(scheme.name, customer, own)
        shown = label_level("map_class" if scheme.family == RFM else "class_label", label)
        items.append(_fold(label_level("scheme", scheme.name), shown, [*said, *rule]))
    if (fired := customer.get("segments.lifecycle_rule")) is not None:
        stage = label_level("lifecycle_stage", customer.get("segments.lifecycle_stage"))
        items.append(_fold(label_level("scheme", "lifecycle"), stage, [label_level("lifecycle_rule", fired)]))
    rest = f"<p class=note>{escape(words('portraits.card.silent', schemes=', '.join(silent)))}</p>" if silent else ""
    return f"<div class=folds>{''.join(items)}</div>{rest}"


def _fold(scheme: str, label: str, why: list[str]) -> str:
    """A class, and its reasons behind a fold."""
    head = f"<strong>{escape(scheme)}</strong>: {escape(label)}"
    if not why:
        return f"<div>{head}</div>"
    return f"<details><summary>{head}</summary><p class=note>{escape(' '.join(why))}</p></details>"


def _find_rules(month: Month) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for family in dict.fromkeys(scheme.family for scheme in SCHEMES):
        told = (month.class_cutoffs, month.cutoffs, month.params, month.as_of.year, month.ledger.is_contractual)
        for rule in tell_rules(family, month.read("classes"), *told):
            found[rule.key.removesuffix("_parameter").removesuffix("_contract")] = rule
    return found


def _own_scores(month: Month, scheme: str, customer: Customer) -> list[str]:
    """A sentence with the scores that put this customer into the segment of a map."""
    name = scheme.removeprefix("rfm_")
    grid = maps.grid_of(name, month.cutoffs)
    if grid is None or not customer.get("customers.count_order_days"):
        return []
    columns = ("days_since_last_order", "count_order_days", "spend_total")
    person = pd.DataFrame({column: [float(customer.get(f"customers.{column}"))] for column in columns})
    days, orders = (person[column].to_numpy() for column in columns[:2])
    r, f, m = (int(score[0]) for score in grid.cut(days, orders, maps.read_amount(person, grid.measure).to_numpy()))
    return [words("portraits.card.reason.rfm", r=r, f=f, m=m, top=maps.load(name).top)]


def _own_numbers(name: str, customer: Customer, own: dict[str, object]) -> list[str]:
    """Sentences with the numbers that put this customer into the class of a scheme."""
    key = f"portraits.card.reason.{name}"
    if name == "tier" and customer.get("segments.tier_score") is not None:
        return [words(key, score=customer.get("segments.tier_score"))]
    if name == "customer_type":
        return [words(key, basis=label_level("class_label", customer.get("classes.customer_type_basis")))]
    number = own.get(NUMBERS[name]) if name in NUMBERS else None
    return [words(key, number=number)] if number is not None and number == number else []
