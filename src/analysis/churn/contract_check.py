"""Are the chances of an end right? Every contract is forecast by a model that was fitted without it.

One snapshot shows no contract twice, so that nothing can be forecast and then awaited. Instead each contract's own past is
played again: at tenures 0, h, 2h, ... it is asked whether it ends within the next h months, by a model fitted to the other folds.
Contracts whose end was not awaited (they have not lasted so long yet) are not dropped: the others stand for them
with the inverse of the chance of being watched so long (IPCW; Graf et al. 1999).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.churn.contract_model import EndModel, Sample, finish, fit_windows, select_seen
from analysis.history.rates import wilson
from analysis.params import ContractParams

TENTHS = 10


@dataclass(frozen=True)
class Check:
    """What cross-validation found.

    Attributes
    ----------
    table : DataFrame
        One row per tenth of the predicted chances: `tenth`, `count_forecasts`, `p_mean`, `share_ended` with `low` and `high`.
    count_forecasts, count_ends : int
        Forecasts whose outcome is known, and those that came true.
    expected : float
        Ends that were expected of all of them, over the ends that came (both weighted); 1 is right.
    auc, brier, brier_flat : float
        Area under the ROC curve; mean squared error of the chances, and of one chance for all.
    months : int
        How far ahead.
    """

    table: pd.DataFrame
    count_forecasts: int
    count_ends: int
    expected: float
    auc: float
    brier: float
    brier_flat: float
    months: int


def check_ends(contracts: pd.DataFrame, model: EndModel, months: int, params: ContractParams) -> Check | None:
    """Cross-validate the chance of an end within `months` months; None with fewer ended contracts than `params.min_ended`.

    Parameters
    ----------
    contracts : DataFrame
        One row per contract.
    model : EndModel
        Fitted to all of them; the folds keep its terms' windows.
    months : int
        Whole months ahead.
    """
    if model.count_ended < params.min_ended:
        return None
    rows = forecast_folds(contracts, model, months, params)
    weight, chance, ended = (rows[name].to_numpy(dtype=float) for name in ("weight", "chance", "ended"))
    order = np.argsort(chance, kind="stable")
    tenth = np.empty(len(rows), dtype=int)
    tenth[order] = np.minimum(np.arange(len(rows)) * TENTHS // max(len(rows), 1), TENTHS - 1)
    table = []
    for number in range(TENTHS):
        part = tenth == number
        w = weight[part]
        share = float((w * ended[part]).sum() / w.sum())
        effective = float(w.sum() ** 2 / (w**2).sum())
        low, high = wilson([share * effective], [effective], params.interval)
        table.append((number + 1, int(part.sum()), float((w * chance[part]).sum() / w.sum()), share, float(low[0]), float(high[0])))
    mean = float((weight * ended).sum() / weight.sum())
    return Check(
        pd.DataFrame(table, columns=["tenth", "count_forecasts", "p_mean", "share_ended", "low", "high"]),
        len(rows),
        int(ended.sum()),
        float((weight * chance).sum() / (weight * ended).sum()),
        _auc(chance, ended > 0, weight),
        float((weight * (chance - ended) ** 2).sum() / weight.sum()),
        mean * (1 - mean),
        months,
    )


def forecast_folds(contracts: pd.DataFrame, model: EndModel, months: int, params: ContractParams) -> pd.DataFrame:
    """Forecasts of contracts by models that have not seen them, with their outcomes.

    Returns
    -------
    DataFrame
        One row per contract and tenure asked at whose outcome is known: `chance`, `ended` (0 or 1), `weight`.
    """
    seen = select_seen(contracts)
    sample = Sample.of(seen, model.design, params)
    # all contracts of a customer fall into one fold
    customers = np.sort(seen["customer_id"].unique())
    fold = pd.Series(np.random.default_rng(params.seed).permutation(len(customers)) % params.folds, index=customers)
    own = seen["customer_id"].map(fold).to_numpy()
    watched = _watch(seen)
    parts = []
    for number in range(params.folds):
        fitted = _fit_like(model, sample.take(own != number), params)
        rest = sample.take(own == number)
        for start in range(0, int(rest.tenure.max()) + 1, months):
            ended = rest.ended & (rest.tenure <= start + months)
            known = (rest.entry <= start) & (rest.tenure > start) & (ended | (rest.tenure >= start + months))
            if not known.any():
                continue
            asked, came = rest.take(known), ended[known]
            chance = 1 - fitted.outlast(asked.x, np.full(len(came), float(start)), np.array([float(months)]))[:, 0]
            until = np.where(came, asked.tenure, start + months)
            weight = watched(np.array([start + 1e-9]))[0] / np.maximum(watched(until), 1e-6)
            parts.append(pd.DataFrame({"chance": chance, "ended": came.astype(float), "weight": weight}))
    return pd.concat(parts, ignore_index=True)


def _fit_like(model: EndModel, sample: Sample, params: ContractParams) -> EndModel:
    """The same terms and windows, fitted to other contracts."""
    fit = fit_windows(sample, model.drifting, model.cut, params) if model.design.terms else None
    return finish(model.kind, model.design, model.drifting, model.cut, fit, sample, params)


def _watch(contracts: pd.DataFrame):  # type: ignore[no-untyped-def]
    """Share of contracts still watched just before a tenure: the product-limit curve of running contracts' tenures."""
    from analysis.churn.contract_curves import fit_curve

    curve = fit_curve(contracts.assign(is_ended=~contracts["is_ended"].to_numpy(dtype=bool)))
    values = np.concatenate(([1.0], curve.survival))
    return lambda months: values[np.searchsorted(curve.days, months, side="left")]


def _auc(chance: np.ndarray, ended: np.ndarray, weight: np.ndarray) -> float:
    """Chance that an ended one had the higher forecast, ties as one half, weighted."""
    values, place = np.unique(chance, return_inverse=True)
    came = np.bincount(place, weights=weight * ended, minlength=len(values))
    stayed = np.bincount(place, weights=weight * ~ended, minlength=len(values))
    below = np.concatenate(([0.0], np.cumsum(stayed)[:-1]))
    return float((came * (below + stayed / 2)).sum() / (came.sum() * stayed.sum())) if came.sum() and stayed.sum() else float("nan")
