"""A model for each type of customer."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.forecast.bg_nbd import MBG_NBD
from analysis.forecast.candidates import Snapshot
from analysis.forecast.regular import REGULAR
from analysis.forecast.strata import MIN_CUSTOMERS, Stratified, digest_levels, enough, find_levels, read_lasting_levels, read_levels
from clean_ledger import write_clean

AS_OF = date(2020, 12, 31)


def simulated(size=600, seed=5, types=("business", "individual", None)):
    """The first type buys six times as often as the second; the third, a handful, is without a type."""
    generator = np.random.default_rng(seed)
    kind = generator.choice(3, size, p=(0.45, 0.52, 0.03))
    end = generator.integers(20, 60, size).astype(float)
    x = generator.poisson(end * np.array([0.3, 0.05, 0.1])[kind] * generator.gamma(2.0, 0.5, size))
    t_x = np.where(x > 0, end * generator.beta(np.maximum(x, 1), 1.2), 0.0)
    named = np.array(types, dtype=object)[kind]
    return pd.DataFrame({"x": x.astype(float), "t_x": t_x, "T": end, "customer_type": named}, index=[f"c{n}" for n in range(size)])


@pytest.mark.parametrize("inner", [MBG_NBD, REGULAR], ids=lambda m: m.name)
def test_each_level_has_the_forecast_of_a_model_of_its_own_and_the_rest_that_of_all(inner):
    given = simulated()
    fitted = Stratified(inner).fit(Snapshot(AS_OF, given))
    forecast = fitted.predict(90)
    for level in ("business", "individual"):
        own = given[given["customer_type"] == level]
        assert forecast.loc[own.index].to_numpy() == pytest.approx(inner.fit(Snapshot(AS_OF, own)).predict(90).to_numpy(), abs=0)
    rest = given["customer_type"].isna()
    assert forecast[rest].to_numpy() == pytest.approx(inner.fit(Snapshot(AS_OF, given)).predict(90)[rest].to_numpy(), abs=0)
    counts, group = fitted.counts(90)
    assert counts.moment(1)[group] == pytest.approx(forecast["expected_orders"].to_numpy(), abs=1e-6)
    assert 1 - counts.none[group] == pytest.approx(forecast["p_order"].to_numpy(), abs=1e-6)
    assert fitted.p_active().index.equals(given.index)


def test_without_levels_it_is_the_inner_model():
    given = simulated().drop(columns="customer_type")
    fitted, inner = Stratified(MBG_NBD).fit(Snapshot(AS_OF, given)), MBG_NBD.fit(Snapshot(AS_OF, given))
    assert fitted.name == inner.name
    assert fitted.estimate.names == inner.estimate.names
    pd.testing.assert_frame_equal(fitted.predict(90), inner.predict(90), check_exact=True)


def test_a_level_is_fitted_apart_from_the_stated_number_of_customers_on():
    levels = np.array(["a"] * MIN_CUSTOMERS + ["b"] * MIN_CUSTOMERS + ["c"] * (MIN_CUSTOMERS - 1), dtype=object)
    statistics = pd.DataFrame({"x": np.ones(len(levels))})
    assert enough(levels, statistics) == ["a", "b"]
    assert enough(levels[MIN_CUSTOMERS:], statistics[MIN_CUSTOMERS:]) == []
    assert enough(levels, statistics * 0) == []


def test_parameters_of_all_levels_move_together_and_can_be_held():
    given = simulated()
    fitted = Stratified(MBG_NBD).fit(Snapshot(AS_OF, given))
    estimate = fitted.estimate
    assert estimate.names[0] == "r (business)"
    assert estimate.covariance.shape == (8, 8)
    pd.testing.assert_frame_equal(fitted.with_parameters(estimate.parameters).predict(90), fitted.predict(90), check_exact=True)
    moved = estimate.parameters.copy()
    moved[0] *= 2
    changed = fitted.with_parameters(moved).predict(90)["expected_orders"] != fitted.predict(90)["expected_orders"]
    assert set(given.loc[changed, "customer_type"]) == {"business"}
    pd.testing.assert_frame_equal(fitted.apply(Snapshot(AS_OF, given)).predict(90), fitted.predict(90), check_exact=True)


def test_a_new_level_is_forecast_by_the_model_of_all():
    given = simulated()
    fitted = Stratified(MBG_NBD).fit(Snapshot(AS_OF, given))
    renamed = given.assign(customer_type="charity")
    assert fitted.apply(Snapshot(AS_OF, renamed)).predict(90).equals(fitted.whole.predict(90))


def test_levels_are_read_under_the_ids_of_the_day(tmp_path):
    rows = pd.DataFrame({"customer_id": ["a", "b", "c"], "customer_type": ["business", None, "individual"]})
    ledger = write_clean(tmp_path, {"customers": rows})
    assert read_levels(ledger, AS_OF).to_dict() == {"a": "business", "c": "individual"}
    statistics = pd.DataFrame({"x": 0.0, "t_x": 0.0, "T": 1.0}, index=["a", "b", "z"])
    assert list(find_levels(Snapshot(AS_OF, statistics, ledger))) == ["business", "", ""]


def test_a_level_that_has_changed_explains_no_earlier_order(tmp_path):
    updated = [pd.Timestamp(day) for day in ("2020-01-05", "2020-06-05", "2020-01-05")]
    rows = pd.DataFrame({"customer_id": ["a", "a", "c"], "customer_type": ["individual", "business", "business"], "updated_at": updated})
    ledger = write_clean(tmp_path, {"customers": rows})
    assert read_lasting_levels(ledger, date(2020, 3, 31)).to_dict() == {"a": "individual", "c": "business"}
    assert read_lasting_levels(ledger, AS_OF).to_dict() == {"c": "business"}


def test_a_source_without_types_has_none(tmp_path):
    assert read_lasting_levels(write_clean(tmp_path, {"customers": pd.DataFrame({"customer_id": ["a"]})}), AS_OF) is None


def test_the_digest_of_levels_changes_with_a_level_and_with_nothing_else(tmp_path):
    def digest(name, **columns):
        rows = {
            "customer_id": ["a", "b"],
            "customer_type": ["individual", "business"],
            "city": "x",
            "updated_at": pd.Timestamp("2020-01-05"),
        }
        return digest_levels(write_clean(tmp_path / name, {"customers": pd.DataFrame(rows | columns)}), pd.Index(["a", "b"]))

    first = digest("first")
    assert digest("later", updated_at=pd.Timestamp("2020-03-05"), city="y") == first
    assert digest("new", customer_id=["a", "b"], customer_type=["individual"] * 2) != first
