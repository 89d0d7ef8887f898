"""The survival section's tables: curves, returns and tests, overall and for every grouping known when a spell began."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.churn.groups import MASTER, add_groups, group_names
from analysis.churn.kaplan_meier import ALL, estimate_curves, summarise_returns
from analysis.churn.log_rank import compare_groups
from analysis.contracts import Missing
from analysis.history.disclosure import small_groups
from analysis.history.multiplicity import adjust_holm
from analysis.params import ChurnParams

ALL_SPELLS, FIRST_SPELLS = "all", "first"
_NEEDS = {
    "channel": Missing("order_lines", ("channel",), ("C6",)),
    "customer_type": Missing("customers", ("customer_type",), ("D1",)),
    "region": Missing("customers", ("region",), ("D10",)),
}
"""What a source must give for a grouping."""
POINTS = 20
"""Steps of each curve where several are drawn together."""
_PER_SPELL = ("order_group", "segment")


@dataclass(frozen=True)
class SurvivalStory:
    """Finished tables. Each has the columns `by` (the grouping; ``all`` for none) and `spells` in front.

    `spells` says which ones were used: ``all`` for groupings of spells (order group, segment), ``first`` for groupings
    of customers (cohort, channel, type, region, country): there a curve over all spells would mostly show who has had
    time for many of them.

    Attributes
    ----------
    curves : DataFrame
        As `estimate_curves`.
    returns : DataFrame
        As `summarise_returns`.
    tests : DataFrame
        As `compare_groups`; in the overall tests `p_adjusted` is adjusted for the number of groupings (Holm).
    lacking : frozenset of str
        Groupings whose column the source does not fill.
    """

    curves: pd.DataFrame
    returns: pd.DataFrame
    tests: pd.DataFrame
    lacking: frozenset[str] = frozenset()

    def tell_differences(self, level: float = 0.05) -> pd.DataFrame | None:
        """The overall test of every grouping, and the pairs that differ at `level` after adjustment; None without groups."""
        if self.tests.empty:
            return None
        rows = self.tests[self.tests["group_a"].isna() | (self.tests["p_adjusted"] < level)]
        return rows.reset_index(drop=True)

    def pick(self, table: str, *by: str) -> pd.DataFrame | Missing | None:
        """Rows of one of the tables for the groupings `by`; without any, what the source lacks, or None where data are too few."""
        rows = getattr(self, table)
        picked = rows[rows["by"].isin(by)] if len(rows) else rows
        if picked.empty:
            return _NEEDS[by[0]] if len(by) == 1 and by[0] in self.lacking else None
        return picked.drop(columns=["by", "spells"] if len(by) == 1 else []).reset_index(drop=True)


def tell_survival(spells: pd.DataFrame, customers: pd.DataFrame, params: ChurnParams, min_cell: int = 1) -> SurvivalStory:
    """Survival of order spells.

    Parameters
    ----------
    spells, customers : DataFrame
        As in `add_groups`.
    params : ChurnParams
        `interval`.
    min_cell : int
        Groups of fewer customers are left out (`disclosure.small_groups`), cohorts of fewer are pooled.
    """
    grouped = add_groups(spells, customers, min_cell=min_cell)
    parts: dict[str, list[pd.DataFrame]] = {"curves": [], "returns": [], "tests": []}
    for by in (None, *group_names(grouped)):
        which = ALL_SPELLS if by is None or by in _PER_SPELL else FIRST_SPELLS
        rows = grouped if which == ALL_SPELLS else grouped[grouped["order_number"] == 1]
        if by is not None:
            rows = rows[~rows[by].isin(small_groups(rows.groupby(by)["customer_id"].nunique(), min_cell))]
        made = {
            "curves": estimate_curves(rows, by, params.interval, POINTS if by else 60),
            "returns": summarise_returns(rows, by, params.interval),
            "tests": compare_groups(rows, by) if by else pd.DataFrame(),
        }
        for name, table in made.items():
            if len(table):
                table.insert(0, "by", by or ALL)
                table.insert(1, "spells", which)
                parts[name].append(table)
    whole = {name: pd.concat(tables, ignore_index=True) if tables else pd.DataFrame() for name, tables in parts.items()}
    if len(whole["tests"]):
        # one question asked of several groupings: the overall tests are many tests, too
        overall = whole["tests"]["group_a"].isna()
        whole["tests"].loc[overall, "p_adjusted"] = adjust_holm(whole["tests"].loc[overall, "p_clustered"].to_numpy())
    lacking = frozenset(name for name in _NEEDS if MASTER[name] not in customers or customers[MASTER[name]].isna().all())
    return SurvivalStory(**whole, lacking=lacking)
