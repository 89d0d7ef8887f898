from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raw_source import clean, rows

HEADER = "customer_id,ordered_at,order_id,product_id,quantity,unit_price"


def links(folder, *lines, header=HEADER):
    """Order id of each cancellation -> order id of the sale that it undoes; the facts."""
    ledger = clean(folder, {"order_lines": "\n".join([header, *lines])})
    found = rows(ledger, "order_lines", "order_id", "line_kind", "cancels_order_id")
    return {order: undone for order, kind, undone in found if kind == "cancellation"}, ledger.facts["cancellations"]


def test_the_latest_open_sale_is_undone_first(tmp_path):
    found, facts = links(
        tmp_path,
        "C1,2024-03-01,S1,P1,2,5",
        "C1,2024-03-02,S2,P1,2,5",
        "C1,2024-03-03,R1,P1,-2,5",
        "C1,2024-03-04,R2,P1,-2,5",
        "C1,2024-03-05,R3,P1,-2,5",
    )
    assert found == {"R1": "S2", "R2": "S1", "R3": None}
    assert (facts["matched"], facts["unmatched_rows"], Decimal(facts["unmatched_amount"])) == ({"line": 2}, 1, Decimal(-10))


def test_a_sale_after_the_cancellation_is_not_undone(tmp_path):
    assert links(tmp_path, "C1,2024-03-01,R1,P1,-2,5", "C1,2024-03-02,S1,P1,2,5")[0] == {"R1": None}


def test_a_part_is_returned_to_the_latest_sale_that_is_large_enough(tmp_path):
    found, facts = links(
        tmp_path,
        "C1,2024-03-01,S1,P1,10,5",
        "C1,2024-03-02,S2,P1,3,4",
        "C1,2024-03-03,R1,P1,-4,5",
        "C1,2024-03-04,R2,P1,-3,5",
        "C1,2024-03-05,R3,P1,-7,5",
    )
    assert found == {"R1": "S1", "R2": "S2", "R3": None}
    assert facts["matched"] == {"product": 2}


def test_a_sale_is_not_undone_more_than_once_over(tmp_path):
    found, _ = links(tmp_path, "C1,2024-03-01,S1,P1,10,5", "C1,2024-03-02,R1,P1,-4,5", "C1,2024-03-03,R2,P1,-10,5")
    assert found == {"R1": "S1", "R2": None}


def test_the_order_that_is_named_goes_first(tmp_path):
    found, facts = links(tmp_path, "C1,2024-03-01,S1,P1,2,5", "C1,2024-03-02,S2,P1,2,5", "C1,2024-03-03,S1,P1,-2,5")
    assert found == {"S1": "S1"}
    assert facts["matched"] == {"order_line": 1}


OTHERS = {"customer": "C2,2024-03-01,S1,P1,2,5", "product": "C3,2024-03-01,S3,P2,2,5", "size": "C4,2024-03-01,S4,P1,1,5"}
"""Sales that are not those of C1, C3 and C4 of two pieces of P1, by what they differ in."""


@pytest.fixture(scope="module")
def beside(tmp_path_factory):
    returned = (f"C{n},2024-03-03,{what},P1,-2,5" for n, what in ((1, "customer"), (3, "product"), (4, "size")))
    return links(tmp_path_factory.mktemp("beside"), *OTHERS.values(), *returned)[0]


@pytest.mark.parametrize("differs", OTHERS)
def test_another_customer_product_or_a_smaller_sale_is_left_alone(beside, differs):
    assert beside[differs] is None


def test_amounts_without_quantity_are_matched_too(tmp_path):
    header = "customer_id,ordered_at,order_id,amount"
    found, _ = links(tmp_path, "C1,2024-03-01,S1,12.50", "C1,2024-03-03,R1,-12.50", "C1,2024-03-04,R2,-1", header=header)
    assert found == {"R1": "S1", "R2": None}


def test_an_anonymous_cancellation_is_counted_apart(tmp_path):
    _, facts = links(tmp_path, ",2024-03-01,S1,P1,2,5", ",2024-03-03,R1,P1,-2,5")
    assert (facts["rows"], facts["anonymous_rows"], facts["matched_rows"], facts["unmatched_rows"]) == (1, 1, 0, 0)


def test_orders_net_a_cancellation_on_the_day_of_its_order(tmp_path):
    lines = "\n".join(
        [HEADER, "C1,2024-03-01,S1,P1,2,5", "C1,2024-03-01,S1,P2,1,7", "C1,2024-04-03,R1,P1,-2,5", "C1,2024-04-04,R2,P9,-1,5"]
    )
    ledger = clean(tmp_path, {"order_lines": lines})
    found = [(str(ordered), str(known), amount) for ordered, known, amount in rows(ledger, "orders", "ordered_on", "known_on", "amount")]
    assert found == [("2024-03-01", "2024-03-01", Decimal(17)), ("2024-03-01", "2024-04-03", Decimal(-10))]


EVENTS = st.lists(st.tuples(st.integers(1, 2), st.integers(1, 4), st.booleans()), min_size=2, max_size=24)


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(EVENTS, st.integers(1, 23)), min_size=12, max_size=12))
def test_later_rows_change_no_link_and_no_sale_is_overdrawn(tmp_path_factory, customers):
    """Each customer has events of product, size and whether it is a return, of which some come later."""
    events = {
        f"{'R' if is_return else 'S'}{who}-{number}": (who, number, product, size)
        for who, (told, _) in enumerate(customers)
        for number, (product, size, is_return) in enumerate(told)
    }
    lines = {
        order: f"C{who},2024-03-01 {number:02d}:00:00,{order},P{product},{-size if order[0] == 'R' else size},5"
        for order, (who, number, product, size) in events.items()
    }
    known = [line for order, line in lines.items() if events[order][1] < customers[events[order][0]][1]]
    whole, _ = links(tmp_path_factory.mktemp("whole"), *lines.values())
    early, _ = links(tmp_path_factory.mktemp("early"), *known)
    assert {order: whole[order] for order in early} == early
    sold = {order: size for order, (*_, size) in events.items() if order[0] == "S"}
    for order, undone in whole.items():
        if undone:
            sold[undone] -= events[order][3]
    assert min(sold.values(), default=0) >= 0
