"""Order lines with their amount, what they are (sale or cancellation), and their local dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.ledger.bench import Bench
from analysis.ledger.cleaning import Judged, shape
from analysis.ledger.records import list_flags

if TYPE_CHECKING:
    import ibis.expr.types as ir


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

    The scale of a month is the 99 % point of the quantities of all lines that stand in the months before: a few wild
    values among them do not move it.
    """
    import ibis
    import numpy as np

    if not judged.has("quantity", "ordered_at"):
        return []
    kept = judged.standing
    size, month = kept.quantity.abs(), kept.ordered_at.truncate("M")
    rows = (
        kept.filter(kept.quantity.notnull()).group_by(month=month, size=size).aggregate(count=lambda t: t.count()).order_by("month", "size")
    )
    counted = rows.to_pyarrow()
    months = counted.column("month").to_numpy()
    sizes, counts = counted.column("size").to_numpy(), counted.column("count").to_numpy()
    limits = []
    for start in np.unique(months)[1:]:
        limit = _scale(sizes[months < start], counts[months < start], bench.params.outlier_min_lines)
        if limit is not None and np.any(sizes[months == start] > limit * bench.params.outlier_factor):
            limits.append((start.astype("datetime64[us]").item(), limit * bench.params.outlier_factor))
    if not limits:
        return []
    is_far = ibis.or_(*[(month == ibis.timestamp(start)) & (size > limit) for start, limit in limits])
    return [list_flags(kept.filter(is_far), "order_lines", "quantity", "outlier_quantity")]


def _scale(sizes, counts, least: int) -> float | None:  # type: ignore[no-untyped-def]
    """The 99 % point of values with counts; None below `least` values."""
    import numpy as np

    if counts.sum() < least:
        return None
    order = np.argsort(sizes, kind="stable")
    reached = np.cumsum(counts[order])
    return float(sizes[order][np.searchsorted(reached, 0.99 * reached[-1])])
