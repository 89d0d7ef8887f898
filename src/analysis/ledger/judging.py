"""What was read, judged: which values cannot be true, and which rows do not stand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from analysis.contracts import Column, Table
from analysis.contracts.ledger import SCALES

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger.cleaning import Bench
    from analysis.ledger.config import TableConfig

MAX_AGE_YEARS = 110
STARTS = {"resolved_at": "received_at", "told_back_at": "received_at", "ended_on": "started_on", "met_at": "raised_at"}
"""End -> the start that it cannot precede, in the same row."""
CUSTOMER_IDS = ("customer_id", "referrer_id")
_TEST_ID, _TEST_NAME = "(?i)^test", r"(?i)^test(?:$|[^a-z])|^测试"

Faults = dict[str, list[tuple["ir.BooleanValue", str]]]
"""Column -> conditions on its value, and the rule that each one breaks."""


def judge(bench: Bench, table: Table, config: TableConfig, cells: ir.Table, columns: tuple[Column, ...], duplicates: ir.Table | None) -> ir.Table:
    """`cells` with impossible values emptied and ``_reject``, ``_rule`` added.

    ``_reject`` is the first rule, in the order of `analysis.ledger.rules`, that costs the row; ``_rule`` the action of
    the source's own rule (``cancellation``, ``drop_customer``) where one holds.
    """
    import ibis

    names = {column.name for column in columns}
    cells, kept_flags = _with_other_tables(bench, table, cells, names)
    faults = _faults(bench, table, config, cells, names)
    found = {f"{column}__f": ibis.cases(*faults[column], else_=ibis.null("string")) for column in faults if faults[column]}
    cells = cells.mutate(**found)
    changed = {}
    for column in (name.removesuffix("__f") for name in found):
        fault, value = cells[f"{column}__f"], cells[f"{column}__v"]
        changed[f"{column}__r"] = ibis.coalesce(fault, cells[f"{column}__r"])
        changed[f"{column}__v"] = ibis.ifelse(fault.isnull(), value, ibis.null(value.type()))
    for column, condition, rule in kept_flags:
        changed[f"{column}__r"] = ibis.ifelse(condition, rule, changed.get(f"{column}__r", cells[f"{column}__r"]))
    cells = _apply_source_rules(cells.mutate(**changed).drop(*found), config)
    return cells.mutate(_reject=_reject(bench, table, cells, names, duplicates))


def required_columns(table: Table, names: set[str]) -> tuple[str, ...]:
    """Columns without which a row is none: by the contract, and where it names alternatives, those of the only one given."""
    given = [group for group in table.either if set(group) <= names]
    return (*table.required, *(given[0] if len(given) == 1 else ()))


def _faults(bench: Bench, table: Table, config: TableConfig, cells: ir.Table, names: set[str]) -> Faults:
    import ibis

    faults: Faults = {column: [] for column in names}
    for column in (column for column in table.columns if column.name in names):
        value = cells[f"{column.name}__v"]
        if column.closed:
            faults[column.name].append((value.notin(column.closed), "unknown_level"))
        limits = [value < column.low] if column.low is not None else []
        limits += [value > column.high] if column.high is not None else []
        faults[column.name] += [(limit, "out_of_range") for limit in limits]
        if column.kind in ("date", "time") and column.name in table.required:
            faults[column.name] += _beyond(bench, table, value)
        start = STARTS.get(column.name)
        if start in names:
            faults[column.name].append((value < cells[f"{start}__v"], "end_before_start"))
    if table.name == "order_lines":
        _add_sale_faults(faults, cells, names, config.allow_zero_amount)
    if table.name == "contracts" and "started_on" in required_columns(table, names) and bench.config.founded:
        faults["started_on"].append((cells.started_on__v < bench.config.founded, "before_company"))
    if {"birth_date"} <= names and bench.last_day:
        oldest = bench.last_day.replace(year=bench.last_day.year - MAX_AGE_YEARS, day=min(bench.last_day.day, 28))
        faults["birth_date"].append(((cells.birth_date__v < oldest) | (cells.birth_date__v > bench.last_day), "impossible_age"))
    if {"question", "score"} <= names:
        score = cells.score__v
        beyond = ibis.cases(*[(cells.question__v == q, (score < low) | (score > high)) for q, (low, high) in SCALES.items()], else_=False)
        faults["score"].append((beyond, "score_out_of_range"))
    if {"referrer_id", "referred_id"} <= names:
        faults["referred_id"].append((cells.referred_id__v == cells.referrer_id__v, "self_referral"))
    return faults


def _add_sale_faults(faults: Faults, cells: ir.Table, names: set[str], allow_zero: bool) -> None:
    if "unit_price" in names:
        price = cells.unit_price__v
        faults["unit_price"].append((price < 0 if allow_zero else price <= 0, "impossible_price"))
    if "quantity" in names:
        faults["quantity"].append((cells.quantity__v == 0, "zero_quantity"))
    if "amount" in names and not allow_zero:
        faults["amount"].append((cells.amount__v == 0, "zero_amount"))


def _beyond(bench: Bench, table: Table, value: ir.Value) -> list[tuple[ir.BooleanValue, str]]:
    """Limits of a required date. Actions are planned, ahead and whenever."""
    import ibis

    if table.name == "actions":
        return []
    config = bench.config

    def start_of(day: date) -> ir.Value:
        return ibis.literal(day) if value.type().is_date() else ibis.timestamp(day.year, day.month, day.day, 0, 0, 0)

    beyond = [(value >= start_of(bench.last_day + timedelta(days=1)), "future_date")] if bench.last_day else []
    return beyond + ([(value < start_of(config.founded), "before_company")] if config.founded else [])


def _with_other_tables(bench: Bench, table: Table, cells: ir.Table, names: set[str]) -> tuple[ir.Table, list[tuple[str, ir.BooleanValue, str]]]:
    """Values from tables cleaned before, and flags on values that stay."""
    import ibis

    if table.name == "payments" and "invoice_id" in names and "invoices" in bench.clean:
        invoices = bench.clean["invoices"].select(_invoice="invoice_id", _invoiced_on="invoiced_on")
        cells = cells.left_join(invoices, cells.invoice_id__v == invoices._invoice).drop("_invoice")
        return cells, [("paid_on", cells.paid_on__v < cells._invoiced_on, "end_before_start")]
    if table.name == "order_lines" and {"customer_id", "country"} <= names and "customers" in bench.clean:
        customers = bench.clean["customers"]
        given = customers.filter(customers.country.notnull())
        # the earliest version: a later one must not change earlier orders
        homes = given.group_by(_home_of="customer_id").aggregate(_home=given.country.argmin(ibis.coalesce(given.updated_at, ibis.timestamp(1, 1, 1, 0, 0, 0))))
        cells = cells.left_join(homes, cells.customer_id__v == homes._home_of)
        is_filled = cells.country__v.isnull() & cells._home.notnull()
        return cells.mutate(
            country__v=ibis.coalesce(cells.country__v, cells._home),
            country__r=ibis.ifelse(is_filled, "filled_country", cells.country__r),
            country__a=ibis.ifelse(is_filled, cells._home, cells.country__a),
        ).drop("_home_of", "_home"), []
    return cells, []


def _apply_source_rules(cells: ir.Table, config: TableConfig) -> ir.Table:
    """Add ``_rule`` and ``_rule_action`` of the first source rule that holds; ``drop_customer`` empties the id."""
    import ibis

    none = ibis.null("string")
    if not config.rows:
        return cells.mutate(_rule=none, _rule_action=none)

    def holds(when: dict[str, str]) -> ir.BooleanValue:
        parts = [cells[column].re_search(f"^(?:{pattern})$") for column, pattern in when.items() if column in cells.columns]
        return ibis.and_(*parts) if len(parts) == len(when) else ibis.literal(False)

    conditions = [(holds(rule.when), rule) for rule in config.rows]
    cells = cells.mutate(
        _rule=ibis.cases(*[(condition, rule.rule) for condition, rule in conditions], else_=none),
        _rule_action=ibis.cases(*[(condition, rule.action) for condition, rule in conditions], else_=none),
    )
    if "customer_id" in cells.columns and any(rule.action == "drop_customer" for rule in config.rows):
        is_dropped = (cells._rule_action == "drop_customer").fill_null(False)
        cells = cells.mutate(
            customer_id__r=ibis.ifelse(is_dropped & cells.customer_id__v.notnull(), cells._rule, cells.customer_id__r),
            customer_id__v=ibis.ifelse(is_dropped, none, cells.customer_id__v),
        )
    return cells


def _reject(bench: Bench, table: Table, cells: ir.Table, names: set[str], duplicates: ir.Table | None) -> ir.StringValue:
    import ibis

    none = ibis.null("string")
    reasons = [(cells._row.isin(duplicates._row), "exact_duplicate")] if duplicates is not None else []
    reasons.append((cells._rule_action == "reject", cells._rule))
    if table.name == "order_lines" and "order_id" in names:
        reasons.append((cells.order_id__v.re_search(_TEST_ID), "test_order"))
    if table.name == "customers" and "name" in names:
        reasons.append((cells.name__v.re_search(_TEST_NAME), "test_order"))
    for column in required_columns(table, names):
        rule = cells[f"{column}__r"]
        reasons.append((cells[f"{column}__v"].isnull(), ibis.coalesce(rule, "missing_required")))
    if table.name == "order_lines":
        is_dropped = (cells._rule_action == "drop_customer").fill_null(False)
        if "customer_id" in names:
            # an order line without customer is an anonymous sale, one with an unreadable id is not
            reasons.append((cells.customer_id__v.isnull() & cells.customer_id__r.notnull() & ~is_dropped, cells.customer_id__r))
        reasons.append((_has_no_amount(cells, table, names), "missing_required"))
    if table.name != "customers" and "customers" in bench.clean:
        known = bench.clean["customers"].customer_id
        for column in (column for column in CUSTOMER_IDS if column in names):
            reasons.append((cells[f"{column}__v"].notin(known), "orphan_customer"))
    return ibis.cases(*reasons, else_=none)


def _has_no_amount(cells: ir.Table, table: Table, names: set[str]) -> ir.BooleanValue:
    """No group of alternatives is whole."""
    import ibis

    lacking = [ibis.or_(*[cells[f"{column}__v"].isnull() for column in group]) for group in table.either if set(group) <= names]
    return ibis.and_(*lacking)

