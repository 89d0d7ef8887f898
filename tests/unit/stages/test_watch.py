"""The watch list, counted."""

from types import SimpleNamespace

import pandas as pd

from analysis.stages import count_watch


def fake(**tables):
    return SimpleNamespace(read=lambda name: pd.DataFrame(tables[name]))


def test_the_watch_list_is_counted_with_the_spend_at_risk():
    churn = {"warning": ["urgent", "watch", None], "spend_at_risk": [5.0, 2.0, 9.0]}
    assert count_watch(fake(churn=churn)) == {"count": 2, "urgent": 1, "spend": 7.0}


def test_an_empty_watch_list_has_nothing_at_risk():
    assert count_watch(fake(churn={"warning": [None], "spend_at_risk": [9.0]})) == {"count": 0, "urgent": 0, "spend": 0.0}
