"""A month of a source whose customers leave by ending contracts: the contracts, the model of their ends, what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.churn.contract_check import Check, check_ends
from analysis.churn.contract_model import EndModel, fit_ends
from analysis.churn.contract_table import build_contract_churn, horizon_months
from analysis.history.contracts import build_contracts
from analysis.value.contractual import value_contracts

if TYPE_CHECKING:
    from analysis.month.month import Month


def read_contracts(month: Month) -> pd.DataFrame:
    """Contracts known by the end of the month, see `history.contracts.build_contracts`."""
    return month.memo.table(f"{month.period}/contracts", lambda: build_contracts(month.ledger, month.as_of))


def fit_model(month: Month) -> EndModel | None:
    """The model of contracts' ends; None where none has ended."""
    return month.memo.model(f"{month.period}/ends", lambda: fit_ends(month.contracts, month.params.contracts))


def check_model(month: Month) -> Check | None:
    """The cross-validation of `ends` over the horizon in whole months; None with too few ended contracts."""
    if month.ends is None:
        return None
    months = max(round(horizon_months(month.as_of, month.params.forecast.horizon_days)), 1)
    return check_ends(month.contracts, month.ends, months, month.params.contracts)


def build_churn(month: Month) -> pd.DataFrame:
    """Customers with contracts, whether they have left and how likely they are to, see `build_contract_churn`."""
    return build_contract_churn(month.contracts, month.ends, month.as_of, month.params)


def build_value(month: Month) -> pd.DataFrame:
    """What customers with contracts are worth, see `value.contractual.value_contracts`."""
    return value_contracts(month.contracts, month.ends, month.as_of, month.params)
