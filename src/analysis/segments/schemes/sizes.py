"""How large classes are: customers, revenue and repeat rate of each, and where two ways of grouping meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from analysis.contracts import Missing
from analysis.history.disclosure import small_groups
from analysis.history.rates import add_rate
from analysis.segments import lifecycle
from analysis.segments.schemes.place import OUTSIDE
from analysis.segments.schemes.scheme import LEVELS, NO_ORDER, NOT_ENOUGH, SCHEMES, UNKNOWN, Scheme

POOLED = "pooled"
SILENT_ON = (UNKNOWN, NOT_ENOUGH, NO_ORDER, "margin_missing", "unclassified")
"""Labels that say that a customer could not be classed."""
FEW, MISSING = "few", "missing"
RUNNING = (lifecycle.NEW, lifecycle.ACTIVE, lifecycle.LOYAL, lifecycle.BACK)
MAX_LEVELS = 12
AGES = (25, 35, 45, 55, 65)
PAIRS = (("gender", "purchase_channel"), ("region4", "need_segment"), ("age_band", "region4"))
"""Bases that are laid across each other: demographic and behavioural, geographic and behavioural, demographic and geographic."""
AGE_BANDS = (f"under_{AGES[0]}", *(f"{a}_to_{b - 1}" for a, b in pairwise(AGES)), f"{AGES[-1]}_and_over")
_ORDERS = {"age_band": (*AGE_BANDS, UNKNOWN), "income_band": (*(f"income_{level}" for level in LEVELS), UNKNOWN)}
_ORDERS |= {scheme.name: scheme.labels for scheme in SCHEMES if scheme.labels}
REVENUE, PROFIT = {"revenue": "spend_total"}, {"profit": "profit_total"}
"""Sum -> the column of facts that is added up."""
OF_BUYERS = ("count_buyers", "count_repeat", "repeat_rate", "repeat_rate_low", "repeat_rate_high")
"""Columns that a table of many schemes leaves away; the bases of segmentation show them."""
RATES = ["repeat_rate", "repeat_rate_low", "repeat_rate_high"]


@dataclass(frozen=True)
class _Measures:
    """What is added up, an entry a customer; `sums` by name, `totals` of those that are above zero for anybody."""

    sums: dict[str, np.ndarray]
    counts: dict[str, np.ndarray]
    has_orders: bool

    @classmethod
    def of(cls, facts: pd.DataFrame, sums: Mapping[str, str]) -> _Measures:
        orders = facts["count_order_days"].to_numpy()
        counts = {
            "count_buyers": orders > 0,
            "count_repeat": orders > 1,
            "count_active": facts["lifecycle_stage"].isin(RUNNING).to_numpy(),
        }
        money = {name: facts[column].to_numpy(dtype=float) for name, column in sums.items()}
        return cls(money, counts, bool((orders > 0).any()))


def explain_silence(labels: pd.Series) -> str:
    """Why a scheme tells nobody from the others: ``few`` data, all ``outside`` of what it divides, or an input ``missing``.

    Empty where it does.
    """
    found = set(labels.unique())
    if found - {*SILENT_ON, OUTSIDE}:
        return ""
    if found <= {NOT_ENOUGH, NO_ORDER}:
        return FEW
    return OUTSIDE if OUTSIDE in found else MISSING


def is_told(labels: pd.Series) -> bool:
    """Whether a scheme tells anybody from the others; regions of China say nothing of a source whose customers are all outside."""
    return not explain_silence(labels)


def find_told(classes: pd.DataFrame, family: str) -> list[str]:
    """Names of the schemes of a `family` that class anybody."""
    return [scheme.name for scheme in SCHEMES if scheme.family == family and is_told(classes[scheme.name])]


def find_gaps(classes: pd.DataFrame, family: str, of_all: bool = False) -> list[Missing]:
    """What the source lacks for the schemes of a `family` in which nobody could be classed, one entry a table.

    Empty where it lacks the inputs of all of them, unless `of_all`: `tabulate_family` says so then.
    """
    every = [scheme for scheme in SCHEMES if scheme.family == family]
    lacking = [scheme for scheme in every if explain_silence(classes[scheme.name]) == MISSING]
    if len(lacking) == len(every) and not of_all:
        return []
    tables = dict.fromkeys(scheme.table for scheme in lacking)
    return [
        Missing(
            table,
            tuple(dict.fromkeys(column for scheme in lacking if scheme.table == table for column in scheme.columns)),
            tuple(dict.fromkeys(name for scheme in lacking if scheme.table == table for name in scheme.requirements)),
        )
        for table in tables
    ]


def tabulate_family(
    classes: pd.DataFrame, facts: pd.DataFrame, family: str, min_cell: int, sums: Mapping[str, str] = REVENUE
) -> pd.DataFrame | Missing:
    """`tabulate` of all schemes of a family that class anybody, one below the other, with the column `scheme` before.

    What the source lacks, where none of them does for want of an input.
    """
    if all(explain_silence(classes[scheme.name]) == MISSING for scheme in SCHEMES if scheme.family == family):
        return find_gaps(classes, family, of_all=True)[0]
    shown = [scheme for scheme in SCHEMES if scheme.family == family and is_told(classes[scheme.name])]
    measures = _Measures.of(facts, sums)
    return stack([(scheme.name, _tabulate(classes[scheme.name], measures, min_cell, scheme.labels)) for scheme in shown], "scheme", sums)


def tabulate_groups(groups: pd.DataFrame, facts: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """`tabulate` of every column of `groups` that classes anybody, with the column `scheme` before."""
    measures = _Measures.of(facts, REVENUE)
    return stack(
        [(name, _tabulate(groups[name], measures, min_cell, _ORDERS.get(name, ()))) for name in groups if is_told(groups[name])], "scheme"
    )


def tabulate(
    labels: pd.Series,
    facts: pd.DataFrame,
    min_cell: int,
    scheme: Scheme | None = None,
    sums: Mapping[str, str] = REVENUE,
) -> pd.DataFrame:
    """Size, revenue and repeat rate of each class.

    Parameters
    ----------
    labels : Series
        Class of each customer of `facts`.
    facts : DataFrame
        One row a customer: `count_order_days, lifecycle_stage` and the columns of `sums`.
    min_cell : int
        Money and rates of fewer customers are left blank; levels of the data (a channel, an industry) that so few have are pooled.
    scheme : Scheme, optional
        Whose labels these are; levels of the data where it has none.
    sums : mapping
        What is added up: name -> column of `facts` (currency; of a class in which nobody's is known, the sum is missing).

    Returns
    -------
    DataFrame
        One row a class, in the order of the scheme (levels of the data: the largest first): `class, count_customers,
        share_customers`, each of `sums` and its share `share_<sum>`, `count_buyers`, `count_repeat`, `repeat_rate` with Wilson
        limits (two order days or more, of buyers), `share_active` (neither dormant, lost nor without an order). Counts and
        sums add up to those of all customers.
    """
    return _tabulate(labels, _Measures.of(facts, sums), min_cell, scheme.labels if scheme else ())


def cross(groups: pd.DataFrame, facts: pd.DataFrame, pairs: Sequence[tuple[str, str]], min_cell: int) -> pd.DataFrame | None:
    """Size, revenue and repeat rate where two ways of grouping meet (requirement B3); None where no pair can be made.

    Returns
    -------
    DataFrame
        One row a pair and two groups that occur together: `pair` (the two columns), `first, second, count_customers, revenue,
        share_revenue, count_buyers, count_repeat, repeat_rate` with limits, `share_active`. Customers in neither group
        (unknown) are counted too. Money and rates of small cells are blank.
    """
    parts, measures = [], _Measures.of(facts, REVENUE)
    for first, second in pairs:
        if not (is_told(groups[first]) and is_told(groups[second])):
            continue
        keys = [groups[name] if name in _ORDERS else pool_rare(groups[name], min_cell) for name in (first, second)]
        table = _finish({"first": keys[0], "second": keys[1]}, measures, min_cell)
        placed = [table[key].map(_place(name)) for key, name in (("first", first), ("second", second))]
        in_order = np.lexsort((table["second"], placed[1], table["first"], placed[0]))
        parts.append((f"{first}, {second}", table.iloc[in_order].reset_index(drop=True)))
    return stack(parts, "pair") if parts else None


def pick_pair(crossed: pd.DataFrame | None) -> pd.DataFrame | None:
    """The last pair of `cross` without those who could not be classed, for a map; None where there is none."""
    if crossed is None:
        return None
    last = crossed[crossed["pair"] == crossed["pair"].iloc[-1]]
    told = last[~last["first"].isin(SILENT_ON) & ~last["second"].isin(SILENT_ON)]
    return told[["first", "second", "count_buyers", "count_repeat", *RATES]].reset_index(drop=True)


def pool_rare(labels: pd.Series, min_cell: int) -> pd.Series:
    """Levels of the data: those of few customers, and all but the most frequent, stand together as ``pooled``."""
    counts = labels.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    small = [level for level in small_groups(counts, min_cell) if level not in SILENT_ON]
    levels = [level for level in counts.index if level not in SILENT_ON and level not in small]
    rest = [*small, *levels[MAX_LEVELS:]]
    return labels.where(~labels.isin(rest), POOLED) if rest else labels


def stack(parts: list[tuple[str, pd.DataFrame]], column: str, sums: Iterable[str] = tuple(REVENUE)) -> pd.DataFrame:
    """Named tables one below the other, their names in `column`; the columns of `tabulate` where there is none."""
    frames = [part.assign(**{column: name}) for name, part in parts]
    added = [name for total in sums for name in (total, f"share_{total}")]
    names = ["class", "count_customers", "share_customers", *added, "count_buyers", "count_repeat", *RATES, "share_active"]
    table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[column, *names])
    return table[[column, *(name for name in table.columns if name != column)]]


def _tabulate(labels: pd.Series, measures: _Measures, min_cell: int, order: tuple[str, ...]) -> pd.DataFrame:
    table = _finish({"class": labels if order else pool_rare(labels, min_cell)}, measures, min_cell)
    listed = order or (*(name for name in _by_size(table) if name not in (POOLED, *SILENT_ON)), POOLED, *SILENT_ON)
    place = {label: number for number, label in enumerate(listed)}
    return table.iloc[np.argsort([place[label] for label in table["class"]])].reset_index(drop=True)


def _place(name: str) -> dict[str, int]:
    """Place of each label of a grouping; levels of the data have none."""
    return {label: number for number, label in enumerate(_ORDERS.get(name, ()))}


def _by_size(table: pd.DataFrame) -> list[str]:
    return list(table.sort_values(["count_customers", "class"], ascending=[False, True])["class"])


def _finish(keys: dict[str, pd.Series], measures: _Measures, min_cell: int) -> pd.DataFrame:
    """Sums of the groups that occur, sorted by their labels, and their rates; those of few are blank."""
    coded = [pd.factorize(labels.to_numpy(), sort=True) for labels in keys.values()]
    cell, size = np.zeros(len(coded[0][0]), dtype=np.int64), 1
    for codes, levels in coded:
        cell, size = cell * len(levels) + codes, size * len(levels)
    count = np.bincount(cell, minlength=size)
    found = np.flatnonzero(count)
    places = np.unravel_index(found, [len(levels) for _, levels in coded])
    whole = max(len(cell), 1)
    columns: dict[str, np.ndarray] = {name: levels[at] for name, at, (_, levels) in zip(keys, places, coded, strict=True)}
    columns |= {"count_customers": count[found], "share_customers": count[found] / whole}
    counts = {name: np.bincount(cell, weights=held, minlength=size)[found].astype(np.int64) for name, held in measures.counts.items()}
    # cells of few, and of few buyers: what they spent is blank, and so are the shares of those who return
    few, few_buyers = _find_small(count[found], min_cell), _find_small(counts["count_buyers"], min_cell)
    for name, values in measures.sums.items():
        is_known = ~np.isnan(values)
        total = float(values[is_known].sum()) if measures.has_orders else 0.0
        part = np.bincount(cell, weights=np.where(is_known, values, 0.0), minlength=size)[found]
        told = np.bincount(cell, weights=is_known, minlength=size)[found] > 0
        is_shown = ~(few | few_buyers) & measures.has_orders & told
        columns[name] = np.where(is_shown, part, np.nan)
        columns[f"share_{name}"] = np.where(is_shown, part / total, np.nan) if total else np.full(len(part), np.nan)
    table = pd.DataFrame(columns | {"count_buyers": counts["count_buyers"], "count_repeat": counts["count_repeat"]})
    table = add_rate(table, "count_repeat", "count_buyers", "repeat_rate")
    if few_buyers.any():
        table[RATES] = table[RATES].mask(np.repeat(few_buyers[:, None], len(RATES), axis=1))
    return table.assign(share_active=np.where(few, np.nan, counts["count_active"] / table["count_customers"].to_numpy()))


def _find_small(counts: np.ndarray, min_cell: int) -> np.ndarray:
    """Whether each group is one that may not stand alone."""
    if not ((counts > 0) & (counts < min_cell)).any():
        return np.zeros(len(counts), dtype=bool)
    return np.isin(np.arange(len(counts)), small_groups(pd.Series(counts), min_cell))
