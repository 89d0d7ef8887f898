"""Everything the ledger and the analysis know of one customer by the end of a month (requirements C4, D14)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import ibis
import pandas as pd

from analysis.contracts import Missing
from analysis.history.orders import collect, order_days, survivors

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger import Ledger
    from analysis.month import Month

NEAREST = 3
MASTER = (
    *("name", "customer_type", "industry", "contract_type", "gender", "interests", "city", "region", "country"),
    *("acquisition_source", "joined_on", "owner", "declared_level", "entered_code", "tags"),
)
CONTACTS = ("phone", "email", "address")
"""Told as on record or not: a card that is read over somebody's shoulder needs no more."""

Part: TypeAlias = pd.DataFrame | Missing


class PortraitError(ValueError):
    """A customer who cannot be shown; the message is one line and says what to do."""


@dataclass(frozen=True)
class Customer:
    """A customer as of the end of a month.

    Attributes
    ----------
    ident, asked : str
        The id under which the customer stands, and the one that was asked for.
    doubles : tuple of str
        Other ids of the same customer, merged into this one by then.
    master : dict
        Filled columns of `MASTER`, and `on_record`: the filled ones of `CONTACTS`.
    facts : dict
        Columns of the derived tables' rows of this customer, by ``<table>.<column>``; a table without the customer has none.
    orders : DataFrame
        One row per order day, oldest first: `ordered_on`, `amount`.
    balances : DataFrame or Missing
        One row per book: `book, invoiced, received, balance, overdue, oldest_due_on` (of what is overdue).
    contacts, needs, feedback : DataFrame or Missing
        Newest first; of needs and feedback those still open.
    contracts : DataFrame
        Of this customer, see `history.contracts.build_contracts`.
    """

    ident: str
    asked: str
    doubles: tuple[str, ...]
    master: dict[str, Any]
    facts: dict[str, Any]
    orders: pd.DataFrame
    balances: Part
    contacts: Part
    needs: Part
    feedback: Part
    contracts: pd.DataFrame = field(default_factory=pd.DataFrame)

    def get(self, name: str) -> Any:
        """A fact, None where it is missing."""
        value = self.facts.get(name)
        return None if value is None or value is pd.NA or value != value else value


def read_customer(month: Month, customer_id: str) -> Customer:
    """Read what is known of a customer by the end of `month`.

    Raises
    ------
    PortraitError
        No such customer by then; the line names the nearest ids, or that the customer came later.
    """
    asked = str(customer_id).strip()
    ledger, into = month.ledger, survivors(month.ledger, month.as_of)
    ident = into.get(asked, asked)
    customers = month.read("customers")
    if not (customers["customer_id"] == ident).any():
        raise PortraitError(_refuse(month, asked, customers["customer_id"]))
    doubles = tuple(sorted(double for double, survivor in into.items() if survivor == ident))
    ids = [ident, *doubles]
    days = order_days(ledger, month.as_of)
    return Customer(
        ident=ident,
        asked=asked,
        doubles=doubles,
        master=_read_master(ledger, month, ids),
        facts=_read_facts(month, ident),
        orders=collect(days.filter(days.customer_id == ident).select("ordered_on", "amount").order_by("ordered_on")),
        balances=_read_balances(ledger, month, ids),
        contacts=_read_contacts(ledger, month, ids),
        needs=_read_open(ledger, month, ids, "needs", "raised_at", "met_at", ["need_type", "urgency", "due_on"]),
        feedback=_read_open(ledger, month, ids, "feedback", "received_at", "resolved_at", ["kind", "topic", "channel", "rating", "text"]),
        contracts=_read_contracts(month, ident),
    )


def _refuse(month: Month, asked: str, known: pd.Series) -> str:
    shown = "".join(letter if letter.isprintable() else "?" for letter in asked[:60])
    if not asked:
        return "name a customer: make customer SOURCE= PERIOD= ID="
    if asked in _all_ids(month.ledger):
        return f"{month.source}: the customer {shown} is not yet known at the end of {month.period}; name a later PERIOD"
    rows = ibis.memtable(pd.DataFrame({"customer_id": known.astype(str)}))
    far = rows.customer_id.levenshtein(ibis.literal(asked[:60]))
    near = collect(rows.mutate(far=far).order_by(["far", "customer_id"]).limit(NEAREST))["customer_id"].tolist()
    hint = f"; nearest: {', '.join(near)}" if near else ""
    return f"{month.source}: there is no customer {shown} by the end of {month.period}{hint}"


def _all_ids(ledger: Ledger) -> set[str]:
    rows = [ledger.read(name).select("customer_id") for name in ("customers", "order_lines", "contracts") if ledger.has(name)]
    every = ibis.union(rows[0], *rows[1:], distinct=True) if len(rows) > 1 else rows[0]
    return set(collect(every)["customer_id"].dropna())


def _read_master(ledger: Ledger, month: Month, ids: list[str]) -> dict[str, Any]:
    rows = ledger.table("customers", month.as_of)
    found = collect(rows.filter(rows.customer_id.isin(ids)))
    # a double's own row fills what the one that stands for it lacks
    found = found.sort_values("customer_id", key=lambda names: names != ids[0], kind="stable")
    filled = {name: found[name].dropna().iloc[0] for name in (*MASTER, *CONTACTS) if found[name].notna().any()}
    master = {name: filled[name] for name in MASTER if name in filled}
    return master | {"on_record": [name for name in CONTACTS if name in filled]}


def _read_facts(month: Month, ident: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name in ("customers", "segments", "classes", "scores", "churn", "value", "profiles"):
        table = month.read(name)
        row = table[table["customer_id"] == ident]
        if len(row):
            facts |= {f"{name}.{column}": value for column, value in row.iloc[0].items()}
    return facts


def _of(ledger: Ledger, month: Month, name: str, ids: list[str]) -> ir.Table:
    rows = ledger.table(name, month.as_of)
    return rows.filter(rows.customer_id.isin(ids))


def _read_balances(ledger: Ledger, month: Month, ids: list[str]) -> Part:
    if not ledger.has("invoices"):
        return Missing("invoices", (), ("D14",))
    invoices, payments = (collect(_of(ledger, month, name, ids)) for name in ("invoices", "payments"))
    as_of, rows = pd.Timestamp(month.as_of), []
    for book in sorted({*invoices["book"].fillna(""), *payments["book"].fillna("")}):
        asked, paid = (table[table["book"].fillna("") == book] for table in (invoices, payments))
        rows.append({"book": book, "invoiced": asked["amount"].sum(), "received": paid["amount"].sum(), **_age(asked, paid, as_of)})
    columns = ["book", "invoiced", "received", "balance", "overdue", "oldest_due_on"]
    return pd.DataFrame(rows, columns=columns)


def _age(asked: pd.DataFrame, paid: pd.DataFrame, as_of: pd.Timestamp) -> dict[str, Any]:
    """Balance and what of it is overdue: a receipt that names its invoice goes to it, the others to the oldest first."""
    to_invoice = paid.groupby("invoice_id")["amount"].sum()
    ordered = asked.sort_values(["invoiced_on", "invoice_id"], kind="stable")
    rest = ordered["amount"].to_numpy(dtype=float) - ordered["invoice_id"].map(to_invoice).fillna(0.0).to_numpy(dtype=float)
    free = float(paid.loc[~paid["invoice_id"].isin(ordered["invoice_id"]), "amount"].sum()) - float(rest[rest < 0].sum())
    rest = rest.clip(min=0.0)
    covered = (rest.cumsum() - free).clip(min=0.0)
    left = pd.Series(covered, dtype=float).diff().fillna(pd.Series(covered, dtype=float)).to_numpy() if len(rest) else rest
    is_over = (ordered["due_on"] < as_of).to_numpy() & (left > 0.005)
    return {
        "balance": float(asked["amount"].sum()) - float(paid["amount"].sum()),
        "overdue": float(left[is_over].sum()),
        "oldest_due_on": ordered.loc[is_over, "due_on"].min() if is_over.any() else pd.NaT,
    }


def _local(table: pd.DataFrame, column: str, ledger: Ledger) -> pd.DataFrame:
    """`table` with a column of UTC times as local days, under the same stem with ``_on``."""
    local = table[column].dt.tz_localize("UTC").dt.tz_convert(ledger.zone).dt.tz_localize(None).dt.normalize()
    return table.drop(columns=column).assign(**{column.removesuffix("_at") + "_on": local})


def _read_contacts(ledger: Ledger, month: Month, ids: list[str]) -> Part:
    if not ledger.has("interactions"):
        return Missing("interactions", (), ("D14",))
    rows = _of(ledger, month, "interactions", ids).order_by(ibis.desc("occurred_at"))
    found = collect(rows.select("occurred_at", "channel", "kind", "direction", "owner").limit(month.params.portraits.shown_rows))
    return _local(found, "occurred_at", ledger)[["occurred_on", "channel", "kind", "direction", "owner"]]


def _read_open(ledger: Ledger, month: Month, ids: list[str], name: str, begun: str, ended: str, columns: list[str]) -> Part:
    if not ledger.has(name):
        return Missing(name, (), ("D14",))
    rows = _of(ledger, month, name, ids)
    if name == "feedback":
        rows = rows.filter(rows.kind.isin(["complaint", "service"]))
    rows = rows.filter(rows[ended].isnull()).order_by(ibis.desc(begun))
    found = collect(rows.select(begun, *columns).limit(month.params.portraits.shown_rows))
    return _local(found, begun, ledger)[[begun.removesuffix("_at") + "_on", *columns]]


def _read_contracts(month: Month, ident: str) -> pd.DataFrame:
    if not month.ledger.has("contracts"):
        return pd.DataFrame()
    contracts = month.contracts
    return contracts[contracts["customer_id"] == ident].reset_index(drop=True)
