"""Fitted models, back-tests and issued forecasts as tables that are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.forecast.backtest import CHAMPION, Backtest
from analysis.forecast.bootstrap import resample_dates
from analysis.forecast.collapse import Floats
from analysis.forecast.issued import Closed
from analysis.forecast.measures import calibration_table
from analysis.forecast.scorer import Scorer
from analysis.forecast.scoring import SURVIVAL_CANDIDATES
from analysis.history.rates import LEVEL
from analysis.period import Period

GRADES = {
    "orders": ("orders_deviance", "orders_rmse", "orders_abs_bias", "orders_bias", "orders_rank"),
    "chance": ("p_log", "p_brier", "p_calibration", "p_auc"),
    "spend": ("spend_rmse_capped", "spend_abs_bias", "spend_bias", "spend_gini", "spend_top10"),
    "interval": ("spend_interval_score", "spend_above_high", "spend_below_low"),
}
"""Measures by what they grade, that by which differences are told first; see `analysis.forecast.measures`."""
HIGHER = ("orders_rank", "p_auc", "spend_gini", "spend_top10")
SIGNED = ("orders_bias", "spend_bias")
TAILS = ("spend_above_high", "spend_below_low")
MONTH_DAYS = 30.44
LOOSE = 1000
"""An interval whose ends are as many times apart says nothing."""


@dataclass(frozen=True)
class Remark:
    """A sentence: its key, its fields, and the chapters that it touches."""

    key: str
    fields: dict[str, Any] = field(default_factory=dict)
    chapters: tuple[str, ...] = ()


def list_parameters(forecast: Scorer) -> pd.DataFrame:
    """Parameters of the models of orders and of spend, with their uncertainty.

    Returns
    -------
    DataFrame
        One row per parameter: `part` (``orders`` or ``spend``), `parameter` (the literature's letter), `value`,
        `standard_error`, `low`, `high` (95 %; missing where the ends lie `LOOSE` times apart: the data leave it open);
        log-likelihood and number of customers of the part in `log_likelihood`, `count_customers`. Orders are missing where
        each customer's own past rate stands in.
    """
    tables = [
        estimate.table().assign(part=part, log_likelihood=estimate.log_likelihood, count_customers=estimate.count)
        for part, estimate in forecast.estimates.items()
        if estimate is not None
    ]
    columns = ["part", "parameter", "value", "standard_error", "low", "high", "log_likelihood", "count_customers"]
    table = pd.concat(tables, ignore_index=True)[columns]
    is_open = table["high"] > table["low"] * LOOSE
    return table.assign(**{name: table[name].mask(is_open) for name in ("standard_error", "low", "high")})


def compare_models(backtest: Backtest, part: str) -> pd.DataFrame | None:
    """Models by the measures of `part` (a key of `GRADES`), means over dates; None where no horizon has closed yet.

    Returns
    -------
    DataFrame
        One row per model, the champion first: `model`, `count_dates` (where some were graded on fewer dates); the first
        measure, its `difference` from the champion's over the same dates, with the interval `difference_low` to
        `difference_high`; the other measures; `count_best`: of how many of them it is the best.
    """
    long = list_grades(backtest)
    if long is None:
        return None
    lead, *others = GRADES[part]
    of = {name: long[long["measure"] == name].set_index("model") for name in GRADES[part]}
    table = of[lead][["count_dates", "mean", "difference", "difference_low", "difference_high"]].rename(columns={"mean": lead})
    if (table["count_dates"] == table["count_dates"].iloc[0]).all():
        table = table.drop(columns="count_dates")
    for name in others:
        table[name] = of[name]["mean"]
    table["count_best"] = sum(of[name]["is_best"].astype(int) for name in GRADES[part])
    return table.reset_index()


def list_grades(backtest: Backtest, level: float = LEVEL) -> pd.DataFrame | None:
    """All measures of all models, means over dates; None where no horizon has closed yet.

    Returns
    -------
    DataFrame
        One row per measure and model: `part`, `measure`, `model`, `count_dates`, `mean`, `low`, `high`; `difference`
        from the champion over the same dates, with its interval; `is_best`. Intervals at `level` hold both who the
        customers were and which dates (blocks of them, as long as the horizon), resampled alike for all models. All tables
    of the back-test are made of these: they are worked out once.
    """
    if level not in backtest.grades:
        backtest.grades[level] = _grade_all(backtest, level)
    found = backtest.grades[level]
    return None if found is None else found.copy()


def _grade_all(backtest: Backtest, level: float) -> pd.DataFrame | None:
    if backtest.table.empty:
        return None
    rows = []
    models, dates = backtest.models, backtest.dates
    span = round(backtest.params.horizon_days / MONTH_DAYS) or 1
    picks = resample_dates(len(dates), span, backtest.params.bootstrap, backtest.params.seed)
    for part, measures in GRADES.items():
        for measure in measures:
            points = _spread(backtest, measure).to_numpy(dtype=float)
            samples = _over_dates(backtest, measure, points, picks)
            best = _find_best(measure, points, (1 - backtest.params.interval) / 2)
            for column, model in enumerate(models):
                both = ~np.isnan(points[:, column]) & ~np.isnan(points[:, 0])
                behind = points[both, column].mean() - points[both, 0].mean() if both.any() else np.nan
                apart = samples[:, column, 0] - samples[:, column, 1]
                rows.append(
                    {"part": part, "measure": measure, "model": model, "count_dates": int((~np.isnan(points[:, column])).sum())}
                    | dict(zip(("mean", "low", "high"), _mean_interval(points[:, column], samples[:, column, 0], level), strict=True))
                    | (
                        {"difference": np.nan, "difference_low": np.nan, "difference_high": np.nan}
                        if model == CHAMPION
                        else {"difference": behind, **dict(zip(("difference_low", "difference_high"), _ends(apart, level), strict=True))}
                    )
                    | {"is_best": model in {models[place] for place in best}}
                )
    return pd.DataFrame(rows)


def compare_horizons(points: pd.DataFrame) -> pd.DataFrame | None:
    """Grades at other horizons, means over dates (see `Replays.points`); None where none was over.

    Returns
    -------
    DataFrame
        One row per horizon and model: `horizon_days`, `model`, `count_dates`, `orders_deviance`, `orders_bias`,
        `p_brier`, `p_calibration`, `spend_bias`, and of how many dates the company's total lay within its interval:
        `orders_inside`, `spend_inside`.
    """
    if points.empty:
        return None
    for part in ("orders", "spend"):
        points[f"{part}_inside"] = points[f"{part}_actual"].between(points[f"{part}_low"], points[f"{part}_high"])
    measures = ["orders_deviance", "orders_bias", "p_brier", "p_calibration", "spend_bias"]
    groups = points.groupby(["horizon_days", "model"], sort=False)
    table = groups.agg(count_dates=("as_of", "size"), **{name: (name, "mean") for name in measures})
    return table.join(groups[["orders_inside", "spend_inside"]].sum()).reset_index()


def count_behind(backtest: Backtest) -> dict[str, int]:
    """Models beside the champion, and of how many the difference from it leaves out 0, by part: behind it, and ahead.

    The keys are `models`, and ``<part>_behind`` and ``<part>_ahead`` for the first measure of each part.
    """
    tables = {part: compare_models(backtest, part) for part in GRADES}
    found = {"models": max(len(backtest.models) - 1, 0)}
    for part, table in tables.items():
        found[f"{part}_behind"] = 0 if table is None else int((table["difference_low"] > 0).sum())
        found[f"{part}_ahead"] = 0 if table is None else int((table["difference_high"] < 0).sum())
    return found


def compare_dates(backtest: Backtest, part: str) -> pd.DataFrame | None:
    """How far each model was from the champion on each date, by the first measure of `part`; None without dates.

    Returns
    -------
    DataFrame
        One row per model (without the champion) and date: `model`, `month`, `value`, `value_champion`, `behind` (the
        measure over the champion's, less 1: above 0 the champion was better).
    """
    if backtest.table.empty:
        return None
    measure = GRADES[part][0]
    wide = _spread(backtest, measure)
    champion = wide[CHAMPION]
    rows = [
        {
            "model": model,
            "month": str(Period.of(day.date())),
            "value": value,
            "value_champion": champion[day],
            "behind": value / champion[day] - 1,
        }
        for model in backtest.models
        if model != CHAMPION
        for day, value in wide[model].items()
    ]
    return pd.DataFrame(rows)


def follow_totals(backtest: Backtest, part: str, model: str = CHAMPION) -> pd.DataFrame | None:
    """The company's total of ``orders`` or ``spend`` on each date, forecast with its interval and as it came; None without dates.

    Returns
    -------
    DataFrame
        One row per date, oldest first: `month`, `total_expected`, `total_low`, `total_high`, `total_actual`, `is_inside`.
    """
    if backtest.table.empty:
        return None
    mine = backtest.table[backtest.table["model"] == model]
    table = pd.DataFrame({"month": [str(Period.of(day.date())) for day in mine["as_of"]]})
    for name in ("expected", "low", "high", "actual"):
        table[f"total_{name}"] = mine[f"{part}_{name}"].to_numpy()
    return table.assign(is_inside=(table["total_low"] <= table["total_actual"]) & (table["total_actual"] <= table["total_high"]))


def count_inside(backtest: Backtest) -> dict[str, int]:
    """Dates, and how many of them had the company's orders and spend within the champion's interval."""
    found = {part: follow_totals(backtest, part) for part in ("orders", "spend")}
    return {"dates": len(backtest.dates)} | {part: 0 if table is None else int(table["is_inside"].sum()) for part, table in found.items()}


def list_contest(forecast: Scorer) -> pd.DataFrame | None:
    """How the champion's parts were chosen (see `contest.judge`); None where there were too few customers for a contest."""
    table: pd.DataFrame | None = getattr(forecast, "contest", None)
    return None if table is None or table.empty else table


def tell_closed(closed: Sequence[Closed]) -> list[Remark]:
    """Where closed forecasts come from, and what is odd about them: keys of sentences."""
    found = [Remark(f"{one.reach}_{one.origin}", {"day": one.as_of}) for one in closed]
    unknown = sum(one.count_unknown for one in closed)
    return [*found, *([Remark("unknown", {"count": unknown})] if unknown else [])]


def tell_survival(backtest: Backtest) -> list[Remark]:
    """Why survival models do not contend for chances, and how the best of them was graded beside the champion.

    The keys are `left_out`, and `ahead`, `alike` or `behind` by the 95 % interval of the difference in log loss.
    """
    table = compare_models(backtest, "chance")
    found = [Remark("left_out", {"origins": backtest.params.origins, "dates": backtest.params.backtest_dates})]
    graded = None if table is None else table[table["model"].isin(list(SURVIVAL_CANDIDATES))]
    if graded is None or graded.empty:
        return found
    best = graded.loc[graded["difference"].idxmin()]
    key = "behind" if best["difference_low"] > 0 else "ahead" if best["difference_high"] < 0 else "alike"
    fields = {name: f"{best[name]:+.4f}" for name in ("difference", "difference_low", "difference_high")}
    fields |= {"value": f"{best['p_log']:.4f}", "champion": f"{best['p_log'] - best['difference']:.4f}"}
    return [*found, Remark(key, {"model": str(best["model"]), "count": min(backtest.params.slow_dates, len(backtest.dates))} | fields)]


def tell_horizons(backtest: Backtest, points: pd.DataFrame, months: int) -> list[Remark]:
    """That totals of as many `months` ahead as value counts were never graded, if so; `points` as of `Replays.points`."""
    graded = [int(days) for table in (backtest.table, points) if not table.empty for days in table["horizon_days"]]
    longest = max(graded, default=0)
    return [] if longest > (months - 1) * MONTH_DAYS else [Remark("ungraded" if longest else "none", {"days": longest, "months": months})]


def find_closed(closed: Sequence[Closed], reach: str) -> pd.DataFrame | None:
    """Customers of the closed forecast of a reach beside what happened; None without one."""
    return next((one.table for one in closed if one.reach == reach), None)


def calibrate(table: pd.DataFrame | None) -> pd.DataFrame | None:
    """Chances of an order against the share that ordered, by tenth (see `calibration_table`); None without a forecast."""
    if table is None:
        return None
    return calibration_table(table["p_order"].to_numpy(dtype=float), (table["count_order_days"] > 0).to_numpy(dtype=float))


def _spread(backtest: Backtest, measure: str) -> pd.DataFrame:
    """A measure by date (rows, oldest first) and model (columns); missing where a model was not graded."""
    wide = backtest.table.pivot_table(index="as_of", columns="model", values=measure, aggfunc="first", dropna=False)
    return wide.reindex(columns=backtest.models).sort_index()


def _over_dates(backtest: Backtest, measure: str, points: Floats, picks: np.ndarray) -> Floats:
    """Means over resampled dates of resampled customers: (sample, model, [its own, the champion's over its dates])."""
    count, dates = picks.shape[0], backtest.dates
    values = np.repeat(points[np.newaxis], count, axis=0)
    for row, day in enumerate(dates):
        for column, model in enumerate(backtest.models):
            found = backtest.samples.get((day, model))
            if found is not None:
                values[:, row, column] += found[measure].to_numpy()
    drawn = np.take_along_axis(values, picks[:, :, np.newaxis], axis=1)
    known = ~np.isnan(drawn)
    size = known.sum(axis=1)
    with np.errstate(invalid="ignore"):
        own = np.where(known, drawn, 0.0).sum(axis=1) / size
        champion = np.where(known, drawn[:, :, [0]], 0.0).sum(axis=1) / size
    return np.stack([own, champion], axis=2)


def _mean_interval(points: Floats, samples: Floats, level: float) -> tuple[float, float, float]:
    known = points[~np.isnan(points)]
    return (float(known.mean()) if len(known) else float("nan"), *_ends(samples, level))


def _ends(samples: Floats, level: float) -> tuple[float, float]:
    known = samples[~np.isnan(samples)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _find_best(measure: str, points: Floats, tail: float) -> list[int]:
    """Models with the best mean among those graded on all dates; none where more is neither better nor worse."""
    whole = [column for column in range(points.shape[1]) if not np.isnan(points[:, column]).any()]
    if measure in SIGNED or not whole:
        return []
    means = points[:, whole].mean(axis=0)
    scores = -means if measure in HIGHER else np.abs(means - tail) if measure in TAILS else means
    return [whole[place] for place in np.flatnonzero(scores <= scores.min())]
