"""One portrait per segment: what its customers are like, and what sets them apart (requirements B9, C4)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.history.disclosure import small_groups
from analysis.history.multiplicity import adjust_holm
from analysis.history.rates import add_rate
from analysis.params import PortraitParams

Floats = NDArray[np.float64]

TRAITS = ("main_channel", "region", "customer_type", "main_category")
"""Facts with levels: the most frequent one is on the card, and any may set a segment apart."""
YES_NO = ("has_complained", "is_dissatisfied")
"""Facts that hold or do not."""
MEASURES = (
    *("count_order_days", "spend_total", "spend_mean", "usual_gap_days", "p_order", "clv", "satisfaction"),
    "has_complained",
)
"""Facts that are numbers."""
MIN_EXPECTED = 5.0


def build_cards(facts: pd.DataFrame, order: list[str], min_cell: int, least_known: float = 0.0) -> pd.DataFrame | None:
    """Portraits of segments in numbers; None without customers.

    Parameters
    ----------
    facts : DataFrame
        One row per customer: `segment, count_order_days, spend_total, spend_mean, usual_gap_days, p_order, clv, satisfaction`
        (0 to 1), `has_complained, is_dissatisfied` (missing where not known), and `TRAITS`.
    order : list of str
        Segments as they are shown; those without a customer are left out.
    min_cell : int
        Of a segment with fewer customers only their number is told; a figure that rests on fewer customers is blank.
    least_known : float
        One of `TRAITS` is told where it is known of at least this share of a segment: the few who can be guessed are not usual.

    Returns
    -------
    DataFrame
        One row per segment: `segment, count_customers, share_customers, revenue, share_revenue` (spend so far, currency),
        `count_buyers, count_repeat, repeat_rate` with Wilson limits, `usual_gap_days` (median of the customers' mean gap between
        orders, of those with one), `spend_mean` (median over buyers of the mean order day), `p_none` (mean chance of no order
        within the horizon), `clv` (mean), `satisfaction` (mean of the mean answers), `count_answered`, `share_complained` of
        `count_heard`, and for each of `TRAITS` its most frequent level among those for whom it is known, and `share_<trait>`.
        Counts and revenue of unhidden segments are those of `facts`.
    """
    if facts.empty:
        return None
    codes, names = pd.factorize(facts["segment"])
    values = {name: facts[name].to_numpy(dtype=float, na_value=np.nan) for name in MEASURES}
    parts = [{name: column[codes == number] for name, column in values.items()} for number in range(len(names))]
    table = pd.DataFrame([{"segment": name, **_describe(part, min_cell)} for name, part in zip(names, parts, strict=True)])
    for trait in TRAITS:
        least = np.maximum(least_known * table["count_customers"], min_cell)
        table[[trait, f"share_{trait}"]] = _find_usual(_count_levels(facts, trait), table["segment"], min_cell, least)
    place = {name: number for number, name in enumerate(order)}
    table = table.sort_values("segment", key=lambda names: names.map(place).fillna(len(place)), kind="stable", ignore_index=True)
    total = float(facts["spend_total"].sum())
    table["share_customers"] = table["count_customers"] / len(facts)
    table["share_revenue"] = table["revenue"] / total if total else np.nan
    table = add_rate(table, "count_repeat", "count_buyers", "repeat_rate")
    hidden = table.index.isin(small_groups(table["count_customers"], min_cell))
    told = [name for name in table if name not in ("segment", "count_customers", "share_customers")]
    return table.assign(**{name: table[name].mask(hidden) for name in told})[_order_columns(table)]


def tell_apart(facts: pd.DataFrame, params: PortraitParams, min_cell: int) -> pd.DataFrame:
    """What is more or less frequent in a segment than among all other customers, beyond what defines it.

    Shares in the segment and among the others are compared by the two-sample test of shares (pooled variance), adjusted over
    all comparisons by Holm's step-down; tests that expect fewer than five customers in a cell are left out. Of those below
    `params.level` and with an effect (Cohen's h, the difference of 2 arcsin of the square root) of at least
    `params.min_effect`, the strongest `params.max_traits` of each segment stay. Of a fact with two levels the rarer one is compared.

    Returns
    -------
    DataFrame
        One row per finding, the strongest of a segment first: `segment, trait, level` (of one of `TRAITS`; empty for a fact of
        `YES_NO`), `share` (in the segment), `share_all` (of all customers), `is_more`, `p_adjusted`.
    """
    sizes = facts["segment"].value_counts()
    small = set(small_groups(sizes, min_cell))
    parts = []
    for trait in (*TRAITS, *YES_NO):
        counts = _count_levels(facts, trait)
        if counts.empty:
            continue
        inside = counts.sum(axis=1)
        if trait in YES_NO:
            counts = counts.reindex(columns=["True"], fill_value=0)
        elif len(counts.columns) == 2:
            # one level of two says all that the other does
            counts = counts[[counts.sum().idxmin()]]
        found = _compare(counts, inside, int(inside.sum())).assign(trait=trait)
        parts.append(found[~found["segment"].isin(small)])
    columns = ["segment", "trait", "level", "share", "share_all", "count", "effect", "p_value"]
    table = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    table["level"] = table["level"].where(table["trait"].isin(TRAITS), "")
    table["p_adjusted"] = adjust_holm(table["p_value"].to_numpy())
    kept = table[(table["p_adjusted"] < params.level) & (table["effect"].abs() >= params.min_effect)]
    kept = kept[(kept["count"] == 0) | (kept["count"] >= min_cell)]
    kept = kept.assign(is_more=kept["effect"] > 0, _size=-kept["effect"].abs())
    kept = kept.sort_values(["segment", "_size", "trait", "level"], kind="stable")
    best = kept.groupby("segment", sort=False).head(params.max_traits)
    return best[["segment", "trait", "level", "share", "share_all", "is_more", "p_adjusted"]].reset_index(drop=True)


def _describe(part: dict[str, Floats], min_cell: int) -> dict[str, float]:
    orders, heard = part["count_order_days"], _known(part["has_complained"])
    few = 0 < heard.sum() < min_cell
    return {
        "count_customers": len(orders),
        "revenue": float(part["spend_total"].sum()),
        "count_buyers": int((orders > 0).sum()),
        "count_repeat": int((orders > 1).sum()),
        "usual_gap_days": _middle(part["usual_gap_days"], min_cell),
        "spend_mean": _middle(part["spend_mean"][orders > 0], min_cell),
        "p_none": _mean(1 - part["p_order"], min_cell),
        "clv": _mean(part["clv"], min_cell),
        "satisfaction": _mean(part["satisfaction"], min_cell),
        "count_answered": len(_known(part["satisfaction"])),
        "count_heard": len(heard),
        "share_complained": np.nan if few else _mean(heard, min_cell),
    }


def _count_levels(facts: pd.DataFrame, trait: str) -> pd.DataFrame:
    """Customers for whom `trait` is known, by segment (index) and level (columns, by name)."""
    known = facts.loc[facts[trait].notna(), ["segment", trait]]
    row, segments = pd.factorize(known["segment"], sort=True)
    column, levels = pd.factorize(known[trait].astype(str), sort=True)
    counts = np.bincount(row * len(levels) + column, minlength=len(segments) * len(levels)).reshape(len(segments), len(levels))
    return pd.DataFrame(counts, index=segments, columns=levels)


def _find_usual(counts: pd.DataFrame, segments: pd.Series, min_cell: int, least: pd.Series) -> pd.DataFrame:
    """The most frequent level of each of `segments` and its share, of levels as frequent as each other the first by name.

    Blank where fewer than `min_cell` customers are in it, or any level is known of fewer than `least`.
    """
    if counts.empty:
        return pd.DataFrame({"level": None, "share": np.nan}, index=segments.index)
    most, known = counts.max(axis=1), counts.sum(axis=1)
    found = pd.DataFrame({"level": counts.idxmax(axis=1), "count": most, "known": known, "share": most / known})
    found = found.reindex(segments).set_index(segments.index)
    told = (found["count"] >= min_cell) & (found["known"] >= least)
    return pd.DataFrame({"level": found["level"].astype(object).where(told, None), "share": found["share"].where(told)})


def _known(values: Floats) -> Floats:
    return values[~np.isnan(values)]


def _middle(values: Floats, min_cell: int) -> float:
    known = _known(values)
    return float(np.median(known)) if len(known) >= min_cell else np.nan


def _mean(values: Floats, min_cell: int) -> float:
    known = _known(values)
    return float(known.sum() / len(known)) if len(known) >= min_cell else np.nan


def _compare(counts: pd.DataFrame, inside: pd.Series, size_all: int) -> pd.DataFrame:
    """Each segment's share of each level against that of the others; without a p-value where a cell is too thin for the test.

    Parameters
    ----------
    counts : DataFrame
        Customers by segment (index) and level (columns).
    inside : Series
        Customers of each segment for whom the fact is known, `size_all` of them together.
    """
    from scipy.special import ndtr

    found, size = counts.to_numpy(dtype=float), inside.to_numpy(dtype=float)[:, None]
    found_all, others = found.sum(axis=0), size_all - size
    share, whole = found / size, np.broadcast_to(found_all / size_all, found.shape)
    is_thin = (others == 0) | (np.minimum(size, others) * np.minimum(whole, 1 - whole) < MIN_EXPECTED)
    outside = (found_all - found) / np.where(others == 0, np.nan, others)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(whole * (1 - whole) * (1 / size + 1 / others))
        p_value = 2 * ndtr(-np.abs(share - outside) / spread)
    effect = 2 * (np.arcsin(np.sqrt(share)) - np.arcsin(np.sqrt(outside)))
    table = {"share": share, "share_all": whole, "count": found, "effect": np.where(is_thin, 0.0, effect)}
    flat = {name: values.ravel() for name, values in {**table, "p_value": np.where(is_thin, np.nan, p_value)}.items()}
    segments, levels = np.repeat(counts.index.to_numpy(), found.shape[1]), np.tile(counts.columns.to_numpy(), found.shape[0])
    return pd.DataFrame({"segment": segments, "level": levels, **flat})


def _order_columns(table: pd.DataFrame) -> list[str]:
    shares = [column for trait in TRAITS for column in (trait, f"share_{trait}")]
    first = ["segment", "count_customers", "share_customers", "revenue", "share_revenue", "count_buyers", "count_repeat"]
    middle = ["repeat_rate", "repeat_rate_low", "repeat_rate_high", "usual_gap_days", "spend_mean", "p_none", "clv"]
    return [*first, *middle, "satisfaction", "count_answered", "share_complained", "count_heard", *shares]
