"""What is known of a contract and its customer, as columns of a Cox model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.churn.contract_curves import group_contracts
from analysis.churn.covariates import Term
from analysis.churn.groups import OTHER, UNKNOWN
from analysis.history.contracts import split_tags
from analysis.params import ContractParams

FEE = "monthly_fee"
EXPLAINED = 0.99
"""A column of which the ones before it explain more than this share tells nothing of its own."""
FEE_EXPLAINED = 0.9
"""A fee of which plan and services explain more than this is their sum: beside them its ratio would mean nothing."""


@dataclass(frozen=True)
class Design:
    """Columns of a model and how they are made, so that other contracts can be given the same ones.

    Attributes
    ----------
    terms : tuple of Term
        In the order of the columns.
    fee_center : float
        Binary logarithm of the fee from which the fee's column counts.
    """

    terms: tuple[Term, ...]
    fee_center: float = 0.0

    def build(self, contracts: pd.DataFrame, params: ContractParams) -> np.ndarray:
        """One row per contract, one column per term; a level that was not known counts as the reference."""
        values = _values(contracts, params)
        columns = [self._column(term, values, len(contracts)) for term in self.terms]
        return np.column_stack(columns) if columns else np.empty((len(contracts), 0))

    def _column(self, term: Term, values: dict[str, pd.Series], count: int) -> np.ndarray:
        if term.covariate not in values:
            return np.zeros(count)
        column = values[term.covariate]
        if term.covariate == FEE:
            return np.nan_to_num(np.log2(np.maximum(column.to_numpy(dtype=float), 1e-4)) - self.fee_center)
        return (column == term.level).to_numpy(dtype=float) if term.level else column.to_numpy(dtype=float)


def choose_terms(contracts: pd.DataFrame, params: ContractParams) -> Design:
    """Terms that enough ended contracts can tell of: one for about `params.ends_per_term` ends, the most frequent first.

    Levels are compared with the most frequent one; plain tags with not having them. A column that the ones before it explain
    is left out, and so is the fee where plan and tags explain it.
    """
    room = int(contracts["is_ended"].sum() // params.ends_per_term)
    values = _values(contracts, params)
    terms = []
    for name, column in values.items():
        if column.dtype == bool:
            terms.append(Term(name, unit="level"))
        elif name != FEE:
            counts = column.value_counts()
            levels = sorted((level for level in counts.index if level not in (UNKNOWN, OTHER)), key=lambda level: (-counts[level], level))
            terms += [Term(name, level, levels[0], "level") for level in levels[1:]]
    fee = values.get(FEE)
    center = float(np.log2(fee[fee > 0]).median()) if fee is not None else 0.0
    candidates = Design(tuple(terms), center)
    matrix = candidates.build(contracts, params)
    kept: list[int] = []
    for number in range(matrix.shape[1]):
        held = matrix[:, number].sum()
        if min(held, len(matrix) - held) >= params.min_group and _explain(matrix[:, kept], matrix[:, number]) < EXPLAINED:
            kept.append(number)
    chosen = [terms[number] for number in kept]
    if fee is not None:
        column = Design((Term(FEE),), center).build(contracts, params)[:, 0]
        if np.ptp(column) > 0 and _explain(matrix[:, kept], column) < FEE_EXPLAINED:
            chosen.insert(0, Term(FEE))
    return Design(tuple(chosen[:room]), center)


def _values(contracts: pd.DataFrame, params: ContractParams) -> dict[str, pd.Series]:
    """Levels, plain tags and the fee by name, in the order of the page."""
    levels = group_contracts(contracts, params)
    tags = {name: column for name, column in split_tags(contracts).items() if column.dtype == bool and name not in levels}
    fee = {FEE: contracts[FEE]} if (contracts[FEE] > 0).any() else {}
    return {**levels, **tags, **fee}


def _explain(columns: np.ndarray, column: np.ndarray) -> float:
    """Share of the variance of `column` that a linear combination of `columns` and a constant explains."""
    spread = column - column.mean()
    if not columns.shape[1] or not spread.any():
        return 0.0 if spread.any() else 1.0
    centred = columns - columns.mean(axis=0)
    left = spread - centred @ np.linalg.lstsq(centred, spread, rcond=None)[0]
    return float(1 - (left @ left) / (spread @ spread))
