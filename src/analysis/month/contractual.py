"""A month of a source whose customers leave by ending contracts: the contracts, the model of their ends, what follows."""

from __future__ import annotations

import pandas as pd

from analysis.churn.contract_check import Check, check_ends
from analysis.churn.contract_model import EndModel, fit_ends
from analysis.churn.contract_table import build_contract_churn, horizon_months
from analysis.history.contracts import build_contracts
from analysis.month.basis import Basis, kept
from analysis.value.contract_total import total_contracts
from analysis.value.contractual import value_contracts


@kept
def read_contracts(month: Basis) -> pd.DataFrame:
    """Contracts known by the end of the month, see `history.contracts.build_contracts`."""
    return month.memo.table(f"{month.period}/contracts", lambda: build_contracts(month.ledger, month.as_of))


@kept
def fit_model(month: Basis) -> EndModel | None:
    """The model of contracts' ends; None where none has ended."""
    return month.memo.model(f"{month.period}/ends", lambda: fit_ends(read_contracts(month), month.params.contracts))


@kept
def check_model(month: Basis) -> Check | None:
    """The cross-validation of `ends` over the horizon in whole months; None with too few ended contracts."""
    model = fit_model(month)
    if model is None:
        return None
    months = max(round(horizon_months(month.as_of, month.params.forecast.horizon_days)), 1)
    return check_ends(read_contracts(month), model, months, month.params.contracts)


@kept
def list_churn(month: Basis) -> pd.DataFrame:
    """Customers with contracts, whether they have left and how likely they are to, see `build_contract_churn`."""
    return build_contract_churn(read_contracts(month), fit_model(month), month.as_of, month.params)


@kept
def list_value(month: Basis) -> pd.DataFrame:
    """What customers with contracts are worth, see `value.contractual.value_contracts`."""
    return value_contracts(read_contracts(month), fit_model(month), month.as_of, month.params)


@kept
def sum_value(month: Basis) -> dict[str, float]:
    """What all contracts are worth together: `clv` with the limits `low` and `high` of its central interval of `share`."""

    def total() -> list[float]:
        return [float(amount) for amount in total_contracts(read_contracts(month), fit_model(month), month.params)]

    clv, low, high = month.memo.values(f"{month.period}/contract_total", total)
    return {"clv": clv, "low": low, "high": high, "share": month.params.forecast.interval}
