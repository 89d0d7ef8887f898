"""Entered codes: each fault has its reason, and what the data do not know is no fault."""

from datetime import date, datetime

import pandas as pd
import pytest

from analysis import codes
from analysis.codes.entered import MASTER, REASONS, count_parts, count_review, headline, read_earlier, read_entered, review
from analysis.contracts import Missing
from clean_ledger import write_clean

PARTS = [
    {"name": "type", "column": "customer_type", "symbols": {"P": "individual", "B": "business"}},
    {"name": "region", "symbols": {"01": "north", "02": "south"}},
    {"name": "trade", "column": "industry", "unknown": "0", "symbols": {"0": "none", "1": "hotel"}},
]
SCHEME = codes.read_codebook({"parts": PARTS}, "here")
UNIQUE = codes.read_codebook({"parts": PARTS, "unique": True}, "here")
MONTHLY = codes.read_codebook({"parts": [PARTS[0], {**PARTS[1], "changes": "monthly"}, PARTS[2]]}, "here")
CHECKED = codes.read_codebook({"parts": PARTS, "version": "2", "separator": "-", "check": "iso7064_mod1271_36"}, "here")


def entered(*rows):
    """Rows of (id, code, type, region, industry)."""
    frame = pd.DataFrame(rows, columns=["own_id", "entered_code", "customer_type", "region", "industry"])
    return frame.assign(customer_id=frame["own_id"], owner=None).reindex(
        columns=["own_id", "customer_id", "entered_code", "owner", *MASTER]
    )


def look(*rows, scheme=SCHEME, earlier=None):
    given = entered(*rows)
    queue = review(given, given[["customer_id"]].drop_duplicates(), scheme, earlier)
    return queue[["customer_id", "reason", "part"]].to_numpy().tolist()


def test_a_code_that_says_what_the_data_say_waits_for_nobody():
    assert look(("a", "P010", "individual", "north", None)) == []


@pytest.mark.parametrize(
    ("code", "reason"), [("P01", "malformed"), ("P-10", "malformed"), ("Q010", "unknown_symbol"), ("P090", "unknown_symbol")]
)
def test_a_code_that_is_none_has_its_reason(code, reason):
    assert look(("a", code, "individual", "north", None)) == [["a", reason, ""]]


def test_case_and_space_are_no_fault():
    assert look(("a", " p010 ", "individual", "north", None)) == []


def test_a_customer_without_a_code_does_not_wait():
    assert look(("a", None, "individual", "north", None)) == []


def test_a_part_that_says_other_than_the_data_conflicts():
    given = entered(("a", "P020", "individual", "north", None))
    row = review(given, given[["customer_id"]], SCHEME).iloc[0]
    assert row[["reason", "part", "code_says", "data_say", "proposed"]].tolist() == ["conflicting", "region", "south", "north", "P010"]


def test_what_the_data_do_not_know_is_no_conflict():
    assert look(("a", "P020", None, None, None)) == []


def test_without_all_of_the_data_no_code_is_proposed():
    given = entered(("a", "P020", None, "north", None))
    assert review(given, given[["customer_id"]], SCHEME)["proposed"].isna().all()


def test_what_the_scheme_has_no_symbol_for_is_no_conflict():
    assert look(("a", "P020", "individual", "the moon", None)) == []


def test_unknown_in_the_code_and_known_in_the_data_is_incomplete():
    assert look(("a", "B010", "business", "north", "hotel")) == [["a", "incomplete", "trade"]]


def test_a_difference_in_what_changes_monthly_is_stale():
    assert look(("a", "P020", "individual", "north", None), scheme=MONTHLY) == [["a", "stale", "region"]]


def test_what_was_right_by_an_earlier_version_of_the_data_is_stale():
    past = pd.DataFrame([{"own_id": "a", "region": "south"}, {"own_id": "b", "region": "north"}])
    rows = (("a", "P020", "individual", "north", None), ("b", "P020", "individual", "north", None))
    assert look(*rows, earlier=past) == [["b", "conflicting", "region"], ["a", "stale", "region"]]


def test_a_shared_code_is_reused_only_where_codes_are_unique():
    rows = [(name, "P010", "individual", "north", None) for name in "ab"]
    assert look(*rows) == []
    assert look(*rows, scheme=UNIQUE) == [["a", "reused", ""], ["b", "reused", ""]]


def test_doubles_with_different_codes_have_two():
    given = entered(("a", "P010", None, None, None), ("b", "P020", None, None, None)).assign(customer_id="a")
    queue = review(given, pd.DataFrame({"customer_id": ["a"]}), UNIQUE)
    assert queue["reason"].tolist() == ["two_codes", "two_codes"]


def test_doubles_with_the_same_code_share_it_rightly():
    given = entered(("a", "P010", None, None, None), ("b", "P010", None, None, None)).assign(customer_id="a")
    assert review(given, pd.DataFrame({"customer_id": ["a"]}), UNIQUE).empty


def test_check_characters_and_version_are_held_against_the_scheme():
    right = codes.encode({"type": "individual", "region": "north", "trade": "none"}, CHECKED)
    rows = [("a", right), ("b", right[:-1] + ("A" if right[-1] != "A" else "B")), ("c", right[:-3] + "1" + right[-2:])]
    assert look(*((*row, "individual", "north", None) for row in rows), scheme=CHECKED) == [
        ["c", "other_version", ""],
        ["b", "wrong_check", ""],
    ]


def test_a_scheme_that_names_an_unknown_column_is_refused():
    scheme = codes.read_codebook({"parts": [{"name": "kind", "column": "colour", "symbols": {"R": "red"}}]}, "here")
    with pytest.raises(codes.CodeError, match="made from colour, which does not exist"):
        look(("a", "R", None, None, None), scheme=scheme)


def queue(*rows):
    return pd.DataFrame(rows, columns=["customer_id", "reason", "part", "owner"]).assign(entered_code="x")


def test_the_queue_is_counted_by_customer_and_against_last_month():
    now = queue(("a", "conflicting", "region", "S1"), ("a", "conflicting", "trade", "S1"), ("b", "conflicting", "region", None))
    before = queue(("a", "conflicting", "region", None), ("c", "conflicting", "region", None))
    row = count_review(now, before, SCHEME).set_index("reason").loc["conflicting"]
    assert row.to_dict() == {"count_customers": 2, "count_new": 1, "count_pending": 1, "count_settled": 1, "count_unassigned": 1}


def test_reasons_that_the_scheme_cannot_give_are_left_out():
    assert set(REASONS) - set(count_review(queue(), None, SCHEME)["reason"]) == {"wrong_check", "other_version", "reused"}
    assert "reused" in set(count_review(queue(), None, UNIQUE)["reason"])


def test_the_headline_counts_rows_codes_and_sound_ones():
    given = entered(("a", "P010", "individual", "north", None), ("b", "Q", None, None, None), ("c", None, None, None, None))
    found = headline(given, review(given, given[["customer_id"]], SCHEME))
    assert found == {"rows": 3, "coded": 2, "waiting": 1, "sound": 1, "reviewers": 0, "most": 0}


def test_a_source_without_codes_has_nothing_to_review(tmp_path):
    ledger = write_clean(tmp_path, {"customers": pd.DataFrame({"customer_id": ["a"]})})
    assert read_entered(ledger, date(2020, 1, 31)) is None
    gap = Missing("customers", ("entered_code",))
    assert count_review(gap, None, SCHEME) is gap
    assert headline(None, gap)["coded"] == 0


def test_codes_are_read_as_they_were_known_with_doubles_under_one_number(tmp_path):
    rows = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "entered_code": ["OLD", "NEW", "B"],
            "region": ["south", "north", "north"],
            "updated_at": [datetime(2020, 1, 1), datetime(2020, 2, 5), datetime(2020, 1, 1)],
        }
    )
    merges = pd.DataFrame([{"customer_id": "b", "merged_into": "a", "rule": "name_and_phone", "known_on": date(2020, 2, 1)}])
    ledger = write_clean(tmp_path, {"customers": rows, "merges": merges})
    then, now = (read_entered(ledger, day) for day in (date(2020, 1, 31), date(2020, 2, 29)))
    assert then[["own_id", "customer_id", "entered_code"]].to_numpy().tolist() == [["a", "a", "OLD"], ["b", "b", "B"]]
    assert now[["own_id", "customer_id", "entered_code"]].to_numpy().tolist() == [["a", "a", "NEW"], ["b", "a", "B"]]
    assert sorted(read_earlier(ledger, date(2020, 1, 31))["region"]) == []
    assert sorted(read_earlier(ledger, date(2020, 2, 29))["region"]) == ["north", "south"]


def test_a_customer_counts_once_for_each_part_in_question():
    now = queue(("a", "conflicting", "region", "S1"), ("a", "conflicting", "trade", "S1"), ("b", "conflicting", "region", None))
    assert count_parts(now).to_numpy().tolist() == [["region", "conflicting", 2], ["trade", "conflicting", 1]]
    found = headline(entered(), now)
    assert (found["waiting"], found["reviewers"], found["most"]) == (2, 1, 1)
