import math

import numpy as np
import pandas as pd
import pytest

from analysis.churn.early_warning import choose_warnings, find_reasons, measure_rhythm
from analysis.churn.rhythm import usual_gaps
from analysis.params import load_params
from spell_frames import make_spells

PARAMS = load_params().churn


def active(**columns):
    base = {"customer_id": ["a"], "count_gaps": [3], "silence_percentile": [0.1], "spend_at_risk": [10.0]}
    return pd.DataFrame(base | {name: [value] for name, value in columns.items()})


def reasons(**columns):
    row = find_reasons(active(**columns), PARAMS).iloc[0]
    return [name for name, holds in row.items() if holds]


def test_an_ordinary_silence_is_no_reason():
    assert reasons() == []


def test_silence_at_the_warning_quantile_is_out_of_rhythm():
    assert reasons(silence_percentile=PARAMS.warning_quantile) == ["own_rhythm"]


def test_with_one_own_gap_there_is_no_own_rhythm():
    assert reasons(silence_percentile=0.9, count_gaps=1) == ["silence"]


@pytest.mark.parametrize(("now", "found"), [(0.2, ["falling_chance"]), (0.21, [])])
def test_a_chance_halved_is_a_reason(now, found):
    assert reasons(p_order=now, p_order_before=0.4) == found


def test_an_unknown_earlier_chance_is_no_reason():
    assert reasons(p_order=0.2, p_order_before=np.nan) == []


def test_a_complaint_and_a_fall_in_satisfaction_and_contact_are_reasons():
    assert reasons(has_complaint=True, satisfaction_change=-0.25, contact_change=-0.5) == [
        "complaint",
        "falling_satisfaction",
        "falling_contact",
    ]
    assert reasons(has_complaint=False, satisfaction_change=-0.24, contact_change=-0.49) == []


def test_an_unknown_complaint_is_no_complaint():
    frame = active(has_complaint=None)
    assert not find_reasons(frame, PARAMS)["complaint"].any()


def test_the_list_holds_at_most_its_share_rounded_up_of_the_most_at_risk():
    names = [f"c{i:02d}" for i in range(21)]
    many = pd.DataFrame({"customer_id": names, "count_gaps": 3, "silence_percentile": 0.9, "spend_at_risk": np.arange(21.0)})
    chosen = choose_warnings(many, PARAMS)
    assert len(chosen) == math.ceil(0.1 * 21)
    assert chosen["customer_id"].tolist() == ["c20", "c19", "c18"]


def test_nothing_at_risk_is_no_warning():
    assert choose_warnings(active(silence_percentile=0.99, spend_at_risk=0.0), PARAMS).empty


def test_two_reasons_are_urgent():
    one = choose_warnings(active(silence_percentile=0.9), PARAMS).iloc[0]
    two = choose_warnings(active(silence_percentile=0.9, has_complaint=True), PARAMS).iloc[0]
    assert (one["warning"], two["warning"]) == ("watch", "urgent")
    assert two["reasons"] == "own_rhythm|complaint"


def test_the_usual_gap_is_drawn_to_the_typical_one_by_the_weight_of_one_gap():
    spells = make_spells({"a": [0, 10, 30]}, 40)
    assert usual_gaps(spells, 30.0).tolist() == pytest.approx([30.0, (10 + 30) / 2, (30 + 30) / 3])


def test_silence_is_compared_with_completed_relative_gaps():
    quick = {f"q{i}": [0, 10, 20, 30, 40] for i in range(9)}
    late = measure_rhythm(make_spells(quick | {"z": [0, 10, 20, 30]}, 80)).set_index("customer_id").loc["z"]
    assert late["silence_ratio"] == pytest.approx(50 / ((30 + 10) / 4))
    assert late["silence_percentile"] == 1.0
