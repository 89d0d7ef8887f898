"""What was read, judged: which values cannot be true, and which rows do not stand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from analysis.contracts import Table
from analysis.contracts.ledger import SCALES

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger.bench import Bench
    from analysis.ledger.reading import Sheet

MAX_AGE_YEARS = 110
STARTS = {"resolved_at": "received_at", "told_back_at": "received_at", "ended_on": "started_on", "met_at": "raised_at"}
"""End -> the start that it cannot precede, in the same row."""
CUSTOMER_IDS = ("customer_id", "referrer_id")
MAX_WORTH = 9e13
"""Quantity x price beyond this is no sale, and does not fit DECIMAL(18, 4)."""
_TEST_ID, _TEST_NAME = "(?i)^test", r"(?i)^test(?:$|[^a-z])|^测试"

Faults = dict[str, list[tuple["ir.BooleanValue", str]]]
"""Column -> conditions on its value, and the rule that each one breaks."""


def required_columns(table: Table, names: set[str]) -> tuple[str, ...]:
    """Columns without which a row is none: by the contract, and where it names alternatives, those of the only one given."""
    given = [group for group in table.either if set(group) <= names]
    return (*table.required, *(given[0] if len(given) == 1 else ()))


def ruled_columns(table: Table, names: set[str]) -> tuple[str, ...]:
    """Columns of which it matters why they have no reading: an unreadable one costs the row."""
    # an order line without customer is an anonymous sale, one with an unreadable id is not
    optional = ("customer_id",) if table.name == "order_lines" and "customer_id" in names else ()
    return (*required_columns(table, names), *optional)


def key_of(sheet: Sheet) -> list[str]:
    """Columns that no two rows may share, of those that the source gives; empty when it gives too little."""
    names = {column.name for column in sheet.columns}
    wanted = sheet.config.key or sheet.table.key
    if sheet.table.name == "order_lines" and not sheet.config.key and "line_id" not in names:
        return []
    return [column for column in wanted if column in names]


def judge(bench: Bench, sheet: Sheet, cells: ir.Table, duplicates: ir.Table | None) -> ir.Table:
    """`cells` with impossible values emptied, and the rule that emptied each in ``<column>__f``; ``_reject`` added.

    ``_reject`` is the first rule, in the order of `analysis.ledger.rules`, that costs the row. Of order lines, ``_home``
    says which country was filled in, and of payments ``_is_early`` that the invoice is younger.

    Parameters
    ----------
    cells : ir.Table
        As `analysis.ledger.reading.merge_readings` gives them.
    duplicates : ir.Table or None
        ``_row`` of rows that repeat an earlier one.
    """
    import ibis

    names = {column.name for column in sheet.columns}
    cells = _with_other_tables(bench, sheet.table, cells, names)
    faults = {column: found for column, found in _faults(bench, sheet, cells, names).items() if found}
    cells = cells.mutate(**{f"{column}__f": ibis.cases(*found, else_=ibis.null("string")) for column, found in faults.items()})
    changed = {column: ibis.ifelse(cells[f"{column}__f"].isnull(), cells[column], None) for column in faults}
    if "customer_id" in names and any(rule.action == "drop_customer" for rule in sheet.config.rows):
        is_dropped = (cells._action == "drop_customer").fill_null(False)
        changed["customer_id__f"] = ibis.ifelse(is_dropped & cells.customer_id.notnull(), cells._rule, None)
        changed["customer_id"] = ibis.ifelse(is_dropped, None, cells.customer_id)
    cells = cells.mutate(**changed) if changed else cells
    cells = cells.mutate(_reject=_reject(bench, sheet, cells, names, duplicates))
    return cells.drop(*(column for column in cells.columns if column.endswith("__r")))


def _with_other_tables(bench: Bench, table: Table, cells: ir.Table, names: set[str]) -> ir.Table:
    import ibis

    if table.name == "payments" and "invoice_id" in names and "invoices" in bench.clean:
        invoices = bench.clean["invoices"].select(_invoice="invoice_id", _invoiced_on="invoiced_on")
        joined = cells.left_join(invoices, [("invoice_id", "_invoice")])
        return joined.mutate(_is_early=(joined.paid_on < joined._invoiced_on).fill_null(False)).drop("_invoice", "_invoiced_on")
    if table.name == "order_lines" and {"customer_id", "country"} <= names and "customers" in bench.clean:
        given = bench.clean["customers"].filter(lambda t: t.country.notnull())
        # the earliest version: a later one must not change earlier orders
        since = ibis.coalesce(given.updated_at, ibis.timestamp(1900, 1, 1, 0, 0, 0))
        homes = given.group_by(_home_of=given.customer_id).aggregate(_home=given.country.argmin(since))
        joined = cells.left_join(homes, [("customer_id", "_home_of")])
        joined = joined.mutate(_home=ibis.ifelse(joined.country.isnull(), joined._home, None)).drop("_home_of")
        return joined.mutate(country=ibis.coalesce(joined.country, joined._home))
    return cells


def _faults(bench: Bench, sheet: Sheet, cells: ir.Table, names: set[str]) -> Faults:
    import ibis

    table = sheet.table
    faults: Faults = {column: [] for column in names}
    for column in sheet.columns:
        value = cells[column.name]
        if column.closed:
            faults[column.name].append((value.notin(column.closed), "unknown_level"))
        limits = [value < column.low] if column.low is not None else []
        limits += [value > column.high] if column.high is not None else []
        faults[column.name] += [(limit, "out_of_range") for limit in limits]
        if column.kind in ("date", "time") and column.name in table.required:
            faults[column.name] += _beyond(bench, table, value)
        start = STARTS.get(column.name)
        if start in names:
            faults[column.name].append((value < cells[start], "end_before_start"))
    if table.name == "order_lines":
        _add_sale_faults(faults, cells, names, sheet.config.allow_zero_amount)
    if table.name == "contracts" and "started_on" in required_columns(table, names) and bench.config.founded:
        faults["started_on"].append((cells.started_on < bench.config.founded, "before_company"))
    if "birth_date" in names and bench.last_day:
        oldest = bench.last_day.replace(year=bench.last_day.year - MAX_AGE_YEARS, day=min(bench.last_day.day, 28))
        faults["birth_date"].append(((cells.birth_date < oldest) | (cells.birth_date > bench.last_day), "impossible_age"))
    if {"question", "score"} <= names:
        beyond = [(cells.question == name, (cells.score < low) | (cells.score > high)) for name, (low, high) in SCALES.items()]
        faults["score"].append((ibis.cases(*beyond, else_=False), "score_out_of_range"))
    if {"referrer_id", "referred_id"} <= names:
        faults["referred_id"].append((cells.referred_id == cells.referrer_id, "self_referral"))
    return faults


def _add_sale_faults(faults: Faults, cells: ir.Table, names: set[str], allow_zero: bool) -> None:
    if "unit_price" in names:
        faults["unit_price"].append((cells.unit_price < 0 if allow_zero else cells.unit_price <= 0, "impossible_price"))
    if "quantity" in names:
        faults["quantity"].append((cells.quantity == 0, "zero_quantity"))
    if {"quantity", "unit_price"} <= names:
        faults["quantity"].append((cells.quantity.abs() * cells.unit_price.cast("float64").abs() > MAX_WORTH, "out_of_range"))
    if "amount" in names and not allow_zero:
        faults["amount"].append((cells.amount == 0, "zero_amount"))


def _beyond(bench: Bench, table: Table, value: ir.Value) -> list[tuple[ir.BooleanValue, str]]:
    """Limits of a required date. Actions are planned, ahead and whenever."""
    import ibis

    if table.name == "actions":
        return []
    founded, last_day = bench.config.founded, bench.last_day

    def start_of(day: date) -> ir.Value:
        return ibis.literal(day) if value.type().is_date() else ibis.timestamp(day.year, day.month, day.day, 0, 0, 0)

    beyond = [(value >= start_of(last_day + timedelta(days=1)), "future_date")] if last_day else []
    return beyond + ([(value < start_of(founded), "before_company")] if founded else [])


def _reject(bench: Bench, sheet: Sheet, cells: ir.Table, names: set[str], duplicates: ir.Table | None) -> ir.StringValue:
    import ibis

    table = sheet.table
    reasons = [(cells._row.isin(duplicates._row), "exact_duplicate")] if duplicates is not None else []
    reasons.append((cells._action == "reject", cells._rule))
    if table.name == "order_lines" and "order_id" in names:
        reasons.append((cells.order_id.re_search(_TEST_ID), "test_order"))
    if table.name == "customers" and "name" in names:
        reasons.append((cells.name.re_search(_TEST_NAME), "test_order"))
    for column in required_columns(table, names):
        why = [cells[part] for part in (f"{column}__f", f"{column}__r") if part in cells.columns]
        reasons.append((cells[column].isnull(), ibis.coalesce(*why, "missing_required")))
    if table.name == "order_lines":
        if "customer_id" in names:
            reasons.append((cells.customer_id.isnull() & (cells.customer_id__r == "unreadable_id"), "unreadable_id"))
        lacking = [ibis.or_(*[cells[column].isnull() for column in group]) for group in table.either if set(group) <= names]
        reasons.append((ibis.and_(*lacking), "missing_required"))
    if table.name != "customers" and "customers" in bench.clean:
        known = bench.clean["customers"].customer_id
        reasons += [(cells[column].notin(known), "orphan_customer") for column in CUSTOMER_IDS if column in names]
    return ibis.cases(*reasons, else_=ibis.null("string"))
