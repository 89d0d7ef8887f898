"""Value bridge: from last month's customer equity to this month's, by replacing one thing at a time.

The order is fixed; what a step changes is taken from what the steps before it left. Every customer's value is rounded
to whole cents in every world between, and cents are summed as integers: the steps add up exactly, in any order of rows.

1. late data: equity as it was issued last month -> the same month computed from today's ledger.
2. time passed: the same orders a month later, as if nobody had ordered or sent anything back.
3. new customers: first orders, and what else they bought, of those without an order a month ago.
4. bought more: orders of customers who were not lapsed a month ago.
5. came back: orders of those who were.
6. refunds: what became known to be cancelled in the month, of whomever.
7. merges: customers found to be one.
8. margins: this month's margin shares for last month's.
9. model: this month's model and its parameters for last month's, on the same data.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from analysis.forecast.scorer import Scorer
from analysis.history.past import Past, day_number
from analysis.params import Params
from analysis.value.clv import discount_revenue, look_ahead
from analysis.value.margin import Margin

BEFORE, AFTER, POOLED = "before", "after", "pooled"
STEPS = ("late_data", "time_passed", "new_customers", "bought_more", "came_back", "refunds", "merges", "margins", "model")


@dataclass(frozen=True)
class Standing:
    """What customer equity stands on at the end of a month: `forecast` fitted and `margin` found as of `as_of` (inclusive).

    `ahead` is what the forecast expects (`clv.look_ahead`), where that is known already.
    """

    as_of: date
    forecast: Scorer
    margin: Margin
    ahead: pd.DataFrame | None = None

    def look_ahead(self, params: Params) -> pd.Series:
        """Discounted expected revenue by customer."""
        return discount_revenue(look_ahead(self.forecast, self.as_of, params) if self.ahead is None else self.ahead)


@dataclass(frozen=True)
class Remark:
    """A sentence about the bridge: its key, its fields, and the chapters that it touches."""

    key: str
    fields: dict[str, Any] = field(default_factory=dict)
    chapters: tuple[str, ...] = ()


@dataclass(frozen=True)
class World:
    """Discounted expected revenue by customer (currency), and the margin that turns it into value."""

    revenue: pd.Series
    margin: Margin

    @property
    def cents(self) -> pd.Series:
        """Value by customer in whole cents (half to even)."""
        value = self.revenue * self.margin.share_of(self.revenue.index)
        return np.round(value.astype(float) * 100).astype("int64")


def build_bridge(
    before: Standing,
    after: Standing,
    past: Past,
    lapsed: Collection[str],
    params: Params,
    *,
    merged: Past | None = None,
) -> pd.DataFrame:
    """Bridge from the equity of `before` to that of `after`.

    Parameters
    ----------
    before, after : Standing
        Last month's end and this one's.
    past : Past
        Orders known by `after.as_of`, under the ids of `before.as_of`.
    lapsed : collection of str
        Ids of customers who were lapsed at the end of `before.as_of`.
    params : Params
        Section `value`.
    merged : Past, optional
        The same orders under the ids of `after.as_of`, where merges became known between.

    Returns
    -------
    DataFrame
        One row per entry of `STEPS` between a row ``before`` and a row ``after``: `step`, `amount` (currency, whole cents;
        missing in the first and last row), `count_customers` (those whose value the step changes by a cent or more; all
        customers in the first and last row), `running_total`. `before` + all amounts = `after`, to the cent. Last month
        is replayed, so that late data change nothing; see `start_from`.
    """
    worlds = [World(before.look_ahead(params), before.margin)]
    worlds += _replay_orders(before, after.as_of, past, lapsed, params, worlds[0])
    revenue = worlds[-1].revenue if merged is None else _value_again(before, merged, after.as_of, params)
    worlds += [World(revenue, before.margin), World(revenue, after.margin), World(after.look_ahead(params), after.margin)]
    return tell_steps([world.cents for world in worlds])


def tell_steps(worlds: Sequence[pd.Series]) -> pd.DataFrame:
    """The bridge's table from its worlds: cents by customer before the second and after each of the steps."""
    total = int(worlds[0].sum())
    rows: list[tuple[str, int | None, int, int]] = [(BEFORE, None, len(worlds[0]), total), (STEPS[0], 0, 0, total)]
    for step, old, new in zip(STEPS[1:], worlds, worlds[1:], strict=False):
        change = new.sub(old, fill_value=0)
        total += int(change.sum())
        rows.append((step, int(change.sum()), int((change != 0).sum()), total))
    rows.append((AFTER, None, len(worlds[-1]), total))
    table = pd.DataFrame(rows, columns=["step", "amount", "count_customers", "running_total"])
    table["count_customers"] = table["count_customers"].astype("Int64")
    return table.assign(amount=table["amount"].astype(float) / 100, running_total=table["running_total"] / 100)


def start_from(bridge: pd.DataFrame, issued: float | None) -> pd.DataFrame:
    """`bridge` from the total that was issued last month (currency) instead of the replayed one, where one was.

    An issued total names no customer: counts of its two rows are missing.
    """
    if issued is None:
        return bridge
    start, issued_cents = (round(amount * 100) for amount in (float(bridge["running_total"].iloc[0]), issued))
    moved = bridge.copy()
    moved.loc[moved["step"] == BEFORE, "running_total"] = issued_cents / 100
    moved.loc[moved["step"] == STEPS[0], "amount"] = (start - issued_cents) / 100
    moved.loc[moved["step"].isin([BEFORE, STEPS[0]]), "count_customers"] = pd.NA
    return moved


def pool_small(bridge: pd.DataFrame | None, min_cell: int) -> pd.DataFrame | None:
    """The bridge without steps of few customers: those of 1 to ``min_cell - 1`` become one row ``pooled``; None of None.

    Where they hold too few together, the next smallest step joins them, so that no subtraction tells what one customer
    is worth. The row stands where the last of them stood; amounts still add up, counts are of steps, not of persons.
    """
    if bridge is None:
        return None
    is_step = bridge["amount"].notna()
    counts = bridge.loc[is_step, "count_customers"].astype(float)
    counts = counts[counts > 0].sort_values(kind="stable")
    few = int((counts < min_cell).sum())
    if not few:
        return bridge
    while few < len(counts) and (counts.iloc[:few].sum() < min_cell or few < 2):
        few += 1
    small = counts.index[:few]
    cents = np.round(bridge["amount"] * 100)
    last = small.max()
    pooled = bridge.drop(index=small.drop(last)).copy()
    pooled.loc[last, ["step", "amount"]] = [POOLED, int(cents[small].sum()) / 100]
    pooled.loc[last, "count_customers"] = int(counts.loc[small].sum())
    changes = np.round(pooled["amount"].fillna(0.0) * 100).astype("int64")
    start = round(float(bridge["running_total"].iloc[0]) * 100)
    return pooled.assign(running_total=(start + changes.cumsum()) / 100).reset_index(drop=True)


def tell_bridge(before: Scorer, after: Scorer, issued: float | None) -> list[Remark]:
    """What to know of a bridge: whether its first total was issued, and which models its last step replaces."""
    return [Remark("replayed" if issued is None else "issued"), Remark("models", {"before": before.name, "after": after.name})]


def _value_again(before: Standing, past: Past, as_of: date, params: Params) -> pd.Series:
    """Discounted expected revenue by last month's model of what `past` shows at the end of `as_of`."""
    return discount_revenue(look_ahead(before.forecast.apply(past, as_of), as_of, params))


def _replay_orders(before: Standing, as_of: date, past: Past, lapsed: Collection[str], params: Params, then: World) -> list[World]:
    """Worlds after time passed, new customers, bought more, came back and refunds, by last month's model and margins.

    All parameters being held, a customer's value depends on that customer's own orders alone: a step values only those
    again of whom it shows something that became known in the month.
    """
    is_old = past.known <= day_number(before.as_of)
    worlds = [World(_value_again(before, past.where(is_old), as_of, params), before.margin)]
    was_customer, was_lapsed = past.ids.isin(then.revenue.index), past.ids.isin(list(lapsed))
    is_sale, is_known, is_lapsed = past.amount >= 0, was_customer[past.customer], was_lapsed[past.customer]
    counted = is_old
    for chosen in (is_sale & ~is_known, is_sale & is_known & ~is_lapsed, is_sale & is_known & is_lapsed, ~is_sale):
        moved = np.zeros(len(past.ids), dtype=bool)
        moved[past.customer[chosen & ~is_old]] = True
        counted = counted | chosen
        revenue = worlds[-1].revenue
        if moved.any():
            found = _value_again(before, past.where(counted & moved[past.customer]), as_of, params)
            revenue = pd.concat([revenue[~revenue.index.isin(past.ids[moved])], found])
        worlds.append(World(revenue, before.margin))
    return worlds
