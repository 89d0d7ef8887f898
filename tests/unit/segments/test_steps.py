from __future__ import annotations

import dataclasses

import pandas as pd
import pandas.testing as pdt
import pytest

from analysis.params import load_params
from analysis.segments import fit_cutoffs
from analysis.segments.lifecycle import Limit
from analysis.segments.standing import Measured
from analysis.segments.steps import COLUMNS, step_cutoffs
from tiny_company import make_company, make_customers

PARAMS = load_params({"rfm": {"min_buyers": 10}, "churn": {"min_completed_gaps": 10}, "movement": {"cutoff_step": 0.05}})


def stepped(customers: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    return step_cutoffs(Measured(customers, spells, customers, spells, fit_cutoffs(customers, spells, PARAMS)), PARAMS)


def test_each_cut_off_has_a_row_and_lies_between_its_steps():
    table = stepped(*make_company(3, 60))
    assert list(table.columns) == COLUMNS
    assert table["scheme"].value_counts().to_dict() == {"rfm_segment": 12, "tier": 2, "lifecycle_stage": 2}
    assert (table["lower"] <= table["cutoff"]).all()
    assert (table["cutoff"] <= table["higher"]).all()


def test_a_step_that_leads_nowhere_changes_nobody():
    table = stepped(*make_company(3, 60))
    still = table[table["lower"] == table["cutoff"]]
    assert (still.loc[still["scheme"] != "lifecycle_stage", "count_lower"] == 0).all()


def test_who_stands_between_two_places_of_one_cut_off_is_counted():
    customers = make_customers(*[(f"c{number:02d}", 2, 50.0, 2 * number, 400) for number in range(20)])
    _, spells = make_company(1, 2)
    held = dataclasses.replace(fit_cutoffs(customers, spells, PARAMS), tiers=None, lifecycle=(Limit(1, 90, 180, 0, "fallback"),))
    table = step_cutoffs(Measured(customers, spells, customers, spells.iloc[:0], held), PARAMS).set_index(["measure", "share"])
    row = table.loc[("days_since_last_order", 0.2)]
    assert (row["lower"], row["cutoff"], row["higher"]) == (4, 6, 8)
    assert row["count_lower"] == row["count_higher"] == 1
    assert (table.loc["spend_total", ["count_lower", "count_higher"]] == 0).all(axis=None)


def test_order_of_rows_changes_no_count():
    customers, spells = make_company(5, 40)
    pdt.assert_frame_equal(
        stepped(customers.sample(frac=1, random_state=1), spells.sample(frac=1, random_state=2)), stepped(customers, spells)
    )


@pytest.mark.parametrize("kept", [0, 5])
def test_nobody_or_too_few_buyers_have_no_cut_off_to_move(kept):
    customers, spells = make_company(5, 40)
    few = customers.iloc[:kept]
    held = fit_cutoffs(few, spells.iloc[:0], PARAMS)
    assert step_cutoffs(Measured(few, spells.iloc[:0], few, spells.iloc[:0], held), PARAMS).empty
