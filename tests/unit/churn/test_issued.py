"""Issued lists take the place of replayed ones, month by month."""

import pandas as pd
import pytest

from analysis.churn.grading import tell_origin
from analysis.churn.issued import put_issued
from analysis.churn.watch import Watch
from analysis.params import load_params

PARAMS = load_params().churn


def replayed():
    rows = [(month, who, who == "a") for month in ("2020-01", "2020-02") for who in "abc"]
    signs = pd.DataFrame(rows, columns=["month", "customer_id", "is_warned"])
    for name, value in {"warning": "watch", "reason": "silence", "reasons": "silence"}.items():
        signs[name] = pd.Series(value, index=signs.index, dtype=object).where(signs["is_warned"], None)
    signs = signs.assign(spend_at_risk=1.0, is_replayed=True, is_silent=0.0, usual_spend=1.0, p_order=0.5, order_group="first")
    return Watch(signs, pd.DataFrame())


def sent(*names):
    return pd.DataFrame({"customer_id": names, "warning": "urgent", "reasons": "complaint|silence", "spend_at_risk": 7.0})


def test_the_issued_list_is_the_list_of_its_month_alone():
    found = put_issued(replayed(), {"2020-01": sent("b", "c")})
    assert found.listed("2020-01")["customer_id"].tolist() == ["b", "c"]
    told = found.listed("2020-01")[["warning", "reason", "reasons", "spend_at_risk"]]
    assert told.to_numpy().tolist() == [["urgent", "complaint", "complaint|silence", 7.0]] * 2
    pd.testing.assert_frame_equal(found.of("2020-02").drop(columns="is_issued"), replayed().of("2020-02"))


def test_who_was_not_sent_is_not_warned_of():
    found = put_issued(replayed(), {"2020-01": sent("b")}).of("2020-01").set_index("customer_id")
    assert found.loc["a", ["warning", "reason", "reasons"]].isna().all()
    assert not found.loc["a", "is_warned"]


def test_who_is_not_known_any_more_is_left_out():
    assert put_issued(replayed(), {"2020-01": sent("gone")}).listed("2020-01").empty


@pytest.mark.parametrize(("months", "key"), [((), "replayed"), (("2020-01",), "some_issued"), (("2020-01", "2020-02"), "issued")])
def test_the_page_says_which_lists_were_issued(months, key):
    found = put_issued(replayed(), {month: sent("b") for month in months})
    assert [remark.key for remark in tell_origin(found, PARAMS)] == [key]
