"""Customers who stand in the master under two ids: who is whose double, and since when that is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger.bench import Bench
    from analysis.ledger.cleaning import Judged

RULE = "near_duplicate"
SCHEMA = {"customer_id": "string", "merged_into": "string", "rule": "string", "known_on": "date"}
_WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F))
_NARROW = "".join(chr(code) for code in range(0x21, 0x7F))


@dataclass
class Doubles:
    """Merges found.

    Attributes
    ----------
    merges : list of dict
        ``customer_id``, ``merged_into`` (never itself merged), ``rule``, ``known_on``.
    rows : list of int
        ``_row`` of the later row of each pair.
    """

    merges: list[dict[str, Any]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)


def find_doubles(bench: Bench, judged: Judged | None, lines: ir.Table | None) -> Doubles:
    """Customers with the same name (but for case, space and width) and the same phone or e-mail as an earlier one.

    A customer's earliest version counts as known since ``joined_on``, else since the first order (a source that keeps one
    row a customer writes over ``updated_at``, and a merge must not move with it), else on its ``updated_at``; a later
    version on its ``updated_at``. Where none is given, it counts as known from the first day of the ledger.
    """
    if judged is None or not judged.has("name") or not (judged.has("phone") or judged.has("email")):
        return Doubles()
    rows = bench.keep(_keys(judged), "customer_keys")
    twins = []
    for contact in ("phone", "email"):
        grouped = rows.filter(rows[contact].notnull(), rows.name.notnull()).group_by("name", contact)
        shared = grouped.aggregate(ids=lambda t: t.customer_id.nunique()).filter(lambda t: t.ids > 1)
        twins.append(rows.semi_join(shared, ["name", contact]))
    found = twins[0].union(twins[1], distinct=True)
    if lines is not None:
        first = lines.filter(lines.customer_id.notnull()).group_by("customer_id").aggregate(first_order_on=lambda t: t.ordered_on.min())
        found = found.left_join(first, "customer_id").drop("customer_id_right")
    return _merge_in_order(found.to_pyarrow().to_pylist(), bench.config.founded)


def _keys(judged: Judged) -> ir.Table:
    import ibis

    kept = judged.standing

    def given(column: str, dtype: str = "string") -> ir.Value:
        return kept[column] if judged.has(column) else ibis.null(dtype)

    digits = given("phone").re_replace(r"\D", "")
    return kept.select(
        row=kept._row,
        customer_id=kept.customer_id,
        name=given("name").translate(_WIDE, _NARROW).re_replace(r"[\s\p{Z}]", "").lower().nullif(""),
        # the last ten digits tell a phone with its country code from the same one without
        phone=ibis.ifelse(digits.length() >= 7, digits.right(10), ibis.null("string")),
        email=given("email").lower().nullif(""),
        updated_on=given("updated_at", "timestamp").date(),
        is_earliest=ibis.row_number().over(group_by=kept.customer_id, order_by=[given("updated_at", "timestamp"), kept._row]) == 0,
        joined_on=given("joined_on", "date"),
    )


def _merge_in_order(rows: Iterable[dict[str, Any]], founded: date | None) -> Doubles:
    """Go through the rows as they became known; a double goes to the earliest customer that it matches.

    A customer to whom others were merged before stays, so that no merge is ever revised.
    """

    def known_on(row: dict[str, Any]) -> date:
        since = row["joined_on"] or row.get("first_order_on")
        days = (since, row["updated_on"]) if row["is_earliest"] else (row["updated_on"], since)
        return days[0] or days[1] or founded or date.min

    found, has_doubles = Doubles(), set[str]()
    root, entered = dict[str, str](), dict[str, int]()
    holder: dict[tuple[str, str, str], str] = {}
    for row in sorted(rows, key=lambda row: (known_on(row), row["customer_id"], row["row"])):
        customer = row["customer_id"]
        entered.setdefault(customer, len(entered))
        root.setdefault(customer, customer)
        contacts = [(kind, row["name"], row[kind]) for kind in ("phone", "email") if row[kind] and row["name"]]
        others = {root[holder[key]] for key in contacts if key in holder} - {root[customer]}
        for key in contacts:
            holder.setdefault(key, customer)
        if not others:
            continue
        found.rows.append(row["row"])
        earliest = min(others, key=lambda other: entered[other])
        if root[customer] == customer and customer not in has_doubles:
            root[customer] = earliest
            has_doubles.add(earliest)
            found.merges.append({"customer_id": customer, "merged_into": earliest, "rule": RULE, "known_on": known_on(row)})
    return found
