import numpy as np
import pandas as pd

from analysis.churn.cox import RATIO_COLUMNS, TEST_COLUMNS, CoxStory
from analysis.churn.listing import count_chances, list_ratios, list_tests


def story(windows, transforms=("rank",)):
    ratios = pd.DataFrame([{"covariate": "channel", "from_days": a, "to_days": b} for a, b in windows], columns=RATIO_COLUMNS)
    rows = [{"stage": "before", "from_days": a, "to_days": b, "transform": t} for a, b in windows for t in transforms]
    return CoxStory(ratios, pd.DataFrame(rows, columns=TEST_COLUMNS), {})


def test_without_a_model_there_is_nothing_to_list():
    assert list_ratios(None) is None
    assert list_tests(None) is None


def test_windows_are_told_by_their_first_and_last_day():
    listed = list_ratios(story([(0, np.nan), (0, 30), (30, 90), (90, np.nan)]))
    assert listed["window"].tolist() == ["", "1\u201330", "31\u201390", "91+"]


def test_tests_are_told_once_whatever_the_transforms_of_time():
    listed = list_tests(story([(0, np.nan), (0, 30)], ("rank", "km")))
    assert listed["window"].tolist() == ["", "1\u201330"]
    assert "transform" not in listed


def count(*chances):
    table = count_chances(pd.DataFrame({"p_order": chances}))
    return table.loc[table["count_customers"] > 0, ["p_from", "p_to", "count_customers"]].to_numpy().tolist()


def test_a_chance_on_an_edge_belongs_to_the_band_above():
    assert count(0.0, 0.1, 0.3, 0.7) == [[0.0, 0.1, 1], [0.1, 0.2, 1], [0.3, 0.4, 1], [0.7, 0.8, 1]]


def test_the_last_band_holds_one():
    assert count(0.9, 1.0) == [[0.9, 1.0, 2]]


def test_nobody_is_in_ten_empty_bands():
    table = count_chances(pd.DataFrame({"p_order": []}))
    assert (len(table), table["count_customers"].sum()) == (10, 0)
