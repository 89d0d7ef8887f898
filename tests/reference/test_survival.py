"""Kaplan-Meier, log-rank and Cox against lifelines on CDNOW-like and tied spells."""

import numpy as np
import pandas as pd
import pytest

from analysis.churn.kaplan_meier import estimate, log_log_interval
from analysis.churn.log_rank import compare_groups
from analysis.churn.partial_likelihood import check_proportionality, fit_cox, rank_days
from spell_frames import simulate


@pytest.fixture(scope="module")
def spells():
    made = simulate(150, seed=20)
    made = made[made["duration_days"] > 0].reset_index(drop=True)
    code = pd.factorize(made["customer_id"])[0]
    rng = np.random.default_rng(21)
    return made.assign(
        code=code,
        group=np.array(["x", "y", "z"])[code % 3],
        stratum=np.minimum(made["order_number"], 3),
        a=rng.normal(size=len(made)),
        b=np.log(made["order_number"]) + rng.normal(size=len(made)),
    )


def test_survival_and_its_interval_are_those_of_lifelines(spells):
    from lifelines import KaplanMeierFitter

    theirs = KaplanMeierFitter().fit(spells["duration_days"], spells["is_closed"])
    curve = estimate(spells["duration_days"].to_numpy(), spells["is_closed"].to_numpy())
    days = theirs.survival_function_.index.to_numpy()
    survival = curve.at(days)
    assert survival == pytest.approx(theirs.survival_function_.iloc[:, 0].to_numpy(), abs=1e-10)
    low, high = log_log_interval(survival, curve.greenwood(days), 0.95)
    assert low == pytest.approx(theirs.confidence_interval_.iloc[:, 0].to_numpy(), abs=1e-10)
    assert high == pytest.approx(theirs.confidence_interval_.iloc[:, 1].to_numpy(), abs=1e-10)


def test_the_naive_log_rank_test_is_that_of_lifelines(spells):
    from lifelines.statistics import multivariate_logrank_test

    theirs = multivariate_logrank_test(spells["duration_days"], spells["group"], spells["is_closed"])
    ours = compare_groups(spells, "group").iloc[0]
    assert ours["chi_square"] == pytest.approx(theirs.test_statistic, abs=1e-8)
    assert ours["p_naive"] == pytest.approx(theirs.p_value, abs=1e-10)


def fit_both(spells, cluster):
    from lifelines import CoxPHFitter

    columns = ["duration_days", "is_closed", "a", "b", "stratum", *(["code"] if cluster else [])]
    theirs = CoxPHFitter().fit(spells[columns], "duration_days", "is_closed", strata=["stratum"], cluster_col="code" if cluster else None)
    arrays = (spells[["a", "b"]].to_numpy(), spells["duration_days"].to_numpy(), spells["is_closed"].to_numpy())
    return fit_cox(*arrays, spells["stratum"].to_numpy(), spells["code"].to_numpy()), theirs


def test_cox_with_tied_days_and_strata_is_that_of_lifelines(spells):
    ours, theirs = fit_both(spells, cluster=False)
    assert ours.beta == pytest.approx(theirs.params_.to_numpy(), abs=1e-5)
    assert np.sqrt(np.diag(ours.naive)) == pytest.approx(theirs.standard_errors_.to_numpy(), abs=1e-6)
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood_, abs=1e-6)


def test_clustered_errors_are_those_of_lifelines_where_no_days_are_tied(spells):
    # with ties lifelines' residuals are Breslow's although its fit is Efron's
    untied = spells.assign(duration_days=spells["duration_days"] + np.arange(len(spells)) / len(spells) / 2)
    ours, theirs = fit_both(untied, cluster=True)
    assert np.sqrt(np.diag(ours.clustered)) == pytest.approx(theirs.standard_errors_.to_numpy(), abs=1e-6)


def test_proportional_hazards_test_is_that_of_lifelines_where_no_days_are_tied(spells):
    from lifelines import CoxPHFitter
    from lifelines.statistics import proportional_hazard_test

    untied = spells.assign(duration_days=spells["duration_days"] + np.arange(len(spells)) / len(spells) / 2)
    columns = untied[["duration_days", "is_closed", "a", "b"]]
    theirs = proportional_hazard_test(CoxPHFitter().fit(columns, "duration_days", "is_closed"), columns, time_transform="rank")
    arrays = (untied[["a", "b"]].to_numpy(), untied["duration_days"].to_numpy(), untied["is_closed"].to_numpy())
    ours = fit_cox(*arrays, np.zeros(len(untied), int), untied["code"].to_numpy())
    chi_square, p_value, _ = check_proportionality(ours, rank_days(ours.event_days))
    assert chi_square == pytest.approx(theirs.test_statistic.to_numpy(), abs=1e-3)
    assert p_value == pytest.approx(theirs.p_value, abs=1e-4)
