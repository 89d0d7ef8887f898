"""Which sale a cancellation undoes, looking only backward; and the orders that follow from it.

A cancellation has one candidate, by the first of these that finds one:

``order_line``   a sale of the same order, product and quantity
``order``        a sale of the same order and product, at least as large
``line``         a sale of the same customer, product, quantity and price
``product``      the latest sale of the same customer and product, at least as large and not yet undone

In the first and third, sales open and cancellations close like brackets, so that the latest open sale is undone first.
A candidate stands while everything that names the same sale up to then is no more than that sale. Each step looks only
at what happened up to the cancellation, so that later rows change no link.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger.bench import Bench

PASSES = ("order_line", "order", "line", "product")
_SEQUENCE = ("at", "is_cancellation", "order_id", "line_id", "product_id", "size", "price", "worth", "row")


@dataclass(frozen=True)
class Links:
    """Cancellations and what they undo.

    Attributes
    ----------
    links : ir.Table
        One row per matched cancellation: ``_row``, ``cancels_order_id``, ``cancels_ordered_on``, ``step``.
    facts : dict
        ``rows``, ``amount``, ``anonymous_rows``, ``anonymous_amount``, ``matched`` (step -> rows), ``matched_amount``,
        ``unmatched_rows``, ``unmatched_amount`` (of known customers).
    """

    links: ir.Table
    facts: dict[str, Any]


def link_cancellations(bench: Bench, lines: ir.Table) -> Links:
    """Link the cancellations among `lines` (`analysis.ledger.sales.list_lines`) to sales of known customers."""
    import ibis

    every = lines.filter(lines.line_kind == "cancellation")
    is_known = every.customer_id.notnull()
    known = lines.filter(lines.customer_id.notnull())
    cancelled = known.filter(known.line_kind == "cancellation").select("customer_id", "product_id").distinct()
    asked = {
        "rows": every.count(),
        "amount": every.amount.sum(),
        "anonymous_rows": (~is_known).sum(),
        "anonymous_amount": every.amount.sum(where=~is_known),
    }
    total = every.aggregate(**asked).to_pyarrow().to_pylist()[0]
    if not total["rows"]:
        return Links(bench.load([], _LINKS, "links"), _facts(total, []))
    events = bench.keep(_events(known, cancelled), "events")
    parts = []
    left = events.filter(events.is_cancellation == 1)
    by_order = bench.keep(left.semi_join(events.filter(events.is_cancellation == 0), ["customer_id", "given_order"]), "same_order")
    if by_order.count().to_pyarrow().as_py():
        of_orders = events.semi_join(by_order, ["customer_id", "given_order"])
        parts.append(
            bench.keep(_brackets(of_orders, ("customer_id", "given_order", "product_id", "size"), "order_line"), "step_order_line")
        )
        parts.append(
            bench.keep(
                _latest(by_order.anti_join(parts[0], "row"), events, ("customer_id", "given_order", "product_id"), None, "order"),
                "step_order",
            )
        )
        left = left.anti_join(ibis.union(*parts), "row")
    rest = events.filter(events.is_cancellation == 0).union(left)
    parts.append(bench.keep(_brackets(rest, ("customer_id", "product_id", "size", "price"), "line"), "step_line"))
    so_far = ibis.union(*parts) if len(parts) > 1 else parts[0]
    parts.append(_latest(left.anti_join(parts[-1], "row"), events, ("customer_id", "product_id"), so_far, "product"))
    links = bench.keep(_standing(ibis.union(*parts), events), "links")
    counted = links.group_by("step").aggregate(rows=links.count(), amount=links.worth.sum()).order_by("step").to_pyarrow().to_pylist()
    return Links(links, _facts(total, counted))


_LINKS = {"_row": "int64", "cancels_order_id": "string", "cancels_ordered_on": "date", "step": "string", "worth": "decimal(18, 4)"}


def _facts(total: dict[str, Any], counted: list[dict[str, Any]]) -> dict[str, Any]:
    matched = sum(part["rows"] for part in counted)
    amount = sum((part["amount"] for part in counted), 0)
    anonymous = total["anonymous_amount"] or 0
    return {
        "rows": total["rows"],
        "amount": str(total["amount"] or 0),
        "anonymous_rows": total["anonymous_rows"] or 0,
        "anonymous_amount": str(anonymous),
        "matched": {part["step"]: part["rows"] for part in counted},
        "matched_rows": matched,
        "matched_amount": str(amount),
        "unmatched_rows": total["rows"] - (total["anonymous_rows"] or 0) - matched,
        "unmatched_amount": str((total["amount"] or 0) - anonymous - amount),
    }


def _events(known: ir.Table, cancelled: ir.Table) -> ir.Table:
    """Lines of the customers and products that have a cancellation, with nothing missing in what is compared."""
    import ibis

    pairs = cancelled.select(_customer="customer_id", _product=cancelled.product_id.fill_null(""))
    lines = known.mutate(_product=known.product_id.fill_null(""))
    lines = lines.semi_join(pairs, [lines.customer_id == pairs._customer, lines._product == pairs._product])
    size = ibis.coalesce(lines.quantity.abs().cast("decimal(18, 4)"), lines.amount.abs())
    return lines.select(
        row=lines._row,
        customer_id=lines.customer_id,
        product_id=lines._product,
        order_id=lines.order_id,
        given_order=lines._given_order,
        line_id=lines.line_id.fill_null(""),
        at=lines.ordered_at,
        ordered_on=lines.ordered_on,
        is_cancellation=(lines.line_kind == "cancellation").cast("int8"),
        size=size,
        price=ibis.coalesce(
            lines.unit_price, ibis.ifelse(lines.quantity.isnull(), 0, lines.amount / lines.quantity).cast("decimal(18, 4)")
        ),
        worth=lines.amount,
    )


def _brackets(events: ir.Table, group: tuple[str, ...], step: str) -> ir.Table:
    """Sales open, cancellations close: ``row`` of the cancellation and ``sale``, the row of the sale that it closes."""
    import ibis

    window = {"group_by": list(group), "order_by": [events[name] for name in _SEQUENCE]}
    change = ibis.ifelse(events.is_cancellation == 1, -1, 1)
    deep = events.mutate(depth=change.sum().over(ibis.cumulative_window(**window)))
    window = {"group_by": list(group), "order_by": [deep[name] for name in _SEQUENCE]}
    deep = deep.mutate(floor=ibis.least(deep.depth.min().over(ibis.cumulative_window(**window)), 0))
    # depth above the floor; a cancellation that closes a bracket stood one deeper
    deep = deep.mutate(level=deep.depth - deep.floor + deep.is_cancellation)
    order = [deep[name] for name in _SEQUENCE]
    within = {"group_by": [*group, "level"], "order_by": order}
    paired = deep.mutate(sale=deep.row.lag().over(**within), before=deep.is_cancellation.lag().over(**within))
    return paired.filter(paired.is_cancellation == 1, paired.before == 0).select("row", "sale", step=ibis.literal(step))


def _latest(cancelled: ir.Table, events: ir.Table, group: tuple[str, ...], taken: ir.Table | None, step: str) -> ir.Table:
    """The latest sale of the group that is at least as large as the cancellation beside what `taken` took of it before."""
    import ibis

    sales = events.filter(events.is_cancellation == 0)
    sales = sales.select(*group, sale="row", sold_at="at", sold="size", sold_order="order_id", sold_line="line_id")
    pairs = cancelled.join(sales, list(group))
    pairs = pairs.filter(pairs.sold_at <= pairs.at, pairs.sold >= pairs.size)
    if taken is not None:
        closing = events.select(row="row", taken_at="at", taken_size="size")
        gone = taken.join(closing, "row").select(taken_sale="sale", taken_at="taken_at", taken_size="taken_size")
        joined = pairs.left_join(gone, [pairs.sale == gone.taken_sale, pairs.at >= gone.taken_at])
        used = joined.group_by("row", "sale").aggregate(used=joined.taken_size.sum().fill_null(0))
        pairs = pairs.join(used, ["row", "sale"])
        pairs = pairs.filter(pairs.sold - pairs.used >= pairs.size)
    best = ibis.row_number().over(
        group_by=pairs.row, order_by=[pairs.sold_at.desc(), pairs.sold, pairs.sold_order, pairs.sold_line, pairs.sale]
    )
    return pairs.mutate(best=best).filter(lambda t: t.best == 0).select("row", "sale", step=ibis.literal(step))


def _standing(candidates: ir.Table, events: ir.Table) -> ir.Table:
    """Candidates, in the order of time, while a sale is not undone more than once over."""
    import ibis

    sales = events.select(sale="row", sold="size", cancels_order_id="order_id", cancels_ordered_on="ordered_on")
    named = candidates.join(events.select(*_SEQUENCE), "row").join(sales, "sale")
    sequence = ibis.cumulative_window(group_by=named.sale, order_by=[named[name] for name in _SEQUENCE])
    named = named.mutate(undone=named["size"].sum().over(sequence))
    return named.filter(named.undone <= named.sold).select("cancels_order_id", "cancels_ordered_on", "step", "worth", _row="row")


def list_orders(lines: ir.Table, merges: ir.Table) -> ir.Table:
    """Sales and matched cancellations of known customers (contract `orders`), merged ids replaced.

    A sale is a (customer, order, day), known on its day. A cancellation carries the day of the order that it cancels, and
    is known on its own.
    """
    import ibis

    known = lines.filter(lines.customer_id.notnull())
    joined = known.left_join(merges.select(_double="customer_id", _kept="merged_into"), known.customer_id == merges.customer_id)
    known = joined.mutate(customer_id=ibis.coalesce(joined._kept, joined.customer_id))
    is_sale = known.line_kind == "sale"
    dated = known.filter(is_sale | known.cancels_ordered_on.notnull())
    grouped = dated.group_by(
        "customer_id",
        "order_id",
        "line_kind",
        "cancels_order_id",
        ordered_on=ibis.ifelse(dated.line_kind == "sale", dated.ordered_on, dated.cancels_ordered_on),
        known_on=dated.ordered_on,
    ).aggregate(amount=dated.amount.sum().cast("decimal(18, 4)"))
    return grouped.order_by("customer_id", "ordered_on", "known_on", "order_id", "line_kind", "cancels_order_id").select(
        "customer_id", "ordered_on", "known_on", "amount"
    )
