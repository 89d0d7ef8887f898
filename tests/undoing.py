"""A September that undoes what was known in August, told in the raw tables of the demo company."""

from __future__ import annotations

import pandas as pd

from handed_over import Tables

DOUBLE, NEW_PRODUCT = "C9990001", "P999"


class Undoing:
    """What happens in September to rows of August and before, written into the raw tables of a clean demo company.

    Attributes
    ----------
    cancelled, moved, merged, into : str
        Customers: one whose only order of a day in August is cancelled, one who gets a new version, and one whose new
        version turns out to be another.
    case, need, contract, action, order : str
        Ids of what is resolved, met, ended, done and delivered.
    """

    def __init__(self, tables: Tables):
        self.tables = {name: rows.copy() for name, rows in tables.items()}
        self.cancelled = self._cancel_an_order()
        self.merged, self.into, self.moved = self._write_new_versions()
        self._register_twice()
        self.case = self._change("feedback", "received_at", first_reply_at=3, resolved_at=5, told_back_at=6, adopted="true")
        self.need = self._change("needs", "raised_at", met_at=7)
        self.contract = self._change("contracts", "ended", "false", ended_on=20, ended="true", end_reason="price")
        self.action = self._change("actions", "planned_on", done_on=8, outcome="ordered", cost="99.00")
        self.order = self._change("order_lines", "ordered_at", delivered_at=2)
        self._change("referrals", "invited_at", "2026", joined_on=9, referred_id=self.moved, reward="50.00", reward_paid_on=11)
        self._pay_an_invoice()
        self._sell_something_new()

    def _append(self, name: str, row: dict[str, str]) -> None:
        rows = self.tables[name]
        self.tables[name] = pd.concat([rows, pd.DataFrame([row], index=[rows.index.max() + 1])])

    def _change(self, name: str, column: str, start: str = "2026-08", **cells: str | int) -> str:
        """Change cells of the first fitting row (a number is that day of September); its id."""
        rows = self.tables[name]
        first = rows.index[rows[column].str.startswith(start)][0]
        for cell, value in cells.items():
            at = " 15:00:00" if cell.endswith("_at") else ""
            rows.loc[first, cell] = f"2026-09-{value:02d}{at}" if isinstance(value, int) else value
        return rows.loc[first].iloc[0]

    def _buyers(self) -> pd.Series:
        """Customers by number of lines, the best first."""
        return self.tables["order_lines"]["customer_id"].replace("", pd.NA).value_counts()

    def _cancel_an_order(self) -> str:
        rows = self.tables["order_lines"]
        in_august = rows[rows["ordered_at"].str.startswith("2026-08") & (rows["status"] == "completed") & (rows["customer_id"] != "")]
        per_day = in_august.groupby(["customer_id", in_august["ordered_at"].str[:10]]).transform("size")
        line = in_august[per_day == 1].iloc[0]
        undone = {"order_id": "R9990001", "line_id": "L999000001", "ordered_at": "2026-09-03 10:00:00", "quantity": f"-{line['quantity']}"}
        self._append("order_lines", line.to_dict() | undone | {"status": "cancelled", "delivered_at": ""})
        return line["customer_id"]

    def _write_new_versions(self) -> tuple[str, str, str]:
        rows = self.tables["customers"]
        at_home = rows[(rows["country"] == "China") & (rows["phone"] != "") & (rows["customer_type"] == "individual")]
        buyers = [customer for customer in self._buyers().index if customer in set(at_home["customer_id"]) - {self.cancelled}]
        merged, into, moved = buyers[:3]
        rows = rows.set_index("customer_id", drop=False)
        rows.loc[buyers[:3], "updated_at"] = rows.loc[buyers[:3], "joined_on"] + " 09:00:00"
        self.tables["customers"] = rows.set_index(self.tables["customers"].index)
        twin = rows.loc[into]
        self._append(
            "customers", rows.loc[merged].to_dict() | {"name": twin["name"], "phone": twin["phone"], "updated_at": "2026-09-15 12:00:00"}
        )
        abroad = {
            "city": "Paris",
            "region": "Île-de-France",
            "country": "France",
            "customer_type": "business",
            "acquisition_source": "search",
        }
        self._append("customers", rows.loc[moved].to_dict() | abroad | {"updated_at": "2026-09-16 12:00:00"})
        return merged, into, moved

    def _register_twice(self) -> None:
        rows = self.tables["customers"]
        again = rows[rows["customer_id"] == self.into].iloc[0].to_dict()
        self._append("customers", again | {"customer_id": DOUBLE, "joined_on": "2026-09-10", "updated_at": "2026-09-10 12:00:00"})
        line = self.tables["order_lines"].iloc[-2].to_dict()
        new = {"customer_id": DOUBLE, "order_id": "O9990001", "line_id": "L999000002", "ordered_at": "2026-09-12 10:00:00", "quantity": "1"}
        self._append("order_lines", line | new | {"status": "completed"})

    def _pay_an_invoice(self) -> None:
        invoices = self.tables["invoices"]
        invoice = invoices[invoices["invoiced_on"].str.startswith("2026-08")].iloc[0]
        paid = {"payment_id": "Y99900001", "paid_on": "2026-09-05", "book": "main"}
        self._append("payments", paid | invoice[["customer_id", "amount", "invoice_id"]].to_dict())

    def _sell_something_new(self) -> None:
        product = self.tables["products"].iloc[0].to_dict()
        self._append("products", product | {"product_id": NEW_PRODUCT, "launched_on": "2026-09-01"})
        line = self.tables["order_lines"].iloc[-1].to_dict()
        new = {"order_id": "O9990002", "line_id": "L999000003", "product_id": NEW_PRODUCT, "quantity": "5000"}
        self._append("order_lines", line | new | {"customer_id": self.moved})
