"""Faults as real companies have them, each one certain to anyone who knows the data and the contract.

A row has at most one fault, and a fault never makes an innocent row look wrong: what costs a row is put only where no
other row leans on it. The duplicate of a row comes after it; of two customers with one phone the later is the double.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pyarrow.compute as pc

from analysis.contracts import LEDGER, Table
from analysis.contracts.ledger import SCALES
from analysis.demo.calendar import Calendar
from analysis.demo.cells import ids
from analysis.demo.company import LAST_DAY, UNSOLD
from analysis.demo.sheets import Expected, Fault, Maker, Sheet

RATE = 0.0025
"""Share of the rows that can have a fault of one kind, and do."""
COUNT_OUTLIERS = 2  # a chunk: each one moves the revenue
CONFLICTS = {
    "order_lines": "quantity",
    "customers": "name",
    "products": "name",
    "contracts": "monthly_fee",
    "invoices": "amount",
    "payments": "amount",
    "feedback": "kind",
    "needs": "need_type",
    "actions": "action",
}
"""What a second row with the same key says otherwise."""
ENDS = (("contracts", "ended_on", "started_on"), ("feedback", "resolved_at", "received_at"), ("feedback", "told_back_at", "received_at"),
        ("needs", "met_at", "raised_at"))  # fmt: skip
_FULL_WIDTH = str.maketrans("0123456789.-", "０１２３４５６７８９．－")
_PEOPLE = ("customer_id", "referrer_id", "referred_id")


def pollute(sheets: dict[str, Sheet], calendar: Calendar, keys: Counter[str]) -> None:
    """Put every kind of fault into the sheets of a chunk; `keys` counts the ids given to added rows."""
    double_customers(sheets["customers"], sheets["order_lines"], keys)
    for name, sheet in sheets.items():
        special_faults(sheet, sheets, keys)
        table = LEDGER[name]
        date_faults(sheet, table, calendar)
        number_faults(sheet, table)
        id_faults(sheet, table)
        level_faults(sheet, table)
        text_faults(sheet)
        row_faults(sheet)


def is_required(table: Table, column: str) -> bool:
    """Whether a row without a reading of this column is no row."""
    return table[column].required or (table.name, column) in {
        ("order_lines", "quantity"),
        ("order_lines", "unit_price"),
        ("contracts", "started_on"),
    }


def split(table: Table, sheet: Sheet, *kinds: str) -> list[tuple[Expected, list[str]]]:
    """The sheet's columns of some kinds: those whose bad cells cost the row, and those whose do not."""
    columns = [column.name for column in table.columns if column.kind in kinds and column.name in sheet.table]
    return [
        ("reject", [name for name in columns if is_required(table, name)]),
        ("flag", [name for name in columns if not is_required(table, name)]),
    ]


# cells: each maker gives the faulty text, or None where the clean text cannot have the fault


def no_such_day(rng: np.random.Generator, text: str) -> str:
    """A day that no calendar has."""
    return (f"{text[:4]}-02-30{text[10:]}", f"{text[:4]}-13-05{text[10:]}", "unknown", "0000-00-00")[rng.integers(4)]


def other_format(rng: np.random.Generator, text: str) -> str | None:
    """The same day, written in another way that has one reading."""
    year, month, day = text[:4], text[5:7], text[8:10]
    shape = rng.integers(3)
    if shape == 0:
        return f"{day}/{month}/{year}{text[10:]}" if int(day) > 12 else None
    return f"{year}年{int(month)}月{int(day)}日{text[10:]}" if shape == 1 else f"{year}/{int(month)}/{int(day)}{text[10:]}"


def move(anchor: date, low: int, high: int) -> Maker:
    """The same time of day on a day between `low` and `high` days from `anchor`."""
    return lambda rng, text: (anchor + timedelta(int(rng.integers(low, high + 1)))).isoformat() + text[10:]


def end_early(founded: date) -> Maker:
    """An end some days before its start, but not before the company."""

    def make(rng: np.random.Generator, text: str, start: str) -> str | None:
        if not start or date.fromisoformat(start[:10]) < founded + timedelta(40):
            return None
        return (date.fromisoformat(start[:10]) - timedelta(int(rng.integers(3, 30)))).isoformat() + text[10:]

    return make


def no_number(rng: np.random.Generator, text: str) -> str:
    """Text in which no number can be read."""
    return ("1O.5", "#VALUE!", "12..5", "to follow")[rng.integers(4)]


def full_width(rng: np.random.Generator, text: str) -> str:
    """The digits of a Chinese input method."""
    return text.translate(_FULL_WIDTH)


def with_symbol(rng: np.random.Generator, text: str) -> str:
    """An amount with the currency's sign, long ones with separators too."""
    return ("¥", "¥ ", "￥")[rng.integers(3)] + (grouped(rng, text) or text)


def grouped(rng: np.random.Generator, text: str) -> str | None:
    """An amount of a thousand or more with separators."""
    whole, _, part = text.partition(".")
    return f"{int(whole):,}.{part or '00'}" if len(whole) > 3 and whole.isdigit() else None


def padded(rng: np.random.Generator, text: str) -> str:
    """White space around an id."""
    return (f" {text}", f"{text} ", f"\u3000{text}", f"{text}\u00a0")[rng.integers(4)]


def another_case(rng: np.random.Generator, text: str) -> str:
    """A level in another case, or with space around it."""
    return (text.upper(), text.title(), f" {text}", f"{text}  ")[rng.integers(4)]


def misread(rng: np.random.Generator, text: str) -> str | None:
    """UTF-8 read as Latin-1."""
    octets = text.encode()
    # the two bytes that would be trimmed away as white space make the damage irreparable
    return None if text.isascii() or {0x85, 0xA0} & set(octets) else octets.decode("latin-1")


def phone_apart(rng: np.random.Generator, text: str) -> str | None:
    """A Chinese mobile number with separators or prefix."""
    if len(text) != 11 or text[0] != "1":
        return None
    return ("+86 {} {} {}", "{}-{}-{}", "0086-{}-{}-{}", "{} {} {}")[rng.integers(4)].format(text[:3], text[3:7], text[7:])


def off_scale(rng: np.random.Generator, text: str, question: str) -> str:
    """A score beyond both ends of its question's scale by one."""
    low, high = SCALES[question]
    return str((low - 1, high + 1)[rng.integers(2)])


def constant(*choices: str) -> Maker:
    """One of some texts."""
    return lambda rng, text, *beside: choices[rng.integers(len(choices))]


# families of faults


def date_faults(sheet: Sheet, table: Table, calendar: Calendar) -> None:
    """Unreadable days, other formats, days when nothing could happen, ends before starts."""
    for expected, columns in split(table, sheet, "date", "time"):
        sheet.spoil("unparseable_date", expected, columns, no_such_day, RATE / 2)
        sheet.spoil("other_date_format", "repair", columns, other_format, RATE)
        if expected == "reject" and table.name not in ("actions", "contracts"):
            sheet.spoil("future_date", expected, columns, move(LAST_DAY, 3, 900), RATE / 2)
            sheet.spoil("before_company", expected, columns, move(calendar.start, -2500, -30), RATE / 2)
    for name, end, start in ENDS:
        if name == table.name:
            sheet.spoil("end_before_start", "flag", [end], end_early(calendar.start), RATE, sheet.filled(end), [start])


def number_faults(sheet: Sheet, table: Table) -> None:
    """No number, or one written in another way."""
    for expected, columns in split(table, sheet, "money", "number"):
        sheet.spoil("unparseable_number", expected, columns, no_number, RATE / 2)
        sheet.spoil("fullwidth_digits", "repair", columns, full_width, RATE)
    money = [name for _, columns in split(table, sheet, "money") for name in columns]
    sheet.spoil("currency_symbol", "repair", money, with_symbol, RATE)
    sheet.spoil("thousands_separator", "repair", money, grouped, RATE)


def id_faults(sheet: Sheet, table: Table) -> None:
    """Space around ids, and ids of nobody."""
    columns = [column for column in _PEOPLE if column in sheet.table]
    sheet.spoil("padded_id", "repair", columns, padded, RATE)
    if table.name not in ("customers", "products"):
        # one digit more than any customer has
        sheet.spoil("orphan_customer", "reject", columns[:1], lambda rng, text: f"{text}{rng.integers(10)}", RATE)


def level_faults(sheet: Sheet, table: Table) -> None:
    """Levels in another case, and levels that a closed list does not have."""
    levels = [column for column in table.columns if column.kind == "level" and column.name in sheet.table]
    sheet.spoil("casing", "repair", [column.name for column in levels], another_case, RATE)
    for column in levels:
        if column.closed:
            sheet.spoil(
                "unknown_level", "reject" if column.required else "flag", [column.name], constant("other?", "xx", "to be checked"), RATE
            )


def text_faults(sheet: Sheet) -> None:
    """Texts in the wrong encoding."""
    sheet.spoil("mojibake", "repair", ["name", "city", "text"], misread, RATE)


def row_faults(sheet: Sheet) -> None:
    """Rows that lack what they need, that come twice, or that come again with another content."""
    table = LEDGER[sheet.name]
    _, needed = split(table, sheet, "id", "date", "time", "money", "number", "level", "bool")[0]
    sheet.spoil("missing_required", "reject", needed, constant(""), RATE)
    sheet.copy("exact_duplicate", RATE)
    if conflict := CONFLICTS.get(sheet.name):
        others = sorted({value for value in sheet.texts(conflict, range(min(sheet.size, 200))) if value and not value.startswith("-")})
        sheet.copy("duplicate_key", RATE, conflict, constant(*others), sheet.filled(conflict))


def double_customers(customers: Sheet, lines: Sheet, keys: Counter[str]) -> None:
    """People who registered twice: the same phone, the name but for case and space, and the last order under the new id."""
    owner, order = lines.table["customer_id"], lines.table["order_id"]
    sales = lines.free & pc.fill_null(pc.starts_with(order, "O"), False).to_numpy(zero_copy_only=False)
    # numbers instead of texts: customer and order of each line, -1 without customer
    who = pc.fill_null(pc.index_in(owner, customers.table["customer_id"]), -1).to_numpy()
    bought = np.bincount(who[sales & (who >= 0)], minlength=customers.size)
    rows = np.flatnonzero((bought >= 4) & customers.filled("phone") & customers.open)
    for row in np.sort(customers.draw(rows, max(1, round(RATE * customers.size)))).tolist():
        mine = np.flatnonzero(who == row)
        last = lines.texts("order_id", [mine[sales[mine]][-1]])[0]
        moved = [line for line, text in zip(mine.tolist(), lines.texts("order_id", mine), strict=True) if text == last]
        if not sales[moved].all():
            continue
        keys["double"] += 1
        values = customers.row(row)
        name, ordered = values["name"], lines.texts("ordered_at", [moved[0]])[0]
        again = f"{name[0]} {name[1:]}" if not name.isascii() and " " not in name else name.upper()
        values |= {"customer_id": f"C9{keys['double']:06d}", "name": again if again != name else f" {name}"}
        values |= {"joined_on": ordered[:10], "updated_at": max(ordered, values["updated_at"]), "email": "", "tags": ""}
        customers.note(
            Fault(customers.add(values, customers.size - 1), "", "near_duplicate", "flag", "", f"customer_id={values['customer_id']}", row)
        )
        for line in moved:
            lines.change(line, "customer_id", values["customer_id"])
            lines.open[line] = False


def special_faults(sheet: Sheet, sheets: dict[str, Sheet], keys: Counter[str]) -> None:
    """What only one table can have."""
    special: dict[str, Callable[[Sheet, dict[str, Sheet], Counter[str]], None]] = {
        "order_lines": order_faults,
        "customers": customer_faults,
        "surveys": survey_faults,
        "feedback": feedback_faults,
        "referrals": referral_faults,
        "payments": payment_faults,
    }
    if sheet.name in special:
        special[sheet.name](sheet, sheets, keys)


def order_faults(sheet: Sheet, sheets: dict[str, Sheet], keys: Counter[str]) -> None:
    """Prices and quantities that cannot be, countries left out, tests, and cancellations of nothing."""
    sale = pc.starts_with(sheet.table["order_id"], "O").to_numpy(zero_copy_only=False)
    late = np.arange(sheet.size) > sheet.size // 3
    cheap = pc.less(sheet.table["unit_price"].cast("float64"), 30).to_numpy(zero_copy_only=False)
    few = COUNT_OUTLIERS / max(1, int((sale & late & cheap & sheet.free & sheet.open).sum()))
    sheet.spoil(
        "outlier_quantity", "flag", ["quantity"], lambda rng, text: str(rng.integers(9000, 9999)), few, sale & late & cheap & sheet.free
    )
    sheet.spoil("impossible_price", "reject", ["unit_price"], lambda rng, text: (f"-{text}", "0", "0.00")[rng.integers(3)], RATE, sale)
    sheet.spoil("zero_quantity", "reject", ["quantity"], constant("0"), RATE / 2, sale)
    sheet.spoil("missing_country", "repair", ["country"], constant(""), RATE, sheet.filled("customer_id"))
    for number, row in enumerate(sheet.draw(np.flatnonzero(sheet.open & sale), max(2, round(RATE * sheet.size)))):
        values = sheet.row(int(row))
        if number % 2:
            keys["test"] += 1
            values |= {"order_id": f"TEST-{keys['test']:05d}", "line_id": f"LT{keys['test']:08d}"}
            fault = Fault(sheet.add(values, int(row)), "order_id", "test_order", "reject", "", values["order_id"])
        elif values["customer_id"]:
            keys["unmatched"] += 1
            product = ids("P", np.array([UNSOLD[number // 2 % len(UNSOLD)] + 1]), 3)[0].as_py()
            values |= {"order_id": f"R9{keys['unmatched']:07d}", "line_id": f"LR{keys['unmatched']:08d}", "product_id": product}
            values |= {"quantity": f"-{values['quantity']}", "status": "returned", "delivered_at": ""}
            fault = Fault(sheet.add(values, int(row)), "quantity", "unmatched_cancellation", "count", "", values["quantity"])
        else:
            continue
        sheet.note(fault)


def customer_faults(sheet: Sheet, sheets: dict[str, Sheet], keys: Counter[str]) -> None:
    """Ages that nobody has, and phone numbers in many shapes."""
    old = [f"18{year}-03-01" for year in range(80, 100)]
    sheet.spoil(
        "impossible_age", "flag", ["birth_date"], lambda rng, text: (*old, move(LAST_DAY, 5, 2000)(rng, text))[rng.integers(21)], RATE
    )
    sheet.spoil("phone_format", "repair", ["phone"], phone_apart, 4 * RATE)


def survey_faults(sheet: Sheet, sheets: dict[str, Sheet], keys: Counter[str]) -> None:
    """Scores beyond the scale."""
    sheet.spoil("score_out_of_range", "reject", ["score"], off_scale, RATE, beside=["question"])


def feedback_faults(sheet: Sheet, sheets: dict[str, Sheet], keys: Counter[str]) -> None:
    """Ratings beyond five stars."""
    sheet.spoil("score_out_of_range", "flag", ["rating"], constant("0", "6", "9"), RATE, sheet.filled("rating"))


def referral_faults(sheet: Sheet, sheets: dict[str, Sheet], keys: Counter[str]) -> None:
    """People who invited themselves."""
    sheet.spoil(
        "self_referral",
        "flag",
        ["referred_id"],
        lambda rng, text, referrer: referrer,
        2 * RATE,
        sheet.filled("referred_id"),
        ["referrer_id"],
    )


def payment_faults(sheet: Sheet, sheets: dict[str, Sheet], keys: Counter[str]) -> None:
    """Payments before their invoice."""
    invoices = sheets["invoices"]
    issued = dict(zip(invoices.table["invoice_id"].to_pylist(), invoices.table["invoiced_on"].to_pylist(), strict=True))
    early = end_early(date.fromisoformat(min(issued.values(), default="2000-01-01")))
    sheet.spoil(
        "end_before_start",
        "flag",
        ["paid_on"],
        lambda rng, text, invoice: early(rng, text, issued.get(invoice, "")),
        RATE,
        beside=["invoice_id"],
    )
