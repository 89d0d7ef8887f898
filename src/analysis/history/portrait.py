"""Who the customers are: descriptive statistics, correlations, cross-tables."""

from __future__ import annotations

from itertools import combinations
from statistics import NormalDist

import numpy as np
import pandas as pd

from analysis.contracts import Missing
from analysis.history.disclosure import small_groups
from analysis.history.multiplicity import adjust_holm
from analysis.history.rates import LEVEL, add_rate

MEASURES = (
    "count_order_days",
    "spend_total",
    "spend_mean",
    "days_since_last_order",
    "days_first_to_last_order",
    "days_as_customer",
)
"""Behaviour measures of every buyer."""

MORE_MEASURES = ("count_products", "count_interactions", "satisfaction")
"""Behaviour measures that need tables or columns which a source may lack."""

ATTRIBUTES = ("customer_type", "gender", "country", "region", "acquisition_source")
"""Master data of the frequency tables."""

GROUP, POOLED, UNKNOWN, TOTAL = "group", "pooled", "unknown", "total"
"""What a row of a frequency or cross-table is: a level of the data, small levels together, customers without one, all."""

_QUANTILES = {"p10": 0.10, "p25": 0.25, "median": 0.50, "p75": 0.75, "p90": 0.90}

FREE, SHARED_TIME, BY_CONSTRUCTION = "free", "shared_time", "by_construction"
"""How two measures hang together before any customer does anything."""

# One of the pair is computed from the other: a factor, a summand or a bound.
_COMPUTED = {
    frozenset(pair)
    for pair in (
        ("spend_total", "count_order_days"),
        ("spend_total", "spend_mean"),
        ("spend_total", "count_products"),
        ("count_order_days", "count_products"),
        ("count_order_days", "days_first_to_last_order"),
        ("days_as_customer", "days_since_last_order"),
        ("days_as_customer", "days_first_to_last_order"),
        ("days_since_last_order", "days_first_to_last_order"),
    )
}

# All of these grow with the time a customer has been known.
_GROWING = {"count_order_days", "spend_total", "count_products", "count_interactions", "days_first_to_last_order", "days_as_customer"}


def headline(customers: pd.DataFrame) -> dict[str, float]:
    """The chapter in four numbers: `count` customers, `buyers`, `repeat` buyers (two order days or more), and their `rate`."""
    buyers = int((customers["count_order_days"] > 0).sum())
    repeat = int((customers["count_order_days"] > 1).sum())
    return {"count": len(customers), "buyers": buyers, "repeat": repeat, "rate": repeat / buyers if buyers else float("nan")}


def describe(customers: pd.DataFrame) -> pd.DataFrame:
    """Descriptive statistics of the buyers' behaviour (requirement A5).

    Parameters
    ----------
    customers : DataFrame
        One row a customer (contract `customers`). Customers without an order are left out.

    Returns
    -------
    DataFrame
        One row a measure: `measure, count, mean, sd, p10, p25, median, p75, p90`, in the unit of the measure (days, source
        currency, counts). `count` is the number of buyers that have it; `sd` divides by count - 1. No extremes: the largest
        value belongs to one person.
    """
    buyers = _buyers(customers)
    rows = []
    for measure in _present(buyers):
        values = numbers(buyers[measure]).dropna()
        row = {"measure": measure, "count": len(values), "mean": values.mean(), "sd": values.std(ddof=1)}
        rows.append(row | {name: values.quantile(q) for name, q in _QUANTILES.items()})
    return pd.DataFrame(rows, columns=["measure", "count", "mean", "sd", *_QUANTILES])


def tabulate(customers: pd.DataFrame, column: str, top: int = 10, min_cell: int = 1) -> pd.DataFrame | Missing:
    """Frequency table of a master-data column over all customers, buyers and prospects (requirement A5).

    Parameters
    ----------
    customers : DataFrame
        One row a customer.
    column : str
        Usually one of `ATTRIBUTES`.
    top : int
        Levels shown; the rest are pooled.
    min_cell : int
        Levels of fewer customers are pooled too.

    Returns
    -------
    DataFrame or Missing
        One row a level: `kind, group, count_customers, count_buyers, share_customers, share_buyers`. `kind` is ``group``
        (largest first), then ``pooled``, then ``unknown``; `group` is the level, the kind itself for the latter two.
        Shares are of all customers and of all buyers, unknown included; the buyers' columns are left out where there is none.
    """
    if not _is_filled(customers, column):
        return Missing("customers", (column,), ("A5",))
    groups = _pooled(customers[column], min_cell, top).assign(is_buyer=_is_buyer(customers)).groupby(["kind", "group"])
    counts = groups["is_buyer"].agg(count_customers="size", count_buyers="sum").reset_index()
    if not counts["count_buyers"].any():
        # nobody ordered: columns of zeros would say something of customers that is true of the source
        counts = counts.drop(columns="count_buyers")
    for name in ("customers", "buyers"):
        if f"count_{name}" in counts:
            counts[f"share_{name}"] = _share(counts[f"count_{name}"])
    return _ordered(counts, "count_customers")


def correlate(customers: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """Rank correlations between the buyers' behaviour measures (requirement A6).

    Parameters
    ----------
    customers : DataFrame
        One row a customer; customers without an order are left out.
    level : float
        Confidence of the interval.

    Returns
    -------
    DataFrame
        One row an unordered pair of measures: `first, second, count, correlation, low, high, p_value, p_adjusted, relation,
        method`. Spearman's rho over the buyers that have both; interval by Fisher's z with the
        standard error sqrt((1 + rho^2 / 2) / (n - 3)) (Bonett & Wright 2000, Psychometrika 65:23-28); p two-sided by the
        t approximation, adjusted over all pairs by Holm's step-down. `relation` says what to expect of the pair anyway:
        ``by_construction`` (one is computed from the other: a total and its factor, a span and its part), ``shared_time``
        (both grow with the time a customer has been known), ``free``. Only free pairs tell something about customers; they
        come first, in each part the strongest first. Pairs with fewer than four buyers, or with a measure that does not
        vary, have no estimate.
    """
    buyers = _buyers(customers)
    measures = {name: numbers(buyers[name]) for name in _present(buyers)}
    rows = [_pair(one, two, measures[one], measures[two], level) for one, two in combinations(measures, 2)]
    columns = ["first", "second", "count", "correlation", "low", "high", "p_value", "p_adjusted", "relation", "method"]
    table = pd.DataFrame(rows, columns=[c for c in columns if c != "p_adjusted"])
    table["p_adjusted"] = adjust_holm(table["p_value"].to_numpy())
    table["_size"] = -table["correlation"].abs()
    table["_part"] = table["relation"].map({FREE: 0, SHARED_TIME: 1, BY_CONSTRUCTION: 2})
    ordered = table.sort_values(["_part", "_size", "first", "second"], kind="stable", na_position="last")
    return ordered[columns].reset_index(drop=True)


def matrix(correlations: pd.DataFrame) -> pd.DataFrame:
    """Every cell of the symmetric square that `correlate` lists one half of: `first, second, correlation`, 1 on the diagonal."""
    known = set(correlations["first"]) | set(correlations["second"])
    names = [name for name in (*MEASURES, *MORE_MEASURES) if name in known]
    found = {(row.first, row.second): row.correlation for row in correlations.itertuples()}
    cells = [(a, b, 1.0 if a == b else found.get((a, b), found.get((b, a)))) for a in names for b in names]
    return pd.DataFrame(cells, columns=["first", "second", "correlation"])


def cross_table(customers: pd.DataFrame, by: str, min_cell: int, level: float = LEVEL) -> pd.DataFrame | Missing:
    """Size, revenue and repeat rate of the groups of a column (requirement B3).

    Parameters
    ----------
    customers : DataFrame
        One row a customer. `by` may be any of its columns, for instance one that was joined from `segments`.
    by : str
        The grouping column.
    min_cell : int
        Groups of fewer customers are pooled (with the next larger one, where the pool itself is small).
    level : float
        Confidence of the repeat rate's interval.

    Returns
    -------
    DataFrame or Missing
        One row a group: `kind, group, count_customers, count_buyers, share_buyers, revenue, share_revenue, count_repeat,
        repeat_rate, repeat_rate_low, repeat_rate_high` (Wilson). Revenue is the sum of `spend_total`, source currency.
        A repeat buyer has at least two order days; the rate's denominator is `count_buyers`. `kind` as in `tabulate`
        (largest revenue first), and at the end ``total``, which counts every customer once.
    """
    if not _is_filled(customers, by):
        return Missing("customers", (by,), ("B3",))
    ordered = customers.sort_values("customer_id", kind="stable")
    facts = _pooled(ordered[by], min_cell).assign(
        is_buyer=_is_buyer(ordered),
        is_repeat=numbers(ordered["count_order_days"]) >= 2,
        spend=numbers(ordered["spend_total"]).fillna(0.0),
    )
    whole = facts.assign(kind=TOTAL, group=TOTAL)
    parts = [_add_up(facts), _add_up(whole)]
    table = add_rate(pd.concat(parts, ignore_index=True), "count_repeat", "count_buyers", "repeat_rate", level)
    columns = ["kind", "group", "count_customers", "count_buyers", "share_buyers", "revenue", "share_revenue", "count_repeat"]
    return table[[*columns, "repeat_rate", "repeat_rate_low", "repeat_rate_high"]]


def _pair(one: str, two: str, first: pd.Series, second: pd.Series, level: float) -> dict[str, object]:
    both = first.notna() & second.notna()
    count = int(both.sum())
    row = {"first": one, "second": two, "count": count, "method": "spearman"}
    row |= {"relation": _relation(one, two)}
    ranks_first, ranks_second = first[both].rank(), second[both].rank()
    if count < 4 or ranks_first.nunique() < 2 or ranks_second.nunique() < 2:
        return row | dict.fromkeys(("correlation", "low", "high", "p_value"), np.nan)
    rho = float(np.clip(np.corrcoef(ranks_first, ranks_second)[0, 1], -1, 1))
    return row | {"correlation": rho, "p_value": _p_value(rho, count)} | _interval(rho, count, level)


def _relation(one: str, two: str) -> str:
    if frozenset((one, two)) in _COMPUTED:
        return BY_CONSTRUCTION
    return SHARED_TIME if {one, two} <= _GROWING else FREE


def _p_value(rho: float, count: int) -> float:
    from scipy.special import stdtr

    if abs(rho) >= 1:
        return 0.0
    return float(2 * stdtr(count - 2, -abs(rho) * np.sqrt((count - 2) / (1 - rho * rho))))


def _interval(rho: float, count: int, level: float) -> dict[str, float]:
    if abs(rho) >= 1:
        return {"low": rho, "high": rho}
    half = NormalDist().inv_cdf(0.5 + level / 2) * np.sqrt((1 + rho * rho / 2) / (count - 3))
    return {"low": float(np.tanh(np.arctanh(rho) - half)), "high": float(np.tanh(np.arctanh(rho) + half))}


def _is_buyer(customers: pd.DataFrame) -> pd.Series:
    return numbers(customers["count_order_days"]) > 0


def _buyers(customers: pd.DataFrame) -> pd.DataFrame:
    # In the order of the key: sums of floats then do not depend on the order of the rows.
    return customers[_is_buyer(customers)].sort_values("customer_id", kind="stable")


def _present(buyers: pd.DataFrame) -> list[str]:
    return [name for name in (*MEASURES, *MORE_MEASURES) if name in MEASURES or _is_varied(buyers, name)]


def _is_varied(buyers: pd.DataFrame, name: str) -> bool:
    return name in buyers.columns and len(numbers(buyers[name]).dropna().unique()) > 1


def numbers(values: pd.Series) -> pd.Series:
    """`values` as float64 with NaN for missing, whether they came as numpy, nullable or decimal."""
    return values.astype("Float64").astype("float64") if values.dtype == object else values.astype("float64")


def _share(values: pd.Series) -> pd.Series:
    whole = values.sum()
    return values / whole if whole else values * np.nan


def _is_filled(customers: pd.DataFrame, column: str) -> bool:
    return column in customers.columns and bool(customers[column].notna().any())


def _pooled(values: pd.Series, min_cell: int, top: int | None = None) -> pd.DataFrame:
    keys = pd.DataFrame({"kind": values.notna().map({True: GROUP, False: UNKNOWN}), "group": values.astype("object")})
    keys["group"] = keys["group"].where(values.notna(), UNKNOWN).astype(str)
    counts = keys.value_counts()
    counts = counts.sort_index().sort_values(ascending=False, kind="stable")
    small = list(small_groups(counts, min_cell))
    if top is not None:
        small += [key for key in counts.index if key[0] == GROUP and key not in small][top:]
    if small:
        keys.loc[pd.MultiIndex.from_frame(keys).isin(small)] = POOLED
    return keys


def _add_up(facts: pd.DataFrame) -> pd.DataFrame:
    parts = {"count_customers": ("is_buyer", "size"), "count_buyers": ("is_buyer", "sum"), "revenue": ("spend", "sum")}
    table = facts.groupby(["kind", "group"]).agg(**parts, count_repeat=("is_repeat", "sum")).reset_index()
    return _ordered(table.assign(share_buyers=_share(table["count_buyers"]), share_revenue=_share(table["revenue"])), "revenue")


def _ordered(table: pd.DataFrame, size: str) -> pd.DataFrame:
    place = table["kind"].map({GROUP: 0, POOLED: 1, UNKNOWN: 2, TOTAL: 3})
    keyed = table.assign(_place=place, _size=-table[size]).sort_values(["_place", "_size", "group"], kind="stable")
    return keyed.drop(columns=["_place", "_size"]).reset_index(drop=True)
