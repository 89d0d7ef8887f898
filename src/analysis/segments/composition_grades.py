"""How forecasts of the composition did on months that have come since, and which of them are shown."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.params import MovementParams
from analysis.segments.composition import Floats, close_forecasts, forecast_composition, limit, part, widen
from analysis.segments.replay import ClassHistory

GRADES = ["made_in", "month", "error", "error_stays", "difference", "count_classes", "count_inside"]
ERRORS = dict.fromkeys(("error", "error_stays", "difference", "difference_low", "difference_high"), "percent")
"""How the columns of the grades are written."""
BETTER, SAME, WORSE = "better", "same", "worse"


def grade_composition(history: ClassHistory, scheme: str, params: MovementParams) -> pd.DataFrame:
    """Forecasts of the last closed months beside what came, and beside a composition that stays as it is.

    Returns
    -------
    DataFrame
        One row a month forecast, oldest first, at most `params.graded_months`: `made_in, month, error, error_stays` (share of
        customers that would have to change class to make forecast composition and outcome equal), `difference` (below 0: the
        forecast was nearer), `count_classes, count_inside` (classes whose size lay in its interval). Each forecast and the width
        of its interval saw only months up to the one it was made in. Empty where no month is closed.
    """
    closed, rows = close_forecasts(history, scheme, params), []
    for forecast in closed[-params.graded_months :]:
        came = part(forecast.came)
        error, stays = (float(np.abs(part(sizes) - came).sum() / 2) for sizes in (forecast.expected, forecast.stood))
        low, high = limit(forecast.expected, forecast.deviation, widen(closed, forecast.origin, params))
        inside = (forecast.came >= low) & (forecast.came <= high) & forecast.is_used
        months = history.months[forecast.origin], history.months[forecast.origin + params.horizon_months]
        rows.append((*months, error, stays, error - stays, int(forecast.is_used.sum()), int(inside.sum())))
    return pd.DataFrame(rows, columns=GRADES)


def sum_up_grades(history: ClassHistory, schemes: tuple[str, ...], params: MovementParams) -> pd.DataFrame:
    """`grade_composition` of several classifications in a row each.

    Returns
    -------
    DataFrame
        `scheme, count_months, error, error_stays` (means over months), `difference, difference_low, difference_high` (mean; months
        resampled in runs of the horizon; blank where there are not two such runs), `verdict` (``better``, ``same`` where the
        interval holds 0 or is not known, ``worse``), `count_classes, count_inside, share_inside`. Nothing of a classification
        without a closed month.
    """
    rows = []
    for scheme in schemes:
        grades = grade_composition(history, scheme, params)
        if grades.empty:
            continue
        low, high = _limit_mean(grades["difference"].to_numpy(dtype=float), params)
        mean = grades[["error", "error_stays", "difference"]].mean()
        verdict = BETTER if high < 0 else WORSE if low > 0 else SAME
        inside, every = int(grades["count_inside"].sum()), int(grades["count_classes"].sum())
        rows.append((scheme, len(grades), *mean, low, high, verdict, every, inside, inside / every))
    columns = ["scheme", "count_months", "error", "error_stays", "difference", "difference_low", "difference_high", "verdict"]
    return pd.DataFrame(rows, columns=[*columns, "count_classes", "count_inside", "share_inside"])


def sum_up_coverage(grades: pd.DataFrame) -> dict[str, float]:
    """Over all rows of `sum_up_grades`: `inside` of `every` size lay in its interval, which is `share`; `months` graded at most."""
    inside, every = int(grades["count_inside"].sum()), int(grades["count_classes"].sum())
    months = int(grades["count_months"].max()) if len(grades) else 0
    return {"inside": inside, "every": every, "share": inside / every if every else float("nan"), "months": months}


def name_coverage(grades: pd.DataFrame) -> str:
    """Key of the sentence that says how often intervals held what came, or that no month has told yet."""
    return "movement.covered" if grades["count_classes"].sum() else "movement.not_covered"


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


def _limit_mean(differences: Floats, params: MovementParams) -> tuple[float, float]:
    """Central interval of the mean: months drawn in circular runs (Politis and Romano 1992), for neighbours share months."""
    count, run = len(differences), params.horizon_months
    if count < 2 * run:
        return float("nan"), float("nan")
    starts = np.random.default_rng(params.seed).integers(0, count, size=(params.bootstrap, -(-count // run)))
    months = ((starts[:, :, None] + np.arange(run)) % count).reshape(params.bootstrap, -1)[:, :count]
    low, high = np.quantile(differences[months].mean(axis=1), [(1 - params.interval) / 2, (1 + params.interval) / 2])
    return float(low), float(high)
