"""What clusters are told apart by: behaviour of buyers, brought to one scale and freed of skew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.segments import tiers

Floats = npt.NDArray[np.float64]

FEATURES = (
    *("days_since_last_order", "count_order_days_per_year", "mean_gap_days", "gap_variation", "spend_mean", "days_as_customer"),
    *("products_per_order_day", "count_interactions_per_year", "satisfaction"),
)
"""In the order in which they are shown."""

MIN_GAPS = 3
"""Completed gaps that say how regular a customer is."""
CLIP = 3.0
"""Standard deviations beyond which a customer counts as no further away: one eccentric makes no cluster."""
LAMBDAS = (-3.0, 3.0)
FAINT = 1e-9


@dataclass(frozen=True)
class Scale:
    """How one feature is brought to mean 0 and standard deviation 1 among the base month's buyers.

    Attributes
    ----------
    feature : str
    unit : float
        Mean of the raw values, by which they are divided first: the power then does not depend on their unit.
    power : float
        Lambda of Yeo and Johnson's transformation.
    mean, deviation : float
        Of the transformed values.
    share_known : float
        Buyers of whom the feature is known; the others stand at the mean.
    """

    feature: str
    unit: float
    power: float
    mean: float
    deviation: float
    share_known: float


def describe_buyers(customers: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    """Features of every customer with an order.

    Parameters
    ----------
    customers, spells : DataFrame
        One row a customer, one a spell, as of one date (contracts `customers`, `spells`).

    Returns
    -------
    DataFrame
        One row a buyer, index `customer_id`, sorted, columns `FEATURES` as floats: days since the last and since the first
        order; order days, and contacts, per year since the first order (whose first year counts whole); `mean_gap_days`
        between order days (missing with one of them); `gap_variation`, standard deviation of completed gaps over their mean
        (missing with fewer than three); mean spend of an order day in source currency; different products per order day;
        satisfaction from 0 to 1 (missing without an answer). A feature that the source does not have is 0 or missing.
    """
    buyers = customers[customers["count_order_days"] > 0].sort_values("customer_id", kind="stable")
    orders = buyers["count_order_days"].to_numpy(dtype=np.float64)
    span = _floats(buyers["days_first_to_last_order"])
    columns = {
        "days_since_last_order": _floats(buyers["days_since_last_order"]),
        "count_order_days_per_year": tiers.measure(buyers, "frequency").to_numpy(),
        "mean_gap_days": np.divide(span, orders - 1, out=np.full(len(buyers), np.nan), where=orders > 1),
        "gap_variation": _vary(pd.Index(buyers["customer_id"]), spells),
        "spend_mean": _floats(buyers["spend_mean"]),
        "days_as_customer": _floats(buyers["days_as_customer"]),
        "products_per_order_day": _floats(buyers["count_products"]) / orders,
        "count_interactions_per_year": tiers.measure(buyers, "interaction").to_numpy(),
        "satisfaction": _floats(buyers["satisfaction"]),
    }
    return pd.DataFrame(columns, index=pd.Index(buyers["customer_id"], name="customer_id"))[list(FEATURES)]


def fit_scales(features: pd.DataFrame, min_known: float) -> tuple[tuple[Scale, ...], dict[str, str]]:
    """Scales of the features that tell buyers apart, and why others are left out (`unknown`, `alike`).

    A feature known of less than `min_known` of the buyers is left out: it would tell apart of whom it is known.
    """
    scales, unused = [], {}
    for name in features.columns:
        values = features[name].to_numpy()
        known = values[~np.isnan(values)]
        if len(known) < max(min_known * len(values), 2):
            unused[name] = "unknown"
        elif known.max() - known.min() <= FAINT * max(1.0, abs(float(known.max()))):
            unused[name] = "alike"
        else:
            scales.append(_fit_scale(name, known, len(known) / len(values)))
    return tuple(scales), unused


def scale(features: pd.DataFrame, scales: tuple[Scale, ...]) -> Floats:
    """`features` in standard deviations from the base month's mean, a column for each of `scales`; what is unknown is 0."""
    columns = []
    for one in scales:
        raw = np.maximum(features[one.feature].to_numpy() / one.unit, 0.0)
        columns.append(np.clip((_transform(raw, one.power) - one.mean) / one.deviation, -CLIP, CLIP))
    table = np.column_stack(columns) if columns else np.empty((len(features), 0))
    # Rounded, so that the last bit of a float does not decide between two clusters.
    return np.asarray(np.round(np.nan_to_num(table, nan=0.0), 9), dtype=np.float64)


def sample(ids: pd.Index, size: int) -> npt.NDArray[np.intp]:
    """Positions, ascending, of at most `size` customers, chosen by a hash of their ids."""
    if len(ids) <= size:
        return np.arange(len(ids))
    hashed = pd.util.hash_array(ids.to_numpy(dtype=object))
    return np.sort(np.lexsort((np.arange(len(ids)), hashed))[:size])


def _fit_scale(name: str, known: Floats, share: float) -> Scale:
    """Find the power of greatest likelihood (Yeo and Johnson 2000, Biometrika 87, section 4), for values that are not negative."""
    from scipy.optimize import minimize_scalar

    unit = float(known.mean())
    values = np.sort(np.maximum(known / unit, 0.0))
    logs = float(np.log1p(values).sum())

    def loss(power: float) -> float:
        return 0.5 * len(values) * float(np.log(max(_transform(values, power).var(), FAINT**2))) - (power - 1.0) * logs

    power = round(float(minimize_scalar(loss, bounds=LAMBDAS, method="bounded").x), 3)
    moved = _transform(values, power)
    return Scale(name, unit, power, float(moved.mean()), float(moved.std()), share)


def _transform(values: Floats, power: float) -> Floats:
    logs = np.log1p(values)
    return np.asarray(logs if abs(power) < FAINT else np.expm1(power * logs) / power, dtype=np.float64)


def _vary(ids: pd.Index, spells: pd.DataFrame) -> Floats:
    """Coefficient of variation of each customer's completed gaps."""
    closed = spells[spells["is_closed"].to_numpy(dtype=bool)]
    at = ids.get_indexer(pd.Index(closed["customer_id"]))
    gaps = closed["duration_days"].to_numpy(dtype=np.float64)[at >= 0]
    at = at[at >= 0]
    count, total, squares = (np.bincount(at, weights=weight, minlength=len(ids)) for weight in (None, gaps, gaps**2))
    mean = np.divide(total, count, out=np.full(len(ids), np.nan), where=count >= MIN_GAPS)
    # whole days sum exactly in any order, so that this difference does too
    variance = np.divide(squares * count - total**2, count * (count - 1.0), out=np.full(len(ids), np.nan), where=count >= MIN_GAPS)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)) / mean, dtype=np.float64)


def _floats(column: pd.Series) -> Floats:
    return column.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
