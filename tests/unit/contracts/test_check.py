from datetime import date

import ibis
import pandas as pd
import pytest

from analysis.contracts import DERIVED, LEDGER, ContractError
from analysis.contracts.check import check, check_columns, check_customers, check_total
from analysis.contracts.identities import ELSEWHERE, IDENTITIES


def value_table(**changed):
    columns = {
        "customer_id": ["a", "b"],
        "clv": [2.0, 3.0],
        "clv_low": [1.0, 3.0],
        "clv_high": [4.0, 3.0],
        "value_historic": [0.0, -1.0],
        "value_at_risk": [0.5, 0.0],
    }
    return pd.DataFrame(columns | changed)


def test_a_table_that_keeps_its_promises_passes():
    check("value", value_table())


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"clv": [2.0, None]}, "value.clv: a required value is missing (first in row 2)"),
        ({"clv_low": [1.0, -0.1]}, "value.clv_low is below 0 (first in row 2)"),
        ({"customer_id": ["a", "a"]}, "value.customer_id: the key of another row (first in row 2)"),
        ({"clv": ["2", "3"]}, "value.clv is no number"),
        ({"clv_high": [1.9, 3.0]}, "value: it does not hold that clv_low <= clv <= clv_high (first in row 1)"),
    ],
)
def test_a_broken_promise_is_told_in_one_line_without_the_value(changed, message):
    with pytest.raises(ContractError) as error:
        check("value", value_table(**changed))
    assert str(error.value) == message


def test_a_missing_column_is_named():
    with pytest.raises(ContractError, match=r"^value\.clv is missing$"):
        check("value", value_table().drop(columns="clv"))


def test_every_sentence_of_a_contract_is_held_somewhere():
    sentences = {sentence for table in (*LEDGER.values(), *DERIVED.values()) for sentence in table.identities}
    assert sentences == set(IDENTITIES) | set(ELSEWHERE)


def orders(**changed):
    columns = {
        "customer_id": ["a", "b"],
        "ordered_on": [date(2024, 1, 1), date(2024, 1, 2)],
        "known_on": [date(2024, 1, 1), date(2024, 1, 3)],
        "amount": [1, -1],
    }
    return ibis.memtable(pd.DataFrame(columns | changed)).cast({"ordered_on": "date", "known_on": "date", "amount": "decimal(18, 4)"})


def test_a_clean_table_is_checked_where_it_lies():
    check("orders", orders())


def test_a_clean_table_that_breaks_an_identity_names_the_row():
    early = orders(known_on=[date(2024, 1, 1), date(2024, 1, 1)])
    with pytest.raises(ContractError, match=r"^orders: it does not hold that known_on >= ordered_on \(first in row 2\)$"):
        check("orders", early)


def test_a_clean_table_with_a_missing_id_names_the_row():
    with pytest.raises(ContractError, match=r"^orders.customer_id: a required value is missing \(first in row 1\)$"):
        check("orders", orders(customer_id=[None, "b"]))


def test_money_in_floats_is_refused():
    with pytest.raises(ContractError, match=r"^orders.amount is float64, not money$"):
        check_columns("orders", orders().cast({"amount": "float64"}))


def test_a_repeated_key_is_refused():
    merges = ibis.memtable({"customer_id": ["a", "a"], "merged_into": ["b", "c"], "rule": ["r", "r"], "known_on": [date(2024, 1, 1)] * 2})
    with pytest.raises(ContractError, match="1 rows have the key of another row"):
        check("merges", merges)


def test_no_customer_is_lost():
    with pytest.raises(ContractError, match=r"^value.customer_id: 1 customers are lost and 0 are new$"):
        check_customers("value", value_table(), ["a", "b", "c"])


def test_no_money_is_lost():
    check_total("customers", "spend_total", 10.004, 10.0)
    with pytest.raises(ContractError, match=r"sums to 10\.01, not to the 10\.00"):
        check_total("customers", "spend_total", 10.006, 10.0)
