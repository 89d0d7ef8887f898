"""What classes customers will be in some months from now, from how they moved between them, and how well that did before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.params import MovementParams
from analysis.segments.replay import ABSENT, ClassHistory

Floats = NDArray[np.float64]
GRADES = ["made_in", "month", "error", "error_stays", "difference", "difference_low", "difference_high", "count_classes", "count_inside"]
SIZES = dict.fromkeys(("expected", "low", "high", "change"), "integer")
ERRORS = dict.fromkeys(("error", "error_stays", "difference", "difference_low", "difference_high"), "percent")
"""How the columns of the expected composition and of its grades are written."""
BETTER, SAME, WORSE = "better", "same", "worse"


@dataclass(frozen=True)
class Flows:
    """Monthly transitions of one classification, in any number of resamples.

    Attributes
    ----------
    between : array (resamples, transitions, classes, classes)
        Customers who went from one class to another.
    entered : array (resamples, transitions, classes)
        Customers in each class at the end of the month of their first order.
    stood : array (resamples, transitions + 1, classes)
        Customers in each class at the end of each month.
    """

    between: Floats
    entered: Floats
    stood: Floats

    def window(self, first: int, last: int) -> Flows:
        """Transitions `first` to ``last - 1``."""
        return Flows(self.between[:, first:last], self.entered[:, first:last], self.stood[:, first : last + 1])


def count_flows(history: ClassHistory, scheme: str, resamples: int = 0, seed: int = 0) -> Flows:
    """Count the monthly transitions of `scheme`.

    Parameters
    ----------
    history : ClassHistory
        Months in a row.
    resamples : int
        0: the customers as they are, one layer. Else so many samples of as many customers with replacement, each customer
        with their whole path (Efron 1979, Annals of Statistics 7:1-26). Customers on the same path are one draw, which makes
        it a multinomial over paths.
    """
    codes = history.codes[scheme]
    size, months = len(history.labels[scheme]), codes.shape[1]
    paths, number = np.unique(codes, axis=0, return_counts=True)
    paths = paths.astype(np.int64)
    weights = number[None, :].astype(float)
    if resamples:
        rng = np.random.default_rng(seed)
        weights = rng.multinomial(number.sum(), number / number.sum(), size=resamples).astype(float)
    layers = len(weights)
    between = np.zeros((layers, months - 1, size, size))
    entered, stood = np.zeros((layers, months - 1, size)), np.zeros((layers, months, size))
    for month in range(months):
        now = paths[:, month]
        stood[:, month] = _add(weights, now, now != ABSENT, size)
        if month:
            before = paths[:, month - 1]
            seen = (before != ABSENT) & (now != ABSENT)
            between[:, month - 1] = _add(weights, before * size + now, seen, size * size).reshape(layers, size, size)
            entered[:, month - 1] = _add(weights, now, (before == ABSENT) & (now != ABSENT), size)
    return Flows(between, entered, stood)


def expect(flows: Flows, months: int) -> Floats:
    """Customers in each class `months` after the last of `flows`, in each resample: array (resamples, classes).

    Each month's customers move by the shares of all transitions of `flows` (a first-order Markov chain; a class that nobody
    was in stays as it is), and as many enter, into the same classes, as in the mean month.
    """
    shares = _shares(flows.between.sum(axis=1), flows.stood[:, :-1].sum(axis=1))
    entered = flows.entered.mean(axis=1)
    at = flows.stood[:, -1]
    for _ in range(months):
        at = np.einsum("bi,bij->bj", at, shares) + entered
    return at


def spread(whole: Flows, sampled: Flows, months: int, seed: int) -> Floats:
    """Possible customers in each class `months` after the last of the flows: array (resamples, classes).

    Parameters
    ----------
    whole, sampled : Flows
        The same transitions of the customers as they are (one layer) and of resampled ones.

    Notes
    -----
    Each resample takes a run of consecutive months (round the end to the beginning, so that each month is as likely as any
    other: a circular block, Politis and Romano 1992) and moves today's customers by the shares seen in that run: these hold
    both how months differ and how chance plays with people, once each. To them comes by how much the shares of all months
    together differ in the resample from those of the customers as they are: what is not known of them.
    """
    rng = np.random.default_rng(seed)
    layers, count = sampled.between.shape[:2]
    pooled = _shares(whole.between.sum(axis=1), whole.stood[:, :-1].sum(axis=1))
    doubt = _shares(sampled.between.sum(axis=1), sampled.stood[:, :-1].sum(axis=1)) - pooled
    seen = whole.stood[0, :-1]
    by_month = np.where((seen > 0)[:, :, None], _shares(whole.between[0], seen), pooled[0])
    start = rng.integers(0, count, size=layers)
    at = np.repeat(whole.stood[:, -1], layers, axis=0)
    entered = whole.entered[0] + (sampled.entered.mean(axis=1) - whole.entered.mean(axis=1))[:, None]
    for step in range(months):
        month = (start + step) % count
        shares = np.clip(by_month[month] + doubt, 0.0, None)
        shares = shares / np.maximum(shares.sum(axis=2, keepdims=True), 1.0)
        at = np.einsum("bi,bij->bj", at, shares) + np.clip(entered[np.arange(layers), month], 0.0, None)
    return at


def forecast_composition(history: ClassHistory, scheme: str, params: MovementParams) -> pd.DataFrame | None:
    """Expected composition `params.horizon_months` from the last month of `history`.

    Returns
    -------
    DataFrame or None
        One row a class that anybody is or is expected to be in: `class, count_now, share_now, expected, low, high` (customers;
        central interval of `params.interval`), `share_expected, change` (expected less now). None with fewer than
        `params.min_transitions` monthly transitions.
    """
    if len(history.months) - 1 < params.min_transitions:
        return None
    recent = history.last(params.transitions + 1)
    flows, sampled = count_flows(recent, scheme), count_flows(recent, scheme, params.bootstrap, params.seed)
    now, ahead = flows.stood[0, -1], expect(flows, params.horizon_months)[0]
    low, high = _limits(spread(flows, sampled, params.horizon_months, params.seed), params.interval)
    table = pd.DataFrame({"class": history.labels[scheme], "count_now": now.astype("int64"), "share_now": _part(now), "expected": ahead})
    # The mean of the runs may differ a little from the mean of all months; an expectation outside its interval would not be read.
    table = table.assign(low=np.minimum(low, ahead), high=np.maximum(high, ahead), share_expected=_part(ahead), change=ahead - now)
    return table[(table["count_now"] > 0) | (table["expected"] >= 0.5)].reset_index(drop=True)


def grade_composition(history: ClassHistory, scheme: str, params: MovementParams) -> pd.DataFrame:
    """Forecasts of the last closed months beside what came, and beside a composition that stays as it is.

    Returns
    -------
    DataFrame
        One row a month forecast, oldest first: `made_in, month, error, error_stays` (share of customers that would have to
        change class to make forecast composition and outcome equal), `difference` (below 0: the forecast was nearer) with
        `difference_low, difference_high` (customers resampled), `count_classes, count_inside` (classes whose size lay in its
        interval). Each forecast saw only months up to the one it was made in. Empty where no month is closed.
    """
    ahead, least = params.horizon_months, params.min_transitions
    last = len(history.months) - 1 - ahead
    origins = [origin for origin in range(last - params.graded_months + 1, last + 1) if origin >= least]
    if not origins:
        return pd.DataFrame(columns=GRADES)
    rows = []
    whole = count_flows(history, scheme)
    sampled = count_flows(history, scheme, params.bootstrap, params.seed)
    for origin in origins:
        first = max(origin - params.transitions, 0)
        error, stays, forecast = _errors(whole, first, origin, ahead)
        error_b, stays_b, _ = _errors(sampled, first, origin, ahead)
        low, high = _limits((error_b - stays_b)[:, None], params.interval)
        window = whole.window(first, origin)
        limits = _limits(spread(window, sampled.window(first, origin), ahead, params.seed), params.interval)
        came = whole.stood[0, origin + ahead]
        used = (whole.stood[0, origin] > 0) | (came > 0) | (forecast[0] >= 0.5)
        inside = (came >= limits[0]) & (came <= limits[1]) & used
        numbers = (error[0], stays[0], error[0] - stays[0], low[0], high[0], int(used.sum()), int(inside.sum()))
        rows.append((history.months[origin], history.months[origin + ahead], *numbers))
    return pd.DataFrame(rows, columns=GRADES)


def sum_up_grades(history: ClassHistory, schemes: tuple[str, ...], params: MovementParams) -> pd.DataFrame:
    """`grade_composition` of several classifications in a row each.

    Returns
    -------
    DataFrame
        `scheme, count_months, error, error_stays` (means over months), `difference, difference_low, difference_high` (mean; months
        resampled in runs of the horizon and, within each, customers), `verdict` (``better``, ``same`` where the interval
        holds 0, ``worse``), `count_classes, count_inside, share_inside`. Nothing of a classification without a closed month.
    """
    rows = []
    for scheme in schemes:
        grades = grade_composition(history, scheme, params)
        if grades.empty:
            continue
        low, high = _limit_mean(history, scheme, grades, params)
        mean = grades[["error", "error_stays", "difference"]].mean()
        verdict = BETTER if high < 0 else WORSE if low > 0 else SAME
        inside, every = int(grades["count_inside"].sum()), int(grades["count_classes"].sum())
        rows.append((scheme, len(grades), *mean, low, high, verdict, every, inside, inside / every))
    columns = ["scheme", "count_months", "error", "error_stays", "difference", "difference_low", "difference_high", "verdict"]
    return pd.DataFrame(rows, columns=[*columns, "count_classes", "count_inside", "share_inside"])


def pick(table: pd.DataFrame | None, scheme: str) -> pd.DataFrame | None:
    """Rows of one classification of `tabulate_composition`; None where it has none."""
    rows = None if table is None else table[table["scheme"] == scheme]
    return None if rows is None or rows.empty else rows.drop(columns="scheme").reset_index(drop=True)


def tabulate_composition(history: ClassHistory, grades: pd.DataFrame, params: MovementParams) -> pd.DataFrame | None:
    """`forecast_composition` of every classification that closed months do not speak against.

    Parameters
    ----------
    grades : DataFrame
        From `sum_up_grades`. A classification that was graded ``worse`` than staying as it is, or not at all, has no rows:
        what is known to mislead is not shown.

    Returns
    -------
    DataFrame or None
        `scheme` and the columns of `forecast_composition`; None where no classification is left.
    """
    fit = grades.loc[grades["verdict"] != WORSE, "scheme"]
    found = {scheme: forecast_composition(history, scheme, params) for scheme in fit}
    tables = [table.assign(scheme=scheme) for scheme, table in found.items() if table is not None]
    whole = pd.concat(tables, ignore_index=True) if tables else None
    return None if whole is None else whole[["scheme", *whole.columns.drop("scheme")]]


def _limit_mean(history: ClassHistory, scheme: str, grades: pd.DataFrame, params: MovementParams) -> tuple[float, float]:
    sampled = count_flows(history, scheme, params.bootstrap, params.seed)
    differences = []
    for month in grades["made_in"]:
        origin = history.months.index(month)
        error, stays, _ = _errors(sampled, max(origin - params.transitions, 0), origin, params.horizon_months)
        differences.append(error - stays)
    table = np.stack(differences, axis=1)
    rng = np.random.default_rng(params.seed)
    layers, count = table.shape
    run = min(params.horizon_months, count)
    starts = rng.integers(0, count, size=(layers, -(-count // run)))
    months = ((starts[:, :, None] + np.arange(run)) % count).reshape(layers, -1)[:, :count]
    means = np.take_along_axis(table, months, axis=1).mean(axis=1)
    low, high = _limits(means[:, None], params.interval)
    return float(low[0]), float(high[0])


def _errors(flows: Flows, first: int, origin: int, ahead: int) -> tuple[Floats, Floats, Floats]:
    """Misplaced shares of the forecast made at `origin` and of staying, in each resample, and the forecast itself."""
    forecast = expect(flows.window(first, origin), ahead)
    came = _part(flows.stood[:, origin + ahead])
    error = np.abs(_part(forecast) - came).sum(axis=1) / 2
    stays = np.abs(_part(flows.stood[:, origin]) - came).sum(axis=1) / 2
    return error, stays, forecast


def _add(weights: Floats, place: NDArray[np.signedinteger[Any]], seen: NDArray[np.bool_], size: int) -> Floats:
    """Sum `weights` (resamples, paths) by `place`: array (resamples, size)."""
    order = np.argsort(place[seen], kind="stable")
    sorted_place = place[seen][order]
    result = np.zeros((len(weights), size))
    if len(order):
        starts = np.flatnonzero(np.concatenate([[True], np.diff(sorted_place) != 0]))
        result[:, sorted_place[starts]] = np.add.reduceat(weights[:, seen][:, order], starts, axis=1)
    return result


def _shares(between: Floats, stood: Floats) -> Floats:
    """Rows of `between` by the customers who `stood` there before; the row of an empty class keeps everyone."""
    size = between.shape[-1]
    shares = np.divide(between, stood[..., None], out=np.zeros_like(between), where=stood[..., None] > 0)
    return np.where((stood > 0)[..., None], shares, np.eye(size))


def _part(counts: Floats) -> Floats:
    total = counts.sum(axis=-1, keepdims=True)
    return np.divide(counts, total, out=np.zeros_like(counts, dtype=float), where=total > 0)


def _limits(draws: Floats, interval: float) -> tuple[Floats, Floats]:
    low, high = np.quantile(draws, [(1 - interval) / 2, (1 + interval) / 2], axis=0)
    return low, high
