"""Classes of customers who hold contracts: where in their life with us they are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.history.disclosure import hide_small
from analysis.history.rates import add_rate
from analysis.params import Params
from analysis.segments.build import COLUMNS
from analysis.segments.lifecycle import ACTIVE, LOST, LOYAL, NEW, PROSPECT

NOT_ENOUGH = "not_enough_data"
MONTHS_A_YEAR = 12
RULES = {
    "no_contract": PROSPECT,
    "contract_ended": LOST,
    "contract_begun_in_window": NEW,
    "contract_older_than_two_years": LOYAL,
    "contract_running": ACTIVE,
}
"""Rule -> stage, in the order in which the rules are tried."""
LOYAL_MONTHS = 24
NEW_MONTHS = 3
"""The window of `lifecycle.new_days` (90 days) in whole months of tenure, as contracts count."""


def build_contract_segments(customers: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    """Classes of all customers of a contractual source (contract `segments`).

    Parameters
    ----------
    customers : DataFrame
        One row per customer (contract `customers`).
    contracts : DataFrame
        One row per contract (history.contracts.build_contracts).

    Returns
    -------
    DataFrame
        One row per customer, sorted by `customer_id`: `lifecycle_stage` and `lifecycle_rule` by the longest running
        contract; scores are empty and `rfm_segment` and `tier` are ``not_enough_data``: they are made of orders.
    """
    table = customers[["customer_id"]].sort_values("customer_id").reset_index(drop=True)
    running = contracts[~contracts["is_ended"]].groupby("customer_id")["tenure_months"].max()
    tenure = table["customer_id"].map(running)
    holds = [~table["customer_id"].isin(contracts["customer_id"]), tenure.isna(), tenure < NEW_MONTHS, tenure >= LOYAL_MONTHS]
    rule = pd.Series(np.select(holds, list(RULES)[:-1], list(RULES)[-1]), dtype="object")
    scores = {name: pd.Series(pd.NA, index=table.index, dtype="Int64") for name in ("r_score", "f_score", "m_score", "fm_score")}
    return table.assign(
        **scores,
        rfm_cell=None,
        rfm_segment=NOT_ENOUGH,
        tier=NOT_ENOUGH,
        tier_score=np.nan,
        lifecycle_stage=rule.map(RULES),
        lifecycle_rule=rule,
        cluster=pd.Series(pd.NA, index=table.index, dtype="string"),
    )[list(COLUMNS)]


def tabulate_contracts(contracts: pd.DataFrame, groups: pd.Series | dict[str, pd.Series], params: Params) -> pd.DataFrame:
    """Contracts by group: how many, how many have ended, what those that run pay.

    Parameters
    ----------
    contracts : DataFrame
        One row per contract.
    groups : Series, or dict of Series
        Group of each contract, on the index of `contracts`; a dict gives one way of grouping after the other.

    Returns
    -------
    DataFrame
        One row per group, the largest first: (`by`), `group`, `count_contracts`, `count_running`, `share_ended` with
        `share_ended_low` and `share_ended_high` (Wilson), `median_tenure` (months, of all), `fees_running` (currency a month) and
        `mean_fee` (of running contracts). Money of groups with few running contracts is left empty, and so
        is all but the counts of groups with few contracts.
    """
    if isinstance(groups, dict):
        parts = [tabulate_contracts(contracts, column, params).assign(by=name) for name, column in groups.items()]
        whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["by"])
        return whole[["by", *(name for name in whole.columns if name != "by")]]
    facts = contracts.assign(running=~contracts["is_ended"], fee=contracts["monthly_fee"].where(~contracts["is_ended"]))
    table = facts.groupby(groups.to_numpy()).agg(
        count_contracts=("contract_id", "size"),
        count_running=("running", "sum"),
        median_tenure=("tenure_months", "median"),
        fees_running=("fee", "sum"),
        mean_fee=("fee", "mean"),
    )
    table = table.rename_axis("group").reset_index().sort_values(["count_contracts", "group"], ascending=[False, True], ignore_index=True)
    table["count_ended"] = table["count_contracts"] - table["count_running"]
    table = add_rate(table, "count_ended", "count_contracts", "share_ended", params.contracts.interval)
    table = hide_small(table, "count_running", ["fees_running", "mean_fee"], params.report.min_cell)
    shares = ["share_ended", "share_ended_low", "share_ended_high", "median_tenure"]
    table = hide_small(table, "count_contracts", shares, params.report.min_cell)
    columns = ["group", "count_contracts", "count_running", "share_ended", "share_ended_low", "share_ended_high"]
    return table[[*columns, "median_tenure", "fees_running", "mean_fee"]]


STAGES = (NEW, ACTIVE, LOYAL, LOST)


def tabulate_stages(contracts: pd.DataFrame, params: Params) -> pd.DataFrame:
    """`tabulate_contracts` by `group_by_stage`, in the order of a contract's life."""
    table = tabulate_contracts(contracts, group_by_stage(contracts), params)
    return table.sort_values("group", key=lambda names: names.map(STAGES.index), ignore_index=True)


def group_by_stage(contracts: pd.DataFrame) -> pd.Series:
    """Stage of each contract by its own tenure."""
    tenure, ended = contracts["tenure_months"], contracts["is_ended"]
    return pd.Series(np.select([ended, tenure < NEW_MONTHS, tenure >= LOYAL_MONTHS], [LOST, NEW, LOYAL], ACTIVE), index=contracts.index)


def band_tenure(contracts: pd.DataFrame) -> pd.DataFrame:
    """Running contracts by years of tenure: `months_from` (inclusive), `months_to` (exclusive), `count_contracts`."""
    running = contracts.loc[~contracts["is_ended"], "tenure_months"].to_numpy(dtype=float)
    longest = int(running.max() // MONTHS_A_YEAR) + 1 if len(running) else 0
    edges = np.arange(longest + 1) * MONTHS_A_YEAR
    counts = np.histogram(running, bins=edges)[0] if longest else np.array([], dtype=int)
    return pd.DataFrame({"months_from": edges[:-1], "months_to": edges[1:], "count_contracts": counts})


def band_fees(contracts: pd.DataFrame, bands: int = 12) -> pd.DataFrame | None:
    """Running contracts by monthly fee in equal steps: `fee_from`, `fee_to`, `count_contracts`; None without fees."""
    fees = contracts.loc[~contracts["is_ended"], "monthly_fee"].dropna().to_numpy(dtype=float)
    if not len(fees) or np.ptp(fees) == 0:
        return None
    # edges that a reader can say: steps of 1, 2 or 5 times a power of ten
    rough = np.ptp(fees) / bands
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough)
    edges = np.arange(np.floor(fees.min() / step), np.floor(fees.max() / step) + 2) * step
    return pd.DataFrame({"fee_from": edges[:-1], "fee_to": edges[1:], "count_contracts": np.histogram(fees, bins=edges)[0]})


def tabulate_main(contracts: pd.DataFrame, params: Params) -> pd.DataFrame:
    """`tabulate_contracts` by contract type, else by plan, else all together."""
    for name in ("contract_type", "plan"):
        if contracts[name].notna().any():
            return tabulate_contracts(contracts, contracts[name].fillna("unknown").astype(str), params)
    return tabulate_contracts(contracts, pd.Series("all", index=contracts.index), params)
