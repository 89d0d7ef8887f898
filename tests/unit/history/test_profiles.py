"""Which fields of a profile are filled, and since when it was not updated."""

from datetime import date

import pandas as pd
import pytest

from analysis.contracts import Missing
from analysis.history.profiles import band_completeness, build_profiles, list_fields, rate_fields, rate_freshness
from clean_ledger import write_clean

DAY = date(2020, 3, 31)


def build(tmp_path, master, ids=None, **tables):
    ledger = write_clean(tmp_path, {"customers": master, **tables}, covered_until="2020-12-31")
    customers = pd.DataFrame({"customer_id": sorted(set(master["customer_id"])) if ids is None else ids})
    return build_profiles(ledger, DAY, customers, 12).set_index("customer_id")


def people(**columns):
    return pd.DataFrame({"customer_id": ["a", "b"], **columns})


def test_only_fields_that_anybody_fills_count(tmp_path):
    master = people(name=["Ann", None], phone=[None, None], updated_at=["2020-01-01", "2020-01-01"], tags=["x", "y"])
    assert list_fields(write_clean(tmp_path, {"customers": master})) == ["name"]


def test_a_field_of_businesses_is_not_asked_of_a_person_and_the_other_way_round(tmp_path):
    found = build(tmp_path, people(customer_type=["business", "individual"], industry=["tea", "tea"], gender=["male", "male"]))
    assert found["has_industry"].tolist() == [True, pd.NA]
    assert found["has_gender"].tolist() == [pd.NA, True]
    assert found["count_fields"].tolist() == [2, 2]


def test_who_is_of_unknown_type_is_asked_everything(tmp_path):
    found = build(tmp_path, people(customer_type=["business", None], industry=["tea", None], gender=[None, "male"]))
    assert found.loc["b", ["count_fields", "count_filled", "completeness"]].tolist() == [3, 1, pytest.approx(1 / 3)]


def test_a_customer_without_master_data_has_an_empty_profile(tmp_path):
    found = build(tmp_path, people(name=["Ann", "Bob"]), ids=["a", "z"])
    assert found.loc["z", ["count_fields", "count_filled", "completeness"]].tolist() == [1, 0, 0]


def test_a_doubles_row_fills_what_the_other_lacks(tmp_path):
    merges = pd.DataFrame({"customer_id": ["b"], "merged_into": ["a"], "rule": ["near_duplicate"], "known_on": [date(2020, 1, 1)]})
    found = build(tmp_path, people(name=["Ann", None], phone=[None, "123"]), ids=["a"], merges=merges)
    assert found.loc["a", "count_filled"] == 2


@pytest.mark.parametrize(("updated", "is_stale"), [("2019-03-31 23:00", True), ("2019-04-01 00:00", False)])
def test_stale_is_what_was_not_updated_for_whole_twelve_months(tmp_path, updated, is_stale):
    found = build(tmp_path, people(name=["Ann", "Bob"], updated_at=[updated, "2020-01-01"]))
    assert found["is_stale"].tolist() == [is_stale, False]


def test_without_a_date_nobody_knows_whether_it_is_stale(tmp_path):
    assert build(tmp_path, people(name=["Ann", "Bob"], updated_at=[None, "2020-01-01"]))["is_stale"].isna().tolist() == [True, False]


def test_fields_are_told_with_their_own_denominator(tmp_path):
    profiles = build(tmp_path, people(customer_type=["business", "individual"], industry=["tea", None])).reset_index()
    table = rate_fields(profiles).set_index("field")
    assert table.loc["industry", ["count_filled", "count_asked"]].tolist() == [1, 1]
    assert table.loc["customer_type", ["count_filled", "count_asked"]].tolist() == [2, 2]


def test_bands_of_completeness_and_of_age_hold_every_customer(tmp_path):
    profiles = build(tmp_path, people(name=["Ann", None], city=["X", "Y"], updated_at=["2018-01-01", None])).reset_index()
    bands = band_completeness(profiles).set_index("share_from")["count_customers"]
    assert (bands[0.5], bands[0.9], bands.sum()) == (1, 1, 2)
    ages = rate_freshness(profiles).set_index("updated")["count_customers"]
    assert rate_freshness(profiles, 100)["mean_completeness"].isna().all()
    assert ages.to_dict() == {"within": 0, "before": 1, "undated": 1}


def test_without_dates_freshness_says_what_is_missing(tmp_path):
    assert rate_freshness(build(tmp_path, people(name=["Ann", "Bob"])).reset_index()) == Missing("customers", ("updated_at",), ("B2",))


def test_without_master_data_completeness_says_what_is_missing(tmp_path):
    profiles = build(tmp_path, people()).reset_index()
    assert isinstance(rate_fields(profiles), Missing)
    assert isinstance(band_completeness(profiles), Missing)
