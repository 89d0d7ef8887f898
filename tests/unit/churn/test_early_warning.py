import numpy as np
import pandas as pd
import pytest

from analysis.churn.early_warning import find_reasons, measure_rhythm
from analysis.churn.rhythm import usual_gaps
from analysis.params import load_params
from spell_frames import make_spells

PARAMS = load_params().churn
EASE = 1 - PARAMS.warning_ease


def active(**columns):
    base = {"customer_id": ["a"], "count_gaps": [3], "silence_percentile": [0.1]}
    return pd.DataFrame(base | {name: [value] for name, value in columns.items()})


def reasons(*, to_stay=False, **columns):
    row = find_reasons(active(**columns), PARAMS, to_stay=to_stay).iloc[0]
    return [name for name, holds in row.items() if holds]


def test_an_ordinary_silence_is_no_reason():
    assert reasons() == []


def test_silence_at_the_warning_quantile_is_out_of_rhythm():
    assert reasons(silence_percentile=PARAMS.warning_quantile) == ["own_rhythm"]


@pytest.mark.parametrize(("below", "found"), [(0.0, ["own_rhythm"]), (1e-6, [])])
def test_a_warning_stays_down_to_the_easier_threshold(below, found):
    silence = PARAMS.warning_quantile * EASE - below
    assert reasons(silence_percentile=silence, to_stay=True) == found
    assert reasons(silence_percentile=silence) == []


def test_with_one_own_gap_there_is_no_own_rhythm():
    assert reasons(silence_percentile=0.9, count_gaps=1) == ["silence"]


@pytest.mark.parametrize(("now", "found"), [(0.2, ["falling_chance"]), (0.21, [])])
def test_a_chance_halved_is_a_reason(now, found):
    assert reasons(p_order=now, p_order_before=0.4) == found


def test_an_unknown_earlier_chance_is_no_reason():
    assert reasons(p_order=0.2, p_order_before=np.nan) == []


def test_a_complaint_and_a_fall_in_satisfaction_and_contact_are_reasons():
    seen = {"has_complaint": True, "satisfaction_change": -0.25, "contact_change": -0.5, "contact_chance": PARAMS.contact_chance}
    assert reasons(**seen) == ["complaint", "falling_satisfaction", "falling_contact"]
    assert reasons(has_complaint=False, satisfaction_change=-0.24, contact_change=-0.49, contact_chance=0.0) == []


def test_few_contacts_that_chance_brings_about_are_no_reason():
    assert reasons(contact_change=-1.0, contact_chance=PARAMS.contact_chance + 0.01) == []


def test_an_overdue_need_is_a_reason():
    assert reasons(has_overdue_need=True) == ["overdue_need"]


@pytest.mark.parametrize("name", ["has_complaint", "has_overdue_need"])
def test_what_is_unknown_is_no_reason(name):
    assert reasons(**{name: None}) == []


def test_the_usual_gap_is_drawn_to_the_typical_one_by_the_weight_of_one_gap():
    spells = make_spells({"a": [0, 10, 30]}, 40)
    assert usual_gaps(spells, 30.0).tolist() == pytest.approx([30.0, (10 + 30) / 2, (30 + 30) / 3])


def test_silence_is_compared_with_completed_relative_gaps():
    quick = {f"q{i}": [0, 10, 20, 30, 40] for i in range(9)}
    late = measure_rhythm(make_spells(quick | {"z": [0, 10, 20, 30]}, 80), 90).set_index("customer_id").loc["z"]
    assert late["silence_ratio"] == pytest.approx(50 / ((30 + 10) / 4))
    assert late["silence_percentile"] == 1.0


def test_silence_beyond_all_that_was_seen_to_end_is_sure_to_go_on():
    quick = {f"q{i}": [0, 10, 20, 30, 40] for i in range(9)}
    late = measure_rhythm(make_spells(quick | {"z": [0, 10, 20, 30]}, 80), 90).set_index("customer_id").loc["z"]
    assert late["p_silent"] == 1.0
    assert late["p_silent_usual"] < 1.0


def test_right_after_an_order_silence_is_as_likely_as_usual():
    # everybody orders every ten days; "now" has just done so
    found = measure_rhythm(make_spells({f"q{i}": [0, 10, 20, 30, 40] for i in range(5)} | {"now": [0, 10, 20, 50]}, 50), 10)
    fresh = found.set_index("customer_id").loc["now"]
    assert fresh["p_silent"] == fresh["p_silent_usual"]
