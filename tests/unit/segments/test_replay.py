"""Classes of past months are those that these months' own tables would have held."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.history import build_customers, build_spells
from analysis.history.activity import read_activity
from analysis.history.past import read_past
from analysis.params import load_params
from analysis.period import Period
from analysis.segments import build_segments, fit_cutoffs
from analysis.segments.replay import ABSENT, replay_classes
from analysis.segments.standing import SCHEMES
from clean_ledger import order_lines, write_clean

PARAMS = load_params({"rfm": {"min_buyers": 10}, "churn": {"min_completed_gaps": 10}})
ENDS = [Period(2020, month).as_of for month in range(3, 9)]


@pytest.fixture
def ledger(tmp_path):
    rng = np.random.default_rng(5)
    days = pd.date_range("2020-01-05", "2020-08-31")
    rows = [(f"c{rng.integers(40):02d}", str(days[rng.integers(len(days))].date()), float(rng.integers(50, 900)) / 10) for _ in range(200)]
    contacts = pd.DataFrame({"customer_id": [row[0] for row in rows[:90]], "occurred_at": [f"{row[1]} 16:30" for row in rows[:90]]})
    answers = contacts[:50].rename(columns={"occurred_at": "answered_at"}).assign(question="csat", score=rng.integers(1, 6, 50))
    tables = {"order_lines": order_lines(*rows), "interactions": contacts, "surveys": answers}
    return write_clean(tmp_path, tables, zone="Asia/Shanghai", covered_until="2020-12-31")


def test_replayed_classes_are_those_of_each_months_own_tables(ledger):
    day = ENDS[-1]
    cutoffs = fit_cutoffs(build_customers(ledger, day), build_spells(ledger, day), PARAMS)
    history = replay_classes(read_past(ledger, day), read_activity(ledger, ENDS), ENDS, cutoffs, PARAMS)
    assert history.months == tuple(f"2020-{month:02d}" for month in range(3, 9))
    for end in ENDS:
        segments = build_segments(build_customers(ledger, end), build_spells(ledger, end), end, PARAMS, cutoffs)
        buyers = segments[segments["lifecycle_stage"] != "prospect"].set_index("customer_id")
        for scheme in SCHEMES:
            found = history.by_month(scheme)[f"{end:%Y-%m}"]
            assert found.to_dict() == buyers[scheme].to_dict()


def test_every_buyer_is_in_one_class_of_each_map_from_the_first_order_on(ledger):
    day = ENDS[-1]
    cutoffs = fit_cutoffs(build_customers(ledger, day), build_spells(ledger, day), PARAMS)
    history = replay_classes(read_past(ledger, day), read_activity(ledger, ENDS), ENDS, cutoffs, PARAMS)
    seen = [codes != ABSENT for codes in history.codes.values()]
    assert all((each == seen[0]).all() for each in seen)
    assert (np.diff(seen[0].astype(int), axis=1) >= 0).all()
    assert list(history.last(2).months) == ["2020-07", "2020-08"]


def test_contact_of_the_next_local_day_is_not_known_yet(tmp_path):
    # 16:30 UTC is past midnight in Shanghai
    contacts = pd.DataFrame({"customer_id": ["a", "a"], "occurred_at": ["2020-03-31 15:30", "2020-03-31 16:30"]})
    ledger = write_clean(tmp_path, {"interactions": contacts}, zone="Asia/Shanghai", covered_until="2020-12-31")
    found = read_activity(ledger, [date(2020, 3, 31), date(2020, 4, 30)])
    assert found.set_index("known_from")["count_interactions"].to_dict() == {0: 1, 1: 1}
