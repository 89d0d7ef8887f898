"""The churn table of a company whose customers leave by ending contracts, and what the page says of it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from analysis.churn.contract_check import Check
from analysis.churn.contract_curves import fit_curve, group_contracts
from analysis.churn.contract_model import EndModel, label_terms
from analysis.churn.remarks import Remark
from analysis.history.rates import add_rate
from analysis.params import Params
from analysis.period import months_between

COLUMNS = (
    "customer_id",
    "is_lapsed",
    "lapsed_on",
    "p_end",
    "tenure_months",
    "count_contracts",
    "warning",
    "reason",
    "reasons",
    "first_warned",
)
CHANCE_BANDS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Edges of the bands of `p_end`: most chances are small, so that equal bands would hold nearly all in one."""


def horizon_months(as_of: date, horizon_days: int) -> float:
    """Calendar months from `as_of` to the end of the horizon."""
    return months_between(as_of, as_of + timedelta(days=horizon_days))


def chances_of_end(contracts: pd.DataFrame, model: EndModel | None, ahead: np.ndarray, params: Params) -> np.ndarray:
    """Chance that each contract has ended within `ahead` months: 1 for ended ones, 0 where no end was ever seen."""
    ended = contracts["is_ended"].to_numpy(dtype=bool)
    chances = np.zeros((len(contracts), len(ahead)))
    chances[ended] = 1.0
    if model is not None and not ended.all():
        chances[~ended] = 1 - model.survive(contracts[~ended], ahead, params.contracts)
    return chances


def build_contract_churn(contracts: pd.DataFrame, model: EndModel | None, as_of: date, params: Params) -> pd.DataFrame:
    """Churn table of a contractual source (contract `churn`).

    Parameters
    ----------
    contracts : DataFrame
        One row per contract (history.contracts.build_contracts).
    model : EndModel or None
        From `fit_ends`; None where no contract has ended.
    params : Params
        Sections `contracts` and `forecast` (`horizon_days`).

    Returns
    -------
    DataFrame
        One row per customer with a contract, sorted by `customer_id`: `is_lapsed` (every contract has ended), `lapsed_on`
        (day of the last end; missing where the source gives no date), `p_end` (chance that every contract that runs ends
        within the horizon, contracts taken as independent; missing for the lapsed), `tenure_months` (of the
        longest contract), `count_contracts`. No warnings are made for contracts yet: `warning`, `reason`, `reasons` and
        `first_warned` are empty.
    """
    ahead = np.array([horizon_months(as_of, params.forecast.horizon_days)])
    rows = contracts.assign(chance=chances_of_end(contracts, model, ahead, params)[:, 0])
    by_customer = rows.groupby("customer_id", sort=True)
    table = by_customer.agg(
        is_lapsed=("is_ended", "all"),
        lapsed_on=("ended_on", "max"),
        p_end=("chance", "prod"),
        tenure_months=("tenure_months", "max"),
        count_contracts=("contract_id", "size"),
    )
    # a customer one of whose ends has no date has none: the last one may be it
    undated = rows["ended_on"].isna().groupby(rows["customer_id"]).any()
    table["lapsed_on"] = pd.to_datetime(table["lapsed_on"]).where(table["is_lapsed"].astype(bool) & ~undated.astype(bool))
    table["p_end"] = table["p_end"].where(~table["is_lapsed"])
    empty = dict.fromkeys(("warning", "reason", "reasons", "first_warned"))
    return table.reset_index().assign(**empty)[list(COLUMNS)].astype(dict.fromkeys(empty, "object"))


def headline(contracts: pd.DataFrame, params: Params) -> dict[str, float]:
    """Contracts in a sentence: `count`, `ended`, `rate` with `low` and `high`, `median` months (NaN: not reached)."""
    count, ended = len(contracts), int(contracts["is_ended"].sum())
    share = add_rate(pd.DataFrame({"k": [ended], "n": [count]}), "k", "n", level=params.contracts.interval).iloc[0]
    curve = fit_curve(contracts, params.contracts.min_at_risk)
    below = np.flatnonzero(curve.survival <= 0.5)
    median = float(curve.days[below[0]]) if len(below) else float("nan")
    return {
        "count": count,
        "ended": ended,
        "rate": share["share"],
        "low": share["share_low"],
        "high": share["share_high"],
        "median": median,
    }


def list_contract_ratios(model: EndModel | None, params: Params) -> pd.DataFrame | None:
    """Hazard ratios of contracts' ends; None where too few ended for a model with terms.

    Returns
    -------
    DataFrame
        One row per term and window, in the order of the model's terms: `covariate`, `level`, `reference`, `window` (months of
        tenure, "" for all), `hr`, `low`, `high`, `holds` (False: the ratio still drifts within the window).
    """
    if model is None or not len(model.beta):
        return None
    from scipy.special import ndtri

    terms, windows = label_terms(model.design, model.drifting, model.cut)
    z, error = ndtri(0.5 + params.contracts.interval / 2), np.sqrt(np.diag(model.covariance))
    last = model.tests[model.tests["stage"] == model.tests["stage"].iloc[-1]]
    table = pd.DataFrame(
        {
            "covariate": [term.covariate for term in terms],
            "level": [term.level for term in terms],
            "reference": [term.reference for term in terms],
            "window": windows,
            "hr": np.exp(model.beta),
            "low": np.exp(model.beta - z * error),
            "high": np.exp(model.beta + z * error),
            "holds": (last["answer"] == "none").to_numpy(),
        }
    )
    order = {(term.covariate, term.level): number for number, term in enumerate(model.design.terms)}
    place = [order[pair] for pair in zip(table["covariate"], table["level"], strict=True)]
    return (
        table.assign(place=place)
        .sort_values(["place", "window"], ascending=[True, False], kind="stable", ignore_index=True)
        .drop(columns="place")
    )


def list_contract_tests(model: EndModel | None) -> pd.DataFrame | None:
    """Tests of proportional hazards of the terms that failed, before and after the answer; None without a model with terms."""
    if model is None or not len(model.tests):
        return None
    failed = model.tests[model.tests["answer"] != "none"]
    named = set(zip(failed["covariate"], failed["level"], strict=True))
    kept = [pair in named for pair in zip(model.tests["covariate"], model.tests["level"], strict=True)]
    return model.tests[kept].reset_index(drop=True)


def count_ends(churn: pd.DataFrame) -> pd.DataFrame | None:
    """Customers with a running contract by their chance of its end; None without any.

    Returns
    -------
    DataFrame
        One row per band: `p_from` (inclusive), `p_to` (exclusive; the last includes 1), `count_customers`, `expected` (sum of
        the chances: ends that are expected of the band).
    """
    chances = churn["p_end"].dropna().to_numpy(dtype=float)
    if not len(chances):
        return None
    band = np.minimum(np.searchsorted(CHANCE_BANDS, chances, side="right") - 1, len(CHANCE_BANDS) - 2)
    counts = np.bincount(band, minlength=len(CHANCE_BANDS) - 1)
    expected = np.bincount(band, weights=chances, minlength=len(CHANCE_BANDS) - 1)
    return pd.DataFrame({"p_from": CHANCE_BANDS[:-1], "p_to": CHANCE_BANDS[1:], "count_customers": counts, "expected": expected})


def expect_months(contracts: pd.DataFrame, model: EndModel | None, months: int, params: Params) -> pd.DataFrame | None:
    """Months that running contracts are expected to last within the next `months`, by contract type, plan and so on.

    Returns
    -------
    DataFrame
        One row per group of each grouping: `by`, `group`, `count_contracts` (running), `expected_months` (mean; at most
        `months`), `share_lasting` (chance of lasting all of them).
    """
    running = contracts[~contracts["is_ended"]].reset_index(drop=True)
    if model is None or not len(running):
        return None
    lasting = model.survive(running, np.arange(1, months + 1), params.contracts)
    # within a month a contract lasts half of it, if it ends there
    whole = np.column_stack([np.ones(len(running)), lasting])
    facts = running.assign(expected=(whole[:, :-1] + whole[:, 1:]).sum(axis=1) / 2, lasts=lasting[:, -1])
    rows = [("all_contracts", "all", len(facts), facts["expected"].mean(), facts["lasts"].mean())]
    for by, groups in group_contracts(running, params.contracts).items():
        for name, part in facts.groupby(groups, sort=True):
            if len(part) >= params.contracts.min_group:
                rows.append((by, str(name), len(part), part["expected"].mean(), part["lasts"].mean()))
    return pd.DataFrame(rows, columns=["by", "group", "count_contracts", "expected_months", "share_lasting"])


def list_check(check: Check | None) -> pd.DataFrame | None:
    """The check's tenths; None where there is none."""
    return None if check is None else check.table


def tell_check(check: Check | None) -> dict[str, float]:
    """How many months ahead was checked, for the chart's words."""
    return {"months": 0 if check is None else check.months}


def tell_checked(check: Check | None) -> list[Remark]:
    """The check in a sentence; none where there is none."""
    names = ("count_forecasts", "expected", "auc", "brier", "brier_flat")
    return [] if check is None else [Remark("text", {name: getattr(check, name) for name in names})]


def tell_model(model: EndModel | None) -> list[Remark]:
    """Which model the chances come from: keys ``cox`` and ``curve`` of ``contracts.model``."""
    return [] if model is None else [Remark(model.kind, {"contracts": model.count_contracts, "ended": model.count_ended})]


def sum_stakes(churn: pd.DataFrame, value: pd.DataFrame) -> dict[str, float]:
    """Customers with `running` contracts, the `ends` expected of them, and the value at `risk` (currency)."""
    chances = churn["p_end"].dropna()
    return {"running": len(chances), "ends": float(chances.sum()), "risk": float(value["value_at_risk"].sum())}


def tell_source(contracts: pd.DataFrame, observed_on: date | None) -> list[Remark]:
    """What the source can and cannot tell of its contracts: keys of ``contracts.remark``.

    Parameters
    ----------
    contracts : DataFrame
        One row per contract.
    observed_on : date or None
        Of a snapshot.
    """
    notes = []
    if observed_on is not None and contracts["started_on"].isna().all():
        notes += [Remark("snapshot", {"day": observed_on}), Remark("complete")]
    late, begun = int((contracts["entry_months"] > 0).sum()), int((contracts["tenure_months"] <= 0).sum())
    if late:
        notes.append(Remark("entered", {"count": late, "day": contracts["ended_on"].min().date()}))
    if begun:
        notes.append(Remark("begun", {"count": begun}))
    unpriced = int((contracts["monthly_fee"].isna() & ~contracts["is_ended"]).sum())
    if unpriced and contracts["monthly_fee"].notna().any():
        notes.append(Remark("fees", {"count": unpriced}))
    return notes


def list_at_stake(contracts: pd.DataFrame, churn: pd.DataFrame, value: pd.DataFrame, share: float) -> pd.DataFrame:
    """Customers with the most value at risk, to work with.

    Parameters
    ----------
    share : float
        Of the customers with a running contract, rounded up.

    Returns
    -------
    DataFrame
        One row per customer, the most at risk first: `customer_id`, `plan` (of the longest running contract), `tenure_months`,
        `monthly_fee`, `p_end`, `clv`, `value_at_risk` (currency).
    """
    running = contracts[~contracts["is_ended"]].sort_values(["tenure_months", "contract_id"], ascending=[False, True])
    plan = running.drop_duplicates("customer_id").set_index("customer_id")["plan"]
    table = churn.loc[~churn["is_lapsed"], ["customer_id", "p_end", "tenure_months"]]
    table = table.merge(value[["customer_id", "monthly_fee", "clv", "value_at_risk"]], on="customer_id", validate="one_to_one")
    table = table.assign(plan=table["customer_id"].map(plan)).sort_values(["value_at_risk", "customer_id"], ascending=[False, True])
    columns = ["customer_id", "plan", "tenure_months", "monthly_fee", "p_end", "clv", "value_at_risk"]
    return table[columns].head(int(np.ceil(share * len(table)))).reset_index(drop=True)
