"""What customers owe on a day."""

from datetime import date

import pandas as pd

from analysis.history.balances import build_balances
from clean_ledger import write_clean


def test_invoices_less_receipts_by_then_under_merged_ids(tmp_path):
    invoices = pd.DataFrame(
        {
            "invoice_id": ["1", "2", "3"],
            "customer_id": ["a", "b", "c"],
            "invoiced_on": ["2020-01-01", "2020-01-02", "2020-04-01"],
            "amount": [10, 5, 7],
        }
    )
    payments = pd.DataFrame(
        {"payment_id": ["1", "2"], "customer_id": ["a", "a"], "paid_on": ["2020-03-31", "2020-04-01"], "amount": [4, 6]}
    )
    merges = pd.DataFrame({"customer_id": ["b"], "merged_into": ["a"], "rule": "near_duplicate", "known_on": ["2020-03-01"]})
    ledger = write_clean(tmp_path, {"invoices": invoices, "payments": payments, "merges": merges})
    found = build_balances(ledger, date(2020, 3, 31))
    assert found.to_dict("list") == {"customer_id": ["a"], "balance": [11.0]}


def test_a_source_without_invoices_has_no_balances(tmp_path):
    assert build_balances(write_clean(tmp_path, {}), date(2020, 3, 31)) is None
