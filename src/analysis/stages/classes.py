"""What the chapter on classes says beside the classes themselves."""

from __future__ import annotations

import pandas as pd

from analysis.contracts import Missing
from analysis.history.disclosure import hide_small
from analysis.history.traits import count_channels
from analysis.month import Month
from analysis.segments.schemes.rules import Rule, tell_rules
from analysis.segments.schemes.stages import find_transitions
from analysis.segments.schemes.tables import shift_channels
from analysis.value.concentration import draw_concentration


def tell_class_rules(month: Month, family: str) -> list[Rule]:
    """Rules, with their cut-offs, of a family of schemes; see `segments.schemes.rules`."""
    return tell_rules(family, month.read("classes"), month.class_cutoffs, month.cutoffs, month.params, month.as_of.year)


def concentrate_profit(month: Month) -> pd.DataFrame | Missing:
    """Pareto curve of profit so far; losses count as zero."""
    profit = month.facts["profit_total"].dropna().clip(lower=0).to_numpy()
    if not (profit > 0).any():
        return Missing("order_lines", ("unit_cost",), ("C1",))
    return draw_concentration(profit, min_cell=month.params.report.min_cell)


def mix_channels(month: Month) -> pd.DataFrame | Missing | None:
    """Orders by channel in the last twelve months and in those before; see `segments.schemes.tables.shift_channels`."""
    if not month.ledger.has("order_lines", "channel"):
        return Missing("order_lines", ("channel",), ("C6",))
    middle, since = (month.period.shift(-back).as_of for back in (12, 24))
    return shift_channels(count_channels(month.ledger, month.as_of, middle, since), month.params.report.min_cell)


def list_transitions(month: Month) -> pd.DataFrame:
    """Changes of stage since last month with the rule that fired; money of few blanked."""
    found = find_transitions(month.previous.read("segments"), month.facts)
    return hide_small(found, "count_customers", ["revenue"], month.params.report.min_cell)
