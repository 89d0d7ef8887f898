"""Order lines with their amount, what they are (sale or cancellation), and their local dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.ledger.bench import Bench
from analysis.ledger.cleaning import Judged, shape
from analysis.ledger.records import list_flags

if TYPE_CHECKING:
    from datetime import datetime

    import ibis.expr.types as ir
    import numpy as np

    from analysis.params import LedgerParams


def list_lines(bench: Bench, judged: Judged) -> ir.Table:
    """Kept order lines, one row each.

    Returns
    -------
    ir.Table
        Canonical columns, ``ordered_on`` and ``delivered_on`` (local dates), ``line_kind``, and beside them ``_row`` and
        ``_given_order`` (the order id that the source gave, null where it is derived from customer and day). ``amount`` is
        always filled; quantity and amount of a cancellation are not above 0.
    """
    import ibis

    lines = shape(bench, judged).join(_local(judged), "_row")
    amount = ibis.coalesce(lines.amount, _worth(lines))
    is_cancelled = (lines.quantity < 0).fill_null(False) | (amount < 0) | (lines._action == "cancellation").fill_null(False)
    day = lines.ordered_on.cast("string")
    lines = lines.mutate(
        order_id=ibis.coalesce(lines.order_id, ibis.coalesce(lines.customer_id, "anonymous") + ":" + day),
        quantity=ibis.ifelse(is_cancelled, -lines.quantity.abs(), lines.quantity),
        amount=ibis.ifelse(is_cancelled, -amount.abs(), amount).cast("decimal(18, 4)"),
        line_kind=ibis.ifelse(is_cancelled, "cancellation", "sale"),
        _given_order=lines.order_id,
    )
    return bench.keep(lines.drop("_action"), "lines")


def _local(judged: Judged) -> ir.Table:
    import ibis

    rows = judged.standing
    delivered = rows.delivered_at.date() if judged.has("delivered_at") else ibis.null("date")
    return rows.select("_row", ordered_on=rows.ordered_at.date(), delivered_on=delivered, _action=rows._action)


def _worth(lines: ir.Table) -> ir.DecimalValue:
    """Quantity x unit price x (1 - discount), in decimals from end to end."""
    import ibis

    price = (lines.quantity.cast("decimal(18, 4)") * lines.unit_price).cast("decimal(28, 6)")
    share = (1 - ibis.coalesce(lines.discount, 0.0)).cast("decimal(7, 6)")
    return (price * share).cast("decimal(18, 4)")


def list_outliers(bench: Bench, judged: Judged) -> list[ir.Table]:
    """Flags on quantities far above those of all earlier months.

    The scale of a month is the 99 % point of the quantities of all lines that stand in the months before and were not
    flagged themselves: a few wild values do not move it.
    """
    import ibis

    if not judged.has("quantity", "ordered_at"):
        return []
    kept = judged.standing
    size, month = kept.quantity.abs(), kept.ordered_at.truncate("M")
    rows = kept.filter(kept.quantity.notnull()).group_by(month=month, size=size).aggregate(count=lambda t: t.count())
    counted = rows.order_by("month", "size").to_pyarrow()
    limits = find_limits(
        counted.column("month").to_numpy(), counted.column("size").to_numpy(), counted.column("count").to_numpy(), bench.params
    )
    if not limits:
        return []
    is_far = ibis.or_(*[(month == ibis.timestamp(start)) & (size > limit) for start, limit in limits])
    return [list_flags(kept.filter(is_far), "order_lines", "quantity", "outlier_quantity")]


def find_limits(months: np.ndarray, sizes: np.ndarray, counts: np.ndarray, params: LedgerParams) -> list[tuple[datetime, float]]:
    """Months with quantities beyond their limit, and the limit.

    Parameters
    ----------
    months, sizes, counts : array
        One element per month and quantity: the month's first instant, the quantity without its sign, how many lines
        have it; in order of month and quantity.
    params : LedgerParams
        `outlier_factor`, `outlier_min_lines`.
    """
    import numpy as np

    limits, is_usual = [], np.ones(len(sizes), dtype=bool)
    for month in np.unique(months):
        before, now = is_usual & (months < month), months == month
        if counts[before].sum() < params.outlier_min_lines:
            continue
        order = np.argsort(sizes[before], kind="stable")
        reached = np.cumsum(counts[before][order])
        limit = params.outlier_factor * float(sizes[before][order][np.searchsorted(reached, 0.99 * reached[-1])])
        if np.any(sizes[now] > limit):
            limits.append((month.astype("datetime64[us]").item(), limit))
            is_usual &= ~(now & (sizes > limit))
    return limits
