"""Can the data be trusted?"""

from datetime import date

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.contracts import Missing
from analysis.ledger import quality
from analysis.params import load_params
from clean_ledger import order_lines, write_clean

DAY = date(2020, 3, 31)
PARAMS = load_params({"ledger": {"warn_reject_share": 0.1, "warn_reject_rows": 3, "stop_reject_share": 0.5, "warn_missing_share": 0.5}})


def record(*rows, **more):
    """Records of cleaning: (table, file, line, rule)."""
    return pd.DataFrame(rows, columns=["table", "file", "line", "rule"]).assign(**more)


def counted(ledger, table, read, rejected):
    ledger.facts["tables"][table] |= {"rows_read": read, "rows_kept": read - rejected, "rows_rejected": rejected}
    return ledger


@pytest.fixture
def ledger(tmp_path):
    lines = order_lines(("a", "2020-03-01", 10), ("a", "2020-04-01", 10))
    ledger = write_clean(tmp_path, {"order_lines": lines})
    ledger.facts["tables"]["order_lines"]["mapped"] = ["customer_id", "ordered_at", "amount", "delivered_at"]
    return ledger


def test_sources_are_the_given_tables_as_known_on_the_day(tmp_path):
    lines = order_lines(("a", "2020-03-01", 10), ("b", "2020-03-31", 10), ("b", "2020-04-01", 10))
    ledger = write_clean(tmp_path, {"order_lines": lines, "customers": pd.DataFrame({"customer_id": ["a"]})})
    ledger.facts["tables"]["order_lines"]["join_rate"] = {"known": 1, "rows": 4}
    table = quality.sources(ledger, DAY).set_index("table")
    assert list(table.index) == ["order_lines", "customers"]
    assert table.loc["order_lines", ["count_rows", "first_on", "last_on"]].tolist() == [2, pd.Timestamp("2020-03-01"), pd.Timestamp(DAY)]
    assert table.loc["order_lines", ["count_named", "join_share"]].tolist() == [4, 0.25]
    assert table.loc["customers", ["first_on", "count_named", "join_share"]].isna().all()


def test_first_and_last_are_days_of_the_sources_time_zone(tmp_path):
    case = pd.DataFrame({"feedback_id": ["f"], "customer_id": ["a"], "received_at": ["2020-03-01 16:00"], "kind": ["complaint"]})
    ledger = write_clean(tmp_path, {"feedback": case}, zone="Asia/Shanghai")
    assert quality.sources(ledger, DAY).loc[0, "first_on"] == pd.Timestamp("2020-03-02")


def test_a_table_of_which_nothing_is_known_yet_has_no_days(ledger):
    row = quality.sources(ledger, date(2020, 2, 29)).iloc[0]
    assert row["count_rows"] == 0
    assert pd.isna(row["first_on"])


def test_a_source_without_tables_has_no_rows(tmp_path):
    assert quality.sources(write_clean(tmp_path, {}), DAY).empty


def test_rows_read_are_kept_or_rejected(ledger):
    row = quality.reconcile(counted(ledger, "order_lines", 8, 6), DAY).rows.iloc[0]
    assert (row["rows_read"], row["rows_kept"], row["rows_rejected"], row["share_rejected"]) == (8, 2, 6, 0.75)


def test_a_table_of_no_rows_has_no_share_rejected(ledger):
    assert pd.isna(quality.reconcile(counted(ledger, "order_lines", 0, 0), DAY).rows.loc[0, "share_rejected"])


def money(ledger, day=DAY):
    return {item: (count, amount) for item, count, amount in quality.reconcile(ledger, day).money.itertuples(index=False)}


def test_money_is_followed_from_gross_sales_to_net(tmp_path):
    lines = order_lines(
        ("a", "2020-03-01", 30), ("a", "2020-03-02", -10, "2020-03-01"), ("a", "2020-03-03", -4),
        (None, "2020-03-04", 7), (None, "2020-03-05", -2),
    )  # fmt: skip
    assert money(write_clean(tmp_path, {"order_lines": lines})) == {
        "gross_sales": (2, 37),
        "anonymous_sales": (1, 7),
        "matched_cancellations": (1, -10),
        "unmatched_cancellations": (1, -4),
        "anonymous_cancellations": (1, -2),
        "net": (5, 21),
    }


def test_money_is_that_known_on_the_day(ledger):
    assert money(ledger)["net"] == (1, 10)
    assert money(ledger, date(2020, 4, 1))["net"] == (2, 20)


def test_before_the_first_line_there_is_no_money(ledger):
    assert set(money(ledger, date(2020, 2, 29)).values()) == {(0, 0)}


LINE = st.tuples(st.sampled_from(["a", None]), st.integers(-900, 900), st.sampled_from([None, "2020-01-01"]))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINE, min_size=1, max_size=8))
def test_every_line_and_amount_is_in_one_item(tmp_path, rows):
    lines = order_lines(*[(who, "2020-03-01", cents / 100, cancels if cents < 0 else None) for who, cents, cancels in rows])
    found = money(write_clean(tmp_path, {"order_lines": lines}))
    parts = [found[item] for item in ("gross_sales", "matched_cancellations", "unmatched_cancellations", "anonymous_cancellations")]
    assert found["net"][0] == sum(count for count, _ in parts) == len(rows)
    assert found["net"][1] == pytest.approx(sum(amount for _, amount in parts), abs=1e-9)
    assert found["net"][1] == pytest.approx(sum(cents for _, cents, _ in rows) / 100, abs=1e-9)


def test_rules_are_counted_by_action_largest_first_with_the_first_lines(tmp_path):
    rejects = record(
        ("order_lines", "raw/b.csv", 7, "late"), ("order_lines", "raw/a.csv", 9, "late"), ("order_lines", "raw/a.csv", 2, "late"),
        ("order_lines", "raw/c.csv", 1, "late"), ("customers", "raw/x.csv", 5, "early")
    )  # fmt: skip
    flags = record(*[("order_lines", "raw/a.csv", line, "odd") for line in range(1, 9)], column="quantity")
    table = quality.rules(write_clean(tmp_path, {"rejects": rejects, "flags": flags}))
    assert table[["action", "table", "rule", "count_rows"]].to_numpy().tolist() == [
        ["reject", "order_lines", "late", 4],
        ["reject", "customers", "early", 1],
        ["flag", "order_lines", "odd", 8],
    ]
    assert table["examples"].tolist()[:2] == ["a.csv:2, a.csv:9, b.csv:7", "x.csv:5"]


def test_a_line_with_two_cells_is_one_example(tmp_path):
    rows = [("order_lines", "raw/a.csv", 2, "odd"), ("order_lines", "raw/a.csv", 2, "odd"), ("order_lines", "raw/a.csv", 3, "odd")]
    table = quality.rules(write_clean(tmp_path, {"flags": record(*rows, column=["quantity", "amount", "amount"])}))
    assert table.loc[0, ["count_rows", "examples"]].tolist() == [3, "a.csv:2, a.csv:3"]


def test_examples_never_hold_a_value(tmp_path):
    repairs = record(("customers", "raw/a.csv", 2, "phone_format"), column="phone", before="0044 20 7946 0018", after="+442079460018")
    text = quality.rules(write_clean(tmp_path, {"repairs": repairs})).to_csv()
    assert "a.csv:2" in text
    assert "7946" not in text


def test_a_source_without_faults_has_no_rules(tmp_path):
    assert list(quality.rules(write_clean(tmp_path, {}))["rule"]) == []


def test_missing_cells_are_counted_emptiest_first_as_known_on_the_day(tmp_path):
    lines = order_lines((None, "2020-03-01", 1), ("a", "2020-03-02", 1), (None, "2020-04-01", 1)).assign(country=[None, None, None])
    ledger = write_clean(tmp_path, {"order_lines": lines})
    ledger.facts["tables"]["order_lines"]["mapped"] = ["customer_id", "amount", "country"]
    table = quality.missing(ledger, DAY)
    assert table[["column", "count_rows", "count_missing", "share_missing"]].to_numpy().tolist() == [
        ["country", 2, 2, 1.0],
        ["customer_id", 2, 1, 0.5],
    ]


def test_what_becomes_known_later_is_no_gap(ledger):
    assert "delivered_at" not in set(quality.missing(ledger, DAY)["column"])


def test_a_column_that_a_rule_filled_is_listed_though_nothing_is_missing(tmp_path):
    lines = order_lines(("a", "2020-03-01", 1)).assign(country="France")
    repairs = record(
        ("order_lines", "raw/a.csv", 1, "filled_country"), ("order_lines", "raw/a.csv", 1, "casing"), column=["country", "channel"]
    )
    ledger = write_clean(tmp_path, {"order_lines": lines, "repairs": repairs})
    ledger.facts["tables"]["order_lines"]["mapped"] = ["country", "amount"]
    assert quality.missing(ledger, DAY)[["column", "count_missing", "count_filled"]].to_numpy().tolist() == [["country", 0, 1]]


def test_new_rows_are_laid_beside_last_months(tmp_path):
    days = ["2020-01-31", "2020-02-01", "2020-02-29", "2020-03-01", "2020-03-30", "2020-03-31", "2020-04-01"]
    lines = order_lines(*[("a", day, 1) for day in days])
    ledger = write_clean(tmp_path, {"order_lines": lines, "customers": pd.DataFrame({"customer_id": ["a"]})})
    row = quality.change(ledger, DAY).iloc[0]
    assert row.tolist() == ["order_lines", 3, 2, 3, 6, 0.5]
    assert len(quality.change(ledger, DAY)) == 1


def test_without_rows_last_month_there_is_no_change_to_tell(ledger):
    row = quality.change(ledger, DAY).iloc[0]
    assert row["count_new"] == 1
    assert pd.isna(row["change"])


def test_doubles_are_counted_from_the_day_on_which_they_are_known(tmp_path):
    rows = pd.DataFrame({"customer_id": ["b", "c"], "merged_into": ["a", "a"], "rule": "same", "known_on": ["2020-03-31", "2020-04-01"]})
    table = quality.merges(write_clean(tmp_path, {"merges": rows}), DAY)
    assert table.to_dict("list") == {"rule": ["same"], "count_customers": [1]}


def judge(ledger):
    verdict = quality.verdict(ledger, DAY, PARAMS)
    return verdict.level, [reason.key for reason in verdict.reasons]


@pytest.mark.parametrize(
    ("read", "rejected", "expected"),
    [
        (100, 0, ("fit", [])),
        (30, 3, ("fit", [])),  # a share of exactly the limit
        (29, 3, ("warn", ["rejects"])),
        (10, 2, ("fit", [])),  # a large share of too few rows
        (10, 5, ("warn", ["rejects"])),  # exactly the limit to stop
        (10, 6, ("stop", ["rejects"])),
    ],
)
def test_rejects_at_their_limits(ledger, read, rejected, expected):
    assert judge(counted(ledger, "order_lines", read, rejected)) == expected


def test_rejects_of_a_side_table_never_stop(tmp_path):
    ledger = write_clean(tmp_path, {"order_lines": order_lines(("a", "2020-03-01", 1)), "surveys": pd.DataFrame()})
    assert judge(counted(ledger, "surveys", 10, 10)) == ("warn", ["rejects"])


def test_rejects_name_the_chapters_that_they_touch(ledger):
    reason = quality.verdict(counted(ledger, "order_lines", 10, 5), DAY, PARAMS).reasons[0]
    assert reason.fields == {"table": "order_lines", "share": 0.5}
    assert reason.chapters == ("customers", "segments", "churn", "value")


@pytest.mark.parametrize(("named", "level"), [(1, "fit"), (0, "warn")])
def test_a_column_exactly_half_empty_is_no_warning(tmp_path, named, level):
    lines = order_lines(("a" if named else None, "2020-03-01", 1), (None, "2020-03-01", 1))
    ledger = write_clean(tmp_path, {"order_lines": lines})
    ledger.facts["tables"]["order_lines"]["mapped"] = ["customer_id"]
    assert judge(ledger)[0] == level


def test_gaps_that_weaken_no_chapter_are_no_warning(tmp_path):
    ledger = write_clean(tmp_path, {"customers": pd.DataFrame({"customer_id": ["a"], "occupation": [None]})})
    assert judge(ledger) == ("fit", [])


@pytest.mark.parametrize(("matched", "expected"), [(19, ("fit", [])), (18, ("warn", ["unmatched"]))])
def test_one_unmatched_cancellation_in_twenty_is_no_warning(tmp_path, matched, expected):
    lines = order_lines(*[("a", "2020-03-01", 9)] * 20, *[("a", "2020-03-02", -9, "2020-03-01")] * matched, ("a", "2020-03-03", -4))
    assert judge(write_clean(tmp_path, {"order_lines": lines})) == expected


def test_an_unmatched_cancellation_of_nobody_in_particular_makes_no_customer_too_large(tmp_path):
    lines = order_lines((None, "2020-03-01", 9), (None, "2020-03-02", -9))
    ledger = write_clean(tmp_path, {"order_lines": lines})
    ledger.facts["tables"]["order_lines"]["mapped"] = ["amount"]
    assert judge(ledger) == ("fit", [])


def test_unmatched_cancellations_are_told_with_their_amount(tmp_path):
    ledger = write_clean(tmp_path, {"order_lines": order_lines(("a", "2020-03-01", 9), ("a", "2020-03-02", -4))})
    assert quality.verdict(ledger, DAY, PARAMS).reasons[0].fields == {"count": 1, "share": 1.0, "amount": 4.0}


def test_outliers_are_a_warning(ledger):
    ledger.facts["rules"]["flag"]["order_lines"] = {"outlier_quantity": 2}
    assert judge(ledger) == ("warn", ["outliers"])


def keys_of(ledger):
    return [note.key for note in quality.notes(ledger)]


@pytest.mark.parametrize(("first_on", "expected"), [("2020-02-01", []), ("2020-02-02", ["first_orders_unknown"])])
def test_a_ledger_that_begins_a_month_after_the_company_saw_the_first_orders(tmp_path, first_on, expected):
    ledger = write_clean(tmp_path, {"order_lines": order_lines(("a", first_on, 1))}, founded="2020-01-01")
    ledger.facts["tables"]["order_lines"]["first_on"] = first_on
    assert keys_of(ledger) == expected


def test_where_nobody_says_when_the_company_began_first_orders_are_unknown(ledger):
    ledger.facts["tables"]["order_lines"]["first_on"] = "2020-03-01"
    assert keys_of(ledger) == ["first_orders_unknown"]


@pytest.mark.parametrize(("mapped", "expected"), [(["customer_id"], ["master_as_it_stands"]), (["customer_id", "updated_at"], [])])
def test_customers_without_dates_of_change_are_noted(tmp_path, mapped, expected):
    ledger = write_clean(tmp_path, {"customers": pd.DataFrame({"customer_id": ["a"]})})
    ledger.facts["tables"]["customers"]["mapped"] = mapped
    assert keys_of(ledger) == expected


def test_an_end_read_from_the_data_is_noted(tmp_path):
    ledger = write_clean(tmp_path, {}, covered_until_is_stated=False, covered_until="2020-05-02")
    assert [(note.key, note.fields) for note in quality.notes(ledger)] == [("end_from_data", {"day": date(2020, 5, 2)})]


def test_a_snapshot_has_no_rows_that_came_in(tmp_path):
    contracts = pd.DataFrame({"contract_id": ["a"], "customer_id": ["x"], "tenure_months": [3], "ended": [True]})
    ledger = write_clean(tmp_path, {"contracts": contracts}, setting="contractual", observed_on="2020-12-31", covered_until="2020-12-31")
    assert quality.change(ledger, date(2020, 12, 31)).empty
    assert "snapshot" in [note.key for note in quality.notes(ledger)]


def test_without_order_lines_there_is_no_money_to_follow(tmp_path):
    contracts = pd.DataFrame({"contract_id": ["a"], "customer_id": ["x"], "tenure_months": [3], "ended": [True]})
    ledger = write_clean(tmp_path, {"contracts": contracts}, setting="contractual", observed_on="2020-12-31", covered_until="2020-12-31")
    assert isinstance(quality.reconcile(ledger, date(2020, 12, 31)).money, Missing)
    assert quality.verdict(ledger, date(2020, 12, 31), load_params()).level == "fit"
