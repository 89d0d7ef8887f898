import numpy as np
import pandas as pd
import pytest

from analysis.churn.incidence import accumulate, estimate_incidence
from analysis.contracts import Missing
from spell_frames import FIRST_DAY, day


def people(*ids, first=0):
    return pd.DataFrame({"customer_id": list(ids), "first_order_on": FIRST_DAY + pd.Timedelta(days=first)})


def exits(*rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "left_on", "reason"])
    return frame.assign(left_on=FIRST_DAY + pd.to_timedelta(frame["left_on"], unit="D"))


def incidence(customers, left, days=(10, 20), last=20, **options):
    table = estimate_incidence(customers, left, day(last), 0.95, days, **options)
    return {(row.reason, row.day): row.incidence for row in table.itertuples()}


def test_without_censoring_the_incidence_is_the_share_that_left_for_the_reason():
    found = incidence(people(*"abcd"), exits(("a", 5, "price"), ("b", 10, "service"), ("c", 15, "price")))
    assert found == pytest.approx({("price", 10): 0.25, ("price", 20): 0.5, ("service", 10): 0.25, ("service", 20): 0.25})


def test_reasons_and_staying_add_up_to_one_with_censoring():
    rng = np.random.default_rng(3)
    duration, cause = rng.integers(1, 50, 200), rng.integers(0, 3, 200)
    both, _ = accumulate(duration, cause, [30])
    merged, _ = accumulate(duration, (cause > 0).astype(int), [30])
    assert both.sum() == pytest.approx(merged.sum(), abs=1e-12)


def test_incidence_never_falls():
    rng = np.random.default_rng(4)
    found, _ = accumulate(rng.integers(1, 50, 100), rng.integers(0, 3, 100), list(range(50)))
    assert (np.diff(found, axis=1) >= 0).all()


def test_an_exit_before_the_first_order_is_none():
    assert incidence(people("a", "b", first=5), exits(("a", 4, "price"), ("b", 5, "price")), (0,)) == {("price", 0): 0.5}


def test_the_first_of_several_exits_counts():
    found = incidence(people("a", "b"), exits(("a", 15, "service"), ("a", 5, "price")))
    assert found == {("price", 10): 0.5, ("price", 20): 0.5}


def test_reasons_of_few_customers_are_told_together():
    left = exits(("a", 5, "price"), ("b", 5, "price"), ("c", 5, "service"))
    assert set(incidence(people(*"abcd"), left, (10,), min_cell=2)) == {("price", 10), ("other", 10)}


def test_days_that_nobody_was_watched_are_left_out():
    assert set(incidence(people("a", "b"), exits(("a", 5, "price")), (10, 20, 21))) == {("price", 10), ("price", 20)}


def test_without_stated_exits_there_is_no_incidence():
    assert estimate_incidence(people("a"), exits(), day(20), 0.95) is None


def test_what_the_source_lacks_is_handed_on():
    gap = Missing("exits")
    assert estimate_incidence(people("a"), gap, day(20), 0.95) is gap
