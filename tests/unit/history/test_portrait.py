from __future__ import annotations

import numpy as np
import pandas as pd
import pandas.testing as pdt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.contracts import Missing
from analysis.history import portrait


def make(count: int, seed: int = 0, **columns: object) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    orders = rng.integers(0, 5, count)
    age = rng.integers(0, 500, count)
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{i:03d}" for i in range(count)],
            "count_order_days": orders,
            "spend_total": np.round(orders * rng.lognormal(3, 1, count), 2),
            "days_since_last_order": pd.array(age // 3, dtype="Int64"),
            "days_first_to_last_order": pd.array(age - age // 3, dtype="Int64"),
            "days_as_customer": pd.array(age, dtype="Int64"),
        }
    )
    frame["spend_mean"] = frame["spend_total"] / frame["count_order_days"].where(orders > 0)
    return frame.assign(**columns)


def literal(*rows: tuple[str | None, int, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["region", "count_order_days", "spend_total"])
    return frame.assign(customer_id=[f"c{i}" for i in range(len(frame))])


def test_statistics_are_of_buyers_alone():
    customers = make(40)
    table = portrait.describe(customers).set_index("measure")
    spend = customers.loc[customers["count_order_days"] > 0, "spend_total"]
    assert table.loc["spend_total", "count"] == len(spend)
    assert table.loc["spend_total", "sd"] == pytest.approx(spend.std(ddof=1))
    assert table.loc["spend_total", "p90"] == pytest.approx(np.quantile(spend, 0.9))


def test_extremes_are_not_told():
    assert not {"min", "max"} & set(portrait.describe(make(40)).columns)


def test_absent_attribute_is_missing_with_its_requirement():
    assert portrait.tabulate(make(5), "gender") == Missing("customers", ("gender",), ("A5",))


def test_empty_attribute_is_missing():
    assert isinstance(portrait.tabulate(make(5, gender=None), "gender"), Missing)


def test_frequencies_pool_beyond_the_top_and_count_unknown_apart():
    customers = literal(*[("a", 1, 1.0)] * 4, *[("b", 0, 0.0)] * 3, *[("c", 1, 1.0)] * 2, (None, 1, 1.0))
    table = portrait.tabulate(customers, "region", top=2)
    assert table["group"].tolist() == ["a", "b", "pooled", "unknown"]
    assert table["count_customers"].tolist() == [4, 3, 2, 1]
    assert table["count_buyers"].tolist() == [4, 0, 2, 1]
    assert table["share_customers"].sum() == pytest.approx(1)


def test_level_called_unknown_is_not_the_missing_one():
    table = portrait.tabulate(literal(("unknown", 1, 1.0), (None, 1, 1.0)), "region")
    assert list(zip(table["kind"], table["group"], strict=True)) == [("group", "unknown"), ("unknown", "unknown")]


def test_correlations_agree_with_scipy():
    customers = make(60)
    buyers = customers[customers["count_order_days"] > 0]
    table = portrait.correlate(customers).set_index(["first", "second"])
    row = table.loc[("spend_mean", "days_since_last_order")]
    expected = stats.spearmanr(buyers["spend_mean"], buyers["days_since_last_order"].astype(float))
    assert row["correlation"] == pytest.approx(expected.statistic, abs=1e-12)
    assert row["p_value"] == pytest.approx(expected.pvalue, abs=1e-12)
    assert row["low"] < row["correlation"] < row["high"]


def test_interval_covers_the_true_rank_correlation_about_as_often_as_it_says():
    rng = np.random.default_rng(4)
    truth, hits = 6 / np.pi * np.arcsin(0.5 / 2), 0
    for _ in range(200):
        x = rng.normal(size=80)
        y = 0.5 * x + np.sqrt(0.75) * rng.normal(size=80)
        row = portrait._pair("x", "y", pd.Series(x), pd.Series(y), 0.95)
        hits += row["low"] < truth < row["high"]
    assert 0.91 <= hits / 200 <= 0.98


def test_pairs_count_the_customers_who_have_both():
    customers = make(60, satisfaction=np.where(np.arange(60) % 3 == 0, np.linspace(0, 1, 60), np.nan))
    table = portrait.correlate(customers).set_index(["first", "second"])
    both = ((customers["count_order_days"] > 0) & customers["satisfaction"].notna()).sum()
    assert table.loc[("spend_total", "satisfaction"), "count"] == both


def test_total_and_its_factor_are_marked_and_come_last():
    table = portrait.correlate(make(60))
    marked = table.set_index(["first", "second"])["relation"]
    assert marked[("count_order_days", "spend_total")] == "by_construction"
    assert marked[("spend_total", "days_as_customer")] == "shared_time"
    assert marked[("spend_mean", "days_since_last_order")] == "free"
    assert table["relation"].tolist() == sorted(table["relation"], key=["free", "shared_time", "by_construction"].index)


def test_too_few_customers_have_no_correlation():
    assert portrait.correlate(make(3).assign(count_order_days=1))["correlation"].isna().all()


def test_square_is_symmetric_with_ones_on_its_diagonal():
    cells = portrait.matrix(portrait.correlate(make(60)))
    square = cells.pivot_table(index="first", columns="second", values="correlation", sort=False)
    assert list(square.index) == list(square.columns)
    assert len(cells) == len(square) ** 2
    assert np.allclose(square, square.T)
    assert np.allclose(np.diag(square), 1)


def test_square_holds_the_listed_pair_on_both_sides():
    pairs = pd.DataFrame({"first": ["spend_mean"], "second": ["count_order_days"], "correlation": [0.25]})
    assert portrait.matrix(pairs).to_numpy().tolist() == [
        ["count_order_days", "count_order_days", 1.0],
        ["count_order_days", "spend_mean", 0.25],
        ["spend_mean", "count_order_days", 0.25],
        ["spend_mean", "spend_mean", 1.0],
    ]


def test_headline_counts_buyers_and_those_with_two_order_days():
    found = portrait.headline(pd.DataFrame({"count_order_days": [0, 1, 1, 2, 5]}))
    assert found == {"count": 5, "buyers": 4, "repeat": 2, "rate": 0.5}


def test_headline_without_buyers_has_no_rate():
    found = portrait.headline(pd.DataFrame({"count_order_days": [0]}))
    assert (found["buyers"], np.isnan(found["rate"])) == (0, True)


def test_repeat_rate_is_of_the_buyers_of_its_group():
    customers = literal(("a", 2, 10.0), ("a", 1, 5.0), ("a", 0, 0.0), ("b", 3, 5.0))
    row = portrait.cross_table(customers, "region", min_cell=1).set_index("group").loc["a"]
    assert (row["count_repeat"], row["count_buyers"], row["repeat_rate"]) == (1, 2, 0.5)
    assert row["share_revenue"] == 0.75


def test_group_without_buyers_has_no_repeat_rate():
    table = portrait.cross_table(literal(("a", 0, 0.0), ("b", 3, 5.0)), "region", min_cell=1).set_index("group")
    assert np.isnan(table.loc["a", "repeat_rate"])


def test_small_groups_are_pooled():
    customers = literal(*[("big", 1, 1.0)] * 9, *[("mid", 1, 1.0)] * 5, ("x", 1, 7.0), ("y", 1, 8.0))
    table = portrait.cross_table(customers, "region", min_cell=5)
    assert table["group"].tolist() == ["big", "pooled", "total"]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(0, 3), st.integers(0, 10**6)), min_size=1, max_size=40),
    st.integers(1, 6),
)
def test_total_is_the_whole(rows, min_cell):
    customers = literal(*[(region, orders, cents / 100 if orders else 0.0) for region, orders, cents in rows])
    table = portrait.cross_table(customers, "region", min_cell)
    if isinstance(table, Missing):
        assert customers["region"].isna().all()
        return
    parts, total = table[table["kind"] != "total"], table[table["kind"] == "total"].iloc[0]
    for column in ("count_customers", "count_buyers", "count_repeat"):
        assert parts[column].sum() == total[column]
    assert parts["revenue"].sum() == pytest.approx(total["revenue"], abs=1e-6)
    assert total["count_customers"] == len(customers)
    assert total["revenue"] == pytest.approx(customers["spend_total"].sum(), abs=1e-6)


def test_order_of_rows_changes_nothing():
    customers = make(50, region=["a", "b", None, "c", "a"] * 10)
    mixed = customers.sample(frac=1, random_state=1)
    pdt.assert_frame_equal(portrait.describe(mixed), portrait.describe(customers))
    pdt.assert_frame_equal(portrait.correlate(mixed), portrait.correlate(customers))
    pdt.assert_frame_equal(portrait.cross_table(mixed, "region", 2), portrait.cross_table(customers, "region", 2))
